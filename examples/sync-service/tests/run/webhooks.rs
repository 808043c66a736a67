//! HighLevel's webhooks, as the service receives them.

use ghl_contacts::sandbox::Webhooks;
use sync_core::http::reqwest;

use crate::ana;
use crate::scene::{Scene, ready, terminated, until};

#[tokio::test]
async fn a_signed_webhook_brings_the_edit_and_an_unsigned_one_is_refused() {
    let mut scene = Scene::new("webhooks", &[("shop", 0), ("office", 0)]).await;
    let (_, address) = scene.serves().await;
    let key = scene.pair("shop").ghl.webhook_key().unwrap().to_pem();
    std::fs::write(scene.directory.join("webhook.pem"), key).unwrap();
    scene.service.push_str("\nwebhook_key = \"file:webhook.pem\"");
    for pair in ["shop", "office"] {
        // Nothing else brings an edit.
        scene.changes(pair, "every = \"1s\"", "every = \"1h\"");
        scene.pair(pair).moloni.add_customer(ana()).unwrap();
        scene.approved(pair).await;
    }
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    let here = format!("{address}/webhooks/ghl");
    // What the first poll is about.
    until("the first poll", || {
        scene.pair("shop").ghl.calls().iter().any(|call| call.path.ends_with("/search"))
    })
    .await;

    let contact = scene.contact("shop", "ana@example.pt").unwrap()["id"].as_str().unwrap().to_owned();
    let location = scene.pair("shop").ghl.credentials().location_id.clone();
    let body = format!(r#"{{"type":"ContactUpdate","locationId":"{location}","id":"{contact}"}}"#);
    let unsigned = reqwest::Client::new().post(&here).header("content-type", "application/json").body(body);
    assert_eq!(unsigned.send().await.unwrap().status().as_u16(), 401);

    scene.pair("shop").ghl.send_webhooks(Webhooks::to(&here)).unwrap();
    scene.ana_moves("shop", "Tavira");
    until("the edit", || scene.ana_lives_in("shop", "Tavira")).await;
    assert_eq!(terminated(child).await.code, Some(0));

    // Sent again until the service is there again.
    scene.pair("shop").ghl.send_webhooks(Webhooks::to(&here).attempts(u32::MAX)).unwrap();
    scene.ana_moves("shop", "Loulé");
    let answers = || scene.pair("shop").ghl.deliveries().into_iter().map(|delivery| delivery.status);
    until("nobody takes it", || answers().any(|status| status.is_none())).await;
    let child = scene.started();
    let again = || answers().skip_while(Option::is_some).any(|status| status == Some(200));
    until("it is taken", again).await;
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Loulé")).await;
    terminated(child).await;
    assert_eq!(scene.contacts_of_moloni("shop"), 1);
}
