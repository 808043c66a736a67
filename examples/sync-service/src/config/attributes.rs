use std::collections::BTreeMap;

use moloni_client::{GeographicZoneId, PriceClassId, SalesmanId};
use moloni_ghl::ContactFields;
use moloni_ghl::attributes::{Attribute, Attributes, When};
use serde::{Deserialize, Deserializer};

use super::value::filled;

/// The tags that every pair can have. An empty text is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TagsConfig {
    customer: String,
    invoiced: String,
    overdue: String,
}

impl Default for TagsConfig {
    fn default() -> Self {
        let [customer, invoiced, overdue] =
            ["moloni", "moloni-invoiced", "moloni-overdue"].map(str::to_owned);
        Self { customer, invoiced, overdue }
    }
}

/// Where the turnover goes, and what counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TurnoverConfig {
    /// The custom field; empty for none.
    field: String,
    /// How many days back; without it all that ever was.
    days: Option<u16>,
}

impl Default for TurnoverConfig {
    fn default() -> Self {
        Self { field: "Moloni turnover".to_owned(), days: None }
    }
}

/// The custom fields of HighLevel that every pair uses, by the names people see.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CustomFieldsConfig {
    #[serde(deserialize_with = "named")]
    nif: Option<String>,
    #[serde(deserialize_with = "named")]
    number: Option<String>,
    #[serde(deserialize_with = "named")]
    import_date: Option<String>,
    #[serde(deserialize_with = "named")]
    marker: Option<String>,
}

impl CustomFieldsConfig {
    pub(crate) fn fields(&self) -> ContactFields {
        let mut fields = ContactFields::default();
        for (name, given) in [
            (&mut fields.nif, &self.nif),
            (&mut fields.number, &self.number),
            (&mut fields.import_date, &self.import_date),
            (&mut fields.marker, &self.marker),
        ] {
            if let Some(given) = given {
                name.clone_from(given);
            }
        }
        fields
    }
}

/// Something about a customer that has one of a few values.
pub(crate) struct AttributeConfig {
    pub(super) name: String,
    attribute: Attribute,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "filled")]
    name: String,
    /// Each value, and from which turnover on a customer has it.
    #[serde(default)]
    turnover: BTreeMap<String, i64>,
    /// The first that holds counts.
    #[serde(default)]
    cases: Vec<Case>,
    /// The value where no other one is.
    otherwise: Option<String>,
    /// A custom field for the value.
    #[serde(default, deserialize_with = "named")]
    field: Option<String>,
    #[serde(default = "yes")]
    tag: bool,
}

impl<'de> Deserialize<'de> for AttributeConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let wrong = |why: &str| {
            let name = &written.name;
            Err(serde::de::Error::custom(format!("attribute {name:?}: {why}")))
        };
        let mut amounts: Vec<_> = written.turnover.values().collect();
        amounts.sort_unstable();
        amounts.dedup();
        if amounts.len() < written.turnover.len() {
            return wrong("two values of `turnover` begin at the same amount: leave one out");
        }
        let values = written.turnover.keys().chain(&written.otherwise);
        if values.chain(written.cases.iter().map(|case| &case.value)).any(|value| value.trim().is_empty()) {
            return wrong("a value is empty: where it is to have none, let no case hold");
        }
        if written.turnover.is_empty() && written.cases.is_empty() {
            return wrong("give `turnover`, such as { silver = 5000, gold = 50000 }, or `cases`");
        }
        if !written.tag && written.field.is_none() {
            return wrong("without a tag it needs a `field`");
        }
        let mut attribute = Attribute::new(&written.name);
        for case in written.cases {
            attribute = attribute.case(case.value, case.when);
        }
        attribute = attribute.bands(written.turnover);
        if let Some(value) = written.otherwise {
            attribute = attribute.otherwise(value);
        }
        if let Some(field) = written.field {
            attribute = attribute.into_field(field);
        }
        if !written.tag {
            attribute = attribute.without_tag();
        }
        Ok(Self { name: written.name, attribute })
    }
}

/// A value, and when a customer has it.
struct Case {
    value: String,
    when: When,
}

/// As it is written. Of several conditions all must hold; for another way to the same value there is another case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    value: String,
    #[serde(default)]
    name: Option<Pattern>,
    #[serde(default)]
    notes: Option<Pattern>,
    salesman: Option<u64>,
    zone: Option<u64>,
    price_class: Option<u64>,
    turnover_from: Option<i64>,
    /// Fields of the customer by their names in Moloni.
    #[serde(default)]
    matches: BTreeMap<String, Pattern>,
    #[serde(default)]
    is: BTreeMap<String, Scalar>,
}

/// A regular expression that is one.
struct Pattern(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = filled(deserializer)?;
        When::name(&pattern).map_err(serde::de::Error::custom)?;
        Ok(Self(pattern))
    }
}

impl<'de> Deserialize<'de> for Case {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let case = WrittenCase::deserialize(deserializer)?;
        let patterns = case.name.map(|pattern| ("name".to_owned(), pattern)).into_iter();
        let patterns =
            patterns.chain(case.notes.map(|pattern| ("notes".to_owned(), pattern))).chain(case.matches);
        let patterns = patterns.map(|(field, Pattern(pattern))| When::matches(&field, &pattern));
        let mut all = patterns.collect::<Result<Vec<_>, _>>().map_err(serde::de::Error::custom)?;
        all.extend(case.salesman.map(|id| When::salesman(SalesmanId::from(id))));
        all.extend(case.zone.map(|id| When::zone(GeographicZoneId::from(id))));
        all.extend(case.price_class.map(|id| When::price_class(PriceClassId::from(id))));
        all.extend(case.turnover_from.map(When::turnover_from));
        all.extend(case.is.into_iter().map(|(field, value)| match value {
            Scalar::Text(value) => When::is(&field, value),
            Scalar::Number(value) => When::is(&field, value),
            Scalar::Flag(value) => When::is(&field, value),
        }));
        match all.into_iter().reduce(When::and) {
            Some(when) => Ok(Self { value: case.value, when }),
            None => Err(serde::de::Error::custom(format!(
                "the case {:?} has no condition: give one, such as name = \"padaria|pastelaria\", or use `otherwise`",
                case.value
            ))),
        }
    }
}

/// All of them together.
pub(super) fn attributes(
    tags: &TagsConfig,
    turnover: &TurnoverConfig,
    all: &[AttributeConfig],
) -> Attributes {
    let mut attributes = Attributes::none();
    if !tags.customer.is_empty() {
        attributes = attributes.customers_tagged(&tags.customer);
    }
    if !tags.invoiced.is_empty() {
        attributes = attributes.invoiced_tagged(&tags.invoiced);
    }
    if !tags.overdue.is_empty() {
        attributes = attributes.overdue_tagged(&tags.overdue);
    }
    if !turnover.field.is_empty() {
        attributes = attributes.turnover_field(&turnover.field);
    }
    if let Some(days) = turnover.days {
        attributes = attributes.turnover_of_days(days);
    }
    all.iter().fold(attributes, |attributes, one| attributes.with(one.attribute.clone()))
}

fn yes() -> bool {
    true
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    filled(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::load::parse;

    const PAIR: &str = r#"[[pair]]
name = "shop"
ghl = { location = "loc", token = "env:GHL" }
moloni = { company = 5, client_id = "dev", client_secret = "env:SECRET" }
"#;

    fn read(text: &str) -> Result<String, String> {
        let config = parse(&format!("{PAIR}{text}"), "sync.toml")?;
        Ok(format!("{:?}", config.pairs[0].attributes()))
    }

    #[test]
    fn without_a_word_they_are_the_standard_ones() {
        let standard = format!("{:?}", moloni_ghl::attributes::Attributes::standard());
        assert_eq!(read("").unwrap(), standard);
        let none =
            "[pair.tags]\ncustomer = \"\"\ninvoiced = \"\"\noverdue = \"\"\n[pair.turnover]\nfield = \"\"";
        assert_eq!(read(none).unwrap(), format!("{:?}", moloni_ghl::attributes::Attributes::none()));
    }

    #[test]
    fn what_is_said_of_attributes_reaches_them() {
        let text = r#"
            [[pair.attributes]]
            name = "tier"
            turnover = { gold = 50000, silver = 5000 }
            otherwise = "bronze"
            field = "Tier"
            tag = false
            [[pair.attributes]]
            name = "region"
            cases = [
                { value = "algarve", matches = { zip_code = "^8" }, zone = 3 },
                { value = "other", is = { country_id = 1 }, salesman = 7, price_class = 2, turnover_from = 10 },
            ]
        "#;
        use moloni_ghl::attributes::{Attribute, Attributes, When};
        let tier = Attribute::new("tier").bands([("gold", 50000), ("silver", 5000)]).otherwise("bronze");
        let algarve = When::matches("zip_code", "^8").unwrap().and(When::zone(3.into()));
        let other = When::salesman(7.into())
            .and(When::price_class(2.into()))
            .and(When::turnover_from(10))
            .and(When::is("country_id", 1));
        let wanted = Attributes::standard()
            .with(tier.into_field("Tier").without_tag())
            .with(Attribute::new("region").case("algarve", algarve).case("other", other));
        assert_eq!(read(text).unwrap(), format!("{wanted:?}"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let tier = "[[pair.attributes]]\nname = \"tier\"\n";
        for (text, says) in [
            (format!("{tier}turnover = {{ a = 1, b = 1 }}"), ":5: attribute \"tier\": two values"),
            (format!("{tier}cases = []"), ":5: attribute \"tier\": give `turnover`"),
            (
                format!("{tier}turnover = {{ a = 1 }}\notherwise = \" \""),
                ":5: attribute \"tier\": a value is empty",
            ),
            (format!("{tier}turnover = {{ a = 1 }}\ntag = false"), ":5: attribute \"tier\": without a tag"),
            (format!("{tier}turnover = {{ a = \"x\" }}"), ":7: invalid type"),
            (
                format!("{tier}cases = [\n{{ value = \"a\", name = \"(\" }},\n]"),
                ":8: the pattern for name cannot be used",
            ),
            (format!("{tier}cases = [\n{{ value = \"a\" }},\n]"), ":7: the case \"a\" has no condition"),
            (
                format!("{tier}cases = [\n{{ value = \"a\", nmae = \"b\" }},\n]"),
                ":8: unknown field `nmae`, expected one of",
            ),
            (
                format!("{tier}turnover = {{ a = 1 }}\n{tier}turnover = {{ a = 1 }}"),
                "two attributes are called \"tier\"",
            ),
            (
                format!("{tier}turnover = {{ a = 1 }}\nfield = \"NIF\""),
                "field `attribute tier` writes a right field that another one writes",
            ),
            (
                "[pair.tags]\ncustmer = \"x\"".to_owned(),
                ":6: unknown field `custmer`, expected one of `customer`",
            ),
            ("[pair.custom_fields]\nnif = \"\"".to_owned(), ":6: this is empty"),
            (
                "[pair.custom_fields]\nnif = \"Moloni number\"".to_owned(),
                "field `number` writes a right field that another one writes",
            ),
            ("[pair.fields.vat]\nleft = \"a\"\nright = \"b\"".to_owned(), "field `vat`"),
        ] {
            let why = read(&text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
