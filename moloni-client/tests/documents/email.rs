//! Documents that the service sends by e-mail when they are closed.

use moloni_client::types::{DocumentDetail, NewRecipient};
use moloni_client::{Client, CompanyId, DocumentStatus, ErrorKind, Expect};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::shop::{Shop, euros};

#[tokio::test]
async fn a_document_is_sent_by_the_call_that_closes_it() {
    let shop = Shop::open().await;
    let invoices = shop.client.invoices();
    let draft =
        invoices.insert_or_find(&shop.invoice("order-9"), Expect::total(euros(246_00))).await.unwrap();
    let ana = NewRecipient::new("Ana Exemplo", "ana@example.pt").message("Obrigado");

    let error = invoices.close_and_send(&draft.detail, &[]).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    invoices.close_and_send(&draft.detail, std::slice::from_ref(&ana)).await.unwrap();
    let closed = invoices.get_one(draft.id()).await.unwrap();
    assert_eq!(closed.status, DocumentStatus::Closed);
    let again = invoices.get_detail(draft.id()).await.unwrap();
    let error = invoices.close_and_send(&again, &[ana]).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0), "nobody is sent it twice");
}

#[tokio::test]
async fn whom_it_is_sent_to_is_in_the_body_with_what_it_settles() {
    crate::trace::on();
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "valid": 1, "document_id": 7 }));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let builder = Client::builder().token("s3cr3t").company(CompanyId::from(5));
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    let mut draft = DocumentDetail::default();
    draft.document.document_id = 7.into();
    let settles = json!([{ "associated_id": 3, "value": 5 }]);
    draft.document.associated_documents = serde_json::from_value(settles).unwrap();
    client.receipts().close_and_send(&draft, &[NewRecipient::new("Ana", "ana@example.pt")]).await.unwrap();
    let sent = server.received_requests().await.unwrap().pop().unwrap();
    assert_eq!(sent.url.path(), "/v1/receipts/update/");
    let body: Value = sent.body_json().unwrap();
    let expected = json!({
        "company_id": 5, "document_id": 7, "status": 1, "associated_documents": [{ "associated_id": 3, "value": 5 }],
        "send_email": [{ "email": "ana@example.pt", "name": "Ana", "msg": "" }],
    });
    assert_eq!(body, expected);
}
