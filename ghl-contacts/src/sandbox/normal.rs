//! How the service stores what it is given.

use jiff::Timestamp;
use jiff::civil::Date;

/// `2021-07-02T05:18:26.704Z`.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The service's clock has milliseconds.
pub(super) fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// `+351 910 000 001` as `+351910000001`; `None` for anything but an E.164 number with separators.
pub(super) fn phone(given: &str) -> Option<String> {
    let rest = given.trim().strip_prefix('+')?;
    let mut digits = String::from("+");
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' => {}
            _ => return None,
        }
    }
    (8..=16).contains(&digits.len()).then_some(digits)
}

/// Lower-cased and trimmed, each tag once, without empty ones.
pub(super) fn tags<'a>(given: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in given {
        let tag = tag.trim().to_lowercase();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// Reads `YYYY-MM-DD` or `MM-DD-YYYY` with any of the separators `-`, `/`, `.` and `_`.
pub(super) fn birth_date(given: &str) -> Option<Date> {
    let separator = given.chars().find(|c| !c.is_ascii_digit()).filter(|c| "-/._".contains(*c))?;
    let parts: Vec<&str> = given.split(separator).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let (year, month, day) = match (first.len(), second.len(), third.len()) {
        (4, 2, 2) => (first, second, third),
        (2, 2, 4) => (third, first, second),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// One `@` between a name and a domain with a dot.
pub(super) fn is_email(given: &str) -> bool {
    let Some((name, domain)) = given.split_once('@') else { return false };
    let ends = domain.split('.').all(|part| !part.is_empty());
    !name.is_empty()
        && domain.contains('.')
        && ends
        && !given.contains(char::is_whitespace)
        && !domain.contains('@')
}

/// Whether it looks like an id of a contact: 20 letters and digits.
pub(super) fn is_id(given: &str) -> bool {
    given.len() == 20 && given.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A name as a key: `Postal code` as `postal_code`.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.trim().chars() {
        let c = if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        if c != '_' || !slug.ends_with('_') {
            slug.push(c);
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_lose_their_separators() {
        assert_eq!(phone(" +1 (888) 555-0100").as_deref(), Some("+18885550100"));
        assert_eq!(phone("910 000 001"), None);
        assert_eq!(phone("+12"), None);
        assert_eq!(phone("+1 888 call me"), None);
    }

    #[test]
    fn birth_dates_come_in_eight_forms() {
        for given in ["1990-09-25", "1990/09/25", "09.25.1990", "09_25_1990"] {
            assert_eq!(birth_date(given), Date::new(1990, 9, 25).ok(), "{given}");
        }
        for given in ["25-09-1990", "1990-9-25", "1990-09/25", "soon", ""] {
            assert_eq!(birth_date(given), None, "{given}");
        }
    }

    #[test]
    fn e_mails_need_a_name_and_a_domain() {
        assert!(is_email("ana@example.pt"));
        for given in ["", "ana", "@example.pt", "ana@pt", "ana@example.", "a na@example.pt", "a@b@c.pt"] {
            assert!(!is_email(given), "{given}");
        }
    }
}
