//! Tells in HighLevel of what happens in Moloni, and prints each event as a line of JSON.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use moloni_ghl::rules::{English, EventType, Events, Portuguese};
use moloni_ghl::{Bridge, Schedule, Settings};
use sync_core::engine::Guards;
use sync_core::jiff::SignedDuration;
use sync_core::store::SqliteStore;
use tracing_subscriber::EnvFilter;

/// Tell in HighLevel of what happens in Moloni, until Ctrl-C.
///
/// Each event is printed as a line of JSON, with eventType, eventId and contactId, when HighLevel has it.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Keep what was told, and what is still to be told, in this file
    #[arg(long, default_value = "event-sync.db")]
    state: PathBuf,
    /// Ask for changes every so many seconds
    #[arg(long, default_value_t = 60)]
    every: u64,
    /// The language of notes and tasks
    #[arg(long, value_enum, default_value_t = Language::Pt)]
    language: Language,
    /// Enter deliveries into this calendar, by its id
    #[arg(long)]
    calendar: Option<String>,
    /// Leave this type of event out, such as payment.received; may be given several times
    #[arg(long)]
    without: Vec<EventType>,
    /// Tell of everything that is there, and end
    #[arg(long)]
    once: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    En,
    Pt,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match tell(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn tell(args: Args) -> Result<(), Box<dyn Error>> {
    let mut events = match args.language {
        Language::En => Events::standard(English),
        Language::Pt => Events::standard(Portuguese),
    };
    for event_type in args.without {
        events = events.without(event_type);
    }
    if let Some(calendar) = args.calendar {
        events = events.deliveries(calendar, SignedDuration::from_hours(1));
    }
    let bridge = Bridge::builder(Settings::from_env(None, None)?)
        .database(Arc::new(SqliteStore::open(&args.state).await?))
        .events(events)
        .guards(Guards::new().first_run(false).creates(None))
        .connect()
        .await?;

    // What is there already.
    let run = bridge.apply(bridge.plan().await?, |_| {}).await?;
    eprintln!("{run}");
    for event in bridge.events(Some(&run.report.run)).await? {
        println!("{}", serde_json::to_string(&event)?);
    }
    if args.once {
        return Ok(());
    }

    // What happens from now on.
    let schedule =
        Schedule::new().poll(Duration::from_secs(args.every)).sweep(Duration::from_secs(24 * 3600));
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let mut told = 0;
    tokio::select! {
        ended = bridge.run(&schedule, stop) => ended?,
        failed = async {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if let Err(error) = print(&bridge, &mut told).await {
                    break error;
                }
            }
        } => return Err(failed),
    }
    print(&bridge, &mut told).await
}

/// Prints what this process has told since the last time.
async fn print(bridge: &Bridge, told: &mut usize) -> Result<(), Box<dyn Error>> {
    for event in bridge.events(Some(bridge.engine().session())).await?.iter().skip(*told) {
        println!("{}", serde_json::to_string(event)?);
        *told += 1;
    }
    Ok(())
}
