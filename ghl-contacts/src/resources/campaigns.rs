use serde_json::json;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{CampaignId, ContactId};
use crate::version::ApiVersion;

const ADD: Operation = Operation::new(
    "campaigns.add",
    Method::POST,
    "/contacts/{contactId}/campaigns/{campaignId}",
    Idempotency::NotIdempotent,
);
const REMOVE: Operation = Operation::new(
    "campaigns.remove",
    Method::DELETE,
    "/contacts/{contactId}/campaigns/{campaignId}",
    Idempotency::Idempotent,
);
const REMOVE_ALL: Operation = Operation::new(
    "campaigns.remove_all",
    Method::DELETE,
    "/contacts/{contactId}/campaigns/removeAll",
    Idempotency::Idempotent,
);
const REMOVE_ALL_V3: Operation = Operation::new(
    "campaigns.remove_all",
    Method::DELETE,
    "/contacts/{contactId}/campaigns/remove-all",
    Idempotency::Idempotent,
);

/// The campaigns of a contact. From [`Client::campaigns`].
///
/// The API has no call that tells which they are.
///
/// ```no_run
/// # use ghl_contacts::{CampaignId, Client, ContactId};
/// # async fn run(client: Client, ana: ContactId, spring: CampaignId) -> Result<(), ghl_contacts::Error> {
/// client.campaigns(&ana).add(&spring).await?;
/// client.campaigns(&ana).remove_all().await?;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Campaigns<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

impl Campaigns<'_> {
    /// Adds the contact to a campaign.
    ///
    /// `POST /contacts/{contactId}/campaigns/{campaignId}`, scope `contacts.write`. Not idempotent: nobody says what a
    /// second call does.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or campaign.
    pub async fn add(self, campaign: &CampaignId) -> Result<(), Error> {
        // The description calls a body required and gives it no fields.
        let request = self.client.request(&ADD, &json!({}));
        let request = request.arg("contactId", self.contact).arg("campaignId", campaign);
        self.client.send_done(&ADD, request).await
    }

    /// Removes the contact from a campaign.
    ///
    /// `DELETE /contacts/{contactId}/campaigns/{campaignId}`, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or campaign.
    pub async fn remove(self, campaign: &CampaignId) -> Result<(), Error> {
        let request = Request::new(&REMOVE).arg("contactId", self.contact).arg("campaignId", campaign);
        self.client.delete(&REMOVE, request).await
    }

    /// Removes the contact from all campaigns.
    ///
    /// `DELETE /contacts/{contactId}/campaigns/removeAll`, in v3 `…/remove-all`, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn remove_all(self) -> Result<(), Error> {
        let operation =
            if self.client.version_of(&REMOVE_ALL) == ApiVersion::V3 { &REMOVE_ALL_V3 } else { &REMOVE_ALL };
        let request = Request::new(operation).arg("contactId", self.contact);
        self.client.send_done(operation, request).await
    }
}
