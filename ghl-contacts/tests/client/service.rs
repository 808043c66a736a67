//! A service that takes exactly the requests that a test names.

use std::sync::Arc;

use ghl_contacts::{Client, ClientBuilder, HttpSettings};
use serde_json::Value;
use sync_core::ManualEnv;
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

pub(crate) const LOCATION: &str = "loc_1";
pub(crate) const TOKEN: &str = "s3cr3t-access-1";

/// One request in every detail: method, path with query, headers and body. Any other one is answered with 404.
pub(crate) struct Ask {
    method: &'static str,
    target: String,
    token: String,
    version: &'static str,
    body: Option<Value>,
}

pub(crate) fn ask(method: &'static str, target: &str) -> Ask {
    Ask { method, target: target.to_owned(), token: TOKEN.to_owned(), version: "2021-07-28", body: None }
}

impl Ask {
    pub(crate) fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) fn token(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    pub(crate) fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }
}

impl Match for Ask {
    fn matches(&self, request: &Request) -> bool {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let target = match request.url.query() {
            Some(query) => format!("{}?{query}", request.url.path()),
            None => request.url.path().to_owned(),
        };
        let body = match &self.body {
            Some(body) => {
                header("content-type") == Some("application/json")
                    && request.body_json::<Value>().is_ok_and(|sent| sent == *body)
            }
            None => request.body.is_empty() && header("content-type").is_none(),
        };
        request.method.as_str() == self.method
            && target == self.target
            && header("authorization") == Some(&format!("Bearer {}", self.token))
            && header("version") == Some(self.version)
            && header("accept") == Some("application/json")
            && body
    }
}

/// Takes `ask` exactly `times` times. The count is checked when the server is dropped.
pub(crate) async fn takes(
    server: &MockServer,
    ask: impl Match + 'static,
    answer: ResponseTemplate,
    times: u64,
) {
    Mock::given(ask).respond_with(answer).expect(times).mount(server).await;
}

/// Like [`takes`], for the first `times` such requests only: a later mock takes the next ones.
pub(crate) async fn takes_first(server: &MockServer, ask: Ask, answer: ResponseTemplate, times: u64) {
    Mock::given(ask).respond_with(answer).up_to_n_times(times).expect(times).mount(server).await;
}

pub(crate) fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A clock that only its own pauses move, so that no test waits.
pub(crate) fn settings() -> (HttpSettings, Arc<ManualEnv>) {
    crate::trace::on();
    let env = Arc::new(ManualEnv::new(1));
    (HttpSettings::new().env(env.clone()), env)
}

pub(crate) fn builder(server: &MockServer) -> ClientBuilder {
    Client::builder(LOCATION).base_url(server.uri()).http(settings().0)
}

pub(crate) fn client(server: &MockServer) -> Client {
    builder(server).token(TOKEN).build().unwrap()
}
