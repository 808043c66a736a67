use serde::{Deserialize, Serialize};
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::ContactId;
use crate::types::null_as_default;

const ADD: Operation =
    Operation::new("tags.add", Method::POST, "/contacts/{contactId}/tags", Idempotency::Idempotent);
const REMOVE: Operation =
    Operation::new("tags.remove", Method::DELETE, "/contacts/{contactId}/tags", Idempotency::Idempotent);

/// The tags of a contact. From [`Client::tags`].
///
/// Both calls touch only the tags they name; there is no call here that replaces all of them.
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactId};
/// # async fn run(client: Client, ana: ContactId) -> Result<(), ghl_contacts::Error> {
/// let now = client.tags(&ana).add(["Customer", "north"]).await?;
/// assert!(now.contains(&"customer".to_owned()));
/// client.tags(&ana).remove(["prospect"]).await?;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Tags<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

#[derive(Serialize, Deserialize)]
struct TagList {
    #[serde(default, deserialize_with = "null_as_default")]
    tags: Vec<String>,
}

impl Tags<'_> {
    /// Adds tags and gives all that the contact then has.
    ///
    /// `POST /contacts/{contactId}/tags`, scope `contacts.write`. Idempotent. The service trims tags and keeps them
    /// in lower case.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn add(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Result<Vec<String>, Error> {
        self.change(&ADD, tags.into_iter().map(Into::into).collect()).await
    }

    /// Removes tags and gives all that the contact then has.
    ///
    /// `DELETE /contacts/{contactId}/tags` with a body, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn remove(
        self,
        tags: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Vec<String>, Error> {
        self.change(&REMOVE, tags.into_iter().map(Into::into).collect()).await
    }

    async fn change(self, operation: &Operation, tags: Vec<String>) -> Result<Vec<String>, Error> {
        let request = Request::new(operation).arg("contactId", self.contact).json(&TagList { tags });
        let list: TagList = self.client.send(operation, request).await?;
        Ok(list.tags)
    }
}
