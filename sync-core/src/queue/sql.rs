//! The queue in a table of an SQL database.
//!
//! A row is a key that is to be looked at. `visible_at` says when: the moment it is due, or the end of the lease of
//! whoever works on it, so one index serves both. `fence` is the claim that is being worked on, 0 if none is; `again` the
//! moment of a hint that came meanwhile. Times are nanoseconds since 1970.
//!
//! The index is by tenant, priority and that moment. Of each tenant and priority a claim looks only at those that have
//! been due longest, [`LOOK_AHEAD`] times as many as it wants; among these the order is exactly that of the queue in
//! memory. So a claim reads a few dozen rows, however many wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::{Claim, Hint, Priority, WorkKey, in_turns};
use crate::StoreError;
use crate::database::{Arg, Connection, Place, Row, moment, nanos};

/// The statements that both databases say in their own words.
pub(crate) struct Statements {
    mark: &'static str,
    due: &'static str,
    fence: &'static str,
    claim: &'static str,
}

// A part of the statements that they have in common: what becomes of a key that is there already.
macro_rules! mark {
    ($from:literal) => {
        concat!(
            "INSERT INTO queue (key, tenant, priority, since, visible_at, fence, attempts) SELECT value ->> 0, \
             value ->> 1, CAST(value ->> 2 AS BIGINT), $2, CAST(value ->> 3 AS BIGINT), 0, 0 FROM ",
            $from,
            " WHERE true ON CONFLICT (key) DO UPDATE SET \
             priority = CASE WHEN excluded.priority < queue.priority THEN excluded.priority ELSE queue.priority END, \
             again = CASE WHEN queue.fence = 0 OR queue.again < excluded.visible_at THEN queue.again \
             ELSE excluded.visible_at END, \
             visible_at = CASE WHEN queue.fence = 0 AND excluded.visible_at < queue.visible_at \
             THEN excluded.visible_at ELSE queue.visible_at END"
        )
    };
}

// Each tenant is found by one look into the index.
macro_rules! tenants {
    () => {
        "WITH RECURSIVE tenants (tenant) AS (SELECT min(tenant) FROM queue UNION ALL \
         SELECT (SELECT min(tenant) FROM queue WHERE tenant > t.tenant) FROM tenants t WHERE t.tenant IS NOT NULL), \
         priorities (priority) AS (VALUES (0), (1), (2), (3), (4)) "
    };
}

#[cfg(feature = "sqlite")]
pub(crate) const SQLITE: Statements = Statements {
    mark: mark!("json_each($1)"),
    due: concat!(
        tenants!(),
        "SELECT q.since, q.key, q.priority || ':' || q.tenant \
         FROM tenants t CROSS JOIN priorities p CROSS JOIN queue q ON q.key IN (SELECT key FROM queue \
         WHERE tenant = t.tenant AND priority = p.priority AND visible_at <= $1 ORDER BY visible_at LIMIT $2)"
    ),
    fence: "UPDATE queue_fence SET last = last + 1 RETURNING last, '', ''",
    claim: "UPDATE queue SET fence = $4, visible_at = $5, again = CASE WHEN again > $2 THEN again END, \
        attempts = attempts + 1 WHERE key IN (SELECT q.key FROM json_each($1) c CROSS JOIN queue q ON q.key = c.value \
        WHERE q.visible_at <= $2 ORDER BY c.key LIMIT $3) RETURNING attempts, key, priority || ':' || tenant",
};

/// Of workers that claim at once each takes other keys, and none waits for another.
#[cfg(feature = "postgres")]
pub(crate) const POSTGRES: Statements = Statements {
    mark: mark!("json_array_elements($1::json) AS hints (value)"),
    due: concat!(
        tenants!(),
        "SELECT q.since, q.key, q.priority || ':' || q.tenant FROM tenants t CROSS JOIN priorities p \
         CROSS JOIN LATERAL (SELECT * FROM queue WHERE tenant = t.tenant AND priority = p.priority \
         AND visible_at <= $1 ORDER BY visible_at LIMIT $2) q"
    ),
    fence: "SELECT nextval('queue_fence'), '', ''",
    claim: "WITH chosen AS MATERIALIZED (SELECT q.key \
        FROM json_array_elements_text($1::json) WITH ORDINALITY AS c (key, place) JOIN queue q ON q.key = c.key \
        WHERE q.visible_at <= $2 ORDER BY c.place LIMIT $3 FOR UPDATE OF q SKIP LOCKED) \
        UPDATE queue SET fence = $4, visible_at = $5, again = CASE WHEN again > $2 THEN again END, \
        attempts = attempts + 1 FROM chosen WHERE queue.key = chosen.key \
        RETURNING attempts, queue.key, priority || ':' || tenant",
};

const NEXT_DUE: &str = concat!(
    tenants!(),
    "SELECT due, '', '' FROM (SELECT min((SELECT min(visible_at) FROM queue \
     WHERE tenant = t.tenant AND priority = p.priority)) AS due FROM tenants t CROSS JOIN priorities p) found \
     WHERE due IS NOT NULL"
);
const END: &str = "DELETE FROM queue WHERE key = $1 AND fence = $2 AND again IS NULL";
const FORGET: &str = "DELETE FROM queue WHERE key = $1 RETURNING since, key, ''";
const FREE: &str = "UPDATE queue SET fence = 0, again = NULL, since = $4, \
    visible_at = CASE WHEN again < $3 THEN CASE WHEN again < $4 THEN $4 ELSE again END ELSE $3 END, \
    priority = CASE WHEN again IS NULL AND priority < $5 THEN $5 ELSE priority END, \
    attempts = CASE WHEN $6 = 0 THEN 0 ELSE attempts END WHERE key = $1 AND fence = $2";

/// How many times as many keys a claim looks at as it wants to have.
const LOOK_AHEAD: usize = 4;
/// It looks at these at least: others who claim at the same time take some of them.
const LEAST: usize = 32;

/// What the queues do on a connection, with the time that it is.
pub(crate) struct Session<'a> {
    pub(crate) place: &'a Place,
    pub(crate) connection: &'a mut dyn Connection,
    pub(crate) statements: &'static Statements,
    pub(crate) now: Timestamp,
}

impl Session<'_> {
    /// Hints go into the table in the order of their keys, so that of two who add the same ones none waits for the other
    /// while that waits for it.
    pub(crate) async fn mark(&mut self, hints: &[Hint]) -> Result<(), StoreError> {
        let mut rows: BTreeMap<String, (&str, i64, i64)> = BTreeMap::new();
        for hint in hints {
            let (key, priority) = (self.encode(&hint.key)?, rank(hint.priority));
            let due = nanos(hint.not_before.unwrap_or(self.now).max(self.now));
            let row = rows.entry(key).or_insert((&hint.tenant, priority, due));
            (row.1, row.2) = (row.1.min(priority), row.2.min(due));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> =
            rows.iter().map(|(key, (tenant, priority, due))| (key, tenant, priority, due)).collect();
        let rows = self.encode(&rows)?;
        self.run(self.statements.mark, &[Arg::Text(&rows), Arg::Number(nanos(self.now))]).await
    }

    /// The keys that are to be claimed, as they are stored, the most urgent first.
    pub(crate) async fn due(&mut self, max: usize) -> Result<Vec<String>, StoreError> {
        let limit = i64::try_from(max.saturating_mul(LOOK_AHEAD).max(LEAST)).unwrap_or(i64::MAX);
        let rows =
            self.rows(self.statements.due, &[Arg::Number(nanos(self.now)), Arg::Number(limit)]).await?;
        let mut due = Vec::new();
        for (since, key, whose) in rows {
            let (priority, tenant) = self.whose(&whose)?;
            due.push((priority.rank(moment(since)), tenant.to_owned(), key));
        }
        Ok(in_turns(due))
    }

    /// Takes at most `max` of these keys: those that nobody has taken meanwhile.
    pub(crate) async fn claim(
        &mut self,
        due: &[String],
        max: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let Some((fence, ..)) = self.rows(self.statements.fence, &[]).await?.pop() else {
            return Err(self.place.error("the queue gives out no numbers: its table of them is empty"));
        };
        let (keys, until) = (self.encode(&due)?, self.now.checked_add(lease).unwrap_or(Timestamp::MAX));
        let args = [
            Arg::Text(&keys),
            Arg::Number(nanos(self.now)),
            Arg::Number(i64::try_from(max).unwrap_or(i64::MAX)),
            Arg::Number(fence),
            Arg::Number(nanos(until)),
        ];
        let taken = self.rows(self.statements.claim, &args).await?;
        let mut claims = BTreeMap::new();
        for (attempts, stored, whose) in taken {
            let (priority, tenant) = self.whose(&whose)?;
            let key = serde_json::from_str::<WorkKey>(&stored)
                .map_err(|_| self.place.error("a row of the queue has a key that is none"))?;
            let (attempt, fence) = (u32::try_from(attempts).unwrap_or(u32::MAX), fence.unsigned_abs());
            claims.insert(stored, Claim { key, tenant: tenant.to_owned(), priority, fence, attempt });
        }
        Ok(due.iter().filter_map(|key| claims.remove(key)).collect())
    }

    pub(crate) async fn done(&mut self, claim: &Claim, again: Option<Timestamp>) -> Result<(), StoreError> {
        let key = self.encode(&claim.key)?;
        let fence = i64::try_from(claim.fence).map_err(|error| self.place.error(error))?;
        let (key, fence) = (Arg::Text(&key), Arg::Number(fence));
        if again.is_none() {
            self.run(END, &[key, fence]).await?;
        }
        // Still there because of a hint that came meanwhile, or because it is due again; or somebody else's by now.
        let due = again.map_or(i64::MAX, |again| nanos(again.max(self.now)));
        let args = [
            key,
            fence,
            Arg::Number(due),
            Arg::Number(nanos(self.now)),
            Arg::Number(rank(Priority::Retry)),
            Arg::Number(i64::from(again.is_some())),
        ];
        self.run(FREE, &args).await
    }

    pub(crate) async fn forget(&mut self, keys: &[WorkKey]) -> Result<usize, StoreError> {
        let keys: Result<BTreeSet<_>, _> = keys.iter().map(|key| self.encode(key)).collect();
        let mut gone = 0;
        for key in keys? {
            gone += self.rows(FORGET, &[Arg::Text(&key)]).await?.len();
        }
        Ok(gone)
    }

    pub(crate) async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.rows(NEXT_DUE, &[]).await?.pop().map(|(due, ..)| moment(due)))
    }

    /// Reads what the statements give as `priority:tenant`.
    fn whose<'t>(&self, whose: &'t str) -> Result<(Priority, &'t str), StoreError> {
        let read = whose.split_once(':').and_then(|(number, tenant)| {
            let number: i64 = number.parse().ok()?;
            Some((Priority::ALL.into_iter().find(|priority| rank(*priority) == number)?, tenant))
        });
        read.ok_or_else(|| self.place.error("a row of the queue has a priority that is none"))
    }

    fn encode(&self, value: &impl serde::Serialize) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|error| self.place.error(error))
    }

    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        self.connection.rows(sql, args).await.map_err(|error| self.place.failed(&error))
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), StoreError> {
        self.connection.run(sql, args).await.map_err(|error| self.place.failed(&error))
    }
}

/// A priority in a column: the smaller, the more urgent.
fn rank(priority: Priority) -> i64 {
    priority as i64
}

/// How often a claim looks again where others have taken everything that it saw.
pub(crate) const LOOKS: usize = 5;

/// Implements [`WorkQueue`](super::WorkQueue) on a store's database `$at`, in transactions that wait for no commit of the
/// state.
macro_rules! implement_queue {
    ($store:ty, $at:ident, $statements:path) => {
        const _: () = {
            use $crate::StoreError;
            use $crate::queue::sql::{LOOKS, Session};
            use $crate::queue::{Claim, Hint, WorkKey, WorkQueue};

            #[async_trait::async_trait]
            impl WorkQueue for $store {
                async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    let mut transaction = self.$at.begin_queue().await?;
                    let connection = &mut *transaction;
                    Session { place, connection, statements: &$statements, now }.mark(hints).await?;
                    self.$at.end(transaction).await
                }

                async fn claim(
                    &self,
                    _: &str,
                    max: usize,
                    lease: std::time::Duration,
                ) -> Result<Vec<Claim>, StoreError> {
                    let place = &self.$at.place;
                    for _ in 0..LOOKS {
                        let now = self.env.now();
                        let due = {
                            let connection = &mut *self.$at.acquire().await?;
                            Session { place, connection, statements: &$statements, now }.due(max).await?
                        };
                        if due.is_empty() || max == 0 {
                            break;
                        }
                        let mut transaction = self.$at.begin_queue().await?;
                        let connection = &mut *transaction;
                        let mut session = Session { place, connection, statements: &$statements, now };
                        let claims = session.claim(&due, max, lease).await?;
                        self.$at.end(transaction).await?;
                        if !claims.is_empty() {
                            return Ok(claims);
                        }
                    }
                    Ok(Vec::new())
                }

                async fn done(&self, claim: Claim, again: Option<jiff::Timestamp>) -> Result<(), StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    let mut transaction = self.$at.begin_queue().await?;
                    let connection = &mut *transaction;
                    Session { place, connection, statements: &$statements, now }.done(&claim, again).await?;
                    self.$at.end(transaction).await
                }

                async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    let mut transaction = self.$at.begin_queue().await?;
                    let connection = &mut *transaction;
                    let gone =
                        Session { place, connection, statements: &$statements, now }.forget(keys).await?;
                    self.$at.end(transaction).await?;
                    Ok(gone)
                }

                async fn next_due(&self) -> Result<Option<jiff::Timestamp>, StoreError> {
                    let (place, now) = (&self.$at.place, self.env.now());
                    let connection = &mut *self.$at.acquire().await?;
                    Session { place, connection, statements: &$statements, now }.next_due().await
                }
            }
        };
    };
}
pub(crate) use implement_queue;

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::database::SqliteDatabase;

    #[tokio::test]
    async fn no_statement_reads_the_whole_table_of_a_file() {
        crate::trace::on();
        let path = std::env::temp_dir().join(format!("sync-core-queue-{}.db", std::process::id()));
        let database = SqliteDatabase::open(&path).await.unwrap();
        let mut connection = database.acquire().await.unwrap();
        for sql in [SQLITE.mark, SQLITE.due, SQLITE.claim, NEXT_DUE, END, FORGET, FREE] {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&mut *connection).await.unwrap();
            for (.., step) in steps {
                let reads_all = step.starts_with("SCAN q") || step.starts_with("SCAN queue");
                assert!(!reads_all, "{step} in {sql}");
            }
        }
        drop(connection);
        for end in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{end}", path.display())).ok();
        }
    }
}
