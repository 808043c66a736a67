//! One-way passes that neither duplicate nor overwrite: plan, look, apply.
//!
//! A [`Pass`] reads the left [`Collection`], recognises its records at the right one by the keys of a [`Mapping`],
//! and makes a [`Plan`]. Applying it creates what is missing, pairs what is there, and derives notes, tasks and
//! the like from facts by [`Rule`]s. What is paired with what is kept in a [`Store`](crate::store::Store).
//!
//! What makes it safe:
//!
//! - **A match is never a guess.** Several candidates, keys that point at different records, a key that is not
//!   unique: a person decides, and both records are left alone.
//! - **Every create is announced before it is sent**, and carries a [`Marker`]. If its answer is lost, or the
//!   process dies, the next look waits until the record must be visible and then searches for the marker.
//! - **What people wrote is not overwritten** when two records meet for the first time: only empty fields are
//!   filled. Later only fields that changed on the left are written.
//! - **The same facts derive the same records**: their keys follow from the fact, so a second run finds them.
//!
//! Both directions are being built on pure decisions: [`decide`] for a pair, [`merge`] for its fields, [`settle`] and
//! [`recover`] for what a write has done, [`project`] for derived records. They can be used by themselves.

mod breaker;
mod budget;
mod builder;
mod caps;
mod clock;
mod collection;
mod decide;
mod fault;
mod feed;
mod handle;
mod journal;
mod link;
mod listing;
mod mapping;
mod matching;
pub mod merge;
pub mod normalise;
mod policy;
pub mod project;
mod projection;
mod reconcile;
mod record;
pub mod recover;
mod review;
mod rule;
mod runtime;
mod schema;
pub mod settle;
mod switches;
pub mod validate;
mod value;
mod worker;

pub use budget::{Budget, MemoryBudget};
pub use builder::EngineBuilder;
pub use caps::{Caps, MarkerKind};
pub use collection::{
    ChangePage, Collection, Cursor, ListPage, Marker, PageToken, Part, Probe, Read, SetUp, WriteError,
    Written,
};
pub use decide::{Decision, Deleted, EditedAndDeleted, OnDelete, PairRules, Presence, Sight, decide};
pub use fault::{Fault, FaultKind};
pub use feed::Found;
pub use handle::Engine;
pub use journal::{Entry, Happening};
pub use link::{Link, LinkField, LinkId, LinkStatus, Pending, PendingOp, Refusal, Sent};
pub use mapping::{Field, Fields, Mapper, Mapping, MappingBuilder, MappingError};
pub use policy::{Conflict, Direction, Interval, Policy, Resolution, Resolve};
pub use projection::{Projection, ProjectionKey, ProjectionPending, Wrote};
pub use reconcile::{Did, Outcome};
pub use record::{Fingerprint, Raw, RecordId, RecordRef, Scope, Side, Snapshot};
pub use review::{Review, ReviewKey, ReviewKind};
pub use rule::{Derived, Enrich, Fact, FactKey, Life, Rule, Wanted};
pub use runtime::{Births, EngineError};
#[cfg(feature = "_simulation")]
#[doc(hidden)]
pub use switches::RuleOff;
pub use value::{Agreed, FieldValue, Pair};
pub use worker::Schedule;
