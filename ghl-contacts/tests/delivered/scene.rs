use std::collections::VecDeque;
use std::time::Duration;

use ghl_contacts::Client;
use ghl_contacts::jiff::Timestamp;
use ghl_contacts::sandbox::{Config, Delivery, Edit, Sandbox, Server, Webhooks};
use ghl_contacts::webhooks::{Verifier, Webhook};
use serde_json::{Value, json};
use sync_core::sandbox_kit::{Answer, Backend, Request};

/// What receives webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) verifier: Verifier,
    /// What to answer next; 200 when there is nothing here.
    pub(crate) answers: VecDeque<u16>,
    /// What came, whatever was answered.
    pub(crate) came: Vec<Request>,
}

impl Backend for Receiver {
    fn operation(&self, _: &Request) -> Option<String> {
        None
    }

    fn answer(&mut self, request: &Request, _: Timestamp) -> Answer {
        self.came.push(request.clone());
        let read = self.verifier.read(&request.headers, &request.body);
        let status = self.answers.pop_front().unwrap_or(200);
        Answer::text(read.map_or_else(|error| error.status(), |_| status), "text/plain", "")
    }

    fn state(&self) -> Value {
        Value::Null
    }

    fn human(&mut self, _: Edit, _: Timestamp) -> Result<Value, String> {
        Err("nobody is here".to_owned())
    }
}

pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) receiver: Server<Receiver>,
    pub(crate) client: Client,
}

impl Scene {
    /// A sandbox that sends to a receiver as `how` says. The receiver has a path of its own, and answers `answers` first.
    pub(crate) async fn start(how: impl FnOnce(Webhooks) -> Webhooks, answers: &[u16]) -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let verifier = sandbox.webhook_verifier().unwrap();
        let receiver = Receiver { verifier, answers: answers.iter().copied().collect(), came: Vec::new() };
        let receiver = Server::start(receiver, 0).await.unwrap();
        sandbox.send_webhooks(how(Webhooks::to(format!("{}/webhooks", receiver.url())))).unwrap();
        let c = sandbox.credentials();
        let client = Client::builder(c.location_id.as_str()).base_url(sandbox.url()).token(c.pit.as_str());
        Self { client: client.build().unwrap(), sandbox, receiver }
    }

    pub(crate) fn came(&self) -> Vec<Request> {
        self.receiver.with(|receiver| receiver.came.clone())
    }

    pub(crate) fn webhooks(&self) -> Vec<Webhook> {
        self.came().iter().map(|request| Webhook::parse(&request.body).unwrap()).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.webhooks().iter().map(|webhook| webhook.kind().to_owned()).collect()
    }

    /// Waits until `count` deliveries were tried, and a little longer for those that must not be.
    pub(crate) async fn tried(&self, count: usize) -> Vec<Delivery> {
        for _ in 0..1000 {
            if self.sandbox.deliveries().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let tried = self.sandbox.deliveries();
        assert_eq!(tried.len(), count, "{tried:#?}");
        tried
    }

    pub(crate) fn add(&self, email: &str) -> String {
        self.sandbox.add_contact(json!({ "firstName": "Ana", "email": email })).unwrap()
    }

    pub(crate) fn edit(&self, edit: Edit) -> Value {
        self.sandbox.human(edit).unwrap()
    }
}

pub(crate) fn create(collection: &str, fields: Value) -> Edit {
    Edit::Create { collection: collection.to_owned(), fields }
}
