//! Facts at the left side, and the notes that are derived from them under the right one.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Derived, Fault, FaultKind, Life, ListPage, Marker, PageToken, Part, ProjectionKey, Raw,
    Read, RecordId, RecordRef, Rule, Scope, Side, Snapshot, Wanted, WriteError, Written,
};
use sync_core::jiff::civil::Date;

use crate::collection::throttled;
use crate::world::{State, World};

/// An invoice of a left record.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) owner: String,
    pub(crate) amount: u64,
    pub(crate) paid: bool,
    pub(crate) there: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) under: String,
    pub(crate) body: String,
    pub(crate) done: bool,
    pub(crate) marker: String,
    pub(crate) there: bool,
    /// What a person has done to it: the body, or that it is done.
    pub(crate) edited: Option<String>,
    pub(crate) edited_at: u64,
}

/// A write on its way.
#[derive(Debug, Clone)]
pub(crate) enum NoteOp {
    Create { under: String, body: String, done: bool, marker: String },
    Update { id: String, seen: String, body: Option<String>, done: Option<bool> },
}

/// The note as it was when the write landed: a person may have edited it by the time that the answer arrives. Or no.
pub(crate) type NoteReply = Result<(String, Note), ()>;

#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) documents: BTreeMap<String, Document>,
    pub(crate) all: BTreeMap<String, Note>,
    next: u64,
    pub(crate) in_flight: Vec<(u64, u64, NoteOp)>,
    pub(crate) replies: Vec<(u64, NoteReply)>,
    pub(crate) problems: Vec<String>,
    /// When a note whose create was not answered was found: what was done to it before was done within the round trip.
    pub(crate) adopted: BTreeMap<String, u64>,
}

impl Notes {
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.in_flight.iter().any(|(at, ..)| *at <= now)
    }

    pub(crate) fn land(&mut self, now: u64, alive: &[String]) {
        let (due, later): (Vec<_>, Vec<_>) = self.in_flight.drain(..).partition(|(at, ..)| *at <= now);
        self.in_flight = later;
        for (_, number, op) in due {
            let reply = self.execute(op, alive);
            self.replies.push((number, reply));
        }
    }

    fn execute(&mut self, op: NoteOp, alive: &[String]) -> NoteReply {
        match op {
            NoteOp::Create { under, body, done, marker } => {
                if !alive.contains(&under) {
                    return Err(());
                }
                self.next += 1;
                let id = format!("N{}", self.next);
                let note = Note { under, body, done, marker, there: true, edited: None, edited_at: 0 };
                self.all.insert(id.clone(), note.clone());
                Ok((id, note))
            }
            NoteOp::Update { id, seen, body, done } => {
                let adopted = self.adopted.get(&id).copied().unwrap_or_default();
                let note = self.all.get_mut(&id).filter(|note| note.there).ok_or(())?;
                if let Some(body) = body {
                    if note.edited.as_ref().is_some_and(|edited| *edited == note.body && *edited == seen)
                        && adopted < note.edited_at
                    {
                        self.problems
                            .push(format!("I4: note {id}: a person's {:?} became {body:?}", note.body));
                    }
                    note.body = body;
                }
                if let Some(done) = done {
                    note.done = done;
                }
                let note = note.clone();
                Ok((id, note))
            }
        }
    }
}

/// The service has merged a contact into another one: its notes move along.
pub(crate) fn moved(state: &mut State, side: Side, loser: &str, survivor: &str) {
    if side == Side::Right {
        for note in state.notes.all.values_mut().filter(|note| note.under == loser) {
            survivor.clone_into(&mut note.under);
        }
    } else {
        for document in state.notes.documents.values_mut().filter(|document| document.owner == loser) {
            survivor.clone_into(&mut document.owner);
        }
    }
}

/// One thing that a person does to an invoice or a note.
pub(crate) fn act(state: &mut State) {
    match state.rng.below(10) {
        0..=3 => {
            let owners = state.services.left.alive();
            let Some(owner) = state.rng.pick(&owners).cloned() else { return };
            state.notes.next += 1;
            let id = format!("D{}", state.notes.next);
            let amount = state.rng.between(1, 999);
            state.notes.documents.insert(id, Document { owner, amount, paid: false, there: true });
        }
        4 | 5 => {
            let ids: Vec<String> = state.notes.documents.keys().cloned().collect();
            let Some(id) = state.rng.pick(&ids).cloned() else { return };
            let document = state.notes.documents.get_mut(&id).unwrap();
            document.paid = true;
        }
        6 => {
            let ids: Vec<String> = state.notes.documents.keys().cloned().collect();
            let Some(id) = state.rng.pick(&ids).cloned() else { return };
            let amount = state.rng.between(1, 999);
            state.notes.documents.get_mut(&id).unwrap().amount = amount;
        }
        what => {
            let alive = state.notes.all.iter().filter(|(_, note)| note.there).map(|(id, _)| id.clone());
            let alive: Vec<String> = alive.collect();
            let Some(id) = state.rng.pick(&alive).cloned() else { return };
            let (token, now) = (state.ledger.fresh(), state.time);
            if state.trace {
                eprintln!("{:>7} PERSON note {id}: {what}", state.time);
            }
            let note = state.notes.all.get_mut(&id).unwrap();
            if what == 9 {
                note.there = false;
            } else {
                note.body = format!("u{token}.note");
                note.edited = Some(note.body.clone());
                note.edited_at = now;
            }
        }
    }
}

fn faulty(world: &World) -> Option<u64> {
    let mut state = world.lock();
    let faults = state.settings.faults;
    let fails = !state.calm && state.rng.permille(faults);
    if fails {
        state.ledger.faults += 1;
    }
    fails.then(|| state.rng.below(6))
}

async fn reading(world: &World) -> Result<(), Fault> {
    world.pause().await;
    match faulty(world) {
        None | Some(4) => Ok(()),
        Some(1) => Err(throttled(&world.lock())),
        Some(_) => Err(Fault::new(FaultKind::Transient, "no answer")),
    }
}

/// The invoices as a collection of facts.
#[derive(Debug, Clone)]
pub(crate) struct Documents {
    world: World,
    caps: Caps,
}

impl Documents {
    pub(crate) fn new(world: World) -> Arc<Self> {
        Arc::new(Self { world, caps: Caps::new() })
    }
}

fn fact(id: &str, document: &Document) -> Snapshot {
    let raw = json!({ "owner": document.owner, "amount": document.amount, "paid": document.paid });
    Snapshot::new(RecordRef::top(RecordId::new(id)), raw.as_object().cloned().unwrap())
}

#[async_trait]
impl Collection for Documents {
    fn name(&self) -> &'static str {
        "documents"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new("lefts", 1))
    }

    async fn list(&self, _: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        reading(&self.world).await?;
        let state = self.world.lock();
        let there = state.notes.documents.iter().filter(|(_, document)| document.there);
        Ok(ListPage { records: there.map(|(id, document)| fact(id, document)).collect(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        reading(&self.world).await?;
        let state = self.world.lock();
        let found = state.notes.documents.get(at.id.as_str()).filter(|document| document.there);
        Ok(found.map(|document| fact(at.id.as_str(), document)).into())
    }
}

/// An open invoice calls for a note; a paid one completes it.
#[derive(Debug)]
pub(crate) struct CollectNote;

impl Rule for CollectNote {
    fn derive(&self, fact: &Snapshot, _: Date) -> Derived {
        let paid = fact.get("paid").and_then(Value::as_bool).unwrap_or_default();
        let amount = fact.get("amount").and_then(Value::as_u64).unwrap_or_default();
        let fields = json!({ "body": format!("collect {amount}"), "done": paid });
        Derived::of(fact.text("owner")).want(Wanted {
            key: ProjectionKey::new(format!("note:{}", fact.at.id)),
            into: "notes".to_owned(),
            fields: fields.as_object().cloned().unwrap(),
            life: if paid { Life::Done } else { Life::Open },
        })
    }
}

/// The notes under right records. The marker is told with each.
#[derive(Debug, Clone)]
pub(crate) struct NoteCollection {
    world: World,
    caps: Caps,
}

impl NoteCollection {
    pub(crate) fn new(world: World) -> Arc<Self> {
        let timeout = world.lock().settings.services.right.request_timeout;
        let timeout = std::time::Duration::from_millis(timeout);
        Arc::new(Self { world, caps: Caps::new().under_parent().request_timeout(timeout) })
    }

    fn snapshot(id: &str, note: &Note) -> Snapshot {
        let raw = json!({ "body": note.body, "done": note.done });
        let at = RecordRef::under(RecordId::new(&note.under), RecordId::new(id));
        let snapshot = Snapshot::new(at, raw.as_object().cloned().unwrap());
        snapshot.with_marker(Some(Marker::new(&note.marker)))
    }

    async fn send(&self, op: NoteOp) -> Result<Written, WriteError> {
        let transient = || Fault::new(FaultKind::Transient, "no answer");
        let trouble = faulty(&self.world);
        let number = {
            let mut state = self.world.lock();
            state.ledger.writes += 1;
            let delay = match trouble {
                Some(0) => return Err(WriteError::NotApplied(transient())),
                Some(1) => return Err(WriteError::NotApplied(throttled(&state))),
                Some(5) => return Err(WriteError::Unknown(transient())),
                Some(4) => {
                    let timeout = state.settings.services.right.request_timeout;
                    state.rng.between(1, timeout)
                }
                _ => 0,
            };
            state.next_number += 1;
            let (number, at) = (state.next_number, state.time + delay);
            state.notes.in_flight.push((at, number, op));
            number
        };
        self.world.pause().await;
        self.world.land_due();
        let mut state = self.world.lock();
        let reply = state.notes.replies.iter().position(|(n, _)| *n == number);
        let reply = reply.map(|at| state.notes.replies.swap_remove(at).1);
        match reply.filter(|_| trouble.is_none()) {
            None => Err(WriteError::Unknown(transient())),
            Some(Err(())) => {
                // Refused, so nothing was written.
                state.ledger.writes -= 1;
                Err(WriteError::NotApplied(Fault::new(FaultKind::Gone, "it is gone")))
            }
            Some(Ok((id, note))) => {
                let stored = (number % 2 == 0).then(|| Self::snapshot(&id, &note));
                Ok(Written { id: RecordId::new(id), stored })
            }
        }
    }
}

fn text(raw: &Raw, name: &str) -> Option<String> {
    raw.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn flag(raw: &Raw, name: &str) -> Option<bool> {
    raw.get(name).and_then(Value::as_bool)
}

#[async_trait]
impl Collection for NoteCollection {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new("rights", 1))
    }

    async fn list(&self, scope: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        reading(&self.world).await?;
        let state = self.world.lock();
        let Scope::Under(parent) = scope else {
            return Err(Fault::new(FaultKind::Broken, "by contact only"));
        };
        let mine = state.notes.all.iter().filter(|(_, note)| note.there && note.under == parent.as_str());
        Ok(ListPage { records: mine.map(|(id, note)| Self::snapshot(id, note)).collect(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        reading(&self.world).await?;
        let state = self.world.lock();
        // Addressed under the contact that it is not under any more, it is not found.
        let under = |note: &&Note| at.parent.as_ref().is_some_and(|parent| parent.as_str() == note.under);
        let found = state.notes.all.get(at.id.as_str()).filter(|note| note.there).filter(under);
        Ok(found.map(|note| Self::snapshot(at.id.as_str(), note)).into())
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let Scope::Under(parent) = scope else {
            return Err(WriteError::NotApplied(Fault::new(FaultKind::Broken, "under a contact only")));
        };
        self.send(NoteOp::Create {
            under: parent.as_str().to_owned(),
            body: text(raw, "body").unwrap_or_default(),
            done: flag(raw, "done").unwrap_or_default(),
            marker: marker.as_str().to_owned(),
        })
        .await
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        let Part::Fields(raw) = part else {
            return Err(WriteError::NotApplied(Fault::new(FaultKind::Broken, "no such part")));
        };
        let id = seen.at.id.as_str().to_owned();
        let shown = text(&seen.raw, "body").unwrap_or_default();
        self.send(NoteOp::Update { id, seen: shown, body: text(raw, "body"), done: flag(raw, "done") }).await
    }
}
