use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Why a collection could not do what it was asked, judged by what helps.
#[derive(Debug)]
pub struct Fault {
    kind: FaultKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What helps against a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Time: the same will work later.
    Transient,
    /// Time, and until then nothing else of this account works either.
    Throttled {
        /// How long, if the service says.
        retry_after: Option<Duration>,
    },
    /// A person: the account is not, or no longer, authorised.
    Auth,
    /// A person: the record does not fit what the service accepts.
    Invalid,
    /// The record is gone.
    Gone,
    /// The record is not any more as it was read: read it again.
    Changed,
    /// Nothing: the set-up or the code is wrong.
    Broken,
}

impl Fault {
    /// A fault with a sentence that says what failed; no field values, no secrets.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What helps.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Whether nothing else on the account will work either, so that a run should end.
    pub fn stops_the_run(&self) -> bool {
        matches!(self.kind, FaultKind::Throttled { .. } | FaultKind::Auth | FaultKind::Broken)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|s| s as &(dyn StdError + 'static))
    }
}
