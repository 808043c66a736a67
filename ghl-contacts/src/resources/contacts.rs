use std::collections::HashSet;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde::Serialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{ContactId, LocationId};
use crate::resources::{BusinessListing, ContactListing};
use crate::types::WirePage;
use crate::types::{
    BusinessContacts, Contact, ContactUpdate, FindDuplicate, ListContacts, NewContact, SearchContacts,
    SearchPage, UpsertContact, Upserted,
};

const CREATE: Operation =
    Operation::new("contacts.create", Method::POST, "/contacts/", Idempotency::NotIdempotent);
const GET: Operation =
    Operation::new("contacts.get", Method::GET, "/contacts/{contactId}", Idempotency::Safe);
const UPDATE: Operation =
    Operation::new("contacts.update", Method::PUT, "/contacts/{contactId}", Idempotency::Idempotent);
const DELETE: Operation =
    Operation::new("contacts.delete", Method::DELETE, "/contacts/{contactId}", Idempotency::Idempotent);
const UPSERT: Operation =
    Operation::new("contacts.upsert", Method::POST, "/contacts/upsert", Idempotency::Idempotent);
/// An upsert that creates whatever there is.
const UPSERT_NEW: Operation =
    Operation::new("contacts.upsert", Method::POST, "/contacts/upsert", Idempotency::NotIdempotent);
const DUPLICATE: Operation =
    Operation::new("contacts.duplicate", Method::GET, "/contacts/search/duplicate", Idempotency::Safe);
const SEARCH: Operation =
    Operation::new("contacts.search", Method::POST, "/contacts/search", Idempotency::Safe);

/// The contacts of a location. From [`Client::contacts`].
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactUpdate, NewContact, Patch};
/// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
/// let ana = NewContact::new().name("Ana Sousa").email("ana@example.pt").tags(["customer"]);
/// let ana = client.contacts().create(&ana).await?;
/// let update = ContactUpdate::new().city("Porto").source(Patch::Clear);
/// let ana = client.contacts().update(&ana.id, &update).await?;
/// client.contacts().delete(&ana.id).await?;
/// assert!(client.contacts().find(&ana.id).await?.is_none());
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Contacts<'a> {
    pub(crate) client: &'a Client,
}

#[derive(Deserialize)]
struct OneContact {
    contact: Contact,
}

#[derive(Deserialize)]
struct MaybeContact {
    contact: Option<Contact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InLocation<'a, T> {
    location_id: &'a LocationId,
    #[serde(flatten)]
    body: T,
}

impl Contacts<'_> {
    /// Creates a contact.
    ///
    /// `POST /contacts/`, scope `contacts.write`. Not idempotent: sent again only if it provably never arrived, so
    /// after an error with [`outcome_unknown`](Error::outcome_unknown) look before you try again.
    ///
    /// The answer differs from what [`get`](Self::get) gives: it has no `name`, for example.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Duplicate`](crate::ErrorKind::Duplicate) if the location allows no duplicates and a contact has
    /// the e-mail or phone: [`Error::duplicate`] names it. The service answers 400 for it, not 409.
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for values that it does not take, such as an empty e-mail.
    pub async fn create(self, new: &NewContact) -> Result<Contact, Error> {
        let body = InLocation { location_id: self.client.location(), body: new };
        let one: OneContact = self.client.send(&CREATE, self.client.request(&CREATE, &body)).await?;
        Ok(one.contact)
    }

    /// Gives a contact.
    ///
    /// `GET /contacts/{contactId}`, scope `contacts.readonly`. Safe. Sees every write at once, unlike
    /// [`search`](Self::search).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none; the service answers 400 or 404 for it.
    pub async fn get(self, id: &ContactId) -> Result<Contact, Error> {
        let one: OneContact = self.client.send(&GET, Request::new(&GET).arg("contactId", id)).await?;
        Ok(one.contact)
    }

    /// Gives a contact, `None` if there is none.
    ///
    /// `GET /contacts/{contactId}`, scope `contacts.readonly`. Safe. As [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), without "not found".
    pub async fn find(self, id: &ContactId) -> Result<Option<Contact>, Error> {
        match self.get(id).await {
            Ok(contact) => Ok(Some(contact)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes a contact and gives it as it is afterwards.
    ///
    /// `PUT /contacts/{contactId}`, scope `contacts.write`. Idempotent. Fields that are not set stay as they are. There is
    /// no update on a condition: what somebody else wrote into the same field in between is overwritten.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Duplicate`](crate::ErrorKind::Duplicate) if another contact has the new e-mail or phone, whom
    /// [`Error::duplicate`] names; [`is_not_found`](Error::is_not_found) if there is no such contact;
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for values that the service does not take, such as an empty
    /// e-mail.
    pub async fn update(self, id: &ContactId, update: &ContactUpdate) -> Result<Contact, Error> {
        let request = self.client.request(&UPDATE, update).arg("contactId", id);
        let one: OneContact = self.client.send(&UPDATE, request).await?;
        Ok(one.contact)
    }

    /// Deletes a contact, with its notes, tasks and appointments.
    ///
    /// `DELETE /contacts/{contactId}`, scope `contacts.write`. Idempotent: if the answer to a first request was lost, that
    /// the contact is gone by the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn delete(self, id: &ContactId) -> Result<(), Error> {
        self.client.delete(&DELETE, Request::new(&DELETE).arg("contactId", id)).await
    }

    /// Updates the contact that has this e-mail or phone, or creates it if there is none.
    ///
    /// `POST /contacts/upsert`, scope `contacts.write`. Idempotent, unless it
    /// [always creates](UpsertContact::create_new_if_duplicate_allowed).
    ///
    /// What the service does without a word:
    ///
    /// - It looks for the e-mail and the phone in the order that the location's settings say. If they belong to two
    ///   contacts, it updates the one it finds first, and drops the value that belongs to the other.
    /// - An e-mail that is a further one of the contact becomes the primary one, and the primary one is lost.
    /// - [Tags](UpsertContact::replace_all_tags) replace all that the contact has.
    /// - It drops the gender for a contact that exists.
    ///
    /// There is no update on a condition: what somebody else changed in between is overwritten.
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, UpsertContact};
    /// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
    /// let ana = UpsertContact::by_email("ana@example.pt").name("Ana Reis").source("web shop");
    /// let upserted = client.contacts().upsert(&ana).await?;
    /// println!("{} {}", upserted.contact.id, if upserted.is_new { "is new" } else { "was there" });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for an empty e-mail and other values that the service
    /// does not take.
    pub async fn upsert(self, upsert: &UpsertContact) -> Result<Upserted, Error> {
        let operation = if upsert.always_creates() { &UPSERT_NEW } else { &UPSERT };
        let body = InLocation { location_id: self.client.location(), body: upsert };
        self.client.send_if_done(operation, self.client.request(operation, &body)).await
    }

    /// Finds the contact that a new one with this e-mail or phone would be a duplicate of.
    ///
    /// `GET /contacts/search/duplicate`, scope `contacts.readonly`. Safe. With both values, the location's settings
    /// say which one counts first.
    ///
    /// The description says nothing about the answer.
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, FindDuplicate};
    /// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
    /// let ana = client.contacts().find_duplicate(&FindDuplicate::by_phone("+351910000001")).await?;
    /// # let _ = ana;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn find_duplicate(self, same: &FindDuplicate) -> Result<Option<Contact>, Error> {
        let (email, phone) = same.parts();
        let request = Request::new(&DUPLICATE)
            .query("locationId", self.client.location())
            .query_opt("email", email)
            .query_opt("number", phone);
        match self.client.send::<MaybeContact>(&DUPLICATE, request).await {
            Ok(found) => Ok(found.contact),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the contacts of a business.
    ///
    /// `GET /contacts/business/{businessId}`, scope `contacts.readonly`. Safe. Gives fewer fields than
    /// [`get`](Self::get).
    ///
    /// ```no_run
    /// # use ghl_contacts::{BusinessContacts, BusinessId, Client};
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn run(client: Client, business: BusinessId) -> Result<(), ghl_contacts::Error> {
    /// let all: Vec<_> = client.contacts().by_business(BusinessContacts::new(business)).items().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// 100 a page unless [`page_size`](BusinessContacts::page_size) says otherwise, at most 100.
    ///
    /// # Errors
    ///
    /// The pages are errors for which [`is_auth`](Error::is_auth) holds if the token lacks the scope.
    pub fn by_business(self, list: BusinessContacts) -> BusinessListing {
        BusinessListing { client: self.client.clone(), list }
    }

    /// Lists contacts.
    ///
    /// `GET /contacts/`, scope `contacts.readonly`. Safe. Gives fewer fields than [`get`](Self::get). v3 does not have
    /// it: a client that asks for v3 gets an error before anything is sent.
    ///
    /// The answers have a link to the next page, which is of no use outside: it may name a host of the service's own
    /// network. This goes on by the cursor instead.
    ///
    /// 100 a page unless [`page_size`](ListContacts::page_size) says otherwise, at most 100.
    ///
    /// # Errors
    ///
    /// The pages are errors of kind [`NotInVersion`](crate::ErrorKind::NotInVersion) if v3 is asked for, and errors for
    /// which [`is_auth`](Error::is_auth) holds if the token lacks the scope.
    #[deprecated(note = "HighLevel removed it from v3: use `search`")]
    pub fn list(self, list: ListContacts) -> ContactListing {
        ContactListing { client: self.client.clone(), list }
    }

    /// Searches contacts.
    ///
    /// `POST /contacts/search`, scope `contacts.readonly`. Safe. The index lags behind writes by seconds: to see
    /// what was just written use [`get`](Self::get).
    ///
    /// The API's description leaves request and answer open; this follows the vendor's linked page and the wire. 100
    /// contacts a page unless [`page_size`](SearchContacts::page_size) says otherwise, at most 500.
    ///
    /// ```no_run
    /// # use ghl_contacts::Client;
    /// use futures_util::TryStreamExt;
    /// use ghl_contacts::{SearchContacts, SearchField};
    ///
    /// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
    /// let customers = SearchContacts::new().filter(SearchField::TAGS.eq("customer"));
    /// let mut contacts = std::pin::pin!(client.contacts().search(customers).items());
    /// while let Some(contact) = contacts.try_next().await? {
    ///     // …
    /// #   let _ = contact;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A walk that may be interrupted keeps the cursor of each page, and starts again from it:
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, SearchContacts, SearchCursor};
    /// use futures_util::TryStreamExt;
    ///
    /// # fn load() -> Option<SearchCursor> { None }
    /// # fn save(_: Option<&SearchCursor>) {}
    /// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
    /// let mut search = SearchContacts::new().page_size(500);
    /// if let Some(cursor) = load() {
    ///     search = search.after(cursor);
    /// }
    /// let mut pages = std::pin::pin!(client.contacts().search(search).pages());
    /// while let Some(page) = pages.try_next().await? {
    ///     // …
    ///     save(page.next.as_ref());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The pages are the errors of [`Search::page`].
    pub fn search(self, search: SearchContacts) -> Search {
        Search { client: self.client.clone(), search }
    }
}

/// A search that has not been sent yet. From [`Contacts::search`].
#[derive(Debug, Clone)]
pub struct Search {
    client: Client,
    search: SearchContacts,
}

impl Search {
    /// Fetches one page: the first, or the one after [`SearchContacts::after`].
    ///
    /// `POST /contacts/search`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), before anything is sent, for a query or a value of more than
    /// 75 characters, for an empty group or list, and for a range without bounds.
    /// [`ErrorKind::BadRequest`](crate::ErrorKind::BadRequest) for a field that cannot be searched by.
    ///
    /// A page that gives the cursor it was asked with is an error of kind [`Decode`](crate::ErrorKind::Decode).
    pub async fn page(&self) -> Result<SearchPage, Error> {
        self.page_after(0).await
    }

    /// The page of a walk that has seen `before` contacts.
    async fn page_after(&self, before: u64) -> Result<SearchPage, Error> {
        self.search.check().map_err(|why| Error::invalid(&SEARCH, why))?;
        let body = InLocation { location_id: self.client.location(), body: self.search.body() };
        let page: WirePage = self.client.send(&SEARCH, self.client.request(&SEARCH, &body)).await?;
        let page = page.into_page(self.search.size(), before);
        if page.next.is_some() && page.next.as_ref() == self.search.cursor() {
            return Err(Error::circular(&SEARCH));
        }
        Ok(page)
    }

    /// Fetches page by page until the last. Ends after an error.
    ///
    /// A cursor that comes a second time is an error of kind [`Decode`](crate::ErrorKind::Decode): the walk would go
    /// round in circles.
    pub fn pages(self) -> impl Stream<Item = Result<SearchPage, Error>> + Send + 'static {
        let seen: HashSet<_> = self.search.cursor().map(|c| c.0.to_string()).into_iter().collect();
        stream::try_unfold(Some((self, seen, 0_u64)), |state| async move {
            let Some((mut search, mut seen, before)) = state else { return Ok(None) };
            let page = search.page_after(before).await?;
            let Some(next) = page.next.clone() else { return Ok(Some((page, None))) };
            if !seen.insert(next.0.to_string()) {
                return Err(Error::circular(&SEARCH));
            }
            search.search.set_after(next);
            let length = u64::try_from(page.contacts.len()).unwrap_or(u64::MAX);
            Ok(Some((page, Some((search, seen, before.saturating_add(length))))))
        })
    }

    /// Fetches contact by contact until the last. Ends after an error.
    pub fn items(self) -> impl Stream<Item = Result<Contact, Error>> + Send + 'static {
        self.pages().map_ok(|page| stream::iter(page.contacts).map(Ok)).try_flatten()
    }
}
