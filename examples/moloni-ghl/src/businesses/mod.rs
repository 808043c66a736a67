//! Customers that share a tax number become one business in HighLevel, and their contacts are assigned to it.
//!
//! Moloni knows no branches: each is a customer of its own, with the tax number of all. HighLevel has businesses, which
//! contacts belong to. So there are two syncs: that of the customers, which makes the contacts, and this one, which reads
//! from the state of the first who is whose contact.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use moloni_ghl::Timing;
//! use moloni_ghl::businesses::{States, business_engine};
//! use sync_core::store::{SqliteStore, Store};
//! use sync_core::{Env, SystemEnv};
//!
//! # async fn run(moloni: moloni_client::Client, ghl: ghl_contacts::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let contacts: Arc<dyn Store> = Arc::new(SqliteStore::open("sync.db").await?);
//! let businesses: Arc<dyn Store> = Arc::new(SqliteStore::open("businesses.db").await?);
//! let states = States { contacts, businesses };
//! let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
//! let engine = business_engine(moloni, ghl, states, Timing::default(), env)?.build();
//! let plan = engine.plan().await?;
//! print!("{plan}");
//! print!("{}", engine.apply(plan, |_| {}).await?);
//! # Ok(())
//! # }
//! ```
//!
//! `docs/businesses.md` tells what becomes of whom.

mod groups;
mod mapping;
mod unclaimed;

pub use groups::CustomerGroups;
pub use mapping::business_mapping;

use std::sync::Arc;

use ghl_contacts::sync::BusinessCollection;
use sync_core::Env;
use sync_core::engine::{Births, Engine, EngineBuilder, Guards, Side};
use sync_core::store::Store;

use crate::bridge::{BridgeError, SIDES};
use crate::rules::MARKERS;
use crate::settings::Timing;
use unclaimed::Unclaimed;

/// The states of both syncs. They must be two: a business has no place beside contacts.
#[derive(Debug, Clone)]
pub struct States {
    /// That of the sync of customers and contacts. It is only read.
    pub contacts: Arc<dyn Store>,
    /// That of this sync.
    pub businesses: Arc<dyn Store>,
}

/// Begins an engine that keeps businesses in HighLevel for the customers of the client's company who share a tax number.
///
/// It goes one way. People's businesses and assignments stay: see [`business_mapping`] and `docs/businesses.md`. Where
/// nobody reads its plans before they are applied, turn the guard of the
/// [first run](sync_core::engine::Guards::first_run) on again.
///
/// Run it after the sync of the contacts: who has no contact yet is assigned when it runs next. It works on one business
/// at a time ([`concurrency`](EngineBuilder::concurrency)); leave it so, or a contact that goes from one to another may be
/// taken out of the second one. For the same reason run it in one process.
///
/// # Errors
///
/// [`BridgeError::Company`] if the client has no company.
pub fn business_engine(
    moloni: moloni_client::Client,
    ghl: ghl_contacts::Client,
    states: States,
    timing: Timing,
    env: Arc<dyn Env>,
) -> Result<EngineBuilder, BridgeError> {
    let Some(company) = moloni.company() else {
        return Err(BridgeError::Company("give the client a company: `for_company`".to_owned()));
    };
    let groups = CustomerGroups::new(moloni, states.clone()).request_timeout(timing.request);
    let businesses = BusinessCollection::new(ghl.clone(), MARKERS)
        .request_timeout(timing.send_within)
        .index_lag(timing.index_lag);
    let businesses =
        Unclaimed::new(businesses, ghl, states.businesses.clone(), timing.send_within, env.clone());
    let name = format!("moloni:{company}:business");
    Ok(Engine::builder(name, Arc::new(groups), Arc::new(businesses), business_mapping()?)
        .sides(SIDES.left, SIDES.right)
        .store(states.businesses)
        // A business that nobody in Moloni knows is none of ours.
        .births(Side::Right, Births::Ignore)
        .concurrency(1)
        .send_within(timing.send_within)
        .guards(Guards::new().first_run(false).creates(None))
        .env(env))
}
