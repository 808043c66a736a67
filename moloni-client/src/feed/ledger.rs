//! What the feed remembers of documents, and what it makes of a document that it sees.
//!
//! Drafts and open receivables are remembered until they are neither; everything else for as long as a poll can bring
//! it again. So the memory is as large as what is open, not as large as the company's history.

use std::collections::BTreeMap;
use std::ops::Bound::{self, Unbounded};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use crate::types::DocumentStatus;
use crate::value::LEAST;
use crate::{Document, DocumentKind};

/// What else tells of the same: of payments the amounts do, and of links the other document does. And all three
/// change without a `lastmodified`, so a poll may or may not see them.
pub(super) const OUTSIDE: [&str; 3] = ["reconciled_value", "reverse_associated_documents", "status"];

/// How far a document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Draft,
    /// Something is left to pay.
    Open,
    /// Nothing is left to pay.
    Paid,
    /// Nothing is ever paid of it directly: receipts, estimates, guides …
    Issued,
    Annulled,
    /// In a status that this crate does not know.
    Other,
}

impl Stage {
    fn of(document: &Document) -> Self {
        match document.status {
            DocumentStatus::Draft => Self::Draft,
            DocumentStatus::Annulled => Self::Annulled,
            DocumentStatus::Other(_) => Self::Other,
            DocumentStatus::Closed => match document.kind() {
                DocumentKind::SimplifiedInvoice | DocumentKind::InvoiceReceipt => Self::Paid,
                DocumentKind::Invoice | DocumentKind::DebitNote => {
                    let open = document.net_value.get() - document.reconciled_value.get();
                    if open < LEAST { Self::Paid } else { Self::Open }
                }
                _ => Self::Issued,
            },
        }
    }
}

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    DraftCreated,
    DraftUpdated,
    Issued,
    PartlyPaid,
    Paid,
    Reopened,
    Annulled,
    Withdrawn,
    Changed,
}

/// One document as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    stage: Stage,
    /// What is settled. `None` where nobody looks at it.
    settled: Option<Decimal>,
    /// Of its row in a list. `None` if it was only read by itself so far, which shows other fields.
    row: Option<Fingerprint>,
    modified: Timestamp,
}

impl Entry {
    fn of(document: &Document, row: Option<Fingerprint>) -> Self {
        let stage = Stage::of(document);
        let settled = (stage == Stage::Open).then(|| document.reconciled_value.get());
        Self { stage, settled, row, modified: document.lastmodified }
    }

    fn settled(&self) -> Decimal {
        self.settled.unwrap_or_default()
    }

    /// What there is to tell of a document that was never seen.
    fn arrival(&self) -> Vec<Event> {
        match self.stage {
            Stage::Draft => vec![Event::DraftCreated],
            Stage::Annulled => vec![Event::Annulled],
            Stage::Paid => vec![Event::Issued, Event::Paid],
            Stage::Open if self.settled() >= LEAST => vec![Event::Issued, Event::PartlyPaid],
            Stage::Open | Stage::Issued => vec![Event::Issued],
            Stage::Other => vec![Event::Changed],
        }
    }

    /// What there is to tell of a document that was as `before`.
    fn since(&self, before: &Self) -> Vec<Event> {
        let is_edited = self.row.zip(before.row).is_some_and(|(now, then)| now != then);
        let paid = self.settled() - before.settled();
        let event = match (before.stage, self.stage) {
            // Its lines and notes are in no list, so the time of the edit counts as well.
            (Stage::Draft, Stage::Draft) => {
                (is_edited || self.modified != before.modified).then_some(Event::DraftUpdated)
            }
            (_, Stage::Draft) => Some(Event::Withdrawn),
            (Stage::Draft | Stage::Annulled, now) if now != before.stage => return self.arrival(),
            (then, Stage::Annulled) if then != Stage::Annulled => Some(Event::Annulled),
            (Stage::Open, Stage::Paid) => Some(Event::Paid),
            (Stage::Paid, Stage::Open) => Some(Event::Reopened),
            (Stage::Open, Stage::Open) if paid >= LEAST => Some(Event::PartlyPaid),
            (Stage::Open, Stage::Open) if paid <= -LEAST => Some(Event::Reopened),
            (then, now) => (is_edited || then != now).then_some(Event::Changed),
        };
        event.into_iter().collect()
    }

    /// What there is to tell of a document that was seen and forgotten: it was settled, annulled or never to be paid.
    fn return_of(&self, forgot_before: Timestamp) -> Vec<Event> {
        let is_news = self.row.is_some() && self.modified >= forgot_before;
        let event = match self.stage {
            Stage::Draft => Some(Event::Withdrawn),
            Stage::Open => Some(Event::Reopened),
            Stage::Annulled => is_news.then_some(Event::Annulled),
            Stage::Paid | Stage::Issued | Stage::Other => is_news.then_some(Event::Changed),
        };
        event.into_iter().collect()
    }
}

/// What is known of all documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Line>", into = "Vec<Line>")]
pub(super) struct Entries(BTreeMap<u64, Entry>);

/// An entry as it is stored: id, stage, settled, fingerprint, second of the last modification.
type Line = (u64, Stage, Option<String>, Option<Fingerprint>, i64);

impl From<Entries> for Vec<Line> {
    fn from(entries: Entries) -> Self {
        let line = |(id, entry): (u64, Entry)| {
            let settled = entry.settled.map(|settled| settled.to_string());
            (id, entry.stage, settled, entry.row, entry.modified.as_second())
        };
        entries.0.into_iter().map(line).collect()
    }
}

impl TryFrom<Vec<Line>> for Entries {
    type Error = &'static str;

    fn try_from(lines: Vec<Line>) -> Result<Self, Self::Error> {
        let entry = |(id, stage, settled, row, modified): Line| {
            let settled = settled.map(|text| text.parse()).transpose().map_err(|_| "an amount is none")?;
            let modified = Timestamp::from_second(modified).map_err(|_| "a time is none")?;
            Ok((id, Entry { stage, settled, row, modified }))
        };
        lines.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

/// The memory of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    entries: Entries,
    /// The highest id that was forgotten. Ids rise: an unknown one above it was never seen.
    forgot_up_to: u64,
    /// What was modified before was seen, whatever else is known of it.
    forgot_before: Timestamp,
}

impl Ledger {
    pub(super) fn len(&self) -> usize {
        self.entries.0.len()
    }

    pub(super) fn knows(&self, id: u64) -> bool {
        self.entries.0.contains_key(&id)
    }

    pub(super) fn drafts(&self) -> impl Iterator<Item = u64> + '_ {
        self.at(Stage::Draft, Unbounded)
    }

    /// The invoices and debit notes with something to pay, from one on.
    pub(super) fn open_after(&self, after: Bound<u64>) -> impl Iterator<Item = u64> + '_ {
        self.at(Stage::Open, after)
    }

    fn at(&self, stage: Stage, after: Bound<u64>) -> impl Iterator<Item = u64> + '_ {
        let entries = self.entries.0.range((after, Unbounded));
        entries.filter(move |(_, entry)| entry.stage == stage).map(|(id, _)| *id)
    }

    /// Takes a document as it is now. `row` is the fingerprint of its row, if that comes from a list. While
    /// everything is read for the first time, `is_first`, an unknown document was never seen, whatever its id.
    pub(super) fn take(
        &mut self,
        document: &Document,
        row: Option<Fingerprint>,
        is_first: bool,
    ) -> Vec<Event> {
        let id = document.document_id.get();
        let mut now = Entry::of(document, row);
        let events = match self.entries.0.get(&id) {
            Some(before) => {
                let events = now.since(before);
                // Only what makes or unmakes a draft changes its row.
                if (now.stage == Stage::Draft) == (before.stage == Stage::Draft) {
                    now.row = now.row.or(before.row);
                }
                events
            }
            None if is_first || id > self.forgot_up_to => now.arrival(),
            None => now.return_of(self.forgot_before),
        };
        if !events.is_empty() || self.knows(id) {
            self.entries.0.insert(id, now);
        }
        events
    }

    /// Takes a document as known, with nothing to tell of it.
    pub(super) fn note(&mut self, document: &Document) {
        self.entries.0.insert(document.document_id.get(), Entry::of(document, None));
    }

    /// Whether it was known.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        self.entries.0.remove(&id).is_some()
    }

    /// Forgets what was modified before a moment and waits for nothing.
    pub(super) fn forget(&mut self, before: Timestamp) {
        let before = before.max(self.forgot_before);
        let mut highest = self.forgot_up_to;
        self.entries.0.retain(|id, entry| {
            let stays = matches!(entry.stage, Stage::Draft | Stage::Open) || entry.modified >= before;
            if !stays {
                highest = highest.max(*id);
            }
            stays
        });
        (self.forgot_up_to, self.forgot_before) = (highest, before);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DAY: &str = "2026-07-01T10:00:00+0100";

    fn document(id: u64, kind: u64, status: i64, paid: f64) -> Document {
        let row = json!({
            "document_id": id, "company_id": 5, "document_type_id": kind, "document_set_id": 3, "number": 1,
            "date": DAY, "lastmodified": DAY, "status": status, "net_value": 100, "reconciled_value": paid,
        });
        serde_json::from_value(row).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const FT: u64 = 1;
    const RE: u64 = 2;
    const FR: u64 = 27;

    #[test]
    fn each_step_of_a_document_is_told_once() {
        use Event::{
            Annulled, Changed, DraftCreated, DraftUpdated, Issued, Paid, PartlyPaid, Reopened, Withdrawn,
        };
        // Type, status, paid, fingerprint of the row, what is told.
        type Step<'a> = (u64, i64, f64, Option<u64>, &'a [Event]);
        let steps: &[Step<'_>] = &[
            (FT, 0, 0.0, Some(1), &[DraftCreated]),
            (FT, 0, 0.0, Some(1), &[]),
            (FT, 0, 0.0, Some(2), &[DraftUpdated]),
            (FT, 1, 0.0, Some(3), &[Issued]),
            (FT, 1, 0.0, Some(3), &[]),
            (FT, 1, 40.0, None, &[PartlyPaid]),
            (FT, 1, 40.0, Some(3), &[]),
            (FT, 1, 100.0, None, &[Paid]),
            (FT, 1, 100.0, Some(3), &[]),
            (FT, 1, 40.0, None, &[Reopened]),
            (FT, 1, 0.0, None, &[Reopened]),
            (FT, 1, 99.996, None, &[Paid]),
            (FT, 1, 0.0, None, &[Reopened]),
            (FT, 1, 0.0, Some(4), &[Changed]),
            (FT, 0, 0.0, None, &[Withdrawn]),
            (FT, 0, 0.0, Some(5), &[]),
            (FT, 1, 100.0, Some(6), &[Issued, Paid]),
            (FT, 2, 100.0, Some(7), &[Annulled]),
            (FT, 2, 100.0, Some(7), &[]),
            (FT, 9, 100.0, Some(7), &[Changed]),
        ];
        let mut ledger = Ledger::default();
        for (number, (kind, status, paid, row, told)) in steps.iter().enumerate() {
            let events = ledger.take(&document(7, *kind, *status, *paid), row.map(Fingerprint), false);
            assert_eq!(events, *told, "step {number}");
        }
    }

    #[test]
    fn an_edit_of_a_draft_that_shows_in_no_list_is_told_by_its_time() {
        let mut ledger = Ledger::default();
        let mut draft = document(7, FT, 0, 0.0);
        ledger.note(&draft);
        assert_eq!(ledger.take(&draft, Some(Fingerprint(1)), false), []);
        draft.lastmodified = at("2026-07-01T09:00:01Z");
        assert_eq!(ledger.take(&draft, Some(Fingerprint(1)), false), [Event::DraftUpdated]);
        assert_eq!(ledger.take(&draft, Some(Fingerprint(1)), false), []);
        draft.status = DocumentStatus::Closed;
        ledger.take(&draft, Some(Fingerprint(1)), false);
        draft.lastmodified = at("2026-07-01T09:00:02Z");
        assert_eq!(ledger.take(&draft, Some(Fingerprint(1)), false), [], "a closed one has nothing to edit");
    }

    #[test]
    fn a_document_arrives_with_all_that_it_is() {
        use Event::{Annulled, Changed, DraftCreated, Issued, Paid, PartlyPaid};
        let table: &[(u64, i64, f64, &[Event])] = &[
            (FT, 0, 0.0, &[DraftCreated]),
            (FT, 1, 0.0, &[Issued]),
            (FT, 1, 1.5, &[Issued, PartlyPaid]),
            (FT, 1, 100.0, &[Issued, Paid]),
            (FT, 2, 0.0, &[Annulled]),
            (FT, 7, 0.0, &[Changed]),
            (FR, 1, 100.0, &[Issued, Paid]),
            (FR, 1, 0.0, &[Issued, Paid]),
            (RE, 1, 0.0, &[Issued]),
        ];
        for (kind, status, paid, told) in table {
            let mut ledger = Ledger::default();
            assert_eq!(ledger.take(&document(7, *kind, *status, *paid), None, false), *told);
        }
    }

    #[test]
    fn what_waits_for_nothing_is_forgotten_and_not_told_again() {
        let mut ledger = Ledger::default();
        for (id, kind, status, paid) in
            [(1, FT, 1, 0.0), (2, FT, 0, 0.0), (3, FT, 1, 100.0), (4, RE, 1, 0.0), (5, FR, 2, 0.0)]
        {
            ledger.take(&document(id, kind, status, paid), Some(Fingerprint(1)), false);
        }
        ledger.forget(at("2026-07-01T09:00:00Z"));
        assert_eq!(ledger.len(), 5, "it happened at that very second");
        ledger.forget(at("2026-07-01T09:00:01Z"));
        assert_eq!((ledger.drafts().collect(), ledger.open_after(Unbounded).collect()), (vec![2], vec![1]));
        assert_eq!(ledger.len(), 2);

        let listed = Some(Fingerprint(1));
        assert_eq!(ledger.take(&document(3, FT, 1, 100.0), listed, false), []);
        assert_eq!(ledger.take(&document(3, FT, 1, 100.0), None, false), []);
        assert_eq!(ledger.len(), 2, "nor is it remembered");
        assert_eq!(ledger.take(&document(3, FT, 1, 50.0), None, false), [Event::Reopened]);
        let mut touched = document(4, RE, 1, 0.0);
        touched.lastmodified = at("2026-07-02T09:00:00Z");
        assert_eq!(ledger.take(&touched, listed, false), [Event::Changed]);
        assert_eq!(ledger.take(&touched, listed, false), []);
        assert_eq!(ledger.take(&document(6, RE, 1, 0.0), listed, false), [Event::Issued], "a new one");
    }

    #[test]
    fn it_is_stored_and_read() {
        let mut ledger = Ledger::default();
        ledger.take(&document(1, FT, 1, 12.5), Some(Fingerprint(8)), false);
        ledger.take(&document(2, FT, 0, 0.0), None, false);
        ledger.forget(at("2026-01-01T00:00:00Z"));
        let text = serde_json::to_string(&ledger).unwrap();
        assert!(text.contains(r#"[1,"open","12.5",8,1782896400]"#), "{text}");
        assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger);
        let wrong = text.replace("12.5", "ten");
        assert!(serde_json::from_str::<Ledger>(&wrong).is_err());
    }
}
