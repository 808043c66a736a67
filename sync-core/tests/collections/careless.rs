//! A collection that makes one mistake.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, FaultKind, ListPage, Marker, MarkerKind, PageToken, Part,
    Probe, Raw, Read, RecordId, RecordRef, Scope, SetUp, Snapshot, WriteError, Written,
};
use sync_core::jiff::SignedDuration;
use sync_core::{AccountKey, async_trait};

use super::caps;
use super::careful::{Shelf, change, parent, refused, set_of};
use super::mistakes::Mistake;
use super::service::{Refusal, Service};

/// A right collection, and what a wrong one would do in its place.
pub(crate) struct Careless {
    right: Shelf,
    service: Arc<Service>,
    caps: Caps,
    mistake: Mistake,
    calls: AtomicUsize,
    seen: Mutex<String>,
    removed: Mutex<Vec<Snapshot>>,
}

impl Careless {
    pub(crate) fn new(mistake: Mistake, service: &Arc<Service>) -> Self {
        let right = match mistake {
            Mistake::TakesMarkersTwice => caps().marker(MarkerKind::Unique),
            Mistake::ListsOtherParents => caps().unique([""; 0]).under_parent(),
            _ => caps(),
        };
        let claimed = match mistake {
            Mistake::ClaimsNoReadLag => right.clone().read_lag(Duration::ZERO),
            Mistake::ClaimsNoIndexLag => right.clone().index_lag(Duration::ZERO),
            Mistake::FeedIsTooLate => right.clone().overlap(Duration::ZERO),
            _ => right.clone(),
        };
        let mut shelf = Shelf::new(service, right);
        if matches!(mistake, Mistake::DoubtsItself | Mistake::WritesInSecret | Mistake::MissesWhatPeopleDo) {
            shelf = shelf.read_only();
        }
        if mistake == Mistake::SetsNothingUp {
            shelf = shelf.not_set_up();
        }
        Self {
            right: shelf,
            service: service.clone(),
            caps: claimed,
            mistake,
            calls: AtomicUsize::new(0),
            seen: Mutex::default(),
            removed: Mutex::default(),
        }
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn call(&self) -> usize {
        self.calls.fetch_add(1, Ordering::SeqCst)
    }

    /// A record as this collection shows it.
    fn shown(&self, mut record: Snapshot) -> Snapshot {
        match self.mistake {
            Mistake::ChangesByItself => {
                record.raw.insert("readings".to_owned(), self.call().into());
            }
            Mistake::ForgetsMarkers => record.marker = None,
            Mistake::LeavesOutWhatIsEmpty => record.raw.retain(|_, value| !value.is_null()),
            Mistake::TellsNoTime => record.modified_at = None,
            Mistake::TimeStands => record.modified_at = record.created_at,
            Mistake::TimeGoesBack if record.version.as_deref() != Some("1") => {
                record.modified_at = record.created_at.map(|at| at - SignedDuration::from_secs(60));
            }
            Mistake::LocalTime => {
                record.modified_at = record.modified_at.map(|at| at + SignedDuration::from_hours(1));
            }
            _ => {}
        }
        record
    }

    fn row(&self, record: Snapshot) -> Snapshot {
        let mut row = self.shown(record);
        match self.mistake {
            Mistake::HidesMarkersInLists => row.marker = None,
            Mistake::ListsOldNames => {
                row.raw.insert("name".to_owned(), "Old Name".into());
            }
            _ => {}
        }
        row
    }

    fn answered(&self, mut written: Written, sent: &Raw) -> Written {
        if let (Mistake::AnswersWhatWasSent, Some(stored)) = (self.mistake, &mut written.stored) {
            stored.raw.clone_from(sent);
        }
        written.stored = written.stored.map(|stored| self.shown(stored));
        written
    }

    fn others(&self, of: &RecordId) -> Vec<RecordRef> {
        self.service.view(Duration::ZERO).into_keys().filter(|at| at.id != *of).collect()
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.right, self.seen.lock().unwrap())
    }
}

fn broken(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Broken, why)
}

#[async_trait]
impl Collection for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        let number = if self.is(Mistake::ChangesAccount) { self.call() } else { 1 };
        Ok(AccountKey::new("careless", number))
    }

    async fn set_up(&self) -> Result<SetUp, Fault> {
        self.right.set_up().await
    }

    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let mut listed = self.right.list(scope, page).await?;
        listed.records = listed.records.into_iter().map(|record| self.row(record)).collect();
        match self.mistake {
            Mistake::SkipsARecord if page.is_some() => {
                listed.records.pop();
            }
            Mistake::ListsTwice => {
                let last = listed.records.last().cloned();
                listed.records.extend(last);
            }
            Mistake::GoesInCircles if page.is_some() => listed.next = page.cloned(),
            Mistake::NeverEnds if listed.next.is_none() => {
                listed.next = Some(PageToken((1000 + self.call()).to_string()));
            }
            Mistake::ListsOtherParents => {
                let other = Scope::Under(RecordId::new("other"));
                listed.records.extend(self.right.indexed(&other));
            }
            Mistake::ListsWhatIsRemoved if listed.next.is_none() => {
                listed.records.extend(self.removed.lock().unwrap().clone());
            }
            _ => {}
        }
        Ok(listed)
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        match (self.mistake, self.right.get(at).await?) {
            (_, Read::Found(record)) => Ok(Read::Found(self.shown(record))),
            (Mistake::FindsWhatWasMerged, Read::MovedTo(survivor)) => self.right.get(&survivor).await,
            (Mistake::MovesToNowhere, Read::MovedTo(_)) => Ok(Read::MovedTo(at.clone())),
            (Mistake::KnowsEverybody, Read::Gone) => Ok(Read::Found(Snapshot::new(at.clone(), Raw::new()))),
            (Mistake::FailsForStrangers, Read::Gone) => Err(broken("there is no such record")),
            (_, read) => Ok(read),
        }
    }

    async fn find(&self, scope: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let limit = if self.is(Mistake::IgnoresTheLimit) { usize::MAX } else { limit };
        let mut found = self.right.find(scope, by, limit).await?;
        match (self.mistake, by) {
            (Mistake::FindsNoMarker, Probe::Marker(_)) => found.clear(),
            (Mistake::TakesAnyMarker, Probe::Marker(marker)) if found.is_empty() => {
                found.extend(self.right.indexed(scope).into_iter().take(1));
                for hit in &mut found {
                    hit.marker = Some(marker.clone());
                }
            }
            (Mistake::FindsBySpelling, Probe::Field { name, value }) => {
                found.retain(|hit| name != "email" || hit.text("email") == value);
            }
            _ => {}
        }
        Ok(found)
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let made =
            || self.service.create(parent(scope), raw, Some(marker.to_string()), false).map_err(refused);
        let mut result = self.right.create(scope, raw, marker).await;
        match (self.mistake, &mut result) {
            (Mistake::AnswersAnotherId, Ok(written)) => written.id = RecordId::new("r999"),
            (Mistake::CreatesTwo, Ok(_)) => {
                self.service.create(parent(scope), &Raw::new(), None, false).map_err(refused)?;
            }
            (Mistake::NamesAnother, Err(WriteError::Exists(id))) => {
                *id = self.others(id).first().map_or_else(|| id.clone(), |at| at.id.clone());
            }
            (Mistake::CreatesAndRefuses, Err(WriteError::Exists(_))) | (Mistake::WritesInSecret, Err(_)) => {
                made()?;
            }
            (Mistake::TakesMarkersTwice | Mistake::TakesValuesTwice, Err(WriteError::Exists(_))) => {
                let id = made()?.id;
                return Ok(Written { id, stored: None });
            }
            (Mistake::DoubtsRefusals, Err(_)) => return Err(WriteError::Unknown(broken("no answer"))),
            (Mistake::TakesWhatIsWrong, Err(WriteError::NotApplied(_))) => {
                return Err(WriteError::NotApplied(broken("something is wrong")));
            }
            (Mistake::ShowsValuesInErrors, Err(WriteError::NotApplied(fault))) => {
                let source = format!("{} is no address", raw.get("email").unwrap());
                let fault = Fault::new(fault.kind(), "a field is wrong").with_source(source);
                return Err(WriteError::NotApplied(fault));
            }
            (Mistake::ShowsValuesInDebug, _) => {
                self.seen.lock().unwrap().push_str(&Value::Object(raw.clone()).to_string());
            }
            (Mistake::DoubtsItself, Err(_)) => return Err(WriteError::Unknown(broken("read only"))),
            _ => {}
        }
        result.map(|written| self.answered(written, raw))
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let (mut seen, mut part) = (seen.clone(), part.clone());
        let write = |change: &mut dyn FnMut(&mut super::service::Record)| {
            self.service.update(&seen.at, seen.version.as_deref(), |record| change(record)).map_err(refused)
        };
        match (self.mistake, &mut part) {
            (Mistake::IgnoresVersions, _) => seen.version = None,
            (Mistake::WritesWhole, Part::Fields(fields)) => {
                write(&mut |record| record.raw.clone_from(fields))?;
                return Ok(Written { id: seen.at.id, stored: None });
            }
            (Mistake::NeverClears, Part::Fields(fields)) => fields.retain(|_, value| !value.is_null()),
            (Mistake::AddsInPlace, Part::AddTo { field, members }) => {
                write(&mut |record| *set_of(record, field) = members.iter().map(|m| json!(m)).collect())?;
                return Ok(Written { id: seen.at.id, stored: None });
            }
            (Mistake::AddsTwice, Part::AddTo { field, members }) => {
                write(&mut |record| set_of(record, field).extend(members.iter().map(|m| json!(m))))?;
                return Ok(Written { id: seen.at.id, stored: None });
            }
            (Mistake::FailsForMembersThatAreThere, Part::AddTo { field, members }) => {
                let there =
                    seen.raw.get(field.as_str()).and_then(Value::as_array).cloned().unwrap_or_default();
                if members.iter().any(|member| there.contains(&json!(member))) {
                    return Err(refused(Refusal::Invalid));
                }
            }
            _ => {}
        }
        let result = self.right.update(&seen, &part, marker).await;
        let fields = if let Part::Fields(fields) = &part { fields.clone() } else { Raw::new() };
        match (self.mistake, result) {
            (Mistake::FailsForWhatIsGone, Err(WriteError::NotApplied(fault)))
                if fault.kind() == FaultKind::Gone =>
            {
                Err(WriteError::NotApplied(broken("there is no such record")))
            }
            (Mistake::BringsBack, Err(WriteError::NotApplied(fault))) if fault.kind() == FaultKind::Gone => {
                let service = &self.service;
                service.restore(&seen.at, |record| change(record, &part));
                Err(WriteError::NotApplied(fault))
            }
            (Mistake::WritesEverywhere, Ok(written)) => {
                for at in self.others(&seen.at.id) {
                    self.service.restore(&at, |record| change(record, &part));
                }
                Ok(written)
            }
            (Mistake::LosesMarkers, Ok(written)) => {
                let lost = self.service.update(&seen.at, None, |record| record.marker = None);
                lost.map(|()| written).map_err(refused)
            }
            (_, result) => result.map(|written| self.answered(written, &fields)),
        }
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let is_there = self.service.view(Duration::ZERO).contains_key(&seen.at);
        match self.mistake {
            Mistake::KeepsWhatIsRemoved if is_there => return Ok(()),
            Mistake::ListsWhatIsRemoved => self.removed.lock().unwrap().push(seen.clone()),
            _ => {}
        }
        match (self.mistake, self.right.remove(seen).await) {
            (Mistake::RemovesTwice, Err(_)) => Ok(()),
            (_, removed) => removed,
        }
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let from_the_start = Cursor::Token(String::new());
        let since = if self.is(Mistake::FeedBeginsWithAll) { since.or(Some(&from_the_start)) } else { since };
        let Some(mut changes) = self.right.changes(since, page).await? else { return Ok(None) };
        changes.records = changes.records.into_iter().map(|record| self.shown(record)).collect();
        match self.mistake {
            Mistake::FeedForgetsUpdates | Mistake::MissesWhatPeopleDo => {
                changes.records.retain(|record| record.version.as_deref() == Some("1"));
            }
            Mistake::FeedGoesInCircles if page.is_some() => changes.next = page.cloned(),
            Mistake::FeedGoesBack => {
                if let (Some(Cursor::Time(_)), Cursor::Time(at)) = (since, &mut changes.cursor) {
                    *at -= SignedDuration::from_hours(2);
                }
            }
            Mistake::FeedDeletesTooMuch => {
                changes.gone.extend(changes.records.iter().map(|record| record.at.clone()));
            }
            _ => {}
        }
        Ok(Some(changes))
    }

    async fn count(&self, scope: &Scope) -> Result<Option<u64>, Fault> {
        let more = u64::from(self.is(Mistake::CountsTooMany));
        Ok(self.right.count(scope).await?.map(|count| count + more))
    }
}
