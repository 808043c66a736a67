//! Custom fields by key and name: which field is meant, what is sent, what is read.

use std::collections::BTreeMap;
use std::error::Error as _;

use ghl_contacts::jiff::civil::date;
use ghl_contacts::{
    Contact, ContactUpdate, CustomField, CustomFieldBook, CustomFieldDefinition, DataType, Error, ErrorKind,
    FieldError, FieldErrorKind, FieldInput, NewContact, ResolvedField, SearchContacts,
};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{answer, ask, client, takes};

fn definitions() -> Value {
    json!({ "customFields": [
        { "id": "cf_nif", "name": "NIF", "fieldKey": "contact.nif", "dataType": "TEXT" },
        { "id": "cf_plan", "name": "Plan", "fieldKey": "contact.plan", "dataType": "SINGLE_OPTIONS",
          "picklistOptions": ["Gold", "Silver"] },
        { "id": "cf_points", "name": "Points", "fieldKey": "contact.points", "dataType": "NUMERICAL" },
        { "id": "cf_since", "name": "Customer since", "fieldKey": "contact.since", "dataType": "DATE" },
        { "id": "cf_likes", "name": "Likes", "fieldKey": "contact.likes", "dataType": "MULTIPLE_OPTIONS",
          "picklistOptions": ["Wine", "Olive oil"] },
        { "id": "cf_sizes", "name": "Sizes", "fieldKey": "contact.sizes", "dataType": "TEXTBOX_LIST",
          "picklistOptions": [{ "id": "b_shoe", "label": "Shoe" }, { "id": "b_shirt", "label": "Shirt" }] },
        { "id": "cf_old", "name": "Região", "fieldKey": "contact.regiao", "dataType": "TEXT" },
        { "id": "cf_new", "name": "Região", "fieldKey": "contact.regiao_1", "dataType": "TEXT" },
        { "id": "cf_upper", "name": "REGIÃO", "dataType": "TEXT" },
        { "id": "cf_file", "name": "Contract", "fieldKey": "contact.contract", "dataType": "FILE_UPLOAD" },
    ] })
}

/// A book of these fields, which are read once.
async fn book(server: &MockServer) -> CustomFieldBook {
    let list = ask("GET", "/locations/loc_1/customFields?model=contact");
    takes(server, list, answer(200, &definitions()), 1).await;
    CustomFieldBook::new(&client(server))
}

#[tokio::test]
async fn values_by_key_and_name_are_written_by_id() {
    let server = MockServer::start().await;
    let fields = book(&server).await;
    let custom = json!([
        { "id": "cf_nif", "field_value": "123456789" },
        { "id": "cf_plan", "field_value": "Gold" },
        { "id": "cf_points", "field_value": 7 },
        { "id": "cf_since", "field_value": "2024-05-01" },
        { "id": "cf_likes", "field_value": ["Wine", "Olive oil"] },
        { "id": "cf_sizes", "field_value": { "b_shoe": "42" } },
    ]);
    let body = json!({ "locationId": "loc_1", "name": "Ana Reis", "customFields": custom });
    let created = answer(201, &json!({ "contact": { "id": "c_ana" } }));
    takes(&server, ask("POST", "/contacts/").json(body), created, 1).await;
    let new = NewContact::new()
        .name("Ana Reis")
        .custom_field(fields.value("contact.nif", "123456789").await.unwrap())
        .custom_field(fields.value("plan", "gold").await.unwrap())
        .custom_field(fields.value("Points", 7).await.unwrap())
        .custom_field(fields.value("customer SINCE", date(2024, 5, 1)).await.unwrap())
        .custom_field(fields.value("cf_likes", ["wine", "Olive oil"]).await.unwrap())
        .custom_field(fields.value("sizes", FieldInput::text_boxes([("shoe", "42")])).await.unwrap());
    client(&server).contacts().create(&new).await.unwrap();

    let body = json!({ "customFields": [{ "id": "cf_nif", "field_value": "" }] });
    let updated = answer(200, &json!({ "contact": { "id": "c_ana" } }));
    takes(&server, ask("PUT", "/contacts/c_ana").json(body), updated, 1).await;
    let update = ContactUpdate::new().custom_field(fields.value("nif", "").await.unwrap());
    client(&server).contacts().update(&"c_ana".into(), &update).await.unwrap();
}

#[tokio::test]
async fn a_field_is_searched_by_under_its_id() {
    let server = MockServer::start().await;
    let fields = book(&server).await;
    let body = json!({ "locationId": "loc_1", "pageLimit": 100, "page": 1,
        "sort": [{ "field": "dateAdded", "direction": "asc" }],
        "filters": [{ "field": "customFields.cf_plan", "operator": "eq", "value": "Gold" }] });
    let found = answer(200, &json!({ "contacts": [] }));
    takes(&server, ask("POST", "/contacts/search").json(body), found, 1).await;
    let gold = fields.field("Plan").await.unwrap().search().eq("Gold");
    client(&server).contacts().search(SearchContacts::new().filter(gold)).page().await.unwrap();
}

#[tokio::test]
async fn a_field_is_found_by_id_then_key_then_name_then_name_in_another_case() {
    let server = MockServer::start().await;
    let fields = book(&server).await;
    let table = [
        ("cf_nif", "cf_nif"),
        ("contact.nif", "cf_nif"),
        ("nif", "cf_nif"),
        ("NIF", "cf_nif"),
        (" Nif ", "cf_nif"),
        ("regiao", "cf_old"),
        ("contact.regiao_1", "cf_new"),
        ("REGIÃO", "cf_upper"),
        ("customer since", "cf_since"),
    ];
    for (asked, id) in table {
        assert_eq!(fields.field(asked).await.unwrap().id().as_str(), id, "{asked}");
    }
    assert_eq!(fields.fields().await.unwrap().len(), 10);
    let plan = fields.field("plan").await.unwrap();
    assert_eq!(
        (plan.definition().name.as_str(), plan.options()),
        ("Plan", vec!["Gold".into(), "Silver".into()])
    );
}

#[tokio::test]
async fn a_name_of_several_fields_is_refused_with_all_of_them() {
    let server = MockServer::start().await;
    let fields = book(&server).await;
    let error = fields.field("Região").await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (FieldErrorKind::Ambiguous, "Região"));
    assert_eq!(
        error.to_string(),
        "several custom fields are called \"Região\"; use the key or id of one: \
         \"Região (contact.regiao, cf_old)\", \"Região (contact.regiao_1, cf_new)\""
    );
    let error = fields.field("região").await.unwrap_err();
    assert_eq!((error.kind(), error.options().len()), (FieldErrorKind::Ambiguous, 3));
}

#[tokio::test]
async fn an_unknown_field_is_refused_with_those_that_there_are() {
    let server = MockServer::start().await;
    let error = book(&server).await.value("vat", "1").await.unwrap_err();
    assert_eq!((error.kind(), error.field(), error.options().len()), (FieldErrorKind::Unknown, "vat", 10));
    let text = error.to_string();
    assert!(
        text.starts_with(
            "no custom field has the id, key or name \"vat\"; there are \"NIF (contact.nif)\", "
        ),
        "{text}"
    );
    assert!(text.contains("\"REGIÃO (cf_upper)\""), "{text}");
}

#[test]
fn a_long_list_of_options_is_cut() {
    let mut definition = CustomFieldDefinition::new("cf_1", "Town");
    definition.data_type = Some(DataType::Radio);
    definition.picklist_options = (0..15).map(|n| json!(format!("Town {n}"))).collect();
    let error = ResolvedField::new(definition).value("Faro").unwrap_err();
    assert_eq!(error.options().len(), 15);
    assert!(error.to_string().ends_with("\"Town 11\" and 3 more"), "{error}");
}

#[tokio::test]
async fn a_refused_value_becomes_an_error_of_the_client_that_was_not_sent() {
    async fn write(fields: &CustomFieldBook) -> Result<(), Error> {
        fields.value("plan", "Bronze").await?;
        Ok(())
    }
    let server = MockServer::start().await;
    let error = write(&book(&server).await).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Invalid, 0));
    assert!(!error.is_retryable() && !error.outcome_unknown());
    assert!(error.to_string().contains("\"Plan\" (SINGLE_OPTIONS)"), "{error}");
    let source = error.source().unwrap().downcast_ref::<FieldError>().unwrap();
    assert_eq!(source.options(), ["Gold", "Silver"]);
}

#[tokio::test]
async fn files_are_refused_with_a_reason() {
    let server = MockServer::start().await;
    let error = book(&server).await.value("contract", "https://files.example/a.pdf").await.unwrap_err();
    assert_eq!((error.kind(), error.data_type()), (FieldErrorKind::NotWritable, Some(&DataType::FileUpload)));
}

fn ana(values: &[(&str, Value)]) -> Contact {
    let mut ana = Contact::new("c_ana");
    ana.custom_fields = values.iter().map(|(id, value)| CustomField::new(*id, value.clone())).collect();
    ana
}

#[tokio::test]
async fn values_are_read_by_key_and_name() {
    let server = MockServer::start().await;
    let fields = book(&server).await;
    let ana = ana(&[
        ("cf_else", json!("?")),
        ("cf_nif", json!("123456789")),
        ("cf_points", json!(12.5)),
        ("cf_likes", json!(["Wine"])),
        ("cf_since", json!(1_714_521_600_000_i64)),
        ("cf_sizes", json!({ "b_shoe": "42", "b_new": "x", "b_shirt": null })),
    ]);
    let field = |name: &'static str| {
        let fields = fields.clone();
        async move { fields.field(name).await.unwrap() }
    };
    assert_eq!(field("nif").await.text(&ana).unwrap().as_deref(), Some("123456789"));
    assert_eq!(field("nif").await.number(&ana).unwrap(), Some(123_456_789.0));
    assert_eq!(field("Points").await.number(&ana).unwrap(), Some(12.5));
    assert_eq!(field("Points").await.text(&ana).unwrap().as_deref(), Some("12.5"));
    assert_eq!(field("likes").await.list(&ana).unwrap(), ["Wine"]);
    assert_eq!(field("since").await.date(&ana).unwrap(), Some(date(2024, 5, 1)));
    let sizes = BTreeMap::from([("Shoe".to_owned(), "42".to_owned()), ("b_new".to_owned(), "x".to_owned())]);
    assert_eq!(field("sizes").await.text_boxes(&ana).unwrap(), sizes);
    assert_eq!(field("sizes").await.raw(&ana).unwrap()["b_shoe"], "42");
}

#[test]
fn a_value_that_is_not_there_is_none() {
    let field = ResolvedField::new(CustomFieldDefinition::new("cf_1", "Any"));
    for contact in
        [ana(&[]), ana(&[("cf_1", Value::Null)]), ana(&[("cf_1", json!(""))]), ana(&[("cf_1", json!([]))])]
    {
        assert_eq!(field.raw(&contact), None);
        assert_eq!(field.text(&contact).unwrap(), None);
        assert_eq!(field.number(&contact).unwrap(), None);
        assert_eq!(field.date(&contact).unwrap(), None);
        assert_eq!(field.list(&contact).unwrap(), Vec::<String>::new());
        assert!(field.text_boxes(&contact).unwrap().is_empty());
    }
}

#[test]
fn values_are_read_leniently_and_not_made_up() {
    let field = ResolvedField::new(CustomFieldDefinition::new("cf_1", "Any"));
    let of = |value: Value| ana(&[("cf_1", value)]);
    assert_eq!(field.text(&of(json!(["one"]))).unwrap().as_deref(), Some("one"));
    assert_eq!(field.list(&of(json!("one"))).unwrap(), ["one"]);
    assert_eq!(field.number(&of(json!(" 7 "))).unwrap(), Some(7.0));
    assert_eq!(field.date(&of(json!("2024-05-01T00:00:00.000Z"))).unwrap(), Some(date(2024, 5, 1)));
    let unreadable = [
        field.text(&of(json!(["a", "b"]))).unwrap_err(),
        field.text(&of(json!({ "a": "b" }))).unwrap_err(),
        field.number(&of(json!("seven"))).unwrap_err(),
        field.number(&of(json!("NaN"))).unwrap_err(),
        field.list(&of(json!([1, 2]))).unwrap_err(),
        field.date(&of(json!("soon"))).unwrap_err(),
        field.text_boxes(&of(json!("x"))).unwrap_err(),
        field.text_boxes(&of(json!({ "a": 1 }))).unwrap_err(),
    ];
    assert!(unreadable.iter().all(|error| error.kind() == FieldErrorKind::Unreadable));
    assert_eq!(unreadable[2].to_string(), "custom field \"Any\" holds a text, which is not a number");
}
