use moloni_client::types::DocumentKind;
use rust_decimal::Decimal;
use sync_core::engine::Fact;
use sync_core::jiff::civil::Date;

use crate::rules::{COLLECTED, DocumentFact};

/// The documents of one customer.
pub(super) struct Ledger(Vec<DocumentFact>);

const INVOICES: [DocumentKind; 3] =
    [DocumentKind::Invoice, DocumentKind::InvoiceReceipt, DocumentKind::SimplifiedInvoice];

impl Ledger {
    pub(super) fn of(facts: &[Fact]) -> Self {
        let documents = facts.iter().filter(|fact| fact.key.collection == "documents");
        Self(documents.filter_map(DocumentFact::of).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn closed(&self) -> impl Iterator<Item = &DocumentFact> {
        self.0.iter().filter(|fact| fact.is_closed())
    }

    /// What is paid later, by a receipt, and is not yet.
    fn unpaid(&self) -> impl Iterator<Item = &DocumentFact> {
        self.closed().filter(|fact| fact.is_one_of(&COLLECTED) && fact.document.is_unpaid())
    }

    pub(super) fn is_invoiced(&self) -> bool {
        self.closed().any(|fact| fact.is_one_of(&INVOICES))
    }

    pub(super) fn turnover(&self, since: Option<Date>) -> Decimal {
        let counted = self.closed().filter(|fact| since.is_none_or(|since| since <= fact.document.date));
        counted.map(turnover).sum()
    }

    /// The day of the first document of these days that counts.
    pub(super) fn first_since(&self, since: Date) -> Option<Date> {
        let counted = self.closed().filter(|fact| !turnover(fact).is_zero());
        counted.map(|fact| fact.document.date).filter(|date| since <= *date).min()
    }

    pub(super) fn is_overdue(&self, today: Date) -> bool {
        self.unpaid().any(|fact| fact.due() < today)
    }

    /// The next day on which something is due.
    pub(super) fn next_due(&self, today: Date) -> Option<Date> {
        self.unpaid().map(DocumentFact::due).filter(|due| today <= *due).min()
    }
}

/// What a document adds: after discounts, before taxes.
fn turnover(fact: &DocumentFact) -> Decimal {
    let document = &fact.document;
    let amount = Decimal::from(document.gross_value)
        - Decimal::from(document.comercial_discount_value)
        - Decimal::from(document.financial_discount_value);
    match document.kind() {
        DocumentKind::CreditNote => -amount,
        DocumentKind::DebitNote => amount,
        kind if INVOICES.contains(&kind) => amount,
        _ => Decimal::ZERO,
    }
}
