//! The PDF of a document: a link to a page, the page's link to the file, the file.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sync_core::http::header::COOKIE;
use sync_core::http::{Bytes, HeaderMap, Method, Operation, Reply, Request, Url};

use super::Documents;
use super::documents_of::named;
use super::entity::operations;
use crate::outcome::{Expected, Fault};
use crate::service::PDF;
use crate::{DocumentId, Error, Idempotency};

operations! { "documents":
    GET_PDF_LINK = "getPDFLink" read;
}

/// The page and the file: no methods of the API, and on another host.
static FETCH: Operation = Operation::new(PDF, Method::GET, "", Idempotency::Safe);

/// The largest page that is read for its link. The largest file is that of any answer, 32 MiB.
const LARGEST_PAGE: usize = 1024 * 1024;

/// How often the page and the file may send on to another address.
const REDIRECTS: usize = 3;

/// A link to the page that offers a document's PDF. Whoever has it can read the document, so it is a secret: `Debug`
/// hides it. It does not live long.
#[derive(Clone)]
pub struct PdfLink(SecretString);

impl PdfLink {
    /// The link. Open it in a person's browser; do not write it down.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PdfLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PdfLink").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    url: String,
}

impl Documents<'_> {
    /// Asks for a link to the page that offers a document's PDF.
    ///
    /// `POST /documents/getPDFLink/`, a read. Drafts have none. The link leads to a page for people, not to the file:
    /// [`pdf`](Self::pdf) gives that. The service's `signed=1` is never sent: its page waits for a signature that
    /// does not come without a browser.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` or `Refused` if there is no such document or it is a draft.
    pub async fn get_pdf_link(self, id: DocumentId) -> Result<PdfLink, Error> {
        let mut params = self.client.company_params(&GET_PDF_LINK)?;
        params.extend(named(id));
        let answered = self.client.send(&GET_PDF_LINK, Expected::Object, &params).await?;
        // Read from the bytes by hand: an error of decoding would keep the body, and the link with it.
        match serde_json::from_slice::<Answer>(&answered.reply.body) {
            Ok(answer) => Ok(PdfLink(answer.url.into())),
            Err(_) => Err(unusable(&GET_PDF_LINK, &answered.reply, "a record without a url")),
        }
    }

    /// Fetches the PDF of a closed document.
    ///
    /// [`get_pdf_link`](Self::get_pdf_link), then the page that it leads to, then the file that the page offers, with
    /// the page's cookies: reads all three. Only `https` addresses of `moloni.pt` are fetched, and those of the
    /// server that this client calls; no address shows in an error or a log. The answer is at most 32 MiB, and begins
    /// as a PDF does.
    ///
    /// # Errors
    ///
    /// As [`get_pdf_link`](Self::get_pdf_link); `Decode` if the page offers no file, leads elsewhere, or the file is
    /// no PDF.
    pub async fn pdf(self, id: DocumentId) -> Result<Bytes, Error> {
        let link = self.get_pdf_link(id).await?;
        let Ok(address) = link.expose().parse::<Url>() else {
            return Err(Error::request(PDF, "the link to the page is no URL"));
        };
        let (page_at, page) = self.fetch(address, None).await?;
        let html = if page.body.len() > LARGEST_PAGE { None } else { std::str::from_utf8(&page.body).ok() };
        let offered = html.and_then(download).and_then(|href| page_at.join(&href).ok());
        let Some(file_at) = offered else {
            return Err(unusable(&FETCH, &page, "a page that offers no file"));
        };
        let cookies = cookies(&page.headers).filter(|_| file_at.origin() == page_at.origin());
        let (_, file) = self.fetch(file_at, cookies.as_deref()).await?;
        if !file.body.starts_with(b"%PDF") {
            return Err(unusable(&FETCH, &file, "a file that is no PDF"));
        }
        Ok(file.body)
    }

    /// What is at an address, and the address that it was at after all.
    async fn fetch(self, mut address: Url, cookies: Option<&str>) -> Result<(Url, Reply), Error> {
        let origin = address.origin();
        for _ in 0..=REDIRECTS {
            if !is_of_service(&address, self.client.http().base()) {
                return Err(Error::request(PDF, "the address is none of the service's"));
            }
            let mut request = Request::new(&FETCH).to(address.clone());
            if let Some(cookies) = cookies.filter(|_| address.origin() == origin) {
                request = request.header(COOKIE, cookies.to_owned());
            }
            let reply =
                self.client.http().send(request).await.map_err(|error| Error::from_http(&FETCH, error))?;
            let next = reply.headers.get("location").and_then(|to| address.join(to.to_str().ok()?).ok());
            match (reply.status, next) {
                (200, _) => return Ok((address, reply)),
                (300..=399, Some(next)) => address = next,
                _ => return Err(Error::from_fault(&FETCH, &without_body(&reply), Fault::Status)),
            }
        }
        Err(Error::request(PDF, "the address leads on and on"))
    }
}

/// Whether an address is one of the service's, or of the server that the client's calls go to.
fn is_of_service(address: &Url, base: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let known = address.scheme() == "https"
        && address.port().is_none()
        && (host == "moloni.pt" || host.ends_with(".moloni.pt"));
    let plain = address.username().is_empty() && address.password().is_none();
    plain && (known || address.origin() == base.origin())
}

fn unusable(operation: &Operation, reply: &Reply, what: &'static str) -> Error {
    Error::from_fault(operation, &without_body(reply), Fault::Shape(what))
}

/// The answer without its body, which may hold links: an error would keep it.
fn without_body(reply: &Reply) -> Reply {
    Reply { body: Bytes::new(), ..reply.clone() }
}

/// The cookies that an answer sets, as the next request sends them.
fn cookies(headers: &HeaderMap) -> Option<String> {
    let set =
        headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let all = set.map(str::trim).filter(|pair| pair.contains('=')).collect::<Vec<_>>().join("; ");
    (!all.is_empty()).then_some(all)
}

/// The address of the file: the first `href` in or below the element whose id is `downloadBtn`.
fn download(html: &str) -> Option<String> {
    let marks = html.match_indices("downloadBtn").map(|(at, _)| at);
    let (before, _) = marks.filter_map(|at| html.split_at_checked(at)).find(|(before, _)| {
        let before = before.trim_end_matches(['"', '\'']).trim_end();
        before.strip_suffix('=').is_some_and(|name| name.trim_end().to_ascii_lowercase().ends_with("id"))
    })?;
    let mut rest = html.get(before.rfind('<')?..)?;
    // Attributes only: a word in running text is followed by no equals sign.
    loop {
        let at = rest.to_ascii_lowercase().find("href")?;
        rest = rest.get(at + "href".len()..)?;
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let link = match quote {
            Some(quote) => value.get(1..)?.split(quote).next()?,
            None => value.split(|c: char| c.is_whitespace() || c == '>').next()?,
        };
        return (!link.is_empty()).then(|| link.trim().replace("&amp;", "&").replace("&#38;", "&"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_found_however_the_page_writes_it() {
        let table = [
            (
                r#"<a href="/no"></a><a id="downloadBtn" class="b" href="/f?a=1&amp;b=2">x</a>"#,
                Some("/f?a=1&b=2"),
            ),
            (r#"<a class="b" href='/f' ID = 'downloadBtn'>x</a>"#, Some("/f")),
            (r#"<div id="downloadBtn"><b>href</b><a target=_blank HREF = /f>x</a></div>"#, Some("/f")),
            (r#"<script>$("downloadBtn")</script><li id=downloadBtn><a href="/f">"#, Some("/f")),
            (r#"<script>getElementById("downloadBtn")</script><a href="/f">"#, None),
            (r#"<div id="downloadBtn">wait</div>"#, None),
            (r#"<a id="downloadBtn" href="">"#, None),
            (r#"<a id="downloadBtn" href"#, None),
            ("é downloadBtn", None),
            ("", None),
        ];
        for (html, link) in table {
            assert_eq!(download(html).as_deref(), link, "{html}");
        }
    }

    #[test]
    fn only_addresses_of_the_service_are_fetched() {
        let base = "http://127.0.0.1:4000/v1/".parse().unwrap();
        let table = [
            ("https://www.moloni.pt/downloads/?a=1", true),
            ("https://moloni.pt/", true),
            ("http://127.0.0.1:4000/file", true),
            ("http://www.moloni.pt/", false),
            ("https://www.moloni.pt:8443/", false),
            ("https://ana:x@www.moloni.pt/", false),
            ("https://evilmoloni.pt/", false),
            ("https://moloni.pt.example.com/", false),
            ("http://127.0.0.1:4001/file", false),
            ("file:///etc/hosts", false),
        ];
        for (address, ours) in table {
            assert_eq!(is_of_service(&address.parse().unwrap(), &base), ours, "{address}");
        }
    }

    #[test]
    fn cookies_go_back_without_their_attributes() {
        let mut headers = HeaderMap::new();
        for cookie in ["a=1; Path=/; HttpOnly", "b=2", "nonsense"] {
            headers.append("set-cookie", cookie.parse().unwrap());
        }
        assert_eq!(cookies(&headers).as_deref(), Some("a=1; b=2"));
        assert_eq!(cookies(&HeaderMap::new()), None);
    }
}
