//! From the page to a pair of tokens and on: what takes more than one call.

use std::time::Duration;

use moloni_client::sandbox::{Config, Fault, FaultKind, Sandbox};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::wire::{Ask, authorize, by_code, call, login, refresh, start, start_with};
use crate::{description, pair};

/// The whole answer, if it arrives.
async fn heard(ask: &Ask, sandbox: &Sandbox) -> Option<Value> {
    ask.try_send(sandbox).await.ok()?.json().await.ok()
}

#[tokio::test]
async fn a_rotation_whose_reply_is_lost_ends_the_connection() {
    for fault in [FaultKind::LoseReply, FaultKind::CutBody] {
        let sandbox = start().await;
        let used = refresh(&sandbox, &sandbox.credentials().refresh_token);
        sandbox.fault(Fault::new(fault).on("grant").times(1));
        assert_eq!(heard(&used, &sandbox).await, None);
        assert!(sandbox.calls()[0].effect, "the token is used");
        assert_eq!(description(used.send(&sandbox).await).await, "Invalid refresh token");

        let count = call(&sandbox, "customers/count", json!({}));
        assert_eq!(
            count.send(&sandbox).await.status(),
            StatusCode::OK,
            "the access token lives on for its hour"
        );
        sandbox.advance(Duration::from_secs(3600));
        assert_eq!(description(count.send(&sandbox).await).await, "Token is no longer valid");
        let again = login(&sandbox, &sandbox.credentials().password);
        assert_eq!(again.send(&sandbox).await.status(), StatusCode::OK, "only a person helps");
    }
}

#[tokio::test]
async fn a_code_whose_reply_is_lost_is_used_up() {
    let sandbox = start().await;
    let code = authorize(&sandbox).code(&sandbox).await;
    let exchange = by_code(&sandbox).with("code", &code);
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("grant").times(1));
    assert_eq!(heard(&exchange, &sandbox).await, None);
    let expected = "Authorization code doesn't exist or is invalid for the client";
    assert_eq!(description(exchange.send(&sandbox).await).await, expected);
}

#[tokio::test]
async fn a_dropped_rotation_leaves_the_token_good() {
    let sandbox = start().await;
    let fresh = refresh(&sandbox, &sandbox.credentials().refresh_token);
    sandbox.fault(Fault::new(FaultKind::Drop).on("grant").times(1));
    assert_eq!(heard(&fresh, &sandbox).await, None);
    assert_eq!(fresh.send(&sandbox).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn codes_of_the_page_live_for_five_minutes() {
    let sandbox = start().await;
    let codes = [authorize(&sandbox).code(&sandbox).await, authorize(&sandbox).code(&sandbox).await];
    assert!(codes[0] != codes[1]);
    sandbox.advance(Duration::from_secs(290));
    pair(by_code(&sandbox).with("code", &codes[0]).send(&sandbox).await).await;
    sandbox.advance(Duration::from_secs(11));
    let late = by_code(&sandbox).with("code", &codes[1]).send(&sandbox).await;
    assert_eq!(description(late).await, "The authorization code has expired");
    // The first code belongs to no page and waits as long as it takes.
    sandbox.advance(Duration::from_secs(86_400));
    pair(by_code(&sandbox).send(&sandbox).await).await;
}

#[tokio::test]
async fn the_page_sends_codes_only_to_the_registered_address() {
    let registered = "https://app.example.com/moloni".to_owned();
    let config = Config { redirect_uri: Some(registered), ..Config::default() };
    let sandbox = start_with(config).await;
    let longer = authorize(&sandbox).with("redirect_uri", "https://app.example.com/moloni?state=1");
    let expected = "The redirect URI provided is missing or does not match";
    assert_eq!(description(longer.send(&sandbox).await).await, expected);
    let code = authorize(&sandbox).without("redirect_uri").code(&sandbox).await;
    pair(by_code(&sandbox).with("code", &code).send(&sandbox).await).await;
    let effects: Vec<bool> = sandbox.calls().iter().map(|call| call.effect).collect();
    assert_eq!(effects, [false, true, true]);
}

#[tokio::test]
async fn a_browser_at_the_old_address_ends_where_the_application_waits() {
    let sandbox = start().await;
    let back = format!("{}/v1/companies/getAll/", sandbox.url());
    let old = authorize(&sandbox).with("redirect_uri", &back);
    let request = Client::new().get(format!("{}/v1/authorize/", sandbox.url())).query(&old.query);
    let end = request.send().await.unwrap();
    assert!(end.url().as_str().starts_with(&format!("{back}?code=5ec2e7")));
    let calls: Vec<_> =
        sandbox.calls().into_iter().map(|call| (call.operation.unwrap(), call.status)).collect();
    let page = || ("authorize".to_owned(), Some(302));
    assert_eq!(calls, [page(), page(), ("companies.getAll".to_owned(), Some(400))]);
}

#[tokio::test]
async fn the_page_is_no_part_of_the_api() {
    let sandbox = start_with(Config { requests: Some(1), ..Config::default() }).await;
    for _ in 0..3 {
        assert_eq!(authorize(&sandbox).send(&sandbox).await.status(), StatusCode::FOUND);
    }
    let count = call(&sandbox, "customers/count", json!({}));
    assert_eq!(count.send(&sandbox).await.status(), StatusCode::OK);
    assert_eq!(count.send(&sandbox).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn every_secret_is_recognised_and_none_is_shown() {
    let sandbox = start().await;
    let keys = sandbox.credentials();
    let code = authorize(&sandbox).code(&sandbox).await;
    let (access, next) = pair(by_code(&sandbox).with("code", &code).send(&sandbox).await).await;
    let (later, last) = pair(refresh(&sandbox, &next).send(&sandbox).await).await;
    let first = [&keys.client_secret, &keys.password, &keys.code, &keys.access_token, &keys.refresh_token];
    let mut secrets: Vec<&str> = first.into_iter().map(String::as_str).collect();
    secrets.extend([code.as_str(), &access, &next, &later, &last]);
    for secret in &secrets {
        assert_eq!((secret.len(), &secret[..6]), (40, "5ec2e7"));
        assert!(secret.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()));
    }
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), 10, "each is another");

    let mut shown =
        format!("{} {sandbox:?} {keys:?} {:?} {:?}", sandbox.state(), sandbox.server(), sandbox.calls());
    for path in ["__sandbox/state", "__sandbox/calls"] {
        shown += &Ask::new(path, &[]).get().send(&sandbox).await.text().await.unwrap();
    }
    assert!(shown.contains("authorize") && shown.contains(&keys.username));
    assert!(!shown.contains("5ec2e7"));
}
