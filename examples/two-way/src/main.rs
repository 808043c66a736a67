//! Keeps Moloni and HighLevel in sync both ways, and asks a person where it is not clear what is right.

mod inbox;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use moloni_ghl::{Bridge, Schedule, Settings, TwoWay};
use sync_core::engine::Guards;
use sync_core::store::SqliteStore;
use tracing_subscriber::EnvFilter;

/// Keep Moloni and HighLevel in sync both ways.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Keep what was synced, and what is still to be done, in this file
    #[arg(long, global = true, default_value = "two-way.db")]
    state: PathBuf,
    /// Enter contacts that Moloni does not know as customers
    #[arg(long, global = true)]
    create_customers: bool,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Print what would be done, and do nothing
    Plan,
    /// Sync until Ctrl-C. The first time, and after great changes, a plan has to be approved before
    Run {
        /// Ask both sides for changes every so many seconds
        #[arg(long, default_value_t = 60)]
        every: u64,
        /// Do what the plan with this id says
        #[arg(long)]
        approve: Option<String>,
    },
    /// Show what waits for a person. It may be asked while another process syncs
    Inbox,
    /// Answer a question of the inbox
    Resolve {
        /// Its number in the inbox
        question: String,
        /// `moloni` or `ghl` (that side's value goes to the other), `leave`, `create`, `retry`, `unlink`, `recreate`,
        /// or `pair=ID`
        answer: String,
    },
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
    let database = Arc::new(SqliteStore::open(&args.state).await?);
    // Fiscal fields belong to the books once a document names the customer, and to HighLevel before. Of the others the later
    // change counts, or HighLevel's where that is not certain. Tags that people add are theirs.
    let two_way = if args.create_customers { TwoWay::new().create_customers() } else { TwoWay::new() };
    let bridge = Bridge::builder(Settings::from_env(None, None)?)
        .database(database)
        .two_way(two_way)
        .guards(Guards::new())
        .connect()
        .await?;
    match args.command {
        Task::Plan => println!("{:#}", bridge.plan().await?),
        Task::Inbox => inbox::show(bridge.engine()).await?,
        Task::Resolve { question, answer } => inbox::resolve(bridge.engine(), &question, &answer).await?,
        Task::Run { every, approve } => return run(&bridge, every, approve).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(bridge: &Bridge, every: u64, approve: Option<String>) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(id) = &approve {
        bridge.engine().approve(id).await?;
    }
    let plan = bridge.plan().await?;
    println!("{plan}");
    let run = bridge.apply(plan, |_| {}).await?;
    println!("{run}");
    if let Some(id) = &run.report.approve {
        println!("Something waits for you. If the plan is right, go on with\n\n    run --approve {id}\n");
        return Ok(ExitCode::from(2));
    }
    println!("In sync. Looking for changes every {every} s; Ctrl-C ends it.");
    let schedule = Schedule::new().poll(Duration::from_secs(every)).sweep(Duration::from_secs(24 * 3600));
    let stop = async {
        // Without signals it would only have to be killed, which loses nothing either.
        let _ = tokio::signal::ctrl_c().await;
    };
    bridge.run(&schedule, stop).await?;
    println!("Stopped.");
    Ok(ExitCode::SUCCESS)
}
