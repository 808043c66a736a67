use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::collection::Marker;
use super::journal::RunId;
use super::merge::{FieldState, Parked, Write};
use super::record::{Fingerprint, RecordRef, Side};
use super::settle::Unsettled;
use super::value::{Agreed, FieldValue, Pair};

/// Names a pair of records. It follows from the record that was there first, so that every process says the same; it
/// is also the marker of a record that is created for the pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(String);

impl LinkId {
    /// A link with this name, such as `moloni:5:customer:77`.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The link that a record of `side` founds in the sync `sync`: `sync:77` on the left, `sync:~77` on the right,
    /// `sync:3/77` under a parent. Once such a link has ended, the next one of the record has a number: `sync:77#2`.
    pub fn founded_by(sync: &str, side: Side, at: &RecordRef, number: u32) -> Self {
        let mut id = format!("{sync}:");
        if side == Side::Right {
            id.push('~');
        }
        if let Some(parent) = &at.parent {
            id.push_str(parent.as_str());
            id.push('/');
        }
        id.push_str(at.id.as_str());
        if number > 1 {
            id.push('#');
            id.push_str(&number.to_string());
        }
        Self(id)
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

/// Two records that are one thing, and all that is known about their agreement. The unit that is stored and versioned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub id: LinkId,
    /// Where each record is; `None` for one that is not there yet.
    pub ends: Pair<Option<RecordRef>>,
    /// Whether it is kept in sync.
    pub status: LinkStatus,
    /// What is known of each field. A field that the mapping has and the link has not was never agreed on.
    pub fields: Vec<LinkField>,
    /// The write that is announced and not yet answered.
    pub pending: Option<Pending>,
    /// When each side was last seen by a run that stored what it saw.
    pub seen_at: Pair<Option<Timestamp>>,
    /// When each side was first found gone. It counts as gone when it is so again a read's lag later.
    pub gone_at: Pair<Option<Timestamp>>,
    /// When each side was last written by the engine.
    pub wrote_at: Pair<Option<Timestamp>>,
    /// The founder's keys by which a partner was looked for, and nobody was found. If the founder has others by the time
    /// that one is to be created, it is looked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sought: Option<Fingerprint>,
    /// The create that the service refused. The same is not sent again while what is in the way is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// A create that a service has refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was sent.
    pub sent: Fingerprint,
    /// The record that is in the way, if the service names one.
    pub by: Option<RecordRef>,
}

impl Link {
    /// A link of which nothing but its founder is known.
    pub fn new(id: LinkId, side: Side, at: RecordRef) -> Self {
        let mut ends = Pair::default();
        ends[side] = Some(at);
        Self {
            id,
            ends,
            status: LinkStatus::Active,
            fields: Vec::new(),
            pending: None,
            seen_at: Pair::default(),
            gone_at: Pair::default(),
            wrote_at: Pair::default(),
            sought: None,
            refused: None,
        }
    }

    /// Whether it holds its records: they are in no other link then.
    pub fn is_live(&self) -> bool {
        self.status != LinkStatus::Ended
    }

    /// Whether it waits for something that no record shows: an answer, a half, a second look.
    pub fn is_unfinished(&self) -> bool {
        let Pair { left, right } = &self.ends;
        self.pending.is_some()
            || left.is_none()
            || right.is_none()
            || self.gone_at != Pair::default()
            || self.fields.iter().any(|field| field.state.unsettled.is_some())
    }

    /// Whether it lacks a record, and none is being created.
    pub(super) fn is_half(&self) -> bool {
        self.pending.is_none() && (self.ends.left.is_none() || self.ends.right.is_none())
    }

    /// The side on which a create is announced and not yet answered.
    pub fn creates_on(&self) -> Option<Side> {
        match self.pending.as_ref()?.op {
            PendingOp::Create { side, .. } => Some(side),
            PendingOp::Update { .. } | PendingOp::Remove { .. } => None,
        }
    }
}

/// Whether a link is kept in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkStatus {
    /// It is.
    Active,
    /// Not while one of its records is out of scope. It goes on with what it knows when that is over.
    Paused,
    /// Never again: a record of it was deleted. It is remembered, so that its survivor is not taken for a new record.
    Ended,
}

/// What a link knows of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredField")]
pub struct LinkField {
    /// The field's name in the mapping.
    pub name: String,
    /// The definition under which the rest was noted; under another one, the field meets for the first time again.
    pub definition: Fingerprint,
    /// What is known.
    #[serde(flatten)]
    pub state: FieldState,
}

/// A [`LinkField`] as it is read. Serde reads what is flattened twice, which would be most of the work of a sweep.
#[derive(Deserialize)]
struct StoredField {
    name: String,
    definition: Fingerprint,
    #[serde(default)]
    agreed: Pair<Option<Agreed>>,
    #[serde(default)]
    parked: Option<Box<Parked>>,
    #[serde(default)]
    fresh_until: Pair<Option<Timestamp>>,
    #[serde(default)]
    unsettled: Option<Box<Unsettled>>,
}

impl From<StoredField> for LinkField {
    fn from(stored: StoredField) -> Self {
        let StoredField { name, definition, agreed, parked, fresh_until, unsettled } = stored;
        Self { name, definition, state: FieldState { agreed, parked, fresh_until, unsettled } }
    }
}

/// A write that is announced before it is sent. If its answer is lost, or the process dies, this is the question that
/// the next run answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// When it was announced.
    pub at: Timestamp,
    /// It is not sent after this moment.
    pub send_by: Timestamp,
    /// What is to be written.
    pub op: PendingOp,
    /// The run that announced it, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// What a [`Pending`] announces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingOp {
    /// The missing record is created.
    Create {
        /// On which side.
        side: Side,
        /// The marker that it carries.
        marker: Marker,
        /// Its fields.
        sent: Vec<Sent>,
    },
    /// Fields of a record are written.
    Update {
        /// On which side.
        side: Side,
        /// Which.
        sent: Vec<Sent>,
    },
    /// A record is deleted.
    Remove {
        /// On which side.
        side: Side,
    },
}

impl PendingOp {
    /// The side that is written.
    pub fn side(&self) -> Side {
        match self {
            Self::Create { side, .. } | Self::Update { side, .. } | Self::Remove { side } => *side,
        }
    }
}

/// One field of a [`Pending`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// Its name in the mapping.
    pub field: String,
    /// The write.
    pub write: Write,
    /// What was there before.
    pub before: FieldValue,
}

impl Pending {
    /// Announces a write at `now`, to be sent within `patience`.
    pub fn new(now: Timestamp, patience: Duration, op: PendingOp) -> Self {
        Self { at: now, send_by: now.checked_add(patience).unwrap_or(Timestamp::MAX), op, run: None }
    }
}
