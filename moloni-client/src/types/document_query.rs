use std::fmt;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::DocumentStatus;
use crate::{CustomerId, DocumentSetId, SalesmanId, SupplierId};

/// Selects documents. Without any filter: all.
///
/// There is no filter for a range of days: read a [`year`](Self::year) and drop what you do not need.
///
/// ```
/// use moloni_client::CustomerId;
/// use moloni_client::types::DocumentQuery;
///
/// let query = DocumentQuery::new().customer_id(CustomerId::from(7)).year(2026);
/// # let _ = query;
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct DocumentQuery(Map<String, Value>);

impl DocumentQuery {
    /// Selects all documents.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects those of a customer.
    #[must_use]
    pub fn customer_id(self, id: CustomerId) -> Self {
        self.set("customer_id", id.get())
    }

    /// Selects those of a supplier.
    #[must_use]
    pub fn supplier_id(self, id: SupplierId) -> Self {
        self.set("supplier_id", id.get())
    }

    /// Selects those of a salesman.
    #[must_use]
    pub fn salesman_id(self, id: SalesmanId) -> Self {
        self.set("salesman_id", id.get())
    }

    /// Selects those of a series.
    #[must_use]
    pub fn document_set_id(self, id: DocumentSetId) -> Self {
        self.set("document_set_id", id.get())
    }

    /// Selects those with a number.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.set("number", number)
    }

    /// Selects those of one day. Documented as a number, it is a date.
    #[must_use]
    pub fn date(self, day: Date) -> Self {
        self.set("date", day.to_string())
    }

    /// Selects those that are due on one day.
    #[must_use]
    pub fn expiration_date(self, day: Date) -> Self {
        self.set("expiration_date", day.to_string())
    }

    /// Selects those of a year.
    #[must_use]
    pub fn year(self, year: i16) -> Self {
        self.set("year", year)
    }

    /// Selects those with this reference of the other party. Documented as a number, it is a text.
    #[must_use]
    pub fn your_reference(self, reference: impl Into<String>) -> Self {
        self.set("your_reference", reference.into())
    }

    /// Selects those with this reference of the company's own.
    #[must_use]
    pub fn our_reference(self, reference: impl Into<String>) -> Self {
        self.set("our_reference", reference.into())
    }

    /// Selects those of a status. Documented for the list of all documents only.
    #[must_use]
    pub fn status(self, status: DocumentStatus) -> Self {
        self.set("status", status.number())
    }

    pub(crate) fn into_params(self) -> Map<String, Value> {
        self.0
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Debug for DocumentQuery {
    /// Shows the names of the filters only: references may be personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_have_the_service_s_names_and_spellings() {
        let query = DocumentQuery::new()
            .customer_id(CustomerId::from(1))
            .supplier_id(SupplierId::from(2))
            .salesman_id(SalesmanId::from(3))
            .document_set_id(DocumentSetId::from(4))
            .number(35)
            .date(jiff::civil::date(2026, 1, 29))
            .expiration_date(jiff::civil::date(2026, 2, 28))
            .year(2026)
            .your_reference("A-1")
            .our_reference("B-2")
            .status(DocumentStatus::Closed);
        assert!(!format!("{query:?}").contains("A-1"));
        let expected = json!({
            "customer_id": 1, "supplier_id": 2, "salesman_id": 3, "document_set_id": 4, "number": 35,
            "date": "2026-01-29", "expiration_date": "2026-02-28", "year": 2026, "your_reference": "A-1",
            "our_reference": "B-2", "status": 1,
        });
        assert_eq!(Value::Object(query.into_params()), expected);
    }
}
