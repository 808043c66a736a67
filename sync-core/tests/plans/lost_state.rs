//! The state is gone, and both services are as they were.

use serde_json::json;

use super::world::{LONG, World};

#[tokio::test]
async fn i3_everything_is_found_again_by_its_marker() {
    let mut world = World::small();
    world.run().await;
    world.env.advance(LONG);
    // Not by what people edit meanwhile.
    let id = world.contact("100000003").id().to_owned();
    world.contacts.edit(&id, &json!({ "customFields": { "NIF": "200000003" } }));
    world.take_writes();
    world.forget();
    let report = world.run().await;
    assert_eq!(world.take_writes(), [""; 0], "{report}");
    assert_eq!((report.counts.linked, report.counts.total()), (3, 3), "{report}");
    assert_eq!((report.collections["notes"].linked, report.collections["tasks"].linked), (2, 1), "{report}");
    world.assert_quiet("a second run").await;
}

#[tokio::test]
async fn i3_what_was_derived_for_linked_contacts_is_found_again() {
    let mut world = World::small();
    // Nothing is filled in here, so that no contact carries a marker.
    for (id, vat) in [("x1", "100000001"), ("x3", "100000003")] {
        let value = json!({ "customFields": { "NIF": vat }, "name": "Somebody", "city": "Somewhere" });
        world.contacts.add(id, &value);
    }
    let first = world.run().await;
    assert_eq!((first.counts.linked, first.counts.created), (2, 1), "{first}");
    assert_eq!(world.contacts.take_writes(), ["create contacts c:2"]);
    assert_eq!((world.notes.rows().len(), world.tasks.rows().len()), (2, 1));
    world.env.advance(LONG);
    world.take_writes();
    world.forget();
    let report = world.run().await;
    assert_eq!(world.take_writes(), [""; 0], "{report}");
    assert_eq!((report.collections["notes"].linked, report.collections["tasks"].linked), (2, 1), "{report}");
}

#[tokio::test]
async fn what_a_person_did_to_a_derived_record_stays_although_the_state_is_lost() {
    let mut world = World::small();
    world.run().await;
    world.env.advance(LONG);
    let (task, note) = (world.tasks.rows()[0].id().to_owned(), world.notes.rows()[0].id().to_owned());
    world.tasks.edit(&task, &json!({ "completed": true }));
    world.notes.edit(&note, &json!({ "body": "they pay on Friday" }));
    world.take_writes();
    world.forget();
    let report = world.run().await;
    assert_eq!(world.take_writes(), [""; 0], "{report}");
    world.assert_quiet("a second run").await;
}

#[tokio::test]
async fn a_note_of_a_fact_that_changed_while_the_state_was_lost_is_updated_by_the_next_change() {
    let mut world = World::small();
    world.run().await;
    world.env.advance(LONG);
    world.documents.edit("7", &json!({ "note": "three chairs" }));
    world.take_writes();
    world.forget();
    // It cannot be told from one that a person has edited.
    let report = world.run().await;
    assert_eq!(world.take_writes(), [""; 0], "{report}");
    assert_eq!(world.note_bodies(), ["FT 7: two chairs", "FT 8: thank you"]);
    world.documents.edit("7", &json!({ "note": "four chairs" }));
    world.env.advance(LONG);
    let report = world.run().await;
    assert_eq!(world.take_writes(), ["update notes doc:7:note body"], "{report}");
    assert_eq!(world.note_bodies(), ["FT 7: four chairs", "FT 8: thank you"]);
    world.assert_quiet("a second run").await;
}

#[tokio::test]
async fn a_marker_that_a_person_copied_is_not_guessed_about() {
    let mut world = World::small();
    world.run().await;
    world.env.advance(LONG);
    let marker = world.contact("100000001").marker.unwrap();
    world.contacts.add("copy", &json!({ "name": "Ana Pereira (copy)" }));
    world.contacts.mark("copy", marker);
    world.take_writes();
    world.forget();
    let report = world.run().await;
    assert_eq!((report.counts.linked, report.counts.review), (2, 1), "{report}");
    assert_eq!(world.take_writes(), [""; 0]);
    assert!(report.reviews[0].message.contains("several records carry its marker"), "{report:?}");
    world.contacts.delete("copy");
    let report = world.run().await;
    assert_eq!((report.counts.linked, report.counts.review), (1, 0), "{report}");
}
