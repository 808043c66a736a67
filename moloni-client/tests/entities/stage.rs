//! A sandbox and a client of it.

use std::fmt::Debug;
use std::sync::Arc;

use moloni_client::sandbox::{Config, Sandbox};
use moloni_client::{
    CategoryId, Client, CompanyId, CustomerId, Error, ErrorKind, HttpSettings, ManualEnv, Timestamp, UnitId,
};
use serde_json::json;

/// Valid tax numbers.
pub(crate) const NIF: &str = "123456789";
pub(crate) const OTHER_NIF: &str = "501964843";

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let keys = sandbox.credentials();
        // The client's clock is moved by its own pauses only, so no test waits.
        let http = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
        let builder = Client::builder().token(keys.access_token.clone()).http(http);
        let builder = builder.company(CompanyId::from(keys.company_id));
        let client = builder.base_url(format!("{}/v1/", sandbox.url())).build().unwrap();
        Self { sandbox, client }
    }

    /// Enters a customer as a person would.
    pub(crate) fn customer(&self, number: &str, name: &str, vat: &str) -> CustomerId {
        let fields = json!({ "number": number, "name": name, "vat": vat });
        self.sandbox.add_customer(fields).unwrap().into()
    }

    /// Enters an invoice of the customer.
    pub(crate) fn invoice(&self, customer: CustomerId) {
        self.sandbox.add_document(json!({ "customer_id": customer, "net_value": "12.30" })).unwrap();
    }

    pub(crate) fn category(&self) -> CategoryId {
        self.sandbox.credentials().category_id.into()
    }

    pub(crate) fn unit(&self) -> UnitId {
        self.sandbox.credentials().unit_id.into()
    }

    /// The sandbox's time, a second from now on it is later.
    pub(crate) fn later(&self) -> Timestamp {
        self.sandbox.advance(std::time::Duration::from_secs(2));
        self.sandbox.server().now()
    }

    /// How often each operation was called, in the order of the calls.
    pub(crate) fn called(&self) -> Vec<String> {
        self.sandbox.calls().into_iter().filter_map(|call| call.operation).collect()
    }
}

/// Insists that the service found fields wrong, and gives its codes.
#[track_caller]
pub(crate) fn invalid<T: Debug>(result: Result<T, Error>) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    error.field_errors().iter().map(ToString::to_string).collect()
}

/// Insists that the service refused without a reason.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}
