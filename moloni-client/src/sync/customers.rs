use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, FaultKind, ListPage, Marker, MarkerKind, PageToken, Part,
    Probe, Raw, Read, RecordId, RecordRef, Scope, SetUp, Snapshot, WriteError, Written,
};

use super::customer_fields::Defaults;
use super::fault::{broken, invalid};
use super::feed::{OVERLAP, cursor, moment};
use super::input::is_nothing;
use super::number::Numbers;
use super::{REQUEST_TIMEOUT, identity, offset, record_id, token};
use crate::resources::Match;
use crate::types::{Customer, NewCustomer};
use crate::{
    Client, CountryId, CustomerId, Error, ErrorKind, LanguageId, MaturityDateId, PaymentMethodId,
    ValidationCode,
};

/// How many numbers of the sequence are tried before a create is given up.
const TRIES: u32 = 3;

/// The customers of a company.
///
/// Its name is `customers`. Fields go by the names of [`Customer`](crate::Customer) on the wire, such as `zip_code`. See
/// [the module](crate::sync#customers) for all of them.
///
/// # What it can do
///
/// | | |
/// |---|---|
/// | marker | the company's own number for the customer: see below |
/// | found by | marker, and `vat`, `email`, `number`, `name`, if that is what they are called in the mapping too |
/// | change feed | `getModifiedSince`, by the service's `Date`; it does not tell of deletions, so sweep now and then |
/// | count | `count` |
/// | times | none: a customer says neither when it was created nor when it changed |
/// | removal | deletes; Moloni keeps a customer who is used in documents |
///
/// An update reads the customer, writes all fields and reads again, because Moloni replaces customers as a whole and
/// keeps `vat` without a word once a document names the customer. What is answered is what is stored.
///
/// # Numbers and markers
///
/// Moloni has no field for a marker, but it refuses a second customer with the same number. So a customer that an engine
/// creates gets a number like `S-4f0c19a2be77d03561`, made from the marker: always the same one, nobody else's, and told
/// from those that people give. A create whose answer was lost is sent again at once, and either arrives or is refused
/// with the first one's id. Such numbers cannot be written by a mapping, and nobody should edit them.
///
/// A number that Moloni proposes could not do this: it is one above the highest, so others get the same one, and of a
/// customer who has it nobody can tell who entered them. Where the numbers must be of the company's sequence, say
/// [`in_sequence`](Self::in_sequence), and live with the doubt.
#[derive(Debug, Clone)]
pub struct CustomerCollection {
    client: Client,
    caps: Caps,
    defaults: Defaults,
    /// `None` for numbers of the sequence.
    numbers: Option<Numbers>,
    read_only: bool,
    /// How long one call may be under way.
    call: Duration,
}

impl CustomerCollection {
    /// The customers of the client's company. Sends nothing yet.
    pub fn new(client: Client) -> Self {
        let caps = Caps::new().marker(MarkerKind::Unique).overlap(OVERLAP);
        let collection = Self {
            client,
            caps,
            defaults: Defaults::default(),
            numbers: Some(Numbers::new("S-".to_owned())),
            read_only: false,
            call: REQUEST_TIMEOUT,
        };
        collection.timed()
    }

    /// A write is over when its last call is: an update reads before it writes, and a number that is taken is asked for
    /// again.
    fn timed(mut self) -> Self {
        let calls = if self.numbers.is_some() { 2 } else { 2 * TRIES };
        self.caps = self.caps.request_timeout(self.call.saturating_mul(calls));
        self
    }

    /// Refuses every write.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sets what the numbers of customers start with that an engine creates: up to 8 letters, digits and hyphens, of
    /// which one is a letter. Default: `S-`.
    ///
    /// Change it and what was created before is no longer known for the engine's own. Of this and
    /// [`in_sequence`](Self::in_sequence) the last counts.
    #[must_use]
    pub fn number_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.numbers = Some(Numbers::new(prefix.into()));
        self.caps = self.caps.marker(MarkerKind::Unique).unique(Vec::<String>::new());
        self.timed()
    }

    /// Gives new customers the next number of the company's sequence, or the `number` that the mapping gives. Then
    /// nothing marks them, and a create whose answer was lost is looked for by the mapping's keys. Who has none, such as
    /// a final consumer without an e-mail address, waits for a person.
    #[must_use]
    pub fn in_sequence(mut self) -> Self {
        self.numbers = None;
        self.caps = self.caps.marker(MarkerKind::Keys { resend: false }).unique(["number"]);
        self.timed()
    }

    /// Sets the country of customers who come without one. Without it they are refused.
    #[must_use]
    pub fn country(mut self, country: CountryId) -> Self {
        self.defaults.country = Some(country);
        self
    }

    /// Sets the language of customers who come without one. Without it they are refused.
    #[must_use]
    pub fn language(mut self, language: LanguageId) -> Self {
        self.defaults.language = Some(language);
        self
    }

    /// Sets the terms of payment of customers who come without any. Default: none.
    #[must_use]
    pub fn maturity_date(mut self, terms: MaturityDateId) -> Self {
        self.defaults.maturity_date = Some(terms);
        self
    }

    /// Sets how customers pay who come without it. Default: not said.
    #[must_use]
    pub fn payment_method(mut self, method: PaymentMethodId) -> Self {
        self.defaults.payment_method = Some(method);
        self
    }

    /// Sets the text that Moloni gets for an address that nobody knows, such as `Desconhecido`: it insists on one. It is
    /// read as nothing. Without it customers without an address are refused.
    #[must_use]
    pub fn unknown_address(mut self, text: impl Into<String>) -> Self {
        self.defaults.address = Some(text.into());
        self
    }

    /// The same for a city.
    #[must_use]
    pub fn unknown_city(mut self, text: impl Into<String>) -> Self {
        self.defaults.city = Some(text.into());
        self
    }

    /// Sets how long one call may be under way: not shorter than the [deadline](crate::CallOptions::deadline) of the
    /// client's calls, within which it sends again. Default: 2 minutes, as that. A write takes two of them, and six
    /// [in sequence](Self::in_sequence), so the engine waits as long for a lost one.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.call = timeout;
        self.timed()
    }

    fn snapshot(&self, customer: &Customer) -> Result<Snapshot, Fault> {
        let marker = self.numbers.as_ref().and_then(|numbers| numbers.read(&customer.number));
        Ok(self.defaults.snapshot(customer)?.with_marker(marker))
    }

    fn snapshots(&self, customers: &[Customer]) -> Result<Vec<Snapshot>, Fault> {
        customers.iter().map(|customer| self.snapshot(customer)).collect()
    }

    /// The record as a read shows it now; nothing if that fails: the engine looks then.
    async fn stored(&self, id: CustomerId) -> Option<Snapshot> {
        let customer = self.client.customers().get_one(id).await.ok()?;
        self.snapshot(&customer).ok()
    }

    fn is_written(&self) -> Result<(), WriteError> {
        if self.read_only { Err(Collection::read_only(self)) } else { Ok(()) }
    }

    /// A number that the mapping gives, where it may.
    fn given_number<'a>(&self, raw: &'a Raw) -> Result<Option<&'a str>, Fault> {
        match raw.get("number") {
            Some(_) if self.numbers.is_some() => Err(broken(
                "number is the marker of what an engine creates: leave it out of the mapping or map it from Moloni only, \
                 or say `in_sequence`",
            )),
            Some(value) if !is_nothing(value) => super::input::filled("number", value).map(Some),
            _ => Ok(None),
        }
    }

    /// Inserts with this number.
    async fn insert(&self, number: &str, raw: &Raw) -> Result<CustomerId, WriteError> {
        let new = self.defaults.new_customer(number, raw).map_err(WriteError::NotApplied)?;
        match self.client.customers().insert(&new).await {
            Ok(id) => Ok(id),
            Err(error) => Err(self.refused(error, number).await),
        }
    }

    /// Inserts with a number that is free. Another may be faster, which the service then says before it does anything.
    async fn insert_next(&self, raw: &Raw) -> Result<CustomerId, WriteError> {
        let mut tries = 0;
        loop {
            let number = self.client.customers().get_next_number().await.map_err(not_applied)?;
            let new = self.defaults.new_customer(&number, raw).map_err(WriteError::NotApplied)?;
            tries += 1;
            match self.client.customers().insert(&new).await {
                Ok(id) => return Ok(id),
                Err(error) if is_taken(&error) && tries < TRIES => {}
                Err(error) if is_taken(&error) => {
                    let why = "others were faster with each number that Moloni proposed";
                    return Err(WriteError::NotApplied(
                        Fault::new(FaultKind::Transient, why).with_source(error),
                    ));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What became of a write that failed: who has the number is looked up.
    async fn refused(&self, error: Error, number: &str) -> WriteError {
        if is_taken(&error) {
            let holder = self.client.customers().get_by_number(number, Match::Exact).page(0).await;
            if let Some(holder) = holder.ok().and_then(|page| page.items.into_iter().next()) {
                return WriteError::Exists(RecordId::new(holder.customer_id));
            }
        }
        error.into()
    }

    async fn put(&self, at: &RecordRef, raw: &Raw) -> Result<Written, WriteError> {
        let number = self.given_number(raw).map_err(WriteError::NotApplied)?;
        let id = record_id(at).map_err(WriteError::NotApplied)?;
        let before = self.client.customers().get_one(id).await.map_err(not_applied)?;
        let fields = NewCustomer::of(&before);
        let wanted = self.defaults.changed(fields.clone(), raw).map_err(WriteError::NotApplied)?;
        if wanted == fields {
            return Ok(Written { id: at.id.clone(), stored: self.snapshot(&before).ok() });
        }
        if let Err(error) = self.client.customers().update(id, &wanted).await {
            return Err(match error.kind() {
                // It was there a moment ago.
                ErrorKind::Refused if !error.outcome_unknown() => self.gone_or(id, error.into()).await,
                _ => self.refused(error, number.unwrap_or(&before.number)).await,
            });
        }
        Ok(Written { id: at.id.clone(), stored: self.stored(id).await })
    }

    /// The service refuses what is gone without a reason: looks whether it is.
    async fn gone_or(&self, id: CustomerId, otherwise: Fault) -> WriteError {
        match self.client.customers().find_one(id).await {
            Ok(None) => WriteError::NotApplied(Fault::new(FaultKind::Gone, "there is no such customer")),
            _ => WriteError::NotApplied(otherwise),
        }
    }
}

/// A failure before anything was sent that could change something.
fn not_applied(error: Error) -> WriteError {
    WriteError::NotApplied(error.into())
}

/// Whether another customer has the number, and nothing else is wrong.
fn is_taken(error: &Error) -> bool {
    let is_number =
        |field: &crate::FieldError| field.code == ValidationCode::Unique && field.field == "number";
    !error.outcome_unknown() && matches!(error.field_errors(), [only] if is_number(only))
}

#[async_trait]
impl Collection for CustomerCollection {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        identity(&self.client).await
    }

    /// Nothing is missing, if the [prefix](CustomerCollection::number_prefix) will do.
    async fn set_up(&self) -> Result<SetUp, Fault> {
        if let Some(numbers) = &self.numbers {
            numbers.check()?;
        }
        Ok(SetUp::default())
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let page = self.client.customers().get_all().page(offset(page)?).await?;
        Ok(ListPage { records: self.snapshots(&page.items)?, next: page.next.map(token) })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let found = self.client.customers().find_one(record_id(at)?).await?;
        Ok(found.as_ref().map(|customer| self.snapshot(customer)).transpose()?.into())
    }

    fn is_searchable(&self, field: &str) -> bool {
        ["vat", "email", "number", "name"].contains(&field)
    }

    /// Searches for a text anywhere in the field, because a value may be written with a prefix or in other letters, and
    /// puts those first that are just this value.
    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let customers = self.client.customers();
        let (list, field, value) = match by {
            Probe::Marker(marker) => {
                (customers.get_by_number(marker.as_str(), Match::Exact), "number", marker.as_str())
            }
            Probe::Field { name, value } => {
                let list = match name.as_str() {
                    "vat" => customers.get_by_vat(value, Match::Loose),
                    "email" => customers.get_by_email(value, Match::Loose),
                    "number" => customers.get_by_number(value, Match::Loose),
                    "name" => customers.get_by_name(value, Match::Loose),
                    _ => {
                        return Err(broken(format!(
                            "customers cannot be searched by {name}, but by fields that the mapping calls vat, email, \
                             number or name"
                        )));
                    }
                };
                (list, name.as_str(), value.as_str())
            }
            _ => return Err(broken("customers cannot be searched like this")),
        };
        let (mut found, mut exact) = (Vec::new(), 0);
        let mut rows = list.items();
        while let Some(customer) = rows.try_next().await? {
            exact += usize::from(is_value(&customer, field, value));
            found.push(customer);
            if exact >= limit {
                break;
            }
        }
        found.sort_by_key(|customer| !is_value(customer, field, value));
        found.truncate(limit);
        self.snapshots(&found)
    }

    async fn create(&self, _: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        self.is_written()?;
        let given = self.given_number(raw).map_err(WriteError::NotApplied)?;
        let id = match (&self.numbers, given) {
            (Some(_), _) => self.insert(marker.as_str(), raw).await?,
            (None, Some(number)) => self.insert(number, raw).await?,
            (None, None) => self.insert_next(raw).await?,
        };
        Ok(Written { id: RecordId::new(id), stored: self.stored(id).await })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        self.is_written()?;
        match part {
            Part::Fields(raw) => self.put(&seen.at, raw).await,
            _ => Err(WriteError::NotApplied(broken("customers have no sets: only whole fields are written"))),
        }
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.is_written()?;
        let id = record_id(&seen.at).map_err(WriteError::NotApplied)?;
        match self.client.customers().delete(id).await {
            Err(error) if error.kind() == ErrorKind::Refused && !error.outcome_unknown() => {
                let used = invalid(
                    "customer",
                    "is used in documents, so Moloni keeps them: end the pair, or leave both",
                );
                Err(self.gone_or(id, used.with_source(error)).await)
            }
            other => Ok(other?),
        }
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let since = moment(since)?;
        let from = since.unwrap_or_else(|| self.client.http().env().now());
        let page = self.client.customers().get_modified_since(from).page(offset(page)?).await?;
        let cursor = cursor(&self.client, page.served_at, since);
        let gone = Vec::new();
        if since.is_none() {
            return Ok(Some(ChangePage { records: Vec::new(), gone, next: None, cursor }));
        }
        let records = self.snapshots(&page.items)?;
        Ok(Some(ChangePage { records, gone, next: page.next.map(token), cursor }))
    }

    async fn count(&self, _: &Scope) -> Result<Option<u64>, Fault> {
        Ok(Some(self.client.customers().count().await?))
    }

    async fn marker(&self, suggested: &Marker) -> Result<Marker, Fault> {
        let Some(numbers) = &self.numbers else { return Ok(suggested.clone()) };
        numbers.check()?;
        Ok(numbers.of(suggested))
    }
}

/// Whether a field of the customer is just this, whatever the letters.
fn is_value(customer: &Customer, field: &str, value: &str) -> bool {
    let is = match field {
        "vat" => &customer.vat,
        "email" => &customer.email,
        "number" => &customer.number,
        _ => &customer.name,
    };
    is.trim().to_lowercase() == value.to_lowercase()
}
