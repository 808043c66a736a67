use std::fmt::Display;
use std::path::Path;

use keyring_core::{CredentialPersistence, Entry, Error};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::key_error::Problem;
use super::{KeyError, SealingKey, SealingKeys};
use crate::token::file::Lock;

#[cfg_attr(docsrs, doc(cfg(feature = "keyring")))]
/// Keys in the operating system's keyring, feature `keyring`.
///
/// At its start the program gives `keyring_core::set_default_store` the store of its platform: each is a crate
/// of its own, so this one brings none of them. A keyring may ask the user to unlock it, and the call waits
/// meanwhile: make it before the async runtime starts, or in `spawn_blocking`.
impl SealingKeys {
    /// Reads keys from the keyring's entry of `user` at `service`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if no keyring is chosen or it is locked, there is no such entry or several, or as for
    /// [`from_text`](Self::from_text). It names the entry.
    pub fn from_keyring(service: &str, user: &str) -> Result<Self, KeyError> {
        let place = place(service, user);
        let entry = Entry::new(service, user).map_err(|error| KeyringProblem::from(&error).of(&place))?;
        read(&entry, &place)
    }

    /// Like [`from_keyring`](Self::from_keyring), and makes a key if there is no such entry.
    ///
    /// A keyring cannot tell who was first. So while this looks and makes, it locks the file `lock`, which it
    /// creates and leaves there: name the same one in every process, best beside the tokens. Two processes that
    /// name different ones may each make a key, and what one of them seals is lost.
    ///
    /// # Errors
    ///
    /// [`KeyError`] as for [`from_keyring`](Self::from_keyring); if `lock` cannot be locked; or if the keyring
    /// does not take the key, or would forget it when the user logs out or the machine restarts.
    pub fn create_in_keyring(service: &str, user: &str, lock: impl AsRef<Path>) -> Result<Self, KeyError> {
        let (place, lock) = (place(service, user), lock.as_ref());
        let _held = Lock::take(lock).map_err(|error| {
            KeyringProblem::NoLock { path: lock.display().to_string(), why: error.to_string() }.of(&place)
        })?;
        match Self::from_keyring(service, user) {
            Err(error) if error.is_missing() => {}
            found => return found,
        }
        let lasting = keyring_core::get_default_store().map(|store| store.persistence());
        if let Some(CredentialPersistence::UntilLogout | CredentialPersistence::UntilReboot) = lasting {
            return Err(KeyringProblem::Forgetful.of(&place));
        }
        let key = SealingKey::generate()?;
        Entry::new(service, user)
            .and_then(|entry| entry.set_secret(key.to_secret_text().expose_secret().as_bytes()))
            .map_err(|error| KeyringProblem::from(&error).of(&place))?;
        // What is there counts, whoever wrote it: it is what the next start finds.
        match Self::from_keyring(service, user) {
            Err(error) if error.is_missing() => Err(KeyringProblem::NotKept.of(&place)),
            found => found,
        }
    }
}

fn place(service: &str, user: &str) -> String {
    format!("keyring entry of {user} at {service}")
}

fn read(entry: &Entry, place: &str) -> Result<SealingKeys, KeyError> {
    let bytes = Zeroizing::new(entry.get_secret().map_err(|error| KeyringProblem::from(&error).of(place))?);
    SealingKeys::parse(std::str::from_utf8(&bytes).map_err(|_| Problem::NotText.of(place))?, &place)
}

#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum KeyringProblem {
    #[error(
        "no keyring is chosen: at its start, give `keyring_core::set_default_store` the store of this platform"
    )]
    NoStore,
    #[error("there is none: create it, or run the program as the user who has it")]
    NoEntry,
    #[error("the keyring has several of them: remove those that are wrong, or take another name")]
    Several,
    #[error("the keyring cannot be used ({0}): unlock it")]
    NoAccess(String),
    #[error("the keyring cannot do this: {0}")]
    Refused(String),
    #[error("the keyring failed: {0}")]
    Failed(String),
    #[error(
        "this keyring forgets when the user logs out or the machine restarts, and the tokens would be lost with the \
         key: choose one that keeps it"
    )]
    Forgetful,
    #[error("the keyring took a key and does not have it: choose another one")]
    NotKept,
    #[error("the lock file {path} cannot be locked: {why}")]
    NoLock { path: String, why: String },
}

impl KeyringProblem {
    fn of(self, place: impl Display) -> KeyError {
        Problem::Keyring(self).of(place)
    }
}

impl From<&Error> for KeyringProblem {
    /// In words of its own where the error, even its `Display`, may hold what is stored.
    fn from(error: &Error) -> Self {
        match error {
            Error::NoDefaultStore => Self::NoStore,
            Error::NoEntry => Self::NoEntry,
            Error::Ambiguous(_) => Self::Several,
            Error::NoStorageAccess(why) => Self::NoAccess(why.to_string()),
            Error::PlatformFailure(why) => Self::Failed(why.to_string()),
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                Self::Failed("its entry is damaged".to_owned())
            }
            Error::BadStoreFormat(_) => Self::Failed("it is damaged".to_owned()),
            Error::TooLong(what, most) => Self::Refused(format!("{what} is longer than {most} characters")),
            Error::Invalid(what, why) => Self::Refused(format!("{what}: {why}")),
            Error::NotSupportedByStore(why) => Self::Refused(why.clone()),
            _ => Self::Failed("for a reason that this program does not know".to_owned()),
        }
    }
}
