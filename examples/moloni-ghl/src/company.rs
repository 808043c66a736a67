use serde_json::Value;
use sync_core::engine::{Enrich, Fact, Raw, normalise};
use sync_core::jiff::civil::Date;

/// The name under which it is put beside a customer's own fields.
pub(crate) const COMPANY_NAME: &str = "company_name";

/// Tells companies from persons, so that a company's name becomes the `companyName` of its contact too.
///
/// Portuguese tax numbers tell it by their first digits: 1, 2, 3 and 45 are people, all others something else. Where there
/// is no such number, the name tells it, if it ends in a legal form such as `Lda`. Who is neither for certain counts as a
/// person.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompanyName {}

/// Final consumers, and what people enter for want of a number.
const NOBODY: [&str; 4] = ["999999990", "999999999", "000000000", "111111111"];

const LEGAL_FORMS: [&str; 20] = [
    "lda",
    "ldª",
    "limitada",
    "unipessoal",
    "sa",
    "sgps",
    "crl",
    "eireli",
    "me",
    "epe",
    "eim",
    "ltd",
    "llc",
    "inc",
    "gmbh",
    "sl",
    "slu",
    "srl",
    "sas",
    "bv",
];

impl CompanyName {
    /// The rule.
    pub fn new() -> Self {
        Self {}
    }
}

impl Enrich for CompanyName {
    fn enrich(&self, _: &[Fact], _: Date, raw: &mut Raw) {
        let text = |name: &str| raw.get(name).and_then(Value::as_str).unwrap_or_default().trim();
        let (vat, name) = (text("vat"), text("name"));
        let name = if is_company(vat, name) { Value::from(name) } else { Value::Null };
        raw.insert(COMPANY_NAME.to_owned(), name);
    }
}

fn is_company(vat: &str, name: &str) -> bool {
    let number = normalise::nif(vat).ok().flatten().unwrap_or_default();
    let is_portuguese = number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit());
    if is_portuguese && !NOBODY.contains(&number.as_str()) {
        return !(number.starts_with(['1', '2', '3']) || number.starts_with("45"));
    }
    // `Sousa & Reis, S.A.`: the last word without what is no letter.
    let last = name.rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    let form: String = last.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    LEGAL_FORMS.contains(&form.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_are_told_from_persons() {
        let table = [
            ("509442013", "Padaria Sousa", true),
            ("PT 509 442 013", "Padaria Sousa", true),
            ("600000001", "Junta de Freguesia", true),
            ("123456789", "Ana Sousa, Lda", false),
            ("450000001", "John Smith", false),
            ("999999990", "Consumidor Final", false),
            ("999999990", "Ana Sousa", false),
            ("", "Sousa & Reis, S.A.", true),
            ("", "Sousa e Reis, Lda.", true),
            ("", "Reis Unipessoal LDA", true),
            ("", "Ana Lda Sousa", false),
            ("DE811234567", "Beispiel GmbH", true),
            ("", "", false),
        ];
        for (vat, name, expected) in table {
            assert_eq!(is_company(vat, name), expected, "{vat} {name}");
        }
    }
}
