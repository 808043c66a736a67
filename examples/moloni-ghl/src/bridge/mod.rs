mod builder;
mod error;
mod ghl;
mod moloni;
mod run;
mod two_way;

pub use builder::BridgeBuilder;
pub use error::BridgeError;
pub use run::Run;
pub use two_way::TwoWay;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ghl_contacts::sync::ContactCollection;
use sync_core::engine::{Engine, EngineError, Pair, Plan, Progress, RunId, Schedule};
use sync_core::store::Store;
use tokio::sync::Notify;

use crate::calls::{CallCounter, Tally};
use crate::rules::{self, Event};
use crate::settings::Settings;

/// What people call the two sides of every engine here.
pub(crate) const SIDES: Pair<&str> = Pair::new("Moloni", "HighLevel");

const HOUR: Duration = Duration::from_hours(1);

/// Carries customers, their texts and their invoices from one Moloni company into one HighLevel location, and on demand
/// what people edit there back.
#[derive(Debug, Clone)]
pub struct Bridge {
    engine: Engine,
    contacts: ContactCollection,
    businesses: Option<Engine>,
    calls: Arc<CallCounter>,
    /// What was counted when the last run ended.
    told: Arc<Mutex<(Tally, Tally)>>,
}

impl Bridge {
    /// Puts a bridge together.
    pub fn builder(settings: Settings) -> BridgeBuilder {
        BridgeBuilder::new(settings)
    }

    /// Connects both sides as [`builder`](Self::builder) does without being told more: one way, with the standard
    /// attributes and events, its state in `store`.
    ///
    /// # Errors
    ///
    /// As [`BridgeBuilder::connect`].
    pub async fn connect(settings: &Settings, store: Arc<dyn Store>) -> Result<Self, BridgeError> {
        Self::builder(settings.clone()).store(store).connect().await
    }

    /// The engine, for all that the bridge has no method for: hints, the inbox, undo, explain.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The contacts as the engine knows them, for what only HighLevel has, such as the custom fields that must be there.
    pub fn contacts(&self) -> &ContactCollection {
        &self.contacts
    }

    /// The engine of the [businesses](BridgeBuilder::businesses), if they are wanted.
    pub fn businesses(&self) -> Option<&Engine> {
        self.businesses.as_ref()
    }

    /// The requests to both services so far.
    pub fn calls(&self) -> &CallCounter {
        &self.calls
    }

    /// What was told in the CRM, oldest first: in one run, such as [`Report::run`](sync_core::engine::Report) names it, or
    /// all that the journal knows of.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Engine`] if the store cannot be read.
    pub async fn events(&self, run: Option<&RunId>) -> Result<Vec<Event>, BridgeError> {
        Ok(rules::events(self.engine.store().as_ref(), run).await.map_err(EngineError::from)?)
    }

    /// Reads both sides and decides what to do. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Engine`].
    pub async fn plan(&self) -> Result<Plan, BridgeError> {
        Ok(self.engine.plan().await?)
    }

    /// Does what the plan says, and then what is to be done about businesses, if they are wanted; those wait as long as
    /// something of the plan waits for approval. What it counts as its cost is everything since the run before, planning and
    /// connecting included.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Engine`] if HighLevel could not be set up. What fails for one record is in the report.
    pub async fn apply(
        &self,
        plan: Plan,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Run, BridgeError> {
        let report = self.engine.apply(plan, progress).await?;
        let businesses = match &self.businesses {
            // What waits for a person, or ended early, is gone on with before.
            Some(_) if report.approve.is_some() || report.stopped.is_some() => None,
            // Who is whose contact is known only now.
            Some(engine) => Some(engine.apply(engine.plan().await?, |_| {}).await?),
            None => None,
        };
        let now = (self.calls.calls(), self.calls.writes());
        let before = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *told, now)
        };
        Ok(Run::new(report, businesses, now.1 - before.1, now.0 - before.0))
    }

    /// Keeps both in sync until `stop` completes: works on what is hinted, and polls and sweeps by the schedule. What is
    /// under way is finished first.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Engine`] if the state belongs to other accounts or cannot be kept.
    pub async fn run(
        &self,
        schedule: &Schedule,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), BridgeError> {
        let Some(businesses) = &self.businesses else { return Ok(self.engine.run(schedule, stop).await?) };
        // A poll of theirs lists all customers.
        let hourly = Schedule::new().poll(HOUR).sweep(24 * HOUR);
        // Whichever ends first, by itself or because it cannot go on, ends the other, which finishes what is under way.
        let (contacts_end, businesses_end) = (Notify::new(), Notify::new());
        let contacts = async {
            let stop = async {
                tokio::select! {
                    () = stop => {}
                    () = contacts_end.notified() => {}
                }
            };
            let run = self.engine.run(schedule, stop).await;
            businesses_end.notify_one();
            run
        };
        let beside = async {
            let run = businesses.run(&hourly, businesses_end.notified()).await;
            contacts_end.notify_one();
            run
        };
        let (contacts, businesses) = tokio::join!(contacts, beside);
        contacts?;
        businesses?;
        Ok(())
    }
}
