use sync_core::jiff::civil::Date;

use super::fact::days_after;
use super::{Consequence, DocumentFact, EventRule, EventType, Words};

/// A draft that nobody has touched for some days becomes a task. It is completed when the draft is issued or edited.
///
/// This rule is not in the standard set. A draft that is deleted leaves its task as it is: what is gone in Moloni derives
/// nothing any more.
#[derive(Debug, Clone)]
pub struct DraftTask {
    days: u16,
    assigned_to: Option<String>,
}

impl DraftTask {
    /// The rule, for drafts that nobody has touched for that many days.
    pub fn after(days: u16) -> Self {
        Self { days, assigned_to: None }
    }

    /// Sets the user whose tasks these are.
    #[must_use]
    pub fn assigned_to(mut self, user: impl Into<String>) -> Self {
        self.assigned_to = Some(user.into());
        self
    }
}

impl EventRule for DraftTask {
    fn event_type(&self) -> EventType {
        EventType::DraftPending
    }

    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, today: Date) -> Option<Consequence> {
        let due = days_after(fact.changed_on, i64::from(self.days));
        let mut task = Consequence::task(words.draft_title(fact), words.draft_body(fact), due);
        if let Some(user) = &self.assigned_to {
            task = task.field("assignedTo", user.as_str());
        }
        if !fact.is_draft() {
            Some(task.done())
        } else if today < due {
            // One that is there was made before somebody edited the draft.
            Some(task.done().again_on(due))
        } else {
            Some(task)
        }
    }
}
