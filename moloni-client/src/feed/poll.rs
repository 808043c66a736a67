use std::mem;

use jiff::Timestamp;
use serde_json::Value;

use super::change::{Change, Entity};
use super::checkpoint::Reading;
use super::{Feed, watermark};
use crate::{Error, Page};

/// How often a list is begun again that showed fewer rows than were counted.
const ROUNDS: u8 = 2;
/// How many polls in a row may end so before the feed goes on all the same.
const HELD: u8 = 2;

impl Feed {
    /// Reads on: one page of what has changed, `None` when the poll is through. The next call begins another poll.
    ///
    /// `POST /customers/getModifiedSince/`, `/documents/getModifiedSince/`, both `countModifiedSince`, and
    /// `/documents/getOne/`; the first time `getAll` and `count` in their place. All are reads. A page is one page
    /// of a list, of 50 rows at most, or up to 25 documents that others name; it may well be without changes. See
    /// [above](super) for how it finds them.
    ///
    /// The future may be dropped: then nothing has happened.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set, or the checkpoint is of another one. The
    /// checkpoint stays as it was, and the next call reads the same page.
    pub async fn poll(&mut self) -> Result<Option<Vec<Change>>, Error> {
        self.is_of_company()?;
        if self.documents && !self.checkpoint.waiting.0.is_empty() {
            return self.read_waiting().await.map(Some);
        }
        if mem::take(&mut self.ended.poll) {
            return Ok(None);
        }
        let reading = self.checkpoint.poll.as_ref().filter(|reading| self.wants(reading.entity));
        let begun = reading.map(|reading| (reading.entity, reading.since, reading.offset));
        let Some(entity) = begun.map(|(entity, ..)| entity).or(self.first()) else { return Ok(None) };
        let (_, since, offset) = begun.unwrap_or_else(|| (entity, self.since(entity), 0));

        // Before the request: what changes after it is not read.
        let local = self.env.now();
        let mut page = entity.page(&self.client, since, offset).await?;
        let next = watermark::next(page.served_at, local, self.checkpoint.track(entity).watermark);
        let mut counted = None;
        if offset == 0 && page.next.is_some() {
            // The count has to be older than every page, or what is deleted between the two hides a gap.
            counted = Some(entity.count(&self.client, since).await?);
            page = entity.page(&self.client, since, 0).await?;
        }
        let mut reading = match self.checkpoint.poll.take() {
            Some(reading) if reading.entity == entity => reading,
            _ => Reading::of(entity, since),
        };
        reading.next.get_or_insert(next);
        if offset == 0 {
            reading.counted = counted;
        }
        Ok(Some(self.take_page(reading, page)))
    }

    fn since(&mut self, entity: Entity) -> Option<Timestamp> {
        let overlap = self.overlap;
        self.checkpoint.track(entity).watermark.map(|moment| watermark::before(moment, overlap))
    }

    fn take_page(&mut self, mut reading: Reading, page: Page<Value>) -> Vec<Change> {
        let entity = reading.entity;
        let rows: Vec<_> = page.items.into_iter().map(|value| entity.row(value)).collect();
        let mut changes = Vec::new();
        for row in &rows {
            let repeated = row.id.is_some_and(|id| !reading.seen.0.insert(id));
            reading.nameless += u64::from(row.id.is_none());
            changes.extend(self.checkpoint.take_row(entity, row, repeated));
        }
        if entity == Entity::Documents {
            // What came with this very page needs no second look.
            for id in rows.iter().filter_map(|row| row.id) {
                self.checkpoint.waiting.0.remove(&id);
            }
            if reading.since.is_none() {
                self.forget(reading.next);
            }
        }
        let most = reading.counted.unwrap_or(0).saturating_mul(2).saturating_add(1000);
        match page.next.filter(|next| *next <= most) {
            Some(next) => {
                reading.offset = next;
                self.checkpoint.poll = Some(reading);
            }
            // The end; or a list that goes on for ever, which then lacks rows.
            None => changes.extend(self.end_of_list(reading)),
        }
        self.checkpoint.moved(self.client.company());
        changes
    }

    fn end_of_list(&mut self, mut reading: Reading) -> Option<Change> {
        let (entity, since, is_first) = (reading.entity, reading.since, reading.since.is_none());
        let seen = reading.rows();
        let short = reading.counted.filter(|counted| *counted > seen);
        if short.is_some() && reading.round < ROUNDS {
            reading.round += 1;
            reading.offset = 0;
            if !is_first {
                // What is gone by now must not count for what was missed. The first time these ids also tell what is
                // settled and forgotten, and what is missed then is found by a scan.
                reading.seen.0.clear();
                reading.nameless = 0;
            }
            self.checkpoint.poll = Some(reading);
            return None;
        }
        let track = self.checkpoint.track(entity);
        let mut missed = None;
        if short.is_some() && !is_first && track.held < HELD {
            // The next poll asks for the same again.
            track.held += 1;
        } else {
            track.held = 0;
            track.watermark = reading.next;
            missed = short.map(|counted| Change::Missed { entity, since, counted, seen });
            if entity == Entity::Documents {
                self.forget(reading.next);
            }
        }
        let after = (entity == Entity::Customers && self.documents).then_some(Entity::Documents);
        self.checkpoint.poll = after.map(|entity| Reading::of(entity, self.since(entity)));
        self.ended.poll = after.is_none();
        missed
    }

    /// Forgets the documents that no poll from `watermark` on brings again.
    fn forget(&mut self, watermark: Option<Timestamp>) {
        let reach = watermark.map(|moment| watermark::before(moment, self.overlap + watermark::MEMORY));
        if let Some(reach) = reach {
            self.checkpoint.ledger.forget(reach);
        }
    }

    async fn read_waiting(&mut self) -> Result<Vec<Change>, Error> {
        let ids: Vec<_> = self.checkpoint.waiting.0.iter().take(super::MOST_READ).copied().collect();
        let looked = self.look(Entity::Documents, &ids).await?;
        let mut changes = Vec::new();
        for (id, looked) in ids.into_iter().zip(looked) {
            self.checkpoint.waiting.0.remove(&id);
            changes.extend(self.checkpoint.take_read(id, looked));
        }
        self.checkpoint.moved(self.client.company());
        Ok(changes)
    }
}
