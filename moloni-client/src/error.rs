use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use sync_core::TokenError;
use sync_core::http::oauth::GrantError;
use sync_core::http::{DecodeError, Excerpt, HttpError, HttpErrorKind, Operation, Reply};

use crate::outcome::Fault;
use crate::redact::redact;
use crate::validation::FieldError;

/// Why a call did not bring what it promises.
///
/// `Display` is one line: the operation, what the service said, the HTTP status, the number of requests. Neither
/// `Display` nor `Debug` show a URL, a token or a body.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    operation: String,
    message: String,
    status: Option<u16>,
    code: Option<String>,
    fields: Vec<FieldError>,
    body: Option<Excerpt>,
    attempts: u32,
    retry_after: Option<Duration>,
    failed_logins: Option<u32>,
    transient: bool,
    in_doubt: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call or the set-up is wrong. Nothing was sent.
    Request,
    /// There was no connection, or it broke before the whole answer was there.
    Transport,
    /// There was no answer in time, or the call's deadline left no time to ask.
    Timeout,
    /// Too many requests.
    RateLimited,
    /// There is no token, or the service refuses it, or it refuses the application, the code or the password.
    Auth,
    /// The login is locked after too many wrong passwords; [`retry_after`](Error::retry_after) tells for how long.
    LoginLocked,
    /// The login does not reach the company that was wanted.
    WrongAccount,
    /// There is no such record.
    NotFound,
    /// Fields are wrong; [`field_errors`](Error::field_errors) tells which.
    Validation,
    /// The service refuses, and gives no reason that this crate knows.
    Refused,
    /// The service failed: HTTP 5xx, or a page for people where data belongs.
    Server,
    /// The answer is not what the operation promises.
    Decode,
}

impl Error {
    fn new(kind: ErrorKind, operation: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.to_owned(),
            message: message.into(),
            status: None,
            code: None,
            fields: Vec::new(),
            body: None,
            attempts: 0,
            retry_after: None,
            failed_logins: None,
            transient: matches!(
                kind,
                ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::RateLimited | ErrorKind::Server
            ),
            in_doubt: false,
            source: None,
        }))
    }

    pub(crate) fn request(operation: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request, operation, message)
    }

    /// An answer that is not what `operation` promises.
    pub(crate) fn from_fault(operation: &Operation, reply: &Reply, fault: Fault) -> Self {
        let (kind, message) = describe(&fault, reply.status);
        let mut error = Self::new(kind, operation.name(), message).with_reply(operation, reply);
        match fault {
            Fault::Api(api) => error.0.code = Some(api.code),
            Fault::Validation(fields) => error.0.fields = fields,
            _ => {}
        }
        error
    }

    /// An answer of the right shape that holds something unexpected.
    pub(crate) fn from_decode(operation: &Operation, reply: &Reply, source: DecodeError) -> Self {
        let message = format!("unexpected answer: {source}");
        let mut error = Self::new(ErrorKind::Decode, operation.name(), message).with_reply(operation, reply);
        error.0.source = Some(Box::new(source));
        error
    }

    /// A list that does not move on.
    pub(crate) fn stuck(operation: &Operation, offset: u64, attempts: u32) -> Self {
        let message =
            format!("the page at offset {offset} repeats the one before: the list does not move on");
        let mut error = Self::new(ErrorKind::Decode, operation.name(), message);
        error.0.attempts = attempts;
        error
    }

    pub(crate) fn from_http(operation: &Operation, source: HttpError) -> Self {
        let mut error = Self::from_layer(source);
        error.0.in_doubt = error.0.in_doubt && !operation.idempotency().is_read();
        error
    }

    /// A failure below the calls, such as a client that cannot be set up.
    pub(crate) fn from_layer(source: HttpError) -> Self {
        let kind = match source.kind() {
            HttpErrorKind::Connect | HttpErrorKind::Interrupted => ErrorKind::Transport,
            HttpErrorKind::Timeout | HttpErrorKind::Deadline => ErrorKind::Timeout,
            HttpErrorKind::TooLarge => ErrorKind::Decode,
            HttpErrorKind::Quota | HttpErrorKind::Throttled => ErrorKind::RateLimited,
            HttpErrorKind::Token => ErrorKind::Auth,
            _ => ErrorKind::Request,
        };
        let mut error = Self::new(kind, source.operation(), without_operation(&source));
        error.0.attempts = source.attempts();
        error.0.retry_after = source.retry_after();
        error.0.transient = source.is_transient();
        error.0.in_doubt = source.outcome_unknown();
        error.0.source = Some(Box::new(source));
        error
    }

    pub(crate) fn from_grant(operation: &str, source: GrantError) -> Self {
        match source {
            GrantError::Http(source) => Self::from_layer(source),
            GrantError::Set(what) => Self::request(operation, what),
            GrantError::Refused { status, code, description, retry_after, .. } => {
                let kind = match status {
                    429 => ErrorKind::RateLimited,
                    500.. => ErrorKind::Server,
                    // A success that is none: a page for people.
                    200..=299 if code.is_empty() => ErrorKind::Server,
                    _ if code.is_empty() => ErrorKind::Refused,
                    _ => ErrorKind::Auth,
                };
                let description = redact(&description);
                let message = if code.is_empty() { description } else { format!("{code}: {description}") };
                let mut error = Self::new(kind, operation, message);
                error.0.status = Some(status);
                error.0.code = Some(code).filter(|code| !code.is_empty());
                error.0.retry_after = retry_after;
                error
            }
            GrantError::Malformed { status, .. } => {
                let mut error = Self::new(ErrorKind::Decode, operation, "the answer holds no usable tokens");
                error.0.status = Some(status);
                error
            }
            other => Self::new(ErrorKind::Refused, operation, other.to_string()),
        }
    }

    pub(crate) fn wrong_account(why: String) -> Self {
        let mut error = Self::new(ErrorKind::WrongAccount, "companies.getAll", why);
        error.0.attempts = 1;
        error
    }

    /// Tokens that were granted and could not be kept.
    pub(crate) fn not_stored(error: &TokenError) -> Self {
        let why = format!("the tokens were granted and not stored, so authorise again: {error}");
        Self::new(ErrorKind::Auth, crate::service::GRANT, why)
    }

    /// A login that is locked for `cooldown` after `failed` wrong passwords, as far as the service says.
    pub(crate) fn locked(operation: &str, cooldown: Option<Duration>, failed: Option<u32>) -> Self {
        let mut message = "the login is locked".to_owned();
        if let Some(cooldown) = cooldown {
            message = format!("{message} for {} s", cooldown.as_secs());
        }
        if let Some(failed) = failed {
            message = format!("{message} after {failed} failed attempts");
        }
        let mut error = Self::new(ErrorKind::LoginLocked, operation, message);
        error.0.status = Some(403);
        error.0.retry_after = cooldown;
        error.0.failed_logins = failed;
        error
    }

    fn with_reply(mut self, operation: &Operation, reply: &Reply) -> Self {
        let inner = &mut *self.0;
        inner.status = Some(reply.status);
        inner.attempts = reply.attempts;
        inner.retry_after = reply.retry_after;
        inner.body = Some(Excerpt::of(redact(&String::from_utf8_lossy(&reply.body)).as_bytes()));
        // Even after a clear refusal, if a request before it was lost: what the last one says tells nothing of the first.
        let in_doubt = reply.in_doubt || matches!(inner.kind, ErrorKind::Server | ErrorKind::Decode);
        inner.in_doubt = in_doubt && !operation.idempotency().is_read();
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Which operation, such as `customers.getOne`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code, such as `invalid_grant`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Which fields are wrong. Empty for other kinds, and where the service refused in an unknown form: then
    /// [`body`](Self::body) shows what it sent.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The start of the answer's body, without tokens. It may hold personal data: not for logs.
    pub fn body(&self) -> Option<&Excerpt> {
        self.0.body.as_ref()
    }

    /// How long to wait before another try makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many wrong passwords locked the login, if the service says so.
    pub fn failed_logins(&self) -> Option<u32> {
        self.0.failed_logins
    }

    /// How many requests the call made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Why there is no token, if that is the error.
    pub fn token_error(&self) -> Option<&TokenError> {
        self.0.source.as_deref()?.downcast_ref::<HttpError>()?.token_error()
    }

    /// Whether the same call can succeed later without anybody doing anything. See
    /// [`outcome_unknown`](Self::outcome_unknown) before you repeat a write.
    pub fn is_retryable(&self) -> bool {
        self.0.transient
    }

    /// Whether a write may have taken effect all the same. Always `false` for reads.
    pub fn outcome_unknown(&self) -> bool {
        self.0.in_doubt
    }

    /// Whether there is no such record.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Whether there were too many requests.
    pub fn is_rate_limited(&self) -> bool {
        self.0.kind == ErrorKind::RateLimited
    }

    /// Whether tokens, application, code, password or the choice of company are the problem.
    pub fn is_auth(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Auth | ErrorKind::LoginLocked | ErrorKind::WrongAccount)
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }
}

/// The kind and the sentence of a fault.
fn describe(fault: &Fault, status: u16) -> (ErrorKind, String) {
    let by_status = match status {
        401 => ErrorKind::Auth,
        429 => ErrorKind::RateLimited,
        500.. => ErrorKind::Server,
        _ => ErrorKind::Refused,
    };
    match fault {
        Fault::Api(error) => {
            // Every code that the service documents is about tokens or the application.
            let kind = if by_status == ErrorKind::Refused { ErrorKind::Auth } else { by_status };
            (kind, format!("{}: {}", redact(&error.code), redact(&error.description)))
        }
        Fault::Validation(fields) if fields.is_empty() => {
            (ErrorKind::Validation, "refused, with errors of an unknown form".to_owned())
        }
        Fault::Validation(fields) => {
            let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
            (ErrorKind::Validation, format!("invalid fields: {}", fields.join("; ")))
        }
        Fault::NotFound => (ErrorKind::NotFound, "there is no such record".to_owned()),
        Fault::Refused => (ErrorKind::Refused, "refused without a reason".to_owned()),
        Fault::Page => (
            ErrorKind::Server,
            "the answer is an HTML page, not data: is the base URL right, is there a proxy?".to_owned(),
        ),
        Fault::Status => {
            let message = match by_status {
                ErrorKind::Auth => "the access token was refused",
                ErrorKind::RateLimited => "too many requests",
                ErrorKind::Server => "the service failed",
                _ => "refused",
            };
            (by_status, message.to_owned())
        }
        Fault::NotJson => (ErrorKind::Decode, "the answer is no JSON".to_owned()),
        Fault::Shape(what) => (ErrorKind::Decode, format!("unexpected answer: {what}")),
        Fault::Incomplete(key) => (ErrorKind::Decode, format!("it was done, and the answer has no {key}")),
    }
}

/// The layer's own line without the parts that ours adds itself.
fn without_operation(error: &HttpError) -> String {
    let line = error.to_string();
    let line = line.strip_prefix(error.operation()).and_then(|l| l.strip_prefix(": ")).unwrap_or(&line);
    line.rsplit_once(" (").map_or(line, |(message, _)| message).to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, message, status, attempts, .. } = &*self.0;
        write!(f, "{operation}: {message}")?;
        let requests = match attempts {
            0 => String::new(),
            1 => "1 request".to_owned(),
            n => format!("{n} requests"),
        };
        match (status, attempts) {
            (Some(status), 0) => write!(f, " (HTTP {status})"),
            (Some(status), _) => write!(f, " (HTTP {status}, {requests})"),
            (None, 0) => f.write_str(" (nothing was sent)"),
            (None, _) => write!(f, " ({requests})"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
