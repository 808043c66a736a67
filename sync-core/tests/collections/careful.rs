//! A collection that does all that is asked of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, FaultKind, ListPage, Marker, MarkerKind, PageToken, Part,
    Probe, Raw, Read, RecordId, RecordRef, Scope, SetUp, Snapshot, WriteError, Written,
};
use sync_core::jiff::Timestamp;
use sync_core::{AccountKey, async_trait};

use super::service::{Record, Refusal, Service, View, merge};

#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) service: Arc<Service>,
    caps: Caps,
    reads_only: bool,
    removes: bool,
    ready: AtomicBool,
}

impl Shelf {
    pub(crate) fn new(service: &Arc<Service>, caps: Caps) -> Self {
        Self { service: service.clone(), caps, reads_only: false, removes: true, ready: true.into() }
    }

    pub(crate) fn read_only(self) -> Self {
        Self { reads_only: true, ..self }
    }

    pub(crate) fn never_removes(self) -> Self {
        Self { removes: false, ..self }
    }

    pub(crate) fn not_set_up(self) -> Self {
        Self { ready: false.into(), ..self }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    /// What searches and listings see, in order.
    pub(crate) fn indexed(&self, scope: &Scope) -> Vec<Snapshot> {
        let view = self.service.view(self.caps.index_lag);
        view.iter().filter(|(at, _)| is_in(at, scope)).map(|(at, record)| self.snapshot(at, record)).collect()
    }

    pub(crate) fn snapshot(&self, at: &RecordRef, record: &Record) -> Snapshot {
        let mut raw = nothing();
        merge(&mut raw, &record.raw);
        let keys = matches!(self.caps.marker, MarkerKind::Keys { .. });
        let marker = record.marker.clone().filter(|_| !keys).map(Marker::new);
        let mut snapshot = Snapshot::new(at.clone(), raw).with_marker(marker);
        snapshot.modified_at = self.caps.modified_at.map(|_| record.modified);
        snapshot.created_at = Some(record.created);
        snapshot.version = Some(record.version.to_string());
        snapshot
    }

    fn written(&self, at: &RecordRef) -> Written {
        let present = self.service.view(Duration::ZERO);
        Written { id: at.id.clone(), stored: present.get(at).map(|record| self.snapshot(at, record)) }
    }

    fn may(&self, allowed: bool) -> Result<(), WriteError> {
        let fault = || Fault::new(FaultKind::Broken, "the shelf does not do this");
        if allowed && !self.reads_only { Ok(()) } else { Err(WriteError::NotApplied(fault())) }
    }
}

/// A record that has every field and no value.
fn nothing() -> Raw {
    let Value::Object(raw) = json!({
        "name": null, "email": null, "city": null, "tags": [], "custom": { "nif": null, "remark": null },
    }) else {
        unreachable!("an object")
    };
    raw
}

fn is_in(at: &RecordRef, scope: &Scope) -> bool {
    match scope {
        Scope::All => at.parent.is_none(),
        Scope::Under(parent) => at.parent.as_ref() == Some(parent),
    }
}

pub(crate) fn parent(scope: &Scope) -> Option<RecordId> {
    match scope {
        Scope::All => None,
        Scope::Under(parent) => Some(parent.clone()),
    }
}

pub(crate) fn refused(refusal: Refusal) -> WriteError {
    let (kind, why) = match refusal {
        Refusal::Taken(id) => return WriteError::Exists(id),
        Refusal::Gone => (FaultKind::Gone, "the record is gone"),
        Refusal::Outdated => (FaultKind::Changed, "the record has changed"),
        Refusal::Invalid => (FaultKind::Invalid, "email is no address"),
    };
    WriteError::NotApplied(Fault::new(kind, why))
}

/// The part of a list that a page token names.
fn page<T>(all: Vec<T>, size: usize, token: Option<&PageToken>) -> (Vec<T>, Option<PageToken>) {
    let from: usize = token.map_or(0, |token| token.0.parse().unwrap());
    let next = (from + size < all.len()).then(|| PageToken((from + size).to_string()));
    (all.into_iter().skip(from).take(size).collect(), next)
}

pub(crate) fn change(record: &mut Record, part: &Part) {
    match part {
        Part::Fields(fields) => merge(&mut record.raw, fields),
        Part::AddTo { field, members } => {
            let set = set_of(record, field);
            for member in members.iter().map(|member| Value::from(member.as_str())) {
                if !set.contains(&member) {
                    set.push(member);
                }
            }
        }
        Part::RemoveFrom { field, members } => {
            set_of(record, field).retain(|member| !members.iter().any(|gone| member == gone));
        }
        _ => unreachable!("a part that nobody knows"),
    }
}

pub(crate) fn set_of<'r>(record: &'r mut Record, field: &str) -> &'r mut Vec<Value> {
    let set = record.raw.entry(field).or_insert_with(|| json!([]));
    set.as_array_mut().unwrap()
}

#[async_trait]
impl Collection for Shelf {
    fn name(&self) -> &'static str {
        "shelf"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new("shelf", 1))
    }

    async fn set_up(&self) -> Result<SetUp, Fault> {
        let missing =
            if self.is_ready() { Vec::new() } else { vec!["the field that carries markers".to_owned()] };
        Ok(SetUp::new(missing, !self.is_ready()))
    }

    async fn complete_set_up(&self) -> Result<(), Fault> {
        self.ready.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn list(&self, scope: &Scope, token: Option<&PageToken>) -> Result<ListPage, Fault> {
        let (records, next) = page(self.indexed(scope), 2, token);
        Ok(ListPage { records, next })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let view: View = self.service.view(self.caps.read_lag);
        Ok(match (view.get(at), self.service.survivor(at)) {
            (Some(record), _) => Read::Found(self.snapshot(at, record)),
            (None, Some(survivor)) => Read::MovedTo(survivor),
            (None, None) => Read::Gone,
        })
    }

    async fn find(&self, scope: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let path = match by {
            Probe::Field { name, .. } if name == "vat" => "custom.nif",
            Probe::Field { name, .. } => name,
            _ => "",
        };
        let mut found = self.indexed(scope);
        found.retain(|record| match by {
            Probe::Marker(marker) => record.marker.as_ref() == Some(marker),
            Probe::Field { value, .. } => record.text(path).eq_ignore_ascii_case(value),
            _ => false,
        });
        found.truncate(limit);
        Ok(found)
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        self.may(true)?;
        if self.caps.marker == MarkerKind::Unique {
            let present = self.service.view(Duration::ZERO);
            let holder = present.iter().find(|(_, record)| record.marker.as_deref() == Some(marker.as_str()));
            if let Some((at, _)) = holder {
                return Err(WriteError::Exists(at.id.clone()));
            }
        }
        let at = self.service.create(parent(scope), raw, Some(marker.to_string()), true).map_err(refused)?;
        Ok(self.written(&at))
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        self.may(true)?;
        let version = seen.version.as_deref();
        self.service.update(&seen.at, version, |record| change(record, part)).map_err(refused)?;
        Ok(self.written(&seen.at))
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.may(self.removes)?;
        self.service.remove(&seen.at).map_err(refused)
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        token: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let cursor = Cursor::Time(self.service.now());
        let Some(since) = since else {
            return Ok(Some(ChangePage { records: Vec::new(), gone: Vec::new(), next: None, cursor }));
        };
        let since = match since {
            Cursor::Time(at) => *at,
            Cursor::Token(_) => Timestamp::MIN,
        };
        let view = self.service.view(self.caps.index_lag);
        let changed = view.iter().filter(|(_, record)| record.modified >= since);
        let records: Vec<_> = changed.map(|(at, record)| self.snapshot(at, record)).collect();
        let gone = if token.is_none() { self.service.deleted_since(since) } else { Vec::new() };
        let (records, next) = page(records, 1, token);
        Ok(Some(ChangePage { records, gone, next, cursor }))
    }

    async fn count(&self, scope: &Scope) -> Result<Option<u64>, Fault> {
        Ok(u64::try_from(self.indexed(scope).len()).ok())
    }
}
