use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::PaymentMethodId;
use crate::value::{flag, text};

/// A way in which the company is paid, such as cash or a bank transfer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the service has a flag for each")]
pub struct PaymentMethod {
    /// Its id.
    pub payment_method_id: PaymentMethodId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Whether it is cash.
    #[serde(default, with = "flag")]
    pub is_numerary: bool,
    /// Whether it is a reference of Multibanco, the network of Portugal's banks.
    #[serde(default, with = "flag")]
    pub is_mb: bool,
    /// Whether it is credit.
    #[serde(default, with = "flag")]
    pub is_credit: bool,
    /// Whether it is a payment terminal. Not documented.
    #[serde(default, with = "flag")]
    pub is_tpa: bool,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A payment method to insert, or what to replace one by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewPaymentMethod {
    name: String,
    #[serde(with = "flag")]
    is_numerary: bool,
    #[serde(with = "flag")]
    is_mb: bool,
    #[serde(with = "flag")]
    is_credit: bool,
}

impl NewPaymentMethod {
    /// A method of this name that is neither cash nor Multibanco nor credit.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_numerary: false, is_mb: false, is_credit: false }
    }

    /// Says that it is cash. Sent as `is_numerary`.
    #[must_use]
    pub fn cash(mut self) -> Self {
        self.is_numerary = true;
        self
    }

    /// Says that it is a reference of Multibanco. Sent as `is_mb`.
    #[must_use]
    pub fn multibanco(mut self) -> Self {
        self.is_mb = true;
        self
    }

    /// Says that it is credit. Sent as `is_credit`.
    #[must_use]
    pub fn credit(mut self) -> Self {
        self.is_credit = true;
        self
    }
}
