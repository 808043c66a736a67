use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Display;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use super::fixture::Fixture;
use super::values::{Path, alike, at, is_empty, leaves, secrets};
use crate::AccountKey;
use crate::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, FaultKind, LinkId, Marker, MarkerKind, PageToken, Part,
    Probe, Raw, Read, RecordId, RecordRef, Side, Snapshot, WriteError, Written,
};

/// More pages in a row without a new record than any service gives.
const IDLE_PAGES: usize = 100;

/// A record that the suite has created.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) at: RecordRef,
    pub(super) marker: Marker,
    /// Its fields as they were sent.
    pub(super) sent: Raw,
    /// As it was read last.
    pub(super) seen: Snapshot,
    /// Before the create was sent, and after it was answered.
    pub(super) created: [Timestamp; 2],
}

/// A collection under trial: every call to it goes through here, so that every fault is looked at.
pub(super) struct Trial<'a> {
    pub(super) fixture: &'a Fixture<'a>,
    pub(super) collection: &'a dyn Collection,
    /// The paths of the fields that the suite writes.
    pub(super) paths: Vec<Path>,
    secrets: Vec<(Path, String)>,
    nonce: u64,
    markers: AtomicU32,
}

impl<'a> Trial<'a> {
    pub(super) fn new(fixture: &'a Fixture<'a>) -> Self {
        let Fixture { collection, records, change, stored_otherwise, refused, .. } = fixture;
        let written = || records.iter().chain([change, stored_otherwise]);
        let paths: BTreeSet<_> = written().flat_map(leaves).map(|(path, _)| path).collect();
        let secrets = written().chain([refused]).flat_map(secrets).collect();
        Self {
            fixture,
            collection: *collection,
            paths: paths.into_iter().collect(),
            secrets,
            nonce: fixture.env.rand() >> 24,
            markers: AtomicU32::new(0),
        }
    }

    pub(super) fn caps(&self) -> &'a Caps {
        self.collection.caps()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.fixture.env.now()
    }

    pub(super) fn has_markers(&self) -> bool {
        !matches!(self.caps().marker, MarkerKind::Keys { .. })
    }

    /// Waits until reads show what was written before.
    pub(super) async fn until_read(&self) {
        self.fixture.env.sleep(self.caps().read_lag).await;
    }

    /// Waits until searches and listings show it too.
    pub(super) async fn until_listed(&self) {
        self.fixture.env.sleep(self.caps().index_lag.max(self.caps().read_lag)).await;
    }

    /// The marker of the next create, as an engine would ask for it.
    pub(super) async fn marker(&self) -> Marker {
        let number = self.markers.fetch_add(1, Ordering::Relaxed);
        let suggested = match &self.fixture.markers {
            Some(make) => make(number),
            None => self.suggested(number),
        };
        let marker = self.collection.marker(&suggested).await;
        self.fine(marker, "a marker can be had for the next create")
    }

    /// Markers of every form that those of pairs have.
    fn suggested(&self, number: u32) -> Marker {
        let id = RecordId::new(format!("{:x}-{number}", self.nonce));
        let side = if number % 2 == 0 { Side::Left } else { Side::Right };
        let at = match number % 3 {
            0 => RecordRef::under(RecordId::new(number), id),
            _ => RecordRef::top(id),
        };
        LinkId::founded_by("conformance", side, &at, number % 3 + 1).marker()
    }

    /// What a call gave that has no reason to fail.
    #[track_caller]
    pub(super) fn fine<T>(&self, result: Result<T, Fault>, what: &str) -> T {
        match result {
            Ok(value) => value,
            Err(fault) => {
                self.keeps_quiet(&fault);
                panic!("{what}, got {:?}: {fault}", fault.kind());
            }
        }
    }

    /// A write that has no reason to fail.
    #[track_caller]
    pub(super) fn written<T>(result: Result<T, WriteError>, what: &str) -> T {
        result.unwrap_or_else(|error| panic!("{what}, got {}", shown(&error)))
    }

    pub(super) async fn identity(&self) -> AccountKey {
        let identity = self.collection.identity().await;
        self.fine(identity, "the account can be told")
    }

    /// All records of the scope.
    pub(super) async fn list(&self) -> Vec<Snapshot> {
        let scope = self.fixture.scope();
        let (mut all, mut there) = (Vec::<Snapshot>::new(), BTreeSet::new());
        let mut pages = Pages::default();
        let mut page = None;
        loop {
            let listed = self.collection.list(&scope, page.as_ref()).await;
            let listed = self.fine(listed, "records can be listed");
            pages.read("a listing", listed.records.is_empty(), listed.next.as_ref());
            for row in listed.records {
                let id = &row.at.id;
                assert_eq!(row.at.parent, self.fixture.parent, "record {id} is listed at its place");
                assert!(there.insert(row.at.clone()), "a record is listed once, and {id} comes twice");
                all.push(row);
            }
            match listed.next {
                Some(next) => page = Some(next),
                None => return all,
            }
        }
    }

    pub(super) async fn count(&self) -> Option<u64> {
        let count = self.collection.count(&self.fixture.scope()).await;
        self.fine(count, "records can be counted")
    }

    pub(super) async fn get(&self, at: &RecordRef) -> Read {
        let read = self.collection.get(at).await;
        self.fine(read, "a record can be read, or is said to be gone")
    }

    /// A record that must be there.
    pub(super) async fn read(&self, at: &RecordRef, what: &str) -> Snapshot {
        match self.get(at).await {
            Read::Found(snapshot) => {
                assert_eq!(snapshot.at, *at, "a record that is read is at its place");
                self.tells_its_time(&snapshot);
                snapshot
            }
            Read::Gone => panic!("{what}, and {} is gone", at.id),
            Read::MovedTo(other) => panic!("{what}, and {} has become {}", at.id, other.id),
        }
    }

    pub(super) async fn find(&self, probe: &Probe, limit: usize) -> Vec<Snapshot> {
        let found = self.collection.find(&self.fixture.scope(), probe, limit).await;
        let by = match probe {
            Probe::Marker(_) => "markers",
            Probe::Field { name, .. } => name,
        };
        let found = self.fine(found, &format!("records can be searched by {by}"));
        let hits = found.len();
        assert!(hits <= limit, "a search gives at most as many records as are asked for: {hits} of {limit}");
        found
    }

    pub(super) async fn create(&self, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let created = self.collection.create(&self.fixture.scope(), raw, marker).await;
        self.looked_at(created)
    }

    pub(super) async fn update(
        &self,
        seen: &Snapshot,
        part: &Part,
        marker: &Marker,
    ) -> Result<Written, WriteError> {
        let updated = self.collection.update(seen, part, marker).await;
        self.looked_at(updated)
    }

    pub(super) async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let removed = self.collection.remove(seen).await;
        self.looked_at(removed)
    }

    pub(super) async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Option<ChangePage> {
        let changes = self.collection.changes(since, page).await;
        self.fine(changes, "changes can be read")
    }

    fn looked_at<T>(&self, result: Result<T, WriteError>) -> Result<T, WriteError> {
        if let Err(error) = &result {
            self.keeps_quiet(error);
        }
        result
    }

    /// What an error says goes to logs and reviews.
    #[track_caller]
    pub(super) fn keeps_quiet(&self, error: &(dyn Error + 'static)) {
        self.shows_nothing(&format!("{error:?}"), "an error");
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.shows_nothing(&error.to_string(), "an error");
            cause = error.source();
        }
    }

    #[track_caller]
    pub(super) fn shows_nothing(&self, text: &str, what: &str) {
        for (path, secret) in &self.secrets {
            let shown = text.contains(secret.as_str());
            assert!(!shown, "{what} shows no values of records, and this one shows {}", path.join("."));
        }
    }

    /// A record is the same wherever it is seen; a view that does not hold a field says nothing of it.
    #[track_caller]
    pub(super) fn agree(&self, part: &Snapshot, whole: &Snapshot, what: &str) {
        assert_eq!(part.at, whole.at, "{what}: the place differs");
        if self.has_markers() {
            assert_eq!(part.marker, whole.marker, "{what}: the marker differs");
        }
        for path in &self.paths {
            if let Some(value) = at(&part.raw, path) {
                let other = at(&whole.raw, path);
                let same = other.map_or_else(|| is_empty(value), |other| alike(value, other));
                assert!(same, "{what}: {} differs", path.join("."));
            }
        }
    }

    /// A record is as it was.
    #[track_caller]
    pub(super) fn same(&self, before: &Snapshot, after: &Snapshot, what: &str) {
        self.agree(before, after, what);
        self.agree(after, before, what);
    }

    #[track_caller]
    pub(super) fn tells_its_time(&self, snapshot: &Snapshot) {
        let told = snapshot.modified_at.is_some() || self.caps().modified_at.is_none();
        assert!(told, "Caps::modified_at is claimed, and record {} does not tell", snapshot.at.id);
    }

    /// An id that no record has, in the form that the service's ids have.
    pub(super) fn unknown(&self, known: &[Snapshot]) -> RecordRef {
        if let Some(id) = &self.fixture.unknown {
            return self.fixture.place(id.clone());
        }
        let ids: Vec<_> = known.iter().map(|row| row.at.id.as_str()).collect();
        let numbers: Option<Vec<u64>> = ids.iter().map(|id| id.parse().ok()).collect();
        let id = match numbers.and_then(|numbers| numbers.into_iter().max()) {
            Some(largest) => RecordId::new(largest.saturating_add(1_000_003)),
            None => RecordId::new(other_id(&ids)),
        };
        self.fixture.place(id)
    }
}

/// One of the ids with another digit or letter at its end.
fn other_id(ids: &[&str]) -> String {
    let first = ids.first().copied().unwrap_or("1");
    let stem: String = first.chars().take(first.chars().count().saturating_sub(1)).collect();
    let other = ('0'..='9').chain('a'..='z').map(|last| format!("{stem}{last}"));
    other.into_iter().find(|id| !ids.contains(&id.as_str())).unwrap_or_else(|| format!("{first}0"))
}

/// What a write came to, in words.
pub(super) fn shown(error: &WriteError) -> String {
    match error {
        WriteError::NotApplied(fault) => format!("NotApplied, {:?}: {fault}", fault.kind()),
        WriteError::Exists(id) => format!("Exists: {id}"),
        WriteError::Unknown(fault) => format!("Unknown, {:?}: {fault}", fault.kind()),
    }
}

/// Whether a write is refused, provably, and for this reason.
pub(super) fn is_refused<T>(result: &Result<T, WriteError>, kind: FaultKind) -> bool {
    matches!(result, Err(WriteError::NotApplied(fault)) if fault.kind() == kind)
}

/// What a write came to, if it took effect or not.
pub(super) fn outcome<T>(result: &Result<T, WriteError>) -> impl Display {
    match result {
        Ok(_) => "Ok".to_owned(),
        Err(error) => shown(error),
    }
}

/// The pages of a listing, which must come to an end.
#[derive(Default)]
pub(super) struct Pages {
    named: BTreeSet<PageToken>,
    idle: usize,
}

impl Pages {
    #[track_caller]
    pub(super) fn read(&mut self, what: &str, empty: bool, next: Option<&PageToken>) {
        let Some(next) = next else { return };
        assert!(self.named.insert(next.clone()), "{what} goes round in circles: it names a page twice");
        self.idle = if empty { self.idle + 1 } else { 0 };
        assert!(self.idle < IDLE_PAGES, "{what} ends: {IDLE_PAGES} pages in a row were empty");
    }
}
