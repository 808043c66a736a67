use moloni_client::types::DocumentKind;
use sync_core::jiff::civil::Date;

use super::{Consequence, DocumentFact, EventRule, EventType, Words};

/// A receipt becomes a note that tells of the payment. If it is annulled or taken back, the note says so.
#[derive(Debug, Clone, Default)]
pub struct PaymentNote {}

impl PaymentNote {
    /// The rule.
    pub fn new() -> Self {
        Self {}
    }
}

impl EventRule for PaymentNote {
    fn event_type(&self) -> EventType {
        EventType::PaymentReceived
    }

    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, _: Date) -> Option<Consequence> {
        if !fact.is_one_of(&[DocumentKind::Receipt]) {
            return None;
        }
        let note = Consequence::note(words.payment(fact));
        if fact.is_closed() {
            Some(note)
        } else if fact.is_annulled() || fact.is_draft() {
            Some(note.void())
        } else {
            None
        }
    }
}
