//! The stories of records.

use std::time::Duration;

use serde_json::json;
use sync_core::engine::{Births, FaultKind, Story};

use super::super::fake::Mishap;
use super::super::world::World;
use super::*;

async fn story(world: &World, side: Side, id: &str) -> Story {
    let story = engine(world).explain(side, &record(id)).await.unwrap();
    let shown = story.to_string();
    assert!(shown.lines().all(|line| line.chars().count() <= 80 || !line.trim().contains(' ')), "{shown}");
    story
}

/// A story without its line breaks.
async fn told(world: &World, side: Side, id: &str) -> String {
    let shown = story(world, side, id).await.to_string();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_pair_tells_how_it_came_to_be_as_it_is() {
    let world = agreed().await;
    world.customers.edit("1", &json!({ "name": "Ana Lima", "labels": ["b", "c"] }));
    let run = run(&world).await;
    let story = story(&world, Side::Right, "x1").await;
    let first = story.chapters[0].events[0].run.clone().unwrap();
    let expected = format!(
        "The right record x1
pair c:1
  Records: left 1 and right x1.
  In run {first}:
    2026-01-01 00:00 the left record 1 founded the pair
    2026-01-01 00:00 the right record x1 was found to be the other half
  In run {run}:
    2026-01-01 00:10 name on the right side: \"Ana\" -> \"Ana Lima\"
    2026-01-01 00:10 tags on the right side: +\"c\" -\"a\"
"
    );
    assert_eq!(story.to_string(), expected);
    let typed = serde_json::to_value(&story).unwrap();
    assert_eq!(typed["chapters"][0]["events"][2]["words"], "name on the right side: \"Ana\" -> \"Ana Lima\"");
    let quiet = format!("{story:?} {:?}", story.chapters);
    assert!(!quiet.contains("Lima") && quiet.contains("c:1"), "{quiet}");
    undo(&world, &run).await;
    let shown = told(&world, Side::Left, "1").await;
    for sentence in [
        "name differs, and both sides know: left \"Ana Lima\", right \"Ana\".",
        "In run 2026-01-01T00:20:00.000Z-undo-",
        ": 2026-01-01 00:20 name on the right side: \"Ana Lima\" -> \"Ana\"",
    ] {
        assert!(shown.contains(sentence), "{sentence}: {shown}");
    }
}

#[tokio::test]
async fn of_a_record_that_was_never_seen_nothing_is_told() {
    let world = agreed().await;
    assert_eq!(
        story(&world, Side::Left, "99").await.to_string(),
        "The left record 99\n  Nothing is known of it: it is in no pair, and nobody is asked about it.\n"
    );
}

#[tokio::test]
async fn a_question_is_told_with_what_each_side_has() {
    let world = agreed().await;
    world.customers.edit("1", &json!({ "name": "Ana Lima", "city": "Lagos" }));
    world.contacts.edit("x1", &json!({ "name": "Ana P.", "city": "Porto" }));
    run(&world).await;
    let shown = told(&world, Side::Left, "1").await;
    for sentence in [
        "name waits for a person, because both sides changed it: left \"Ana Lima\", right \"Ana P.\".",
        "asked since 2026-01-01 00:10: both sides changed name, each in its own way",
        "name was left to a person: left \"Ana Lima\", right \"Ana P.\"",
        "city on the left side lost \"Lagos\" to the other side's value",
        "city on the left side: \"Lagos\" -> \"Porto\"",
        "a person was asked (pair c:1, name: conflict)",
    ] {
        assert!(shown.contains(sentence), "{sentence}: {shown}");
    }
}

#[tokio::test]
async fn what_is_waited_for_is_told() {
    let world = agreed().await;
    world.customers.edit("1", &json!({ "name": "Ana Lima" }));
    world.contacts.on_update(1, Mishap::ReplyLost);
    let engine = engine(&world);
    engine.hint(Side::Left, &record("1"), Priority::Event).await.unwrap();
    engine.drain().await.unwrap();
    let shown = told(&world, Side::Left, "1").await;
    let sentence = "A write of name on the right side was announced at 2026-01-01 00:10 and is not answered: what \
                    became of it can be found out after 2026-01-01 00:11.";
    assert!(shown.contains(sentence), "{shown}");
}

#[tokio::test]
async fn a_half_pair_and_a_refused_create_are_told() {
    let world = agreed().await;
    world.customer("3", &json!({ "vat": "100000003", "name": "Carlos" }));
    world.contacts.on_create(1, Mishap::Refused(FaultKind::Invalid));
    let engine = engine(&world);
    engine.apply(engine.plan().await.unwrap(), |_| {}).await.unwrap();
    let shown = told(&world, Side::Left, "3").await;
    for sentence in [
        "Record: left 3. The other half is not there yet.",
        "Creating the other half was refused.",
        "a write on the right side did not take effect",
        "asked since 2026-01-01 00:10: ",
    ] {
        assert!(shown.contains(sentence), "{sentence}: {shown}");
    }
}

#[tokio::test]
async fn a_create_is_told_with_its_fields() {
    let world = agreed().await;
    world.customer("3", &json!({ "vat": "100000003", "name": "Carlos" }));
    run(&world).await;
    let shown = told(&world, Side::Right, "contacts-1").await;
    let sentence = "the right record contacts-1 was created, with vat \"100000003\", name \"Carlos\"";
    assert!(shown.contains(sentence), "{shown}");
}

#[tokio::test]
async fn earlier_pairs_of_a_record_are_told_first() {
    let world = agreed().await;
    let engine = engine(&world);
    world.customers.delete("1");
    work(&world, &engine, "1").await;
    assert!(
        told(&world, Side::Left, "1").await.contains("The left record was not there at 2026-01-01 00:10"),
        "{}",
        story(&world, Side::Left, "1").await
    );
    work(&world, &engine, "1").await;
    let ended = told(&world, Side::Right, "x1").await;
    assert!(ended.contains("It has ended.") && ended.contains("it ended"), "{ended}");
    // The same person comes again, as another customer, and is told from the contact's side.
    world.customer("4", &json!({ "vat": "100000001", "name": "Ana" }));
    run(&world).await;
    let story = story(&world, Side::Right, "x1").await;
    let pairs: Vec<_> = story.chapters.iter().map(|chapter| chapter.about.to_string()).collect();
    assert_eq!(pairs, ["pair c:1", "pair c:4"], "{story}");
    // And the old customer returns.
    world.customer("1", &json!({ "vat": "100000009", "name": "Ana" }));
    run(&world).await;
    let story = self::story(&world, Side::Left, "1").await;
    let pairs: Vec<_> = story.chapters.iter().map(|chapter| chapter.about.to_string()).collect();
    assert_eq!(pairs, ["pair c:1", "pair c:1#2"], "{story}");
    let words = &story.chapters[1].events[0].words;
    assert_eq!(words, "the left record 1 was there again and founded a new pair");
}

#[tokio::test]
async fn a_pair_that_rests_says_so() {
    let world = agreed().await;
    let engine =
        builder(&world, mapping()).in_scope(Side::Left, |customer| customer.text("name") != "Ana").build();
    work(&world, &engine, "1").await;
    assert!(told(&world, Side::Left, "1").await.contains("It rests while one of them is out of scope."));
}

#[tokio::test]
async fn an_uncertain_match_is_told_of_a_record_in_no_pair() {
    let world = agreed().await;
    world.customer("3", &json!({ "vat": "100000003", "name": "Carlos" }));
    for id in ["y1", "y2"] {
        world.contacts.add(id, &json!({ "customFields": { "NIF": "100000003" }, "name": "Carlos" }));
    }
    let engine = builder(&world, mapping()).births(Side::Right, Births::Ignore).build();
    work(&world, &engine, "3").await;
    let story = story(&world, Side::Left, "3").await;
    assert_eq!(story.chapters.len(), 1, "{story}");
    assert_eq!(story.chapters[0].questions.len(), 1, "{story}");
}

#[tokio::test]
async fn what_was_derived_for_a_record_is_told_with_it() {
    let world = World::small();
    world.run().await;
    world.documents.edit("7", &json!({ "note": "three chairs" }));
    world.env.advance(Duration::from_secs(3600));
    world.run().await;
    for (side, id) in
        [(Side::Left, "1".to_owned()), (Side::Right, world.contact("100000001").id().to_owned())]
    {
        let story = world.engine().explain(side, &record(&id)).await.unwrap();
        let about: Vec<_> = story.chapters.iter().map(|chapter| chapter.about.to_string()).collect();
        assert_eq!(
            about,
            ["pair c:1", "derived record doc:7:collect", "derived record doc:7:note"],
            "{story}"
        );
        let shown = story.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in [
            "It is in notes, as notes-",
            "was created, with body \"FT 7: two chairs\"",
            "body on the right side: \"FT 7: two chairs\" -> \"FT 7: three chairs\"",
        ] {
            assert!(shown.contains(sentence), "{sentence}: {shown}");
        }
    }
    let note =
        world.notes.rows().iter().find(|note| note.text("body").contains("chairs")).unwrap().id().to_owned();
    world.notes.delete(&note);
    world.documents.edit("7", &json!({ "note": "four chairs" }));
    world.run().await;
    let shown = world.engine().explain(Side::Left, &record("1")).await.unwrap().to_string();
    assert!(shown.contains("A person has taken it over: it is left alone."), "{shown}");
}
