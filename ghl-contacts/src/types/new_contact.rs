use jiff::civil::Date;
use serde::Serialize;

use super::custom_field::CustomFieldValue;
use super::dnd::{DndSettings, InboundDndSettings};
use super::setters::setters;
use crate::ids::UserId;

/// A contact to create.
///
/// Set [`name`](Self::name), or [`first_name`](Self::first_name) and [`last_name`](Self::last_name). Leave out what
/// is unknown: the service refuses an empty e-mail.
///
/// Further e-mail addresses and phone numbers are not here: the service gives them and takes none.
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
    gender: Option<String>,
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
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnd: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnd_settings: Option<DndSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound_dnd_settings: Option<InboundDndSettings>,
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

    setters! { [] String:
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
        /// Sets the gender. It cannot be changed later, and no answer has it.
        gender,
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
        /// Sets the IANA time zone, such as `Europe/Lisbon`.
        timezone,
        /// Sets where it came from.
        source,
    }

    setters! { [] Date:
        /// Sets the date of birth. Described as an object; really a text, written as `1990-09-25`.
        date_of_birth,
    }

    setters! { [] UserId:
        /// Sets the user it is assigned to.
        assigned_to,
    }

    setters! { [] bool:
        /// Sets whether the contact may not be disturbed on any channel.
        dnd,
    }

    setters! { [] DndSettings:
        /// Sets on which channels the contact may not be disturbed.
        dnd_settings,
    }

    setters! { [] InboundDndSettings:
        /// Sets whether messages from the contact are ignored.
        inbound_dnd_settings,
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
