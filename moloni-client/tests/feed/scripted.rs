//! A service that says what a test wants it to: rows, counts, clocks, and what happens in between.

use std::sync::{Arc, Mutex, MutexGuard};

use moloni_client::feed::{Checkpoint, Feed};
use moloni_client::{Client, CompanyId, HttpSettings, ManualEnv, RetryPolicy};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// What happens before a call is answered: its operation and offset.
type Hook = Box<dyn FnMut(&mut Script, &str, u64) + Send>;

#[derive(Default)]
pub(crate) struct Script {
    /// As lists give them, newest first.
    pub(crate) customers: Vec<Value>,
    pub(crate) documents: Vec<Value>,
    /// The `Date`; a word that is none stands for a missing one.
    pub(crate) date: String,
    /// By how much every count is too high.
    pub(crate) overcount: usize,
    /// Whether the login reaches no company.
    pub(crate) cut_off: bool,
    /// Documents and customers that answer HTTP 500.
    pub(crate) broken: Vec<u64>,
    pub(crate) hook: Option<Hook>,
    /// The calls so far: operation and parameters.
    pub(crate) asked: Vec<(String, Value)>,
}

impl Script {
    /// What `lastmodified` was asked for of `operation`, in order.
    pub(crate) fn moments(&self, operation: &str) -> Vec<String> {
        let of = self.asked.iter().filter(|(name, _)| name == operation);
        of.map(|(_, params)| params["lastmodified"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        self.asked.iter().filter(|(name, _)| name == operation).count()
    }

    fn answer(&mut self, operation: &str, params: &Value) -> ResponseTemplate {
        let offset = params["offset"].as_u64().unwrap_or(0);
        if let Some(mut hook) = self.hook.take() {
            hook(self, operation, offset);
            self.hook.get_or_insert(hook);
        }
        self.asked.push((operation.to_owned(), params.clone()));
        let (entity, method) = operation.split_once('/').unwrap();
        let (rows, key) = match entity {
            "customers" => (&self.customers, "customer_id"),
            _ => (&self.documents, "document_id"),
        };
        let of_status = |row: &&Value| params["status"].is_null() || row["status"] == params["status"];
        let rows: Vec<_> = rows.iter().filter(of_status).cloned().collect();
        let companies = if self.cut_off { json!([]) } else { json!([{ "company_id": 5, "name": "Loja" }]) };
        let body = match method {
            _ if entity == "companies" => companies,
            "count" | "countModifiedSince" => json!({ "count": (rows.len() + self.overcount).to_string() }),
            "getOne" if self.broken.contains(&params[key].as_u64().unwrap()) => {
                return ResponseTemplate::new(500);
            }
            "getOne" => rows.into_iter().find(|row| row[key] == params[key]).unwrap_or_else(|| json!([])),
            _ => rows.into_iter().skip(usize::try_from(offset).unwrap()).take(50).collect(),
        };
        ResponseTemplate::new(200).insert_header("date", &*self.date).set_body_json(body)
    }
}

pub(crate) struct Scripted {
    #[allow(dead_code, reason = "held for its drop")]
    server: MockServer,
    script: Arc<Mutex<Script>>,
    pub(crate) client: Client,
    pub(crate) env: Arc<ManualEnv>,
}

/// The present of the machine: where a manual clock starts.
pub(crate) const NOW: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

impl Scripted {
    pub(crate) async fn new() -> Self {
        crate::trace::on();
        let server = MockServer::start().await;
        let script = Arc::new(Mutex::new(Script { date: NOW.to_owned(), ..Script::default() }));
        let shared = script.clone();
        let answer = move |request: &Request| {
            let operation = request.url.path().trim_start_matches("/v1/").trim_end_matches('/');
            shared.lock().unwrap().answer(operation, &request.body_json().unwrap())
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let env = Arc::new(ManualEnv::new(1));
        let settings = HttpSettings::new().env(env.clone()).retry(RetryPolicy::never());
        let settings =
            settings.rate_limit(moloni_client::RateLimit::new(1000, std::time::Duration::from_secs(1)));
        let client = Client::builder().token("s3cr3t-access").company(CompanyId::from(5)).http(settings);
        let client = client.base_url(format!("{}/v1/", server.uri())).build().unwrap();
        Self { server, script, client, env }
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    pub(crate) fn feed(&self) -> Feed {
        self.client.feed(Checkpoint::from_start())
    }

    pub(crate) fn customers(&self, ids: impl DoubleEndedIterator<Item = u64>) {
        self.script().customers = ids.rev().map(customer).collect();
    }
}

pub(crate) fn customer(id: u64) -> Value {
    json!({ "customer_id": id, "name": "Rita", "number": id.to_string() })
}

pub(crate) fn document(id: u64, status: u64) -> Value {
    json!({
        "document_id": id, "company_id": 5, "document_type_id": 1, "document_set_id": 3, "number": 1,
        "date": "2025-12-31T00:00:00+0000", "lastmodified": "2025-12-31T23:00:00+0000", "status": status,
        "net_value": 100, "reconciled_value": 0, "associated_documents": [],
    })
}
