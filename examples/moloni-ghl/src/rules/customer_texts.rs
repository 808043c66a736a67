use sync_core::engine::Snapshot;
use sync_core::jiff::civil::Date;

use super::{Consequence, EventRule, EventType, Words};

/// A text that a customer carries in Moloni becomes one note, edited in place. If the text is cleared, the note says so.
///
/// One way only: writing a note of the CRM back would replace a text that Moloni prints.
#[derive(Debug, Clone)]
pub struct CustomerNote {
    event_type: EventType,
    field: &'static str,
}

impl CustomerNote {
    /// The rule for `notes`.
    pub fn notes() -> Self {
        Self { event_type: EventType::CustomerNotes, field: "notes" }
    }

    /// The rule for `field_notes`.
    pub fn field_notes() -> Self {
        Self { event_type: EventType::CustomerFieldNotes, field: "field_notes" }
    }
}

impl EventRule for CustomerNote {
    fn event_type(&self) -> EventType {
        self.event_type.clone()
    }

    fn of_customer(&self, customer: &Snapshot, words: &dyn Words, _: Date) -> Option<Consequence> {
        let text = customer.text(self.field).trim();
        let body = if self.event_type == EventType::CustomerNotes {
            words.customer_notes(text)
        } else {
            words.customer_field_notes(text)
        };
        let note = Consequence::note(body);
        Some(if text.is_empty() { note.done() } else { note })
    }
}
