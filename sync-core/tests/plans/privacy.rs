//! Privacy mode: no values are kept, and what is done is the same.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use sync_core::Env;
use sync_core::engine::{
    Agreed, Answer, Births, Engine, EngineBuilder, EngineError, FactKey, FieldValue, GuardClass, Guards,
    Happening, Mapping, Policy, PrivacyKey, RecordId, RecordRef, Schedule, Side,
};
use sync_core::queue::Priority;
use sync_core::store::Store;

use super::world::{LONG, World, is_private, privacy_key};

/// Everything that is about the world of [`World::small`], but the documents.
const VALUES: [&str; 9] = [
    "Ana Pereira",
    "100000001",
    "Faro",
    "berta@example.pt",
    "910000002",
    "Berta",
    "100000003",
    "Carlos",
    "Porto",
];

fn private(world: &World) -> Engine {
    world.builder().privacy(privacy_key()).build()
}

async fn apply(engine: &Engine) {
    let plan = engine.plan().await.unwrap();
    let report = engine.apply(plan, |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
}

/// Links, questions and the journal as they are stored.
async fn stored(world: &World) -> String {
    let links = world.store.links_page(None, usize::MAX).await.unwrap();
    let links: Vec<_> = links.into_iter().map(|link| link.value).collect();
    let reviews = world.store.reviews_page(None, usize::MAX).await.unwrap();
    let journal = world.store.journal(None, 0, usize::MAX).await.unwrap();
    serde_json::to_string(&(links, reviews, journal)).unwrap()
}

fn shown(stored: &str) -> Vec<&'static str> {
    VALUES.into_iter().filter(|value| stored.contains(value)).collect()
}

#[tokio::test]
async fn i14_privacy_mode_keeps_no_plain_baseline() {
    let world = World::small();
    apply(&private(&world)).await;
    world.env.advance(LONG);
    apply(&private(&world)).await;
    assert_eq!(shown(&stored(&world).await), [""; 0]);
    world.assert_small_is_there("in privacy mode");
    // In the clear the same is there.
    let clear = World::small();
    if !is_private() {
        clear.run().await;
        assert_eq!(shown(&stored(&clear).await), VALUES);
    }
}

#[tokio::test]
async fn equal_values_of_two_people_do_not_look_alike() {
    let world = World::new();
    for id in ["1", "2"] {
        world.customer(id, &json!({ "vat": format!("10000000{id}"), "name": "Ana", "city": "Faro" }));
    }
    apply(&private(&world)).await;
    world.env.advance(LONG);
    apply(&private(&world)).await;
    let mut hashes = Vec::new();
    for link in world.store.links_page(None, 10).await.unwrap() {
        for field in link.value.fields.iter().filter(|field| ["name", "city"].contains(&field.name.as_str()))
        {
            assert_eq!(field.state.agreed.left, field.state.agreed.right, "both sides of one field do");
            assert!(matches!(field.state.agreed.left, Some(Agreed::Hidden(_))), "{field:?}");
            hashes.push(format!("{:?}", field.state.agreed.left));
        }
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 4, "{hashes:?}");
}

async fn run_until(engine: &Engine, world: &World, until: sync_core::jiff::Timestamp) {
    let stop = async {
        while world.env.now() < until {
            world.env.sleep(Duration::from_secs(1)).await;
        }
    };
    engine.run(&Schedule::new(), stop).await.unwrap();
}

#[tokio::test]
async fn a_state_in_the_clear_is_rewritten_by_a_running_engine() {
    let world = World::small();
    world.run().await;
    world.env.advance(LONG);
    world.run().await;
    world.take_writes();
    let engine = world.builder().privacy(privacy_key()).keep_journal_for(Duration::ZERO).build();
    let until = world.env.now() + LONG;
    run_until(&engine, &world, until).await;
    assert_eq!(shown(&stored(&world).await), [""; 0]);
    assert_eq!(world.take_writes(), [""; 0], "nothing meets for the first time");
    world.customers.edit("1", &json!({ "city": "Beja" }));
    apply(&private(&world)).await;
    assert_eq!(world.contact("100000001").text("city"), "Beja", "what was agreed on is still known");
}

#[tokio::test]
async fn with_another_key_and_without_one_fields_meet_for_the_first_time() {
    crate::trace::on();
    let other = PrivacyKey::from_text(&"another s3cr3t of thirty-two characters".to_owned().into()).unwrap();
    for key in [Some(other), None] {
        let world = World::small();
        apply(&private(&world)).await;
        world.env.advance(LONG);
        apply(&private(&world)).await;
        // Of two that differ at their first meeting, this mapping keeps the right one; an edit would go over.
        world.customers.edit("1", &json!({ "city": "Beja" }));
        world.take_writes();
        let builder = Engine::builder("c", world.customers.clone(), world.contacts.clone(), one_way())
            .births(Side::Right, Births::Ignore)
            .guards(Guards::off())
            .env(world.env.clone())
            .store(world.store.clone());
        let builder = match key {
            Some(key) => builder.privacy(key),
            None => builder,
        };
        apply(&builder.build()).await;
        assert_eq!(world.take_writes(), [""; 0]);
        assert_eq!(world.contact("100000001").text("city"), "Faro");
    }
}

fn one_way() -> Mapping {
    Mapping::builder()
        .field("city", |f| {
            f.left("city").right("city").only_to(Side::Right).on_first(Policy::Prefer(Side::Right))
        })
        .build()
        .unwrap()
}

fn two_ways(world: &World, policy: Policy) -> EngineBuilder {
    let mapping = Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF"))
        .field("name", |f| f.left("name").right("name").policy(policy))
        .matched_by(["vat"])
        .build()
        .unwrap();
    Engine::builder("c", world.customers.clone(), world.contacts.clone(), mapping)
        .store(world.store.clone())
        .env(world.env.clone())
        .guards(Guards::off())
}

/// A pair that both sides have edited since they agreed, worked on by an engine that is private or not.
async fn conflict(policy: Policy, is_private: bool) -> World {
    let builder = |world: &World| {
        let builder = two_ways(world, policy.clone());
        if is_private { builder.privacy(privacy_key()) } else { builder }
    };
    let world = World::new();
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana" }));
    apply(&builder(&world).build()).await;
    world.env.advance(LONG);
    world.customers.edit("1", &json!({ "name": "Ana Lima" }));
    world.contacts.edit("x1", &json!({ "name": "Ana Reis" }));
    apply(&builder(&world).build()).await;
    world
}

#[tokio::test]
async fn the_journal_tells_of_a_conflict_and_not_its_values() {
    let nothing = FieldValue::Unknown;
    let overrode =
        Happening::Overrode { side: Side::Right, field: "name".to_owned(), value: nothing.clone() };
    let parked = Happening::Parked { field: "name".to_owned(), left: nothing.clone(), right: nothing };
    for (policy, what) in [(Policy::Prefer(Side::Left), overrode), (Policy::Park, parked)] {
        let world = conflict(policy.clone(), true).await;
        let journal = world.store.journal(None, 0, usize::MAX).await.unwrap();
        assert!(journal.iter().any(|(_, entry)| entry.what == what), "{journal:?}");
        // A parked field stands still all the same, and one that was written is quiet.
        world.env.advance(LONG);
        world.contacts.take_writes();
        apply(&two_ways(&world, policy).privacy(privacy_key()).build()).await;
        assert_eq!(world.contacts.take_writes(), [""; 0]);
        let stored = stored(&world).await;
        assert!(!stored.contains("Ana"), "{stored}");
    }
}

#[tokio::test]
async fn a_merge_is_not_told_a_base_that_nobody_shows() {
    let merge = Policy::Merge(|base, left, right| {
        assert_eq!(base.map(Agreed::value), Some(None), "it is there, and not known");
        let both = [left, right].map(|value| value.text().unwrap_or_default()).join(" or ");
        FieldValue::Text(both)
    });
    let world = conflict(merge, true).await;
    assert_eq!(world.contact("100000001").text("name"), "Ana Lima or Ana Reis");
}

#[tokio::test]
async fn a_question_of_before_is_hidden_and_can_be_answered() {
    let world = conflict(Policy::Park, false).await;
    let asked = world.store.reviews_page(None, 10).await.unwrap().remove(0);
    let engine = two_ways(&world, Policy::Park).privacy(privacy_key()).build();
    run_until(&engine, &world, world.env.now() + LONG).await;
    let hidden = world.store.reviews_page(None, 10).await.unwrap().remove(0);
    assert_ne!(asked.seen, hidden.seen, "a digest without a key tells values to who tries all");
    let question = engine.question(&hidden.key).await.unwrap().unwrap();
    assert_eq!(question.values, None);
    engine.resolve_shown(&hidden, Answer::Take(Side::Left)).await.unwrap();
    apply(&engine).await;
    assert_eq!(world.contact("100000001").text("name"), "Ana Lima");
    assert_eq!(world.store.reviews_page(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_is_undone_and_stories_are_told_without_values() {
    let world = conflict(Policy::Prefer(Side::Left), true).await;
    let engine = two_ways(&world, Policy::Park).privacy(privacy_key()).build();
    let run = engine.runs(None, 1).await.unwrap().remove(0).run;
    assert!(matches!(engine.undo(&run).await, Err(EngineError::KeepsNoValues)));
    let undo = two_ways(&world, Policy::Park).build().undo(&run).await.unwrap();
    assert!(matches!(engine.apply_undo(undo).await, Err(EngineError::KeepsNoValues)));
    for policy in [Policy::Prefer(Side::Left), Policy::Park] {
        let world = conflict(policy.clone(), true).await;
        let engine = two_ways(&world, policy).privacy(privacy_key()).build();
        let at = RecordRef::top(RecordId::new("1"));
        let story = engine.explain(Side::Left, &at).await.unwrap().to_string();
        assert!(story.contains("name") && !story.contains("Ana"), "{story}");
        assert!(!story.contains('\u{1}') && !story.contains("\\u{1}"), "{story}");
    }
}

#[tokio::test]
async fn another_key_and_none_need_approval_and_a_first_one_does_not() {
    crate::trace::on();
    let world = conflict(Policy::Prefer(Side::Left), false).await;
    let other =
        || PrivacyKey::from_text(&"another s3cr3t of thirty-two characters".to_owned().into()).unwrap();
    let begin = || two_ways(&world, Policy::Prefer(Side::Left)).guards(Guards::new());
    let trips = async |builder: EngineBuilder| {
        world.customers.edit("1", &json!({ "name": world.env.now().to_string() }));
        let (engine, mut classes) = (builder.build(), Vec::new());
        let plan = engine.plan().await.unwrap();
        classes.extend(plan.verdicts.iter().map(|verdict| verdict.class.clone()));
        engine.apply(plan, |_| {}).await.unwrap();
        world.env.advance(LONG);
        classes
    };
    assert_eq!(trips(begin()).await, []);
    assert_eq!(trips(begin().privacy(privacy_key())).await, [], "nothing meets anew");
    assert_eq!(trips(begin().privacy(other())).await, [GuardClass::Mapping]);
    assert_eq!(trips(begin()).await, [GuardClass::Mapping]);
    assert_eq!(trips(begin().privacy(privacy_key())).await, []);
}

/// All tests of this program once more in privacy mode, but those about it and the longest.
#[test]
fn everything_holds_in_privacy_mode_as_well() {
    if is_private() {
        return;
    }
    let mut suite = Command::new(std::env::current_exe().unwrap());
    // What was there before cannot be told or put back.
    suite.args([
        "--skip",
        "privacy::",
        "--skip",
        "history::",
        "--skip",
        "i3_a_process_may_die_at_any_step_and_the_next_one_too",
    ]);
    let ran = suite.env("SYNC_TEST_PRIVACY", "1").output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && !told.contains("running 0 tests"), "{told}");
}

#[tokio::test]
async fn forgetting_a_person_leaves_nothing_of_a_note_whose_document_is_gone() {
    let world = World::small();
    let engine = world.builder().database(world.store.clone()).build();
    let plan = engine.plan().await.unwrap();
    engine.apply(plan, |_| {}).await.unwrap();
    let contact = world.contact("100000001").id().to_owned();
    world.documents.delete("7");
    engine
        .hint_fact(&FactKey::new("documents", RecordRef::top(RecordId::new("7"))), Priority::Event)
        .await
        .unwrap();
    for _ in 0..5 {
        engine.drain().await.unwrap();
        world.env.advance(LONG);
    }
    engine.forget(Side::Left, &RecordRef::top(RecordId::new("1"))).await.unwrap();
    let left: Vec<_> = world
        .store
        .journal(None, 0, 1000)
        .await
        .unwrap()
        .into_iter()
        .map(|(_, entry)| serde_json::to_string(&entry).unwrap())
        .filter(|entry| entry.contains(&format!("\"{contact}\"")))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
}
