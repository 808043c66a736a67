//! A sandbox, clients of it, and what they called.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::{Config, Credentials, Sandbox};
use moloni_client::{Client, CompanyId, Error, ErrorKind, HttpSettings, ManualEnv, RateLimit, Timestamp};
use serde::Serialize;

/// The names of operations: of calls that worked, and of calls that were refused.
#[derive(Default)]
pub(crate) struct Called {
    pub(crate) worked: BTreeSet<String>,
    pub(crate) refused: BTreeSet<String>,
}

impl Called {
    pub(crate) fn extend(&mut self, other: Self) {
        self.worked.extend(other.worked);
        self.refused.extend(other.refused);
    }
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    /// Calls for the company.
    pub(crate) client: Client,
    /// Calls for no company.
    pub(crate) nowhere: Client,
    /// Calls with a token that nobody gave.
    pub(crate) stranger: Client,
    called: RefCell<Called>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let keys = sandbox.credentials();
        let client = |token: &str| {
            let many = RateLimit::new(100_000, Duration::from_secs(1));
            let http = HttpSettings::new().env(Arc::new(ManualEnv::new(1))).rate_limit(many);
            let builder = Client::builder().token(token).company(CompanyId::from(keys.company_id)).http(http);
            builder.base_url(format!("{}/v1/", sandbox.url())).build().unwrap()
        };
        let (stranger, client) = (client("s3cr3t-nobodys"), client(&keys.access_token));
        let nowhere = client.for_company(CompanyId::from(0));
        Self { sandbox, client, nowhere, stranger, called: RefCell::default() }
    }

    /// What exists from the start.
    pub(crate) fn keys(&self) -> &Credentials {
        self.sandbox.credentials()
    }

    /// The sandbox's time, after all that was done so far.
    pub(crate) fn later(&self) -> Timestamp {
        self.sandbox.advance(Duration::from_secs(2));
        self.sandbox.server().now()
    }

    /// Makes a call that is to work, and gives what it gives.
    pub(crate) async fn works<T>(
        &self,
        operation: impl Into<String>,
        call: impl Future<Output = Result<T, Error>>,
    ) -> T {
        let (operation, before) = (operation.into(), self.sandbox.calls().len());
        let given = call.await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        self.sent(&operation, before, !crate::is_read(&operation));
        self.called.borrow_mut().worked.insert(operation);
        given
    }

    /// Makes a call that is to be refused: by the service's codes or, where it has none, for a kind of error.
    pub(crate) async fn fails<T>(
        &self,
        operation: impl Into<String>,
        call: impl Future<Output = Result<T, Error>>,
        why: &[&str],
    ) {
        let (operation, before) = (operation.into(), self.sandbox.calls().len());
        let Err(error) = call.await else { panic!("{operation}: it was not refused") };
        let told: Vec<_> = match error.kind() {
            ErrorKind::Validation => error.field_errors().iter().map(ToString::to_string).collect(),
            kind => vec![format!("{kind:?}")],
        };
        assert_eq!(told, why, "{operation}");
        assert!(crate::is_read(&operation) || error.kind() == ErrorKind::Validation, "{operation}: {error}");
        assert_eq!(error.operation(), operation);
        self.sent(&operation, before, false);
        self.called.borrow_mut().refused.insert(operation);
    }

    /// That one request was sent since, to the path of `operation`, and whether it had an effect.
    #[track_caller]
    fn sent(&self, operation: &str, before: usize, effect: bool) {
        let calls = self.sandbox.calls().split_off(before);
        let [call] = calls.as_slice() else { panic!("{operation}: {calls:?}") };
        assert_eq!(call.path, format!("/v1/{}/", operation.replace('.', "/")));
        assert_eq!((call.operation.as_deref(), call.effect), (Some(operation), effect), "{operation}");
    }

    pub(crate) fn called(self) -> Called {
        self.called.into_inner()
    }
}

/// Whether a row says all of what was written, and nothing that has no name.
#[track_caller]
pub(crate) fn says(row: &(impl Serialize + Debug), extra: usize, new: &impl Serialize) -> bool {
    let (shown, new) = (serde_json::to_value(row).unwrap(), serde_json::to_value(new).unwrap());
    assert_eq!(extra, 0, "{row:?}");
    for (name, written) in new.as_object().unwrap() {
        assert_eq!(shown.get(name), Some(written), "{name} of {row:?}");
    }
    true
}
