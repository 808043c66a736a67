use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;

/// How long a `Retry-After` asks to wait: a number of seconds, or an HTTP date compared with what `now` gives.
///
/// A date that has passed is no wait; anything unreadable is no answer. More than a year is a year, so that no sum with it
/// overflows.
pub(super) fn retry_after(headers: &HeaderMap, now: impl FnOnce() -> Timestamp) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        Err(_) => Duration::try_from(instant(text)?.duration_since(now())).unwrap_or_default(),
    };
    Some(asked.min(LONGEST))
}

/// What the service's clock said when it answered.
pub(super) fn service_time(headers: &HeaderMap) -> Option<Timestamp> {
    instant(headers.get(DATE)?.to_str().ok()?.trim())
}

fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let table = [
            ("7", Some(7_000)),
            (" 0.5 ", Some(500)),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60_000)),
            ("Wed, 31 Dec 2025 23:59:00 GMT", Some(0)),
            ("18446744073709549568", Some(31_536_000_000)),
            ("Fri, 01 Jan 2500 00:00:00 GMT", Some(31_536_000_000)),
            ("-3", None),
            ("soon", None),
            ("1e400", None),
        ];
        for (text, millis) in table {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, || now), millis.map(Duration::from_millis), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), || now), None);
    }

    #[test]
    fn the_service_s_clock_is_read_where_it_is_one() {
        let said = |text: &'static str| {
            service_time(&HeaderMap::from_iter([(DATE, text.parse().unwrap())])).map(|at| at.to_string())
        };
        assert_eq!(said("Fri, 27 Nov 2026 09:50:00 GMT").as_deref(), Some("2026-11-27T09:50:00Z"));
        assert_eq!((said("yesterday"), service_time(&HeaderMap::new())), (None, None));
    }
}
