use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Accounts, BindError, Commit, CommitError, Store};
use crate::engine::{Link, LinkId, Projection, ProjectionKey, RecordId};
use crate::{Rev, StoreError, Versioned};

/// Keeps the state in memory, for tests and for a look without consequences.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: Option<Accounts>,
    links: BTreeMap<LinkId, Versioned<Link>>,
    projections: BTreeMap<ProjectionKey, Versioned<Projection>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entries after a key, in order.
fn page<K: Ord, V: Clone>(map: &BTreeMap<K, V>, after: Option<&K>, limit: usize) -> Vec<V> {
    use std::ops::Bound::{Excluded, Unbounded};
    map.range((after.map_or(Unbounded, Excluded), Unbounded)).take(limit).map(|(_, v)| v.clone()).collect()
}

fn next(seen: Option<Rev>) -> Rev {
    seen.map_or(Rev::FIRST, Rev::next)
}

impl State {
    fn link_rev(&self, id: &LinkId) -> Option<Rev> {
        self.links.get(id).map(|l| l.rev)
    }

    fn projection_rev(&self, key: &ProjectionKey) -> Option<Rev> {
        self.projections.get(key).map(|p| p.rev)
    }

    /// The other link that has a record of `link`, here or earlier in the same commit.
    fn claimed<'a>(
        &'a self,
        link: &Link,
        earlier: impl Iterator<Item = &'a Link>,
    ) -> Option<(RecordId, LinkId)> {
        self.links.values().map(|l| &l.value).chain(earlier).filter(|other| other.id != link.id).find_map(
            |other| {
                if other.left == link.left {
                    return Some((link.left.clone(), other.id.clone()));
                }
                let right = link.right.as_ref().filter(|right| other.right.as_ref() == Some(right))?;
                Some((right.clone(), other.id.clone()))
            },
        )
    }

    fn check<'a>(&'a self, commit: &'a Commit) -> Result<(), CommitError> {
        let stale = |name: &dyn ToString| Err(CommitError::Stale(name.to_string()));
        for (at, (seen, link)) in commit.links.iter().enumerate() {
            if self.link_rev(&link.id) != *seen {
                return stale(&link.id);
            }
            let earlier = commit.links.iter().take(at).map(|(_, earlier)| earlier);
            if let Some((record, by)) = self.claimed(link, earlier) {
                return Err(CommitError::Claimed { record, by });
            }
        }
        for (seen, id) in &commit.gone_links {
            if self.link_rev(id) != Some(*seen) {
                return stale(id);
            }
        }
        for (seen, projection) in &commit.projections {
            if self.projection_rev(&projection.key) != *seen {
                return stale(&projection.key);
            }
        }
        for (seen, key) in &commit.gone_projections {
            if self.projection_rev(key) != Some(*seen) {
                return stale(key);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        let mut state = self.state();
        match &state.accounts {
            Some(found) if found != accounts => {
                Err(BindError::Other { found: Box::new(found.clone()), wanted: Box::new(accounts.clone()) })
            }
            _ => {
                state.accounts = Some(accounts.clone());
                Ok(())
            }
        }
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        Ok(self.state().links.get(id).cloned())
    }

    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        Ok(page(&self.state().links, after, limit))
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError> {
        Ok(self.state().projections.get(key).cloned())
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        Ok(page(&self.state().projections, after, limit))
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut state = self.state();
        state.check(&commit)?;
        for (seen, link) in commit.links {
            state.links.insert(link.id.clone(), Versioned { rev: next(seen), value: link });
        }
        for (_, id) in commit.gone_links {
            state.links.remove(&id);
        }
        for (_, key) in commit.gone_projections {
            state.projections.remove(&key);
        }
        for (seen, projection) in commit.projections {
            state
                .projections
                .insert(projection.key.clone(), Versioned { rev: next(seen), value: projection });
        }
        Ok(())
    }
}
