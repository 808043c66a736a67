use std::mem;

use serde_json::Value;

use super::change::{Change, Entity};
use super::checkpoint::{Looked, Scan};
use super::ids::Ids;
use super::source::drafts;
use super::{Feed, MOST_READ};
use crate::{Error, Page};

/// How often the list of customers is begun again that showed fewer rows than were counted.
const ROUNDS: u8 = 2;
/// How many records that a list did not show are looked for by one scan.
const MOST_MISSING: usize = 500;

impl Feed {
    /// Reads all customers and all drafts, one page a call, and `None` when it is through; for once a night.
    ///
    /// `POST /customers/count/`, `/customers/getAll/`, `/documents/getAll/` (drafts), and `getOne` of both. All are
    /// reads. It tells what polls cannot: what was deleted; and what they missed.
    ///
    /// Nothing is told as deleted because a list does not show it, as lists shift while they are read: each missing
    /// record is asked for by its id first, up to 500 of each kind in one scan; the rest waits for the next. And before the
    /// first one is told, `POST /companies/getAll/` makes sure once that the login still reaches the company.
    ///
    /// The future may be dropped: then nothing has happened. A scan that was interrupted goes on where it was.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll); [`ErrorKind::WrongAccount`](crate::ErrorKind::WrongAccount), in place of deletions, if the
    /// login no longer reaches the company.
    pub async fn scan(&mut self) -> Result<Option<Vec<Change>>, Error> {
        self.is_of_company()?;
        if mem::take(&mut self.ended.scan) {
            return Ok(None);
        }
        let scan = self.checkpoint.scan.as_ref().filter(|scan| self.wants(scan.entity));
        let Some(entity) = scan.map(|scan| scan.entity).or(self.first()) else { return Ok(None) };
        let missing = scan.and_then(|scan| scan.missing.as_ref());
        if let Some(missing) = missing {
            let ids: Vec<_> = missing.0.iter().take(MOST_READ).copied().collect();
            let looked = self.look(entity, &ids).await?;
            if !self.reached && looked.iter().any(|looked| matches!(looked, Looked::Gone)) {
                // To a login that lost the company, all of its records may look as if they were not there.
                self.client.identity().await?;
                self.reached = true;
            }
            return Ok(Some(self.take_missing(entity, &ids, looked)));
        }
        let offset = scan.map_or(0, |scan| scan.offset);
        let mut counted = None;
        let page = match entity {
            Entity::Customers => {
                if offset == 0 {
                    counted = Some(entity.count(&self.client, None).await?);
                }
                entity.page(&self.client, None, offset).await?
            }
            Entity::Documents => drafts(&self.client, offset).await?,
        };
        let mut scan = match self.checkpoint.scan.take() {
            Some(scan) if scan.entity == entity => scan,
            _ => Scan::of(entity),
        };
        if offset == 0 {
            scan.counted = counted;
        }
        Ok(Some(self.take_list(scan, page)))
    }

    fn take_list(&mut self, mut scan: Scan, page: Page<Value>) -> Vec<Change> {
        let (mut changes, mut fresh) = (Vec::new(), false);
        for row in page.items.into_iter().map(|value| scan.entity.row(value)) {
            let repeated = row.id.is_some_and(|id| !scan.seen.0.insert(id));
            fresh |= !repeated;
            changes.extend(self.checkpoint.take_row(scan.entity, &row, repeated));
        }
        let most = scan.counted.map(|counted| counted.saturating_mul(2).saturating_add(1000));
        // A list that goes on for ever ends here.
        let goes_on = |next: &u64| most.map_or(fresh, |most| *next <= most);
        match page.next.filter(goes_on) {
            Some(next) => {
                scan.offset = next;
                self.checkpoint.scan = Some(scan);
            }
            None => self.end_of_rows(scan),
        }
        self.checkpoint.moved(self.client.company());
        changes
    }

    fn end_of_rows(&mut self, mut scan: Scan) {
        let seen = u64::try_from(scan.seen.0.len()).unwrap_or(u64::MAX);
        if scan.round < ROUNDS && scan.counted.is_some_and(|counted| counted > seen) {
            scan.round += 1;
            scan.offset = 0;
            self.checkpoint.scan = Some(scan);
            return;
        }
        let is_missing = |id: &u64| !scan.seen.0.contains(id);
        let missing: Ids = match scan.entity {
            Entity::Customers => {
                Ids(self.checkpoint.known.0.keys().copied().filter(is_missing).take(MOST_MISSING).collect())
            }
            Entity::Documents => {
                Ids(self.checkpoint.ledger.drafts().filter(is_missing).take(MOST_MISSING).collect())
            }
        };
        if missing.0.is_empty() {
            self.end_of_scan(scan.entity);
        } else {
            // What was seen has served.
            scan.seen = Ids::default();
            scan.missing = Some(missing);
            self.checkpoint.scan = Some(scan);
        }
    }

    fn take_missing(&mut self, entity: Entity, ids: &[u64], looked: Vec<Looked>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, looked) in ids.iter().zip(looked) {
            match (entity, looked) {
                (Entity::Customers, Looked::Gone) => changes.extend(self.checkpoint.forget_customer(*id)),
                // It is there. What it looks like is for lists to tell: they show other fields.
                (Entity::Customers, Looked::Found(_)) => {}
                (Entity::Customers, Looked::Refused(reason)) => {
                    changes.push(Change::Unreadable { entity, id: Some(*id), reason });
                }
                (Entity::Documents, looked) => changes.extend(self.checkpoint.take_read(*id, looked)),
            }
        }
        let left = self.checkpoint.scan.as_mut().and_then(|scan| scan.missing.as_mut()).map(|missing| {
            missing.0.retain(|id| !ids.contains(id));
            missing.0.len()
        });
        if left.unwrap_or(0) == 0 {
            self.end_of_scan(entity);
        }
        self.checkpoint.moved(self.client.company());
        changes
    }

    fn end_of_scan(&mut self, entity: Entity) {
        let after = (entity == Entity::Customers && self.documents).then_some(Entity::Documents);
        self.checkpoint.scan = after.map(Scan::of);
        self.ended.scan = after.is_none();
        self.reached &= after.is_some();
    }
}
