//! One customer, whose documents and texts the bridge tells of.

use std::sync::Arc;
use std::time::Duration;

use moloni_ghl::rules::{DraftTask, EventType, Events};
use moloni_ghl::sandbox::SandboxPair;
use moloni_ghl::{Bridge, Run};
use serde_json::{Value, json};
use sync_core::jiff::civil::Date;
use sync_core::jiff::tz::TimeZone;
use sync_core::jiff::{SignedDuration, Span};
use sync_core::sandbox_kit::Edit;
use sync_core::store::Store;

use super::{hasty, pair, records, store};

pub(super) const INVOICE: u32 = 1;
const RECEIPT: u32 = 2;
pub(super) const CREDIT_NOTE: u32 = 3;
pub(super) const ESTIMATE: u32 = 14;
pub(super) const BILL_OF_LADING: u32 = 15;

/// One customer, and a bridge that goes on from run to run.
pub(super) struct Scene {
    pub(super) pair: SandboxPair,
    pub(super) store: Arc<dyn Store>,
    pub(super) bridge: Bridge,
    pub(super) customer: u64,
}

/// How many requests something took.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) reads: usize,
    pub(super) writes: usize,
}

pub(super) async fn scene(events: Events) -> Scene {
    let pair = pair(0).await;
    let ana = json!({ "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt" });
    let customer = pair.moloni.add_customer(ana).unwrap();
    let store = store();
    let bridge = connect(&pair, &store, events).await;
    Scene { pair, store, bridge, customer }
}

pub(super) async fn connect(pair: &SandboxPair, store: &Arc<dyn Store>, events: Events) -> Bridge {
    Bridge::builder(hasty(pair)).store(store.clone()).events(events).connect().await.unwrap()
}

impl Scene {
    pub(super) async fn run(&self) -> Run {
        let plan = self.bridge.plan().await.unwrap();
        let run = self.bridge.apply(plan, |_| {}).await.unwrap();
        assert!(!run.report.has_failed(), "{run}");
        run
    }

    /// Goes on with other rules or words.
    pub(super) async fn with(&mut self, events: Events) {
        self.bridge = connect(&self.pair, &self.store, events).await;
    }

    pub(super) fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.pair.moloni.server().now()).date()
    }

    /// The day that many days from now.
    pub(super) fn day(&self, days: i64) -> String {
        self.today().checked_add(Span::new().days(days)).unwrap().to_string()
    }

    pub(super) fn enter(&self, kind: u32, fields: &Value) -> u64 {
        let mut document = json!({ "customer_id": self.customer, "document_type_id": kind });
        document.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        self.pair.moloni.add_document(document).unwrap()
    }

    /// An invoice of 1,230.00 that is due in ten days.
    pub(super) fn invoice(&self) -> u64 {
        self.enter(INVOICE, &json!({ "net_value": "1230.00", "expiration_date": self.day(10) }))
    }

    pub(super) fn receipt(&self, invoice: u64, value: &str) -> u64 {
        let associated = json!([{ "associated_id": invoice, "value": value }]);
        self.enter(RECEIPT, &json!({ "net_value": value, "associated_documents": associated }))
    }

    pub(super) fn edit(&self, document: u64, fields: Value) {
        // By a clock that shows seconds.
        self.pair.moloni.advance(std::time::Duration::from_secs(2));
        let edit = Edit::Update { collection: "documents".into(), id: document.to_string(), fields };
        self.pair.moloni.human(edit).unwrap();
    }

    pub(super) fn annul(&self, document: u64) {
        self.edit(document, json!({ "status": 2 }));
    }

    pub(super) fn human(&self, collection: &str, record: &Value, fields: Value) {
        let id = record["id"].as_str().unwrap().to_owned();
        self.pair.ghl.human(Edit::Update { collection: collection.into(), id, fields }).unwrap();
    }

    /// What people call a document.
    pub(super) fn reference(&self, document: u64) -> String {
        let all = self.pair.moloni.state()["documents"].as_array().unwrap().clone();
        let row = all.into_iter().find(|row| row["document_id"] == document).unwrap();
        let code = row["document_type"]["saft_code"].as_str().unwrap().to_owned();
        format!("{code} {}/{}", row["document_set_name"].as_str().unwrap(), row["number"])
    }

    /// The id of an event of a document.
    pub(super) fn id(&self, event: &EventType, document: u64) -> String {
        event.id_of_document(self.pair.moloni.credentials().company_id, document).to_string()
    }

    pub(super) fn all(&self, id: &str) -> Vec<Value> {
        let marked = |record: &Value| {
            let texts = ["body", "description"].map(|field| record[field].as_str().unwrap_or_default());
            texts.iter().any(|text| text.lines().last() == Some(id))
        };
        let collections = ["notes", "tasks", "appointments"];
        let all = collections.into_iter().flat_map(|collection| records(&self.pair, collection));
        all.filter(marked).collect()
    }

    /// The one record that tells an event.
    #[track_caller]
    pub(super) fn told(&self, event: &EventType, document: u64) -> Value {
        let id = self.id(event, document);
        let all = self.all(&id);
        assert_eq!(all.len(), 1, "{id}: {all:?}");
        all[0].clone()
    }

    pub(super) fn is_told(&self, event: &EventType, document: u64) -> bool {
        !self.all(&self.id(event, document)).is_empty()
    }

    /// The text of a note or task without its mark.
    pub(super) fn text(record: &Value) -> String {
        let text = record["body"].as_str().unwrap();
        text.rsplit_once("\n\n").unwrap().0.to_owned()
    }

    pub(super) fn writes(&self) -> usize {
        let calls = self.pair.moloni.calls().into_iter().chain(self.pair.ghl.calls());
        calls.filter(|call| call.effect).count()
    }

    /// What [`cost`](Self::cost) counts, after longer than the clocks of two processes may differ: what the poll shows is certainly news then.
    pub(super) async fn later_cost(&self, what: &str) -> (Cost, Cost) {
        tokio::time::sleep(Duration::from_secs(6)).await;
        self.cost(what).await
    }

    /// Polls documents, and counts what is then done because of what was found: for what is told, and for the fields and
    /// tags of the contact.
    pub(super) async fn cost(&self, what: &str) -> (Cost, Cost) {
        let engine = self.bridge.engine();
        engine.poll_facts("documents").await.unwrap();
        let (moloni, ghl) = (self.pair.moloni.calls().len(), self.pair.ghl.calls().len());
        engine.drain().await.unwrap();
        let (moloni, ghl) =
            (self.pair.moloni.calls().split_off(moloni), self.pair.ghl.calls().split_off(ghl));
        let mut costs = (Cost::default(), Cost::default());
        let mut names = Vec::new();
        for call in moloni.into_iter().chain(ghl) {
            let name = call.operation.unwrap_or_default();
            let of_contact = ["customers.", "contacts.", "tags."].iter().any(|of| name.starts_with(of));
            let cost = if of_contact { &mut costs.1 } else { &mut costs.0 };
            if call.effect {
                cost.writes += 1;
                names.push(name.to_uppercase());
            } else {
                cost.reads += 1;
                names.push(name);
            }
        }
        println!("{what}: {costs:?} {}", names.join(" "));
        costs
    }
}

pub(super) fn everything() -> Events {
    Events::default().with(DraftTask::after(0))
}

/// Every rule, in the sandbox's calendar.
pub(super) async fn full_scene() -> Scene {
    let mut scene = scene(Events::default()).await;
    let calendar = scene.pair.ghl.credentials().calendar_id.clone();
    scene.with(everything().deliveries(calendar, SignedDuration::from_mins(45))).await;
    scene
}
