use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;

#[cfg(feature = "engine")]
use crate::engine::{FaultKind, Review};
use crate::{AccountKey, Idempotency};

/// Receives what happens below the calls, for metrics and alerts.
///
/// It is called inline, so it must not block. The `tracing` output does not depend on it.
///
/// ```
/// use sync_core::{Event, Observer};
///
/// #[derive(Debug)]
/// struct Pager;
///
/// impl Observer for Pager {
///     fn on_event(&self, event: &Event<'_>) {
///         if let Event::ReconnectNeeded { account, .. } = event {
///             // page whoever can authorise `account` again
/// #           let _ = account;
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync + Debug {
    /// Takes note of one event.
    fn on_event(&self, event: &Event<'_>);
}

/// Ignores every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn on_event(&self, _: &Event<'_>) {}
}

/// Something that happened. Holds no secret, no body and no personal data.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// One request went out and was answered or lost. A call that is retried makes several.
    #[non_exhaustive]
    Attempt {
        /// For which account.
        account: &'a AccountKey,
        /// Which operation, such as `contacts.create`.
        operation: &'a str,
        /// What repeating the operation does.
        idempotency: Idempotency,
        /// Counts from 1 within the call.
        attempt: u32,
        /// The HTTP status, `None` if there was none.
        status: Option<u16>,
        /// From sending to the last byte or the failure.
        elapsed: Duration,
        /// What the service's clock said (`Date`), to the second; `None` if it did not say.
        service_time: Option<Timestamp>,
    },
    /// The call is repeated after a pause.
    #[non_exhaustive]
    Retry {
        /// For which account.
        account: &'a AccountKey,
        /// Which operation.
        operation: &'a str,
        /// The attempt that failed.
        attempt: u32,
        /// The pause.
        delay: Duration,
    },
    /// The service refused a request because of its rate limit.
    #[non_exhaustive]
    Throttled {
        /// For which account.
        account: &'a AccountKey,
        /// Which operation.
        operation: &'a str,
        /// Whether the whole day's quota is spent.
        daily: bool,
    },
    /// The service tells what is left of an account's quota for the day. The engine's `LearningBudget` takes it in.
    #[non_exhaustive]
    Quota {
        /// Of which account.
        account: &'a AccountKey,
        /// How many requests a day has.
        limit: u32,
        /// How many of them are left.
        remaining: u32,
        /// When all of them are there again.
        resets_at: Timestamp,
    },
    /// A new token pair is stored and in use.
    #[non_exhaustive]
    TokenRefreshed {
        /// For which account.
        account: &'a AccountKey,
    },
    /// A rotated token pair could not be stored. It is kept in memory and stored on the next occasion; if the
    /// process ends before, a person must authorise the account again.
    #[non_exhaustive]
    TokenNotSaved {
        /// For which account.
        account: &'a AccountKey,
    },
    /// The refresh token is dead: a person must authorise the account again.
    #[non_exhaustive]
    ReconnectNeeded {
        /// For which account.
        account: &'a AccountKey,
    },
    /// A collection could not do what the engine asked.
    #[cfg(feature = "engine")]
    #[non_exhaustive]
    CallFailed {
        /// For which account.
        account: &'a AccountKey,
        /// What helps.
        kind: FaultKind,
        /// What failed.
        message: &'a str,
    },
    /// An account rests: nothing of it is worked on until then.
    #[cfg(feature = "engine")]
    #[non_exhaustive]
    AccountPaused {
        /// Which account.
        account: &'a AccountKey,
        /// Until when.
        until: Timestamp,
        /// What helps.
        kind: FaultKind,
    },
    /// There is not enough quota left for this kind of work.
    #[cfg(feature = "engine")]
    #[non_exhaustive]
    QuotaLow {
        /// Of which account.
        account: &'a AccountKey,
        /// When there is more.
        until: Timestamp,
    },
    /// A question to a person was opened.
    #[cfg(feature = "engine")]
    #[non_exhaustive]
    ReviewOpened {
        /// The question.
        review: &'a Review,
    },
    /// Something looks so wrong that nothing was done.
    #[cfg(feature = "engine")]
    #[non_exhaustive]
    GuardTripped {
        /// Which guard.
        guard: &'static str,
        /// What it saw, and what helps.
        message: &'a str,
    },
    /// A poll, a sweep, a backfill or the application of a plan has ended.
    #[cfg(feature = "engine")]
    #[non_exhaustive]
    RunFinished {
        /// Which one, such as `sweep of contacts`.
        run: &'a str,
        /// How many records it looked at.
        looked_at: usize,
        /// How many of them are to be worked on, or were.
        worked_on: usize,
        /// How many failed.
        failed: usize,
    },
}
