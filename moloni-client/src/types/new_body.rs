//! What all documents to write have in common.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{NewAssociation, NewLine, NewPayment};
use crate::issuing::Key;
use crate::{Amount, CustomerId, DocumentId, DocumentSetId};

/// What a new document of any type consists of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    values: Map<String, Value>,
    customer: Option<CustomerId>,
    pub(super) lines: Vec<NewLine>,
    pub(super) associations: Vec<NewAssociation>,
    pub(super) payments: Vec<NewPayment>,
}

/// What a type of document insists on, beyond what its constructor asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    pub(crate) lines: bool,
    pub(crate) associations: bool,
    pub(crate) credits: bool,
}

pub(super) const LINES: Demands = Demands { lines: true, associations: false, credits: false };
pub(super) const SETTLES: Demands = Demands { lines: false, associations: true, credits: false };
pub(super) const CREDITS: Demands = Demands { lines: true, associations: true, credits: true };

impl Body {
    pub(super) fn new(date: Date, set: DocumentSetId) -> Self {
        let mut body = Self::default();
        body.set("date", date.to_string());
        body.set("document_set_id", set.get());
        body
    }

    pub(super) fn of(mut self, customer: CustomerId) -> Self {
        self.set("customer_id", customer.get());
        self.customer = Some(customer);
        self
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    pub(super) fn put(&mut self, record: &impl Serialize) {
        if let Ok(Value::Object(fields)) = serde_json::to_value(record) {
            self.values.extend(fields);
        }
    }

    pub(super) fn amount(&mut self, name: &str, amount: impl Into<Amount>) {
        self.set(name, json!(amount.into()));
    }

    /// The whole body, if nothing is wrong with it as far as that shows here.
    pub(crate) fn checked(&self, demands: Demands) -> Result<Map<String, Value>, String> {
        let bonus = self.values.contains_key("rappel");
        if demands.lines && self.lines.is_empty() {
            return Err("it has no lines".to_owned());
        }
        for (at, line) in self.lines.iter().enumerate() {
            line.check().map_err(|why| format!("line {}: {why}", at + 1))?;
            if demands.credits && !bonus && !line.credits() {
                return Err(format!("line {}: it does not say which line it credits", at + 1));
            }
        }
        if demands.associations && !bonus && self.associations.is_empty() {
            return Err("it does not say which documents it settles or credits".to_owned());
        }
        let mut all = self.values.clone();
        let lists = [
            ("products", self.lines.is_empty(), json!(self.lines)),
            ("associated_documents", self.associations.is_empty(), json!(self.associations)),
            ("payments", self.payments.is_empty(), json!(self.payments)),
        ];
        all.extend(
            lists.into_iter().filter(|(_, none, _)| !none).map(|(name, _, list)| (name.to_owned(), list)),
        );
        Ok(all)
    }

    /// The documents that it settles, credits or derives from.
    pub(crate) fn associated(&self) -> BTreeSet<DocumentId> {
        self.associations.iter().map(|link| link.associated_id).collect()
    }

    pub(crate) fn customer(&self) -> Option<CustomerId> {
        self.customer
    }

    fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// What it can be found again by: the reference in `field`, or without one what it settles. `None` if it does not
    /// have that.
    pub(crate) fn key(&self, field: Option<&'static str>) -> Option<Key> {
        if let Some(field) = field {
            let text = self.text(field);
            return (!text.is_empty()).then(|| Key::Reference { field, text: text.to_owned() });
        }
        let total = serde_json::from_value(self.values.get("net_value")?.clone()).ok()?;
        Some(Key::Settles { day: self.text("date").parse().ok()?, total, documents: self.associated() })
    }
}

/// A body of one of the types of document.
pub trait NewDocument: Sync {
    #[doc(hidden)]
    const DEMANDS: Demands;
    #[doc(hidden)]
    fn body(&self) -> &Body;
}
