//! What would do great harm at once waits for a person.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sync_core::Env;
use sync_core::engine::{
    Answer, Did, Engine, EngineBuilder, EngineError, GuardClass, Guards, LinkId, Mapping, Plan, RecordId,
    RecordRef, RecordStep, Report, Review, Schedule, Side, normalise,
};
use sync_core::queue::{Priority, WorkKey};
use sync_core::store::Store;

use super::fake::Fake;
use super::world::{LONG, World};

const MANY: usize = 300;

fn mapping(version: u32) -> Mapping {
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("email", |f| f.left("email").right("email").version(version))
        .field("city", |f| f.left("city").right("city"))
        .field("name", |f| f.left("name").right("name"))
        .matched_by(["vat"])
        .label("number")
        .build()
        .unwrap()
}

fn builder(world: &World, mapping: Mapping) -> EngineBuilder {
    world.begin(mapping).store(world.store.clone()).env(world.env.clone())
}

/// The engine of a new process, with all guards.
fn engine(world: &World) -> Engine {
    builder(world, mapping(0)).build()
}

fn id(i: usize) -> String {
    format!("{i:03}")
}

fn record(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

fn customer(i: usize) -> Value {
    json!({
        "vat": format!("100000{i:03}"),
        "name": format!("Customer {i}"),
        "email": format!("c{i}@example.pt"),
        "city": format!("Town {i}"),
    })
}

fn unsynced() -> World {
    let world = World::new();
    for i in 0..MANY {
        world.customer(&id(i), &customer(i));
    }
    world
}

async fn apply(world: &World) -> (Plan, Report) {
    let engine = engine(world);
    let plan = engine.plan().await.unwrap();
    let report = engine.apply(plan.clone(), |_| {}).await.unwrap();
    (plan, report)
}

/// 300 pairs that agree.
async fn synced() -> World {
    let world = unsynced();
    let engine = engine(&world);
    let plan = engine.plan().await.unwrap();
    engine.approve(&plan.id).await.unwrap();
    let report = engine.apply(plan, |_| {}).await.unwrap();
    assert_eq!((report.counts.created, report.counts.total()), (MANY, MANY), "{report}");
    world.env.advance(LONG);
    writes(&world);
    world
}

fn writes(world: &World) -> Vec<String> {
    [world.customers.take_writes(), world.contacts.take_writes()].concat()
}

async fn open(world: &World) -> Vec<Review> {
    world.store.reviews_about(&WorkKey::Sync).await.unwrap()
}

async fn asked(world: &World) -> Vec<String> {
    open(world).await.into_iter().map(|review| review.message).collect()
}

async fn live_links(world: &World) -> usize {
    let links = world.store.links_page(None, 2 * MANY).await.unwrap();
    links.iter().filter(|link| link.value.is_live()).count()
}

fn edit_all(fake: &Fake, change: &Value) {
    for row in fake.rows() {
        fake.edit(row.id(), change);
    }
}

/// What is gone is looked at once more when some time has passed.
async fn look_twice(world: &World, live: &Engine) {
    live.work("test", 2 * MANY).await.unwrap();
    world.env.advance(LONG);
    live.drain().await.unwrap();
}

/// Lets time pass, so that others get their turn, until this holds.
async fn pass(world: &World, holds: impl Fn() -> bool) {
    for _ in 0..2000 {
        if holds() {
            break;
        }
        world.env.sleep(Duration::from_secs(1)).await;
    }
}

fn classes(plan: &Plan) -> Vec<String> {
    plan.verdicts.iter().map(|verdict| verdict.class.to_string()).collect()
}

/// A plan that trips: nothing is written before just this plan is approved, and then it is done once.
async fn waits_for_its_approval(
    world: &World,
    tripped: &[&str],
    words: &str,
    done: impl Fn(&Report) -> usize,
) {
    let (plan, report) = apply(world).await;
    assert_eq!(classes(&plan), tripped, "{plan}");
    assert!(plan.to_string().contains(words), "{plan}");
    assert_eq!(writes(world), [""; 0], "{report}");
    assert_eq!((report.counts.held, report.approve.as_ref()), (MANY, Some(&plan.id)), "{report}");
    assert!(!report.has_failed() && report.to_string().contains(words), "{report}");
    let messages = asked(world).await;
    assert_eq!(messages.len(), tripped.len(), "{messages:?}");
    assert!(messages.iter().any(|message| message.contains(words)), "{messages:?}");
    assert!(messages.iter().all(|message| message.contains(&plan.id)), "{messages:?}");
    assert_eq!(live_links(world).await, MANY, "no pair has ended");

    // Another plan's approval is none.
    engine(world).approve("000000000000").await.unwrap();
    let (_, report) = apply(world).await;
    assert_eq!((writes(world).len(), report.counts.held), (0, MANY), "{report}");

    engine(world).approve(&plan.id).await.unwrap();
    let (again, report) = apply(world).await;
    assert_eq!(again, plan, "made anew, it is the same");
    assert_eq!((done(&report), report.counts.held, report.approve.as_ref()), (MANY, 0, None), "{report}");
    assert_eq!(report.changed, [], "{report}");
    assert_eq!(asked(world).await, [""; 0]);
    writes(world);

    world.env.advance(LONG);
    let (plan, report) = apply(world).await;
    assert_eq!((classes(&plan).len(), writes(world)), (0, vec![]), "{plan}{report}");
}

#[tokio::test]
async fn i11_a_first_run_waits_for_the_approval_of_its_plan_and_so_does_live_work() {
    let world = unsynced();
    world.contacts.switch(|s| s.not_set_up = true);
    let live = engine(&world);
    live.hint(Side::Left, &record("001"), Priority::Event).await.unwrap();
    let ended = [
        live.drain().await.map(drop),
        live.poll(Side::Left).await.map(drop),
        live.sweep(Side::Left).await.map(drop),
        live.backfill(Side::Left).await.map(drop),
        live.reconcile(&WorkKey::Birth(Side::Left, record("001"))).await.map(drop),
    ];
    for ended in ended {
        let Err(EngineError::Unapproved { guard: GuardClass::FirstRun, message }) = ended else {
            panic!("{ended:?}")
        };
        assert!(message.contains("the first plan needs approval"), "{message}");
    }
    assert_eq!((writes(&world).len(), live_links(&world).await), (0, 0));

    let (plan, report) = apply(&world).await;
    assert_eq!((writes(&world), report.counts.held), (vec![], MANY), "not even set up: {report}");
    engine(&world).approve(&plan.id).await.unwrap();
    let (_, report) = apply(&world).await;
    assert_eq!((report.counts.created, report.counts.held), (MANY, 0), "{report}");
    assert_eq!(asked(&world).await, [""; 0]);
    world.env.advance(LONG);
    writes(&world);
    live.drain().await.unwrap();
    live.sweep(Side::Left).await.unwrap();
    live.drain().await.unwrap();
    assert_eq!(writes(&world), [""; 0], "there is nothing left to do");
}

#[tokio::test]
async fn a_running_engine_waits_for_the_approval_of_the_first_plan() {
    let world = unsynced();
    let live = engine(&world);
    let stop = async {
        pass(&world, || false).await;
        assert_eq!(writes(&world), [""; 0]);
        let plan = engine(&world).plan().await.unwrap();
        engine(&world).approve(&plan.id).await.unwrap();
        engine(&world).apply(plan, |_| {}).await.unwrap();
        world.env.advance(LONG);
        world.customers.edit("001", &json!({ "city": "Lagos" }));
        pass(&world, || world.contact("100000001").text("city") == "Lagos").await;
    };
    live.run(&Schedule::new().poll(Duration::from_secs(60)), stop).await.unwrap();
    assert_eq!(world.contact("100000001").text("city"), "Lagos");
}

#[tokio::test]
async fn i8_an_emptied_side_ends_no_pair_unasked() {
    for side in Side::BOTH {
        let world = synced().await;
        let (fake, other) = match side {
            Side::Left => (&world.customers, &world.contacts),
            Side::Right => (&world.contacts, &world.customers),
        };
        let gone = fake.rows();
        for row in &gone {
            fake.delete(row.id());
        }
        // A sweep sees it, and from then on no pair ends, whoever hints it.
        let live = engine(&world);
        assert!(!live.sweep(side).await.unwrap().complete);
        for row in &gone {
            live.hint(side, &row.at, Priority::Event).await.unwrap();
        }
        look_twice(&world, &live).await;
        assert_eq!((live_links(&world).await, other.rows().len()), (MANY, MANY), "{side}");

        let tripped = [format!("emptied side {side}")];
        let words = format!("the {side} side does not list 300 of 300 records that are known of it");
        waits_for_its_approval(&world, &[tripped[0].as_str()], &words, |report| report.counts.ended).await;
        assert_eq!((live_links(&world).await, other.rows().len()), (0, MANY), "{side}: as the mapping says");
    }
}

#[tokio::test]
async fn i8_a_sweep_that_misses_much_of_a_side_takes_none_of_it_for_deleted_until_it_is_back() {
    for (missing, tripped) in [(200, "emptied side"), (40, "deletes")] {
        let world = synced().await;
        let gone: Vec<_> = world.customers.rows().into_iter().take(missing).collect();
        for row in &gone {
            world.customers.delete(row.id());
        }
        let found = engine(&world).sweep(Side::Left).await.unwrap();
        assert_eq!((found.complete, found.hinted), (false, 0), "{tripped}");
        let fields: Vec<_> = open(&world).await.into_iter().filter_map(|review| review.field).collect();
        assert!(fields.len() == 1 && fields[0].starts_with(tripped), "{fields:?}");
        for row in &gone {
            world.customers.add(row.id(), &Value::Object(row.raw.clone()));
        }
        assert!(engine(&world).sweep(Side::Left).await.unwrap().complete);
        // A side that is whole again answers for itself, but not for pairs that have lost a record of the other one.
        assert_eq!(asked(&world).await.len(), usize::from(tripped == "deletes"));
        let (_, report) = apply(&world).await;
        assert_eq!((report.counts.unchanged, asked(&world).await.len()), (MANY, 0), "{report}");
    }
}

#[tokio::test]
async fn i8_pairs_that_lose_a_record_one_by_one_stop_at_the_limit_of_an_hour() {
    let world = synced().await;
    let live = engine(&world);
    for i in 0..40 {
        world.customers.delete(&id(i));
        live.hint(Side::Left, &record(&id(i)), Priority::Event).await.unwrap();
    }
    look_twice(&world, &live).await;
    // 5 % of 300 are more than 10.
    assert_eq!(live_links(&world).await, MANY - 15);
    let messages = asked(&world).await;
    assert!(
        messages.len() == 1 && messages[0].contains("16 of 300 pairs have lost a record"),
        "{messages:?}"
    );
    let held = live.reconcile(&WorkKey::Link(LinkId::new("c:039"))).await.unwrap();
    assert!(matches!(held.did, Did::Held(_)), "{held:?}");

    // It is the plan that is left that is approved, however few it has.
    let (plan, report) = apply(&world).await;
    assert_eq!((report.counts.held, live_links(&world).await), (25, MANY - 15), "{report}");
    engine(&world).approve(&plan.id).await.unwrap();
    let (_, report) = apply(&world).await;
    assert_eq!((report.counts.ended, live_links(&world).await), (25, MANY - 40), "{report}");
    assert_eq!(asked(&world).await, [""; 0]);
    // And then the hour begins anew.
    world.customers.delete(&id(100));
    live.hint(Side::Left, &record(&id(100)), Priority::Event).await.unwrap();
    look_twice(&world, &live).await;
    assert_eq!(live_links(&world).await, MANY - 41);
}

/// A change of one field in all records: live work trips as soon as a sweep sees it, and then the plan waits.
async fn a_change_in_all(change: Value, tripped: &[&str], words: &str) {
    let world = synced().await;
    edit_all(&world.customers, &change);
    let live = engine(&world);
    live.sweep(Side::Left).await.unwrap();
    live.drain().await.unwrap();
    assert_eq!(writes(&world), [""; 0], "the sweep has seen it before anything was written");
    let messages = asked(&world).await;
    assert!(messages.iter().any(|message| message.contains("until a plan is made")), "{messages:?}");

    waits_for_its_approval(&world, tripped, words, |report| report.counts.updated).await;
    // What had to wait finds that it is done.
    live.drain().await.unwrap();
    world.env.advance(2 * LONG);
    world.env.advance(Duration::from_secs(3600));
    live.drain().await.unwrap();
    assert_eq!(writes(&world), [""; 0]);
    world.customers.edit("007", &json!({ "name": "Rui" }));
    live.sweep(Side::Left).await.unwrap();
    live.drain().await.unwrap();
    assert_eq!(writes(&world), ["update contacts c:007 name"], "everything else goes on");
}

#[tokio::test]
async fn i11_one_field_that_is_cleared_in_all_waits() {
    let words = "email would be cleared in 300 of 300 pairs";
    a_change_in_all(json!({ "email": "" }), &["updates", "cleared field email"], words).await;
}

#[tokio::test]
async fn i11_one_value_that_spreads_to_all_waits() {
    let words = "city would become one and the same value in 300 of 300 pairs";
    a_change_in_all(json!({ "city": "Lisboa" }), &["updates", "one value for many city"], words).await;
}

#[tokio::test]
async fn i7_another_account_behind_a_token_stops_everything_and_no_approval_helps() {
    let world = synced().await;
    world.customers.edit("001", &json!({ "city": "Lagos" }));
    let before = engine(&world).plan().await.unwrap();
    world.contacts.switch(|s| s.account = 1);
    let live = engine(&world);
    live.hint(Side::Left, &record("001"), Priority::Event).await.unwrap();
    live.approve(&before.id).await.unwrap();
    let stopped = [
        live.plan().await.map(drop),
        live.apply(before, |_| {}).await.map(drop),
        live.drain().await.map(drop),
        live.sweep(Side::Right).await.map(drop),
    ];
    for stopped in stopped {
        assert!(matches!(stopped, Err(EngineError::Bind(_))), "{stopped:?}");
    }
    assert_eq!(writes(&world), [""; 0]);
    let identity = GuardClass::Identity.to_string();
    let question =
        open(&world).await.into_iter().find(|review| review.field.as_ref() == Some(&identity)).unwrap();
    for words in ["another account than before", "contacts:6", "store of its own", "there is no approval"] {
        assert!(question.message.contains(words), "{words}: {}", question.message);
    }
    // The right one is back.
    world.contacts.switch(|s| s.account = 0);
    let (_, report) = apply(&world).await;
    assert_eq!((report.counts.updated, writes(&world).len()), (1, 1), "{report}");
    assert!(open(&world).await.iter().all(|review| review.field.as_ref() != Some(&identity)));
}

#[tokio::test]
async fn i11_only_what_has_tripped_waits_and_an_approval_is_good_once() {
    let world = synced().await;
    edit_all(&world.customers, &json!({ "email": "" }));
    world.customer("900", &customer(900));
    let (plan, report) = apply(&world).await;
    assert_eq!(writes(&world), ["create contacts c:900"], "{report}");
    assert_eq!((report.counts.held, report.counts.created), (MANY, 1), "{report}");
    let left = report.approve.unwrap();
    assert_ne!(left, plan.id, "what was done is in it no more");
    world.env.advance(LONG);
    assert_eq!(engine(&world).plan().await.unwrap().id, left);

    // A single answer releases its own guard, and not the other one.
    let approve = || Answer::Approve(left.clone());
    let questions = open(&world).await;
    engine(&world).resolve(&questions[0].key, approve()).await.unwrap();
    let (_, report) = apply(&world).await;
    assert_eq!((report.counts.held, writes(&world).len()), (MANY, 0), "{report}");
    for question in &questions {
        engine(&world).resolve(&question.key, approve()).await.unwrap();
    }
    let (_, report) = apply(&world).await;
    assert_eq!((report.counts.held, writes(&world).len()), (0, MANY), "{report}");

    // The same once more is not approved of once more.
    for i in 0..MANY {
        world.customers.edit(&id(i), &customer(i));
    }
    world.env.advance(LONG);
    let plan = engine(&world).plan().await.unwrap();
    engine(&world).approve(&plan.id).await.unwrap();
    apply(&world).await;
    edit_all(&world.customers, &json!({ "email": "" }));
    writes(&world);
    world.env.advance(LONG);
    let (_, report) = apply(&world).await;
    assert_eq!((report.counts.held, writes(&world).len()), (MANY + 1, 0), "{report}");
}

#[tokio::test]
async fn i11_two_processes_do_not_both_use_one_approval() {
    let world = synced().await;
    edit_all(&world.customers, &json!({ "email": "" }));
    let plan = engine(&world).plan().await.unwrap();
    engine(&world).approve(&plan.id).await.unwrap();
    let (one, other) = (engine(&world), engine(&world));
    let (one, other) =
        tokio::join!(Box::pin(one.apply(plan.clone(), |_| {})), Box::pin(other.apply(plan.clone(), |_| {})));
    let held = [one.unwrap().counts.held, other.unwrap().counts.held];
    assert!(held == [0, MANY] || held == [MANY, 0], "{held:?}");
    assert_eq!(writes(&world).len(), MANY);
}

#[tokio::test]
async fn i11_a_mapping_that_has_changed_waits_for_the_approval_of_what_it_does() {
    let world = synced().await;
    let changed = || builder(&world, mapping(1)).build();
    let stopped = changed().drain().await;
    assert!(
        matches!(stopped, Err(EngineError::Unapproved { guard: GuardClass::Mapping, .. })),
        "{stopped:?}"
    );
    // Nothing follows from it here, so there is nothing to approve.
    let plan = changed().plan().await.unwrap();
    let has_something = plan.records.iter().any(|r| !matches!(r.step, RecordStep::Unchanged));
    assert_eq!(classes(&plan).contains(&"changed mapping".to_owned()), has_something, "{plan}");
    changed().approve(&plan.id).await.unwrap();
    let report = changed().apply(plan, |_| {}).await.unwrap();
    assert_eq!((report.counts.held, writes(&world).len()), (0, 0), "all are equal: {report}");
    changed().drain().await.unwrap();
    assert!(
        matches!(engine(&world).drain().await, Err(EngineError::Unapproved { .. })),
        "the old one is the other now"
    );
}

#[tokio::test]
async fn guards_that_are_off_stop_nothing() {
    let world = unsynced();
    let off = builder(&world, mapping(0)).guards(Guards::off()).build();
    off.apply(off.plan().await.unwrap(), |_| {}).await.unwrap();
    world.env.advance(LONG);
    edit_all(&world.customers, &json!({ "email": "" }));
    writes(&world);
    off.sweep(Side::Left).await.unwrap();
    off.drain().await.unwrap();
    assert_eq!(writes(&world).len(), MANY);
    assert_eq!(asked(&world).await, [""; 0]);
}

#[tokio::test]
async fn i11_what_was_done_otherwise_than_planned_is_told_and_nothing_else() {
    let world = synced().await;
    for (i, city) in ["Faro", "Lagos", "Tavira", "Olhão", "Loulé"].into_iter().enumerate() {
        world.customers.edit(&id(i), &json!({ "city": city }));
    }
    world.customer("900", &customer(900));
    let engine = Arc::new(engine(&world));
    let plan = engine.plan().await.unwrap();
    // Meanwhile: another value, a second field, taken back, the same on the other side, edited where nothing was planned.
    world.customers.edit("000", &json!({ "city": "Silves" }));
    world.customers.edit("001", &json!({ "name": "Rui" }));
    world.customers.edit("002", &json!({ "city": "Town 2" }));
    world.contacts.edit(world.contact("100000003").id(), &json!({ "city": "Olhão" }));
    let report = engine.apply(plan.clone(), |_| {}).await.unwrap();
    let told: Vec<_> = report.changed.iter().map(ToString::to_string).collect();
    let mut told: Vec<_> = told.iter().map(String::as_str).collect();
    told.sort_unstable();
    let want = [
        "contacts C000: planned to update, done: updated (city), with other values",
        "contacts C001: planned to update, done: updated (city, name), with other values",
        "contacts C002: planned to update, done: unchanged",
        "contacts C003: planned to update, done: unchanged",
    ];
    assert_eq!(told, want, "{report}");
    assert!(!report.to_string().contains("Silves"), "no values: {report}");
    // The same plan on what it was made from does exactly what it says.
    let twin = synced().await;
    for (i, city) in ["Faro", "Lagos"].into_iter().enumerate() {
        twin.customers.edit(&id(i), &json!({ "city": city }));
    }
    let (_, report) = apply(&twin).await;
    assert_eq!((report.changed.len(), report.counts.updated), (0, 2), "{report}");
}

#[tokio::test]
async fn a_plan_shows_each_change_up_to_a_limit_and_serialises_with_its_verdicts() {
    let world = synced().await;
    world.customers.edit("000", &json!({ "city": "Silves" }));
    world.customers.edit("001", &json!({ "name": "Ana Lima", "city": "" }));
    world.customers.delete("002");
    world.customer("900", &customer(900));
    let plan = engine(&world).plan().await.unwrap();
    let gone = format!("- {} not listed in customers any more\n", world.contact("100000002").id());
    let lines = [
        "~ C000 city: \"Town 0\" -> \"Silves\"\n",
        "~ C001 update\n    city: \"Town 1\" -> \"\"\n    name: \"Customer 1\" -> \"Ana Lima\"\n",
        "+ C900 create\n",
        gone.as_str(),
    ];
    assert_eq!(plan.diff(10).to_string(), lines.concat());
    assert!(format!("{plan:#}").ends_with(&lines.concat()));
    assert_eq!(plan.diff(1).to_string(), [lines[0], "... and 3 more\n"].concat());
    assert!(!format!("{:?}", plan.diff(10)).contains("Ana"));
    edit_all(&world.customers, &json!({ "email": "" }));
    let plan = engine(&world).plan().await.unwrap();
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["verdicts"][1]["class"], json!({ "cleared": "email" }));
    assert_eq!(json["records"][1]["step"]["changes"][0]["field"], "email");
}
