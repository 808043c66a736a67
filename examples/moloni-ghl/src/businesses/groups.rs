use std::collections::BTreeMap;
use std::time::Duration;

use moloni_client::resources::Match;
use moloni_client::sync::CustomerCollection;
use moloni_client::types::{AlternateAddress, Customer};
use moloni_client::{Client, Nif, TryStreamExt};
use serde_json::json;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, Link, ListPage, PageToken, Probe, Raw, Read, RecordId, RecordRef,
    Scope, Side, Snapshot, normalise,
};
use sync_core::{AccountKey, async_trait};

use super::States;
use super::unclaimed::unreadable;
use crate::phone::within;

/// The set of contacts, on both sides.
pub(super) const CONTACTS: &str = "contacts";

/// How many records are looked up in a state at once.
const LOOKUP: usize = 500;

/// Customers who share a tax number, as one record: two or more of them, or one with further addresses.
///
/// Its name is `customer groups`, it only reads, and the id of a group is the tax number. Only Portuguese numbers whose
/// check digit is right count, and never those that stand for nobody, such as the final consumer's; nor one that Moloni's
/// search would not find, because somebody has put spaces into it.
///
/// | field | |
/// |---|---|
/// | `name`, `number`, `email`, `phone`, `website`, `address`, `city`, `zip_code` | of the customer with the lowest id, whom the books knew first |
/// | `country` | the code of the same one's |
/// | `vat` | the tax number |
/// | `description` | the tax number in words, and a line for each further address |
/// | `contacts` | the ids of the contacts that the customers are paired with; given once the group has its business |
///
/// A group that has a business stays one when it falls to one customer: the business has that one's contact then. When
/// nobody has the number any more, the group is gone.
///
/// # What it costs
///
/// A list reads all customers; there is no change feed, so a poll is a sweep. A group is read by one search for its
/// number. Who is whose contact is asked of the state alone. Further addresses are in the customers' rows.
#[derive(Debug)]
pub struct CustomerGroups {
    moloni: Client,
    states: States,
    /// Knows the account.
    customers: CustomerCollection,
    caps: Caps,
}

/// The customers who have one tax number.
struct Group {
    nif: Nif,
    /// Never none. The one with the lowest id comes first.
    customers: Vec<Customer>,
}

impl CustomerGroups {
    /// The groups of the client's company.
    pub fn new(moloni: Client, states: States) -> Self {
        let customers = CustomerCollection::new(moloni.clone()).read_only();
        Self { moloni, states, customers, caps: Caps::new() }
    }

    /// Sets how long one call may be under way. Default: 1 minute.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.caps = self.caps.request_timeout(timeout);
        self
    }

    /// The customers with a number, as they are now.
    async fn group(&self, nif: Nif) -> Result<Option<Group>, Fault> {
        let found = self.moloni.customers().get_by_vat(nif.to_string(), Match::Loose).items();
        let found: Vec<Customer> = found.try_collect().await?;
        Ok(grouped(found).remove(&nif))
    }

    /// These groups as records; those that are none are left out.
    async fn records(&self, groups: Vec<Group>) -> Result<Vec<Snapshot>, Fault> {
        let mut records = Vec::new();
        let mut groups = groups.into_iter().peekable();
        while groups.peek().is_some() {
            let page: Vec<Group> = groups.by_ref().take(LOOKUP).collect();
            let places: Vec<_> = page.iter().map(Group::at).collect();
            let links = self.states.businesses.links_of(Side::Left, &places).await.map_err(unreadable)?;
            for (group, link) in page.into_iter().zip(links) {
                let has_business = link.is_some_and(|link| is_complete(&link.value));
                if !has_business && !group.is_one() {
                    continue;
                }
                let contacts = if has_business { Some(self.contacts(&group).await?) } else { None };
                records.push(group.snapshot(contacts));
            }
        }
        Ok(records)
    }

    /// The contacts that the customers of a group are paired with.
    async fn contacts(&self, group: &Group) -> Result<Vec<String>, Fault> {
        let customers: Vec<_> = group.customers.iter().map(|c| top(c.customer_id)).collect();
        let mut contacts = Vec::new();
        for page in customers.chunks(LOOKUP) {
            let links = self.states.contacts.links_of(Side::Left, page).await.map_err(unreadable)?;
            let live = links.into_iter().flatten().map(|link| link.value).filter(Link::is_live);
            contacts.extend(live.filter_map(|link| Some(link.ends.right?.id.to_string())));
        }
        contacts.sort_unstable();
        Ok(contacts)
    }
}

impl Group {
    fn at(&self) -> RecordRef {
        top(self.nif)
    }

    /// Whether it takes a business: one customer at one address does not.
    fn is_one(&self) -> bool {
        self.customers.len() > 1 || self.customers.iter().any(|c| !c.alternate_addresses.is_empty())
    }

    fn snapshot(&self, contacts: Option<Vec<String>>) -> Snapshot {
        let unknown = Customer::default();
        let main = self.customers.first().unwrap_or(&unknown);
        let country = main.country.as_ref().map(|country| country.iso_3166_1.as_str());
        let fields = [
            ("name", json!(main.name)),
            ("number", json!(main.number)),
            ("vat", json!(self.nif)),
            ("email", json!(main.email)),
            ("phone", json!(within(&main.phone, country.unwrap_or_default()))),
            ("website", json!(main.website)),
            ("address", json!(main.address)),
            ("city", json!(main.city)),
            ("zip_code", json!(main.zip_code)),
            ("country", json!(country)),
            ("description", json!(self.description())),
        ];
        let mut fields: Raw = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        // Until there is a business nobody can be assigned to it. Afterwards they are written by themselves, so that of an
        // answer that was lost each member can be found out about.
        if let Some(contacts) = contacts {
            fields.insert(CONTACTS.to_owned(), json!(contacts));
        }
        Snapshot::new(self.at(), fields)
    }

    fn description(&self) -> String {
        let further = self.customers.iter().flat_map(|customer| &customer.alternate_addresses);
        let mut lines = vec![format!("NIF {}", self.nif)];
        lines.extend(further.map(line));
        lines.join("\n")
    }
}

/// Whether two names are the same but for spaces and case.
fn is_alike(one: &str, other: &str) -> bool {
    let folded = |text: &str| normalise::spaces(&text.to_lowercase()).ok().flatten();
    folded(one) == folded(other)
}

/// `Warehouse: Rua Um 1, 4000-001 Porto`, as far as it is known.
fn line(address: &AlternateAddress) -> String {
    let parts = |parts: &[&str], between: &str| {
        let parts: Vec<_> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        parts.join(between)
    };
    let city = parts(&[&address.zip_code, &address.city], " ");
    parts(&[&address.designation, &parts(&[&address.address, &city], ", ")], ": ")
}

fn top(id: impl std::fmt::Display) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

/// Whether a group has its business.
fn is_complete(link: &Link) -> bool {
    link.is_live() && link.ends.right.is_some()
}

/// The number by which a customer is grouped, if there is one.
fn number(customer: &Customer) -> Option<Nif> {
    let nif = Nif::new(&customer.vat).ok().filter(|nif| !nif.is_final_consumer())?;
    // A list must not show whom the search for one group does not find.
    customer.vat.contains(&nif.to_string()).then_some(nif)
}

fn grouped(mut customers: Vec<Customer>) -> BTreeMap<Nif, Group> {
    customers.sort_by_key(|customer| customer.customer_id);
    // A list that shifts shows a customer twice.
    customers.dedup_by_key(|customer| customer.customer_id);
    let mut groups = BTreeMap::new();
    for customer in customers {
        let Some(nif) = number(&customer) else { continue };
        let group = groups.entry(nif).or_insert_with(|| Group { nif, customers: Vec::new() });
        group.customers.push(customer);
    }
    groups
}

#[async_trait]
impl Collection for CustomerGroups {
    fn name(&self) -> &'static str {
        "customer groups"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        self.customers.identity().await
    }

    /// One page: which group a customer belongs to is known only when all are.
    async fn list(&self, _: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        let customers: Vec<Customer> = self.moloni.customers().get_all().items().try_collect().await?;
        let records = self.records(grouped(customers).into_values().collect()).await?;
        Ok(ListPage { records, next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let Ok(nif) = Nif::new(at.id.as_str()) else { return Ok(Read::Gone) };
        let group = self.group(nif).await?;
        Ok(self.records(group.into_iter().collect()).await?.pop().into())
    }

    fn is_searchable(&self, field: &str) -> bool {
        field == "name"
    }

    /// Searches for a name: whoever has it may be in a group of that name.
    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let value = match by {
            Probe::Field { name, value } if self.is_searchable(name) => value,
            _ => return Err(Fault::new(FaultKind::Broken, "customer groups are searched by name alone")),
        };
        let found = self.moloni.customers().get_by_name(value, Match::Loose).items();
        let found: Vec<Customer> = found.try_collect().await?;
        let mut records = Vec::new();
        for nif in grouped(found).into_keys() {
            let group = self.group(nif).await?;
            let mut of_group = self.records(group.into_iter().collect()).await?;
            of_group.retain(|record| is_alike(record.text("name"), value));
            records.extend(of_group);
            if records.len() >= limit {
                break;
            }
        }
        records.truncate(limit);
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: u64, vat: &str) -> Customer {
        let mut customer = Customer::default();
        (customer.customer_id, customer.vat) = (id.into(), vat.to_owned());
        customer
    }

    #[test]
    fn only_numbers_that_are_somebody_s_and_that_a_search_finds_make_a_group() {
        let table = [
            ("501964843", true),
            ("PT501964843", true),
            ("PT 501964843", true),
            // The search for the nine digits would not find it.
            ("501 964 843", false),
            ("501964844", false),
            ("999999990", false),
            ("999999999", false),
            ("000000000", false),
            ("ESB12345678", false),
            ("", false),
        ];
        for (vat, grouped) in table {
            assert_eq!(number(&customer(1, vat)).is_some(), grouped, "{vat}");
        }
    }

    #[test]
    fn who_is_listed_twice_is_one_and_whom_the_books_knew_first_comes_first() {
        let rows = [3, 1, 3].map(|id| customer(id, "501964843"));
        let groups = grouped(rows.to_vec());
        let ids: Vec<_> =
            groups.values().flat_map(|group| &group.customers).map(|c| c.customer_id.get()).collect();
        assert_eq!(ids, [1, 3]);
    }
}
