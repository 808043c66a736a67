use reqwest::Method;
use serde_json::{Value, json};

use crate::ask::{ask, post};
use crate::table::{Row, Scene, row};

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let location = &s.c.location_id;
    let new = |more: Value| {
        let mut body = json!({ "locationId": location });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post("/contacts/", body)
    };
    let custom = |item: Value| new(json!({ "customFields": [item] }));
    let (first, meta) = ("/message/0", "/meta/contactId");
    vec![
        row("ghl-api § 3", "create answers 201",
            new(json!({ "firstName": "Zé" })), 201,
            [("/contact/firstName", json!("Zé")), ("/contact/locationId", json!(location))]),
        row("ghl-api § 1", "create needs its last slash",
            ask(Method::POST, "/contacts").body(json!({})), 404,
            [("/message", json!("Cannot POST /contacts")), ("/traceId", Value::Null)]),
        row("ghl-api § 3.1", "locationId is required",
            post("/contacts/", json!({ "firstName": "Zé" })), 422,
            [(first, json!("locationId should not be empty"))]),
        row("ghl-api § 3.1", "an empty e-mail is refused",
            new(json!({ "email": "" })), 422,
            [(first, json!("email must be an email")), ("/error", json!("Unprocessable Entity"))]),
        row("ghl-api § 3.1", "null e-mails are taken",
            new(json!({ "email": null, "firstName": "Zé" })), 201, [("/contact/email", Value::Null)]),
        row("ghl-api § 3.1", "postalCode takes no null",
            new(json!({ "postalCode": null })), 422, [(first, json!("postalCode must be a string"))]),
        row("ghl-api § 3.1", "additionalEmails are read-only",
            new(json!({ "additionalEmails": [] })), 422,
            [(first, json!("property additionalEmails should not exist"))]),
        row("ghl-api § 3.1", "all problems come at once",
            new(json!({ "email": "x", "dnd": "no" })), 422,
            [(first, json!("email must be an email")), ("/message/1", json!("dnd must be a boolean value"))]),
        row("ghl-api § 3.1", "a phone without + is refused",
            new(json!({ "phone": "910 000 009" })), 422,
            [(first, json!("phone must be a valid phone number"))]),
        row("ghl-api § 3.1", "phones lose their spaces",
            new(json!({ "phone": "+351 910 000 009" })), 201, [("/contact/phone", json!("+351910000009"))]),
        row("ghl-api § 3.1", "tags are lower-cased and trimmed",
            new(json!({ "tags": [" Gold ", "gold"] })), 201, [("/contact/tags", json!(["gold"]))]),
        row("ghl-api § 3.1", "name is split",
            new(json!({ "name": "Zé da Silva" })), 201,
            [
                ("/contact/firstName", json!("Zé")),
                ("/contact/lastName", json!("da Silva")),
                ("/contact/name", Value::Null),
            ]),
        row("ghl-api § 3.2", "create reads birth dates as a time",
            new(json!({ "dateOfBirth": "09/25/1990" })), 201,
            [
                ("/contact/dateOfBirth", json!("1990-09-25T00:00:00.000Z")),
                ("/contact/birthMonth", json!(9)),
                ("/contact/birthDay", json!(25)),
                ("/contact/deleted", json!(false)),
            ]),
        row("ghl-api § 3.1", "a taken e-mail is a 400",
            new(json!({ "email": "ANA.reis@example.pt" })), 400,
            [
                (meta, json!(s.ana)),
                ("/meta/matchingField", json!("email")),
                ("/meta/contactName", json!("Ana Reis")),
            ]),
        row("ghl-api § 3.1", "a taken phone is a 400",
            new(json!({ "phone": "+351 910 000 002" })), 400,
            [(meta, json!(s.rui)), ("/meta/matchingField", json!("phone"))]),
        row("ghl-api § 3.4", "an option that a custom field does not have is dropped",
            custom(json!({ "id": s.choice_field, "field_value": "Silver" })), 201,
            [("/contact/customFields", json!([]))]),
        row("ghl-api § 3.4", "a custom field that nobody defined is dropped",
            custom(json!({ "id": "nobodyKnowsThisField", "field_value": "x" })), 201,
            [("/contact/customFields", json!([]))]),
        row("ghl-api § 3.4", "an option that it has is kept",
            custom(json!({ "id": s.choice_field, "field_value": "Gold" })), 201,
            [("/contact/customFields/0/value", json!("Gold"))]),
        row("ghl-api § 3.4", "a custom field is named by key, without the model",
            custom(json!({ "key": "tax_number", "field_value": "501" })), 201,
            [("/contact/customFields", json!([{ "id": s.text_field, "value": "501" }]))]),
        row("ghl-api § 3.4", "fieldValue works in dated versions, and numbers stay numbers",
            custom(json!({ "id": s.number_field, "fieldValue": 3 })), 201,
            [("/contact/customFields/0/value", json!(3))]),
        row("ghl-api § 3.4", "value is no key of a custom field",
            custom(json!({ "id": s.number_field, "value": 3 })), 422,
            [(first, json!("customFields.0.property value should not exist"))]),
        row("ghl-api § 9", "v3 creates answer what get answers",
            new(json!({ "name": "Zé Luz", "dateOfBirth": "1990-09-25" })).version(Some("v3")), 201,
            [
                ("/contact/name", json!("Zé Luz")),
                ("/contact/dateOfBirth", json!("1990-09-25")),
                ("/contact/deleted", Value::Null),
            ]),
        row("ghl-api § 5.1", "a body that is no JSON is a 400",
            ask(Method::POST, "/contacts/").raw("{nope"), 400, [("/error", json!("Bad Request"))]),
        row("ghl-api § 5.2", "another location is a 403",
            post("/contacts/", json!({ "locationId": s.c.other_location_id })), 403,
            [("/message", json!("The token does not have access to this location."))]),
    ]
}
