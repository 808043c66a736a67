use std::fmt;

/// Names one connected account: what tokens, quotas and breakers are kept for.
///
/// By convention `"{service}:{id}"`, for example `ghl:ve9EPM428h8vShlRW1KT` or `moloni:5`. The key is written
/// to logs and stored beside records, so it must hold no secret.
///
/// ```
/// use sync_core::AccountKey;
/// let key = AccountKey::new("moloni", "5");
/// assert_eq!(key.as_str(), "moloni:5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AccountKey(String);

impl AccountKey {
    /// Makes the key of account `id` at `service`.
    pub fn new(service: &str, id: impl fmt::Display) -> Self {
        Self(format!("{service}:{id}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
