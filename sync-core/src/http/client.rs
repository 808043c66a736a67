use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use secrecy::ExposeSecret;
use tracing::Instrument;
use url::{Host, Url};

use super::limiter::{Denied, Tenant, UNKNOWN_RESET};
use super::refusals::Refusals;
use super::retry_after::{retry_after, service_time};
use super::{
    CallOptions, HttpError, HttpErrorKind, HttpSettings, Limiter, RateInfo, RateLimit, Reply, Request,
    Service, Verdict,
};
use crate::retry::RetryBudget;
use crate::{
    AccessToken, AccountKey, Env, Event, Idempotency, Observer, RetryPolicy, SecretString, TokenError,
    TokenSource,
};

/// Sends the requests of one account at one service, and survives what can be survived.
///
/// A call waits for the rate limit, takes a fresh token, sends, and judges the answer. What it does about a
/// failure follows from the operation's [`Idempotency`](crate::Idempotency):
///
/// | what happened | read or idempotent | not idempotent |
/// |---|---|---|
/// | no connection | again | again |
/// | 429, burst | again, after the pause asked for, or answer returned | the same |
/// | 429, day's quota spent | error | error |
/// | token rejected | renew, once more | renew, once more |
/// | fresh token rejected | answer returned | answer returned |
/// | 5xx | again | answer returned |
/// | timeout, reset, cut body | again | error, outcome unknown |
/// | any other answer | answer returned | answer returned |
///
/// "Again" ends with the attempts, the deadline, or the retry budget that all clones share. Nothing is sent at the
/// deadline or after it, nor in the last second before it, whatever the time was spent on: what was not sent then is
/// [`HttpErrorKind::Deadline`], and has had no effect.
///
/// An operation that is refused with a fresh token buys no further one before it succeeds, that token expires, or an hour
/// has passed.
///
/// A 429 holds back every call of the account for as long as it asks, 10 minutes at most (a day, where the day's quota is
/// spent). A call that cannot wait so long is told at once, with [`retry_after`](HttpError::retry_after):
/// [`HttpErrorKind::Throttled`] or [`HttpErrorKind::Quota`].
///
/// Clones are cheap and share connections, limiter and budget.
#[derive(Debug, Clone)]
pub struct HttpClient {
    shared: Arc<Shared>,
    options: CallOptions,
}

struct Shared {
    reqwest: reqwest::Client,
    service: Arc<dyn Service>,
    account: AccountKey,
    base: Url,
    tokens: Option<Arc<dyn TokenSource>>,
    limit: Arc<Tenant>,
    refusals: Refusals,
    retry: RetryPolicy,
    budget: RetryBudget,
    env: Arc<dyn Env>,
    observer: Arc<dyn Observer>,
    /// Whether anybody hears the observer: what only it would be told is not worked out for nobody.
    observed: bool,
}

impl fmt::Debug for Shared {
    /// Leaves the client out: one that the caller made may have secrets among its headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("service", &self.service)
            .field("account", &self.account)
            .field("base", &self.base.as_str())
            .field("tokens", &self.tokens)
            .field("limit", &self.limit)
            .field("retry", &self.retry)
            .field("env", &self.env)
            .field("observer", &self.observer)
            .finish_non_exhaustive()
    }
}

/// The largest answer accepted. The largest known is a page of 500 contacts, well under 4 MiB.
const LARGEST: usize = 32 * 1024 * 1024;
/// With less time left than this no request is sent: it would end in doubt before an answer can be there. Where a
/// tenth of the request's or of the call's time is less, that counts.
const LEAST: Duration = Duration::from_secs(1);

impl HttpClient {
    /// Sends to `base` for `account`. Requests carry a token of `tokens` if there is one, and start out with
    /// `limit` as the rate limit.
    ///
    /// # Errors
    ///
    /// [`HttpErrorKind::Request`] if `base` is not `https` (or `http` to a loopback address), or holds more than
    /// scheme, host, port and path, or if the settings do not make a client.
    pub fn new(
        settings: &HttpSettings,
        service: Arc<dyn Service>,
        account: AccountKey,
        base: Url,
        tokens: Option<Arc<dyn TokenSource>>,
        limit: RateLimit,
    ) -> Result<Self, HttpError> {
        check_base(&base).map_err(|why| HttpError::new(HttpErrorKind::Request, "base URL", why))?;
        let limiter = match &settings.limiter {
            Some(shared) => shared,
            None => &match settings.limit {
                Some(own) => Limiter::at_most(own, settings.env.clone()),
                None => Limiter::new(limit, settings.env.clone()),
            },
        };
        let limit = limiter.tenant(&account);
        let shared = Shared {
            reqwest: settings.build_client()?,
            service,
            account,
            base,
            tokens,
            limit,
            refusals: Refusals::default(),
            retry: settings.retry.clone(),
            budget: RetryBudget::new(),
            env: settings.env.clone(),
            observer: settings.observer.clone(),
            observed: settings.observed,
        };
        Ok(Self { shared: Arc::new(shared), options: settings.options.clone() })
    }

    /// The same client with other options for its calls.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self { shared: self.shared.clone(), options }
    }

    /// The account it sends for.
    pub fn account(&self) -> &AccountKey {
        &self.shared.account
    }

    /// The address of the service.
    pub fn base(&self) -> &Url {
        &self.shared.base
    }

    /// The clock in use.
    pub fn env(&self) -> &Arc<dyn Env> {
        &self.shared.env
    }

    /// Who hears what happens.
    pub fn observer(&self) -> &Arc<dyn Observer> {
        &self.shared.observer
    }

    /// Sends `request`. An answer of any status is `Ok`; its [`verdict`](Reply::verdict) tells what it means.
    ///
    /// # Errors
    ///
    /// [`HttpError`] if there is no whole answer.
    pub async fn send(&self, request: Request) -> Result<Reply, HttpError> {
        let operation = &request.operation;
        let span = tracing::debug_span!(
            "call",
            account = %self.shared.account,
            operation = operation.name(),
            http.method = %operation.method(),
            url.template = operation.template(),
            status = tracing::field::Empty,
            attempts = tracing::field::Empty,
            elapsed_ms = tracing::field::Empty,
        );
        let started = self.shared.env.monotonic();
        let call =
            Call { client: self, request: &request, started, attempts: 0, renewed: false, in_doubt: false };
        if span.is_disabled() {
            return call.run().await;
        }
        let result = call.run().instrument(span.clone()).await;
        let elapsed = self.shared.env.monotonic().saturating_sub(started);
        span.record("elapsed_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        match &result {
            Ok(reply) => span.record("status", reply.status).record("attempts", reply.attempts),
            Err(error) => span.record("attempts", error.attempts()),
        };
        result
    }
}

/// One call in progress.
struct Call<'a> {
    client: &'a HttpClient,
    request: &'a Request,
    started: Duration,
    attempts: u32,
    renewed: bool,
    /// Whether an attempt was sent again that may have taken effect.
    in_doubt: bool,
}

/// What one attempt brought.
type Attempted = Result<Reply, HttpError>;

impl Call<'_> {
    async fn run(mut self) -> Attempted {
        let result = self.attempts().await;
        result.map_err(|error| error.with_doubt(self.in_doubt))
    }

    /// Attempts it until there is nothing to gain by another one.
    async fn attempts(&mut self) -> Attempted {
        loop {
            let token = self.token().await?;
            let (result, sent) = self.attempt(token.as_ref()).await?;
            let verdict = result.as_ref().ok().map(|reply| reply.verdict);
            self.report(&result, sent);
            match verdict {
                Some(Verdict::Success) => {
                    if self.attempts == 1 {
                        self.shared().budget.give_back();
                    }
                    self.shared().refusals.forget(self.operation());
                    return result;
                }
                Some(Verdict::TokenRejected) if self.has_another(token).await? => continue,
                _ => {}
            }
            let Some(delay) = self.pause_before_retry(&result) else { return result };
            self.in_doubt |= self.request.operation.idempotency() != Idempotency::Safe
                && match &result {
                    Ok(reply) => reply.verdict == Verdict::Faulty,
                    Err(error) => error.outcome_unknown(),
                };
            let (account, operation) = (&self.shared().account, self.operation());
            tracing::warn!(
                attempt = self.attempts,
                delay_ms = delay.as_millis(),
                "request failed, sending again"
            );
            self.shared().observer.on_event(&Event::Retry {
                account,
                operation,
                attempt: self.attempts,
                delay,
            });
            self.shared().env.sleep(delay).await;
        }
    }

    fn shared(&self) -> &Shared {
        &self.client.shared
    }

    fn operation(&self) -> &str {
        self.request.operation.name()
    }

    /// How long a request may still be sent.
    fn time_left(&self) -> Duration {
        self.last().saturating_sub(self.shared().env.monotonic())
    }

    /// The moment from which on nothing is sent any more.
    fn last(&self) -> Duration {
        let CallOptions { timeout, deadline, .. } = &self.client.options;
        self.deadline().saturating_sub(LEAST.min(*timeout / 10).min(*deadline / 10))
    }

    /// The moment by which it must have ended.
    fn deadline(&self) -> Duration {
        self.started.saturating_add(self.client.options.deadline)
    }

    fn token_error(&self, error: TokenError) -> HttpError {
        HttpError::token(self.operation(), error).with_attempts(self.attempts)
    }

    async fn token(&self) -> Result<Option<AccessToken>, HttpError> {
        match &self.shared().tokens {
            Some(source) if !self.request.anonymous => {
                let token = self.in_time(source.access()).await?.map_err(|error| self.token_error(error))?;
                if self.time_left().is_zero() { Err(self.too_late()) } else { Ok(Some(token)) }
            }
            _ => Ok(None),
        }
    }

    /// Whether there is another token than the one that was refused, and it was not tried yet. Where there is none, the
    /// service's own answer says more than any word about tokens.
    async fn has_another(&mut self, refused: Option<AccessToken>) -> Result<bool, HttpError> {
        let shared = self.client.shared.as_ref();
        let (Some(refused), Some(source)) = (refused, &shared.tokens) else { return Ok(false) };
        let (operation, now) = (self.request.operation.name(), shared.env.now());
        if std::mem::replace(&mut self.renewed, true) {
            shared.refusals.remember(operation, refused.expires_at, now);
            return Ok(false);
        }
        if shared.refusals.hold(operation, now) {
            // Nothing is bought, but somebody else may have.
            let current = self.token().await.ok().flatten();
            return Ok(current.is_some_and(|current| current.rev > refused.rev));
        }
        match self.in_time(source.renew(refused.rev)).await? {
            Ok(_) => Ok(true),
            Err(TokenError::Rejected) => {
                shared.refusals.remember(operation, refused.expires_at, now);
                Ok(false)
            }
            Err(error) => Err(self.token_error(error)),
        }
    }

    /// What comes of `wait`, if that ends while something can still be sent. A renewal that takes longer goes on without
    /// this call.
    async fn in_time<T>(&self, wait: impl Future<Output = T>) -> Result<T, HttpError> {
        tokio::time::timeout(self.time_left(), wait).await.map_err(|_| self.too_late())
    }

    fn too_late(&self) -> HttpError {
        let what = "the wait for an access token left no time before the deadline";
        HttpError::new(HttpErrorKind::Deadline, self.operation(), what).with_attempts(self.attempts)
    }

    /// Sends once. The outer error is one that no retry can mend; the duration is when it was sent.
    async fn attempt(&mut self, token: Option<&AccessToken>) -> Result<(Attempted, Duration), HttpError> {
        let shared = self.client.shared.as_ref();
        let wrong = |what: String| HttpError::new(HttpErrorKind::Request, self.operation(), what);
        let mut outgoing = self.request.build(&shared.base).map_err(wrong)?;
        if let Some(token) = token {
            shared.service.authorize(token, &mut outgoing).map_err(wrong)?;
        }
        let permit = shared.limit.acquire(self.last()).await;
        let permit = permit.map_err(|denied| self.denied(denied))?;
        self.attempts += 1;

        let sent = permit.granted();
        let timeout = self.client.options.timeout.min(self.deadline().saturating_sub(sent));
        let fetched = fetch(&shared.reqwest, outgoing, timeout).await;
        let result = match fetched {
            Ok((status, headers, body)) => {
                let verdict = shared.service.judge(&self.request.operation, status, &headers, &body);
                let rate = shared.service.rate(&headers);
                permit.answered(rate);
                self.tell_quota(rate);
                let retry_after = retry_after(&headers, || shared.env.now());
                let body = match token {
                    Some(token) if verdict != Verdict::Success => without(&token.secret, body),
                    _ => body,
                };
                let (attempts, in_doubt) = (self.attempts, self.in_doubt);
                Ok(Reply { status, headers, body, verdict, rate, retry_after, attempts, in_doubt })
            }
            Err(Failure::Reqwest(error)) => {
                Err(HttpError::from_reqwest(self.operation(), error).with_attempts(self.attempts))
            }
            Err(Failure::TooLarge) => {
                let what = format!("the answer is larger than {LARGEST} bytes");
                Err(HttpError::new(HttpErrorKind::TooLarge, self.operation(), what)
                    .with_attempts(self.attempts))
            }
        };
        Ok((result, sent))
    }

    /// Tells what a service says of the day's quota.
    fn tell_quota(&self, rate: Option<RateInfo>) {
        let shared = self.shared();
        if !shared.observed {
            return;
        }
        let Some(RateInfo {
            daily_limit: Some(limit), daily_remaining: Some(remaining), daily_reset, ..
        }) = rate
        else {
            return;
        };
        let resets_at = shared.env.now().checked_add(daily_reset.unwrap_or(UNKNOWN_RESET));
        let resets_at = resets_at.unwrap_or(jiff::Timestamp::MAX);
        shared.observer.on_event(&Event::Quota { account: &shared.account, limit, remaining, resets_at });
    }

    fn denied(&self, denied: Denied) -> HttpError {
        let (kind, what, after) = match denied {
            Denied::Late => {
                (HttpErrorKind::Deadline, "the rate limit leaves no turn before the deadline", None)
            }
            Denied::Paused { retry_after } => {
                let what = "the service asked to be left alone for longer than the call may take";
                (HttpErrorKind::Throttled, what, Some(retry_after))
            }
            Denied::Spent { retry_after } => {
                (HttpErrorKind::Quota, "the account's quota for the day is spent", Some(retry_after))
            }
        };
        HttpError::new(kind, self.operation(), what).with_attempts(self.attempts).with_retry_after(after)
    }

    fn report(&self, result: &Attempted, sent: Duration) {
        let shared = self.shared();
        let elapsed = || shared.env.monotonic().saturating_sub(sent);
        let status = result.as_ref().ok().map(|reply| reply.status);
        let failure = result.as_ref().err().map(HttpError::kind);
        tracing::debug!(
            attempt = self.attempts,
            status,
            ?failure,
            elapsed_ms = elapsed().as_millis(),
            "attempt"
        );
        if !shared.observed {
            return;
        }
        let service_time = result.as_ref().ok().and_then(|reply| service_time(&reply.headers));
        shared.observer.on_event(&Event::Attempt {
            account: &shared.account,
            operation: self.operation(),
            idempotency: self.request.operation.idempotency(),
            attempt: self.attempts,
            status,
            elapsed: elapsed(),
            service_time,
        });
    }

    /// How long to wait before sending again, `None` to stop here.
    fn pause_before_retry(&self, result: &Attempted) -> Option<Duration> {
        let shared = self.shared();
        let may_repeat = self.request.operation.idempotency().may_repeat();
        let asked = match result {
            Ok(reply) => match reply.verdict {
                Verdict::Throttled { daily } => Some(self.throttled(reply, daily)?),
                Verdict::Faulty if may_repeat => reply.retry_after,
                _ => return None,
            },
            Err(error) => {
                let unsent = error.kind() == HttpErrorKind::Connect;
                let lost = matches!(error.kind(), HttpErrorKind::Timeout | HttpErrorKind::Interrupted);
                if !(unsent || (lost && may_repeat)) {
                    return None;
                }
                None
            }
        };
        let policy = self.client.options.retry.as_ref().unwrap_or(&shared.retry);
        if !policy.allows(self.attempts) {
            return None;
        }
        let delay = policy.delay(self.attempts, asked, shared.env.as_ref())?;
        (delay < self.time_left() && shared.budget.take()).then_some(delay)
    }

    /// Holds the whole account back, and gives the pause that helps, `None` if none does.
    fn throttled(&self, reply: &Reply, daily: bool) -> Option<Duration> {
        let shared = self.shared();
        let (account, operation) = (&shared.account, self.operation());
        shared.observer.on_event(&Event::Throttled { account, operation, daily });
        if daily {
            let reset = reply.rate.and_then(|r| r.daily_reset).or(reply.retry_after);
            shared.limit.spent(reset);
            return None;
        }
        let window = shared.limit.limit().per;
        let pause = reply.retry_after.unwrap_or(window);
        shared.limit.pause(pause);
        Some(pause)
    }
}

enum Failure {
    Reqwest(reqwest::Error),
    TooLarge,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Reqwest(error)
    }
}

async fn fetch(
    client: &reqwest::Client,
    outgoing: super::Outgoing,
    timeout: Duration,
) -> Result<(u16, HeaderMap, Bytes), Failure> {
    let mut request = reqwest::Request::new(outgoing.method, outgoing.url);
    *request.headers_mut() = outgoing.headers;
    *request.timeout_mut() = Some(timeout);
    if !outgoing.body.is_empty() {
        *request.body_mut() = Some(outgoing.body.into());
    }
    let mut response = client.execute(request).await?;
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    // Most answers come in one piece, which is then not copied.
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(chunk) = response.chunk().await? {
        if first.len() + rest.len() + chunk.len() > LARGEST {
            return Err(Failure::TooLarge);
        }
        if first.is_empty() && rest.is_empty() {
            first = chunk;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&chunk);
    }
    let body = if rest.is_empty() { first } else { rest.freeze() };
    Ok((status, headers, body))
}

/// Takes a token out of a refusal: gateways may repeat the request, header and all.
fn without(token: &SecretString, body: Bytes) -> Bytes {
    /// What is shorter is no token of a service, and may be a part of any word.
    const SHORTEST: usize = 8;
    let (token, text) = (token.expose_secret(), String::from_utf8_lossy(&body));
    if token.len() < SHORTEST || !text.contains(token) {
        return body;
    }
    text.replace(token, "…").into()
}

/// Secrets travel over TLS, or do not leave the machine.
pub(super) fn check_scheme(url: &Url) -> Result<(), String> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => Err("must be https: plain http is for loopback addresses".to_owned()),
        other => Err(format!("must be https, not {other}")),
    }
}

fn check_base(base: &Url) -> Result<(), String> {
    let plain = base.username().is_empty()
        && base.password().is_none()
        && base.query().is_none()
        && base.fragment().is_none();
    if plain { check_scheme(base) } else { Err("must be scheme, host, port and path only".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_loopback_is_sent_to() {
        let table = [
            ("https://api.example.com/v1/", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost:1", true),
            ("http://api.example.com", false),
            ("ftp://127.0.0.1", false),
            ("https://user:s3cr3t@api.example.com", false),
            ("https://api.example.com/?a=1", false),
        ];
        for (url, ok) in table {
            assert_eq!(check_base(&Url::parse(url).unwrap()).is_ok(), ok, "{url}");
        }
    }
}
