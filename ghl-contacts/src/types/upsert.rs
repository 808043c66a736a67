use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::contact::Contact;
use super::contact_fields::{ContactFields, field_setters};
use super::custom_field::CustomFieldValue;
use super::dnd::{DndSettings, InboundDndSettings};
use super::null::null_as_default;
use super::setters::setters;
use crate::ids::UserId;
use crate::patch::Patch;

/// A contact to update if the location has it, and to create if not.
///
/// The service finds it by e-mail or phone, so one of them is where this starts. What is not set stays as it is on a
/// contact that exists.
///
/// ```
/// use ghl_contacts::UpsertContact;
/// let ana = UpsertContact::by_email("ana@example.pt").name("Ana Reis").city("Porto").source("web shop");
/// # let _ = ana;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpsertContact {
    #[serde(flatten)]
    fields: ContactFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_new_if_duplicate_allowed: Option<bool>,
}

impl UpsertContact {
    /// The contact with this e-mail address.
    pub fn by_email(email: impl Into<String>) -> Self {
        Self::with(ContactFields { email: Patch::Set(email.into()), ..ContactFields::default() })
    }

    /// The contact with this phone number, best in E.164. There are reports of refusals of a phone without an e-mail.
    pub fn by_phone(phone: impl Into<String>) -> Self {
        Self::with(ContactFields { phone: Patch::Set(phone.into()), ..ContactFields::default() })
    }

    fn with(fields: ContactFields) -> Self {
        Self { fields, gender: None, source: None, assigned_to: None, create_new_if_duplicate_allowed: None }
    }

    field_setters! {}

    setters! { [fields] Patch<String>:
        /// Sets or clears the company's name.
        company_name,
    }

    setters! { [] String:
        /// Sets the gender of a new contact. On one that exists the service drops it without a word.
        gender,
        /// Sets where it came from. The service takes no `null` here.
        source,
    }

    setters! { [] UserId:
        /// Sets the user it is assigned to. The service takes no `null` here.
        assigned_to,
    }

    setters! { [] bool:
        /// Sets whether to create a contact although one matches. Works only in a location that allows duplicates;
        /// elsewhere the service ignores it. With `true`, the call is not idempotent.
        create_new_if_duplicate_allowed,
    }

    /// Whether a second call may make a second contact.
    pub(crate) fn always_creates(&self) -> bool {
        self.create_new_if_duplicate_allowed == Some(true)
    }
}

/// What became of an [`UpsertContact`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Upserted {
    /// The contact as it is now.
    pub contact: Contact,
    /// Whether it was created. If the answer to a first request was lost and the call sent it again, this speaks of
    /// the second one: it then says `false` of a contact that the first one created.
    #[serde(rename = "new", default, deserialize_with = "null_as_default")]
    pub is_new: bool,
    /// The id that HighLevel's support asks for.
    #[serde(rename = "traceId")]
    pub trace_id: Option<String>,
}

impl Upserted {
    /// An answer, for tests.
    pub fn new(contact: Contact, is_new: bool) -> Self {
        Self { contact, is_new, trace_id: None }
    }
}
