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

#[tokio::test]
async fn tags_and_custom_fields_follow_from_what_the_file_says_of_a_customer() {
    let mut scene = Scene::new("attributes", &[("shop", 0)]).await;
    let mut customer = ana();
    customer["name"] = json!("Padaria Lopes");
    let id = scene.pair("shop").moloni.add_customer(customer).unwrap();
    let invoice = json!({
        "customer_id": id, "document_type_id": 27, "net_value": "7380.00", "gross_value": "6000.00",
        "date": "2026-11-02",
    });
    scene.pair("shop").moloni.add_document(invoice).unwrap();
    let settings = r#"
[pair.tags]
customer = "cliente"
invoiced = ""
[pair.turnover]
field = "Volume"
[pair.custom_fields]
nif = "Contribuinte"
[[pair.attributes]]
name = "tier"
turnover = { bronze = 0, silver = 5000, gold = 50000 }
[[pair.attributes]]
name = "industry"
field = "Industry"
cases = [
    { value = "bakery", name = "padaria|pastelaria" },
    { value = "pharmacy", name = "farm\u00e1cia" },
]
"#;
    add(&mut scene, settings);
    scene.approved("shop").await;
    let contact = scene.contact("shop", "ana@example.pt").unwrap();
    let mut tags: Vec<_> =
        contact["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["cliente", "industry-bakery", "tier-silver"]);
    let crm = scene.pair("shop").crm().unwrap();
    let seen = crm.whole(&contact["id"].as_str().unwrap().into()).await.unwrap();
    let fields = ["Industry", "Volume", "Contribuinte"].map(|name| seen.field(name));
    assert_eq!(fields, ["bakery", "6000", "123456789"]);
    assert_eq!(scene.says(&["apply"]).await.code, Some(0), "nothing is left to do");
}
