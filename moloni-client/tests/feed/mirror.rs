//! What somebody knows of a company who only hears its feed. Insists that each change is one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use moloni_client::feed::Change;
use moloni_client::{Amount, Customer, Document, Timestamp};
use serde_json::Value;

#[derive(Clone, Default)]
pub(crate) struct Mirror {
    customers: BTreeMap<u64, Customer>,
    documents: BTreeMap<u64, Known>,
}

#[derive(Clone, PartialEq, Debug)]
struct Known {
    status: i64,
    number: Option<u64>,
    modified: Timestamp,
    net: Amount,
    settled: Amount,
    is_paid: bool,
}

impl Known {
    fn of(document: &Document) -> Self {
        let is_paid = document.net_value == document.reconciled_value;
        Self {
            status: document.status.number(),
            number: document.number,
            modified: document.lastmodified,
            net: document.net_value,
            settled: document.reconciled_value,
            is_paid,
        }
    }
}

impl Mirror {
    /// Takes a change, which must be none that it knows of.
    pub(crate) fn take(&mut self, change: &Change) {
        match change {
            Change::CustomerCreated(customer) => {
                let before = self.customers.insert(customer.customer_id.get(), (**customer).clone());
                assert_eq!(before, None, "created twice");
            }
            Change::CustomerUpdated(customer) => {
                let before = self.customers.insert(customer.customer_id.get(), (**customer).clone());
                assert_ne!(before.expect("updated before it was created"), **customer, "updated to the same");
            }
            Change::CustomerDeleted(id) => {
                self.customers.remove(&id.get()).expect("deleted, and never there");
            }
            Change::DocumentDeleted(id) => {
                let before = self.documents.remove(&id.get()).expect("gone, and never there");
                assert_eq!(before.status, 0, "only drafts go");
            }
            Change::DraftCreated(document) => assert_eq!(self.put(document), None, "drafted twice"),
            Change::DraftUpdated(document) => {
                let before = self.put(document).expect("edited before it was created");
                assert_eq!(before.status, 0);
                assert_ne!(before, Known::of(document), "edited to the same");
            }
            Change::DocumentIssued(document) => {
                let before = self.put(document);
                assert!(before.is_none_or(|before| before.status == 0), "issued twice");
                // Whether it is paid is told by itself.
                if let Some(known) = self.documents.get_mut(&document.document_id.get()) {
                    (known.settled, known.is_paid) = (Amount::ZERO, false);
                }
            }
            Change::DocumentPartlyPaid(document) => {
                let before = self.put(document).expect("paid before it was issued");
                assert!(before.settled < document.reconciled_value, "{before:?}, now {document:?}");
            }
            Change::DocumentPaid(document) => {
                let before = self.put(document).expect("paid before it was issued");
                assert!(!before.is_paid && document.net_value == document.reconciled_value, "paid twice");
            }
            Change::DocumentReopened(document) => {
                let before = self.put(document).expect("reopened before it was issued");
                assert!(before.settled > document.reconciled_value, "{before:?}, now {document:?}");
            }
            Change::DocumentAnnulled(document) => {
                let before = self.put(document);
                assert!(before.is_none_or(|before| before.status != 2), "annulled twice");
            }
            Change::DocumentWithdrawn(document) => {
                let before = self.put(document).expect("withdrawn before it was issued");
                assert_eq!(before.status, 1, "withdrawn twice");
            }
            // Withdrawn, edited and issued anew, all between two polls.
            Change::DocumentChanged(document) => {
                let before = self.put(document).expect("changed before it was issued");
                let now = Known::of(document);
                assert!(
                    before.status == 1 && now.status == 1 && before != now,
                    "changed to the same: {now:?}"
                );
            }
            other => panic!("nobody did this: {other:?}"),
        }
    }

    fn put(&mut self, document: &Document) -> Option<Known> {
        self.documents.insert(document.document_id.get(), Known::of(document))
    }

    /// Insists that it knows all there is.
    pub(crate) fn is(&self, state: &Value) {
        let customers: Vec<Customer> = serde_json::from_value(state["customers"].clone()).unwrap();
        let there: BTreeMap<_, _> =
            customers.into_iter().map(|customer| (customer.customer_id.get(), customer)).collect();
        same(&self.customers, &there);
        let documents: Vec<Document> = serde_json::from_value(state["documents"].clone()).unwrap();
        let summary = |kind: u64, known: &Known| match kind {
            1 => (known.status, known.net, known.settled),
            _ => (known.status, known.net, Amount::ZERO),
        };
        let there: BTreeMap<_, _> = documents
            .iter()
            .map(|document| {
                let kind = document.document_type_id.get();
                (document.document_id.get(), summary(kind, &Known::of(document)))
            })
            .collect();
        let kinds: BTreeMap<_, _> = documents
            .iter()
            .map(|document| (document.document_id.get(), document.document_type_id.get()))
            .collect();
        let known: BTreeMap<_, _> = self
            .documents
            .iter()
            .map(|(id, known)| (*id, summary(kinds.get(id).copied().unwrap_or(0), known)))
            .collect();
        same(&known, &there);
    }
}

/// Insists that two maps are the same, and shows only where they are not.
#[track_caller]
fn same<T: PartialEq + Debug>(known: &BTreeMap<u64, T>, there: &BTreeMap<u64, T>) {
    let ids: BTreeSet<_> = known.keys().chain(there.keys()).collect();
    let wrong: Vec<_> = ids
        .into_iter()
        .map(|id| (id, known.get(id), there.get(id)))
        .filter(|(_, known, there)| known != there)
        .collect();
    assert!(wrong.is_empty(), "id, as it was told, as it is: {wrong:#?}");
}
