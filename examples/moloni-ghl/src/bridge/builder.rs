use std::sync::Arc;

use ghl_contacts::sync::{AppointmentCollection, NoteCollection, TaskCollection};
use ghl_contacts::{CallOptions, HttpSettings};
use moloni_client::SystemEnv;
use moloni_client::sync::CustomerCollection;
use sync_core::engine::{Births, Budget, Engine, EngineBuilder, Guards, LearningBudget, Side};
use sync_core::http::RateLimit;
use sync_core::jiff::tz::TimeZone;
use sync_core::queue::WorkQueue;
use sync_core::store::{MemoryStore, Store};
use sync_core::{Env, Observer};

use super::{Bridge, BridgeError, SIDES, TwoWay, ghl, moloni};
use crate::attributes::Attributes;
use crate::businesses::{States, business_engine};
use crate::calls::CallCounter;
use crate::company::CompanyName;
use crate::extra::ExtraFields;
use crate::mapping::{ContactFields, ContactMapping};
use crate::phone::PhoneCountry;
use crate::rules::{Events, MARKERS};
use crate::settings::{Settings, Timing};

/// Puts a [`Bridge`] together.
#[must_use = "call `connect`"]
pub struct BridgeBuilder {
    settings: Settings,
    state: State,
    fields: ContactFields,
    extra: ExtraFields,
    attributes: Attributes,
    events: Events,
    two_way: Option<TwoWay>,
    guards: Guards,
    observer: Option<Arc<dyn Observer>>,
    businesses: Option<Arc<dyn Store>>,
}

/// Tells an engine where the state is kept, and the budget that has learned from the clients.
type Keep = Box<dyn FnOnce(EngineBuilder, Option<Arc<dyn Budget>>) -> EngineBuilder + Send>;

/// Where the state is kept.
struct State {
    keep: Keep,
    store: Arc<dyn Store>,
    budget: Option<Arc<dyn Budget>>,
}

impl std::fmt::Debug for BridgeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BridgeBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl BridgeBuilder {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::in_store(Arc::new(MemoryStore::new())),
            fields: ContactFields::default(),
            extra: ExtraFields::default(),
            attributes: Attributes::standard(),
            events: Events::default(),
            two_way: None,
            // Whoever runs it reads each plan before it is applied, the first one too; and a first run that was
            // interrupted still has most of its contacts to create. What clears, overwrites or deletes in many stops all
            // the same.
            guards: Guards::new().first_run(false).creates(None),
            observer: None,
            businesses: None,
        }
    }

    /// Keeps the state here, and hints in memory. Default: the state in memory too, which forgets with the process.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.state = State::in_store(store);
        self
    }

    /// Keeps the state, the hints and what is left of the quotas in one database, such as a
    /// [`SqliteStore`](sync_core::store::SqliteStore). For a bridge that [runs](Bridge::run) for good.
    pub fn database<D: Store + WorkQueue + Budget + 'static>(mut self, database: Arc<D>) -> Self {
        let (budget, store): (Arc<dyn Budget>, Arc<dyn Store>) = (database.clone(), database.clone());
        let keep = move |engine: EngineBuilder, budget: Option<Arc<dyn Budget>>| {
            let engine = engine.database(database);
            match budget {
                Some(budget) => engine.budget(budget),
                None => engine,
            }
        };
        self.state = State { keep: Box::new(keep), store, budget: Some(budget) };
        self
    }

    /// Sets which custom fields are used. Default: [`ContactFields::default`].
    pub fn fields(mut self, fields: ContactFields) -> Self {
        self.fields = fields;
        self
    }

    /// Syncs these fields beside those of [`ContactMapping`]. Default: none.
    pub fn extra_fields(mut self, extra: ExtraFields) -> Self {
        self.extra = extra;
        self
    }

    /// Sets which tags and custom fields follow from a customer. Default: [`Attributes::standard`].
    pub fn attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// Sets what becomes of documents and of customers' texts, and in which words. Default: [`Events::standard`] in English.
    pub fn events(mut self, events: Events) -> Self {
        self.events = events;
        self
    }

    /// Carries edits in HighLevel back to Moloni. Default: Moloni is only read.
    pub fn two_way(mut self, two_way: TwoWay) -> Self {
        self.two_way = Some(two_way);
        self
    }

    /// Sets when to stop and ask. Default: [`Guards::new`] without `first_run` and `creates`: the plan is read before it is
    /// applied. Where nobody reads it, as with [`Bridge::run`] alone, leave `first_run` on.
    pub fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }

    /// Makes one business of customers who share a tax number, and assigns their contacts to it, after each
    /// [`apply`](Bridge::apply) and each hour of a [`run`](Bridge::run). The state of that is kept here: not in the store of
    /// the contacts. Default: no businesses. See [`businesses`](crate::businesses).
    pub fn businesses(mut self, store: Arc<dyn Store>) -> Self {
        self.businesses = Some(store);
        self
    }

    /// Tells this observer of every request, token, retry, review and guard.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Connects both sides: logs in to Moloni and finds the company. Sends nothing to HighLevel yet.
    ///
    /// # Errors
    ///
    /// [`BridgeError`] that says which side, and what to mend.
    pub async fn connect(self) -> Result<Bridge, BridgeError> {
        let Self {
            settings,
            state,
            fields,
            extra,
            attributes,
            events,
            two_way,
            guards,
            observer,
            businesses,
        } = self;
        let (timing, next) = (settings.timing, observer.clone());
        let calls = Arc::new(match next {
            Some(next) => CallCounter::new(next),
            None => CallCounter::default(),
        });
        let mut heard: Arc<dyn Observer> = calls.clone();
        let budget = state.budget.map(|budget| {
            let learning = Arc::new(LearningBudget::new(budget).and_tell(calls.clone()));
            heard = learning.clone();
            learning as Arc<dyn Budget>
        });
        let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
        let http = HttpSettings::new()
            .user_agent(concat!("moloni-ghl/", env!("CARGO_PKG_VERSION")))
            .env(env.clone())
            .observer(heard.clone())
            .options(CallOptions::new().timeout(timing.request));

        // A write that is announced must be over, one way or the other, when the engine looks for it.
        let whole = CallOptions::new().timeout(timing.request).deadline(timing.send_within);
        let mut ghl_http = http.clone().options(whole.clone());
        if let Some(requests) = settings.ghl.requests_per_ten_seconds {
            let pause = std::time::Duration::from_secs(10) / requests.max(1);
            ghl_http = ghl_http.rate_limit(RateLimit::new(1, pause));
        }
        let ghl = ghl::connect(&settings.ghl, ghl_http)?;

        // Moloni is written to only where both ways are wanted.
        let moloni_http = if two_way.is_some() { http.options(whole) } else { http };
        let (moloni, company) = moloni::connect(&settings.moloni, &moloni_http, &env, heard.clone()).await?;
        let businesses = match businesses {
            Some(businesses) => {
                let states = States { contacts: state.store.clone(), businesses };
                let engine = business_engine(moloni.clone(), ghl.clone(), states, timing, env.clone())?;
                Some(engine.observer(heard.clone()).build())
            }
            None => None,
        };
        let clock = env.clone();
        let today = move || TimeZone::UTC.to_datetime(clock.now()).date();
        let mut mapping = ContactMapping::new(fields, today).attributes(attributes.clone()).extra(extra);
        let (customers, births) = if let Some(two_way) = &two_way {
            mapping = mapping.two_way(&moloni.countries().get_all().await?);
            (two_way.customers(moloni.clone(), timing.send_within), two_way.births())
        } else {
            // A contact that nobody in Moloni knows is none of ours.
            let customers = CustomerCollection::new(moloni.clone()).read_only();
            (customers.request_timeout(timing.request), Births::Ignore)
        };
        let contacts = mapping.collection(ghl.clone(), timing);
        let engine = Engine::builder(
            format!("moloni:{company}:customer"),
            Arc::new(customers),
            Arc::new(contacts.clone()),
            mapping.build()?,
        );
        let engine = (state.keep)(engine, budget)
            .sides(SIDES.left, SIDES.right)
            .observer(heard)
            .births(Side::Right, births)
            .enrich(Arc::new(CompanyName::new()))
            .enrich(Arc::new(PhoneCountry::new()))
            .enrich(Arc::new(attributes))
            .rule(events.of_customers(company.get()))
            .facts(Arc::new(events.facts(moloni)), vec![events.of_documents()])
            .target(Arc::new(NoteCollection::new(ghl.clone(), MARKERS).request_timeout(timing.send_within)))
            .target(Arc::new(TaskCollection::new(ghl.clone(), MARKERS).request_timeout(timing.send_within)))
            .target(Arc::new(appointments(ghl, timing)))
            .send_within(timing.send_within)
            .guards(guards)
            .env(env)
            .build();
        Ok(Bridge { engine, contacts, businesses, calls, told: Arc::default() })
    }
}

/// Goods come when they come, and nobody is told of what is long decided: a first run enters many at once.
fn appointments(ghl: ghl_contacts::Client, timing: Timing) -> AppointmentCollection {
    let appointments = AppointmentCollection::new(ghl, MARKERS).at_any_time().notifies(false);
    appointments.request_timeout(timing.send_within)
}

impl State {
    fn in_store(store: Arc<dyn Store>) -> Self {
        let kept = store.clone();
        Self { keep: Box::new(move |engine, _| engine.store(kept)), store, budget: None }
    }
}
