//! Keeps Moloni and HighLevel in sync both ways, and hears of edits in HighLevel by its webhooks.

mod deliveries;
mod receive;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use moloni_ghl::{Bridge, Schedule, Settings, TwoWay};
use sync_core::engine::Guards;
use sync_core::store::SqliteStore;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::deliveries::Deliveries;
use crate::receive::{Receiver, verifier};

/// Keep Moloni and HighLevel in sync both ways, on HighLevel's webhooks, until Ctrl-C.
///
/// The first time it prints what it would do and stops; look at it, and start it again with the plan's id.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Take webhooks here, at /webhooks
    #[arg(long, default_value = "127.0.0.1:8083")]
    listen: String,
    /// Keep what was synced, what is still to be done, and which webhooks came, in this file
    #[arg(long, default_value = "webhooks.db")]
    state: PathBuf,
    /// Ask both sides for changes every so many seconds: Moloni sends no webhooks
    #[arg(long, default_value_t = 60)]
    every: u64,
    /// Accept webhooks signed by this key, a PEM file, and not by HighLevel's published one
    #[arg(long, env = "GHL_WEBHOOK_KEY")]
    key: Option<PathBuf>,
    /// Do what the plan with this id says, and go on
    #[arg(long)]
    approve: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match serve(Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::from_env(None, None)?;
    let (verifier, location) = (verifier(args.key.as_deref())?, settings.ghl.location.clone());
    let database = Arc::new(SqliteStore::open(&args.state).await?);
    let deliveries = Deliveries::open(&args.state).await?;
    let bridge = Bridge::builder(settings).database(database).two_way(TwoWay::new()).guards(Guards::new());
    let bridge = bridge.connect().await?;

    let listen = &args.listen;
    let listener =
        tokio::net::TcpListener::bind(listen).await.map_err(|error| format!("{listen}: {error}"))?;
    println!("Webhooks go to http://{}/webhooks", listener.local_addr()?);
    let receiver = Receiver::new(verifier, location, deliveries.clone(), bridge.engine().clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, receiver.router()).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    // Webhooks are taken from the start, and until the last run is done: all they leave are hints in the file.
    let server = tokio::spawn(server.into_future());
    tokio::spawn(deliveries.forget_old());
    let code = sync(&bridge, &args).await;
    drop(stop);
    // Whoever has not sent all of a webhook by then sends it again.
    let _ = tokio::time::timeout(Duration::from_secs(3), server).await;
    code
}

async fn sync(bridge: &Bridge, args: &Args) -> Result<ExitCode, Box<dyn Error>> {
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
    println!("In sync, and listening. Ctrl-C ends it.");
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
