use std::error::Error as StdError;
use std::fmt;

use crate::error::Error;
use crate::ids::ContactId;

/// A change of many contacts that stopped on its way.
///
/// The changes that give it are idempotent: to go on, make the same call with [`rest`](Self::rest). Who does not need
/// to know how far it came can use it as the [`Error`] that stopped it, with `?`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Interrupted<T> {
    /// What the requests before brought.
    pub done: T,
    /// The contacts of the request that failed, which may have changed if the error's
    /// [`outcome_unknown`](Error::outcome_unknown) says so, and all after them.
    pub rest: Vec<ContactId>,
    /// What stopped it.
    pub error: Error,
}

impl<T> Interrupted<T> {
    /// An interruption, for tests.
    pub fn new(done: T, rest: Vec<ContactId>, error: Error) -> Self {
        Self { done, rest, error }
    }
}

impl<T> fmt::Display for Interrupted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, with {} contacts to go", self.error, self.rest.len())
    }
}

impl<T: fmt::Debug> StdError for Interrupted<T> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl<T> From<Interrupted<T>> for Error {
    fn from(interrupted: Interrupted<T>) -> Self {
        interrupted.error
    }
}
