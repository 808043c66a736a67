use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use super::setters::setters;
use super::time;
use crate::ids::{BusinessId, LocationId};

/// A business, which groups contacts. The web application calls it a company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Business {
    /// The id.
    pub id: BusinessId,
    /// The name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// The phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// The street address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The state or district.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country. Described as free text: neither a code nor a name is insisted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A text about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was created.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Everything else, such as who created it.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Business {
    /// A business, for tests.
    pub fn new(id: impl Into<BusinessId>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            location_id: None,
            phone: None,
            email: None,
            website: None,
            address: None,
            city: None,
            state: None,
            postal_code: None,
            country: None,
            description: None,
            created_at: None,
            updated_at: None,
            extra: Map::new(),
        }
    }
}

/// What a create and an update can both write.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BusinessFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// Makes the setters of [`BusinessFields`] for a type that has them as `fields`.
macro_rules! business_setters {
    () => {
        setters! { [fields] String:
            /// Sets the phone number.
            phone,
            /// Sets the e-mail address.
            email,
            /// Sets the website.
            website,
            /// Sets the street address.
            address,
            /// Sets the city.
            city,
            /// Sets the state or district.
            state,
            /// Sets the postal code.
            postal_code,
            /// Sets the country. Described as free text: neither a code nor a name is insisted on.
            country,
            /// Sets a text about it.
            description,
        }
    };
}

/// A business to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewBusiness {
    name: String,
    #[serde(flatten)]
    fields: BusinessFields,
}

impl NewBusiness {
    /// A business with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: BusinessFields::default() }
    }

    business_setters! {}
}

/// Changes to a business: what is not set stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    fields: BusinessFields,
}

impl BusinessUpdate {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    setters! { [] String:
        /// Sets the name.
        name,
    }

    business_setters! {}
}
