use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, AnswerKind};
use super::record::Fingerprint;
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
    /// What a person has answered. The next run of the key uses it, if what was asked about is still so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// What the record held when it was asked about, where the answer depends on it: one that was given for something else
    /// does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Fingerprint>,
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
        let (field, message) = (field.map(str::to_owned), message.into());
        Self { key, about, kind, field, message, opened_at: now, answer: None, seen: None }
    }

    /// Whether it asks what another one asks.
    pub(super) fn asks_as(&self, other: &Self) -> bool {
        self.message == other.message && self.seen == other.seen
    }

    /// What it can be answered with.
    ///
    /// | question | answers |
    /// |---|---|
    /// | about a field: [`Conflict`](ReviewKind::Conflict), [`Refused`](ReviewKind::Refused), [`Invalid`](ReviewKind::Invalid) | take, value, leave |
    /// | [`Match`](ReviewKind::Match), [`Create`](ReviewKind::Create) | pair, create, leave |
    /// | [`Deleted`](ReviewKind::Deleted) about a pair | unlink, recreate, delete |
    /// | [`Deleted`](ReviewKind::Deleted) about a derived record | retry, leave |
    /// | [`Poison`](ReviewKind::Poison), [`Invalid`](ReviewKind::Invalid) about a whole record | retry |
    /// | [`Guard`](ReviewKind::Guard) | approve |
    pub fn answers(&self) -> &'static [AnswerKind] {
        let is_derived = matches!(self.about, WorkKey::Projection(_));
        match self.kind {
            ReviewKind::Invalid if self.field.is_none() => &[AnswerKind::Retry],
            ReviewKind::Conflict | ReviewKind::Refused | ReviewKind::Invalid => {
                &[AnswerKind::Take, AnswerKind::Value, AnswerKind::Leave]
            }
            ReviewKind::Match | ReviewKind::Create => {
                &[AnswerKind::Pair, AnswerKind::Create, AnswerKind::Leave]
            }
            ReviewKind::Deleted if is_derived => &[AnswerKind::Retry, AnswerKind::Leave],
            ReviewKind::Deleted => &[AnswerKind::Unlink, AnswerKind::Recreate, AnswerKind::Delete],
            ReviewKind::Poison => &[AnswerKind::Retry],
            ReviewKind::Guard => &[AnswerKind::Approve],
        }
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
    /// What was about to happen looks so wrong that a person has to approve of it.
    Guard,
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
            Self::Guard => "guard",
        })
    }
}
