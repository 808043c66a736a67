use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::custom_field::{CustomField, CustomFieldValue};
use super::null::null_as_default;
use super::time;
use crate::ids::{ContactId, LocationId, UserId};
use crate::patch::Patch;

/// A contact as the service gives it.
///
/// Create, get, update and search answer with different parts of it, so all but the id may be missing. What has
/// no field here is in [`extra`](Self::extra).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// The given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The whole name. Search calls it `contactName`; create does not answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The primary e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The primary phone number, normalised by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The company's name as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// The business it is grouped under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// The street address. Search calls it `address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address1: Option<String>,
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The state or district.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The country as ISO 3166 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// The IANA time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Where it came from, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The user it is assigned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<UserId>,
    /// Whether the contact may not be disturbed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnd: Option<bool>,
    /// The tags, in lower case.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    /// The values of custom fields. They come without key or name: see [`CustomFieldDefinition`].
    ///
    /// [`CustomFieldDefinition`]: crate::CustomFieldDefinition
    #[serde(default, deserialize_with = "null_as_default")]
    pub custom_fields: Vec<CustomField>,
    /// The date of birth, which comes in three shapes.
    #[serde(default, deserialize_with = "time::lenient_date", skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<Date>,
    /// When it was created.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_added: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_updated: Option<Timestamp>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Contact {
    /// A contact with nothing but an id, for tests; set the rest on its fields.
    pub fn new(id: impl Into<ContactId>) -> Self {
        Self {
            id: id.into(),
            location_id: None,
            first_name: None,
            last_name: None,
            name: None,
            email: None,
            phone: None,
            company_name: None,
            business_id: None,
            address1: None,
            city: None,
            state: None,
            country: None,
            postal_code: None,
            website: None,
            timezone: None,
            source: None,
            assigned_to: None,
            dnd: None,
            tags: Vec::new(),
            custom_fields: Vec::new(),
            date_of_birth: None,
            date_added: None,
            date_updated: None,
            extra: Map::new(),
        }
    }

    /// The whole name: as given, or put together from its parts.
    pub fn full_name(&self) -> Option<String> {
        if let Some(name) = self.name.as_deref().filter(|n| !n.trim().is_empty()) {
            return Some(name.to_owned());
        }
        let parts = [self.first_name.as_deref(), self.last_name.as_deref()];
        let parts: Vec<_> = parts.into_iter().flatten().map(str::trim).filter(|p| !p.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Makes the text setters that a new contact and an update share.
macro_rules! text_setters {
    ($value:ty: $($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$value>) -> Self {
            self.$name = $name.into().into();
            self
        }
    )*};
}

/// A contact to create.
///
/// Set [`name`](Self::name), or [`first_name`](Self::first_name) and [`last_name`](Self::last_name). Leave out what
/// is unknown: the service refuses an empty e-mail.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewContact {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_fields: Vec<CustomFieldValue>,
}

impl NewContact {
    /// A contact of which nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    text_setters! { String:
        /// Sets the given name.
        first_name,
        /// Sets the family name.
        last_name,
        /// Sets the whole name, in place of given and family name.
        name,
        /// Sets the e-mail address.
        email,
        /// Sets the phone number, best in E.164.
        phone,
        /// Sets the company's name.
        company_name,
        /// Sets the street address.
        address1,
        /// Sets the city.
        city,
        /// Sets the state or district.
        state,
        /// Sets the country as ISO 3166 alpha-2.
        country,
        /// Sets the postal code.
        postal_code,
        /// Sets the website.
        website,
        /// Sets where it came from.
        source,
    }

    /// Sets the tags. The service keeps them in lower case.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a custom field.
    #[must_use]
    pub fn custom_field(mut self, value: CustomFieldValue) -> Self {
        self.custom_fields.push(value);
        self
    }
}

/// Changes to a contact: what is not set stays as it is.
///
/// Tags are not here: a `tags` in an update replaces all of them, other people's included. Use
/// [`Client::tags`](crate::Client::tags).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactUpdate {
    #[serde(skip_serializing_if = "Patch::is_keep")]
    first_name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    last_name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    email: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    phone: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    company_name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    address1: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    city: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    state: Patch<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    website: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    source: Patch<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_fields: Vec<CustomFieldValue>,
}

impl ContactUpdate {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    text_setters! { Patch<String>:
        /// Sets or clears the given name.
        first_name,
        /// Sets or clears the family name.
        last_name,
        /// Sets or clears the whole name.
        name,
        /// Sets or clears the e-mail address.
        email,
        /// Sets or clears the phone number.
        phone,
        /// Sets or clears the company's name. The description of the API lacks it; the service takes it.
        company_name,
        /// Sets or clears the street address.
        address1,
        /// Sets or clears the city.
        city,
        /// Sets or clears the state or district.
        state,
        /// Sets or clears the website.
        website,
        /// Sets or clears where it came from.
        source,
    }

    text_setters! { String:
        /// Sets the country as ISO 3166 alpha-2. The service takes no `null` here.
        country,
        /// Sets the postal code; an empty text clears it. The service takes no `null` here.
        postal_code,
    }

    /// Sets a custom field; the others stay as they are.
    #[must_use]
    pub fn custom_field(mut self, value: CustomFieldValue) -> Self {
        self.custom_fields.push(value);
        self
    }
}
