use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sync_core::engine::{ProjectionKey, RecordId};

use super::MARKERS;

/// What an event tells. Its name on the wire, such as `invoice.issued`, never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventType {
    /// `invoice.issued`: an invoice, a credit note or a debit note was issued.
    InvoiceIssued,
    /// `invoice.unpaid`: an invoice or a debit note is to be collected.
    InvoiceUnpaid,
    /// `payment.received`: a receipt was issued.
    PaymentReceived,
    /// `estimate.follow_up`: an estimate waits for an answer.
    EstimateFollowUp,
    /// `draft.pending`: a draft was left lying.
    DraftPending,
    /// `delivery.scheduled`: goods are to be delivered.
    DeliveryScheduled,
    /// `customer.notes`: the notes of a customer.
    CustomerNotes,
    /// `customer.field_notes`: the second text of a customer.
    CustomerFieldNotes,
    /// One of your own. Colons and white space count as hyphens.
    Other(String),
}

/// The types that are known: each with its name, and with the end of its keys.
const KNOWN: [(EventType, &str, &str); 8] = [
    (EventType::InvoiceIssued, "invoice.issued", "issued"),
    (EventType::InvoiceUnpaid, "invoice.unpaid", "collect"),
    (EventType::PaymentReceived, "payment.received", "paid"),
    (EventType::EstimateFollowUp, "estimate.follow_up", "followup"),
    (EventType::DraftPending, "draft.pending", "draft"),
    (EventType::DeliveryScheduled, "delivery.scheduled", "delivery"),
    (EventType::CustomerNotes, "customer.notes", "notes"),
    (EventType::CustomerFieldNotes, "customer.field_notes", "field_notes"),
];

impl EventType {
    /// The types that there are, those of your own apart.
    pub fn known() -> impl Iterator<Item = Self> {
        KNOWN.into_iter().map(|(known, ..)| known)
    }

    /// Its name on the wire.
    pub fn name(&self) -> &str {
        match (self, KNOWN.iter().find(|(known, ..)| known == self)) {
            (Self::Other(name), _) => name,
            (_, Some((_, name, _))) => name,
            (_, None) => "",
        }
    }

    /// The type of the event with this id: `moloni:5:doc:42:issued` is [`InvoiceIssued`](Self::InvoiceIssued).
    pub fn of(event_id: &ProjectionKey) -> Self {
        let key = event_id.as_str();
        let end = key.rsplit(':').next().unwrap_or(key);
        let known = KNOWN.iter().find(|(.., known)| *known == end && key.starts_with(MARKERS));
        known.map_or_else(|| Self::Other(end.to_owned()), |(known, ..)| known.clone())
    }

    /// The id of this event of a document.
    pub fn id_of_document(&self, company: impl fmt::Display, document: impl fmt::Display) -> ProjectionKey {
        ProjectionKey::new(format!("{MARKERS}{company}:doc:{document}:{}", self.end()))
    }

    /// The id of this event of a customer.
    pub fn id_of_customer(&self, company: impl fmt::Display, customer: &RecordId) -> ProjectionKey {
        ProjectionKey::new(format!("{MARKERS}{company}:customer:{customer}:{}", self.end()))
    }

    /// What its keys end with.
    fn end(&self) -> String {
        match KNOWN.iter().find(|(known, ..)| known == self) {
            Some((.., end)) => (*end).to_owned(),
            None => self.name().replace(|c: char| c == ':' || c.is_whitespace(), "-"),
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EventType {
    type Err = Infallible;

    /// The type with this name on the wire.
    fn from_str(name: &str) -> Result<Self, Infallible> {
        let known = KNOWN.iter().find(|(_, known, _)| *known == name);
        Ok(known.map_or_else(|| Self::Other(name.to_owned()), |(known, ..)| known.clone()))
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(Self::from_str(&name).unwrap_or_else(|never| match never {}))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_ids_tell_the_type() {
        for (known, name, _) in KNOWN {
            assert_eq!((known.name(), known.to_string()), (name, name.to_owned()));
            assert_eq!(EventType::of(&known.id_of_document(5, 42)), known);
            assert_eq!(EventType::of(&known.id_of_customer(5, &RecordId::new(7))), known);
            assert_eq!(serde_json::to_value(&known).unwrap(), json!(name));
            assert_eq!(serde_json::from_value::<EventType>(json!(name)).unwrap(), known);
        }
        // Ids are in the CRM for ever: another one would be another record.
        let ids = KNOWN.map(|(known, ..)| known.id_of_document(5, 42).to_string());
        let ends = ["issued", "collect", "paid", "followup", "draft", "delivery", "notes", "field_notes"];
        assert_eq!(ids, ends.map(|end| format!("moloni:5:doc:42:{end}")));
        let notes = EventType::CustomerFieldNotes.id_of_customer(5, &RecordId::new(7));
        assert_eq!(notes.as_str(), "moloni:5:customer:7:field_notes");
    }

    #[test]
    fn a_type_of_ones_own_makes_a_key_that_is_a_marker() {
        let own = EventType::Other("large:sale made".to_owned());
        let id = own.id_of_document(5, 42);
        assert_eq!(id.as_str(), "moloni:5:doc:42:large-sale-made");
        assert_eq!(EventType::of(&id), EventType::Other("large-sale-made".to_owned()));
        assert_eq!(EventType::of(&ProjectionKey::new("erp:5:issued")), EventType::Other("issued".to_owned()));
        assert_eq!(EventType::of(&ProjectionKey::new("x")), EventType::Other("x".to_owned()));
    }
}
