//! Searches and custom fields, as the sandbox understands them.

use std::time::Duration;

use ghl_contacts::jiff::civil::date;
use ghl_contacts::sandbox::{Config, Edit};
use ghl_contacts::{
    CustomFieldBook, CustomFieldValue, DataType, Direction, FieldErrorKind, Filter, NewContact,
    NewCustomField, OpportunityField, SearchContacts, SearchField, SortField,
};
use serde_json::json;

use crate::{asked, found, private, start};

#[tokio::test]
async fn every_condition_and_order_is_one_that_the_service_takes() {
    let sandbox = start(Config { burst_limit: 1_000, index_lag: Duration::ZERO, ..Config::default() }).await;
    let points = sandbox.add_custom_field("Points", "NUMERICAL").unwrap();
    let fields = json!([{ "id": points, "field_value": 7 }]);
    let ana = json!({ "firstName": "Ana", "lastName": "Reis", "email": "ana@example.pt", "city": "Faro",
        "tags": ["vip"], "dateOfBirth": "1990-09-25", "customFields": fields });
    sandbox.add_contact(ana).unwrap();
    let born = date(1990, 9, 25);
    let holds = [
        SearchField::FIRST_NAME.eq("ANA"),
        SearchField::LAST_NAME.contains("Rei"),
        SearchField::EMAIL.eq(["ana@example.pt", "rui@example.pt"]),
        SearchField::CITY.not_eq("Porto"),
        SearchField::CITY.not_contains("Por"),
        SearchField::TAGS.eq("VIP"),
        SearchField::TAGS.exists(),
        SearchField::FINISHED_WORKFLOWS.not_exists(),
        SearchField::ASSIGNED_TO.not_exists(),
        SearchField::DND_EMAIL.not_eq("active"),
        SearchField::DND_INBOUND.not_exists(),
        SearchField::DND.eq(false),
        SearchField::VALID_WHATSAPP.not_exists(),
        SearchField::LAST_APPOINTMENT.not_exists(),
        SearchField::DATE_OF_BIRTH.range(born..=born),
        SearchField::DATE_OF_BIRTH.lte(born),
        SearchField::DATE_OF_BIRTH.gt(date(1990, 9, 24)),
        SearchField::custom(&points).eq(7),
        SearchField::custom(&points).range(7..8),
        Filter::any([SearchField::PHONE.exists(), SearchField::COUNTRY.not_exists()]),
    ];
    let fails = [
        SearchField::DATE_OF_BIRTH.range(born..born),
        SearchField::DATE_OF_BIRTH.gt(born),
        SearchField::custom(&points).gt(7),
        Filter::all([SearchField::PHONE.exists(), SearchField::COUNTRY.not_exists()]),
        Filter::opportunities([OpportunityField::STATUS.eq("open")]),
    ];
    let client = private(&sandbox);
    let filters = holds.map(|filter| (filter, 1)).into_iter().chain(fails.map(|filter| (filter, 0)));
    for (filter, count) in filters {
        let told = format!("{filter:?}");
        assert_eq!(found(&client, SearchContacts::new().filter(filter)).await.len(), count, "{told}");
    }
    let orders = [
        SortField::DateUpdated,
        SortField::FirstName,
        SortField::LastName,
        SortField::BusinessName,
        SortField::Email,
        SortField::Dnd,
        SortField::Source,
    ];
    for order in orders {
        let search = SearchContacts::new().sort(order, Direction::Descending);
        let search = search.then_sort(SortField::DateAdded, Direction::Ascending).page_size(1);
        assert_eq!(found(&client, search).await.len(), 1);
    }
}

#[tokio::test]
async fn custom_fields_by_name_are_stored_or_refused_and_never_dropped() {
    let sandbox = start(Config::default()).await;
    sandbox.add_custom_field("NIF", "TEXT").unwrap();
    let plan = json!({ "name": "Plan", "dataType": "SINGLE_OPTIONS", "picklistOptions": ["Gold", "Silver"] });
    let plan = Edit::Create { collection: "custom_fields".to_owned(), fields: plan };
    let plan = sandbox.human(plan).unwrap()["id"].as_str().unwrap().to_owned();
    let client = private(&sandbox);
    // What the book is for.
    let rui = NewContact::new().name("Rui").custom_field(CustomFieldValue::new(plan, "gold"));
    assert_eq!(client.contacts().create(&rui).await.unwrap().custom_fields, [], "dropped without a word");

    let fields = CustomFieldBook::new(&client);
    let ana = NewContact::new()
        .name("Ana Reis")
        .custom_field(fields.value("nif", "123456789").await.unwrap())
        .custom_field(fields.value("PLAN", "gold").await.unwrap());
    let ana = client.contacts().create(&ana).await.unwrap();
    let read = |name: &'static str| {
        let (fields, ana) = (&fields, &ana);
        async move { fields.field(name).await.unwrap().text(ana).unwrap() }
    };
    assert_eq!(read("contact.nif").await.as_deref(), Some("123456789"));
    assert_eq!(read("Plan").await.as_deref(), Some("Gold"));
    let error = fields.value("Plan", "Bronze").await.unwrap_err();
    assert_eq!(error.kind(), FieldErrorKind::NoSuchOption);
    assert_eq!(asked(&sandbox, "custom_fields.list"), 1);

    client.custom_fields().create(&NewCustomField::new("Region", DataType::Text)).await.unwrap();
    assert_eq!(fields.field("region").await.unwrap_err().kind(), FieldErrorKind::Unknown);
    fields.refresh().await.unwrap();
    fields.field("region").await.unwrap();
}
