//! Rows that are not what they should be.

use moloni_client::ErrorKind;
use serde_json::json;

use crate::scripted::{Scripted, customer, document};
use crate::stage::{checked, polled, restarted, scanned};

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told_once_and_spoils_nothing() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=3);
    scripted.script().customers[1]["discount"] = json!("ten");
    scripted.script().customers.push(json!({ "name": "Nobody" }));
    scripted.script().documents = vec![document(8, 1), document(7, 1)];
    scripted.script().documents[0]["date"] = json!("soon");
    let mut feed = scripted.feed();
    let told = polled(&mut feed).await;
    let expected = [
        "created 3",
        "unreadable customers 2: discount: expected an amount",
        "created 1",
        "unreadable customers 0: it has no id",
        "unreadable documents 8: date: expected a date",
        "issued 7",
    ];
    let starts = |told: &[String]| told.iter().zip(expected).all(|(told, start)| told.starts_with(start));
    assert!(told.len() == expected.len() && starts(&told), "{told:#?}");
    for _ in 0..2 {
        feed = restarted(&scripted.client, feed);
        assert_eq!(polled(&mut feed).await, [""; 0]);
        assert_eq!(scanned(&mut feed).await, [""; 0]);
    }

    // Another version of the row is told again; one that can be read is what it is.
    scripted.script().customers[1]["discount"] = json!("eleven");
    assert_eq!(polled(&mut feed).await.len(), 1);
    scripted.script().customers[1]["discount"] = json!(11);
    scripted.script().documents[0] = document(8, 1);
    assert_eq!(polled(&mut feed).await, ["created 2", "issued 8"]);
}

#[tokio::test]
async fn a_customer_who_cannot_be_read_for_a_while_is_not_deleted() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=2);
    let mut feed = scripted.feed();
    polled(&mut feed).await;
    scripted.script().customers[0]["discount"] = json!("ten");
    assert!(scanned(&mut feed).await[0].starts_with("unreadable customers 2"));
    assert_eq!(scanned(&mut feed).await, [""; 0]);
    scripted.script().customers[0] = customer(2);
    assert_eq!(polled(&mut feed).await, [""; 0], "as it was");
}

#[tokio::test]
async fn a_document_that_the_service_fails_to_give_stops_the_feed_for_two_tries() {
    let scripted = Scripted::new().await;
    scripted.script().documents = vec![document(7, 1)];
    let mut feed = scripted.feed();
    polled(&mut feed).await;
    let mut receipt = document(9, 1);
    receipt["document_type_id"] = json!(2);
    receipt["associated_documents"] = json!([{ "associated_id": 6 }, { "associated_id": 7 }]);
    scripted.script().documents = vec![receipt];
    scripted.script().broken = vec![6, 7];
    feed.poll().await.unwrap().unwrap();
    assert_eq!(feed.poll().await.unwrap().unwrap().len(), 1);
    let mut refused = Vec::new();
    for _ in 0..5 {
        match feed.poll().await {
            Ok(changes) => {
                refused.extend(changes.unwrap().iter().map(crate::stage::line));
                break;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Server),
        }
    }
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused.iter().all(|told| told.starts_with("unreadable documents")), "{refused:?}");
    assert_eq!(
        scripted.script().count("documents/getOne"),
        8,
        "three of the second, and the first each time"
    );
    assert_eq!(feed.poll().await.unwrap(), None);
}

#[tokio::test]
async fn an_open_document_that_is_not_there_any_more_is_gone() {
    let scripted = Scripted::new().await;
    scripted.script().documents = vec![document(8, 1), document(7, 1)];
    let mut feed = scripted.feed();
    polled(&mut feed).await;
    scripted.script().documents.pop();
    scripted.script().documents[0]["net_value"] = json!("much");
    let told = checked(&mut feed).await;
    assert_eq!(told[0], "gone 7");
    assert!(told[1].starts_with("unreadable documents 8: net_value"), "{told:?}");
}
