//! What documents settle of each other.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::document_types::CREDIT_NOTE;
use super::documents::Document;
use super::params::Params;
use super::row::{Row, amount, id, row, to_decimal, wire};
use super::world::World;

/// A document that is to be settled.
pub(super) struct Link {
    pub(super) target: u64,
    /// What was entered to settle of it.
    pub(super) value: Option<Decimal>,
    pub(super) open: Decimal,
}

/// What is left to settle.
pub(super) fn open(document: &Document) -> Decimal {
    amount(&document.row, "net_value") - amount(&document.row, "reconciled_value")
}

impl World {
    /// The documents that `associated_documents` names, with what may still be settled of each.
    pub(super) fn links(&self, entered: &Row) -> Result<Vec<Link>, String> {
        let named = match entered.get("associated_documents") {
            Some(Value::Array(named)) => named.clone(),
            Some(_) => return Err("associated_documents: expected a list".to_owned()),
            None => Vec::new(),
        };
        let link = |entry: Value| {
            let fields = row(entry);
            let target = Params::entered(fields.clone()).id("associated_id");
            let found = self.documents.get(&target).ok_or("10 associated_id: no such document")?;
            Ok(Link { target, value: fields.get("value").and_then(to_decimal), open: open(found) })
        };
        named.into_iter().map(link).collect()
    }

    pub(super) fn link(&mut self, document: u64, links: &[Link], net: Decimal) {
        let mut left = net;
        let mut values = Vec::new();
        for link in links {
            let value = link.value.unwrap_or_else(|| link.open.min(left));
            left -= value;
            values.push(json!({ "associated_id": link.target, "value": wire(value) }));
            if let Some(target) = self.documents.get_mut(&link.target) {
                if let Some(Value::Array(back)) = target.row.get_mut("reverse_associated_documents") {
                    back.push(json!({ "document_id": document }));
                }
            }
        }
        if let Some(stored) = self.documents.get_mut(&document) {
            let listed = links.iter().map(|link| json!({ "associated_id": link.target })).collect();
            stored.row.insert("associated_documents".to_owned(), listed);
            stored.extra.insert("associated_documents".to_owned(), Value::Array(values));
        }
    }

    pub(super) fn unlink(&mut self, document: u64) {
        for other in self.documents.values_mut() {
            if let Some(Value::Array(back)) = other.row.get_mut("reverse_associated_documents") {
                back.retain(|link| link.get("document_id").and_then(Value::as_u64) != Some(document));
            }
        }
    }

    /// What the document settles: ids and values.
    pub(super) fn settled(&self, document: u64) -> Vec<(u64, Decimal)> {
        let Some(stored) = self.documents.get(&document) else { return Vec::new() };
        let links =
            stored.extra.get("associated_documents").and_then(Value::as_array).cloned().unwrap_or_default();
        links.into_iter().map(row).map(|link| (id(&link, "associated_id"), amount(&link, "value"))).collect()
    }

    /// Raises or lowers what is settled of the associated documents. It leaves their `lastmodified` alone: that
    /// is how the service behaves.
    pub(super) fn settle(&mut self, document: u64, sign: Decimal) {
        let is_credit = |d: &Document| id(&d.row, "document_type_id") == CREDIT_NOTE;
        let own = self.documents.get(&document).is_some_and(is_credit).then_some(document);
        for (target, value) in self.settled(document) {
            for settled in own.into_iter().chain([target]) {
                if let Some(stored) = self.documents.get_mut(&settled) {
                    let sum = amount(&stored.row, "reconciled_value") + sign * value;
                    stored.row.insert("reconciled_value".to_owned(), wire(sum));
                }
            }
        }
    }
}
