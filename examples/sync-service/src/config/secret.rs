use std::fmt;
use std::path::Path;

use serde::Deserialize;
use sync_core::SecretString;

/// Where a secret is: `env:NAME` or `file:PATH`. It is never in the settings file itself.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct SecretRef(String);

/// What was written may be the secret itself, put there by mistake.
impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretRef")
    }
}

impl SecretRef {
    /// One that a text names; `None` if it names none.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        (matches!(kind, "env" | "file") && !name.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Whether it names a place.
    pub(crate) fn is_named(&self) -> bool {
        Self::named(&self.0).is_some()
    }

    /// Reads it. Files are looked for beside the settings file.
    pub(crate) fn read(&self, what: &str, base: &Path) -> Result<SecretString, String> {
        let text = match self.0.split_once(':') {
            Some(("env", name)) => std::env::var(name)
                .map_err(|_| format!("{what}: set the environment variable {name}, as the settings say"))?,
            Some(("file", path)) => {
                let path = base.join(path);
                std::fs::read_to_string(&path).map_err(|error| {
                    format!(
                        "{what}: {} cannot be read ({error}); put the secret there, and let this user read it",
                        path.display()
                    )
                })?
            }
            _ => return Err(format!("{what}: {}", Self::HOW)),
        };
        match text.trim() {
            "" => Err(format!("{what}: the place that the settings name is empty")),
            text => Ok(text.to_owned().into()),
        }
    }

    /// What to do about one that is none.
    pub(crate) const HOW: &str =
        "a secret does not belong into this file: write \"env:NAME\" or \"file:PATH\", and put it there";
}
