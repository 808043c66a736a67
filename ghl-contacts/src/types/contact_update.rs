use jiff::civil::Date;
use serde::Serialize;

use super::contact_fields::{ContactFields, field_setters};
use super::custom_field::CustomFieldValue;
use super::dnd::{DndSettings, InboundDndSettings};
use super::setters::setters;
use crate::ids::UserId;
use crate::patch::Patch;

/// Changes to a contact: what is not set stays as it is.
///
/// Tags are best changed by [`Client::tags`](crate::Client::tags): a `tags` in an update replaces all of them, so the
/// method for it is called [`replace_all_tags`](Self::replace_all_tags).
///
/// The gender and further e-mail addresses and phone numbers are not here: the service refuses an update with them.
///
/// ```
/// use ghl_contacts::{ContactUpdate, Patch};
/// let update = ContactUpdate::new().city("Porto").timezone("Europe/Lisbon").date_of_birth(Patch::Clear);
/// # let _ = update;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactUpdate {
    #[serde(flatten)]
    fields: ContactFields,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    source: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    assigned_to: Patch<UserId>,
}

impl ContactUpdate {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    field_setters! {}

    setters! { [fields] Patch<String>:
        /// Sets or clears the company's name. The description of the API lacks it; the service takes it.
        company_name,
    }

    setters! { [] Patch<String>:
        /// Sets or clears where it came from.
        source,
    }

    setters! { [] Patch<UserId>:
        /// Sets or clears the user it is assigned to: `Patch::Set(user)` or [`Patch::Clear`].
        assigned_to,
    }
}
