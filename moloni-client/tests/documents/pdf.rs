//! The PDF: from the link to the page to the file.

use std::sync::Arc;

use moloni_client::{Client, CompanyId, DocumentId, Error, ErrorKind, HttpSettings, ManualEnv};
use serde_json::json;
use wiremock::matchers::{header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::shop::{Shop, euros};

const KEY: &str = "s3cr3t-key";

#[tokio::test]
async fn a_draft_has_none() {
    let shop = Shop::open().await;
    let draft = shop.client.invoices().insert(&shop.invoice("a")).await.unwrap();
    let error = shop.client.documents().pdf(draft).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, "documents.getPDFLink"));
    let total = moloni_client::Expect::total(euros(246_00));
    shop.client.invoices().issue(&shop.invoice("a"), total).await.unwrap();
    let link = shop.client.documents().get_pdf_link(draft).await.unwrap();
    assert!(link.expose().contains("5ec2e7") && !link.expose().contains("signed"));
    assert_eq!(format!("{link:?}"), "PdfLink { .. }");
}

/// A service whose link leads to `page`, and whose file is `file`.
async fn service(link: &str, page: ResponseTemplate, file: ResponseTemplate) -> MockServer {
    crate::trace::on();
    let server = MockServer::start().await;
    let url = link.replace("{here}", &server.uri());
    Mock::given(path("/v1/documents/getPDFLink/"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "url": url })))
        .mount(&server)
        .await;
    let fetched = Mock::given(method("GET")).and(path("/page")).and(query_param("h", KEY));
    fetched.and(query_param_is_missing("access_token")).respond_with(page).mount(&server).await;
    Mock::given(path("/file")).respond_with(file).mount(&server).await;
    server
}

fn page(href: &str) -> ResponseTemplate {
    let html = format!("<html><a id='downloadBtn' href='{href}?h={KEY}&amp;t=1'>PDF</a></html>");
    ResponseTemplate::new(200).set_body_raw(html, "text/html")
}

fn pdf() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw("%PDF-1.7 x", "application/pdf")
}

async fn fetch(server: &MockServer) -> Result<Vec<u8>, Error> {
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(5));
    let builder = builder.http(HttpSettings::new().env(Arc::new(ManualEnv::new(1))));
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    let result = client.documents().pdf(DocumentId::from(7)).await;
    if let Err(error) = &result {
        let body = error.body().map(|body| body.as_str().to_owned()).unwrap_or_default();
        let shown = format!("{error} {error:?} {body} {:?}", std::error::Error::source(error));
        for secret in [KEY, "s3cr3t", &server.uri()] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    Ok(result?.to_vec())
}

#[tokio::test]
async fn the_page_s_cookies_go_with_the_file_and_no_token_does() {
    let from = page("/file").insert_header("set-cookie", "s=1; Path=/; HttpOnly");
    let server = service("{here}/page?h=s3cr3t-key", from, ResponseTemplate::new(403)).await;
    Mock::given(path("/file"))
        .and(query_param("t", "1"))
        .and(header("cookie", "s=1"))
        .and(query_param_is_missing("access_token"))
        .respond_with(pdf())
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(fetch(&server).await.unwrap(), b"%PDF-1.7 x");
}

#[tokio::test]
async fn a_page_or_a_file_that_moved_is_followed() {
    let server = service("{here}/page?h=s3cr3t-key", page("/old"), pdf()).await;
    let moved = ResponseTemplate::new(302).insert_header("location", "/file");
    Mock::given(path("/old")).respond_with(moved).mount(&server).await;
    assert!(fetch(&server).await.unwrap().starts_with(b"%PDF"));
    let server = service("{here}/page?h=s3cr3t-key", page("/round"), pdf()).await;
    let round = ResponseTemplate::new(302).insert_header("location", "/round");
    Mock::given(path("/round")).respond_with(round).expect(4).mount(&server).await;
    assert!(fetch(&server).await.unwrap_err().to_string().contains("on and on"));
}

#[tokio::test]
async fn what_is_no_pdf_is_an_error_that_tells_no_link() {
    let here = "{here}/page?h=s3cr3t-key";
    let html = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/html");
    let big = |start: &str, bytes: usize| html(&format!("{start}{}", "x".repeat(bytes)));
    let elsewhere = |to: &str| ResponseTemplate::new(302).insert_header("location", to);
    let table = [
        (here, html("<a href='/file?h=s3cr3t-key'>"), pdf(), ErrorKind::Decode, "offers no file"),
        (
            here,
            big("<a id='downloadBtn' href='/file'>", 1024 * 1024),
            pdf(),
            ErrorKind::Decode,
            "offers no file",
        ),
        (here, page("/file"), html("<html>s3cr3t-key"), ErrorKind::Decode, "no PDF"),
        (here, page("/file"), big("%PDF", 32 * 1024 * 1024), ErrorKind::Decode, "larger"),
        (here, page("https://example.com/file"), pdf(), ErrorKind::Request, "none of the service's"),
        (
            here,
            elsewhere("https://example.com/?h=s3cr3t-key"),
            pdf(),
            ErrorKind::Request,
            "none of the service's",
        ),
        (here, page("javascript:s3cr3t"), pdf(), ErrorKind::Request, "none of the service's"),
        (here, html("").set_delay(std::time::Duration::ZERO), pdf(), ErrorKind::Decode, "offers no file"),
        (
            here,
            ResponseTemplate::new(403).set_body_string("s3cr3t-key"),
            pdf(),
            ErrorKind::Refused,
            "HTTP 403",
        ),
        (
            here,
            ResponseTemplate::new(503).set_body_string("s3cr3t-key"),
            pdf(),
            ErrorKind::Server,
            "HTTP 503",
        ),
        (
            "https://example.com/?h=s3cr3t-key",
            page("/file"),
            pdf(),
            ErrorKind::Request,
            "none of the service's",
        ),
        ("s3cr3t-key", page("/file"), pdf(), ErrorKind::Request, "no URL"),
    ];
    for (link, page, file, kind, why) in table {
        let server = service(link, page, file).await;
        let error = fetch(&server).await.unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_a_link_is_an_error_that_keeps_nothing_of_it() {
    let server = MockServer::start().await;
    let answer = json!({ "uri": "https://www.moloni.pt/?h=s3cr3t-key" });
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    assert_eq!(fetch(&server).await.unwrap_err().kind(), ErrorKind::Decode);
}
