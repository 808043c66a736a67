//! How long it takes until a change shows.

use std::time::Duration;

use moloni_ghl::sandbox::PairConfig;
use serde_json::json;
use sync_core::sandbox_kit::Edit;
use sync_core::{Env, SystemEnv};

use super::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_polls_each_minute_a_change_in_moloni_shows_within_ninety_seconds() {
    let config = PairConfig { customers: 10, speed: 50.0, ..PairConfig::default() };
    let world = World::new("fresh", 60, config).await;
    let ana = json!({ "name": "Ana Lopes", "email": "ana@example.pt", "city": "Faro" });
    let customer = world.pair.moloni.add_customer(ana).unwrap();
    let mut child = world.start();
    world.until_there(&mut child, world.pair.expected.created + 1).await;
    world.quiet(&mut child, Duration::from_secs(5)).await;

    // Right after a poll, which is the worst moment.
    let clock = SystemEnv::new();
    let begun = clock.monotonic();
    let fields = json!({ "city": "Tavira" });
    let edit = Edit::Update { collection: "customers".into(), id: customer.to_string(), fields };
    world.pair.moloni.human(edit).unwrap();
    let invoice = json!({
        "customer_id": customer, "document_type_id": 1, "net_value": "123.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    world.pair.moloni.add_document(invoice).unwrap();
    loop {
        let state = world.pair.ghl.state();
        let contact =
            state["contacts"].as_array().unwrap().iter().find(|c| c["email"] == "ana@example.pt").cloned();
        let contact = contact.unwrap();
        let is_noted = state["notes"].to_string().contains("123.00");
        let took = clock.monotonic().saturating_sub(begun);
        if contact["city"] == "Tavira" && is_noted {
            println!("a change and an invoice took {:.1} s", took.as_secs_f64());
            break;
        }
        assert!(
            took < Duration::from_secs(90),
            "after {took:?}: {}, the note is there: {is_noted}",
            contact["city"]
        );
        assert!(child.try_wait().unwrap().is_none(), "the bridge ended");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    child.kill().await.unwrap();
}
