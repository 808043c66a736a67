use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sync_core::StoreError;
use sync_core::engine::{Happening, ProjectionKey, RecordId, RecordRef, RunId};
use sync_core::jiff::Timestamp;
use sync_core::queue::WorkKey;
use sync_core::store::Store;

use super::EventType;

/// Something that was told in the CRM.
///
/// As JSON:
///
/// ```text
/// {"eventType":"invoice.issued","eventId":"moloni:5:doc:42:issued","contactId":"seD4PfOuKoVMLkEZqohJ",
///  "recordId":"nN5q0zTtGHtIV9V6dqQb","what":"created","at":"2026-11-26T10:02:03.123Z","run":"2026-11-26T…-plan-…"}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// What it tells.
    pub event_type: EventType,
    /// Its id: the same whenever the same is told.
    pub event_id: ProjectionKey,
    /// The contact; `None` if the journal does not reach back to when it was told first, and the state knows nothing of it
    /// any more.
    pub contact_id: Option<RecordId>,
    /// The note, task or appointment, likewise.
    pub record_id: Option<RecordId>,
    /// What was done.
    pub what: Happened,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: Option<RunId>,
}

/// What was done to tell an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happened {
    /// Its record was created.
    Created,
    /// Its record was changed.
    Updated,
    /// Its record was found to be there, created by a request whose answer was lost or by a run that was forgotten.
    Found,
}

/// How many entries of the journal are read at once.
const PAGE: usize = 500;

/// What a run has told, or what the journal knows of, oldest first.
pub(crate) async fn events(store: &dyn Store, run: Option<&RunId>) -> Result<Vec<Event>, StoreError> {
    let (mut events, mut places, mut after) = (Vec::new(), HashMap::new(), 0);
    loop {
        let page = match run {
            Some(run) => store.journal_of_run(run, after, PAGE).await?,
            None => store.journal(None, after, PAGE).await?,
        };
        let Some((last, _)) = page.last() else { return Ok(events) };
        after = *last;
        for (_, entry) in page {
            let WorkKey::Projection(key) = &entry.about else { continue };
            let (what, place) = match &entry.what {
                Happening::Created(_, at, _) => (Happened::Created, Some(at.clone())),
                Happening::Linked(_, at) => (Happened::Found, Some(at.clone())),
                Happening::Wrote(..) => (Happened::Updated, None),
                _ => continue,
            };
            let place = match place.or_else(|| places.get(key).cloned()) {
                Some(place) => Some(place),
                None => place_of(store, key).await?,
            };
            if let Some(place) = &place {
                places.insert(key.clone(), place.clone());
            }
            let (contact_id, record_id) = place.map_or((None, None), |at| (at.parent, Some(at.id)));
            events.push(Event {
                event_type: EventType::of(key),
                event_id: key.clone(),
                contact_id,
                record_id,
                what,
                at: entry.at,
                run: entry.run,
            });
        }
    }
}

/// Where the record of an event is, or was when it was heard of last.
async fn place_of(store: &dyn Store, key: &ProjectionKey) -> Result<Option<RecordRef>, StoreError> {
    let known = store.projection(key).await?.and_then(|found| found.value.at);
    if known.is_some() {
        return Ok(known);
    }
    let (about, mut place, mut after) = (WorkKey::Projection(key.clone()), None, 0);
    loop {
        let page = store.journal(Some(&about), after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(place) };
        after = *last;
        let mut places = page.into_iter().filter_map(|(_, entry)| match entry.what {
            Happening::Created(_, at, _) | Happening::Linked(_, at) => Some(at),
            _ => None,
        });
        place = places.next_back().or(place);
    }
}
