//! A service in memory, with a history of each of its records, so that its reads can lag.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sync_core::engine::{Marker, Raw, RecordId, RecordRef, Snapshot};
use sync_core::jiff::Timestamp;

use crate::settings::{NAME_LENGTH, ServiceSettings};

pub(crate) const FIELDS: [&str; 4] = ["email", "name", "city", "vat"];

/// What a record holds at one time.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Contents {
    pub(crate) fields: BTreeMap<&'static str, String>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) marker: Option<String>,
    pub(crate) there: bool,
    pub(crate) moved_to: Option<String>,
    pub(crate) modified_at: u64,
    pub(crate) version: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) created_at: u64,
    /// Whether the service takes no new city any more.
    pub(crate) frozen: bool,
    /// The link for which the engine created it.
    pub(crate) created_for: Option<String>,
    /// From when on it held what; the last one is the present.
    pub(crate) history: Vec<(u64, Contents)>,
}

impl Record {
    pub(crate) fn now(&self) -> &Contents {
        &self.history.last().unwrap().1
    }

    pub(crate) fn as_of(&self, at: u64) -> Option<&Contents> {
        self.history.iter().rev().find(|(from, _)| *from <= at).map(|(_, contents)| contents)
    }

    pub(crate) fn is_there(&self) -> bool {
        self.now().there
    }
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) settings: ServiceSettings,
    pub(crate) records: BTreeMap<String, Record>,
    next_id: u64,
    prefix: &'static str,
}

/// A write on its way to the service.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Create { raw: Raw, marker: String },
    Update { id: String, raw: Raw, version: Option<u64> },
    Members { id: String, add: Vec<String>, remove: Vec<String>, version: Option<u64> },
    Remove { id: String },
}

/// What the service says to a write.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Done(String),
    Exists(String),
    Gone,
    Changed,
}

impl Service {
    pub(crate) fn new(settings: ServiceSettings, prefix: &'static str) -> Self {
        Self { settings, records: BTreeMap::new(), next_id: 0, prefix }
    }

    pub(crate) fn alive(&self) -> Vec<String> {
        self.records.iter().filter(|(_, r)| r.is_there()).map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn insert(&mut self, mut contents: Contents, created_for: Option<String>, now: u64) -> String {
        self.next_id += 1;
        let id = format!("{}{}", self.prefix, self.next_id);
        (contents.there, contents.modified_at, contents.version) = (true, now, 1);
        let record = Record { created_at: now, frozen: false, created_for, history: vec![(now, contents)] };
        self.records.insert(id.clone(), record);
        id
    }

    /// Changes a record, at one moment.
    pub(crate) fn change(&mut self, id: &str, now: u64, f: impl FnOnce(&mut Contents)) {
        let Some(record) = self.records.get_mut(id) else { return };
        let mut contents = record.now().clone();
        f(&mut contents);
        contents.modified_at = now;
        contents.version += 1;
        record.history.push((now, contents));
    }

    /// What the service makes of a value.
    pub(crate) fn stored(&self, field: &str, value: &str) -> String {
        match field {
            "name" if self.settings.lossy => value.chars().take(NAME_LENGTH).collect(),
            "email" => value.to_lowercase(),
            _ => value.to_owned(),
        }
    }

    fn with_email(&self, email: &str, except: Option<&str>) -> Option<String> {
        let holds = |(id, record): &(&String, &Record)| {
            record.is_there()
                && Some(id.as_str()) != except
                && record.now().fields.get("email").is_some_and(|e| e == email && !e.is_empty())
        };
        self.records.iter().find(holds).map(|(id, _)| id.clone())
    }

    fn texts(raw: &Raw) -> Vec<(&'static str, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        FIELDS.iter().filter_map(|field| Some((*field, text(raw.get(*field)?)))).collect()
    }

    fn tags(raw: &Raw) -> Option<BTreeSet<String>> {
        let tags = raw.get("tags")?.as_array()?;
        Some(tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect())
    }

    /// Carries out a write.
    pub(crate) fn execute(&mut self, op: &Op, now: u64) -> Reply {
        match op {
            Op::Create { raw, marker } => {
                if self.settings.marker == sync_core::engine::MarkerKind::Unique {
                    let holds = |(_, record): &(&String, &Record)| {
                        record.is_there() && record.now().marker.as_ref() == Some(marker)
                    };
                    if let Some((id, _)) = self.records.iter().find(holds) {
                        return Reply::Exists(id.clone());
                    }
                }
                let mut contents = Contents::default();
                for (field, value) in Self::texts(raw) {
                    contents.fields.insert(field, self.stored(field, &value));
                }
                if self.settings.unique_email {
                    let email = contents.fields.get("email").cloned().unwrap_or_default();
                    if let Some(id) = self.with_email(&email, None) {
                        return Reply::Exists(id);
                    }
                }
                contents.tags = Self::tags(raw).unwrap_or_default();
                let keeps = !matches!(self.settings.marker, sync_core::engine::MarkerKind::Keys { .. });
                contents.marker = keeps.then(|| marker.clone());
                Reply::Done(self.insert(contents, Some(marker.clone()), now))
            }
            Op::Update { id, raw, version } => {
                if let Some(reply) = self.refusal(id, *version) {
                    return reply;
                }
                let frozen = self.records.get(id).is_some_and(|r| r.frozen);
                let texts = Self::texts(raw);
                if let Some((_, email)) = texts.iter().find(|(field, _)| *field == "email") {
                    let email = self.stored("email", email);
                    if let (true, Some(other)) =
                        (self.settings.unique_email, self.with_email(&email, Some(id)))
                    {
                        return Reply::Exists(other);
                    }
                }
                let stored: Vec<_> = texts
                    .into_iter()
                    .filter(|(field, _)| !(frozen && *field == "city"))
                    .map(|(field, value)| (field, self.stored(field, &value)))
                    .collect();
                let tags = Self::tags(raw);
                self.change(id, now, |contents| {
                    contents.fields.extend(stored);
                    if let Some(tags) = tags {
                        contents.tags = tags;
                    }
                });
                Reply::Done(id.clone())
            }
            Op::Members { id, add, remove, version } => {
                if let Some(reply) = self.refusal(id, *version) {
                    return reply;
                }
                self.change(id, now, |contents| {
                    contents.tags.extend(add.iter().cloned());
                    contents.tags.retain(|tag| !remove.contains(tag));
                });
                Reply::Done(id.clone())
            }
            Op::Remove { id } => {
                if let Some(reply) = self.refusal(id, None) {
                    return reply;
                }
                self.change(id, now, |contents| contents.there = false);
                Reply::Done(id.clone())
            }
        }
    }

    fn refusal(&self, id: &str, version: Option<u64>) -> Option<Reply> {
        let Some(record) = self.records.get(id).filter(|r| r.is_there()) else { return Some(Reply::Gone) };
        let outdated = self.settings.conditional && version.is_some_and(|v| v != record.now().version);
        outdated.then_some(Reply::Changed)
    }

    /// A record as it is shown, with the moment of which it tells.
    pub(crate) fn snapshot(
        &self,
        id: &str,
        record: &Record,
        contents: &Contents,
        as_of: u64,
        base: Timestamp,
    ) -> Snapshot {
        let mut raw = Raw::new();
        for field in FIELDS {
            raw.insert(field.to_owned(), contents.fields.get(field).cloned().unwrap_or_default().into());
        }
        raw.insert("tags".to_owned(), json!(contents.tags));
        raw.insert("as_of".to_owned(), as_of.into());
        raw.insert("frozen".to_owned(), record.frozen.into());
        let mut snapshot = Snapshot::new(RecordRef::top(RecordId::new(id)), raw);
        snapshot.marker = contents.marker.as_deref().map(Marker::new);
        let moment = |at: u64| base + std::time::Duration::from_millis(at);
        snapshot.modified_at = self
            .settings
            .modified_at
            .map(|granularity| moment(contents.modified_at / granularity * granularity));
        snapshot.created_at = self.settings.modified_at.map(|_| moment(record.created_at));
        snapshot.version = self.settings.conditional.then(|| contents.version.to_string());
        snapshot
    }
}
