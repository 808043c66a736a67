//! The budget in a table of an SQL database. Times are nanoseconds since 1970, and durations nanoseconds.

use std::time::Duration;

use jiff::Timestamp;

use super::{Allowance, Quota, Taken, take_all};
use crate::database::{Arg, Connection, Place, moment, nanos};
use crate::queue::Priority;
use crate::{AccountKey, StoreError};

macro_rules! known {
    ($from:literal, $lock:literal) => {
        concat!(
            "SELECT resets_at, account, '[' || quota || ',' || remaining || ',' || lasts || ']' FROM budgets \
             WHERE account IN (SELECT value FROM ",
            $from,
            ") ORDER BY account",
            $lock
        )
    };
}

#[cfg(feature = "sqlite")]
pub(crate) const SQLITE: &str = known!("json_each($1)", "");
/// Whoever takes of the same accounts waits for the end of this transaction, which writes nothing else.
#[cfg(feature = "postgres")]
pub(crate) const POSTGRES: &str =
    known!("json_array_elements_text($1::json) AS accounts (value)", " FOR UPDATE");

const TAKE: &str = "UPDATE budgets SET remaining = $2, resets_at = $3 WHERE account = $1";
const LEARN: &str = "INSERT INTO budgets (account, quota, remaining, resets_at, lasts) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (account) DO UPDATE SET quota = $2, remaining = $3, resets_at = $4";
const ALLOW: &str = "INSERT INTO budgets (account, quota, remaining, resets_at, lasts) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (account) DO UPDATE SET quota = $2, remaining = $3, resets_at = $4, lasts = $5 \
    WHERE budgets.quota <> $2 OR budgets.lasts <> $5";
const ANY: &str = "SELECT resets_at, account, '' FROM budgets LIMIT 1";

/// What the budgets do on a connection, with the time that it is.
pub(crate) struct Session<'a> {
    pub(crate) place: &'a Place,
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) known: &'static str,
    pub(crate) now: Timestamp,
}

impl Session<'_> {
    /// Whether anything is known of any account.
    pub(crate) async fn knows_any(&mut self) -> Result<bool, StoreError> {
        let any = self.connection.rows(ANY, &[]).await.map_err(|error| self.place.failed(&error))?;
        Ok(!any.is_empty())
    }

    pub(crate) async fn take(
        &mut self,
        accounts: &[AccountKey],
        priority: Priority,
        cost: u32,
    ) -> Result<Taken, StoreError> {
        let names = serde_json::to_string(accounts).map_err(|error| self.place.error(error))?;
        let rows = self.connection.rows(self.known, &[Arg::Text(&names)]).await;
        let mut known = Vec::new();
        for (resets_at, account, numbers) in rows.map_err(|error| self.place.failed(&error))? {
            let numbers: (u32, u32, u64) =
                serde_json::from_str(&numbers).map_err(|error| self.place.error(error))?;
            let (limit, remaining, window) = numbers;
            let quota = Quota { limit, remaining, resets_at: moment(resets_at) };
            let allowance = Allowance { quota, window: Duration::from_nanos(window) };
            known.push((self.place.account(account)?, allowance));
        }
        let left = match take_all(known, self.now, priority, cost) {
            Ok(left) => left,
            Err(refused) => return Ok(refused),
        };
        for (account, Allowance { quota, .. }) in left {
            let remaining = Arg::Number(quota.remaining.into());
            let row = [Arg::Text(account.as_str()), remaining, Arg::Number(nanos(quota.resets_at))];
            self.run(TAKE, &row).await?;
        }
        Ok(Taken::Granted)
    }

    pub(crate) async fn learn(&mut self, account: &AccountKey, quota: Quota) -> Result<(), StoreError> {
        self.put(LEARN, account, Allowance::learned(None, quota)).await
    }

    pub(crate) async fn allow(
        &mut self,
        account: &AccountKey,
        allowance: Allowance,
    ) -> Result<(), StoreError> {
        self.put(ALLOW, account, allowance).await
    }

    async fn put(
        &mut self,
        sql: &'static str,
        account: &AccountKey,
        Allowance { quota, window }: Allowance,
    ) -> Result<(), StoreError> {
        let row = [
            Arg::Text(account.as_str()),
            Arg::Number(quota.limit.into()),
            Arg::Number(quota.remaining.into()),
            Arg::Number(nanos(quota.resets_at)),
            Arg::Number(i64::try_from(window.as_nanos()).unwrap_or(i64::MAX)),
        ];
        self.run(sql, &row).await
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), StoreError> {
        self.connection.run(sql, args).await.map_err(|error| self.place.failed(&error))
    }
}

/// Implements [`Budget`](super::Budget) on a store's database `$at`.
macro_rules! implement_budget {
    ($store:ty, $at:ident, $known:path) => {
        const _: () = {
            use $crate::engine::budget::sql::Session;
            use $crate::engine::budget::{Allowance, Budget, Quota, Taken};
            use $crate::queue::Priority;
            use $crate::{AccountKey, StoreError};

            #[async_trait::async_trait]
            impl Budget for $store {
                async fn take(
                    &self,
                    accounts: &[AccountKey],
                    priority: Priority,
                    cost: u32,
                ) -> Result<Taken, StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    {
                        // Most often nobody has a quota, and then nothing is to be written.
                        let connection = &mut *self.$at.acquire().await?;
                        if !(Session { place, connection, known: $known, now }).knows_any().await? {
                            return Ok(Taken::Granted);
                        }
                    }
                    let mut transaction = self.$at.begin_budget().await?;
                    let connection = &mut *transaction;
                    let mut session = Session { place, connection, known: $known, now };
                    let taken = session.take(accounts, priority, cost).await?;
                    self.$at.end(transaction).await?;
                    Ok(taken)
                }

                async fn learn(&self, account: &AccountKey, quota: Quota) -> Result<(), StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    let mut transaction = self.$at.begin_budget().await?;
                    let connection = &mut *transaction;
                    Session { place, connection, known: $known, now }.learn(account, quota).await?;
                    self.$at.end(transaction).await
                }

                async fn allow(
                    &self,
                    account: &AccountKey,
                    requests: u32,
                    window: std::time::Duration,
                ) -> Result<(), StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    let mut transaction = self.$at.begin_budget().await?;
                    let connection = &mut *transaction;
                    let allowance = Allowance::new(requests, window, now);
                    Session { place, connection, known: $known, now }.allow(account, allowance).await?;
                    self.$at.end(transaction).await
                }
            }
        };
    };
}
pub(crate) use implement_budget;
