use moloni_client::types::DocumentKind;
use sync_core::jiff::civil::Date;

use super::fact::days_after;
use super::{Consequence, DocumentFact, EventRule, EventType, Words};

/// An invoice or a debit note that is not paid becomes a task to collect it, due when it is.
///
/// What is paid of it changes the task. Paid, annulled or taken back, the task is completed, and it is opened again if the
/// receipt is annulled. How long it is overdue is told on a few days only, because each costs a write.
#[derive(Debug, Clone)]
pub struct CollectTask {
    overdue: Vec<u16>,
    assigned_to: Option<String>,
}

impl Default for CollectTask {
    fn default() -> Self {
        Self::new()
    }
}

/// What is paid later, by a receipt.
pub(crate) const COLLECTED: [DocumentKind; 2] = [DocumentKind::Invoice, DocumentKind::DebitNote];

impl CollectTask {
    /// The rule, for tasks of nobody, which tells on the 1st, 7th, 15th, 30th, 60th and 90th day that they are overdue.
    pub fn new() -> Self {
        Self { overdue: vec![1, 7, 15, 30, 60, 90], assigned_to: None }
    }

    /// Sets on which days after it was due a task tells how long that is.
    #[must_use]
    pub fn overdue_on(mut self, days: impl IntoIterator<Item = u16>) -> Self {
        self.overdue = days.into_iter().filter(|days| *days > 0).collect();
        self.overdue.sort_unstable();
        self
    }

    /// Sets the user whose tasks these are.
    #[must_use]
    pub fn assigned_to(mut self, user: impl Into<String>) -> Self {
        self.assigned_to = Some(user.into());
        self
    }
}

impl EventRule for CollectTask {
    fn event_type(&self) -> EventType {
        EventType::InvoiceUnpaid
    }

    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, today: Date) -> Option<Consequence> {
        if !fact.is_one_of(&COLLECTED) {
            return None;
        }
        let (due, is_open) = (fact.due(), fact.document.is_unpaid());
        let is_reached = |days: &&u16| days_after(due, i64::from(**days)) <= today;
        let overdue = self.overdue.iter().rev().find(is_reached).copied().filter(|_| is_open);
        let mut task = Consequence::task(words.collect_title(fact), words.collect_body(fact, overdue), due);
        if let Some(user) = &self.assigned_to {
            task = task.field("assignedTo", user.as_str());
        }
        if is_open {
            let mut steps = self.overdue.iter().map(|days| days_after(due, i64::from(*days)));
            return Some(match steps.find(|day| *day > today) {
                Some(day) => task.again_on(day),
                None => task,
            });
        }
        if fact.is_closed() {
            Some(task.done())
        } else if fact.is_annulled() || fact.is_draft() {
            Some(task.void())
        } else {
            None
        }
    }
}
