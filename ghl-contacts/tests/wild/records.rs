//! Every record that is read, by itself.

use std::any::type_name;
use std::fmt::Debug;

use ghl_contacts::{
    Appointment, AppointmentNote, BulkTagResult, Business, Contact, ContactEvent, CustomField,
    CustomFieldDefinition, Location, LocationTag, Note, Task, User,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sync_core::http::decode;

use crate::odd::{Sent, odd, one_by_one};
use crate::samples;

/// What is read is written and read again without a change, and nothing of it is lost; or the error names the place.
/// `aliases` are names that the record takes for one of its own.
fn holds<T>(sent: &Sent, aliases: &[&str]) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let text = sent.json.to_string();
    let read: T = match decode(text.as_bytes()) {
        Ok(read) => read,
        Err(error) => {
            prop_assert!(sent.is_blamed(&error), "{error}");
            return Ok(());
        }
    };
    let written = serde_json::to_string(&read).unwrap();
    let again: T = decode(written.as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&again, &read);

    let (sent_as, written): (Value, Value) = (parse(&text), parse(&written));
    let known = names_of(&read);
    for (name, value) in sent_as.as_object().into_iter().flatten() {
        let unknown = !known.contains(name) && !aliases.contains(&name.as_str());
        if unknown || sent.is_sound(name) {
            prop_assert_eq!(written.get(name), Some(value), "{} is lost", name);
        }
    }
    for place in sent.unknown() {
        prop_assert_eq!(written.pointer(place), sent_as.pointer(place), "{} is lost", place);
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// The names of a record's fields on the wire, taken from what it prints of itself: a new field is looked at as well.
fn names_of<T: Debug>(record: &T) -> Vec<String> {
    let text = format!("{record:#?}");
    let fields = text.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
    let fields = fields.filter(|(name, _)| !name.starts_with(' ') && *name != "extra");
    fields.map(|(name, _)| on_the_wire::<T>(name)).collect()
}

fn on_the_wire<T>(name: &str) -> String {
    if name == "kind" || name == "status" && type_name::<T>() == type_name::<BulkTagResult>() {
        return "type".to_owned();
    }
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |name, part| {
        let (initial, rest) = part.split_at(1);
        name + &initial.to_uppercase() + rest
    })
}

/// The tests of each record: its sample, each place of it in turn, and whatever chance brings.
macro_rules! records {
    ($($name:ident: $record:ty, $aliases:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn the_sample_has_every_field_and_is_written_as_it_was_read() {
                let mut sample = samples::$name();
                sample["somethingNew"] = json!([1, { "a": null }]);
                let read: $record = serde_json::from_value(sample.clone()).unwrap();
                assert_eq!(serde_json::to_value(&read).unwrap(), sample);
                for name in names_of(&read) {
                    assert!(sample.get(&name).is_some(), "the sample lacks {name}");
                }
            }

            #[test]
            fn each_place_may_hold_anything() {
                for sent in one_by_one(&samples::$name()) {
                    holds::<$record>(&sent, &$aliases).unwrap_or_else(|error| panic!("{error}: {sent:?}"));
                }
            }

            proptest! {
                // What fails is written down by hand, next to the type that it made better.
                #![proptest_config(ProptestConfig {
                    cases: 300,
                    failure_persistence: None,
                    ..ProptestConfig::default()
                })]

                #[test]
                fn several_places_may_hold_anything(sent in odd(samples::$name())) {
                    holds::<$record>(&sent, &$aliases)?;
                }
            }
        }
    )*};
}

records! {
    contact: Contact, [];
    custom_field: CustomField, ["fieldValue", "field_value"];
    note: Note, [];
    task: Task, ["_id"];
    contact_event: ContactEvent, [];
    appointment: Appointment, [];
    appointment_note: AppointmentNote, [];
    business: Business, [];
    location: Location, [];
    location_tag: LocationTag, [];
    custom_field_definition: CustomFieldDefinition, [];
    user: User, [];
    bulk_tag_result: BulkTagResult, [];
}

#[test]
fn a_number_of_many_digits_is_the_same_when_it_was_read_and_written() {
    let text = r#"{"id":"cf_1","value":-7.973333237159551e-22}"#;
    let read: CustomField = parse(text);
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}
