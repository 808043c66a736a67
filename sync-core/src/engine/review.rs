use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::queue::WorkKey;

/// Names a question: there is one at a time for each record, kind and field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReviewKey(String);

impl ReviewKey {
    /// The question of this kind about `about`, or about one field of it.
    pub fn new(about: &WorkKey, kind: ReviewKind, field: Option<&str>) -> Self {
        let field = field.map(|field| format!(", {field}")).unwrap_or_default();
        Self(format!("{about}{field}: {kind}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReviewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question to a person. The engine leaves what it is about alone until it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its name.
    pub key: ReviewKey,
    /// What it is about.
    pub about: WorkKey,
    /// What kind of question it is.
    pub kind: ReviewKind,
    /// The field in question, if it is one.
    pub field: Option<String>,
    /// What is unclear, and what helps. Holds no values.
    pub message: String,
    /// When it was first asked.
    pub opened_at: Timestamp,
}

impl Review {
    /// A question.
    pub fn new(
        about: WorkKey,
        kind: ReviewKind,
        field: Option<&str>,
        message: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        let key = ReviewKey::new(&about, kind, field);
        Self { key, about, kind, field: field.map(str::to_owned), message: message.into(), opened_at: now }
    }
}

/// What kind of question a [`Review`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReviewKind {
    /// Both sides changed a field, or differ where they first meet.
    Conflict,
    /// The service said yes to a write and kept what it had, or does not take writes of the field any more.
    Refused,
    /// A value does not fit what the other side accepts.
    Invalid,
    /// It is not certain which record is the other half.
    Match,
    /// It is not certain what became of a create.
    Create,
    /// One record was edited, and its partner deleted or merged away.
    Deleted,
    /// Work on it failed again and again.
    Poison,
}

impl fmt::Display for ReviewKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Match => "match",
            Self::Create => "create",
            Self::Deleted => "deleted",
            Self::Poison => "poison",
        })
    }
}
