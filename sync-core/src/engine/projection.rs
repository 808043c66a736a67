use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::collection::Marker;
use super::journal::RunId;
use super::record::{Fingerprint, Raw, RecordId, RecordRef};
use super::rule::{FactKey, Wanted};

/// Names a derived record, such as `moloni:5:doc:42:collect`. It is also the record's marker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectionKey(String);

impl ProjectionKey {
    /// A projection with this name.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The marker that its record carries.
    pub fn marker(&self) -> Marker {
        Marker::new(&self.0)
    }
}

impl fmt::Display for ProjectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A derived record: what is wanted, and what is known of the one that is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Its name.
    pub key: ProjectionKey,
    /// The collection it is in.
    pub into: String,
    /// The left record whose partner it lives under.
    pub owner: RecordId,
    /// What should be there; `None` when nothing calls for it any more.
    pub wanted: Option<Wanted>,
    /// The fact that calls for it.
    pub source: FactKey,
    /// The state of what follows from that fact.
    pub fact: Fingerprint,
    /// Where it is, `None` until it is there.
    pub at: Option<RecordRef>,
    /// What was last written, and the state of the fact that it was written for.
    pub wrote: Option<Wrote>,
    /// Whether a person has deleted it: it is then left alone.
    pub left_to_human: bool,
    /// The write that is announced and not yet answered.
    pub pending: Option<ProjectionPending>,
}

/// What was written to a derived record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wrote {
    /// The fields as they were sent.
    pub sent: Raw,
    /// The same as the service stored them.
    pub stored: Raw,
    /// The state of what followed from the fact then.
    pub fact: Fingerprint,
}

/// A write of a derived record, announced before it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectionPending {
    /// When it was announced.
    pub at: Timestamp,
    /// It is not sent after this moment.
    pub send_by: Timestamp,
    /// What is written.
    pub sent: Wrote,
    /// The record under which it is created; `None` for a change of fields.
    pub under: Option<RecordId>,
    /// The run that announced it, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

impl Projection {
    /// A projection that is wanted and not there yet.
    pub fn new(wanted: Wanted, owner: RecordId, source: FactKey) -> Self {
        Self {
            fact: Fingerprint::of(&wanted),
            source,
            key: wanted.key.clone(),
            into: wanted.into.clone(),
            owner,
            wanted: Some(wanted),
            at: None,
            wrote: None,
            left_to_human: false,
            pending: None,
        }
    }
}
