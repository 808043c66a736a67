//! What is said in Portuguese, as in Portugal.

use moloni_client::Amount;
use sync_core::jiff::civil::Date;

use super::super::DocumentFact;
use super::super::fact::days_after;
use super::{Words, grouped, listed, month};

const MONTHS: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

pub(super) fn document_type<W: Words + ?Sized>(_: &W, fact: &DocumentFact) -> String {
    let name = match fact.code() {
        "FT" => "Fatura",
        "FR" => "Fatura-recibo",
        "FS" => "Fatura simplificada",
        "NC" => "Nota de crédito",
        "ND" => "Nota de débito",
        "RE" => "Recibo",
        "OR" => "Orçamento",
        "PF" => "Fatura pró-forma",
        "NE" => "Nota de encomenda",
        "GT" => "Guia de transporte",
        "GR" => "Guia de remessa",
        "GC" => "Guia de consignação",
        _ => "Documento",
    };
    name.to_owned()
}

/// Whether the name of its type is masculine.
fn is_masculine(fact: &DocumentFact) -> bool {
    !matches!(fact.code(), "FT" | "FR" | "FS" | "NC" | "ND" | "PF" | "NE" | "GT" | "GR" | "GC")
}

/// The ending of a participle that goes with its type.
fn ending(fact: &DocumentFact) -> char {
    if is_masculine(fact) { 'o' } else { 'a' }
}

pub(super) fn date<W: Words + ?Sized>(_: &W, day: Date) -> String {
    format!("{} de {} de {}", day.day(), month(day, &MONTHS), day.year())
}

pub(super) fn money<W: Words + ?Sized>(_: &W, amount: Amount) -> String {
    format!("{} EUR", grouped(amount, ' ', ','))
}

pub(super) fn reference<W: Words + ?Sized>(_: &W, fact: &DocumentFact) -> String {
    match fact.document.number {
        Some(number) => format!("{} {}/{number}", fact.code(), fact.document.document_set_name),
        None => format!("{} {} (rascunho)", fact.code(), fact.document.document_set_name),
    }
}

pub(super) fn issued<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (what, which, end) = (words.document_type(fact), words.reference(fact), ending(fact));
    let (on, total) = (words.date(fact.document.date), words.money(fact.document.net_value));
    let due = fact.document.expiration_date.map(|due| format!(", a pagar até {}", words.date(due)));
    format!("{what} {which} emitid{end} em {on}: {total}{}.", due.unwrap_or_default())
}

pub(super) fn annulled<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Anulad{} em {}.", ending(fact), words.date(fact.changed_on))
}

pub(super) fn taken_back<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (what, total) = (words.document_type(fact), words.money(fact.document.net_value));
    format!("{what} de {total}: voltou a rascunho em {}.", words.date(fact.changed_on))
}

pub(super) fn collect_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (which, end) = (words.reference(fact), ending(fact));
    if fact.document.is_unpaid() {
        format!("Cobrar {which}: {}", words.money(fact.document.open_value()))
    } else if fact.is_annulled() {
        format!("Nada a cobrar: {which} foi anulad{end}")
    } else if fact.is_draft() {
        format!("Nada a cobrar: {which}")
    } else {
        format!("{which} está pag{end}")
    }
}

pub(super) fn collect_body<W: Words + ?Sized>(
    words: &W,
    fact: &DocumentFact,
    overdue: Option<u16>,
) -> String {
    let (total, open) = (words.money(fact.document.net_value), words.money(fact.document.open_value()));
    let sums = format!("Total: {total}. Por pagar: {open}.");
    if !fact.document.is_unpaid() {
        return sums;
    }
    let due = words.date(fact.due());
    let Some(days) = overdue else { return format!("{sums}\nData de vencimento: {due}.") };
    let (unit, then) = (if days == 1 { "dia" } else { "dias" }, days_after(fact.due(), i64::from(days)));
    format!("{sums}\nVenceu em {due}; em {} estava {days} {unit} em atraso.", words.date(then))
}

pub(super) fn payment<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (sum, which) = (words.money(fact.document.net_value), words.reference(fact));
    let changed = words.date(fact.changed_on);
    if fact.is_draft() {
        return format!("Pagamento de {sum}: o recibo voltou a rascunho em {changed}.");
    }
    let settled = match fact.settled.as_slice() {
        [] => String::new(),
        settled => format!(", referente a {}", listed(settled, "e")),
    };
    let received = words.date(fact.document.date);
    let told = format!("Pagamento de {sum} recebido em {received}{settled} ({which}).");
    if fact.is_annulled() {
        format!("{told}\nRecibo anulado em {changed}: o valor volta a estar por pagar.")
    } else {
        told
    }
}

pub(super) fn follow_up_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (which, total) = (words.reference(fact), words.money(fact.document.net_value));
    format!("Dar seguimento ao orçamento {which}: {total}")
}

pub(super) fn follow_up_body<W: Words + ?Sized>(words: &W, fact: &DocumentFact, has_expired: bool) -> String {
    let valid = fact.document.expiration_date.map(|due| format!(", válido até {}", words.date(due)));
    let body = format!("Orçamento de {}{}.", words.date(fact.document.date), valid.unwrap_or_default());
    if fact.is_annulled() {
        format!("{body}\n{}", words.annulled(fact))
    } else if fact.is_draft() {
        format!("{body}\nVoltou a rascunho em {}.", words.date(fact.changed_on))
    } else if fact.is_referenced() {
        format!("{body}\nDeu origem a outro documento.")
    } else if has_expired {
        format!("{body}\nExpirou sem resposta.")
    } else {
        body
    }
}

pub(super) fn draft_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Rascunho pendente: {}, {}", words.document_type(fact), words.money(fact.document.net_value))
}

pub(super) fn draft_body<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let series = &fact.document.document_set_name;
    if fact.is_draft() {
        let since = words.date(fact.changed_on);
        format!("Série {series}, sem alterações desde {since}. Emita-o no Moloni ou elimine-o.")
    } else {
        format!("Emitid{} como {}.", ending(fact), words.reference(fact))
    }
}

pub(super) fn delivery_title<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    format!("Entrega {}", words.reference(fact))
}

pub(super) fn delivery_body<W: Words + ?Sized>(words: &W, fact: &DocumentFact) -> String {
    let (what, which) = (words.document_type(fact), words.reference(fact));
    format!("{what} {which} de {}.", words.date(fact.document.date))
}

pub(super) fn customer_notes<W: Words + ?Sized>(_: &W, text: &str) -> String {
    under("Observações no Moloni:", text)
}

pub(super) fn customer_field_notes<W: Words + ?Sized>(_: &W, text: &str) -> String {
    under("Observações para documentos no Moloni:", text)
}

fn under(heading: &str, text: &str) -> String {
    if text.is_empty() { format!("{heading} (apagadas)") } else { format!("{heading}\n{text}") }
}
