use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::code::{numbers, texts};
use crate::value::{flag, instant, number, optional_id, text};
use crate::{Amount, CompanyId, CountryId, TaxId};

numbers! {
    /// How a [`Tax`] is reckoned.
    TaxKind {
        /// A part of the price, in percent.
        Percentage = 1,
        /// A fixed amount.
        Fixed = 2,
        /// An amount for each unit that is sold.
        PerProduct = 3,
    }
}

numbers! {
    /// What a [`Tax`] is to the tax authority's audit file, SAF-T.
    SaftType {
        /// VAT, in Portuguese IVA.
        Vat = 1,
        /// Stamp duty, in Portuguese *imposto do selo*.
        Stamp = 2,
        /// Any other tax or fee.
        OtherTax = 3,
    }
}

texts! {
    /// Which of the rates of VAT a [`Tax`] is.
    VatType {
        /// The reduced rate: 6 % on the mainland.
        Reduced = "RED",
        /// The intermediate rate: 13 % on the mainland.
        Intermediate = "INT",
        /// The normal rate: 23 % on the mainland.
        Normal = "NOR",
        /// Exempt: 0 %, and a reason must be given.
        Exempt = "ISE",
        /// Any other.
        OtherVat = "OUT",
    }
}

/// A tax or fee that the company can put on products and lines. Moloni's pages call them "Tax & Fees".
///
/// Each company has records of its own, with ids of their own: look for a tax by fiscal zone, type and rate, and
/// never by an id from another company.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tax {
    /// Its id.
    pub tax_id: TaxId,
    /// Its company.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// The rate in percent, or the amount, as [`kind`](Self::kind) says.
    #[serde(default)]
    pub value: Amount,
    /// How it is reckoned. On the wire `type`.
    #[serde(default, rename = "type")]
    pub kind: TaxKind,
    /// What it is to the tax authority.
    #[serde(default)]
    pub saft_type: SaftType,
    /// Which of the rates of VAT it is; none for another tax.
    #[serde(default)]
    pub vat_type: VatType,
    /// Which item of the stamp duty it is; empty for another tax.
    #[serde(default, deserialize_with = "text")]
    pub stamp_tax: String,
    /// Why nothing is charged, such as `M07`, if the rate is 0.
    #[serde(default, deserialize_with = "text")]
    pub exemption_reason: String,
    /// Where it applies: `PT`, `PT-AC` (Azores), `PT-MA` (Madeira), or another country's code.
    #[serde(default, deserialize_with = "text")]
    pub fiscal_zone: String,
    /// Whether new products get it.
    #[serde(default, with = "flag")]
    pub active_by_default: bool,
    /// Its country, where the fiscal zone does not tell.
    #[serde(default, with = "optional_id")]
    pub country_id: Option<CountryId>,
    /// Whether it is shown; 1 as far as is known.
    #[serde(default, deserialize_with = "number")]
    pub visibility: i64,
    /// Whether it was just imported. Not documented.
    #[serde(default, with = "flag")]
    pub recem_importado: bool,
    /// When it last changed.
    #[serde(default, with = "instant::optional")]
    pub lastmodified: Option<Timestamp>,
    /// Who changed it.
    #[serde(default, deserialize_with = "text")]
    pub lastmodifiedby: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Tax {
    /// Whether it is a VAT of `rate` percent in `fiscal_zone`.
    pub fn is_vat(&self, fiscal_zone: &str, rate: Amount) -> bool {
        self.saft_type == SaftType::Vat
            && self.kind == TaxKind::Percentage
            && self.fiscal_zone == fiscal_zone
            && self.value == rate
    }
}

/// A tax to insert, or what to replace one by.
///
/// ```
/// use moloni_client::Decimal;
/// use moloni_client::types::{NewTax, VatType};
///
/// let normal = NewTax::vat("IVA Normal", Decimal::from(23), VatType::Normal, "PT").active_by_default();
/// # let _ = normal;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewTax {
    name: String,
    value: Amount,
    #[serde(rename = "type")]
    kind: TaxKind,
    saft_type: SaftType,
    vat_type: VatType,
    stamp_tax: String,
    exemption_reason: String,
    fiscal_zone: String,
    #[serde(with = "flag")]
    active_by_default: bool,
}

impl NewTax {
    /// A VAT of `rate` percent in a fiscal zone, such as `PT`. A rate of 0 needs an
    /// [`exemption_reason`](Self::exemption_reason).
    pub fn vat(
        name: impl Into<String>,
        rate: impl Into<Amount>,
        vat_type: VatType,
        fiscal_zone: impl Into<String>,
    ) -> Self {
        let base = Self::other(name, TaxKind::Percentage, rate, fiscal_zone);
        Self { saft_type: SaftType::Vat, vat_type, ..base }
    }

    /// A stamp duty: `item` names the item of its table.
    pub fn stamp(
        name: impl Into<String>,
        kind: TaxKind,
        value: impl Into<Amount>,
        item: impl Into<String>,
        fiscal_zone: impl Into<String>,
    ) -> Self {
        let base = Self::other(name, kind, value, fiscal_zone);
        Self { saft_type: SaftType::Stamp, stamp_tax: item.into(), ..base }
    }

    /// Any other tax or fee: a rate in percent or an amount, as `kind` says.
    pub fn other(
        name: impl Into<String>,
        kind: TaxKind,
        value: impl Into<Amount>,
        fiscal_zone: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            kind,
            saft_type: SaftType::OtherTax,
            vat_type: VatType::default(),
            stamp_tax: String::new(),
            exemption_reason: String::new(),
            fiscal_zone: fiscal_zone.into(),
            active_by_default: false,
        }
    }

    /// Says why nothing is charged, such as `M07`. Sent as `exemption_reason`.
    #[must_use]
    pub fn exemption_reason(mut self, code: impl Into<String>) -> Self {
        self.exemption_reason = code.into();
        self
    }

    /// Gives it to new products. Sent as `active_by_default`.
    #[must_use]
    pub fn active_by_default(mut self) -> Self {
        self.active_by_default = true;
        self
    }
}

/// Which taxes to list. An empty one lists all that are shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TaxQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    country_id: Option<CountryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Amount>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<TaxKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_by_default: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with_invisible: Option<u8>,
}

impl TaxQuery {
    /// Lists all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists those of a country. Sent as `country_id`.
    #[must_use]
    pub fn country(mut self, country: CountryId) -> Self {
        self.country_id = Some(country);
        self
    }

    /// Lists those of a fiscal zone, such as `PT-MA`. Sent as `fiscal_zone`.
    #[must_use]
    pub fn fiscal_zone(mut self, zone: impl Into<String>) -> Self {
        self.fiscal_zone = Some(zone.into());
        self
    }

    /// Lists those of this rate or amount. Sent as `value`.
    #[must_use]
    pub fn value(mut self, value: impl Into<Amount>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Lists those that are reckoned so. Sent as `type`.
    #[must_use]
    pub fn kind(mut self, kind: TaxKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Lists those that new products get, or the others. Sent as `active_by_default`.
    #[must_use]
    pub fn active_by_default(mut self, active: bool) -> Self {
        self.active_by_default = Some(u8::from(active));
        self
    }

    /// Lists those that are hidden, too. Sent as `with_invisible`.
    #[must_use]
    pub fn with_invisible(mut self) -> Self {
        self.with_invisible = Some(1);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn codes_that_are_not_known_survive() {
        let row = json!({ "tax_id": 7, "type": 9, "saft_type": "2", "vat_type": "NEW", "value": 13.5 });
        let tax: Tax = serde_json::from_value(row).unwrap();
        assert_eq!((tax.kind, tax.saft_type), (TaxKind::Other(9), SaftType::Stamp));
        assert_eq!((tax.vat_type.code(), tax.value.to_string().as_str()), ("NEW", "13.5"));
        let written = serde_json::to_value(&tax).unwrap();
        assert_eq!((&written["type"], &written["vat_type"]), (&json!(9), &json!("NEW")));
    }

    #[test]
    fn every_field_that_the_service_asks_for_is_sent() {
        let tax = NewTax::vat("Isento", Amount::ZERO, VatType::Exempt, "PT").exemption_reason("M07");
        let sent = json!({
            "name": "Isento", "value": 0, "type": 1, "saft_type": 1, "vat_type": "ISE", "stamp_tax": "",
            "exemption_reason": "M07", "fiscal_zone": "PT", "active_by_default": 0,
        });
        assert_eq!(serde_json::to_value(tax).unwrap(), sent);
        let stamp =
            NewTax::stamp("Selo", TaxKind::Fixed, Amount::from(rust_decimal::Decimal::TWO), "17.1", "PT")
                .active_by_default();
        let stamp = serde_json::to_value(stamp).unwrap();
        assert_eq!((&stamp["saft_type"], &stamp["stamp_tax"]), (&json!(2), &json!("17.1")));
        assert_eq!((&stamp["type"], &stamp["active_by_default"]), (&json!(2), &json!(1)));
    }
}
