use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::apply::Apply;
use super::collection::Collection;
use super::fault::{Fault, FaultKind};
use super::link::{LinkId, Projection, ProjectionKey};
use super::mapping::Mapping;
use super::plan::Plan;
use super::planner::Planner;
use super::record::{RecordId, Scope, Snapshot};
use super::report::Report;
use super::rule::Rule;
use crate::store::{Accounts, BindError, Store};
use crate::{Env, StoreError, SystemEnv, Versioned};

/// One pass over everything, one way: every left record gets its partner at the right side, and every fact its
/// derived records.
///
/// Two steps: [`plan`](Self::plan) reads and writes nothing, [`apply`](Self::apply) does what the plan says. Run
/// again, a pass picks up what failed and finds nothing else to do. A pass can be killed at any moment: every
/// create is announced in the [`Store`] before it is sent, so the next pass knows what to look for.
#[derive(Debug, Clone)]
pub struct Pass {
    pub(super) left: Arc<dyn Collection>,
    pub(super) right: Arc<dyn Collection>,
    pub(super) mapping: Arc<Mapping>,
    pub(super) store: Arc<dyn Store>,
    pub(super) env: Arc<dyn Env>,
    pub(super) prefix: String,
    pub(super) left_rules: Vec<Arc<dyn Rule>>,
    pub(super) facts: Vec<Facts>,
    pub(super) targets: BTreeMap<String, Arc<dyn Collection>>,
    pub(super) concurrency: usize,
    pub(super) send_within: Duration,
}

/// How long an announced create may take to be sent.
const SEND_WITHIN: Duration = Duration::from_secs(30);

/// A collection of facts and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) collection: Arc<dyn Collection>,
    pub(super) rules: Vec<Arc<dyn Rule>>,
}

/// How far an [`apply`](Pass::apply) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Records and derived records that are done.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

/// Why a pass cannot be planned or applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassError {
    /// A side could not be read or set up.
    #[error("{collection}: {fault}")]
    Collection {
        /// Which collection.
        collection: String,
        /// What failed.
        #[source]
        fault: Fault,
    },
    /// The state belongs to other accounts.
    #[error(transparent)]
    Bind(BindError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BindError> for PassError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Store(error) => Self::Store(error),
            other @ BindError::Other { .. } => Self::Bind(other),
        }
    }
}

const PAGE: usize = 500;

impl Pass {
    /// A pass from `left` to `right`. Links are named `{prefix}:{left id}`, so the prefix must name the left
    /// account and collection, such as `moloni:5:customer`; the name is also the marker of created records.
    pub fn new(
        left: Arc<dyn Collection>,
        right: Arc<dyn Collection>,
        mapping: Mapping,
        store: Arc<dyn Store>,
        prefix: impl Into<String>,
    ) -> Self {
        Self {
            left,
            right,
            mapping: Arc::new(mapping),
            store,
            env: Arc::new(SystemEnv::new()),
            prefix: prefix.into(),
            left_rules: Vec::new(),
            facts: Vec::new(),
            targets: BTreeMap::new(),
            concurrency: 8,
            send_within: SEND_WITHIN,
        }
    }

    /// Derives records from the left records themselves.
    #[must_use]
    pub fn rule(mut self, rule: Arc<dyn Rule>) -> Self {
        self.left_rules.push(rule);
        self
    }

    /// Derives records from the facts of another collection.
    #[must_use]
    pub fn facts(mut self, facts: Arc<dyn Collection>, rules: Vec<Arc<dyn Rule>>) -> Self {
        self.facts.push(Facts { collection: facts, rules });
        self
    }

    /// Puts derived records into this collection; rules know it by its name.
    #[must_use]
    pub fn target(mut self, collection: Arc<dyn Collection>) -> Self {
        self.targets.insert(collection.name().to_owned(), collection);
        self
    }

    /// Sets the clock. Default: the system's.
    #[must_use]
    pub fn env(mut self, env: Arc<dyn Env>) -> Self {
        self.env = env;
        self
    }

    /// Sets how many left records are worked on at once. Default: 8. The rate limit is the clients' affair.
    #[must_use]
    pub fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = records.max(1);
        self
    }

    /// Sets how long an announced create may take to be sent. Default: 30 s. The outcome of one that is never
    /// answered is looked up after this time, plus a request's timeout, plus the index's lag.
    #[must_use]
    pub fn send_within(mut self, patience: Duration) -> Self {
        self.send_within = patience;
        self
    }

    /// Reads both sides and decides what to do. Writes nothing at either side.
    ///
    /// # Errors
    ///
    /// [`PassError`]; [`PassError::Bind`] if the store has the state of other accounts.
    pub async fn plan(&self) -> Result<Plan, PassError> {
        Planner::new(self).plan().await
    }

    /// Does what the plan says, and reports what became of each record. What fails for one record does not stop
    /// the others; what would fail for all (no authorisation, no quota, no store) ends the run.
    ///
    /// # Errors
    ///
    /// [`PassError`] if the right side could not be set up; nothing was then written.
    pub async fn apply(
        &self,
        plan: Plan,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Report, PassError> {
        let started = self.env.monotonic();
        if !plan.set_up.is_empty() {
            self.right.complete_set_up().await.map_err(|fault| failed(&self.right, fault))?;
        }
        let mut report = Apply::new(self, &plan, &progress).run(plan.records, plan.projections).await;
        report.elapsed = self.env.monotonic().saturating_sub(started);
        Ok(report)
    }

    pub(super) fn link_id(&self, left: &RecordId) -> LinkId {
        LinkId::new(format!("{}:{left}", self.prefix))
    }

    /// Makes sure that store and sides belong together.
    pub(super) async fn bind(&self) -> Result<(), PassError> {
        let left = self.left.identity().await.map_err(|fault| failed(&self.left, fault))?;
        let right = self.right.identity().await.map_err(|fault| failed(&self.right, fault))?;
        Ok(self.store.bind(&Accounts { left, right }).await?)
    }

    pub(super) async fn links(&self) -> Result<Vec<Versioned<super::Link>>, PassError> {
        let mut all: Vec<Versioned<super::Link>> = Vec::new();
        loop {
            let page = self.store.links_page(all.last().map(|l| &l.value.id), PAGE).await?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }

    pub(super) async fn projections(
        &self,
    ) -> Result<BTreeMap<ProjectionKey, Versioned<Projection>>, PassError> {
        let mut all = BTreeMap::new();
        let mut after: Option<ProjectionKey> = None;
        loop {
            let page = self.store.projections_page(after.as_ref(), PAGE).await?;
            let last = page.len() < PAGE;
            after = page.last().map(|p| p.value.key.clone());
            all.extend(page.into_iter().map(|p| (p.value.key.clone(), p)));
            if last {
                return Ok(all);
            }
        }
    }
}

pub(super) fn failed(collection: &Arc<dyn Collection>, fault: Fault) -> PassError {
    PassError::Collection { collection: collection.name().to_owned(), fault }
}

/// Lists a whole scope. A record that comes twice, because the list shifted between two pages, counts once.
pub(super) async fn list_all(collection: &dyn Collection, scope: &Scope) -> Result<Vec<Snapshot>, Fault> {
    let (mut all, mut seen, mut page) = (Vec::new(), HashSet::new(), None);
    let mut pages = HashSet::new();
    loop {
        let listed = collection.list(scope, page.as_ref()).await?;
        all.extend(listed.records.into_iter().filter(|r| seen.insert(r.at.clone())));
        let Some(next) = listed.next else { return Ok(all) };
        if !pages.insert(next.clone()) {
            return Err(Fault::new(
                FaultKind::Broken,
                "the list goes round in circles: it names a page twice",
            ));
        }
        page = Some(next);
    }
}
