use std::fmt;
use std::sync::Arc;

use ghl_contacts::sync::ContactCollection;
use ghl_contacts::{Client, DataType};
use moloni_client::types::Country;
use sync_core::engine::{
    Conflict, Field, Mapping, MappingError, Policy, Resolution, Resolve, Side, Snapshot, normalise,
};
use sync_core::jiff::civil::Date;

use crate::attributes::{ATTRIBUTES, Attributes, HAS_DOCUMENTS, TAGS, TURNOVER};
use crate::company::COMPANY_NAME;
use crate::extra::ExtraFields;
use crate::phone::phone;
use crate::settings::Timing;

/// The custom fields of HighLevel contacts that the bridge uses, by the names people see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContactFields {
    /// The tax number.
    pub nif: String,
    /// The customer number in Moloni.
    pub number: String,
    /// The day the contact was imported.
    pub import_date: String,
    /// What the bridge finds its own contacts by. Nobody should edit it.
    pub marker: String,
}

impl Default for ContactFields {
    fn default() -> Self {
        Self {
            nif: "NIF".to_owned(),
            number: "Moloni number".to_owned(),
            import_date: "Moloni import date".to_owned(),
            marker: "Moloni sync id".to_owned(),
        }
    }
}

/// How a Moloni customer becomes a HighLevel contact, and on demand back.
///
/// | field | Moloni | HighLevel | two ways |
/// |---|---|---|---|
/// | vat | `vat` | custom field | fiscal; first key; placeholders such as the final consumer's count as empty |
/// | email | `email` | `email` | the later change, or else HighLevel's; second key |
/// | phone | `phone` | `phone` | the same; third key, together with the name; in E.164, see [`PhoneCountry`](crate::PhoneCountry) |
/// | name | `name` | `name` | fiscal |
/// | company | `name`, of companies | `companyName` | to HighLevel only: see [`CompanyName`](crate::CompanyName) |
/// | address, city, postal code, country | | | fiscal; placeholders count as empty |
/// | website | `website` | `website` | the later change, or else HighLevel's |
/// | number | `number` | custom field | to HighLevel only |
/// | turnover, tags, attributes | | | to HighLevel only: see [`Attributes`] |
/// | source, import date | | `source`, custom field | written on creation only |
///
/// One way, which is the default, all of it goes to HighLevel. Where a customer and a contact first meet, only what is
/// empty is filled, and what differs is kept; what changes in Moloni later goes over.
///
/// Two ways, the books own what is fiscal once a document names the customer: an edit in HighLevel then waits for a
/// person, because Moloni keeps the tax number without a word, and what was invoiced should not change under its invoice.
/// Before that HighLevel owns it. Where both first meet and differ, the owner's value goes over.
#[derive(Debug, Clone)]
pub struct ContactMapping {
    fields: ContactFields,
    today: Today,
    attributes: Attributes,
    countries: Option<Countries>,
    extra: ExtraFields,
}

/// Tells the present day.
#[derive(Clone)]
struct Today(Arc<dyn Fn() -> Date + Send + Sync>);

impl fmt::Debug for Today {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Today")
    }
}

/// Where a customer's import date would be.
const IMPORT_DATE: &str = "import_date";

/// Moloni's countries: ids and codes.
type Countries = Arc<[(String, String)]>;

impl ContactMapping {
    /// One way, without attributes. `today` tells the import date of each contact that is created.
    pub fn new(fields: ContactFields, today: impl Fn() -> Date + Send + Sync + 'static) -> Self {
        let today = Today(Arc::new(today));
        Self { fields, today, attributes: Attributes::none(), countries: None, extra: ExtraFields::default() }
    }

    /// Writes what follows from these, which the engine needs as [`Enrich`](sync_core::engine::Enrich) too.
    #[must_use]
    pub fn attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// Maps these fields too.
    #[must_use]
    pub fn extra(mut self, extra: ExtraFields) -> Self {
        self.extra = extra;
        self
    }

    /// Goes two ways. Moloni knows countries by ids of its own: these are its countries.
    #[must_use]
    pub fn two_way(mut self, countries: &[Country]) -> Self {
        let known = countries.iter().map(|c| (c.country_id.to_string(), c.iso_3166_1.to_uppercase()));
        self.countries = Some(known.collect());
        self
    }

    /// The contacts of the client's location, with the custom fields that this needs.
    pub fn collection(&self, client: Client, timing: Timing) -> ContactCollection {
        let fields = &self.fields;
        let contacts = ContactCollection::new(client)
            .custom_field(&fields.nif, DataType::Text)
            .custom_field(&fields.number, DataType::Text)
            .custom_field(&fields.import_date, DataType::Text)
            .marker_field(&fields.marker)
            .searched_by("vat", &fields.nif)
            .request_timeout(timing.send_within)
            .index_lag(timing.index_lag);
        let contacts = self
            .attributes
            .custom_fields()
            .fold(contacts, |contacts, (name, kind)| contacts.custom_field(name, kind));
        let extra = self.extra.custom_fields().iter();
        extra.fold(contacts, |contacts, name| contacts.custom_field(name, DataType::Text))
    }

    /// Makes the mapping.
    ///
    /// # Errors
    ///
    /// [`MappingError`] if two of the custom fields have one name, or an extra field has the name of another one.
    pub fn build(&self) -> Result<Mapping, MappingError> {
        let custom = |name: &str| format!("customFields.{name}");
        let fields = &self.fields;
        let mut mapping = self
            .extra
            .builder()
            .field("vat", |f| {
                let nobody = ["999999990", "999999999", "000000000", "111111111"];
                let f = f.left("vat").right(custom(&fields.nif)).normalise(normalise::nif).ignore(nobody);
                self.fiscal(f)
            })
            .field("email", |f| self.newest(f.left("email").right("email").normalise(normalise::email)))
            .field("phone", |f| self.newest(f.left("phone").right("phone").normalise(phone)))
            .field("name", |f| self.fiscal(f.left("name").right("name").ignore(["Consumidor Final"])))
            .field("company", |f| one_way(f.left(COMPANY_NAME).right("companyName")))
            .field("address", |f| self.fiscal(f.left("address").right("address1").ignore(UNKNOWN)))
            .field("city", |f| self.fiscal(f.left("city").right("city").ignore(UNKNOWN)))
            .field("postal_code", |f| {
                self.fiscal(f.left("zip_code").right("postalCode").ignore(["0000-000"]))
            })
            .field("country", |f| self.country(f.right("country").normalise(normalise::upper)))
            .field("website", |f| self.newest(f.left("website").right("website")))
            .field("number", |f| one_way(f.left("number").right(custom(&fields.number))))
            .field("source", |f| f.constant("Moloni").right("source").on_create())
            .field("import_date", |f| {
                // No customer has such a field, so each new contact gets the day.
                let (f, today) = (f.left(IMPORT_DATE), self.today.0.clone());
                let f = f.right(custom(&fields.import_date)).on_create();
                f.default_on_create_with(Side::Right, move || today().to_string())
            })
            .field("tags", |f| f.left(TAGS).right("tags").set().normalise(lower).only_to(Side::Right));
        if let Some(turnover) = self.attributes.turnover_field_name() {
            mapping = mapping.field("turnover", |f| {
                one_way(f.left(TURNOVER).right(custom(turnover)).normalise(normalise::decimal))
            });
        }
        for (name, field) in self.attributes.fields() {
            mapping = mapping.field(format!("attribute {name}"), |f| {
                one_way(f.left(format!("{ATTRIBUTES}.{name}")).right(custom(field)))
            });
        }
        mapping
            .matched_by(["vat"])
            .matched_by(["email"])
            .matched_by(["phone", "name"])
            .label("number")
            .build()
    }

    /// What stands on invoices.
    fn fiscal(&self, field: Field) -> Field {
        if self.countries.is_none() {
            return one_way(field);
        }
        let owner = || Policy::Custom(Arc::new(BooksOnceInvoiced));
        field.policy(owner()).on_first(owner()).frozen_when(Side::Left, has_documents)
    }

    /// What people change as they learn of it.
    fn newest(&self, field: Field) -> Field {
        if self.countries.is_none() {
            return one_way(field);
        }
        let newest = || Policy::newest_or(Side::Right);
        field.policy(newest()).on_first(newest())
    }

    fn country(&self, field: Field) -> Field {
        let Some(countries) = &self.countries else { return one_way(field.left("country.iso_3166_1")) };
        let (codes, ids) = (countries.clone(), countries.clone());
        let code = move |id: &str| codes.iter().find(|(known, _)| known == id).map(|(_, code)| code.clone());
        let id = move |code: &str| ids.iter().find(|(_, known)| known == code).map(|(id, _)| id.clone());
        self.fiscal(field.left("country_id").translate(Side::Left, code, id))
    }
}

/// What people write where they know none.
pub(crate) const UNKNOWN: [&str; 3] = ["Desconhecido", "Desconhecida", "-"];

/// From Moloni to HighLevel only, and what people have written there before is kept.
pub(crate) fn one_way(field: Field) -> Field {
    field.only_to(Side::Right).on_first(Policy::Prefer(Side::Right))
}

fn has_documents(customer: &Snapshot) -> bool {
    customer.get(HAS_DOCUMENTS).is_some_and(|there| there == true)
}

/// HighLevel keeps tags in lower case.
#[allow(clippy::unnecessary_wraps, reason = "a normaliser may fail")]
fn lower(text: &str) -> normalise::Normalised {
    normalise::spaces(&text.to_lowercase())
}

/// The books' value once a document names the customer, HighLevel's before.
#[derive(Debug)]
struct BooksOnceInvoiced;

impl Resolve for BooksOnceInvoiced {
    fn resolve(&self, conflict: &Conflict<'_>) -> Resolution {
        Resolution::Take(if conflict.frozen.left { Side::Left } else { Side::Right })
    }
}
