//! What the token stores on SQL databases share: their statements, and what they do on a connection.

use std::time::Duration;

use super::seal::Sealed;
use super::{Lease, Rev, StoreError, Swap, TokenSet, Versioned};
use crate::AccountKey;
use crate::database::{Arg, Connection, Place, Row};

/// How far in the future a lease may begin, in milliseconds: clocks are set back, and then it would never end.
const SKEW: i64 = 5000;

/// How many records are read at a time.
const PAGE: i64 = 200;

const PAIR: &str = "SELECT rev, account, sealed FROM tokens WHERE account = $1 AND sealed IS NOT NULL";
const NEXT_PAIRS: &str = "SELECT rev, account, sealed FROM tokens WHERE account > $1 AND sealed IS NOT NULL \
    ORDER BY account LIMIT $2";
// Makes the row or changes nothing, and holds it until the end of the transaction. No pair shows as what no sealed text
// is; an empty text is a damaged one.
const HOLD: &str = "INSERT INTO tokens (account, rev, fence) VALUES ($1, 0, 0) \
    ON CONFLICT (account) DO UPDATE SET fence = tokens.fence RETURNING rev, account, COALESCE(sealed, '-')";
const PUT: &str = "UPDATE tokens SET rev = $2, sealed = $3 WHERE account = $1";
const REMOVE: &str = "UPDATE tokens SET sealed = NULL WHERE account = $1";
const RESEAL: &str = "UPDATE tokens SET sealed = $2 WHERE account = $1";
const LEASE: &str = "UPDATE tokens SET fence = fence + 1, lease_owner = $2, lease_from = $3, lease_until = $4 \
    WHERE account = $1 AND (lease_until IS NULL OR lease_until <= $3 OR lease_from > $5) \
    RETURNING fence, account, lease_owner";
const RELEASE: &str = "UPDATE tokens SET lease_owner = NULL, lease_from = NULL, lease_until = NULL \
    WHERE account = $1 AND fence = $2 AND lease_owner = $3";

/// What the token stores do on a connection. What writes runs in a transaction, which the store ends.
pub(super) struct Session<'a> {
    place: &'a Place,
    sealed: &'a Sealed,
    connection: &'a mut dyn Connection,
}

impl<'a> Session<'a> {
    pub(super) fn new(place: &'a Place, sealed: &'a Sealed, connection: &'a mut dyn Connection) -> Self {
        Self { place, sealed, connection }
    }

    pub(super) async fn load(
        &mut self,
        account: &AccountKey,
    ) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        let rows = self.rows(PAIR, &[Arg::Text(account.as_str())]).await?;
        let Some((rev, _, sealed)) = rows.into_iter().next() else { return Ok(None) };
        self.open(account, self.place.rev(rev)?, &sealed).map(Some)
    }

    /// Nothing is written unless the answer is [`Swap::Stored`].
    pub(super) async fn swap(
        &mut self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: &TokenSet,
    ) -> Result<Swap, StoreError> {
        let held = self.hold(account).await?;
        let stored = held.pair();
        if stored.map(|(rev, _)| rev) != expect {
            let theirs = stored.map(|(rev, sealed)| self.open(account, rev, sealed)).transpose()?;
            return Ok(Swap::Stale(theirs));
        }
        let column = self.place.next(held.last)?;
        let rev = self.place.rev(column)?;
        let sealed = self.sealed.close(account, rev, new)?;
        self.run(PUT, &[Arg::Text(account.as_str()), Arg::Number(column), Arg::Text(&sealed)]).await?;
        Ok(Swap::Stored(rev))
    }

    pub(super) async fn remove(&mut self, account: &AccountKey) -> Result<(), StoreError> {
        self.run(REMOVE, &[Arg::Text(account.as_str())]).await
    }

    /// Makes the account's row if there is none, and keeps everybody else from it until the end of the transaction.
    pub(super) async fn hold(&mut self, account: &AccountKey) -> Result<Held, StoreError> {
        let rows = self.rows(HOLD, &[Arg::Text(account.as_str())]).await?;
        let (rev, _, sealed) = rows.into_iter().next().unwrap_or_default();
        let last = (rev > 0).then(|| self.place.rev(rev)).transpose()?;
        Ok(Held { last, sealed: Some(sealed).filter(|sealed| sealed != "-") })
    }

    /// The lease, if nobody has it at `now` (milliseconds since 1970). Nothing is written otherwise. The row is held.
    pub(super) async fn lease(
        &mut self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
        now: i64,
    ) -> Result<Option<Lease>, StoreError> {
        // Rounded up: a lease never ends before its time.
        let ttl = i64::try_from(ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        let args = [
            Arg::Text(account.as_str()),
            Arg::Text(owner),
            Arg::Number(now),
            Arg::Number(now.saturating_add(ttl)),
            Arg::Number(now.saturating_add(SKEW)),
        ];
        let given = self.rows(LEASE, &args).await?.into_iter().next();
        given
            .map(|(fence, ..)| {
                let fence = u64::try_from(fence).map_err(|error| self.place.error(error))?;
                Ok(Lease { owner: owner.to_owned(), fence })
            })
            .transpose()
    }

    pub(super) async fn release(&mut self, account: &AccountKey, lease: &Lease) -> Result<(), StoreError> {
        // A fence that no column holds was never given out.
        let Ok(fence) = i64::try_from(lease.fence) else { return Ok(()) };
        self.run(RELEASE, &[Arg::Text(account.as_str()), Arg::Number(fence), Arg::Text(&lease.owner)]).await
    }

    /// Opens every pair, so that a wrong key shows before a token is wanted.
    pub(super) async fn check(&mut self) -> Result<(), StoreError> {
        self.each_pair(|session, account, rev, sealed| session.open(&account, rev, sealed).map(drop)).await
    }

    /// The accounts that have a pair, in the order of their names (by bytes).
    pub(super) async fn accounts(&mut self) -> Result<Vec<AccountKey>, StoreError> {
        let mut accounts = Vec::new();
        self.each_pair(|_, account, _, _| {
            accounts.push(account);
            Ok(())
        })
        .await?;
        Ok(accounts)
    }

    /// Whether the account's pair had to be sealed again, `None` if it has none. The version stays.
    pub(super) async fn reseal(&mut self, account: &AccountKey) -> Result<Option<bool>, StoreError> {
        let held = self.hold(account).await?;
        let Some((rev, sealed)) = held.pair() else { return Ok(None) };
        // Opened in any case: what does not open is an error, whichever key it names.
        let tokens = self.open(account, rev, sealed)?.value;
        if self.sealed.is_current(sealed) {
            return Ok(Some(false));
        }
        let sealed = self.sealed.close(account, rev, &tokens)?;
        self.run(RESEAL, &[Arg::Text(account.as_str()), Arg::Text(&sealed)]).await?;
        Ok(Some(true))
    }

    async fn each_pair(
        &mut self,
        mut with: impl FnMut(&Self, AccountKey, Rev, &str) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let rows = self.rows(NEXT_PAIRS, &[Arg::Text(&after), Arg::Number(PAGE)]).await?;
            let Some((_, last, _)) = rows.last() else { return Ok(()) };
            after.clone_from(last);
            for (rev, account, sealed) in rows {
                with(self, self.place.account(account)?, self.place.rev(rev)?, &sealed)?;
            }
        }
    }

    fn open(&self, account: &AccountKey, rev: Rev, sealed: &str) -> Result<Versioned<TokenSet>, StoreError> {
        Ok(Versioned { rev, value: self.sealed.open(account, rev, sealed)? })
    }

    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        self.connection.rows(sql, args).await.map_err(|error| self.place.failed(&error))
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), StoreError> {
        self.connection.run(sql, args).await.map_err(|error| self.place.failed(&error))
    }
}

/// A row that nobody else changes before the end of the transaction.
#[derive(Debug)]
pub(super) struct Held {
    /// The last version given out.
    last: Option<Rev>,
    sealed: Option<String>,
}

impl Held {
    fn pair(&self) -> Option<(Rev, &str)> {
        self.last.zip(self.sealed.as_deref())
    }
}
