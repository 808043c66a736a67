//! A person who syncs Moloni with HighLevel reads "Moloni" and "HighLevel", and one whose sides have no names reads what
//! they always were called.

use serde_json::json;
use sync_core::engine::{
    Answer, Engine, EngineBuilder, Guards, Mapping, RecordId, RecordRef, Report, ReviewKind, Side, normalise,
};
use sync_core::queue::Priority;

use super::fake::Mishap;
use super::world::{LONG, World};

fn mapping() -> Mapping {
    let short = |text: &str| match text.len() {
        0..=20 => Ok(()),
        _ => Err("is too long".to_owned()),
    };
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name").validate(Side::Right, short))
        .field("city", |f| f.left("city").right("city"))
        .matched_by(["vat"])
        .label("number")
        .build()
        .unwrap()
}

fn nameless(world: &World) -> EngineBuilder {
    Engine::builder("c", world.customers.clone(), world.contacts.clone(), mapping())
        .store(world.store.clone())
        .env(world.env.clone())
        .guards(Guards::off())
}

/// Both engines of one state: one of a program that gives no names, and one of a program that does.
fn engines(world: &World) -> [Engine; 2] {
    [nameless(world).build(), nameless(world).sides("Moloni", "HighLevel").build()]
}

fn record(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

/// Two customers and their contacts, who agree.
async fn agreed() -> World {
    let world = World::new();
    for (id, name) in [("1", "Ana"), ("2", "Berta")] {
        let vat = format!("10000000{id}");
        world.customer(id, &json!({ "vat": vat, "name": name, "city": "Faro" }));
        let contact = json!({ "customFields": { "NIF": vat }, "name": name, "city": "Faro" });
        world.contacts.add(&format!("x{id}"), &contact);
    }
    apply(&world, &nameless(&world).build()).await;
    world
}

async fn apply(world: &World, engine: &Engine) -> Report {
    let report = engine.apply(engine.plan().await.unwrap(), |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
    world.env.advance(LONG);
    report
}

async fn work(world: &World, engine: &Engine, id: &str) {
    engine.hint(Side::Left, &record(id), Priority::Event).await.unwrap();
    for _ in 0..10 {
        engine.work("test", 8).await.unwrap();
    }
    world.env.advance(LONG);
}

async fn messages(engine: &Engine) -> Vec<String> {
    engine.inbox(None, None, 10).await.unwrap().into_iter().map(|review| review.message).collect()
}

/// A story without its line breaks.
async fn told(engine: &Engine, side: Side, id: &str) -> String {
    let shown = engine.explain(side, &record(id)).await.unwrap().to_string();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_says(shown: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(shown.contains(sentence), "{sentence}: {shown}");
    }
}

#[tokio::test]
async fn a_question_calls_the_sides_by_their_names() {
    let wanted = [
        "name is too long, so it does not go to the right side: correct it",
        "name is too long, so it does not go to HighLevel: correct it",
    ];
    for (wanted, nth) in wanted.into_iter().zip(0..) {
        let world = agreed().await;
        let engine = &engines(&world)[nth];
        world.customers.edit("1", &json!({ "name": "a name of more than twenty letters" }));
        work(&world, engine, "1").await;
        assert_eq!(messages(engine).await, [wanted]);
    }
    let wanted = [
        "the record on the right side was deleted, and the one on the left side edited: delete it too, or restore the \
         other",
        "the record in HighLevel was deleted, and the one in Moloni edited: delete it too, or restore the other",
    ];
    for (wanted, nth) in wanted.into_iter().zip(0..) {
        let world = agreed().await;
        let engine = &engines(&world)[nth];
        world.contacts.delete("x1");
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        work(&world, engine, "1").await;
        work(&world, engine, "1").await;
        assert_eq!(messages(engine).await, [wanted]);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_is_refused_in_the_words_of_the_sides() {
    let world = agreed().await;
    let [nameless, named] = engines(&world);
    world.customer("3", &json!({ "vat": "100000003", "name": "Carlos" }));
    for id in ["y1", "y2"] {
        world.contacts.add(id, &json!({ "customFields": { "NIF": "100000003" }, "name": "Carlos" }));
    }
    work(&world, &named, "3").await;
    let open = named.inbox(Some(ReviewKind::Match), None, 10).await.unwrap();
    let review = open.iter().find(|review| named.sides().about(&review.about) == "Moloni record 3").unwrap();
    assert_eq!(nameless.sides().about(&review.about), "left record 3");
    assert_eq!(review.key.as_str(), "left record 3: match", "a key has no names in it");
    let answer = Answer::Pair(record("x7"));
    let said = named.resolve(&review.key, answer.clone()).await.unwrap_err().to_string();
    assert_eq!(said, "there is no record x7 in HighLevel: name another one");
    let said = nameless.resolve(&review.key, answer).await.unwrap_err().to_string();
    assert_eq!(said, "there is no record x7 on the right side: name another one");
    named.resolve(&review.key, Answer::Leave).await.unwrap();
    assert_says(
        &told(&named, Side::Left, "3").await,
        &[
            "The Moloni record 3 Moloni record 3 asked since",
            "a person answered leave (Moloni record 3: match)",
        ],
    );
    assert_says(&told(&nameless, Side::Left, "3").await, &["a person answered leave (left record 3: match)"]);
}

#[tokio::test]
async fn a_plan_says_which_side_is_empty_and_keeps_its_id() {
    let world = agreed().await;
    for row in world.customers.rows() {
        world.customers.delete(row.id());
    }
    let (nameless, named) = (nameless(&world), nameless(&world).sides("Moloni", "HighLevel"));
    let plans = [nameless, named].map(|builder| {
        let engine = builder.guards(Guards::new().first_run(false).mapping(false)).build();
        async move { (engine.plan().await.unwrap(), engine) }
    });
    let [(nameless, _), (named, engine)] = futures_util::future::join_all(plans).await.try_into().unwrap();
    assert_says(
        &nameless.to_string(),
        &["stopped: the left side does not list 2 of 2 records that are known of it"],
    );
    assert_says(&named.to_string(), &["stopped: Moloni does not list 2 of 2 records that are known of it"]);
    assert_eq!(named.id, nameless.id);
    assert_eq!(named.verdicts[0].class, nameless.verdicts[0].class);
    let report = engine.apply(named, |_| {}).await.unwrap();
    assert_says(&report.to_string(), &["held back: Moloni does not list 2 of 2 records"]);
    assert_says(&messages(&engine).await.concat(), &["Moloni does not list 2 of 2 records"]);
}

#[tokio::test]
async fn a_story_and_an_undo_call_the_sides_by_their_names() {
    let world = agreed().await;
    let [nameless, named] = engines(&world);
    world.customers.edit("1", &json!({ "name": "Ana Lima", "city": "Lagos" }));
    world.customer("3", &json!({ "vat": "100000003", "name": "Carlos" }));
    let run = apply(&world, &named).await.run;
    world.contacts.edit("x1", &json!({ "city": "Porto" }));

    let undo = named.undo(&run).await.unwrap();
    assert_says(
        &undo.to_string(),
        &[
            "~ HighLevel record x1 (c:1, x1)\n",
            "kept: city in HighLevel of c:1: ",
            "stays: pair c:3: HighLevel record contacts-1 was created\n",
        ],
    );
    let as_ever = nameless.undo(&run).await.unwrap();
    assert_says(
        &as_ever.to_string(),
        &[
            "~ right record x1 (c:1, x1)\n",
            "kept: city on the right side of c:1: ",
            "stays: pair c:3: right record contacts-1 was created\n",
        ],
    );
    assert_eq!(undo.id, as_ever.id);
    let parts =
        |undo| serde_json::to_value(undo).unwrap().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        parts(&undo),
        ["id", "kept", "records", "run", "stands"],
        "as it was written before there were names"
    );

    world.customers.edit("1", &json!({ "city": "Beja" }));
    work(&world, &named, "1").await;
    let open = named.inbox(None, None, 10).await.unwrap();
    named.resolve(&open[0].key, Answer::Take(Side::Left)).await.unwrap();
    assert_says(
        &told(&named, Side::Right, "x1").await,
        &[
            "The HighLevel record x1 pair c:1 Records: Moloni 1 and HighLevel x1.",
            "the HighLevel record x1 was found to be the other half",
            "name in HighLevel: \"Ana\" -> \"Ana Lima\"",
            "city waits for a person, because both sides changed it: Moloni \"Beja\", HighLevel \"Porto\".",
            "a person answered take Moloni (pair c:1, city: conflict)",
        ],
    );
    assert_says(
        &told(&nameless, Side::Right, "x1").await,
        &[
            "The right record x1 pair c:1 Records: left 1 and right x1.",
            "name on the right side: \"Ana\" -> \"Ana Lima\"",
            "both sides changed it: left \"Beja\", right \"Porto\".",
            "a person answered take left (pair c:1, city: conflict)",
        ],
    );
}

#[tokio::test]
async fn a_write_that_is_not_answered_is_told_of_the_service_that_it_went_to() {
    let world = agreed().await;
    let [nameless, named] = engines(&world);
    world.customers.edit("1", &json!({ "name": "Ana Lima" }));
    world.contacts.on_update(1, Mishap::ReplyLost);
    named.hint(Side::Left, &record("1"), Priority::Event).await.unwrap();
    named.drain().await.unwrap();
    assert_says(&told(&named, Side::Left, "1").await, &["A write of name in HighLevel was announced at "]);
    assert_says(
        &told(&nameless, Side::Left, "1").await,
        &["A write of name on the right side was announced at "],
    );
}
