//! What polls tell of customers, and what they cost.

use moloni_client::feed::Checkpoint;
use moloni_client::{CompanyId, CustomerId, ErrorKind};
use serde_json::json;

use crate::stage::{DAY, HOUR, Stage, polled, restarted, scanned};

#[tokio::test]
async fn a_feed_from_the_start_tells_all_there_is_once() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let invoice = stage.invoice(ana);
    let draft = stage.document(json!({ "customer_id": ana, "net_value": 5, "status": 0 }));
    let mut feed = stage.client.feed(Checkpoint::from_start());
    let told = [format!("created {ana}"), format!("draft {draft}"), format!("issued {invoice}")];
    assert_eq!(polled(&mut feed).await, told);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    stage.advance(DAY);
    assert_eq!(polled(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn customers_are_created_and_updated_once_however_often_their_rows_come() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let mut feed = stage.caught_up().await;
    let rui = stage.customer("Rui");
    assert_eq!(polled(&mut feed).await, [format!("created {rui}")]);
    stage.edit("customers", ana, json!({ "city": "Faro" })).unwrap();
    assert_eq!(polled(&mut feed).await, [format!("updated {ana}")]);
    for _ in 0..4 {
        stage.advance(HOUR);
        assert_eq!(polled(&mut feed).await, [""; 0]);
    }
    // A write that changes nothing is no change, though the service takes it for one.
    stage.edit("customers", ana, json!({ "city": "Faro" })).unwrap();
    assert_eq!(polled(&mut feed).await, [""; 0]);
    // Back to what it was before is one.
    stage.edit("customers", ana, json!({ "city": "Desconhecido" })).unwrap();
    assert_eq!(polled(&mut feed).await, [format!("updated {ana}")]);
}

#[tokio::test]
async fn a_poll_without_news_takes_two_requests() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    stage.invoice(ana);
    let mut feed = stage.caught_up().await;
    let before = stage.calls();
    polled(&mut feed).await;
    assert_eq!(stage.operations(before), ["customers.getModifiedSince", "documents.getModifiedSince"]);

    let before = stage.calls();
    let mut customers = stage.client.feed(feed.checkpoint().clone()).without_documents();
    polled(&mut customers).await;
    scanned(&mut customers).await;
    let asked = ["customers.getModifiedSince", "customers.count", "customers.getAll"];
    assert_eq!(stage.operations(before), asked);
    let before = stage.calls();
    let mut documents = stage.client.feed(feed.into_checkpoint()).without_customers();
    polled(&mut documents).await;
    scanned(&mut documents).await;
    assert_eq!(stage.operations(before), ["documents.getModifiedSince", "documents.getAll"]);
}

#[tokio::test]
async fn a_long_poll_goes_on_in_another_process_with_each_page_told_once() {
    let stage = Stage::new().await;
    let mut feed = stage.caught_up().await;
    let mut expected: Vec<_> =
        (0..120).map(|n| format!("created {}", stage.customer(&format!("C{n}")))).collect();
    let mut told = Vec::new();
    let mut pages = 0;
    while let Some(changes) = feed.poll().await.unwrap() {
        assert!(changes.len() <= 50);
        told.extend(changes.iter().map(crate::stage::line));
        pages += 1;
        if pages < 3 {
            feed = restarted(&stage.client, feed);
        }
    }
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(polled(&mut restarted(&stage.client, feed)).await, [""; 0]);
}

#[tokio::test]
async fn what_the_caller_wrote_does_not_come_back() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let mut feed = stage.caught_up().await;
    let (rui, invoice) = (stage.customer("Rui"), stage.invoice(ana));
    stage.edit("customers", ana, json!({ "city": "Faro" })).unwrap();
    for id in [ana, rui] {
        feed.wrote_customer(&stage.client.customers().get_one(CustomerId::from(id)).await.unwrap());
    }
    feed.wrote_document(&stage.client.documents().get_one(invoice.into()).await.unwrap());
    feed = restarted(&stage.client, feed);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    assert_eq!(scanned(&mut feed).await, [""; 0]);

    // What others do afterwards comes.
    stage.edit("customers", ana, json!({ "city": "Lagos" })).unwrap();
    stage.receipt(ana, invoice, 100);
    let told = polled(&mut feed).await;
    assert!(
        told.contains(&format!("updated {ana}")) && told.contains(&format!("paid {invoice}")),
        "{told:?}"
    );

    stage.delete("customers", rui).unwrap();
    feed.deleted_customer(rui.into());
    assert_eq!(scanned(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn a_checkpoint_is_of_one_company() {
    let stage = Stage::new().await;
    let feed = stage.caught_up().await;
    let revision = feed.checkpoint().revision();
    assert!(revision > 0);
    let other = stage.client.for_company(CompanyId::from(5));
    let mut wrong = other.feed(feed.into_checkpoint());
    for error in [wrong.poll().await.unwrap_err(), wrong.scan().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains("company 5"), "{error}");
    }
    assert_eq!(wrong.checkpoint().revision(), revision);
}

#[tokio::test]
async fn two_feeds_of_one_checkpoint_tell_the_same_and_their_revisions_show_it() {
    let stage = Stage::new().await;
    let stored = stage.caught_up().await.into_checkpoint();
    let rui = stage.customer("Rui");
    let (mut one, mut other) = (stage.client.feed(stored.clone()), stage.client.feed(stored.clone()));
    assert_eq!(polled(&mut one).await, [format!("created {rui}")]);
    assert_eq!(polled(&mut other).await, [format!("created {rui}")]);
    // Whoever stores over `stored` alone does so first, or not at all.
    assert!(one.checkpoint().revision() > stored.revision());
    assert_eq!(one.checkpoint().revision(), other.checkpoint().revision());
}

#[tokio::test]
async fn the_sandbox_dates_its_answers_by_its_own_clock() {
    let stage = Stage::new().await;
    stage.advance(DAY);
    let page = stage.client.customers().get_all().page(0).await.unwrap();
    let behind = stage.sandbox.server().now().duration_since(page.served_at.unwrap());
    assert!((0..60).contains(&behind.as_secs()), "{behind}");
}
