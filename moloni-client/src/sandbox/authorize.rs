//! The page where a person lets an application in.

use std::time::Duration;

use jiff::Timestamp;
use sync_core::sandbox_kit::{Answer, Request};
use url::Url;
use url::form_urlencoded::Serializer;

use super::grant::{Auth, Origin, error};

/// Moloni does not say how long a code lives.
const CODE_LIFE: Duration = Duration::from_secs(300);

impl Auth {
    /// Answers as if the person had decided at once.
    pub(super) fn authorize(&mut self, request: &Request, now: Timestamp) -> Answer {
        let given = |name: &str| request.query(name).filter(|value| !value.is_empty());
        match given("client_id") {
            None => return error("invalid_client", "No client id supplied"),
            Some(id) if id != self.client_id => {
                return error("invalid_client", "The client id supplied is invalid");
            }
            Some(_) => {}
        }
        // Nobody is sent to an address before it is known to be good.
        let Some(redirect) = given("redirect_uri").or(self.redirect_uri.as_deref()).map(str::to_owned) else {
            return error("invalid_uri", "No redirect URI was supplied or stored");
        };
        if redirect.contains('#') {
            return error("invalid_uri", "The redirect URI must not contain a fragment");
        }
        let registered = self.redirect_uri.as_deref().is_none_or(|registered| registered == redirect);
        let url = Url::parse(&redirect).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        let Some(mut url) = url.filter(|_| registered) else {
            return error("redirect_uri_mismatch", "The redirect URI provided is missing or does not match");
        };
        if given("response_type") != Some("code") {
            return error("invalid_request", "Invalid or missing response type");
        }
        if given("deny") == Some("1") {
            let why = "The user denied access to your application";
            url.query_pairs_mut().extend_pairs([("error", "access_denied"), ("error_description", why)]);
            return to(url.as_str());
        }
        let code = self.new_code(Some(Origin { redirect, expires: now + CODE_LIFE }));
        // A state that was sent does not come back.
        url.query_pairs_mut().append_pair("code", &code);
        to(url.as_str()).with_effect()
    }
}

/// Sends whoever comes to the old address to the new one.
pub(super) fn moved(request: &Request) -> Answer {
    let query = Serializer::new(String::new()).extend_pairs(&request.query).finish();
    to(&format!("/ac/root/oauth/?{query}"))
}

fn to(address: &str) -> Answer {
    Answer::text(302, "text/html; charset=utf-8", "").header("location", address)
}
