use std::path::Path;
use std::time::Duration;

use ghl_contacts::async_trait;
use ghl_contacts::webhooks::{DeliveryId, DeliveryRow, DeliveryTable};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sync_core::{Env, StoreError, SystemEnv};

/// How long to wait for whoever else writes to the file. HighLevel does not wait for long, and tries again.
const WAIT: Duration = Duration::from_secs(2);
/// How long a delivery is remembered. HighLevel repeats for less.
const KEEP: i64 = 3 * 24 * 3600 * 1000;

/// The deliveries that were seen, in a table beside the state, so that a restart does not forget them.
#[derive(Debug, Clone)]
pub(crate) struct Deliveries {
    pool: SqlitePool,
}

impl Deliveries {
    /// Makes the table in a file that [`SqliteStore`](sync_core::store::SqliteStore) has opened before.
    pub(crate) async fn open(state: &Path) -> Result<Self, StoreError> {
        let file = std::path::absolute(state).map_err(failed)?;
        // What a power cut takes from this table comes again, and does no harm: it need not wait for the disk.
        let options = SqliteConnectOptions::new()
            .filename(file)
            .busy_timeout(WAIT)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options).await.map_err(failed)?;
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS webhook_deliveries \
             (id TEXT NOT NULL PRIMARY KEY, seen INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID",
        )
        .execute(&pool)
        .await
        .map_err(failed)?;
        Ok(Self { pool })
    }

    /// Forgets once an hour what is too old to come again. Never ends.
    pub(crate) async fn forget_old(self) {
        let mut hourly = tokio::time::interval(Duration::from_secs(3600));
        loop {
            hourly.tick().await;
            let before = SystemEnv::new().now().as_millisecond() - KEEP;
            let sql = "DELETE FROM webhook_deliveries WHERE since < $1";
            if let Err(error) = sqlx::query(sql).bind(before).execute(&self.pool).await {
                tracing::warn!(%error, "old deliveries are forgotten later");
            }
        }
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::new("webhook deliveries", error.to_string())
}

#[async_trait]
impl DeliveryTable for Deliveries {
    async fn insert(&self, id: &DeliveryId, row: DeliveryRow) -> Result<bool, StoreError> {
        let sql = "INSERT INTO webhook_deliveries VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let done =
            sqlx::query(sql).bind(id.as_str()).bind(row.seen).bind(row.since).execute(&self.pool).await;
        Ok(done.map_err(failed)?.rows_affected() == 1)
    }

    async fn get(&self, id: &DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
        let sql = "SELECT seen, since FROM webhook_deliveries WHERE id = $1";
        let found: Result<Option<(bool, i64)>, _> =
            sqlx::query_as(sql).bind(id.as_str()).fetch_optional(&self.pool).await;
        Ok(found.map_err(failed)?.map(|(seen, since)| DeliveryRow { seen, since }))
    }

    async fn replace(&self, id: &DeliveryId, old: DeliveryRow, new: DeliveryRow) -> Result<bool, StoreError> {
        let sql =
            "UPDATE webhook_deliveries SET seen = $4, since = $5 WHERE id = $1 AND seen = $2 AND since = $3";
        let query = sqlx::query(sql).bind(id.as_str()).bind(old.seen).bind(old.since);
        let done = query.bind(new.seen).bind(new.since).execute(&self.pool).await;
        Ok(done.map_err(failed)?.rows_affected() == 1)
    }

    async fn remove(&self, id: &DeliveryId, old: DeliveryRow) -> Result<(), StoreError> {
        let sql = "DELETE FROM webhook_deliveries WHERE id = $1 AND seen = $2 AND since = $3";
        let query = sqlx::query(sql).bind(id.as_str()).bind(old.seen).bind(old.since);
        query.execute(&self.pool).await.map(drop).map_err(failed)
    }
}
