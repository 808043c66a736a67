use reqwest::Method;
use serde_json::{Value, json};

use crate::ask::ask;
use crate::grants::{CALLBACK, exchange, grant, page, page_at};
use crate::table::{Row, Scene, row};

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let callback = json!("https://app.example.pt/callback");
    let shows = |what: &str| [("", json!(format!("<html><body><h1>{what}</h1></body></html>")))];
    let bad_address = "redirect_uri must be an https address without a fragment";
    let bad_scope = "scope must be a list of scopes with spaces in between";
    let bought = exchange(c, &s.code, "Location");
    vec![
        row("ghl-api § 2.1", "the page sends back to the app, whose own query stays",
            page(c, &[]), 302,
            [("/to", callback.clone()), ("/tenant", json!("7")), ("/state", Value::Null), ("/error", Value::Null)]),
        row("ghl-api § 2.1", "the older path still works",
            page_at("/oauth/chooselocation", c, &[]), 302, [("/to", callback.clone())]),
        row("ghl-api § 2.1", "the state comes back unchanged",
            page(c, &[("state", "a b+c%20&d=é")]), 302, [("/state", json!("a b+c%20&d=é"))]),
        row("ghl-api § 2.1", "other parameters of the page do no harm",
            page(c, &[("loginWindowOpenMode", "self"), ("version_id", "x")]), 302, [("/error", Value::Null)]),
        row("ghl-api § 2.1", "an app on this machine may do without TLS",
            page(c, &[("redirect_uri", "http://127.0.0.1:9/back")]), 302, [("/to", json!("http://127.0.0.1:9/back"))]),
        row("sandbox", "the person refuses",
            page(c, &[("deny", "1"), ("state", "x")]), 302,
            [
                ("/to", callback.clone()),
                ("/error", json!("access_denied")),
                ("/error_description", json!("The user denied access to the app")),
                ("/state", json!("x")),
                ("/code", Value::Null),
            ]),
        row("sandbox", "a refusal keeps no state that was not sent",
            page(c, &[("deny", "1")]), 302, [("/error", json!("access_denied")), ("/state", Value::Null)]),
        row("ghl-api § 2.1", "an unknown app is told on the page, not sent on",
            page(c, &[("client_id", "64-x")]), 400, shows("No integration found with the ID")),
        row("ghl-api § 2.1", "no app at all",
            page(c, &[("client_id", "")]), 400, shows("No integration found with the ID")),
        row("ghl-api § 2.1", "a missing address", page(c, &[("redirect_uri", "")]), 400, shows(bad_address)),
        row("ghl-api § 2.1", "an address without TLS",
            page(c, &[("redirect_uri", "http://app.example.pt/callback")]), 400, shows(bad_address)),
        row("ghl-api § 2.1", "an address that no browser goes to",
            page(c, &[("redirect_uri", "javascript://localhost/")]), 400, shows(bad_address)),
        row("ghl-api § 2.1", "an address with a fragment",
            page(c, &[("redirect_uri", "https://app.example.pt/#x")]), 400, shows(bad_address)),
        row("ghl-api § 2.1", "the response type is code",
            page(c, &[("response_type", "token")]), 400, shows("response_type must be code")),
        row("ghl-api § 2.1", "no scope", page(c, &[("scope", "")]), 400, shows(bad_scope)),
        row("ghl-api § 2.1", "scopes with commas",
            page(c, &[("scope", "contacts.readonly,contacts.write")]), 400, shows(bad_scope)),
        row("sandbox", "a location that the agency does not have",
            page(c, &[("location_id", "nowhere")]), 400, shows("No location found with the ID")),
        row("ghl-api § 2.1", "even a refusal goes to no unknown address",
            page(c, &[("deny", "1"), ("redirect_uri", "http://example.pt")]), 400, shows(bad_address)),
        row("ghl-api § 2.1", "the page takes no POST",
            ask(Method::POST, "/v2/oauth/chooselocation"), 404,
            [("/message", json!("Cannot POST /v2/oauth/chooselocation"))]),

        row("ghl-api § 2.2", "a code has the location and the scopes of the page",
            bought.clone(), 200,
            [
                ("/locationId", json!(c.other_location_id)),
                ("/scope", json!("contacts.readonly locations.readonly")),
                ("/userType", json!("Location")),
            ]),
        row("ghl-api § 2.2", "the class is chosen at the exchange",
            exchange(c, &s.code, "Company"), 200,
            [("/userType", json!("Company")), ("/scope", json!("contacts.readonly locations.readonly"))]),
        row("ghl-api § 2.2", "a code of the page works once",
            bought.clone(), 400,
            [("/error", json!("invalid_grant")),
             ("/error_description", json!("Invalid grant: authorization code is invalid"))]).after(bought),
        row("ghl-api § 2.2", "a code goes with the address of its page",
            grant(c, &[("grant_type", "authorization_code"), ("code", &s.code), ("redirect_uri", "https://x.pt/")]), 400,
            [("/error", json!("invalid_grant")),
             ("/error_description", json!("Invalid grant: redirect_uri is invalid"))]),
        row("ghl-api § 2.2", "a code goes with an address",
            grant(c, &[("grant_type", "authorization_code"), ("code", &s.code)]), 400,
            [("/error_description", json!("Invalid grant: redirect_uri is invalid"))]),
        row("ghl-api § 2.2", "the first code was given for no address",
            grant(c, &[("grant_type", "authorization_code"), ("code", &c.code), ("redirect_uri", CALLBACK)]), 200,
            [("/locationId", json!(c.location_id))]),
    ]
}
