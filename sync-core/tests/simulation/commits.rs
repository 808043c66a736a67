//! What commits tell of the engine's doings; in the simulation with a pause before each, and with commits that fail or
//! are not confirmed.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sync_core::StoreError;
use sync_core::engine::{Happening, Link, RecordRef, Side};
use sync_core::store::{Commit, CommitError, Store};

use crate::store::Around;
use crate::world::{State, World};

/// What one commit changes that the ledger must know.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Commits {
    /// Links as they were and as they are.
    pub(crate) links: Vec<(Option<Link>, Link)>,
    linked: Vec<(Side, RecordRef)>,
}

impl Commits {
    pub(crate) async fn of(store: &dyn Store, commit: &Commit) -> Result<Self, StoreError> {
        let mut links = Vec::new();
        for (_, link) in &commit.links {
            let before = store.link(&link.id).await?.map(|found| found.value);
            links.push((before, link.clone()));
        }
        let linked = commit.journal.iter().filter_map(|entry| match &entry.what {
            Happening::Linked(side, at) => Some((*side, at.clone())),
            _ => None,
        });
        Ok(Self { links, linked: linked.collect() })
    }

    /// Says that it took effect.
    pub(crate) fn tell(&self, state: &mut State) {
        let now = state.time;
        for (before, link) in &self.links {
            if let Some(before) = before {
                state.ledger.committed(before, link, now);
            }
        }
        for (side, at) in &self.linked {
            state.found(*side, at.id.as_str());
        }
    }
}

#[async_trait]
impl Around for World {
    async fn commit(&self, inner: &dyn Store, commit: Commit) -> Result<(), CommitError> {
        self.pause().await;
        let (fails, lost) = {
            let mut state = self.lock();
            let faults = state.settings.faults / 4;
            let fails = !state.calm && state.rng.permille(faults);
            if fails {
                state.ledger.faults += 1;
            }
            (fails, state.rng.half())
        };
        if fails && !lost {
            return Err(StoreError::new("sim", "not committed").into());
        }
        let commits = Commits::of(inner, &commit).await?;
        let result = inner.commit(commit).await;
        if result.is_ok() {
            commits.tell(&mut self.lock());
        }
        if fails {
            return Err(StoreError::new("sim", "not confirmed").into());
        }
        self.pause().await;
        result
    }
}
