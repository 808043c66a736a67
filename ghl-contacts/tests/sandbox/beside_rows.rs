use serde_json::{Value, json};

use crate::ask::{delete, get, post, put};
use crate::table::{Row, Scene, row};

pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let rows = [tags(s), tasks(s), locations(s), businesses(s), users(s), installed(s)];
    rows.into_iter().flatten().collect()
}

#[rustfmt::skip]
fn tags(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let tags = format!("/locations/{}/tags", c.location_id);
    let vip = format!("{tags}/{}", s.tag);
    vec![
        row("ghl-api § 4.2", "a new tag is a 200",
            post(&tags, json!({ "name": " New " })), 200,
            [("/tag/name", json!("new")), ("/tag/locationId", json!(c.location_id))]),
        row("ghl-api § 4.2", "a tag needs a name", post(&tags, json!({})), 422, []),
        row("ghl-api § 4.2", "a blank is no name", post(&tags, json!({ "name": " " })), 422, []),
        row("sandbox", "a tag is there once", post(&tags, json!({ "name": "VIP" })), 400, []),
        row("ghl-api § 4.2", "a tag is read", get(&vip), 200, [("/tag/name", json!("vip"))]),
        row("ghl-api § 4.2", "an unknown tag", get(format!("{tags}/x")), 404, [("/message", json!("Tag not found"))]),
        row("sandbox", "a tag is renamed at its contacts too",
            get(format!("/contacts/{}", s.ana)), 200, [("/contact/tags", json!(["gold"]))])
            .after(put(&vip, json!({ "name": "Gold" }))),
        row("ghl-api § 4.2", "a tag may keep its name",
            put(&vip, json!({ "name": "vip" })), 200, [("/tag/id", json!(s.tag))]),
        row("ghl-api § 4.2", "a tag is deleted", delete(&vip), 200, [("/succeded", json!(true))]),
        row("ghl-api § 4.2", "contacts lose a deleted tag",
            get(format!("/contacts/{}", s.ana)), 200, [("/contact/tags", json!([]))]).after(delete(&vip)),
        row("ghl-api § 4.2", "tags of another location",
            get(format!("/locations/{}/tags/x", c.other_location_id)), 403, []),
    ]
}

#[rustfmt::skip]
fn tasks(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let tasks = |body: Value| post(format!("/locations/{}/tasks/search", c.location_id), body);
    vec![
        row("ghl-api § 4.2", "tasks of all contacts have an _id",
            tasks(json!({})), 200,
            [
                ("/tasks/0/_id", json!(s.task)),
                ("/tasks/0/id", Value::Null),
                ("/tasks/0/contactId", json!(s.ana)),
                ("/tasks/0/searchAfter/1", json!(s.task)),
            ]),
        row("ghl-api § 4.2", "tasks of some contacts", tasks(json!({ "contactId": [s.rui] })), 200, [("/tasks", json!([]))]),
        row("ghl-api § 4.2", "tasks that are done", tasks(json!({ "completed": true })), 200, [("/tasks", json!([]))]),
        row("ghl-api § 4.2", "tasks of some users", tasks(json!({ "assignedTo": ["x"] })), 200, [("/tasks", json!([]))]),
        row("ghl-api § 4.2", "tasks by their words", tasks(json!({ "query": "CALL" })), 200, [("/tasks/0/title", json!("Call"))]),
        row("ghl-api § 4.2", "tasks by other words", tasks(json!({ "query": "x" })), 200, [("/tasks", json!([]))]),
        row("ghl-api § 4.2", "tasks of a business",
            tasks(json!({ "businessId": c.business_id, "completed": false, "contactId": [s.ana, s.rui] })), 200,
            [("/tasks/0/_id", json!(s.task))]),
        row("ghl-api § 4.2", "tasks are paged", tasks(json!({ "skip": 1, "limit": 5 })), 200, [("/tasks", json!([]))]),
        row("ghl-api § 4.2", "a search takes no unknown key",
            tasks(json!({ "locationId": c.location_id })), 422,
            [("/message/0", json!("property locationId should not exist"))]),
        row("ghl-api § 4.2", "contacts are a list", tasks(json!({ "contactId": s.ana })), 422, []),
    ]
}

#[rustfmt::skip]
fn locations(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let found = format!("/locations/search?companyId={}", c.company_id);
    vec![
        row("ghl-api § 4.2", "an agency finds its locations",
            get(&found).token(&c.agency_token), 200,
            [
                ("/locations/0/name", json!("Oficina da Ribeira")),
                ("/locations/0/settings/contactUniqueIdentifiers", json!(["email", "phone"])),
                ("/locations/0/companyId", Value::Null),
                ("/locations/1/id", json!(c.other_location_id)),
                ("/count", Value::Null),
            ]),
        row("ghl-api § 4.2", "the other way round",
            get(format!("{found}&order=desc&limit=1")).token(&c.agency_token), 200,
            [("/locations/0/name", json!("Padaria do Largo")), ("/locations/1", Value::Null)]),
        row("ghl-api § 4.2", "by its e-mail",
            get(format!("{found}&email=ola@padaria-do-largo.example.pt")).token(&c.agency_token), 200,
            [("/locations/0/name", json!("Padaria do Largo")), ("/locations/1", Value::Null)]),
        row("ghl-api § 4.2", "a location finds itself",
            get("/locations/search"), 200, [("/locations/0/id", json!(c.location_id)), ("/locations/1", Value::Null)]),
        row("ghl-api § 4.2", "the locations of another agency", get("/locations/search?companyId=x"), 403, []),
    ]
}

#[rustfmt::skip]
fn businesses(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let business = format!("/businesses/{}", c.business_id);
    let reis = json!({ "locationId": c.location_id, "name": "Reis Lda", "email": "geral@reis.example" });
    vec![
        row("ghl-api § 4.3", "a new business is a 201 and misspelled",
            post("/businesses/", reis.clone()), 201,
            [
                ("/success", json!(true)),
                ("/buiseness/name", json!("Reis Lda")),
                ("/buiseness/locationId", json!(c.location_id)),
                ("/business", Value::Null),
            ]),
        row("ghl-api § 4.3", "a business needs its name and location",
            post("/businesses/", json!({ "phone": "1" })), 422,
            [("/message", json!(["name should not be empty", "locationId should not be empty"]))]),
        row("ghl-api § 1", "the slash belongs to it", post("/businesses", reis.clone()), 404, []),
        row("ghl-api § 4.3", "a business of another location",
            post("/businesses/", json!({ "locationId": c.other_location_id, "name": "x" })), 403, []),
        row("ghl-api § 4.3", "a business is read",
            get(&business), 200, [("/business/name", json!("Ribeira Lda")), ("/buiseness", Value::Null)]),
        row("ghl-api § 4.3", "an unknown business", get("/businesses/x"), 404, [("/message", json!("Business not found"))]),
        row("ghl-api § 4.3", "another location's business", get(&business).token(&s.abroad_token), 403, []),
        row("ghl-api § 4.3", "a changed business is misspelled too",
            put(&business, json!({ "city": "Porto" })), 200,
            [("/buiseness/city", json!("Porto")), ("/buiseness/name", json!("Ribeira Lda"))]),
        row("ghl-api § 1", "an update takes no locationId",
            put(&business, json!({ "locationId": c.location_id })), 422, []),
        row("ghl-api § 4.3", "businesses are listed by their names",
            get(format!("/businesses/?locationId={}&limit=1&skip=1", c.location_id)), 200,
            [("/businesses/0/name", json!("Ribeira Lda")), ("/businesses/1", Value::Null)])
            .after(post("/businesses/", reis)),
        row("ghl-api § 4.3", "a list needs the location", get("/businesses/"), 422, []),
        row("ghl-api § 4.3", "a business is deleted", delete(&business), 200, [("/success", json!(true))]),
        row("ghl-api § 4.3", "its contacts stay and belong to none",
            get(format!("/contacts/{}", s.ana)), 200,
            [("/contact/id", json!(s.ana)), ("/contact/businessId", Value::Null)]).after(delete(&business)),
    ]
}

#[rustfmt::skip]
fn users(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let users = |more: &str| get(format!("/users/search?companyId={}{more}", c.company_id));
    vec![
        row("ghl-api § 4.3", "users are found",
            users(""), 200,
            [
                ("/users/0/id", json!(c.user_id)),
                ("/users/0/firstName", json!("Rita")),
                ("/users/0/roles/locationIds", json!([c.location_id])),
                ("/count", json!(1)),
            ]),
        row("ghl-api § 4.3", "by all that can be asked for",
            users(&format!("&locationId={}&type=account&role=user&ids=x,{}&query=lopes&limit=1&skip=0",
                c.location_id, c.user_id)), 200, [("/count", json!(1))]),
        row("ghl-api § 4.3", "not those in another role", users("&role=admin"), 200, [("/users", json!([]))]),
        row("ghl-api § 4.3", "the agency finds users of any location",
            users("").token(&c.agency_token), 200, [("/count", json!(1))]),
        row("ghl-api § 4.3", "users of another location are not there",
            users(&format!("&locationId={}", c.other_location_id)).token(&c.agency_token), 200, [("/count", json!(0))]),
        row("ghl-api § 4.3", "a search needs the agency",
            get("/users/search"), 422, [("/message/0", json!("companyId should not be empty"))]),
        row("ghl-api § 4.3", "the users of another agency", get("/users/search?companyId=x"), 403, []),
    ]
}

#[rustfmt::skip]
fn installed(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let app = c.client_id.split('-').next().unwrap();
    let installed = |more: &str| {
        let path = format!("/oauth/installed-locations?companyId={}&appId={app}{more}", c.company_id);
        get(path).token(&c.agency_token).version(Some("v3"))
    };
    vec![
        row("ghl-api § 9", "v3 lists installed locations by pages",
            installed("&pageSize=1"), 200,
            [
                ("/items/1", Value::Null),
                ("/pagination/totalRecords", json!(2)),
                ("/pagination/hasNextPage", json!(true)),
                ("/pagination/hasPrevPage", json!(false)),
                ("/installToFutureLocations", json!(false)),
            ]),
        row("ghl-api § 9", "the token of a page leads on",
            installed("&pageSize=1&pageToken=after-1"), 200,
            [("/pagination/hasNextPage", json!(false)), ("/pagination/nextPageToken", Value::Null)]),
        row("ghl-api § 9", "another token does not", installed("&pageToken=x"), 400, []),
        row("ghl-api § 9", "no page of more than 100", installed("&pageSize=101"), 422, []),
        row("ghl-api § 9", "numbers belong to the dated list", installed("&skip=1"), 422, []),
        row("ghl-api § 9", "the path of v3 is not there for a dated version",
            installed("").version(Some("2021-07-28")), 404, []),
        row("ghl-api § 9", "nor the dated one in v3",
            get(format!("/oauth/installedLocations?companyId={}&appId={app}", c.company_id))
                .token(&c.agency_token).version(Some("v3")), 400, []),
    ]
}
