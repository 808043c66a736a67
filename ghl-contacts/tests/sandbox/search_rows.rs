use serde_json::{Value, json};

use crate::ask::{get, post};
use crate::table::{Row, Scene, row};

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let search = |mut body: Value| {
        body["locationId"] = json!(s.c.location_id);
        body["pageLimit"] = body.get("pageLimit").cloned().unwrap_or(json!(10));
        post("/contacts/search", body)
    };
    let by = |field: &str, operator: &str, value: Value| {
        search(json!({ "filters": [{ "field": field, "operator": operator, "value": value }] }))
    };
    let only_ana = [("/total", json!(1)), ("/contacts/0/id", json!(s.ana))];
    let no_email = json!({ "field": "email", "operator": "not_exists" });
    let in_faro = json!({ "field": "city", "operator": "eq", "value": "Faro" });
    let by_name = json!([{ "field": "firstNameLowerCase", "direction": "asc" }]);
    let cursor = json!([0, s.ana]);
    let list = |more: &str| get(format!("/contacts/?locationId={}{more}", s.c.location_id));
    vec![
        row("ghl-api § 3.6", "search items differ from contacts",
            search(json!({ "query": "reis" })), 200,
            [
                ("/total", json!(1)),
                ("/contacts/0/address", json!("Rua Um 1")),
                ("/contacts/0/address1", Value::Null),
                ("/contacts/0/dateOfBirth", json!(654_220_800_000_i64)),
                ("/contacts/0/businessName", json!("Ribeira Lda")),
                ("/contacts/0/searchAfter/1", json!(s.ana)),
                ("/searchAfter", Value::Null),
            ]),
        row("ghl-api § 3.6", "pageLimit is required",
            post("/contacts/search", json!({ "locationId": s.c.location_id })), 422,
            [("/message/0", json!("pageLimit should not be empty"))]),
        row("ghl-api § 3.6", "pageLimit ends at 500",
            search(json!({ "pageLimit": 501 })), 422,
            [("/message/0", json!("pageLimit must not be greater than 500"))]),
        row("ghl-api § 3.6", "snake_case fields are invalid",
            by("contact_name", "eq", json!("x")), 400, [("/message", json!("Invalid field contact_name"))]),
        row("ghl-api § 3.6", "email takes no contains", by("email", "contains", json!("ana")), 400, []),
        row("ghl-api § 3.6", "eq by e-mail",
            by("email", "eq", json!("ana.reis@example.pt")), 200, only_ana.clone()),
        row("ghl-api § 3.6", "eq by a list of tags",
            by("tags", "eq", json!(["x", "vip"])), 200, only_ana.clone()),
        row("ghl-api § 3.6", "not_eq", by("firstNameLowerCase", "not_eq", json!("rui")), 200, only_ana.clone()),
        row("ghl-api § 3.6", "range over dates",
            by("dateOfBirth", "range", json!({ "gte": "1990-01-01" })), 200, only_ana.clone()),
        row("ghl-api § 3.6", "custom fields",
            by(&format!("customFields.{}", s.text_field), "contains", json!("100")), 200, only_ana.clone()),
        row("ghl-api § 3.6", "groups and not_exists",
            search(json!({ "filters": [{ "group": "OR", "filters": [no_email, in_faro] }] })), 200,
            [("/total", json!(1)), ("/contacts/0/id", json!(s.rui))]),
        row("ghl-api § 3.6", "exists takes no value", by("email", "exists", json!(true)), 422, []),
        row("ghl-api § 3.6", "two sorts at most", search(json!({ "sort": [{}, {}, {}] })), 422, []),
        row("ghl-api § 3.6", "not every field sorts",
            search(json!({ "sort": [{ "field": "city", "direction": "asc" }] })), 400,
            [("/message", json!("Invalid field city"))]),
        row("ghl-api § 3.6", "sorted by name",
            search(json!({ "sort": [{ "field": "firstNameLowerCase", "direction": "desc" }] })), 200,
            [("/contacts/0/id", json!(s.rui)), ("/contacts/0/searchAfter", json!(["rui", s.rui]))]),
        row("ghl-api § 3.6", "pages end at 10 000", search(json!({ "page": 1001 })), 400, []),
        row("ghl-api § 3.6", "page and searchAfter exclude each other",
            search(json!({ "page": 1, "searchAfter": cursor })), 422, []),
        row("ghl-api § 3.6", "searchAfter goes on after a contact",
            search(json!({ "searchAfter": ["ana", s.ana], "sort": by_name })), 200,
            [("/total", json!(2)), ("/contacts/0/id", json!(s.rui)), ("/contacts/1", Value::Null)]),
        row("ghl-api § 3.5", "the list has a cursor while there is more",
            list("&limit=1"), 200,
            [("/meta/total", json!(2)), ("/meta/nextPage", json!(2)), ("/contacts/1", Value::Null)]),
        row("ghl-api § 3.5", "the last page has none",
            list(""), 200, [("/meta/startAfter", Value::Null), ("/meta/nextPageUrl", Value::Null)]),
        row("ghl-api § 3", "the list ends at 100",
            list("&limit=101"), 422, [("/message/0", json!("limit must not be greater than 100"))]),
        row("ghl-api § 1", "unknown query keys are refused",
            list("&page=2"), 422, [("/message/0", json!("property page should not exist"))]),
        row("ghl-api § 9", "v3 has no list", list("").version(Some("v3")), 400, []),
    ]
}
