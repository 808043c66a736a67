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

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

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

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,sync_service=info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Box::pin(commands::run(cli)).await {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Waits) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
