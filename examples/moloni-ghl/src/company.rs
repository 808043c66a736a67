use moloni_client::{Nif, NifHolder};
use serde_json::Value;
use sync_core::engine::{Enrich, Fact, Raw};
use sync_core::jiff::civil::Date;

/// The name under which it is put beside a customer's own fields.
pub(crate) const COMPANY_NAME: &str = "company_name";

/// Tells companies from persons, so that a company's name becomes the `companyName` of its contact too.
///
/// Portuguese tax numbers tell it by their [first digits](NifHolder). Where there is no such number, or one with a wrong
/// check digit, the name tells it, if it ends in a legal form such as `Lda`. Who is neither for certain counts as a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompanyName {}

const LEGAL_FORMS: [&str; 19] = [
    "lda",
    "ldª",
    "limitada",
    "unipessoal",
    "sa",
    "sgps",
    "crl",
    "eireli",
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
    match Nif::new(vat).ok().filter(|nif| !nif.is_final_consumer()).map(Nif::holder) {
        Some(NifHolder::Person | NifHolder::NonResident | NifHolder::SoleTrader) => return false,
        Some(NifHolder::Company | NifHolder::PublicBody | NifHolder::Special) => return true,
        _ => {}
    }
    // `Sousa & Reis, S.A.`: the last word without what is no letter.
    let last = name.rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    let form: String = last.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    // Sá is a family as well, which many write without its accent.
    let is_marked = || last.contains('.') || name.trim_end_matches(last).trim_end().ends_with(',');
    LEGAL_FORMS.contains(&form.as_str()) && (form.len() > 2 || is_marked())
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
            ("", "Reis, SA", true),
            ("", "JOAO SA", false),
            ("800000005", "Manuel Reis, Lda", false),
            ("509442014", "Padaria Sousa", false),
            ("509442014", "Padaria Sousa, Lda", true),
            ("DE811234567", "Beispiel GmbH", true),
            ("", "", false),
        ];
        for (vat, name, expected) in table {
            assert_eq!(is_company(vat, name), expected, "{vat} {name}");
        }
    }
}
