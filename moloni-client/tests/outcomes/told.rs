//! What a caller sees of a refusal, in the documented forms and in others.

use std::ops::Bound;
use std::sync::Arc;

use moloni_client::jiff::civil::date;
use moloni_client::{
    Client, CompanyId, Comparison, Decimal, Error, ErrorKind, Excerpt, FieldError, HttpSettings, Idempotency,
    ManualEnv, ValidationCode, ValidationParams,
};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The error of a write that is answered with `body`.
async fn refused(status: u16, body: &str) -> Error {
    crate::trace::on();
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_string(body);
    Mock::given(any()).respond_with(answer).expect(1).mount(&server).await;
    let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(5)).http(settings);
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    client.call::<Value>("invoices", "insert", &json!({}), Idempotency::NotIdempotent).await.unwrap_err()
}

/// Errors of a document: of its head, of its second line, and of a tax of that line.
fn errors(leaf: fn(&str) -> Value) -> Value {
    json!([
        leaf("12 date >= 2026-01-29 17:48:31"),
        leaf(r#"5 status ["0", "1"]"#),
        [[], [leaf("2 qty 0 0"), [leaf("2 value 0 null null 0 10.5")]]],
        leaf("18 shoe_size 44"),
    ])
}

fn check(fields: &[FieldError]) {
    let date_order = ValidationParams::DateOrder {
        comparison: Comparison::NotBefore,
        than: date(2026, 1, 29).at(17, 48, 31, 0),
    };
    let accepted = ValidationParams::Accepted(vec![json!("0"), json!("1")]);
    let [order, status, qty, value, shoe] = fields else { panic!("{fields:?}") };
    assert_eq!((order.code, &order.params, &order.path), (ValidationCode::DateOrder, &date_order, &vec![]));
    assert_eq!((status.code, &status.params), (ValidationCode::Value, &accepted));
    assert_eq!((qty.field.as_str(), &qty.path), ("qty", &vec![2, 1]));
    assert_eq!((value.field.as_str(), &value.path), ("value", &vec![2, 1, 1]));
    let ValidationParams::Number(bounds) = &value.params else { panic!("{value:?}") };
    let ends = (Bound::Included(Decimal::ZERO), Bound::Included(Decimal::new(105, 1)));
    assert_eq!((bounds.lower, bounds.upper, bounds.whole), (ends.0, ends.1, false));
    let ValidationParams::Number(bounds) = &qty.params else { panic!("{qty:?}") };
    assert_eq!((bounds.lower, bounds.upper), (Bound::Excluded(Decimal::ZERO), Bound::Unbounded));
    assert_eq!((shoe.code, &shoe.params), (ValidationCode::Other(18), &ValidationParams::Other));
    assert_eq!(shoe.written, "18 shoe_size 44");
}

#[tokio::test]
async fn field_errors_are_the_same_plain_and_verbose() {
    let plain = errors(|code| json!(code));
    let verbose = errors(|code| json!({ "code": code, "description": "Field is wrong" }));
    for (body, described) in [(plain, false), (verbose, true)] {
        for status in [200, 400] {
            let error = refused(status, &body.to_string()).await;
            assert_eq!((error.kind(), error.status()), (ErrorKind::Validation, Some(status)));
            assert!(!error.outcome_unknown() && !error.is_retryable());
            check(error.field_errors());
            assert!(error.field_errors().iter().all(|field| field.description.is_some() == described));
            let line = error.to_string();
            assert!(line.contains("2 value 0 null null 0 10.5 at [2, 1, 1]; 18 shoe_size 44"), "{line}");
        }
    }
}

#[tokio::test]
async fn a_refusal_of_an_unknown_form_can_be_seen_as_it_came() {
    let table = [
        (r#"[{"linha":2,"motivo":"sem saldo"}]"#, ErrorKind::Validation, false),
        (r#"[["1 name"],{"linha":2}]"#, ErrorKind::Validation, false),
        ("[[[]]]", ErrorKind::Validation, false),
        (r#"{"motivo":"sem saldo"}"#, ErrorKind::Decode, true),
        (r#"{"valid":"talvez"}"#, ErrorKind::Decode, true),
        (r#""sem saldo""#, ErrorKind::Decode, true),
        ("sem saldo", ErrorKind::Decode, true),
        ("[]", ErrorKind::Decode, true),
        (r#"{"valid":0}"#, ErrorKind::Refused, false),
    ];
    for (body, kind, in_doubt) in table {
        let error = refused(200, body).await;
        assert_eq!((error.kind(), error.outcome_unknown()), (kind, in_doubt), "{body}");
        assert_eq!(error.body().map(Excerpt::as_str), Some(body));
        assert!(error.field_errors().is_empty());
        assert!(!error.to_string().contains("saldo"), "people's data stays out of the line: {error}");
    }
}
