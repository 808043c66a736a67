//! Keeps contacts in HighLevel as their customers are in Moloni, until it is stopped.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use moloni_ghl::attributes::{Attribute, Attributes, When};
use moloni_ghl::{Bridge, Schedule, Settings};
use sync_core::engine::Guards;
use sync_core::store::SqliteStore;
use tracing_subscriber::EnvFilter;

/// Keep contacts in HighLevel as their customers are in Moloni, until Ctrl-C.
///
/// The first time it prints what it would do and stops; look at it, and start it again with the plan's id.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Keep what was synced, and what is still to be done, in this file
    #[arg(long, default_value = "push-on-change.db")]
    state: PathBuf,
    /// Ask for changes every so many seconds
    #[arg(long, default_value_t = 60)]
    every: u64,
    /// Do what the plan with this id says, and go on
    #[arg(long)]
    approve: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match push(Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn push(args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let database = Arc::new(SqliteStore::open(&args.state).await?);
    // Moloni knows no tier and no industry: both are rules of yours.
    let attributes = Attributes::standard()
        .with(Attribute::new("tier").bands([("bronze", 0), ("silver", 1_000), ("gold", 10_000)]))
        .with(
            Attribute::new("industry")
                .case("bakery", When::name("padaria|pastelaria")?)
                .case("workshop", When::name("oficina|carpintaria")?),
        );
    let bridge = Bridge::builder(Settings::from_env(None, None)?)
        .database(database)
        .attributes(attributes)
        // The first plan waits for an approval, and so does what would clear, overwrite or delete in many.
        .guards(Guards::new())
        .connect()
        .await?;

    if let Some(id) = &args.approve {
        bridge.engine().approve(id).await?;
    }
    let plan = bridge.plan().await?;
    println!("{plan}");
    let run = bridge.apply(plan, |_| {}).await?;
    println!("{run}");
    if let Some(id) = &run.report.approve {
        println!("Something waits for you. If the plan is right, go on with\n\n    --approve {id}\n");
        return Ok(ExitCode::from(2));
    }

    println!("In sync. Looking for changes every {} s; Ctrl-C ends it.", args.every);
    let schedule =
        Schedule::new().poll(Duration::from_secs(args.every)).sweep(Duration::from_secs(24 * 3600));
    bridge
        .run(&schedule, async {
            // Without signals it would only have to be killed, which loses nothing either.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    println!("Stopped.");
    Ok(ExitCode::SUCCESS)
}
