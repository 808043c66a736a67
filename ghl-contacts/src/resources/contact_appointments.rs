use serde::Deserialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::ContactId;
use crate::types::{ContactEvent, null_as_default};

const LIST: Operation = Operation::new(
    "contact_appointments.list",
    Method::GET,
    "/contacts/{contactId}/appointments",
    Idempotency::Safe,
);

/// The appointments of a contact. From [`Client::contact_appointments`].
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactId, jiff::tz::TimeZone};
/// # async fn run(client: Client, ana: ContactId) -> Result<(), Box<dyn std::error::Error>> {
/// let zone = TimeZone::get(client.identity().await?.timezone.as_deref().unwrap_or("UTC"))?;
/// for appointment in client.contact_appointments(&ana).list().await? {
///     println!("{:?} {:?}", appointment.starts_at(&zone), appointment.title);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct ContactAppointments<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

#[derive(Deserialize)]
struct Many {
    #[serde(default, deserialize_with = "null_as_default")]
    events: Vec<ContactEvent>,
}

impl ContactAppointments<'_> {
    /// Lists all appointments of the contact; the service does not page them. Their times have no zone: see
    /// [`ContactEvent`].
    ///
    /// `GET /contacts/{contactId}/appointments`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn list(self) -> Result<Vec<ContactEvent>, Error> {
        let many: Many = self.client.send(&LIST, Request::new(&LIST).arg("contactId", self.contact)).await?;
        Ok(many.events)
    }
}
