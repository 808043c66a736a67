//! Pitfalls of whoever asks Moloni what has changed.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::feed::{Change, Checkpoint, Feed};
use moloni_client::sandbox::{Config, Edit, Sandbox};
use moloni_client::{Client, CompanyId, DocumentQuery, Env, HttpSettings, ManualEnv, TryStreamExt};
use serde_json::json;

async fn start() -> (Sandbox, Client) {
    crate::trace::on();
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let env = Arc::new(ManualEnv::new(1));
    env.advance(sandbox.server().now().duration_since(env.now()).try_into().unwrap());
    let keys = sandbox.credentials();
    let client = Client::builder().token(&*keys.access_token).company(CompanyId::from(keys.company_id));
    let client = client.http(HttpSettings::new().env(env)).base_url(format!("{}/v1/", sandbox.url()));
    (sandbox, client.build().unwrap())
}

async fn polled(feed: &mut Feed) -> Vec<Change> {
    let mut all = Vec::new();
    while let Some(changes) = feed.poll().await.unwrap() {
        all.extend(changes);
    }
    all
}

#[tokio::test]
async fn p13_a_customer_says_not_when_it_changed_and_comes_as_changed_only_if_it_did() {
    let (sandbox, client) = start().await;
    let ana = sandbox.add_customer(json!({ "name": "Ana" })).unwrap();
    let row = &sandbox.state()["customers"][0];
    assert!(row.as_object().unwrap().keys().all(|key| !key.contains("modified") && key != "created"));

    let mut feed = client.feed(Checkpoint::from_now());
    polled(&mut feed).await;
    let edit = |city: &str| {
        let (collection, id, fields) = ("customers".to_owned(), ana.to_string(), json!({ "city": city }));
        sandbox.human(Edit::Update { collection, id, fields }).unwrap();
    };
    edit("Faro");
    // The service lists the row for as long as its moment is asked for.
    for expected in [1, 0, 0] {
        let changes = polled(&mut feed).await;
        assert_eq!(changes.len(), expected);
        assert!(
            changes.iter().all(|change| matches!(change, Change::CustomerUpdated(row) if row.city == "Faro"))
        );
    }
}

#[tokio::test]
async fn p14_a_payment_does_not_touch_the_invoice_that_it_pays() {
    let (sandbox, client) = start().await;
    let ana = sandbox.add_customer(json!({ "name": "Ana" })).unwrap();
    let invoice = sandbox.add_document(json!({ "customer_id": ana, "net_value": "12.30" })).unwrap();
    let mut feed = client.feed(Checkpoint::from_now());
    polled(&mut feed).await;

    sandbox.advance(Duration::from_secs(1800));
    let moment = sandbox.server().now();
    let receipt = json!({
        "customer_id": ana, "document_type_id": 2, "associated_documents": [{ "associated_id": invoice }],
    });
    let receipt = sandbox.add_document(receipt).unwrap();
    // Whoever asks for invoices that changed hears nothing.
    let since = client.documents().get_modified_since(moment, DocumentQuery::new()).items();
    let changed: Vec<_> = since.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(changed.iter().map(|row| row.document_id.get()).collect::<Vec<_>>(), [receipt]);

    let is_paid =
        |change: &Change| matches!(change, Change::DocumentPaid(row) if row.document_id.get() == invoice);
    assert_eq!(polled(&mut feed).await.iter().filter(|change| is_paid(change)).count(), 1);
    assert_eq!(polled(&mut feed).await, []);
}
