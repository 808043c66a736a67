use std::fmt::{self, Debug};

use async_trait::async_trait;
use sync_core::StoreError;

/// What a delivery and its repetitions have in common, see [`Webhook::delivery`](super::Webhook::delivery).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(String);

impl DeliveryId {
    /// Wraps an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text: what to use as a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Remembers deliveries, so that each is worked on once.
///
/// [`Webhook::once`](super::Webhook::once) calls it in the right order: [`claim`](Self::claim), queue durably,
/// [`mark`](Self::mark). To mark first and to queue then would lose the webhook whose process dies in between. This way it
/// is queued twice at worst: when the process dies after queueing, or takes longer than a claim lasts.
///
/// Implement [`DeliveryTable`](super::DeliveryTable) to keep them in a database; implement this for anything else.
#[async_trait]
pub trait SeenDeliveries: Send + Sync + Debug {
    /// Claims a delivery, in one step: of several callers at one time only one gets [`Claim::Granted`].
    ///
    /// A claim that is neither marked nor released ends by itself after a while.
    ///
    /// # Errors
    ///
    /// The store cannot be reached. "Broken" is never reported as "new".
    async fn claim(&self, id: &DeliveryId) -> Result<Claim, StoreError>;

    /// Remembers that the delivery is queued, whoever has the claim by now.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    async fn mark(&self, id: &DeliveryId) -> Result<(), StoreError>;

    /// Gives the claim with this fence back: the delivery could not be queued. A claim that has ended, and that somebody
    /// else may have by now, is left alone.
    ///
    /// # Errors
    ///
    /// The store cannot be reached; the claim then ends by itself.
    async fn release(&self, id: &DeliveryId, fence: u64) -> Result<(), StoreError>;
}

/// What became of a [`SeenDeliveries::claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is new, and the caller's. The number tells this claim from later ones of the same delivery.
    Granted(u64),
    /// Somebody else has it, and may yet fail.
    Taken,
    /// It is queued already.
    Seen,
}
