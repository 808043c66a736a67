use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::breaker::Breaker;
use super::budget::Budget;
use super::caps::MarkerKind;
use super::clock::Clock;
use super::collection::{Collection, Read};
use super::fault::{Fault, FaultKind};
use super::guard::{GuardClass, Watch};
use super::journal::{Entry, Happening, RunId};
use super::link::{Link, PendingOp};
use super::listing::Listing;
use super::mapping::{Fields, Mapper};
use super::merge::FieldState;
use super::reconcile::Outcome;
use super::record::{RecordRef, Side, Snapshot};
use super::rule::{Enrich, Fact, Rule};
use super::schema::Schema;
use super::side_names::SideNames;
use super::switches::RuleOff;
use super::value::Pair;
use crate::queue::{Hint, Priority, WorkKey, WorkQueue};
use crate::store::{BindError, Commit, CommitError, Store};
use crate::{AccountKey, Event, Observer, StoreError};

/// The parts of the engine, and for whom they work at the moment. Clones share the parts.
#[derive(Debug, Clone)]
pub(super) struct Runtime {
    pub(super) parts: Arc<Parts>,
    /// The run or the session that everything is done in.
    pub(super) run: RunId,
    /// The claim that is being worked on; `None` if what is worked on was not claimed from the queue.
    pub(super) origin: Option<Origin>,
}

impl Deref for Runtime {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Whose work it is: hints that follow from it are as urgent.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) tenant: String,
    pub(super) priority: Priority,
}

/// What the parts of the engine share.
pub(super) struct Parts {
    pub(super) name: String,
    /// What people call the sides.
    pub(super) sides: SideNames,
    pub(super) collections: Pair<Arc<dyn Collection>>,
    pub(super) mapper: Arc<dyn Mapper>,
    pub(super) schema: Schema,
    pub(super) store: Arc<dyn Store>,
    pub(super) queue: Arc<dyn WorkQueue>,
    /// Whether the store adds hints to that queue in the commit that they come from.
    pub(super) hints_in_store: bool,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) budget: Option<Arc<dyn Budget>>,
    pub(super) clock: Clock,
    pub(super) births: Pair<Births>,
    pub(super) in_scope: Pair<Option<InScope>>,
    pub(super) parents: Option<Arc<dyn Store>>,
    /// Rules by the name of the collection that their facts are in.
    pub(super) facts: BTreeMap<String, Facts>,
    pub(super) targets: BTreeMap<String, Arc<dyn Collection>>,
    pub(super) enrich: Vec<Arc<dyn Enrich>>,
    pub(super) send_within: Duration,
    pub(super) skew: Duration,
    pub(super) max_attempts: u32,
    pub(super) concurrency: usize,
    pub(super) watch: Watch,
    pub(super) keep_journal_for: Duration,
    pub(super) breakers: Mutex<BTreeMap<AccountKey, Arc<Breaker>>>,
    /// The accounts behind the sides, once they are known.
    pub(super) accounts: Mutex<Pair<Option<AccountKey>>>,
    /// Whether this process has made sure that the state belongs to those.
    pub(super) is_bound: AtomicBool,
    /// How often work on a key has failed in a row.
    pub(super) failures: Mutex<BTreeMap<WorkKey, u32>>,
    #[cfg(feature = "_simulation")]
    pub(super) off: Vec<RuleOff>,
}

pub(super) type InScope = Arc<dyn Fn(&Snapshot) -> bool + Send + Sync>;

/// A collection of facts and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) collection: Arc<dyn Collection>,
    pub(super) rules: Vec<Arc<dyn Rule>>,
}

/// What becomes of a record of one side that is in no pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Births {
    /// Its partner is found, or else created.
    #[default]
    Create,
    /// Its partner is found. If there is none, nothing happens.
    MatchOnly,
    /// Nothing: its partner finds it.
    Ignore,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("name", &self.name)
            .field("collections", &self.collections)
            .field("facts", &self.facts)
            .field("targets", &self.targets)
            .field("store", &self.store)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// Why work on one key ended early.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A collection could not do it.
    Fault(AccountKey, Fault),
    /// Somebody else has worked on it meanwhile, or has the record.
    Commit(CommitError),
}

impl From<CommitError> for Trouble {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

/// Why the engine cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A collection could not be read or set up, or is used wrongly.
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
    /// Live work does not begin before a person has approved of a plan: make one, look at it,
    /// [approve](super::Engine::approve) it, and [apply](super::Engine::apply) it.
    #[error("{message}")]
    Unapproved {
        /// The guard that stops it.
        guard: GuardClass,
        /// What it saw, and what helps.
        message: String,
    },
    /// The store or the queue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A write of the record was announced, and what became of it is not known yet: forgotten now, it might be made
    /// twice.
    #[error(
        "a write of it is not answered yet, and what became of it is known at {until} at the earliest: try again then"
    )]
    Unanswered {
        /// When what became of it can be found out.
        until: Timestamp,
    },
    /// In privacy mode the state holds no values.
    #[error("in privacy mode no values are kept, so what was there before cannot be put back")]
    KeepsNoValues,
}

impl From<BindError> for EngineError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Store(error) => Self::Store(error),
            other @ BindError::Other { .. } => Self::Bind(other),
        }
    }
}

/// What a run has to do with a collection, and from where it takes what it knows of the records there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// Asks the service.
    Live,
    /// Takes what was just listed for records that are to be paired; everything else is asked for.
    Listed(&'a Listing),
    /// The same for what lives under a record that was created after the listing: nothing can be there yet.
    UnderNew(&'a Listing),
}

impl<'a> Source<'a> {
    /// A record as it was listed, and when.
    pub(super) fn listed(self, side: Side, at: &RecordRef) -> Option<(&'a Snapshot, Timestamp)> {
        self.listing()?.record(side, at)
    }

    /// What was just listed.
    pub(super) fn listing(self) -> Option<&'a Listing> {
        match self {
            Self::Listed(listing) | Self::UnderNew(listing) => Some(listing),
            Self::Live => None,
        }
    }

    /// For what lives under a record that was just created.
    pub(super) fn under_new(self) -> Self {
        self.listing().map_or(Self::Live, Self::UnderNew)
    }
}

impl Runtime {
    /// Takes the hints out of what a run came to, for the commit that it is about to make. Leaves them where the queue is
    /// another place than the store, or does not know of this work.
    pub(super) fn take_hints(&self, outcome: &mut Outcome) -> Vec<Hint> {
        let Some(Origin { tenant, priority }) = self.origin.as_ref().filter(|_| self.hints_in_store) else {
            return Vec::new();
        };
        let keys = std::mem::take(&mut outcome.hints);
        keys.into_iter().map(|key| Hint::new(key, tenant, *priority)).collect()
    }

    /// Commits where a feed goes on, and adds the commit's hints to the queue: in one step if one place keeps both, and
    /// before the commit if not, because a feed that went on without them would never come back to them. Hints carry no
    /// decision, so they are added as well if the commit is refused because somebody else was faster.
    pub(super) async fn commit_with_hints(&self, mut commit: Commit) -> Result<(), CommitError> {
        if !self.hints_in_store {
            let hints = std::mem::take(&mut commit.hints);
            self.mark_all(&hints).await?;
            return self.store.commit(commit).await;
        }
        let hints = commit.hints.clone();
        let committed = self.store.commit(commit).await;
        if let Err(CommitError::Stale(_) | CommitError::Claimed { .. }) = committed {
            self.mark_all(&hints).await?;
        }
        committed
    }

    /// Commits; `false` if somebody else was faster, and nothing was written.
    pub(super) async fn put(&self, commit: Commit) -> Result<bool, StoreError> {
        match self.store.commit(commit).await {
            Ok(()) => Ok(true),
            Err(CommitError::Stale(_) | CommitError::Claimed { .. }) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Adds hints to the queue.
    pub(super) async fn mark_all(&self, hints: &[Hint]) -> Result<(), StoreError> {
        if hints.is_empty() { Ok(()) } else { self.queue.mark(hints).await }
    }

    /// The same, for work that is told under another name.
    pub(super) fn in_run(&self, run: RunId) -> Self {
        Self { run, ..self.clone() }
    }

    /// An entry of the journal.
    pub(super) fn entry(&self, at: Timestamp, about: WorkKey, what: Happening) -> Entry {
        let what = if self.keeps_values() { what } else { what.without_values() };
        Entry { at, run: Some(self.run.clone()), about, what }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The day in UTC.
    pub(super) fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.now()).date()
    }

    pub(super) fn collection(&self, side: Side) -> &dyn Collection {
        self.collections[side].as_ref()
    }

    pub(super) fn account(&self, side: Side) -> AccountKey {
        let known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner)[side].clone();
        known.unwrap_or_else(|| AccountKey::new(self.collection(side).name(), format_args!("{side:?}")))
    }

    pub(super) fn breaker(&self, account: &AccountKey) -> Arc<Breaker> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(breakers.entry(account.clone()).or_default())
    }

    /// Takes the result of a call for what it says of the account.
    pub(super) fn told<T>(&self, account: AccountKey, result: Result<T, Fault>) -> Result<T, Trouble> {
        match result {
            Ok(value) => {
                self.breaker(&account).success();
                Ok(value)
            }
            Err(fault) => Err(self.failed(account, fault)),
        }
    }

    pub(super) fn failed(&self, account: AccountKey, fault: Fault) -> Trouble {
        let until = self.breaker(&account).failure(&fault, self.now());
        self.observer.on_event(&Event::CallFailed {
            account: &account,
            kind: fault.kind(),
            message: &fault.to_string(),
        });
        if let Some(until) = until {
            tracing::warn!(%account, %until, %fault, "the account rests");
            self.observer.on_event(&Event::AccountPaused { account: &account, until, kind: fault.kind() });
        } else if fault.kind() != FaultKind::Gone {
            tracing::debug!(%account, %fault, "a call failed");
        }
        Trouble::Fault(account, fault)
    }

    /// Whether the state holds values, and not keyed hashes alone.
    pub(super) fn keeps_values(&self) -> bool {
        self.schema.keeps_values()
    }

    /// Reads a record of a side.
    pub(super) async fn read(&self, side: Side, at: &RecordRef) -> Result<Read, Trouble> {
        let read = self.collection(side).get(at).await;
        self.told(self.account(side), read)
    }

    /// Takes a record of a side as it was listed, or else reads it.
    pub(super) async fn read_from(
        &self,
        source: Source<'_>,
        side: Side,
        at: &RecordRef,
    ) -> Result<Read, Trouble> {
        match source.listed(side, at) {
            Some((snapshot, _)) => Ok(Read::Found(snapshot.clone())),
            None => self.read(side, at).await,
        }
    }

    /// The canonical fields of a record, the computed ones included.
    pub(super) async fn fields(&self, side: Side, snapshot: &Snapshot) -> Result<Fields, Trouble> {
        if side == Side::Right || self.enrich.is_empty() {
            return Ok(self.mapper.read(side, snapshot));
        }
        Ok(self.enriched(snapshot, &self.store.facts_of(&snapshot.at.id).await?))
    }

    /// The canonical fields of a left record, computed ones from these facts.
    pub(super) fn enriched(&self, snapshot: &Snapshot, facts: &[Fact]) -> Fields {
        let mut enriched = snapshot.clone();
        let today = self.today();
        for enrich in &self.enrich {
            enrich.enrich(facts, today, &mut enriched.raw);
        }
        self.mapper.read(Side::Left, &enriched)
    }

    pub(super) fn is_in_scope(&self, side: Side, snapshot: &Snapshot) -> bool {
        self.in_scope[side].as_ref().is_none_or(|in_scope| in_scope(snapshot))
    }

    /// How long nothing may be concluded about a link whose rules wait for time to pass.
    pub(super) fn doubt(&self, link: &Link, states: &[FieldState]) -> Option<Duration> {
        let caps = |side| self.collection(side).caps();
        let lags = |side| !caps(side).read_lag.is_zero();
        // A create that is refused when it comes twice is sent again at once.
        let is_safe = |op: &PendingOp| matches!(op, PendingOp::Create { side, .. } if caps(*side).marker == MarkerKind::Unique);
        let waits = link.pending.as_ref().is_some_and(|pending| !is_safe(&pending.op))
            || Side::BOTH.into_iter().any(|side| lags(side) && link.gone_at[side].is_some())
            || states.iter().any(|state| {
                state.fresh_until != Pair::default() || state.unsettled.as_ref().is_some_and(|u| lags(u.side))
            });
        if !waits || self.is_off(RuleOff::ClockJumps) {
            return None;
        }
        let quarantine = |side| self.collection(side).caps().quarantine();
        self.clock.doubtful_for(self.send_within + quarantine(Side::Left).max(quarantine(Side::Right)))
    }

    /// Whether the simulation has turned a rule off.
    #[cfg_attr(not(feature = "_simulation"), allow(clippy::unused_self, reason = "the simulation uses it"))]
    pub(super) fn is_off(&self, rule: RuleOff) -> bool {
        #[cfg(feature = "_simulation")]
        return self.off.contains(&rule);
        #[cfg(not(feature = "_simulation"))]
        {
            let _ = rule;
            false
        }
    }
}
