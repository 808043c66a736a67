//! Followers, campaigns, workflows and appointments of a contact.

use ghl_contacts::jiff::tz::{TimeZone, offset};
use ghl_contacts::jiff::{Timestamp, ZonedDateTime};
use ghl_contacts::{ApiVersion, ContactId, ErrorKind, FollowersChange};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{answer, ask, client, takes, takes_first};

fn ana() -> ContactId {
    ContactId::new("c_ana")
}

fn done() -> ResponseTemplate {
    answer(200, &json!({ "succeded": true }))
}

fn nothing() -> Value {
    json!({})
}

#[tokio::test]
async fn followers_are_added_and_removed_with_a_body() {
    let server = MockServer::start().await;
    let body = json!({ "followers": ["u_1", "u_2"] });
    let added = json!({ "followers": ["u_0", "u_1", "u_2"], "followersAdded": ["u_2"] });
    let post = || ask("POST", "/contacts/c_ana/followers").json(body.clone());
    takes_first(&server, post(), ResponseTemplate::new(503), 1).await;
    takes(&server, post(), answer(201, &added), 1).await;
    let removed = json!({ "followers": ["u_0", "u_1"], "followersRemoved": ["u_2"], "followersAdded": [] });
    let delete = ask("DELETE", "/contacts/c_ana/followers").json(json!({ "followers": ["u_2"] }));
    takes(&server, delete, answer(200, &removed), 1).await;
    let (client, ana) = (client(&server), ana());
    let change = client.followers(&ana).add(["u_1", "u_2"]).await.unwrap();
    let users = |ids: &[&str]| ids.iter().map(|id| (*id).into()).collect::<Vec<_>>();
    assert_eq!(change, FollowersChange::new(users(&["u_0", "u_1", "u_2"]), users(&["u_2"])));
    let change = client.followers(&ana).remove(users(&["u_2"])).await.unwrap();
    assert_eq!(change, FollowersChange::new(users(&["u_0", "u_1"]), users(&["u_2"])));
}

#[tokio::test]
async fn lists_of_followers_and_events_may_be_null_or_absent() {
    for body in [json!({}), json!({ "followers": null, "followersAdded": null, "events": null })] {
        let server = MockServer::start().await;
        let post = ask("POST", "/contacts/c_ana/followers").json(json!({ "followers": ["u_1"] }));
        takes(&server, post, answer(201, &body), 1).await;
        takes(&server, ask("GET", "/contacts/c_ana/appointments"), answer(200, &body), 1).await;
        let (client, ana) = (client(&server), ana());
        assert_eq!(client.followers(&ana).add(["u_1"]).await.unwrap(), FollowersChange::default());
        assert_eq!(client.contact_appointments(&ana).list().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_campaign_is_joined_once_with_an_empty_object() {
    let server = MockServer::start().await;
    let post = || ask("POST", "/contacts/c_ana/campaigns/k_1").json(nothing());
    takes_first(&server, post(), ResponseTemplate::new(503), 1).await;
    takes(&server, post(), answer(201, &json!({ "succeded": true })), 1).await;
    let (client, ana) = (client(&server), ana());
    let error = client.campaigns(&ana).add(&"k_1".into()).await.unwrap_err();
    assert_eq!((error.attempts(), error.operation()), (1, "campaigns.add"));
    assert!(error.outcome_unknown());
    client.campaigns(&ana).add(&"k_1".into()).await.unwrap();
}

#[tokio::test]
async fn a_campaign_is_left_without_a_body() {
    let server = MockServer::start().await;
    let delete = || ask("DELETE", "/contacts/c_ana/campaigns/k_1");
    takes_first(&server, delete(), ResponseTemplate::new(503), 1).await;
    takes(&server, delete(), done(), 1).await;
    client(&server).campaigns(&ana()).remove(&"k_1".into()).await.unwrap();
}

#[tokio::test]
async fn all_campaigns_are_left_on_the_path_of_the_version() {
    let server = MockServer::start().await;
    takes(&server, ask("DELETE", "/contacts/c_ana/campaigns/removeAll"), done(), 1).await;
    let v3 = ask("DELETE", "/contacts/c_ana/campaigns/remove-all").version("v3");
    takes(&server, v3, answer(200, &json!({ "succeeded": true, "succeded": true })), 1).await;
    let (client, ana) = (client(&server), ana());
    client.campaigns(&ana).remove_all().await.unwrap();
    client.with_version(ApiVersion::V3).campaigns(&ana).remove_all().await.unwrap();
}

#[tokio::test]
async fn a_workflow_is_joined_once_and_left_with_a_body() {
    let server = MockServer::start().await;
    let path = "/contacts/c_ana/workflow/w_1";
    takes(&server, ask("POST", path).json(nothing()), ResponseTemplate::new(503), 1).await;
    let start = || json!({ "eventStartTime": "2026-03-01T11:00:00+01:00" });
    takes(&server, ask("POST", path).json(start()), done(), 1).await;
    takes_first(&server, ask("DELETE", path).json(nothing()), ResponseTemplate::new(503), 1).await;
    takes(&server, ask("DELETE", path).json(nothing()), done(), 1).await;
    let utc = json!({ "eventStartTime": "2026-03-01T10:00:00+00:00" });
    takes(&server, ask("DELETE", path).json(utc), done(), 1).await;

    let (client, ana, workflow) = (client(&server), ana(), "w_1".into());
    let workflows = client.workflows(&ana);
    let error = workflows.add(&workflow).await.unwrap_err();
    assert_eq!((error.attempts(), error.outcome_unknown()), (1, true));
    let at = |hours| -> ZonedDateTime {
        "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap().to_zoned_datetime(TimeZone::fixed(offset(hours)))
    };
    workflows.add_at(&workflow, &at(1)).await.unwrap();
    workflows.remove(&workflow).await.unwrap();
    workflows.remove_at(&workflow, &at(0)).await.unwrap();
}

#[tokio::test]
async fn what_was_not_done_is_an_error() {
    let server = MockServer::start().await;
    let no = answer(200, &json!({ "succeded": false }));
    takes(&server, ask("DELETE", "/contacts/c_ana/campaigns/removeAll"), no.clone(), 1).await;
    takes(&server, ask("POST", "/contacts/c_ana/workflow/w_1").json(nothing()), no, 1).await;
    let (client, ana) = (client(&server), ana());
    assert_eq!(client.campaigns(&ana).remove_all().await.unwrap_err().kind(), ErrorKind::Other);
    assert_eq!(client.workflows(&ana).add(&"w_1".into()).await.unwrap_err().kind(), ErrorKind::Other);
}

#[tokio::test]
async fn appointments_of_a_contact_are_listed_and_nothing_of_them_is_lost() {
    let server = MockServer::start().await;
    let event = json!({
        "id": "a_1", "calendarId": "cal_1", "status": "booked", "title": "Visit", "assignedUserId": "u_1",
        "notes": "…", "startTime": "2026-03-01 11:00:00", "endTime": "2026-03-01 11:30:00",
        "address": "Rua da Prata 1", "locationId": "loc_1", "contactId": "c_ana", "groupId": "g_1",
        "appointmentStatus": "confirmed", "users": ["u_1"], "dateAdded": "2026-02-01 09:00:00",
        "dateUpdated": "2026-02-01 09:00:01", "assignedResources": ["r_1"], "isRecurring": false,
    });
    let body = json!({ "events": [event, { "id": "a_2" }] });
    takes(&server, ask("GET", "/contacts/c_ana/appointments"), answer(200, &body), 1).await;
    let events = client(&server).contact_appointments(&ana()).list().await.unwrap();
    assert_eq!(serde_json::to_value(&events[0]).unwrap(), event);
    let east = TimeZone::fixed(offset(1));
    assert_eq!(events[0].start_time.as_deref(), Some("2026-03-01 11:00:00"));
    assert_eq!(events[0].starts_at(&east), Some("2026-03-01T10:00:00Z".parse().unwrap()));
    assert_eq!(events[0].ends_at(&TimeZone::UTC), Some("2026-03-01T11:30:00Z".parse().unwrap()));
    assert_eq!((events[1].id.as_str(), events[1].starts_at(&east)), ("a_2", None));
}
