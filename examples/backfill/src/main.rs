//! Imports all customers of Moloni into HighLevel: once, or again and again.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use moloni_ghl::{Bridge, Progress, Settings};
use sync_core::engine::Guards;
use sync_core::store::SqliteStore;
use tracing_subscriber::EnvFilter;

/// Import all customers of Moloni into HighLevel, and what their documents call for.
///
/// Both sides are listed, page by page, so a contact costs one request and nobody is created twice. One that is interrupted,
/// even killed, goes on where it was when it is started again; one that is repeated writes only what has changed.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Keep what was synced, and what is still to be done, in this file
    #[arg(long, default_value = "backfill.db")]
    state: PathBuf,
    /// Use this share of HighLevel's quota, in percent, and leave the rest to others
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
    share: u32,
    /// Begin anew every so many hours, until Ctrl-C
    #[arg(long)]
    every: Option<u64>,
    /// Print each thing that it would do, and do nothing
    #[arg(long)]
    plan: bool,
    /// Do what the plan with this id says, although it clears, overwrites or deletes in many
    #[arg(long)]
    approve: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match backfill(&Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn backfill(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let database = Arc::new(SqliteStore::open(&args.state).await?);
    // Customers who share a tax number become one business, whose state is a file of its own.
    let businesses = Arc::new(SqliteStore::open(args.state.with_extension("businesses.db")).await?);
    let mut settings = Settings::from_env(None, None)?;
    if args.share < 100 {
        // A location has a hundred requests in ten seconds.
        let whole = settings.ghl.requests_per_ten_seconds.unwrap_or(100);
        settings.ghl.requests_per_ten_seconds = Some((whole * args.share / 100).max(1));
    }
    let bridge = Bridge::builder(settings)
        .database(database)
        .businesses(businesses)
        // An import creates many. What clears, overwrites or deletes in many still stops it.
        .guards(Guards::new().first_run(false).creates(None))
        .connect()
        .await?;
    if let Some(id) = &args.approve {
        bridge.engine().approve(id).await?;
    }
    loop {
        let plan = bridge.plan().await?;
        if args.plan {
            println!("{plan:#}");
            return Ok(ExitCode::SUCCESS);
        }
        println!("{plan}");
        let run = bridge.apply(plan, |progress| show(&progress)).await?;
        println!("{run}");
        if let Some(id) = &run.report.approve {
            println!(
                "Something waits for you: look at it with --plan. If it is right, go on with --approve {id}"
            );
        }
        let Some(hours) = args.every else {
            return Ok(if run.report.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        };
        println!("The next one begins in {hours} h; Ctrl-C ends it.");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(hours * 3600)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// A line every tenth of the way.
fn show(progress: &Progress) {
    let (done, total) = (progress.done, progress.total);
    if done * 10 / total > (done - 1) * 10 / total {
        eprintln!("  {done} of {total} done");
    }
}
