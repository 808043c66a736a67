//! What is said in English.

use moloni_client::Amount;
use sync_core::jiff::civil::Date;

use super::super::DocumentFact;
use super::super::fact::days_after;
use super::{Words, grouped, listed, month};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn document_type<W: Words + ?Sized>(_: &W, fact: &DocumentFact) -> String {
    let name = match fact.code() {
        "FT" => "Invoice",
        "FR" => "Invoice-receipt",
        "FS" => "Simplified invoice",
        "NC" => "Credit note",
        "ND" => "Debit note",
        "RE" => "Receipt",
        "OR" => "Estimate",
        "PF" => "Pro-forma invoice",
        "NE" => "Order",
        "GT" => "Bill of lading",
        "GR" => "Delivery note",
        "GC" => "Consignment note",
        _ => "Document",
    };
    name.to_owned()
}

pub(super) fn date<W: Words + ?Sized>(_: &W, day: Date) -> String {
    format!("{} {} {}", day.day(), month(day, &MONTHS), day.year())
}

pub(super) fn money<W: Words + ?Sized>(_: &W, amount: Amount) -> String {
    format!("{} EUR", grouped(amount, ',', '.'))
}

pub(super) fn reference<W: Words + ?Sized>(_: &W, fact: &DocumentFact) -> String {
    match fact.document.number {
        Some(number) => format!("{} {}/{number}", fact.code(), fact.document.document_set_name),
        None => format!("{} {} (draft)", fact.code(), fact.document.document_set_name),
    }
}

pub(super) fn issued<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (what, which) = (words.document_type(fact), words.reference(fact));
    let (on, total) = (words.date(fact.document.date), words.money(fact.document.net_value));
    let due = fact.document.expiration_date.map(|due| format!(", due on {}", words.date(due)));
    format!("{what} {which} issued on {on}: {total}{}.", due.unwrap_or_default())
}

pub(super) fn annulled<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Annulled on {}.", words.date(fact.changed_on))
}

pub(super) fn taken_back<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (what, total) = (words.document_type(fact), words.money(fact.document.net_value));
    format!("{what} of {total}: taken back to a draft on {}.", words.date(fact.changed_on))
}

pub(super) fn collect_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let which = words.reference(fact);
    if fact.document.is_unpaid() {
        format!("Collect {which}: {}", words.money(fact.document.open_value()))
    } else if fact.is_annulled() {
        format!("Nothing to collect: {which} was annulled")
    } else if fact.is_draft() {
        format!("Nothing to collect: {which}")
    } else {
        format!("{which} is paid")
    }
}

pub(super) fn collect_body<W: Words + ?Sized>(
    words: &W,
    fact: &DocumentFact,
    overdue: Option<u16>,
) -> String {
    let (total, open) = (words.money(fact.document.net_value), words.money(fact.document.open_value()));
    let sums = format!("Total {total}, open {open}.");
    if !fact.document.is_unpaid() {
        return sums;
    }
    let due = words.date(fact.due());
    let Some(days) = overdue else { return format!("{sums}\nDue on {due}.") };
    let (unit, then) = (if days == 1 { "day" } else { "days" }, days_after(fact.due(), i64::from(days)));
    format!("{sums}\nDue on {due}; {days} {unit} overdue on {}.", words.date(then))
}

pub(super) fn payment<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (sum, which) = (words.money(fact.document.net_value), words.reference(fact));
    let changed = words.date(fact.changed_on);
    if fact.is_draft() {
        return format!("Payment of {sum}: its receipt was taken back to a draft on {changed}.");
    }
    let settled = match fact.settled.as_slice() {
        [] => String::new(),
        settled => format!(" for {}", listed(settled, "and")),
    };
    let received = words.date(fact.document.date);
    let told = format!("Payment of {sum} received on {received}{settled} ({which}).");
    if fact.is_annulled() {
        format!("{told}\nReceipt annulled on {changed}: what it settled is open again.")
    } else {
        told
    }
}

pub(super) fn follow_up_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Follow up estimate {}: {}", words.reference(fact), words.money(fact.document.net_value))
}

pub(super) fn follow_up_body<W: Words + ?Sized>(words: &W, fact: &DocumentFact, has_expired: bool) -> String {
    let valid = fact.document.expiration_date.map(|due| format!(", valid until {}", words.date(due)));
    let body = format!("Estimate of {}{}.", words.date(fact.document.date), valid.unwrap_or_default());
    if fact.is_annulled() {
        format!("{body}\n{}", words.annulled(fact))
    } else if fact.is_draft() {
        format!("{body}\nTaken back to a draft on {}.", words.date(fact.changed_on))
    } else if fact.is_referenced() {
        format!("{body}\nAnother document follows from it.")
    } else if has_expired {
        format!("{body}\nIt expired without an answer.")
    } else {
        body
    }
}

pub(super) fn draft_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Draft pending: {}, {}", words.document_type(fact), words.money(fact.document.net_value))
}

pub(super) fn draft_body<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let series = &fact.document.document_set_name;
    if fact.is_draft() {
        let since = words.date(fact.changed_on);
        format!("Series {series}, untouched since {since}. Issue it in Moloni, or delete it.")
    } else {
        format!("Issued as {}.", words.reference(fact))
    }
}

pub(super) fn delivery_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Delivery {}", words.reference(fact))
}

pub(super) fn delivery_body<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (what, which) = (words.document_type(fact), words.reference(fact));
    format!("{what} {which} of {}.", words.date(fact.document.date))
}

pub(super) fn customer_notes<W: Words + ?Sized>(_: &W, text: &str) -> String {
    under("Notes in Moloni:", text)
}

pub(super) fn customer_field_notes<W: Words + ?Sized>(_: &W, text: &str) -> String {
    under("Notes for documents in Moloni:", text)
}

fn under(heading: &str, text: &str) -> String {
    if text.is_empty() { format!("{heading} (cleared)") } else { format!("{heading}\n{text}") }
}
