use moloni_client::types::{Document, DocumentKind, DocumentStatus};
use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::engine::Fact;
use sync_core::jiff::civil::Date;

/// The documents of one customer.
pub(super) struct Ledger(Vec<Document>);

const INVOICES: [DocumentKind; 3] =
    [DocumentKind::Invoice, DocumentKind::InvoiceReceipt, DocumentKind::SimplifiedInvoice];
/// What is paid later, by a receipt.
const OWED: [DocumentKind; 2] = [DocumentKind::Invoice, DocumentKind::DebitNote];

impl Ledger {
    pub(super) fn of(facts: &[Fact]) -> Self {
        let documents = facts.iter().filter(|fact| fact.key.collection == "documents");
        Self(
            documents
                .filter_map(|fact| serde_json::from_value(Value::Object(fact.raw.clone())).ok())
                .collect(),
        )
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn closed(&self) -> impl Iterator<Item = &Document> {
        self.0.iter().filter(|document| document.status == DocumentStatus::Closed)
    }

    fn unpaid(&self) -> impl Iterator<Item = &Document> {
        self.closed().filter(|document| OWED.contains(&document.kind()) && document.is_unpaid())
    }

    pub(super) fn is_invoiced(&self) -> bool {
        self.closed().any(|document| INVOICES.contains(&document.kind()))
    }

    pub(super) fn turnover(&self, since: Option<Date>) -> Decimal {
        let counted = self.closed().filter(|document| since.is_none_or(|since| since <= document.date));
        counted.map(turnover).sum()
    }

    /// The day of the first document of these days that counts.
    pub(super) fn first_since(&self, since: Date) -> Option<Date> {
        self.closed().filter(|d| since <= d.date && !turnover(d).is_zero()).map(|d| d.date).min()
    }

    pub(super) fn is_overdue(&self, today: Date) -> bool {
        self.unpaid().any(|document| due(document) < today)
    }

    /// The next day on which something is due.
    pub(super) fn next_due(&self, today: Date) -> Option<Date> {
        self.unpaid().map(due).filter(|due| today <= *due).min()
    }
}

fn due(document: &Document) -> Date {
    document.expiration_date.unwrap_or(document.date)
}

/// What a document adds: after discounts, before taxes.
fn turnover(document: &Document) -> Decimal {
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
