use std::fmt;
use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::caps::Caps;
use super::fault::{Fault, FaultKind};
use super::record::{Raw, RecordId, RecordRef, Scope, Snapshot};
use crate::AccountKey;

/// One kind of record of one account on one side: the customers of a company, the contacts of a location.
///
/// What only reads leaves the writing methods alone: they refuse. What is written lets its records be found again by
/// the [`Marker`] that they carry: a top-level collection through [`find`](Self::find), one under another record
/// through [`list`](Self::list).
#[async_trait]
pub trait Collection: Send + Sync + Debug {
    /// Its name in plans, reports and stored projections, such as `contacts`.
    fn name(&self) -> &str;

    /// What it can do, and how long its truths take.
    fn caps(&self) -> &Caps;

    /// The account that it really works on, as the service tells it or the credentials say.
    ///
    /// # Errors
    ///
    /// [`Fault`], such as [`FaultKind::Auth`].
    async fn identity(&self) -> Result<AccountKey, Fault>;

    /// What must be set up at the service before the first write, such as the field that carries markers.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn set_up(&self) -> Result<SetUp, Fault> {
        Ok(SetUp::default())
    }

    /// Sets up what [`set_up`](Self::set_up) found missing.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn complete_set_up(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// One page of records; `None` asks for the first.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault>;

    /// What is at a record's place.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn get(&self, at: &RecordRef) -> Result<Read, Fault>;

    /// Whether records can be searched by the field that the mapping calls so. Default: by every field that the mapping
    /// matches by. Of each [matcher](super::MappingBuilder::matched_by) one field must be.
    fn is_searchable(&self, _field: &str) -> bool {
        true
    }

    /// At most `limit` records that the probe finds. It may find too many, never too few: whoever asks compares
    /// again.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn find(&self, scope: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let _ = (scope, by, limit);
        Err(Fault::new(FaultKind::Broken, format!("{} cannot be searched", self.name())))
    }

    /// Creates a record that carries `marker`.
    ///
    /// # Errors
    ///
    /// [`WriteError`], which tells whether anything may have happened.
    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let _ = (scope, raw, marker);
        Err(self.read_only())
    }

    /// Writes a part of a record, and leaves the rest. `seen` is the record as it was read last: a service with
    /// conditional writes refuses if it is not so any more, and one that replaces records as a whole takes the rest
    /// from it.
    ///
    /// # Errors
    ///
    /// [`WriteError`], which tells whether anything may have happened.
    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let _ = (seen, part, marker);
        Err(self.read_only())
    }

    /// Deletes a record, or archives it. `seen` is the record as it was read last.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; a record that is gone already is [`FaultKind::Gone`].
    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let _ = seen;
        Err(self.read_only())
    }

    /// What the service says has changed; `None` for a service without a change feed, which is listed instead.
    ///
    /// `since` is where to begin, the overlap already taken off; without it the feed begins now: the page has no
    /// records and a cursor. A record that comes twice, or has not changed, does no harm.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let _ = (since, page);
        Ok(None)
    }

    /// How many records there are, `None` if the service does not say. A listing is complete only if this was the same
    /// before and after it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn count(&self, scope: &Scope) -> Result<Option<u64>, Fault> {
        let _ = scope;
        Ok(None)
    }

    /// The marker that the next create carries, for services where only some values will do, such as a number in
    /// sequence. It is stored before it is sent, and sent again with the same. Default: `suggested`.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    async fn marker(&self, suggested: &Marker) -> Result<Marker, Fault> {
        Ok(suggested.clone())
    }

    /// The refusal of a collection that only reads.
    #[doc(hidden)]
    fn read_only(&self) -> WriteError {
        WriteError::NotApplied(Fault::new(FaultKind::Broken, format!("{} is read only", self.name())))
    }
}

/// What [`Collection::get`] finds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Read {
    /// The record.
    Found(Snapshot),
    /// Nothing, or a record that was deleted.
    Gone,
    /// Nothing, because the service has merged it into this one.
    MovedTo(RecordRef),
}

impl Read {
    /// The record, if it is there.
    pub fn found(self) -> Option<Snapshot> {
        match self {
            Self::Found(snapshot) => Some(snapshot),
            Self::Gone | Self::MovedTo(_) => None,
        }
    }
}

impl From<Option<Snapshot>> for Read {
    fn from(found: Option<Snapshot>) -> Self {
        found.map_or(Self::Gone, Self::Found)
    }
}

/// A part of a record that one request writes. Names are the collection's own.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// Values of fields; null clears.
    Fields(Raw),
    /// Members that a set gets beside those that it has.
    AddTo {
        /// The set's field.
        field: String,
        /// The members.
        members: Vec<String>,
    },
    /// Members that a set loses.
    RemoveFrom {
        /// The set's field.
        field: String,
        /// The members.
        members: Vec<String>,
    },
}

/// What [`Collection::set_up`] finds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SetUp {
    /// What is missing and will be created, in words.
    pub missing: Vec<String>,
    /// Whether nothing of ours can be there yet, because what carries our markers does not exist.
    pub untouched: bool,
}

impl SetUp {
    /// A finding.
    pub fn new(missing: Vec<String>, untouched: bool) -> Self {
        Self { missing, untouched }
    }
}

/// What a record that we create carries, to be found again if the answer is lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marker(String);

impl Marker {
    /// A marker with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe {
    /// The record that carries this marker.
    Marker(Marker),
    /// Records with this value in this field of the mapping.
    Field {
        /// The field's name in the mapping.
        name: String,
        /// The normalised value.
        value: String,
    },
}

/// Where a listing goes on, in the collection's own terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageToken(pub String);

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The records.
    pub records: Vec<Snapshot>,
    /// Where to go on, `None` after the last page.
    pub next: Option<PageToken>,
}

/// Where a change feed goes on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// At this moment, by the service's own clock. The engine begins an [overlap](Caps::overlap) earlier, and never goes
    /// back.
    Time(Timestamp),
    /// In the service's own terms; taken as it is.
    Token(String),
}

/// One page of a change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePage {
    /// What may have changed, as it is now.
    pub records: Vec<Snapshot>,
    /// What is gone, if the service tells.
    pub gone: Vec<RecordRef>,
    /// Where to go on, `None` after the last page.
    pub next: Option<PageToken>,
    /// Where the feed goes on next time. That of the first page counts: what changes while the others are read comes
    /// again.
    pub cursor: Cursor,
}

/// A write that took effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The record's id.
    pub id: RecordId,
    /// What the service stored, as far as its answer tells. It must be what a read would show, not what was sent.
    pub stored: Option<Snapshot>,
}

/// A write that did not, or may not, take effect.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It provably did not.
    #[error("{0}")]
    NotApplied(#[source] Fault),
    /// The service refuses a second record like this one.
    #[error("record {0} is in the way")]
    Exists(RecordId),
    /// Nobody knows: a timeout, a reset, a 5xx.
    #[error("{0}; whether it took effect is unknown")]
    Unknown(#[source] Fault),
}
