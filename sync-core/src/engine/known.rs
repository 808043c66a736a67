//! What a side showed when its link was last found to agree: while it shows the same, the link need not be read.

use std::fmt::{self, Write as _};

use serde_json::Value;

use super::link::{Link, LinkId};
use super::record::{RecordRef, Side, Snapshot};
use super::runtime::Runtime;
use crate::{Rev, StoreError};

/// 128 bits that tell two states of a listed record apart, and how it was compared: see
/// [`Store::known_as`](crate::store::Store::known_as).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowDigest(u128);

impl RowDigest {
    /// A digest with these bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for RowDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for RowDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowDigest({self})")
    }
}

/// What a page of rows shows, and in which of them that is news.
pub(super) struct Shown {
    /// By row, `None` where digests tell nothing.
    digests: Vec<Option<RowDigest>>,
    known: Vec<Option<RowDigest>>,
    /// Rows that were found to agree with this version of their link.
    agreed: Vec<(LinkId, Rev, RowDigest)>,
}

impl Shown {
    /// Whether a row shows what it showed when its link, which was not written since, was found to agree.
    pub(super) fn is_known(&self, row: usize) -> bool {
        let digest = self.digests.get(row).copied().flatten();
        digest.is_some() && digest == self.known.get(row).copied().flatten()
    }

    /// Notes that nothing follows from a row.
    pub(super) fn agrees(&mut self, row: usize, rev: Rev, link: LinkId) {
        if let Some(digest) = self.digests.get(row).copied().flatten() {
            self.agreed.push((link, rev, digest));
        }
    }
}

impl Runtime {
    /// Looks up which of a page of rows are known.
    pub(super) async fn shown(
        &self,
        side: Side,
        rows: &[Snapshot],
        at: &[RecordRef],
    ) -> Result<Shown, StoreError> {
        let none = || vec![None; rows.len()];
        if side == Side::Left && !self.enrich.is_empty() {
            // What is computed changes with facts and days, while the row stays as it is.
            return Ok(Shown { digests: none(), known: none(), agreed: Vec::new() });
        }
        let mut bytes = Vec::new();
        let digest = |row| {
            bytes.clear();
            describe(side, self.is_in_scope(side, row), row, &mut bytes);
            Some(self.schema.digest_row(&bytes))
        };
        let digests = rows.iter().map(digest).collect();
        Ok(Shown { digests, known: self.store.known_as(side, at).await?, agreed: Vec::new() })
    }

    /// Whether a digest of what a side shows may lie beside a link. In the clear it may only where privacy mode would
    /// rewrite the link, and take it away.
    pub(super) fn may_note(&self, link: &Link) -> bool {
        !self.keeps_values() || self.schema.known(link).any(|state| state.is_some())
    }

    /// Stores which rows were found to agree.
    pub(super) async fn note(&self, side: Side, shown: Shown) -> Result<(), StoreError> {
        if shown.agreed.is_empty() { Ok(()) } else { self.store.note_known(side, &shown.agreed).await }
    }
}

/// Everything by which a row is compared, so that no two rows have the same bytes.
fn describe(side: Side, is_in_scope: bool, row: &Snapshot, out: &mut Vec<u8>) {
    // A mapper of somebody's own may read any of it.
    let Snapshot { at, raw, modified_at, created_at, version, marker } = row;
    out.extend([side as u8, u8::from(is_in_scope)]);
    optional(at.parent.as_ref().map(super::record::RecordId::as_str), out);
    text(at.id.as_str(), out);
    for moment in [modified_at, created_at] {
        out.extend(moment.map_or(i128::MIN, jiff::Timestamp::as_nanosecond).to_le_bytes());
    }
    optional(version.as_deref(), out);
    optional(marker.as_ref().map(super::collection::Marker::as_str), out);
    object(raw, out);
}

fn optional(value: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(value.is_some()));
    text(value.unwrap_or_default(), out);
}

fn text(text: &str, out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend(text.as_bytes());
}

fn length(length: usize, out: &mut Vec<u8>) {
    out.extend((length as u64).to_le_bytes());
}

fn value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(b'0'),
        Value::Bool(is_true) => out.push(if *is_true { b't' } else { b'f' }),
        Value::Number(number) => {
            out.push(b'n');
            let mut digits = String::new();
            // Writing to a string cannot fail.
            let _ = write!(digits, "{number}");
            text(&digits, out);
        }
        Value::String(string) => {
            out.push(b's');
            text(string, out);
        }
        Value::Array(list) => {
            out.push(b'a');
            length(list.len(), out);
            list.iter().for_each(|member| self::value(member, out));
        }
        Value::Object(map) => {
            out.push(b'o');
            object(map, out);
        }
    }
}

/// With sorted keys, whatever order a program has told `serde_json` to keep.
fn object(map: &serde_json::Map<String, Value>, out: &mut Vec<u8>) {
    length(map.len(), out);
    let mut entry = |(key, member): (&String, &Value)| {
        text(key, out);
        value(member, out);
    };
    if map.keys().is_sorted() {
        map.iter().for_each(entry);
    } else {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        entries.into_iter().for_each(&mut entry);
    }
}
