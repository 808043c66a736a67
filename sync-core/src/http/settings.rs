use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{HttpError, HttpErrorKind, Limiter, RateLimit};
use crate::{Env, NoObserver, Observer, RetryPolicy, SystemEnv};

/// How calls are sent: the part of a client's set-up that is the same for every service.
///
/// ```
/// use std::time::Duration;
/// use sync_core::RetryPolicy;
/// use sync_core::http::{CallOptions, HttpSettings};
///
/// let settings = HttpSettings::new()
///     .user_agent("acme-billing/1.4")
///     .retry(RetryPolicy::default().max_attempts(6))
///     .options(CallOptions::new().timeout(Duration::from_secs(20)));
/// # let _ = settings;
/// ```
///
/// `Debug` shows neither the proxy, whose address may hold a password, nor a client of your own.
#[derive(Clone)]
pub struct HttpSettings {
    pub(super) client: Option<reqwest::Client>,
    pub(super) proxy: Option<reqwest::Proxy>,
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    pub(super) certificates: Vec<reqwest::Certificate>,
    pub(super) user_agent: Option<String>,
    pub(super) retry: RetryPolicy,
    pub(super) options: CallOptions,
    pub(super) limiter: Option<Limiter>,
    pub(super) limit: Option<RateLimit>,
    pub(super) env: Arc<dyn Env>,
    pub(super) observer: Arc<dyn Observer>,
    /// Whether the observer is one that somebody set.
    pub(super) observed: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            client: None,
            proxy: None,
            #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
            certificates: Vec::new(),
            user_agent: None,
            retry: RetryPolicy::default(),
            options: CallOptions::default(),
            limiter: None,
            limit: None,
            env: Arc::new(SystemEnv::new()),
            observer: Arc::new(NoObserver),
            observed: false,
        }
    }
}

impl HttpSettings {
    /// The defaults: see each setter.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends through your own `reqwest` client; proxy, certificates and user agent are then its affair.
    ///
    /// Switch its redirects off: they would carry requests, tokens included, to another place.
    #[must_use]
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Sends through a proxy, such as `http://proxy.internal:3128`. Default: what the environment says.
    ///
    /// # Errors
    ///
    /// [`HttpErrorKind::Request`] if this is no proxy's address.
    pub fn proxy(mut self, url: &str) -> Result<Self, HttpError> {
        let wrong = |_| HttpError::new(HttpErrorKind::Request, "proxy", "the address is not a URL");
        self.proxy = Some(reqwest::Proxy::all(url).map_err(wrong)?);
        Ok(self)
    }

    /// Trusts further certificate authorities, given as PEM, one or several. Default: those of the system. Needs one of the TLS
    /// features.
    ///
    /// # Errors
    ///
    /// [`HttpErrorKind::Request`] if this is no certificate.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    pub fn certificate(mut self, pem: &[u8]) -> Result<Self, HttpError> {
        let found = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
        if found.is_empty() {
            let what = "this is no certificate in PEM";
            return Err(HttpError::new(HttpErrorKind::Request, "certificate", what));
        }
        self.certificates.extend(found);
        Ok(self)
    }

    /// Sets the user agent. Default: name and version of the client's crate.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Sets the user agent unless one is set already: what a client's crate calls itself.
    #[must_use]
    pub fn or_user_agent(mut self, name: &str) -> Self {
        self.user_agent.get_or_insert_with(|| name.to_owned());
        self
    }

    /// Sets when failed requests are sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets timeout and deadline of every call that does not bring its own.
    #[must_use]
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Shares a limiter with other clients of the same account. Default: one of its own, with the limit that the service is
    /// known to have or [`rate_limit`](Self::rate_limit) sets.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Sets a rate limit to keep to, in place of the service's known one. What the service tells of its own can lower it,
    /// never raise it. Without effect beside a [`limiter`](Self::limiter), which brings its own.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets the clock, the timer and the random numbers. Default: the system's.
    #[must_use]
    pub fn env(mut self, env: Arc<dyn Env>) -> Self {
        self.env = env;
        self
    }

    /// Sets who hears of attempts, retries and refusals.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self.observed = true;
        self
    }

    pub(super) fn build_client(&self) -> Result<reqwest::Client, HttpError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(
                self.user_agent.as_deref().unwrap_or(concat!("sync-core/", env!("CARGO_PKG_VERSION"))),
            )
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(10))
            // Shorter than any server's: a write on a connection that the server is just closing is lost in doubt.
            .pool_idle_timeout(Duration::from_secs(20));
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        for certificate in &self.certificates {
            builder = builder.add_root_certificate(certificate.clone());
        }
        let unusable = "the settings do not make a client: check proxy and certificates";
        builder.build().map_err(|error| {
            HttpError::new(HttpErrorKind::Request, "HTTP client", unusable).with_source(error.without_url())
        })
    }
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("user_agent", &self.user_agent)
            .field("retry", &self.retry)
            .field("options", &self.options)
            .field("limiter", &self.limiter)
            .field("limit", &self.limit)
            .field("env", &self.env)
            .field("observer", &self.observer)
            .finish_non_exhaustive()
    }
}

/// The time a call may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOptions {
    pub(super) timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) retry: Option<RetryPolicy>,
}

impl Default for CallOptions {
    /// 45 s for each request, 2 minutes for the whole call.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(45), deadline: Duration::from_secs(120), retry: None }
    }
}

impl CallOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long one request may take, from connecting to the last byte.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long the whole call may take: waiting for the rate limit and for a token, all attempts and the pauses
    /// between. In the last second of it (with a shorter time, in the last tenth) nothing is sent any more.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets a retry policy for these calls only.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }
}
