use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Map, Value, json};
use sync_core::http::Url;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::post::{Delivery, Letter, Post, Shared};
use super::settings::Webhooks;
use crate::sandbox::world::uuid;
use crate::webhooks::{KeyError, PublicKey};

/// Where the world leaves what webhooks are to tell. All clones of a world have the same one, so that a reset does not
/// close it.
#[derive(Clone)]
pub(in crate::sandbox) struct Outbox(Arc<Inner>);

struct Inner {
    key: Option<Ed25519KeyPair>,
    open: Mutex<Open>,
    sent: Arc<Mutex<Vec<Delivery>>>,
}

struct Open {
    to: Option<UnboundedSender<Letter>>,
    ids: fastrand::Rng,
}

impl Outbox {
    pub(in crate::sandbox) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x0000_516E);
        let mut key = [0; 32];
        random.fill(&mut key);
        let key = Ed25519KeyPair::from_seed_unchecked(&key).ok();
        Self(Arc::new(Inner { key, open: Mutex::new(Open { to: None, ids: random }), sent: Arc::default() }))
    }

    pub(in crate::sandbox) fn is_open(&self) -> bool {
        self.locked().to.is_some()
    }

    /// Takes an event and gives it an id unless it has one. Nobody hears of it while the outbox is closed.
    pub(in crate::sandbox) fn leave(&self, mut event: Map<String, Value>) {
        let mut open = self.locked();
        let id = uuid(&mut open.ids);
        let Some(to) = &open.to else { return };
        let id = event.entry("webhookId").or_insert(json!(id)).as_str().unwrap_or_default().to_owned();
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let body = Value::Object(event).to_string();
        let signature = self.0.key.as_ref().map(|key| key.sign(body.as_bytes()).as_ref().to_vec());
        // Who does not take it any more has stopped.
        let _ = to.send(Letter::new(kind, id, body, &signature.unwrap_or_default()));
    }

    pub(super) fn open(&self, webhooks: Webhooks) -> io::Result<()> {
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
        let url = Url::parse(&webhooks.url).map_err(|why| invalid(&why.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("webhooks go to an address of HTTP"));
        }
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let (to, letters) = unbounded_channel();
        let post = Post::new(webhooks, url, self.0.sent.clone())?;
        self.locked().to = Some(to);
        runtime.spawn(post.run(letters));
        Ok(())
    }

    pub(super) fn close(&self) {
        self.locked().to = None;
    }

    pub(super) fn public_key(&self) -> Result<PublicKey, KeyError> {
        let key = self.0.key.as_ref().ok_or(KeyError::Unsupported)?;
        PublicKey::from_ed25519(key.public_key().as_ref())
    }

    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.0.sent.all().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
