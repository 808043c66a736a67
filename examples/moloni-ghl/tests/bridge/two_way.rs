//! Tags and attributes on their way into the CRM, and people's edits on their way back.

use std::sync::Arc;

use moloni_ghl::attributes::{Attribute, Attributes, When};
use moloni_ghl::sandbox::SandboxPair;
use moloni_ghl::{Bridge, Run, Tally, TwoWay};
use serde_json::{Value, json};
use sync_core::engine::{Answer, RecordId, RecordRef, Side};
use sync_core::queue::Priority;
use sync_core::sandbox_kit::Edit;
use sync_core::store::MemoryStore;

use super::{hasty, pair, records};

/// A bridge that goes on from run to run.
struct Synced {
    pair: SandboxPair,
    bridge: Bridge,
}

impl Synced {
    async fn new(pair: SandboxPair, attributes: Attributes, two_way: Option<TwoWay>) -> Self {
        let builder =
            Bridge::builder(hasty(&pair)).attributes(attributes).store(Arc::new(MemoryStore::new()));
        let builder = match two_way {
            Some(two_way) => builder.two_way(two_way),
            None => builder,
        };
        Self { bridge: builder.connect().await.unwrap(), pair }
    }

    async fn run(&self) -> Run {
        let plan = self.bridge.plan().await.unwrap();
        let run = self.bridge.apply(plan, |_| {}).await.unwrap();
        assert!(!run.report.has_failed(), "{run}");
        run
    }

    /// Looks at every contact, as webhooks would make it: searches do not show an edit at once. Then runs until nothing is
    /// written any more: two edits of one record are two writes.
    async fn settle(&self) {
        let engine = self.bridge.engine();
        for contact in records(&self.pair, "contacts") {
            let at = RecordRef::top(RecordId::new(contact["id"].as_str().unwrap()));
            engine.hint(Side::Right, &at, Priority::Event).await.unwrap();
        }
        engine.drain().await.unwrap();
        for _ in 0..5 {
            if self.run().await.writes == Tally::default() {
                return;
            }
        }
        panic!("it goes on writing");
    }

    fn contact(&self, name: &str) -> Value {
        let named = |c: &Value| c["name"] == name || c["contactName"] == name || c["firstName"] == name;
        let full = |c: &Value| {
            let part = |key: &str| c[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}", part("firstName"), part("lastName")).trim() == name
        };
        let all = records(&self.pair, "contacts");
        all.iter().find(|c| named(c) || full(c)).unwrap_or_else(|| panic!("{name} in {all:?}")).clone()
    }

    fn customer(&self, id: u64) -> Value {
        let all = self.pair.moloni.state()["customers"].as_array().unwrap().clone();
        all.into_iter().find(|c| c["customer_id"] == id).unwrap()
    }

    fn edit_contact(&self, name: &str, fields: Value) {
        let id = self.contact(name)["id"].as_str().unwrap().to_owned();
        let edit = Edit::Update { collection: "contacts".into(), id, fields };
        self.pair.ghl.human(edit).unwrap();
    }

    fn edit_customer(&self, id: u64, fields: Value) {
        let edit = Edit::Update { collection: "customers".into(), id: id.to_string(), fields };
        self.pair.moloni.human(edit).unwrap();
    }

    fn invoice(&self, customer: u64, net: &str) -> u64 {
        let invoice = json!({
            "customer_id": customer, "document_type_id": 1, "net_value": net, "date": "2026-01-05",
            "expiration_date": "2026-01-31",
        });
        self.pair.moloni.add_document(invoice).unwrap()
    }

    fn tags(&self, name: &str) -> Vec<String> {
        let mut tags: Vec<String> = serde_json::from_value(self.contact(name)["tags"].clone()).unwrap();
        tags.sort();
        tags
    }

    /// The value of a custom field, by the name people see.
    fn custom(&self, name: &str, field: &str) -> Value {
        let fields = records(&self.pair, "customFields");
        let id = fields.iter().find(|f| f["name"] == field).unwrap()["id"].clone();
        let values = self.contact(name)["customFields"].as_array().unwrap().clone();
        values.into_iter().find(|v| v["id"] == id).map_or(Value::Null, |v| v["value"].clone())
    }
}

fn ana() -> Value {
    json!({
        "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt", "phone": "912345678",
        "address": "Rua Nova, 1", "city": "Faro", "zip_code": "8000-100", "country_id": 1,
    })
}

#[tokio::test]
async fn tags_and_fields_follow_from_a_customer_and_people_s_own_tags_stay() {
    let pair = pair(0).await;
    let bakery = pair.moloni.add_customer(json!({ "name": "Padaria Reis", "vat": "509442013" })).unwrap();
    pair.moloni.add_customer(ana()).unwrap();
    let attributes = Attributes::standard()
        .with(Attribute::new("tier").bands([("bronze", 0), ("silver", 100), ("gold", 1000)]))
        .with(
            Attribute::new("industry").case("bakery", When::name("padaria").unwrap()).into_field("Industry"),
        );
    let synced = Synced::new(pair, attributes, None).await;
    let invoice = synced.invoice(bakery, "123.00");
    let run = synced.run().await;
    assert_eq!(run.report.counts.created, 2);
    assert_eq!(
        synced.tags("Padaria Reis"),
        ["industry-bakery", "moloni", "moloni-invoiced", "moloni-overdue", "tier-silver"]
    );
    assert_eq!(synced.tags("Ana Lopes"), ["moloni", "tier-bronze"]);
    assert_eq!(synced.contact("Padaria Reis")["companyName"], "Padaria Reis");
    assert_eq!(synced.contact("Ana Lopes")["companyName"], Value::Null);
    assert_eq!(synced.contact("Ana Lopes")["source"], "Moloni");
    assert_eq!(synced.custom("Padaria Reis", "Industry"), "bakery");
    assert_eq!(synced.custom("Padaria Reis", "Moloni turnover").to_string().trim_matches('"'), "100");
    assert_ne!(synced.custom("Ana Lopes", "Moloni import date"), Value::Null);
    assert_eq!(synced.run().await.writes, Tally::default());

    // People add tags of theirs, and take one of ours away.
    synced
        .edit_contact("Padaria Reis", json!({ "tags": ["vip", "moloni", "moloni-overdue", "tier-silver"] }));
    synced.settle().await;
    assert_eq!(synced.tags("Padaria Reis"), ["moloni", "moloni-overdue", "tier-silver", "vip"]);
    // It is paid, and another invoice makes a gold customer of them: theirs stays, and what was taken away stays away.
    let receipt = json!({
        "customer_id": bakery, "document_type_id": 2,
        "associated_documents": [{ "associated_id": invoice, "value": "123.00" }],
    });
    synced.pair.moloni.add_document(receipt).unwrap();
    let large = json!({
        "customer_id": bakery, "document_type_id": 27, "net_value": "2460.00", "date": "2026-02-01",
    });
    synced.pair.moloni.add_document(large).unwrap();
    synced.settle().await;
    assert_eq!(synced.tags("Padaria Reis"), ["moloni", "tier-gold", "vip"]);
    assert_eq!(synced.custom("Padaria Reis", "Moloni turnover").to_string().trim_matches('"'), "2100");
}

#[tokio::test]
async fn edits_in_the_crm_go_back_as_long_as_nothing_is_invoiced() {
    let pair = pair(0).await;
    let id = pair.moloni.add_customer(ana()).unwrap();
    let synced = Synced::new(pair, Attributes::standard(), Some(TwoWay::new())).await;
    synced.settle().await;
    let edits = json!({
        "email": "ana.lopes@example.pt", "phone": "+351 966 000 111", "address1": "Rua Velha, 2", "city": "Tavira",
        "country": "ES", "postalCode": "46860", "website": "https://ana.example.pt",
    });
    synced.edit_contact("Ana Lopes", edits);
    synced.settle().await;
    let customer = synced.customer(id);
    for (field, expected) in [
        ("email", json!("ana.lopes@example.pt")),
        ("phone", json!("+351966000111")),
        ("address", json!("Rua Velha, 2")),
        ("city", json!("Tavira")),
        ("zip_code", json!("46860")),
        ("country_id", json!(70)),
        ("website", json!("https://ana.example.pt")),
        ("vat", json!("123456789")),
    ] {
        assert_eq!(customer[field], expected, "{field}");
    }
    // And an edit in Moloni still comes over.
    synced.edit_customer(id, json!({ "city": "Olhão" }));
    synced.settle().await;
    assert_eq!(synced.contact("Ana Lopes")["city"], "Olhão");
}

#[tokio::test]
async fn what_was_invoiced_is_the_books_and_an_edit_of_it_in_the_crm_is_asked_about() {
    let pair = pair(0).await;
    let id = pair.moloni.add_customer(ana()).unwrap();
    let synced = Synced::new(pair, Attributes::standard(), Some(TwoWay::new())).await;
    synced.invoice(id, "12.30");
    synced.settle().await;

    synced.edit_contact("Ana Lopes", json!({ "address1": "Rua Velha, 2", "email": "nova@example.pt" }));
    synced.settle().await;
    assert_eq!(synced.customer(id)["address"], "Rua Nova, 1", "not written");
    assert_eq!(synced.customer(id)["email"], "nova@example.pt", "what is not fiscal goes on");
    let inbox = synced.bridge.engine().inbox(None, None, 10).await.unwrap();
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert_eq!(inbox[0].field.as_deref(), Some("address"));
    let at = RecordRef::top(RecordId::new(id));
    let story = synced.bridge.engine().explain(Side::Left, &at).await.unwrap().to_string();
    let story = story.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in
        [format!("The Moloni record {id} "), "Moloni \"Rua Nova, 1\", HighLevel \"Rua Velha, 2\"".into()]
    {
        assert!(story.contains(&sentence), "{sentence}: {story}");
    }
    // A person decides for the books.
    synced.bridge.engine().resolve_shown(&inbox[0], Answer::Take(Side::Left)).await.unwrap();
    synced.bridge.engine().drain().await.unwrap();
    synced.settle().await;
    assert_eq!(synced.contact("Ana Lopes")["address1"], "Rua Nova, 1");
    assert!(synced.bridge.engine().inbox(None, None, 10).await.unwrap().is_empty());

    // Both sides edit: the books win what is fiscal, the CRM the rest, whose time Moloni does not tell.
    synced.edit_contact("Ana Lopes", json!({ "city": "Tavira", "phone": "+351966000222" }));
    synced.edit_customer(id, json!({ "city": "Olhão", "phone": "966000333" }));
    synced.settle().await;
    assert_eq!(
        (&synced.contact("Ana Lopes")["city"], &synced.customer(id)["city"]),
        (&json!("Olhão"), &json!("Olhão"))
    );
    assert_eq!(synced.customer(id)["phone"], "+351966000222");
}

#[tokio::test]
async fn contacts_become_customers_where_that_is_wanted() {
    let contact = json!({ "name": "Rui Dias", "email": "rui@example.pt", "phone": "+351911222333" });
    let quiet = pair(0).await;
    quiet.ghl.add_contact(contact.clone()).unwrap();
    let synced = Synced::new(quiet, Attributes::standard(), Some(TwoWay::new())).await;
    synced.settle().await;
    assert_eq!(synced.pair.moloni.state()["customers"].as_array().unwrap().len(), 0);

    let wanted = pair(0).await;
    wanted.ghl.add_contact(contact).unwrap();
    let synced = Synced::new(wanted, Attributes::standard(), Some(TwoWay::new().create_customers())).await;
    synced.settle().await;
    let customers = synced.pair.moloni.state()["customers"].as_array().unwrap().clone();
    assert_eq!(customers.len(), 1);
    for (field, expected) in [
        ("name", json!("Rui Dias")),
        ("email", json!("rui@example.pt")),
        ("phone", json!("+351911222333")),
        ("vat", json!("999999990")),
        ("address", json!("Desconhecido")),
        ("country_id", json!(1)),
    ] {
        assert_eq!(customers[0][field], expected, "{field}");
    }
    assert_eq!(synced.tags("Rui Dias"), ["moloni"]);
    assert!(synced.custom("Rui Dias", "Moloni number").as_str().unwrap().starts_with("S-"));
}
