//! How a person answers what the engine asks.

use super::answer::{Answer, ResolveError};
use super::handle::Engine;
use super::review::{Review, ReviewKey, ReviewKind};
use super::runtime::Runtime;
use crate::queue::Priority;
use crate::store::{Commit, CommitError};

impl Engine {
    /// Answers a question: stores the answer with it, and hints its key. The next run of the key acts upon it and closes the
    /// question, if what was asked about is still so; otherwise the answer is dropped, and everything is decided anew.
    ///
    /// The same answer given twice is one.
    ///
    /// # Errors
    ///
    /// [`ResolveError`]; nothing is then stored.
    pub async fn resolve(&self, key: &ReviewKey, answer: Answer) -> Result<(), ResolveError> {
        self.runtime.resolve(key, answer).await
    }
}

impl Runtime {
    async fn resolve(&self, key: &ReviewKey, answer: Answer) -> Result<(), ResolveError> {
        let review = self.store.review(key).await?.ok_or_else(|| ResolveError::NotOpen(key.clone()))?;
        review.takes(&answer)?;
        // What a guard stops may be planned anew, and then it is the newest plan that is approved of.
        let given =
            review.answer.as_ref().filter(|given| **given != answer && review.kind != ReviewKind::Guard);
        if let Some(given) = given {
            return Err(ResolveError::Answered(given.kind()));
        }
        let about = review.about.clone();
        let answered = Review { answer: Some(answer), ..review };
        match self.store.commit(Commit { reviews: vec![answered], ..Commit::default() }).await {
            Err(CommitError::Store(error)) => return Err(error.into()),
            // Nothing else is in the commit.
            Ok(()) | Err(CommitError::Stale(_) | CommitError::Claimed { .. }) => {}
        }
        self.mark([about], Priority::Interactive).await?;
        Ok(())
    }
}
