//! Where hints come from: change feeds, backfills, sweeps. None of them carries a decision.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::collection::{Cursor, PageToken};
use super::fault::Fault;
use super::link::{Link, LinkStatus};
use super::mapping::Fields;
use super::merge::FieldState;
use super::projection::Projection;
use super::record::{Fingerprint, RecordRef, Scope, Side, Snapshot};
use super::rule::FactKey;
use super::runtime::{Births, EngineError, Runtime, Trouble};
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::{Accounts, Commit, CommitError, FeedId, Position};
use crate::{Event, Rev};

/// What a poll, a backfill or a sweep has found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Records that it looked at.
    pub looked_at: usize,
    /// Keys that are to be worked on because of it.
    pub hinted: usize,
    /// Whether it saw everything. A sweep that did not takes nothing for deleted.
    pub complete: bool,
}

/// How many links are compared at once.
const PAGE: usize = 500;

impl Runtime {
    /// Makes sure that the store and the sides belong together.
    pub(super) async fn bind(&self) -> Result<(), EngineError> {
        let left = self.collection(Side::Left).identity().await.map_err(|f| self.broken(Side::Left, f))?;
        let right = self.collection(Side::Right).identity().await.map_err(|f| self.broken(Side::Right, f))?;
        {
            let mut accounts = self.accounts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            (accounts.left, accounts.right) = (Some(left.clone()), Some(right.clone()));
        }
        let bound = self.store.bind(&Accounts { left, right }).await;
        if let Err(error @ crate::store::BindError::Other { .. }) = &bound {
            let message = error.to_string();
            self.observer.on_event(&Event::GuardTripped { guard: "identity", message: &message });
        }
        bound?;
        self.is_bound.store(true, Ordering::Release);
        Ok(())
    }

    /// The same once for this process: what only works on hints need not ask who it is each time.
    pub(super) async fn make_sure_bound(&self) -> Result<(), EngineError> {
        if self.is_bound.load(Ordering::Acquire) { Ok(()) } else { self.bind().await }
    }

    pub(super) fn broken(&self, side: Side, fault: Fault) -> EngineError {
        EngineError::Collection { collection: self.collection(side).name().to_owned(), fault }
    }

    pub(super) fn stopped(&self, trouble: Trouble) -> EngineError {
        match trouble {
            Trouble::Fault(account, fault) => {
                EngineError::Collection { collection: account.to_string(), fault }
            }
            Trouble::Commit(CommitError::Store(error)) => EngineError::Store(error),
            Trouble::Commit(error) => EngineError::Collection {
                collection: self.name.clone(),
                fault: Fault::new(super::FaultKind::Transient, error.to_string()),
            },
        }
    }

    pub(super) async fn mark(
        &self,
        keys: impl IntoIterator<Item = WorkKey>,
        priority: Priority,
    ) -> Result<usize, EngineError> {
        let hints: Vec<_> = keys.into_iter().map(|key| Hint::new(key, &self.name, priority)).collect();
        self.mark_all(&hints).await?;
        Ok(hints.len())
    }

    /// What is to be looked at because a side shows a record like this. Nothing, if it is as both sides agreed.
    pub(super) async fn hints_of_row(&self, side: Side, row: &Snapshot) -> Result<Vec<WorkKey>, Trouble> {
        let mut keys = Vec::new();
        let link = self.store.link_of(side, &row.at).await?.map(|found| found.value);
        match link {
            Some(link) if link.is_live() => {
                if self.row_differs(side, row, &link).await? {
                    keys.push(WorkKey::Link(link.id));
                }
            }
            // The survivor of a pair that has ended is no new record.
            Some(link) if link.gone_at[side].is_none() => {}
            Some(_) | None if self.births[side] == Births::Ignore => {}
            Some(_) | None => keys.push(WorkKey::Birth(side, row.at.clone())),
        }
        let name = self.collection(side).name();
        if side == Side::Left && self.facts.contains_key(name) {
            let key = FactKey::new(name, row.at.clone());
            let known = self.store.fact(&key).await?;
            if known.is_none_or(|known| known.value.fingerprint != Fingerprint::of(&row.raw)) {
                keys.push(WorkKey::Fact(key));
            }
        }
        Ok(keys)
    }

    /// Whether a row shows anything that its link does not know, or the link has something left to do.
    pub(super) async fn row_differs(&self, side: Side, row: &Snapshot, link: &Link) -> Result<bool, Trouble> {
        if is_unfinished(link) || self.is_in_scope(side, row) == (link.status == LinkStatus::Paused) {
            return Ok(true);
        }
        let fields = self.fields(side, row).await?;
        Ok(!self.news(side, &fields, link).is_empty())
    }

    /// The fields in which a side shows what its link does not know.
    pub(super) fn news(&self, side: Side, fields: &Fields, link: &Link) -> Vec<usize> {
        let is_news = |(position, state): (usize, FieldState)| {
            let value = fields.get(position);
            let parked_at = state.parked.as_ref().map(|parked| &parked.values[side]);
            let is_news = match parked_at.filter(|value| value.is_known()) {
                // Back at what was agreed on, it waits for nobody any more.
                Some(parked_at) => parked_at != value,
                None => state.agreed[side].as_ref().map_or(value.has_value(), |agreed| !agreed.is(value)),
            };
            (value.is_known() && is_news).then_some(position)
        };
        self.schema.states_by(link, &[fields]).into_iter().enumerate().filter_map(is_news).collect()
    }

    /// Reads what a side says has changed. `None` if it has no change feed.
    pub(super) async fn poll(&self, side: Side) -> Result<Option<Found>, EngineError> {
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
        loop {
            let changes = self.collection(side).changes(since.as_ref(), page.as_ref()).await;
            let changes = self.told(self.account(side), changes).map_err(|trouble| self.stopped(trouble))?;
            let Some(changes) = changes else { return Ok(None) };
            let mut keys = Vec::new();
            for row in &changes.records {
                keys.extend(self.hints_of_row(side, row).await.map_err(|trouble| self.stopped(trouble))?);
            }
            for at in &changes.gone {
                let link = self.store.link_of(side, at).await?;
                keys.extend(
                    link.filter(|link| link.value.is_live()).map(|link| WorkKey::Link(link.value.id)),
                );
            }
            found.looked_at += changes.records.len() + changes.gone.len();
            found.hinted += self.mark(keys, Priority::Event).await?;
            next_cursor.get_or_insert(changes.cursor);
            let Some(next) = changes.next else { break };
            if !pages.insert(next.0.clone()) {
                return Err(self.circle(side));
            }
            page = Some(next);
        }
        let next = match (from, next_cursor) {
            // Never backwards, whatever the service's clock says.
            (Some(Cursor::Time(from)), Some(Cursor::Time(next))) => Some(Cursor::Time(from.max(next))),
            (_, next) => next,
        };
        if let Some(next) = next {
            self.advance(&feed, rev, Position::Changes(next)).await?;
        }
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

    /// Notes how far a feed is. Whoever else has read on in the meantime was ahead, which does no harm.
    async fn advance(&self, feed: &FeedId, seen: Option<Rev>, to: Position) -> Result<(), EngineError> {
        let commit = Commit { positions: vec![(seen, feed.clone(), to)], ..Commit::default() };
        match self.store.commit(commit).await {
            Ok(()) | Err(CommitError::Stale(_) | CommitError::Claimed { .. }) => Ok(()),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    fn circle(&self, side: Side) -> EngineError {
        self.broken(side, super::listing::circle())
    }

    fn finished(&self, run: &str, found: Found) {
        let Found { looked_at, hinted, .. } = found;
        tracing::debug!(run, looked_at, hinted, "finished");
        self.observer.on_event(&Event::RunFinished { run, looked_at, worked_on: hinted, failed: 0 });
    }

    /// The scopes that together are all records of a side.
    pub(super) async fn scopes(&self, side: Side) -> Result<Vec<Scope>, EngineError> {
        let Some(parents) = self.parents.as_ref().filter(|_| self.collection(side).caps().under_parent)
        else {
            return Ok(vec![Scope::All]);
        };
        let (mut scopes, mut after) = (Vec::new(), None);
        loop {
            let page = parents.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(scopes) };
            after = Some(last.value.id.clone());
            let live = page.into_iter().filter(|link| link.value.is_live());
            scopes.extend(live.filter_map(|link| Some(Scope::Under(link.value.ends[side].clone()?.id))));
        }
    }

    /// Hints every record of a side once, page by page: a run that ends early is gone on with.
    pub(super) async fn backfill(&self, side: Side) -> Result<Found, EngineError> {
        let name = format!("backfill of {}", self.collection(side).name());
        let found = self.list_from(side, &FeedId::new(&name)).await?;
        self.finished(&name, found);
        Ok(found)
    }

    /// Lists a side and hints what differs, from where `feed` has got to.
    async fn list_from(&self, side: Side, feed: &FeedId) -> Result<Found, EngineError> {
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
                let mut keys = Vec::new();
                for row in &rows {
                    keys.extend(self.hints_of_row(side, row).await.map_err(|trouble| self.stopped(trouble))?);
                }
                found.looked_at += rows.len();
                found.hinted += self.mark(keys, Priority::Backfill).await?;
                if resumable {
                    // Only now: what was not hinted is listed again.
                    self.advance(feed, rev, Position::Listing(next.clone())).await?;
                    rev = self.store.position(feed).await?.map(|found| found.rev);
                }
                let Some(next) = next else { break };
                if !pages.insert(next.clone()) {
                    return Err(self.circle(side));
                }
                page = Some(next);
            }
        }
        if !resumable {
            let rev = self.store.position(feed).await?.map(|found| found.rev);
            self.advance(feed, rev, Position::Listing(None)).await?;
        }
        Ok(found)
    }

    async fn list_page(
        &self,
        side: Side,
        scope: &Scope,
        page: Option<&PageToken>,
    ) -> Result<(Vec<Snapshot>, Option<PageToken>), EngineError> {
        let listed = self.collection(side).list(scope, page).await;
        let listed = self.told(self.account(side), listed).map_err(|trouble| self.stopped(trouble))?;
        Ok((listed.records, listed.next))
    }

    async fn count(&self, side: Side, scope: &Scope) -> Result<Option<u64>, EngineError> {
        let count = self.collection(side).count(scope).await;
        self.told(self.account(side), count).map_err(|trouble| self.stopped(trouble))
    }

    /// Lists a side and hints what differs from what is known, what is not there any more, and what was left undone.
    pub(super) async fn sweep(&self, side: Side) -> Result<Found, EngineError> {
        let name = format!("sweep of {}", self.collection(side).name());
        let mut found = Found { complete: true, ..Found::default() };
        let mut there: BTreeSet<RecordRef> = BTreeSet::new();
        for scope in self.scopes(side).await? {
            let before = self.count(side, &scope).await?;
            let (mut page, mut pages, mut listed) = (None, BTreeSet::new(), 0_u64);
            loop {
                let (rows, next) = self.list_page(side, &scope, page.as_ref()).await?;
                let mut keys = Vec::new();
                for row in &rows {
                    if there.insert(row.at.clone()) {
                        listed += 1;
                        keys.extend(
                            self.hints_of_row(side, row).await.map_err(|trouble| self.stopped(trouble))?,
                        );
                    }
                }
                found.looked_at += rows.len();
                found.hinted += self.mark(keys, Priority::Sweep).await?;
                let Some(next) = next else { break };
                if !pages.insert(next.clone()) {
                    return Err(self.circle(side));
                }
                page = Some(next);
            }
            let after = self.count(side, &scope).await?;
            found.complete &= before == after && before.is_none_or(|count| count == listed);
        }
        self.missing(side, &there, &mut found).await?;
        found.hinted += self.resume().await?;
        self.finished(&name, found);
        Ok(found)
    }

    /// Hints what is known to be unfinished: writes without an answer, pairs that lack a half, derived records that are
    /// not as they are wanted. Asks no service.
    pub(super) async fn resume(&self) -> Result<usize, EngineError> {
        let (mut hinted, mut after) = (0, None);
        loop {
            let page = self.store.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            let links = page.into_iter().map(|link| link.value);
            let unfinished = links.filter(|link| link.is_live() && is_unfinished(link));
            hinted += self.mark(unfinished.map(|link| WorkKey::Link(link.id)), Priority::Retry).await?;
        }
        let mut after = None;
        loop {
            let page = self.store.projections_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.key.clone());
            let unfinished = page.into_iter().map(|found| found.value).filter(is_unfinished_projection);
            hinted +=
                self.mark(unfinished.map(|found| WorkKey::Projection(found.key)), Priority::Retry).await?;
        }
        Ok(hinted)
    }

    /// Hints links whose record was not listed.
    async fn missing(
        &self,
        side: Side,
        there: &BTreeSet<RecordRef>,
        found: &mut Found,
    ) -> Result<(), EngineError> {
        let (mut after, mut absent) = (None, Vec::new());
        loop {
            let page = self.store.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            for link in page.into_iter().map(|link| link.value).filter(Link::is_live) {
                match &link.ends[side] {
                    Some(at) if !there.contains(at) => absent.push(WorkKey::Link(link.id.clone())),
                    Some(_) | None => {}
                }
            }
        }
        if there.is_empty() && !absent.is_empty() {
            found.complete = false;
            let message = format!(
                "{} lists nothing, and {} records of it are known: nothing is taken for deleted",
                self.collection(side).name(),
                absent.len()
            );
            tracing::error!(%message, "a guard has tripped");
            self.observer.on_event(&Event::GuardTripped { guard: "a side lists nothing", message: &message });
        }
        if found.complete {
            // Not listed is not gone: that is found out by asking for each.
            found.hinted += self.mark(absent, Priority::Sweep).await?;
        }
        Ok(())
    }

    /// Lists the facts of a collection and takes what has changed. What is not listed any more stays as it is.
    pub(super) async fn sweep_facts(&self, collection: &str) -> Result<Found, EngineError> {
        let name = format!("sweep of {collection}");
        let mut found = Found { complete: true, ..Found::default() };
        let facts = self.facts_in(collection).map_err(|trouble| self.stopped(trouble))?;
        let listed = super::listing::list_all(facts.collection.as_ref(), &Scope::All).await;
        let listed = self.told(self.account(Side::Left), listed).map_err(|trouble| self.stopped(trouble))?;
        for row in &listed {
            let key = FactKey::new(collection, row.at.clone());
            let outcome =
                self.take_fact(&key, row, self.now()).await.map_err(|trouble| self.stopped(trouble))?;
            found.hinted += self.mark(outcome.hints, Priority::Event).await?;
            if let Some(at) = outcome.again {
                let hint = Hint::new(WorkKey::Fact(key), &self.name, Priority::Event).not_before(at);
                self.queue.mark(&[hint]).await?;
            }
        }
        found.looked_at = listed.len();
        self.finished(&name, found);
        Ok(found)
    }

    /// What a webhook says: look at this record.
    pub(super) async fn hint_record(
        &self,
        side: Side,
        at: &RecordRef,
        priority: Priority,
    ) -> Result<(), EngineError> {
        let link = self.store.link_of(side, at).await?.map(|found| found.value);
        let key = match link {
            Some(link) if link.is_live() => WorkKey::Link(link.id),
            _ => WorkKey::Birth(side, at.clone()),
        };
        let mut keys = vec![key];
        let name = self.collection(side).name();
        if side == Side::Left && self.facts.contains_key(name) {
            keys.push(WorkKey::Fact(FactKey::new(name, at.clone())));
        }
        self.mark(keys, priority).await.map(drop)
    }
}

/// Whether a link waits for something that no record shows.
pub(super) fn is_unfinished(link: &Link) -> bool {
    link.pending.is_some()
        || link.ends.left.is_none()
        || link.ends.right.is_none()
        || link.gone_at.left.is_some()
        || link.gone_at.right.is_some()
        || link.fields.iter().any(|field| field.state.unsettled.is_some())
}

/// Whether a derived record is not as it is wanted.
fn is_unfinished_projection(projection: &Projection) -> bool {
    let is_wanted = projection.wanted.is_some() && !projection.left_to_human;
    let is_written = projection.wrote.as_ref().is_some_and(|wrote| wrote.fact == projection.fact);
    projection.pending.is_some() || (is_wanted && !is_written)
}
