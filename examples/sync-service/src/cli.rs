use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Keep Moloni companies and HighLevel locations in sync, as one file says.
///
/// Ends with 0 when all is done, 1 when something failed, and 2 when something waits for a person.
#[derive(Parser)]
#[command(version, max_term_width = 80)]
pub(crate) struct Cli {
    /// The file with all settings; `init` writes one
    #[arg(long, global = true, default_value = "sync.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Which pair of accounts is meant; not needed where there is only one
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) pair: Option<String>,
    /// Print JSON: a line for each thing that is told, and errors as {"error": ..., "pair": ...}
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Use made-up accounts on this machine, which are gone afterwards
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Write a settings file to begin with
    Init(Init),
    /// Give access to an account; the tokens are kept sealed in the database
    Connect {
        /// Which of the two accounts
        service: ServiceName,
    },
    /// See whether everything is in place, and what to mend if not
    Check,
    /// Print what would be done, and do nothing
    Plan,
    /// Do what the plan says
    Apply {
        /// Do also what waits for approval in the plan with this id
        #[arg(long, value_name = "ID")]
        approve: Option<String>,
    },
    /// Keep all pairs in sync until it is stopped
    Run,
    /// Look at one record now, and bring its partner up to date
    SyncOne {
        /// `moloni:ID` or `ghl:ID`
        record: Record,
    },
    /// Questions to a person
    Review {
        #[command(subcommand)]
        task: ReviewTask,
    },
    /// Tell what is known of a record and what was done to it
    Explain {
        /// `moloni:ID` or `ghl:ID`
        record: Record,
    },
    /// Turn a run back
    Undo(Undo),
    /// Delete all that is known of a person who was deleted at both services
    Forget {
        /// `moloni:ID` or `ghl:ID`
        record: Record,
        /// Their tax number, where `businesses = true`: by it the businesses know them
        #[arg(long, value_name = "NUMBER")]
        nif: Option<String>,
        /// Even while a write of theirs is not answered
        #[arg(long)]
        at_once: bool,
    },
    /// Tell how each pair is doing
    Status,
    /// Print all pairs of records that are known, as JSON lines
    Export,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Args)]
pub(crate) struct Init {
    /// A short name for the pair
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The id of the HighLevel location
    #[arg(long)]
    pub(crate) location: Option<String>,
    /// The id of the Moloni company
    #[arg(long)]
    pub(crate) company: Option<u64>,
    /// Carry edits in HighLevel back to Moloni
    #[arg(long)]
    pub(crate) two_way: bool,
}

#[derive(Args)]
pub(crate) struct Undo {
    /// The run; without one the last runs are listed
    pub(crate) run: Option<String>,
    /// Do it, and do not only show it
    #[arg(long, requires = "run")]
    pub(crate) yes: bool,
}

#[derive(Subcommand)]
pub(crate) enum ReviewTask {
    /// List what is asked
    List,
    /// Show one question, with what both sides have. The values are people's data
    Show {
        /// Its number in the list
        number: String,
    },
    /// Answer one
    Resolve {
        /// Its number in the list
        number: String,
        /// `moloni` or `ghl` (that side's value goes to the other one), `leave`, `create`, `retry`, `unlink`,
        /// `recreate`, `delete`, `value=TEXT` or `pair=ID`
        answer: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServiceName {
    /// HighLevel
    Ghl,
    /// Moloni
    Moloni,
}

/// A record of one of the two services.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) service: ServiceName,
    pub(crate) id: String,
}

impl std::str::FromStr for Record {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let service = match text.split_once(':') {
            Some(("moloni", id)) if !id.is_empty() => (ServiceName::Moloni, id),
            Some(("ghl", id)) if !id.is_empty() => (ServiceName::Ghl, id),
            _ => return Err("write moloni:ID for a customer, or ghl:ID for a contact".to_owned()),
        };
        Ok(Self { service: service.0, id: service.1.to_owned() })
    }
}
