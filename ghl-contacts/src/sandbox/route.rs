//! The calls on tokens and contacts, and what every call goes through before its handler.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Request;

use super::auth::{Access, Holder};
use super::refuse::{Refusal, Reply};
use super::validate::{CHANNEL_NAMES, Schema, check, unknown};
use super::world::World;
use super::{appointments, beside, contacts, enrolment, notes, oauth, search, tags, tasks};

/// A request on its way to a handler.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) body: Map<String, Value>,
    pub(super) now: Timestamp,
    pub(super) v3: bool,
    pub(super) access: Option<Access>,
    params: Vec<String>,
}

impl Call<'_> {
    /// A segment that the path leaves open, counted from 0.
    pub(super) fn param(&self, at: usize) -> &str {
        self.params.get(at).map_or("", String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let items = self.body.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The location that the token is for.
    pub(super) fn location(&self) -> &str {
        self.access.as_ref().and_then(Access::location).unwrap_or_default()
    }

    /// The flag that means success, as the API version spells it.
    pub(super) fn done(&self) -> Value {
        if self.v3 { json!({ "succeded": true, "succeeded": true }) } else { json!({ "succeded": true }) }
    }

    /// A query parameter that is a whole number within `0 ..= most`.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.request.query(name) else { return Ok(default) };
        match text.parse() {
            Ok(number) if number <= most => Ok(number),
            Ok(_) => Err(Refusal::unprocessable(vec![format!("{name} must not be greater than {most}")])),
            Err(_) => Err(Refusal::unprocessable(vec![format!("{name} must be an integer number")])),
        }
    }
}

pub(super) type Handler = fn(&mut World, &Call<'_>) -> Reply;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Versions {
    /// No `Version` header needed.
    None,
    All,
    /// Removed in v3.
    Dated,
    /// New in v3.
    V3,
}

/// Who may call, and the scope that the token must have.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Anyone,
    /// The agency's OAuth token.
    Company(&'static str),
    /// A token for one location. A first path parameter of a path below `/locations/` is that location.
    Location(&'static str),
    LocationOrCompany(&'static str),
}

const READ: Who = Who::Location("contacts.readonly");
const WRITE: Who = Who::Location("contacts.write");

#[derive(Clone, Copy)]
enum BodyOf {
    /// None is read.
    Nothing,
    Json(Schema),
    /// As JSON, but an absent body is refused.
    JsonRequired(Schema),
    Form(Schema),
}

/// One line of the table.
pub(super) struct Route {
    method: &'static str,
    path: &'static str,
    pub(super) operation: &'static str,
    handler: Handler,
    versions: Versions,
    who: Who,
    body: BodyOf,
    /// Known query parameters and whether they are required.
    query: &'static [(&'static str, bool)],
}

pub(super) const fn route(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    who: Who,
    handler: Handler,
) -> Route {
    let (versions, body) = (Versions::All, BodyOf::Nothing);
    Route { method, path, operation, handler, versions, who, body, query: &[] }
}

impl Route {
    pub(super) const fn json(self, schema: Schema) -> Self {
        Self { body: BodyOf::Json(schema), ..self }
    }

    const fn json_required(self, schema: Schema) -> Self {
        Self { body: BodyOf::JsonRequired(schema), ..self }
    }

    const fn form(self, schema: Schema) -> Self {
        Self { body: BodyOf::Form(schema), ..self }
    }

    pub(super) const fn query(self, query: &'static [(&'static str, bool)]) -> Self {
        Self { query, ..self }
    }

    pub(super) const fn versions(self, versions: Versions) -> Self {
        Self { versions, ..self }
    }

    fn matches(&self, segments: &[String]) -> Option<Vec<String>> {
        let mut params = Vec::new();
        let mut wanted = self.path.split('/').skip(1);
        let mut given = segments.iter();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(params),
                (Some("*"), Some(segment)) if !segment.is_empty() => params.push(segment.clone()),
                (Some(literal), Some(segment)) if literal == segment => {}
                _ => return None,
            }
        }
    }
}

/// The first match counts, so literal paths stand before open ones.
static ROUTES: &[Route] = &[
    route("POST", "/oauth/token", "oauth.token", Who::Anyone, oauth::token)
        .form(oauth::TOKEN)
        .versions(Versions::None),
    route(
        "POST",
        "/oauth/locationToken",
        "oauth.location_token",
        Who::Company("oauth.write"),
        oauth::location_token,
    )
    .form(oauth::LOCATION_TOKEN)
    .versions(Versions::Dated),
    route("POST", "/contacts/", "contacts.create", WRITE, contacts::create).json(contacts::CREATE),
    route("GET", "/contacts/", "contacts.list", READ, search::list)
        .query(search::LIST_QUERY)
        .versions(Versions::Dated),
    route("POST", "/contacts/upsert", "contacts.upsert", WRITE, contacts::upsert).json(contacts::UPSERT),
    route("POST", "/contacts/search", "contacts.search", READ, search::search).json(search::SEARCH),
    route("GET", "/contacts/search/duplicate", "contacts.duplicate", READ, contacts::duplicate).query(&[
        ("locationId", true),
        ("number", false),
        ("email", false),
    ]),
    route("POST", "/contacts/bulk/business", "contacts.bulk_business", WRITE, contacts::bulk_business)
        .json(contacts::BULK_BUSINESS),
    route("POST", "/contacts/bulk/tags/update/*", "tags.bulk", WRITE, tags::bulk).json(tags::BULK),
    route("GET", "/contacts/business/*", "contacts.by_business", READ, search::by_business)
        .query(search::BUSINESS_QUERY),
    route("GET", "/contacts/*", "contacts.get", READ, contacts::get),
    route("PUT", "/contacts/*", "contacts.update", WRITE, contacts::update).json(contacts::UPDATE),
    route("DELETE", "/contacts/*", "contacts.delete", WRITE, contacts::delete),
    route("GET", "/contacts/*/tasks", "tasks.list", READ, tasks::list),
    route("POST", "/contacts/*/tasks", "tasks.create", WRITE, tasks::create).json(tasks::CREATE),
    route("GET", "/contacts/*/tasks/*", "tasks.get", READ, tasks::get),
    route("PUT", "/contacts/*/tasks/*", "tasks.update", WRITE, tasks::update).json(tasks::UPDATE),
    route("DELETE", "/contacts/*/tasks/*", "tasks.delete", WRITE, tasks::delete),
    route("PUT", "/contacts/*/tasks/*/completed", "tasks.complete", WRITE, tasks::update)
        .json(tasks::COMPLETE),
    route("GET", "/contacts/*/appointments", "contact_appointments.list", READ, appointments::list),
    route("POST", "/contacts/*/tags", "tags.add", WRITE, tags::add).json(tags::TAGS),
    route("DELETE", "/contacts/*/tags", "tags.remove", WRITE, tags::remove).json(tags::TAGS),
    route("GET", "/contacts/*/notes", "notes.list", READ, notes::list),
    route("POST", "/contacts/*/notes", "notes.create", WRITE, notes::create).json(notes::CREATE),
    route("GET", "/contacts/*/notes/*", "notes.get", READ, notes::get),
    route("PUT", "/contacts/*/notes/*", "notes.update", WRITE, notes::update).json(notes::UPDATE),
    route("DELETE", "/contacts/*/notes/*", "notes.delete", WRITE, notes::delete),
    route("POST", "/contacts/*/followers", "followers.add", WRITE, enrolment::add_followers)
        .json(enrolment::FOLLOWERS),
    route("DELETE", "/contacts/*/followers", "followers.remove", WRITE, enrolment::remove_followers)
        .json(enrolment::FOLLOWERS),
    route(
        "DELETE",
        "/contacts/*/campaigns/removeAll",
        "campaigns.remove_all",
        WRITE,
        enrolment::leave_all_campaigns,
    )
    .versions(Versions::Dated),
    route(
        "DELETE",
        "/contacts/*/campaigns/remove-all",
        "campaigns.remove_all",
        WRITE,
        enrolment::leave_all_campaigns,
    )
    .versions(Versions::V3),
    route("POST", "/contacts/*/campaigns/*", "campaigns.add", WRITE, enrolment::join_campaign)
        .json_required(&[]),
    route("DELETE", "/contacts/*/campaigns/*", "campaigns.remove", WRITE, enrolment::leave_campaign),
    route("POST", "/contacts/*/workflow/*", "workflows.add", WRITE, enrolment::join_workflow)
        .json(enrolment::WORKFLOW),
    route("DELETE", "/contacts/*/workflow/*", "workflows.remove", WRITE, enrolment::leave_workflow)
        .json(enrolment::WORKFLOW),
];

/// The line that a request matches, with the open segments of its path.
pub(super) fn find(request: &Request) -> Option<(&'static Route, Vec<String>)> {
    let segments = request.segments();
    let mut fitting =
        ROUTES.iter().chain(beside::ROUTES).filter(|route| route.method == request.method.as_str());
    fitting.find_map(|route| Some((route, route.matches(&segments)?)))
}

const KNOWN_VERSIONS: &[&str] = &["legacy", "2021-04-15", "2021-07-28", "2023-02-21", "v3"];

/// Takes a request through everything that comes before its handler, then handles it.
pub(super) fn handle(
    world: &mut World,
    request: &Request,
    access: Result<Access, Refusal>,
    now: Timestamp,
) -> Reply {
    let (route, params) = find(request).ok_or_else(|| Refusal::no_route(request))?;
    let v3 = version(route, request)?;
    let access = admit(route, access, params.first())?;
    let body = read_body(route.body, request)?;
    if let Some(own) = access.as_ref().and_then(Access::location) {
        let named = [body.get("locationId").and_then(Value::as_str), request.query("locationId")];
        if named.iter().flatten().any(|location| *location != own) {
            return Err(Refusal::other_location());
        }
    }
    check_query(route, request)?;
    let body = if v3 { with_dated_channels(body)? } else { body };
    if let BodyOf::Json(schema) | BodyOf::JsonRequired(schema) | BodyOf::Form(schema) = route.body {
        check(&body, schema)?;
    }
    (route.handler)(world, &Call { request, body, now, v3, access, params })
}

/// Whether the call is one of v3.
fn version(route: &Route, request: &Request) -> Result<bool, Refusal> {
    if route.versions == Versions::None {
        return Ok(false);
    }
    let Some(version) = request.header("version") else {
        return Err(Refusal::unauthorized("version header was not found."));
    };
    if !KNOWN_VERSIONS.contains(&version) {
        return Err(Refusal::unauthorized("version header is invalid"));
    }
    let v3 = version == "v3";
    match route.versions {
        Versions::V3 if !v3 => Err(Refusal::no_route(request)),
        Versions::Dated if v3 => {
            let message = "This endpoint is not available in API version v3 and was removed.";
            Err(Refusal::bad_request(message))
        }
        _ => Ok(v3),
    }
}

fn admit(
    route: &Route,
    access: Result<Access, Refusal>,
    first_param: Option<&String>,
) -> Result<Option<Access>, Refusal> {
    let (Who::Company(scope) | Who::Location(scope) | Who::LocationOrCompany(scope)) = route.who else {
        return Ok(None);
    };
    let access = access?;
    match (route.who, &access.grant.holder) {
        (Who::Company(_), Holder::Location(_)) => {
            return Err(Refusal::unauthorized("This user type is not yet supported!"));
        }
        (Who::Location(_), Holder::Company) => {
            return Err(Refusal::unauthorized("This authClass type is not allowed to access this scope."));
        }
        _ => {}
    }
    if !access.grant.scopes.has(scope) {
        return Err(Refusal::unauthorized("The token is not authorized for this scope."));
    }
    let elsewhere = access.location().is_some_and(|own| first_param.is_none_or(|named| named != own));
    if elsewhere && route.path.starts_with("/locations/*") {
        return Err(Refusal::other_location());
    }
    Ok(Some(access))
}

/// The body as an object. A body of another content type is as good as none.
fn read_body(expected: BodyOf, request: &Request) -> Result<Map<String, Value>, Refusal> {
    let content_type = request.header("content-type").unwrap_or_default();
    match expected {
        BodyOf::Form(_) if content_type.starts_with("application/x-www-form-urlencoded") => {
            Ok(request.form().into_iter().map(|(key, value)| (key, Value::String(value))).collect())
        }
        BodyOf::JsonRequired(_) if request.body.is_empty() => {
            Err(Refusal::bad_request("Request body is required"))
        }
        BodyOf::Json(_) | BodyOf::JsonRequired(_)
            if content_type.starts_with("application/json") && !request.body.is_empty() =>
        {
            match request.json() {
                Some(Value::Object(body)) => Ok(body),
                _ => Err(Refusal::bad_request("Unexpected token in JSON at position 0")),
            }
        }
        _ => Ok(Map::new()),
    }
}

fn check_query(route: &Route, request: &Request) -> Result<(), Refusal> {
    let known = |name: &str| route.query.iter().any(|(known, _)| *known == name);
    let strangers = request.query.iter().filter(|(name, _)| !known(name));
    let mut problems: Vec<String> = strangers.map(|(name, _)| unknown(name)).collect();
    let missing = route.query.iter().filter(|(name, required)| *required && request.query(name).is_none());
    problems.extend(missing.map(|(name, _)| format!("{name} should not be empty")));
    if problems.is_empty() { Ok(()) } else { Err(Refusal::unprocessable(problems)) }
}

/// Gives the channels of `dndSettings` in a v3 body the names under which they are stored.
fn with_dated_channels(mut body: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let Some(Value::Object(given)) = body.get_mut("dndSettings") else { return Ok(body) };
    let mut dated = Map::new();
    for (channel, setting) in std::mem::take(given) {
        let Some((name, _)) = CHANNEL_NAMES.iter().find(|(_, v3)| *v3 == channel) else {
            return Err(Refusal::unprocessable(vec![format!("dndSettings.{}", unknown(&channel))]));
        };
        dated.insert((*name).to_owned(), setting);
    }
    *given = dated;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;

    #[test]
    fn an_error_names_the_scope_that_the_call_needs() {
        for route in ROUTES.iter().chain(beside::ROUTES) {
            let needed = match route.who {
                Who::Anyone => None,
                Who::Company(scope) | Who::Location(scope) | Who::LocationOrCompany(scope) => Some(scope),
            };
            let told = Scope::needed(route.operation);
            assert_eq!(told.as_ref().map(Scope::as_str), needed, "{}", route.operation);
        }
    }
}
