//! A sandbox with a customer, and a client of it.

use std::sync::Arc;

use moloni_client::jiff::civil::date;
use moloni_client::sandbox::{Config, Fault, FaultKind, Sandbox};
use moloni_client::types::{LineTax, NewInvoice, NewLine};
use moloni_client::{
    Amount, Client, CompanyId, CustomerId, Date, Decimal, DocumentId, DocumentSetId, HttpSettings, ManualEnv,
    PaymentMethodId, ProductId, RateLimit, TaxId,
};
use serde_json::{Value, json};

pub(crate) const NIF: &str = "123456789";

/// Later than the days of the sandbox's own documents.
pub(crate) const DAY: Date = date(2026, 7, 1);

pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) customer: CustomerId,
    pub(crate) other: CustomerId,
    pub(crate) set: DocumentSetId,
    pub(crate) method: PaymentMethodId,
}

pub(crate) fn euros(cents: i64) -> Amount {
    Decimal::new(cents, 2).into()
}

impl Shop {
    pub(crate) async fn open() -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let keys = sandbox.credentials();
        let many = RateLimit::new(100_000, std::time::Duration::from_secs(1));
        let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1))).rate_limit(many);
        let builder = Client::builder().token(keys.access_token.as_str()).http(settings);
        let builder = builder.company(CompanyId::from(keys.company_id));
        let client = builder.base_url(format!("{}/v1/", sandbox.url())).build().unwrap();
        let customer = sandbox.add_customer(json!({ "name": "Livraria Inventada", "vat": NIF })).unwrap();
        let other = sandbox.add_customer(json!({ "name": "Padaria Inventada" })).unwrap();
        Self {
            client,
            customer: customer.into(),
            other: other.into(),
            set: keys.document_set_id.into(),
            method: keys.payment_method_id.into(),
            sandbox,
        }
    }

    /// A line with VAT.
    pub(crate) fn line(&self, qty: i64, cents: i64) -> NewLine {
        let keys = self.sandbox.credentials();
        let vat = LineTax::new(TaxId::from(keys.tax_id), Decimal::from(23));
        NewLine::new(ProductId::from(keys.product_id), "Estante", Decimal::from(qty), Decimal::new(cents, 2))
            .tax(vat)
    }

    /// An invoice of 246.00.
    pub(crate) fn invoice(&self, reference: &str) -> NewInvoice {
        self.invoice_for(self.customer, reference)
    }

    pub(crate) fn invoice_for(&self, customer: CustomerId, reference: &str) -> NewInvoice {
        NewInvoice::new(DAY, DAY, self.set, customer).our_reference(reference).line(self.line(4, 50_00))
    }

    pub(crate) fn fault(&self, kind: FaultKind, operation: &str, after: u64) {
        self.sandbox.fault(Fault::new(kind).on(operation).after(after).times(1));
    }

    /// The documents of a type, by the service's number of it.
    pub(crate) fn documents(&self, kind: u64) -> Vec<Value> {
        let state = self.sandbox.state();
        let all = state["documents"].as_array().unwrap().iter();
        all.filter(|row| row["document_type_id"] == kind).cloned().collect()
    }

    pub(crate) fn status(&self, document: DocumentId) -> i64 {
        let state = self.sandbox.state();
        let all = state["documents"].as_array().unwrap();
        let row = all.iter().find(|row| row["document_id"] == document.get()).unwrap();
        row["status"].as_i64().unwrap()
    }

    /// The names of the calls so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.sandbox.calls().into_iter().filter_map(|call| call.operation).collect()
    }
}
