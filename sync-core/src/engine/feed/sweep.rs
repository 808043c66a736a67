use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::super::link::Link;
use super::super::projection::Projection;
use super::super::record::{RecordRef, Scope, Side, Snapshot};
use super::super::rule::FactKey;
use super::super::runtime::{EngineError, Origin, Runtime, Trouble};
use super::{Found, PAGE};
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::{CommitError, FeedId, Position};

/// The records that a side has listed, of which there may be millions: of each only a digest is kept.
///
/// Two of a million records share one with a chance of 1 in 10^27, and nobody can choose ids that do. The second one would
/// count as listed twice, so that the counts disagree and nothing is taken for missing; where the service has no counts,
/// this sweep would not see whether it has changed or is gone.
#[derive(Debug, Default)]
struct Listed(HashSet<u128, BuildHasherDefault<Digested>>);

/// A digest is as good as its hash.
#[derive(Debug, Default)]
struct Digested(u64);

impl Hasher for Digested {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }
}

impl Listed {
    /// Adds a record, and says whether it is new.
    fn insert(&mut self, at: &RecordRef) -> bool {
        self.0.insert(digest(at))
    }

    fn has(&self, at: &RecordRef) -> bool {
        self.0.contains(&digest(at))
    }
}

fn digest(at: &RecordRef) -> u128 {
    let parent = at.parent.as_ref().map(|parent| parent.as_str().as_bytes());
    // The length keeps the two apart, and a record of its own from one under a record without a name.
    let length = parent.map_or(u64::MAX, |parent| parent.len() as u64);
    let hash = Sha256::new().chain_update(length.to_le_bytes()).chain_update(parent.unwrap_or_default());
    let bytes = hash.chain_update(at.id.as_str()).finalize();
    bytes.iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

impl Runtime {
    async fn count(&self, side: Side, scope: &Scope) -> Result<Option<u64>, EngineError> {
        let count = self.collection(side).count(scope).await;
        self.told(self.account(side), count).map_err(|trouble| self.stopped(trouble))
    }

    /// Lists a side and hints what differs from what is known, what is not there any more, and what was left undone.
    ///
    /// The list is walked once, page by page, and of each record a digest is kept. Then the records that are known are
    /// walked, in order; what is known of them is read again only where one was not listed.
    pub(in super::super) async fn sweep(&self, side: Side) -> Result<Found, EngineError> {
        let name = format!("sweep of {}", self.collection(side).name());
        let mut found = Found { complete: true, ..Found::default() };
        let mut there = Listed::default();
        for scope in self.scopes(side).await? {
            let before = self.count(side, &scope).await?;
            let (mut page, mut pages, mut listed) = (None, BTreeSet::new(), 0_u64);
            loop {
                let (mut rows, next) = self.list_page(side, &scope, page.as_ref()).await?;
                found.looked_at += rows.len();
                // A list that shifts shows a record twice.
                rows.retain(|row| there.insert(&row.at));
                listed += rows.len() as u64;
                let keys = self.hints_of_rows(side, &rows).await?;
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

    /// Hints links whose record was not listed.
    async fn missing(&self, side: Side, there: &Listed, found: &mut Found) -> Result<(), EngineError> {
        let (mut known, mut absent) = (0, 0);
        let mut after = None;
        while let Some(page) = self.known_page(side, &mut after).await? {
            known += page.len();
            absent += page.iter().filter(|at| !there.has(at)).count();
        }
        // Nor without guards: a side that shows nothing is more often broken than empty.
        let shows_nothing = there.0.is_empty() && absent > 0;
        if self.is_emptied(side, there.0.len(), absent, known).await? || shows_nothing {
            found.complete = false;
        }
        // A part of a list says nothing about what is not in it.
        if !found.complete || absent == 0 {
            return Ok(());
        }
        let mut after = None;
        while let Some(mut page) = self.known_page(side, &mut after).await? {
            page.retain(|at| !there.has(at));
            // Not listed is not gone: that is found out by asking for each.
            let links = self.store.links_of(side, &page).await?.into_iter().flatten();
            let live = links.map(|found| found.value).filter(Link::is_live);
            found.hinted += self.mark(live.map(|link| WorkKey::Link(link.id)), Priority::Sweep).await?;
        }
        Ok(())
    }

    /// The next records that live links have, `None` after the last.
    async fn known_page(
        &self,
        side: Side,
        after: &mut Option<RecordRef>,
    ) -> Result<Option<Vec<RecordRef>>, EngineError> {
        let page = self.store.records_page(side, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        *after = Some(last.clone());
        Ok(Some(page))
    }

    /// Hints what is known to be unfinished: writes without an answer, pairs that lack a half, derived records that are
    /// not as they are wanted, answers of people. Asks no service.
    pub(in super::super) async fn resume(&self) -> Result<usize, EngineError> {
        let answered = self.answered_keys().await?;
        let (mut hinted, mut after) = (self.mark(answered, Priority::Interactive).await?, None);
        loop {
            let page = self.store.unfinished_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            hinted += self.mark(page.into_iter().map(WorkKey::Link), Priority::Retry).await?;
        }
        let mut after = None;
        loop {
            let page = self.store.projections_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(hinted) };
            after = Some(last.value.key.clone());
            let unfinished = page.into_iter().map(|found| found.value).filter(is_unfinished_projection);
            hinted +=
                self.mark(unfinished.map(|found| WorkKey::Projection(found.key)), Priority::Retry).await?;
        }
    }

    /// Lists the facts of a collection and takes what has changed. What is not listed any more stays as it is.
    pub(in super::super) async fn sweep_facts(&self, collection: &str) -> Result<Found, EngineError> {
        let found = self.list_facts(collection, None).await?;
        self.finished(&format!("sweep of {collection}"), found);
        Ok(found)
    }

    /// Takes the facts of a collection page by page: if it ends early, what was taken is kept. Goes on from where `feed` has
    /// got to, if that is given, and notes how far it is.
    pub(super) async fn list_facts(
        &self,
        collection: &str,
        feed: Option<&FeedId>,
    ) -> Result<Found, EngineError> {
        let mut found = Found { complete: true, ..Found::default() };
        let facts = self.facts_in(collection).map_err(|trouble| self.stopped(trouble))?;
        let mut page = match feed {
            Some(feed) => match self.store.position(feed).await?.map(|found| found.value) {
                Some(Position::Listing(page)) => page,
                Some(Position::Changes(_)) | None => None,
            },
            None => None,
        };
        let mut pages = BTreeSet::new();
        loop {
            let listed_at = self.now();
            let listed = facts.collection.list(&Scope::All, page.as_ref()).await;
            let listed =
                self.told(self.account(Side::Left), listed).map_err(|trouble| self.stopped(trouble))?;
            let keys = self.take_rows(collection, &listed.records, listed_at).await?;
            found.looked_at += listed.records.len();
            found.hinted += match feed {
                Some(feed) => {
                    let rev = self.store.position(feed).await?.map(|found| found.rev);
                    let to = Position::Listing(listed.next.clone());
                    self.advance(feed, rev, to, keys, Priority::Event).await?
                }
                None => self.mark(keys, Priority::Event).await?,
            };
            let Some(next) = listed.next else { return Ok(found) };
            if !pages.insert(next.clone()) {
                return Err(self.circle(Side::Left));
            }
            page = Some(next);
        }
    }

    /// Stores facts as they were listed, and looks at all for what follows from them today. Gives what is to be worked on
    /// because of it.
    pub(super) async fn take_rows(
        &self,
        collection: &str,
        rows: &[Snapshot],
        listed_at: Timestamp,
    ) -> Result<Vec<WorkKey>, EngineError> {
        // What follows from a fact is hinted in its own commit: the same row, listed again, would be no news.
        let origin = Origin { tenant: self.name.clone(), priority: Priority::Event };
        let runtime = Self { origin: Some(origin), ..self.clone() };
        let keys: Vec<_> = rows.iter().map(|row| FactKey::new(collection, row.at.clone())).collect();
        let known = self.store.facts(&keys).await?;
        let mut hints = Vec::new();
        for ((row, key), known) in rows.iter().zip(keys).zip(known) {
            let outcome = match runtime.take_listed(&key, row, listed_at, known).await {
                // Another process has stored it meanwhile, or may have: it is asked for, and the others are looked at.
                Err(Trouble::Commit(CommitError::Stale(_))) => None,
                outcome => outcome.map_err(|trouble| self.stopped(trouble))?,
            };
            let Some(outcome) = outcome else {
                hints.push(WorkKey::Fact(key));
                continue;
            };
            hints.extend(outcome.hints);
            if let Some(at) = outcome.again {
                let hint = Hint::new(WorkKey::Fact(key), &self.name, Priority::Event).not_before(at);
                self.queue.mark(&[hint]).await?;
            }
        }
        Ok(hints)
    }
}

/// Whether a derived record is not as it is wanted.
fn is_unfinished_projection(projection: &Projection) -> bool {
    let is_wanted = projection.wanted.is_some() && !projection.left_to_human;
    let is_written = projection.wrote.as_ref().is_some_and(|wrote| wrote.fact == projection.fact);
    projection.pending.is_some() || (is_wanted && !is_written)
}

#[cfg(test)]
mod tests {
    use super::super::super::record::RecordId;
    use super::*;

    #[test]
    fn records_are_told_apart_by_what_is_kept_of_them() {
        let id = |id: &str| RecordId::new(id);
        let mut all = vec![RecordRef::top(id("ab")), RecordRef::top(id("")), RecordRef::top(id("a"))];
        for (parent, own) in [("", "ab"), ("a", "b"), ("ab", ""), ("b", "a"), ("", "")] {
            all.push(RecordRef::under(id(parent), id(own)));
        }
        let mut listed = Listed::default();
        for at in &all {
            assert!(!listed.has(at) && listed.insert(at), "{at:?} is new");
        }
        assert!(all.iter().all(|at| listed.has(at) && !listed.insert(at)));
    }
}
