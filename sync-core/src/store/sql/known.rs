//! What was noted of the records of links. `left_known` and `right_known` are digests of 16 bytes.

use super::Session;
use super::batch::NEXT;
use crate::database::Arg;
use crate::engine::{LinkId, RecordRef, RowDigest, Side};
use crate::{Rev, StoreError};

/// Statements that take a page as JSON: of records, to find what was noted of each, in one row as
/// [`Batches`](super::batch::Batches) gives it; or of a link, its version and the digest's digits, to note them.
pub(in super::super) struct Statements {
    known_left: &'static str,
    known_right: &'static str,
    note_left: &'static str,
    note_right: &'static str,
}

// What is written is not noted, and what has ended is not: a record has one digest at most.
macro_rules! known {
    ($at:literal, $known:literal, $keys:literal, $join:literal, $next:literal, $hex:literal) => {
        concat!(
            "SELECT COUNT(*), CAST('' AS TEXT), COALESCE(",
            $join,
            "(k.key || ' ' || ",
            $hex,
            ", ",
            $next,
            "), '') FROM ",
            $keys,
            " CROSS JOIN (SELECT ",
            $at,
            " AS record, ",
            $known,
            " AS known FROM links WHERE ",
            $known,
            " IS NOT NULL) f WHERE f.record = k.value"
        )
    };
}

// The `+` keeps SQLite from the index on `ended`, which has all live links under one key.
macro_rules! note {
    ($known:literal, $notes:literal, $digest:literal) => {
        concat!(
            "UPDATE links SET ",
            $known,
            " = ",
            $digest,
            " FROM ",
            $notes,
            " WHERE links.id = k.value ->> 0 AND links.rev = CAST(k.value ->> 1 AS BIGINT) AND +links.ended = 0"
        )
    };
}

#[cfg(feature = "sqlite")]
macro_rules! sqlite {
    ($at:literal, $known:literal) => {
        known!($at, $known, "json_each($1) k", "group_concat", "char(30)", "hex(f.known)")
    };
    ($known:literal) => {
        note!($known, "json_each($1) k", "unhex(k.value ->> 2)")
    };
}

#[cfg(feature = "postgres")]
macro_rules! postgres {
    ($at:literal, $known:literal) => {
        known!(
            $at,
            $known,
            "(SELECT number - 1 AS key, value FROM json_array_elements_text(CAST($1 AS JSON)) \
            WITH ORDINALITY AS each (value, number)) k",
            "string_agg",
            "chr(30)",
            "encode(f.known, 'hex')"
        )
    };
    ($known:literal) => {
        note!($known, "json_array_elements(CAST($1 AS JSON)) k (value)", "decode(k.value ->> 2, 'hex')")
    };
}

#[cfg(feature = "sqlite")]
pub(in super::super) const SQLITE: Statements = Statements {
    known_left: sqlite!("left_at", "left_known"),
    known_right: sqlite!("right_at", "right_known"),
    note_left: sqlite!("left_known"),
    note_right: sqlite!("right_known"),
};
#[cfg(feature = "postgres")]
pub(in super::super) const POSTGRES: Statements = Statements {
    known_left: postgres!("left_at", "left_known"),
    known_right: postgres!("right_at", "right_known"),
    note_left: postgres!("left_known"),
    note_right: postgres!("right_known"),
};

impl Session<'_> {
    pub(in super::super) async fn known_as(
        &mut self,
        statements: &Statements,
        side: Side,
        at: &[RecordRef],
    ) -> Result<Vec<Option<RowDigest>>, StoreError> {
        let sql = match side {
            Side::Left => statements.known_left,
            Side::Right => statements.known_right,
        };
        let mut all = vec![None; at.len()];
        if at.is_empty() {
            return Ok(all);
        }
        let keys: Vec<_> = at.iter().map(|at| self.record(at)).collect::<Result<_, _>>()?;
        let list = self.encode(&keys)?;
        let row = self.row(sql, &[Arg::Text(&list)]).await?;
        let joined = row.map(|(_, _, joined)| joined).unwrap_or_default();
        for found in joined.split(NEXT).filter(|found| !found.is_empty()) {
            let parts = found.split_once(' ').and_then(|(place, digits)| {
                let slot = all.get_mut(place.parse::<usize>().ok()?)?;
                Some((slot, RowDigest::from_bits(u128::from_str_radix(digits, 16).ok()?)))
            });
            let Some((slot, digest)) = parts else {
                return Err(self.place.error("what was noted of a record is damaged"));
            };
            *slot = Some(digest);
        }
        Ok(all)
    }

    pub(in super::super) async fn note_known(
        &mut self,
        statements: &Statements,
        side: Side,
        known: &[(LinkId, Rev, RowDigest)],
    ) -> Result<(), StoreError> {
        let sql = match side {
            Side::Left => statements.note_left,
            Side::Right => statements.note_right,
        };
        let list: Vec<_> = known.iter().map(|(id, rev, digest)| (id, rev, digest.to_string())).collect();
        let list = self.encode(&list)?;
        self.run(sql, &[Arg::Text(&list)]).await
    }
}
