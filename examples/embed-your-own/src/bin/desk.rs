//! The club's desk: whatever your application does with its own records, whether they are synced or not.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use embed_your_own::club::{Member, Refusal};
use embed_your_own::database::{Database, DatabaseError};
use serde_json::{Map, Value};
use sync_core::SystemEnv;

/// Look after the members of the club, while they are synced or not.
///
/// Fields are name, email, phone, street, `postal_code`, town, section, and teams with commas between them.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The club's database; made if there is none
    #[arg(long, global = true, default_value = "club.json")]
    database: PathBuf,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Show all members
    List,
    /// Enter a member
    Join {
        /// Such as `name='Ana Lopes'`
        #[arg(required = true)]
        fields: Vec<String>,
    },
    /// Change a member
    Change {
        /// Their number
        number: u64,
        /// Such as `town=Faro`; `town=` clears it
        #[arg(required = true)]
        fields: Vec<String>,
    },
    /// Take a member out
    Leave {
        /// Their number
        number: u64,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match work(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn work(args: Args) -> Result<(), Box<dyn Error>> {
    let database = Database::create(&args.database, Arc::new(SystemEnv::new()))?;
    match args.command {
        Task::List => println!("{}", list(&database).await?),
        Task::Join { fields } => {
            let fields = parsed(&fields)?;
            let join = database.change(move |tables, now| {
                let mut member = Member::default();
                set_all(&mut member, &fields)?;
                tables.members.insert(member, None, now)
            });
            println!("member {}", join.await?);
        }
        Task::Change { number, fields } => {
            let fields = parsed(&fields)?;
            let change = database.change(move |tables, now| {
                tables.members.change(number, None, |member| set_all(member, &fields), now).map(drop)
            });
            change.await?;
        }
        Task::Leave { number } => {
            database.change(move |tables, _| tables.members.remove(number, None)).await?;
        }
    }
    Ok(())
}

async fn list(database: &Database) -> Result<String, DatabaseError> {
    let line = |number: u64, member: &Member| format!("{number}  {}\n", Value::from(member.fields()));
    database
        .read(move |tables| tables.members.rows().map(|(number, row)| line(number, &row.member)).collect())
        .await
}

fn set_all(member: &mut Member, fields: &Map<String, Value>) -> Result<(), Refusal> {
    fields.iter().try_for_each(|(field, value)| member.set(field, value))
}

fn parsed(fields: &[String]) -> Result<Map<String, Value>, String> {
    let field = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("{text}: write it as field=value"))?;
        let value = match name {
            "teams" => value.split(',').map(str::trim).filter(|team| !team.is_empty()).collect(),
            _ => Value::from(value),
        };
        Ok((name.to_owned(), value))
    };
    fields.iter().map(field).collect()
}
