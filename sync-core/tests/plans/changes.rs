//! Records that change after the first agreement.

use serde_json::json;
use sync_core::engine::Counts;

use super::world::World;

async fn agreed() -> World {
    let world = World::small();
    world.run().await;
    world.take_writes();
    world
}

#[tokio::test]
async fn i4_only_the_field_that_changed_is_written_and_edits_in_others_stay() {
    let world = agreed().await;
    let id = world.contact("100000001").id().to_owned();
    world.contacts.edit(&id, &json!({ "name": "Ana P.", "phone": "+351910000001" }));
    world.customers.edit("1", &json!({ "city": "Lagos" }));
    let report = world.run().await;
    assert_eq!(world.take_writes(), ["update contacts c:1 city"]);
    assert_eq!((report.counts.updated, report.counts.unchanged), (1, 2), "{report}");
    let contact = world.contact("100000001");
    let texts = ["city", "name", "phone"].map(|name| contact.text(name));
    assert_eq!(texts, ["Lagos", "Ana P.", "+351910000001"]);
    world.assert_quiet("after the update").await;
}

#[tokio::test]
async fn what_changes_on_the_left_means_this_at_the_right() {
    // The left edit, the right one, the writes that follow, and the contact's city after it.
    let table = [
        (json!({ "city": "Lagos" }), json!({}), &["update contacts c:1 city"][..], "Lagos"),
        (json!({ "city": "Lagos" }), json!({ "city": "Lagos" }), &[], "Lagos"),
        (json!({ "city": "Lagos" }), json!({ "city": "Tavira" }), &["update contacts c:1 city"], "Lagos"),
        (json!({ "city": " Faro " }), json!({ "city": "Tavira" }), &[], "Tavira"),
        (json!({ "city": "" }), json!({}), &["update contacts c:1 city"], ""),
        (json!({ "city": ["Faro"] }), json!({}), &[], "Faro"),
        (json!({ "rating": "good" }), json!({ "city": "Tavira" }), &[], "Tavira"),
        (json!({}), json!({ "city": "Tavira" }), &[], "Tavira"),
    ];
    for (left, right, writes, city) in table {
        let world = agreed().await;
        let id = world.contact("100000001").id().to_owned();
        world.customers.edit("1", &left);
        world.contacts.edit(&id, &right);
        let case = format!("{left} and {right}");
        let report = world.run().await;
        assert_eq!(world.take_writes(), writes, "{case}");
        assert_eq!(report.counts.updated, writes.len(), "{case}: {report}");
        assert_eq!(world.contact("100000001").text("city"), city, "{case}");
        world.assert_quiet(&case).await;
        assert_eq!(world.contact("100000001").text("city"), city, "{case}, later");
    }
}

#[tokio::test]
async fn a_field_that_was_kept_at_first_follows_once_the_left_one_changes() {
    let world = World::new();
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana Pereira" }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana P." }));
    world.run().await;
    assert_eq!(world.contact("100000001").text("name"), "Ana P.");
    world.customers.edit("1", &json!({ "name": "Ana Pereira Dias" }));
    world.run().await;
    assert_eq!(world.contact("100000001").text("name"), "Ana Pereira Dias");
    world.assert_quiet("after the change").await;
}

#[tokio::test]
async fn i9_a_value_that_is_stored_otherwise_is_told_once_and_not_sent_again() {
    let world = World::new();
    world.contacts.switch(|s| s.truncates = Some(("name", 6)));
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana Pereira", "city": "Faro" }));
    let report = world.run().await;
    let remarks: Vec<_> = report.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(remarks, ["contacts C1: name was stored otherwise than it was sent"]);
    assert!(!report.has_failed(), "{report}");
    world.assert_quiet("after the create").await;

    world.customers.edit("1", &json!({ "city": "Lagos" }));
    let report = world.run().await;
    assert_eq!(world.take_writes(), ["update contacts c:1 city"]);
    assert!(report.remarks.is_empty(), "{report}");

    world.customers.edit("1", &json!({ "name": "Bernardo Pereira" }));
    let report = world.run().await;
    assert_eq!(world.take_writes(), ["update contacts c:1 name"]);
    assert_eq!(report.remarks.len(), 1, "{report}");
    assert_eq!(world.contact("100000001").text("name"), "Bernar");
    world.assert_quiet("after the update").await;
}

#[tokio::test]
async fn a_partner_that_is_gone_is_a_matter_for_a_person() {
    let world = agreed().await;
    let id = world.contact("100000001").id().to_owned();
    world.contacts.delete(&id);
    world.customers.edit("1", &json!({ "city": "Lagos" }));
    world.document("9", json!({ "customer": "1", "note": "a lamp" }));
    for _ in 0..2 {
        let report = world.run().await;
        assert_eq!(world.take_writes(), [""; 0], "{report}");
        assert_eq!((report.counts.review, report.counts.unchanged), (1, 2), "{report}");
        assert!(
            report.reviews[0].message.contains("was deleted, and the one on the left side edited"),
            "{report:?}"
        );
        // Its notes wait with it, those of others do not.
        assert_eq!(report.collections["notes"], counts(|c| (c.review, c.unchanged) = (2, 1)), "{report}");
    }
}

#[tokio::test]
async fn a_value_that_belongs_to_another_record_is_a_matter_for_a_person() {
    let world = agreed().await;
    world.contacts.add("x9", &json!({ "name": "Rita", "email": "ana@example.pt" }));
    world.customers.edit("1", &json!({ "email": "ana@example.pt" }));
    let report = world.run().await;
    assert_eq!((report.counts.review, report.counts.failed), (1, 0), "{report}");
    assert!(report.reviews[0].message.contains("x9"), "{report:?}");
    // It is not tried again until a value changes.
    world.take_writes();
    world.contacts.delete("x9");
    world.assert_quiet("while nothing changes").await;
    world.customers.edit("1", &json!({ "email": "ana.pereira@example.pt" }));
    let report = world.run().await;
    assert_eq!(report.counts.updated, 1, "{report}");
    assert_eq!(world.contact("100000001").text("email"), "ana.pereira@example.pt");
    world.assert_quiet("after the change").await;
}

fn counts(set: impl FnOnce(&mut Counts)) -> Counts {
    let mut counts = Counts::default();
    set(&mut counts);
    counts
}
