//! The services and the ledger as a process sees them: at the other end of a socket.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, ListPage, Marker, PageToken, Part, Probe, Raw, Read,
    RecordRef, Scope, Snapshot, WriteError, Written,
};
use sync_core::{AccountKey, Env, SystemEnv};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::wire::{Answer, Call, What, Wrong, under};

/// The way to the parent.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) by: usize,
    pub(crate) socket: PathBuf,
    pub(crate) env: Arc<SystemEnv>,
}

impl Line {
    pub(crate) async fn call(&self, at: &str, what: What) -> std::io::Result<Answer> {
        let call = Call { by: self.by, at: at.to_owned(), sent_at: self.env.now(), what };
        let mut line = serde_json::to_vec(&call).unwrap();
        line.push(b'\n');
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(&line).await?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// A collection of the parent's.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) line: Line,
    pub(crate) name: &'static str,
    pub(crate) account: &'static str,
    pub(crate) caps: Caps,
}

impl Remote {
    async fn read(&self, what: What) -> Result<Answer, Fault> {
        match self.line.call(self.name, what).await {
            Ok(Answer::Failed(wrong)) => Err(wrong.into()),
            Ok(answer) => Ok(answer),
            Err(_) => Err(Wrong::Transient.into()),
        }
    }

    async fn write(&self, what: What) -> Result<Written, WriteError> {
        match self.line.call(self.name, what).await {
            Ok(Answer::Written(id, stored)) => Ok(Written { id, stored: stored.map(Snapshot::from) }),
            Ok(Answer::NotApplied(wrong)) => Err(WriteError::NotApplied(wrong.into())),
            Ok(Answer::Exists(id)) => Err(WriteError::Exists(id)),
            Ok(Answer::Unknown(wrong)) => Err(WriteError::Unknown(wrong.into())),
            Ok(other) => panic!("{other:?} answers no write"),
            Err(_) => Err(WriteError::Unknown(Wrong::Transient.into())),
        }
    }
}

fn no_answer(answer: &Answer) -> Fault {
    Wrong::Broken(format!("{answer:?} answers something else")).into()
}

#[async_trait]
impl Collection for Remote {
    fn name(&self) -> &str {
        self.name
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new(self.account, 1))
    }

    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        match self.read(What::List(under(scope), page.cloned())).await? {
            Answer::Page(records, next) => {
                Ok(ListPage { records: records.into_iter().map(Snapshot::from).collect(), next })
            }
            other => Err(no_answer(&other)),
        }
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        match self.read(What::Get(at.clone())).await? {
            Answer::Found(shot) => Ok(Read::Found(shot.into())),
            Answer::Gone => Ok(Read::Gone),
            Answer::MovedTo(to) => Ok(Read::MovedTo(to)),
            other => Err(no_answer(&other)),
        }
    }

    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        match self.read(What::Find(by.into(), limit)).await? {
            Answer::Page(found, _) => Ok(found.into_iter().map(Snapshot::from).collect()),
            other => Err(no_answer(&other)),
        }
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        self.write(What::Create(under(scope), raw.clone(), marker.clone())).await
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        self.write(What::Update(seen.clone().into(), part.clone().into())).await
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.write(What::Remove(seen.clone().into())).await.map(drop)
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        _: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        match self.read(What::Changes(since.cloned())).await? {
            Answer::Changed(page) => Ok(page.map(|(records, cursor)| ChangePage {
                records: records.into_iter().map(Snapshot::from).collect(),
                gone: vec![],
                next: None,
                cursor,
            })),
            other => Err(no_answer(&other)),
        }
    }
}
