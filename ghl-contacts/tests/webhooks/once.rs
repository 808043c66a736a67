//! Queued once, and never lost.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use ghl_contacts::webhooks::{
    Claim, DeliveryId, MemoryDeliveries, Once, OnceError, SeenDeliveries, StoredDeliveries, Webhook,
};
use ghl_contacts::{StoreError, async_trait};
use sync_core::ManualEnv;

use crate::seen::{CLAIM, both};
use crate::tables::MemoryTable;

#[derive(Debug, Clone, Default)]
struct Queue(Arc<Mutex<Vec<String>>>);

impl Queue {
    async fn push(&self, body: &str) -> io::Result<()> {
        tokio::task::yield_now().await;
        self.0.lock().unwrap().push(body.to_owned());
        Ok(())
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn webhook() -> Webhook {
    Webhook::parse(br#"{ "type": "ContactCreate", "id": "c_ana", "webhookId": "w_1" }"#).unwrap()
}

fn away() -> io::Result<()> {
    Err(io::Error::other("the queue is away"))
}

#[tokio::test]
async fn a_repetition_is_not_queued() {
    for seen in both(&Arc::new(ManualEnv::new(1))) {
        let (queue, webhook) = (Queue::default(), webhook());
        let once = webhook.once(&*seen, queue.push(webhook.raw())).await.unwrap();
        assert!(matches!(once, Once::Queued) && once.status() == 200);
        let once = webhook.once(&*seen, queue.push(webhook.raw())).await.unwrap();
        assert!(matches!(once, Once::Seen) && once.status() == 200);
        assert_eq!(*queue.0.lock().unwrap(), [webhook.raw()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_copies_at_once_one_is_queued() {
    for seen in both(&Arc::new(ManualEnv::new(1))) {
        let queue = Queue::default();
        let copies = join_all((0..50).map(|_| {
            let (seen, queue, webhook) = (seen.clone(), queue.clone(), webhook());
            tokio::spawn(async move { webhook.once(&*seen, queue.push(webhook.raw())).await.unwrap() })
        }));
        for once in copies.await {
            let once = once.unwrap();
            let (taken, status) = (matches!(once, Once::Taken), once.status());
            assert_eq!(status, if taken { 429 } else { 200 }, "who may yet fail has not taken it over");
        }
        assert_eq!(queue.len(), 1);
    }
}

#[tokio::test]
async fn what_could_not_be_queued_comes_again() {
    for seen in both(&Arc::new(ManualEnv::new(1))) {
        let error = webhook().once(&*seen, async { away() }).await.unwrap_err();
        assert!(matches!(error, OnceError::Queue(_)) && error.status() == 503, "{error}");
        let once = webhook().once(&*seen, async { Ok::<_, io::Error>(()) }).await.unwrap();
        assert!(matches!(once, Once::Queued), "{once:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_dies_while_queueing_loses_nothing() {
    let env = Arc::new(ManualEnv::new(1));
    for seen in both(&env) {
        let (queue, webhook) = (Queue::default(), webhook());
        let never = async {
            std::future::pending::<()>().await;
            Ok::<_, io::Error>(())
        };
        let dying = tokio::time::timeout(Duration::from_millis(5), webhook.once(&*seen, never));
        assert!(dying.await.is_err());
        let once = webhook.once(&*seen, queue.push(webhook.raw())).await.unwrap();
        assert!(matches!(once, Once::Taken), "until the claim ends: {once:?}");
        env.advance(CLAIM);
        let once = webhook.once(&*seen, queue.push(webhook.raw())).await.unwrap();
        assert!(matches!(once, Once::Queued) && queue.len() == 1, "{once:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_dies_after_queueing_queues_twice_at_worst() {
    let env = Arc::new(ManualEnv::new(1));
    for seen in both(&env) {
        let (queue, webhook) = (Queue::default(), webhook());
        let dying = async {
            queue.push(webhook.raw()).await?;
            std::future::pending::<()>().await;
            Ok::<_, io::Error>(())
        };
        let once = webhook.once(&*seen, dying);
        assert!(tokio::time::timeout(Duration::from_millis(5), once).await.is_err());
        env.advance(CLAIM);
        let once = webhook.once(&*seen, queue.push(webhook.raw())).await.unwrap();
        assert!(matches!(once, Once::Queued) && queue.len() == 2, "{once:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_apart_is_always_queued() {
    let seen = MemoryDeliveries::new(Arc::new(ManualEnv::new(1)));
    let (queue, webhook) = (Queue::default(), Webhook::parse(br#"{ "type": "INSTALL" }"#).unwrap());
    for _ in 0..2 {
        let once = webhook.once(&seen, queue.push(webhook.raw())).await.unwrap();
        assert!(matches!(once, Once::Queued), "{once:?}");
    }
    assert_eq!(queue.len(), 2);
}

#[tokio::test]
async fn a_broken_memory_is_not_taken_for_an_empty_one() {
    let seen = StoredDeliveries::new(MemoryTable::default(), Arc::new(ManualEnv::new(1)));
    let (queue, webhook) = (Queue::default(), webhook());
    seen.table().broken.store(true, Ordering::SeqCst);
    let error = webhook.once(&seen, queue.push(webhook.raw())).await.unwrap_err();
    assert!(matches!(error, OnceError::Seen(_)) && error.status() == 503, "{error}");
    assert_eq!(queue.len(), 0);
    // Broken from the middle on: it is queued, and the caller learns the rest.
    seen.table().broken.store(false, Ordering::SeqCst);
    let breaking = async {
        queue.push(webhook.raw()).await?;
        seen.table().broken.store(true, Ordering::SeqCst);
        Ok::<_, io::Error>(())
    };
    let once = webhook.once(&seen, breaking).await.unwrap();
    assert!(matches!(once, Once::Unmarked(_)) && once.status() == 200, "{once:?}");
    assert_eq!(queue.len(), 1);
}

/// Writes down what is asked of it.
#[derive(Debug, Default)]
struct Diary(Mutex<Vec<&'static str>>);

#[async_trait]
impl SeenDeliveries for Diary {
    async fn claim(&self, _: &DeliveryId) -> Result<Claim, StoreError> {
        self.0.lock().unwrap().push("claim");
        Ok(Claim::Granted(1))
    }

    async fn mark(&self, _: &DeliveryId) -> Result<(), StoreError> {
        self.0.lock().unwrap().push("mark");
        Ok(())
    }

    async fn release(&self, _: &DeliveryId, _: u64) -> Result<(), StoreError> {
        self.0.lock().unwrap().push("release");
        Ok(())
    }
}

#[tokio::test]
async fn it_is_marked_only_after_it_is_queued() {
    let diary = Diary::default();
    let queue = async {
        diary.0.lock().unwrap().push("queue");
        Ok::<_, io::Error>(())
    };
    webhook().once(&diary, queue).await.unwrap();
    webhook().once(&diary, async { away() }).await.unwrap_err();
    assert_eq!(*diary.0.lock().unwrap(), ["claim", "queue", "mark", "claim", "release"]);
}
