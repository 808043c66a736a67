use std::error::Error;
use std::time::Duration;

use moloni_client::ErrorKind;
use moloni_ghl::{BridgeError, MoloniLogin};
use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{Env, SecretString, SystemEnv};

use super::Running;
use crate::Result;
use crate::cli::ServiceName;
use crate::config::PairConfig;
use crate::pair::Pair;

/// How long a login is taken to be locked where Moloni does not say.
const COOLDOWN: Duration = Duration::from_mins(15);

/// How often to look whether a pair has to be connected anew.
const LOOK: Duration = Duration::from_secs(2);

/// What a person does about an account that refuses the service.
#[derive(Debug)]
pub(crate) struct Mend {
    ghl: String,
    moloni: String,
    has_password: bool,
}

impl Mend {
    pub(crate) fn new(pair: &PairConfig) -> Self {
        let name = &pair.name;
        let connect = |service| {
            format!("run `sync-service connect {service} --pair {name}`, and the service goes on by itself")
        };
        let has_password = pair.moloni.password.is_some();
        Self {
            ghl: if pair.ghl.token.is_some() {
                "see in HighLevel, under Settings and Private Integrations, that the one of `ghl.token` is there and has \
                 all its scopes; a new token goes to where the settings say, and the service goes on by itself"
                    .to_owned()
            } else {
                connect("ghl")
            },
            moloni: if has_password {
                format!(
                    "see that the login of the settings may use company {}, and the service goes on by itself",
                    pair.moloni.company
                )
            } else {
                connect("moloni")
            },
            has_password,
        }
    }

    /// What to do.
    pub(crate) fn how(&self, service: ServiceName) -> &str {
        match service {
            ServiceName::Ghl => &self.ghl,
            ServiceName::Moloni => &self.moloni,
        }
    }

    /// Whether an expired connection needs nobody: the settings have a password.
    pub(crate) fn is_by_itself(&self, service: ServiceName) -> bool {
        service == ServiceName::Moloni && self.has_password
    }
}

/// Says what to do about an account that is not connected any more.
pub(super) fn explained(error: Box<dyn Error + Send + Sync>, pair: &Pair) -> Box<dyn Error + Send + Sync> {
    match error.downcast_ref() {
        Some(BridgeError::Moloni(refusal)) if refusal.is_auth() => {
            format!("{error}: {}", Mend::new(&pair.config).moloni).into()
        }
        _ => error,
    }
}

/// The logins that a pair was connected with.
pub(super) struct Logins {
    ghl: Option<SecretString>,
    moloni: Option<MoloniLogin>,
}

impl Logins {
    /// What the settings have now.
    pub(super) fn of(pair: &Pair) -> Result<Self> {
        let ghl = &pair.config.ghl.token;
        let ghl = ghl.as_ref().map(|token| pair.secret("ghl.token", token)).transpose()?;
        Ok(Self { ghl, moloni: pair.moloni_login()? })
    }

    /// Moloni's login, if it was refused.
    pub(super) fn refused(self, error: &(dyn Error + Send + Sync + 'static)) -> Option<Refused> {
        Refused::of(self.moloni, error)
    }

    /// Completes when a pair whose connection is lost has another login, or one that brings new tokens by itself.
    pub(super) async fn outdated(&self, running: &Running) {
        let troubles = running.meter.troubles();
        loop {
            tokio::time::sleep(LOOK).await;
            if self.moloni.is_some() && troubles.is_expired(ServiceName::Moloni) {
                return;
            }
            let is_lost = troubles.is_lost(ServiceName::Ghl) || troubles.is_lost(ServiceName::Moloni);
            // A file that cannot be read just now may be being written.
            if is_lost && Self::of(&running.pair).is_ok_and(|now| !self.is(&now)) {
                return;
            }
        }
    }

    fn is(&self, other: &Self) -> bool {
        let ghl = |logins: &Self| logins.ghl.as_ref().map(|token| token.expose_secret().to_owned());
        let moloni = match (&self.moloni, &other.moloni) {
            (Some(one), Some(other)) => is_same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        moloni && ghl(self) == ghl(other)
    }
}

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
    fn of(login: Option<MoloniLogin>, error: &(dyn Error + Send + Sync + 'static)) -> Option<Self> {
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
