use serde_json::{Value, json};

use crate::ask::{form, get, post};
use crate::grants::grant;
use crate::table::{Row, Scene, row};

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let ana = format!("/contacts/{}", s.ana);
    let location = format!("/locations/{}", s.c.location_id);
    let token = |more: &[(&str, &str)]| grant(&s.c, more);
    let code = token(&[("grant_type", "authorization_code"), ("code", &s.c.code)]);
    let mint = |company: &str, location: &str, id: &str| {
        form("/oauth/locationToken", &[(company, &s.c.company_id), (location, id)]).token(&s.c.agency_token)
    };
    let installed = |more: &str| {
        let path = format!("/oauth/installedLocations?companyId={}{more}", s.c.company_id);
        get(path).token(&s.c.agency_token)
    };
    let app = s.c.client_id.split('-').next().unwrap();
    vec![
        row("ghl-api § 1", "no version",
            get(&ana).version(None), 401, [("/message", json!("version header was not found."))]),
        row("ghl-api § 1", "unknown version",
            get(&ana).version(Some("2020-01-01")), 401, [("/message", json!("version header is invalid"))]),
        row("ghl-api § 1", "every published version will do", get(&ana).version(Some("2023-02-21")), 200, []),
        row("ghl-api § 5.3", "unknown token",
            get(&ana).token("s3cr3t-nobody"), 401, [("/message", json!("Invalid token: access token is invalid"))]),
        row("ghl-api § 5.3", "no token", get(&ana).no_token(), 401, [("/message", json!("Invalid JWT"))]),
        row("ghl-api § 5.3", "unknown private token",
            get(&ana).token("pit-s3cr3t-nobody"), 401, [("/message", json!("Invalid Private Integration token"))]),
        row("ghl-api § 2.4", "private token", get(&ana).token(&s.c.pit), 200, []),
        row("ghl-api § 5.3", "an agency's token reads no contact",
            get(&ana).token(&s.c.agency_token), 401,
            [("/message", json!("This authClass type is not allowed to access this scope."))]),
        row("ghl-api § 4.2", "an agency's token reads the location",
            get(&location).token(&s.c.agency_token), 200,
            [("/location/settings/allowDuplicateContact", json!(false))]),
        row("ghl-api § 4.2", "custom fields are defined",
            get(format!("{location}/customFields?model=contact")), 200,
            [
                ("/customFields/0/fieldKey", json!("contact.tax_number")),
                ("/customFields/2/picklistOptions", json!(["Gold", "Blue"])),
            ]),
        row("ghl-api § 4.2", "a custom field is found by its key",
            get(format!("{location}/customFields/contact.tax_number")), 200,
            [("/customField/id", json!(s.text_field))]),
        row("ghl-api § 4.2", "a new custom field is a 201",
            post(format!("{location}/customFields"), json!({ "name": "Shoe size", "dataType": "TEXT" })), 201,
            [("/customField/fieldKey", json!("contact.shoe_size"))]),
        row("ghl-api § 4.2", "an unknown data type is refused",
            post(format!("{location}/customFields"), json!({ "name": "x", "dataType": "NUMBER" })), 422, []),
        row("ghl-api § 4.2", "fields of another location are a 403",
            get(format!("/locations/{}/customFields", s.c.other_location_id)), 403, []),
        row("ghl-api § 4.2", "the location knows the tags in use",
            get(format!("{location}/tags")), 200, [("/tags/0/name", json!("vip"))]),
        row("ghl-api § 2.2", "a code yields a pair",
            code.clone(), 200,
            [
                ("/token_type", json!("Bearer")),
                ("/expires_in", json!(86_399)),
                ("/userType", json!("Location")),
                ("/locationId", json!(s.c.location_id)),
                ("/companyId", json!(s.c.company_id)),
            ]),
        row("ghl-api § 2.2", "a code works once",
            code.clone(), 400, [("/error", json!("invalid_grant"))]).after(code),
        row("ghl-api § 2.2", "a code for the agency",
            token(&[("grant_type", "authorization_code"), ("code", &s.c.code), ("user_type", "Company")]), 200,
            [("/userType", json!("Company")), ("/locationId", Value::Null)]),
        row("ghl-api § 2.2", "the token endpoint reads forms only",
            post("/oauth/token", json!({ "client_id": s.c.client_id })), 422,
            [("/message/0", json!("client_id should not be empty"))]),
        row("ghl-api § 2.2", "a wrong secret",
            form("/oauth/token", &[("client_id", app), ("client_secret", "s3cr3t-other"), ("grant_type", "refresh_token")]),
            401,
            [("/error", json!("invalid_client"))]),
        row("ghl-api § 2.2", "an unknown refresh token",
            token(&[("grant_type", "refresh_token"), ("refresh_token", "s3cr3t-unknown")]), 400,
            [("/error", json!("invalid_grant"))]),
        row("ghl-api § 2.3", "an agency mints a location token",
            mint("companyId", "locationId", &s.c.other_location_id), 200,
            [
                ("/locationId", json!(s.c.other_location_id)),
                ("/companyId", Value::Null),
                ("/userType", Value::Null),
            ]),
        row("ghl-api § 2.3", "the location token's form is camelCase",
            mint("company_id", "location_id", &s.c.location_id), 422, []),
        row("ghl-api § 2.3", "a location's token mints none",
            mint("companyId", "locationId", &s.c.location_id).token(&s.c.access_token), 401,
            [("/message", json!("This user type is not yet supported!"))]),
        row("ghl-api § 2.3", "installed locations have an _id",
            installed(&format!("&appId={app}&locationId={}", s.c.location_id)), 200,
            [("/locations/0/_id", json!(s.c.location_id)), ("/count", json!(1))]),
        row("ghl-api § 2.3", "installed locations need the app",
            installed(""), 422,
            [("/message/0", json!("appId should not be empty"))]),
        row("ghl-api § 1", "unknown paths are a 404",
            get("/v2/contacts/"), 404, [("/message", json!("Cannot GET /v2/contacts/"))]),
    ]
}
