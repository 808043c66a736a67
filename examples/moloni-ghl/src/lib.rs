//! The bridge from Moloni to GoHighLevel: customers become contacts, and what Moloni knows of them becomes
//! [notes, tasks and appointments](rules).
//!
//! [`Bridge`] is what the templates and the service share. It puts together, from `sync-core`'s engine and the two
//! clients, two collections of [Moloni's](moloni_client::sync) and four of [HighLevel's](ghl_contacts::sync), a
//! [mapping](ContactMapping), [attributes] and a set of [rules]; each can be used on its own.
//!
//! ```no_run
//! use std::sync::Arc;
//! use moloni_ghl::{Bridge, Settings};
//! use sync_core::store::MemoryStore;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::from_env(None, None)?;
//! let bridge = Bridge::connect(&settings, Arc::new(MemoryStore::new())).await?;
//! let plan = bridge.plan().await?;
//! print!("{plan}");
//! let run = bridge.apply(plan, |_| {}).await?;
//! print!("{run}");
//! # Ok(())
//! # }
//! ```

pub mod attributes;
mod bridge;
pub mod businesses;
mod calls;
mod company;
mod extra;
mod mapping;
mod phone;
pub mod rules;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod settings;

pub use bridge::{Bridge, BridgeBuilder, BridgeError, Run, TwoWay};
pub use calls::{CallCounter, Tally};
pub use company::CompanyName;
pub use extra::ExtraFields;
pub use mapping::{ContactFields, ContactMapping};
pub use phone::PhoneCountry;
pub use settings::{GhlLogin, GhlSettings, MoloniLogin, MoloniSettings, Settings, SettingsError, Timing};
pub use sync_core::engine::{Plan, Progress, Report, Schedule};
