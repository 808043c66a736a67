use moloni_client::DocumentId;
use moloni_client::types::{Document, DocumentKind, DocumentStatus};
use sync_core::engine::{Fact, RecordId, Snapshot};
use sync_core::jiff::Timestamp;
use sync_core::jiff::civil::Date;

/// A document of a customer, as rules see it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DocumentFact {
    /// Its row.
    pub document: Document,
    /// What people call the documents that it settles, such as `FT 2026/41`. Only receipts have them.
    pub settled: Vec<String>,
    /// When and where goods are delivered.
    pub delivery: Delivery,
    /// The day on which it was changed last, by Lisbon's clock.
    pub changed_on: Date,
}

/// When and where the goods of a document are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It was not read: the document is a draft, too old, or of another type.
    Unknown,
    /// Nothing is delivered.
    None,
    /// Goods are delivered.
    Scheduled {
        /// When.
        at: Timestamp,
        /// Street, postal code and city, as far as they are known.
        address: String,
    },
}

impl DocumentFact {
    /// Reads a document as [`DocumentFacts`](moloni_client::sync::DocumentFacts) gives it; `None` if it is no document.
    pub fn read(snapshot: &Snapshot) -> Option<Self> {
        let raw = serde_json::Value::Object(snapshot.raw.clone());
        let document: Document = serde_json::from_value(raw).ok()?;
        let settled = snapshot.get("settled_references").and_then(|names| names.as_array());
        let settled =
            settled.into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        let changed_on = snapshot.text("lastmodified").get(..10).and_then(|day| day.parse().ok());
        let changed_on = changed_on.unwrap_or(document.date);
        Some(Self { document, settled, delivery: delivery(snapshot), changed_on })
    }

    /// Reads a document that an engine keeps.
    pub(crate) fn of(fact: &Fact) -> Option<Self> {
        Self::read(&Snapshot::new(fact.key.at.clone(), fact.raw.clone()))
    }

    /// The customer that it belongs to; `None` for documents of suppliers.
    pub fn customer(&self) -> Option<RecordId> {
        self.document.customer_id.map(RecordId::new)
    }

    /// Its id.
    pub fn id(&self) -> DocumentId {
        self.document.document_id
    }

    /// Whether it is of one of these kinds.
    pub fn is_one_of(&self, kinds: &[DocumentKind]) -> bool {
        kinds.contains(&self.document.kind())
    }

    /// The code of its type, such as `FT`; empty if it is not known.
    pub fn code(&self) -> &str {
        self.document.saft_code()
    }

    /// Whether it is issued and holds.
    pub fn is_closed(&self) -> bool {
        self.document.status == DocumentStatus::Closed
    }

    /// Whether it was issued and is void.
    pub fn is_annulled(&self) -> bool {
        self.document.status == DocumentStatus::Annulled
    }

    /// Whether it is a draft. One that something is known of was issued before, and taken back.
    pub fn is_draft(&self) -> bool {
        self.document.status == DocumentStatus::Draft
    }

    /// Whether another document follows from it, such as an invoice from an estimate.
    pub fn is_referenced(&self) -> bool {
        !self.document.reverse_associated_documents.is_empty()
    }

    /// When it is to be paid, or until when it is valid: its own day if it names no other.
    pub fn due(&self) -> Date {
        self.document.expiration_date.unwrap_or(self.document.date)
    }
}

fn delivery(snapshot: &Snapshot) -> Delivery {
    let Some(written) = snapshot.get("delivery_datetime") else { return Delivery::Unknown };
    let Some(at) = written.as_str().and_then(|at| at.parse().ok()) else { return Delivery::None };
    let part = |name: &str| snapshot.text(name).trim().to_owned();
    let place = [part("delivery_destination_zip_code"), part("delivery_destination_city")];
    let place = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let address = [part("delivery_destination_address"), place];
    let address = address.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Delivery::Scheduled { at, address }
}

/// The day some days later, or earlier.
pub(super) fn days_after(day: Date, days: i64) -> Date {
    let span = sync_core::jiff::Span::new().try_days(days);
    span.and_then(|span| day.checked_add(span)).unwrap_or(day)
}
