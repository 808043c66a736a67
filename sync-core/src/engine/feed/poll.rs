use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::collection::{ChangePage, Collection, Cursor};
use super::super::link::Link;
use super::super::record::{RecordRef, Side};
use super::super::rule::FactKey;
use super::super::runtime::{EngineError, Runtime};
use super::Found;
use crate::queue::{Priority, WorkKey};
use crate::store::{FeedId, Position};

/// Whose changes a feed tells of.
#[derive(Debug, Clone, Copy)]
enum Told<'a> {
    /// The records of a side.
    Side(Side),
    /// A collection of facts.
    Facts(&'a dyn Collection),
}

impl Runtime {
    /// Reads what a side says has changed. `None` if it has no change feed.
    pub(in super::super) async fn poll(&self, side: Side) -> Result<Option<Found>, EngineError> {
        let collection = self.collection(side);
        let Some(mut found) = self.follow_feed(collection, Told::Side(side)).await? else { return Ok(None) };
        // A feed tells of what comes after its beginning. What was there before is listed once, and only from now on: a
        // listing that is older than the feed would leave a gap between the two.
        let start = start_of(collection);
        if !self.has_begun(&start).await? {
            let before = self.list_from(side, &start).await?;
            found.looked_at += before.looked_at;
            found.hinted += before.hinted;
        }
        self.finished(&changes_of(collection), found);
        Ok(Some(found))
    }

    /// Reads which facts of a collection have changed. `None` if it has no change feed.
    pub(in super::super) async fn poll_facts(&self, name: &str) -> Result<Option<Found>, EngineError> {
        let facts = self.facts_in(name).map_err(|trouble| self.stopped(trouble))?;
        let collection = facts.collection.as_ref();
        let Some(mut found) = self.follow_feed(collection, Told::Facts(collection)).await? else {
            return Ok(None);
        };
        let start = start_of(collection);
        if !self.has_begun(&start).await? {
            let before = self.list_facts(name, Some(&start)).await?;
            found.looked_at += before.looked_at;
            found.hinted += before.hinted;
        }
        self.finished(&changes_of(collection), found);
        Ok(Some(found))
    }

    async fn has_begun(&self, start: &FeedId) -> Result<bool, EngineError> {
        Ok(self.store.position(start).await?.is_some_and(|found| found.value == Position::Listing(None)))
    }

    /// Hints what a feed tells of since the last time, and moves its cursor.
    async fn follow_feed(
        &self,
        collection: &dyn Collection,
        told: Told<'_>,
    ) -> Result<Option<Found>, EngineError> {
        let side = match told {
            Told::Side(side) => side,
            Told::Facts(_) => Side::Left,
        };
        let feed = FeedId::new(changes_of(collection));
        let position = self.store.position(&feed).await?;
        let (rev, from) = match position {
            Some(found) => (Some(found.rev), Some(found.value)),
            None => (None, None),
        };
        let from = match from {
            Some(Position::Changes(cursor)) => Some(cursor),
            Some(Position::Listing(_)) | None => None,
        };
        let since = from.clone().map(|cursor| overlapped(collection, cursor));
        let (mut found, mut page, mut next_cursor) =
            (Found { complete: true, ..Found::default() }, None, None);
        let mut pages: BTreeSet<String> = BTreeSet::new();
        let (next, last) = loop {
            let asked_at = self.now();
            let changes = collection.changes(since.as_ref(), page.as_ref()).await;
            let changes = self.told(self.account(side), changes).map_err(|trouble| self.stopped(trouble))?;
            let Some(changes) = changes else { return Ok(None) };
            let keys = match told {
                Told::Side(side) => self.hints_of_changes(side, &changes).await?,
                Told::Facts(collection) => self.hints_of_facts(collection, &changes, asked_at).await?,
            };
            found.looked_at += changes.records.len() + changes.gone.len();
            let cursor = next_cursor.get_or_insert(changes.cursor);
            let Some(next) = changes.next else { break (cursor.clone(), keys) };
            found.hinted += self.mark(keys, Priority::Event).await?;
            if !pages.insert(next.0.clone()) {
                return Err(self.circle(side));
            }
            page = Some(next);
        };
        let next = match (from, next) {
            // Never backwards, whatever the service's clock says.
            (Some(Cursor::Time(from)), Cursor::Time(next)) => Cursor::Time(from.max(next)),
            (_, next) => next,
        };
        // The last page's hints come with the cursor, those of the others are there already.
        found.hinted += self.advance(&feed, rev, Position::Changes(next), last, Priority::Event).await?;
        Ok(Some(found))
    }

    async fn hints_of_changes(&self, side: Side, changes: &ChangePage) -> Result<Vec<WorkKey>, EngineError> {
        let mut keys = self.hints_of_rows(side, &changes.records).await?;
        let gone = self.store.links_of(side, &changes.gone).await?.into_iter().flatten();
        let gone = gone.map(|found| found.value).filter(Link::is_live);
        keys.extend(gone.map(|link| WorkKey::Link(link.id)));
        Ok(keys)
    }

    async fn hints_of_facts(
        &self,
        collection: &dyn Collection,
        changes: &ChangePage,
        asked_at: Timestamp,
    ) -> Result<Vec<WorkKey>, EngineError> {
        let key = |at: &RecordRef| FactKey::new(collection.name(), at.clone());
        let mut keys = self.take_rows(collection.name(), &changes.records, asked_at).await?;
        let gone: Vec<_> = changes.gone.iter().map(key).collect();
        let known = self.store.facts(&gone).await?;
        let gone = gone.into_iter().zip(known).filter(|(_, known)| known.is_some());
        keys.extend(gone.map(|(key, _)| WorkKey::Fact(key)));
        Ok(keys)
    }
}

fn changes_of(collection: &dyn Collection) -> String {
    format!("changes of {}", collection.name())
}

fn start_of(collection: &dyn Collection) -> FeedId {
    FeedId::new(format!("start of {}", collection.name()))
}

fn overlapped(collection: &dyn Collection, cursor: Cursor) -> Cursor {
    match cursor {
        Cursor::Time(at) => {
            let overlap = collection.caps().overlap;
            Cursor::Time(at.checked_sub(overlap).unwrap_or(Timestamp::MIN))
        }
        token @ Cursor::Token(_) => token,
    }
}
