//! A file says what the builder says.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sync_core::engine::{
    Deleted, EditedAndDeleted, Field, FieldValue, Mapper, Mapping, OnDelete, Policy, RecordId, RecordRef,
    Side, Snapshot, lossy, normalise, validate,
};

use crate::trace;

fn built() -> Mapping {
    let translate = |f: Field| {
        f.translate(
            Side::Left,
            |id| {
                [("1", "PT"), ("2", "ES")]
                    .iter()
                    .find(|(own, _)| *own == id)
                    .map(|(_, code)| (*code).to_owned())
            },
            |code| {
                [("1", "PT"), ("2", "ES")]
                    .iter()
                    .find(|(_, own)| *own == code)
                    .map(|(id, _)| (*id).to_owned())
            },
        )
        .validate(Side::Left, |code| match code {
            "PT" | "ES" => Ok(()),
            _ => Err("has no counterpart in the lookup".to_owned()),
        })
    };
    let newest_or_park = || Policy::Newest { otherwise: Box::new(Policy::Park) };
    Mapping::builder()
        .field("vat", |f| {
            f.left("vat")
                .right("customFields.NIF")
                .normalise(normalise::nif)
                .ignore(["999999990", "999999999"])
                .only_to(Side::Right)
                .enforce()
                .on_first(Policy::Prefer(Side::Right))
                .frozen_when(Side::Right, |record| record.get("invoice.id").is_some_and(|id| !id.is_null()))
                .validate(Side::Right, validate::nif)
        })
        .field("email", |f| {
            f.left("email")
                .right("email")
                .normalise(normalise::email)
                .policy(Policy::newest_or(Side::Left))
                .on_first(newest_or_park())
        })
        .field("phone", |f| {
            f.left("phone")
                .right("phone")
                .normalise(|text| normalise::phone_in("34", 9, text))
                .policy(Policy::Prefer(Side::Left))
                .version(3)
        })
        .field("mobile", |f| {
            f.left("mobile").right("mobile").normalise(normalise::phone).policy(Policy::Prefer(Side::Right))
        })
        .field("name", |f| {
            f.left("name")
                .right("name")
                .lossy(Side::Left, lossy::upper)
                .lossy(Side::Right, lossy::truncate(10))
                .validate(Side::Right, |text| {
                    validate::at_most(30)(text)?;
                    validate::one_of(["Ana Sousa", "A name that is longer than thirty characters"])(text)
                })
        })
        .field("contact_person", |f| f.left("contact_name").right("customFields.Contact person"))
        .field("code", |f| {
            f.left("code")
                .right("code")
                .normalise(normalise::upper)
                .lossy(Side::Right, lossy::lower)
                .policy(newest_or_park())
        })
        .field("address", |f| {
            f.left("address")
                .right("address1")
                .policy(Policy::newest_or(Side::Right))
                .default_on_create(Side::Left, "unknown")
                .default_on_create(Side::Right, "-")
        })
        .field("postal_code", |f| f.left("zip_code").right("postalCode").normalise(normalise::postal_code))
        .field("country", |f| {
            translate(f.left("country.id").right("country").normalise(normalise::country))
                .frozen_when(Side::Left, |record| record.text("status") == "closed")
        })
        .field("since", |f| f.left("since").right("dateAdded").normalise(normalise::date).only_to(Side::Left))
        .field("credit", |f| {
            f.left("credit").right("customFields.Credit").normalise(normalise::decimal).on_create()
        })
        .field("origin", |f| f.left("origin").right("source").on_create_of(Side::Left))
        .field("source", |f| f.constant("books").right("importedFrom").on_create())
        .field("tags", |f| f.left("labels").right("tags").set().ignore(["-"]))
        .matched_by(["vat"])
        .matched_by(["phone", "name"])
        .label("number")
        .on_delete(OnDelete { unchanged: Deleted::Propagate, edited: EditedAndDeleted::EditWins })
        .build()
        .unwrap()
}

fn snapshot(value: &Value) -> Snapshot {
    Snapshot::new(RecordRef::top(RecordId::new(1)), value.as_object().cloned().unwrap())
}

/// Every field with a value of each kind, and one that cannot be used.
fn samples() -> Vec<Snapshot> {
    let texts = [
        json!("PT 501 442 600"),
        json!("501442601"),
        json!("Ana@Example.PT"),
        json!("600 000 001"),
        json!("  Ana  Sousa "),
        json!("a name that is too long for both"),
        json!("4000123"),
        json!("es"),
        json!("2026-01-02T10:00:00"),
        json!("1.234,50"),
        json!("999999990"),
        json!("-"),
        json!(""),
        json!(null),
        json!(7),
        json!(true),
        json!(["vip", " - ", "a  b"]),
        json!({}),
    ];
    let country = [json!(1), json!("2"), json!(9)];
    let mut samples = vec![snapshot(&json!({}))];
    for (number, text) in texts.iter().enumerate() {
        let (status, invoice) = if number % 2 == 0 { ("open", None) } else { ("closed", Some(5)) };
        samples.push(snapshot(&json!({
            "vat": text, "email": text, "phone": text, "mobile": text, "name": text, "contact_name": text,
            "code": text, "address": text, "address1": text, "zip_code": text, "postalCode": text,
            "since": text, "dateAdded": text, "credit": text, "origin": text, "source": text, "importedFrom": text,
            "labels": text, "tags": text, "number": number.to_string(),
            "country": { "id": country[number % 3] },
            "status": status,
            "invoice": { "id": invoice },
            "customFields": { "NIF": text, "Contact person": text, "Credit": text },
        })));
        samples.push(snapshot(&json!({ "country": text })));
    }
    samples
}

#[test]
fn a_file_says_what_the_builder_says() {
    trace::on();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping_files/full.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (file, built) = (Mapping::open(&path).unwrap(), built());
    // As it is, and as it comes from other machines.
    for file in [&file, &Mapping::from_toml(&text.replace('\n', "\r\n")).unwrap()] {
        same(file, &built);
    }
}

fn same(file: &Mapping, built: &Mapping) {
    assert_eq!(format!("{:?}", file.rules().fields), format!("{:?}", built.rules().fields));
    assert_eq!((file.rules().on_delete, file.matchers()), (built.rules().on_delete, built.matchers()));
    let mut values = vec![FieldValue::Empty, FieldValue::set(["a", "b"]), FieldValue::Text("FR".into())];
    for side in Side::BOTH {
        for sample in &samples() {
            let (read, want) = (file.read(side, sample), built.read(side, sample));
            assert_eq!(read, want, "{side} {sample:?}");
            assert_eq!(file.label(side, sample), built.label(side, sample));
            assert_eq!(file.initial(side, &read), built.initial(side, &want));
            values.extend((0..file.rules().fields.len()).map(|at| read.get(at).clone()));
        }
    }
    values.sort_by_key(|value| format!("{value:?}"));
    values.dedup();
    assert!(values.len() > 20, "{values:?}");
    let (mut refused, mut changed) = (0, 0);
    for (at, (one, other)) in file.rules().fields.iter().zip(&built.rules().fields).enumerate() {
        // Or moving a mapping from code to a file would make every pair meet anew.
        assert_eq!(file.fingerprint(at), built.fingerprint(at), "{}", one.name);
        for (side, value) in
            Side::BOTH.into_iter().flat_map(|side| values.iter().map(move |value| (side, value)))
        {
            assert_eq!(one.check(side, value), other.check(side, value), "{} {side} {value:?}", one.name);
            assert_eq!(one.stored(side, value), other.stored(side, value), "{} {side} {value:?}", one.name);
            let written = [(at, value.clone())];
            assert_eq!(file.write(side, &written), built.write(side, &written));
            refused += usize::from(one.check(side, value).is_err());
            changed += usize::from(one.stored(side, value) != *value);
        }
    }
    assert!(refused > 10 && changed > 10, "{refused} {changed}");
}

#[test]
fn what_a_lookup_does_not_know_is_neither_read_nor_cleared() {
    let mapping = Mapping::from_toml(
        "[fields.country]\nleft = \"country\"\nright = \"country\"\n\
         validate.left = { one_of = [\"PT\", \"ES\"] }\ntranslate.left = { 1 = \"PT\" }\n",
    );
    let mapping = mapping.unwrap();
    let read = mapping.read(Side::Left, &snapshot(&json!({ "country": 9 })));
    assert_eq!((read.get(0), read.problems().len()), (&FieldValue::Unknown, 1));
    let rules = &mapping.rules().fields[0];
    let check = |code: &str| rules.check(Side::Left, &FieldValue::Text(code.to_owned()));
    assert_eq!(check("PT"), Ok(()));
    assert_eq!(check("ES").unwrap_err(), "has no counterpart in the lookup");
    assert_eq!(check("FR").unwrap_err(), "is none of PT, ES");
}

#[test]
fn several_values_may_mean_one_where_none_of_them_is_written() {
    let file = |direction: &str| {
        Mapping::from_toml(&format!(
            "[fields.state]\nleft = \"state\"\nright = \"state\"\ndirection = \"{direction}\"\n\
             translate.left = {{ new = \"open\", running = \"open\", done = \"closed\" }}\n"
        ))
    };
    let mapping = file("to_right").unwrap();
    let state = |text: &str| {
        mapping.read(Side::Left, &snapshot(&json!({ "state": text }))).get(0).text().map(str::to_owned)
    };
    assert_eq!(
        (state("new"), state("running"), state("done")),
        (Some("open".into()), Some("open".into()), Some("closed".into()))
    );
    assert!(file("both").unwrap_err().to_string().contains("would be a guess"));
}

#[test]
fn what_was_cut_is_compared_as_it_is_read_back() {
    let mapping = Mapping::from_toml(
        "[fields.name]\nleft = \"name\"\nright = \"name\"\nignore = [\"Ana\"]\nlossy.right = { truncate = 4 }\n",
    );
    let mapping = mapping.unwrap();
    let stored =
        |text: &str| mapping.rules().fields[0].stored(Side::Right, &FieldValue::Text(text.to_owned()));
    // Cut after the space, which no normalised value ends with.
    assert_eq!(stored("Rui Sousa"), FieldValue::Text("Rui".into()));
    assert_eq!(stored("Ana Sousa"), FieldValue::Empty);
}
