use std::time::Duration;

use super::handle::Engine;
use super::link::Link;
use super::privacy::is_hidden;
use super::review::Review;
use super::runtime::{EngineError, Runtime};
use crate::Versioned;
use crate::queue::WorkKey;
use crate::store::Commit;

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
    /// Rewrites the links and questions that tell values although they are not to. What others write meanwhile they write right.
    async fn hide_values(&self) -> Result<usize, EngineError> {
        let (mut hidden, mut after) = (0, None);
        while !self.keeps_values() {
            let page = self.store.links_page(after.as_ref(), STEP).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            for found in page.into_iter().filter(|found| !self.schema.is_kept(&found.value)) {
                hidden += self.rewrite(found, Vec::new()).await?;
            }
        }
        let mut after = None;
        while !self.keeps_values() {
            let page = self.store.reviews_page(after.as_ref(), STEP).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for mut review in page {
                let (WorkKey::Link(id), Some(seen)) = (&review.about, &mut review.seen) else { continue };
                let Some(found) = self.store.link(id).await?.filter(|_| !is_hidden(seen.as_str())) else {
                    continue;
                };
                match &review.field {
                    None => self.schema.hide_digest(id, seen),
                    Some(field) => review.seen = self.schema.digest_of_parked(&found.value, field),
                }
                hidden += self.rewrite(found, vec![review]).await?;
            }
        }
        Ok(hidden)
    }

    /// Writes a link as it is to be kept, and what is asked about it, if nobody has worked on it meanwhile.
    async fn rewrite(&self, found: Versioned<Link>, reviews: Vec<Review>) -> Result<usize, EngineError> {
        let mut link = found.value;
        self.schema.store(self.schema.states(&link), &mut link);
        let rewritten = self.put(Commit { reviews, ..Commit::link(Some(found.rev), link) }).await?;
        Ok(usize::from(rewritten))
    }
}
