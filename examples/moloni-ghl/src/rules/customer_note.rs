use sync_core::engine::{Derived, Life, ProjectionKey, Rule, Snapshot, Wanted};
use sync_core::jiff::civil::Date;

use super::{MARKERS, NOTES, raw};

/// The text that a customer carries in Moloni becomes one note, edited in place.
///
/// One way only: writing a CRM note back would replace a text that Moloni prints.
#[derive(Debug, Clone)]
pub struct CustomerNote {
    company: u64,
}

impl CustomerNote {
    /// For the customers of `company`.
    pub fn new(company: u64) -> Self {
        Self { company }
    }
}

impl Rule for CustomerNote {
    fn derive(&self, fact: &Snapshot, _: Date) -> Derived {
        let text = fact.text("notes").trim();
        let (body, life) = match text {
            "" => ("Notes in Moloni: (cleared)".to_owned(), Life::Done),
            text => (format!("Notes in Moloni:\n{text}"), Life::Open),
        };
        let owner = &fact.at.id;
        Derived::of(owner).want(Wanted {
            key: ProjectionKey::new(format!("{MARKERS}{}:customer:{owner}:notes", self.company)),
            into: NOTES.to_owned(),
            fields: raw([("body", body.into())]),
            life,
        })
    }
}
