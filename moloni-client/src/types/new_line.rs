use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

use super::LineTax;
use crate::{
    Amount, CountryId, DeductionId, DeliveryMethodId, DocumentId, DocumentLineId, PaymentMethodId, ProductId,
    VehicleId, WarehouseId,
};

/// A line of a document to write.
///
/// Either it has taxes, or it says why it bears none: one with neither or with both is refused before anything is
/// sent, because the service would refuse it, or charge what was not meant.
///
/// ```
/// use moloni_client::types::{LineTax, NewLine};
/// use moloni_client::{Decimal, ProductId, TaxId};
///
/// let chairs = NewLine::new(ProductId::from(61), "Chair", Decimal::from(4), Decimal::new(4990, 2))
///     .tax(LineTax::new(TaxId::from(9), Decimal::from(23)));
/// let course = NewLine::new(ProductId::from(62), "Course", Decimal::ONE, Decimal::from(75)).exempt("M07");
/// # let _ = (chairs, course);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewLine {
    product_id: ProductId,
    name: String,
    qty: Amount,
    price: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption_reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<LineTax>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse_id: Option<WarehouseId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_id: Option<DocumentLineId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_id: Option<DocumentLineId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deduction_id: Option<DeductionId>,
}

impl NewLine {
    /// A line for `qty` of a product at `price` each, without tax. The product must be in the catalogue: the service
    /// knows no lines of free text. The name may differ from the product's.
    pub fn new(
        product: ProductId,
        name: impl Into<String>,
        qty: impl Into<Amount>,
        price: impl Into<Amount>,
    ) -> Self {
        Self {
            product_id: product,
            name: name.into(),
            qty: qty.into(),
            price: price.into(),
            summary: None,
            discount: None,
            order: None,
            exemption_reason: None,
            taxes: Vec::new(),
            warehouse_id: None,
            origin_id: None,
            related_id: None,
            deduction_id: None,
        }
    }

    /// A line of a credit note that takes back `qty` of a line as it was invoiced: its product, name, price, discount
    /// and taxes. `None` if that line names no product.
    pub fn crediting(line: &super::DocumentLine, qty: impl Into<Amount>) -> Option<Self> {
        let mut credit =
            Self::new(line.product_id?, &line.name, qty, line.price).related_id(line.document_product_id);
        if !line.discount.is_zero() {
            credit = credit.discount(line.discount);
        }
        for tax in &line.taxes {
            credit = credit.tax(LineTax {
                tax_id: tax.tax_id?,
                rate: tax.rate,
                order: u32::try_from(tax.order).unwrap_or(1),
                cumulative: tax.cumulative,
            });
        }
        Some(if line.taxes.is_empty() { credit.exempt(&line.exemption_reason) } else { credit })
    }

    /// Adds a tax.
    #[must_use]
    pub fn tax(mut self, tax: LineTax) -> Self {
        self.taxes.push(tax);
        self
    }

    /// Says why it bears no tax, by a code such as `M07`. Sent as `exemption_reason`.
    #[must_use]
    pub fn exempt(mut self, reason: impl Into<String>) -> Self {
        self.exemption_reason = Some(reason.into());
        self
    }

    /// Sets what it says below its name.
    #[must_use]
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.summary = Some(text.into());
        self
    }

    /// Sets the discount in percent.
    #[must_use]
    pub fn discount(mut self, percent: impl Into<Amount>) -> Self {
        self.discount = Some(percent.into());
        self
    }

    /// Sets its place among the lines. Default: the service's.
    #[must_use]
    pub fn order(mut self, order: u32) -> Self {
        self.order = Some(order);
        self
    }

    /// Sets where the goods come from.
    #[must_use]
    pub fn warehouse_id(mut self, id: WarehouseId) -> Self {
        self.warehouse_id = Some(id);
        self
    }

    /// Names the line that it derives from, such as that of an order.
    #[must_use]
    pub fn origin_id(mut self, line: DocumentLineId) -> Self {
        self.origin_id = Some(line);
        self
    }

    /// Names the line that it credits. Credit notes only.
    #[must_use]
    pub fn related_id(mut self, line: DocumentLineId) -> Self {
        self.related_id = Some(line);
        self
    }

    /// Sets the tax that the customer withholds on it.
    #[must_use]
    pub fn deduction_id(mut self, id: DeductionId) -> Self {
        self.deduction_id = Some(id);
        self
    }

    pub(super) fn credits(&self) -> bool {
        self.related_id.is_some()
    }

    /// What is wrong with it, as far as that shows without asking the service.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let reason = self.exemption_reason.as_deref().unwrap_or_default().trim();
        let positive = |amount: Amount| amount > Amount::ZERO;
        if !positive(self.qty) {
            return Err("the quantity is not above zero");
        }
        if !self.taxes.iter().all(|tax| positive(tax.rate)) {
            return Err(
                "a tax has no rate: at zero per cent there is no tax, but a reason for the exemption",
            );
        }
        match (self.taxes.is_empty(), reason.is_empty()) {
            (true, true) => Err("it has neither a tax nor a reason for the exemption"),
            (false, false) => Err("it has both a tax and a reason for an exemption"),
            _ => Ok(()),
        }
    }
}

/// A document to settle or to derive from, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NewAssociation {
    pub(super) associated_id: DocumentId,
    value: Amount,
}

impl NewAssociation {
    /// `value` of a document. Zero where nothing is settled, as for a credit note on a document that is paid by
    /// itself.
    pub fn new(document: DocumentId, value: impl Into<Amount>) -> Self {
        Self { associated_id: document, value: value.into() }
    }

    /// All that is still to be paid of a document.
    pub fn all_of(document: &super::Document) -> Self {
        Self::new(document.document_id, document.open_value())
    }
}

/// A payment to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewPayment {
    payment_method_id: PaymentMethodId,
    #[serde(serialize_with = "moment")]
    date: DateTime,
    value: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
}

impl NewPayment {
    /// `value` by a method, at a moment on the company's own clock.
    pub fn new(method: PaymentMethodId, at: DateTime, value: impl Into<Amount>) -> Self {
        Self { payment_method_id: method, date: at, value: value.into(), notes: None }
    }

    /// Sets notes about it.
    #[must_use]
    pub fn notes(mut self, text: impl Into<String>) -> Self {
        self.notes = Some(text.into());
        self
    }
}

/// How and when goods travel. Addresses in Portugal need a postal code of the form `1234-567`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_field_names, reason = "these are the service's names")]
pub struct Delivery {
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_method_id: Option<DeliveryMethodId>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_moment")]
    delivery_datetime: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_departure_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_departure_city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_departure_zip_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_departure_country: Option<CountryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_destination_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_destination_city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_destination_zip_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_destination_country: Option<CountryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vehicle_id: Option<VehicleId>,
}

impl Delivery {
    /// Goods that leave at a moment on the company's own clock.
    pub fn at(leaves: DateTime) -> Self {
        Self { delivery_datetime: Some(leaves), ..Self::default() }
    }

    /// Sets the way of delivery.
    #[must_use]
    pub fn method(mut self, id: DeliveryMethodId) -> Self {
        self.delivery_method_id = Some(id);
        self
    }

    /// Sets the vehicle.
    #[must_use]
    pub fn vehicle(mut self, id: VehicleId) -> Self {
        self.vehicle_id = Some(id);
        self
    }

    /// Sets where they leave from.
    #[must_use]
    pub fn from(
        mut self,
        address: impl Into<String>,
        zip_code: impl Into<String>,
        city: impl Into<String>,
        country: CountryId,
    ) -> Self {
        self.delivery_departure_address = Some(address.into());
        self.delivery_departure_zip_code = Some(zip_code.into());
        self.delivery_departure_city = Some(city.into());
        self.delivery_departure_country = Some(country);
        self
    }

    /// Sets where they go.
    #[must_use]
    pub fn to(
        mut self,
        address: impl Into<String>,
        zip_code: impl Into<String>,
        city: impl Into<String>,
        country: CountryId,
    ) -> Self {
        self.delivery_destination_address = Some(address.into());
        self.delivery_destination_zip_code = Some(zip_code.into());
        self.delivery_destination_city = Some(city.into());
        self.delivery_destination_country = Some(country);
        self
    }
}

/// The one spelling that Moloni's own plugins use.
pub(super) fn moment<S: Serializer>(at: &DateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

#[allow(clippy::ref_option, reason = "serde passes fields by reference")]
fn optional_moment<S: Serializer>(at: &Option<DateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => moment(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::json;

    use super::*;
    use crate::TaxId;

    fn line() -> NewLine {
        NewLine::new(ProductId::from(61), "Banco", Decimal::new(25, 1), Decimal::new(1_999, 2))
    }

    fn vat(rate: i64) -> LineTax {
        LineTax::new(TaxId::from(9), Decimal::from(rate))
    }

    #[test]
    fn a_line_bears_a_tax_or_says_why_not() {
        let table = [
            (line(), "neither"),
            (line().exempt(" "), "neither"),
            (line().exempt("M07").tax(vat(23)), "both"),
            (line().tax(vat(0)), "no rate"),
            (line().tax(vat(23)).tax(vat(-1)), "no rate"),
            (NewLine::new(ProductId::from(1), "", Decimal::ZERO, Decimal::ONE).exempt("M07"), "quantity"),
        ];
        for (line, why) in table {
            assert!(line.check().unwrap_err().contains(why), "{line:?}");
        }
        for line in [line().exempt("M07"), line().tax(vat(6))] {
            assert_eq!(line.check(), Ok(()));
        }
    }

    #[test]
    fn a_line_has_the_service_s_names() {
        let line = line()
            .tax(vat(23))
            .summary("Azul")
            .discount(Decimal::TEN)
            .order(2)
            .warehouse_id(WarehouseId::from(4))
            .origin_id(DocumentLineId::from(5))
            .related_id(DocumentLineId::from(6))
            .deduction_id(DeductionId::from(7));
        let expected = json!({
            "product_id": 61, "name": "Banco", "qty": 2.5, "price": 19.99, "summary": "Azul", "discount": 10, "order": 2,
            "taxes": [{ "tax_id": 9, "value": 23, "order": 1, "cumulative": 1 }], "warehouse_id": 4, "origin_id": 5,
            "related_id": 6, "deduction_id": 7,
        });
        assert_eq!(serde_json::to_value(line).unwrap(), expected);
    }

    #[test]
    fn moments_have_a_space_and_no_offset() {
        let at = jiff::civil::date(2026, 7, 1).at(9, 5, 0, 0);
        let payment = NewPayment::new(PaymentMethodId::from(2), at, Decimal::ONE).notes("MB");
        let expected =
            json!({ "payment_method_id": 2, "date": "2026-07-01 09:05:00", "value": 1, "notes": "MB" });
        assert_eq!(serde_json::to_value(payment).unwrap(), expected);
        let delivery = Delivery::at(at)
            .method(DeliveryMethodId::from(3))
            .vehicle(VehicleId::from(4))
            .from("Rua A", "1000-001", "Lisboa", CountryId::from(1))
            .to("Rua B", "4000-001", "Porto", CountryId::from(1));
        let expected = json!({
            "delivery_method_id": 3, "delivery_datetime": "2026-07-01 09:05:00", "vehicle_id": 4,
            "delivery_departure_address": "Rua A", "delivery_departure_zip_code": "1000-001",
            "delivery_departure_city": "Lisboa", "delivery_departure_country": 1,
            "delivery_destination_address": "Rua B", "delivery_destination_zip_code": "4000-001",
            "delivery_destination_city": "Porto", "delivery_destination_country": 1,
        });
        assert_eq!(serde_json::to_value(delivery).unwrap(), expected);
    }
}
