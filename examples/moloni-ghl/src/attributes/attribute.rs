use rust_decimal::Decimal;
use sync_core::engine::Raw;

use super::When;

/// Something about a customer that has one of a few values, such as a tier or an industry.
///
/// The first case that holds gives the value. It becomes a tag of name and value, such as `tier-gold`, and on demand the
/// value of a custom field.
#[derive(Debug, Clone)]
pub struct Attribute {
    name: String,
    cases: Vec<(When, String)>,
    otherwise: Option<String>,
    is_tag: bool,
    field: Option<String>,
}

impl Attribute {
    /// An attribute without a value yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), cases: Vec::new(), otherwise: None, is_tag: true, field: None }
    }

    /// Has this value where the condition holds, and none of the cases before.
    #[must_use]
    pub fn case(mut self, value: impl Into<String>, when: When) -> Self {
        self.cases.push((when, value.into()));
        self
    }

    /// Has these values from these turnovers on, each of which reaches up to the next; below the lowest it has none. They
    /// may come in any order.
    #[must_use]
    pub fn bands(mut self, bands: impl IntoIterator<Item = (impl Into<String>, impl Into<Decimal>)>) -> Self {
        let mut bands: Vec<(String, Decimal)> =
            bands.into_iter().map(|(value, from)| (value.into(), from.into())).collect();
        bands.sort_by_key(|(_, from)| std::cmp::Reverse(*from));
        self.cases.extend(bands.into_iter().map(|(value, from)| (When::turnover_from(from), value)));
        self
    }

    /// Has this value where no case holds. Default: none.
    #[must_use]
    pub fn otherwise(mut self, value: impl Into<String>) -> Self {
        self.otherwise = Some(value.into());
        self
    }

    /// Writes the value into this custom field too, a text.
    #[must_use]
    pub fn into_field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Makes no tag of it.
    #[must_use]
    pub fn without_tag(mut self) -> Self {
        self.is_tag = false;
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub(super) fn value(&self, customer: &Raw, turnover: Decimal) -> Option<&str> {
        let case = self.cases.iter().find(|(when, _)| when.holds(customer, turnover));
        case.map(|(_, value)| value.as_str()).or(self.otherwise.as_deref())
    }

    /// HighLevel keeps tags in lower case.
    pub(super) fn tag(&self, value: &str) -> Option<String> {
        self.is_tag.then(|| format!("{}-{value}", self.name).to_lowercase())
    }

    pub(super) fn asks_for_turnover(&self) -> bool {
        self.cases.iter().any(|(when, _)| when.asks_for_turnover())
    }
}
