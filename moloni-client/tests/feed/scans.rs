//! What scans find, and what they do not claim.

use moloni_client::sandbox::Fault;
use serde_json::json;

use crate::scripted::{Scripted, customer};
use crate::stage::{Stage, polled, restarted, scanned};

#[tokio::test]
async fn a_scan_finds_deletions_and_what_polls_missed() {
    let stage = Stage::new().await;
    let ids: Vec<_> = (0..60).map(|n| stage.customer(&format!("C{n}"))).collect();
    let mut feed = stage.caught_up().await;
    stage.delete("customers", ids[3]).unwrap();
    stage.delete("customers", ids[40]).unwrap();
    stage.edit("customers", ids[5], json!({ "city": "Faro" })).unwrap();
    let rui = stage.customer("Rui");
    let before = stage.calls();
    let mut told = scanned(&mut feed).await;
    let mut expected = vec![
        format!("created {rui}"),
        format!("updated {}", ids[5]),
        format!("deleted {}", ids[3]),
        format!("deleted {}", ids[40]),
    ];
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    // A count, two pages, two deletions and the company, and the drafts.
    assert_eq!(stage.calls() - before, 7);
    assert_eq!(polled(&mut feed).await, [""; 0]);
    assert_eq!(scanned(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn a_scan_goes_on_where_it_was_interrupted() {
    let stage = Stage::new().await;
    let ids: Vec<_> = (0..120).map(|n| stage.customer(&format!("C{n}"))).collect();
    let mut feed = stage.caught_up().await;
    for id in &ids[10..40] {
        stage.delete("customers", *id).unwrap();
    }
    let before = stage.calls();
    let mut told = Vec::new();
    let mut pages = 0;
    while let Some(changes) = feed.scan().await.unwrap() {
        told.extend(changes.iter().map(crate::stage::line));
        pages += 1;
        if pages < 5 {
            feed = restarted(&stage.client, feed);
        }
    }
    let expected: Vec<_> = ids[10..40].iter().map(|id| format!("deleted {id}")).collect();
    assert_eq!(told, expected);
    assert_eq!(
        stage.calls() - before,
        1 + 2 + 30 + 1 + 2,
        "the company by each process that tells deletions"
    );
}

#[tokio::test]
async fn a_list_that_shifts_while_it_is_read_deletes_nobody() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=120);
    let mut feed = scripted.feed().without_documents();
    polled(&mut feed).await;
    // Each second page comes after a deletion in the first, so a row slips through in every round.
    scripted.script().hook = Some(Box::new(|script, operation, offset| {
        if operation == "customers/getAll" && offset == 50 {
            script.customers.remove(7);
        }
    }));
    let told = scanned(&mut feed).await;
    let there: Vec<_> =
        scripted.script().customers.iter().map(|row| row["customer_id"].as_u64().unwrap()).collect();
    let gone: Vec<_> = (1..=120).filter(|id| !there.contains(id)).map(|id| format!("deleted {id}")).collect();
    assert!(told.iter().all(|told| gone.contains(told)), "{told:?} are not all of {gone:?}");
    scripted.script().hook = None;
    let again = scanned(&mut feed).await;
    assert_eq!(told.len() + again.len(), gone.len(), "the rest comes the next night");
}

#[tokio::test]
async fn an_empty_list_deletes_nobody_who_is_there() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=600);
    let mut feed = scripted.feed().without_documents();
    polled(&mut feed).await;
    let all = scripted.script().customers.clone();
    // The list is empty; each customer is there who is asked for.
    scripted.script().hook = Some(Box::new(move |script, operation, _| {
        script.customers = if operation == "customers/getOne" { all.clone() } else { Vec::new() };
    }));
    assert_eq!(scanned(&mut feed).await, [""; 0]);
    assert_eq!(scripted.script().count("customers/getOne"), 500, "in bounds");
}

#[tokio::test]
async fn a_login_that_lost_the_company_deletes_nobody() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=60);
    let mut feed = scripted.feed().without_documents();
    polled(&mut feed).await;
    let all = std::mem::take(&mut scripted.script().customers);
    scripted.script().cut_off = true;
    let error = loop {
        match feed.scan().await {
            Ok(changes) => assert!(changes.unwrap().is_empty()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), moloni_client::ErrorKind::WrongAccount, "{error}");
    assert!(feed.scan().await.is_err());

    scripted.script().cut_off = false;
    let asked = scripted.script().count("companies/getAll");
    scripted.script().customers = all[..2].to_vec();
    assert_eq!(scanned(&mut feed).await.len(), 58);
    assert_eq!(scripted.script().count("companies/getAll") - asked, 1, "once for all deletions of the scan");
}

#[tokio::test]
async fn customers_who_come_while_a_scan_runs_are_not_deleted() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=60);
    let mut feed = scripted.feed().without_documents();
    polled(&mut feed).await;
    feed.scan().await.unwrap().unwrap();
    scripted.script().customers.insert(0, customer(61));
    assert_eq!(polled(&mut feed).await, ["created 61"], "a poll in the middle");
    assert_eq!(scanned(&mut feed).await, [""; 0]);
}

#[tokio::test]
async fn a_failed_request_leaves_the_scan_where_it_is() {
    let stage = Stage::new().await;
    let ids: Vec<_> = (0..30).map(|n| stage.customer(&format!("C{n}"))).collect();
    let mut feed = stage.caught_up().await;
    for id in &ids {
        stage.delete("customers", *id).unwrap();
    }
    feed.scan().await.unwrap().unwrap();
    let before = feed.checkpoint().clone();
    stage.sandbox.fault(Fault::status(503, "").on("customers.getOne").after(3));
    assert!(feed.scan().await.unwrap_err().is_retryable());
    assert_eq!(*feed.checkpoint(), before);
    stage.sandbox.clear_faults();
    assert_eq!(scanned(&mut feed).await.len(), 30);
}
