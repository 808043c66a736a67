use sync_core::engine::{Mapping, MappingError, Side, normalise};

use crate::mapping::{UNKNOWN, one_way};
use crate::phone::phone;

/// How a group of customers becomes a business.
///
/// | field | group | business | |
/// |---|---|---|---|
/// | name | `name` | `name` | how a business that people have made is recognised |
/// | email, phone, website | | | |
/// | address, city, postal code, country | | | placeholders count as empty |
/// | description | `description` | `description` | the tax number, and further addresses |
/// | contacts | `contacts` | `contacts` | member by member: people's stay |
///
/// All of it goes to HighLevel. What people edit there stays until the books change that very field.
///
/// # Errors
///
/// None; what a mapping can have wrong is checked when it is made.
pub fn business_mapping() -> Result<Mapping, MappingError> {
    Mapping::builder()
        .field("name", |f| one_way(f.left("name").right("name")))
        .field("email", |f| one_way(f.left("email").right("email").normalise(normalise::email)))
        .field("phone", |f| one_way(f.left("phone").right("phone").normalise(phone)))
        .field("website", |f| one_way(f.left("website").right("website")))
        .field("address", |f| one_way(f.left("address").right("address").ignore(UNKNOWN)))
        .field("city", |f| one_way(f.left("city").right("city").ignore(UNKNOWN)))
        .field("postal_code", |f| one_way(f.left("zip_code").right("postalCode").ignore(["0000-000"])))
        .field("country", |f| one_way(f.left("country").right("country").normalise(normalise::upper)))
        .field("description", |f| one_way(f.left("description").right("description").normalise(lines)))
        .field("contacts", |f| f.left("contacts").right("contacts").set().only_to(Side::Right))
        .matched_by(["name"])
        .label("number")
        .build()
}

/// A text of several lines: each of them trimmed, and none empty at either end.
fn lines(text: &str) -> normalise::Normalised {
    let lines: Result<Vec<_>, String> = text.lines().map(normalise::spaces).collect();
    let lines: Vec<_> = lines?.into_iter().map(Option::unwrap_or_default).collect();
    let text = lines.join("\n");
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_lines() {
        let table = [
            (" NIF  501442600 \r\n\n Armaz\u{e9}m: Rua Um ", Some("NIF 501442600\n\nArmazém: Rua Um")),
            ("\n \n", None),
            ("one", Some("one")),
        ];
        for (before, after) in table {
            assert_eq!(lines(before).unwrap().as_deref(), after);
            assert_eq!(lines(after.unwrap_or_default()).unwrap().as_deref(), after);
        }
    }
}
