mod params;

use std::fmt;

use serde_json::Value;

pub use params::{Comparison, NumberBounds, ValidationParams};

/// One thing that is wrong with a request, as the service found it.
///
/// ```
/// # fn example(error: &moloni_client::Error) {
/// use moloni_client::ValidationParams;
///
/// for field in error.field_errors() {
///     if let ValidationParams::Number(bounds) = &field.params {
///         println!("{}: {:?} to {:?}", field.field, bounds.lower, bounds.upper);
///     }
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// What rule is broken.
    pub code: ValidationCode,
    /// The field, without the path to it.
    pub field: String,
    /// What the rule compares with.
    pub params: ValidationParams,
    /// Where the field is: the positions in nested lists, such as `[1]` for the second line. Empty at the top. Errors
    /// of the head come before the lists and count as positions too.
    pub path: Vec<usize>,
    /// The service's sentence, if it sent one.
    pub description: Option<String>,
    /// All of it as the service wrote it, such as `2 language_id 1 0`.
    pub written: String,
}

impl fmt::Display for FieldError {
    /// The service's own spelling, such as `2 language_id 1 0`, and the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written.trim_end())?;
        if !self.path.is_empty() {
            write!(f, " at {:?}", self.path)?;
        }
        Ok(())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)+) => {
        /// A rule that the service checks fields by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ValidationCode {
            $($(#[$doc])* $name,)+
            /// A rule that this crate does not know.
            Other(u8),
        }

        impl ValidationCode {
            /// The rule's number on the wire.
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)+
                    Self::Other(number) => number,
                }
            }
        }

        impl From<u8> for ValidationCode {
            fn from(number: u8) -> Self {
                match number {
                    $($number => Self::$name,)+
                    _ => Self::Other(number),
                }
            }
        }
    };
}

codes! {
    /// The field is mandatory.
    Required = 1,
    /// The field is no number within its bounds. A missing number is reported like this too.
    Number = 2,
    /// The field is no e-mail address.
    Email = 3,
    /// Another record has this value.
    Unique = 4,
    /// The field is none of the accepted values.
    Value = 5,
    /// The field is no URL.
    Url = 6,
    /// The field is no Portuguese postal code.
    PostalCode = 7,
    /// The field is no Portuguese tax number.
    TaxNumber = 8,
    /// The field is no date.
    Date = 9,
    /// The associated document is wrong, or has nothing left to settle.
    Association = 10,
    /// The document cannot be sent to the tax authority.
    TaxAuthority = 11,
    /// The date is on the wrong side of another one.
    DateOrder = 12,
    /// The field is no phone number.
    Phone = 13,
    /// A line has a tax of another kind with VAT before it, or with a VAT that is not cumulative.
    TaxOrder = 14,
    /// A line has more than one VAT.
    SeveralVats = 15,
    /// The customer of a document of this value must be identified.
    CustomerIdentity = 16,
    /// The field is too long.
    Length = 17,
}

/// The errors that `body` lists, `None` if it is no list of errors.
///
/// Errors are texts (`"2 language_id 1 0"`) or records of exactly `code` and `description`, in lists that nest: one
/// list for each line of a document.
pub(crate) fn parse(body: &Value) -> Option<Vec<FieldError>> {
    let mut errors = Vec::new();
    collect(body.as_array()?, &mut Vec::new(), &mut errors)?;
    (!errors.is_empty()).then_some(errors)
}

fn collect(items: &[Value], path: &mut Vec<usize>, errors: &mut Vec<FieldError>) -> Option<()> {
    for (index, item) in items.iter().enumerate() {
        match item {
            Value::Array(inner) => {
                path.push(index);
                collect(inner, path, errors)?;
                path.pop();
            }
            _ => errors.push(leaf(item, path)?),
        }
    }
    Some(())
}

fn leaf(item: &Value, path: &[usize]) -> Option<FieldError> {
    let (written, description) = match item {
        Value::String(code) => (code, None),
        // Rows of other lists have a code and a description too, and more than that.
        Value::Object(record) if record.len() == 2 => {
            let (code, description) = (record.get("code")?, record.get("description")?);
            (
                match code {
                    Value::String(code) => code,
                    _ => return None,
                },
                description.as_str(),
            )
        }
        _ => return None,
    };
    let (number, rest) = written.split_once(' ')?;
    if !matches!(number.len(), 1 | 2) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (field, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if field.is_empty() {
        return None;
    }
    let code = ValidationCode::from(number.parse::<u8>().ok()?);
    Some(FieldError {
        code,
        field: field.to_owned(),
        params: ValidationParams::read(code, rest.trim()),
        path: path.to_vec(),
        description: description.map(str::to_owned),
        written: written.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_code_is_number_field_and_params() {
        let table = [
            ("1 name", 1, "name"),
            ("2 document_set_id", 2, "document_set_id"),
            ("2 language_id 1 0", 2, "language_id"),
            ("2 value 0 null null 0 10", 2, "value"),
            ("3 email", 3, "email"),
            ("4 number", 4, "number"),
            (r#"5 status ["0", "1"]"#, 5, "status"),
            ("6 website ", 6, "website"),
            ("7 zip_code", 7, "zip_code"),
            ("8 vat", 8, "vat"),
            ("9 date", 9, "date"),
            ("10 associated_id", 10, "associated_id"),
            ("11 document_id", 11, "document_id"),
            ("12 date >= 2026-01-29 00:00:00", 12, "date"),
            ("13 phone", 13, "phone"),
            ("14 taxes", 14, "taxes"),
            ("15 taxes", 15, "taxes"),
            ("16 customer_id", 16, "customer_id"),
            ("17 name", 17, "name"),
            ("18 shoe_size 44", 18, "shoe_size"),
            ("42 shoe_size", 42, "shoe_size"),
            ("0 shoe_size", 0, "shoe_size"),
            ("99 shoe_size", 99, "shoe_size"),
        ];
        for (written, number, field) in table {
            for body in [json!([written]), json!([{ "code": written, "description": "Field is wrong" }])] {
                let errors = parse(&body).unwrap();
                assert_eq!(errors.len(), 1, "{written}");
                let error = &errors[0];
                assert_eq!((error.code.number(), error.field.as_str()), (number, field), "{written}");
                let rest = written.trim_end().ends_with(field);
                assert_eq!(error.params == ValidationParams::None, rest, "{written}");
                let unknown = number == 18;
                assert_eq!(error.params == ValidationParams::Other, unknown, "{written}");
                assert_eq!(error.written, written);
                let description = body[0].is_object().then_some("Field is wrong");
                assert_eq!(error.description.as_deref(), description, "{written}");
                assert_eq!(error.to_string(), written.trim_end());
            }
        }
    }

    /// The same errors as texts and as records.
    fn verbose(plain: &Value) -> Value {
        match plain {
            Value::Array(items) => items.iter().map(verbose).collect(),
            code => json!({ "code": code, "description": "Field is wrong" }),
        }
    }

    /// A field and where it is.
    type Place = (&'static str, &'static [usize]);

    #[test]
    fn nested_lists_give_the_place() {
        let table: [(Value, &[Place]); 6] = [
            // The form that the change log shows: one list for each associated document.
            (
                json!([["10 associated_id", "2 value 0 null null 0 10"]]),
                &[("associated_id", &[0]), ("value", &[0])],
            ),
            // Lines without errors keep their places.
            (json!([[], ["2 qty 0 0"], [], ["1 name"]]), &[("qty", &[1]), ("name", &[3])]),
            (json!([[["2 qty 0 0"]]]), &[("qty", &[0, 0])]),
            (
                json!(["1 name", [["10 associated_id", "2 value 0"], []], [["2 qty 0"], ["1 name"]]]),
                &[
                    ("name", &[]),
                    ("associated_id", &[1, 0]),
                    ("value", &[1, 0]),
                    ("qty", &[2, 0]),
                    ("name", &[2, 1]),
                ],
            ),
            // A tax of a line.
            (json!([[[], [["2 value 0 0"], "1 name"]]]), &[("value", &[0, 1, 0]), ("name", &[0, 1])]),
            (json!([[[["2 value 0 0"]]]]), &[("value", &[0, 0, 0])]),
        ];
        for (plain, expected) in table {
            for body in [verbose(&plain), plain] {
                let errors = parse(&body).unwrap();
                let places: Vec<_> = errors.iter().map(|e| (e.field.as_str(), e.path.as_slice())).collect();
                assert_eq!(places, expected, "{body}");
            }
        }
        let body = json!([[{ "code": "2 qty 0", "description": null }], "1 name"]);
        assert_eq!(parse(&body).unwrap()[0].to_string(), "2 qty 0 at [0]");
    }

    #[test]
    fn texts_and_records_may_be_mixed() {
        let body =
            json!(["1 name", { "code": "8 vat", "description": "Field 'vat' is wrong" }, [["4 number"]]]);
        let errors = parse(&body).unwrap();
        let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
        assert_eq!(codes, [ValidationCode::Required, ValidationCode::TaxNumber, ValidationCode::Unique]);
    }

    #[test]
    fn rows_are_no_errors() {
        let table = [
            json!([]),
            json!([[]]),
            json!([[], [[], []]]),
            json!({ "code": "1 name", "description": "" }),
            json!([{ "code": "M01", "description": "Artigo 16.º" }]),
            json!([{ "eac_id": 1, "code": "62010 x", "description": "Software" }]),
            json!([{ "eac_id": 1, "code": "62 software", "description": "Software" }]),
            json!([{ "code": "62010", "description": "Software" }]),
            json!([{ "code": "62010 software", "description": "Software" }]),
            json!([{ "code": "62", "description": "Software" }]),
            json!([{ "code": "1 name" }]),
            json!([{ "code": "1 name", "text": "" }]),
            json!([{ "code": "1 name", "description": "", "tax_exemption_id": 1 }]),
            json!([{ "code": 1, "description": "" }]),
            json!(["1 name", { "customer_id": 1 }]),
            json!(["name"]),
            json!(["123 name"]),
            json!(["1 "]),
            json!(["1  name"]),
            json!([" 1 name"]),
            json!(["-1 name"]),
            json!(["1\tname"]),
            json!(["١ name"]),
            json!(["1 name", ["2 qty", 7]]),
            json!(["1 name", null]),
            json!([1]),
        ];
        for body in table {
            assert_eq!(parse(&body), None, "{body}");
        }
    }

    #[test]
    fn numbers_and_names_go_both_ways() {
        for number in 0..=u8::MAX {
            let code = ValidationCode::from(number);
            assert_eq!(code.number(), number);
            assert_eq!(matches!(code, ValidationCode::Other(_)), !(1..=17).contains(&number));
        }
    }
}
