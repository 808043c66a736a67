//! Where a contact came from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{text, time};

/// How a person found the business, as far as the service could tell.
///
/// The description calls `url` required; the service leaves it out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attribution {
    /// The page, or another place such as a link.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The kind of visit, such as `CRM UI`. Not in the description.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub session_source: Option<String>,
    /// The page before.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The campaign's name.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The campaign's id.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// `utm_source` of the address.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub utm_source: Option<String>,
    /// `utm_medium` of the address.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub utm_medium: Option<String>,
    /// `utm_content` of the address.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub utm_content: Option<String>,
    /// What brought the person, such as `form`.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// The id of what brought the person.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub medium_id: Option<String>,
    /// The browser.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The IP address.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Everything else, such as the click ids of advertisers.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Attribution {
    /// An attribution that tells nothing, for tests.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Who or what created a contact. Not in the description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreatedBy {
    /// What it was, such as `INTEGRATION`.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Through what it came, such as `OAUTH`.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The id of what it was.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl CreatedBy {
    /// A creator of which nothing is known, for tests.
    pub fn new() -> Self {
        Self::default()
    }
}
