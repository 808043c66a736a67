//! Where hints come from: change feeds, backfills, sweeps. None of them carries a decision.

mod backfill;
mod poll;
mod sweep;

use std::sync::atomic::Ordering;

use super::collection::PageToken;
use super::fault::Fault;
use super::guard::GuardClass;
use super::link::{Link, LinkStatus};
use super::mapping::Fields;
use super::merge::FieldState;
use super::record::{Fingerprint, RecordRef, Scope, Side, Snapshot};
use super::rule::FactKey;
use super::runtime::{Births, EngineError, Runtime, Trouble};
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::{Accounts, BindError, Commit, CommitError, FeedId, Position};
use crate::{Event, Rev, Versioned};

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
        match self.store.bind(&Accounts { left, right }).await {
            Ok(()) => {}
            Err(error @ BindError::Other { .. }) => {
                self.is_bound.store(false, Ordering::Release);
                self.trip_identity(&error).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
        if !self.is_bound.swap(true, Ordering::AcqRel) && self.watch.is_on() {
            self.untrip(&[GuardClass::Identity]).await?;
        }
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

    /// What is to be looked at because a side shows records like these. Nothing, where they are as both sides agreed.
    async fn hints_of_rows(&self, side: Side, rows: &[Snapshot]) -> Result<Vec<WorkKey>, EngineError> {
        let at: Vec<_> = rows.iter().map(|row| row.at.clone()).collect();
        let shown = self.shown(side, rows, &at).await?;
        let mut links = self.store.links_of(side, &shown.news(&at)).await?.into_iter();
        let name = self.collection(side).name();
        let facts: Vec<_> = match side {
            Side::Left if self.facts.contains_key(name) => {
                at.into_iter().map(|at| FactKey::new(name, at)).collect()
            }
            Side::Left | Side::Right => Vec::new(),
        };
        let known = self.store.facts(&facts).await?;
        let mut facts = facts.into_iter().zip(known);
        let (mut keys, mut agreed) = (Vec::new(), Vec::new());
        for (row, shown) in rows.iter().zip(shown) {
            let link = if shown.is_known { None } else { links.next() };
            match link {
                // Neither it nor its link has changed since nothing followed from it.
                None => {}
                Some(Some(Versioned { rev, value: link })) if link.is_live() => {
                    let differs = self.row_differs(side, row, &shown.fields, &link).await;
                    if differs.map_err(|trouble| self.stopped(trouble))? {
                        keys.push(WorkKey::Link(link.id));
                    } else if self.may_note(&link) {
                        agreed.push(shown.agreed(rev, link.id));
                    }
                }
                // The survivor of a pair that has ended is no new record.
                Some(Some(Versioned { value: link, .. })) if link.gone_at[side].is_none() => {}
                Some(_) if self.births[side] == Births::Ignore => {}
                Some(_) => keys.push(WorkKey::Birth(side, row.at.clone())),
            }
            let Some((key, known)) = facts.next() else { continue };
            if known.is_none_or(|known| known.value.fingerprint != Fingerprint::of(&row.raw)) {
                keys.push(WorkKey::Fact(key));
            }
        }
        self.note(side, &agreed).await?;
        Ok(keys)
    }

    /// Whether a row shows anything that its link does not know, or the link has something left to do.
    async fn row_differs(
        &self,
        side: Side,
        row: &Snapshot,
        fields: &Fields,
        link: &Link,
    ) -> Result<bool, Trouble> {
        if link.is_unfinished() || self.is_in_scope(side, row) == (link.status == LinkStatus::Paused) {
            return Ok(true);
        }
        let news = self.news(side, fields, link);
        self.foresee(side, fields, &news, link).await?;
        Ok(!news.is_empty())
    }

    /// The fields in which a side shows what its link does not know.
    pub(super) fn news(&self, side: Side, fields: &Fields, link: &Link) -> Vec<usize> {
        let unknown = FieldState::default();
        let is_news = |(position, state): (usize, Option<&FieldState>)| {
            let (value, state) = (fields.get(position), state.unwrap_or(&unknown));
            let parked_at = state.parked.as_ref().map(|parked| &parked.values[side]);
            let is_news = match parked_at.filter(|value| value.is_known()) {
                // Back at what was agreed on, it waits for nobody any more.
                Some(parked_at) => parked_at != value,
                None => state.agreed[side].as_ref().map_or(value.has_value(), |agreed| !agreed.is(value)),
            };
            (value.is_known() && is_news).then_some(position)
        };
        if self.keeps_values() {
            return self.schema.known(link).enumerate().filter_map(is_news).collect();
        }
        let states = self.schema.states_by(link, &[fields]);
        states.iter().map(Some).enumerate().filter_map(is_news).collect()
    }

    /// Hints keys and with them notes how far their feed is; tells how many there are. Whoever else has read on in the
    /// meantime was ahead, which does no harm.
    async fn advance(
        &self,
        feed: &FeedId,
        seen: Option<Rev>,
        to: Position,
        keys: Vec<WorkKey>,
        priority: Priority,
    ) -> Result<usize, EngineError> {
        let hints: Vec<_> = keys.into_iter().map(|key| Hint::new(key, &self.name, priority)).collect();
        let hinted = hints.len();
        let commit = Commit { positions: vec![(seen, feed.clone(), to)], hints, ..Commit::default() };
        match self.commit_with_hints(commit).await {
            Ok(()) | Err(CommitError::Stale(_) | CommitError::Claimed { .. }) => Ok(hinted),
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
