use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::key::KeyId;
use super::key_error::Problem;
use super::private::exposed;
use super::{KeyError, SealingKey};

/// The longest list of keys that is read. Room for it is made first, so that reading leaves no copies behind.
const LONGEST: usize = 64 * 1024;

/// The key that seals, and older ones that only open.
///
/// To change the key, give every process the new one below the old one, then move it above, then call `reseal` on
/// the store, then take the old one away. Where one process alone uses the store, the first step is not needed.
///
/// As text there is one key in a line, the present one first. Empty lines and lines that begin with `#` do not
/// count.
///
/// ```
/// use sync_core::{SealingKey, SealingKeys};
///
/// # fn example() -> Result<(), sync_core::KeyError> {
/// let (new, old) = (SealingKey::generate()?, SealingKey::generate()?);
/// let keys = SealingKeys::new(new).also(old);
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
pub struct SealingKeys {
    current: SealingKey,
    older: Vec<SealingKey>,
}

impl SealingKeys {
    /// Seals and opens with `key`.
    pub fn new(key: SealingKey) -> Self {
        Self { current: key, older: Vec::new() }
    }

    /// Opens with `old` as well. Nothing changes if it is there already.
    #[must_use]
    pub fn also(mut self, old: SealingKey) -> Self {
        if self.find(old.key_id()).is_none() {
            self.older.push(old);
        }
        self
    }

    /// Reads keys from text.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if there is none, or a line is no key or a key again. It names the line and shows nothing
    /// of it.
    pub fn from_text(text: &SecretString) -> Result<Self, KeyError> {
        Self::parse(text.expose_secret(), &"the sealing keys")
    }

    /// Reads keys from the environment variable `name`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it is not set, is not text, or as for [`from_text`](Self::from_text). It names the
    /// variable.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        let place = format!("environment variable {name}");
        let text = std::env::var_os(name).ok_or_else(|| Problem::NotSet.of(&place))?;
        let text = text.into_string().map_err(|_| Problem::NotText.of(&place))?;
        Self::parse(SecretString::from(text).expose_secret(), &place)
    }

    /// Reads keys from a file that, on Unix, nobody but its owner may read.
    ///
    /// Where the platform insists on a wider mode and has its own protection (some mounted secrets, credentials
    /// of systemd), read the file yourself in [`from_fn`](Self::from_fn).
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it is not there, cannot be read, may be read by others, is not text, or as for
    /// [`from_text`](Self::from_text). It names the file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let place = format!("file {}", path.display());
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Problem::NoFile { path: path.display().to_string() }.of(&place),
            _ => Problem::Unreadable(error.to_string()).of(&place),
        })?;
        let unreadable = |error: io::Error| Problem::Unreadable(error.to_string()).of(&place);
        if let Some(mode) = exposed(&file.metadata().map_err(unreadable)?) {
            return Err(Problem::Exposed { mode, path: path.display().to_string() }.of(&place));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
        file.take(LONGEST as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() == LONGEST {
            return Err(Problem::TooLong.of(&place));
        }
        Self::parse(std::str::from_utf8(&bytes).map_err(|_| Problem::NotText.of(&place))?, &place)
    }

    /// Takes keys, as text, from wherever `read` gets them: a key service, a vault, the program's own settings.
    ///
    /// ```
    /// use sync_core::{SealingKeys, SecretString};
    ///
    /// fn ask_the_vault() -> std::io::Result<SecretString> {
    ///     // ...
    /// #   Ok("5ec2e70000000000000000000000000000000000000000000000000000000001".into())
    /// }
    ///
    /// let keys = SealingKeys::from_fn(ask_the_vault)?;
    /// # Ok::<(), sync_core::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] with the words of what `read` returned, which should hold no secret, or as for
    /// [`from_text`](Self::from_text).
    pub fn from_fn<E: Display>(read: impl FnOnce() -> Result<SecretString, E>) -> Result<Self, KeyError> {
        let place = "the function that reads the sealing keys";
        let text = read().map_err(|error| Problem::Callback(error.to_string()).of(place))?;
        Self::parse(text.expose_secret(), &place)
    }

    pub(super) fn parse(text: &str, place: &dyn Display) -> Result<Self, KeyError> {
        let lines = text.lines().map(str::trim).zip(1..);
        let mut keys: Option<Self> = None;
        let mut seen: Vec<(KeyId, usize)> = Vec::new();
        for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
            let place = format!("{place}, line {number}");
            let key = SealingKey::parse(line).map_err(|problem| problem.of(&place))?;
            let id = key.key_id();
            if let Some((_, line)) = seen.iter().find(|(other, _)| *other == id) {
                return Err(Problem::Again { line: *line }.of(&place));
            }
            seen.push((id, number));
            keys = Some(match keys {
                None => Self::new(key),
                Some(keys) => keys.also(key),
            });
        }
        keys.ok_or_else(|| Problem::Empty.of(place))
    }

    pub(super) fn current(&self) -> &SealingKey {
        &self.current
    }

    pub(super) fn find(&self, id: KeyId) -> Option<&SealingKey> {
        self.all().find(|key| key.key_id() == id)
    }

    /// The ids of all keys, as an error message names them.
    pub(super) fn ids(&self) -> String {
        self.all().map(SealingKey::id).collect::<Vec<_>>().join(", ")
    }

    fn all(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys").field("current", &self.current).field("older", &self.older).finish()
    }
}
