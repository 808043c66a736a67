use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{CompanyId, LocationId, UserId};
use crate::types::lenient_time;

/// Who installed or removed the app, and where.
///
/// The installation in an agency has no location. One that an agency makes for its future locations may lack the agency
/// and the user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Install {
    /// The app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The version of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Whether it is for a location or for an agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_type: Option<InstallType>,
    /// The location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// The agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// The name of the agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The plan of the app that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<String>,
    /// Whether the plan is tried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// Whether the agency shows the service under its own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_whitelabel_company: Option<bool>,
    /// Under which name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whitelabel_details: Option<WhiteLabel>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Install {
    /// An installation of which nothing is known, for tests.
    pub fn new() -> Self {
        Self::default()
    }
}

/// What an app is installed in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum InstallType {
    /// A location.
    Location,
    /// An agency.
    Company,
    /// Something that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// How an app is tried out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Trial {
    /// Whether it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_trial: Option<bool>,
    /// For how many days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_duration: Option<f64>,
    /// Since when.
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub trial_start_date: Option<Timestamp>,
}

/// The name under which an agency shows the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WhiteLabel {
    /// Its domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
}
