use std::sync::LazyLock;

use ghl_contacts::sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

const DATED: &str = "2021-07-28";

/// Making a client takes time. Each test has a runtime of its own, so no connection may outlive a request.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let builder = reqwest::Client::builder().pool_max_idle_per_host(0);
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
});

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    body: Option<Value>,
    form: Option<Vec<(String, String)>>,
    raw: Option<&'static str>,
    token: Option<String>,
    version: Option<&'static str>,
}

pub(crate) fn ask(method: Method, path: impl Into<String>) -> Ask {
    let path = path.into();
    Ask { method, path, body: None, form: None, raw: None, token: Some(String::new()), version: Some(DATED) }
}

pub(crate) fn get(path: impl Into<String>) -> Ask {
    ask(Method::GET, path)
}

pub(crate) fn post(path: impl Into<String>, body: Value) -> Ask {
    Ask { body: Some(body), ..ask(Method::POST, path) }
}

pub(crate) fn put(path: impl Into<String>, body: Value) -> Ask {
    Ask { body: Some(body), ..ask(Method::PUT, path) }
}

pub(crate) fn delete(path: impl Into<String>) -> Ask {
    ask(Method::DELETE, path)
}

pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Ask {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ask { form: Some(fields), ..ask(Method::POST, path) }
}

impl Ask {
    pub(crate) fn token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    pub(crate) fn no_token(self) -> Self {
        Self { token: None, ..self }
    }

    pub(crate) fn version(self, version: Option<&'static str>) -> Self {
        Self { version, ..self }
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) fn raw(self, raw: &'static str) -> Self {
        Self { raw: Some(raw), ..self }
    }

    pub(crate) async fn try_send(&self, sandbox: &Sandbox) -> Result<reqwest::Response, reqwest::Error> {
        let mut request = CLIENT.request(self.method.clone(), format!("{}{}", sandbox.url(), self.path));
        if let Some(token) = &self.token {
            let token = if token.is_empty() { &sandbox.credentials().access_token } else { token };
            request = request.bearer_auth(token);
        }
        if let Some(version) = self.version {
            request = request.header("Version", version);
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        if let Some(form) = &self.form {
            request = request.form(form);
        }
        if let Some(raw) = self.raw {
            request = request.header("content-type", "application/json").body(raw);
        }
        request.send().await
    }

    /// The status and the body. A body that is not JSON is a text; instead of the body of a redirect there is where
    /// it leads: `to`, and the parameters of its query.
    pub(crate) async fn send(&self, sandbox: &Sandbox) -> (u16, Value) {
        let reply = self.try_send(sandbox).await.unwrap();
        let status = reply.status().as_u16();
        if let Some(to) = reply.headers().get("location") {
            let to = Url::parse(to.to_str().unwrap()).unwrap();
            let query = to.query_pairs().map(|(name, value)| (name.into_owned(), json!(value)));
            let mut leads: Map<String, Value> = query.collect();
            leads.insert("to".to_owned(), json!(to.as_str().split('?').next()));
            return (status, Value::Object(leads));
        }
        let text = reply.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) async fn id(&self, sandbox: &Sandbox, pointer: &str) -> String {
        let (status, body) = self.send(sandbox).await;
        let id = body.pointer(pointer).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("{status} without {pointer}: {body}")).to_owned()
    }
}
