use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::TokenError;

/// A call that got no whole answer.
///
/// `Display` is one line: operation, what happened, how many requests were made. No URL and no token, there or
/// in `Debug`.
#[derive(Debug)]
pub struct HttpError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: HttpErrorKind,
    operation: String,
    attempts: u32,
    message: String,
    retry_after: Option<Duration>,
    in_doubt: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// The request could not be built. Nothing was sent.
    Request,
    /// No connection: DNS, TCP, TLS or proxy. Nothing was sent.
    Connect,
    /// Sent, and no answer in time.
    Timeout,
    /// Sent, and the connection broke before the whole answer was there.
    Interrupted,
    /// The answer is larger than the layer accepts.
    TooLarge,
    /// The call's deadline would pass before its turn or its next attempt. Nothing is under way.
    Deadline,
    /// The day's quota is spent. Nothing was sent.
    Quota,
    /// The service has refused a request of the account for its rate, and asked for a pause that outlasts the call.
    /// Nothing is under way.
    Throttled,
    /// There is no access token. Nothing was sent, or only what the service refused.
    Token,
}

impl HttpError {
    pub(super) fn new(kind: HttpErrorKind, operation: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.to_owned(),
            attempts: 0,
            message: message.into(),
            retry_after: None,
            in_doubt: false,
            source: None,
        }))
    }

    /// A value that a client was given and cannot use: `what` is its name. Nothing was sent.
    pub fn invalid(what: &str, why: impl Into<String>) -> Self {
        Self::new(HttpErrorKind::Request, what, why)
    }

    pub(super) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(super) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Says whether an attempt before the last one may have taken effect.
    pub(super) fn with_doubt(mut self, in_doubt: bool) -> Self {
        self.0.in_doubt = in_doubt;
        self
    }

    pub(super) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// The one place where a `reqwest` error becomes ours: it loses its URL first, because that shows in its
    /// `Display` and `Debug`.
    pub(super) fn from_reqwest(operation: &str, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let (kind, message) = if error.is_builder() {
            (HttpErrorKind::Request, "the request could not be built")
        } else if error.is_connect() {
            (HttpErrorKind::Connect, "no connection to the service")
        } else if error.is_timeout() {
            (HttpErrorKind::Timeout, "no answer in time")
        } else {
            (HttpErrorKind::Interrupted, "the connection broke before the whole answer was there")
        };
        Self::new(kind, operation, message).with_source(error)
    }

    pub(super) fn token(operation: &str, error: TokenError) -> Self {
        Self::new(HttpErrorKind::Token, operation, error.to_string()).with_source(error)
    }

    /// What went wrong.
    pub fn kind(&self) -> HttpErrorKind {
        self.0.kind
    }

    /// Which operation.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// How many requests the call made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long until another try makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Why there is no token, for [`HttpErrorKind::Token`].
    pub fn token_error(&self) -> Option<&TokenError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Whether the call may have taken effect although no answer says so: no answer to the last request arrived, or to one
    /// that was sent before it.
    pub fn outcome_unknown(&self) -> bool {
        let lost = matches!(
            self.0.kind,
            HttpErrorKind::Timeout | HttpErrorKind::Interrupted | HttpErrorKind::TooLarge
        );
        lost || self.0.in_doubt
    }

    /// Whether trying again later can help without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            HttpErrorKind::Request | HttpErrorKind::TooLarge => false,
            HttpErrorKind::Token => self.token_error().is_some_and(TokenError::is_transient),
            _ => true,
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, message, attempts, .. } = &*self.0;
        write!(f, "{operation}: {message}")?;
        match attempts {
            0 => f.write_str(" (nothing was sent)"),
            1 => f.write_str(" (1 request)"),
            n => write!(f, " ({n} requests)"),
        }
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as &(dyn StdError + 'static))
    }
}
