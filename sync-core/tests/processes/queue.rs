//! The queue, which the parent keeps.

use std::time::Duration;

use async_trait::async_trait;
use sync_core::StoreError;
use sync_core::jiff::Timestamp;
use sync_core::queue::{Claim, Hint, WorkQueue};

use crate::remote::Line;
use crate::wire::{Answer, Claimed, What};

#[derive(Debug)]
pub(crate) struct RemoteQueue(pub(crate) Line);

fn claim((key, tenant, priority, fence, attempt): Claimed) -> Claim {
    Claim { key, tenant, priority, fence, attempt }
}

impl RemoteQueue {
    async fn call(&self, what: What) -> Result<Answer, StoreError> {
        self.0.call("", what).await.map_err(|error| StoreError::new("parent", error.to_string()))
    }
}

#[async_trait]
impl WorkQueue for RemoteQueue {
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
        let parts = |hint: &Hint| (hint.key.clone(), hint.tenant.clone(), hint.priority, hint.not_before);
        self.call(What::Mark(hints.iter().map(parts).collect())).await.map(drop)
    }

    async fn claim(&self, _: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError> {
        match self.call(What::Claim(max, u64::try_from(lease.as_millis()).unwrap())).await? {
            Answer::Claims(claims) => Ok(claims.into_iter().map(claim).collect()),
            other => panic!("{other:?} are no claims"),
        }
    }

    async fn done(&self, claim: Claim, again: Option<Timestamp>) -> Result<(), StoreError> {
        let Claim { key, tenant, priority, fence, attempt } = claim;
        self.call(What::Done((key, tenant, priority, fence, attempt), again)).await.map(drop)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        match self.call(What::NextDue).await? {
            Answer::Due(due) => Ok(due),
            other => panic!("{other:?} is no moment"),
        }
    }
}

/// Does for the parent's queue what a process asks for.
pub(crate) async fn answer(queue: &dyn WorkQueue, what: What) -> Result<Answer, StoreError> {
    match what {
        What::Mark(hints) => {
            let whole = |(key, tenant, priority, not_before)| Hint { key, tenant, priority, not_before };
            let hints: Vec<_> = hints.into_iter().map(whole).collect();
            queue.mark(&hints).await.map(|()| Answer::Noted)
        }
        What::Claim(max, lease) => {
            let claims = queue.claim("", max, Duration::from_millis(lease)).await?;
            let parts = |claim: Claim| (claim.key, claim.tenant, claim.priority, claim.fence, claim.attempt);
            Ok(Answer::Claims(claims.into_iter().map(parts).collect()))
        }
        What::Done(claimed, again) => queue.done(claim(claimed), again).await.map(|()| Answer::Noted),
        What::NextDue => queue.next_due().await.map(Answer::Due),
        other => panic!("no queue does {other:?}"),
    }
}
