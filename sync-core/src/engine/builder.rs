use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::budget::Budget;
use super::clock::Clock;
use super::collection::Collection;
use super::guard::{Guards, Watch};
use super::handle::Engine;
use super::journal::RunId;
use super::mapping::Mapper;
use super::record::{Side, Snapshot};
use super::rule::{Enrich, Rule};
use super::runtime::{Births, Facts, InScope, Parts, Runtime};
use super::schema::Schema;
use super::side_names::SideNames;
#[cfg(feature = "_simulation")]
use super::switches::RuleOff;
use super::value::Pair;
use crate::privacy::PrivacyKey;
use crate::queue::{MemoryQueue, WorkQueue};
use crate::store::{MemoryStore, Store};
use crate::{Env, NoObserver, Observer, SystemEnv};

/// Puts an [`Engine`] together.
#[derive(Clone)]
#[must_use = "call `build`"]
pub struct EngineBuilder {
    name: String,
    sides: SideNames,
    collections: Pair<Arc<dyn Collection>>,
    mapper: Arc<dyn Mapper>,
    store: Option<Arc<dyn Store>>,
    queue: Option<Arc<dyn WorkQueue>>,
    hints_in_store: bool,
    observer: Arc<dyn Observer>,
    budget: Option<Arc<dyn Budget>>,
    env: Option<Arc<dyn Env>>,
    births: Pair<Births>,
    in_scope: Pair<Option<InScope>>,
    parents: Option<Arc<dyn Store>>,
    facts: BTreeMap<String, Facts>,
    targets: BTreeMap<String, Arc<dyn Collection>>,
    enrich: Vec<Arc<dyn Enrich>>,
    send_within: Duration,
    skew: Duration,
    max_attempts: u32,
    concurrency: usize,
    guards: Guards,
    keep_journal_for: Duration,
    privacy: Option<Arc<PrivacyKey>>,
    session: Option<RunId>,
    #[cfg(feature = "_simulation")]
    off: Vec<RuleOff>,
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    pub(super) fn new(
        name: String,
        left: Arc<dyn Collection>,
        right: Arc<dyn Collection>,
        mapper: Arc<dyn Mapper>,
    ) -> Self {
        Self {
            name,
            sides: SideNames::default(),
            collections: Pair::new(left, right),
            mapper,
            store: None,
            queue: None,
            hints_in_store: false,
            observer: Arc::new(NoObserver),
            budget: None,
            env: None,
            births: Pair::default(),
            in_scope: Pair::default(),
            parents: None,
            facts: BTreeMap::new(),
            targets: BTreeMap::new(),
            enrich: Vec::new(),
            send_within: Duration::from_secs(30),
            skew: Duration::from_secs(5),
            max_attempts: 10,
            concurrency: 8,
            guards: Guards::new(),
            keep_journal_for: Duration::from_secs(400 * 24 * 3600),
            privacy: None,
            session: None,
            #[cfg(feature = "_simulation")]
            off: Vec::new(),
        }
    }

    /// Names the sides in what people read: questions, plans, stories, undos and errors say "Moloni" and "HighLevel" for
    /// them. Default: "the left side" and "the right side". Nothing but words follows from it, so it can change; what was
    /// asked in other words, and answered but not worked on, may be asked once more.
    pub fn sides(mut self, left: impl Into<String>, right: impl Into<String>) -> Self {
        self.sides = SideNames::new(left, right);
        self
    }

    /// Keeps the state, the hints and what is left of the accounts' quotas in one database, such as a
    /// [`SqliteStore`](crate::store) or a [`PostgresStore`](crate::store). What a run finds and what it hints is then
    /// committed together. Stands for [`store`](Self::store), [`queue`](Self::queue) and [`budget`](Self::budget), of
    /// which a later call replaces its part.
    pub fn database<D: Store + WorkQueue + Budget + 'static>(self, database: Arc<D>) -> Self {
        let hints_in_store = database.keeps_hints();
        let builder = self.store(database.clone()).queue(database.clone()).budget(database);
        Self { hints_in_store, ..builder }
    }

    /// Keeps the state here. Default: in memory, which forgets with the process.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        (self.store, self.hints_in_store) = (Some(store), false);
        self
    }

    /// Takes hints from here. Default: a queue in memory; what it forgets with the process, a sweep finds again.
    pub fn queue(mut self, queue: Arc<dyn WorkQueue>) -> Self {
        (self.queue, self.hints_in_store) = (Some(queue), false);
        self
    }

    /// Tells this observer what happens.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Shares the accounts' quotas through this budget. Default: no limit beyond what the clients hold.
    pub fn budget(mut self, budget: Arc<dyn Budget>) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Sets the clock and chance. Default: the system's.
    pub fn env(mut self, env: Arc<dyn Env>) -> Self {
        self.env = Some(env);
        self
    }

    /// Sets what becomes of records of `side` that are in no pair. Default: their partner is found, or created.
    pub fn births(mut self, side: Side, births: Births) -> Self {
        self.births[side] = births;
        self
    }

    /// Syncs only records of `side` for which this holds. A pair that leaves the scope rests, and is never deleted.
    pub fn in_scope(mut self, side: Side, f: impl Fn(&Snapshot) -> bool + Send + Sync + 'static) -> Self {
        self.in_scope[side] = Some(Arc::new(f));
        self
    }

    /// Says that the records live under others, as notes under a contact: `parents` is the store of the sync that pairs
    /// those. A partner is created under the partner of its parent, once that is there.
    pub fn under(mut self, parents: Arc<dyn Store>) -> Self {
        self.parents = Some(parents);
        self
    }

    /// Derives records from the left records themselves. Rules of earlier calls stay.
    pub fn rule(self, rule: Arc<dyn Rule>) -> Self {
        let left = self.collections.left.clone();
        self.facts(left, vec![rule])
    }

    /// Derives records from the facts of another collection of the left side. Rules of earlier calls for a collection of
    /// this name stay.
    pub fn facts(mut self, collection: Arc<dyn Collection>, rules: Vec<Arc<dyn Rule>>) -> Self {
        let facts = self.facts.entry(collection.name().to_owned());
        facts.or_insert_with(|| Facts { collection, rules: Vec::new() }).rules.extend(rules);
        self
    }

    /// Puts derived records into this collection of the right side; rules know it by its name. Another one of the same name
    /// replaces it.
    pub fn target(mut self, collection: Arc<dyn Collection>) -> Self {
        self.targets.insert(collection.name().to_owned(), collection);
        self
    }

    /// Adds computed fields to left records before the mapping reads them.
    pub fn enrich(mut self, enrich: Arc<dyn Enrich>) -> Self {
        self.enrich.push(enrich);
        self
    }

    /// Sets how long an announced write may take to be sent. Default: 30 s. What became of one that is never answered is
    /// found out after this time, plus a request's timeout, plus the service's lag.
    pub fn send_within(mut self, patience: Duration) -> Self {
        self.send_within = patience;
        self
    }

    /// Sets how far the clocks of the services may be off ours. Default: 5 s. It makes "newest wins" as uncertain as the
    /// clocks are.
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// Sets after how many failures in a row a record is left to a person. Default: 10.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets how many keys are worked on at once. Default: 8. The rate limit is the clients' affair.
    pub fn concurrency(mut self, keys: usize) -> Self {
        self.concurrency = keys.max(1);
        self
    }

    /// Sets when to stop and ask a person. Default: [`Guards::new`], by which the first plan of a state has to be approved,
    /// and live work does nothing before that.
    pub fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }

    /// Sets how long the journal remembers. Default: 400 days, so that the same month of last year can be looked at. What
    /// is older is deleted once a day while the engine [runs](Engine::run), and by [`Engine::trim_journal`].
    pub fn keep_journal_for(mut self, age: Duration) -> Self {
        self.keep_journal_for = age;
        self
    }

    /// Keeps no values, but keyed hashes of them: privacy mode. It decides as it would with values; what it cannot do is
    /// tell or put back what was there before. The journal holds no values then, and resolvers and merges are not told
    /// the base that no side shows any more.
    ///
    /// A state that was kept in the clear is rewritten by a running engine, and pair by pair as they are worked on. With
    /// another key, and without any, all fields meet for the first time again. `docs/privacy.md` tells what stays in the
    /// clear.
    pub fn privacy(mut self, key: PrivacyKey) -> Self {
        self.privacy = Some(Arc::new(key));
        self
    }

    /// Sets how the journal names what this engine does beside [`apply`](Engine::apply). No two processes may have one
    /// name, nor a process the name of one before it. Default: the time at which it is built, and chance.
    pub fn session(mut self, name: RunId) -> Self {
        self.session = Some(name);
        self
    }

    /// Turns rules off, to see what breaks.
    #[cfg(feature = "_simulation")]
    #[doc(hidden)]
    pub fn without(mut self, rules: &[RuleOff]) -> Self {
        self.off = rules.to_vec();
        self
    }

    /// Makes the engine.
    pub fn build(self) -> Engine {
        let env = self.env.unwrap_or_else(|| Arc::new(SystemEnv::new()));
        let queue = self.queue.unwrap_or_else(|| Arc::new(MemoryQueue::new(env.clone())));
        let session = self
            .session
            .unwrap_or_else(|| RunId::of(env.now(), "session", format_args!("{:016x}", env.rand())));
        let schema = Schema::of(self.mapper.as_ref(), self.privacy);
        let parts = Parts {
            name: self.name,
            sides: self.sides,
            watch: Watch::new(self.guards, &schema),
            schema,
            collections: self.collections,
            mapper: self.mapper,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            queue,
            hints_in_store: self.hints_in_store,
            observer: self.observer,
            budget: self.budget,
            clock: Clock::new(env),
            births: self.births,
            in_scope: self.in_scope,
            parents: self.parents,
            facts: self.facts,
            targets: self.targets,
            enrich: self.enrich,
            send_within: self.send_within,
            skew: self.skew,
            max_attempts: self.max_attempts,
            concurrency: self.concurrency,
            keep_journal_for: self.keep_journal_for,
            breakers: Mutex::default(),
            accounts: Mutex::default(),
            is_bound: false.into(),
            failures: Mutex::default(),
            #[cfg(feature = "_simulation")]
            off: self.off,
        };
        Engine::from_runtime(Runtime { parts: Arc::new(parts), run: session, origin: None })
    }
}
