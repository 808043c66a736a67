use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sync_core::http::{CallOptions, HttpClient, HttpSettings, Method, Operation, Reply, Request, Url};
use sync_core::secrecy::ExposeSecret;
use sync_core::{AccountKey, Idempotency, SecretString, StaticToken, TokenSource};

use crate::feed::{Checkpoint, Feed};
use crate::form::{self, Encoding};
use crate::multipart::{self, File};
use crate::outcome::{Answer, Expected, Fault, classify};
use crate::resources::{
    AlternateAddresses, Companies, Countries, Customers, Documents, Languages, Products, Taxes, Users,
};
use crate::service::{Moloni, RATE_LIMIT};
use crate::types::Company;
use crate::value::to_whole;
use crate::{CompanyId, CustomerId, Error};

/// The production service.
pub(crate) const BASE_URL: &str = "https://api.moloni.pt/v1/";

/// What needs no login, and is sent no token.
const OPEN: [&str; 3] = ["companies.freeSlug", "users.recoverPassword", "users.signUp"];

/// Calls Moloni for one login and, mostly, one of its companies.
///
/// Clones are cheap and share connections, rate limit and retry budget.
///
/// ```no_run
/// use moloni_client::{Client, CompanyId};
///
/// # async fn example() -> Result<(), moloni_client::Error> {
/// let client = Client::builder().token("…").company(CompanyId::from(5)).build()?;
/// let customers = client.customers().count().await?;
/// # let _ = customers;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    http: HttpClient,
    company: Option<CompanyId>,
    encoding: Encoding,
    has_login: bool,
}

impl Client {
    /// Starts a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            tokens: None,
            anonymous: false,
            company: None,
            account: None,
            encoding: Encoding::default(),
            http: HttpSettings::new(),
            base: BASE_URL.into(),
        }
    }

    /// The same client with other options for its calls.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self { http: self.http.with(options), ..self.clone() }
    }

    /// The same client for another company of the same login. It shares the rate limit.
    #[must_use]
    pub fn for_company(&self, company: CompanyId) -> Self {
        Self { company: Some(company), ..self.clone() }
    }

    /// The name that tokens, rate limit and logs of `company` go by: `moloni:{company}`.
    pub fn account_key(company: CompanyId) -> AccountKey {
        AccountKey::new("moloni", company)
    }

    /// The company that calls are for, if one is set.
    pub fn company(&self) -> Option<CompanyId> {
        self.company
    }

    /// The account that tokens, rate limit and logs go by.
    pub fn account(&self) -> &AccountKey {
        self.http.account()
    }

    /// Reads the company that calls are for, and so makes sure that the login reaches it.
    ///
    /// `POST /companies/getAll/`, a read. The cheapest call that proves tokens and company right.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongAccount`](crate::ErrorKind::WrongAccount), naming the companies that the login does reach;
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) if no company is set; other kinds as
    /// [`get_all`](Companies::get_all).
    pub async fn identity(&self) -> Result<Company, Error> {
        let missing =
            || Error::request("companies.getAll", "no company is set, so there is none to look for");
        let wanted = self.company.ok_or_else(missing)?;
        let mut companies = self.companies().get_all().await?;
        if let Some(at) = companies.iter().position(|company| company.company_id == wanted) {
            return Ok(companies.swap_remove(at));
        }
        let reached: Vec<_> =
            companies.iter().map(|company| format!("{} ({})", company.company_id, company.name)).collect();
        Err(Error::wrong_account(format!(
            "this login does not reach company {wanted}; it reaches {}",
            if reached.is_empty() { "none".to_owned() } else { reached.join(", ") }
        )))
    }

    /// The further addresses of a customer.
    pub fn alternate_addresses(&self, customer: CustomerId) -> AlternateAddresses<'_> {
        AlternateAddresses { client: self, customer }
    }

    /// The companies of the login. They need no company set.
    pub fn companies(&self) -> Companies<'_> {
        Companies { client: self }
    }

    /// The countries of the service. They need no company set.
    pub fn countries(&self) -> Countries<'_> {
        Countries { client: self }
    }

    /// The company's customers.
    pub fn customers(&self) -> Customers<'_> {
        Customers { client: self }
    }

    /// The company's documents, of all types.
    pub fn documents(&self) -> Documents<'_> {
        Documents { client: self }
    }

    /// The languages of the service. They need no company set.
    pub fn languages(&self) -> Languages<'_> {
        Languages { client: self }
    }

    /// What changes in the company, from a checkpoint on. Sends nothing yet.
    pub fn feed(&self, checkpoint: Checkpoint) -> Feed {
        Feed::new(self.clone(), self.http.env().clone(), checkpoint)
    }

    /// The company's catalogue.
    pub fn products(&self) -> Products<'_> {
        Products { client: self }
    }

    /// The company's taxes and fees.
    pub fn taxes(&self) -> Taxes<'_> {
        Taxes { client: self }
    }

    /// The people who have a login.
    pub fn users(&self) -> Users<'_> {
        Users { client: self }
    }

    /// Calls any method, for those that have no typed one here.
    ///
    /// `POST /{entity}/{method}/`. `params` is a record; `company_id` is added if it is not there and a company is
    /// set. `idempotency` decides what is done about failures, so say [`Idempotency::Safe`] for reads only. A write is
    /// [`Idempotency::NotIdempotent`]: it is sent again only if it provably never arrived.
    ///
    /// The answer is judged as that of a typed method. A write must say that it worked. `getOne` and `getMe` bring a
    /// record, and `[]` is "not found"; `getAll` and `getModifiedSince` bring rows; what other reads bring is not
    /// known here, so only refusals are told apart. What is left is read as `T`: a type of yours, one of
    /// [`types`](crate::types), or [`serde_json::Value`] for all of it.
    ///
    /// ```no_run
    /// # async fn example(client: moloni_client::Client) -> Result<(), moloni_client::Error> {
    /// use moloni_client::Idempotency;
    /// use moloni_client::types::Tax;
    /// use serde_json::{Value, json};
    ///
    /// // A read that is not documented, with the type of a documented one.
    /// let params = json!({ "tax_id": 9 });
    /// let tax: Tax = client.call("taxes", "getOne", &params, Idempotency::Safe).await?;
    ///
    /// // A write, with the answer as it is.
    /// let params = json!({ "document_id": 7, "status": 1 });
    /// let write = Idempotency::NotIdempotent;
    /// let written = client.call::<Value>("proFormaInvoices", "update", &params, write).await?;
    /// # let _ = (tax, written);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] of kind `Request` if the names have other characters than letters and digits, or `params` is no
    /// record; `Decode` if the answer is no `T`; of any other kind for what comes back.
    pub async fn call<T: DeserializeOwned>(
        &self,
        entity: &str,
        method: &str,
        params: &(impl Serialize + Sync + ?Sized),
        idempotency: Idempotency,
    ) -> Result<T, Error> {
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_name(entity) || !is_name(method) {
            return Err(Error::request("call", "entity and method consist of letters and digits"));
        }
        let (name, template) = (format!("{entity}.{method}"), format!("/{entity}/{method}/"));
        let operation = Operation::dynamic(name, Method::POST, template, idempotency);
        let Ok(Value::Object(mut params)) = serde_json::to_value(params) else {
            return Err(Error::request(operation.name(), "the parameters are no record"));
        };
        if let Some(company) = self.company {
            params.entry("company_id").or_insert_with(|| company.get().into());
        }
        let expected = match method {
            _ if !idempotency.is_read() => Expected::Write,
            "getOne" | "getMe" => Expected::Object,
            "getAll" | "getModifiedSince" => Expected::List,
            _ => Expected::Any,
        };
        let answered = self.send(&operation, expected, &params).await?;
        if answered.answer == Answer::Nothing {
            // However the service spelt it.
            let none = || Error::from_fault(&operation, &answered.reply, Fault::Shape("no rows"));
            return T::deserialize(Value::Array(Vec::new())).map_err(|_| none());
        }
        answered.record(&operation)
    }

    /// What sends the calls.
    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// The parameters of every call for a company.
    pub(crate) fn company_params(&self, operation: &Operation) -> Result<Map<String, Value>, Error> {
        let missing = || {
            Error::request(operation.name(), "no company is set: name one with `company` or `for_company`")
        };
        let company = self.company.ok_or_else(missing)?;
        Ok(Map::from_iter([("company_id".to_owned(), company.get().into())]))
    }

    pub(crate) async fn send(
        &self,
        operation: &Operation,
        expected: Expected,
        params: &Map<String, Value>,
    ) -> Result<Answered, Error> {
        self.send_with(operation, expected, params, None).await
    }

    /// Sends parameters and, as the service takes one in a form only, a file.
    pub(crate) async fn send_with(
        &self,
        operation: &Operation,
        expected: Expected,
        params: &Map<String, Value>,
        file: Option<&File<'_>>,
    ) -> Result<Answered, Error> {
        // Flags work in the query only. With this one errors come with a description.
        let mut request = Request::new(operation).query("human_errors", "true");
        if OPEN.contains(&operation.name()) {
            request = request.anonymous();
        } else if !self.has_login {
            return Err(Error::request(operation.name(), "this client has no login"));
        }
        let fields = || {
            let wrong = |name| Error::request(operation.name(), format!("a form has no name {name:?}"));
            form::fields(params).map_err(wrong)
        };
        let request = match (self.encoding, file) {
            (_, Some(file)) => {
                let (content_type, body) = multipart::body(&fields()?, file);
                request.body(content_type, body)
            }
            // With this one the body is read as JSON; without it JSON would not be seen at all.
            (Encoding::Json, None) => request.query("json", "true").json(params),
            (Encoding::Form, None) => {
                request.form(fields()?.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            }
        };
        let reply = self.http.send(request).await.map_err(|error| Error::from_http(operation, error))?;
        match classify(expected, reply.status, &reply.body) {
            Ok(answer) => Ok(Answered { reply, answer }),
            Err(fault) => Err(Error::from_fault(operation, &reply, fault)),
        }
    }
}

/// An answer that is what its operation promises.
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    answer: Answer,
}

impl Answered {
    pub(crate) fn rows<T: DeserializeOwned>(&self, operation: &Operation) -> Result<Vec<T>, Error> {
        match self.answer {
            Answer::Nothing => Ok(Vec::new()),
            Answer::Body(_) => self.record(operation),
        }
    }

    /// The id that the answer has under `key`.
    pub(crate) fn id<I: From<u64>>(&self, operation: &Operation, key: &'static str) -> Result<I, Error> {
        let answer: Map<String, Value> = self.record(operation)?;
        let id =
            answer.get(key).and_then(to_whole).and_then(|id| u64::try_from(id).ok()).filter(|id| *id != 0);
        // It says that the write was done, and nothing under `key`.
        id.map(I::from).ok_or_else(|| Error::from_fault(operation, &self.reply, Fault::Incomplete(key)))
    }

    pub(crate) fn record<T: DeserializeOwned>(&self, operation: &Operation) -> Result<T, Error> {
        // From the bytes, because that tells where a value does not fit.
        self.reply.json().map_err(|error| Error::from_decode(operation, &self.reply, error))
    }
}

/// Sets up a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    tokens: Option<Arc<dyn TokenSource>>,
    anonymous: bool,
    company: Option<CompanyId>,
    account: Option<AccountKey>,
    encoding: Encoding,
    http: HttpSettings,
    /// Checked when the client is made; until then it may hold a password.
    base: SecretString,
}

impl ClientBuilder {
    /// Uses one access token, for the hour that it lives.
    #[must_use]
    pub fn token(self, token: impl Into<SecretString>) -> Self {
        self.tokens(Arc::new(StaticToken::new(token)))
    }

    /// Takes tokens from `source`, such as a [`TokenManager`](crate::TokenManager) that refreshes them.
    #[must_use]
    pub fn tokens(mut self, source: impl TokenSource + 'static) -> Self {
        self.tokens = Some(Arc::new(source));
        self
    }

    /// Makes do without tokens, for the calls that need none:
    /// [`users().sign_up`](crate::resources::Users::sign_up),
    /// [`users().recover_password`](crate::resources::Users::recover_password) and
    /// [`companies().free_slug`](crate::resources::Companies::free_slug). Others fail before anything is sent.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Sets the company that calls are for.
    ///
    /// Without one, only the calls that need none work: [`Client::companies`] finds the companies of the login, and
    /// [`Client::for_company`] goes on with one of them.
    #[must_use]
    pub fn company(mut self, company: CompanyId) -> Self {
        self.company = Some(company);
        self
    }

    /// Sets the name that rate limit and logs go by. Default: `moloni:{company}`.
    #[must_use]
    pub fn account(mut self, account: AccountKey) -> Self {
        self.account = Some(account);
        self
    }

    /// Sets how parameters are written. Default: [`Encoding::Json`].
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Sets how calls are sent. Default: [`HttpSettings::new`], with at most 10 requests in 10 seconds.
    #[must_use]
    pub fn http(mut self, settings: HttpSettings) -> Self {
        self.http = settings;
        self
    }

    /// Sets the address of the service. Default: `https://api.moloni.pt/v1/`.
    ///
    /// Moloni's own sandbox is at `https://api.moloni.pt/sandbox/`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = url.into().into();
        self
    }

    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) if there are no tokens, if the address is no URL or neither
    /// `https` nor on this machine, or if the settings do not make an HTTP client.
    pub fn build(self) -> Result<Client, Error> {
        let has_login = self.tokens.is_some();
        if !has_login && !self.anonymous {
            return Err(Error::request("client", "no tokens are set"));
        }
        let account = self.account.or(self.company.map(Client::account_key));
        let account = account.unwrap_or_else(|| AccountKey::new("moloni", "any"));
        let base = parse_url(self.base.expose_secret())?;
        let http = HttpClient::new(
            &self.http.or_user_agent(concat!("moloni-client/", env!("CARGO_PKG_VERSION"))),
            Arc::new(Moloni),
            account,
            base,
            self.tokens,
            RATE_LIMIT,
        );
        let http = http.map_err(Error::from_layer)?;
        Ok(Client { http, company: self.company, encoding: self.encoding, has_login })
    }
}

/// Reads the address of a service or of a page.
pub(crate) fn parse_url(text: &str) -> Result<Url, Error> {
    text.parse().map_err(|_| Error::request("base URL", "this is no URL"))
}
