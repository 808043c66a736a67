//! Walks through lists of contacts that are not searches.

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::types::{BusinessContacts, BusinessPage, Contact, ListContacts, ListPage, WireBusiness, WireList};
use crate::version::ApiVersion;

const LIST: Operation = Operation::new("contacts.list", Method::GET, "/contacts/", Idempotency::Safe);
const BY_BUSINESS: Operation =
    Operation::new("contacts.by_business", Method::GET, "/contacts/business/{businessId}", Idempotency::Safe);

/// A list that has not been asked for yet. From [`Contacts::list`](super::Contacts::list).
#[derive(Debug, Clone)]
pub struct ContactListing {
    pub(crate) client: Client,
    pub(crate) list: ListContacts,
}

impl ContactListing {
    /// Fetches one page: the first, or the one after [`ListContacts::after`].
    ///
    /// `GET /contacts/`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotInVersion`](crate::ErrorKind::NotInVersion) if v3 is asked for; nothing is sent then.
    pub async fn page(&self) -> Result<ListPage, Error> {
        let version = self.client.version_of(&LIST);
        if version == ApiVersion::V3 {
            return Err(Error::not_in_version(&LIST, version, "a search"));
        }
        let (query, limit, after) = self.list.parts();
        let request = Request::new(&LIST)
            .query("locationId", self.client.location())
            .query("limit", limit)
            .query_opt("query", query)
            .query_opt("startAfter", after.map(|cursor| &cursor.start_after))
            .query_opt("startAfterId", after.map(|cursor| &cursor.start_after_id));
        Ok(self.client.send::<WireList>(&LIST, request).await?.into())
    }

    /// Fetches page by page until the last. Ends after an error.
    ///
    /// A page that gives the cursor it was asked with is an error of kind [`Decode`](crate::ErrorKind::Decode): the
    /// walk would not move on.
    pub fn pages(self) -> impl Stream<Item = Result<ListPage, Error>> + Send + 'static {
        stream::try_unfold(Some(self), |state| async move {
            let Some(mut listing) = state else { return Ok(None) };
            let page = listing.page().await?;
            let Some(next) = page.next.clone() else { return Ok(Some((page, None))) };
            if listing.list.parts().2 == Some(&next) {
                return Err(Error::circular(&LIST));
            }
            listing.list.set_after(next);
            Ok(Some((page, Some(listing))))
        })
    }

    /// Fetches contact by contact until the last. Ends after an error.
    pub fn items(self) -> impl Stream<Item = Result<Contact, Error>> + Send + 'static {
        self.pages().map_ok(|page| stream::iter(page.contacts).map(Ok)).try_flatten()
    }
}

/// A list of a business's contacts that has not been asked for yet. From
/// [`Contacts::by_business`](super::Contacts::by_business).
#[derive(Debug, Clone)]
pub struct BusinessListing {
    pub(crate) client: Client,
    pub(crate) list: BusinessContacts,
}

impl BusinessListing {
    /// Fetches one page: the first, or the one after those that [`BusinessContacts::skip`] leaves out.
    ///
    /// `GET /contacts/business/{businessId}`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn page(&self) -> Result<BusinessPage, Error> {
        let (query, limit, skip) = self.list.parts();
        let request = Request::new(&BY_BUSINESS)
            .arg("businessId", self.list.business())
            .query("locationId", self.client.location())
            .query("limit", limit)
            .query("skip", skip)
            .query_opt("query", query);
        let wire: WireBusiness = self.client.send(&BY_BUSINESS, request).await?;
        Ok(self.list.page(wire))
    }

    /// Fetches page by page until the last. Ends after an error.
    ///
    /// Pages are counted, so a contact that joins or leaves the business during the walk can move others from one page
    /// to another: one may come twice or not at all. A page with the contacts of the one before is an error of kind
    /// [`Decode`](crate::ErrorKind::Decode): the walk would not move on.
    pub fn pages(self) -> impl Stream<Item = Result<BusinessPage, Error>> + Send + 'static {
        stream::try_unfold(Some((self, Vec::new())), |state| async move {
            let Some((mut listing, before)) = state else { return Ok(None) };
            let page = listing.page().await?;
            let Some(next) = page.next else { return Ok(Some((page, None))) };
            let ids: Vec<_> = page.contacts.iter().map(|contact| contact.id.clone()).collect();
            if ids == before {
                return Err(Error::circular(&BY_BUSINESS));
            }
            listing.list.set_skip(next);
            Ok(Some((page, Some((listing, ids)))))
        })
    }

    /// Fetches contact by contact until the last. Ends after an error.
    pub fn items(self) -> impl Stream<Item = Result<Contact, Error>> + Send + 'static {
        self.pages().map_ok(|page| stream::iter(page.contacts).map(Ok)).try_flatten()
    }
}
