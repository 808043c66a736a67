use jiff::ZonedDateTime;
use serde::Serialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{ContactId, WorkflowId};

const ADD: Operation = Operation::new(
    "workflows.add",
    Method::POST,
    "/contacts/{contactId}/workflow/{workflowId}",
    Idempotency::NotIdempotent,
);
const REMOVE: Operation = Operation::new(
    "workflows.remove",
    Method::DELETE,
    "/contacts/{contactId}/workflow/{workflowId}",
    Idempotency::Idempotent,
);

/// The workflows of a contact. From [`Client::workflows`].
///
/// The API has no call that tells which they are, but a search can ask for the contacts of one.
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactId, WorkflowId};
/// # async fn run(client: Client, ana: ContactId, welcome: WorkflowId) -> Result<(), ghl_contacts::Error> {
/// // Whoever is in it already stays where they are: take them out first, to start again.
/// client.workflows(&ana).remove(&welcome).await?;
/// client.workflows(&ana).add(&welcome).await?;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Workflows<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_start_time: Option<String>,
}

impl Workflows<'_> {
    /// Puts the contact into a workflow.
    ///
    /// `POST /contacts/{contactId}/workflow/{workflowId}`, scope `contacts.write`. Not idempotent: a contact that is through
    /// may start again.
    ///
    /// Success does not mean that anything happens: the service says the same for a workflow that is a draft, and for
    /// a contact that is in it already, which it leaves where it is. To start again, [`remove`](Self::remove) first.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or workflow.
    pub async fn add(self, workflow: &WorkflowId) -> Result<(), Error> {
        self.client.send_done(&ADD, self.request(&ADD, workflow, None)).await
    }

    /// Puts the contact into a workflow that counts from an event, and says when that is.
    ///
    /// `POST /contacts/{contactId}/workflow/{workflowId}`, scope `contacts.write`. Not idempotent. As [`add`](Self::add).
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, ContactId, WorkflowId, jiff::ZonedDateTime};
    /// # async fn run(client: Client, ana: ContactId, workflow: WorkflowId) -> Result<(), Box<dyn std::error::Error>> {
    /// let start: ZonedDateTime = "2026-03-01T11:00:00+01:00[+01:00]".parse()?;
    /// client.workflows(&ana).add_at(&workflow, &start).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn add_at(self, workflow: &WorkflowId, start: &ZonedDateTime) -> Result<(), Error> {
        self.client.send_done(&ADD, self.request(&ADD, workflow, Some(start))).await
    }

    /// Takes the contact out of a workflow.
    ///
    /// `DELETE /contacts/{contactId}/workflow/{workflowId}` with a body, scope `contacts.write`. Idempotent: if the answer
    /// to a first request was lost, "not found" by the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or workflow.
    pub async fn remove(self, workflow: &WorkflowId) -> Result<(), Error> {
        self.client.delete(&REMOVE, self.request(&REMOVE, workflow, None)).await
    }

    /// Takes the contact out of a workflow that counts from an event at this time.
    ///
    /// `DELETE /contacts/{contactId}/workflow/{workflowId}` with a body, scope `contacts.write`. Idempotent. As
    /// [`remove`](Self::remove).
    ///
    /// # Errors
    ///
    /// As [`remove`](Self::remove).
    pub async fn remove_at(self, workflow: &WorkflowId, start: &ZonedDateTime) -> Result<(), Error> {
        self.client.delete(&REMOVE, self.request(&REMOVE, workflow, Some(start))).await
    }

    fn request(self, operation: &Operation, workflow: &WorkflowId, start: Option<&ZonedDateTime>) -> Request {
        let event_start_time = start.map(|start| start.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
        let request = self.client.request(operation, &Start { event_start_time });
        request.arg("contactId", self.contact).arg("workflowId", workflow)
    }
}
