use moloni_ghl::ExtraFields;
use sync_core::engine::{MappingFileError, MappingProblem};
use toml::de::{DeTable, DeValue};

use super::PairConfig;

impl PairConfig {
    /// The fields beside those that every pair has.
    pub(crate) fn extra_fields(&self) -> Result<ExtraFields, String> {
        self.read_fields().map_err(|error| format!("fields, written out:\n{error}"))
    }

    fn read_fields(&self) -> Result<ExtraFields, MappingFileError> {
        if self.fields.is_empty() {
            return Ok(ExtraFields::default());
        }
        let mut fields = self.fields.clone();
        // Where Moloni is only read, nothing goes there.
        for (_, field) in fields.iter_mut().filter(|_| !self.sync.two_way) {
            if let Some(field) = field.as_table_mut() {
                field.entry("direction").or_insert_with(|| "to_right".into());
            }
        }
        let mut top = toml::Table::new();
        top.insert("fields".to_owned(), fields.into());
        ExtraFields::from_toml(&top.to_string())
    }

    /// What is wrong with them, and where in the file, `text`; this is its pair of that number. Each begins with a place, if
    /// one is known.
    pub(super) fn wrong_fields(&self, text: &str, number: usize) -> Vec<String> {
        let Err(error) = self.read_fields() else { return Vec::new() };
        // What is wrong is known of the fields as they are used. Where it stands is known of them as they are written.
        let written = ExtraFields::from_toml(&only_fields(text, number)).err();
        let places = written.as_ref().map_or(&[][..], |error| error.problems());
        let told = error.problems().iter().map(|problem| {
            let is_it = |p: &&MappingProblem| (&p.field, &p.message) == (&problem.field, &problem.message);
            match places.iter().find(is_it) {
                Some(place) => format!(":{place}"),
                None => {
                    let field = problem.field.as_deref().unwrap_or_default();
                    format!(": field `{field}`: {}", problem.message)
                }
            }
        });
        told.map(|told| told.replacen(": ", &format!(": pair {}: ", self.name), 1)).collect()
    }
}

/// As many lines as the file has, of which only the fields of one pair are left, as a mapping file has them.
fn only_fields(text: &str, number: usize) -> String {
    let Ok(document) = DeTable::parse(text) else { return String::new() };
    let mut values = Vec::new();
    for value in document.get_ref().values() {
        leaves(value, &mut values);
    }
    let (mut pairs, mut keeps, mut place, mut start) = (0, false, Place::Elsewhere, 0);
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        // A line within a value goes with the one in which that begins.
        if !values.iter().any(|value| value.start < start && start < value.end) {
            let name = line.trim_start();
            if let Some(header) = name.strip_prefix('[') {
                let keys: Vec<_> = header.trim_start_matches('[').split(['.', ']']).map(key).collect();
                place = match keys.as_slice() {
                    ["pair", "", ..] => {
                        pairs += 1;
                        Place::Pair
                    }
                    ["pair", "fields", ..] => Place::Fields,
                    _ => Place::Elsewhere,
                };
            }
            let is_key = name.split(['.', '=']).next().is_some_and(|name| key(name) == "fields");
            keeps = pairs == number + 1 && (place == Place::Fields || place == Place::Pair && is_key);
            if keeps && name.starts_with('[') {
                // `[pair.fields.fax]` becomes `[     fields.fax]`, so that it ends in the same place.
                let begins = line.find('[').map_or(0, |at| at + 1);
                let dot = line.find('.').map_or(begins, |at| at + 1);
                kept.push_str(line.get(..begins).unwrap_or_default());
                kept.extend(std::iter::repeat_n(' ', dot.saturating_sub(begins)));
                kept.push_str(line.get(dot..).unwrap_or_default());
                start += line.len();
                continue;
            }
        }
        kept.push_str(if keeps { line } else { "\n" });
        start += line.len();
    }
    kept
}

#[derive(PartialEq)]
enum Place {
    Pair,
    Fields,
    Elsewhere,
}

fn key(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// Where the values are that are no tables with headers of their own.
fn leaves(value: &toml::Spanned<DeValue<'_>>, into: &mut Vec<std::ops::Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => table.values().for_each(|value| leaves(value, into)),
        DeValue::Array(array) if array.iter().any(|value| value.get_ref().is_table()) => {
            array.iter().for_each(|value| leaves(value, into));
        }
        _ => into.push(value.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::parse;

    /// Two pairs; the second one's fields begin in line 16.
    const TWO: &str = r#"
[[pair]]
name = "shop"
ghl = { location = "a", token = "env:GHL" }
moloni = { company = 5, client_id = "dev", client_secret = "env:SECRET" }
[pair.fields.fax]
left = "fax"
right = "customFields.Fax"

[[pair]]
name = "office"
fields.mail.left = "email"
fields.mail.right = "customFields.Second mail" # [pair.fields.mail]
ghl = { location = "b", token = "env:GHL" }
moloni = { company = 6, client_id = "dev", client_secret = "env:SECRET" }
"#;
    const FIELDS: &str = r#"  [ "pair" . fields.contact ]
  left = "contact_name"
right = "customFields.Contact person"
ignore = [
  "-",
]
[pair.fields.level]
left = "level"
right = "customFields.Level"
translate.left = { a = "one", b = "one" }
[pair.sync]
every = "1m"
"#;

    fn why(text: &str) -> String {
        parse(text, "sync.toml").err().unwrap_or_default()
    }

    /// A pair cannot have its fields in both ways.
    fn in_tables() -> String {
        TWO.replace("fields.mail", "#fields.mail") + FIELDS
    }

    #[test]
    fn what_is_wrong_with_a_field_is_told_with_its_line_in_the_file() {
        assert_eq!((why(TWO), why(&in_tables())), (String::new(), String::new()));
        for (good, bad, says) in [
            (
                "left = \"contact_name\"",
                "lfet = \"contact_name\"",
                "sync.toml:17:3: pair office: field `contact`: `lfet`",
            ),
            ("left = \"contact_name\"", "left = 5", "17 |   left = 5\n   |          ^"),
            ("\"-\",", "\"a  b\",", "sync.toml:20:3: pair office: field `contact`: `ignore`"),
            ("left = \"level\"", "left = \"\"", "sync.toml:23:8: pair office: field `level`: `left`"),
            ("[ \"pair\" . fields.contact ]", "[[pair.fields.contact]]", "field `contact`: must be a table"),
        ] {
            let bad = in_tables().replace(good, bad);
            assert_ne!(bad, in_tables(), "{good}");
            assert!(why(&bad).contains(says), "{}", why(&bad));
        }
        let bad = TWO.replace("mail.right", "mail.rigth");
        assert!(why(&bad).contains("sync.toml:13:13: pair office: field `mail`: `rigth`"), "{}", why(&bad));
    }

    #[test]
    fn every_wrong_field_of_every_pair_is_told() {
        let bad = in_tables().replace("left = ", "lfet = ");
        let why = why(&bad);
        for place in
            ["sync.toml:7:1: pair shop", "sync.toml:17:3: pair office", "sync.toml:23:1: pair office"]
        {
            assert!(why.contains(place), "{place}: {why}");
        }
        assert!(!why.contains("GHL"), "{why}");
    }

    #[test]
    fn what_is_wrong_both_ways_only_is_not_told_of_a_pair_that_goes_one_way() {
        assert_eq!(why(&in_tables()), "");
        let bad = in_tables().replace("every = ", "two_way = true\nevery = ");
        assert!(
            why(&bad).contains("sync.toml:25:31: pair office: field `level`: `translate`"),
            "{}",
            why(&bad)
        );
    }
}
