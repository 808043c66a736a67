//! What processes say to the services, which live in their parent: one line of JSON for each call and each answer.

use serde::{Deserialize, Serialize};
use sync_core::engine::{
    ChangePage, Collection, Cursor, Fault, FaultKind, ListPage, Marker, PageToken, Part, Probe, Raw, Read,
    RecordId, RecordRef, Scope, Snapshot, WriteError, Written,
};
use sync_core::jiff::Timestamp;

use crate::commits::Commits;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    /// Which process.
    pub(crate) by: usize,
    /// At which collection.
    pub(crate) at: String,
    /// When it was sent.
    pub(crate) sent_at: Timestamp,
    pub(crate) what: What,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum What {
    List(Option<RecordId>, Option<PageToken>),
    Get(RecordRef),
    Find(Sought, usize),
    Create(Option<RecordId>, Raw, Marker),
    Update(Shot, Portion),
    Remove(Shot),
    Changes(Option<Cursor>),
    /// No call of a service: what has just been committed.
    Committed(Commits),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Sought {
    Marker(Marker),
    Field(String, String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Portion {
    Fields(Raw),
    Add(String, Vec<String>),
    Remove(String, Vec<String>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Shot {
    at: RecordRef,
    raw: Raw,
    modified_at: Option<Timestamp>,
    created_at: Option<Timestamp>,
    version: Option<String>,
    marker: Option<Marker>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Noted,
    Page(Vec<Shot>, Option<PageToken>),
    Found(Shot),
    Gone,
    MovedTo(RecordRef),
    Changed(Option<(Vec<Shot>, Cursor)>),
    Written(RecordId, Option<Shot>),
    Failed(Wrong),
    NotApplied(Wrong),
    Exists(RecordId),
    Unknown(Wrong),
}

/// A fault. In milliseconds how long to rest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Wrong {
    Transient,
    Throttled(Option<u64>),
    Gone,
    Changed,
    Broken(String),
}

impl What {
    pub(crate) fn writes(&self) -> bool {
        matches!(self, Self::Create(..) | Self::Update(..) | Self::Remove(..))
    }
}

impl From<Snapshot> for Shot {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { at, raw, modified_at, created_at, version, marker } = snapshot;
        Self { at, raw, modified_at, created_at, version, marker }
    }
}

impl From<Shot> for Snapshot {
    fn from(shot: Shot) -> Self {
        let Shot { at, raw, modified_at, created_at, version, marker } = shot;
        Self { at, raw, modified_at, created_at, version, marker }
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        match fault.kind() {
            FaultKind::Transient => Self::Transient,
            FaultKind::Throttled { retry_after } => {
                Self::Throttled(retry_after.map(|rest| u64::try_from(rest.as_millis()).unwrap()))
            }
            FaultKind::Gone => Self::Gone,
            FaultKind::Changed => Self::Changed,
            _ => Self::Broken(fault.to_string()),
        }
    }
}

impl From<Wrong> for Fault {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Transient => Self::new(FaultKind::Transient, "no answer"),
            Wrong::Throttled(rest) => {
                let retry_after = rest.map(std::time::Duration::from_millis);
                Self::new(FaultKind::Throttled { retry_after }, "too many")
            }
            Wrong::Gone => Self::new(FaultKind::Gone, "it is gone"),
            Wrong::Changed => Self::new(FaultKind::Changed, "it has changed"),
            Wrong::Broken(message) => Self::new(FaultKind::Broken, message),
        }
    }
}

impl From<Part> for Portion {
    fn from(part: Part) -> Self {
        match part {
            Part::Fields(raw) => Self::Fields(raw),
            Part::AddTo { field, members } => Self::Add(field, members),
            Part::RemoveFrom { field, members } => Self::Remove(field, members),
            other => panic!("{other:?} cannot be sent"),
        }
    }
}

impl From<Portion> for Part {
    fn from(portion: Portion) -> Self {
        match portion {
            Portion::Fields(raw) => Self::Fields(raw),
            Portion::Add(field, members) => Self::AddTo { field, members },
            Portion::Remove(field, members) => Self::RemoveFrom { field, members },
        }
    }
}

impl From<&Probe> for Sought {
    fn from(probe: &Probe) -> Self {
        match probe {
            Probe::Marker(marker) => Self::Marker(marker.clone()),
            Probe::Field { name, value } => Self::Field(name.clone(), value.clone()),
            other => panic!("{other:?} cannot be sent"),
        }
    }
}

impl From<Sought> for Probe {
    fn from(sought: Sought) -> Self {
        match sought {
            Sought::Marker(marker) => Self::Marker(marker),
            Sought::Field(name, value) => Self::Field { name, value },
        }
    }
}

pub(crate) fn under(scope: &Scope) -> Option<RecordId> {
    match scope {
        Scope::All => None,
        Scope::Under(parent) => Some(parent.clone()),
    }
}

fn scope(under: Option<RecordId>) -> Scope {
    under.map_or(Scope::All, Scope::Under)
}

fn shots(snapshots: Vec<Snapshot>) -> Vec<Shot> {
    snapshots.into_iter().map(Shot::from).collect()
}

/// Carries a call out.
pub(crate) async fn answer(collection: &dyn Collection, what: What) -> Answer {
    let reading = match what {
        What::List(under, page) => {
            let page = collection.list(&scope(under), page.as_ref()).await;
            page.map(|ListPage { records, next }| Answer::Page(shots(records), next))
        }
        What::Get(at) => collection.get(&at).await.map(|read| match read {
            Read::Found(snapshot) => Answer::Found(snapshot.into()),
            Read::MovedTo(to) => Answer::MovedTo(to),
            _ => Answer::Gone,
        }),
        What::Find(by, limit) => {
            let found = collection.find(&Scope::All, &by.into(), limit).await;
            found.map(|found| Answer::Page(shots(found), None))
        }
        What::Changes(since) => {
            let page = collection.changes(since.as_ref(), None).await;
            page.map(|page| {
                Answer::Changed(page.map(|ChangePage { records, cursor, .. }| (shots(records), cursor)))
            })
        }
        What::Create(under, raw, marker) => {
            return written(collection.create(&scope(under), &raw, &marker).await);
        }
        What::Update(seen, part) => {
            // The marker of an update tells nobody anything here.
            return written(collection.update(&seen.into(), &part.into(), &Marker::new("")).await);
        }
        What::Remove(seen) => {
            let seen = Snapshot::from(seen);
            let removed = collection.remove(&seen).await;
            return written(removed.map(|()| Written { id: seen.at.id, stored: None }));
        }
        What::Committed(_) => Ok(Answer::Noted),
    };
    reading.unwrap_or_else(|fault| Answer::Failed(fault.into()))
}

fn written(result: Result<Written, WriteError>) -> Answer {
    match result {
        Ok(Written { id, stored }) => Answer::Written(id, stored.map(Shot::from)),
        Err(WriteError::NotApplied(fault)) => Answer::NotApplied(fault.into()),
        Err(WriteError::Exists(id)) => Answer::Exists(id),
        Err(WriteError::Unknown(fault)) => Answer::Unknown(fault.into()),
    }
}
