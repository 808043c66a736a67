use ghl_contacts::sync::ContactCollection;
use ghl_contacts::{Client, DataType};
use sync_core::engine::{Field, Mapping, MappingError, Policy, Side, normalise};

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

impl ContactFields {
    /// The contacts of the client's location, with these fields.
    pub fn collection(&self, client: Client, timing: Timing) -> ContactCollection {
        ContactCollection::new(client)
            .custom_field(&self.nif, DataType::Text)
            .custom_field(&self.number, DataType::Text)
            .custom_field(&self.import_date, DataType::Text)
            .marker_field(&self.marker)
            .searched_by("vat", &self.nif)
            .request_timeout(timing.request)
            .index_lag(timing.index_lag)
    }
}

/// How a Moloni customer becomes a HighLevel contact.
///
/// | field | Moloni | HighLevel | |
/// |---|---|---|---|
/// | vat | `vat` | custom field | first key; placeholders such as the final consumer's count as empty |
/// | email | `email` | `email` | second key |
/// | phone | `phone` | `phone` | third key, together with the name; in E.164 |
/// | name | `name` | `name` | |
/// | address, city, postal code, country, website | | | placeholders count as empty |
/// | source, number, import date | | | written on creation only |
///
/// All of it goes one way. Where a customer and a contact first meet, only what is empty is filled, and what differs is
/// kept; what changes in Moloni later goes over.
///
/// # Errors
///
/// [`MappingError`] if two of the custom fields have one name.
pub fn contact_mapping(fields: &ContactFields, today: jiff::civil::Date) -> Result<Mapping, MappingError> {
    let custom = |name: &str| format!("customFields.{name}");
    Mapping::builder()
        .field("vat", |f| {
            let nobody = ["999999990", "999999999", "000000000", "111111111"];
            one_way(f.left("vat").right(custom(&fields.nif)).normalise(normalise::nif).ignore(nobody))
        })
        .field("email", |f| one_way(f.left("email").right("email").normalise(normalise::email)))
        .field("phone", |f| one_way(f.left("phone").right("phone").normalise(normalise::phone)))
        .field("name", |f| one_way(f.left("name").right("name").ignore(["Consumidor Final"])))
        .field("address", |f| one_way(f.left("address").right("address1").ignore(UNKNOWN)))
        .field("city", |f| one_way(f.left("city").right("city").ignore(UNKNOWN)))
        .field("postal_code", |f| one_way(f.left("zip_code").right("postalCode").ignore(["0000-000"])))
        .field("country", |f| {
            one_way(f.left("country.iso_3166_1").right("country").normalise(normalise::upper))
        })
        .field("website", |f| one_way(f.left("website").right("website")))
        .field("source", |f| f.constant("Moloni").right("source").on_create())
        .field("number", |f| f.left("number").right(custom(&fields.number)).on_create())
        .field("import_date", |f| {
            f.constant(today.to_string()).right(custom(&fields.import_date)).on_create()
        })
        .matched_by(["vat"])
        .matched_by(["email"])
        .matched_by(["phone", "name"])
        .label("number")
        .build()
}

/// What people write where they know none.
const UNKNOWN: [&str; 3] = ["Desconhecido", "Desconhecida", "-"];

/// From Moloni to HighLevel only, and what people have written there before is kept.
fn one_way(field: Field) -> Field {
    field.only_to(Side::Right).on_first(Policy::Prefer(Side::Right))
}
