use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::value::{number, text};
use crate::{Amount, MaturityDateId};

/// Terms of payment, in Portuguese *prazo de vencimento*, such as "30 days".
///
/// They are printed on documents and suggest when one is due. What counts before the law is a document's own due
/// date, `expiration_date`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MaturityDate {
    /// Its id.
    pub maturity_date_id: MaturityDateId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// How many days after the document's date payment is due; 0 is at once.
    #[serde(default, deserialize_with = "number")]
    pub days: i64,
    /// The discount in percent for those who pay in time.
    #[serde(default)]
    pub associated_discount: Amount,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Terms of payment to insert, or what to replace some by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewMaturityDate {
    name: String,
    days: u32,
    associated_discount: Amount,
}

impl NewMaturityDate {
    /// Terms of this name that give so many days, without a discount.
    pub fn new(name: impl Into<String>, days: u32) -> Self {
        Self { name: name.into(), days, associated_discount: Amount::ZERO }
    }

    /// Gives a discount in percent, from 0 to 100. Sent as `associated_discount`.
    #[must_use]
    pub fn associated_discount(mut self, percent: impl Into<Amount>) -> Self {
        self.associated_discount = percent.into();
        self
    }
}
