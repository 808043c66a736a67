//! A GoHighLevel and a Moloni on loopback, filled with made-up people, for any client to try itself on.
#![allow(clippy::print_stderr, reason = "a command-line program")]
#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "the help text is plain text")]

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ghl_contacts::sandbox::Webhooks;
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::Value;

/// Run a GoHighLevel and a Moloni on this machine, until Ctrl-C.
///
/// Both are at the root of their ports, with the real paths: /contacts/ and /oauth/token, /v1/customers/getAll/ and
/// /v1/grant/ (also below /v2/ and /sandbox/). Look and meddle below /__sandbox/: GET state, GET calls, POST faults,
/// POST clock, POST reset, and POST, PUT or DELETE records/{collection}/{id} as a person would.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// GoHighLevel's port; 0 takes any free one
    #[arg(long, default_value_t = 8081)]
    ghl_port: u16,
    /// Moloni's port; 0 takes any free one
    #[arg(long, default_value_t = 8082)]
    moloni_port: u16,
    /// How many Moloni customers to make up
    #[arg(long, default_value_t = 250)]
    customers: usize,
    /// What all ids, tokens and people follow from
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many times shorter than the real ones the rate limits' intervals are
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Serve recorded Moloni answers from this folder instead (files named entity.method.json)
    #[arg(long)]
    fixtures: Option<PathBuf>,
    /// Print addresses, ids and tokens as one JSON object, in one line
    #[arg(long)]
    json: bool,
    /// Write what the templates read from the environment into this file: `set -a; . ./sandbox.env` takes it over
    #[arg(long)]
    env: Option<PathBuf>,
    /// Send GoHighLevel's webhooks to this address, such as http://127.0.0.1:8083/webhooks. The key they are signed by
    /// goes into a file beside that of --env, with the ending pem
    #[arg(long)]
    webhooks: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> io::Result<()> {
    let Args { ghl_port, moloni_port, customers, seed, speed, fixtures, json, env, webhooks } = args;
    let config = PairConfig { ghl_port, moloni_port, customers, seed, speed, fixtures };
    let pair = SandboxPair::start(config).await?;
    let facts = pair.describe();
    if let Some(path) = env {
        let key = std::path::absolute(path.with_extension("pem"))?;
        std::fs::write(&key, pair.ghl.webhook_key().map_err(io::Error::other)?.to_pem())?;
        let mut variables = pair.variables();
        variables.push(("GHL_WEBHOOK_KEY", key.display().to_string()));
        let lines: Vec<_> = variables.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
        std::fs::write(path, lines.concat())?;
    }
    if let Some(url) = webhooks {
        // Long enough to start what receives them again: nearly seven minutes.
        pair.ghl.send_webhooks(Webhooks::to(url).backoff(Duration::from_secs(1)))?;
    }
    let mut out = io::stdout();
    if json {
        writeln!(out, "{facts}")?;
    } else {
        write_table(&mut out, &facts)?;
        writeln!(out, "\nCtrl-C ends it.")?;
    }
    // Whoever reads the first line through a pipe must not wait for a buffer to fill.
    out.flush()?;
    tokio::signal::ctrl_c().await
}

fn write_table(out: &mut impl Write, facts: &Value) -> io::Result<()> {
    for (service, values) in facts.as_object().into_iter().flatten() {
        writeln!(out, "{service}")?;
        for (name, value) in values.as_object().into_iter().flatten() {
            match value {
                Value::String(text) => writeln!(out, "  {name:<20} {text}")?,
                other => writeln!(out, "  {name:<20} {other}")?,
            }
        }
    }
    Ok(())
}
