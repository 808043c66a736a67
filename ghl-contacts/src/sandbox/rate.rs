use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Config;

const BURST_INTERVAL_MS: f64 = 10_000.0;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Fixed windows that count the calls of each app and resource: a short one and a day.
#[derive(Debug, Clone)]
pub(super) struct Rates {
    burst_limit: u64,
    interval_ms: i64,
    daily_limit: u64,
    windows: BTreeMap<String, Windows>,
}

#[derive(Debug, Clone, Default)]
struct Windows {
    burst: Window,
    day: Window,
}

#[derive(Debug, Clone, Default)]
struct Window {
    start_ms: i64,
    count: u64,
}

impl Window {
    /// Starts over when the window has ended, or when a reset has moved the clock back before its start.
    fn roll(&mut self, now_ms: i64, length_ms: i64) {
        if now_ms < self.start_ms || now_ms >= self.start_ms + length_ms {
            *self = Self { start_ms: now_ms, count: 0 };
        }
    }
}

/// Whether a call may pass, and the headers that its answer carries.
pub(super) struct Verdict {
    pub(super) admitted: bool,
    pub(super) headers: [(&'static str, String); 6],
}

impl Rates {
    pub(super) fn new(config: &Config) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a float cast saturates, and any interval will do"
        )]
        let interval_ms = ((BURST_INTERVAL_MS / config.speed).round() as i64).clamp(1, DAY_MS);
        let (burst_limit, daily_limit) = (config.burst_limit, config.daily_limit);
        Self { burst_limit, interval_ms, daily_limit, windows: BTreeMap::new() }
    }

    /// Counts a call of `who`. A call that is refused does not count.
    pub(super) fn admit(&mut self, who: &str, now: Timestamp) -> Verdict {
        let now_ms = now.as_millisecond();
        let windows = self.windows.entry(who.to_owned()).or_default();
        windows.burst.roll(now_ms, self.interval_ms);
        windows.day.roll(now_ms, DAY_MS);
        let admitted = windows.burst.count < self.burst_limit && windows.day.count < self.daily_limit;
        if admitted {
            windows.burst.count += 1;
            windows.day.count += 1;
        }
        let headers = [
            ("x-ratelimit-max", self.burst_limit.to_string()),
            ("x-ratelimit-remaining", (self.burst_limit - windows.burst.count).to_string()),
            ("x-ratelimit-interval-milliseconds", self.interval_ms.to_string()),
            ("x-ratelimit-limit-daily", self.daily_limit.to_string()),
            ("x-ratelimit-daily-remaining", (self.daily_limit - windows.day.count).to_string()),
            ("x-ratelimit-daily-reset", (windows.day.start_ms + DAY_MS - now_ms).to_string()),
        ];
        Verdict { admitted, headers }
    }
}
