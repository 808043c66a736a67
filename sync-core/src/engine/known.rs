//! What a side showed when its link was last found to agree: while it shows the same, the link need not be read.

use std::fmt;

use super::link::{Link, LinkId};
use super::mapping::Fields;
use super::record::{RecordId, RecordRef, Side, Snapshot};
use super::runtime::{EngineError, Runtime};
use super::value::FieldValue;
use crate::{Rev, StoreError};

/// 128 bits that tell apart what a record shows, and by which definitions of its fields: see
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

/// What a page of rows shows.
pub(super) struct Shown(Vec<ShownRow>);

/// What a row shows, and whether it did so when nothing followed from it.
pub(super) struct ShownRow {
    pub(super) fields: Fields,
    pub(super) is_known: bool,
    digest: RowDigest,
}

impl Shown {
    /// The records of the rows that are not known.
    pub(super) fn news(&self, at: &[RecordRef]) -> Vec<RecordRef> {
        let rows = at.iter().zip(&self.0);
        rows.filter(|(_, shown)| !shown.is_known).map(|(at, _)| at.clone()).collect()
    }
}

impl IntoIterator for Shown {
    type Item = ShownRow;
    type IntoIter = std::vec::IntoIter<ShownRow>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl ShownRow {
    /// What is noted when nothing follows from the row.
    pub(super) fn agreed(&self, rev: Rev, link: LinkId) -> (LinkId, Rev, RowDigest) {
        (link, rev, self.digest)
    }
}

impl Runtime {
    /// Reads a page of rows, and looks up which of them show what they showed when nothing followed from it.
    pub(super) async fn shown(
        &self,
        side: Side,
        rows: &[Snapshot],
        at: &[RecordRef],
    ) -> Result<Shown, EngineError> {
        let mut known = self.store.known_as(side, at).await?.into_iter();
        let (mut shown, mut bytes) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let fields = self.fields(side, row).await.map_err(|trouble| self.stopped(trouble))?;
            bytes.clear();
            describe(side, &row.at, self.is_in_scope(side, row), &fields, &mut bytes);
            let digest = self.schema.digest_row(&bytes);
            shown.push(ShownRow { fields, is_known: known.next().flatten() == Some(digest), digest });
        }
        Ok(Shown(shown))
    }

    /// Whether a digest of what a side shows may lie beside a link. In the clear it may only where privacy mode would
    /// rewrite the link, which takes it away.
    pub(super) fn may_note(&self, link: &Link) -> bool {
        !self.keeps_values() || self.schema.known(link).any(|state| state.is_some())
    }

    /// Stores which rows were found to agree.
    pub(super) async fn note(
        &self,
        side: Side,
        agreed: &[(LinkId, Rev, RowDigest)],
    ) -> Result<(), StoreError> {
        if agreed.is_empty() { Ok(()) } else { self.store.note_known(side, agreed).await }
    }
}

/// All of a row that it is compared by. No two have the same bytes.
///
/// What the mapping made of the row, and not the row: a constant, a table or a function of it may have changed, a computed
/// field with the day.
fn describe(side: Side, at: &RecordRef, is_in_scope: bool, fields: &Fields, out: &mut Vec<u8>) {
    out.extend([u8::from(side == Side::Right), u8::from(is_in_scope), u8::from(at.parent.is_some())]);
    text(at.parent.as_ref().map_or("", RecordId::as_str), out);
    text(at.id.as_str(), out);
    for value in fields.values() {
        match value {
            FieldValue::Unknown => out.push(0),
            FieldValue::Empty => out.push(1),
            FieldValue::Text(value) => {
                out.push(2);
                text(value, out);
            }
            FieldValue::Set(members) => {
                out.push(3);
                length(members.len(), out);
                for member in members {
                    text(member, out);
                }
            }
        }
    }
}

fn text(text: &str, out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend(text.as_bytes());
}

fn length(length: usize, out: &mut Vec<u8>) {
    out.extend((length as u64).to_le_bytes());
}
