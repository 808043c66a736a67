//! What follows from Moloni's facts.

mod collect_task;
mod customer_note;
mod invoice_note;

pub use collect_task::CollectTask;
pub use customer_note::CustomerNote;
pub use invoice_note::InvoiceNote;

use moloni_client::Amount;
use moloni_client::types::{Document, DocumentKind};
use sync_core::engine::{ProjectionKey, Raw, RecordId, Snapshot};

/// What the markers of all derived records start with.
pub const MARKERS: &str = "moloni:";
/// The name of HighLevel's notes as a collection.
pub const NOTES: &str = "notes";
/// The name of HighLevel's tasks as a collection.
pub const TASKS: &str = "tasks";

/// A document that belongs to a customer; others call for nothing.
struct Fact {
    document: Document,
    owner: RecordId,
}

impl Fact {
    fn of(snapshot: &Snapshot) -> Option<Self> {
        let raw = serde_json::Value::Object(snapshot.raw.clone());
        let document: Document = serde_json::from_value(raw).ok()?;
        let owner = RecordId::new(document.customer_id?);
        Some(Self { document, owner })
    }

    /// `FT 2026/12`, as it is printed on the document.
    fn reference(&self) -> String {
        let d = &self.document;
        let code = d.document_type.as_ref().map_or("", |t| t.saft_code.as_str());
        let number = d.number.map_or_else(|| "draft".to_owned(), |n| n.to_string());
        format!("{code} {}/{number}", d.document_set_name)
    }

    fn key(&self, what: &str) -> ProjectionKey {
        let d = &self.document;
        ProjectionKey::new(format!("{MARKERS}{}:doc:{}:{what}", d.company_id, d.document_id))
    }

    fn is_one_of(&self, kinds: &[DocumentKind]) -> bool {
        kinds.contains(&self.document.kind())
    }

    fn open(&self) -> Amount {
        self.document.net_value - self.document.reconciled_value
    }
}

fn money(amount: Amount) -> String {
    format!("{:.2} EUR", rust_decimal::Decimal::from(amount))
}

fn raw(fields: impl IntoIterator<Item = (&'static str, serde_json::Value)>) -> Raw {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
