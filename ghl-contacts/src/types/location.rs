use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::search::Direction;
use crate::ids::{CompanyId, LocationId};

/// A location: one business's part of HighLevel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Location {
    /// The id.
    pub id: LocationId,
    /// The agency it belongs to. A search gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The domain of its pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The street address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The state or district.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The country, by its two-letter code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// The time zone's name, such as `Europe/Lisbon`. Times without a zone are of its clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// A person's first name; whose, the description does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The same person's last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where its logo is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
    /// How it treats its contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<LocationSettings>,
    /// Everything else, such as the details of the business and its pages elsewhere.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Location {
    /// A location with this id and nothing else, for tests.
    pub fn new(id: impl Into<LocationId>) -> Self {
        Self {
            id: id.into(),
            company_id: None,
            name: None,
            domain: None,
            address: None,
            city: None,
            state: None,
            country: None,
            postal_code: None,
            website: None,
            timezone: None,
            first_name: None,
            last_name: None,
            email: None,
            phone: None,
            logo_url: None,
            settings: None,
            extra: Map::new(),
        }
    }
}

/// How a location treats its contacts.
///
/// They decide what a create or an upsert of a contact does, so look at them before a sync writes for the first time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LocationSettings {
    /// Whether two contacts may have one e-mail or phone. If not, a create that would make a second one is refused with
    /// [`ErrorKind::Duplicate`](crate::ErrorKind::Duplicate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_duplicate_contact: Option<bool>,
    /// Whether it may have duplicate opportunities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_duplicate_opportunity: Option<bool>,
    /// Whether contacts from Facebook are merged by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_facebook_name_merge: Option<bool>,
    /// Whether the contacts' own time zones are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_contact_timezone: Option<bool>,
    /// What tells one contact from another, such as `email` and `phone`. The description does not have it.
    #[serde(default, deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub contact_unique_identifiers: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl LocationSettings {
    /// No setting at all, for tests.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Reads the texts of a list. What is not described must not cost the location, whatever it turns out to be.
fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let items = match Option::<Value>::deserialize(from)? {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let text = |item| if let Value::String(text) = item { Some(text) } else { None };
    Ok(items.into_iter().filter_map(text).collect())
}

/// Which locations to search for: those that pass all that is set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchLocations {
    pub(crate) company: Option<CompanyId>,
    pub(crate) email: Option<String>,
    pub(crate) order: Option<Direction>,
}

impl SearchLocations {
    /// All locations that the token reaches.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the agency whose locations are searched.
    #[must_use]
    pub fn company(mut self, company: impl Into<CompanyId>) -> Self {
        self.company = Some(company.into());
        self
    }

    /// Keeps only locations with this e-mail address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Sets the order; by which field, the service does not say.
    #[must_use]
    pub fn order(mut self, direction: Direction) -> Self {
        self.order = Some(direction);
        self
    }
}
