use jiff::Timestamp;
use serde_json::{Value, json};

use super::params::Params;

/// What is wrong with a write, in the service's grammar: `"2 language_id 1 0"`.
#[derive(Debug, Clone, Default)]
pub(super) struct Issues {
    leaves: Vec<(String, String)>,
    /// Of each record in a list. Where it stands is all that tells which record is wrong.
    nested: Vec<Issues>,
}

impl Issues {
    pub(super) fn is_empty(&self) -> bool {
        self.leaves.is_empty() && self.nested.is_empty()
    }

    /// Adds what is wrong with the records of a list, if anything is: one list for each, empty where all is right.
    pub(super) fn nest(&mut self, records: Vec<Self>) {
        if records.iter().any(|issues| !issues.is_empty()) {
            self.nested.extend(records);
        }
    }

    /// Adds a code as it stands, such as `10 associated_id`.
    pub(super) fn coded(&mut self, code: &str) {
        let field = code.split(' ').nth(1).unwrap_or_default();
        self.leaves.push((code.to_owned(), format!("Field '{field}' must be valid")));
    }

    /// Adds `code field`, with the sentence that follows the field's name in verbose mode.
    pub(super) fn add(&mut self, code: &str, field: &str, sentence: &str) {
        let (number, bounds) = code.split_once(' ').map_or((code, ""), |(n, b)| (n, b));
        let written = format!("{number} {field} {bounds}").trim_end().to_owned();
        self.leaves.push((written, format!("Field '{field}' {sentence}")));
    }

    /// Plain strings, or objects with a description.
    pub(super) fn body(&self, verbose: bool) -> Value {
        let leaf = |(code, description): &(String, String)| {
            if verbose { json!({ "code": code, "description": description }) } else { json!(code) }
        };
        let nested = self.nested.iter().map(|issues| issues.body(verbose));
        self.leaves.iter().map(leaf).chain(nested).collect()
    }

    /// The codes in one line.
    pub(super) fn line(&self) -> String {
        let leaves = self.leaves.iter().map(|(code, _)| code.clone());
        let nested = self.nested.iter().map(|issues| format!("[{}]", issues.line()));
        leaves.chain(nested).collect::<Vec<_>>().join(", ")
    }
}

/// Checks parameters one after another and keeps what is wrong, in that order.
#[derive(Debug)]
pub(super) struct Check<'a> {
    pub(super) params: &'a Params,
    pub(super) issues: Issues,
}

impl<'a> Check<'a> {
    pub(super) fn new(params: &'a Params) -> Self {
        Self { params, issues: Issues::default() }
    }

    /// A text must be there.
    pub(super) fn text(&mut self, field: &str) -> bool {
        let there = self.params.has(field);
        if !there {
            self.issues.add("1", field, "is required");
        }
        there
    }

    /// A whole number above 0 must be there.
    pub(super) fn id(&mut self, field: &str) {
        if self.params.int(field).is_none_or(|n| n <= 0) {
            self.issues.add("2 1 0", field, "must be integer, greater than 0");
        }
    }

    /// A whole number must be there, and 0 is one.
    pub(super) fn id_or_none(&mut self, field: &str) {
        if self.params.int(field).is_none_or(|n| n < 0) {
            self.issues.add("2 1 null null 0", field, "must be integer, greater than or equal to 0");
        }
    }

    /// A number of 0 or more must be there, and no more than `most`.
    pub(super) fn amount(&mut self, field: &str, most: Option<i64>) {
        let fits = |n: rust_decimal::Decimal| !n.is_sign_negative() && most.is_none_or(|m| n <= m.into());
        if self.params.number(field).is_some_and(fits) {
            return;
        }
        let (code, sentence) = match most {
            Some(most) => (format!("2 0 null null 0 {most}"), format!(" and less than or equal to {most}")),
            None => ("2 0 null null 0".to_owned(), String::new()),
        };
        self.issues.add(&code, field, &format!("must be float, greater than or equal to 0{sentence}"));
    }

    /// A day must be there.
    pub(super) fn day(&mut self, field: &str) -> Option<jiff::civil::Date> {
        if !self.text(field) {
            return None;
        }
        let day = super::lisbon::day(&self.params.text(field));
        if day.is_none() {
            self.issues.add("9", field, "must be a date: YYYY-mm-dd");
        }
        day
    }

    /// A value must be one of these.
    pub(super) fn one_of(&mut self, field: &str, accepted: &[&str]) {
        if !accepted.contains(&self.params.text(field).as_str()) {
            let accepted = serde_json::to_string(accepted).unwrap_or_default();
            self.issues.add(&format!("5 {accepted}"), field, "must be valid");
        }
    }

    pub(super) fn email(&mut self, field: &str) {
        self.shape(field, "3", is_email, "must be a valid email address");
    }

    pub(super) fn url(&mut self, field: &str) {
        self.shape(field, "6", is_url, "must be a valid URL");
    }

    pub(super) fn phone(&mut self, field: &str) {
        self.shape(field, "13", is_phone, "must be a valid phone number");
    }

    pub(super) fn postal_code(&mut self, field: &str) {
        self.shape(field, "7", is_postal_code, "must be a valid postal code");
    }

    pub(super) fn nif(&mut self, field: &str) {
        self.shape(field, "8", is_nif, "must be a valid portuguese VAT number");
    }

    /// A text must be no longer than `most` characters.
    pub(super) fn length(&mut self, field: &str, most: usize) {
        self.shape(field, "17", |text| text.chars().count() <= most, "is too long");
    }

    /// A text that is there must have a shape.
    fn shape(&mut self, field: &str, code: &str, fits: impl Fn(&str) -> bool, sentence: &str) {
        let text = self.params.text(field);
        if !text.is_empty() && !fits(&text) {
            self.issues.add(code, field, sentence);
        }
    }
}

/// The parameter `lastmodified`, in UTC.
pub(super) fn since(params: &Params) -> Result<Timestamp, Issues> {
    let mut check = Check::new(params);
    let since = params.moment("lastmodified");
    if check.text("lastmodified") && since.is_none() {
        check.issues.add("9", "lastmodified", "must be a valid date");
    }
    since.ok_or(check.issues)
}

fn is_email(text: &str) -> bool {
    let domain = |d: &str| d.contains('.') && !d.starts_with('.') && !d.ends_with('.');
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && domain(host) && !host.contains('@'))
        && !text.contains(' ')
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.contains('.') && !rest.starts_with('.') && !rest.contains(' '))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 3 && text.chars().all(|c| c.is_ascii_digit() || "+ ()./-".contains(c))
}

fn is_postal_code(text: &str) -> bool {
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(area, street)| digits(area, 4) && digits(street, 3))
}

/// Nine digits, the last of which follows from the others.
fn is_nif(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    let Some((check, first)) = digits.as_deref().filter(|d| d.len() == 9).and_then(<[u32]>::split_last)
    else {
        return false;
    };
    let rest = first.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    *check == if rest < 2 { 0 } else { 11 - rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_decides() {
        let rows = [("999999990", true), ("123456789", true), ("123456780", false), ("12345678", false)];
        for (nif, valid) in rows {
            assert_eq!(is_nif(nif), valid, "{nif}");
        }
        assert!(!is_nif("PT123456789"));
    }
}
