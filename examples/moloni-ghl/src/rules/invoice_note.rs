use moloni_client::types::{DocumentKind, DocumentStatus};
use sync_core::engine::{Derived, Life, Rule, Snapshot, Wanted};
use sync_core::jiff::civil::Date;

use super::{Fact, NOTES, money, raw};

/// An issued invoice becomes a note. If it is annulled, the note says so.
#[derive(Debug, Clone, Default)]
pub struct InvoiceNote {}

impl InvoiceNote {
    /// The rule.
    pub fn new() -> Self {
        Self {}
    }
}

const INVOICES: [DocumentKind; 3] =
    [DocumentKind::Invoice, DocumentKind::InvoiceReceipt, DocumentKind::SimplifiedInvoice];

impl Rule for InvoiceNote {
    fn derive(&self, snapshot: &Snapshot, _: Date) -> Derived {
        let Some(fact) = Fact::of(snapshot) else { return Derived::nothing() };
        let nothing_yet = Derived::of(&fact.owner);
        if !fact.is_one_of(&INVOICES) {
            return nothing_yet;
        }
        let (reference, document) = (fact.reference(), &fact.document);
        let due = document.expiration_date.map(|due| format!(", due on {due}")).unwrap_or_default();
        let total = money(document.net_value);
        let issued = format!("Invoice {reference} issued on {}: {total}{due}", document.date);
        let (body, life) = match document.status {
            DocumentStatus::Closed => (issued, Life::Open),
            DocumentStatus::Annulled => {
                let since = document.lastmodified.strftime("%F");
                (format!("{issued}\nAnnulled, last changed on {since}"), Life::Done)
            }
            _ => return nothing_yet,
        };
        let fields = raw([("body", body.into())]);
        nothing_yet.want(Wanted { key: fact.key("issued"), into: NOTES.to_owned(), fields, life })
    }
}
