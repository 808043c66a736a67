//! Keeps any number of Moloni companies and HighLevel locations in sync, from one file.

mod alerts;
mod cli;
mod commands;
mod config;
mod failure;
mod keep_alive;
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

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// All is done.
    Done,
    /// Something waits for a person.
    Waits,
    /// Something failed, and was told.
    Failed,
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
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(shown) if !shown.use_stderr() => return code(shown.print().map(|()| Ended::Done)),
        // Its own code, 2, would say that something waits.
        Err(wrong) => {
            if std::env::args_os().any(|argument| argument == "--json") {
                failure::tell(&wrong, true);
            } else {
                let _ = wrong.print();
            }
            return ExitCode::FAILURE;
        }
    };
    // What the engine logs of guards, the service tells by itself: in reports, or else as alerts.
    let filter = "warn,sync_service=info,sync_core::engine::guard=off";
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| filter.into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_timer(Seconds).with_target(false).init();
    let json = cli.json;
    code(Box::pin(commands::run(cli)).await.inspect_err(|error| failure::tell(error.as_ref(), json)))
}

fn code<E>(ended: std::result::Result<Ended, E>) -> ExitCode {
    match ended {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Waits) => ExitCode::from(2),
        Ok(Ended::Failed) | Err(_) => ExitCode::FAILURE,
    }
}
