use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, ListPage, Marker, MarkerKind, PageToken, Part, Probe, Raw,
    Read, RecordId, RecordRef, Scope, SetUp, Snapshot, WriteError, Written,
};

use super::contact_fields::{Answer, FOLLOWERS, TAGS, contact_update, marker, new_contact, snapshot};
use super::custom::{CUSTOM, Names, NeededField, Wanted};
use super::fault::{broken, invalid};
use super::input::members;
use super::memory::{Holder, Memory};
use super::{INDEX_LAG, REQUEST_TIMEOUT};
use crate::client::Client;
use crate::fields::{CustomFieldBook, FieldErrorKind, ResolvedField};
use crate::ids::ContactId;
use crate::page::SearchCursor;
use crate::types::{Contact, CustomFieldValue, DataType, Filter, FindDuplicate, SearchContacts, SearchField};

/// Contacts that are seen at once; the service gives no more.
pub(super) const PAGE: u32 = 500;

/// How far behind its cursor the feed is read again, if the index does not lag longer than that.
const OVERLAP: Duration = Duration::from_secs(300);

/// The contacts of a location.
///
/// Its name is `contacts`. Fields go by the names of [`Contact`](crate::Contact) on the wire, such as `firstName` and
/// `postalCode`, and custom fields by what people call them, as in `customFields.NIF`. See
/// [the module](crate::sync#contacts) for all of them.
///
/// # What it can do
///
/// | | |
/// |---|---|
/// | marker | in a custom field, searched by |
/// | unique | `email` and `phone`, as locations are set up by default: see [`duplicates_allowed`](Self::duplicates_allowed) |
/// | sets | `tags` and `followers`, each member added and removed by itself |
/// | found by | marker, `email`, `phone`, and what [`searched_by`](Self::searched_by) names |
/// | change feed | by `dateUpdated`; it tells neither of deletions nor of merges, so sweep now and then |
/// | count | none: the search's total is of an index that lags, and a listing that misses a contact only makes the engine ask for it |
/// | removal | deletes |
///
/// The scopes are `contacts.readonly`, `contacts.write`, `locations/customFields.readonly`, and
/// `locations/customFields.write` to create fields that are missing.
///
/// # Merged contacts
///
/// People merge contacts in HighLevel. The API does not tell: all but one of them are gone. So the collection remembers
/// the addresses and markers of the contacts that it has seen (up to 100 000, in memory), and looks for one that is gone,
/// with up to four requests. If another contact has since gained its marker, or all its addresses, one of them as an
/// additional one, that is where it has [moved](Read::MovedTo). Where that is not certain it is
/// [gone](Read::Gone). Then, as after a restart, the engine's own rule decides: a free record with the partner's keys.
#[derive(Debug, Clone)]
pub struct ContactCollection {
    pub(super) client: Client,
    pub(super) book: CustomFieldBook,
    pub(super) caps: Caps,
    marker: String,
    wanted: Vec<Wanted>,
    searched: BTreeMap<String, String>,
    memory: Arc<RwLock<Memory>>,
}

impl ContactCollection {
    /// The contacts of the client's location, with the marker in a custom field called `Sync id`. Sends nothing yet.
    ///
    /// Clone it rather than making a second one: clones share what they know of custom fields and of contacts.
    pub fn new(client: Client) -> Self {
        let caps = Caps::new()
            .unique(["email", "phone"])
            .marker(MarkerKind::Searchable)
            .member_writes()
            .modified_at(Duration::from_secs(1))
            .request_timeout(REQUEST_TIMEOUT)
            .index_lag(INDEX_LAG)
            .overlap(OVERLAP);
        Self {
            book: CustomFieldBook::new(&client),
            client,
            caps,
            marker: "Sync id".to_owned(),
            wanted: Vec::new(),
            searched: BTreeMap::new(),
            memory: Arc::default(),
        }
    }

    /// Sets the name of the custom field, of the type `TEXT`, that carries markers. It is created if it is missing.
    /// Nobody should edit its values. Default: `Sync id`.
    #[must_use]
    pub fn marker_field(mut self, name: impl Into<String>) -> Self {
        self.marker = name.into();
        self
    }

    /// Adds a custom field that must be there: it is created if it is missing, and one of that name and another type is
    /// told before anything is written.
    ///
    /// Of several calls with one name the last counts. The API does not take options, so a field to choose from must be created in HighLevel. Fields that are there
    /// already can be written without being named here.
    #[must_use]
    pub fn custom_field(mut self, name: impl Into<String>, data_type: DataType) -> Self {
        let name = name.into();
        self.wanted.retain(|wanted| wanted.name != name);
        self.wanted.push(Wanted { name, data_type });
        self
    }

    /// Says that contacts are searched by a custom field: `field` is its name in the mapping, `custom` the custom field's.
    #[must_use]
    pub fn searched_by(mut self, field: impl Into<String>, custom: impl Into<String>) -> Self {
        self.searched.insert(field.into(), custom.into());
        self
    }

    /// Says that the location allows several contacts with one e-mail address or phone number. By default it does not,
    /// and refuses a second one.
    #[must_use]
    pub fn duplicates_allowed(mut self) -> Self {
        self.caps = self.caps.unique(Vec::<String>::new());
        self
    }

    /// Sets how long one call may be under way: not shorter than the [deadline](crate::CallOptions::deadline) of the
    /// client's calls, within which it sends again. Default: 2 minutes, as that.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.caps = self.caps.request_timeout(timeout);
        self
    }

    /// Sets how long a write takes until searches see it. Default: 15 s; seconds were seen.
    #[must_use]
    pub fn index_lag(mut self, lag: Duration) -> Self {
        self.caps = self.caps.index_lag(lag).overlap(OVERLAP.max(lag * 2));
        self
    }

    /// The custom fields that must be there, and how each is found; setting up creates the missing ones. Reads them anew.
    ///
    /// # Errors
    ///
    /// [`Fault`] if they cannot be read.
    pub async fn custom_fields(&self) -> Result<Vec<NeededField>, Fault> {
        self.book.refresh().await?;
        let names = Names::of(&self.book).await?;
        Ok(self.all_wanted().into_iter().map(|wanted| names.needed(wanted)).collect())
    }

    /// All custom fields that must be there.
    fn all_wanted(&self) -> Vec<Wanted> {
        let marker = Wanted { name: self.marker.clone(), data_type: DataType::Text };
        let mut all = self.wanted.clone();
        all.retain(|wanted| wanted.name != marker.name);
        all.push(marker);
        all
    }

    /// The record, and what is to be remembered of it.
    pub(super) fn seen(&self, contact: &Contact, answer: Answer, names: &Names) -> Result<Snapshot, Fault> {
        let snapshot = snapshot(contact, answer, names, &self.marker)?;
        let holder = Holder::of(contact, snapshot.marker.as_ref());
        let now = self.client.env().monotonic();
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.see(contact.id.as_str(), &holder, now);
        Ok(snapshot)
    }

    pub(super) async fn found(
        &self,
        search: SearchContacts,
    ) -> Result<(Vec<Snapshot>, Option<SearchCursor>), Fault> {
        let names = Names::of(&self.book).await?;
        let page = self.client.contacts().search(search).page().await?;
        let records =
            page.contacts.iter().map(|c| self.seen(c, Answer::Found, &names)).collect::<Result<_, _>>()?;
        Ok((records, page.next))
    }

    /// A custom field to search by; one that does not exist has no values.
    async fn custom(&self, name: &str) -> Result<Option<ResolvedField>, Fault> {
        match Names::of(&self.book).await?.get(name) {
            Some(field) => Ok(Some(field.clone())),
            None => match self.book.field(name).await {
                Ok(field) => Ok(Some(field)),
                Err(error) if error.kind() == FieldErrorKind::Unknown => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    async fn filter(&self, by: &Probe) -> Result<Option<Filter>, Fault> {
        let (custom, value) = match by {
            Probe::Marker(marker) => (&self.marker, marker.as_str()),
            Probe::Field { name, value } => match self.searched.get(name) {
                Some(custom) => (custom, value.as_str()),
                None if name == "email" => return Ok(Some(SearchField::EMAIL.eq(value))),
                None if name == "phone" => return Ok(Some(SearchField::PHONE.eq(value))),
                None => {
                    return Err(broken(format!(
                        "contacts cannot be searched by {name}: say with `searched_by` in which custom field it is"
                    )));
                }
            },
            _ => return Err(broken("contacts cannot be searched like this")),
        };
        Ok(self.custom(custom).await?.map(|field| field.search().eq(value)))
    }

    /// The contact into which one that is gone was merged, if that is certain.
    async fn survivor_of(&self, gone: &ContactId) -> Result<Option<RecordRef>, Fault> {
        let memory = || self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let Some(lost) = memory().get(gone.as_str()) else { return Ok(None) };
        let names = Names::of(&self.book).await?;
        let mut candidates = Vec::new();
        let same = match (&lost.email, &lost.phone) {
            (Some(email), _) => Some(FindDuplicate::by_email(email)),
            (None, Some(phone)) => Some(FindDuplicate::by_phone(phone)),
            (None, None) => None,
        };
        if let Some(same) = same {
            candidates.extend(self.client.contacts().find_duplicate(&same).await?.map(|contact| contact.id));
        }
        if let (Some(marker), Some(field)) = (&lost.marker, names.get(&self.marker)) {
            let search = SearchContacts::new().filter(field.search().eq(marker.as_str())).page_size(3);
            let page = self.client.contacts().search(search).page().await?;
            let carriers: Vec<_> = page.contacts.into_iter().map(|c| c.id).filter(|id| id != gone).collect();
            // Several that carry it are copies, and nobody knows of which.
            if let [only] = carriers.as_slice() {
                candidates.push(only.clone());
            }
        }
        candidates.dedup();
        let mut survivors = Vec::new();
        for id in candidates.into_iter().filter(|id| id != gone) {
            // What was found only hints: what is there now counts.
            let Some(contact) = self.client.contacts().find(&id).await? else { continue };
            let holder = Holder::of(&contact, marker(&contact, &names, &self.marker).as_ref());
            if memory().is_merged(&lost, id.as_str(), &holder, self.caps.index_lag) {
                survivors.push(id);
            }
        }
        match survivors.as_slice() {
            [only] => Ok(Some(RecordRef::top(RecordId::new(only)))),
            _ => Ok(None),
        }
    }

    /// Writes fields.
    async fn put(&self, id: &ContactId, raw: &Raw) -> Result<Written, WriteError> {
        let update = contact_update(&self.book, raw).await.map_err(not_applied)?;
        let names = Names::of(&self.book).await.map_err(not_applied)?;
        let contact = self.client.contacts().update(id, &update).await?;
        let stored = self.seen(&contact, Answer::Whole, &names).ok();
        Ok(Written { id: RecordId::new(&contact.id), stored })
    }

    /// Adds options to a custom field or takes them away. The service takes all of them at once, so this goes by what is
    /// there right before.
    async fn put_options(
        &self,
        id: &ContactId,
        field: &str,
        members: &[String],
        add: bool,
    ) -> Result<Written, WriteError> {
        let name = field.strip_prefix(CUSTOM).and_then(|rest| rest.strip_prefix('.'));
        let name = name.ok_or_else(|| {
            not_applied(invalid(
                field,
                "is no set: the sets of contacts are tags, followers and custom fields",
            ))
        })?;
        let custom = Names::field(&self.book, name).await.map_err(not_applied)?;
        // A read that fails writes nothing.
        let contact = self.client.contacts().get(id).await.map_err(|error| not_applied(error.into()))?;
        let mut options = custom.list(&contact).map_err(|error| not_applied(error.into()))?;
        options.retain(|option| !members.contains(option));
        if add {
            options.extend(members.iter().cloned());
        }
        let values = Raw::from_iter([(name.to_owned(), options.into())]);
        self.put(id, &Raw::from_iter([(CUSTOM.to_owned(), values.into())])).await
    }

    /// Followers of a new contact: its create does not take them.
    async fn follow(&self, id: &ContactId, raw: &Raw) -> Result<Option<Vec<String>>, Fault> {
        let users = members(FOLLOWERS, raw.get(FOLLOWERS).unwrap_or(&serde_json::Value::Null))?;
        if users.is_empty() {
            return Ok(None);
        }
        let change = self.client.followers(id).add(users).await?;
        Ok(Some(change.followers.iter().map(ToString::to_string).collect()))
    }
}

fn id(at: &RecordRef) -> ContactId {
    ContactId::new(at.id.as_str())
}

pub(super) fn not_applied(fault: Fault) -> WriteError {
    WriteError::NotApplied(fault)
}

#[async_trait]
impl Collection for ContactCollection {
    fn name(&self) -> &'static str {
        "contacts"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    /// The token is bound to the location: with another one every call answers 403.
    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn set_up(&self) -> Result<SetUp, Fault> {
        // Somebody may have deleted a field: a value for it would be dropped without a word.
        self.book.refresh().await?;
        let names = Names::of(&self.book).await?;
        let wanted = self.all_wanted();
        let missing = names.missing(&wanted)?.into_iter().map(Wanted::described).collect();
        Ok(SetUp::new(missing, names.get(&self.marker).is_none()))
    }

    async fn complete_set_up(&self) -> Result<(), Fault> {
        let wanted = self.all_wanted();
        let names = Names::of(&self.book).await?;
        let missing = names.missing(&wanted)?;
        if missing.is_empty() {
            return Ok(());
        }
        for wanted in missing {
            wanted.create(&self.client).await?;
        }
        Ok(self.book.refresh().await?)
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let (records, next) = self.found(after(SearchContacts::new().page_size(PAGE), page)?).await?;
        Ok(ListPage { records, next: next.as_ref().map(token).transpose()? })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let id = id(at);
        if let Some(contact) = self.client.contacts().find(&id).await? {
            let names = Names::of(&self.book).await?;
            return Ok(Read::Found(self.seen(&contact, Answer::Whole, &names)?));
        }
        Ok(self.survivor_of(&id).await?.map_or(Read::Gone, Read::MovedTo))
    }

    fn is_searchable(&self, field: &str) -> bool {
        ["email", "phone"].contains(&field) || self.searched.contains_key(field)
    }

    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let Some(filter) = self.filter(by).await? else { return Ok(Vec::new()) };
        let size = u32::try_from(limit).unwrap_or(u32::MAX);
        let (mut found, _) = self.found(SearchContacts::new().filter(filter).page_size(size)).await?;
        found.truncate(limit);
        Ok(found)
    }

    async fn create(&self, _: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let new = new_contact(&self.book, raw).await.map_err(not_applied)?;
        let field = Names::field(&self.book, &self.marker).await.map_err(not_applied)?;
        let names = Names::of(&self.book).await.map_err(not_applied)?;
        let new = new.custom_field(CustomFieldValue::new(field.id().clone(), marker.as_str()));
        let contact = self.client.contacts().create(&new).await?;
        let mut stored = self.seen(&contact, Answer::Created, &names).ok();
        // The contact is there, whatever becomes of these: what is missing will be seen.
        let followers = self.follow(&contact.id, raw).await;
        if let (Some(stored), Ok(Some(followers))) = (&mut stored, followers) {
            stored.raw.insert(FOLLOWERS.to_owned(), followers.into());
        }
        Ok(Written { id: RecordId::new(&contact.id), stored })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        let id = id(&seen.at);
        let (field, all) = match part {
            Part::Fields(raw) => return self.put(&id, raw).await,
            Part::AddTo { field, members } if field == TAGS => {
                (field, self.client.tags(&id).add(members.clone()).await?)
            }
            Part::RemoveFrom { field, members } if field == TAGS => {
                (field, self.client.tags(&id).remove(members.clone()).await?)
            }
            Part::AddTo { field, members } if field == FOLLOWERS => {
                (field, followers(&self.client.followers(&id).add(members.clone()).await?.followers))
            }
            Part::RemoveFrom { field, members } if field == FOLLOWERS => {
                (field, followers(&self.client.followers(&id).remove(members.clone()).await?.followers))
            }
            Part::AddTo { field, members } => return self.put_options(&id, field, members, true).await,
            Part::RemoveFrom { field, members } => return self.put_options(&id, field, members, false).await,
            _ => return Err(not_applied(broken("contacts cannot be changed like this"))),
        };
        // The answer has the members alone.
        let raw = Raw::from_iter([(field.clone(), all.into())]);
        let stored = Snapshot::new(seen.at.clone(), raw).with_marker(seen.marker.clone());
        Ok(Written { id: seen.at.id.clone(), stored: Some(stored) })
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.client.contacts().delete(&id(&seen.at)).await?;
        // It went into no other one.
        self.memory.write().unwrap_or_else(PoisonError::into_inner).forget(seen.at.id.as_str());
        Ok(())
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        super::feed::changes(self, since, page).await.map(Some)
    }
}

fn followers(users: &[crate::ids::UserId]) -> Vec<String> {
    users.iter().map(ToString::to_string).collect()
}

/// The search from where a page ended.
pub(super) fn after(search: SearchContacts, page: Option<&PageToken>) -> Result<SearchContacts, Fault> {
    let Some(token) = page else { return Ok(search) };
    let cursor = serde_json::from_str(&token.0).map_err(|_| broken("the page token is no cursor"))?;
    Ok(search.after(cursor))
}

pub(super) fn token(cursor: &SearchCursor) -> Result<PageToken, Fault> {
    serde_json::to_string(cursor).map(PageToken).map_err(|_| broken("the cursor is no page token"))
}
