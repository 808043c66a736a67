//! The page where a person chooses a location for an app.

use jiff::{SignedDuration, Timestamp};
use sync_core::sandbox_kit::{Answer, Request};
use url::{Host, Url};

use super::auth::Code;
use super::scopes::Scopes;
use super::world::World;

pub(super) const OPERATION: &str = "oauth.authorize";
const PATHS: [&str; 2] = ["/v2/oauth/chooselocation", "/oauth/chooselocation"];
const HTML: &str = "text/html; charset=utf-8";
/// The service does not say how long a code lives.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn is_page(request: &Request) -> bool {
    request.method == http::Method::GET && PATHS.contains(&request.path.as_str())
}

/// Answers as if the person had decided at once.
pub(super) fn answer(world: &mut World, request: &Request, now: Timestamp) -> Answer {
    let decided = decide(world, request, now);
    decided.unwrap_or_else(|why| Answer::text(400, HTML, format!("<html><body><h1>{why}</h1></body></html>")))
}

/// Where the browser goes next, or what the page says instead.
fn decide(world: &mut World, request: &Request, now: Timestamp) -> Result<Answer, &'static str> {
    if request.query("client_id") != Some(&world.credentials.client_id) {
        return Err("No integration found with the ID");
    }
    // Nobody is sent to an address before it is known to be good.
    let redirect = request.query("redirect_uri").unwrap_or_default();
    let mut target = target(redirect).ok_or("redirect_uri must be an https address without a fragment")?;
    if world.redirect_uri.as_deref().is_some_and(|registered| registered != redirect) {
        return Err("redirect_uri is not the one that the app has registered");
    }
    if request.query("response_type") != Some("code") {
        return Err("response_type must be code");
    }
    let scopes = request.query("scope").and_then(Scopes::asked);
    let scopes = scopes.ok_or("scope must be a list of scopes with spaces in between")?;
    let location = request.query("location_id").unwrap_or(&world.credentials.location_id).to_owned();
    if !world.locations.contains_key(&location) {
        return Err("No location found with the ID");
    }
    let denied = request.query("deny") == Some("1");
    if denied {
        let why = "The user denied access to the app";
        target.query_pairs_mut().extend_pairs([("error", "access_denied"), ("error_description", why)]);
    } else {
        let code = world.new_code();
        target.query_pairs_mut().append_pair("code", &code);
        let (redirect, expires) = (Some(redirect.to_owned()), Some(now + CODE_LIFE));
        world.tokens.add_code(&code, Code { location, scopes, redirect, expires });
    }
    if let Some(state) = request.query("state") {
        target.query_pairs_mut().append_pair("state", state);
    }
    let answer = Answer::text(302, HTML, "").header("location", target);
    Ok(if denied { answer } else { answer.with_effect() })
}

/// The address if a browser can be sent there: `http` only on this machine.
fn target(redirect: &str) -> Option<Url> {
    let url = Url::parse(redirect).ok()?;
    let local = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
    (safe && url.fragment().is_none()).then_some(url)
}
