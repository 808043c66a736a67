use moloni_client::types::DocumentKind;
use sync_core::jiff::civil::Date;

use super::fact::days_after;
use super::{Consequence, DocumentFact, EventRule, EventType, Words};

/// An estimate that was issued becomes a task to ask about it, due when it expires.
///
/// The task is completed when another document follows from the estimate, when it is annulled or taken back, and some days
/// after it has expired.
#[derive(Debug, Clone)]
pub struct EstimateTask {
    days_before: u16,
    grace: u16,
    assigned_to: Option<String>,
}

impl Default for EstimateTask {
    fn default() -> Self {
        Self::new()
    }
}

impl EstimateTask {
    /// The rule, for tasks of nobody that are due on the last day of the estimate, and completed 14 days later.
    pub fn new() -> Self {
        Self { days_before: 0, grace: 14, assigned_to: None }
    }

    /// Makes tasks due some days before the estimate expires, but not before its own day.
    #[must_use]
    pub fn days_before(mut self, days: u16) -> Self {
        self.days_before = days;
        self
    }

    /// Sets for how many days after it has expired an estimate is still asked about.
    #[must_use]
    pub fn grace(mut self, days: u16) -> Self {
        self.grace = days;
        self
    }

    /// Sets the user whose tasks these are.
    #[must_use]
    pub fn assigned_to(mut self, user: impl Into<String>) -> Self {
        self.assigned_to = Some(user.into());
        self
    }
}

impl EventRule for EstimateTask {
    fn event_type(&self) -> EventType {
        EventType::EstimateFollowUp
    }

    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, today: Date) -> Option<Consequence> {
        if !fact.is_one_of(&[DocumentKind::Estimate]) {
            return None;
        }
        let due = days_after(fact.due(), -i64::from(self.days_before)).max(fact.document.date);
        let given_up_on = days_after(fact.due(), i64::from(self.grace) + 1);
        let has_expired = fact.is_closed() && !fact.is_referenced() && today >= given_up_on;
        let body = words.follow_up_body(fact, has_expired);
        let mut task = Consequence::task(words.follow_up_title(fact), body, due);
        if let Some(user) = &self.assigned_to {
            task = task.field("assignedTo", user.as_str());
        }
        if fact.is_annulled() || fact.is_draft() {
            Some(task.void())
        } else if !fact.is_closed() {
            None
        } else if fact.is_referenced() || has_expired {
            Some(task.done())
        } else {
            Some(task.again_on(given_up_on))
        }
    }
}
