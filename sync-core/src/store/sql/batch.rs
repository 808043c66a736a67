//! What is asked for a page of keys at a time.

use serde::de::DeserializeOwned;

use super::Session;
use crate::database::Arg;
use crate::engine::{Fact, FactKey, Link, RecordRef, Side};
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

impl Session<'_> {
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
