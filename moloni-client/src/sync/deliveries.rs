//! When and where goods are delivered. Lists do not show it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::engine::{Fault, Raw};

use crate::types::{Document, DocumentStatus};
use crate::value::instant;
use crate::{Client, DocumentId};

/// The fields that are kept.
const FIELDS: [&str; 4] = [
    "delivery_datetime",
    "delivery_destination_address",
    "delivery_destination_city",
    "delivery_destination_zip_code",
];

/// Whose delivery is read, and what was read.
///
/// What is issued cannot change, and so its delivery is read once for each time that it was issued: a change of status
/// moves `lastmodified`.
pub(super) struct Deliveries {
    codes: Vec<String>,
    days: u16,
    known: Mutex<BTreeMap<DocumentId, Known>>,
}

#[derive(Clone)]
struct Known {
    date: Date,
    lastmodified: Timestamp,
    delivery: Raw,
}

impl fmt::Debug for Deliveries {
    /// Leaves out where people live.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codes, days, .. } = self;
        let mut debug = f.debug_struct("Deliveries");
        debug.field("codes", codes).field("days", days).finish_non_exhaustive()
    }
}

impl Deliveries {
    pub(super) fn new(codes: Vec<String>, days: u16) -> Self {
        Self { codes, days, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The delivery of a document, `None` if it is none of those that it is read of.
    pub(super) async fn of(
        &self,
        client: &Client,
        document: &Document,
        now: Timestamp,
    ) -> Result<Option<Raw>, Fault> {
        let (id, lastmodified) = (document.document_id, document.lastmodified);
        let first = first_day(now, self.days);
        self.known().retain(|_, known| known.date >= first);
        if document.status == DocumentStatus::Draft || document.date < first || !self.names(document) {
            return Ok(None);
        }
        let delivery = if document.extra.contains_key("delivery_datetime") {
            delivery(document)
        } else {
            let known = self.known().get(&id).cloned();
            match known.filter(|known| known.lastmodified == lastmodified) {
                Some(known) => known.delivery,
                // What is gone meanwhile has no delivery either.
                None => client.documents().find_one(id).await?.as_ref().map(delivery).unwrap_or_default(),
            }
        };
        let known = Known { date: document.date, lastmodified, delivery: delivery.clone() };
        self.known().insert(id, known);
        Ok(Some(delivery))
    }

    fn names(&self, document: &Document) -> bool {
        self.codes.iter().any(|wanted| wanted == document.saft_code())
    }
}

fn first_day(now: Timestamp, days: u16) -> Date {
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    let span = jiff::Span::new().try_days(days);
    span.and_then(|span| today.checked_sub(span)).unwrap_or(Date::MIN)
}

/// What `getOne` tells of the delivery. A moment that cannot be read stays as it came.
fn delivery(detail: &Document) -> Raw {
    #[derive(Serialize, Deserialize)]
    struct Moment {
        #[serde(with = "instant::optional")]
        at: Option<Timestamp>,
    }
    let field = |name: &&str| {
        let value = detail.extra.get(*name).cloned().unwrap_or_default();
        ((*name).to_owned(), value)
    };
    let mut delivery: Raw = FIELDS.iter().map(field).collect();
    if let Some(value) = delivery.get_mut("delivery_datetime") {
        let read: Option<Moment> = serde_json::from_value(serde_json::json!({ "at": &*value })).ok();
        let written = read.and_then(|moment| serde_json::to_value(moment).ok());
        if let Some(at) = written.and_then(|mut moment| moment.get_mut("at").map(Value::take)) {
            *value = at;
        }
    }
    delivery
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(extra: &Value) -> Document {
        let mut row = json!({
            "document_id": 7, "company_id": 5, "document_type_id": 15, "document_set_id": 3, "number": 1,
            "date": "2026-07-01T00:00:00+0100", "lastmodified": "2026-07-01T10:00:00+0100", "status": 1,
        });
        for (name, value) in extra.as_object().unwrap() {
            row[name] = value.clone();
        }
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_moment_is_written_one_way_however_it_came() {
        for written in ["2026-07-02 09:00:00", "2026-07-02T08:00:00Z", "2026-07-02T09:00:00+0100"] {
            let read = delivery(&document(&json!({ "delivery_datetime": written })));
            assert_eq!(read["delivery_datetime"], "2026-07-02T09:00:00+0100", "{written}");
        }
        for nothing in [json!(null), json!(""), json!("0000-00-00 00:00:00")] {
            let read = delivery(&document(&json!({ "delivery_datetime": nothing })));
            assert_eq!(read["delivery_datetime"], Value::Null, "{nothing}");
        }
        let read = delivery(&document(&json!({ "delivery_datetime": "amanhã" })));
        assert_eq!(read["delivery_datetime"], "amanhã", "nothing is lost");
    }

    #[test]
    fn the_type_is_known_by_its_code_and_else_by_its_number() {
        let deliveries = Deliveries::new(vec!["GT".to_owned(), "GR".to_owned()], 60);
        assert!(deliveries.names(&document(&json!({}))), "15 is GT");
        let named =
            json!({ "document_type_id": 99, "document_type": { "document_type_id": 99, "saft_code": "GR" } });
        assert!(deliveries.names(&document(&named)));
        assert!(!deliveries.names(&document(&json!({ "document_type_id": 1 }))));
    }
}
