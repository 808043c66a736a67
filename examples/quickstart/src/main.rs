//! Carries customers, notes and tasks from Moloni into GoHighLevel, twice: the second run finds nothing to do.
//!
//! Without addresses it starts a sandbox of each service and fills them with made-up people.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]
#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "the help text is plain text")]

mod meter;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use moloni_ghl::{Bridge, Run, Settings};
use sync_core::store::{MemoryStore, SqliteStore, Store};
use tracing_subscriber::EnvFilter;

use meter::Meter;

/// Carry customers, notes and tasks from Moloni into GoHighLevel, twice.
///
/// Without addresses both services are sandboxes on this machine. With both, the accounts come from the environment:
/// GHL_LOCATION_ID, GHL_ACCESS_TOKEN, MOLONI_COMPANY_ID (if there are several), and MOLONI_ACCESS_TOKEN or
/// MOLONI_CLIENT_ID, MOLONI_CLIENT_SECRET, MOLONI_USERNAME and MOLONI_PASSWORD.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Where GoHighLevel is, such as https://services.leadconnectorhq.com
    #[arg(long)]
    ghl_url: Option<String>,
    /// Where Moloni is, such as https://api.moloni.pt/v1/
    #[arg(long)]
    moloni_url: Option<String>,
    /// Keep what was synced in this file, so that a later run goes on from it
    #[arg(long)]
    state: Option<PathBuf>,
    /// How many customers to make up
    #[arg(long, default_value_t = 250, conflicts_with = "ghl_url")]
    customers: usize,
    /// What everybody made up follows from
    #[arg(long, default_value_t = 7, conflicts_with = "ghl_url")]
    seed: u64,
    /// Serve recorded Moloni answers from this folder instead (files named entity.method.json)
    #[arg(long, conflicts_with = "ghl_url")]
    fixtures: Option<PathBuf>,
    /// Print one JSON object in the end, and nothing else
    #[arg(long)]
    json: bool,
}

/// The sandboxes' rate limits pass this many times faster than the real ones, or a run would take minutes.
const SPEED: f64 = 50.0;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match quickstart(&Args::parse()).await {
        Ok(runs) if runs.iter().any(|run| run.report.has_failed()) => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn quickstart(args: &Args) -> Result<Vec<Run>, Box<dyn Error>> {
    let store: Arc<dyn Store> = match &args.state {
        Some(path) => Arc::new(SqliteStore::open(path).await?),
        None => Arc::new(MemoryStore::new()),
    };
    let mut sandboxes = None; // Held to the end: they stop when it goes.
    let settings = match (&args.ghl_url, &args.moloni_url) {
        (None, None) => {
            let (customers, seed, fixtures) = (args.customers, args.seed, args.fixtures.clone());
            let config = PairConfig { customers, seed, fixtures, speed: SPEED, ..PairConfig::default() };
            sandboxes.insert(SandboxPair::start(config).await?).settings()
        }
        (Some(ghl), Some(moloni)) => Settings::from_env(Some(ghl.clone()), Some(moloni.clone()))?,
        _ => return Err("give both --ghl-url and --moloni-url, or neither".into()),
    };
    let bridge = Bridge::connect(&settings, store).await?;

    let mut runs = Vec::new();
    for number in 1..=2 {
        let meter = Meter::new(args.json);
        let plan = bridge.plan().await?;
        if !args.json {
            println!("Run {number}: {plan}");
        }
        let run = bridge.apply(plan, |progress| meter.show(progress)).await?;
        meter.clear();
        if !args.json {
            println!("{run}");
        }
        runs.push(run);
    }
    if args.json {
        println!("{}", serde_json::json!({ "runs": runs }));
    }
    Ok(runs)
}
