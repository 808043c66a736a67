use serde_json::json;

use super::*;
use crate::fields::FieldInput;

/// A field of a type that the service writes as `data_type`.
fn field(data_type: &str) -> CustomFieldDefinition {
    serde_json::from_value(json!({ "id": "cf_1", "name": "Field", "dataType": data_type })).unwrap()
}

fn with(options: Value, mut field: CustomFieldDefinition) -> CustomFieldDefinition {
    field.picklist_options = serde_json::from_value(options).unwrap();
    field
}

fn refusal(field: &CustomFieldDefinition, value: impl Into<FieldInput>) -> FieldError {
    check(field, value.into().0).unwrap_err()
}

#[test]
fn each_type_takes_its_values() {
    let plans = || json!(["Gold", "Silver"]);
    let table = [
        (field("TEXT"), FieldInput::from("x"), json!("x")),
        (field("TEXT"), "".into(), json!("")),
        (field("LARGE_TEXT"), "x\ny".into(), json!("x\ny")),
        (field("PHONE"), "+351 910 000 001".into(), json!("+351 910 000 001")),
        (field("PHONE"), "(21) 000-00.01".into(), json!("(21) 000-00.01")),
        (field("NUMERICAL"), 7.into(), json!(7)),
        (field("NUMERICAL"), 12.5.into(), json!(12.5)),
        (field("MONETORY"), 9_007_199_254_740_993_u64.into(), json!(9_007_199_254_740_993_u64)),
        (field("DATE"), Date::constant(2026, 12, 31).into(), json!("2026-12-31")),
        (field("DATE"), "2026-12-31".into(), json!("2026-12-31")),
        (with(plans(), field("SINGLE_OPTIONS")), "Gold".into(), json!("Gold")),
        (with(plans(), field("RADIO")), " silver".into(), json!("Silver")),
        (with(plans(), field("CHECKBOX")), ["Gold", "SILVER"].into(), json!(["Gold", "Silver"])),
        (with(plans(), field("MULTIPLE_OPTIONS")), "Gold".into(), json!(["Gold"])),
        (with(plans(), field("MULTIPLE_OPTIONS")), Vec::<String>::new().into(), json!([])),
        (field("SOMETHING_NEW"), true.into(), json!(true)),
    ];
    for (field, given, want) in table {
        assert_eq!(check(&field, given.0).unwrap(), want, "{:?}", field.data_type);
    }
}

#[test]
fn each_type_refuses_the_kinds_of_others() {
    let text = || FieldInput::from("x");
    let boxes = || FieldInput::text_boxes([("a", "b")]);
    let table: [(&str, Vec<FieldInput>); 6] = [
        ("TEXT", vec![7.into(), true.into(), ["x"].into(), boxes(), Value::Null.into()]),
        ("PHONE", vec![910_000_001.into()]),
        ("NUMERICAL", vec![text(), "7".into(), true.into(), f64::NAN.into(), f64::INFINITY.into()]),
        ("DATE", vec![20_261_231.into(), boxes()]),
        ("MULTIPLE_OPTIONS", vec![7.into(), boxes()]),
        ("TEXTBOX_LIST", vec![text(), ["x"].into(), json!({ "a": 7 }).into()]),
    ];
    for (data_type, values) in table {
        for value in values {
            let given = format!("{value:?}");
            assert_eq!(refusal(&field(data_type), value).kind(), FieldErrorKind::WrongKind, "{given}");
        }
    }
    let error = refusal(&field("NUMERICAL"), "ana@example.pt");
    assert_eq!(error.to_string(), "custom field \"Field\" (NUMERICAL) takes a number, and was given a text");
    assert_eq!((error.given(), error.data_type()), (Some(ValueKind::Text), Some(&DataType::Numerical)));
}

#[test]
fn texts_that_are_no_date_or_number_are_refused() {
    for text in ["31/12/2026", "2026-13-01", "2026-12-31T10:00:00Z", "20261231", "soon"] {
        assert_eq!(refusal(&field("DATE"), text).kind(), FieldErrorKind::WrongFormat, "{text}");
    }
    for text in ["12", "+351 910 000 001 910 000", "ana@example.pt", "call me: 910000001"] {
        assert_eq!(refusal(&field("PHONE"), text).kind(), FieldErrorKind::WrongFormat, "{text}");
    }
    let error = refusal(&field("DATE"), "31/12/2026").to_string();
    assert_eq!(error, "custom field \"Field\" (DATE) takes a date written as 2026-12-31");
}

#[test]
fn options_that_the_field_does_not_have_are_refused_by_name_of_the_others() {
    let plan = with(json!(["Gold", "Silver"]), field("SINGLE_OPTIONS"));
    let error = refusal(&plan, "ana@example.pt");
    assert_eq!(
        (error.kind(), error.options()),
        (FieldErrorKind::NoSuchOption, &["Gold", "Silver"].map(String::from)[..])
    );
    assert_eq!(
        error.to_string(),
        "custom field \"Field\" (SINGLE_OPTIONS) has no such option as was given; it has \"Gold\", \"Silver\""
    );
    assert!(!format!("{error:?}").contains("ana@"), "the value is personal data");

    let plans = with(json!(["Gold", "Silver"]), field("CHECKBOX"));
    assert_eq!(refusal(&plans, ["Gold", "Bronze"]).kind(), FieldErrorKind::NoSuchOption, "one is enough");
    let error = refusal(&field("RADIO"), "Gold").to_string();
    assert_eq!(error, "custom field \"Field\" (RADIO) has no options to choose from");
}

#[test]
fn an_option_in_another_case_is_taken_only_if_it_is_clear() {
    let sizes = with(json!(["m", "M", "L"]), field("RADIO"));
    assert_eq!(check(&sizes, json!("M")).unwrap(), json!("M"));
    assert_eq!(check(&sizes, json!("l")).unwrap(), json!("L"));
    let twice = with(json!(["Xl", "xL"]), field("RADIO"));
    assert_eq!(refusal(&twice, "XL").kind(), FieldErrorKind::NoSuchOption);
}

#[test]
fn fields_that_are_open_take_any_option() {
    let mut plan = with(json!(["Gold"]), field("SINGLE_OPTIONS"));
    plan.extra.insert("isAllowedCustomOption".to_owned(), json!(true));
    assert_eq!(check(&plan, json!("Bronze")).unwrap(), json!("Bronze"));
    assert_eq!(check(&plan, json!("gold")).unwrap(), json!("Gold"));
    assert_eq!(refusal(&plan, 7).kind(), FieldErrorKind::WrongKind);
}

#[test]
fn text_boxes_go_by_label_or_id() {
    let boxes = with(
        json!([{ "id": "b_1", "label": "Shoe" }, { "id": "b_2", "label": "Shirt", "prefillValue": "M" }]),
        field("TEXTBOX_LIST"),
    );
    let given = FieldInput::text_boxes([("shoe", "42"), ("b_2", "S")]);
    assert_eq!(check(&boxes, given.0).unwrap(), json!({ "b_1": "42", "b_2": "S" }));
    let error = refusal(&boxes, FieldInput::text_boxes([("Hat", "7")]));
    assert_eq!(
        (error.kind(), error.options()),
        (FieldErrorKind::NoSuchOption, &["Shoe", "Shirt"].map(String::from)[..])
    );

    // Where the definition has none, there is nothing to compare with.
    let given = FieldInput::text_boxes([("b_9", "x")]);
    assert_eq!(check(&field("TEXTBOX_LIST"), given.0).unwrap(), json!({ "b_9": "x" }));
    let mut elsewhere = field("TEXTBOX_LIST");
    elsewhere.extra.insert("textBoxListOptions".to_owned(), json!([{ "id": "b_1", "label": "Shoe" }]));
    let given = FieldInput::text_boxes([("Shoe", "42")]);
    assert_eq!(check(&elsewhere, given.0).unwrap(), json!({ "b_1": "42" }));
}

#[test]
fn files_are_no_values() {
    let error = refusal(&field("FILE_UPLOAD"), "https://files.example/a.pdf");
    assert_eq!(error.kind(), FieldErrorKind::NotWritable);
    assert!(error.to_string().contains("upload them to the service"), "{error}");
}
