use jiff::civil::Date;
use serde::Serialize;

use super::custom_field::CustomFieldValue;
use super::dnd::{DndSettings, InboundDndSettings};
use crate::patch::Patch;

/// What an update and an upsert can both write, and with the same rules about `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactFields {
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) first_name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) last_name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) email: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) phone: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) company_name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) address1: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) city: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) state: Patch<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) postal_code: Option<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) website: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) timezone: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub(super) date_of_birth: Patch<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dnd: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dnd_settings: Option<DndSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) inbound_dnd_settings: Option<InboundDndSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) custom_fields: Vec<CustomFieldValue>,
}

/// Makes the setters of [`ContactFields`] for a type that has them as `fields`.
macro_rules! field_setters {
    () => {
        setters! { [fields] Patch<String>:
            /// Sets or clears the given name.
            first_name,
            /// Sets or clears the family name.
            last_name,
            /// Sets or clears the whole name.
            name,
            /// Sets or clears the e-mail address. The service refuses an empty text: to clear it, use
            /// [`Patch::Clear`].
            email,
            /// Sets or clears the phone number, best in E.164.
            phone,
            /// Sets or clears the street address.
            address1,
            /// Sets or clears the city.
            city,
            /// Sets or clears the state or district.
            state,
            /// Sets or clears the website.
            website,
            /// Sets or clears the IANA time zone, such as `Europe/Lisbon`.
            timezone,
        }

        setters! { [fields] Patch<Date>:
            /// Sets or clears the date of birth. Described as an object; really a text, written as `1990-09-25`.
            date_of_birth,
        }

        setters! { [fields] String:
            /// Sets the country as ISO 3166 alpha-2. The service takes no `null` here.
            country,
            /// Sets the postal code; an empty text clears it. The service takes no `null` here.
            postal_code,
        }

        setters! { [fields] bool:
            /// Sets whether the contact may not be disturbed on any channel.
            dnd,
        }

        setters! { [fields] DndSettings:
            /// Sets on which channels the contact may not be disturbed.
            dnd_settings,
        }

        setters! { [fields] InboundDndSettings:
            /// Sets whether messages from the contact are ignored.
            inbound_dnd_settings,
        }

        /// Sets a custom field; the others stay as they are.
        #[must_use]
        pub fn custom_field(mut self, value: CustomFieldValue) -> Self {
            self.fields.custom_fields.push(value);
            self
        }

        /// Replaces all tags of the contact by these, other people's included; an empty list removes them all.
        ///
        /// To add or to remove some, use [`Client::tags`](crate::Client::tags), which leaves the others alone.
        #[must_use]
        pub fn replace_all_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.fields.tags = Some(tags.into_iter().map(Into::into).collect());
            self
        }
    };
}
pub(super) use field_setters;
