//! A person who is forgotten leaves no trace, neither in a dump of the database nor in SQLite's files; and nothing of
//! anybody else goes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use sync_core::engine::merge::{FieldState, Parked, Reason, Write};
use sync_core::engine::settle::Unsettled;
use sync_core::engine::{
    Agreed, Answer, Caps, Collection, Engine, EngineError, Entry, Fact, FactKey, Fault, FieldValue,
    Fingerprint, Forgotten, Happening, Life, Link, LinkField, LinkId, LinkStatus, ListPage, Mapping,
    PageToken, Pair, Pending, PendingOp, Projection, ProjectionKey, Raw, Read, RecordId, RecordRef, Refusal,
    Review, ReviewKind, RunId, Scope, Side, Wanted, Wrote,
};
use sync_core::jiff::Timestamp;
use sync_core::queue::{Hint, MemoryQueue, Priority, WorkKey, WorkQueue};
use sync_core::store::{Commit, MemoryStore, PostgresStore, SqliteStore, Store};
use sync_core::{AccountKey, Env, ManualEnv, async_trait};

use super::places::{Database, Folder, raw};

/// A service that is never asked.
#[derive(Debug)]
struct Silent(&'static str, Caps);

#[async_trait]
impl Collection for Silent {
    fn name(&self) -> &str {
        self.0
    }

    fn caps(&self) -> &Caps {
        &self.1
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        panic!("nobody is asked")
    }

    async fn list(&self, _: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        panic!("nobody is asked")
    }

    async fn get(&self, _: &RecordRef) -> Result<Read, Fault> {
        panic!("nobody is asked")
    }
}

/// One person's ids and values, each recognisable.
struct Person {
    name: &'static str,
}

impl Person {
    fn text(&self, what: &str) -> String {
        format!("{what}-{}", self.name)
    }

    fn at(&self, what: &str) -> RecordRef {
        RecordRef::top(RecordId::new(self.text(what)))
    }

    fn value(&self, what: &str) -> FieldValue {
        FieldValue::Text(self.text(what))
    }

    fn raw(&self, what: &str) -> Raw {
        json!({ "text": self.text(what) }).as_object().cloned().unwrap()
    }

    /// A field with all that may be known of one.
    fn field(&self) -> LinkField {
        let agreed = Pair::new(Some(Agreed::Text(self.text("mail"))), Some(Agreed::Text(self.text("tax"))));
        let write =
            Write { to: Side::Right, value: self.value("sent"), agreed: agreed.clone(), overrides: None };
        let values = Pair::new(self.value("parked"), FieldValue::set([self.text("tag")]));
        let parked = Some(Parked { values, reason: Reason::Conflict });
        let unsettled = Some(Unsettled::new(&write, self.value("before"), Timestamp::UNIX_EPOCH));
        let (parked, unsettled) = (parked.map(Box::new), unsettled.map(Box::new));
        let state = FieldState { agreed, parked, fresh_until: Pair::default(), unsettled };
        LinkField { name: "mail".to_owned(), definition: Fingerprint::of(&1), state }
    }

    fn link(&self, number: u32, right: &str) -> Link {
        let left = self.at("customer");
        let id = LinkId::founded_by("c", Side::Left, &left, number);
        let mut link = Link::new(id, Side::Left, left);
        link.ends.right = Some(self.at(right));
        link.fields = vec![self.field()];
        link
    }

    fn fact(&self) -> FactKey {
        FactKey::new("documents", self.at("document"))
    }

    fn projection(&self) -> Projection {
        let key = ProjectionKey::new(self.text("note"));
        let wanted = Wanted { key, into: "notes".to_owned(), fields: self.raw("body"), life: Life::Open };
        let wrote =
            Wrote { sent: self.raw("body"), stored: self.raw("stored"), fact: Fingerprint::of(&wanted) };
        let owner = RecordId::new(self.text("customer"));
        let at = Some(RecordRef::under(RecordId::new(self.text("contact")), RecordId::new(self.text("n1"))));
        Projection { at, wrote: Some(wrote), ..Projection::new(wanted, owner, self.fact()) }
    }

    fn keys(&self) -> Vec<WorkKey> {
        vec![
            WorkKey::Birth(Side::Left, self.at("customer")),
            WorkKey::Birth(Side::Right, self.at("contact")),
            WorkKey::Birth(Side::Right, self.at("merged")),
            WorkKey::Link(self.link(1, "former").id),
            WorkKey::Link(self.link(2, "contact").id),
            WorkKey::Fact(self.fact()),
            WorkKey::Projection(self.projection().key),
        ]
    }

    /// Something of each kind.
    fn everything(&self) -> Commit {
        let now = Timestamp::UNIX_EPOCH;
        let review = |about: WorkKey| {
            let message = format!("is it {}?", self.text("contact"));
            let answer = Some(Answer::Value(self.value("answered")));
            Review { answer, ..Review::new(about, ReviewKind::Match, Some("mail"), message, now) }
        };
        let told = [
            Happening::Moved(Side::Right, self.at("merged")),
            Happening::Overrode { side: Side::Left, field: "mail".to_owned(), value: self.value("lost") },
            Happening::Refused { side: Side::Left, field: "mail".to_owned(), sent: self.value("refused") },
        ];
        let run = Some(RunId::new(self.text("run")));
        let entry = |(about, what)| Entry { at: now, run: run.clone(), about, what };
        let fact = Fact {
            key: self.fact(),
            owner: Some(RecordId::new(self.text("customer"))),
            fingerprint: Fingerprint::of(&self.raw("invoice")),
            raw: self.raw("invoice"),
            seen_at: now,
        };
        let former = Link { status: LinkStatus::Ended, ..self.link(1, "former") };
        Commit {
            links: vec![(None, former), (None, self.link(2, "contact"))],
            projections: vec![(None, self.projection())],
            facts: vec![(None, fact)],
            reviews: self.keys().into_iter().map(review).collect(),
            journal: self.keys().into_iter().rev().zip(told.iter().cloned().cycle()).map(entry).collect(),
            ..Commit::default()
        }
    }
}

const GONE: Person = Person { name: "filomena" };
const STAYS: Person = Person { name: "gaspar" };

/// What is about somebody else and names the one who goes.
fn mentions() -> Commit {
    let now = Timestamp::UNIX_EPOCH;
    let left = STAYS.at("second");
    let mut link = Link::new(LinkId::founded_by("c", Side::Left, &left, 1), Side::Left, left);
    link.refused = Some(Refusal { sent: Fingerprint::of(&1), by: Some(GONE.at("contact")) });
    let mut field = STAYS.field();
    let why = format!("belongs to record {} already", GONE.text("contact"));
    let values = Pair::new(STAYS.value("parked"), FieldValue::Unknown);
    field.state.parked = Some(Box::new(Parked { values, reason: Reason::Invalid(Side::Right, why) }));
    link.fields = vec![field];
    let about = WorkKey::Link(link.id.clone());
    let message = format!("it may belong to {}, whose create was not answered", GONE.link(2, "contact").id);
    let entry = |what| Entry { at: now, run: None, about: about.clone(), what };
    let match_of = Review::new(about.clone(), ReviewKind::Match, None, message, now);
    let pair = Answer::Pair(GONE.at("contact"));
    let answered = Happening::Answered { review: match_of.key.to_string(), answer: pair.to_string() };
    let message = format!("another account is behind a side, as {} shows", GONE.text("contact"));
    let guard = Review::new(WorkKey::Sync, ReviewKind::Guard, Some("identity"), message, now);
    Commit {
        journal: vec![
            entry(answered),
            entry(Happening::Linked(Side::Right, GONE.at("contact"))),
            entry(Happening::Linked(Side::Right, STAYS.at("contact"))),
        ],
        reviews: vec![Review { answer: Some(pair), ..match_of }, guard],
        ..Commit::link(None, link)
    }
}

struct Setting<S> {
    store: Arc<S>,
    queue: Arc<MemoryQueue>,
    env: Arc<ManualEnv>,
    engine: Engine,
}

fn set_up<S: Store + 'static>(store: S) -> Setting<S> {
    let (env, store) = (Arc::new(ManualEnv::new(1)), Arc::new(store));
    let queue = Arc::new(MemoryQueue::new(env.clone()));
    let caps = || Caps::new().index_lag(Duration::from_secs(20));
    let side = |name| Arc::new(Silent(name, caps()));
    let mapping = Mapping::builder().field("mail", |f| f.left("mail").right("mail")).build().unwrap();
    let engine = Engine::builder("c", side("customers"), side("contacts"), mapping)
        .store(store.clone())
        .queue(queue.clone())
        .env(env.clone())
        .build();
    Setting { store, queue, env, engine }
}

async fn fill(setting: &Setting<impl Store>) {
    for person in [GONE, STAYS] {
        setting.store.commit(person.everything()).await.unwrap();
        let hints: Vec<_> =
            person.keys().into_iter().map(|key| Hint::new(key, "c", Priority::Sweep)).collect();
        setting.queue.mark(&hints).await.unwrap();
        // Written over again and again, as it grows and shrinks.
        for number in 0..20_u32 {
            let id = person.link(2, "contact").id;
            let found = setting.store.link(&id).await.unwrap().unwrap();
            let mut link = found.value;
            let times = usize::try_from(number % 7).unwrap() * 40;
            link.fields[0].state.agreed.left = Some(Agreed::Text(person.text("old ").repeat(times)));
            setting.store.commit(Commit::link(Some(found.rev), link)).await.unwrap();
        }
    }
    setting.store.commit(mentions()).await.unwrap();
}

fn nothing(wiped: bool) -> Forgotten {
    let mut nothing = Forgotten::default();
    nothing.wiped = wiped;
    nothing
}

/// Forgets the one, and looks whether everything of the other is there.
async fn check(setting: &Setting<impl Store>) -> Forgotten {
    let Setting { store, queue, engine, .. } = setting;
    let forgotten = engine.forget(Side::Right, &GONE.at("contact")).await.unwrap();
    let Forgotten { links, projections, facts, reviews, entries, hints, cleared, .. } = forgotten;
    assert_eq!((links, projections, facts, reviews, entries), (2, 1, 1, 7, 9), "{forgotten:?}");
    assert_eq!((hints, cleared), (7, 3), "{forgotten:?}");
    let again = engine.forget(Side::Right, &GONE.at("contact")).await.unwrap();
    assert_eq!(again, nothing(forgotten.wiped), "done twice");

    let all = STAYS.everything();
    for (_, link) in all.links {
        assert_eq!(store.link(&link.id).await.unwrap().unwrap().value.ends, link.ends);
    }
    let projection = STAYS.projection();
    assert_eq!(store.projection(&projection.key).await.unwrap().unwrap().value, projection);
    assert_eq!(store.fact(&STAYS.fact()).await.unwrap().unwrap().value, all.facts[0].1);
    for review in all.reviews {
        assert_eq!(store.review(&review.key).await.unwrap(), Some(review));
    }
    let told: Vec<_> = store.journal(None, 0, 100).await.unwrap().into_iter().map(|(_, e)| e).collect();
    assert_eq!(told.len(), 8, "{told:?}");
    assert!(all.journal.iter().all(|entry| told.contains(entry)), "{told:?}");
    let keys: Vec<_> = queue.claim("w", 100, Duration::from_secs(1)).await.unwrap();
    assert_eq!(keys.len(), 7, "{keys:?}");
    assert!(keys.iter().all(|claim| STAYS.keys().contains(&claim.key)), "{keys:?}");

    // What named the one stays, without the name.
    let other = mentions();
    let link = store.link(&other.links[0].1.id).await.unwrap().unwrap().value;
    assert_eq!(link.refused, None);
    let parked = link.fields[0].state.parked.clone().unwrap();
    assert_eq!(
        parked.reason,
        Reason::Invalid(Side::Right, "belongs to record (forgotten) already".to_owned())
    );
    let review = store.review(&other.reviews[0].key).await.unwrap().unwrap();
    assert_eq!(review.message, "it may belong to (forgotten), whose create was not answered");
    assert_eq!(review.answer, None);
    let guard = store.review(&other.reviews[1].key).await.unwrap().unwrap();
    assert_eq!(guard.message, "another account is behind a side, as (forgotten) shows");
    assert_eq!(store.runs(None, 10).await.unwrap(), [RunId::new(STAYS.text("run"))]);
    forgotten
}

#[tokio::test]
async fn memory_forgets_a_person() {
    let setting = set_up(MemoryStore::new());
    fill(&setting).await;
    let forgotten = check(&setting).await;
    assert!(forgotten.wiped);
    assert!(!format!("{:?}", setting.store).contains(GONE.name));
    assert!(!format!("{:?}", setting.queue).contains(GONE.name));
}

/// All files of a database, byte by byte.
fn bytes(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn sqlite_forgets_a_person_down_to_the_bytes_of_its_files() {
    let folder = Folder::new();
    let setting = set_up(SqliteStore::open(folder.file("state.db")).await.unwrap());
    fill(&setting).await;
    // By a program that left what it deleted in the file.
    let left = "INSERT INTO reviews VALUES ('x', 'y', 'filomena'); DELETE FROM reviews WHERE id = 'x'";
    raw(&folder.file("state.db"), left).await;
    assert!(holds(&bytes(&folder.0), GONE.name), "the test finds what is there");
    let forgotten = check(&setting).await;
    assert!(forgotten.wiped);
    let bytes = bytes(&folder.0);
    assert!(holds(&bytes, STAYS.name));
    assert!(!holds(&bytes, GONE.name), "something is left in the files");
}

#[tokio::test]
async fn postgres_forgets_a_person_in_every_table() {
    let Some(database) = Database::find("forget").await else { return };
    let schema = database.next_schema();
    let setting = set_up(PostgresStore::connect_in(&database.url, &schema).await.unwrap());
    fill(&setting).await;
    let dump = async || {
        let mut connection = database.connection().await;
        let tables =
            format!("SELECT table_name::text FROM information_schema.tables WHERE table_schema = '{schema}'");
        let tables = sqlx::query(AssertSqlSafe(tables)).fetch_all(&mut connection).await.unwrap();
        let mut dump = String::new();
        for table in tables {
            let rows = format!("SELECT t::text FROM {schema}.{} t", table.get::<String, _>(0));
            for row in sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap() {
                dump.push_str(&row.get::<String, _>(0));
            }
        }
        dump
    };
    assert!(dump().await.contains(GONE.name), "the test finds what is there");
    let forgotten = check(&setting).await;
    assert!(!forgotten.wiped, "old rows may lie in its files until they are written over");
    let dump = dump().await;
    assert!(dump.contains(STAYS.name));
    assert!(!dump.contains(GONE.name), "{dump}");
    database.clean().await;
}

#[tokio::test]
async fn nobody_is_forgotten_while_a_write_is_not_answered_unless_it_is_forced() {
    let setting = set_up(MemoryStore::new());
    let Setting { store, engine, env, .. } = &setting;
    let mut link = GONE.link(1, "contact");
    let op = PendingOp::Update { side: Side::Right, sent: vec![] };
    link.pending = Some(Pending::new(env.now(), Duration::from_secs(30), op));
    store.commit(Commit::link(None, link.clone())).await.unwrap();
    let refused = engine.forget(Side::Left, &GONE.at("customer")).await.unwrap_err();
    let until =
        env.now() + Duration::from_secs(30) + Caps::new().index_lag(Duration::from_secs(20)).quarantine();
    assert!(matches!(refused, EngineError::Unanswered { until: told } if told == until), "{refused}");
    assert!(refused.to_string().contains("is not answered yet"), "{refused}");
    assert!(store.link(&link.id).await.unwrap().is_some());
    let forgotten = engine.forget_at_once(Side::Left, &GONE.at("customer")).await.unwrap();
    assert_eq!(forgotten.links, 1);
    assert!(store.link(&link.id).await.unwrap().is_none());
}

#[tokio::test]
async fn somebody_who_is_not_known_is_forgotten_at_once() {
    let setting = set_up(MemoryStore::new());
    let forgotten = setting.engine.forget(Side::Left, &GONE.at("customer")).await.unwrap();
    assert_eq!(forgotten, nothing(true));
}
