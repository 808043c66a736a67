use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use super::collection::{Collection, Marker};
use super::fault::{Fault, FaultKind};
use super::link::Link;
use super::mapping::Fields;
use super::record::{RecordRef, Scope, Side, Snapshot};
use super::runtime::{EngineError, Runtime, Trouble};
use super::value::Pair;

/// All records of both sides as they were listed, found by their keys: what a backfill decides by.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Before the listing began.
    at: Timestamp,
    /// Whether nothing of ours can have been at the right side then.
    pub(super) untouched: bool,
    /// Whether the right side was listed.
    pub(super) knows_right: bool,
    pub(super) sides: Pair<Listed>,
}

/// The records of one side.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) records: BTreeMap<RecordRef, (Snapshot, Fields)>,
    by_value: BTreeMap<(usize, String), BTreeSet<RecordRef>>,
    by_marker: BTreeMap<Marker, BTreeSet<RecordRef>>,
}

impl Listing {
    pub(super) fn new(at: Timestamp) -> Self {
        Self { at, untouched: false, knows_right: false, sides: Pair::default() }
    }

    /// The moment before it began.
    pub(super) fn began(&self) -> Timestamp {
        self.at
    }

    /// A record and when it was listed.
    pub(super) fn record(&self, side: Side, at: &RecordRef) -> Option<(&Snapshot, Timestamp)> {
        self.sides[side].records.get(at).map(|(snapshot, _)| (snapshot, self.at))
    }

    /// Whether the listing shows what was there after the last run of a link.
    pub(super) fn is_newer_than(&self, link: &Link) -> bool {
        let moments = [&link.seen_at, &link.wrote_at];
        moments.iter().flat_map(|pair| [pair.left, pair.right]).flatten().all(|at| at < self.at)
    }
}

impl Listed {
    pub(super) fn add(&mut self, snapshot: Snapshot, fields: Fields, keys: &BTreeSet<usize>) {
        let at = snapshot.at.clone();
        if self.records.contains_key(&at) {
            return;
        }
        for position in keys {
            if let Some(value) = fields.get(*position).text() {
                self.by_value.entry((*position, value.to_owned())).or_default().insert(at.clone());
            }
        }
        if let Some(marker) = &snapshot.marker {
            self.by_marker.entry(marker.clone()).or_default().insert(at.clone());
        }
        self.records.insert(at, (snapshot, fields));
    }

    /// The records with this value in a key field.
    pub(super) fn with_value(&self, position: usize, value: &str) -> Vec<&RecordRef> {
        self.by_value.get(&(position, value.to_owned())).into_iter().flatten().collect()
    }

    /// The records that carry this marker.
    pub(super) fn with_marker(&self, marker: &Marker) -> Vec<&RecordRef> {
        self.by_marker.get(marker).into_iter().flatten().collect()
    }
}

impl Runtime {
    /// The fields by which records are looked for: those of matchers, and those of which a side takes each value once.
    pub(super) fn keys(&self) -> BTreeSet<usize> {
        let unique = |side| {
            let names = &self.collection(side).caps().unique;
            names.iter().filter_map(|name| self.mapper.position(name)).collect::<Vec<_>>()
        };
        let matchers = self.mapper.matchers().iter().flatten().copied();
        matchers.chain(unique(Side::Left)).chain(unique(Side::Right)).collect()
    }

    /// Lists a side into a listing.
    pub(super) async fn list_side(&self, side: Side, into: &mut Listing) -> Result<(), EngineError> {
        let keys = self.keys();
        for scope in self.scopes(side).await? {
            let listed = list_all(self.collection(side), &scope).await;
            for snapshot in self.answered(side, self.collection(side), listed)? {
                let fields = self.fields(side, &snapshot).await.map_err(|trouble| self.stopped(trouble))?;
                into.sides[side].add(snapshot, fields, &keys);
            }
        }
        Ok(())
    }

    /// Takes the answer of a collection of a side, without which a plan cannot go on.
    pub(super) fn answered<T>(
        &self,
        side: Side,
        collection: &dyn Collection,
        result: Result<T, Fault>,
    ) -> Result<T, EngineError> {
        self.told(self.account(side), result).map_err(|trouble| match trouble {
            Trouble::Fault(_, fault) => {
                EngineError::Collection { collection: collection.name().to_owned(), fault }
            }
            trouble @ Trouble::Commit(_) => self.stopped(trouble),
        })
    }

    pub(super) async fn list_all(&self, side: Side, scope: &Scope) -> Result<Vec<Snapshot>, Trouble> {
        let listed = list_all(self.collection(side), scope).await;
        self.told(self.account(side), listed)
    }
}

/// A list that would never end.
pub(super) fn circle() -> Fault {
    Fault::new(FaultKind::Broken, "the list goes round in circles: it names a page twice")
}

/// Lists a whole scope. A record that comes twice, because the list shifted between two pages, counts once.
pub(super) async fn list_all(collection: &dyn Collection, scope: &Scope) -> Result<Vec<Snapshot>, Fault> {
    let (mut all, mut seen, mut page) = (Vec::new(), HashSet::new(), None);
    let mut pages = HashSet::new();
    loop {
        let listed = collection.list(scope, page.as_ref()).await?;
        all.extend(listed.records.into_iter().filter(|r| seen.insert(r.at.clone())));
        let Some(next) = listed.next else { return Ok(all) };
        if !pages.insert(next.clone()) {
            return Err(circle());
        }
        page = Some(next);
    }
}
