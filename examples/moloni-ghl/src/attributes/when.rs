use std::fmt::Display;

use moloni_client::{GeographicZoneId, PriceClassId, SalesmanId};
use regex::{Regex, RegexBuilder};
use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::engine::Raw;

/// A condition on a customer.
#[derive(Debug, Clone)]
pub struct When(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Matches { field: String, pattern: Regex },
    Is { field: String, value: String },
    TurnoverFrom(Decimal),
    Either(Box<When>, Box<When>),
    Both(Box<When>, Box<When>),
    Not(Box<When>),
}

/// A pattern that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern for {field} cannot be used: {why}")]
pub struct PatternError {
    field: String,
    why: String,
}

impl When {
    /// The name has a part like this regular expression, in upper or lower case.
    ///
    /// # Errors
    ///
    /// [`PatternError`] if it is no regular expression, or takes more than a megabyte.
    pub fn name(pattern: &str) -> Result<Self, PatternError> {
        Self::matches("name", pattern)
    }

    /// The notes have a part like this.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn notes(pattern: &str) -> Result<Self, PatternError> {
        Self::matches("notes", pattern)
    }

    /// A field of the customer has a part like this: its name on the wire, such as `zip_code` or `country.name`. A field
    /// without a value is like the empty text.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn matches(field: &str, pattern: &str) -> Result<Self, PatternError> {
        let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
        let pattern = built.map_err(|why| PatternError { field: field.to_owned(), why: why.to_string() })?;
        Ok(Self(Kind::Matches { field: field.to_owned(), pattern }))
    }

    /// A field of the customer has just this value, a number or a text.
    pub fn is(field: &str, value: impl Display) -> Self {
        Self(Kind::Is { field: field.to_owned(), value: value.to_string() })
    }

    /// This salesman has the customer.
    pub fn salesman(id: SalesmanId) -> Self {
        Self::is("salesman_id", id)
    }

    /// The customer is in this geographic zone.
    pub fn zone(id: GeographicZoneId) -> Self {
        Self::is("geographic_zone_id", id)
    }

    /// The customer pays by this price class.
    pub fn price_class(id: PriceClassId) -> Self {
        Self::is("price_class_id", id)
    }

    /// The turnover is so much or more.
    pub fn turnover_from(amount: impl Into<Decimal>) -> Self {
        Self(Kind::TurnoverFrom(amount.into()))
    }

    /// This holds, or that.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(Kind::Either(Box::new(self), Box::new(other)))
    }

    /// This holds, and that.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(Kind::Both(Box::new(self), Box::new(other)))
    }

    /// This does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(Kind::Not(Box::new(self)))
    }

    pub(super) fn holds(&self, customer: &Raw, turnover: Decimal) -> bool {
        match &self.0 {
            Kind::Matches { field, pattern } => pattern.is_match(&text(customer, field)),
            Kind::Is { field, value } => text(customer, field) == *value,
            Kind::TurnoverFrom(amount) => turnover >= *amount,
            Kind::Either(one, other) => one.holds(customer, turnover) || other.holds(customer, turnover),
            Kind::Both(one, other) => one.holds(customer, turnover) && other.holds(customer, turnover),
            Kind::Not(one) => !one.holds(customer, turnover),
        }
    }

    pub(super) fn asks_for_turnover(&self) -> bool {
        match &self.0 {
            Kind::Matches { .. } | Kind::Is { .. } => false,
            Kind::TurnoverFrom(_) => true,
            Kind::Either(one, other) | Kind::Both(one, other) => {
                one.asks_for_turnover() || other.asks_for_turnover()
            }
            Kind::Not(one) => one.asks_for_turnover(),
        }
    }
}

/// A scalar at a path; what is not there is empty.
fn text(customer: &Raw, path: &str) -> String {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| customer.get(name));
    match names.try_fold(first, |value, name| value.map(|value| value.get(name))) {
        Some(Some(Value::String(text))) => text.clone(),
        Some(Some(scalar @ (Value::Number(_) | Value::Bool(_)))) => scalar.to_string(),
        _ => String::new(),
    }
}
