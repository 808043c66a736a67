use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::Value;
use sync_core::TokenError;
use sync_core::http::oauth::GrantError;
use sync_core::http::{DecodeError, Excerpt, HttpError, HttpErrorKind, Operation, RateInfo, Reply, Verdict};

use crate::fields::FieldError;
use crate::ids::ContactId;
use crate::missing::Missing;
use crate::oauth::Scope;
use crate::service::{GRANT, is_page, messages};
use crate::version::ApiVersion;

/// A call that did not bring what it promises.
///
/// `Display` is one line: operation, status, the service's own words, trace id. Neither `Display` nor `Debug`
/// shows a token, a URL or a body.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    operation: String,
    attempts: u32,
    /// Whether an attempt before the last one may have taken effect.
    in_doubt: bool,
    status: Option<u16>,
    messages: Vec<String>,
    duplicate: Option<DuplicateContact>,
    trace_id: Option<String>,
    rate: Option<RateInfo>,
    retry_after: Option<Duration>,
    body: Option<Excerpt>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 400 that names an existing contact with the same e-mail or phone: see [`Error::duplicate`].
    Duplicate,
    /// The record does not exist: 404 or 400 with a text that says so of the kind of record that was asked for.
    /// HighLevel uses either for unknown and for deleted ids.
    NotFound,
    /// 400 for another reason; or 404 for something that the request names beside the record.
    BadRequest,
    /// 401, and why, as far as the text tells.
    Unauthorized(UnauthorizedReason),
    /// 403: the token is for another location. Or 400 or 404 with a text that says that the location is not there or
    /// not active.
    Forbidden,
    /// The token endpoint refuses the code, the refresh token or the app.
    Grant,
    /// The tokens are for another location or agency than the one wanted.
    WrongAccount,
    /// The tokens may do less than was asked for.
    MissingScopes,
    /// The API version that is asked for does not have the operation. Nothing was sent.
    NotInVersion,
    /// 404 for the path itself, or with a text that names no record, as a gateway's: wrong base URL or API version. It
    /// proves nothing of a record.
    RouteNotFound,
    /// 422: [`Error::messages`] says which fields.
    Validation,
    /// The request breaks a rule of the service, so it was not sent: [`Error::messages`] says which.
    Invalid,
    /// 429, and waiting did not help within the call: a burst that does not end, or the day's quota, see
    /// [`Error::is_quota_spent`].
    RateLimited,
    /// 5xx, or a page for people in place of an answer, such as a proxy's.
    Server,
    /// An answer that is not what the operation promises.
    Decode,
    /// No whole answer: see [`Error::outcome_unknown`] and [`Error::source`](StdError::source).
    Transport(HttpErrorKind),
    /// A status that the service is not known to use.
    Other,
}

/// Why a call was not authorised, by HighLevel's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnauthorizedReason {
    /// The access token has expired or is not one.
    Token,
    /// The private integration token was revoked.
    PrivateIntegration,
    /// The token lacks a scope, and a person must consent again; or it is an agency's, and a location's is needed
    /// (`authClass`).
    Scope,
    /// The token is of the wrong class, such as a company token where a location token is needed.
    TokenClass,
    /// The `Version` header is missing or unknown.
    Version,
    /// The text is new.
    Unknown,
}

impl UnauthorizedReason {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|p| text.contains(p));
        if has(&["version header"]) {
            Self::Version
        } else if has(&["invalid private integration token"]) {
            Self::PrivateIntegration
        } else if has(&["not authorized for this scope", "not allowed to access this scope"]) {
            Self::Scope
        } else if has(&["user type mismatch", "user type is not yet supported"]) {
            Self::TokenClass
        } else if has(&["access token is invalid", "invalid jwt", "expired"]) {
            Self::Token
        } else {
            Self::Unknown
        }
    }

    /// Whether a new token may help.
    pub(crate) fn may_renew(self) -> bool {
        matches!(self, Self::Token | Self::Unknown)
    }
}

/// The contact that stands in the way of a new one, or of a changed e-mail or phone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DuplicateContact {
    /// The existing contact.
    pub contact_id: ContactId,
    /// Which value both have: `email` or `phone`.
    pub matching_field: String,
}

impl Error {
    pub(crate) fn transport(error: HttpError) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::Transport(error.kind()),
            operation: error.operation().to_owned(),
            attempts: error.attempts(),
            in_doubt: false,
            status: None,
            messages: vec![error.to_string()],
            duplicate: None,
            trace_id: None,
            rate: None,
            retry_after: error.retry_after(),
            body: None,
            source: Some(Arc::new(error)),
        }))
    }

    /// A grant that gave no tokens.
    pub(crate) fn grant(operation: &Operation, error: GrantError) -> Self {
        let error = match error {
            GrantError::Http(error) => return Self::transport(error),
            error => error,
        };
        let (kind, status) = match &error {
            GrantError::Refused { status: 429, .. } => (ErrorKind::RateLimited, Some(429)),
            GrantError::Refused { status, .. } if *status >= 500 => (ErrorKind::Server, Some(*status)),
            // A page for people.
            GrantError::Refused { status: status @ 200..=299, code, .. } if code.is_empty() => {
                (ErrorKind::Server, Some(*status))
            }
            GrantError::Refused { status, .. } => (ErrorKind::Grant, Some(*status)),
            GrantError::Malformed { status, .. } => (ErrorKind::Decode, Some(*status)),
            _ => (ErrorKind::Grant, None),
        };
        let mut wrong = Self::without_answer(kind, operation.name(), error.to_string());
        wrong.0.status = status;
        if let GrantError::Refused { retry_after, .. } = &error {
            wrong.0.retry_after = *retry_after;
        }
        wrong.0.source = Some(Arc::new(error));
        wrong
    }

    pub(crate) fn wrong_account(why: String) -> Self {
        Self::without_answer(ErrorKind::WrongAccount, GRANT, why)
    }

    pub(crate) fn missing_scopes(why: String) -> Self {
        Self::without_answer(ErrorKind::MissingScopes, GRANT, why)
    }

    /// Tokens that were granted and could not be kept.
    pub(crate) fn not_stored(error: &TokenError) -> Self {
        let why = format!("the tokens were granted and not stored, so authorise again: {error}");
        Self::without_answer(ErrorKind::Transport(HttpErrorKind::Token), GRANT, why)
    }

    /// A request that is not sent, because the service would refuse it or misunderstand it.
    pub(crate) fn invalid(operation: &Operation, why: String) -> Self {
        Self::without_answer(ErrorKind::Invalid, operation.name(), why)
    }

    /// A custom field that is not there, or a value that it cannot hold.
    pub(crate) fn unusable_field(error: FieldError) -> Self {
        let mut wrong = Self::without_answer(ErrorKind::Invalid, "custom_fields.value", error.to_string());
        wrong.0.source = Some(Arc::new(error));
        wrong
    }

    /// An operation that `version` no longer has, and what to use `instead`.
    pub(crate) fn not_in_version(operation: &Operation, version: ApiVersion, instead: &str) -> Self {
        let why = format!("API version {} does not have this call: use {instead}", version.as_str());
        Self::without_answer(ErrorKind::NotInVersion, operation.name(), why)
    }

    fn without_answer(kind: ErrorKind, operation: &str, message: String) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.to_owned(),
            attempts: 0,
            in_doubt: false,
            status: None,
            messages: vec![message],
            duplicate: None,
            trace_id: None,
            rate: None,
            retry_after: None,
            body: None,
            source: None,
        }))
    }

    /// An answer that says no.
    pub(crate) fn refused(operation: &Operation, reply: &Reply) -> Self {
        if (200..=299).contains(&reply.status) {
            if let Err(error) = reply.json::<IgnoredAny>() {
                return Self::decode(operation, reply, error);
            }
        }
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let messages = messages(&reply.body);
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let duplicate = text("/meta/contactId")
            .zip(text("/meta/matchingField"))
            .map(|(id, field)| DuplicateContact { contact_id: id.into(), matching_field: field.to_owned() });
        let kind = kind(operation, reply, &messages, duplicate.is_some());
        let mut error = Self::answered(kind, operation, reply);
        error.0.trace_id = text("/traceId").map(str::to_owned);
        error.0.messages = messages;
        error.0.duplicate = duplicate;
        if error.is_quota_spent() {
            let reset = reply.rate.and_then(|rate| rate.daily_reset);
            error.0.retry_after = reset.or(reply.retry_after);
        }
        error
    }

    /// A status that says yes, and a body that says no.
    pub(crate) fn not_done(operation: &Operation, reply: &Reply) -> Self {
        let mut error = Self::refused(operation, reply);
        error.0.kind = ErrorKind::Other;
        if error.0.messages.is_empty() {
            error.0.messages = vec!["the service says that it was not done".to_owned()];
        }
        error
    }

    /// An answer that says yes, and then is not what it should be.
    pub(crate) fn decode(operation: &Operation, reply: &Reply, error: DecodeError) -> Self {
        let page = is_page(&reply.body);
        let message = if page {
            "the answer is HTML, not JSON: is the base URL right, is there a proxy?".to_owned()
        } else if reply.body.is_empty() {
            "the answer is empty".to_owned()
        } else {
            format!("the answer does not fit: {error}")
        };
        let kind = if page { ErrorKind::Server } else { ErrorKind::Decode };
        let mut wrong = Self::answered(kind, operation, reply);
        wrong.0.messages = vec![message];
        wrong.0.source = Some(Arc::new(error));
        wrong
    }

    /// A success whose answer lacks the record it is to have.
    pub(crate) fn incomplete(operation: &Operation, reply: &Reply) -> Self {
        let mut wrong = Self::answered(ErrorKind::Decode, operation, reply);
        wrong.0.messages = vec!["the answer has no record".to_owned()];
        wrong
    }

    /// A list that names a page a second time.
    pub(crate) fn circular(operation: &Operation) -> Self {
        Self::endless(operation, "the pages go round in circles: a cursor came a second time")
    }

    /// A list that gives a page a second time.
    pub(crate) fn repeated(operation: &Operation) -> Self {
        Self::endless(operation, "the list does not go on: a page came a second time")
    }

    fn endless(operation: &Operation, message: &str) -> Self {
        let mut error = Self::without_answer(ErrorKind::Decode, operation.name(), message.to_owned());
        (error.0.attempts, error.0.status) = (1, Some(200));
        error
    }

    fn answered(kind: ErrorKind, operation: &Operation, reply: &Reply) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.name().to_owned(),
            attempts: reply.attempts,
            in_doubt: reply.in_doubt,
            status: Some(reply.status),
            messages: Vec::new(),
            duplicate: None,
            trace_id: None,
            rate: reply.rate,
            retry_after: reply.retry_after,
            body: Some(reply.excerpt()),
            source: None,
        }))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Which operation, such as `contacts.create`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// How many requests the call made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether an attempt before the last one may have taken effect.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.0.in_doubt
    }

    /// The HTTP status, `None` if there was no whole answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own messages, one per problem; ours if the service gave none.
    pub fn messages(&self) -> &[String] {
        &self.0.messages
    }

    /// The contact that stands in the way.
    pub fn duplicate(&self) -> Option<&DuplicateContact> {
        self.0.duplicate.as_ref()
    }

    /// The id that HighLevel's support asks for.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// The rate limit as the answer reported it.
    pub fn rate(&self) -> Option<&RateInfo> {
        self.0.rate.as_ref()
    }

    /// How long until another try makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The start of the body as it came. It may hold personal data: not for logs.
    pub fn body(&self) -> Option<&Excerpt> {
        self.0.body.as_ref()
    }

    /// Whether the record does not exist.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Whether the rate limit or the day's quota stopped the call.
    pub fn is_rate_limited(&self) -> bool {
        use HttpErrorKind::{Quota, Throttled};
        matches!(self.0.kind, ErrorKind::RateLimited | ErrorKind::Transport(Quota | Throttled))
    }

    /// Whether it is the day's quota that stopped the call, and not a burst: waiting seconds does not help.
    /// [`retry_after`](Self::retry_after) tells when the quota starts anew, if the service says so.
    pub fn is_quota_spent(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited => self.0.rate.is_some_and(|rate| rate.daily_remaining == Some(0)),
            ErrorKind::Transport(kind) => kind == HttpErrorKind::Quota,
            _ => false,
        }
    }

    /// Whether token, scope or location are wrong: every further call will fail like this one.
    pub fn is_auth(&self) -> bool {
        match self.0.kind {
            ErrorKind::Unauthorized(_)
            | ErrorKind::Forbidden
            | ErrorKind::Grant
            | ErrorKind::WrongAccount
            | ErrorKind::MissingScopes => true,
            ErrorKind::Transport(HttpErrorKind::Token) => !self.is_retryable(),
            _ => false,
        }
    }

    /// Whether the service says that the code or the refresh token is used up, expired or wrong.
    pub fn is_invalid_grant(&self) -> bool {
        self.grant_error().is_some_and(GrantError::is_invalid_grant)
    }

    /// Whether no answer came in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Transport(HttpErrorKind::Timeout | HttpErrorKind::Deadline))
    }

    /// Whether the same call may succeed later without anybody doing anything. It may also have succeeded
    /// already: see [`outcome_unknown`](Self::outcome_unknown).
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited | ErrorKind::Server => true,
            ErrorKind::Transport(_) => self.http_error().is_some_and(HttpError::is_transient),
            _ => false,
        }
    }

    /// Whether the service may have done its work all the same. Look before you repeat a create.
    ///
    /// So it is even after a clear refusal if the call sent its request before and that was lost: what the service
    /// says of the last one tells nothing about the first.
    pub fn outcome_unknown(&self) -> bool {
        match self.0.kind {
            _ if self.0.in_doubt => true,
            ErrorKind::Server | ErrorKind::Decode => true,
            ErrorKind::Transport(_) => self.http_error().is_some_and(HttpError::outcome_unknown),
            _ => false,
        }
    }

    fn grant_error(&self) -> Option<&GrantError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    fn http_error(&self) -> Option<&HttpError> {
        self.0.source.as_deref()?.downcast_ref()
    }
}

fn kind(operation: &Operation, reply: &Reply, messages: &[String], duplicate: bool) -> ErrorKind {
    let text = messages.join(" ").to_lowercase();
    let template = operation.template();
    match (reply.status, reply.verdict) {
        (400, _) if duplicate => ErrorKind::Duplicate,
        (401, _) => ErrorKind::Unauthorized(UnauthorizedReason::of(&text)),
        (403, _) => ErrorKind::Forbidden,
        (404, _) if text.starts_with("cannot ") => ErrorKind::RouteNotFound,
        (status @ (400 | 404), _) => match Missing::of(template, status, &text) {
            // Only a path with an id in it speaks of a record; elsewhere an id in the body is what is wrong.
            Some(Missing::Asked) if status == 404 || template.contains('{') => ErrorKind::NotFound,
            Some(Missing::Location) => ErrorKind::Forbidden,
            None if status == 404 => ErrorKind::RouteNotFound,
            _ => ErrorKind::BadRequest,
        },
        (422, _) => ErrorKind::Validation,
        (429, _) => ErrorKind::RateLimited,
        (_, Verdict::Faulty) => ErrorKind::Server,
        _ => ErrorKind::Other,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, operation, status, messages, trace_id, .. } = &*self.0;
        if let ErrorKind::Transport(_) = kind {
            return f.write_str(&messages.join("; "));
        }
        // A grant's own words name the status, and where there was no answer there is none.
        if status.is_none() || self.grant_error().is_some() {
            return write!(f, "{operation}: {}", messages.join("; "));
        }
        write!(f, "{operation}: HTTP {}", status.unwrap_or_default())?;
        if !messages.is_empty() {
            write!(f, ": {}", messages.join("; "))?;
        }
        if let Some(duplicate) = &self.0.duplicate {
            write!(f, " (same {} as contact {})", duplicate.matching_field, duplicate.contact_id)?;
        }
        if let Some(hint) = hint(&self.0) {
            write!(f, "; {hint}")?;
        }
        if self.is_quota_spent() {
            f.write_str("; the quota of the day is spent")?;
            if let Some(after) = self.0.retry_after {
                write!(f, ", and starts anew in {} s", after.as_secs())?;
            }
        }
        match trace_id {
            Some(id) => write!(f, " [trace {id}]"),
            None => Ok(()),
        }
    }
}

/// What to do about it, where the service's words do not tell.
fn hint(error: &Inner) -> Option<Cow<'static, str>> {
    let Inner { kind, operation, status, messages, .. } = error;
    let kind = *kind;
    let of_class = messages.iter().any(|message| message.to_lowercase().contains("authclass"));
    if kind == ErrorKind::Unauthorized(UnauthorizedReason::Scope) && !of_class {
        let scope = Scope::needed(operation).map_or("it lacks".to_owned(), |scope| scope.to_string());
        let hint =
            format!("authorise the app again with the scope {scope}, or add it to the private integration");
        return Some(hint.into());
    }
    Some(Cow::Borrowed(match kind {
        // No consent makes a location's token of an agency's.
        ErrorKind::Unauthorized(UnauthorizedReason::Scope) => {
            "use a location token: an agency's does not reach this"
        }
        ErrorKind::Unauthorized(UnauthorizedReason::Token) => "get a new access token",
        ErrorKind::Unauthorized(UnauthorizedReason::PrivateIntegration) => {
            "create a new private integration token"
        }
        ErrorKind::Unauthorized(UnauthorizedReason::TokenClass) => "use a location token",
        ErrorKind::Forbidden if *status == Some(403) => "check the location id: the token is for another one",
        ErrorKind::Forbidden => "check the location id, and whether the location is active",
        ErrorKind::RouteNotFound => "check the base URL and the API version",
        _ => return None,
    }))
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as &(dyn StdError + 'static))
    }
}
