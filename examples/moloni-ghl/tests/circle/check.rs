//! Whether both sides agree, field by field, by what the services hold.

use std::collections::{BTreeMap, BTreeSet};

use moloni_ghl::Bridge;
use moloni_ghl::sandbox::SandboxPair;
use serde_json::Value;
use sync_core::engine::{LinkStatus, normalise};
use sync_core::queue::WorkKey;

use super::people::People;

/// What was found.
pub(crate) struct Found {
    /// Pairs that were compared.
    pub(crate) pairs: usize,
    /// Fields that differ, about each of which a person was asked.
    pub(crate) asked: usize,
    /// Derived notes and tasks.
    pub(crate) derived: usize,
}

type Rows = BTreeMap<String, Value>;

fn rows(state: &Value, collection: &str, id: &str) -> Rows {
    let all: Vec<Value> = match &state[collection] {
        Value::Array(all) => all.clone(),
        Value::Object(all) => all.values().cloned().collect(),
        _ => Vec::new(),
    };
    let id = |row: &Value| match &row[id] {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    all.into_iter().map(|row| (id(&row), row)).collect()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// A value as both sides compare it; placeholders are nothing.
fn folded(field: &str, value: &str) -> String {
    let normal = match field {
        "email" => normalise::email(value),
        "phone" => normalise::phone(value),
        _ => normalise::spaces(value),
    };
    let normal = normal.unwrap_or_default().unwrap_or_default();
    if ["Desconhecido", "Desconhecida", "-", "0000-000"].contains(&normal.as_str()) {
        String::new()
    } else {
        normal
    }
}

#[allow(clippy::too_many_lines, reason = "one look at everything, from top to bottom")]
pub(crate) async fn everything(pair: &SandboxPair, bridge: &Bridge, people: &People<'_>) -> Found {
    let (ghl, moloni) = (pair.ghl.state(), pair.moloni.state());
    let contacts = rows(&ghl, "contacts", "id");
    let customers = rows(&moloni, "customers", "customer_id");
    let store = bridge.engine().store();

    // The questions that are open, by pair and field.
    let (mut questions, mut after) = (BTreeSet::new(), None);
    loop {
        let page = bridge.engine().inbox(None, after.as_ref(), 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        for review in &page {
            if let WorkKey::Link(id) = &review.about {
                questions.insert((id.clone(), review.field.clone().unwrap_or_default()));
            }
        }
    }

    let (mut pairs, mut asked, mut after) = (0, 0, None);
    let (mut paired_contacts, mut paired_customers) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let page = store.links_page(after.as_ref(), 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.value.id.clone());
        for link in page.into_iter().map(|found| found.value).filter(|link| link.status == LinkStatus::Active)
        {
            assert!(link.pending.is_none(), "nothing is under way: {}", link.id);
            let (Some(left), Some(right)) = (&link.ends.left, &link.ends.right) else {
                panic!("{} has both halves", link.id);
            };
            let (customer, contact) = (&customers[left.id.as_str()], &contacts[right.id.as_str()]);
            assert!(paired_customers.insert(left.id.clone()), "{left:?} twice");
            assert!(paired_contacts.insert(right.id.clone()), "{right:?} twice");
            pairs += 1;
            let name = [text(contact, "firstName"), text(contact, "lastName")].join(" ");
            let fields = [
                ("email", text(customer, "email").to_owned(), text(contact, "email").to_owned()),
                ("phone", text(customer, "phone").to_owned(), text(contact, "phone").to_owned()),
                ("name", text(customer, "name").to_owned(), name),
                ("address", text(customer, "address").to_owned(), text(contact, "address1").to_owned()),
                ("city", text(customer, "city").to_owned(), text(contact, "city").to_owned()),
                (
                    "postal_code",
                    text(customer, "zip_code").to_owned(),
                    text(contact, "postalCode").to_owned(),
                ),
                ("website", text(customer, "website").to_owned(), text(contact, "website").to_owned()),
            ];
            for (field, left, right) in fields {
                if folded(field, &left) == folded(field, &right) {
                    continue;
                }
                let is_asked = questions.contains(&(link.id.clone(), field.to_owned()));
                assert!(is_asked, "{}: {field} is {left:?} in Moloni and {right:?} in HighLevel", link.id);
                asked += 1;
            }
        }
    }

    // Every customer is paired, or a person was asked about them.
    let expected = pair.expected;
    assert!(
        customers.len() - pairs <= expected.review,
        "{} of {} customers are paired",
        pairs,
        customers.len()
    );
    // Nobody was created twice: as many contacts of ours as pairs that no contact was there for.
    let ours = contacts.values().filter(|contact| contact["source"] == "Moloni").count();
    assert!(ours <= customers.len() - expected.linked, "{ours} contacts were created");
    let unpaired = contacts
        .iter()
        .filter(|(id, c)| c["source"] == "Moloni" && !paired_contacts.iter().any(|p| p.as_str() == *id));
    assert_eq!(unpaired.count(), 0, "a contact of ours without a pair is a double");

    // What people wrote is there as they wrote it.
    for (contact, tags) in &people.tags {
        let there = contacts[contact]["tags"].as_array().unwrap();
        for tag in tags {
            assert!(there.iter().any(|t| t == tag.as_str()), "{tag} of {contact} is gone: {there:?}");
        }
    }
    let (notes, tasks) = (rows(&ghl, "notes", "id"), rows(&ghl, "tasks", "id"));
    for (contact, body) in &people.notes {
        assert!(
            notes.values().any(|n| n["body"] == body.as_str() && n["contactId"] == contact.as_str()),
            "{body}"
        );
    }
    for (contact, title) in &people.tasks {
        assert!(
            tasks.values().any(|t| t["title"] == title.as_str() && t["contactId"] == contact.as_str()),
            "{title}"
        );
    }

    // Each derived record is there once, under its customer's contact.
    let mut markers = BTreeSet::new();
    for row in notes.values().chain(tasks.values()) {
        let last = text(row, "body").lines().last().unwrap_or_default().to_owned();
        if last.starts_with("moloni:") {
            assert!(markers.insert(last.clone()), "{last} twice");
        }
    }
    let documents = rows(&moloni, "documents", "document_id");
    for (id, document) in &documents {
        let is_note =
            [1, 20, 27].iter().any(|kind| document["document_type_id"] == *kind) && document["status"] == 1;
        let owner = document["customer_id"].to_string();
        if is_note && paired_customers.iter().any(|paired| paired.as_str() == owner) {
            let issued = format!(":doc:{id}:issued");
            assert!(markers.iter().any(|marker| marker.ends_with(&issued)), "document {id} has its note");
        }
    }
    Found { pairs, asked, derived: markers.len() }
}
