//! HighLevel's tokens in the club's own database.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    AccountKey, Binding, Lease, Rev, Seal, SecretString, StoreError, Swap, TokenSet, TokenStore, Versioned,
    async_trait,
};

use crate::database::{Database, DatabaseError, Tables};

/// How far in the future a lease may begin: clocks are set back, and then it would never end.
const SKEW: Duration = Duration::from_secs(5);

/// The row of an account. It stays when its pair is removed: versions and fences only grow.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRow {
    /// The version last given out.
    rev: u64,
    /// The pair, sealed, in hexadecimal digits.
    sealed: Option<String>,
    /// How many leases were given out.
    fence: u64,
    /// From when to when the present one lasts.
    leased: Option<(Timestamp, Timestamp)>,
}

/// Keeps token pairs in a [`Database`], sealed, and safe from processes that renew them at the same time.
#[derive(Debug, Clone)]
pub struct ClubTokens {
    database: Database,
    seal: Arc<dyn Seal>,
}

impl ClubTokens {
    /// The tokens in `database`, which `seal` makes worthless to whoever copies it.
    pub fn new(database: Database, seal: Arc<dyn Seal>) -> Self {
        Self { database, seal }
    }

    fn open(
        &self,
        account: &AccountKey,
        row: Option<&TokenRow>,
    ) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        let Some((rev, text)) = row.and_then(|row| Some((Rev::from(row.rev), row.sealed.as_ref()?))) else {
            return Ok(None);
        };
        let damaged = |why: &dyn Display| StoreError::new("club", format!("the tokens of {account}: {why}"));
        let sealed =
            from_hex(text).ok_or_else(|| damaged(&"they are no hexadecimal digits: restore a backup"))?;
        let plain = self
            .seal
            .open(Binding { account, rev }, &sealed)
            .map_err(|why| damaged(&why).with_source(why))?;
        let json = std::str::from_utf8(plain.expose_secret()).map_err(|_| damaged(&"they are no text"))?;
        let pair = TokenSet::from_secret_json(&SecretString::from(json));
        Ok(Some(Versioned { rev, value: pair.map_err(|why| damaged(&why).with_source(why))? }))
    }

    fn close(&self, account: &AccountKey, rev: Rev, pair: &TokenSet) -> Result<String, StoreError> {
        let json = pair.to_secret_json();
        let sealed = self.seal.seal(Binding { account, rev }, json.expose_secret().as_bytes());
        let failed =
            |why| StoreError::new("club", format!("the tokens of {account}: {why}")).with_source(why);
        Ok(to_hex(&sealed.map_err(failed)?))
    }

    /// Changes an account's row in one transaction.
    async fn change<T: Send + 'static>(
        &self,
        account: &AccountKey,
        edit: impl FnOnce(&Self, &AccountKey, &mut TokenRow, Timestamp) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (store, account) = (self.clone(), account.clone());
        let change = move |tables: &mut Tables, now| {
            let row = tables.tokens.entry(account.clone()).or_default();
            edit(&store, &account, row, now)
        };
        self.database.change(change).await
    }
}

#[async_trait]
impl TokenStore for ClubTokens {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        let (store, account) = (self.clone(), account.clone());
        let row = move |tables: &Tables| {
            let tokens: &BTreeMap<_, _> = &tables.tokens;
            store.open(&account, tokens.get(&account))
        };
        self.database.read(row).await?
    }

    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError> {
        self.change(account, move |store, account, row, _| {
            let stored = store.open(account, Some(row))?;
            if stored.as_ref().map(|stored| stored.rev) != expect {
                return Ok(Swap::Stale(stored));
            }
            let rev = Rev::from(row.rev).next();
            (row.rev, row.sealed) = (rev.get(), Some(store.close(account, rev, &new)?));
            Ok(Swap::Stored(rev))
        })
        .await
    }

    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        self.change(account, |_, _, row, _| {
            row.sealed = None;
            Ok(())
        })
        .await
    }

    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let owner = owner.to_owned();
        self.change(account, move |_, _, row, now| {
            let latest = now.checked_add(SKEW).unwrap_or(Timestamp::MAX);
            if row.leased.is_some_and(|(from, until)| until > now && from <= latest) {
                return Ok(None);
            }
            row.fence += 1;
            row.leased = Some((now, now.checked_add(ttl).unwrap_or(Timestamp::MAX)));
            Ok(Some(Lease { owner, fence: row.fence }))
        })
        .await
    }

    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        self.change(account, move |_, _, row, _| {
            if row.fence == lease.fence {
                row.leased = None;
            }
            Ok(())
        })
        .await
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        Self::new("club", error.to_string()).with_source(error)
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let (pairs, []) = digits.as_deref()?.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}
