//! A service in memory that misbehaves on request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, ListPage, Marker, PageToken, Part, Probe, Raw, Read, RecordId,
    RecordRef, Scope, SetUp, Snapshot, WriteError, Written,
};
use sync_core::jiff::Timestamp;
use sync_core::{AccountKey, Env, ManualEnv, async_trait};

use super::fuse::Fuse;

/// What happens to one write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mishap {
    /// It takes effect, and its answer is lost.
    ReplyLost,
    /// Its answer is lost, and it takes effect after this time.
    LandsAfter(Duration),
    /// It never arrives, and nobody can tell.
    NotSent,
    /// It is refused.
    Refused(FaultKind),
}

/// How a listing is answered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    #[default]
    Orderly,
    /// Each page starts with the last record of the one before.
    Repeats,
    /// The last page names the first one as its next.
    Circular,
    /// It never is.
    Mute,
}

/// How the service behaves.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    /// What happens to creates, by their number from 1.
    pub(crate) on_create: BTreeMap<usize, Mishap>,
    /// What happens to updates, by their number from 1.
    pub(crate) on_update: BTreeMap<usize, Mishap>,
    /// What happens to deletions.
    pub(crate) on_remove: Option<Mishap>,
    /// Refuses every call for this reason.
    pub(crate) down: Option<FaultKind>,
    /// How many records a page has; 0 is all of them.
    pub(crate) page: usize,
    /// How listings are answered.
    pub(crate) listing: Listing,
    /// Stores only so many characters of this field.
    pub(crate) truncates: Option<(&'static str, usize)>,
    /// What carries markers has yet to be set up.
    pub(crate) not_set_up: bool,
    /// How many accounts further the token leads.
    pub(crate) account: u64,
    /// Fields that records cannot be searched by.
    pub(crate) unsearchable: Vec<&'static str>,
}

/// A record of the service.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) at: RecordRef,
    pub(crate) raw: Raw,
    pub(crate) marker: Option<Marker>,
    /// When searches and listings begin to see it.
    seen_from: Timestamp,
}

impl Row {
    pub(crate) fn text(&self, path: &str) -> String {
        self.snapshot().text(path).to_owned()
    }

    pub(crate) fn id(&self) -> &str {
        self.at.id.as_str()
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.at.clone(), self.raw.clone()).with_marker(self.marker.clone())
    }

    fn under(&self, scope: &Scope) -> bool {
        match scope {
            Scope::All => true,
            Scope::Under(parent) => self.at.parent.as_ref() == Some(parent),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    rows: Vec<Row>,
    /// Creates that are still under way.
    late: Vec<(Timestamp, RecordRef, Raw, Marker)>,
    last_id: u32,
    creates: usize,
    updates: usize,
    calls: usize,
    writes: Vec<String>,
    switches: Switches,
}

/// One collection of the service.
#[derive(Debug)]
pub(crate) struct Fake {
    name: &'static str,
    caps: Caps,
    env: Arc<ManualEnv>,
    fuse: Arc<Fuse>,
    state: Mutex<State>,
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, format!("the service says {kind:?}"))
}

fn lost() -> WriteError {
    WriteError::Unknown(Fault::new(FaultKind::Transient, "no answer"))
}

/// Text as the service's search compares it.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn merge(into: &mut Raw, from: &Raw) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => merge(inner, value),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

impl Fake {
    pub(crate) fn new(name: &'static str, caps: Caps, env: &Arc<ManualEnv>, fuse: &Arc<Fuse>) -> Arc<Self> {
        Arc::new(Self { name, caps, env: env.clone(), fuse: fuse.clone(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn switch(&self, set: impl FnOnce(&mut Switches)) {
        set(&mut self.state().switches);
    }

    /// Lets something happen to the `nth` create, counted from 1.
    pub(crate) fn on_create(&self, nth: usize, mishap: Mishap) {
        self.switch(|s| _ = s.on_create.insert(nth, mishap));
    }

    /// Lets something happen to the `nth` update, counted from 1.
    pub(crate) fn on_update(&self, nth: usize, mishap: Mishap) {
        self.switch(|s| _ = s.on_update.insert(nth, mishap));
    }

    /// A person adds a record, which everybody sees at once.
    pub(crate) fn add(&self, id: &str, value: &Value) {
        self.add_lagging(id, value, Duration::ZERO);
    }

    /// A person adds a record that searches see only after `lag`.
    pub(crate) fn add_lagging(&self, id: &str, value: &Value, lag: Duration) {
        let raw = value.as_object().cloned().unwrap();
        let (at, seen_from) = (RecordRef::top(RecordId::new(id)), self.env.now() + lag);
        self.state().rows.push(Row { at, raw, marker: None, seen_from });
    }

    /// A person edits a record.
    pub(crate) fn edit(&self, id: &str, value: &Value) {
        let mut state = self.state();
        let row = state.rows.iter_mut().find(|r| r.id() == id).unwrap();
        merge(&mut row.raw, value.as_object().unwrap());
    }

    /// A person puts a marker into a record, by copying it for instance.
    pub(crate) fn mark(&self, id: &str, marker: Marker) {
        let mut state = self.state();
        state.rows.iter_mut().find(|r| r.id() == id).unwrap().marker = Some(marker);
    }

    /// A person deletes a record.
    pub(crate) fn delete(&self, id: &str) {
        self.state().rows.retain(|r| r.id() != id);
    }

    /// All records, those that no search sees yet included, once all that is under way has arrived.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut state = self.state();
        self.land(&mut state);
        state.rows.clone()
    }

    /// The writes since the last look, refused ones included.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state().writes)
    }

    /// How often it was called.
    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    /// Creates whose time has come.
    fn land(&self, state: &mut State) {
        let now = self.env.now();
        let (due, late) = std::mem::take(&mut state.late).into_iter().partition(|(when, ..)| *when <= now);
        state.late = late;
        for (when, at, raw, marker) in due {
            // What is refused now stays refused: nobody listens any more.
            let _ = self.insert(state, at, &raw, marker, when);
        }
    }

    fn in_the_way(&self, state: &State, id: Option<&RecordId>, raw: &Raw) -> Option<RecordId> {
        let taken = |row: &&Row| {
            let mut unique =
                self.caps.unique.iter().filter_map(|name| Some((name, raw.get(name)?.as_str()?)));
            Some(&row.at.id) != id
                && unique.any(|(name, value)| row.raw.get(name).is_some_and(|v| v == value))
        };
        state.rows.iter().find(taken).map(|row| row.at.id.clone())
    }

    fn insert(
        &self,
        state: &mut State,
        mut at: RecordRef,
        raw: &Raw,
        marker: Marker,
        when: Timestamp,
    ) -> Result<Written, WriteError> {
        if let Some(id) = self.in_the_way(state, None, raw) {
            return Err(WriteError::Exists(id));
        }
        state.last_id += 1;
        at.id = RecordId::new(format!("{}-{}", self.name, state.last_id));
        let raw = stored(&state.switches, raw);
        let row = Row { at, raw, marker: Some(marker), seen_from: when + self.caps.index_lag };
        let written = Written { id: row.at.id.clone(), stored: Some(row.snapshot()) };
        state.rows.push(row);
        Ok(written)
    }

    /// Counts a call, and refuses it if the service is down.
    async fn call(&self) -> Result<(), Fault> {
        // Others get their turn, as they would while a request is under way.
        tokio::task::yield_now().await;
        self.fuse.step().await;
        let mut state = self.state();
        state.calls += 1;
        self.land(&mut state);
        match state.switches.down {
            Some(kind) => Err(fault(kind)),
            None => Ok(()),
        }
    }

    fn visible(&self, scope: &Scope) -> Vec<Snapshot> {
        let now = self.env.now();
        let state = self.state();
        state.rows.iter().filter(|r| r.seen_from <= now && r.under(scope)).map(Row::snapshot).collect()
    }

    fn do_create(
        &self,
        scope: &Scope,
        raw: &Raw,
        marker: &Marker,
        killed: bool,
    ) -> Result<Written, WriteError> {
        let mut guard = self.state();
        let state = &mut *guard;
        state.creates += 1;
        state.writes.push(format!("create {} {marker}", self.name));
        let parent = match scope {
            Scope::All => None,
            Scope::Under(parent) => Some(parent.clone()),
        };
        let (now, at) = (self.env.now(), RecordRef { parent, id: RecordId::new("new") });
        let mishap = match state.switches.on_create.get(&state.creates) {
            _ if killed => Some(Mishap::LandsAfter(self.caps.request_timeout)),
            mishap => mishap.copied(),
        };
        match mishap {
            None => self.insert(state, at, raw, marker.clone(), now),
            Some(Mishap::ReplyLost) => {
                self.insert(state, at, raw, marker.clone(), now)?;
                Err(lost())
            }
            Some(Mishap::LandsAfter(delay)) => {
                state.late.push((now + delay, at, raw.clone(), marker.clone()));
                Err(lost())
            }
            Some(Mishap::NotSent) => Err(lost()),
            Some(Mishap::Refused(kind)) => Err(WriteError::NotApplied(fault(kind))),
        }
    }

    fn do_update(&self, at: &RecordRef, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let mut guard = self.state();
        let state = &mut *guard;
        state.updates += 1;
        let names: Vec<_> = raw.keys().map(String::as_str).collect();
        state.writes.push(format!("update {} {marker} {}", self.name, names.join(" ")));
        let mishap = state.switches.on_update.get(&state.updates).copied();
        match mishap {
            Some(Mishap::NotSent | Mishap::LandsAfter(_)) => return Err(lost()),
            Some(Mishap::Refused(kind)) => return Err(WriteError::NotApplied(fault(kind))),
            Some(Mishap::ReplyLost) | None => {}
        }
        if let Some(id) = self.in_the_way(state, Some(&at.id), raw) {
            return Err(WriteError::Exists(id));
        }
        let raw = stored(&state.switches, raw);
        let Some(row) = state.rows.iter_mut().find(|r| r.at == *at) else {
            return Err(WriteError::NotApplied(fault(FaultKind::Gone)));
        };
        merge(&mut row.raw, &raw);
        row.marker = Some(marker.clone());
        if mishap.is_some() {
            return Err(lost());
        }
        Ok(Written { id: at.id.clone(), stored: Some(row.snapshot()) })
    }
}

/// The fields as the service keeps them.
fn stored(switches: &Switches, raw: &Raw) -> Raw {
    let mut raw = raw.clone();
    if let Some((name, length)) = switches.truncates {
        if let Some(Value::String(text)) = raw.get_mut(name) {
            *text = text.chars().take(length).collect();
        }
    }
    raw
}

#[async_trait]
impl Collection for Fake {
    fn name(&self) -> &str {
        self.name
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        self.call().await?;
        Ok(AccountKey::new(self.name, 5 + self.state().switches.account))
    }

    async fn set_up(&self) -> Result<SetUp, Fault> {
        self.call().await?;
        if self.state().switches.not_set_up {
            return Ok(SetUp::new(vec!["the field that carries markers".to_owned()], true));
        }
        Ok(SetUp::default())
    }

    async fn complete_set_up(&self) -> Result<(), Fault> {
        self.call().await?;
        let mut state = self.state();
        state.writes.push(format!("set up {}", self.name));
        state.switches.not_set_up = false;
        Ok(())
    }

    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        self.call().await?;
        if self.state().switches.listing == Listing::Mute {
            std::future::pending::<()>().await;
        }
        let all = self.visible(scope);
        let state = self.state();
        let size = if state.switches.page == 0 { usize::MAX } else { state.switches.page };
        let from: usize = page.map_or(0, |token| token.0.parse().unwrap());
        let to = from.saturating_add(size).min(all.len());
        let again = usize::from(state.switches.listing == Listing::Repeats && from > 0);
        let next = if to < all.len() {
            Some(to)
        } else {
            (state.switches.listing == Listing::Circular).then_some(0)
        };
        Ok(ListPage {
            records: all.into_iter().take(to).skip(from - again).collect(),
            next: next.map(|offset| PageToken(offset.to_string())),
        })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        self.call().await?;
        Ok(self.state().rows.iter().find(|r| r.at == *at).map(Row::snapshot).into())
    }

    fn is_searchable(&self, field: &str) -> bool {
        !self.state().switches.unsearchable.contains(&field)
    }

    async fn find(&self, scope: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        self.call().await?;
        if let Probe::Field { name, .. } = by {
            assert!(self.is_searchable(name), "{} is searched by {name}", self.name);
        }
        let mut found = self.visible(scope);
        found.retain(|snapshot| match by {
            Probe::Marker(marker) => snapshot.marker.as_ref() == Some(marker),
            Probe::Field { name, value } => {
                let path = if name == "vat" { "customFields.NIF" } else { name };
                // With or without the country in front.
                let (stored, wanted) = (folded(snapshot.text(path)), folded(value));
                !stored.is_empty() && (wanted.ends_with(&stored) || stored.ends_with(&wanted))
            }
            _ => false,
        });
        found.truncate(limit);
        Ok(found)
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        self.call().await.map_err(WriteError::NotApplied)?;
        // Dead while the request is under way: it arrives as late as it can.
        let killed = self.fuse.is_last();
        let result = self.do_create(scope, raw, marker, killed);
        if killed {
            self.fuse.die().await;
        }
        self.fuse.step().await;
        result
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.call().await.map_err(WriteError::NotApplied)?;
        let mishap = {
            let mut state = self.state();
            state.writes.push(format!("remove {} {}", self.name, seen.at.id));
            if !matches!(state.switches.on_remove, Some(Mishap::NotSent | Mishap::Refused(_))) {
                state.rows.retain(|row| row.at != seen.at);
            }
            state.switches.on_remove.take()
        };
        self.fuse.step().await;
        match mishap {
            None => Ok(()),
            Some(Mishap::Refused(kind)) => Err(WriteError::NotApplied(fault(kind))),
            Some(_) => Err(lost()),
        }
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        self.call().await.map_err(WriteError::NotApplied)?;
        let Part::Fields(raw) = part else { return Err(WriteError::NotApplied(fault(FaultKind::Broken))) };
        let result = self.do_update(&seen.at, raw, marker);
        self.fuse.step().await;
        result
    }
}
