use std::fmt;

use serde::{Deserialize, Serialize};

use super::record::{RecordRef, Side};
use super::review::{Review, ReviewKey, ReviewKind};
use super::runtime::EngineError;
use super::value::FieldValue;
use crate::StoreError;

/// What a person answers to a [`Review`]. [`Review::answers`] tells which one a question takes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// Of a field: what this side has goes to the other one.
    Take(Side),
    /// Of a field: both sides get this value.
    Value(FieldValue),
    /// This record is the other half.
    Pair(RecordRef),
    /// None that is there is the other half: one is created.
    Create,
    /// It stays as it is. It is not asked again until what was asked about changes.
    Leave,
    /// The pair ends. What is left of it stays, as a record of its own.
    Unlink,
    /// The record that was deleted is created again, from the one that is left.
    Recreate,
    /// The record that is left is deleted as well.
    Delete,
    /// What failed is tried once more.
    Retry,
    /// The plan with this id may do what the guard stopped.
    Approve(String),
}

/// Says what was answered, and not with which value.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Take(side) => write!(f, "take {side}"),
            Self::Pair(at) => write!(f, "pair with {}", at.id),
            Self::Approve(plan) => write!(f, "approve {plan}"),
            _ => self.kind().fmt(f),
        }
    }
}

/// As [`Display`](fmt::Display): a value may be personal.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({self})")
    }
}

impl Answer {
    /// What kind of answer it is.
    pub fn kind(&self) -> AnswerKind {
        match self {
            Self::Take(_) => AnswerKind::Take,
            Self::Value(_) => AnswerKind::Value,
            Self::Pair(_) => AnswerKind::Pair,
            Self::Create => AnswerKind::Create,
            Self::Leave => AnswerKind::Leave,
            Self::Unlink => AnswerKind::Unlink,
            Self::Recreate => AnswerKind::Recreate,
            Self::Delete => AnswerKind::Delete,
            Self::Retry => AnswerKind::Retry,
            Self::Approve(_) => AnswerKind::Approve,
        }
    }
}

/// An [`Answer`] without what it says: what to offer a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnswerKind {
    /// [`Answer::Take`].
    Take,
    /// [`Answer::Value`].
    Value,
    /// [`Answer::Pair`].
    Pair,
    /// [`Answer::Create`].
    Create,
    /// [`Answer::Leave`].
    Leave,
    /// [`Answer::Unlink`].
    Unlink,
    /// [`Answer::Recreate`].
    Recreate,
    /// [`Answer::Delete`].
    Delete,
    /// [`Answer::Retry`].
    Retry,
    /// [`Answer::Approve`].
    Approve,
}

impl fmt::Display for AnswerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Take => "take",
            Self::Value => "value",
            Self::Pair => "pair",
            Self::Create => "create",
            Self::Leave => "leave",
            Self::Unlink => "unlink",
            Self::Recreate => "recreate",
            Self::Delete => "delete",
            Self::Retry => "retry",
            Self::Approve => "approve",
        })
    }
}

/// Why an answer was not taken. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such question.
    #[error("there is no question {0} any more: it was answered, or what it was about has changed")]
    NotOpen(ReviewKey),
    /// The question does not take this kind of answer.
    #[error("a question of kind {kind} does not take {answer}: answer it with {}", words(takes))]
    WrongAnswer {
        /// What kind of question it is.
        kind: ReviewKind,
        /// The answer.
        answer: AnswerKind,
        /// What it takes.
        takes: &'static [AnswerKind],
    },
    /// Somebody has answered it otherwise, and that was not worked on yet.
    #[error("it was answered already, with {0}: wait until that is done, and look again")]
    Answered(AnswerKind),
    /// It is asked about other values than those that were shown.
    #[error("it has changed since it was shown: look again")]
    Changed,
    /// The answer cannot be acted upon.
    #[error("{0}")]
    Unfit(String),
    /// The engine cannot go on.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for ResolveError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

fn words(kinds: &[AnswerKind]) -> String {
    kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Review {
    /// Whether it takes an answer, going by its kind alone.
    pub(super) fn takes(&self, answer: &Answer) -> Result<(), ResolveError> {
        let (kind, takes) = (self.kind, self.answers());
        if takes.contains(&answer.kind()) {
            return Ok(());
        }
        Err(ResolveError::WrongAnswer { kind, answer: answer.kind(), takes })
    }
}
