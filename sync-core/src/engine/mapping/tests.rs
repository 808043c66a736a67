use super::*;
use crate::engine::{RecordId, RecordRef, normalise};
use serde_json::json;

fn mapping() -> Mapping {
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("cf.NIF").normalise(normalise::nif).ignore(["999999990"]))
        .field("city", |f| f.left("city").right("city"))
        .field("source", |f| f.constant("Moloni").right("source").on_create())
        .build()
        .unwrap()
}

fn snapshot(value: &Value) -> Snapshot {
    Snapshot::new(RecordRef::top(RecordId::new(1)), value.as_object().cloned().unwrap())
}

#[test]
fn reading_tells_unknown_from_empty() {
    let fields = mapping().read(Side::Left, &snapshot(&json!({ "vat": "999999990" })));
    assert_eq!(fields.get(0), &FieldValue::Empty);
    assert_eq!(fields.get(1), &FieldValue::Unknown);
    assert_eq!(fields.get(2).text(), Some("Moloni"));
    let list = mapping().read(Side::Left, &snapshot(&json!({ "city": [] })));
    assert_eq!(list.problems(), [(1, "is a list or an object, not one value".to_owned())]);
}

#[test]
fn writing_nests_and_clears() {
    let raw =
        mapping().write(Side::Right, &[(0, FieldValue::Text("501442600".into())), (1, FieldValue::Empty)]);
    assert_eq!(Value::Object(raw), json!({ "cf": { "NIF": "501442600" }, "city": null }));
}

#[test]
fn broken_mappings_name_the_field() {
    type Build = fn(MappingBuilder) -> MappingBuilder;
    let build = |set: fn(MappingBuilder) -> MappingBuilder| set(Mapping::builder()).build().unwrap_err();
    let table: [(Build, &str); 7] = [
        (|m| m.field("a", |f| f.left("a")), "mapping: field `a` has no right path"),
        (|m| m.field("a", |f| f.right("a")), "mapping: field `a` has neither a left path nor a constant"),
        (
            |m| m.field("a", |f| f.left("a").right("a")).field("a", |f| f.left("b").right("b")),
            "mapping: field `a` is there twice",
        ),
        (
            |m| m.field("a", |f| f.left("a").right("x")).field("b", |f| f.left("b").right("x")),
            "mapping: field `b` writes a right field that another one writes too",
        ),
        (
            |m| m.field("a", |f| f.left("a").right("x.id")).field("b", |f| f.left("b").right("x")),
            "mapping: field `b` writes a right field that another one writes too",
        ),
        (
            |m| m.field("a", |f| f.left("a.").right("x")),
            "mapping: field `a` has a path with nothing before, between or after its dots",
        ),
        (|m| m.matched_by(["x"]), "mapping: field `x` is matched by, but is no field"),
    ];
    for (set, want) in table {
        assert_eq!(build(set).to_string(), want);
    }
}

#[test]
fn ways_that_lead_nowhere_are_refused() {
    type Set = fn(Field) -> Field;
    let table: [(Set, &str); 8] = [
        (
            |f| f.constant("x").right("a").only_to(Side::Left),
            "goes to the left side only, which is a constant",
        ),
        (
            |f| f.constant("x").right("a").on_create_of(Side::Left),
            "goes to the left side only, which is a constant",
        ),
        (|f| f.left("a").right("a").enforce(), "is enforced, but is not one-way: use `only_to`"),
        (
            |f| f.left("a").right("a").only_to(Side::Right).default_on_create(Side::Left, "-"),
            "has a default for a side that it is never written to",
        ),
        (|f| f.constant("x").right("a").set(), "is a set, which takes no constant, default or loss"),
        (
            |f| f.left("a").right("a").set().lossy(Side::Right, str::to_lowercase),
            "is a set, which takes no constant, default or loss",
        ),
        (
            |f| f.left("a").right("a").normalise(|text| Ok(Some(format!("{text}!")))),
            "has a normaliser that changes what it has normalised",
        ),
        (
            |f| f.left("a").right("a").normalise(|text| Ok(Some(text.replacen(' ', "", 1)))),
            "has a normaliser that changes what it has normalised",
        ),
    ];
    for (set, why) in table {
        let error = Mapping::builder().field("a", set).build().unwrap_err();
        assert_eq!(error.to_string(), format!("mapping: field `a` {why}"));
    }
    // Two that read one left field are fine as long as one at most writes it.
    let builder = Mapping::builder().field("a", |f| f.left("x").right("a").only_to(Side::Right));
    let builder = builder.field("b", |f| f.left("x").right("b").only_to(Side::Right));
    assert!(builder.clone().build().is_ok());
    // Nor is `x` above `xy`.
    assert!(builder.clone().field("c", |f| f.left("c").right("ab")).build().is_ok());
    let builder = builder.field("c", |f| f.left("x").right("c")).field("d", |f| f.left("x").right("d"));
    let error = builder.build().unwrap_err().to_string();
    assert_eq!(error, "mapping: field `d` writes a left field that another one writes too");
}

#[test]
fn sets_are_lists_of_normalised_members() {
    let mapping = Mapping::builder().field("tags", |f| f.left("labels").right("tags").set().ignore(["-"]));
    let mapping = mapping.build().unwrap();
    let read = |value: Value| mapping.read(Side::Right, &snapshot(&value));
    let fields = read(json!({ "tags": [" vip ", "vip", "-", "a  b"] }));
    assert_eq!(fields.get(0), &FieldValue::set(["a b", "vip"]));
    assert_eq!(read(json!({ "tags": [] })).get(0), &FieldValue::Empty);
    assert_eq!(read(json!({ "tags": null })).get(0), &FieldValue::Empty);
    assert_eq!(read(json!({})).get(0), &FieldValue::Unknown);
    assert_eq!(read(json!({ "tags": "vip" })).problems(), [(0, "is one value, not a list".to_owned())]);
    let raw = mapping.write(Side::Left, &[(0, FieldValue::set(["b", "a"]))]);
    assert_eq!(Value::Object(raw), json!({ "labels": ["a", "b"] }));
    assert_eq!(Value::Object(mapping.write(Side::Left, &[(0, FieldValue::Empty)])), json!({ "labels": [] }));
}

#[test]
fn values_are_translated_both_ways_and_frozen_fields_are_told() {
    let mapping = Mapping::builder().field("country", |f| {
        let (read, write) = (
            |id: &str| (id == "1").then(|| "PT".to_owned()),
            |code: &str| (code == "PT").then(|| "1".to_owned()),
        );
        let f = f.left("country.id").right("country").translate(Side::Left, read, write);
        f.frozen_when(Side::Left, |record| record.text("status") == "invoiced")
    });
    let mapping = mapping.build().unwrap();
    let left = mapping.read(Side::Left, &snapshot(&json!({ "country": { "id": 1 }, "status": "invoiced" })));
    assert_eq!((left.get(0).text(), left.is_frozen(0)), (Some("PT"), true));
    let unknown = mapping.read(Side::Left, &snapshot(&json!({ "country": { "id": 7 } })));
    assert_eq!(unknown.problems(), [(0, "has a value that the lookup does not know".to_owned())]);
    assert!(!unknown.is_frozen(0));
    let raw = mapping.write(Side::Left, &[(0, FieldValue::Text("PT".into()))]);
    assert_eq!(Value::Object(raw), json!({ "country": { "id": "1" } }));
}

#[test]
fn a_new_record_gets_what_goes_its_way_and_the_defaults() {
    let mapping = Mapping::builder()
        .field("city", |f| f.left("city").right("city").default_on_create(Side::Right, "-"))
        .field("vat", |f| f.left("vat").right("vat").only_to(Side::Left))
        .field("source", |f| f.constant("books").right("source").on_create())
        .field("day", |f| {
            let day = std::sync::atomic::AtomicU32::new(1);
            let next = move || day.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
            f.left("day").right("day").on_create().default_on_create_with(Side::Right, next)
        })
        .build()
        .unwrap();
    let from = mapping.read(Side::Left, &snapshot(&json!({ "city": "", "vat": "1" })));
    let text = |text: &str| FieldValue::Text(text.to_owned());
    assert_eq!(mapping.initial(Side::Right, &from), [(0, text("-")), (2, text("books")), (3, text("1"))]);
    assert_eq!(mapping.initial(Side::Right, &from)[2], (3, text("2")), "asked for each time");
    let from = mapping.read(Side::Right, &snapshot(&json!({ "city": "Faro", "vat": "1" })));
    assert_eq!(mapping.initial(Side::Left, &from), [(0, text("Faro")), (1, text("1"))]);
}

#[test]
fn a_changed_definition_has_another_fingerprint() {
    let of = |set: fn(Field) -> Field| {
        Mapping::builder().field("a", |f| set(f.left("a").right("b"))).build().unwrap().fingerprint(0)
    };
    let plain = of(|f| f);
    assert_eq!(of(|f| f), plain);
    assert_eq!(
        of(|f| f.policy(crate::engine::Policy::Park)),
        plain,
        "who wins does not change what was agreed"
    );
    assert_eq!(of(|f| f.constant("x")), of(|f| f.constant("y")), "another value is no other field");
    for changed in [
        of(|f| f.right("c")),
        of(|f| f.constant("x")),
        of(Field::set),
        of(|f| f.ignore(["x"])),
        of(|f| f.version(1)),
        of(|f| f.only_to(Side::Right)),
    ] {
        assert_ne!(changed, plain);
    }
}
