//! What a search asks for, field by field, and what it refuses to ask for.

use ghl_contacts::jiff::{Timestamp, civil::date};
use ghl_contacts::types::search::kind;
use ghl_contacts::{
    ApiVersion, ContactId, CustomFieldId, Direction, Error, ErrorKind, Filter, OpportunityField,
    SearchContacts, SearchField, SortField, UserId,
};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{TOKEN, answer, ask, builder, client, takes};

/// The body of a search, with the given parts in place of the usual ones.
fn body(parts: &Value) -> Value {
    let mut body = json!({ "locationId": "loc_1", "pageLimit": 100, "page": 1,
        "sort": [{ "field": "dateAdded", "direction": "asc" }] });
    body.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    body
}

async fn sends(search: SearchContacts, parts: Value) {
    let server = MockServer::start().await;
    let found = answer(201, &json!({ "contacts": [] }));
    takes(&server, ask("POST", "/contacts/search").json(body(&parts)), found, 1).await;
    assert_eq!(client(&server).contacts().search(search).page().await.unwrap().contacts, []);
}

async fn sends_filters<const N: usize>(filters: [(Filter, Value); N]) {
    let (filters, wire): (Vec<_>, Vec<_>) = filters.into_iter().unzip();
    let search = filters.into_iter().fold(SearchContacts::new(), SearchContacts::filter);
    sends(search, json!({ "filters": wire })).await;
}

/// A search that is refused, and not sent.
async fn refused(search: SearchContacts) -> Error {
    let server = MockServer::start().await;
    let error = client(&server).contacts().search(search).page().await.unwrap_err();
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Invalid, 0, None));
    assert!(!error.is_retryable() && !error.outcome_unknown());
    error
}

fn condition(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({ "field": field, "operator": operator, "value": value.into() })
}

#[tokio::test]
async fn a_search_of_all_parts_is_sent() {
    let search = SearchContacts::new()
        .filter(Filter::any([
            SearchField::EMAIL.eq("ana@example.pt"),
            SearchField::TAGS.contains("vip"),
            Filter::all([SearchField::PHONE.not_exists(), SearchField::custom("cf_nif").exists()]),
        ]))
        .filter(SearchField::ID.not_eq(["c_1", "c_2"]))
        .filter(Filter::raw(json!({ "field": "dateUpdated", "operator": "range", "value": { "lt": 1 } })))
        .query("reis")
        .sort(SortField::DateUpdated, Direction::Descending)
        .then_sort(SortField::Other("lastActivity".to_owned()), Direction::Ascending)
        .page_size(9_999);
    let parts = json!({
        "pageLimit": 500, "query": "reis",
        "sort": [
            { "field": "dateUpdated", "direction": "desc" },
            { "field": "lastActivity", "direction": "asc" },
        ],
        "filters": [
            { "group": "OR", "filters": [
                { "field": "email", "operator": "eq", "value": "ana@example.pt" },
                { "field": "tags", "operator": "contains", "value": "vip" },
                { "group": "AND", "filters": [
                    { "field": "phone", "operator": "not_exists" },
                    { "field": "customFields.cf_nif", "operator": "exists" },
                ] },
            ] },
            { "field": "id", "operator": "not_eq", "value": ["c_1", "c_2"] },
            { "field": "dateUpdated", "operator": "range", "value": { "lt": 1 } },
        ],
    });
    sends(search, parts).await;
}

#[tokio::test]
async fn a_search_of_no_parts_is_sent() {
    sends(SearchContacts::new(), json!({})).await;
}

#[tokio::test]
async fn v3_takes_the_same_search() {
    let server = MockServer::start().await;
    let filter = condition("dndSettings.Email.status", "eq", "active");
    let ask = ask("POST", "/contacts/search").version("v3").json(body(&json!({ "filters": [filter] })));
    takes(&server, ask, answer(200, &json!({ "contacts": [] })), 1).await;
    let client = builder(&server).token(TOKEN).version(ApiVersion::V3).build().unwrap();
    let search = SearchContacts::new().filter(SearchField::DND_EMAIL.eq("active"));
    client.contacts().search(search).page().await.unwrap();
}

#[test]
fn every_field_has_the_name_of_the_service() {
    let text: [SearchField<kind::Text>; 13] = [
        SearchField::CONTACT_NAME,
        SearchField::PHONE,
        SearchField::ADDRESS,
        SearchField::CITY,
        SearchField::STATE,
        SearchField::COUNTRY,
        SearchField::POSTAL_CODE,
        SearchField::COMPANY_NAME,
        SearchField::BUSINESS_NAME,
        SearchField::WEBSITE,
        SearchField::SOURCE,
        SearchField::TIMEZONE,
        SearchField::TYPE,
    ];
    let names = [
        "contactName",
        "phone",
        "address",
        "city",
        "state",
        "country",
        "postalCode",
        "companyName",
        "businessName",
        "website",
        "source",
        "timezone",
        "type",
    ];
    assert_eq!(text.each_ref().map(SearchField::name), names);
    let lowered = [SearchField::FIRST_NAME, SearchField::LAST_NAME];
    assert_eq!(lowered.each_ref().map(SearchField::name), ["firstNameLowerCase", "lastNameLowerCase"]);
    let exact = [
        SearchField::ID,
        SearchField::EMAIL,
        SearchField::ASSIGNED_TO,
        SearchField::FOLLOWERS,
        SearchField::DND_EMAIL,
        SearchField::DND_SMS,
        SearchField::DND_CALL,
        SearchField::DND_INBOUND,
    ];
    let names = [
        "id",
        "email",
        "assignedTo",
        "followers",
        "dndSettings.Email.status",
        "dndSettings.SMS.status",
        "dndSettings.Call.status",
        "inboundDndSettings.all.status",
    ];
    assert_eq!(exact.each_ref().map(SearchField::name), names);
    let lists = [SearchField::ACTIVE_WORKFLOWS, SearchField::FINISHED_WORKFLOWS];
    assert_eq!(lists.each_ref().map(SearchField::name), ["activeWorkflows", "finishedWorkflows"]);
    assert_eq!(SearchField::TAGS.name(), "tags");
    let flags = [SearchField::DND, SearchField::VALID_EMAIL, SearchField::VALID_WHATSAPP];
    assert_eq!(flags.each_ref().map(SearchField::name), ["dnd", "validEmail", "isValidWhatsapp"]);
    let dates = [
        SearchField::DATE_ADDED,
        SearchField::DATE_UPDATED,
        SearchField::DATE_OF_BIRTH,
        SearchField::LAST_APPOINTMENT,
        SearchField::LAST_EMAIL_CLICKED,
        SearchField::LAST_EMAIL_OPENED,
    ];
    let names = [
        "dateAdded",
        "dateUpdated",
        "dateOfBirth",
        "lastAppointment",
        "lastEmailClickedDate",
        "lastEmailOpenedDate",
    ];
    assert_eq!(dates.each_ref().map(SearchField::name), names);
    let id = CustomFieldId::new("cf_1");
    assert_eq!(SearchField::custom(&id).name(), "customFields.cf_1");
    assert_eq!(SearchField::text_box(id, "b_1").name(), "customFields.cf_1.b_1");
    assert_eq!(SearchField::other("newField").name(), "newField");
}

#[tokio::test]
async fn values_are_compared_by_one_or_by_several() {
    let (faro, user) = ("Faro".to_owned(), UserId::new("u_1"));
    sends_filters([
        (SearchField::CITY.eq("Faro"), condition("city", "eq", "Faro")),
        (SearchField::CITY.eq(&faro), condition("city", "eq", "Faro")),
        (SearchField::CITY.not_eq(vec!["Faro".to_owned()]), condition("city", "not_eq", json!(["Faro"]))),
        (SearchField::CITY.eq(&["Faro", "Porto"][..]), condition("city", "eq", json!(["Faro", "Porto"]))),
        (SearchField::ID.eq(ContactId::new("c_1")), condition("id", "eq", "c_1")),
        (SearchField::ID.eq([ContactId::new("c_1")]), condition("id", "eq", json!(["c_1"]))),
        (SearchField::ASSIGNED_TO.eq(&user), condition("assignedTo", "eq", "u_1")),
        (SearchField::DND.not_eq(true), condition("dnd", "not_eq", true)),
        (SearchField::custom("cf_1").eq(7), condition("customFields.cf_1", "eq", 7)),
        (SearchField::custom("cf_1").eq("gold"), condition("customFields.cf_1", "eq", "gold")),
        (SearchField::custom("cf_1").eq(["a"]), condition("customFields.cf_1", "eq", json!(["a"]))),
        (SearchField::text_box("cf_1", "b").eq("x"), condition("customFields.cf_1.b", "eq", "x")),
        (SearchField::other("score").not_eq(1.5), condition("score", "not_eq", 1.5)),
    ])
    .await;
}

#[tokio::test]
async fn what_the_service_keeps_in_lower_case_is_asked_for_in_lower_case() {
    sends_filters([
        (SearchField::FIRST_NAME.eq("ANA"), condition("firstNameLowerCase", "eq", "ana")),
        (
            SearchField::LAST_NAME.eq(["Reis", "ÁVILA"]),
            condition("lastNameLowerCase", "eq", json!(["reis", "ávila"])),
        ),
        (SearchField::LAST_NAME.contains("Re"), condition("lastNameLowerCase", "contains", "re")),
        (SearchField::ACTIVE_WORKFLOWS.eq("wF_1"), condition("activeWorkflows", "eq", "wF_1")),
        (SearchField::CITY.not_contains("Faro"), condition("city", "not_contains", "Faro")),
    ])
    .await;
}

#[tokio::test]
async fn ranges_are_sent_as_moments_and_numbers() {
    let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let later: Timestamp = "2026-01-02T12:00:00Z".parse().unwrap();
    let added = |bounds: Value| condition("dateAdded", "range", bounds);
    let points = |bounds: Value| condition("customFields.cf_1", "range", bounds);
    let (noon_text, later_text) = ("2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z");
    sends_filters([
        (SearchField::DATE_ADDED.gt(noon), added(json!({ "gt": noon_text }))),
        (SearchField::DATE_ADDED.gte(noon), added(json!({ "gte": noon_text }))),
        (SearchField::DATE_ADDED.lt(noon), added(json!({ "lt": noon_text }))),
        (SearchField::DATE_ADDED.lte(noon), added(json!({ "lte": noon_text }))),
        (SearchField::DATE_ADDED.range(noon..), added(json!({ "gte": noon_text }))),
        (SearchField::DATE_ADDED.range(noon..later), added(json!({ "gte": noon_text, "lt": later_text }))),
        (SearchField::DATE_ADDED.range(noon..=later), added(json!({ "gte": noon_text, "lte": later_text }))),
        (SearchField::custom("cf_1").range(100..200), points(json!({ "gte": 100, "lt": 200 }))),
        (SearchField::custom("cf_1").lte(12.5), points(json!({ "lte": 12.5 }))),
        (SearchField::custom("cf_1").gt(noon), points(json!({ "gt": noon_text }))),
    ])
    .await;
}

#[tokio::test]
async fn a_day_is_all_of_it() {
    let (first, last) = (date(2026, 1, 1), date(2026, 1, 31));
    let born = |bounds: Value| condition("dateOfBirth", "range", bounds);
    let (start, after) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    sends_filters([
        (SearchField::DATE_OF_BIRTH.range(first..=last), born(json!({ "gte": start, "lt": after }))),
        (
            SearchField::DATE_OF_BIRTH.range(first..date(2026, 2, 1)),
            born(json!({ "gte": start, "lt": after })),
        ),
        (SearchField::DATE_OF_BIRTH.gt(last), born(json!({ "gte": after }))),
        (SearchField::DATE_OF_BIRTH.gte(first), born(json!({ "gte": start }))),
        (SearchField::DATE_OF_BIRTH.lt(first), born(json!({ "lt": start }))),
        (SearchField::DATE_OF_BIRTH.lte(last), born(json!({ "lt": after }))),
    ])
    .await;
}

#[tokio::test]
async fn opportunities_are_asked_for_as_nested_conditions() {
    let filter = Filter::opportunities([
        OpportunityField::PIPELINE_ID.eq("p_1"),
        OpportunityField::PIPELINE_STAGE_ID.not_eq("s_1"),
        OpportunityField::STATUS.eq(["open", "won"]),
        OpportunityField::other("lostReasonId").eq("r_1"),
    ]);
    let nested = json!([
        condition("pipelineId", "eq", "p_1"),
        condition("pipelineStageId", "not_eq", "s_1"),
        condition("status", "eq", json!(["open", "won"])),
        condition("lostReasonId", "eq", "r_1"),
    ]);
    sends_filters([(filter, condition("opportunities", "nested", nested))]).await;
}

#[tokio::test]
async fn every_order_is_sent_by_the_name_of_the_service() {
    let table = [
        (SortField::DateAdded, "dateAdded"),
        (SortField::DateUpdated, "dateUpdated"),
        (SortField::FirstName, "firstNameLowerCase"),
        (SortField::LastName, "lastNameLowerCase"),
        (SortField::BusinessName, "businessName"),
        (SortField::Email, "email"),
        (SortField::Dnd, "dnd"),
        (SortField::Source, "source"),
    ];
    for (field, name) in table {
        let sort = json!([{ "field": name, "direction": "desc" }]);
        sends(SearchContacts::new().sort(field, Direction::Descending), json!({ "sort": sort })).await;
    }
}

#[tokio::test]
async fn texts_of_75_characters_are_sent_and_longer_ones_are_not() {
    let longest = "ç".repeat(75);
    let search = SearchContacts::new().query(&longest).filter(SearchField::CITY.eq(&longest));
    sends(search, json!({ "query": longest, "filters": [condition("city", "eq", longest.as_str())] })).await;

    let long = "ç".repeat(76);
    let error = refused(SearchContacts::new().query(&long)).await;
    assert_eq!(
        error.to_string(),
        "contacts.search: the query has 76 characters, and the service takes at most 75"
    );
    let table = [
        SearchField::CITY.eq(&long),
        SearchField::CITY.not_eq(["Faro", &long]),
        SearchField::CITY.contains(&long),
        Filter::any([SearchField::DND.eq(true), Filter::all([SearchField::CITY.not_contains(&long)])]),
    ];
    for filter in table {
        let error = refused(SearchContacts::new().filter(filter)).await.to_string();
        assert!(error.contains(" on city: the value has 76 characters"), "{error}");
    }
    let nested = Filter::opportunities([OpportunityField::STATUS.eq(&long)]);
    let error = refused(SearchContacts::new().filter(nested)).await.to_string();
    assert!(error.contains("the filter nested on opportunities: the value has 76 characters"), "{error}");

    let raw = condition("city", "eq", long.as_str());
    let search = SearchContacts::new().filter(Filter::raw(raw.clone()));
    sends(search, json!({ "filters": [raw] })).await;
}

#[tokio::test]
async fn what_would_mean_something_else_is_not_sent() {
    let table = [
        (Filter::any([]), "a group of filters (OR) is empty"),
        (Filter::all([Filter::all([])]), "a group of filters (AND) is empty"),
        (SearchField::TAGS.eq(Vec::<String>::new()), "the filter eq on tags: the list of values is empty"),
        (Filter::opportunities([]), "on opportunities: the list of values is empty"),
        (SearchField::DATE_ADDED.range::<Timestamp>(..), "range on dateAdded: the range has no bounds"),
        (SearchField::custom("cf_1").gt(f64::NAN), "range on customFields.cf_1: a number must be finite"),
        (SearchField::other("x").eq(f64::INFINITY), "eq on x: a number must be finite"),
    ];
    for (filter, why) in table {
        let error = refused(SearchContacts::new().filter(filter)).await.to_string();
        assert!(error.contains(why), "{error}");
    }
}
