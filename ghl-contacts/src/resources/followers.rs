use serde_json::json;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{ContactId, UserId};
use crate::types::FollowersChange;

const ADD: Operation =
    Operation::new("followers.add", Method::POST, "/contacts/{contactId}/followers", Idempotency::Idempotent);
const REMOVE: Operation = Operation::new(
    "followers.remove",
    Method::DELETE,
    "/contacts/{contactId}/followers",
    Idempotency::Idempotent,
);

/// The users who follow a contact. From [`Client::followers`].
///
/// Who follows it is in [`Contact::followers`](crate::Contact::followers).
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactId, UserId};
/// # async fn run(client: Client, ana: ContactId, rui: UserId) -> Result<(), ghl_contacts::Error> {
/// let change = client.followers(&ana).add([rui.clone()]).await?;
/// if change.changed.is_empty() {
///     println!("Rui followed her before");
/// }
/// client.followers(&ana).remove([rui]).await?;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Followers<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

impl Followers<'_> {
    /// Adds followers.
    ///
    /// `POST /contacts/{contactId}/followers`, scope `contacts.write`. Idempotent. The service answers 201.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn add(
        self,
        users: impl IntoIterator<Item = impl Into<UserId>>,
    ) -> Result<FollowersChange, Error> {
        self.change(&ADD, users.into_iter().map(Into::into).collect()).await
    }

    /// Removes followers.
    ///
    /// `DELETE /contacts/{contactId}/followers` with a body, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn remove(
        self,
        users: impl IntoIterator<Item = impl Into<UserId>>,
    ) -> Result<FollowersChange, Error> {
        self.change(&REMOVE, users.into_iter().map(Into::into).collect()).await
    }

    async fn change(self, operation: &Operation, users: Vec<UserId>) -> Result<FollowersChange, Error> {
        let request = self.client.request(operation, &json!({ "followers": users }));
        self.client.send(operation, request.arg("contactId", self.contact)).await
    }
}
