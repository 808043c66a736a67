use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::collection::Cursor;
use super::super::link::Link;
use super::super::record::Side;
use super::super::runtime::{EngineError, Runtime};
use super::Found;
use crate::queue::{Priority, WorkKey};
use crate::store::{FeedId, Position};

impl Runtime {
    /// Reads what a side says has changed. `None` if it has no change feed.
    pub(in super::super) async fn poll(&self, side: Side) -> Result<Option<Found>, EngineError> {
        let name = format!("changes of {}", self.collection(side).name());
        let feed = FeedId::new(&name);
        let position = self.store.position(&feed).await?;
        let (rev, from) = match position {
            Some(found) => (Some(found.rev), Some(found.value)),
            None => (None, None),
        };
        let from = match from {
            Some(Position::Changes(cursor)) => Some(cursor),
            Some(Position::Listing(_)) | None => None,
        };
        let since = from.clone().map(|cursor| self.overlapped(side, cursor));
        let (mut found, mut page, mut next_cursor) =
            (Found { complete: true, ..Found::default() }, None, None);
        let mut pages: BTreeSet<String> = BTreeSet::new();
        let (next, last) = loop {
            let changes = self.collection(side).changes(since.as_ref(), page.as_ref()).await;
            let changes = self.told(self.account(side), changes).map_err(|trouble| self.stopped(trouble))?;
            let Some(changes) = changes else { return Ok(None) };
            let mut keys = self.hints_of_rows(side, &changes.records).await?;
            let gone = self.store.links_of(side, &changes.gone).await?.into_iter().flatten();
            let gone = gone.map(|found| found.value).filter(Link::is_live);
            keys.extend(gone.map(|link| WorkKey::Link(link.id)));
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
        // A feed tells of what comes after its beginning. What was there before is listed once, and only from now on: a
        // listing that is older than the feed would leave a gap between the two.
        let start = FeedId::new(format!("start of {}", self.collection(side).name()));
        if self.store.position(&start).await?.is_none_or(|found| found.value != Position::Listing(None)) {
            let before = self.list_from(side, &start).await?;
            found.looked_at += before.looked_at;
            found.hinted += before.hinted;
        }
        self.finished(&name, found);
        Ok(Some(found))
    }

    fn overlapped(&self, side: Side, cursor: Cursor) -> Cursor {
        match cursor {
            Cursor::Time(at) => {
                let overlap = self.collection(side).caps().overlap;
                Cursor::Time(at.checked_sub(overlap).unwrap_or(Timestamp::MIN))
            }
            token @ Cursor::Token(_) => token,
        }
    }
}
