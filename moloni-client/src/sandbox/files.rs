//! The PDF of a document: a link to a page, and the file that the page offers.

use serde_json::json;
use sync_core::sandbox_kit::{Answer, Request};

use super::documents::Document;
use super::entry::DRAFT;
use super::route::{Ask, Reply};
use super::row::{id, text};
use super::world::World;
use super::writing::named;

/// What every key begins with, so that it can be recognised where it does not belong.
const MARK: &str = "5ec2e7";

/// The cookie without which the file is not given.
const SESSION: &str = "PHPSESSID=5ec2e7000000000000000000000000000000cafe";

/// `documents/getPDFLink`.
pub(super) fn link(world: &mut World, ask: &Ask<'_>) -> Reply {
    let document = match named(world, ask, |_| {}) {
        Ok(document) if is_closed(world, document) => document,
        Ok(_) => return Reply::Refused,
        Err(reply) => return reply,
    };
    let signed = if ask.params.flag("signed") { "&signed=1" } else { "" };
    let key = key(document);
    let url =
        format!("http://{}/downloads/index.php?action=getDownload&h={key}&d={document}{signed}", ask.host);
    Reply::Read(json!({ "url": url }))
}

fn is_closed(world: &World, document: u64) -> bool {
    world.documents.get(&document).is_some_and(|d| d.status() != DRAFT)
}

/// The page for people.
pub(super) fn page(world: &World, request: &Request) -> Answer {
    let Some((document, _)) = opened(world, request) else { return super::route::not_found() };
    let offer = if request.query("signed") == Some("1") {
        "<p>A assinar…</p>".to_owned()
    } else {
        let key = key(document);
        format!(
            r#"<a class="btn" id="downloadBtn" href="/downloads/file.php?h={key}&amp;d={document}">PDF</a>"#
        )
    };
    let html = format!("<!DOCTYPE html>\n<html><body><a href=\"/\">Moloni</a>{offer}</body></html>");
    Answer::text(200, "text/html; charset=utf-8", html)
        .header("set-cookie", format!("{SESSION}; path=/; HttpOnly"))
}

/// The file.
pub(super) fn file(world: &World, request: &Request) -> Answer {
    let Some((_, found)) = opened(world, request) else { return super::route::not_found() };
    if !request.header("cookie").is_some_and(|cookies| cookies.split("; ").any(|cookie| cookie == SESSION)) {
        return Answer::text(403, "text/html; charset=utf-8", "<html><body>Sessão expirada</body></html>");
    }
    let (set, number) = (text(&found.row, "document_set_name"), id(&found.row, "number"));
    Answer::text(200, "application/pdf", format!("%PDF-1.4\n% {set}/{number}\n%%EOF\n"))
}

/// The document that a link's key opens.
fn opened<'a>(world: &'a World, request: &Request) -> Option<(u64, &'a Document)> {
    let document = request.query("d")?.parse().ok()?;
    let found = world.documents.get(&document).filter(|d| d.status() != DRAFT)?;
    (request.query("h") == Some(key(document).as_str())).then_some((document, found))
}

/// The key of a document's links. Its digits follow from the id and tell nothing of it.
fn key(document: u64) -> String {
    let mixed = document.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{MARK}{mixed:034x}")
}
