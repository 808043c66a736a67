use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use sync_core::sandbox_kit::{Answer, Request};

use super::document_types::by_entity;
use super::params::Params;
use super::validate::{Check, Issues};
use super::world::{DEMONSTRATION, World};
use super::{
    addresses, companies, customers, document_sets, documents, lists, products, settings, sign_up, stocks,
    upkeep,
};

/// A call of `{entity}/{method}`.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) entity: &'a str,
    pub(super) params: &'a Params,
    /// Where the call was sent to, for links.
    pub(super) host: &'a str,
    pub(super) now: Timestamp,
}

/// What a handler answers; each becomes HTTP 200.
#[derive(Debug)]
pub(super) enum Reply {
    Read(Value),
    /// A write that was done: `{"valid": 1, …}`.
    Stored(Value),
    /// A write that is not done, without a reason: `{"valid": 0}`.
    Refused,
    Invalid(Issues),
}

impl Reply {
    /// The count as the service writes it: a text.
    pub(super) fn count(rows: usize) -> Self {
        Self::Read(json!({ "count": rows.to_string() }))
    }

    fn answer(self, verbose: bool) -> Answer {
        match self {
            Self::Read(body) => Answer::json(200, body),
            Self::Stored(body) => Answer::json(200, body).with_effect(),
            Self::Refused => Answer::json(200, json!({ "valid": 0 })),
            Self::Invalid(issues) => Answer::json(200, issues.body(verbose)),
        }
    }
}

pub(super) type Handle = fn(&mut World, &Ask<'_>) -> Reply;

/// A handler, and whether it works inside one company.
struct Route {
    handle: Handle,
    of_company: bool,
}

fn find(entity: &str, method: &str) -> Option<Route> {
    let within = |handle| Some(Route { handle, of_company: true });
    let global = |handle| Some(Route { handle, of_company: false });
    let in_table = |table: &[(&str, Handle)]| {
        let found = table.iter().find(|(name, _)| *name == method)?;
        within(found.1)
    };
    match (entity, method) {
        ("companies", "getAll") => global(companies::get_all),
        ("companies", "getOne") => global(companies::get_one),
        ("companies", "freeSlug") => global(companies::free_slug),
        ("users", "signUp") => global(sign_up::sign_up),
        ("users", "recoverPassword") => global(sign_up::recover_password),
        ("users", "getMe") => global(companies::get_me),
        ("users", "updateMe") => global(companies::update_me),
        ("users", "getAll") => within(companies::get_users),
        ("documentSets", "ATInsertCode") => within(document_sets::at_insert_code),
        ("documentSets", "ATInsertCodeBulk") => within(document_sets::at_insert_code_bulk),
        ("documents", "getAllDocumentTypes") => global(documents::types),
        ("customers", _) => in_table(customers::METHODS),
        ("documents", _) => in_table(documents::METHODS).or_else(|| in_table(documents::OF_ALL)),
        _ if by_entity(entity).is_some() => in_table(documents::METHODS)
            .or_else(|| within(by_entity(entity).and_then(|kind| documents::of_kind(kind, method))?)),
        ("fiscalZones", "getAll") => global(lists::fiscal_zones),
        ("productCategories", "getOne") => within(lists::get_one),
        ("subscription", "getOne") => within(lists::subscription),
        ("vehicles", "getBySearch") => within(lists::search_vehicles),
        ("salesmen" | "suppliers", _) => in_table(lists::METHODS).or_else(|| in_table(upkeep::METHODS)),
        (
            "currencyExchange" | "multibancoGateways" | "taxExemptions",
            "getModifiedSince" | "countModifiedSince",
        ) => in_table(upkeep::METHODS).map(|route| Route { of_company: false, ..route }),
        ("customerAlternateAddresses", _) => in_table(addresses::METHODS),
        ("productStocks", _) => in_table(stocks::METHODS),
        ("products", _) => in_table(products::METHODS).or_else(|| in_table(upkeep::METHODS)),
        (_, "getAll") => {
            settings::find(entity).map(|s| Route { handle: settings::get_all, of_company: s.of_company })
        }
        _ if upkeep::find(entity).is_some() => in_table(upkeep::METHODS),
        _ => None,
    }
}

/// Whether the method needs no access token.
pub(super) fn is_open(entity: &str, method: &str) -> bool {
    matches!((entity, method), ("companies", "freeSlug") | ("users", "signUp" | "recoverPassword"))
}

/// Whether the sandbox computes the answer of `{entity}/{method}`.
pub(super) fn computes(entity: &str, method: &str) -> bool {
    find(entity, method).is_some()
}

/// What a path asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    Grant,
    /// Where a person lets an application in.
    Page,
    /// Where that page was until March 2026.
    OldPage,
    /// The page that offers the PDF of a document.
    Preview,
    /// That PDF.
    File,
    Call {
        entity: String,
        method: String,
    },
}

impl Target {
    /// Reads `/{v1|v2|sandbox}/grant/`, `/{v1|v2|sandbox}/{entity}/{method}/` or one of the page's two addresses,
    /// with or without the last slash.
    pub(super) fn of(request: &Request) -> Option<Self> {
        if request.method != Method::GET && request.method != Method::POST {
            return None;
        }
        let mut segments = request.segments();
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        let get = request.method == Method::GET;
        if get && segments == ["ac", "root", "oauth"] {
            return Some(Self::Page);
        }
        if get && segments == ["downloads", "index.php"] {
            return Some(Self::Preview);
        }
        if get && segments == ["downloads", "file.php"] {
            return Some(Self::File);
        }
        let (base, rest) = segments.split_first()?;
        if !["v1", "v2", "sandbox"].contains(&base.as_str()) {
            return None;
        }
        match rest {
            [grant] if grant == "grant" => Some(Self::Grant),
            [page] if page == "authorize" && get => Some(Self::OldPage),
            [entity, method] => Some(Self::Call { entity: entity.clone(), method: method.clone() }),
            _ => None,
        }
    }

    /// The name that faults and the call log go by.
    pub(super) fn operation(&self) -> String {
        match self {
            Self::Grant => "grant".to_owned(),
            Self::Page | Self::OldPage => "authorize".to_owned(),
            Self::Preview => "documents.preview".to_owned(),
            Self::File => "documents.file".to_owned(),
            Self::Call { entity, method } => format!("{entity}.{method}"),
        }
    }
}

/// Answers a call whose access token is good; `None` if there is no such method.
pub(super) fn answer(
    world: &mut World,
    entity: &str,
    method: &str,
    request: &Request,
    now: Timestamp,
) -> Option<Answer> {
    let Some(route) = find(entity, method) else {
        return world.recorded(entity, method).map(|body| Answer::json(200, body.clone()));
    };
    let params = Params::read(request);
    let ask = Ask { entity, params: &params, host: request.header("host").unwrap_or_default(), now };
    let reply = if route.of_company { within(world, &route, &ask) } else { (route.handle)(world, &ask) };
    Some(reply.answer(request.query("human_errors") == Some("true")))
}

fn within(world: &mut World, route: &Route, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("company_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    match ask.params.id("company_id") {
        DEMONSTRATION => match (route.handle)(&mut world.without_records(), ask) {
            Reply::Stored(_) => Reply::Refused,
            reply => reply,
        },
        id if id == world.company_id() => (route.handle)(world, ask),
        _ => Reply::Refused,
    }
}

/// How the sandbox answers what it does not have.
pub(super) fn not_found() -> Answer {
    Answer::text(404, "text/html; charset=utf-8", "<html><body><h1>404 Not Found</h1></body></html>")
}
