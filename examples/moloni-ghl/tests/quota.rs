//! A large import uses what HighLevel allows, and no more. A program of its own: nothing else runs meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test says what is wrong by failing"
)]

use std::sync::Arc;

use moloni_ghl::attributes::Attributes;
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use moloni_ghl::{Bridge, Settings};
use serde_json::json;
use sync_core::store::MemoryStore;
use sync_core::{Env, SystemEnv};

/// The limit passes this many times faster than the real one: 100 requests in two seconds, which a slow machine keeps up with.
const SPEED: f64 = 5.0;
const CONTACTS: usize = 2000;
/// What HighLevel allows in a window.
const WINDOW: f64 = 100.0;

async fn pair(customers: usize) -> (SandboxPair, Settings) {
    let pair =
        SandboxPair::start(PairConfig { customers: 0, speed: SPEED, ..PairConfig::default() }).await.unwrap();
    for number in 0..customers {
        let customer =
            json!({ "name": format!("Cliente {number}"), "email": format!("cliente.{number}@example.pt") });
        pair.moloni.add_customer(customer).unwrap();
    }
    let settings = pair.settings();
    (pair, settings)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_uses_nearly_all_of_the_quota_and_meets_no_429() {
    let (pair, settings) = pair(CONTACTS).await;
    let bridge =
        Bridge::builder(settings).store(Arc::new(MemoryStore::new())).attributes(Attributes::standard());
    let bridge = bridge.connect().await.unwrap();
    let plan = bridge.plan().await.unwrap();
    let before = pair.ghl.calls().len();
    let clock = SystemEnv::new();
    let begun = clock.monotonic();
    let run = bridge.apply(plan, |_| {}).await.unwrap();
    let took = clock.monotonic().saturating_sub(begun).as_secs_f64();
    assert_eq!(run.report.counts.created, CONTACTS, "{run}");
    let calls = pair.ghl.calls();
    assert!(calls.iter().all(|call| call.status != Some(429)), "no request was one too many");
    let made = (calls.len() - before) as f64;
    // Of the windows that have passed while it ran, the last one may have just begun.
    let allowed = WINDOW * (took * SPEED / 10.0).floor().max(1.0);
    println!("{made} requests in {took:.2} s: {:.1} % of what was allowed", 100.0 * made / allowed);
    assert!(made >= 0.95 * allowed, "{made} of {allowed} requests in {took:.2} s");

    // Lean: a contact costs one request, and an unchanged run pages only.
    let per_contact = calls.len() as f64 / CONTACTS as f64;
    println!("{per_contact:.3} requests to HighLevel for each contact");
    assert!(per_contact <= 1.05, "{per_contact} requests for each contact");
    let again = bridge.apply(bridge.plan().await.unwrap(), |_| {}).await.unwrap();
    assert_eq!((again.writes.ghl, again.report.counts.unchanged), (0, CONTACTS), "{again}");
    // Pages of 500, the fields of the location, and who it is.
    assert!(again.calls.ghl <= CONTACTS / 500 + 4, "{again}");
}
