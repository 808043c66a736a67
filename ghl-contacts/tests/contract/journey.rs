//! Making calls one after another, and noting which of them sent which request.

use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex};

use ghl_contacts::{Client, Error, Event, HttpSettings, Idempotency, Observer, RateLimit};
use serde::Serialize;
use serde_json::Value;

/// What the calls are given beyond what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    Everything,
    Nothing,
}

impl Given {
    /// `with` is everything that can be said, `without` no more than must be.
    pub(crate) fn choose<T>(self, with: T, without: T) -> T {
        match self {
            Self::Everything => with,
            Self::Nothing => without,
        }
    }
}

/// What exists at the service before the calls.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) base: String,
    pub(crate) location: String,
    pub(crate) company: String,
    pub(crate) user: String,
    pub(crate) calendar: String,
    pub(crate) campaign: String,
    pub(crate) workflow: String,
    pub(crate) business: String,
    /// Of a text, of a number, and of several options.
    pub(crate) fields: [String; 3],
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) code: String,
    pub(crate) agency_token: String,
    pub(crate) token: String,
}

/// One request as the client made it.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// The method of this crate that made it.
    pub(crate) rust: &'static str,
    pub(crate) name: String,
    pub(crate) twice: Idempotency,
    /// Both are empty until they are known from the wire.
    pub(crate) method: String,
    pub(crate) path: String,
}

/// A record that a call gave: the call's place in what was made, the field of the answer that held it, and it as JSON.
#[derive(Debug, Clone)]
pub(crate) struct Decoded {
    pub(crate) request: usize,
    pub(crate) field: &'static str,
    pub(crate) record: Value,
}

/// Notes each request that leaves.
#[derive(Debug, Default)]
struct Attempts(Mutex<Vec<(String, Idempotency)>>);

impl Observer for Attempts {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::Attempt { operation, idempotency, .. } = event {
            self.0.lock().unwrap().push(((*operation).to_owned(), *idempotency));
        }
    }
}

pub(crate) struct Journey {
    pub(crate) given: Given,
    pub(crate) known: Known,
    attempts: Arc<Attempts>,
    pub(crate) made: Vec<Made>,
    pub(crate) decoded: Vec<Decoded>,
}

impl Journey {
    pub(crate) fn new(given: Given, known: Known) -> Self {
        crate::trace::on();
        Self { given, known, attempts: Arc::default(), made: Vec::new(), decoded: Vec::new() }
    }

    pub(crate) fn settings(&self) -> HttpSettings {
        let unlimited = RateLimit::new(100_000, std::time::Duration::from_secs(1));
        HttpSettings::new().observer(self.attempts.clone()).rate_limit(unlimited)
    }

    pub(crate) fn client(&self) -> Client {
        let known = &self.known;
        let client =
            Client::builder(known.location.as_str()).base_url(&known.base).token(known.token.as_str());
        client.http(self.settings()).build().unwrap()
    }

    /// Makes a call of `rust`, which sends one request.
    pub(crate) async fn call<T, E: Debug>(
        &mut self,
        rust: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> T {
        let result = call.await.unwrap_or_else(|why| panic!("{rust}: {why:?}"));
        let attempts = std::mem::take(&mut *self.attempts.0.lock().unwrap());
        assert_eq!(attempts.len(), 1, "{rust} makes one request");
        let made = |(name, twice)| Made { rust, name, twice, method: String::new(), path: String::new() };
        self.made.extend(attempts.into_iter().map(made));
        result
    }

    /// Makes a call whose answer holds a record under `field`; the record is the answer if that is empty.
    pub(crate) async fn read<T: Serialize>(
        &mut self,
        rust: &'static str,
        field: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> T {
        let record = self.call(rust, call).await;
        let json = serde_json::to_value(&record).unwrap();
        self.decoded.push(Decoded { request: self.made.len() - 1, field, record: json });
        record
    }
}
