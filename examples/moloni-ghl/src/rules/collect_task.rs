use moloni_client::types::{DocumentKind, DocumentStatus};
use rust_decimal::Decimal;
use sync_core::engine::{Derived, Life, Rule, Snapshot, Wanted};
use sync_core::jiff::civil::Date;

use super::{Fact, TASKS, money, raw};

/// An open invoice becomes a task to collect it, due when the invoice is. Paid or annulled, the task is done.
#[derive(Debug, Clone, Default)]
pub struct CollectTask {}

impl CollectTask {
    /// The rule.
    pub fn new() -> Self {
        Self {}
    }
}

const COLLECTED: [DocumentKind; 2] = [DocumentKind::Invoice, DocumentKind::DebitNote];
/// Half a cent: below it nothing is open but rounding.
const NOTHING: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

impl Rule for CollectTask {
    fn derive(&self, snapshot: &Snapshot, _: Date) -> Derived {
        let Some(fact) = Fact::of(snapshot) else { return Derived::nothing() };
        let nothing_yet = Derived::of(&fact.owner);
        if !fact.is_one_of(&COLLECTED) {
            return nothing_yet;
        }
        let (reference, open, document) = (fact.reference(), fact.open(), &fact.document);
        let life = match document.status {
            DocumentStatus::Closed if Decimal::from(open) > NOTHING => Life::Open,
            DocumentStatus::Closed | DocumentStatus::Annulled => Life::Done,
            _ => return nothing_yet,
        };
        // Noon in UTC: the same day everywhere from Honolulu to Auckland.
        let due = format!("{}T12:00:00Z", document.expiration_date.unwrap_or(document.date));
        let body = format!("Total {}, open {}", money(document.net_value), money(open));
        let fields = raw([
            ("title", format!("Collect {reference}: {}", money(open)).into()),
            ("body", body.into()),
            ("dueDate", due.into()),
            ("completed", (life == Life::Done).into()),
        ]);
        nothing_yet.want(Wanted { key: fact.key("collect"), into: TASKS.to_owned(), fields, life })
    }
}
