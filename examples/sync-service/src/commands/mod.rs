//! One file for each command.

mod apply;
mod check;
mod connect;
mod export;
mod forget;
mod history;
mod init;
mod plan;
mod review;
mod run;
mod status;
mod sync_one;

use std::path::PathBuf;
use std::sync::Arc;

use clap::CommandFactory;
use serde::Serialize;
use sync_core::engine::{RecordId, RecordRef, Side};

use crate::cli::{Cli, Record, ServiceName, Task};
use crate::config::load;
use crate::failure::{PairError, tell};
use crate::output;
use crate::pair::Pair;
use crate::sandbox::Sandbox;
use crate::{Ended, Result};

/// What every command is told.
struct Context {
    settings: PathBuf,
    pair: Option<String>,
    json: bool,
}

impl Context {
    /// The pair that is named, or all of them.
    fn pairs(&self) -> Result<Vec<Arc<Pair>>> {
        Pair::all(load(&self.settings)?, self.pair.as_deref())
    }

    /// The pair that is named, or the only one.
    fn only_pair(&self) -> Result<Arc<Pair>> {
        let mut pairs = self.pairs()?;
        match (pairs.pop(), pairs.len()) {
            (Some(pair), 0) => Ok(pair),
            _ => Err("the file has several pairs: name one by --pair".into()),
        }
    }

    /// Does something with each pair. One that fails is told, and the others are gone on with.
    async fn each(&self, work: impl AsyncFn(&Pair) -> Result<Ended>) -> Result<Ended> {
        let (mut ended, mut failed) = (Ended::Done, Vec::new());
        for pair in self.pairs()? {
            match work(&pair).await {
                Ok(Ended::Done) => {}
                Ok(Ended::Waits) => ended = Ended::Waits,
                Ok(Ended::Failed) => failed.push(pair.name().to_owned()),
                Err(error) => {
                    tell(PairError::of(pair.name(), error).as_ref(), self.json);
                    failed.push(pair.name().to_owned());
                }
            }
        }
        if failed.is_empty() {
            return Ok(ended);
        }
        // In JSON each has said so already.
        if !self.json {
            eprintln!("error: it failed for {}", failed.join(", "));
        }
        Ok(Ended::Failed)
    }

    /// Prints a value as one line of JSON, or as `text` says it.
    fn print<T: Serialize>(&self, value: &T, text: impl FnOnce()) -> Result<()> {
        if self.json {
            output::line(format_args!("{}", serde_json::to_string(value)?));
        } else {
            text();
        }
        Ok(())
    }
}

/// Does what was asked.
pub(crate) async fn run(cli: Cli) -> Result<Ended> {
    match &cli.task {
        Task::Init(answers) => return init::init(&cli.config, answers),
        Task::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "sync-service", &mut std::io::stdout());
            return Ok(Ended::Done);
        }
        Task::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?;
            return Ok(Ended::Done);
        }
        _ => {}
    }
    let sandbox = if cli.sandbox { Some(Sandbox::start().await?) } else { None };
    let settings = sandbox.as_ref().map_or(cli.config, Sandbox::settings);
    let context = Context { settings, pair: cli.pair, json: cli.json };
    // Whatever comes of it, the sandbox is dropped after it.
    match cli.task {
        Task::Connect { service } => connect::connect(&context, service).await,
        Task::Check => check::check(&context).await,
        Task::Plan => plan::plan(&context).await,
        Task::Apply { approve } => apply::apply(&context, approve.as_deref()).await,
        Task::Run => run::run(&context, sandbox.as_ref()).await,
        Task::SyncOne { record } => sync_one::sync_one(&context, &record).await,
        Task::Review { task } => review::review(&context, task).await,
        Task::Explain { record } => history::explain(&context, &record).await,
        Task::Undo(undo) => history::undo(&context, undo).await,
        Task::Forget { record, nif, at_once } => {
            forget::forget(&context, &record, nif.as_deref(), at_once).await
        }
        Task::Status => status::status(&context).await,
        Task::Export => export::export(&context).await,
        Task::Init(_) | Task::Completions { .. } | Task::Man => Ok(Ended::Done),
    }
}

/// A record as the engine names it. Moloni is left.
fn named(record: &Record) -> (Side, RecordRef) {
    let side = match record.service {
        ServiceName::Moloni => Side::Left,
        ServiceName::Ghl => Side::Right,
    };
    (side, RecordRef::top(RecordId::new(&record.id)))
}
