use std::time::Duration;

/// Where a sandbox sends webhooks, and how badly.
///
/// Without more settings each is sent at once, in order, and up to 12 times until it is answered with a 2xx.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhooks {
    pub(super) url: String,
    pub(super) late: Duration,
    pub(super) copies: u32,
    pub(super) out_of_order: bool,
    pub(super) drop_every: u32,
    pub(super) attempts: u32,
    pub(super) backoff: Duration,
}

impl Webhooks {
    /// Sends them to this address.
    pub fn to(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            late: Duration::ZERO,
            copies: 1,
            out_of_order: false,
            drop_every: 0,
            attempts: 12,
            backoff: Duration::from_millis(10),
        }
    }

    /// Sends each this long after it happened.
    #[must_use]
    pub fn late(mut self, by: Duration) -> Self {
        self.late = by;
        self
    }

    /// Sends each twice, also when the first is accepted.
    #[must_use]
    pub fn doubled(mut self) -> Self {
        self.copies = 2;
        self
    }

    /// Sends each second before the first. The last of an odd number waits a fifth of a second for another.
    #[must_use]
    pub fn out_of_order(mut self) -> Self {
        self.out_of_order = true;
        self
    }

    /// Never sends each `nth`: with 1 none at all, with 0 all of them.
    #[must_use]
    pub fn dropped(mut self, nth: u32) -> Self {
        self.drop_every = nth;
        self
    }

    /// Sets how often to try. Default: 12, as the service does.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the pause before the second attempt. Each pause is twice the one before it, up to 64 times the first.
    /// Default: 10 ms; the service takes far longer.
    #[must_use]
    pub fn backoff(mut self, first: Duration) -> Self {
        self.backoff = first;
        self
    }
}
