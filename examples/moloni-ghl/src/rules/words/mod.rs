//! What the rules say, and in which language.

mod english;
mod portuguese;

use std::fmt::Debug;

use moloni_client::Amount;
use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::jiff::civil::Date;

use super::DocumentFact;

/// A language that is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// Portuguese as in Portugal.
    Portuguese,
}

/// What rules say. Every method has words in the [language](Self::language) of the set: override those that are to say
/// something else. Days and amounts in all of them are written by [`date`](Self::date) and [`money`](Self::money).
///
/// What a method says must follow from its arguments. Other words for what was told already are written once to each record.
///
/// ```
/// use moloni_ghl::rules::{DocumentFact, Events, Language, Words};
///
/// /// Portuguese, with a friendlier task.
/// #[derive(Debug)]
/// struct Ours;
///
/// impl Words for Ours {
///     fn language(&self) -> Language {
///         Language::Portuguese
///     }
///
///     fn follow_up_title(&self, fact: &DocumentFact) -> String {
///         format!("Ligar ao cliente sobre {}", self.reference(fact))
///     }
/// }
///
/// let events = Events::standard(Ours);
/// # let _ = events;
/// ```
pub trait Words: Send + Sync + Debug {
    /// The language of all that is not overridden. Default: English.
    fn language(&self) -> Language {
        Language::English
    }

    /// What the type of a document is called, such as `Invoice`.
    fn document_type(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::document_type(self, fact),
            Language::Portuguese => portuguese::document_type(self, fact),
        }
    }

    /// A day: `31 October 2026`, `31 de outubro de 2026`.
    fn date(&self, day: Date) -> String {
        match self.language() {
            Language::English => english::date(self, day),
            Language::Portuguese => portuguese::date(self, day),
        }
    }

    /// An amount: `1,234.50 EUR`, `1 234,50 EUR`.
    fn money(&self, amount: Amount) -> String {
        match self.language() {
            Language::English => english::money(self, amount),
            Language::Portuguese => portuguese::money(self, amount),
        }
    }

    /// What people call a document, such as `FT 2026/41`. A draft has no number.
    fn reference(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::reference(self, fact),
            Language::Portuguese => portuguese::reference(self, fact),
        }
    }

    /// A document was issued.
    fn issued(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::issued(self, fact),
            Language::Portuguese => portuguese::issued(self, fact),
        }
    }

    /// A document was annulled. Comes below what was said of it before.
    fn annulled(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::annulled(self, fact),
            Language::Portuguese => portuguese::annulled(self, fact),
        }
    }

    /// A document is a draft again, and has no number any more.
    fn taken_back(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::taken_back(self, fact),
            Language::Portuguese => portuguese::taken_back(self, fact),
        }
    }

    /// The title of a task to collect what is open: whether it is, was paid, annulled or taken back, the document tells.
    fn collect_title(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::collect_title(self, fact),
            Language::Portuguese => portuguese::collect_title(self, fact),
        }
    }

    /// What such a task says: `overdue` is for how many days it was when that was looked at last.
    fn collect_body(&self, fact: &DocumentFact, overdue: Option<u16>) -> String {
        match self.language() {
            Language::English => english::collect_body(self, fact, overdue),
            Language::Portuguese => portuguese::collect_body(self, fact, overdue),
        }
    }

    /// A receipt was issued, annulled or taken back.
    fn payment(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::payment(self, fact),
            Language::Portuguese => portuguese::payment(self, fact),
        }
    }

    /// The title of a task to ask about an estimate.
    fn follow_up_title(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::follow_up_title(self, fact),
            Language::Portuguese => portuguese::follow_up_title(self, fact),
        }
    }

    /// What such a task says, and how it ended: the document tells, except whether it has expired.
    fn follow_up_body(&self, fact: &DocumentFact, has_expired: bool) -> String {
        match self.language() {
            Language::English => english::follow_up_body(self, fact, has_expired),
            Language::Portuguese => portuguese::follow_up_body(self, fact, has_expired),
        }
    }

    /// The title of a task about a draft that was left lying.
    fn draft_title(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::draft_title(self, fact),
            Language::Portuguese => portuguese::draft_title(self, fact),
        }
    }

    /// What such a task says.
    fn draft_body(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::draft_body(self, fact),
            Language::Portuguese => portuguese::draft_body(self, fact),
        }
    }

    /// The title of the appointment of a delivery.
    fn delivery_title(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::delivery_title(self, fact),
            Language::Portuguese => portuguese::delivery_title(self, fact),
        }
    }

    /// What such an appointment says.
    fn delivery_body(&self, fact: &DocumentFact) -> String {
        match self.language() {
            Language::English => english::delivery_body(self, fact),
            Language::Portuguese => portuguese::delivery_body(self, fact),
        }
    }

    /// The notes of a customer; the text is empty if they were cleared.
    fn customer_notes(&self, text: &str) -> String {
        match self.language() {
            Language::English => english::customer_notes(self, text),
            Language::Portuguese => portuguese::customer_notes(self, text),
        }
    }

    /// The second text of a customer, likewise.
    fn customer_field_notes(&self, text: &str) -> String {
        match self.language() {
            Language::English => english::customer_field_notes(self, text),
            Language::Portuguese => portuguese::customer_field_notes(self, text),
        }
    }
}

/// English.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct English;

impl Words for English {}

/// Portuguese as in Portugal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Portuguese;

impl Words for Portuguese {
    fn language(&self) -> Language {
        Language::Portuguese
    }
}

/// An amount to the cent, with a mark between thousands and one before the cents.
fn grouped(amount: Amount, between: char, before_cents: char) -> String {
    let amount = Decimal::from(amount).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let digits = format!("{:.2}", amount.abs());
    let (whole, cents) = digits.split_once('.').unwrap_or((&digits, "00"));
    let mut grouped = String::new();
    if amount.is_sign_negative() && !amount.is_zero() {
        grouped.push('-');
    }
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            grouped.push(between);
        }
        grouped.push(digit);
    }
    grouped.push(before_cents);
    grouped.push_str(cents);
    grouped
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[String], and: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

/// The name of a month in a language that is written here.
fn month<'a>(day: Date, months: &[&'a str; 12]) -> &'a str {
    let position = usize::from(day.month().unsigned_abs().saturating_sub(1));
    months.get(position).copied().unwrap_or_default()
}
