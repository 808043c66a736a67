use serde_json::Value;
use sync_core::engine::{Life, ProjectionKey, Raw, Wanted};
use sync_core::jiff::civil::Date;
use sync_core::jiff::{SignedDuration, Timestamp};

use super::{APPOINTMENTS, NOTES, TASKS};

/// What an event becomes in the CRM: a note, a task or an appointment under the contact.
///
/// It is there as long as the event holds. Once it is [`done`](Self::done) or [`void`](Self::void), what is there is brought
/// up to date, and what is not there is not made any more. What a person has edited is theirs.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Consequence {
    into: String,
    fields: Raw,
    life: Life,
    again_on: Option<Date>,
}

impl Consequence {
    /// A record in a collection of this name, with these fields of it.
    pub fn new(into: impl Into<String>, fields: Raw) -> Self {
        Self { into: into.into(), fields, life: Life::Open, again_on: None }
    }

    /// A note.
    pub fn note(body: impl Into<String>) -> Self {
        Self::new(NOTES, Raw::new()).field("body", body.into())
    }

    /// A task, which is due at noon in UTC: on the same day everywhere from Honolulu to Auckland.
    pub fn task(title: impl Into<String>, body: impl Into<String>, due: Date) -> Self {
        Self::new(TASKS, Raw::new())
            .field("title", title.into())
            .field("body", body.into())
            .field("dueDate", format!("{due}T12:00:00Z"))
            .field("completed", false)
    }

    /// A confirmed appointment in a calendar.
    pub fn appointment(
        calendar: impl Into<String>,
        title: impl Into<String>,
        start: Timestamp,
        duration: SignedDuration,
    ) -> Self {
        let end = start.checked_add(duration).unwrap_or(start);
        Self::new(APPOINTMENTS, Raw::new())
            .field("calendarId", calendar.into())
            .field("title", title.into())
            .field("startTime", start.to_string())
            .field("endTime", end.to_string())
            .field("appointmentStatus", "confirmed")
    }

    /// An appointment that is called off, if it is there, and whose other fields stay.
    pub fn no_appointment() -> Self {
        Self::new(APPOINTMENTS, Raw::new()).void()
    }

    /// Sets a field by its name in the collection.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// It has served its purpose. A task is completed.
    pub fn done(mut self) -> Self {
        self.life = Life::Done;
        if self.into == TASKS { self.field("completed", true) } else { self }
    }

    /// Its fact does not hold any more. A task is completed, an appointment called off.
    pub fn void(self) -> Self {
        let mut void = self.done();
        void.life = Life::Void;
        if void.into == APPOINTMENTS { void.field("appointmentStatus", "cancelled") } else { void }
    }

    /// Asks the rule again on that day, in UTC, though the fact does not change.
    pub fn again_on(mut self, day: Date) -> Self {
        self.again_on = Some(day);
        self
    }

    /// The moment at which the rule is asked again.
    pub(super) fn recheck_at(&self) -> Option<Timestamp> {
        let day = self.again_on?;
        day.to_zoned_datetime(sync_core::jiff::tz::TimeZone::UTC).ok().map(|start| start.timestamp())
    }

    pub(super) fn wanted(self, key: ProjectionKey) -> Wanted {
        Wanted { key, into: self.into, fields: self.fields, life: self.life }
    }
}
