use std::fmt::Display;

#[cfg(feature = "keyring")]
use super::keyring::KeyringProblem;

/// Why there is no sealing key. Says where it was looked for, what is wrong and what to do; shows nothing of a
/// key.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct KeyError {
    place: String,
    problem: Problem,
}

impl KeyError {
    /// Whether there is simply none yet: the variable is not set, the file or the keyring's entry does not
    /// exist. A program that sets itself up may make one then, and only then.
    pub fn is_missing(&self) -> bool {
        match self.problem {
            Problem::NotSet | Problem::NoFile { .. } => true,
            #[cfg(feature = "keyring")]
            Problem::Keyring(KeyringProblem::NoEntry) => true,
            _ => false,
        }
    }
}

const FORM: &str =
    "a key is 64 hex digits (`openssl rand -hex 32` makes one) or 32 bytes in base64 (44 characters)";

#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Problem {
    #[error("it is not set: {FORM}")]
    NotSet,
    #[error("there is no such file: make a key with `(umask 077; openssl rand -hex 32 > '{path}')`")]
    NoFile { path: String },
    #[error("others may read it (its mode is {mode:04o}): `chmod 600 '{path}'`")]
    Exposed { mode: u32, path: String },
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it is too long for a list of keys: {FORM}")]
    TooLong,
    #[error("it holds no key: {FORM}")]
    Empty,
    #[error("it is not text: {FORM}")]
    NotText,
    #[error("it has {characters} characters: {FORM}")]
    Length { characters: usize },
    #[error("its character {position} is no hex digit: {FORM}")]
    NoHexDigit { position: usize },
    #[error("it is not the base64 of 32 bytes: {FORM}")]
    NoBase64,
    #[error("it is the key of line {line} again: name each key once, the present one first")]
    Again { line: usize },
    #[error("it gave no key: {0}")]
    Callback(String),
    #[error("the operating system gave no random numbers: {0}")]
    NoRandomness(String),
    #[cfg(feature = "keyring")]
    #[error("{0}")]
    Keyring(KeyringProblem),
}

impl Problem {
    pub(super) fn of(self, place: impl Display) -> KeyError {
        KeyError { place: place.to_string(), problem: self }
    }
}
