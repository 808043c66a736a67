//! From the page to a pair of tokens and on: what takes more than one call.

use std::time::Duration;

use ghl_contacts::sandbox::{Config, Edit, Fault, FaultKind, Sandbox};
use serde_json::{Value, json};

use crate::ask::{Ask, form, get};
use crate::grants::{CALLBACK, code, exchange, grant, page, refresh};

async fn start() -> Sandbox {
    start_with(Config::default()).await
}

async fn start_with(config: Config) -> Sandbox {
    crate::trace::on();
    Sandbox::start(config).await.unwrap()
}

/// The whole answer, if it arrives.
async fn heard(ask: &Ask, sandbox: &Sandbox) -> Option<Value> {
    ask.try_send(sandbox).await.ok()?.json().await.ok()
}

fn stopped(sandbox: &Sandbox, location: &str, active: bool) {
    let (collection, id) = ("locations".to_owned(), location.to_owned());
    sandbox.human(Edit::Update { collection, id, fields: json!({ "active": active }) }).unwrap();
}

#[tokio::test]
async fn a_rotation_whose_reply_is_lost_is_done_all_the_same() {
    for fault in [FaultKind::LoseReply, FaultKind::CutBody] {
        for (later, again) in [(20, 200), (31, 400)] {
            let sandbox = start().await;
            let c = sandbox.credentials().clone();
            let used = refresh(&c, &c.refresh_token);
            sandbox.fault(Fault::new(fault.clone()).on("oauth.token").times(1));
            assert_eq!(heard(&used, &sandbox).await, None);
            assert!(sandbox.calls()[0].effect, "the token is used");
            sandbox.advance(Duration::from_secs(later));
            // For half a minute the pair can be had again; after that it is lost for good.
            let (status, body) = used.send(&sandbox).await;
            assert_eq!((status, body["error"] == "invalid_grant"), (again, again == 400), "{body}");
        }
    }
}

#[tokio::test]
async fn a_code_whose_reply_is_lost_is_used_up() {
    let sandbox = start().await;
    let c = sandbox.credentials().clone();
    let exchange = exchange(&c, &code(&sandbox, "contacts.readonly", &[]).await, "Location");
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("oauth.token").times(1));
    assert_eq!(heard(&exchange, &sandbox).await, None);
    assert_eq!(exchange.send(&sandbox).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_dropped_rotation_leaves_the_token_good() {
    let sandbox = start().await;
    let c = sandbox.credentials().clone();
    let fresh = refresh(&c, &c.refresh_token);
    sandbox.fault(Fault::new(FaultKind::Drop).on("oauth.token").times(1));
    assert_eq!(heard(&fresh, &sandbox).await, None);
    sandbox.advance(Duration::from_secs(3600));
    assert_eq!(fresh.send(&sandbox).await.0, 200);
}

#[tokio::test]
async fn codes_of_the_page_live_for_five_minutes() {
    let sandbox = start().await;
    let c = sandbox.credentials().clone();
    let codes =
        [code(&sandbox, "contacts.readonly", &[]).await, code(&sandbox, "contacts.readonly", &[]).await];
    assert_ne!(codes[0], codes[1]);
    sandbox.advance(Duration::from_secs(290));
    assert_eq!(exchange(&c, &codes[0], "Location").send(&sandbox).await.0, 200);
    sandbox.advance(Duration::from_secs(11));
    let (status, body) = exchange(&c, &codes[1], "Location").send(&sandbox).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(body["error_description"], "Invalid grant: authorization code has expired");
    // The first code belongs to no page and waits as long as it takes.
    sandbox.advance(Duration::from_secs(86_400));
    assert_eq!(exchange(&c, &c.code, "Location").send(&sandbox).await.0, 200);
}

#[tokio::test]
async fn a_refused_exchange_does_not_use_the_code_up() {
    let sandbox = start().await;
    let c = sandbox.credentials().clone();
    let code = code(&sandbox, "contacts.readonly", &[]).await;
    let elsewhere = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://app.example.pt/callback"),
    ];
    assert_eq!(grant(&c, &elsewhere).send(&sandbox).await.0, 400);
    stopped(&sandbox, &c.location_id, false);
    let (status, body) = exchange(&c, &code, "Location").send(&sandbox).await;
    assert_eq!((status, &body["message"]), (400, &json!("Location is not active")));
    stopped(&sandbox, &c.location_id, true);
    assert_eq!(exchange(&c, &code, "Location").send(&sandbox).await.0, 200);
}

#[tokio::test]
async fn the_page_sends_codes_only_to_the_registered_address() {
    let config = Config { redirect_uri: Some(CALLBACK.to_owned()), ..Config::default() };
    let sandbox = start_with(config).await;
    let c = sandbox.credentials().clone();
    assert_eq!(page(&c, &[]).send(&sandbox).await.0, 302);
    for other in ["https://app.example.pt/callback", "https://app.example.pt/callback?tenant=7&x=1"] {
        let (status, body) = page(&c, &[("redirect_uri", other)]).send(&sandbox).await;
        assert_eq!(status, 400, "{body}");
    }
    let effects: Vec<bool> = sandbox.calls().iter().map(|call| call.effect).collect();
    assert_eq!(effects, [true, false, false]);
}

#[tokio::test]
async fn the_page_is_no_part_of_the_api() {
    let sandbox = start_with(Config { burst_limit: 1, ..Config::default() }).await;
    let c = sandbox.credentials().clone();
    for changes in [&[][..], &[("client_id", "x")], &[("deny", "1")]] {
        let reply = page(&c, changes).try_send(&sandbox).await.unwrap();
        assert!(reply.headers().get("x-ratelimit-max").is_none(), "no limit counts it");
        assert_eq!(reply.headers()["content-type"], "text/html; charset=utf-8");
    }
    assert_eq!(exchange(&c, &c.code, "Location").send(&sandbox).await.0, 200);
    let call = &sandbox.calls()[0];
    assert_eq!((call.operation.as_deref(), call.status), (Some("oauth.authorize"), Some(302)));
    assert_eq!(call.path, "/v2/oauth/chooselocation");
}

#[tokio::test]
async fn every_secret_is_recognised_and_none_is_shown() {
    let sandbox = start().await;
    let c = sandbox.credentials().clone();
    let code = code(&sandbox, "contacts.readonly", &[]).await;
    let (_, pair) = exchange(&c, &code, "Location").send(&sandbox).await;
    let fields = [("companyId", c.company_id.as_str()), ("locationId", &c.other_location_id)];
    let (_, minted) = form("/oauth/locationToken", &fields).token(&c.agency_token).send(&sandbox).await;
    refresh(&c, "s3cr3t-but-unknown").send(&sandbox).await;

    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut tokens = vec![c.access_token.clone(), c.refresh_token.clone(), c.agency_token.clone()];
    for issued in [&pair, &minted] {
        tokens.extend([text(&issued["access_token"]), text(&issued["refresh_token"])]);
    }
    for token in &tokens {
        assert_eq!((token.len(), &token[..6]), (64, "s3cr3t"));
        assert!(token.chars().all(char::is_alphanumeric));
    }
    for code in [&c.code, &code] {
        assert_eq!((code.len(), &code[..6]), (40, "s3cr3t"));
    }
    assert_eq!((c.pit.len(), &c.pit[..10]), (40, "pit-s3cr3t"));
    assert_eq!((c.client_secret.len(), &c.client_secret[..6]), (36, "s3cr3t"));
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 7, "each is another");
    assert!(!text(&pair["refreshTokenId"]).contains("s3cr3t"), "an id is no secret");

    let mut shown =
        format!("{} {sandbox:?} {c:?} {:?} {:?}", sandbox.state(), sandbox.server(), sandbox.calls());
    for path in ["/__sandbox/state", "/__sandbox/calls"] {
        shown += &get(path).send(&sandbox).await.1.to_string();
    }
    assert!(shown.contains("oauth.authorize") && shown.contains(&c.location_id));
    assert!(!shown.contains("s3cr3t"), "{shown}");
}
