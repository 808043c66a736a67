use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use crate::ids::{CompanyId, LocationId, UserId};

/// A user of the agency or of its locations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The extension of the phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Whether the user was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    /// What the user is, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<UserRoles>,
    /// Everything else, such as the permissions.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl User {
    /// A user with nothing but an id, for tests.
    pub fn new(id: impl Into<UserId>) -> Self {
        Self {
            id: id.into(),
            name: None,
            first_name: None,
            last_name: None,
            email: None,
            phone: None,
            extension: None,
            deleted: None,
            roles: None,
            extra: Map::new(),
        }
    }
}

/// What a [`User`] is, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserRoles {
    /// `agency` or `account`, which is a location.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `admin` or `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The locations that the user works for.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub location_ids: Vec<LocationId>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl UserRoles {
    /// No role at all, for tests.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which users of an agency to search for: those that pass all that is set.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchUsers {
    pub(crate) company: CompanyId,
    pub(crate) location: Option<LocationId>,
    pub(crate) query: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) ids: Vec<UserId>,
}

impl SearchUsers {
    /// All users of an agency: [`Location::company_id`](crate::Location::company_id) names a location's.
    pub fn new(company: impl Into<CompanyId>) -> Self {
        Self { company: company.into(), location: None, query: None, kind: None, role: None, ids: Vec::new() }
    }

    /// Keeps only users of this location.
    #[must_use]
    pub fn location(mut self, location: impl Into<LocationId>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Keeps only users in whose full name, e-mail or phone the service finds this text.
    #[must_use]
    pub fn query(mut self, text: impl Into<String>) -> Self {
        self.query = Some(text.into());
        self
    }

    /// Keeps only users of this kind, such as `agency`: see [`UserRoles::kind`]. Sent as `type`.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Keeps only users in this role, such as `admin`.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Keeps only these users. None at all means every user.
    #[must_use]
    pub fn ids(mut self, users: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.ids = users.into_iter().map(Into::into).collect();
        self
    }
}
