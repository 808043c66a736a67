use secrecy::ExposeSecret;
use serde::{Serialize, Serializer};
use sync_core::SecretString;

use crate::LanguageId;

/// A person who signs up.
#[derive(Debug, Clone, Serialize)]
pub struct NewUser {
    name: String,
    email: String,
    #[serde(serialize_with = "exposed")]
    password: SecretString,
    language_id: LanguageId,
}

impl NewUser {
    /// A person of this name who logs in with an e-mail address and a password, and sees Moloni in a language of
    /// [`Client::languages`](crate::Client::languages).
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        password: impl Into<SecretString>,
        language: LanguageId,
    ) -> Self {
        Self { name: name.into(), email: email.into(), password: password.into(), language_id: language }
    }
}

/// The one place where a password is written.
fn exposed<S: Serializer>(password: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(password.expose_secret())
}
