use serde::{Deserialize, Serialize};

use crate::EacId;
use crate::value::text;

/// An economic activity of the official list, in Portuguese *CAE*, that the company does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EconomicActivity {
    /// Its id.
    pub eac_id: EacId,
    /// Its code in the official list, five digits. Document sets do not show it.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// What it is.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
}
