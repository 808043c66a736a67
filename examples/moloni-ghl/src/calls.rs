use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use sync_core::{Event, NoObserver, Observer};

/// Counts the requests to each side as they go out.
#[derive(Debug)]
pub struct CallCounter {
    ghl: Counter,
    moloni: Counter,
    next: Arc<dyn Observer>,
}

impl Default for CallCounter {
    fn default() -> Self {
        Self::new(Arc::new(NoObserver))
    }
}

#[derive(Debug, Default)]
struct Counter {
    calls: AtomicUsize,
    writes: AtomicUsize,
}

/// A number for each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tally {
    /// HighLevel.
    pub ghl: usize,
    /// Moloni.
    pub moloni: usize,
}

impl std::ops::Sub for Tally {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { ghl: self.ghl.saturating_sub(earlier.ghl), moloni: self.moloni.saturating_sub(earlier.moloni) }
    }
}

impl CallCounter {
    /// Passes every event on to `next`.
    pub fn new(next: Arc<dyn Observer>) -> Self {
        Self { ghl: Counter::default(), moloni: Counter::default(), next }
    }

    /// Requests so far; those for tokens do not count.
    pub fn calls(&self) -> Tally {
        let read = |c: &Counter| c.calls.load(Ordering::Relaxed);
        Tally { ghl: read(&self.ghl), moloni: read(&self.moloni) }
    }

    /// Requests so far that were to change something.
    pub fn writes(&self) -> Tally {
        let read = |c: &Counter| c.writes.load(Ordering::Relaxed);
        Tally { ghl: read(&self.ghl), moloni: read(&self.moloni) }
    }
}

impl Observer for CallCounter {
    fn on_event(&self, event: &Event<'_>) {
        self.next.on_event(event);
        let Event::Attempt { account, operation, idempotency, .. } = event else { return };
        if operation.starts_with("oauth.") || *operation == "grant" {
            return;
        }
        let counter = if account.as_str().starts_with("ghl") { &self.ghl } else { &self.moloni };
        counter.calls.fetch_add(1, Ordering::Relaxed);
        if !idempotency.is_read() {
            counter.writes.fetch_add(1, Ordering::Relaxed);
        }
    }
}
