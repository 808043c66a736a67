use serde_json::{Value, json};

use crate::ask::{delete, get, post, put};
use crate::table::{Row, Scene, row};

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let ana = format!("/contacts/{}", s.ana);
    let rui = format!("/contacts/{}", s.rui);
    let upsert = |mut body: Value| {
        body["locationId"] = json!(s.c.location_id);
        post("/contacts/upsert", body)
    };
    let duplicate =
        |by: &str| get(format!("/contacts/search/duplicate?locationId={}&{by}", s.c.location_id));
    let business = |ids: &[&str]| json!({ "locationId": s.c.location_id, "ids": ids });
    let detach = json!({ "locationId": s.c.location_id, "ids": [s.ana, "nope"], "businessId": null });
    vec![
        row("ghl-api § 3.2", "get reads the whole contact",
            get(&ana), 200,
            [
                ("/contact/name", json!("Ana Reis")),
                ("/contact/emailLowerCase", json!("ana.reis@example.pt")),
                ("/contact/dateOfBirth", json!("1990-09-25")),
                ("/contact/customFields/0", json!({ "id": s.text_field, "value": "500100200" })),
                ("/contact/additionalEmails/0/email", json!("old.ana@example.pt")),
                ("/contact/dndSettings/Email/status", json!("active")),
            ]),
        row("ghl-api § 9", "v3 spells the channels in lower case",
            get(&ana).version(Some("v3")), 200,
            [
                ("/contact/dndSettings/email/status", json!("active")),
                ("/contact/dndSettings/Email", Value::Null),
            ]),
        row("ghl-api § 9", "v3 refuses the channels of v2",
            put(&ana, json!({ "dndSettings": { "SMS": { "status": "active" } } })).version(Some("v3")), 422,
            [("/message/0", json!("dndSettings.property SMS should not exist"))]),
        row("ghl-api § 5.2", "an id that cannot be one is a 400",
            get("/contacts/nope"), 400, [("/message", json!("Contact id is invalid"))]),
        row("ghl-api § 5.2", "a deleted contact is a 404",
            get(format!("/contacts/{}", s.gone)), 404, [("/message", json!("Contact not found"))]),
        row("ghl-api § 5.2", "a contact of another location is a 403",
            get(format!("/contacts/{}", s.abroad)), 403, [("/error", json!("Forbidden"))]),
        row("ghl-api § 3.1", "locationId in an update is refused",
            put(&ana, json!({ "locationId": s.c.location_id })), 422,
            [("/message/0", json!("property locationId should not exist"))]),
        row("ghl-api § 3.1", "gender in an update is refused",
            put(&ana, json!({ "gender": "female" })), 422,
            [("/message/0", json!("property gender should not exist"))]),
        row("ghl-api § 3.1", "an update keeps what it does not name and replaces tags",
            put(&ana, json!({ "tags": ["New"], "companyName": "Reis Lda", "address1": null })), 200,
            [
                ("/succeded", json!(true)),
                ("/contact/tags", json!(["new"])),
                ("/contact/companyName", json!("Reis Lda")),
                ("/contact/address1", Value::Null),
                ("/contact/firstName", json!("Ana")),
                ("/contact/customFields/0/value", json!("500100200")),
            ]),
        row("ghl-api § 9", "a v3 update spells its flag with three e",
            put(&ana, json!({ "city": "Porto" })).version(Some("v3")), 200,
            [("/succeeded", json!(true)), ("/succeded", Value::Null)]),
        row("ghl-api § 3.1", "an update to a taken phone is a 400",
            put(&rui, json!({ "phone": "+351910000001" })), 400, [("/meta/contactId", json!(s.ana))]),
        row("ghl-api § 3", "a delete says succeded", delete(&rui), 200, [("/succeded", json!(true))]),
        row("ghl-api § 9", "a v3 delete says both",
            delete(&rui).version(Some("v3")), 200, [("/succeded", json!(true)), ("/succeeded", json!(true))]),
        row("ghl-api § 5.2", "a second delete is a 404", delete(&rui), 404, []).after(delete(&rui)),
        row("ghl-api § 3.1", "upsert finds by e-mail and ignores a phone that is another's",
            upsert(json!({ "email": "ana.reis@example.pt", "phone": "+351910000002", "city": "Faro" })), 200,
            [
                ("/new", json!(false)),
                ("/contact/id", json!(s.ana)),
                ("/contact/phone", json!("+351910000001")),
                ("/contact/city", json!("Faro")),
            ]),
        row("ghl-api § 3.1", "upsert by a secondary e-mail makes it the primary one",
            upsert(json!({ "email": "old.ana@example.pt" })), 200,
            [
                ("/contact/id", json!(s.ana)),
                ("/contact/email", json!("old.ana@example.pt")),
                ("/contact/additionalEmails", json!([])),
            ]),
        row("ghl-api § 3.1", "upsert creates with 200 too",
            upsert(json!({ "email": "new@example.pt" })), 200, [("/new", json!(true))]),
        row("ghl-api § 3.1", "upsert needs an e-mail or a phone",
            upsert(json!({ "firstName": "Zé" })), 422, []),
        row("ghl-api § 3.1", "createNewIfDuplicateAllowed does nothing where duplicates are not",
            upsert(json!({ "email": "ana.reis@example.pt", "createNewIfDuplicateAllowed": true })), 200,
            [("/new", json!(false))]),
        row("ghl-api § 1", "the duplicate search finds an encoded phone",
            duplicate("number=%2B351910000001"), 200,
            [("/contact/id", json!(s.ana))]),
        row("ghl-api § 1", "a bare + in a query is a space",
            duplicate("number=+351910000001"), 200,
            [("/contact", Value::Null)]),
        row("ghl-api § 3", "contacts of a business",
            get(format!("/contacts/business/{}?locationId={}", s.c.business_id, s.c.location_id)), 200,
            [("/count", json!(1)), ("/contacts/0/id", json!(s.ana))]),
        row("ghl-api § 3.7", "bulk business takes null to detach",
            post("/contacts/bulk/business", detach), 200,
            [("/success", json!(true)), ("/ids", json!([s.ana]))]),
        row("ghl-api § 3.7", "bulk business needs the null",
            post("/contacts/bulk/business", business(&[&s.ana])), 422,
            [("/message/0", json!("businessId should not be empty"))]),
    ]
}
