use std::fmt::Display;

use sync_core::StoreError;

use super::seen::{Claim, SeenDeliveries};
use super::webhook::Webhook;

/// What became of a webhook in [`Webhook::once`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Once {
    /// It is queued now. Answer 200.
    Queued,
    /// It was queued before. Answer 200.
    Seen,
    /// Somebody else is queueing it, and may yet fail: it must come again. Answer 429.
    Taken,
    /// It is queued now, but that could not be remembered: a repetition will be queued again. Answer 200.
    Unmarked(StoreError),
}

impl Once {
    /// The HTTP status to answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Queued | Self::Seen | Self::Unmarked(_) => 200,
            Self::Taken => 429,
        }
    }
}

/// A webhook that could not be queued. The service delivers it again after any answer but a 2xx.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnceError<E: Display> {
    /// Whether it was here before is not known. It is not queued.
    #[error("the deliveries seen: {0}")]
    Seen(StoreError),
    /// Your queue refused it.
    #[error("the queue of webhooks: {0}")]
    Queue(E),
}

impl<E: Display> OnceError<E> {
    /// The HTTP status to answer: 503.
    pub fn status(&self) -> u16 {
        503
    }
}

impl Webhook {
    /// Queues the webhook unless it was queued before.
    ///
    /// Awaits `queue` only if this delivery is new, and remembers it only when `queue` is done: whatever dies on the
    /// way, the webhook comes again. `queue` must be done only when the webhook is safe, such as committed. It can
    /// rarely be awaited twice for one webhook, so work on the queue must bear repetition.
    ///
    /// A webhook without a [`delivery`](Self::delivery) is always queued.
    ///
    /// ```
    /// use ghl_contacts::webhooks::{Once, SeenDeliveries, Webhook};
    /// # use std::sync::Arc;
    /// # use ghl_contacts::SystemEnv;
    /// # use ghl_contacts::webhooks::MemoryDeliveries;
    ///
    /// async fn insert(body: &str) -> Result<(), std::io::Error> {
    ///     // insert into webhooks (body) values ($1)
    /// #   let _ = body;
    ///     Ok(())
    /// }
    ///
    /// async fn receive(webhook: &Webhook, seen: &dyn SeenDeliveries) -> u16 {
    ///     match webhook.once(seen, insert(webhook.raw())).await {
    ///         Ok(once) => once.status(),
    ///         Err(error) => error.status(),
    ///     }
    /// }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let seen = MemoryDeliveries::new(Arc::new(SystemEnv::new()));
    /// # let webhook = Webhook::parse(br#"{ "type": "INSTALL", "webhookId": "w_1" }"#).unwrap();
    /// # assert_eq!(receive(&webhook, &seen).await, 200);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`OnceError::Seen`] if `seen` cannot tell, [`OnceError::Queue`] with the error of `queue`.
    pub async fn once<E: Display>(
        &self,
        seen: &dyn SeenDeliveries,
        queue: impl Future<Output = Result<(), E>>,
    ) -> Result<Once, OnceError<E>> {
        let Some(id) = self.delivery() else {
            return queue.await.map(|()| Once::Queued).map_err(OnceError::Queue);
        };
        let fence = match seen.claim(&id).await.map_err(OnceError::Seen)? {
            Claim::Granted(fence) => fence,
            Claim::Taken => return Ok(Once::Taken),
            Claim::Seen => return Ok(Once::Seen),
        };
        if let Err(error) = queue.await {
            // If this fails too, the claim ends by itself.
            let _ = seen.release(&id, fence).await;
            return Err(OnceError::Queue(error));
        }
        Ok(match seen.mark(&id).await {
            Ok(()) => Once::Queued,
            Err(error) => Once::Unmarked(error),
        })
    }
}
