//! What is asked for a page at a time by those who look through everything.

use serde::de::DeserializeOwned;

use super::{Session, limited};
use crate::database::{Arg, Row};
use crate::engine::{Fact, FactKey, Link, LinkId, RecordRef, Side};
use crate::{StoreError, Versioned};

/// Statements that take a page of keys as JSON. They give a row for each key that has one, with the key's place, from 0.
pub(in super::super) struct Batches {
    links_of_left: &'static str,
    links_of_right: &'static str,
    facts: &'static str,
}

macro_rules! batches {
    ($keys:literal) => {
        Batches {
            links_of_left: batches!("left_at", $keys),
            links_of_right: batches!("right_at", $keys),
            facts: concat!("SELECT f.rev, CAST(k.key AS TEXT), f.body FROM ", $keys, " CROSS JOIN facts f WHERE f.id = k.value"),
        }
    };
    // In an order of its own, the join would list the links and look for their keys.
    ($at:literal, $keys:literal) => {
        concat!(
            "SELECT l.rev, CAST(k.key AS TEXT), l.body FROM ", $keys, " CROSS JOIN links l WHERE l.", $at, " = k.value \
            AND l.ended = (SELECT CASE MIN(o.ended) WHEN 0 THEN 0 ELSE MAX(o.ended) END FROM links o WHERE o.", $at,
            " = k.value)"
        )
    };
}

#[cfg(feature = "sqlite")]
pub(in super::super) const SQLITE: Batches = batches!("json_each($1) k");
#[cfg(feature = "postgres")]
pub(in super::super) const POSTGRES: Batches = batches!(
    "(SELECT number - 1 AS key, value FROM json_array_elements_text(CAST($1 AS JSON)) \
    WITH ORDINALITY AS each (value, number)) k"
);

// The indexes on `left_at` and `right_at` have all that these ask for: what the links know is not read. The `+` keeps
// SQLite from the index on `ended` alone, which has them in another order.
const RECORDS_LEFT: &str = "SELECT ended, left_at, CAST('' AS TEXT) FROM links \
    WHERE left_at > $2 AND +ended = 0 ORDER BY left_at LIMIT $1";
const RECORDS_RIGHT: &str = "SELECT ended, right_at, CAST('' AS TEXT) FROM links \
    WHERE right_at > $2 AND +ended = 0 ORDER BY right_at LIMIT $1";
const UNFINISHED: &str = "SELECT CAST(1 AS BIGINT), id, CAST('' AS TEXT) FROM links \
    WHERE unfinished = 1 AND id > $2 ORDER BY id LIMIT $1";

impl Session<'_> {
    pub(in super::super) async fn records_page(
        &mut self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        let sql = match side {
            Side::Left => RECORDS_LEFT,
            Side::Right => RECORDS_RIGHT,
        };
        let after = after.map(|at| self.record(at)).transpose()?.unwrap_or_default();
        let rows = self.rows(sql, &[limited(limit), Arg::Text(&after)]).await?;
        let record = |(_, key, _): Row| {
            let (parent, id) = serde_json::from_str(&key).map_err(|error| {
                self.place.error(format_args!("a record of a link is damaged at column {}", error.column()))
            })?;
            Ok(RecordRef { parent, id })
        };
        rows.into_iter().map(record).collect()
    }

    pub(in super::super) async fn unfinished_page(
        &mut self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<LinkId>, StoreError> {
        let after = after.map_or("", LinkId::as_str);
        let rows = self.rows(UNFINISHED, &[limited(limit), Arg::Text(after)]).await?;
        Ok(rows.into_iter().map(|(_, id, _)| LinkId::new(id)).collect())
    }

    pub(in super::super) async fn links_of(
        &mut self,
        batches: &Batches,
        side: Side,
        at: &[RecordRef],
    ) -> Result<Vec<Option<Versioned<Link>>>, StoreError> {
        let sql = match side {
            Side::Left => batches.links_of_left,
            Side::Right => batches.links_of_right,
        };
        let keys = at.iter().map(|at| self.record(at)).collect::<Result<_, _>>()?;
        self.batch(sql, keys).await
    }

    pub(in super::super) async fn facts(
        &mut self,
        batches: &Batches,
        keys: &[FactKey],
    ) -> Result<Vec<Option<Versioned<Fact>>>, StoreError> {
        let keys = keys.iter().map(|key| self.fact_key(key)).collect::<Result<_, _>>()?;
        self.batch(batches.facts, keys).await
    }

    /// What is stored under each key, by one statement.
    async fn batch<T: DeserializeOwned>(
        &mut self,
        sql: &'static str,
        mut keys: Vec<String>,
    ) -> Result<Vec<Option<Versioned<T>>>, StoreError> {
        let mut all: Vec<_> = keys.iter().map(|_| None).collect();
        if keys.is_empty() {
            return Ok(all);
        }
        let list = self.encode(&keys)?;
        for (rev, place, body) in self.rows(sql, &[Arg::Text(&list)]).await? {
            let place = place.parse::<usize>().map_err(|error| self.place.error(error))?;
            if let (Some(key), Some(found)) = (keys.get_mut(place), all.get_mut(place)) {
                *found = Some(self.decode((rev, std::mem::take(key), body))?);
            }
        }
        Ok(all)
    }
}
