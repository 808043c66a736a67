//! Somebody is told.

use std::time::Duration;

use sync_core::sandbox_kit::Fault;

use crate::ana;
use crate::outages::throttled;
use crate::scene::{Scene, ready, terminated, until};

#[tokio::test]
async fn a_spent_quota_is_told_once_and_work_goes_on_when_it_is_renewed() {
    let mut scene = Scene::new("quota", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    // It is renewed in twenty seconds.
    let spent = [
        ("x-ratelimit-limit-daily", "200000"),
        ("x-ratelimit-daily-remaining", "0"),
        ("x-ratelimit-daily-reset", "20000"),
    ];
    scene.pair("shop").ghl.fault(throttled(&spent).times(1));
    until("an alert", || inbox.has("quota_low", "shop")).await;
    let why = ready(&address, "it is told", |status, _| status == 503).await;
    assert!(why.contains("has spent what it may in a day"), "{why}");
    scene.ana_moves("shop", "Tavira");
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Tavira")).await;
    assert_eq!(inbox.of("quota_low", "shop").len(), 1, "it is told once");
    let calls = scene.pair("shop").ghl.calls();
    let refused = calls.iter().find(|call| call.fault.is_some()).unwrap().at;
    // Some were under way.
    let pause = refused + Duration::from_secs(3)..refused + Duration::from_secs(19);
    assert!(!calls.iter().any(|call| pause.contains(&call.at)), "nothing is sent before it is renewed");
    terminated(child).await;
}

#[tokio::test]
async fn a_record_that_fails_again_and_again_is_told_and_done_once_it_can_be() {
    let mut scene = Scene::new("poison", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    scene.pair("shop").ghl.fault(Fault::status(500, "<html>").on("contacts.get"));
    scene.ana_moves("shop", "Tavira");
    until("an alert", || inbox.has("poison_record", "shop")).await;
    let told = inbox.of("poison_record", "shop");
    assert!(told[0].contains("contacts.get") && told[0].contains("sync-service review list"), "{told:?}");
    assert_eq!(scene.says(&["status"]).await.code, Some(2));
    scene.pair("shop").ghl.clear_faults();
    // It is tried again when it changes.
    scene.ana_moves("shop", "Loulé");
    until("the edit", || scene.ana_lives_in("shop", "Loulé")).await;
    terminated(child).await;
    assert_eq!(scene.says(&["status"]).await.code, Some(0), "nothing is asked any more");
}
