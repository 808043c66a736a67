//! What polls tell of documents, payments above all.

use moloni_client::feed::Checkpoint;
use serde_json::json;

use crate::stage::{DAY, HOUR, Stage, checked, line, polled, restarted, scanned};

#[tokio::test]
async fn a_receipt_pays_an_invoice_whose_own_row_never_comes() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let invoice = stage.invoice(ana);
    let mut feed = stage.caught_up().await;
    stage.advance(10 * DAY);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    let modified = || stage.sandbox.state()["documents"][0]["lastmodified"].clone();
    let before = modified();
    let receipt = stage.receipt(ana, invoice, 100);
    assert_eq!(modified(), before, "the invoice looks as old as it did");
    assert_eq!(polled(&mut feed).await, [format!("issued {receipt}"), format!("paid {invoice}")]);
    for _ in 0..30 {
        stage.advance(HOUR);
        feed = restarted(&stage.client, feed);
        assert_eq!(polled(&mut feed).await, [""; 0]);
    }
    assert_eq!(checked(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn parts_of_a_payment_and_their_return_are_each_told_once() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let mut feed = stage.caught_up().await;
    let invoice = stage.invoice(ana);
    assert_eq!(polled(&mut feed).await, [format!("issued {invoice}")]);
    let first = stage.receipt(ana, invoice, 40);
    // The invoice is young, so its row comes with the receipt's.
    assert_eq!(polled(&mut feed).await, [format!("issued {first}"), format!("partly paid {invoice}: 40")]);
    stage.advance(3 * HOUR);
    let second = stage.receipt(ana, invoice, 60);
    assert_eq!(polled(&mut feed).await, [format!("issued {second}"), format!("paid {invoice}")]);
    stage.advance(3 * DAY);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    stage.set_status(second, 2);
    assert_eq!(polled(&mut feed).await, [format!("annulled {second}"), format!("reopened {invoice}")]);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    stage.set_status(first, 0);
    assert_eq!(polled(&mut feed).await, [format!("withdrawn {first}"), format!("reopened {invoice}")]);
    stage.set_status(first, 1);
    assert_eq!(polled(&mut feed).await, [format!("issued {first}"), format!("partly paid {invoice}: 40")]);
}

#[tokio::test]
async fn a_document_goes_from_draft_to_annulled() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let mut feed = stage.caught_up().await;
    let draft = stage.document(json!({ "customer_id": ana, "net_value": 5, "status": 0 }));
    assert_eq!(polled(&mut feed).await, [format!("draft {draft}")]);
    stage.edit("documents", draft, json!({ "net_value": 6 })).unwrap();
    assert_eq!(polled(&mut feed).await, [format!("edited {draft}")]);
    stage.set_status(draft, 1);
    assert_eq!(polled(&mut feed).await, [format!("issued {draft}")]);
    stage.set_status(draft, 0);
    assert_eq!(polled(&mut feed).await, [format!("withdrawn {draft}")]);
    stage.set_status(draft, 1);
    assert_eq!(polled(&mut feed).await, [format!("issued {draft}")]);
    stage.advance(5 * DAY);
    stage.set_status(draft, 2);
    assert_eq!(polled(&mut feed).await, [format!("annulled {draft}")]);
    stage.advance(5 * DAY);
    assert_eq!(polled(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn what_pays_itself_is_paid_when_it_is_issued() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let mut feed = stage.caught_up().await;
    for kind in [27, 20] {
        let document =
            stage.document(json!({ "customer_id": ana, "document_type_id": kind, "net_value": 9 }));
        assert_eq!(polled(&mut feed).await, [format!("issued {document}"), format!("paid {document}")]);
    }
    stage.advance(5 * DAY);
    assert_eq!(polled(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn each_document_is_read_again_once_however_many_name_it() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let invoices: Vec<_> = (0..30).map(|_| stage.invoice(ana)).collect();
    let mut feed = stage.caught_up().await;
    stage.advance(3 * HOUR);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    let links: Vec<_> = invoices.iter().map(|id| json!({ "associated_id": id, "value": 60 })).collect();
    let half = json!({ "customer_id": ana, "document_type_id": 2, "associated_documents": links });
    let rest: Vec<_> = invoices.iter().map(|id| json!({ "associated_id": id, "value": 40 })).collect();
    stage.document(half);
    stage.document(json!({ "customer_id": ana, "document_type_id": 2, "associated_documents": rest }));
    let before = stage.calls();
    let mut pages = Vec::new();
    while let Some(changes) = feed.poll().await.unwrap() {
        pages.push(changes.len());
    }
    assert_eq!(pages, [0, 2, 25, 5], "in bounds");
    let reads = stage.operations(before).into_iter().filter(|name| name == "documents.getOne").count();
    assert_eq!(reads, 30);
    assert_eq!(polled(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn a_feed_that_begins_now_knows_what_was_open() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let (paid, open) = (stage.invoice(ana), stage.invoice(ana));
    let old = stage.receipt(ana, paid, 100);
    stage.advance(10 * DAY);
    let mut feed = stage.caught_up().await;
    stage.set_status(old, 2);
    stage.receipt(ana, open, 30);
    let told = polled(&mut feed).await;
    for expected in [format!("annulled {old}"), format!("reopened {paid}"), format!("partly paid {open}: 30")]
    {
        assert!(told.contains(&expected), "{told:?}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
}

#[tokio::test]
async fn a_first_reading_tells_each_document_once_though_rows_move_and_old_ones_are_forgotten() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let paid = json!({ "customer_id": ana, "document_type_id": 27, "net_value": 9 });
    let old: Vec<_> = (0..60).map(|_| stage.document(paid.clone())).collect();
    stage.advance(10 * DAY);
    let mut feed = stage.client.feed(Checkpoint::from_start()).without_customers();
    let mut told: Vec<_> = feed.poll().await.unwrap().unwrap().iter().map(line).collect();
    // Now every row moves back, and the last of the first page is the first of the second.
    let new = stage.document(paid);
    let mut feed = restarted(&stage.client, feed).without_customers();
    told.extend(polled(&mut feed).await);
    told.extend(polled(&mut feed).await);
    let mut expected: Vec<_> =
        old.iter().chain([&new]).flat_map(|id| [format!("issued {id}"), format!("paid {id}")]).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    let size = serde_json::to_string(feed.checkpoint()).unwrap().len();
    assert!(size < 1000, "what is settled is not stored: {size}");
}

#[tokio::test]
async fn a_check_of_open_documents_finds_what_no_poll_showed() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let invoices: Vec<_> = (0..27).map(|_| stage.invoice(ana)).collect();
    let mut feed = stage.caught_up().await;
    stage.receipt(ana, invoices[0], 100);
    stage.receipt(ana, invoices[26], 1);
    let before = stage.calls();
    let told = checked(&mut feed).await;
    assert_eq!(told, [format!("paid {}", invoices[0]), format!("partly paid {}: 1", invoices[26])]);
    assert_eq!(stage.calls() - before, 27);
    let before = stage.calls();
    assert_eq!(checked(&mut feed).await, [""; 0]);
    assert_eq!(stage.calls() - before, 26, "what is paid is open no more");
    // The poll finds the receipts, and the payments told already.
    assert!(polled(&mut feed).await.iter().all(|told| told.starts_with("issued")));
}

#[tokio::test]
async fn a_check_goes_on_where_it_was_interrupted() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    for _ in 0..60 {
        stage.invoice(ana);
    }
    let mut feed = stage.caught_up().await;
    let before = stage.calls();
    feed.check_open().await.unwrap().unwrap();
    let mut feed = restarted(&stage.client, feed);
    assert_eq!(checked(&mut feed).await, [""; 0]);
    assert_eq!(stage.calls() - before, 60);
}

#[tokio::test]
async fn drafts_that_are_deleted_are_found_by_a_scan() {
    let stage = Stage::new().await;
    let ana = stage.customer("Ana");
    let drafts: Vec<_> =
        (0..3).map(|_| stage.document(json!({ "customer_id": ana, "net_value": 5, "status": 0 }))).collect();
    let mut feed = stage.caught_up().await;
    stage.delete("documents", drafts[1]).unwrap();
    stage.set_status(drafts[2], 1);
    stage.edit("documents", drafts[0], json!({ "net_value": 7 })).unwrap();
    let mut told = scanned(&mut feed).await;
    told.sort();
    let mut expected =
        [format!("edited {}", drafts[0]), format!("gone {}", drafts[1]), format!("issued {}", drafts[2])];
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(scanned(&mut feed).await, [""; 0]);
    assert_eq!(polled(&mut feed).await, [""; 0]);

    stage.delete("documents", drafts[0]).unwrap();
    feed.deleted_document(drafts[0].into());
    assert_eq!(scanned(&mut feed).await, [""; 0]);
}
