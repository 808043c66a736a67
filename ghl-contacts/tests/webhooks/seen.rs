//! What every memory of deliveries must do, ours in memory and ours on a table alike.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ghl_contacts::webhooks::{Claim, DeliveryId, MemoryDeliveries, SeenDeliveries, StoredDeliveries};
use sync_core::ManualEnv;

use crate::tables::MemoryTable;

pub(crate) const CLAIM: Duration = Duration::from_secs(30);

pub(crate) fn both(env: &Arc<ManualEnv>) -> [Arc<dyn SeenDeliveries>; 2] {
    [
        Arc::new(MemoryDeliveries::new(env.clone()).claim_for(CLAIM)),
        Arc::new(StoredDeliveries::new(MemoryTable::default(), env.clone()).claim_for(CLAIM)),
    ]
}

fn id() -> DeliveryId {
    DeliveryId::new("w_1")
}

async fn granted(seen: &dyn SeenDeliveries) -> u64 {
    match seen.claim(&id()).await.unwrap() {
        Claim::Granted(fence) => fence,
        other => panic!("{seen:?}: {other:?}"),
    }
}

#[tokio::test]
async fn a_delivery_is_taken_until_it_is_seen() {
    for seen in both(&Arc::new(ManualEnv::new(1))) {
        granted(&*seen).await;
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Taken);
        assert!(matches!(seen.claim(&DeliveryId::new("w_2")).await.unwrap(), Claim::Granted(_)));
        seen.mark(&id()).await.unwrap();
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Seen);
        seen.mark(&id()).await.unwrap();
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Seen);
    }
}

#[tokio::test]
async fn what_was_released_is_new_again() {
    for seen in both(&Arc::new(ManualEnv::new(1))) {
        let fence = granted(&*seen).await;
        seen.release(&id(), fence).await.unwrap();
        granted(&*seen).await;
    }
}

#[tokio::test]
async fn a_claim_whose_holder_died_ends() {
    let env = Arc::new(ManualEnv::new(1));
    for seen in both(&env) {
        granted(&*seen).await;
        env.advance(CLAIM.saturating_sub(Duration::from_millis(1)));
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Taken);
        env.advance(Duration::from_millis(1));
        granted(&*seen).await;
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Taken, "of its second holder");
    }
}

#[tokio::test]
async fn a_late_holder_does_not_release_the_claim_of_another() {
    let env = Arc::new(ManualEnv::new(1));
    for seen in both(&env) {
        let late = granted(&*seen).await;
        env.advance(CLAIM);
        let present = granted(&*seen).await;
        assert_ne!(late, present);
        seen.release(&id(), late).await.unwrap();
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Taken);
        // But what the late one has queued is queued.
        seen.mark(&id()).await.unwrap();
        seen.release(&id(), present).await.unwrap();
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Seen);
    }
}

#[tokio::test]
async fn what_is_seen_stays_seen_when_claims_end() {
    let env = Arc::new(ManualEnv::new(1));
    for seen in both(&env) {
        granted(&*seen).await;
        seen.mark(&id()).await.unwrap();
        env.advance(CLAIM * 2);
        assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_granted() {
    let env = Arc::new(ManualEnv::new(1));
    for seen in both(&env) {
        for round in 0..2 {
            let claims = join_all((0..50).map(|_| {
                let seen = seen.clone();
                tokio::spawn(async move { seen.claim(&id()).await.unwrap() })
            }));
            let claims: Vec<_> = claims.await.into_iter().map(Result::unwrap).collect();
            let granted = claims.iter().filter(|claim| matches!(claim, Claim::Granted(_))).count();
            let taken = claims.iter().filter(|claim| **claim == Claim::Taken).count();
            assert_eq!((granted, taken), (1, 49), "round {round}: {seen:?}");
            // The second round is for a claim that has ended.
            env.advance(CLAIM);
        }
    }
}

#[tokio::test]
async fn memory_is_bounded_in_size() {
    let seen = MemoryDeliveries::new(Arc::new(ManualEnv::new(1))).capacity(3);
    let id = |n: usize| DeliveryId::new(format!("w_{n}"));
    for n in 0..5 {
        seen.claim(&id(n)).await.unwrap();
        seen.mark(&id(n)).await.unwrap();
    }
    for (n, remembered) in [(2, true), (3, true), (4, true), (0, false)] {
        assert_eq!(seen.claim(&id(n)).await.unwrap() == Claim::Seen, remembered, "{n}");
    }
    let nothing = MemoryDeliveries::new(Arc::new(ManualEnv::new(1))).capacity(0);
    nothing.mark(&id(0)).await.unwrap();
    assert!(matches!(nothing.claim(&id(0)).await.unwrap(), Claim::Granted(_)));
}

#[tokio::test]
async fn memory_is_bounded_in_age() {
    let env = Arc::new(ManualEnv::new(1));
    let seen = MemoryDeliveries::new(env.clone()).keep(Duration::from_secs(100));
    seen.claim(&id()).await.unwrap();
    seen.mark(&id()).await.unwrap();
    env.advance(Duration::from_secs(100));
    assert_eq!(seen.claim(&id()).await.unwrap(), Claim::Seen);
    env.advance(Duration::from_secs(1));
    assert!(matches!(seen.claim(&id()).await.unwrap(), Claim::Granted(_)));
}
