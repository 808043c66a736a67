use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::collection::{Caps, Marker};
use super::record::{Fingerprint, RecordId, RecordRef};

/// Names a pair of records. It follows from the left record, so that every process and every run says the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(String);

impl LinkId {
    /// A link with this name, such as `moloni:5:customer:77`.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The marker that a record created for this link carries.
    pub fn marker(&self) -> Marker {
        Marker::new(&self.0)
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Two records that are one thing, and what is known about their agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub id: LinkId,
    /// The left record.
    pub left: RecordId,
    /// The right record, `None` until it is there.
    pub right: Option<RecordId>,
    /// What both sides had when they last agreed.
    pub baseline: Baseline,
    /// The left record's row when it was last looked at: an equal row is no change.
    pub row: Option<Fingerprint>,
    /// The create that is announced and not yet answered.
    pub pending: Option<Pending>,
}

impl Link {
    /// A link of which nothing but its left record is known.
    pub fn new(id: LinkId, left: RecordId) -> Self {
        Self { id, left, right: None, baseline: Baseline::default(), row: None, pending: None }
    }
}

/// For each side and field the value at the last agreement; `None` is an empty field. Two systems may represent
/// the same thing differently for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The left side's values.
    pub left: BTreeMap<String, Option<String>>,
    /// The right side's values.
    pub right: BTreeMap<String, Option<String>>,
}

/// A create that was announced before it was sent. Its record carries the link's or projection's marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// When it was announced.
    pub at: Timestamp,
    /// It is not sent after this moment.
    pub send_by: Timestamp,
}

impl Pending {
    /// Announces a create at `now`, to be sent within `patience`.
    pub fn new(now: Timestamp, patience: Duration) -> Self {
        Self { at: now, send_by: now + patience }
    }

    /// When its outcome can be looked up: a request still under way from a dead process has landed by then, and
    /// is visible.
    pub fn settled_at(&self, caps: &Caps) -> Timestamp {
        self.send_by + caps.request_timeout + caps.index_lag
    }
}

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

/// A derived record that exists, or is announced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Its name.
    pub key: ProjectionKey,
    /// The collection it is in.
    pub into: String,
    /// The pair whose right record it lives under.
    pub owner: LinkId,
    /// Where it is, `None` until it is there.
    pub at: Option<RecordRef>,
    /// What was last written.
    pub wrote: Option<Fingerprint>,
    /// Whether a person deleted it: it is then left alone.
    pub left_to_human: bool,
    /// The create that is announced and not yet answered.
    pub pending: Option<Pending>,
}

impl Projection {
    /// A projection that is not there yet.
    pub fn new(key: ProjectionKey, into: impl Into<String>, owner: LinkId) -> Self {
        Self { key, into: into.into(), owner, at: None, wrote: None, left_to_human: false, pending: None }
    }
}
