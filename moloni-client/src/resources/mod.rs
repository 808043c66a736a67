//! The service's entities: what a [`Client`](crate::Client) gives a handle of.
//!
//! # Documents, for who has not invoiced in Portugal
//!
//! Invoices, receipts, credit notes, guides and orders are all *documents*: one shape of row for all of them, and a
//! handle for each type, such as [`Client::invoices`](crate::Client::invoices). [`Documents`] has what works for all
//! types at once. A document is in one of three states, its [`DocumentStatus`](crate::DocumentStatus):
//!
//! - A **draft** is a note to yourself. It has no number, can be changed and deleted, and means nothing to anybody.
//!   [`insert`](DocumentsOf::insert) makes drafts and nothing else.
//! - A **closed** document is issued. The service gives it the next number of its series, signs it with a hash that
//!   covers the document before it, so that none can be slipped in or taken out, and reports it to the tax authority,
//!   at once or with the month's file. From then on the law forbids any change: customer and tax authority have it.
//!   What was wrong is put right by another document: a credit note takes back lines, a debit note adds to what is
//!   owed. That is why [`issue`](DocumentsOf::issue) verifies first and closes then.
//! - An **annulled** document was closed and is void. It keeps number and place in its series, and there is no way
//!   back. [`cancel`](Documents::cancel) annuls; [`reopen`](Documents::reopen) makes a draft of a closed document
//!   again. Both are for mistakes found before anybody relies on the document, and the service refuses both once
//!   another document derives from it.
//!
//! A **series** (the service's *document set*) is a name under which the documents of each type are numbered from 1
//! without gaps, and in the order of their days: a document cannot be closed with a day before that of the last one.
//! Each series is registered with the tax authority for each type, and gets a validation code. That code, a hyphen and
//! the number are the **ATCUD**, which every printed document must show:
//! [`atcud`](crate::types::DocumentDetail::atcud). Without the registration closing fails, with an error at
//! `document_set_wsat_id`.
//!
//! Who pays when:
//!
//! | type | code | paid |
//! |---|---|---|
//! | invoice, debit note | `FT`, `ND` | later: a receipt (`RE`) settles it, in whole or in part |
//! | invoice-receipt, simplified invoice | `FR`, `FS` | **by itself**: it says that it is paid, and gets no receipt |
//! | credit note | `NC` | it takes back; associated with value 0 where the document was paid by itself |
//! | estimate, order, guide | `OR`, `NE`, `GT` … | not at all: an invoice derives from it |
//!
//! An invoice is open by [`open_value`](crate::Document::open_value). A receipt changes that value and **nothing else
//! of the invoice**, not even when it was last changed: see
//! [`get_modified_since`](Documents::get_modified_since).
//!
//! # From the invoice to the PDF
//!
//! ```no_run
//! use std::future::ready;
//!
//! use moloni_client::jiff::civil::date;
//! use moloni_client::types::{LineTax, NewAssociation, NewCreditNote, NewInvoice, NewLine, NewPayment, NewReceipt};
//! use moloni_client::{
//!     Client, CustomerId, Decimal, DocumentQuery, DocumentSetId, Expect, PaymentMethodId, ProductId, TaxId,
//!     TryStreamExt,
//! };
//!
//! # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! let (day, set, customer) = (date(2026, 7, 1), DocumentSetId::from(3), CustomerId::from(7));
//!
//! // Issue an invoice: a draft, verified, closed. The same call again finds it.
//! let vat = LineTax::new(TaxId::from(9), Decimal::from(23));
//! let chairs = NewLine::new(ProductId::from(61), "Chair", Decimal::from(4), Decimal::from(50)).tax(vat);
//! let new = NewInvoice::new(day, day, set, customer).our_reference("order-1841").line(chairs);
//! let invoice = client.invoices().issue(&new, Expect::total(Decimal::from(246))).await?;
//!
//! // Take back one chair.
//! let line = &invoice.detail.products[0];
//! let credit = NewLine::crediting(line, Decimal::ONE).ok_or("the line has no product")?;
//! let value = Decimal::new(6150, 2);
//! let note = NewCreditNote::new(day, set, customer)
//!     .your_reference("return-12")
//!     .associated(NewAssociation::new(invoice.id(), value))
//!     .line(credit);
//! client.credit_notes().issue(&note, Expect::total(value)).await?;
//!
//! // Make a receipt for what is left of each unpaid invoice of a year.
//! let unpaid = client.invoices().get_all(DocumentQuery::new().year(2026)).items();
//! let mut unpaid = unpaid.try_filter(|invoice| ready(invoice.is_unpaid()));
//! while let Some(invoice) = unpaid.try_next().await? {
//!     let open = invoice.open_value();
//!     let receipt = NewReceipt::new(day, set, customer, open)
//!         .associated(NewAssociation::all_of(&invoice))
//!         .payment(NewPayment::new(PaymentMethodId::from(2), day.at(12, 0, 0, 0), open));
//!     client.receipts().issue(&receipt, Expect::total(open)).await?;
//! }
//!
//! // Fetch the file, and annul what should not be.
//! let pdf = client.documents().pdf(invoice.id()).await?;
//! client.documents().cancel(invoice.id(), "issued by mistake").await?;
//! # let _ = pdf;
//! # Ok(())
//! # }
//! ```

mod alternate_addresses;
mod companies;
mod countries;
mod customers;
mod document_sets;
mod documents;
mod documents_email;
mod documents_of;
mod documents_pdf;
mod entity;
mod exactness;
mod global;
mod languages;
mod maturity_dates;
mod payment_methods;
mod product_categories;
mod product_images;
mod product_stocks;
mod products;
mod salesmen;
mod settings;
mod suppliers;
mod taxes;
mod types_of_document;
mod users;

pub use alternate_addresses::AlternateAddresses;
pub use companies::Companies;
pub use countries::Countries;
pub use customers::Customers;
pub use document_sets::DocumentSets;
pub use documents::Documents;
pub use documents_of::DocumentsOf;
pub use documents_pdf::PdfLink;
pub(crate) use entity::operation;
pub use exactness::Match;
pub use global::{
    Currencies, CurrencyExchange, DocumentModels, FiscalZones, GeographicZones, MultibancoGateways,
    Subscription, TaxExemptions,
};
pub use languages::Languages;
pub use maturity_dates::MaturityDates;
pub use payment_methods::PaymentMethods;
pub use product_categories::ProductCategories;
pub use product_stocks::ProductStocks;
pub use products::Products;
pub use salesmen::Salesmen;
pub use settings::{
    BankAccounts, Deductions, DeliveryMethods, EconomicActivityClassificationCodes, IdentificationTemplates,
    MeasurementUnits, PriceClasses, ProductProperties, Vehicles, Warehouses,
};
pub use suppliers::Suppliers;
pub use taxes::Taxes;
pub use types_of_document::{Insertable, InsertableRaw, Issuable, OfDocument, PayableByMb, Transported, of};
pub use users::Users;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::Error;
use crate::value::to_whole;

/// A number of rows. Documented as a number, sent as a text.
#[derive(Debug, Deserialize)]
struct Count {
    #[serde(deserialize_with = "count")]
    count: u64,
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = to_whole(&Value::deserialize(deserializer)?).and_then(|count| u64::try_from(count).ok());
    count.ok_or_else(|| D::Error::custom("expected a count"))
}

/// Turns "there is no such record" into `None`.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(record) => Ok(Some(record)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The parameter of `getModifiedSince`, in the one spelling that Moloni's own plugins use.
pub(crate) fn since(mut params: Map<String, Value>, moment: Timestamp) -> Map<String, Value> {
    params.insert("lastmodified".to_owned(), moment.strftime("%Y-%m-%d %H:%M:%S").to_string().into());
    params
}
