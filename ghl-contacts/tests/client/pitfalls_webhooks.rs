//! What a naive receiver gets wrong about webhooks, by the numbers of the list that this crate goes by.

#[path = "../webhooks/signer.rs"]
mod signer;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ghl_contacts::webhooks::{GHL_KEY, Verifier, WebhookError};
use serde_json::Value;

use signer::{Signer, headers, rsa_key, rsa_sign};

/// Not as an encoder would write it: spaces, an order of its own and an escape that need not be.
const BODY: &[u8] =
    br#"{"type": "ContactCreate", "id": "c_ana",  "email": "ana\u0040example.pt", "city": "Faro"}"#;
const ED25519: &str = "x-ghl-signature";
const RSA: &str = "x-wh-signature";

#[test]
fn p17_no_shared_secret_signs_a_webhook() {
    let signer = Signer::new(1);
    let verifier = Verifier::with_keys([signer.key(), rsa_key()]).accept_rsa();
    let public = signer.key().to_pem();
    // The app's secret, and what everybody knows: a receiver that takes the public key for a secret accepts anybody.
    for secret in ["s3cr3t-client", public.as_str(), GHL_KEY, ""] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = STANDARD.encode(hmac::sign(&key, BODY));
        for header in [ED25519, RSA] {
            let refused = verifier.read(&headers(&[(header, &tag)]), BODY).unwrap_err();
            assert_eq!(refused, WebhookError::BadSignature, "{header}");
        }
    }
}

#[test]
fn p17_the_new_signature_is_enough_and_the_old_one_is_not() {
    let signer = Signer::new(1);
    let (new, old) = (signer.sign(BODY), rsa_sign(BODY));
    let verifier = Verifier::with_keys([signer.key(), rsa_key()]);
    // The old header is no longer sent: a receiver that knows only it refuses everything.
    verifier.read(&headers(&[(ED25519, &new)]), BODY).unwrap();
    verifier.read(&headers(&[(ED25519, &new), (RSA, "N/A")]), BODY).unwrap();
    let only_old = headers(&[(RSA, &old)]);
    assert_eq!(verifier.read(&only_old, BODY).unwrap_err(), WebhookError::Unsigned);
    // Who still wants it says so, and it mends no new signature that is wrong.
    let lenient = verifier.accept_rsa();
    lenient.read(&only_old, BODY).unwrap();
    let other = signer.sign(b"{}");
    let both = headers(&[(ED25519, &other), (RSA, &old)]);
    assert_eq!(lenient.read(&both, BODY).unwrap_err(), WebhookError::BadSignature);
}

#[test]
fn p17_the_bytes_are_signed_and_not_what_they_say() {
    let signer = Signer::new(1);
    let verifier = Verifier::with_keys([signer.key()]);
    let encoded_anew = serde_json::from_slice::<Value>(BODY).unwrap().to_string().into_bytes();
    assert_ne!(encoded_anew, BODY);
    let sent = headers(&[(ED25519, &signer.sign(BODY))]);
    let webhook = verifier.read(&sent, BODY).unwrap();
    assert_eq!(webhook.raw().as_bytes(), BODY);
    assert_eq!(verifier.read(&sent, &encoded_anew).unwrap_err(), WebhookError::BadSignature);
    let naive = headers(&[(ED25519, &signer.sign(&encoded_anew))]);
    assert_eq!(verifier.read(&naive, BODY).unwrap_err(), WebhookError::BadSignature);
}
