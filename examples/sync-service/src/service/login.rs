use std::error::Error;
use std::time::Duration;

use moloni_client::ErrorKind;
use moloni_ghl::{BridgeError, MoloniLogin};
use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{Env, SystemEnv};

use crate::pair::Pair;

/// How long a login is taken to be locked where Moloni does not say.
const COOLDOWN: Duration = Duration::from_mins(15);

/// A login that Moloni has refused. It is not sent again as it is: three wrong passwords lock the login for every program
/// and every person who uses it.
pub(super) struct Refused {
    login: MoloniLogin,
    why: String,
    /// When it may be sent again unchanged. Where others have locked it, it may be right.
    until: Option<Timestamp>,
}

impl Refused {
    /// What became of this login, if it was refused.
    pub(super) fn of(
        login: Option<MoloniLogin>,
        error: &(dyn Error + Send + Sync + 'static),
    ) -> Option<Self> {
        let Some(BridgeError::Login(refusal)) = error.downcast_ref() else { return None };
        let (until, next) = if refusal.kind() == ErrorKind::LoginLocked {
            let wait = refusal.retry_after().unwrap_or(COOLDOWN);
            (SystemEnv::new().now().checked_add(wait).ok(), "it is tried again after that")
        } else {
            (
                None,
                "it is not tried again before the login in the settings is another one: three wrong ones lock it",
            )
        };
        Some(Self { login: login?, why: format!("{refusal}; {next}"), until })
    }

    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// Whether it is refused still, as far as this side knows.
    pub(super) fn stands(&self, pair: &Pair) -> bool {
        let is_over = self.until.is_some_and(|until| SystemEnv::new().now() >= until);
        // A file that cannot be read just now may be being written.
        !is_over && pair.moloni_login().map_or(true, |now| now.is_some_and(|now| is_same(&self.login, &now)))
    }
}

fn is_same(one: &MoloniLogin, other: &MoloniLogin) -> bool {
    match (one, other) {
        (
            MoloniLogin::Password { client_id, client_secret, username, password },
            MoloniLogin::Password { client_id: id, client_secret: secret, username: name, password: word },
        ) => {
            (client_id, username) == (id, name)
                && client_secret.expose_secret() == secret.expose_secret()
                && password.expose_secret() == word.expose_secret()
        }
        _ => false,
    }
}
