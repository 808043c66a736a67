//! Which field of a member goes with which field of a contact, and who wins.

use ghl_contacts::sync::ContactCollection;
use ghl_contacts::{Client, DataType};
use sync_core::engine::{Field, Mapping, MappingError, Policy, Side, normalise};

use crate::highlevel::Timing;

/// The custom fields, by the names that people see in HighLevel. Those that are missing are part of the first plan.
const NUMBER: &str = "Member number";
const SECTION: &str = "Section";
const JOINED: &str = "Member since";
const MARKER: &str = "Club sync id";

/// The members are the left side, the contacts the right one.
///
/// | field | who wins if both sides have changed |
/// |---|---|
/// | name | the club |
/// | e-mail address, phone | the later change; HighLevel's where that is not certain |
/// | street, postal code, town | the later change; the club's where that is not certain |
/// | section | nobody: a person is asked |
/// | number, member since, teams | the club; tags that people add in HighLevel are never touched |
///
/// If only one side has changed, that counts, but for the last line. Members and contacts who are there already are
/// recognised by the e-mail address, or else by phone and name together; a member with neither waits for a person.
///
/// # Errors
///
/// [`MappingError`] if two fields have one name or one place.
pub fn mapping() -> Result<Mapping, MappingError> {
    Mapping::builder()
        .field("name", |f| club(f.left("name").right("name")))
        .field("email", |f| newest(f.left("email").right("email").normalise(normalise::email), Side::Right))
        .field("phone", |f| newest(f.left("phone").right("phone").normalise(normalise::phone), Side::Right))
        .field("street", |f| newest(f.left("street").right("address1"), Side::Left))
        .field("postal_code", |f| {
            newest(f.left("postal_code").right("postalCode").normalise(normalise::postal_code), Side::Left)
        })
        .field("town", |f| newest(f.left("town").right("city"), Side::Left))
        .field("section", |f| f.left("section").right(custom(SECTION)).policy(Policy::Park))
        .field("number", |f| f.left("number").right(custom(NUMBER)).only_to(Side::Right))
        .field("joined", |f| {
            f.left("joined").right(custom(JOINED)).normalise(normalise::date).only_to(Side::Right)
        })
        .field("teams", |f| f.left("teams").right("tags").set().normalise(lower).only_to(Side::Right))
        .field("source", |f| f.constant("Club").right("source").on_create())
        .matched_by(["email"])
        .matched_by(["phone", "name"])
        .label("number")
        .build()
}

/// The contacts of the client's location, with the custom fields that the mapping needs.
pub fn contacts(client: Client, timing: Timing) -> ContactCollection {
    ContactCollection::new(client)
        .marker_field(MARKER)
        .custom_field(NUMBER, DataType::Text)
        .custom_field(SECTION, DataType::Text)
        .custom_field(JOINED, DataType::Date)
        .request_timeout(timing.send_within)
        .index_lag(timing.index_lag)
}

fn custom(name: &str) -> String {
    format!("customFields.{name}")
}

fn club(field: Field) -> Field {
    field.policy(Policy::Prefer(Side::Left)).on_first(Policy::Prefer(Side::Left))
}

fn newest(field: Field, otherwise: Side) -> Field {
    field.policy(Policy::newest_or(otherwise)).on_first(Policy::newest_or(otherwise))
}

/// HighLevel keeps tags in lower case.
fn lower(text: &str) -> normalise::Normalised {
    normalise::spaces(&text.to_lowercase())
}
