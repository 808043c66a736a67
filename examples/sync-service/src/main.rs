//! Keeps any number of Moloni companies and HighLevel locations in sync, from one file.

mod alerts;
mod cli;
mod commands;
mod config;
mod metrics;
mod output;
mod pair;
mod sandbox;
mod service;
mod storage;
mod words;

use std::process::ExitCode;

use clap::Parser;
use sync_core::{Env, SystemEnv};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::cli::Cli;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How a command ended that did not fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// All is done.
    Done,
    /// Something waits for a person.
    Waits,
}

/// The time of a line of the log, such as `2026-11-27T09:54:49Z`.
struct Seconds;

impl FormatTime for Seconds {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        write!(out, "{}", SystemEnv::new().now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // What the engine logs of guards, the service tells by itself: in reports, or else as alerts.
    let filter = "warn,sync_service=info,sync_core::engine::guard=off";
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| filter.into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_timer(Seconds).with_target(false).init();
    match Box::pin(commands::run(cli)).await {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Waits) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
