//! Keeps the club's members and HighLevel's contacts in sync, until it is stopped.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use embed_your_own::database::Database;
use embed_your_own::highlevel::{self, Timing};
use embed_your_own::mapping::{contacts, mapping};
use embed_your_own::members::Members;
use embed_your_own::tokens::ClubTokens;
use sync_core::engine::{Births, Engine, Guards, LearningBudget, Schedule, Side};
use sync_core::store::SqliteStore;
use sync_core::{SealingKeys, SystemEnv, XChaChaSeal};
use tracing_subscriber::EnvFilter;

/// Keep the club's members and HighLevel's contacts in sync, until Ctrl-C.
///
/// The first time it prints what it would do and stops; look at it, and start it again with the plan's id.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The club's database
    #[arg(long, default_value = "club.json")]
    database: PathBuf,
    /// The key that seals the tokens in it, in a file that nobody else may read
    #[arg(long, default_value = "club.key")]
    key: PathBuf,
    /// Keep what was synced, and what is still to be done, in this file
    #[arg(long, default_value = "embed-your-own.db")]
    state: PathBuf,
    /// Ask for changes every so many seconds
    #[arg(long, default_value_t = 60)]
    every: u64,
    /// Do what the plan with this id says, and go on
    #[arg(long)]
    approve: Option<String>,
    /// Enter contacts that the club does not know as members
    #[arg(long)]
    enrol: bool,
    /// Connect with a new GHL_CODE, in place of the tokens that are stored
    #[arg(long)]
    reconnect: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match sync(Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn sync(args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let club = Database::open(&args.database, Arc::new(SystemEnv::new()))?;
    let seal = Arc::new(XChaChaSeal::new(SealingKeys::from_file(&args.key)?));
    let tokens = Arc::new(ClubTokens::new(club.clone(), seal));
    let state = Arc::new(SqliteStore::open(&args.state).await?);
    let (timing, budget) = (Timing::from_env()?, Arc::new(LearningBudget::new(state.clone())));
    let highlevel = highlevel::connect(tokens, budget.clone(), timing, args.reconnect).await?;
    let births = if args.enrol { Births::Create } else { Births::Ignore };
    let (left, right) = (Arc::new(Members::new(club)), Arc::new(contacts(highlevel, timing)));
    let engine = Engine::builder("club:members", left, right, mapping()?)
        // What questions, plans and reports call them.
        .sides("Club", "HighLevel")
        .database(state)
        .budget(budget)
        .births(Side::Right, births)
        .send_within(timing.send_within)
        // The first plan waits for an approval, and so does what would clear, overwrite or delete in many.
        .guards(Guards::new())
        .build();

    if let Some(id) = &args.approve {
        engine.approve(id).await?;
    }
    let plan = engine.plan().await?;
    println!("{plan}");
    let report = engine.apply(plan, |_| {}).await?;
    println!("{report}");
    if let Some(id) = &report.approve {
        println!("Something waits for you. If the plan is right, go on with\n\n    --approve {id}\n");
        return Ok(ExitCode::from(2));
    }

    println!("In sync. Looking for changes every {} s; Ctrl-C ends it.", args.every);
    let schedule =
        Schedule::new().poll(Duration::from_secs(args.every)).sweep(Duration::from_secs(24 * 3600));
    // Without signals it would only have to be killed, which loses nothing either.
    engine.run(&schedule, async { drop(tokio::signal::ctrl_c().await) }).await?;
    println!("Stopped.");
    Ok(ExitCode::SUCCESS)
}
