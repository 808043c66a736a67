//! What comes back from the other side with a secret in it, and what goes there through a proxy.

use std::sync::{Arc, Mutex};

use serde_json::json;
use sync_core::RefreshError;
use sync_core::http::Request;
use sync_core::http::oauth::{self, Carry, Grant, GrantError};

use crate::errors::{GRANT, client, refused};
use crate::server::{answer, answering, settings};
use crate::shown::{is_clean, told};
use crate::{READ, app};

/// What a gateway says that repeats the request.
fn repeated(request: &str) -> String {
    json!({ "error": format!("Not Found: {request}"), "message": format!("Cannot serve {request}") })
        .to_string()
}

#[tokio::test]
async fn a_refusal_that_repeats_the_request_is_told_without_its_secrets() {
    for error in refused(404, repeated).await {
        is_clean(&told(&error), "a refused grant");
        let GrantError::Refused { code, description, .. } = &error else { panic!("{error}") };
        for part in ["HTTP/1.1", "client_secret=…", "user_type=Location"] {
            assert!(code.contains(part) && description.contains(part), "the rest stays: {part} in {error}");
        }
        is_clean(&told(&RefreshError::from(error)), "a refused refresh");
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_the_token_is_kept_without_it() {
    for (status, kept) in [(404, false), (200, true)] {
        let service = answering(move |request| answer(status, &format!("Cannot serve {request}"))).await;
        let client = client(&settings(), &format!("http://{service}/")).unwrap();
        let reply = client.send(Request::new(&READ).arg("id", 7).query("page", 2)).await.unwrap();
        let excerpt = reply.excerpt();
        assert!(excerpt.as_str().contains("/things/7?page=2&access_token="), "the rest stays");
        assert_eq!(excerpt.as_str().contains("s3cr3t-access"), kept, "HTTP {status}");
    }
}

#[tokio::test]
async fn a_code_of_the_standard_stays_whatever_was_sent() {
    let service = answering(|_| answer(400, r#"{"error":"invalid_grant","message":"no grant"}"#)).await;
    let client = client(&settings(), &format!("http://{service}/")).unwrap();
    // Without a mark, because it must be a part of the code.
    let password = Grant::Password { username: "ana".to_owned(), password: "grant".into() };
    let error = oauth::request(&client, &GRANT, Carry::Query, &app(), &password, &[]).await.unwrap_err();
    assert!(error.is_invalid_grant(), "{error}");
    assert!(error.to_string().ends_with("invalid_grant: no …"), "{error}");
}

#[tokio::test]
async fn what_else_comes_with_a_refusal_can_be_read_and_does_not_show() {
    for error in refused(403, |_| "{}".to_owned()).await {
        let GrantError::Refused { headers, .. } = &error else { panic!("{error}") };
        assert_eq!(headers["set-cookie"], "session=s3cr3t-session");
        is_clean(&told(&error), "a refused grant");
    }
}

#[tokio::test]
async fn a_proxy_gets_its_password_and_nobody_else_does() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = asked.clone();
    let proxy = answering(move |request| {
        heard.lock().unwrap().push(request.to_owned());
        answer(407, "s3cr3t-proxy")
    })
    .await;
    let settings = settings().proxy(&format!("http://ana:s3cr3t-proxy@{proxy}")).unwrap();
    for (base, reached) in [("http://localhost:1/", true), ("https://crm.example.com/", false)] {
        let client = client(&settings, base).unwrap();
        match client.send(Request::new(&READ).arg("id", 7)).await {
            Ok(reply) => assert!(reached && reply.status == 407),
            Err(error) => {
                assert!(!reached, "{error}");
                is_clean(&told(&error), "a refusal of the proxy");
            }
        }
        is_clean(&format!("{client:?} {client:#?}"), "the client");
    }
    let asked = asked.lock().unwrap();
    let basic = "basic yw5honmzy3izdc1wcm94eq==";
    assert!(
        asked.len() >= 2 && asked.iter().all(|request| request.to_lowercase().contains(basic)),
        "the password is sent"
    );
    let tunnel = asked.iter().find(|request| request.starts_with("CONNECT ")).unwrap();
    assert!(!tunnel.contains("s3cr3t-access"), "the token is not for the proxy");
}
