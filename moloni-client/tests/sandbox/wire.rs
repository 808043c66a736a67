//! Requests to a sandbox, written by hand.

use moloni_client::sandbox::{Config, Sandbox};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

/// Where the application wants the person back.
const CALLBACK: &str = "https://app.example.com/moloni";
/// A valid tax number.
pub(crate) const NIF: &str = "123456789";
/// Another one.
pub(crate) const OTHER_NIF: &str = "501964843";

pub(crate) async fn start() -> Sandbox {
    start_with(Config::default()).await
}

pub(crate) async fn start_with(config: Config) -> Sandbox {
    crate::trace::on();
    Sandbox::start(config).await.unwrap()
}

thread_local! {
    /// One for each test: a test's runtime lives on the test's thread.
    static CLIENT: Client = Client::builder().redirect(Policy::none()).build().unwrap();
}

/// One request; its body is JSON unless it says otherwise.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) json: Option<Value>,
    pub(crate) form: Vec<(String, String)>,
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

impl Ask {
    pub(crate) fn new(path: &str, query: &[(&str, &str)]) -> Self {
        Self {
            method: Method::POST,
            path: path.to_owned(),
            query: owned(query),
            json: None,
            form: Vec::new(),
        }
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.query.retain(|(key, _)| key != name);
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.json = None;
        self.form = owned(fields);
        self.without("json")
    }

    /// The same with a form where JSON was.
    pub(crate) fn in_form(mut self) -> Self {
        if let Some(body) = self.json.take() {
            flatten(String::new(), &body, &mut self.form);
            return self.without("json");
        }
        self
    }

    pub(crate) fn get(mut self) -> Self {
        self.method = Method::GET;
        self.json = None;
        self
    }

    pub(crate) fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    pub(crate) async fn send(&self, sandbox: &Sandbox) -> Response {
        self.try_send(sandbox).await.unwrap()
    }

    pub(crate) async fn try_send(&self, sandbox: &Sandbox) -> Result<Response, reqwest::Error> {
        let url = format!("{}/{}", sandbox.url(), self.path);
        let mut request: RequestBuilder =
            CLIENT.with(Client::clone).request(self.method.clone(), url).query(&self.query);
        if let Some(body) = &self.json {
            request = request.json(body);
        } else if !self.form.is_empty() {
            request = request.form(&self.form);
        }
        request.send().await
    }

    /// The code to which the page leads.
    pub(crate) async fn code(&self, sandbox: &Sandbox) -> String {
        let answer = self.send(sandbox).await;
        let to = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        to.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    }
}

/// Adds a value to a form with PHP's brackets.
fn flatten(name: String, value: &Value, form: &mut Vec<(String, String)>) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    match value {
        Value::Object(record) => record.iter().for_each(|(key, value)| flatten(inner(key), value, form)),
        Value::Array(rows) => {
            rows.iter().enumerate().for_each(|(at, row)| flatten(inner(&at.to_string()), row, form));
        }
        Value::String(text) => form.push((name, text.clone())),
        other => form.push((name, other.to_string())),
    }
}

/// A call of `entity/method` in the sandbox's company with its first token.
pub(crate) fn call(sandbox: &Sandbox, operation: &str, fields: Value) -> Ask {
    let keys = sandbox.credentials();
    let mut ask =
        Ask::new(&format!("v1/{operation}/"), &[("access_token", &keys.access_token), ("json", "true")]);
    ask.json = Some(changed(json!({ "company_id": keys.company_id }), fields));
    ask
}

pub(crate) async fn ask(sandbox: &Sandbox, operation: &str, fields: Value) -> Value {
    let answer = call(sandbox, operation, fields).send(sandbox).await;
    assert_eq!(answer.status(), StatusCode::OK, "{operation}");
    answer.json().await.unwrap()
}

pub(crate) fn grant(fields: &[(&str, &str)]) -> Ask {
    Ask::new("v1/grant/", fields).get()
}

/// The page that asks a person for access.
pub(crate) fn authorize(sandbox: &Sandbox) -> Ask {
    let client = sandbox.credentials().client_id.as_str();
    let fields = [("response_type", "code"), ("client_id", client), ("redirect_uri", CALLBACK)];
    Ask::new("ac/root/oauth/", &fields).get()
}

pub(crate) fn login(sandbox: &Sandbox, password: &str) -> Ask {
    let keys = sandbox.credentials();
    grant(&[
        ("grant_type", "password"),
        ("client_id", &keys.client_id),
        ("client_secret", &keys.client_secret),
        ("username", &keys.username),
        ("password", password),
    ])
}

pub(crate) fn refresh(sandbox: &Sandbox, token: &str) -> Ask {
    let keys = sandbox.credentials();
    grant(&[
        ("grant_type", "refresh_token"),
        ("client_id", &keys.client_id),
        ("client_secret", &keys.client_secret),
        ("refresh_token", token),
    ])
}

pub(crate) fn by_code(sandbox: &Sandbox) -> Ask {
    let keys = sandbox.credentials();
    grant(&[
        ("grant_type", "authorization_code"),
        ("client_id", &keys.client_id),
        ("client_secret", &keys.client_secret),
        ("redirect_uri", CALLBACK),
        ("code", &keys.code),
    ])
}

/// A customer as `insert` takes it.
pub(crate) fn customer(sandbox: &Sandbox, changes: Value) -> Value {
    let keys = sandbox.credentials();
    let fields = json!({
        "number": "900", "name": "Nova Cliente", "vat": OTHER_NIF, "address": "Rua Um", "city": "Braga",
        "zip_code": "4700-001", "country_id": 1, "language_id": 1, "maturity_date_id": 0,
        "payment_method_id": keys.payment_method_id, "delivery_method_id": 0, "salesman_id": 0, "payment_day": 0,
        "discount": 0, "credit_limit": 0,
    });
    changed(fields, changes)
}

/// `fields` with `changes`; a change to null removes.
fn changed(fields: Value, changes: Value) -> Value {
    let (Value::Object(mut fields), Value::Object(changes)) = (fields, changes) else {
        panic!("two objects")
    };
    for (key, value) in changes {
        if value.is_null() {
            fields.remove(&key)
        } else {
            fields.insert(key, value)
        };
    }
    fields.into()
}
