use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::change::{Change, Entity};
use super::fingerprint::Fingerprint;
use super::ids::{Ids, Known};
use super::ledger::{Event, Ledger};
use super::source::{Row, read};
use crate::{CompanyId, Customer, CustomerId, Document, DocumentId};

/// Where a feed has got to, and what it has to remember to tell everything once.
///
/// Store it whole, as JSON or in any other format of serde, in one transaction with what you made of the changes. It
/// holds ids, amounts, times and fingerprints: no names, no secrets.
///
/// # How large it is
///
/// As JSON it takes some 22 bytes for each customer (2.2 MB for 100 000 of them: their id and what they looked
/// like), some 60 for each draft, each open invoice, and each document of the last day. While a poll or a scan is
/// under way, 5 more for each row that it has read. Documents that are settled are forgotten.
///
/// # Versions
///
/// It says which version its form has. A later version of this crate reads earlier forms; an earlier one refuses later
/// forms with an error.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: Version,
    revision: u64,
    pub(super) company: Option<CompanyId>,
    /// What is there when everything is read for the first time is not told.
    quiet: bool,
    pub(super) customers: Track,
    pub(super) documents: Track,
    pub(super) known: Known,
    pub(super) ledger: Ledger,
    /// Documents to read again, because another one names them.
    pub(super) waiting: Ids,
    pub(super) poll: Option<Reading>,
    pub(super) scan: Option<Scan>,
    /// The last open document that was looked at, while all are.
    pub(super) open: Option<u64>,
}

/// The first form. Reading any other fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version;

impl Version {
    const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            Self::NUMBER => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "the checkpoint has form {other}, and this version of the crate reads form {}",
                Self::NUMBER
            ))),
        }
    }
}

/// How far the polls of one entity are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    /// When the last complete poll began, by the service's clock. `None` until everything was read once.
    pub(super) watermark: Option<Timestamp>,
    /// How many polls in a row ended without all rows that were counted.
    pub(super) held: u8,
    /// What the rows that cannot be read looked like.
    unreadable: BTreeMap<u64, Fingerprint>,
    /// The same for rows without an id.
    nameless: BTreeSet<Fingerprint>,
}

/// How many rows without an id are remembered, so that each is told once.
const MOST_NAMELESS: usize = 1000;

impl Track {
    /// The news of a row that cannot be read, if that was not told before.
    fn unreadable(&mut self, entity: Entity, row: &Row, reason: String) -> Option<Change> {
        let is_new = match row.id {
            Some(id) => self.unreadable.insert(id, row.says) != Some(row.says),
            None if self.nameless.contains(&row.says) => false,
            None => {
                if self.nameless.len() >= MOST_NAMELESS {
                    self.nameless.clear();
                }
                self.nameless.insert(row.says)
            }
        };
        is_new.then_some(Change::Unreadable { entity, id: row.id, reason })
    }
}

/// A poll of one entity that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) entity: Entity,
    /// What is asked for; `None` for everything.
    pub(super) since: Option<Timestamp>,
    /// What the watermark becomes: from the answer with the first page.
    pub(super) next: Option<Timestamp>,
    pub(super) offset: u64,
    /// How many rows there were when the list was begun. `None` if one page held it all.
    pub(super) counted: Option<u64>,
    pub(super) seen: Ids,
    pub(super) nameless: u64,
    /// How often the list was begun again.
    pub(super) round: u8,
}

impl Reading {
    pub(super) fn of(entity: Entity, since: Option<Timestamp>) -> Self {
        Self {
            entity,
            since,
            next: None,
            offset: 0,
            counted: None,
            seen: Ids::default(),
            nameless: 0,
            round: 0,
        }
    }

    pub(super) fn rows(&self) -> u64 {
        u64::try_from(self.seen.0.len()).unwrap_or(u64::MAX).saturating_add(self.nameless)
    }
}

/// A scan that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scan {
    pub(super) entity: Entity,
    pub(super) offset: u64,
    pub(super) counted: Option<u64>,
    pub(super) seen: Ids,
    pub(super) round: u8,
    /// What the list did not show, after its end.
    pub(super) missing: Option<Ids>,
}

impl Scan {
    pub(super) fn of(entity: Entity) -> Self {
        Self { entity, offset: 0, counted: None, seen: Ids::default(), round: 0, missing: None }
    }
}

/// What came of reading one record.
pub(super) enum Looked {
    Found(serde_json::Value),
    Gone,
    /// The service does not give it.
    Refused(String),
}

impl Checkpoint {
    /// A feed that begins with everything there is: each customer as created, each document as issued (and paid …).
    pub fn from_start() -> Self {
        Self {
            version: Version,
            revision: 0,
            company: None,
            quiet: false,
            customers: Track::default(),
            documents: Track::default(),
            known: Known::default(),
            ledger: Ledger::default(),
            waiting: Ids::default(),
            poll: None,
            scan: None,
            open: None,
        }
    }

    /// A feed that tells what happens from its first poll on. That poll reads everything all the same, to know what
    /// later changes are changes of; its pages are empty.
    pub fn from_now() -> Self {
        Self { quiet: true, ..Self::from_start() }
    }

    /// Rises with every page and every [`wrote_customer`](super::Feed::wrote_customer) and the like.
    ///
    /// Where two processes could run the same feed, store a checkpoint only over the revision that it came from, and
    /// start again from the stored one if that has moved on.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Notes that something was taken into it, of this company.
    pub(super) fn moved(&mut self, company: Option<CompanyId>) {
        self.company = self.company.or(company);
        self.revision = self.revision.saturating_add(1);
    }

    pub(super) fn track(&mut self, entity: Entity) -> &mut Track {
        match entity {
            Entity::Customers => &mut self.customers,
            Entity::Documents => &mut self.documents,
        }
    }

    /// What a row of a list tells. `repeated` says that this list has shown its id before.
    pub(super) fn take_row(&mut self, entity: Entity, row: &Row, repeated: bool) -> Vec<Change> {
        let Some(id) = row.id else {
            let reason = "it has no id".to_owned();
            return self.track(entity).unreadable(entity, row, reason).into_iter().collect();
        };
        match entity {
            Entity::Customers => self.take_customer(id, row).into_iter().collect(),
            Entity::Documents => self.take_document(id, row, repeated),
        }
    }

    fn take_customer(&mut self, id: u64, row: &Row) -> Option<Change> {
        let before = self.known.0.get(&id).copied();
        if before == Some(row.says) && !self.customers.unreadable.contains_key(&id) {
            return None;
        }
        let customer: Customer = match read(&row.value) {
            Ok(customer) => customer,
            Err(reason) => return self.customers.unreadable(Entity::Customers, row, reason),
        };
        self.customers.unreadable.remove(&id);
        self.known.0.insert(id, row.says);
        match before {
            Some(before) if before == row.says => None,
            Some(_) => Some(Change::CustomerUpdated(Box::new(customer))),
            None if self.quiet && self.customers.watermark.is_none() => None,
            None => Some(Change::CustomerCreated(Box::new(customer))),
        }
    }

    fn take_document(&mut self, id: u64, row: &Row, repeated: bool) -> Vec<Change> {
        let document: Document = match read(&row.value) {
            Ok(document) => document,
            Err(reason) => {
                let change = self.documents.unreadable(Entity::Documents, row, reason);
                return change.into_iter().collect();
            }
        };
        self.documents.unreadable.remove(&id);
        let is_first = self.documents.watermark.is_none();
        let is_known = self.ledger.knows(id);
        if is_first && repeated && !is_known {
            // Told a page ago, and forgotten because it is settled.
            return Vec::new();
        }
        let events = self.ledger.take(&document, Some(row.says), is_first);
        if is_first && self.quiet && !is_known {
            return Vec::new();
        }
        self.tell(&document, &events)
    }

    /// What a document that was read by itself tells.
    pub(super) fn take_read(&mut self, id: u64, looked: Looked) -> Vec<Change> {
        let entity = Entity::Documents;
        let unreadable = |reason| vec![Change::Unreadable { entity, id: Some(id), reason }];
        match looked {
            Looked::Gone if self.ledger.remove(id) => vec![Change::DocumentDeleted(DocumentId::from(id))],
            Looked::Gone => Vec::new(),
            Looked::Refused(reason) => unreadable(reason),
            Looked::Found(value) => match read(&value) {
                Ok(document) => {
                    let is_first = self.documents.watermark.is_none();
                    let events = self.ledger.take(&document, None, is_first);
                    self.tell(&document, &events)
                }
                Err(reason) => unreadable(reason),
            },
        }
    }

    /// What is known now of a customer that is gone.
    pub(super) fn forget_customer(&mut self, id: u64) -> Option<Change> {
        self.customers.unreadable.remove(&id);
        self.known.0.remove(&id).map(|_| Change::CustomerDeleted(CustomerId::from(id)))
    }

    /// The changes of a document, whose links are to be followed if it is more than a payment.
    fn tell(&mut self, document: &Document, events: &[Event]) -> Vec<Change> {
        let is_payment = |event: &Event| matches!(event, Event::PartlyPaid | Event::Paid | Event::Reopened);
        // In the first reading every document comes by itself, as it is then.
        if self.documents.watermark.is_some() && !events.iter().all(is_payment) {
            self.follow(document);
        }
        let change = |event: &Event| {
            let document = Box::new(document.clone());
            match event {
                Event::DraftCreated => Change::DraftCreated(document),
                Event::DraftUpdated => Change::DraftUpdated(document),
                Event::Issued => Change::DocumentIssued(document),
                Event::PartlyPaid => Change::DocumentPartlyPaid(document),
                Event::Paid => Change::DocumentPaid(document),
                Event::Reopened => Change::DocumentReopened(document),
                Event::Annulled => Change::DocumentAnnulled(document),
                Event::Withdrawn => Change::DocumentWithdrawn(document),
                Event::Changed => Change::DocumentChanged(document),
            }
        };
        events.iter().map(change).collect()
    }

    /// Notes the documents that one names, to be read again: what it settles does not say so by itself.
    pub(super) fn follow(&mut self, document: &Document) {
        let named = document.associated_documents.iter().map(|link| link.associated_id.get());
        self.waiting.0.extend(named.filter(|id| *id != 0 && *id != document.document_id.get()));
    }
}

impl fmt::Debug for Checkpoint {
    /// Shows how much is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("revision", &self.revision)
            .field("company", &self.company)
            .field("customers", &self.known.0.len())
            .field("documents", &self.ledger.len())
            .field("customers_until", &self.customers.watermark)
            .field("documents_until", &self.documents.watermark)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_form_is_refused_by_its_number() {
        let mut stored = serde_json::to_value(Checkpoint::from_now()).unwrap();
        assert_eq!(serde_json::from_value::<Checkpoint>(stored.clone()).unwrap(), Checkpoint::from_now());
        stored["version"] = json!(2);
        let error = serde_json::from_value::<Checkpoint>(stored).unwrap_err().to_string();
        assert!(error.contains("form 2"), "{error}");
    }

    #[test]
    fn a_hundred_thousand_customers_take_some_two_megabytes() {
        let mut checkpoint = Checkpoint::from_start();
        // Ids as far apart as those of one company among all.
        checkpoint.known.0 = (0..100_000_u64)
            .map(|n| (80_000_000 + n * 97, Fingerprint::of(&json!({ "customer_id": n }), &[])))
            .collect();
        let size = serde_json::to_string(&checkpoint).unwrap().len();
        assert!((1_500_000..2_300_000).contains(&size), "{size}");
    }

    #[test]
    fn rows_without_an_id_are_told_once_and_remembered_in_bounds() {
        let mut checkpoint = Checkpoint::from_start();
        let row = |n: usize| Entity::Customers.row(json!({ "name": n }));
        for n in 1..=MOST_NAMELESS {
            assert_eq!(checkpoint.take_row(Entity::Customers, &row(n), false).len(), 1);
            assert_eq!(checkpoint.take_row(Entity::Customers, &row(n), false), []);
        }
        assert_eq!(checkpoint.take_row(Entity::Customers, &row(0), false).len(), 1);
        assert_eq!(checkpoint.customers.nameless.len(), 1);
    }
}
