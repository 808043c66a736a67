use moloni_client::types::DocumentKind;
use sync_core::jiff::civil::Date;

use super::{Consequence, DocumentFact, EventRule, EventType, Words};

/// An invoice that was issued becomes a note, and so does a credit note and a debit note. If it is annulled or taken back, the
/// note says so.
#[derive(Debug, Clone, Default)]
pub struct InvoiceNote {}

impl InvoiceNote {
    /// The rule.
    pub fn new() -> Self {
        Self {}
    }
}

const INVOICES: [DocumentKind; 5] = [
    DocumentKind::Invoice,
    DocumentKind::InvoiceReceipt,
    DocumentKind::SimplifiedInvoice,
    DocumentKind::CreditNote,
    DocumentKind::DebitNote,
];

impl EventRule for InvoiceNote {
    fn event_type(&self) -> EventType {
        EventType::InvoiceIssued
    }

    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, _: Date) -> Option<Consequence> {
        if !fact.is_one_of(&INVOICES) {
            return None;
        }
        if fact.is_closed() {
            Some(Consequence::note(words.issued(fact)))
        } else if fact.is_annulled() {
            let body = format!("{}\n{}", words.issued(fact), words.annulled(fact));
            Some(Consequence::note(body).void())
        } else if fact.is_draft() {
            Some(Consequence::note(words.taken_back(fact)).void())
        } else {
            None
        }
    }
}
