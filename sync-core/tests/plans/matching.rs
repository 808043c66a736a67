//! Records that look alike.

use std::time::Duration;

use serde_json::{Value, json};
use sync_core::engine::{FaultKind, RecordId, RecordRef, RecordStep, Side};
use sync_core::queue::Priority;
use sync_core::store::Store;

use super::fake::Mishap;
use super::world::{LAG, LONG, World};

#[tokio::test]
async fn i3_a_contact_that_no_search_sees_yet_is_linked_if_the_keys_agree_and_reviewed_if_not() {
    let customer =
        json!({ "vat": "100000001", "email": "ana@example.pt", "phone": "910000001", "name": "Ana" });
    let table: [(&str, Value, bool); 6] = [
        ("e-mail agrees", json!({ "email": "ana@example.pt", "name": "Ana P." }), true),
        ("all agrees", json!({ "email": "ana@example.pt", "customFields": { "NIF": "100000001" } }), true),
        (
            "another tax number",
            json!({ "email": "ana@example.pt", "customFields": { "NIF": "100000009" } }),
            false,
        ),
        ("phone and name agree", json!({ "phone": "+351910000001", "name": "Ana" }), true),
        ("phone of somebody else", json!({ "phone": "+351910000001", "name": "Rui" }), false),
        ("phone without a name", json!({ "phone": "+351910000001" }), false),
    ];
    for (case, contact, linked) in table {
        let world = World::new();
        world.customer("1", &customer);
        world.document("7", json!({ "customer": "1", "note": "two chairs" }));
        world.contacts.add_lagging("x1", &contact, LAG);
        let report = world.run().await;
        assert_eq!(
            (report.counts.linked, report.counts.review),
            (usize::from(linked), usize::from(!linked)),
            "{case}"
        );
        assert_eq!(world.contacts.rows().len(), 1, "{case}");
        assert_eq!(world.notes.rows().len(), usize::from(linked), "{case}");
        assert_eq!(world.contacts.take_writes()[0], "create contacts c:1", "{case}");
        // Once the search sees it, the plan says the same.
        world.env.advance(LONG);
        world.assert_quiet(case).await;
        let report = world.run().await;
        let counts = (report.counts.unchanged, report.counts.review);
        assert_eq!(counts, (usize::from(linked), usize::from(!linked)), "{case}");
    }
}

#[tokio::test]
async fn a_contact_in_the_way_is_filled_even_if_the_first_try_fails() {
    let table = [(Mishap::Refused(FaultKind::Transient), 1), (Mishap::NotSent, 0), (Mishap::ReplyLost, 0)];
    for (mishap, failed) in table {
        let world = World::new();
        world.customer("1", &json!({ "email": "ana@example.pt", "name": "Ana", "city": "Faro" }));
        let contact = json!({ "email": "ana@example.pt", "name": "Ana P." });
        world.contacts.add_lagging("x1", &contact, LAG);
        world.contacts.on_update(1, mishap);
        let report = world.run().await;
        assert_eq!(
            (report.counts.linked, report.counts.failed),
            (1 - failed, failed),
            "{mishap:?}: {report}"
        );
        assert!(!world.run().await.has_failed(), "{mishap:?}");
        let rows = world.contacts.rows();
        assert_eq!(rows.len(), 1, "{mishap:?}");
        assert_eq!(
            (rows[0].text("city").as_str(), rows[0].text("name").as_str()),
            ("Faro", "Ana P."),
            "{mishap:?}"
        );
        world.assert_quiet(&format!("{mishap:?}")).await;
    }
}

#[tokio::test]
async fn i7_a_contact_in_the_way_that_has_its_pair_is_not_taken() {
    let world = World::new();
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana" }));
    world.run().await;
    // The contact of customer 1 loses its tax number and gets the e-mail of a new one, unseen by the searches.
    world.contacts.delete("x1");
    world.contacts.add_lagging("x1", &json!({ "email": "rui@example.pt", "name": "Ana" }), LAG);
    world.customer("2", &json!({ "vat": "100000002", "email": "rui@example.pt", "name": "Rui" }));
    let report = world.run().await;
    assert_eq!((report.counts.unchanged, report.counts.review), (1, 1), "{report}");
    world.env.advance(LONG);
    let plan = world.plan().await;
    assert!(matches!(plan.records[1].step, RecordStep::Review { .. }), "{plan}");
    world.assert_quiet("once the search sees it").await;
    assert_eq!(world.env.sleeps(), [Duration::ZERO; 0], "nothing was left unanswered");
}

#[tokio::test]
async fn i7_two_customers_never_share_a_contact() {
    // Both customers, and the contact that is there.
    let table = [
        (
            "the same e-mail",
            json!({ "email": "casa@example.pt", "name": "Ana" }),
            json!({ "email": "casa@example.pt", "name": "Rui" }),
            json!({ "email": "casa@example.pt", "name": "Ana" }),
        ),
        (
            "the same phone and name",
            json!({ "phone": "910000001", "name": "Ana" }),
            json!({ "phone": "910000001", "name": "Ana" }),
            json!({ "phone": "+351910000001", "name": "Ana" }),
        ),
        (
            "the same tax number",
            json!({ "vat": "100000001", "name": "Shop" }),
            json!({ "vat": "100000001", "name": "Shop" }),
            json!({ "customFields": { "NIF": "100000001" }, "name": "Shop" }),
        ),
        (
            "one by tax number, the other by e-mail",
            json!({ "vat": "100000001", "name": "Ana", "city": "Faro" }),
            json!({ "email": "ana@example.pt", "name": "Ana", "city": "Porto" }),
            json!({ "customFields": { "NIF": "100000001" }, "email": "ana@example.pt", "name": "Ana" }),
        ),
    ];
    for (case, first, second, contact) in table {
        let world = World::new();
        world.customer("1", &first);
        world.customer("2", &second);
        world.contacts.add("x1", &contact);
        let report = world.run().await;
        assert_eq!((report.counts.linked, report.counts.review), (0, 2), "{case}: {report}");
        assert_eq!(world.contacts.rows().len(), 1, "{case}");
        assert_eq!(world.contacts.take_writes().len(), 0, "{case}");
        world.assert_quiet(case).await;
    }
}

#[tokio::test]
async fn customers_who_share_a_tax_number_get_a_contact_each() {
    let mut world = World::new();
    for id in ["1", "2"] {
        world.customer(id, &json!({ "vat": "100000001", "name": format!("Shop {id}") }));
    }
    world.contacts.on_create(2, Mishap::ReplyLost);
    let report = world.run().await;
    assert_eq!(report.counts.created, 2, "{report}");
    world.env.advance(LONG);
    world.forget();
    let report = world.run().await;
    assert_eq!(report.counts.linked, 2, "{report}");
    let mut names: Vec<_> = world
        .contacts
        .rows()
        .iter()
        .map(|r| (r.marker.clone().unwrap().to_string(), r.text("name")))
        .collect();
    names.sort();
    assert_eq!(names, [("c:1".to_owned(), "Shop 1".to_owned()), ("c:2".to_owned(), "Shop 2".to_owned())]);
}

#[tokio::test]
async fn a_partner_is_looked_for_by_what_its_side_can_be_searched_by() {
    for unsearchable in [vec!["phone"], vec!["phone", "vat", "email"], vec!["name"]] {
        // A contact with phone and name alone, and a customer with whom both agree.
        let world = World::new();
        world.customer("1", &json!({ "phone": "910000001", "name": "Ana" }));
        world.contacts.add("x1", &json!({ "phone": "+351910000001", "name": "Ana" }));
        let engine = world.engine();
        world.contacts.switch(|s| s.unsearchable = vec!["name"]);
        world.customers.switch(|s| s.unsearchable.clone_from(&unsearchable));
        engine.hint(Side::Left, &RecordRef::top(RecordId::new("1")), Priority::Event).await.unwrap();
        engine.drain().await.unwrap();
        assert_eq!(world.contacts.rows().len(), 1, "{unsearchable:?}");
        let linked = world.store.link_of(Side::Right, &RecordRef::top(RecordId::new("x1"))).await.unwrap();
        assert!(linked.is_some_and(|link| link.value.ends.left.is_some()), "{unsearchable:?}");
    }
}

#[tokio::test]
async fn a_matcher_that_a_side_cannot_be_searched_by_stops_the_engine_and_nobody_is_doubled() {
    let world = World::new();
    world.customer("1", &json!({ "phone": "910000001", "name": "Ana" }));
    world.contacts.switch(|s| s.unsearchable = vec!["phone", "name"]);
    let engine = world.engine();
    engine.hint(Side::Left, &RecordRef::top(RecordId::new("1")), Priority::Event).await.unwrap();
    let error = engine.drain().await.unwrap_err().to_string();
    assert!(error.contains("by together: phone, name"), "{error}");
    assert!(world.contacts.rows().is_empty());
}

#[tokio::test]
async fn of_two_who_share_what_only_one_record_can_have_none_is_created_live_either() {
    let world = World::new();
    for id in ["1", "2"] {
        world.customer(
            id,
            &json!({ "vat": format!("10000000{id}"), "email": "ana@example.pt", "name": "Ana" }),
        );
    }
    let engine = world.engine();
    for id in ["1", "2"] {
        engine.hint(Side::Left, &RecordRef::top(RecordId::new(id)), Priority::Event).await.unwrap();
    }
    engine.drain().await.unwrap();
    assert!(world.contacts.rows().is_empty(), "the first one is no better than the second");
    let asked = engine.inbox(None, None, 10).await.unwrap();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked.iter().all(|review| review.message.contains("others have the same email")), "{asked:?}");
    // As the plan says.
    let plan = engine.plan().await.unwrap();
    assert!(plan.records.iter().all(|r| matches!(r.step, RecordStep::Review { .. })), "{plan}");

    world.customers.edit("2", &json!({ "email": "rita@example.pt" }));
    for id in ["1", "2"] {
        engine.hint(Side::Left, &RecordRef::top(RecordId::new(id)), Priority::Event).await.unwrap();
    }
    engine.drain().await.unwrap();
    assert_eq!(world.contacts.rows().len(), 2);
}

#[tokio::test]
async fn the_partner_is_found_among_many_of_the_same_name_and_not_guessed_among_too_many() {
    for (others, asked) in [(50, 0), (120, 1)] {
        let world = World::new();
        world.contacts.switch(|s| s.unsearchable = vec!["phone"]);
        for number in 0..others {
            let phone = format!("+3519200{number:05}");
            world.contacts.add(&format!("a{number:03}"), &json!({ "phone": phone, "name": "Ana Silva" }));
        }
        // The last one of the list.
        world.contacts.add("z", &json!({ "phone": "+351910000001", "name": "Ana Silva" }));
        world.customer("1", &json!({ "phone": "910000001", "name": "Ana Silva" }));
        let engine = world.engine();
        engine.hint(Side::Left, &RecordRef::top(RecordId::new("1")), Priority::Event).await.unwrap();
        engine.drain().await.unwrap();
        assert_eq!(world.contacts.rows().len(), others + 1, "{others}: nobody is created");
        let inbox = engine.inbox(None, None, 10).await.unwrap();
        assert_eq!(inbox.len(), asked, "{others}: {inbox:?}");
        let linked = world.store.link_of(Side::Right, &RecordRef::top(RecordId::new("z"))).await.unwrap();
        assert_eq!(linked.is_some(), asked == 0, "{others}");
    }
}
