//! Customers and documents on the left, contacts with notes and tasks on the right, and the engine between them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sync_core::ManualEnv;
use sync_core::engine::{
    Births, Caps, Derived, Engine, EngineBuilder, Field, Guards, Life, Mapping, Plan, Policy, PrivacyKey,
    ProjectionKey, Raw, Report, Rule, Side, Snapshot, Wanted, normalise,
};
use sync_core::jiff::civil::Date;

use super::fake::{Fake, Row};
use super::fuse::{FragileStore, Fuse};

/// How long searches for contacts lag behind.
pub(crate) const LAG: Duration = Duration::from_secs(20);
/// Longer than any request and any lag.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// Both services, the state, and the clock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) env: Arc<ManualEnv>,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) customers: Arc<Fake>,
    pub(crate) documents: Arc<Fake>,
    pub(crate) contacts: Arc<Fake>,
    pub(crate) notes: Arc<Fake>,
    pub(crate) tasks: Arc<Fake>,
    pub(crate) store: Arc<FragileStore>,
    /// How many left records the engine works on at once.
    pub(crate) at_once: usize,
}

/// A note for each document, and a task for each that is to be collected.
#[derive(Debug)]
pub(crate) struct Documents;

impl Rule for Documents {
    fn derive(&self, fact: &Snapshot, _: Date) -> Derived {
        let key = |what: &str| ProjectionKey::new(format!("doc:{}:{what}", fact.at.id));
        let number = fact.text("number");
        let wanted = |what: &str, into: &str, fields: Value, life| Wanted {
            key: key(what),
            into: into.to_owned(),
            fields: raw(&fields),
            life,
        };
        let mut all = Derived::of(fact.text("customer"));
        if !fact.text("note").is_empty() {
            let into = if fact.text("into").is_empty() { "notes" } else { fact.text("into") };
            let body = format!("{number}: {}", fact.text("note"));
            all = all.want(wanted("note", into, json!({ "body": body }), Life::Open));
        }
        let paid = match fact.text("collect") {
            "" => return all,
            state => state == "paid",
        };
        let life = if paid { Life::Done } else { Life::Open };
        let fields = json!({ "title": format!("Collect {number}"), "completed": paid });
        all.want(wanted("collect", "tasks", fields, life))
    }
}

/// A note for what the books say about a customer.
#[derive(Debug)]
pub(crate) struct Remarks;

impl Rule for Remarks {
    fn derive(&self, customer: &Snapshot, _: Date) -> Derived {
        let text = customer.text("remarks");
        let note = Wanted {
            key: ProjectionKey::new(format!("customer:{}:remarks", customer.at.id)),
            into: "notes".to_owned(),
            fields: raw(&json!({ "body": text })),
            life: Life::Open,
        };
        let owned = Derived::of(&customer.at.id);
        if text.is_empty() { owned } else { owned.want(note) }
    }
}

/// Whether the tests are run in privacy mode.
pub(crate) fn is_private() -> bool {
    std::env::var_os("SYNC_TEST_PRIVACY").is_some()
}

pub(crate) fn privacy_key() -> PrivacyKey {
    crate::trace::on();
    PrivacyKey::from_text(&"made-up s3cr3t of thirty-two characters".to_owned().into()).unwrap()
}

fn raw(value: &Value) -> Raw {
    value.as_object().cloned().unwrap()
}

/// Left to right only, and where they first meet what is there is kept.
fn one_way(field: Field) -> Field {
    field.only_to(Side::Right).on_first(Policy::Prefer(Side::Right))
}

pub(crate) fn mapping() -> Mapping {
    Mapping::builder()
        .field("vat", |f| {
            let field = f.left("vat").right("customFields.NIF");
            one_way(field.normalise(normalise::nif).ignore(["999999990"]))
        })
        .field("email", |f| one_way(f.left("email").right("email").normalise(normalise::email)))
        .field("phone", |f| one_way(f.left("phone").right("phone").normalise(normalise::phone)))
        .field("name", |f| one_way(f.left("name").right("name")))
        .field("city", |f| one_way(f.left("city").right("city")))
        .field("source", |f| f.constant("books").right("source").on_create())
        .field("language", |f| f.left("language").right("language").on_create())
        .matched_by(["vat"])
        .matched_by(["email"])
        .matched_by(["phone", "name"])
        .label("number")
        .build()
        .unwrap()
}

impl World {
    /// Two empty services.
    pub(crate) fn new() -> Self {
        let (env, fuse) = (Arc::new(ManualEnv::new(1)), Arc::new(Fuse::default()));
        let fake = |name, caps| Fake::new(name, caps, &env, &fuse);
        let searchable = || Caps::new().index_lag(LAG);
        Self {
            customers: fake("customers", Caps::new()),
            documents: fake("documents", Caps::new()),
            contacts: fake("contacts", searchable().unique(["email", "phone"])),
            notes: fake("notes", Caps::new().under_parent().index_lag(Duration::from_secs(3))),
            tasks: fake("tasks", Caps::new().under_parent().index_lag(Duration::from_secs(3))),
            store: Arc::new(FragileStore::new(fuse.clone(), &env)),
            at_once: 8,
            env,
            fuse,
        }
    }

    /// Three customers, two of whom nothing but the engine keeps from being doubled, two notes and a task.
    pub(crate) fn small() -> Self {
        let world = Self::new();
        world.customer("1", &json!({ "vat": "100000001", "name": "Ana Pereira", "city": "Faro" }));
        let berta =
            json!({ "vat": "100000002", "email": "berta@example.pt", "phone": "910000002", "name": "Berta" });
        world.customer("2", &berta);
        world.customer("3", &json!({ "vat": "100000003", "name": "Carlos Dias", "city": "Porto" }));
        world.document("7", json!({ "customer": "1", "note": "two chairs", "collect": "open" }));
        world.document("8", json!({ "customer": "2", "note": "thank you" }));
        world
    }

    /// Adds a customer; what is not given is empty.
    pub(crate) fn customer(&self, id: &str, fields: &Value) {
        let mut all = json!({ "number": format!("C{id}") });
        for name in ["vat", "email", "phone", "name", "city", "remarks"] {
            all[name] = json!("");
        }
        all.as_object_mut().unwrap().extend(raw(fields));
        self.customers.add(id, &all);
    }

    /// Adds a document. `note` asks for a note, `collect` (`open` or `paid`) for a task.
    pub(crate) fn document(&self, id: &str, mut fields: Value) {
        fields["number"] = json!(format!("FT {id}"));
        self.documents.add(id, &fields);
    }

    /// An engine for the two by a mapping, in privacy mode if that is what is tested.
    pub(crate) fn begin(&self, mapping: Mapping) -> EngineBuilder {
        let builder = Engine::builder("c", self.customers.clone(), self.contacts.clone(), mapping);
        if is_private() { builder.privacy(privacy_key()) } else { builder }
    }

    /// An engine for the two, unfinished.
    pub(crate) fn builder(&self) -> EngineBuilder {
        self.begin(mapping())
            .store(self.store.clone())
            .births(Side::Right, Births::Ignore)
            .rule(Arc::new(Remarks))
            .facts(self.documents.clone(), vec![Arc::new(Documents)])
            .target(self.notes.clone())
            .target(self.tasks.clone())
            .env(self.env.clone())
            .concurrency(self.at_once)
            // Most tests apply what they have just planned; `guards.rs` is about the rest.
            .guards(Guards::new().first_run(false).mapping(false))
    }

    /// The engine as a new process makes it.
    pub(crate) fn engine(&self) -> Engine {
        self.builder().build()
    }

    pub(crate) async fn plan(&self) -> Plan {
        self.engine().plan().await.unwrap()
    }

    pub(crate) async fn apply(&self, plan: Plan) -> Report {
        self.engine().apply(plan, |_| {}).await.unwrap()
    }

    /// A whole run of a new process.
    pub(crate) async fn run(&self) -> Report {
        let engine = self.engine();
        let plan = engine.plan().await.unwrap();
        engine.apply(plan, |_| {}).await.unwrap()
    }

    /// A whole run of a new process that is killed at one of its steps; `None` if it got that far.
    pub(crate) async fn run_killed_at(&self, step: usize) -> Option<Report> {
        self.fuse.light(step);
        let report = tokio::select! {
            biased;
            () = self.fuse.dead() => None,
            report = Box::pin(self.run()) => Some(report),
        };
        self.fuse.light(0);
        report
    }

    /// Loses the state.
    pub(crate) fn forget(&mut self) {
        self.store = Arc::new(FragileStore::new(self.fuse.clone(), &self.env));
    }

    /// The writes on the right since the last look, refused ones included.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        [&self.contacts, &self.notes, &self.tasks].iter().flat_map(|c| c.take_writes()).collect()
    }

    /// How often the right side was called.
    pub(crate) fn right_calls(&self) -> usize {
        [&self.contacts, &self.notes, &self.tasks].iter().map(|c| c.calls()).sum()
    }

    /// The one contact with this tax number.
    pub(crate) fn contact(&self, vat: &str) -> Row {
        let mut rows = self.contacts.rows();
        rows.retain(|r| r.text("customFields.NIF") == vat);
        assert_eq!(rows.len(), 1, "contacts with {vat}: {rows:#?}");
        rows.remove(0)
    }

    /// The texts of all notes, sorted.
    pub(crate) fn note_bodies(&self) -> Vec<String> {
        let mut bodies: Vec<_> = self.notes.rows().iter().map(|n| n.text("body")).collect();
        bodies.sort();
        bodies
    }

    /// Asserts that [`small`](Self::small) is on the right side: all of it, each record once, in its place.
    pub(crate) fn assert_small_is_there(&self, when: &str) {
        // Whatever is under way has arrived by then.
        self.env.advance(LONG);
        let contacts = self.contacts.rows();
        let mut there = BTreeMap::new();
        for row in contacts.iter().chain(&self.notes.rows()).chain(&self.tasks.rows()) {
            let owner = row.at.parent.as_ref().and_then(|id| contacts.iter().find(|c| c.at.id == *id));
            let place = owner.map(|c| c.text("customFields.NIF")).unwrap_or_default();
            let marker = row.marker.as_ref().map(ToString::to_string).unwrap_or_default();
            *there.entry(format!("{marker} {place}")).or_insert(0) += 1;
        }
        let want = [
            "c:1 ",
            "c:2 ",
            "c:3 ",
            "doc:7:collect 100000001",
            "doc:7:note 100000001",
            "doc:8:note 100000002",
        ];
        assert_eq!(there, want.map(|name| (name.to_owned(), 1)).into(), "{when}");
    }

    /// Asserts that a run finds nothing to do.
    pub(crate) async fn assert_quiet(&self, when: &str) {
        self.take_writes();
        let report = self.run().await;
        assert_eq!(self.take_writes(), [""; 0], "{when}: {report}");
        assert!(!report.has_failed(), "{when}: {report}");
    }
}
