//! Changes of many contacts at once.

use std::error::Error as _;

use ghl_contacts::{BulkStatus, BulkTagResult, BulkTagged, ContactId, Error, ErrorKind, TagChange};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{Ask, answer, ask, client, takes, takes_first};

fn ids(numbers: std::ops::Range<usize>) -> Vec<ContactId> {
    numbers.map(|n| ContactId::new(format!("c_{n}"))).collect()
}

fn ask_tags(change: &str, body: &Value) -> Ask {
    let mut body = body.clone();
    body["locationId"] = json!("loc_1");
    ask("POST", &format!("/contacts/bulk/tags/update/{change}")).json(body)
}

fn success(id: &str) -> Value {
    json!({ "contactId": id, "message": "Tags updated", "type": "success", "oldTags": ["old"],
        "tagsAdded": ["vip"], "tagsRemoved": [] })
}

fn tagged(results: &Value) -> ResponseTemplate {
    let errors = results.as_array().unwrap().iter().filter(|result| result["type"] != "success").count();
    answer(201, &json!({ "succeded": true, "errorCount": errors, "responses": results }))
}

#[tokio::test]
async fn tags_are_added_and_removed_and_every_contact_has_its_result() {
    let server = MockServer::start().await;
    let body = json!({ "contacts": ["c_0", "c_0", "c_1"], "tags": ["vip", "lead"] });
    let failed = json!({ "contactId": "c_1", "message": "contact is deleted", "type": "error", "code": 7 });
    let results = tagged(&json!([success("c_0"), success("c_0"), failed]));
    takes_first(&server, ask_tags("add", &body), ResponseTemplate::new(503), 1).await;
    takes(&server, ask_tags("add", &body), results, 1).await;
    let body = json!({ "contacts": ["c_0"], "tags": ["vip"] });
    takes(&server, ask_tags("remove", &body), tagged(&json!([success("c_0")])), 1).await;

    let bulk = client(&server);
    let contacts = [ids(0..1), ids(0..2)].concat();
    let tagged = bulk.bulk().tags(&contacts, &TagChange::add(["vip", "lead"])).await.unwrap();
    assert_eq!((tagged.results.len(), tagged.error_count, tagged.is_complete()), (3, 1, false));
    assert_eq!(tagged.results[0], tagged.results[1], "the same contact twice");
    assert_eq!(
        (&tagged.results[0].old_tags[..], &tagged.results[0].tags_added[..]),
        (&["old".to_owned()][..], &["vip".to_owned()][..])
    );
    let failures: Vec<_> = tagged.failures().collect();
    assert_eq!((failures.len(), failures[0].contact_id.as_ref()), (1, Some(&contacts[2])));
    assert_eq!(failures[0].message.as_deref(), Some("contact is deleted"));
    assert_eq!(serde_json::to_value(failures[0]).unwrap(), failed, "nothing is lost");
    let removed = bulk.bulk().tags(&ids(0..1), &TagChange::remove(["vip"])).await.unwrap();
    assert!(removed.is_complete());
}

#[tokio::test]
async fn all_tags_are_removed_only_when_that_is_asked_for() {
    let server = MockServer::start().await;
    let body = json!({ "contacts": ["c_0"], "tags": [], "removeAllTags": true });
    takes(&server, ask_tags("remove", &body), tagged(&json!([success("c_0")])), 1).await;
    assert!(client(&server).bulk().remove_all_tags(&ids(0..1)).await.unwrap().is_complete());
}

#[tokio::test]
async fn results_are_read_leniently() {
    let table = [
        (json!({}), 0, true),
        (json!({ "responses": null, "errorCount": null }), 0, true),
        (json!({ "responses": ["as described"], "errorCount": 0 }), 0, false),
        (json!({ "responses": [{ "type": "queued", "contactId": "c_0", "oldTags": null }] }), 1, false),
        (json!({ "responses": [{ "type": "success", "message": 5 }] }), 0, true),
        (json!({ "succeded": false }), 0, false),
        (json!({ "succeeded": true, "succeded": true }), 0, true),
        (json!({ "errorCount": 2, "responses": [] }), 2, false),
    ];
    for (body, errors, complete) in table {
        let server = MockServer::start().await;
        let sent = json!({ "contacts": ["c_0"], "tags": ["vip"] });
        takes(&server, ask_tags("add", &sent), answer(201, &body), 1).await;
        let tagged = client(&server).bulk().tags(&ids(0..1), &TagChange::add(["vip"])).await.unwrap();
        assert_eq!((tagged.error_count, tagged.is_complete()), (errors, complete), "{body}");
    }
}

#[tokio::test]
async fn results_are_made_for_tests() {
    let made = BulkTagged::new(vec![
        BulkTagResult::new("c_0", BulkStatus::Success),
        BulkTagResult::new("c_1", BulkStatus::Error),
    ]);
    assert_eq!((made.error_count, made.failures().count()), (1, 1));
}

#[tokio::test]
async fn tags_are_sent_in_requests_of_a_hundred_or_as_many_as_set() {
    let server = MockServer::start().await;
    let part = |numbers| json!({ "contacts": ids(numbers), "tags": ["vip"] });
    takes(&server, ask_tags("add", &part(0..100)), tagged(&json!([success("c_0")])), 1).await;
    takes(&server, ask_tags("add", &part(100..101)), tagged(&json!([success("c_100")])), 1).await;
    for n in 0..2 {
        takes(&server, ask_tags("add", &part(n..n + 1)), tagged(&json!([success("c")])), 1).await;
    }
    let (client, change) = (client(&server), TagChange::add(["vip"]));
    assert_eq!(client.bulk().tags(&ids(0..101), &change).await.unwrap().results.len(), 2);
    assert_eq!(client.bulk().tags_per_request(0).tags(&ids(0..2), &change).await.unwrap().results.len(), 2);
    assert_eq!(client.bulk().tags(&[], &change).await.unwrap(), BulkTagged::default(), "nothing is sent");
}

#[tokio::test]
async fn a_change_that_stops_on_its_way_says_how_far_it_came() {
    let server = MockServer::start().await;
    let part = |numbers| json!({ "contacts": ids(numbers), "tags": ["vip"] });
    takes(&server, ask_tags("add", &part(0..2)), tagged(&json!([success("c_0"), success("c_1")])), 1).await;
    let refusal = json!({ "statusCode": 422, "message": ["tags is odd"], "traceId": "t-1" });
    takes(&server, ask_tags("add", &part(2..4)), answer(422, &refusal), 2).await;
    let client = client(&server);
    let change = TagChange::add(["vip"]);
    let stopped = client.bulk().tags_per_request(2).tags(&ids(0..5), &change).await.unwrap_err();
    assert_eq!((stopped.done.results.len(), &stopped.rest), (2, &ids(2..5)));
    assert_eq!(stopped.to_string(), format!("{}, with 3 contacts to go", stopped.error));
    assert!(stopped.source().is_none());
    let stopped = client.bulk().tags_per_request(2).tags(&stopped.rest, &change).await.unwrap_err();
    let error = Error::from(stopped);
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Validation, "tags.bulk"));
}

fn ask_business(numbers: std::ops::Range<usize>, business: Option<&str>) -> Ask {
    let body = json!({ "locationId": "loc_1", "ids": ids(numbers), "businessId": business });
    ask("POST", "/contacts/bulk/business").json(body)
}

#[tokio::test]
async fn contacts_are_grouped_by_fifties() {
    let server = MockServer::start().await;
    let grouped = |numbers| answer(200, &json!({ "success": true, "ids": ids(numbers) }));
    takes_first(&server, ask_business(0..50, Some("b_1")), ResponseTemplate::new(503), 1).await;
    takes(&server, ask_business(0..50, Some("b_1")), grouped(0..49), 1).await;
    takes(&server, ask_business(50..51, Some("b_1")), grouped(50..51), 1).await;
    let done = client(&server).bulk().business(&ids(0..51), Some(&"b_1".into())).await.unwrap();
    assert_eq!(done, [ids(0..49), ids(50..51)].concat(), "the service skipped one");
}

#[tokio::test]
async fn contacts_leave_their_business_by_an_explicit_null() {
    let server = MockServer::start().await;
    takes(&server, ask_business(0..1, None), answer(200, &json!({ "success": true, "ids": null })), 1).await;
    assert_eq!(client(&server).bulk().business(&ids(0..1), None).await.unwrap(), []);
}

#[tokio::test]
async fn a_grouping_that_stops_on_its_way_says_how_far_it_came() {
    for no in
        [answer(422, &json!({ "message": ["businessId is odd"] })), answer(200, &json!({ "success": false }))]
    {
        let server = MockServer::start().await;
        let grouped = answer(200, &json!({ "success": true, "ids": ids(0..50) }));
        takes(&server, ask_business(0..50, Some("b_1")), grouped, 1).await;
        takes(&server, ask_business(50..60, Some("b_1")), no, 1).await;
        let stopped = client(&server).bulk().business(&ids(0..60), Some(&"b_1".into())).await.unwrap_err();
        assert_eq!((stopped.done, stopped.rest), (ids(0..50), ids(50..60)));
    }
}
