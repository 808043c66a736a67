//! A server on loopback that behaves like Moloni.
//!
//! It holds state, checks what it is sent and answers as the real service does, quirks included, so a test
//! against it says something about production. It shares no types with the client: a wrong belief of the client
//! about the wire fails here.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use moloni_client::sandbox::{Config, Sandbox};
//! use serde_json::json;
//!
//! let sandbox = Sandbox::start(Config::default()).await?;
//! let customer = sandbox.add_customer(json!({ "name": "Ana Exemplo", "vat": "123456789" }))?;
//! let invoice = sandbox.add_document(json!({ "customer_id": customer, "net_value": "12.30" }))?;
//! // Point a client to `sandbox.url()` and give it `sandbox.credentials()`.
//! assert_ne!(customer, invoice);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What it serves
//!
//! All calls work below `/v1/`, `/v2/` and `/sandbox/`, with or without the last slash. An operation's name in
//! the call log and in faults is `{entity}.{method}`; the token endpoint is `grant`, the page that asks a person for
//! access `authorize`.
//!
//! | entity | methods |
//! |---|---|
//! | `grant` | `authorization_code`, `password` and `refresh_token`, by GET or POST |
//! | `companies` | `getAll`, `getOne`, and `freeSlug`, which needs no token |
//! | `users` | `getMe`, `updateMe`, `getAll`, and `signUp` and `recoverPassword`, which need no token |
//! | `customers` | every documented method |
//! | `documents` | every documented method |
//! | all 24 types of document, of customers and of suppliers | `getAll`, `getOne`, `count`, `getModifiedSince`, `countModifiedSince`, `insert`, `update`, `delete`; `generateMBReference` of invoices, invoice-receipts and simplified invoices; `setTransportCode` of what goes with goods |
//! | `customerAlternateAddresses` | `getAll`, `insert`, `update`, `delete`, `getModifiedSince`, `countModifiedSince` |
//! | `products` | every documented method; a form may have a picture in it |
//! | `productStocks` | every documented method |
//! | `suppliers`, `salesmen` | every documented method, `getModifiedSince`, `countModifiedSince` |
//! | `bankAccounts`, `deductions`, `deliveryMethods`, `economicActivityClassificationCodes`, `identificationTemplates`, `maturityDates`, `measurementUnits`, `paymentMethods`, `priceClasses`, `productProperties`, `taxes`, `warehouses` | `getAll`, `insert`, `update`, `delete`, `getModifiedSince`, `countModifiedSince` |
//! | `documentSets`, `productCategories`, `vehicles` | the same, and `ATInsertCode` with `ATInsertCodeBulk`, `getOne`, `getBySearch` |
//! | `countries`, `currencies`, `documentModels`, `fiscalZones`, `geographicZones`, `languages` | `getAll` |
//! | `currencyExchange`, `multibancoGateways`, `taxExemptions` | `getAll`, `getModifiedSince`, `countModifiedSince` |
//! | `subscription` | `getOne` |
//!
//! Every answer carries a `Date` by the sandbox's clock, which can be moved.
//!
//! Every other path answers 404 with an HTML page.
//!
//! # Documents
//!
//! An insert is checked as the service checks it, and the errors of lines, associated documents and payments come in
//! one list for each of them. Amounts follow from the lines: discounts first, taxes on what is left, VAT on other
//! taxes. Only drafts are updated and deleted. An update keeps what it does not name, except for the associated
//! documents, which are forgotten unless they are sent again. `status: 1` closes: the document gets the next number
//! of its series, a hash and an ATCUD, and settles what it is associated with.
//!
//! `documents/getPDFLink` leads to a page at `/downloads/index.php`, in faults and in the call log
//! `documents.preview`, and the page to a file, `documents.file`, which is given to who has the page's cookie only. The
//! keys in these links begin with `5ec2e7`, as all secrets do. With `signed=1` the page offers nothing.
//!
//! # The authorization page
//!
//! `GET /ac/root/oauth/` is the page to which an application sends a person; in production it is on another host.
//! There is no person here, so it answers at once: 302 to `redirect_uri` with a `code`, and never with a `state`.
//! `GET /v1/authorize/`, where the page was before, answers 302 to it with the same parameters. What is wrong is
//! answered with 400 and an error of OAuth, as at the token endpoint. With `deny=1`, which only this sandbox has,
//! the person refuses: 302 with `error=access_denied` and `error_description`.
//!
//! # What a person does
//!
//! [`Sandbox::human`] edits two collections as a person in Moloni's web application would:
//!
//! - **`customers`**: a create needs a `name`; an update replaces the fields given; a delete fails once a
//!   document names the customer. `number` and `vat` stay as they are from then on, and nothing says so.
//! - **`documents`**: a create needs a `customer_id`. It makes a closed invoice unless `document_type_id` and
//!   `status` (0 draft, 1 closed, 2 annulled) say otherwise. Amounts follow from those entered, so that
//!   net = gross − discounts + taxes − deduction. A draft can be edited and deleted; of any other document only
//!   `status` changes: 2 annuls it, 0 makes it a draft again, and both fail while another document derives
//!   from it.
//! - **A payment** is a document of type 2 with `associated_documents`:
//!   `{"customer_id": 1, "document_type_id": 2, "associated_documents": [{"associated_id": 7}]}`. It settles
//!   what is open, or the `value` given. The invoice's `reconciled_value` rises and its
//!   `reverse_associated_documents` grows, but its `lastmodified` stays: a poll of changed invoices does not see
//!   that one is paid.
//!
//! # Where Moloni's behaviour is not known
//!
//! The sandbox decides as follows; do not build on it.
//!
//! - A company that the account cannot see answers `{"valid": 0}` to reads and writes alike. The demonstration
//!   company (5) holds nothing and refuses writes.
//! - `getModifiedSince` includes its moment. Closing, annulling and reopening touch `lastmodified`.
//! - A locked login stays locked for five minutes; a refresh leaves older access tokens alone until they expire.
//! - Types of document whose number is not known have one from 901 on.
//! - Errors of several lists in one document follow each other, the header's before them. A line with two VATs is
//!   `15 taxes`, one with VAT in the wrong place `14 taxes`, an unnamed customer above 1000 is `16 customer_id`.
//! - Every series is registered, and no document waits to be reported.
//! - An invoice may be associated with an order up to the order's value, and settles it.
//! - `documentDraft` forgets associated documents unless `keep_conciliations` is 1; `observation` is forgotten.
//! - References of Multibanco answer and are read with `reference_id`, `entity`, `reference`, `value` and `paid`.
//! - `generate_mb_reference`, `send_email` and deductions have no effect, and suppliers need not exist.
//! - Settings lists, changed ones too, ignore paging; `products` does not.
//! - What a customer, a product or a document names cannot be deleted: `{"valid": 0}`. A row that shows a setting
//!   inside keeps the name that the setting had when the row was written.
//! - An alternate address belongs to its customer's row, whose own time of change it does not touch.
//! - A name of a series is unique. Its taxes are what a product is charged; errors in them are one list for each.
//! - `ATInsertCode` takes every code, and invents one where none is given; the tax authority never says no.
//! - `ATInsertCodeBulk` takes `document_set_id` and registers the series for every type of document.
//! - Numbers of suppliers and of salesmen are unique. What must be there and what may be
//!   left out is as documented, and a category may be deleted although others are in it.
//! - `documentModels`, `geographicZones` and `multibancoGateways` are empty, and `taxExemptions` have a `code` only.
//! - `getLastCostPrice` answers `{"cost_price": …}` of the first supplier, and `[]` if there is none.
//! - `updateMe` leaves the login as it is. Who signs up has ids, a slug and an e-mail address that nobody else gets,
//!   and cannot log in. `recoverPassword` takes every address.
//! - A product's `image` is the name of the file that was sent.
//! - A movement changes the stock of its product; documents do not. `moveToWarehouse` notes two movements, and the
//!   one that it names stays. `product_stock_id` is what the writes answer with.
//! - Ids of other records in a customer (payment method, salesman …) need not exist. If they don't, the nested
//!   object is missing.
//! - The grant takes its parameters in a body, too, though Moloni was seen to refuse that for a password.
//! - A 429 carries an HTML body. Neither the grant nor the page is counted.
//! - A code of the page lives for five minutes, and must be exchanged with the `redirect_uri` of the page. An
//!   exchange that is refused does not use it up.
//! - The page takes `http` and `https` addresses, refuses every `response_type` but `code` with `invalid_request`,
//!   and without a `redirect_uri` goes to the registered one.

mod addresses;
mod amounts;
mod authorize;
mod companies;
mod customers;
mod document_sets;
mod document_types;
mod documents;
mod entry;
mod files;
mod fixtures;
mod grant;
mod human;
mod lines;
mod lisbon;
mod lists;
mod multibanco;
mod multipart;
mod params;
mod products;
mod route;
mod row;
mod search;
mod settings;
mod settlement;
mod sign_up;
mod stocks;
mod taxes;
mod upkeep;
mod validate;
mod world;
mod writing;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use sync_core::{Env, SystemEnv};

pub use sync_core::sandbox_kit::{Call, Edit, Fault, FaultKind, Server};
pub use world::World;

use fixtures::Fixtures;

/// How a [`Sandbox`] starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The port on `127.0.0.1`; 0 takes any free one.
    pub port: u16,
    /// Ids, keys and tokens follow from it.
    pub seed: u64,
    /// A folder of recorded answers named `{entity}.{method}.json`.
    ///
    /// Recorded lists replace the sandbox's own rows; documents of all types are united behind `documents`, and
    /// customers that only documents name are made from what the documents remember. Counts are computed.
    /// Answers of entities that the sandbox does not have are served as they are.
    pub fixtures: Option<PathBuf>,
    /// Divides the interval of [`requests`](Self::requests): at 60.0 a minute lasts a second. From 0.001 to
    /// 1000000.
    pub speed: f64,
    /// How many calls pass per minute; those beyond answer 429. `None` sets no limit, as Moloni publishes none.
    pub requests: Option<u32>,
    /// The registered redirect address, which the page and a grant by code must be given exactly so. `None` accepts
    /// any.
    pub redirect_uri: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { port: 0, seed: 1, fixtures: None, speed: 1.0, requests: None, redirect_uri: None }
    }
}

/// What a client of a [`Sandbox`] needs: keys and tokens, and ids that exist there.
///
/// Every secret begins with `5ec2e7`, and so do the tokens that the sandbox issues later: search your own logs and
/// errors for it. `Debug` hides the secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The *Developer ID*.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The user's login, an e-mail address.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// An authorization code, as if the page had given it. It works once and never expires.
    pub code: String,
    /// An access token. It lives for an hour.
    pub access_token: String,
    /// Its refresh token. It lives for 14 days and works once.
    pub refresh_token: String,
    /// The user's company.
    pub company_id: u64,
    /// A row of `languages/getAll`.
    pub language_id: u64,
    /// A row of `countries/getAll`.
    pub country_id: u64,
    /// A row of `maturityDates/getAll`.
    pub maturity_date_id: u64,
    /// A row of `paymentMethods/getAll`.
    pub payment_method_id: u64,
    /// A row of `deliveryMethods/getAll`.
    pub delivery_method_id: u64,
    /// A row of `documentSets/getAll`.
    pub document_set_id: u64,
    /// A row of `products/getAll`.
    pub product_id: u64,
    /// A row of `taxes/getAll`.
    pub tax_id: u64,
    /// A row of `productCategories/getAll`.
    pub category_id: u64,
    /// A row of `measurementUnits/getAll`.
    pub unit_id: u64,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .field("company_id", &self.company_id)
            .finish_non_exhaustive()
    }
}

/// A running Moloni. It stops when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Sandbox {
    server: Server<World>,
    credentials: Credentials,
}

impl Sandbox {
    /// Starts it on loopback.
    ///
    /// # Errors
    ///
    /// The port is taken, [`speed`](Config::speed) is out of range, or a recorded answer cannot be used; the
    /// message names the file then.
    pub async fn start(config: Config) -> io::Result<Self> {
        if !(0.001..=1_000_000.0).contains(&config.speed) {
            let why = "speed: expected a number from 0.001 to 1000000";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let fixtures = match &config.fixtures {
            Some(folder) => {
                Fixtures::load(folder).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?
            }
            None => Fixtures::default(),
        };
        let (world, credentials) = World::new(&config, fixtures, SystemEnv::new().now());
        Ok(Self { server: Server::start(world, config.port).await?, credentials })
    }

    /// `http://127.0.0.1:{port}`; append `/v1/`, `/v2/` or `/sandbox/`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Keys, tokens and ids for a client.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Adds a customer as a person would, and returns its id.
    ///
    /// # Errors
    ///
    /// A sentence or the service's own codes that say what is wrong.
    pub fn add_customer(&self, fields: Value) -> Result<u64, String> {
        self.add("customers", fields, "customer_id")
    }

    /// Adds a document as a person would, and returns its id.
    ///
    /// # Errors
    ///
    /// A sentence or the service's own codes that say what is wrong.
    pub fn add_document(&self, fields: Value) -> Result<u64, String> {
        self.add("documents", fields, "document_id")
    }

    fn add(&self, collection: &str, fields: Value, key: &str) -> Result<u64, String> {
        let added = self.human(Edit::Create { collection: collection.to_owned(), fields })?;
        added.get(key).and_then(Value::as_u64).ok_or_else(|| format!("no {key} was given"))
    }

    /// Edits a record as a person would and returns it as it is afterwards, see [above](self).
    ///
    /// # Errors
    ///
    /// A sentence or the service's own codes that say what is wrong.
    pub fn human(&self, edit: Edit) -> Result<Value, String> {
        self.server.human(edit)
    }

    /// Everything it holds. No token or secret.
    pub fn state(&self) -> Value {
        self.server.state()
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.server.calls()
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.server.fault(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.server.clear_faults();
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.server.advance(by);
    }

    /// Makes the present state the one that [`reset`](Self::reset) returns to.
    pub fn checkpoint(&self) {
        self.server.checkpoint();
    }

    /// Back to the state at start, or at the last [`checkpoint`](Self::checkpoint).
    pub fn reset(&self) {
        self.server.reset();
    }

    /// The server behind it.
    pub fn server(&self) -> &Server<World> {
        &self.server
    }
}
