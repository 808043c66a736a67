use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, ListPage, Marker, MarkerKind, PageToken, Part, Probe, Raw, Read,
    RecordId, RecordRef, Scope, Snapshot, WriteError, Written, normalise,
};

use super::contacts::not_applied;
use super::fault::{broken, invalid};
use super::input::{filled, members, text_or_empty, unknown};
use super::marker::LastLine;
use super::{INDEX_LAG, REQUEST_TIMEOUT};
use crate::client::Client;
use crate::error::Error;
use crate::ids::{BusinessId, ContactId};
use crate::types::{Business, BusinessContacts, BusinessUpdate, NewBusiness};

const CONTACTS: &str = "contacts";
const WRITABLE: &[&str] = &[
    "name",
    "phone",
    "email",
    "website",
    "address",
    "city",
    "state",
    "postalCode",
    "country",
    "description",
    CONTACTS,
];
/// What businesses can be looked for by.
const SEARCHED: &[&str] = &["name", "email"];
/// How many contacts one request assigns.
const PER_REQUEST: usize = 50;
/// How many contacts are looked at side by side.
const LOOKS: usize = 8;
/// How many calls one after the other a write may take.
const CALLS: u32 = 3;

/// The businesses of a location, and which contacts are assigned to them.
///
/// Its name is `businesses`. The fields are `name`, `phone`, `email`, `website`, `address`, `city`, `state`, `postalCode`,
/// `country` and `description`, the set `contacts`, and to read alone what else the service gives. A business must have a
/// name; name and e-mail address can only be given another value, the others cleared.
///
/// The last line of the description of a business of ours is its marker, and is no part of `description` here. People see
/// it, and should leave it there until a create whose answer was lost has been found again.
///
/// # Contacts
///
/// `contacts` has the ids of the contacts that are assigned to the business. A contact is in one business at most, so one
/// that is added here leaves the one where it was. One that is removed is taken out only if it is still in this business:
/// where people have moved it to another one, it stays there.
///
/// A member that the service does not take, because the contact was deleted meanwhile, is left out and not told of; the
/// engine sees that it is missing, and asks a person.
///
/// A create with `contacts` takes a second request. If only that fails, the business is there without them, and the engine
/// asks a person. A mapping that gives them once the business is there avoids that: the engine then finds out, member by
/// member, what became of a write whose answer was lost.
///
/// # What it costs
///
/// | | requests |
/// |---|---|
/// | [`list`](Collection::list) | one for 100 businesses. The rows have no `contacts`: those of each business cost a request more, and a mapping that goes to HighLevel only never needs them |
/// | [`get`](Collection::get) | one, and one for each 100 of its contacts |
/// | [`find`](Collection::find), by marker, `name` or `email` | as many as a list: the API has no search |
/// | to add contacts | one for each 50 |
/// | to remove contacts | one for each of them, to see where it is now, and one for each 50 |
///
/// The list of a business's contacts is taken to lag behind as the search for contacts does, so
/// [`read_lag`](Caps::read_lag) is as long. The description does not say; this is the cautious side. No time of change is
/// claimed either: that of a business does not tell whether a contact was assigned.
///
/// [`remove`](Collection::remove) deletes; the contacts stay, and belong to none. The scopes are `businesses.readonly`,
/// `businesses.write`, `contacts.readonly` and `contacts.write`.
#[derive(Debug, Clone)]
pub struct BusinessCollection {
    client: Client,
    marker: LastLine,
    caps: Caps,
    /// How long one call may be under way.
    call: Duration,
}

impl BusinessCollection {
    /// The businesses of the client's location. A last line counts as a marker if it starts with `marker_prefix`, such as
    /// `erp:`, and has no space in it; other markers are refused.
    pub fn new(client: Client, marker_prefix: impl Into<String>) -> Self {
        let caps = Caps::new().marker(MarkerKind::Searchable).member_writes();
        let collection =
            Self { client, marker: LastLine::new(marker_prefix), caps, call: Duration::default() };
        collection.request_timeout(REQUEST_TIMEOUT).index_lag(INDEX_LAG)
    }

    /// Sets how long one call may be under way: not shorter than the [deadline](crate::CallOptions::deadline) of the
    /// client's calls, within which it sends again. Default: 2 minutes, as that. A write takes three of them at most, so
    /// the engine waits as long for a lost one.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.call = timeout;
        self.caps = self.caps.request_timeout(timeout.saturating_mul(CALLS));
        self
    }

    /// Sets how long a write takes until lists and the contacts of a business show it. Default: 15 s, as for
    /// [contacts](super::ContactCollection::index_lag).
    #[must_use]
    pub fn index_lag(mut self, lag: Duration) -> Self {
        self.caps = self.caps.index_lag(lag).read_lag(lag);
        self
    }

    fn snapshot(&self, business: &Business) -> Result<Snapshot, Fault> {
        let Ok(Value::Object(mut raw)) = serde_json::to_value(business) else {
            return Err(broken("a business is no object"));
        };
        let (description, marker) = self.marker.read(business.description.as_deref().unwrap_or_default());
        raw.insert("description".to_owned(), description.into());
        for field in WRITABLE.iter().filter(|field| **field != CONTACTS) {
            raw.entry(*field).or_insert(Value::Null);
        }
        let at = RecordRef::top(RecordId::new(&business.id));
        let mut snapshot = Snapshot::new(at, raw).with_marker(marker);
        snapshot.created_at = business.created_at;
        Ok(snapshot)
    }

    fn new_business(&self, raw: &Raw, marker: &Marker) -> Result<NewBusiness, Fault> {
        let of = |name: &str| raw.get(name).unwrap_or(&Value::Null);
        let mut new = NewBusiness::new(filled("name", of("name"))?)
            .description(self.marker.write(text_or_empty("description", of("description"))?, marker)?);
        for (name, value) in raw.iter().filter(|(_, value)| !value.is_null()) {
            new = match name.as_str() {
                "name" | "description" | CONTACTS => new,
                "phone" => new.phone(filled(name, value)?),
                "email" => new.email(filled(name, value)?),
                "website" => new.website(filled(name, value)?),
                "address" => new.address(filled(name, value)?),
                "city" => new.city(filled(name, value)?),
                "state" => new.state(filled(name, value)?),
                "postalCode" => new.postal_code(filled(name, value)?),
                "country" => new.country(filled(name, value)?),
                _ => return Err(unknown("businesses", name, WRITABLE)),
            };
        }
        Ok(new)
    }

    fn business_update(&self, raw: &Raw, marker: &Marker) -> Result<BusinessUpdate, Fault> {
        let mut update = BusinessUpdate::new();
        for (name, value) in raw {
            update = match name.as_str() {
                "name" => update.name(filled(name, value)?),
                "phone" => update.phone(text_or_empty(name, value)?),
                "email" => update.email(filled(name, value)?),
                "website" => update.website(text_or_empty(name, value)?),
                "address" => update.address(text_or_empty(name, value)?),
                "city" => update.city(text_or_empty(name, value)?),
                "state" => update.state(text_or_empty(name, value)?),
                "postalCode" => update.postal_code(text_or_empty(name, value)?),
                "country" => update.country(text_or_empty(name, value)?),
                "description" => update.description(self.marker.write(text_or_empty(name, value)?, marker)?),
                CONTACTS => return Err(broken("contacts is a set: its members are added and removed")),
                _ => return Err(unknown("businesses", name, WRITABLE)),
            };
        }
        Ok(update)
    }

    /// The ids of the contacts that are assigned to a business, in order.
    async fn assigned(&self, business: &BusinessId) -> Result<BTreeSet<String>, Error> {
        let contacts = self.client.contacts().by_business(BusinessContacts::new(business.clone())).items();
        contacts.map_ok(|contact| contact.id.to_string()).try_collect().await
    }

    /// Assigns contacts to a business, or to none, and gives those that the service says it changed.
    ///
    /// A request that might outlast what [`Caps::request_timeout`] says of a write is not sent. What came before such a one,
    /// or before one that failed, took effect: then nobody knows how far the write came, and the engine looks.
    async fn assign(
        &self,
        contacts: &[ContactId],
        business: Option<&BusinessId>,
        began: Duration,
    ) -> Result<Vec<ContactId>, WriteError> {
        let mut done = Vec::new();
        for (number, chunk) in contacts.chunks(PER_REQUEST).enumerate() {
            let passed = self.client.env().monotonic().saturating_sub(began);
            let assigned = if passed + self.call > self.caps.request_timeout {
                let why = "assigning so many contacts takes too long: the rest comes later";
                Err(not_applied(Fault::new(FaultKind::Transient, why)))
            } else {
                self.client.bulk().business(chunk, business).await.map_err(|stopped| stopped.error.into())
            };
            match assigned {
                Ok(processed) => done.extend(processed),
                Err(WriteError::NotApplied(fault)) if number > 0 => return Err(WriteError::Unknown(fault)),
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// The contacts among these that are in this business now.
    async fn still_in(&self, business: &BusinessId, contacts: &[ContactId]) -> Result<Vec<ContactId>, Error> {
        let look = |id: &ContactId| {
            let (client, id) = (self.client.clone(), id.clone());
            async move { client.contacts().find(&id).await }
        };
        let looks: Vec<_> = contacts.iter().map(look).collect();
        let found = stream::iter(looks).buffered(LOOKS);
        let here = found.try_filter_map(async |contact| {
            Ok(contact.filter(|contact| contact.business_id.as_ref() == Some(business)).map(|c| c.id))
        });
        here.try_collect().await
    }

    async fn add(
        &self,
        seen: &Snapshot,
        business: &BusinessId,
        contacts: &[ContactId],
    ) -> Result<Written, WriteError> {
        let began = self.client.env().monotonic();
        let processed = match self.assign(contacts, Some(business), began).await {
            Ok(processed) => processed,
            // Which of the two ids is wrong, it does not say.
            Err(WriteError::NotApplied(fault)) if fault.kind() == FaultKind::Invalid => {
                self.is_there(business).await?;
                return Err(not_applied(fault));
            }
            Err(error) => return Err(error),
        };
        // The answer names those that came. Those that were there are known only from a read.
        let stored = members(CONTACTS, seen.get(CONTACTS).unwrap_or(&Value::Null)).ok();
        let stored = stored.filter(|_| seen.raw.contains_key(CONTACTS)).map(|before| {
            let all: BTreeSet<String> =
                before.into_iter().chain(processed.iter().map(ToString::to_string)).collect();
            let raw = Raw::from_iter([(CONTACTS.to_owned(), all.into_iter().collect())]);
            Snapshot::new(seen.at.clone(), raw).with_marker(seen.marker.clone())
        });
        Ok(Written { id: seen.at.id.clone(), stored })
    }

    async fn take_out(
        &self,
        seen: &Snapshot,
        business: &BusinessId,
        contacts: &[ContactId],
    ) -> Result<Written, WriteError> {
        let began = self.client.env().monotonic();
        let here = self.still_in(business, contacts).await.map_err(|error| not_applied(error.into()))?;
        if here.is_empty() {
            self.is_there(business).await?;
        } else {
            self.assign(&here, None, began).await?;
        }
        // Others may have come by a request before this one, of which `seen` does not know.
        Ok(Written { id: seen.at.id.clone(), stored: None })
    }

    /// Refuses to write to a business that is gone.
    async fn is_there(&self, business: &BusinessId) -> Result<(), WriteError> {
        self.client.businesses().get(business).await.map(drop).map_err(|error| not_applied(error.into()))
    }
}

fn business(at: &RecordRef) -> BusinessId {
    BusinessId::new(at.id.as_str())
}

fn contacts(ids: &[String]) -> Vec<ContactId> {
    ids.iter().map(ContactId::new).collect()
}

/// What is left of a text whose spelling does not count: its letters and digits, in lower case.
fn folded(text: &str) -> String {
    let composed = normalise::spaces(text).ok().flatten().unwrap_or_default();
    composed.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn skip(page: Option<&PageToken>) -> Result<u64, Fault> {
    let Some(token) = page else { return Ok(0) };
    token.0.parse().map_err(|_| broken("the page token is no number of businesses to skip"))
}

#[async_trait]
impl Collection for BusinessCollection {
    fn name(&self) -> &'static str {
        "businesses"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let page = self.client.businesses().list().skip(skip(page)?).page().await?;
        let records = page.items.iter().map(|business| self.snapshot(business)).collect::<Result<_, _>>()?;
        Ok(ListPage { records, next: page.next.map(|skip| PageToken(skip.to_string())) })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let id = business(at);
        let found = match self.client.businesses().get(&id).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return Ok(Read::Gone),
            Err(error) => return Err(error.into()),
        };
        let mut snapshot = self.snapshot(&found)?;
        let contacts = self.assigned(&id).await?.into_iter().collect();
        snapshot.raw.insert(CONTACTS.to_owned(), contacts);
        Ok(Read::Found(snapshot))
    }

    fn is_searchable(&self, field: &str) -> bool {
        SEARCHED.contains(&field)
    }

    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let is_hit = |row: &Snapshot| match by {
            Probe::Marker(marker) => row.marker.as_ref() == Some(marker),
            Probe::Field { name, value } => folded(row.text(name)) == folded(value),
            _ => false,
        };
        match by {
            Probe::Marker(_) => {}
            Probe::Field { name, .. } if self.is_searchable(name) => {}
            Probe::Field { name, .. } => {
                return Err(broken(format!(
                    "businesses cannot be looked for by {name}, but by fields that the mapping calls name or email"
                )));
            }
            _ => return Err(broken("businesses cannot be looked for like this")),
        }
        let mut found = Vec::new();
        let mut rows = std::pin::pin!(self.client.businesses().list().items());
        while found.len() < limit {
            let Some(row) = rows.try_next().await? else { break };
            let row = self.snapshot(&row)?;
            if is_hit(&row) {
                found.push(row);
            }
        }
        Ok(found)
    }

    async fn create(&self, _: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let began = self.client.env().monotonic();
        let new = self.new_business(raw, marker).map_err(not_applied)?;
        let ids = members(CONTACTS, raw.get(CONTACTS).unwrap_or(&Value::Null)).map_err(not_applied)?;
        let created = self.client.businesses().create(&new).await?;
        let mut stored = self.snapshot(&created).ok();
        // The business is there, whatever becomes of these: what is missing will be seen.
        let assigned = self.assign(&contacts(&ids), Some(&created.id), began).await;
        if let (Some(stored), Ok(assigned)) = (&mut stored, assigned) {
            let assigned = assigned.iter().map(ToString::to_string).collect();
            stored.raw.insert(CONTACTS.to_owned(), assigned);
        }
        Ok(Written { id: RecordId::new(&created.id), stored })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let id = business(&seen.at);
        match part {
            Part::Fields(raw) => {
                let update = self.business_update(raw, marker).map_err(not_applied)?;
                let updated = self.client.businesses().update(&id, &update).await?;
                Ok(Written { id: seen.at.id.clone(), stored: self.snapshot(&updated).ok() })
            }
            Part::AddTo { field, members } if field == CONTACTS => {
                self.add(seen, &id, &contacts(members)).await
            }
            Part::RemoveFrom { field, members } if field == CONTACTS => {
                self.take_out(seen, &id, &contacts(members)).await
            }
            Part::AddTo { field, .. } | Part::RemoveFrom { field, .. } => {
                Err(not_applied(invalid(field, "is no set: the set of a business is contacts")))
            }
            _ => Err(not_applied(broken("businesses cannot be changed like this"))),
        }
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        Ok(self.client.businesses().delete(&business(&seen.at)).await?)
    }
}
