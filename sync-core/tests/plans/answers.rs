//! What people answer, and what becomes of it.

mod fields;
mod records;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sync_core::Env;
use sync_core::engine::{
    Answer, AnswerKind, Caps, Engine, FieldValue, Guards, Happening, LinkId, Mapping, MarkerKind, Policy,
    RecordId, RecordRef, ResolveError, Review, ReviewKind, Side, normalise,
};
use sync_core::queue::{Priority, WorkKey};
use sync_core::store::{Commit, Store};

use super::fake::Fake;
use super::world::{LONG, World};

/// Customers and contacts that go both ways, and a person who answers.
pub(crate) struct Desk {
    world: World,
    engine: Engine,
}

fn mapping() -> Mapping {
    let short = |text: &str| match text.len() {
        0..=20 => Ok(()),
        _ => Err("is too long".to_owned()),
    };
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name").validate(Side::Right, short))
        .field("city", |f| {
            f.left("city").right("city").frozen_when(Side::Right, |contact| contact.text("closed") == "yes")
        })
        .field("code", |f| f.left("code").right("code").only_to(Side::Right).on_first(Policy::Park))
        .field("tags", |f| f.left("labels").right("tags").set().validate(Side::Right, short))
        .matched_by(["vat"])
        .label("number")
        .build()
        .unwrap()
}

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

fn at(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

impl Desk {
    fn new() -> Self {
        Self::of(World::new())
    }

    /// With contacts that are recognised by their keys alone.
    fn without_markers() -> Self {
        let mut world = World::new();
        let caps = Caps::new().marker(MarkerKind::Keys { resend: false });
        world.contacts = Fake::new("contacts", caps, &world.env, &world.fuse);
        Self::of(world)
    }

    fn of(world: World) -> Self {
        let engine = Self::engine(&world);
        Self { world, engine }
    }

    fn engine(world: &World) -> Engine {
        world.begin(mapping()).store(world.store.clone()).env(world.env.clone()).guards(Guards::off()).build()
    }

    /// One pair that agrees: customer 1 and contact x1.
    async fn agreed() -> Self {
        let desk = Self::new();
        desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana", "city": "Faro" }));
        let contact = json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "city": "Faro" });
        desk.world.contacts.add("x1", &contact);
        desk.work().await;
        assert_eq!(desk.open().await, [""; 0]);
        desk.writes();
        desk
    }

    /// The same, and both sides have changed the name.
    async fn in_conflict() -> Self {
        let desk = Self::agreed().await;
        desk.edit(Side::Left, &json!({ "name": "Ana L" }));
        desk.edit(Side::Right, &json!({ "name": "Ana R" }));
        desk.work().await;
        assert_eq!(desk.open().await, ["pair c:1, name: conflict"]);
        desk
    }

    fn side(&self, side: Side) -> &Arc<Fake> {
        if side == Side::Left { &self.world.customers } else { &self.world.contacts }
    }

    fn edit(&self, side: Side, value: &Value) {
        self.side(side).edit(if side == Side::Left { "1" } else { "x1" }, value);
    }

    /// Looks at everything until nothing is left to do.
    async fn work(&self) {
        for _ in 0..3 {
            for side in Side::BOTH {
                self.engine.sweep(side).await.unwrap();
                self.run().await;
            }
            self.world.env.advance(LONG);
        }
    }

    /// Somebody says that the pair may have changed.
    async fn hint(&self) {
        self.engine.hint(Side::Left, &at("1"), Priority::Event).await.unwrap();
        self.drain().await;
    }

    /// Works on what is hinted alone.
    async fn drain(&self) {
        for _ in 0..4 {
            self.run().await;
            self.world.env.advance(LONG);
        }
    }

    /// Works on what is due. Not for ever: some of it waits for time to pass.
    async fn run(&self) {
        for _ in 0..30 {
            if self.engine.work("desk", 8).await.unwrap().is_empty() {
                return;
            }
        }
    }

    /// The process dies, and with it what was hinted.
    fn restart(&mut self) {
        self.engine = Self::engine(&self.world);
    }

    async fn reviews(&self) -> Vec<Review> {
        self.engine.inbox(None, None, 100).await.unwrap()
    }

    async fn open(&self) -> Vec<String> {
        self.reviews().await.into_iter().map(|review| review.key.to_string()).collect()
    }

    /// The one question that is open.
    async fn review(&self) -> Review {
        let mut open = self.reviews().await;
        assert_eq!(open.len(), 1, "{open:?}");
        open.remove(0)
    }

    async fn try_answer(&self, answer: Answer) -> Result<(), ResolveError> {
        self.engine.resolve(&self.review().await.key, answer).await
    }

    /// Answers the one open question, and works on that.
    async fn answer(&self, answer: Answer) {
        self.try_answer(answer).await.unwrap();
        self.drain().await;
    }

    fn writes(&self) -> Vec<String> {
        [self.world.customers.take_writes(), self.world.contacts.take_writes()].concat()
    }

    /// The values of a field in the first record of each side.
    fn values(&self, field: &str) -> (String, String) {
        let of = |side: Side, id: &str| {
            let rows = self.side(side).rows();
            rows.iter().find(|row| row.id() == id).map(|row| row.text(field)).unwrap_or_default()
        };
        (of(Side::Left, "1"), of(Side::Right, "x1"))
    }

    fn ids(&self, side: Side) -> Vec<String> {
        self.side(side).rows().iter().map(|row| row.id().to_owned()).collect()
    }

    async fn journal(&self) -> Vec<Happening> {
        let entries = self.world.store.journal(None, 0, usize::MAX).await.unwrap();
        entries.into_iter().map(|(_, entry)| entry.what).collect()
    }

    /// The other half of customer 1.
    async fn partner(&self) -> Option<String> {
        let link = self.world.store.link_of(Side::Left, &at("1")).await.unwrap()?.value;
        link.ends
            .right
            .filter(|_| link.status != sync_core::engine::LinkStatus::Ended)
            .map(|at| at.id.to_string())
    }

    /// I2: looking at everything again writes nothing, and nobody is asked.
    async fn assert_at_rest(&self, when: &str) {
        self.work().await;
        self.writes();
        self.work().await;
        assert_eq!(self.writes(), [""; 0], "{when}");
        assert_eq!(self.open().await, [""; 0], "{when}");
    }
}

fn error(result: Result<(), ResolveError>) -> String {
    result.unwrap_err().to_string()
}

/// All answers there are.
fn answers() -> Vec<Answer> {
    vec![
        Answer::Take(Side::Left),
        Answer::Value(text("v")),
        Answer::Pair(at("x1")),
        Answer::Create,
        Answer::Leave,
        Answer::Unlink,
        Answer::Recreate,
        Answer::Delete,
        Answer::Retry,
        Answer::Approve("plan".to_owned()),
    ]
}

#[tokio::test]
async fn each_kind_takes_the_answers_of_the_table_and_no_others() {
    use AnswerKind::{Approve, Create, Delete, Leave, Pair, Recreate, Retry, Take, Unlink, Value};
    let pair = WorkKey::Link(LinkId::new("c:1"));
    let table: [(ReviewKind, Option<&str>, &[AnswerKind]); 9] = [
        (ReviewKind::Conflict, Some("name"), &[Take, Value, Leave]),
        (ReviewKind::Refused, Some("name"), &[Take, Value, Leave]),
        (ReviewKind::Invalid, Some("name"), &[Take, Value, Leave]),
        (ReviewKind::Invalid, None, &[Retry]),
        (ReviewKind::Match, None, &[Pair, Create, Leave]),
        (ReviewKind::Create, None, &[Pair, Create, Leave]),
        (ReviewKind::Deleted, None, &[Unlink, Recreate, Delete]),
        (ReviewKind::Poison, None, &[Retry]),
        (ReviewKind::Guard, None, &[Approve]),
    ];
    let desk = Desk::new();
    let store = &desk.world.store;
    for (kind, field, takes) in table {
        let review = Review::new(pair.clone(), kind, field, "?", desk.world.env.now());
        assert_eq!(review.answers(), takes, "{kind}");
        for answer in answers().into_iter().filter(|answer| !takes.contains(&answer.kind())) {
            let asked = Commit { reviews: vec![review.clone()], ..Commit::default() };
            store.commit(asked).await.unwrap();
            let said = error(desk.engine.resolve(&review.key, answer.clone()).await);
            let words: Vec<_> = takes.iter().map(ToString::to_string).collect();
            let want = format!(
                "a question of kind {kind} does not take {}: answer it with {}",
                answer.kind(),
                words.join(", ")
            );
            assert_eq!(said, want);
            assert_eq!(store.review(&review.key).await.unwrap(), Some(review.clone()), "nothing has changed");
        }
    }
}

#[tokio::test]
async fn an_unknown_question_is_told_to_be_over() {
    let desk = Desk::in_conflict().await;
    let key = desk.review().await.key;
    desk.answer(Answer::Take(Side::Left)).await;
    let said = error(desk.engine.resolve(&key, Answer::Take(Side::Left)).await);
    let want = "there is no question pair c:1, name: conflict any more: it was answered, or what it was about has changed";
    assert_eq!(said, want);
    // So is one about what is not there at all.
    let review =
        Review::new(WorkKey::Link(LinkId::new("c:9")), ReviewKind::Match, None, "?", desk.world.env.now());
    let asked = Commit { reviews: vec![review.clone()], ..Commit::default() };
    desk.world.store.commit(asked).await.unwrap();
    assert!(error(desk.engine.resolve(&review.key, Answer::Create).await).contains("any more"));
    assert_eq!(desk.open().await, [""; 0]);
}

#[tokio::test]
async fn the_inbox_has_what_nobody_has_answered_yet() {
    let desk = Desk::in_conflict().await;
    desk.edit(Side::Left, &json!({ "city": "Beja" }));
    desk.edit(Side::Right, &json!({ "city": "Elvas" }));
    desk.world.customer("2", &json!({ "name": "Nobody knows" }));
    desk.work().await;
    let both = ["pair c:1, city: conflict", "pair c:1, name: conflict"];
    assert_eq!(desk.open().await, ["left record 2: match", both[0], both[1]]);
    let conflicts = desk.engine.inbox(Some(ReviewKind::Conflict), None, 100).await.unwrap();
    assert_eq!(conflicts.iter().map(|review| review.key.as_str()).collect::<Vec<_>>(), both);
    let after = desk.engine.inbox(None, Some(&conflicts[0].key), 1).await.unwrap();
    assert_eq!(after[0].key, conflicts[1].key);
    desk.engine.resolve(&conflicts[0].key, Answer::Leave).await.unwrap();
    let left = desk.engine.inbox(Some(ReviewKind::Conflict), None, 100).await.unwrap();
    assert_eq!(left, [conflicts[1].clone()]);
}

#[tokio::test]
async fn i14_a_question_shows_its_values_to_a_person_and_to_nobody_else() {
    let desk = Desk::in_conflict().await;
    let question = desk.engine.question(&desk.review().await.key).await.unwrap().unwrap();
    let values = question.values.as_ref().unwrap();
    assert_eq!((&values.left, &values.right), (&text("Ana L"), &text("Ana R")));
    desk.try_answer(Answer::Value(text("Ana Novo"))).await.unwrap();
    let answered = desk.world.store.review(&question.review.key).await.unwrap().unwrap();
    for shown in
        [format!("{question:?}"), format!("{answered:?}"), format!("{:?}", desk.journal().await.last())]
    {
        assert!(!shown.contains("Ana"), "{shown}");
    }
    desk.drain().await;
    assert_eq!(desk.engine.question(&question.review.key).await.unwrap(), None);
}

/// How long a process is dead.
const NIGHT: Duration = Duration::from_secs(8 * 3600);

#[tokio::test]
async fn an_answer_outlives_the_process_that_took_it() {
    for resumes in [false, true] {
        let mut desk = Desk::in_conflict().await;
        desk.try_answer(Answer::Take(Side::Right)).await.unwrap();
        desk.restart();
        desk.world.env.advance(NIGHT);
        if resumes {
            let until = desk.world.env.clone();
            let stop = async { until.sleep(Duration::from_secs(5)).await };
            desk.engine.run(&sync_core::engine::Schedule::new().poll(NIGHT), stop).await.unwrap();
        } else {
            // A plan finds it as well.
            let plan = desk.engine.plan().await.unwrap();
            desk.engine.apply(plan, |_| {}).await.unwrap();
        }
        assert_eq!(desk.values("name"), ("Ana R".to_owned(), "Ana R".to_owned()), "resumes: {resumes}");
        desk.assert_at_rest("after the night").await;
    }
}

#[tokio::test]
async fn of_two_people_the_first_one_counts() {
    let desk = Desk::in_conflict().await;
    let shown = desk.review().await;
    desk.engine.resolve_shown(&shown, Answer::Take(Side::Left)).await.unwrap();
    desk.engine.resolve_shown(&shown, Answer::Take(Side::Left)).await.unwrap();
    let said = error(desk.engine.resolve_shown(&shown, Answer::Take(Side::Right)).await);
    assert_eq!(said, "it was answered already, with take: wait until that is done, and look again");
    desk.drain().await;
    assert_eq!(desk.values("name").1, "Ana L");
    let answered = |what: &&Happening| matches!(what, Happening::Answered { .. });
    let journal = desk.journal().await;
    let answers: Vec<_> = journal.iter().filter(answered).collect();
    let told =
        Happening::Answered { review: "pair c:1, name: conflict".to_owned(), answer: "take left".to_owned() };
    assert_eq!(answers, [&told]);
}

#[tokio::test]
async fn who_has_seen_something_else_has_answered_something_else() {
    let desk = Desk::in_conflict().await;
    let shown = desk.review().await;
    desk.edit(Side::Right, &json!({ "name": "Ana S" }));
    desk.work().await;
    let said = error(desk.engine.resolve_shown(&shown, Answer::Take(Side::Right)).await);
    assert_eq!(said, "it has changed since it was shown: look again");
    desk.engine.resolve_shown(&desk.review().await, Answer::Take(Side::Right)).await.unwrap();
    desk.drain().await;
    assert_eq!(desk.values("name"), ("Ana S".to_owned(), "Ana S".to_owned()));
}
