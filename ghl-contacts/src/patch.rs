use serde::{Serialize, Serializer};

use crate::ids::UserId;

/// What an update does to one field: three states, because absent and `null` are different.
///
/// ```
/// use ghl_contacts::{ContactUpdate, Patch};
/// let update = ContactUpdate::new().city("Porto").phone(Patch::Clear);
/// assert_eq!(serde_json::to_string(&update)?, r#"{"phone":null,"city":"Porto"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Leaves the field as it is: it is not sent.
    #[default]
    Keep,
    /// Empties the field: `null` is sent.
    Clear,
    /// Sets the field.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field stays as it is.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

impl From<&str> for Patch<UserId> {
    fn from(id: &str) -> Self {
        Self::Set(id.into())
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // `Keep` never gets here: every such field is skipped.
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}
