//! What is written in the file.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AccountKey, Lease, Rev};

/// The version of the form. What an older program would read wrongly is a new version.
const FORMAT: u32 = 1;

/// How far in the future a lease may begin, in milliseconds: clocks are set back, and then it would never end.
const SKEW: i64 = 5000;

/// The whole file. Unknown fields are refused: the next change would lose them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    format: u32,
    pub(super) accounts: BTreeMap<AccountKey, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The last version given out; it outlives the pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rev: Option<Rev>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
    /// That of the last lease.
    fence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<HeldLease>,
}

/// Its times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldLease {
    owner: String,
    from: i64,
    until: i64,
}

/// Why the file is not understood. Shows nothing of it but names: it may be any file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ContentsError {
    #[error("it is empty: restore a backup, or delete it and authorise every account again")]
    Empty,
    #[error(
        "it is no token file, or it is cut or damaged (line {line}, column {column}): restore a backup, or move it \
         away and authorise every account again"
    )]
    Malformed { line: usize, column: usize },
    #[error("its format is {0}, and this program knows format {FORMAT}: update the program")]
    UnknownFormat(u32),
    #[error("its entry of {0} has tokens and no version: restore a backup, or take the entry out")]
    NoVersion(AccountKey),
}

impl From<serde_json::Error> for ContentsError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed { line: error.line(), column: error.column() }
    }
}

impl Default for Contents {
    fn default() -> Self {
        Self { format: FORMAT, accounts: BTreeMap::new() }
    }
}

impl Contents {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ContentsError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        if bytes.is_empty() {
            return Err(ContentsError::Empty);
        }
        let Format { format } = serde_json::from_slice(bytes)?;
        if format != FORMAT {
            return Err(ContentsError::UnknownFormat(format));
        }
        let contents: Self = serde_json::from_slice(bytes)?;
        let torn = contents.accounts.iter().find(|(_, entry)| entry.rev.is_none() && entry.sealed.is_some());
        match torn {
            Some((account, _)) => Err(ContentsError::NoVersion(account.clone())),
            None => Ok(contents),
        }
    }

    /// Ends with its closing brace, so that a file without its last byte is seen to be cut.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }

    /// The account's pair: its version and its sealed text.
    pub(super) fn pair(&self, account: &AccountKey) -> Option<(Rev, &str)> {
        self.accounts.get(account).and_then(Entry::pair)
    }

    /// All pairs, in the order of the accounts' names.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&AccountKey, Rev, &str)> {
        self.accounts
            .iter()
            .filter_map(|(account, entry)| entry.pair().map(|(rev, text)| (account, rev, text)))
    }
}

impl Entry {
    pub(super) fn pair(&self) -> Option<(Rev, &str)> {
        self.rev.zip(self.sealed.as_deref())
    }

    /// A lease from `now` on (milliseconds since 1970), `None` while somebody has one.
    pub(super) fn lease(&mut self, owner: &str, ttl: Duration, now: i64) -> Option<Lease> {
        let held = self.lease.as_ref();
        if held.is_some_and(|held| held.until > now && held.from <= now.saturating_add(SKEW)) {
            return None;
        }
        // Rounded up: a lease never ends before its time.
        let ttl = i64::try_from(ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        self.fence = self.fence.saturating_add(1);
        self.lease = Some(HeldLease { owner: owner.to_owned(), from: now, until: now.saturating_add(ttl) });
        Some(Lease { owner: owner.to_owned(), fence: self.fence })
    }

    pub(super) fn release(&mut self, lease: &Lease) {
        if self.fence == lease.fence && self.lease.as_ref().is_some_and(|held| held.owner == lease.owner) {
            self.lease = None;
        }
    }
}
