//! What was done, and to which records.

use super::{Session, limited, values};
use crate::database::Arg;
use crate::engine::{Entry, Link, RecordRef, RunId, Side};
use crate::queue::WorkKey;
use crate::{StoreError, Versioned};

const JOURNAL: &str = "SELECT number, about, body FROM journal WHERE number > $1 ORDER BY number LIMIT $2";
const JOURNAL_ABOUT: &str =
    "SELECT number, about, body FROM journal WHERE number > $1 AND about = $3 ORDER BY number LIMIT $2";
const JOURNAL_OF_RUN: &str =
    "SELECT number, about, body FROM journal WHERE number > $1 AND run = $3 ORDER BY number LIMIT $2";
const RUNS: &str = "SELECT DISTINCT CAST(1 AS BIGINT), run, '' FROM journal WHERE run IS NOT NULL \
    ORDER BY run DESC LIMIT $1";
const RUNS_BEFORE: &str =
    "SELECT DISTINCT CAST(1 AS BIGINT), run, '' FROM journal WHERE run < $2 ORDER BY run DESC LIMIT $1";
const LINKS_WITH_LEFT: &str = "SELECT rev, id, body FROM links WHERE left_at = $1";
const LINKS_WITH_RIGHT: &str = "SELECT rev, id, body FROM links WHERE right_at = $1";

impl Session<'_> {
    pub(in super::super) async fn journal(
        &mut self,
        about: Option<&WorkKey>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        match about {
            None => self.entries(JOURNAL, None, after, limit).await,
            Some(about) => {
                let about = self.encode(about)?;
                self.entries(JOURNAL_ABOUT, Some(&about), after, limit).await
            }
        }
    }

    pub(in super::super) async fn journal_of_run(
        &mut self,
        run: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        self.entries(JOURNAL_OF_RUN, Some(run.as_str()), after, limit).await
    }

    async fn entries(
        &mut self,
        sql: &'static str,
        of: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        // A number that no column holds was never given to an entry.
        let mut args = vec![Arg::Number(i64::try_from(after).unwrap_or(i64::MAX)), limited(limit)];
        args.extend(of.map(Arg::Text));
        Ok(numbered(self.all(sql, &args).await?))
    }

    pub(in super::super) async fn runs(
        &mut self,
        before: Option<&RunId>,
        limit: usize,
    ) -> Result<Vec<RunId>, StoreError> {
        let rows = match before {
            None => self.rows(RUNS, &[limited(limit)]).await?,
            Some(before) => self.rows(RUNS_BEFORE, &[limited(limit), Arg::Text(before.as_str())]).await?,
        };
        Ok(rows.into_iter().map(|(_, run, _)| RunId::new(run)).collect())
    }

    pub(in super::super) async fn links_with(
        &mut self,
        side: Side,
        at: &RecordRef,
    ) -> Result<Vec<Link>, StoreError> {
        let sql = match side {
            Side::Left => LINKS_WITH_LEFT,
            Side::Right => LINKS_WITH_RIGHT,
        };
        let key = self.record(at)?;
        Ok(values(self.all(sql, &[Arg::Text(&key)]).await?))
    }
}

/// Entries with their numbers.
pub(super) fn numbered(entries: Vec<Versioned<Entry>>) -> Vec<(u64, Entry)> {
    entries.into_iter().map(|entry| (entry.rev.get(), entry.value)).collect()
}
