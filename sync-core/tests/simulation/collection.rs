//! The two services as collections, with faults on every call.

use async_trait::async_trait;
use serde_json::Value;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, FaultKind, ListPage, Marker, PageToken, Part, Probe, Raw,
    Read, RecordId, RecordRef, Scope, Side, Snapshot, WriteError, Written,
};
use sync_core::jiff::Timestamp;

use crate::service::{Op, Reply};
use crate::world::{Landed, State, World, base};

#[derive(Debug, Clone)]
pub(crate) struct SimCollection {
    pub(crate) world: World,
    pub(crate) side: Side,
    caps: Caps,
}

/// What goes wrong with one call.
enum Trouble {
    Nothing,
    NotSent,
    Throttled,
    /// It takes effect, and nobody is told.
    ReplyLost,
    /// It takes effect later, and nobody is told.
    Late(u64),
    /// It does not take effect, and nobody is told.
    Failed,
}

impl SimCollection {
    pub(crate) fn new(world: World, side: Side) -> Self {
        let caps = world.lock().settings.services[side].caps();
        Self { world, side, caps }
    }

    fn trouble(&self) -> Trouble {
        let mut state = self.world.lock();
        let faults = state.settings.faults;
        if state.calm || !state.rng.permille(faults) {
            return Trouble::Nothing;
        }
        state.ledger.faults += 1;
        match state.rng.below(6) {
            0 => Trouble::NotSent,
            1 => Trouble::Throttled,
            2 | 3 => Trouble::ReplyLost,
            4 => {
                let timeout = state.settings.services[self.side].request_timeout;
                Trouble::Late(state.rng.between(1, timeout))
            }
            _ => Trouble::Failed,
        }
    }

    async fn reading(&self) -> Result<(), Fault> {
        self.world.pause().await;
        match self.trouble() {
            Trouble::Nothing | Trouble::Late(_) => Ok(()),
            Trouble::Throttled => Err(throttled(&self.world.lock())),
            _ => Err(Fault::new(FaultKind::Transient, "no answer")),
        }
    }

    /// Of which moment a read tells.
    fn as_of(&self) -> u64 {
        let mut state = self.world.lock();
        let lag = state.settings.services[self.side].read_lag;
        let behind = if lag > 0 && state.rng.half() { state.rng.below(lag) } else { 0 };
        state.time.saturating_sub(behind)
    }

    /// Of which moment a search or a listing tells.
    fn indexed_as_of(&self) -> u64 {
        let mut state = self.world.lock();
        let service = &state.settings.services[self.side];
        let lag = service.index_lag.max(service.read_lag);
        let behind = if lag > 0 { state.rng.below(lag) } else { 0 };
        state.time.saturating_sub(behind)
    }

    fn all_as_of(&self, as_of: u64) -> Vec<Snapshot> {
        let state = self.world.lock();
        let service = &state.services[self.side];
        let shown = service.records.iter().filter_map(|(id, record)| {
            let contents = record.as_of(as_of).filter(|contents| contents.there)?;
            Some(service.snapshot(id, record, contents, as_of, base()))
        });
        shown.collect()
    }

    /// Sends a write: it lands when it lands, even if nobody waits for it any more.
    async fn send(&self, op: Op, seen_as_of: u64) -> Result<(Reply, Landed), WriteError> {
        let transient = || Fault::new(FaultKind::Transient, "no answer");
        let trouble = self.trouble();
        let number = {
            let mut state = self.world.lock();
            state.ledger.writes += 1;
            let (delay, answered) = match trouble {
                Trouble::NotSent => return Err(WriteError::NotApplied(transient())),
                Trouble::Throttled => return Err(WriteError::NotApplied(throttled(&state))),
                Trouble::Failed => return Err(WriteError::Unknown(transient())),
                Trouble::Nothing => (0, true),
                Trouble::ReplyLost => (0, false),
                Trouble::Late(delay) => (delay, false),
            };
            state.next_number += 1;
            let number = state.next_number;
            // Now and then it takes a while although nothing is wrong.
            let timeout = state.settings.services[self.side].request_timeout;
            let delay = if answered && !state.calm && state.rng.permille(300) {
                state.rng.below(timeout)
            } else {
                delay
            };
            let lands_at = state.time + delay;
            state.in_flight.push(crate::world::InFlight {
                number,
                lands_at,
                side: self.side,
                op,
                seen_as_of,
                answered,
            });
            number
        };
        if matches!(trouble, Trouble::Late(_)) {
            self.world.pause().await;
            return Err(WriteError::Unknown(transient()));
        }
        loop {
            self.world.pause().await;
            self.world.land_due();
            let mut state = self.world.lock();
            if let Some(at) = state.replies.iter().position(|(n, ..)| *n == number) {
                let (_, reply, landed) = state.replies.swap_remove(at);
                return Ok((reply, landed));
            }
            if matches!(trouble, Trouble::ReplyLost) && !state.in_flight.iter().any(|w| w.number == number) {
                return Err(WriteError::Unknown(transient()));
            }
        }
    }

    fn written(&self, (reply, landed): (Reply, Landed)) -> Result<Written, WriteError> {
        match reply {
            Reply::Done(id) => {
                let state = self.world.lock();
                let service = &state.services[self.side];
                let landed = landed.filter(|_| service.settings.returns_record);
                let stored = landed.and_then(|(at, contents)| {
                    let record = service.records.get(&id)?;
                    Some(service.snapshot(&id, record, &contents, at, base()))
                });
                Ok(Written { id: RecordId::new(id), stored })
            }
            Reply::Exists(id) => Err(WriteError::Exists(RecordId::new(id))),
            Reply::Gone => Err(WriteError::NotApplied(Fault::new(FaultKind::Gone, "it is gone"))),
            Reply::Changed => Err(WriteError::NotApplied(Fault::new(FaultKind::Changed, "it has changed"))),
        }
    }
}

pub(crate) fn throttled(state: &State) -> Fault {
    let retry_after = Some(std::time::Duration::from_millis(state.settings.rest));
    Fault::new(FaultKind::Throttled { retry_after }, "too many")
}

pub(crate) fn seen_as_of(snapshot: &Snapshot) -> u64 {
    snapshot.raw.get("as_of").and_then(Value::as_u64).unwrap_or_default()
}

#[async_trait]
impl Collection for SimCollection {
    fn name(&self) -> &'static str {
        match self.side {
            Side::Left => "lefts",
            Side::Right => "rights",
        }
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new(self.name(), 1))
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        self.reading().await?;
        let all = self.all_as_of(self.indexed_as_of());
        let from: usize = page.map_or(0, |page| page.0.parse().unwrap());
        let records: Vec<_> = all.iter().skip(from).take(3).cloned().collect();
        let next = (from + 3 < all.len()).then(|| PageToken((from + 3).to_string()));
        Ok(ListPage { records, next })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        self.reading().await?;
        let as_of = self.as_of();
        let mut state = self.world.lock();
        let state = &mut *state;
        let service = &state.services[self.side];
        let Some(record) = service.records.get(at.id.as_str()) else { return Ok(Read::Gone) };
        let Some(contents) = record.as_of(as_of) else { return Ok(Read::Gone) };
        if state.trace {
            eprintln!("{:>7}   {} read as of {as_of}: {:?}", state.time, at.id, contents);
        }
        if contents.there {
            state.ledger.engine_read(self.side, at.id.as_str(), contents);
            return Ok(Read::Found(service.snapshot(at.id.as_str(), record, contents, as_of, base())));
        }
        match &contents.moved_to {
            Some(to) if service.settings.tells_merges => Ok(Read::MovedTo(RecordRef::top(RecordId::new(to)))),
            _ => Ok(Read::Gone),
        }
    }

    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        self.reading().await?;
        let all = self.all_as_of(self.indexed_as_of());
        let hits = all.into_iter().filter(|snapshot| match by {
            Probe::Marker(marker) => snapshot.marker.as_ref() == Some(marker),
            Probe::Field { name, value } => snapshot.text(name) == value,
            _ => false,
        });
        Ok(hits.take(limit).collect())
    }

    async fn create(&self, _: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let as_of = self.world.lock().time;
        let op = Op::Create { raw: raw.clone(), marker: marker.as_str().to_owned() };
        let reply = self.send(op, as_of).await?;
        self.written(reply)
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        let (id, version) = (seen.at.id.to_string(), seen.version.as_ref().map(|v| v.parse().unwrap()));
        let op = match part {
            Part::Fields(raw) => {
                let mut all = raw.clone();
                if self.world.lock().settings.services[self.side].full_replace {
                    for (name, value) in
                        seen.raw.iter().filter(|(name, _)| *name != "as_of" && *name != "frozen")
                    {
                        all.entry(name.clone()).or_insert_with(|| value.clone());
                    }
                }
                Op::Update { id, raw: all, version }
            }
            Part::AddTo { members, .. } => Op::Members { id, add: members.clone(), remove: vec![], version },
            // The version is that of before the additions.
            Part::RemoveFrom { members, .. } => {
                Op::Members { id, add: vec![], remove: members.clone(), version: None }
            }
            _ => return Err(WriteError::NotApplied(Fault::new(FaultKind::Broken, "no such part"))),
        };
        let reply = self.send(op, seen_as_of(seen)).await?;
        self.written(reply)
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let reply = self.send(Op::Remove { id: seen.at.id.to_string() }, seen_as_of(seen)).await?;
        self.written(reply).map(drop)
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        _: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        if !self.world.lock().settings.services[self.side].feed {
            return Ok(None);
        }
        self.reading().await?;
        let as_of = self.indexed_as_of();
        let now = self.world.lock().time;
        let moment = |at: u64| base() + std::time::Duration::from_millis(at);
        let cursor = Cursor::Time(moment(now));
        let Some(Cursor::Time(since)) = since else {
            return Ok(Some(ChangePage { records: vec![], gone: vec![], next: None, cursor }));
        };
        let changed = |snapshot: &Snapshot| {
            let state = self.world.lock();
            let record = state.services[self.side].records.get(snapshot.at.id.as_str()).unwrap();
            moment(record.as_of(as_of).unwrap().modified_at) >= *since
        };
        let records = self.all_as_of(as_of).into_iter().filter(changed).collect();
        Ok(Some(ChangePage { records, gone: vec![], next: None, cursor }))
    }
}

pub(crate) fn wall(state_time: u64, offset: i64) -> Timestamp {
    base()
        + std::time::Duration::from_millis(state_time)
        + sync_core::jiff::SignedDuration::from_millis(offset)
}
