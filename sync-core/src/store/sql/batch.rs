//! What is asked for a page at a time by those who look through everything.

use serde::de::DeserializeOwned;

use super::{Session, limited};
use crate::database::{Arg, Row};
use crate::engine::{Fact, FactKey, Link, LinkId, RecordRef, Side};
use crate::{StoreError, Versioned};

/// Statements that take a page of keys as JSON. They give one row, because each row has its price: what is found of the
/// keys, each as the key's place from 0, the version and the body, apart from the next by a character that no JSON has.
pub(in super::super) struct Batches {
    links_of_left: &'static str,
    links_of_right: &'static str,
    facts: &'static str,
}

pub(super) const NEXT: char = '\u{1e}';

macro_rules! batches {
    ($keys:literal, $join:literal, $next:literal) => {
        Batches {
            links_of_left: batches!($keys, $join, $next, "links", batches!("left_at")),
            links_of_right: batches!($keys, $join, $next, "links", batches!("right_at")),
            facts: batches!($keys, $join, $next, "facts", "f.id = k.value"),
        }
    };
    // In an order of its own, the join would list the table and look for its keys.
    ($keys:literal, $join:literal, $next:literal, $table:literal, $condition:expr) => {
        concat!(
            "SELECT COUNT(*), CAST('' AS TEXT), COALESCE(",
            $join,
            "(k.key || ' ' || f.rev || ' ' || f.body, ",
            $next,
            "), '') FROM ",
            $keys,
            " CROSS JOIN ",
            $table,
            " f WHERE ",
            $condition
        )
    };
    ($at:literal) => {
        concat!(
            "f.",
            $at,
            " = k.value AND f.ended = (SELECT CASE MIN(o.ended) WHEN 0 THEN 0 ELSE MAX(o.ended) END \
            FROM links o WHERE o.",
            $at,
            " = k.value)"
        )
    };
}

#[cfg(feature = "sqlite")]
pub(in super::super) const SQLITE: Batches = batches!("json_each($1) k", "group_concat", "char(30)");
#[cfg(feature = "postgres")]
pub(in super::super) const POSTGRES: Batches = batches!(
    "(SELECT number - 1 AS key, value FROM json_array_elements_text(CAST($1 AS JSON)) \
    WITH ORDINALITY AS each (value, number)) k",
    "string_agg",
    "chr(30)"
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
        keys: Vec<String>,
    ) -> Result<Vec<Option<Versioned<T>>>, StoreError> {
        let mut all: Vec<_> = keys.iter().map(|_| None).collect();
        if keys.is_empty() {
            return Ok(all);
        }
        let list = self.encode(&keys)?;
        let row = self.row(sql, &[Arg::Text(&list)]).await?;
        for found in
            row.iter().flat_map(|(_, _, joined)| joined.split(NEXT)).filter(|found| !found.is_empty())
        {
            let mut parts = found.splitn(3, ' ');
            let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
            let (place, rev) = (number().and_then(|place| usize::try_from(place).ok()), number());
            let slot = place.and_then(|place| Some((keys.get(place)?, all.get_mut(place)?)));
            let (Some((key, slot)), Some(rev), Some(body)) = (slot, rev, parts.next()) else {
                return Err(self
                    .place
                    .error("the database has answered with something else than what it was asked for"));
            };
            *slot = Some(self.decode((rev, key.clone(), body.to_owned()))?);
        }
        Ok(all)
    }
}
