//! A service in memory, whose reads and searches lag.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use sync_core::conformance::collection::Person;
use sync_core::engine::{Raw, RecordId, RecordRef};
use sync_core::jiff::Timestamp;
use sync_core::{Env, ManualEnv, async_trait};

/// How long a name may be; what is longer is cut.
const NAME: usize = 20;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) raw: Raw,
    pub(crate) marker: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) version: u64,
}

/// The records at one moment.
pub(crate) type View = BTreeMap<RecordRef, Record>;

#[derive(Default)]
struct State {
    /// What each write has made of a record.
    log: Vec<(Timestamp, RecordRef, Option<Record>)>,
    merged: BTreeMap<RecordRef, RecordRef>,
    last_id: u64,
}

pub(crate) struct Service {
    env: Arc<ManualEnv>,
    state: Mutex<State>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

/// Why the service refuses a write.
#[derive(Debug)]
pub(crate) enum Refusal {
    Gone,
    Outdated,
    Invalid,
    Taken(RecordId),
}

impl Service {
    pub(crate) fn new(env: &Arc<ManualEnv>) -> Arc<Self> {
        Arc::new(Self { env: env.clone(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.env.now()
    }

    /// The records as they were this long ago.
    pub(crate) fn view(&self, ago: Duration) -> View {
        let until = self.now().checked_sub(ago).unwrap();
        let mut view = View::new();
        for (at, place, record) in &self.state().log {
            if *at <= until {
                match record {
                    Some(record) => view.insert(place.clone(), record.clone()),
                    None => view.remove(place),
                };
            }
        }
        view
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.view(Duration::ZERO).is_empty()
    }

    /// What was deleted since then.
    pub(crate) fn deleted_since(&self, since: Timestamp) -> Vec<RecordRef> {
        let state = self.state();
        let gone = state.log.iter().filter(|(at, _, record)| *at >= since && record.is_none());
        gone.map(|(_, place, _)| place.clone()).collect()
    }

    /// What a record was merged into.
    pub(crate) fn survivor(&self, of: &RecordRef) -> Option<RecordRef> {
        self.state().merged.get(of).cloned()
    }

    pub(crate) fn seed(&self, parent: Option<RecordId>, fields: &Value) -> RecordRef {
        let at = self.create(parent, fields.as_object().unwrap(), None, true).unwrap();
        self.env.advance(Duration::from_secs(100));
        at
    }

    pub(crate) fn create(
        &self,
        parent: Option<RecordId>,
        fields: &Raw,
        marker: Option<String>,
        unique: bool,
    ) -> Result<RecordRef, Refusal> {
        let mut raw = Raw::new();
        merge(&mut raw, fields);
        let at = {
            let mut state = self.state();
            state.last_id += 1;
            RecordRef { parent, id: RecordId::new(format!("r{:03}", state.last_id)) }
        };
        if unique {
            self.accepts(&at, &raw)?;
        }
        let now = self.now();
        let record = Record { raw, marker, created: now, modified: seconds(now), version: 1 };
        self.state().log.push((now, at.clone(), Some(record)));
        Ok(at)
    }

    /// Changes a record as a function says, if it is of this version still.
    pub(crate) fn update(
        &self,
        at: &RecordRef,
        version: Option<&str>,
        change: impl FnOnce(&mut Record),
    ) -> Result<(), Refusal> {
        let mut record = self.view(Duration::ZERO).remove(at).ok_or(Refusal::Gone)?;
        if version.is_some_and(|version| version != record.version.to_string()) {
            return Err(Refusal::Outdated);
        }
        change(&mut record);
        self.accepts(at, &record.raw)?;
        record.modified = seconds(self.now());
        record.version += 1;
        self.state().log.push((self.now(), at.clone(), Some(record)));
        Ok(())
    }

    pub(crate) fn remove(&self, at: &RecordRef) -> Result<(), Refusal> {
        self.view(Duration::ZERO).remove(at).ok_or(Refusal::Gone)?;
        self.state().log.push((self.now(), at.clone(), None));
        Ok(())
    }

    /// Writes a record that need not be there.
    pub(crate) fn restore(&self, at: &RecordRef, change: impl FnOnce(&mut Record)) {
        let now = self.now();
        let mut record =
            Record { raw: Raw::new(), marker: None, created: now, modified: seconds(now), version: 1 };
        change(&mut record);
        self.state().log.push((now, at.clone(), Some(record)));
    }

    fn accepts(&self, at: &RecordRef, raw: &Raw) -> Result<(), Refusal> {
        let Some(email) = email(raw) else { return Ok(()) };
        if !email.contains('@') {
            return Err(Refusal::Invalid);
        }
        let view = self.view(Duration::ZERO);
        let holder =
            view.iter().find(|(place, other)| *place != at && self::email(&other.raw) == Some(email.clone()));
        holder.map_or(Ok(()), |(place, _)| Err(Refusal::Taken(place.id.clone())))
    }
}

fn email(raw: &Raw) -> Option<String> {
    raw.get("email").and_then(Value::as_str).map(str::to_lowercase)
}

/// The time as the service tells it.
fn seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap()
}

/// Changes the fields that are named, and cuts what is too long.
pub(crate) fn merge(into: &mut Raw, from: &Raw) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => merge(inner, value),
            (_, Value::String(text)) if name == "name" => {
                into.insert(name.clone(), text.chars().take(NAME).collect::<String>().into());
            }
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

#[async_trait]
impl Person for Service {
    async fn edit(&self, at: &RecordRef, fields: &Raw) -> bool {
        self.update(at, None, |record| merge(&mut record.raw, fields)).is_ok()
    }

    async fn delete(&self, at: &RecordRef) -> bool {
        self.remove(at).is_ok()
    }

    async fn merge(&self, from: &RecordRef, into: &RecordRef) -> bool {
        self.state().merged.insert(from.clone(), into.clone());
        self.remove(from).is_ok()
    }
}
