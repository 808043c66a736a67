use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ghl_contacts::webhooks::{HeaderMap, PublicKey};

/// Somebody with keys of their own.
pub(crate) struct Signer {
    ed25519: Ed25519KeyPair,
}

/// Making one takes a while.
static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap());

impl Signer {
    pub(crate) fn new(seed: u8) -> Self {
        Self { ed25519: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap() }
    }

    pub(crate) fn key(&self) -> PublicKey {
        key(self.ed25519.public_key().as_der().unwrap().as_ref())
    }

    pub(crate) fn sign(&self, body: &[u8]) -> String {
        STANDARD.encode(self.ed25519.sign(body))
    }
}

pub(crate) fn rsa_key() -> PublicKey {
    key(RSA.public_key().as_der().unwrap().as_ref())
}

pub(crate) fn rsa_sign(body: &[u8]) -> String {
    let mut signature = vec![0; RSA.public_modulus_len()];
    RSA.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut signature).unwrap();
    STANDARD.encode(signature)
}

fn key(der: &[u8]) -> PublicKey {
    PublicKey::from_pem(&pem(der)).unwrap()
}

pub(crate) fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

pub(crate) fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}
