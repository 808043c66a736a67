//! A company at the sandbox, a client for it, and what its feed tells, in short.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::feed::{Change, Checkpoint, Feed};
use moloni_client::sandbox::{Config, Edit, Sandbox};
use moloni_client::{
    Client, CompanyId, Env, HttpSettings, ManualEnv, MemoryTokenStore, MoloniOAuth, OAuthApp,
};
use serde_json::{Value, json};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) const RECEIPT: u64 = 2;

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    env: Arc<ManualEnv>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(config).await.unwrap();
        let env = Arc::new(ManualEnv::new(1));
        let behind = sandbox.server().now().duration_since(env.now());
        env.advance(behind.try_into().unwrap());
        let settings = HttpSettings::new().env(env.clone());
        let keys = sandbox.credentials();
        let url = format!("{}/v1/", sandbox.url());
        let app = OAuthApp::new(&*keys.client_id, &*keys.client_secret);
        let oauth = MoloniOAuth::at(&url, app, &settings).unwrap();
        let tokens = oauth.password(&keys.username, &*keys.password).await.unwrap();
        let company = CompanyId::from(keys.company_id);
        let manager = oauth.tokens(company, Arc::new(MemoryTokenStore::new(env.clone())));
        manager.connect(tokens).await.unwrap();
        let client = Client::builder().tokens(manager).company(company).http(settings).base_url(url);
        Self { client: client.build().unwrap(), sandbox, env }
    }

    /// Both clocks move on.
    pub(crate) fn advance(&self, by: Duration) {
        self.sandbox.advance(by);
        self.env.advance(by);
    }

    /// A feed that has told all there is.
    pub(crate) async fn caught_up(&self) -> Feed {
        let mut feed = self.client.feed(Checkpoint::from_now());
        assert_eq!(polled(&mut feed).await, [""; 0]);
        feed
    }

    pub(crate) fn customer(&self, name: &str) -> u64 {
        self.sandbox.add_customer(json!({ "name": name })).unwrap()
    }

    pub(crate) fn invoice(&self, customer: u64) -> u64 {
        self.document(json!({ "customer_id": customer, "net_value": 100 }))
    }

    pub(crate) fn document(&self, fields: Value) -> u64 {
        self.sandbox.add_document(fields).unwrap()
    }

    pub(crate) fn receipt(&self, customer: u64, of: u64, value: u64) -> u64 {
        self.document(json!({
            "customer_id": customer, "document_type_id": RECEIPT,
            "associated_documents": [{ "associated_id": of, "value": value }],
        }))
    }

    pub(crate) fn edit(&self, collection: &str, id: u64, fields: Value) -> Result<Value, String> {
        self.sandbox.human(Edit::Update { collection: collection.to_owned(), id: id.to_string(), fields })
    }

    pub(crate) fn delete(&self, collection: &str, id: u64) -> Result<Value, String> {
        self.sandbox.human(Edit::Delete { collection: collection.to_owned(), id: id.to_string() })
    }

    pub(crate) fn set_status(&self, document: u64, status: u64) {
        self.edit("documents", document, json!({ "status": status })).unwrap();
    }

    /// The operations called since `from` calls.
    pub(crate) fn operations(&self, from: usize) -> Vec<String> {
        self.sandbox.calls()[from..].iter().filter_map(|call| call.operation.clone()).collect()
    }

    pub(crate) fn calls(&self) -> usize {
        self.sandbox.calls().len()
    }
}

/// All that one poll tells.
pub(crate) async fn polled(feed: &mut Feed) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(changes) = feed.poll().await.unwrap() {
        told.extend(changes.iter().map(line));
    }
    told
}

/// All that one scan tells.
pub(crate) async fn scanned(feed: &mut Feed) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(changes) = feed.scan().await.unwrap() {
        told.extend(changes.iter().map(line));
    }
    told
}

/// All that one check of open documents tells.
pub(crate) async fn checked(feed: &mut Feed) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(changes) = feed.check_open().await.unwrap() {
        told.extend(changes.iter().map(line));
    }
    told
}

/// The feed as another process makes it, from what was stored.
pub(crate) fn restarted(client: &Client, feed: Feed) -> Feed {
    let stored = serde_json::to_string(feed.checkpoint()).unwrap();
    drop(feed);
    client.feed(serde_json::from_str(&stored).unwrap())
}

/// A change in a few words.
pub(crate) fn line(change: &Change) -> String {
    match change {
        Change::CustomerCreated(customer) => format!("created {}", customer.customer_id),
        Change::CustomerUpdated(customer) => format!("updated {}", customer.customer_id),
        Change::CustomerDeleted(id) => format!("deleted {id}"),
        Change::DraftCreated(document) => format!("draft {}", document.document_id),
        Change::DraftUpdated(document) => format!("edited {}", document.document_id),
        Change::DocumentIssued(document) => format!("issued {}", document.document_id),
        Change::DocumentPartlyPaid(document) => {
            format!("partly paid {}: {}", document.document_id, document.reconciled_value)
        }
        Change::DocumentPaid(document) => format!("paid {}", document.document_id),
        Change::DocumentReopened(document) => format!("reopened {}", document.document_id),
        Change::DocumentAnnulled(document) => format!("annulled {}", document.document_id),
        Change::DocumentWithdrawn(document) => format!("withdrawn {}", document.document_id),
        Change::DocumentChanged(document) => format!("changed {}", document.document_id),
        Change::DocumentDeleted(id) => format!("gone {id}"),
        Change::Unreadable { entity, id, reason } => {
            format!("unreadable {entity} {}: {reason}", id.unwrap_or(0))
        }
        Change::Missed { entity, counted, seen, .. } => format!("missed {entity}: {seen} of {counted}"),
        other => panic!("{other:?} has no name here"),
    }
}
