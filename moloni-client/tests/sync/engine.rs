//! Two companies whose customers an engine keeps alike.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::{Fault, FaultKind, Sandbox};
use serde_json::json;
use sync_core::engine::{Engine, Guards, Mapping, normalise};
use sync_core::store::MemoryStore;

use crate::scene::{NIFS, customers, scene};

fn names(sandbox: &Sandbox) -> Vec<String> {
    let state = sandbox.state();
    let rows = state["customers"].as_array().unwrap();
    let mut names: Vec<_> = rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn customers_whom_people_entered_are_born_on_the_other_side_once_even_if_the_answer_is_lost() {
    let (here, left) = scene().await;
    let (there, right) = scene().await;
    here.add_customer(json!({ "name": "Berta", "vat": NIFS[0], "number": "0001" })).unwrap();
    here.add_customer(json!({ "name": "Rui", "vat": NIFS[1], "number": "0002" })).unwrap();
    there.add_customer(json!({ "name": "Eva", "vat": NIFS[2], "number": "0001" })).unwrap();
    let mapping = Mapping::builder()
        .field("vat", |f| f.left("vat").right("vat").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name"))
        .matched_by(["vat"])
        .build()
        .unwrap();
    let side = |client| Arc::new(customers(client).request_timeout(Duration::from_millis(500)));
    let engine = Engine::builder("two companies", side(&left), side(&right), mapping)
        .store(Arc::new(MemoryStore::new()))
        .send_within(Duration::from_secs(2))
        .guards(Guards::new().first_run(false))
        .build();

    there.fault(Fault::new(FaultKind::LoseReply).on("customers.insert").times(1));
    for _ in 0..2 {
        let plan = engine.plan().await.unwrap();
        engine.apply(plan, |_| {}).await.unwrap();
    }
    assert_eq!(names(&here), ["Berta", "Eva", "Rui"]);
    assert_eq!(names(&there), names(&here));
    let writes = [&here, &there].map(|sandbox| sandbox.calls().iter().filter(|call| call.effect).count());
    let plan = engine.plan().await.unwrap();
    engine.apply(plan, |_| {}).await.unwrap();
    let after = [&here, &there].map(|sandbox| sandbox.calls().iter().filter(|call| call.effect).count());
    assert_eq!(after, writes, "there is nothing left to do");
}
