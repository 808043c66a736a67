use std::time::Duration;

use serde_json::Value;
use sync_core::AccessToken;
use sync_core::http::header::AUTHORIZATION;
use sync_core::http::{HeaderMap, HeaderValue, Operation, Outgoing, RateInfo, Service, Verdict};
use sync_core::secrecy::ExposeSecret;

use crate::error::UnauthorizedReason;

/// The name of the token endpoint's operations.
pub(crate) const GRANT: &str = "oauth.token";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// HighLevel's manners: the token in a header, the meaning of its statuses, its rate headers.
#[derive(Debug)]
pub(crate) struct HighLevel;

impl Service for HighLevel {
    fn authorize(&self, token: &AccessToken, request: &mut Outgoing) -> Result<(), String> {
        let bearer = ["Bearer ", token.secret.expose_secret()].concat();
        let mut value = HeaderValue::try_from(bearer)
            .map_err(|_| "the access token has characters that no header may have".to_owned())?;
        value.set_sensitive(true);
        request.headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    fn judge(&self, operation: &Operation, status: u16, headers: &HeaderMap, body: &[u8]) -> Verdict {
        match status {
            200..=299 if is_page(body) => Verdict::Faulty,
            // What is no data is no success: then the token is taken out of it, which it may repeat. A grant has none,
            // and tells an answer that it cannot use from a refusal.
            200..=299 if body.is_empty() || operation.name() == GRANT || is_data(body) => Verdict::Success,
            // Only a token's own failure: a version or scope error must never burn a refresh token.
            401 if UnauthorizedReason::of(&messages(body).join(" ")).may_renew() => Verdict::TokenRejected,
            429 => {
                let left = self.rate(headers).and_then(|rate| rate.daily_remaining);
                Verdict::Throttled { daily: left == Some(0) }
            }
            500..=599 => Verdict::Faulty,
            _ => Verdict::Refused,
        }
    }

    fn rate(&self, headers: &HeaderMap) -> Option<RateInfo> {
        let mut rate = RateInfo::default();
        // One walk over the headers is cheaper than to look six of them up.
        for (name, value) in headers {
            let Some(name) = name.as_str().strip_prefix("x-ratelimit-") else { continue };
            let small = || number(value).and_then(|n| u32::try_from(n).ok());
            let millis = || number(value).map(Duration::from_millis);
            match name {
                "max" => rate.limit = small(),
                "remaining" => rate.remaining = small(),
                "interval-milliseconds" => rate.interval = millis(),
                "limit-daily" => rate.daily_limit = small(),
                "daily-remaining" => rate.daily_remaining = small(),
                // A time of day in milliseconds since 1970 would hold the account back for decades.
                "daily-reset" => rate.daily_reset = millis().filter(|reset| *reset <= DAY),
                _ => {}
            }
        }
        (rate != RateInfo::default()).then_some(rate)
    }
}

/// Whether a body is a page for people.
pub(crate) fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// Whether a body is meant as data, by how it begins: whether it is whole is found out when it is read.
fn is_data(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    matches!(body.first(), Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9'))
        || [&b"null"[..], b"true", b"false"].contains(&body)
}

fn number(value: &HeaderValue) -> Option<u64> {
    let digits = value.as_bytes().trim_ascii();
    // Not by `str::parse`, which takes a sign, too. As many digits as this cannot be too many for the number.
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// The messages of an error body: `message` is a string or an array, or the error is an object of its own.
pub(crate) fn messages(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = body.get("message").or_else(|| body.pointer("/error/message"));
    let message = message.or_else(|| body.get("error_description")).or_else(|| body.get("error"));
    match message {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => {
            list.iter().map(|m| m.as_str().map_or_else(|| m.to_string(), str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::Idempotency;
    use sync_core::http::Method;

    const OP: Operation =
        Operation::new("contacts.get", Method::GET, "/contacts/{contactId}", Idempotency::Safe);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn statuses_are_judged() {
        let token = Verdict::TokenRejected;
        let table: [(u16, &str, Verdict); 18] = [
            (200, "{}", Verdict::Success),
            (204, "", Verdict::Success),
            (200, "<html>", Verdict::Faulty),
            (201, "\n <!DOCTYPE html>", Verdict::Faulty),
            (200, "{\"contact\":", Verdict::Success),
            (200, "OK", Verdict::Refused),
            (201, "{}", Verdict::Success),
            (400, r#"{"message":"Bad Request"}"#, Verdict::Refused),
            (401, r#"{"message":"Invalid token: access token is invalid"}"#, token),
            (401, r#"{"message":"Invalid JWT"}"#, token),
            (401, r#"{"message":"something new"}"#, token),
            (401, r#"{"message":"Invalid Private Integration token"}"#, Verdict::Refused),
            (401, r#"{"message":"The token is not authorized for this scope."}"#, Verdict::Refused),
            (401, r#"{"message":"version header was not found."}"#, Verdict::Refused),
            (
                401,
                r#"{"message":"This authClass type is not allowed to access this scope"}"#,
                Verdict::Refused,
            ),
            (404, "{}", Verdict::Refused),
            (502, "<html>", Verdict::Faulty),
            (429, "", Verdict::Throttled { daily: false }),
        ];
        for (status, body, verdict) in table {
            assert_eq!(
                HighLevel.judge(&OP, status, &HeaderMap::new(), body.as_bytes()),
                verdict,
                "{status} {body}"
            );
        }
        let grant = Operation::new(GRANT, Method::POST, "/oauth/token", Idempotency::NotIdempotent);
        for (body, verdict) in [("<html>", Verdict::Faulty), ("OK", Verdict::Success)] {
            assert_eq!(HighLevel.judge(&grant, 200, &HeaderMap::new(), body.as_bytes()), verdict, "{body}");
        }
        let spent = headers(&[("x-ratelimit-daily-remaining", "0")]);
        assert_eq!(HighLevel.judge(&OP, 429, &spent, b""), Verdict::Throttled { daily: true });
    }

    #[test]
    fn rate_headers_are_read() {
        let all = headers(&[
            ("x-ratelimit-max", "100"),
            ("x-ratelimit-remaining", "97"),
            ("x-ratelimit-interval-milliseconds", "10000"),
            ("x-ratelimit-limit-daily", "200000"),
            ("x-ratelimit-daily-remaining", "199000"),
        ]);
        let rate = HighLevel.rate(&all).unwrap();
        assert_eq!(
            (rate.limit, rate.remaining, rate.interval),
            (Some(100), Some(97), Some(Duration::from_secs(10)))
        );
        assert_eq!((rate.daily_limit, rate.daily_remaining), (Some(200_000), Some(199_000)));
        assert_eq!(HighLevel.rate(&HeaderMap::new()), None);
        assert_eq!(HighLevel.rate(&headers(&[("x-ratelimit-max", "many")])), None);
    }

    #[test]
    fn a_day_starts_anew_within_a_day() {
        for (reset, want) in [("7200000", Some(7200)), ("86400000", Some(86_400)), ("1772359200000", None)] {
            let rate = HighLevel
                .rate(&headers(&[("x-ratelimit-daily-remaining", "0"), ("x-ratelimit-daily-reset", reset)]));
            assert_eq!(rate.unwrap().daily_reset, want.map(Duration::from_secs), "{reset}");
        }
    }

    #[test]
    fn messages_come_from_every_known_shape() {
        let table = [
            (r#"{"message":"a"}"#, vec!["a"]),
            (r#"{"message":["a","b"]}"#, vec!["a", "b"]),
            (r#"{"error":{"message":"a"}}"#, vec!["a"]),
            (r#"{"error":"invalid_grant","error_description":"a"}"#, vec!["a"]),
            (r#"{"error":"a"}"#, vec!["a"]),
            ("<html>", vec![]),
            ("", vec![]),
        ];
        for (body, want) in table {
            assert_eq!(messages(body.as_bytes()), want, "{body}");
        }
    }
}
