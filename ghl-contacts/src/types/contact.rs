use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::additional::{AdditionalEmail, AdditionalPhone};
use super::custom_field::CustomField;
use super::dnd::{DndSettings, InboundDndSettings};
use super::null::null_as_default;
use super::origin::{Attribution, CreatedBy};
use super::{text, time};
use crate::ids::{BusinessId, ContactId, LocationId, UserId};

/// A contact as the service gives it.
///
/// Create, get, update and search answer with different parts of it, so all but the id may be missing. What has
/// no field here is in [`extra`](Self::extra). A number or a flag in the place of a text, such as a postal code, is read as
/// its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// What the service takes it for, such as `lead`.
    #[serde(
        rename = "type",
        default,
        deserialize_with = "text::plain",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<String>,
    /// The given name.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The whole name. Search and lists call it `contactName`; create does not answer it.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The primary e-mail address.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The primary phone number, normalised by the service.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Further e-mail addresses. Read-only.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub additional_emails: Vec<AdditionalEmail>,
    /// Further phone numbers. Read-only.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub additional_phones: Vec<AdditionalPhone>,
    /// The company's name as text.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// The business it is grouped under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<BusinessId>,
    /// The street address. Search calls it `address`.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub address1: Option<String>,
    /// The city.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The state or district.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The country as ISO 3166 alpha-2.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The postal code.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The website.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// The IANA time zone.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Where it came from, as text.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The user it is assigned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<UserId>,
    /// The users who follow it.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<UserId>,
    /// Whether the contact may not be disturbed on any channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnd: Option<bool>,
    /// On which channels the contact may not be disturbed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnd_settings: Option<DndSettings>,
    /// Whether messages from the contact are ignored. Not in the description of what is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_dnd_settings: Option<InboundDndSettings>,
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
    /// How the person first found the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution_source: Option<Attribution>,
    /// How the person last came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attribution_source: Option<Attribution>,
    /// All of that as lists give it.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub attributions: Vec<Attribution>,
    /// Who or what created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<CreatedBy>,
    /// The visitor of the live chat that it is.
    #[serde(default, deserialize_with = "text::plain", skip_serializing_if = "Option::is_none")]
    pub visitor_id: Option<String>,
    /// Its files, as they come: described as a text, also seen as a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Value>,
    /// When it was created.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_added: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_updated: Option<Timestamp>,
    /// When something last happened between it and the business.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub last_activity: Option<Timestamp>,
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
            kind: None,
            first_name: None,
            last_name: None,
            name: None,
            email: None,
            phone: None,
            additional_emails: Vec::new(),
            additional_phones: Vec::new(),
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
            followers: Vec::new(),
            dnd: None,
            dnd_settings: None,
            inbound_dnd_settings: None,
            tags: Vec::new(),
            custom_fields: Vec::new(),
            date_of_birth: None,
            attribution_source: None,
            last_attribution_source: None,
            attributions: Vec::new(),
            created_by: None,
            visitor_id: None,
            attachments: None,
            date_added: None,
            date_updated: None,
            last_activity: None,
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

    /// Moves what lists name differently to its own field. Not by aliases: an item that has both names of a field
    /// would not decode.
    pub(crate) fn with_names_of_lists(mut self) -> Self {
        for (own, theirs) in [(&mut self.name, "contactName"), (&mut self.address1, "address")] {
            if own.is_some() {
                continue;
            }
            match self.extra.remove(theirs) {
                Some(Value::String(text)) => *own = Some(text),
                // What is no text stays where it is.
                Some(odd) if !odd.is_null() => drop(self.extra.insert(theirs.to_owned(), odd)),
                _ => {}
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_or_a_flag_in_the_place_of_a_text_is_its_text() {
        let wire = json!({ "id": "c_ana", "postalCode": 4000, "firstName": true, "phone": 912_345_678, "city": null });
        let read: Contact = serde_json::from_value(wire).unwrap();
        assert_eq!(read.postal_code.as_deref(), Some("4000"));
        assert_eq!((read.first_name.as_deref(), read.city), (Some("true"), None));
        assert_eq!(read.phone.as_deref(), Some("912345678"));
        // What would be lost is an error: an empty text would be taken for one that somebody emptied.
        assert!(
            serde_json::from_value::<Contact>(json!({ "id": "c_ana", "city": { "name": "Faro" } })).is_err()
        );
    }

    #[test]
    fn an_odd_name_of_a_list_is_kept_where_it_is() {
        let wire = json!({ "id": "c_ana", "contactName": 7, "address": { "street": "Rua da Prata 1" } });
        let read = serde_json::from_value::<Contact>(wire.clone()).unwrap().with_names_of_lists();
        assert_eq!((&read.name, &read.address1), (&None, &None));
        assert_eq!(read.extra.get("contactName"), Some(&wire["contactName"]));
        assert_eq!(read.extra.get("address"), Some(&wire["address"]));
    }
}
