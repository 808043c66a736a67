use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::{RecordRef, Side};
use super::value::FieldValue;
use crate::queue::WorkKey;

/// Names what was done together: one [`apply`](super::Engine::apply), or all that one engine does beside that from the
/// time it is built. Names begin with that time, so their order is that of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// A run with this name, such as `2026-11-26T10:02:03.123Z-plan-1f0c2a9be4d7`.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The run that began at `at`.
    pub(super) fn of(at: Timestamp, what: &str, which: impl fmt::Display) -> Self {
        Self(format!("{}-{what}-{which}", at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A field that was written, and its values. [`FieldValue::Unknown`] stands for one that the journal does not know: an
/// older entry names fields alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Told")]
pub struct FieldWrite {
    /// The field.
    pub field: String,
    /// What was there before.
    #[serde(skip_serializing_if = "is_unknown")]
    pub before: FieldValue,
    /// What was there afterwards: as the answer shows it, or else as it was sent.
    #[serde(skip_serializing_if = "is_unknown")]
    pub after: FieldValue,
}

fn is_unknown(value: &FieldValue) -> bool {
    !value.is_known()
}

/// How a [`FieldWrite`] may be stored.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Name(String),
    Full {
        field: String,
        #[serde(default)]
        before: FieldValue,
        #[serde(default)]
        after: FieldValue,
    },
}

impl From<Told> for FieldWrite {
    fn from(told: Told) -> Self {
        match told {
            Told::Name(field) => Self { field, before: FieldValue::Unknown, after: FieldValue::Unknown },
            Told::Full { field, before, after } => Self { field, before, after },
        }
    }
}

/// Something that was done, in the order in which it was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// In which run, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
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
    /// A record was created with these fields.
    Created(Side, RecordRef, #[serde(default)] Vec<FieldWrite>),
    /// Fields were written.
    Wrote(Side, Vec<FieldWrite>),
    /// A record was deleted. It had these fields, as far as they are known.
    Removed(Side, RecordRef, #[serde(default)] Vec<FieldWrite>),
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
    /// A person has answered a question. Holds no values: those that lose are told when they are written over.
    Answered {
        /// The question.
        review: String,
        /// The answer in words.
        answer: String,
    },
}

impl Happening {
    /// The same without the values of fields.
    pub(super) fn without_values(self) -> Self {
        let nothing = FieldValue::Unknown;
        let names =
            |fields: Vec<FieldWrite>| fields.into_iter().map(|told| Told::Name(told.field).into()).collect();
        match self {
            Self::Created(side, at, fields) => Self::Created(side, at, names(fields)),
            Self::Wrote(side, fields) => Self::Wrote(side, names(fields)),
            Self::Removed(side, at, fields) => Self::Removed(side, at, names(fields)),
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
            | Self::Created(side, at, _)
            | Self::Removed(side, at, _)
            | Self::Moved(side, at) => Some((*side, at)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, to_string};

    use super::super::record::RecordId;
    use super::*;

    #[test]
    fn entries_of_before_still_decode() {
        let unknown = |field: &str| FieldWrite {
            field: field.to_owned(),
            before: FieldValue::Unknown,
            after: FieldValue::Unknown,
        };
        let at = RecordRef::top(RecordId::new(7));
        let table = [
            (
                r#"{"wrote":["right",["name","tags"]]}"#,
                Happening::Wrote(Side::Right, vec![unknown("name"), unknown("tags")]),
            ),
            (
                r#"{"created":["left",{"parent":null,"id":"7"}]}"#,
                Happening::Created(Side::Left, at.clone(), vec![]),
            ),
            (
                r#"{"removed":["left",{"parent":null,"id":"7"}]}"#,
                Happening::Removed(Side::Left, at.clone(), vec![]),
            ),
        ];
        for (json, happening) in table {
            assert_eq!(from_str::<Happening>(json).unwrap(), happening);
            assert_eq!(from_str::<Happening>(&to_string(&happening).unwrap()).unwrap(), happening);
        }
        let entry = r#"{"at":"2026-01-01T00:00:00Z","about":{"link":"l"},"what":"ended"}"#;
        let entry: Entry = from_str(entry).unwrap();
        assert_eq!((entry.run, entry.what), (None, Happening::Ended));
    }

    #[test]
    fn values_are_told() {
        let write = FieldWrite {
            field: "tags".to_owned(),
            before: FieldValue::Empty,
            after: FieldValue::set(["vip"]),
        };
        let told = Happening::Wrote(Side::Left, vec![write]);
        assert_eq!(from_str::<Happening>(&to_string(&told).unwrap()).unwrap(), told);
    }

    #[test]
    fn runs_are_in_the_order_of_time() {
        let at = |seconds: i64, millis: i64| {
            Timestamp::from_millisecond(1_795_000_000_000 + seconds * 1000 + millis).unwrap()
        };
        let runs = [at(0, 0), at(0, 5), at(0, 40), at(9, 0), at(10, 0)].map(|at| RunId::of(at, "plan", "x"));
        assert!(runs.is_sorted(), "{runs:?}");
        assert_eq!(runs[1].as_str(), "2026-11-18T11:06:40.005Z-plan-x");
    }
}
