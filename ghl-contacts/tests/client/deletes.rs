//! Records that are deleted, and answers that are lost on the way.

use ghl_contacts::{Client, ContactId, Error, ErrorKind};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{answer, ask, client, takes, takes_first};

const PATHS: [&str; 3] = ["/contacts/c_ana", "/contacts/c_ana/notes/n_1", "/contacts/c_ana/tasks/t_1"];

async fn delete(client: &Client, path: &str) -> Result<(), Error> {
    let ana = ContactId::new("c_ana");
    match path {
        "/contacts/c_ana" => client.contacts().delete(&ana).await,
        "/contacts/c_ana/notes/n_1" => client.notes(&ana).delete(&"n_1".into()).await,
        _ => client.tasks(&ana).delete(&"t_1".into()).await,
    }
}

fn missing() -> ResponseTemplate {
    answer(404, &json!({ "statusCode": 404, "message": "Contact not found" }))
}

#[tokio::test]
async fn every_spelling_of_done_is_one_and_so_is_an_empty_answer() {
    let spellings = [json!({ "succeded": true }), json!({ "succeeded": true, "succeded": true }), json!({})];
    for path in PATHS {
        for spelling in &spellings {
            let server = MockServer::start().await;
            takes(&server, ask("DELETE", path), answer(200, spelling), 1).await;
            delete(&client(&server), path).await.unwrap();
        }
        let server = MockServer::start().await;
        takes(&server, ask("DELETE", path), ResponseTemplate::new(204), 1).await;
        delete(&client(&server), path).await.unwrap();
    }
}

#[tokio::test]
async fn a_status_of_success_that_says_no_is_an_error() {
    for path in PATHS {
        let server = MockServer::start().await;
        takes(&server, ask("DELETE", path), answer(200, &json!({ "succeded": false })), 1).await;
        let error = delete(&client(&server), path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{error}");
        assert!(error.to_string().contains("was not done"), "{error}");
    }
}

#[tokio::test]
async fn what_is_gone_by_the_second_request_was_deleted_by_the_first() {
    for path in PATHS {
        let server = MockServer::start().await;
        takes_first(&server, ask("DELETE", path), ResponseTemplate::new(503), 1).await;
        takes(&server, ask("DELETE", path), missing(), 1).await;
        delete(&client(&server), path).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_gone_after_a_request_that_did_nothing_was_not_there() {
    for path in PATHS {
        let server = MockServer::start().await;
        takes_first(&server, ask("DELETE", path), ResponseTemplate::new(429), 1).await;
        takes(&server, ask("DELETE", path), missing(), 1).await;
        let error = delete(&client(&server), path).await.unwrap_err();
        assert!(error.is_not_found() && error.attempts() == 2, "{error}");
    }
}

#[tokio::test]
async fn what_was_not_there_to_begin_with_is_told() {
    for path in PATHS {
        let server = MockServer::start().await;
        takes(&server, ask("DELETE", path), missing(), 1).await;
        let error = delete(&client(&server), path).await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
    }
}
