//! Sends webhooks.

mod outbox;
mod post;
mod settings;

use std::io;

use serde_json::{Map, Value};

pub(super) use outbox::Outbox;
pub use post::Delivery;
pub use settings::Webhooks;

use super::Sandbox;
use super::normal::to_millis;
use crate::webhooks::{KeyError, PublicKey, Verifier};

impl Sandbox {
    /// Sends webhooks of all that happens from now on, in place of where they went before. Nothing that happened
    /// before is told. A reset does not end it. With `rustls-no-provider` the process must have installed a provider,
    /// as for a client.
    ///
    /// ```
    /// # use ghl_contacts::sandbox::{Config, Sandbox, Webhooks};
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::start(Config::default()).await?;
    /// let verifier = sandbox.webhook_verifier()?;
    /// // Your server, which uses that verifier, gets each event twice.
    /// sandbox.send_webhooks(Webhooks::to("http://127.0.0.1:8080/webhooks").doubled())?;
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The address is not one of HTTP, or there is no tokio runtime to send from.
    pub fn send_webhooks(&self, webhooks: Webhooks) -> io::Result<()> {
        self.outbox().open(webhooks)
    }

    /// Sends no more webhooks, and tries none again.
    pub fn stop_webhooks(&self) {
        self.outbox().close();
    }

    /// Sends a webhook of your own, such as an `UNINSTALL`, as it would send one of its own. What is around each event,
    /// such as `timestamp`, is added where it is missing.
    pub fn send_webhook(&self, event: Map<String, Value>) {
        let now = to_millis(self.server.now());
        self.server.with(|world| world.outbox.leave(world.dated(event, now)));
    }

    /// The key by which its webhooks are known. It follows from the seed.
    ///
    /// # Errors
    ///
    /// The cryptographic library refuses to make it.
    pub fn webhook_key(&self) -> Result<PublicKey, KeyError> {
        self.outbox().public_key()
    }

    /// A verifier that accepts its webhooks and nobody else's.
    ///
    /// # Errors
    ///
    /// As [`webhook_key`](Self::webhook_key).
    pub fn webhook_verifier(&self) -> Result<Verifier, KeyError> {
        Ok(Verifier::with_keys([self.webhook_key()?]))
    }

    /// Every attempt to deliver a webhook so far, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.outbox().deliveries()
    }

    fn outbox(&self) -> Outbox {
        self.server.with(|world| world.outbox.clone())
    }
}
