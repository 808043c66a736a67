//! What follows from all that Moloni knows of a customer: tags, the turnover, and attributes by rules of yours.
//!
//! Moloni has no tier and no industry. So both are rules, not readings:
//!
//! ```
//! use moloni_ghl::attributes::{Attribute, Attributes, When};
//!
//! # fn attributes() -> Result<Attributes, moloni_ghl::attributes::PatternError> {
//! let attributes = Attributes::standard()
//!     .with(Attribute::new("tier").bands([("bronze", 0), ("silver", 5_000), ("gold", 50_000)]))
//!     .with(
//!         Attribute::new("industry")
//!             .case("bakery", When::name("padaria|pastelaria")?)
//!             .case("pharmacy", When::name("farmácia")?.or(When::notes("medicamentos")?))
//!             .into_field("Industry"),
//!     );
//! # Ok(attributes) }
//! # assert!(attributes().is_ok());
//! ```
//!
//! A customer with a turnover of 7,000.00 gets the tag `tier-silver`, a bakery `industry-bakery` and the custom field
//! `Industry`. When Moloni says otherwise later, the tag that no longer holds goes, and another one comes. Tags that people
//! add are never touched; one of these that a person takes away stays away until it follows anew.

mod attribute;
mod ledger;
mod when;

pub use attribute::Attribute;
pub use when::{PatternError, When};

use ghl_contacts::DataType;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use sync_core::engine::{Enrich, Fact, Raw};
use sync_core::jiff::Timestamp;
use sync_core::jiff::civil::Date;
use sync_core::jiff::tz::TimeZone;

use ledger::Ledger;

/// The name under which the tags are put beside a customer's own fields.
pub(crate) const TAGS: &str = "tags";
/// The same for the turnover.
pub(crate) const TURNOVER: &str = "turnover";
/// The same for the attributes, each by its name.
pub(crate) const ATTRIBUTES: &str = "attributes";
/// Whether any document names the customer: from then on Moloni keeps the tax number as it is.
pub(crate) const HAS_DOCUMENTS: &str = "has_documents";

/// Which tags and custom fields follow from a customer and their documents.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    customer_tag: Option<String>,
    invoiced_tag: Option<String>,
    overdue_tag: Option<String>,
    turnover_field: Option<String>,
    turnover_days: Option<i32>,
    all: Vec<Attribute>,
}

impl Attributes {
    /// None at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The tag `moloni` for every customer, `moloni-invoiced` once an invoice was issued, `moloni-overdue` while one is
    /// unpaid after its due date, and the turnover in the custom field `Moloni turnover`.
    pub fn standard() -> Self {
        Self::none()
            .customers_tagged("moloni")
            .invoiced_tagged("moloni-invoiced")
            .overdue_tagged("moloni-overdue")
            .turnover_field("Moloni turnover")
    }

    /// Tags every customer.
    #[must_use]
    pub fn customers_tagged(mut self, tag: impl Into<String>) -> Self {
        self.customer_tag = Some(tag.into());
        self
    }

    /// Tags who was ever invoiced: has a closed invoice, invoice-receipt or simplified invoice.
    #[must_use]
    pub fn invoiced_tagged(mut self, tag: impl Into<String>) -> Self {
        self.invoiced_tag = Some(tag.into());
        self
    }

    /// Tags who owes something that was due before today (in UTC). The tag comes on the day after, by a timer, and goes
    /// when the last one is paid or annulled.
    #[must_use]
    pub fn overdue_tagged(mut self, tag: impl Into<String>) -> Self {
        self.overdue_tag = Some(tag.into());
        self
    }

    /// Writes the turnover into this custom field, a number: what invoices, invoice-receipts, simplified invoices and
    /// debit notes come to after discounts and before taxes, less credit notes, in the company's currency. Drafts and what
    /// was annulled do not count.
    #[must_use]
    pub fn turnover_field(mut self, name: impl Into<String>) -> Self {
        self.turnover_field = Some(name.into());
        self
    }

    /// Counts only documents of the last so many days, today included; 0 counts as 1. Default: all. Tiers by turnover count
    /// the same.
    #[must_use]
    pub fn turnover_of_days(mut self, days: u16) -> Self {
        self.turnover_days = Some(i32::from(days.max(1)));
        self
    }

    /// Adds an attribute. Another one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, attribute: Attribute) -> Self {
        self.all.retain(|known| known.name() != attribute.name());
        self.all.push(attribute);
        self
    }

    /// The custom fields that they need.
    pub(crate) fn custom_fields(&self) -> impl Iterator<Item = (&str, DataType)> {
        let turnover = self.turnover_field.as_deref().map(|name| (name, DataType::Numerical));
        let all = self.all.iter().filter_map(|attribute| Some((attribute.field()?, DataType::Text)));
        turnover.into_iter().chain(all)
    }

    pub(crate) fn turnover_field_name(&self) -> Option<&str> {
        self.turnover_field.as_deref()
    }

    /// The attributes with a custom field of their own, and that field.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().filter_map(|attribute| Some((attribute.name(), attribute.field()?)))
    }

    fn since(&self, today: Date) -> Option<Date> {
        let days = self.turnover_days?;
        today.checked_sub(sync_core::jiff::Span::new().days(days.saturating_sub(1))).ok()
    }

    fn needs_turnover(&self) -> bool {
        self.turnover_field.is_some() || self.all.iter().any(Attribute::asks_for_turnover)
    }

    /// The tags and the values of the attributes.
    fn derive(
        &self,
        customer: &Raw,
        ledger: &Ledger,
        today: Date,
    ) -> (Vec<String>, Decimal, Map<String, Value>) {
        let turnover = ledger.turnover(self.since(today));
        let holds = |tag: &Option<String>, holds: bool| tag.clone().filter(|_| holds);
        let mut tags: Vec<_> = [
            holds(&self.customer_tag, true),
            holds(&self.invoiced_tag, ledger.is_invoiced()),
            holds(&self.overdue_tag, ledger.is_overdue(today)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut values = Map::new();
        for attribute in &self.all {
            let value = attribute.value(customer, turnover);
            tags.extend(value.and_then(|value| attribute.tag(value)));
            values.insert(attribute.name().to_owned(), value.into());
        }
        (tags, turnover, values)
    }
}

impl Enrich for Attributes {
    fn enrich(&self, facts: &[Fact], today: Date, raw: &mut Raw) {
        let ledger = Ledger::of(facts);
        let (tags, turnover, values) = self.derive(raw, &ledger, today);
        raw.insert(TAGS.to_owned(), tags.into());
        raw.insert(TURNOVER.to_owned(), turnover.round_dp(2).to_string().into());
        raw.insert(ATTRIBUTES.to_owned(), Value::Object(values));
        raw.insert(HAS_DOCUMENTS.to_owned(), (!ledger.is_empty()).into());
    }

    fn recheck_at(&self, facts: &[Fact], today: Date) -> Option<Timestamp> {
        let ledger = Ledger::of(facts);
        let late = self.overdue_tag.as_ref().and_then(|_| ledger.next_due(today));
        let leaves = self.since(today).filter(|_| self.needs_turnover());
        // A document of today is the last of its days after `days - 1` more.
        let leaves = leaves.and_then(|since| {
            let first = ledger.first_since(since)?;
            today.checked_add(since.until(first).ok()?).ok()
        });
        let day = [late, leaves].into_iter().flatten().min()?.tomorrow().ok()?;
        TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
    }
}

#[cfg(test)]
mod tests;
