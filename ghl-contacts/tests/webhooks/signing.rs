//! Whose a webhook is.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::webhooks::{
    GHL_KEY, GHL_LEGACY_KEY, HeaderMap, KeyError, PublicKey, Verifier, WebhookError,
};
use serde_json::Value;
use sync_core::ManualEnv;

use crate::signer::{Signer, headers, pem, rsa_key, rsa_sign};

const BODY: &[u8] =
    br#"{"type": "ContactCreate", "id": "c_ana",  "email": "ana@example.pt", "dateAdded": "2026-01-01"}"#;
const ED25519: &str = "x-ghl-signature";
const RSA: &str = "x-wh-signature";

#[test]
fn a_signed_body_is_read() {
    let signer = Signer::new(1);
    let verifier = Verifier::with_keys([signer.key()]);
    let webhook = verifier.read(&headers(&[(ED25519, &signer.sign(BODY))]), BODY).unwrap();
    assert_eq!((webhook.kind(), webhook.contact_id()), ("ContactCreate", Some("c_ana".into())));
    assert_eq!(webhook.raw().as_bytes(), BODY);
    // Proxies pad headers, and HTTP does not care for case.
    let padded = headers(&[("X-GHL-Signature", &format!(" {} ", signer.sign(BODY)))]);
    verifier.verify(&padded, BODY).unwrap();
}

#[test]
fn nobody_elses_key_is_accepted() {
    let sent = headers(&[(ED25519, &Signer::new(1).sign(BODY))]);
    for verifier in [Verifier::new(), Verifier::default(), Verifier::new().accept_rsa()] {
        assert_eq!(verifier.verify(&sent, BODY), Err(WebhookError::BadSignature));
    }
    let none = Verifier::with_keys([]);
    assert_eq!(none.verify(&sent, BODY), Err(WebhookError::BadSignature), "no key accepts nothing");
}

#[test]
fn a_body_that_was_touched_is_refused() {
    let signer = Signer::new(1);
    let verifier = Verifier::with_keys([signer.key()]);
    let sent = headers(&[(ED25519, &signer.sign(BODY))]);
    let encoded_anew = serde_json::to_vec(&serde_json::from_slice::<Value>(BODY).unwrap()).unwrap();
    let mut one_bit = BODY.to_vec();
    one_bit[40] ^= 1;
    let longer = [BODY, b" "].concat();
    for body in [&encoded_anew[..], &one_bit, &longer, &BODY[1..], b""] {
        assert_eq!(verifier.read(&sent, body), Err(WebhookError::BadSignature));
    }
}

#[test]
fn the_ed25519_signature_decides_where_there_is_one() {
    use WebhookError::{BadSignature, UnreadableSignature, Unsigned};
    let signer = Signer::new(1);
    let (good, other) = (signer.sign(BODY), signer.sign(b"{}"));
    let (rsa, other_rsa) = (rsa_sign(BODY), rsa_sign(b"{}"));
    // The header's value, the old header's value, and what becomes of it without and with RSA.
    let table: [(Option<&str>, Option<&str>, _, _); 16] = [
        (Some(&good), None, Ok(()), Ok(())),
        (Some(&good), Some(&rsa), Ok(()), Ok(())),
        (Some(&good), Some(&other_rsa), Ok(()), Ok(())),
        (Some(&other), None, Err(BadSignature), Err(BadSignature)),
        (Some(&other), Some(&rsa), Err(BadSignature), Err(BadSignature)),
        (Some("!"), Some(&rsa), Err(UnreadableSignature), Err(UnreadableSignature)),
        (Some(&rsa), None, Err(BadSignature), Err(BadSignature)),
        (None, Some(&rsa), Err(Unsigned), Ok(())),
        (Some("N/A"), Some(&rsa), Err(Unsigned), Ok(())),
        (Some("n/a"), Some(&rsa), Err(Unsigned), Ok(())),
        (Some(""), Some(&rsa), Err(Unsigned), Ok(())),
        (None, Some(&other_rsa), Err(Unsigned), Err(BadSignature)),
        (None, Some(&good), Err(Unsigned), Err(BadSignature)),
        (None, Some("!"), Err(Unsigned), Err(UnreadableSignature)),
        (Some("N/A"), Some("N/A"), Err(Unsigned), Err(Unsigned)),
        (None, None, Err(Unsigned), Err(Unsigned)),
    ];
    let strict = Verifier::with_keys([signer.key(), rsa_key()]);
    let lenient = strict.clone().accept_rsa();
    for (new, old, without, with) in table {
        let all: Vec<_> =
            [(ED25519, new), (RSA, old)].into_iter().filter_map(|(name, v)| Some((name, v?))).collect();
        assert_eq!(strict.verify(&headers(&all), BODY), without, "{new:?} {old:?}");
        assert_eq!(lenient.verify(&headers(&all), BODY), with, "{new:?} {old:?} with RSA");
    }
}

#[test]
fn an_rsa_key_of_somebody_else_is_not_accepted() {
    let sent = headers(&[(RSA, &rsa_sign(BODY))]);
    assert_eq!(Verifier::new().accept_rsa().verify(&sent, BODY), Err(WebhookError::BadSignature));
}

#[test]
fn a_header_that_is_no_text_is_unreadable() {
    let mut sent = HeaderMap::new();
    sent.insert(ED25519, bytes(b"\xFF\xFE"));
    assert_eq!(Verifier::new().verify(&sent, BODY), Err(WebhookError::UnreadableSignature));
}

fn bytes(value: &[u8]) -> http::HeaderValue {
    http::HeaderValue::from_bytes(value).unwrap()
}

#[test]
fn old_and_new_keys_are_accepted_while_they_change() {
    let (old, new, stranger) = (Signer::new(1), Signer::new(2), Signer::new(3));
    let verifier = Verifier::with_keys([old.key(), new.key()]);
    for (signer, accepted) in [(&old, true), (&new, true), (&stranger, false)] {
        let sent = headers(&[(ED25519, &signer.sign(BODY))]);
        assert_eq!(verifier.verify(&sent, BODY).is_ok(), accepted);
    }
}

#[test]
fn the_built_in_keys_are_the_published_ones() {
    let table = [
        (GHL_KEY, "5a2c1b2749d3efcc233fb27d4ab43d56b8d20818c42cd226f6c9a3ff20d3097c"),
        (GHL_LEGACY_KEY, "2f62045d413b1b7747e26770ce7f57840cbf86288cd20ceb90d299a62501fd25"),
    ];
    for (key, fingerprint) in table {
        let key = PublicKey::from_pem(key).unwrap();
        assert_eq!(key.fingerprint(), fingerprint);
        assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap().fingerprint(), fingerprint);
    }
    let shown = format!("{:?}", Verifier::new());
    for (_, fingerprint) in table {
        assert!(shown.contains(fingerprint), "the verifier has both: {shown}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let cut = |len: usize| pem(&[0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21][..len]);
    let table = [
        (String::new(), KeyError::NotPem),
        ("MCowBQYDK2VwAyEA".to_owned(), KeyError::NotPem),
        (GHL_KEY.replace("PUBLIC", "PRIVATE"), KeyError::NotPem),
        (GHL_KEY.replace("END", "BEGIN"), KeyError::NotPem),
        (GHL_KEY.replace('=', "*"), KeyError::NotPem),
        (pem(&[7; 32]), KeyError::Unsupported),
        (cut(11), KeyError::Unsupported),
        (pem(b""), KeyError::Unsupported),
    ];
    for (text, error) in table {
        assert_eq!(PublicKey::from_pem(&text).unwrap_err(), error, "{text}");
    }
    let foreign = GHL_LEGACY_KEY.replace('\n', "\r\n");
    assert!(PublicKey::from_pem(&foreign).is_ok(), "line ends of another system");
}

#[test]
fn a_body_that_is_too_long_is_not_even_verified() {
    let signer = Signer::new(1);
    let sent = headers(&[(ED25519, &signer.sign(BODY))]);
    let verifier = |limit| Verifier::with_keys([signer.key()]).max_size(limit);
    let error = verifier(BODY.len() - 1).read(&sent, BODY).unwrap_err();
    assert_eq!((error, error.status()), (WebhookError::TooLarge { limit: BODY.len() - 1 }, 413));
    verifier(BODY.len()).read(&sent, BODY).unwrap();
    let long = vec![b' '; (1 << 20) + 1];
    assert_eq!(Verifier::new().verify(&sent, &long).unwrap_err().status(), 413);
}

#[test]
fn the_age_counts_only_if_asked_for() {
    let signer = Signer::new(1);
    let env = Arc::new(ManualEnv::new(1));
    let strict = Verifier::with_keys([signer.key()]).max_age(Duration::from_secs(300), env.clone());
    let read = |verifier: &Verifier, body: &str| {
        verifier.read(&headers(&[(ED25519, &signer.sign(body.as_bytes()))]), body.as_bytes()).map(|_| ())
    };
    let dated = |at: &str| format!(r#"{{"type":"INSTALL","timestamp":"{at}"}}"#);
    // The clock starts at 2026-01-01T00:00:00Z.
    for (at, age) in [
        ("2026-01-01T00:00:00.000Z", None),
        ("2025-12-31T23:55:00.000Z", None),
        ("2026-01-01T00:05:00.000Z", None),
        ("2025-12-31T23:54:59.000Z", Some(301)),
        ("2026-01-01T00:05:01.000Z", Some(-301)),
    ] {
        let error = age.map(|age| WebhookError::OutOfTime { age: jiff::SignedDuration::from_secs(age) });
        assert_eq!(read(&strict, &dated(at)).err(), error, "{at}");
        if let Some(error) = error {
            assert_eq!(error.status(), 401);
        }
    }
    for undated in [r#"{"type":"INSTALL"}"#, &dated("soon")] {
        let error = read(&strict, undated).unwrap_err();
        assert_eq!((error, error.status()), (WebhookError::Undated, 400));
        read(&Verifier::with_keys([signer.key()]), undated).unwrap();
    }
    env.advance(Duration::from_secs(301));
    assert!(read(&strict, &dated("2026-01-01T00:00:00.000Z")).is_err(), "the clock is the one passed in");
}

#[test]
fn errors_tell_what_to_answer_and_nothing_of_the_body() {
    let signer = Signer::new(1);
    let verifier = Verifier::with_keys([signer.key()]);
    let not_json = b"ana@example.pt is not JSON";
    let table = [
        (verifier.read(&headers(&[]), BODY), 401),
        (verifier.read(&headers(&[(ED25519, "ana@example.pt")]), BODY), 401),
        (verifier.read(&headers(&[(ED25519, &signer.sign(b"ana"))]), BODY), 401),
        (verifier.read(&headers(&[(ED25519, &signer.sign(not_json))]), not_json), 400),
        (verifier.clone().max_size(9).read(&headers(&[]), BODY), 413),
    ];
    for (result, status) in table {
        let error = result.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert_eq!(error.status(), status, "{shown}");
        assert!(!shown.contains("ana") && !shown.contains('@'), "{shown}");
    }
}
