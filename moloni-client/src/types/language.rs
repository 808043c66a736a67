use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::LanguageId;
use crate::value::text;

/// A language that documents can be written in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Language {
    /// Its id: 1 is Portuguese, 2 English, 3 Spanish.
    pub language_id: LanguageId,
    /// Its two-letter code, in capitals.
    #[serde(default, deserialize_with = "text")]
    pub code: String,
    /// Its name in itself.
    #[serde(default, deserialize_with = "text")]
    pub title: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
