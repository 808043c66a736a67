//! Processes that share a store: each is this test program, started again.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sync_core::{FileTokenStore, PostgresTokenStore, SqliteTokenStore, TokenStore};

use super::places::Database;
use super::{KEY, seal};

/// How many share a store.
pub(crate) const PROCESSES: usize = 4;

/// How long to wait for what another process does. Nothing takes so long unless something is wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A store that several processes can open by its name.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    File(String),
    Sqlite(String),
    Postgres(String),
}

impl Place {
    pub(crate) fn file(path: &Path) -> Self {
        Self::File(path.to_str().unwrap().to_owned())
    }

    pub(crate) fn sqlite(path: &Path) -> Self {
        Self::Sqlite(path.to_str().unwrap().to_owned())
    }

    pub(crate) async fn open(&self) -> Arc<dyn TokenStore> {
        let seal = seal(&[KEY]);
        match self {
            Self::File(path) => Arc::new(FileTokenStore::open(path, seal).await.unwrap()),
            Self::Sqlite(path) => Arc::new(SqliteTokenStore::open(path, seal).await.unwrap()),
            Self::Postgres(schema) => {
                let url = Database::find("").await.unwrap().url;
                Arc::new(PostgresTokenStore::connect_in(&url, schema, seal).await.unwrap())
            }
        }
    }

    /// The store that the parent of this process told it to open.
    pub(crate) fn of_parent() -> Self {
        let name = std::env::var("SYNC_TEST_PLACE").unwrap();
        match std::env::var("SYNC_TEST_STORE").unwrap().as_str() {
            "file" => Self::File(name),
            "sqlite" => Self::Sqlite(name),
            _ => Self::Postgres(name),
        }
    }

    fn names(&self) -> (&'static str, &str) {
        match self {
            Self::File(name) => ("file", name),
            Self::Sqlite(name) => ("sqlite", name),
            Self::Postgres(name) => ("postgres", name),
        }
    }
}

/// Another process. It ends when it is dropped.
pub(crate) struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Process {
    /// Starts the ignored test `test` on the store in `place`.
    pub(crate) fn start(test: &str, place: &Place, more: &[(&str, &str)]) -> Self {
        let (store, name) = place.names();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .envs([("SYNC_TEST_STORE", store), ("SYNC_TEST_PLACE", name)])
            .envs(more.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { stdin: child.stdin.take().unwrap(), child, lines }
    }

    /// The rest of the next line that begins with `word`.
    pub(crate) fn hear(&mut self, word: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if let Some(rest) = line.strip_prefix(word) {
                return rest.to_owned();
            }
        }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Says something to the parent, on a line of its own.
#[allow(clippy::print_stdout, reason = "speaks to its parent")]
pub(crate) fn say(what: &str) {
    println!("\n{what}");
}
