use std::collections::BTreeSet;

use super::super::collection::PageToken;
use super::super::record::Side;
use super::super::runtime::{EngineError, Runtime};
use super::Found;
use crate::queue::Priority;
use crate::store::{FeedId, Position};

impl Runtime {
    /// Hints every record of a side once, page by page: a run that ends early is gone on with.
    pub(in super::super) async fn backfill(&self, side: Side) -> Result<Found, EngineError> {
        let name = format!("backfill of {}", self.collection(side).name());
        let found = self.list_from(side, &FeedId::new(&name)).await?;
        self.finished(&name, found);
        Ok(found)
    }

    /// Lists a side and hints what differs, from where `feed` has got to.
    pub(super) async fn list_from(&self, side: Side, feed: &FeedId) -> Result<Found, EngineError> {
        let mut found = Found { complete: true, ..Found::default() };
        let scopes = self.scopes(side).await?;
        let resumable = scopes.len() == 1;
        for scope in &scopes {
            let position = self.store.position(feed).await?.filter(|_| resumable);
            let mut rev = position.as_ref().map(|found| found.rev);
            let mut page = match position.map(|found| found.value) {
                Some(Position::Listing(page)) => page,
                Some(Position::Changes(_)) | None => None,
            };
            let mut pages: BTreeSet<PageToken> = BTreeSet::new();
            loop {
                let (rows, next) = self.list_page(side, scope, page.as_ref()).await?;
                let keys = self.hints_of_rows(side, &rows).await?;
                found.looked_at += rows.len();
                found.hinted += if resumable {
                    // Not before: what was not hinted is listed again.
                    let to = Position::Listing(next.clone());
                    let hinted = self.advance(feed, rev, to, keys, Priority::Backfill).await?;
                    rev = self.store.position(feed).await?.map(|found| found.rev);
                    hinted
                } else {
                    self.mark(keys, Priority::Backfill).await?
                };
                let Some(next) = next else { break };
                if !pages.insert(next.clone()) {
                    return Err(self.circle(side));
                }
                page = Some(next);
            }
        }
        if !resumable {
            let rev = self.store.position(feed).await?.map(|found| found.rev);
            self.advance(feed, rev, Position::Listing(None), Vec::new(), Priority::Backfill).await?;
        }
        Ok(found)
    }
}
