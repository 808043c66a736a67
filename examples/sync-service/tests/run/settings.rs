//! What the settings file can say of a pair, seen at both services.

use serde_json::{Value, json};

use super::ana;
use super::scene::Scene;

/// All records of a collection of HighLevel's.
fn records(scene: &Scene, collection: &str) -> Vec<Value> {
    match &scene.pair("shop").ghl.state()[collection] {
        Value::Array(list) => list.clone(),
        Value::Object(map) => map.values().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The pair's settings with more at their end.
fn add(scene: &mut Scene, settings: &str) {
    scene.pairs[0].2.push_str(settings);
    scene.write();
}

#[tokio::test]
async fn what_is_told_and_in_which_language_is_said_in_the_file() {
    let mut scene = Scene::new("events", &[("shop", 0)]).await;
    let mut customer = ana();
    customer["notes"] = json!("Liga de manh\u{e3}.");
    let id = scene.pair("shop").moloni.add_customer(customer).unwrap();
    let invoice = json!({
        "customer_id": id, "document_type_id": 1, "net_value": "1230.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    scene.pair("shop").moloni.add_document(invoice).unwrap();
    let bill = json!({
        "customer_id": id, "document_type_id": 15, "date": "2026-11-02",
        "delivery_datetime": "2099-12-31 09:00:00",
    });
    let calendar = scene.pair("shop").ghl.credentials().calendar_id.clone();
    let settings = format!(
        "[pair.events]\nlanguage = \"pt\"\noff = [\"customer.notes\"]\n\
         [pair.events.invoice.unpaid]\nassigned_to = \"ve9EPM428h8vShlRW1KT\"\n\
         [pair.events.delivery.scheduled]\ncalendar = \"{calendar}\"\nduration = \"30m\"\n"
    );
    scene.pair("shop").moloni.add_document(bill).unwrap();
    add(&mut scene, &settings);
    scene.approved("shop").await;

    let notes = records(&scene, "notes");
    assert!(notes.len() == 1 && notes[0]["body"].as_str().unwrap().contains("a pagar at\u{e9}"), "{notes:?}");
    let tasks = records(&scene, "tasks");
    assert!(tasks.len() == 1 && tasks[0]["title"].as_str().unwrap().starts_with("Cobrar "), "{tasks:?}");
    assert_eq!(tasks[0]["assignedTo"], "ve9EPM428h8vShlRW1KT");
    let appointments = records(&scene, "appointments");
    assert!(appointments.len() == 1, "{appointments:?}");
    assert!(appointments[0]["title"].as_str().unwrap().starts_with("Entrega "), "{appointments:?}");
    let minutes =
        ["startTime", "endTime"].map(|time| appointments[0][time].as_str().unwrap()[14..16].to_owned());
    assert_eq!(minutes, ["00", "30"]);

    let wrong = scene.pairs[0].2.replace("customer.notes", "customer.note");
    scene.write_text(&wrong);
    let said = scene.says(&["plan"]).await;
    let line = wrong.lines().position(|line| line.starts_with("off")).unwrap() + 1;
    assert!(
        said.text.contains(&format!("sync.toml:{line}: `off`: `customer.note` is no type")),
        "{}",
        said.text
    );
}
