use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sync_core::http::Url;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::settings::Webhooks;
use crate::webhooks::SIGNATURE_HEADER;

const PATIENCE: Duration = Duration::from_secs(5);
/// How long the first of two waits to be overtaken.
const WAIT: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: u32 = 64;

/// One attempt of a sandbox to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// What happened, such as `ContactCreate`.
    pub kind: String,
    /// Which webhook it is.
    pub webhook_id: String,
    /// Which attempt it was, counted from 1; 0 if it was dropped.
    pub attempt: u32,
    /// What the receiver answered, `None` if it did not.
    pub status: Option<u16>,
}

/// A webhook to be sent.
#[derive(Clone)]
pub(super) struct Letter {
    kind: String,
    id: String,
    body: String,
    signature: String,
}

impl Letter {
    pub(super) fn new(kind: String, id: String, body: String, signature: &[u8]) -> Self {
        Self { kind, id, body, signature: STANDARD.encode(signature) }
    }
}

/// What several tasks write.
pub(super) trait Shared {
    fn all(&self) -> MutexGuard<'_, Vec<Delivery>>;
}

impl Shared for Mutex<Vec<Delivery>> {
    fn all(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends letters.
#[derive(Clone)]
pub(super) struct Post {
    how: Webhooks,
    url: Url,
    client: reqwest::Client,
    sent: Arc<Mutex<Vec<Delivery>>>,
}

impl Post {
    pub(super) fn new(how: Webhooks, url: Url, sent: Arc<Mutex<Vec<Delivery>>>) -> io::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        Ok(Self { how, url, client, sent })
    }

    /// Sends what comes until nobody can leave anything any more. What is under way then is given up.
    pub(super) async fn run(self, mut letters: UnboundedReceiver<Letter>) {
        let mut under_way = JoinSet::new();
        let mut count: u32 = 0;
        let mut overtaken: Option<Letter> = None;
        loop {
            let waited = match overtaken {
                Some(_) => timeout(WAIT, letters.recv()).await.ok(),
                None => Some(letters.recv().await),
            };
            let next = match waited {
                Some(Some(letter)) => {
                    count = count.wrapping_add(1);
                    if self.how.drop_every > 0 && count % self.how.drop_every == 0 {
                        self.log(&letter, 0, None);
                        continue;
                    }
                    Some(letter)
                }
                Some(None) => return,
                None => None,
            };
            match (next, overtaken.take()) {
                (Some(letter), None) if self.how.out_of_order => overtaken = Some(letter),
                (next, first) => {
                    for letter in next.into_iter().chain(first) {
                        self.dispatch(letter, &mut under_way).await;
                    }
                }
            }
            while under_way.try_join_next().is_some() {}
        }
    }

    /// The first attempt holds up the letters that come after this one, so that they stay in order; the others do not.
    async fn dispatch(&self, letter: Letter, under_way: &mut JoinSet<()>) {
        for _ in 0..self.how.copies {
            let (post, letter) = (self.clone(), letter.clone());
            if self.how.late > Duration::ZERO {
                under_way.spawn(async move {
                    sleep(post.how.late).await;
                    if !post.attempt(&letter, 1).await {
                        post.again(letter).await;
                    }
                });
            } else if !self.attempt(&letter, 1).await {
                under_way.spawn(post.again(letter));
            }
        }
    }

    async fn again(self, letter: Letter) {
        let mut pause = self.how.backoff;
        for attempt in 2..=self.how.attempts {
            sleep(pause).await;
            if self.attempt(&letter, attempt).await {
                return;
            }
            pause = (pause * 2).min(self.how.backoff * LONGEST_PAUSE);
        }
    }

    /// Whether the letter was accepted.
    async fn attempt(&self, letter: &Letter, attempt: u32) -> bool {
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(SIGNATURE_HEADER, &letter.signature)
            .body(letter.body.clone());
        let status = request.send().await.ok().map(|answer| answer.status());
        self.log(letter, attempt, status.map(|status| status.as_u16()));
        status.is_some_and(|status| status.is_success())
    }

    fn log(&self, letter: &Letter, attempt: u32, status: Option<u16>) {
        let (kind, webhook_id) = (letter.kind.clone(), letter.id.clone());
        self.sent.all().push(Delivery { kind, webhook_id, attempt, status });
    }
}
