//! Two services meet for the first time.

use serde_json::json;
use sync_core::engine::{EngineError, RecordStep};

use super::fake::{Listing, Mishap};
use super::world::World;

/// One customer of each kind.
fn mixed() -> World {
    let world = World::new();
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana Pereira", "city": "Faro" }));
    world.customer("2", &json!({ "vat": "100000002", "name": "Berta Lopes", "city": "Porto" }));
    world.customer("3", &json!({ "email": "carlos@example.pt", "name": "Carlos Dias" }));
    world.customer("4", &json!({ "vat": "100000004", "phone": "910000004", "name": "Dora Reis" }));
    world.customer("5", &json!({ "name": "Final consumer", "vat": "999999990" }));
    world.contacts.add("x2", &json!({ "customFields": { "NIF": "PT 100000002" }, "name": "B. Lopes" }));
    world.contacts.add("x3", &json!({ "email": "Carlos@Example.pt", "name": "Carlos Dias" }));
    world.contacts.add("x4", &json!({ "phone": "+351910000004", "name": "Eva Reis" }));
    world.document("7", json!({ "customer": "1", "note": "two chairs", "collect": "open" }));
    world.document("8", json!({ "customer": "2", "note": "thank you" }));
    world.document("9", json!({ "customer": "4", "note": "a table", "collect": "open" }));
    world
}

#[tokio::test]
async fn i2_a_first_run_creates_links_and_reviews_and_a_second_writes_nothing() {
    let world = mixed();
    let report = world.run().await;
    let counts = report.counts;
    assert_eq!((counts.created, counts.linked, counts.review, counts.failed), (1, 2, 2, 0), "{report}");
    assert_eq!(counts.total(), 5);
    let (notes, tasks) = (report.collections["notes"], report.collections["tasks"]);
    assert_eq!((notes.created, notes.review), (2, 1), "{report}");
    assert_eq!((tasks.created, tasks.review), (1, 1), "{report}");
    let mut writes = world.take_writes();
    writes.sort();
    let want = [
        "create contacts c:1",
        "create notes doc:7:note",
        "create notes doc:8:note",
        "create tasks doc:7:collect",
        "update contacts c:2 city",
    ];
    assert_eq!(writes, want);

    let report = world.run().await;
    assert_eq!(world.take_writes(), [""; 0]);
    assert_eq!((report.counts.unchanged, report.counts.review), (3, 2), "{report}");
    assert_eq!(
        (report.collections["notes"].unchanged, report.collections["notes"].review),
        (2, 1),
        "{report}"
    );
}

#[tokio::test]
async fn reviews_name_the_record_and_what_helps() {
    let world = mixed();
    let report = world.run().await;
    let reviews: Vec<_> = report.reviews.iter().map(ToString::to_string).collect();
    let [phone, nothing] = reviews.as_slice() else { panic!("{reviews:#?}") };
    assert!(phone.starts_with("contacts C4: record x4 has its phone"), "{phone}");
    assert!(nothing.starts_with("contacts C5: it has none of vat, email"), "{nothing}");
}

#[tokio::test]
async fn a_review_that_a_person_resolves_lets_the_held_notes_through() {
    let world = mixed();
    world.run().await;
    world.contacts.edit("x4", &json!({ "name": "Dora Reis" }));
    let report = world.run().await;
    assert_eq!((report.counts.linked, report.counts.review), (1, 1), "{report}");
    let note = world.notes.rows().into_iter().find(|n| n.text("body") == "FT 9: a table").unwrap();
    assert_eq!(note.at.parent, Some(world.contact("100000004").at.id));
}

#[tokio::test]
async fn i4_a_first_agreement_fills_what_is_empty_and_overwrites_nothing() {
    let world = mixed();
    let plan = world.plan().await;
    let RecordStep::Link { fill, kept, .. } = &plan.records[1].step else { panic!("{:?}", plan.records[1]) };
    assert_eq!(fill.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(), ["city"]);
    assert_eq!(kept, &["name"]);
    world.apply(plan).await;
    let contact = world.contact("PT 100000002");
    assert_eq!((contact.text("name").as_str(), contact.text("city").as_str()), ("B. Lopes", "Porto"));
    // A field that is filled on creation only is not an agreement's business.
    assert_eq!(contact.text("source"), "");
    assert_eq!(world.contact("100000001").text("source"), "books");
}

/// So many that the right side is listed instead of searched.
fn many() -> World {
    let world = World::new();
    for i in 0..60 {
        world.customer(
            &format!("{i}"),
            &json!({ "vat": format!("1000000{i:02}"), "name": format!("Customer {i}") }),
        );
    }
    for i in (0..60).step_by(3) {
        let value =
            json!({ "customFields": { "NIF": format!("1000000{i:02}") }, "name": format!("Customer {i}") });
        world.contacts.add(&format!("x{i}"), &value);
    }
    world
}

#[tokio::test]
async fn i3_a_listing_that_repeats_records_between_pages_counts_each_once() {
    let world = many();
    for collection in [&world.customers, &world.contacts] {
        collection.switch(|s| (s.page, s.listing) = (7, Listing::Repeats));
    }
    let report = world.run().await;
    assert_eq!((report.counts.created, report.counts.linked), (40, 20), "{report}");
    assert_eq!(report.counts.total(), 60);
    assert_eq!(world.contacts.rows().len(), 60);
    world.assert_quiet("a second run").await;
}

#[tokio::test]
async fn a_listing_that_goes_round_in_circles_ends_in_an_error() {
    // A page of 60 names itself, one of 7 comes back to the first after eight others.
    for page in [60, 7] {
        let world = many();
        world.customers.switch(|s| (s.page, s.listing) = (page, Listing::Circular));
        let error = world.engine().plan().await.unwrap_err();
        assert!(
            matches!(&error, EngineError::Collection { collection, .. } if collection == "customers"),
            "{error}"
        );
        assert!(error.to_string().contains("circles"), "{error}");
        assert_eq!(world.take_writes(), [""; 0]);
    }
}

#[tokio::test]
async fn what_carries_markers_is_set_up_once_and_before_anything_else() {
    let world = World::small();
    // Linked, so that notes could be there if the engine had ever run before.
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" } }));
    world.contacts.switch(|s| s.not_set_up = true);
    let engine = world.engine();
    let plan = engine.plan().await.unwrap();
    assert_eq!(plan.set_up, ["the field that carries markers"]);
    let (planned, before) = (plan.calls(), world.right_calls());
    engine.apply(plan, |_| {}).await.unwrap();
    assert_eq!(world.right_calls() - before, planned, "nothing can be there yet, so nothing is looked for");
    assert_eq!(world.take_writes()[0], "set up contacts");
    world.assert_small_is_there("after the first run");
    world.assert_quiet("a second run").await;
}

#[tokio::test]
async fn values_that_cannot_be_used_are_left_out_and_told_once() {
    let world = World::new();
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana", "email": "ana(at)example.pt" }));
    world.contacts.on_create(1, Mishap::ReplyLost);
    let report = world.run().await;
    assert_eq!(report.counts.created, 1, "{report}");
    let remarks: Vec<_> = report.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(remarks, ["contacts C1: left out: email is not one e-mail address"]);
}
