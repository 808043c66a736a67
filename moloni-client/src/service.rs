use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use sync_core::AccessToken;
use sync_core::http::{HeaderMap, Operation, Outgoing, RateInfo, RateLimit, Service, Verdict};

use crate::outcome::{ApiError, is_page};
use crate::validation;

/// The name of the token endpoint's operations.
pub(crate) const GRANT: &str = "grant";

/// The name of fetching a document's page and file, which are for people and no answers of the API.
pub(crate) const PDF: &str = "documents.pdf";

/// What the service is known to bear: it publishes no limit, but answers 429. One request a second on average, ten
/// at a time.
pub(crate) const RATE_LIMIT: RateLimit = RateLimit::new(10, Duration::from_secs(10));

/// Where Moloni wants the token, and what its answers mean for a call.
#[derive(Debug)]
pub(crate) struct Moloni;

impl Service for Moloni {
    fn authorize(&self, token: &AccessToken, request: &mut Outgoing) -> Result<(), String> {
        // The service takes no `Authorization` header.
        request.url.query_pairs_mut().append_pair("access_token", token.secret.expose_secret());
        Ok(())
    }

    fn judge(&self, operation: &Operation, status: u16, _: &HeaderMap, body: &[u8]) -> Verdict {
        let value: Option<Value> = serde_json::from_slice(body).ok();
        let error = value.as_ref().and_then(ApiError::read);
        let rejected = status == 401 || error.as_ref().is_some_and(ApiError::is_token);
        // What is no data is no success: then the token is taken out of it, which it may repeat. A grant has none, and
        // tells an answer that it cannot use from a refusal.
        let is_data = value.map_or(operation.name() == GRANT, |value| {
            error.is_none() && validation::parse(&value).is_none()
        });
        match status {
            200..=299 if operation.name() == PDF => Verdict::Success,
            _ if rejected && operation.name() != GRANT => Verdict::TokenRejected,
            429 => Verdict::Throttled { daily: false },
            500.. => Verdict::Faulty,
            200..=299 if is_page(body) => Verdict::Faulty,
            200..=299 if is_data => Verdict::Success,
            _ => Verdict::Refused,
        }
    }

    fn rate(&self, _: &HeaderMap) -> Option<RateInfo> {
        // No answer has ever been seen to report a limit.
        None
    }
}

#[cfg(test)]
mod tests {
    use sync_core::http::{Bytes, Method, Url};
    use sync_core::{Idempotency, Rev};

    use super::*;

    static READ: Operation =
        Operation::new("customers.getAll", Method::POST, "/customers/getAll/", Idempotency::Safe);
    static LOGIN: Operation = Operation::new(GRANT, Method::GET, "/grant/", Idempotency::NotIdempotent);

    fn judge(operation: &Operation, status: u16, body: &str) -> Verdict {
        Moloni.judge(operation, status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn the_body_tells_more_than_the_status() {
        let expired = r#"{"error":"invalid_grant","error_description":"Token is no longer valid"}"#;
        let missing = r#"{"error":"invalid_request","error_description":"The access token was not found"}"#;
        let client = r#"{"error":"invalid_client","error_description":"Client id does not exist"}"#;
        let throttled = Verdict::Throttled { daily: false };
        let table = [
            (200, "[]", Verdict::Success),
            (200, r#"[{"customer_id":1}]"#, Verdict::Success),
            (200, "null", Verdict::Success),
            (200, r#"["1 name"]"#, Verdict::Refused),
            (200, "", Verdict::Refused),
            (200, "Cannot serve /v1/", Verdict::Refused),
            (200, "[{", Verdict::Refused),
            (200, expired, Verdict::TokenRejected),
            (400, expired, Verdict::TokenRejected),
            (400, missing, Verdict::TokenRejected),
            (401, "", Verdict::TokenRejected),
            (400, client, Verdict::Refused),
            (200, client, Verdict::Refused),
            (403, "no", Verdict::Refused),
            (404, "<html>", Verdict::Refused),
            (302, "", Verdict::Refused),
            (429, "", throttled),
            (500, "", Verdict::Faulty),
            (502, "<html>", Verdict::Faulty),
            (200, "\n<!DOCTYPE html>", Verdict::Faulty),
        ];
        for (status, body, expected) in table {
            assert_eq!(judge(&READ, status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_page_is_what_is_asked_for_where_files_are_offered() {
        let fetch = Operation::new(PDF, Method::GET, "", Idempotency::Safe);
        for body in ["<html>", "%PDF-1.7", r#"{"error":"invalid_grant"}"#] {
            assert_eq!(judge(&fetch, 200, body), Verdict::Success);
        }
        assert_eq!(judge(&fetch, 503, "<html>"), Verdict::Faulty);
        assert_eq!(judge(&fetch, 302, ""), Verdict::Refused);
    }

    #[test]
    fn a_refused_grant_is_no_reason_to_renew_a_token() {
        for status in [400, 401] {
            assert_eq!(judge(&LOGIN, status, r#"{"error":"invalid_grant"}"#), Verdict::Refused);
        }
        assert_eq!(judge(&LOGIN, 200, ""), Verdict::Success, "no refusal, though of no use");
    }

    #[test]
    fn the_token_goes_into_the_query() {
        let mut request = Outgoing {
            method: Method::POST,
            url: Url::parse("https://api.example.com/v1/customers/getAll/?json=true").unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let token = AccessToken::new(Rev::FIRST, "s3cr3t&b");
        Moloni.authorize(&token, &mut request).unwrap();
        let expected = "https://api.example.com/v1/customers/getAll/?json=true&access_token=s3cr3t%26b";
        assert_eq!(request.url.as_str(), expected);
        assert!(request.headers.is_empty());
    }
}
