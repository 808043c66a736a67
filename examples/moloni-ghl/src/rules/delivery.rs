use sync_core::jiff::civil::Date;
use sync_core::jiff::tz::TimeZone;
use sync_core::jiff::{SignedDuration, Timestamp};

use super::{Consequence, Delivery, DocumentFact, EventRule, EventType, Words};

/// A delivery that a document names becomes an appointment. It moves with the document, and is called off when that is
/// annulled, taken back, or issued again without a delivery. One that is over is not entered any more.
///
/// Lists of documents do not show deliveries: each document of the types that are looked at costs one request more. See
/// [`DocumentFacts::deliveries`](moloni_client::sync::DocumentFacts::deliveries).
#[derive(Debug, Clone)]
pub struct DeliveryAppointment {
    calendar: String,
    duration: SignedDuration,
    codes: Vec<String>,
    assigned_to: Option<String>,
}

/// The types by which goods go to a customer: invoices of all sorts, delivery notes, bills of lading, consignments.
const CODES: [&str; 6] = ["FT", "FR", "FS", "GR", "GT", "GC"];

impl DeliveryAppointment {
    /// The rule: appointments of that length in that calendar.
    pub fn new(calendar: impl Into<String>, duration: SignedDuration) -> Self {
        Self {
            calendar: calendar.into(),
            duration,
            codes: CODES.map(str::to_owned).into(),
            assigned_to: None,
        }
    }

    /// Sets the codes of the types that are looked at. Default: `FT`, `FR`, `FS`, `GR`, `GT` and `GC`.
    #[must_use]
    pub fn types(mut self, codes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.codes = codes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the user whose appointments these are. A calendar with several people needs one.
    #[must_use]
    pub fn assigned_to(mut self, user: impl Into<String>) -> Self {
        self.assigned_to = Some(user.into());
        self
    }

    fn appointment(
        &self,
        fact: &DocumentFact,
        at: Timestamp,
        address: &str,
        words: &dyn Words,
    ) -> Consequence {
        let title = words.delivery_title(fact);
        let appointment = Consequence::appointment(self.calendar.as_str(), title, at, self.duration)
            .field("description", words.delivery_body(fact))
            .field("address", address);
        match &self.assigned_to {
            Some(user) => appointment.field("assignedUserId", user.as_str()),
            None => appointment,
        }
    }
}

impl EventRule for DeliveryAppointment {
    fn event_type(&self) -> EventType {
        EventType::DeliveryScheduled
    }

    fn delivery_codes(&self) -> &[String] {
        &self.codes
    }

    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, today: Date) -> Option<Consequence> {
        if !self.codes.iter().any(|code| code == fact.code()) {
            return None;
        }
        match &fact.delivery {
            Delivery::Scheduled { at, address } => {
                let appointment = self.appointment(fact, *at, address, words);
                let is_over = TimeZone::UTC.to_datetime(*at).date() < today;
                Some(if fact.is_annulled() {
                    appointment.void()
                } else if is_over {
                    appointment.done()
                } else {
                    appointment
                })
            }
            Delivery::None => Some(Consequence::no_appointment()),
            Delivery::Unknown if fact.is_draft() => Some(Consequence::no_appointment()),
            // It has become too old to be asked about: what is there stays.
            Delivery::Unknown => None,
        }
    }
}
