use std::time::Duration;

use super::handle::Engine;
use super::runtime::{EngineError, Runtime};
use crate::store::{Commit, CommitError};

/// How many entries or links one step takes: others write in between.
const STEP: usize = 500;
/// How often a running engine looks for what is too old.
pub(super) const DAILY: Duration = Duration::from_secs(24 * 3600);

impl Engine {
    /// Deletes what the journal has kept for long enough, see
    /// [`keep_journal_for`](super::EngineBuilder::keep_journal_for), step by step. Gives how many entries that were.
    ///
    /// # Errors
    ///
    /// The store failed. What was deleted before stays so.
    pub async fn trim_journal(&self) -> Result<usize, EngineError> {
        let runtime = &self.runtime;
        let Ok(before) = runtime.now().checked_sub(runtime.keep_journal_for) else { return Ok(0) };
        let mut trimmed = 0;
        loop {
            match runtime.store.trim_journal(before, STEP).await? {
                0 => return Ok(trimmed),
                step => trimmed += step,
            }
        }
    }

    /// What a running engine does once a day.
    pub(super) async fn tidy(&self) -> Result<(), EngineError> {
        let trimmed = self.trim_journal().await?;
        let hidden = self.runtime.hide_values().await?;
        if hidden > 0 {
            self.runtime.store.wipe().await?;
        }
        if trimmed + hidden > 0 {
            tracing::info!(name = %self.runtime.name, trimmed, hidden, "deleted what is not to be kept");
        }
        Ok(())
    }
}

impl Runtime {
    /// Rewrites the links that hold values although they are not to. What others write meanwhile they write right.
    async fn hide_values(&self) -> Result<usize, EngineError> {
        let (mut hidden, mut after) = (0, None);
        while !self.keeps_values() {
            let page = self.store.links_page(after.as_ref(), STEP).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            for found in page.into_iter().filter(|found| !self.schema.is_kept(&found.value)) {
                let mut link = found.value;
                self.schema.store(self.schema.states(&link), &mut link);
                match self.store.commit(Commit::link(Some(found.rev), link)).await {
                    Ok(()) => hidden += 1,
                    Err(CommitError::Store(error)) => return Err(error.into()),
                    Err(CommitError::Stale(_) | CommitError::Claimed { .. }) => {}
                }
            }
        }
        Ok(hidden)
    }
}
