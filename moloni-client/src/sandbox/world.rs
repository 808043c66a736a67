use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};
use sync_core::sandbox_kit::{Answer, Backend, Edit, Request};

use super::customers::Customer;
use super::documents::Document;
use super::fixtures::Fixtures;
use super::grant::Auth;
use super::route::{self, Target};
use super::row::{Row, id, list};
use super::{Config, Credentials, authorize, companies, files, settings};

/// When rows that nobody wrote were last changed, as far as `getModifiedSince` goes.
pub(super) const LONG_AGO: Timestamp = Timestamp::UNIX_EPOCH;
/// The company that every account can see.
pub(super) const DEMONSTRATION: u64 = 5;

/// Everything that the sandbox holds: the state machine behind [`Sandbox`](super::Sandbox).
#[derive(Clone)]
pub struct World {
    auth: Auth,
    quota: Option<Quota>,
    pub(super) company: Row,
    pub(super) user: Row,
    settings: BTreeMap<&'static str, Vec<Row>>,
    /// When rows of settings, and addresses, were last written: by list and id.
    changed: BTreeMap<(&'static str, u64), Timestamp>,
    pub(super) customers: BTreeMap<u64, Customer>,
    pub(super) documents: BTreeMap<u64, Document>,
    /// Recorded answers of methods that are served as they are, by operation.
    recorded: BTreeMap<String, Value>,
    last_id: u64,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("company_id", &self.company_id())
            .field("customers", &self.customers.len())
            .field("documents", &self.documents.len())
            .finish_non_exhaustive()
    }
}

impl World {
    /// The state at start, and what a client needs to use it.
    pub(super) fn new(config: &Config, fixtures: Fixtures, now: Timestamp) -> (Self, Credentials) {
        let mut random = Rng::with_seed(config.seed);
        let mut auth = Auth::new(random.fork(), config.redirect_uri.clone());
        let mut last_id = random.u64(100_000..1_000_000);
        let mut next = || {
            last_id += 1 + random.u64(..9);
            last_id
        };
        let company =
            fixtures.company.unwrap_or_else(|| companies::company(next(), "Sandbox, Lda", "500000000"));
        let user = fixtures.user.unwrap_or_else(|| companies::user(next(), &auth.username));
        let mut lists = fixtures.settings;
        settings::fill(&mut lists, id(&company, "company_id"), next);

        let pair = auth.new_pair(now);
        let code = auth.new_code(None);
        let first = |entity: &str, key: &str| {
            let rows = lists.get(entity).map(Vec::as_slice).unwrap_or_default();
            let at_root = |r: &&Row| entity != "productCategories" || id(r, "parent_id") == 0;
            rows.iter().find(at_root).or(rows.first()).map_or(0, |r| id(r, key))
        };
        let credentials = Credentials {
            client_id: auth.client_id.clone(),
            client_secret: auth.client_secret.clone(),
            username: auth.username.clone(),
            password: auth.password.clone(),
            code,
            access_token: pair.access,
            refresh_token: pair.refresh,
            company_id: id(&company, "company_id"),
            language_id: first("languages", "language_id"),
            country_id: first("countries", "country_id"),
            maturity_date_id: first("maturityDates", "maturity_date_id"),
            payment_method_id: first("paymentMethods", "payment_method_id"),
            delivery_method_id: first("deliveryMethods", "delivery_method_id"),
            document_set_id: first("documentSets", "document_set_id"),
            product_id: first("products", "product_id"),
            tax_id: first("taxes", "tax_id"),
            category_id: first("productCategories", "category_id"),
            unit_id: first("measurementUnits", "unit_id"),
        };
        let mut world = Self {
            auth,
            quota: config.requests.map(|most| Quota::new(most, config.speed)),
            company,
            user,
            settings: lists,
            changed: BTreeMap::new(),
            customers: BTreeMap::new(),
            documents: BTreeMap::new(),
            recorded: fixtures.recorded,
            last_id,
        };
        world.load(fixtures.customers, fixtures.documents);
        (world, credentials)
    }

    pub(super) fn company_id(&self) -> u64 {
        id(&self.company, "company_id")
    }

    /// The rows of a settings list.
    pub(super) fn settings(&self, entity: &str) -> &[Row] {
        self.settings.get(entity).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rows of a settings list, to write.
    pub(super) fn rows_mut(&mut self, entity: &'static str) -> &mut Vec<Row> {
        self.settings.entry(entity).or_default()
    }

    /// Notes when a row was written.
    pub(super) fn note_change(&mut self, entity: &'static str, id: u64, now: Timestamp) {
        self.changed.insert((entity, id), now);
    }

    /// When a row was last written.
    pub(super) fn changed_at(&self, entity: &'static str, id: u64) -> Timestamp {
        self.changed.get(&(entity, id)).copied().unwrap_or(LONG_AGO)
    }

    /// The first row of a settings list.
    pub(super) fn first(&self, entity: &str) -> Row {
        self.settings(entity).first().cloned().unwrap_or_default()
    }

    /// Some fields of the row with this id, as rows of other lists nest it; `None` if there is no such row.
    pub(super) fn excerpt(&self, entity: &str, key: &str, wanted: u64, shown: &[&str]) -> Option<Value> {
        let found = self.settings(entity).iter().find(|r| id(r, key) == wanted)?;
        let fields = shown.iter().filter_map(|f| Some(((*f).to_owned(), found.get(*f)?.clone())));
        Some(Value::Object(fields.collect()))
    }

    /// A recorded answer that is served as it is.
    pub(super) fn recorded(&self, entity: &str, method: &str) -> Option<&Value> {
        self.recorded.get(&format!("{entity}.{method}"))
    }

    /// A fresh id. Records of all kinds share one sequence, so an id of the wrong kind never hits by accident.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Makes sure that fresh ids are above `taken`.
    pub(super) fn skip_id(&mut self, taken: u64) {
        self.last_id = self.last_id.max(taken);
    }

    /// The same account with nothing in it.
    pub(super) fn without_records(&self) -> Self {
        Self {
            settings: BTreeMap::new(),
            customers: BTreeMap::new(),
            documents: BTreeMap::new(),
            ..self.clone()
        }
    }
}

impl Backend for World {
    fn operation(&self, request: &Request) -> Option<String> {
        let target = Target::of(request)?;
        let known = match &target {
            Target::Grant | Target::Page | Target::OldPage | Target::Preview | Target::File => true,
            Target::Call { entity, method } => {
                route::computes(entity, method) || self.recorded(entity, method).is_some()
            }
        };
        known.then(|| target.operation())
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let mut answer = self.answer_to(request, now);
        // The clock may have been moved, and clients go by this header.
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
            answer.headers.push(("date".to_owned(), date));
        }
        answer
    }

    fn state(&self) -> Value {
        let customers = self.customers.values().map(|c| c.row.clone());
        let documents = self.documents.values().map(|d| self.document_detail(d));
        json!({
            "company": self.company,
            "customers": list(customers),
            "documents": list(documents),
            "settings": self.settings,
        })
    }

    fn human(&mut self, edit: Edit, now: Timestamp) -> Result<Value, String> {
        super::human::edit(self, edit, now)
    }
}

impl World {
    fn answer_to(&mut self, request: &Request, now: Timestamp) -> Answer {
        let (entity, method) = match Target::of(request) {
            None => return route::not_found(),
            Some(Target::Grant) => return self.auth.grant(request, now),
            Some(Target::Page) => return self.auth.authorize(request, now),
            Some(Target::OldPage) => return authorize::moved(request),
            Some(Target::Preview) => return files::page(self, request),
            Some(Target::File) => return files::file(self, request),
            Some(Target::Call { entity, method }) => (entity, method),
        };
        if self.quota.as_mut().is_some_and(|quota| !quota.admits(now)) {
            return Answer::text(
                429,
                "text/html; charset=utf-8",
                "<html><body>Too Many Requests</body></html>",
            );
        }
        if !route::is_open(&entity, &method) {
            if let Some(refusal) = self.auth.refuses(request.query("access_token"), now) {
                return refusal;
            }
        }
        route::answer(self, &entity, &method, request, now).unwrap_or_else(route::not_found)
    }
}

/// How many calls pass in a sliding interval.
#[derive(Debug, Clone)]
struct Quota {
    most: usize,
    interval: Duration,
    passed: VecDeque<Timestamp>,
}

impl Quota {
    fn new(per_minute: u32, speed: f64) -> Self {
        let interval = Duration::from_secs(60).div_f64(speed);
        Self { most: usize::try_from(per_minute).unwrap_or(usize::MAX), interval, passed: VecDeque::new() }
    }

    fn admits(&mut self, now: Timestamp) -> bool {
        let start = now - self.interval;
        while self.passed.front().is_some_and(|at| *at <= start) {
            self.passed.pop_front();
        }
        let admits = self.passed.len() < self.most;
        if admits {
            self.passed.push_back(now);
        }
        admits
    }
}
