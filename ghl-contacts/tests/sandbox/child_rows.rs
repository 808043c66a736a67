use reqwest::Method;
use serde_json::{Value, json};

use crate::ask::{ask, delete, get, post, put};
use crate::table::{Row, Scene, row};

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let ana = format!("/contacts/{}", s.ana);
    let at = |rest: &str| format!("{ana}/{rest}");
    let (note, task) = (at(&format!("notes/{}", s.note)), at(&format!("tasks/{}", s.task)));
    let bulk = |kind: &str, more: Value| {
        let mut body = json!({ "contacts": [s.ana, "abcdef", s.gone, s.abroad], "tags": ["A"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(format!("/contacts/bulk/tags/update/{kind}"), body)
    };
    let here = json!({ "locationId": s.c.location_id });
    let campaign = at(&format!("campaigns/{}", s.c.campaign_id));
    let workflow = at(&format!("workflow/{}", s.c.workflow_id));
    vec![
        row("ghl-api § 3.8", "notes are listed",
            get(at("notes")), 200,
            [
                ("/notes/0/id", json!(s.note)),
                ("/notes/0/body", json!("called")),
                ("/notes/0/contactId", json!(s.ana)),
            ]),
        row("ghl-api § 3.8", "a note needs its body",
            post(at("notes"), json!({ "title": "x" })), 422,
            [("/message/0", json!("body should not be empty"))]),
        row("ghl-api § 1", "a note takes no locationId",
            post(at("notes"), json!({ "body": "x", "locationId": s.c.location_id })), 422,
            [("/message/0", json!("property locationId should not exist"))]),
        row("ghl-api § 3", "a new note is a 201",
            post(at("notes"), json!({ "body": "x", "color": "#FFAA00" })), 201,
            [("/note/color", json!("#FFAA00"))]),
        row("ghl-api § 3", "a note is changed in part",
            put(&note, json!({ "pinned": true })), 200,
            [("/note/pinned", json!(true)), ("/note/body", json!("called"))]),
        row("ghl-api § 3", "a deleted note is gone",
            get(&note), 404, [("/message", json!("Note not found"))]).after(delete(&note)),
        row("ghl-api § 3.8", "a task needs completed",
            post(at("tasks"), json!({ "title": "x", "dueDate": "2027-01-01T00:00:00Z" })), 422,
            [("/message/0", json!("completed should not be empty"))]),
        row("ghl-api § 3.8", "due dates are read in UTC",
            get(&task), 200, [("/task/dueDate", json!("2027-01-02T02:04:05.000Z"))]),
        row("ghl-api § 3", "a task is completed",
            put(format!("{task}/completed"), json!({ "completed": true })), 200,
            [("/task/completed", json!(true)), ("/task/title", json!("Call"))]),
        row("ghl-api § 3", "completing takes nothing else",
            put(format!("{task}/completed"), json!({ "completed": true, "title": "x" })), 422, []),
        row("ghl-api § 3.8", "appointments have times without a zone",
            get(at("appointments")), 200, [("/events/0/startTime", json!("2027-01-02 10:00:00"))]),
        row("ghl-api § 3", "tags are added with 201",
            post(at("tags"), json!({ "tags": ["B", "vip"] })), 201, [("/tags", json!(["vip", "b"]))]),
        row("ghl-api § 1", "tags are removed by a body",
            delete(at("tags")).body(json!({ "tags": ["VIP"] })), 200, [("/tags", json!([]))]),
        row("ghl-api § 1", "a removal without a body is refused",
            delete(at("tags")), 422, [("/message/0", json!("tags should not be empty"))]),
        row("ghl-api § 3.7", "bulk tags answer 201 and name each failure",
            bulk("add", here.clone()), 201,
            [
                ("/errorCount", json!(3)),
                ("/responses/0/tagsAdded", json!(["a"])),
                ("/responses/1/message", json!("contact id is not a valid firebase id")),
                ("/responses/2/message", json!("contact is deleted")),
                ("/responses/3/message", json!("contact does not belong to location")),
            ]),
        row("ghl-api § 3.7", "bulk tags without a location",
            bulk("add", json!({})), 400, [("/message", json!("LocationId can't be undefined"))]),
        row("ghl-api § 3.7", "bulk tags by another key", bulk("remove", json!({ "contactIds": [] })), 422, []),
        row("ghl-api § 3", "followers are added once",
            post(at("followers"), json!({ "followers": [s.c.user_id, s.c.user_id] })), 201,
            [("/followersAdded", json!([s.c.user_id]))]),
        row("ghl-api § 3", "a campaign needs a body", ask(Method::POST, &campaign), 400, []),
        row("ghl-api § 3", "an empty one will do",
            post(&campaign, json!({})), 201, [("/succeded", json!(true))]),
        row("ghl-api § 9", "removeAll is dated", delete(at("campaigns/removeAll")), 200, []),
        row("ghl-api § 9", "remove-all is v3", delete(at("campaigns/remove-all")).version(Some("v3")), 200, []),
        row("ghl-api § 9", "remove-all is not dated", delete(at("campaigns/remove-all")), 404, []),
        row("ghl-api § 3", "a workflow answers 200",
            post(&workflow, json!({})), 200, [("/succeded", json!(true))]),
    ]
}
