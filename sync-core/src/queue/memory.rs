use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Claim, Hint, Priority, WorkKey, WorkQueue, in_turns};
use crate::{Env, StoreError};

/// Keeps hints in memory: for one process, and for tests. What it forgets with the process, a sweep finds again.
#[derive(Debug)]
pub struct MemoryQueue {
    env: Arc<dyn Env>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<WorkKey, Entry>,
    fence: u64,
}

#[derive(Debug)]
struct Entry {
    tenant: String,
    priority: Priority,
    /// When it was first hinted since it was last done.
    since: Timestamp,
    /// Due from then on: the moment of the hint, or the end of the lease.
    visible_at: Timestamp,
    /// The claim that is being worked on.
    claimed: Option<u64>,
    /// A hint that came while it was being worked on: its moment.
    again: Option<Timestamp>,
    attempts: u32,
}

impl MemoryQueue {
    /// An empty queue; `env` tells when hints are due and leases end.
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self { env, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl WorkQueue for MemoryQueue {
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
        let now = self.env.now();
        let mut state = self.state();
        for hint in hints {
            let due = hint.not_before.unwrap_or(now).max(now);
            let entry = state.entries.entry(hint.key.clone()).or_insert_with(|| Entry {
                tenant: hint.tenant.clone(),
                priority: hint.priority,
                since: now,
                visible_at: due,
                claimed: None,
                again: None,
                attempts: 0,
            });
            entry.priority = entry.priority.min(hint.priority);
            if entry.claimed.is_some() {
                // Even if the lease has ended: whoever has the claim may have read before this hint, and be late.
                entry.again = Some(entry.again.map_or(due, |again| again.min(due)));
            } else {
                entry.visible_at = entry.visible_at.min(due);
            }
        }
        Ok(())
    }

    async fn claim(&self, _: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError> {
        let now = self.env.now();
        let mut guard = self.state();
        let State { entries, fence } = &mut *guard;
        let due = entries.iter().filter(|(_, entry)| entry.visible_at <= now);
        let due = due.map(|(key, entry)| (entry.priority.rank(entry.since), entry.tenant.clone(), key));
        let order: Vec<_> = in_turns(due.collect()).into_iter().take(max).cloned().collect();
        let mut claims = Vec::new();
        for key in order {
            let Some(entry) = entries.get_mut(&key) else { continue };
            *fence += 1;
            entry.claimed = Some(*fence);
            // Whoever works from now on sees what those hints were about.
            entry.again = entry.again.filter(|again| *again > now);
            entry.visible_at = now.checked_add(lease).unwrap_or(Timestamp::MAX);
            entry.attempts += 1;
            let (tenant, priority, attempt) = (entry.tenant.clone(), entry.priority, entry.attempts);
            claims.push(Claim { key, tenant, priority, fence: *fence, attempt });
        }
        Ok(claims)
    }

    async fn done(&self, claim: Claim, again: Option<Timestamp>) -> Result<(), StoreError> {
        let now = self.env.now();
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(&claim.key) else { return Ok(()) };
        if entry.claimed != Some(claim.fence) {
            return Ok(());
        }
        let next = [again, entry.again].into_iter().flatten().min();
        let Some(next) = next else {
            state.entries.remove(&claim.key);
            return Ok(());
        };
        if entry.again.is_none() {
            entry.priority = entry.priority.max(Priority::Retry);
        }
        if again.is_none() {
            // It was finished, and is looked at because of the new hint.
            entry.attempts = 0;
        }
        (entry.claimed, entry.again) = (None, None);
        (entry.visible_at, entry.since) = (next.max(now), now);
        Ok(())
    }

    async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError> {
        let entries = &mut self.state().entries;
        Ok(keys.iter().filter_map(|key| entries.remove(key)).count())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().entries.values().map(|entry| entry.visible_at).min())
    }
}
