//! An engine between somebody's customers and a location where people merge contacts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ghl_contacts::sandbox::Sandbox;
use ghl_contacts::sync::{AppointmentCollection, NoteCollection, TaskCollection};
use ghl_contacts::{AccountKey, Client, async_trait};
use serde_json::{Value, json};
use sync_core::engine::{
    Births, Caps, Collection, Derived, Engine, Fault, Guards, Life, LinkStatus, ListPage, Mapping, Marker,
    PageToken, Part, ProjectionKey, Read, RecordRef, Rule, Scope, Side, Snapshot, Wanted, WriteError,
    Written, normalise,
};
use sync_core::jiff::civil::Date;
use sync_core::store::{MemoryStore, Store};

use crate::scene::{LAG, at, contacts, raw, records, scene};

/// Customers in memory, which note what is done to them.
#[derive(Debug, Default)]
struct Customers {
    caps: Caps,
    rows: Mutex<BTreeMap<String, Value>>,
    writes: Mutex<Vec<String>>,
}

impl Customers {
    fn put(&self, id: &str, fields: Value) {
        self.rows.lock().unwrap().insert(id.to_owned(), fields);
    }

    fn snapshots(&self) -> Vec<Snapshot> {
        let rows = self.rows.lock().unwrap();
        rows.iter().map(|(id, fields)| Snapshot::new(at(id), raw(fields.clone()))).collect()
    }
}

#[async_trait]
impl Collection for Customers {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new("erp", 5))
    }

    async fn list(&self, _: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        Ok(ListPage { records: self.snapshots(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        Ok(self.snapshots().into_iter().find(|row| row.at == *at).into())
    }

    async fn update(&self, seen: &Snapshot, _: &Part, _: &Marker) -> Result<Written, WriteError> {
        self.writes.lock().unwrap().push(format!("update {}", seen.at.id));
        Ok(Written { id: seen.at.id.clone(), stored: None })
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.writes.lock().unwrap().push(format!("remove {}", seen.at.id));
        Ok(())
    }
}

/// What a customer ordered becomes a note, a task and a visit.
#[derive(Debug)]
struct Orders;

impl Rule for Orders {
    fn derive(&self, customer: &Snapshot, _: Date) -> Derived {
        let order = customer.text("order");
        if order.is_empty() {
            return Derived::nothing();
        }
        let id = &customer.at.id;
        let day = id.as_str();
        let derived = [
            ("notes", json!({ "body": order })),
            ("tasks", json!({ "title": order, "dueDate": "2026-03-01T10:00:00Z" })),
            ("appointments", json!({ "title": order, "startTime": format!("2026-03-0{day}T10:00:00Z") })),
        ];
        derived.into_iter().fold(Derived::of(id), |all, (into, fields)| {
            let key = ProjectionKey::new(format!("erp:5:{id}:{into}"));
            all.want(Wanted { key, into: into.to_owned(), fields: raw(fields), life: Life::Open })
        })
    }
}

struct World {
    sandbox: Sandbox,
    client: Client,
    customers: Arc<Customers>,
    store: Arc<dyn Store>,
    engine: Engine,
}

impl World {
    /// Customers 1 (Ana) and 2 (Rui), each with an order, synced.
    async fn synced() -> Self {
        let (sandbox, client) = scene().await;
        let customers = Arc::new(Customers::default());
        customers.put("1", json!({ "name": "Ana Lopes", "email": "ana@example.pt", "order": "A chair" }));
        customers.put("2", json!({ "name": "Rui Costa", "email": "rui@example.pt", "order": "A table" }));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let engine = engine(&sandbox, &client, &customers, &store);
        let world = Self { sandbox, client, customers, store, engine };
        let plan = world.engine.plan().await.unwrap();
        let report = world.engine.apply(plan, |_| {}).await.unwrap();
        assert_eq!((report.counts.created, report.counts.failed), (2, 0), "{report}");
        for kind in ["notes", "tasks", "appointments"] {
            assert_eq!(records(&world.sandbox, kind).len(), 2, "{kind}");
        }
        world
    }

    /// The engine of a process that has seen nothing yet.
    fn restart(&mut self) {
        self.engine = engine(&self.sandbox, &self.client, &self.customers, &self.store);
    }

    /// Looks at everything, as the engine does as scheduled, and works until nothing is left to do.
    async fn sweep(&self) {
        tokio::time::sleep(LAG * 2).await;
        for side in Side::BOTH {
            assert!(self.engine.sweep(side).await.unwrap().complete);
        }
        self.engine.sweep_facts("customers").await.unwrap();
        // What must be seen twice is due a moment later.
        while self.engine.drain().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sweeps until nothing changes, twice at most.
    async fn settle(&self) {
        for _ in 0..2 {
            self.sweep().await;
        }
        let before = self.effects();
        self.sweep().await;
        assert_eq!(self.effects(), before, "then all is quiet");
    }

    fn effects(&self) -> usize {
        self.sandbox.calls().iter().filter(|call| call.effect).count()
    }

    fn creates(&self) -> usize {
        let is_create = |name: &str| name.ends_with(".create");
        let calls = self.sandbox.calls();
        calls.iter().filter(|call| call.effect && call.operation.as_deref().is_some_and(is_create)).count()
    }

    fn contact(&self, email: &str) -> String {
        let found = records(&self.sandbox, "contacts").into_iter().find(|contact| contact["email"] == email);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// The contact that a customer is linked with, if it still is.
    async fn partner(&self, customer: &str) -> Option<String> {
        let link = self.store.link_of(Side::Left, &at(customer)).await.unwrap()?.value;
        (link.status != LinkStatus::Ended).then(|| link.ends.right.unwrap().id.to_string())
    }

    /// Whose contact has the derived records of a customer.
    fn derived_under(&self, customer: &str) -> Vec<String> {
        let kinds = [("notes", "body"), ("tasks", "body"), ("appointments", "description")];
        let of_customer = |(kind, text): (&str, &str)| {
            let marker = format!("erp:5:{customer}:{kind}");
            let all = records(&self.sandbox, kind).into_iter();
            let ours: Vec<_> =
                all.filter(|record| record[text].as_str().unwrap().ends_with(&marker)).collect();
            assert_eq!(ours.len(), 1, "{marker} is there once");
            ours[0]["contactId"].as_str().unwrap().to_owned()
        };
        kinds.into_iter().map(of_customer).collect()
    }
}

fn engine(sandbox: &Sandbox, client: &Client, customers: &Arc<Customers>, store: &Arc<dyn Store>) -> Engine {
    let mapping = Mapping::builder()
        .field("email", |f| f.left("email").right("email").normalise(normalise::email).only_to(Side::Right))
        .field("name", |f| f.left("name").right("name").only_to(Side::Right))
        .matched_by(["email"])
        .build()
        .unwrap();
    let patience = Duration::from_secs(10);
    let contacts = contacts(client).request_timeout(patience);
    let visits = AppointmentCollection::new(client.clone(), "erp:");
    let visits = visits.calendar(sandbox.credentials().calendar_id.as_str()).at_any_time();
    Engine::builder("erp:5:customers", customers.clone(), Arc::new(contacts), mapping)
        .store(store.clone())
        .births(Side::Right, Births::Ignore)
        .rule(Arc::new(Orders))
        .target(Arc::new(NoteCollection::new(client.clone(), "erp:").request_timeout(patience)))
        .target(Arc::new(TaskCollection::new(client.clone(), "erp:").request_timeout(patience)))
        .target(Arc::new(visits.request_timeout(patience)))
        .send_within(patience)
        .guards(Guards::new().first_run(false))
        .build()
}

#[tokio::test]
async fn a_linked_contact_that_is_merged_into_a_stranger_stays_linked_and_keeps_its_notes() {
    let world = World::synced().await;
    let ana = world.contact("ana@example.pt");
    let stranger = json!({ "name": "Ana Maria Lopes", "email": "anamaria@example.pt" });
    let stranger = world.sandbox.add_contact(stranger).unwrap();
    world.sweep().await;
    let before = world.creates();

    world.sandbox.merge_contacts(&stranger, &[&ana]).unwrap();
    world.settle().await;
    assert_eq!(world.partner("1").await, Some(stranger.clone()));
    assert_eq!(world.derived_under("1"), [stranger.as_str(); 3]);
    assert_eq!(world.creates(), before, "nothing is created twice");
    assert_eq!(records(&world.sandbox, "contacts").len(), 2);
    assert!(world.customers.writes.lock().unwrap().is_empty(), "nothing happens to the customers");
    assert!(world.store.reviews_page(None, 10).await.unwrap().is_empty());

    // All of it is still ours.
    world
        .customers
        .put("1", json!({ "name": "Ana Lopes", "email": "ana@example.pt", "order": "Two chairs" }));
    world.settle().await;
    let note =
        records(&world.sandbox, "notes").into_iter().find(|note| note["contactId"] == stranger.as_str());
    assert_eq!(note.unwrap()["body"], "Two chairs\n\nerp:5:1:notes");
    assert_eq!(world.derived_under("1"), [stranger.as_str(); 3]);
    assert_eq!(world.creates(), before);
}

#[tokio::test]
async fn two_linked_contacts_that_are_merged_leave_the_question_to_a_person() {
    let world = World::synced().await;
    let (ana, rui) = (world.contact("ana@example.pt"), world.contact("rui@example.pt"));
    world.sweep().await;
    let before = world.creates();
    world.sandbox.merge_contacts(&rui, &[&ana]).unwrap();
    world.settle().await;
    assert_eq!((world.partner("1").await, world.partner("2").await), (None, Some(rui.clone())));
    assert_eq!(world.derived_under("1"), [rui.as_str(); 3], "what was Ana's went along and is there");
    assert_eq!(world.derived_under("2"), [rui.as_str(); 3]);
    assert_eq!(world.creates(), before, "nothing is created twice");
    assert!(world.customers.writes.lock().unwrap().is_empty(), "nothing happens to the customers");
    let reviews = world.store.reviews_page(None, 10).await.unwrap();
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    assert!(
        reviews[0].message.starts_with("its partner was merged into the one of"),
        "{}",
        reviews[0].message
    );
}

#[tokio::test]
async fn after_a_restart_the_survivor_is_known_by_the_keys_that_it_took_over() {
    let mut world = World::synced().await;
    let ana = world.contact("ana@example.pt");
    let stranger = world.sandbox.add_contact(json!({ "name": "Ana Maria Lopes" })).unwrap();
    world.sandbox.merge_contacts(&stranger, &[&ana]).unwrap();
    world.restart();
    let before = world.creates();
    world.settle().await;
    assert_eq!(world.partner("1").await, Some(stranger.clone()));
    assert_eq!(world.derived_under("1"), [stranger.as_str(); 3]);
    assert_eq!(world.creates(), before);
}

#[tokio::test]
async fn a_linked_contact_that_is_deleted_is_not_created_again() {
    let world = World::synced().await;
    let ana = world.contact("ana@example.pt");
    let edit = ghl_contacts::sandbox::Edit::Delete { collection: "contacts".to_owned(), id: ana };
    world.sandbox.human(edit).unwrap();
    let before = world.creates();
    world.settle().await;
    assert_eq!(world.partner("1").await, None);
    assert_eq!(world.creates(), before);
    assert!(world.customers.writes.lock().unwrap().is_empty());
}
