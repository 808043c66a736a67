use serde::{Deserialize, Serialize};
use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{BusinessId, ContactId, LocationId};
use crate::interrupted::Interrupted;
use crate::types::{BulkTagged, TagChange, WireTagged, null_as_default};

// Two paths that the description writes as one with a placeholder: a placeholder is where an id of a record goes.
const ADD_TAGS: Operation =
    Operation::new("tags.bulk", Method::POST, "/contacts/bulk/tags/update/add", Idempotency::Idempotent);
const REMOVE_TAGS: Operation =
    Operation::new("tags.bulk", Method::POST, "/contacts/bulk/tags/update/remove", Idempotency::Idempotent);
const BUSINESS: Operation = Operation::new(
    "contacts.bulk_business",
    Method::POST,
    "/contacts/bulk/business",
    Idempotency::Idempotent,
);

/// The service says nowhere how many it takes; users report 500.
const TAGS_PER_REQUEST: usize = 100;
/// The description says it, though of the length of an id.
const BUSINESS_PER_REQUEST: usize = 50;

/// Changes of many contacts at once. From [`Client::bulk`].
///
/// Each call makes as many requests as it needs, one after the other. If one of them fails, the error is an
/// [`Interrupted`] that says how far the call came.
///
/// ```no_run
/// use ghl_contacts::{Client, ContactId, Error, TagChange};
///
/// # async fn run(client: Client, contacts: Vec<ContactId>) -> Result<(), Error> {
/// let tagged = client.bulk().tags(&contacts, &TagChange::add(["newsletter"])).await?;
/// for failure in tagged.failures() {
///     eprintln!("{:?}: {}", failure.contact_id, failure.message.as_deref().unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Bulk<'a> {
    client: &'a Client,
    tags_per_request: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TagsBody<'a> {
    location_id: &'a LocationId,
    contacts: &'a [ContactId],
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    remove_all_tags: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BusinessBody<'a> {
    location_id: &'a LocationId,
    ids: &'a [ContactId],
    /// `null` takes the contacts out of their business; absent is refused.
    business_id: Option<&'a BusinessId>,
}

#[derive(Deserialize)]
struct Processed {
    #[serde(default, deserialize_with = "null_as_default")]
    ids: Vec<ContactId>,
}

impl<'a> Bulk<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, tags_per_request: TAGS_PER_REQUEST }
    }

    /// Sets how many contacts a request for tags names, at least 1. Default: 100. The service does not say how many it
    /// takes; users report 500.
    #[must_use]
    pub fn tags_per_request(self, contacts: usize) -> Self {
        Self { tags_per_request: contacts.max(1), ..self }
    }

    /// Adds tags to contacts, or removes tags from them. Their other tags stay.
    ///
    /// `POST /contacts/bulk/tags/update/add` or `…/remove`, scope `contacts.write`. Idempotent. The service answers 201
    /// whatever becomes of the single contacts, so look at [`BulkTagged::failures`]: an id may be unknown or of another
    /// location, and a contact may be deleted.
    ///
    /// The description gives the results as texts; they are objects.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] with what the requests before brought.
    pub async fn tags(
        self,
        contacts: &[ContactId],
        change: &TagChange,
    ) -> Result<BulkTagged, Interrupted<BulkTagged>> {
        match change {
            TagChange::Add(tags) => self.change_tags(&ADD_TAGS, contacts, tags, None).await,
            TagChange::Remove(tags) => self.change_tags(&REMOVE_TAGS, contacts, tags, None).await,
        }
    }

    /// Removes all tags from contacts, whoever set them.
    ///
    /// `POST /contacts/bulk/tags/update/remove` with `removeAllTags`, scope `contacts.write`. Idempotent. As
    /// [`tags`](Self::tags), look at [`BulkTagged::failures`].
    ///
    /// # Errors
    ///
    /// [`Interrupted`] with what the requests before brought.
    pub async fn remove_all_tags(
        self,
        contacts: &[ContactId],
    ) -> Result<BulkTagged, Interrupted<BulkTagged>> {
        self.change_tags(&REMOVE_TAGS, contacts, &[], Some(true)).await
    }

    async fn change_tags(
        self,
        operation: &Operation,
        contacts: &[ContactId],
        tags: &[String],
        remove_all_tags: Option<bool>,
    ) -> Result<BulkTagged, Interrupted<BulkTagged>> {
        let location_id = self.client.location();
        let mut done = BulkTagged::default();
        let mut rest = contacts;
        while !rest.is_empty() {
            let (contacts, after) = rest.split_at(rest.len().min(self.tags_per_request));
            let body = TagsBody { location_id, contacts, tags, remove_all_tags };
            let sent = self.client.send::<WireTagged>(operation, self.client.request(operation, &body)).await;
            match sent {
                Ok(wire) => done.extend(wire),
                Err(error) => return Err(Interrupted { done, rest: rest.to_vec(), error }),
            }
            rest = after;
        }
        Ok(done)
    }

    /// Groups contacts under a business, or takes them out of theirs with `None`, and gives those that the service
    /// says it changed. A contact that is missing among them did not change, and the service does not say why.
    ///
    /// `POST /contacts/bulk/business`, scope `contacts.write`. Idempotent. 50 contacts a request.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] with the contacts that the requests before changed.
    pub async fn business(
        self,
        contacts: &[ContactId],
        business: Option<&BusinessId>,
    ) -> Result<Vec<ContactId>, Interrupted<Vec<ContactId>>> {
        let mut done = Vec::new();
        let mut rest = contacts;
        while !rest.is_empty() {
            let (ids, after) = rest.split_at(rest.len().min(BUSINESS_PER_REQUEST));
            match self.group(ids, business).await {
                Ok(processed) => done.extend(processed),
                Err(error) => return Err(Interrupted { done, rest: rest.to_vec(), error }),
            }
            rest = after;
        }
        Ok(done)
    }

    async fn group(
        self,
        ids: &[ContactId],
        business_id: Option<&BusinessId>,
    ) -> Result<Vec<ContactId>, Error> {
        let body = BusinessBody { location_id: self.client.location(), ids, business_id };
        let request = self.client.request(&BUSINESS, &body);
        let processed: Processed = self.client.send_if_done(&BUSINESS, request).await?;
        Ok(processed.ids)
    }
}
