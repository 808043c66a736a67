use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Language;
use crate::value::{instant, number, object, optional_id, text};
use crate::{LanguageId, SalesmanId, UserId};

/// A person who has a login.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Their id.
    pub user_id: UserId,
    /// Their group, which says what they may do.
    #[serde(default, deserialize_with = "number")]
    pub user_group_id: i64,
    /// Who they are among the company's salesmen.
    #[serde(default, with = "optional_id")]
    pub salesman_id: Option<SalesmanId>,
    /// Their name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Their e-mail address, which is their login.
    #[serde(default, deserialize_with = "text")]
    pub email: String,
    /// Their mobile phone number.
    #[serde(default, deserialize_with = "text")]
    pub cellphone: String,
    /// The language that they see Moloni in.
    #[serde(default, with = "optional_id")]
    pub language_id: Option<LanguageId>,
    /// When they registered.
    #[serde(default, with = "instant::optional")]
    pub registered_since: Option<Timestamp>,
    /// When they last logged in.
    #[serde(default, with = "instant::optional")]
    pub last_login: Option<Timestamp>,
    /// The language's name and code.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What to replace the fields of one's own user by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateMe {
    name: String,
    email: String,
    cellphone: String,
    language_id: LanguageId,
}

impl UpdateMe {
    /// A user of this name, e-mail address and language, without a phone number.
    ///
    /// The e-mail address is the login: a change of it is a change of what the user logs in with.
    pub fn new(name: impl Into<String>, email: impl Into<String>, language: LanguageId) -> Self {
        Self { name: name.into(), email: email.into(), cellphone: String::new(), language_id: language }
    }

    /// The fields as they are, to change some of them. Without a language it is Portuguese, 1.
    pub fn of(user: &User) -> Self {
        let language = user.language_id.unwrap_or_else(|| LanguageId::from(1));
        Self::new(&user.name, &user.email, language).cellphone(&user.cellphone)
    }

    /// Sets the name. Sent as `name`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the mobile phone number. Sent as `cellphone`.
    #[must_use]
    pub fn cellphone(mut self, number: impl Into<String>) -> Self {
        self.cellphone = number.into();
        self
    }
}
