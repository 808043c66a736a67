use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::{RecordRef, Side};
use super::value::FieldValue;
use crate::queue::WorkKey;

/// Something that was done, in the order in which it was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// To what.
    pub about: WorkKey,
    /// What.
    pub what: Happening,
}

/// What an [`Entry`] tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happening {
    /// A pair was founded by a record that had none.
    Founded(Side, RecordRef),
    /// The same, by a record that was gone, and whose earlier pair has ended.
    Returned(Side, RecordRef),
    /// A record was found to be the other half, by its keys or its marker.
    Linked(Side, RecordRef),
    /// A record was created.
    Created(Side, RecordRef),
    /// Fields were written.
    Wrote(Side, Vec<String>),
    /// A record was deleted.
    Removed(Side, RecordRef),
    /// A policy decided a conflict: this value lost.
    Overrode {
        /// On which side it was.
        side: Side,
        /// The field.
        field: String,
        /// The value.
        value: FieldValue,
    },
    /// Values of a field wait for a person.
    Parked {
        /// The field.
        field: String,
        /// The left value.
        left: FieldValue,
        /// The right value.
        right: FieldValue,
    },
    /// The service said yes to a write and kept what it had.
    Refused {
        /// On which side.
        side: Side,
        /// The field.
        field: String,
        /// What was sent.
        sent: FieldValue,
    },
    /// An announced write was found not to have happened.
    NotApplied(Side),
    /// The service has merged a record into another one.
    Moved(Side, RecordRef),
    /// The pair ended because a record of it is gone.
    Ended,
    /// A derived record was left to a person.
    LeftToHuman,
    /// A question to a person was opened.
    Asked(String),
}

impl Happening {
    /// The same without the values of fields.
    pub(super) fn without_values(self) -> Self {
        let nothing = FieldValue::Unknown;
        match self {
            Self::Overrode { side, field, .. } => Self::Overrode { side, field, value: nothing },
            Self::Parked { field, .. } => Self::Parked { field, left: nothing.clone(), right: nothing },
            Self::Refused { side, field, .. } => Self::Refused { side, field, sent: nothing },
            other => other,
        }
    }

    /// The record that it tells of, beside what it is about.
    pub(super) fn record(&self) -> Option<(Side, &RecordRef)> {
        match self {
            Self::Founded(side, at)
            | Self::Returned(side, at)
            | Self::Linked(side, at)
            | Self::Created(side, at)
            | Self::Removed(side, at)
            | Self::Moved(side, at) => Some((*side, at)),
            _ => None,
        }
    }
}
