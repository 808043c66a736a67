//! A sync engine that neither duplicates nor overwrites.
//!
//! An [`Engine`] keeps the records of two [`Collection`]s in pairs, both ways, as a [`Mapping`] says, and derives notes,
//! tasks and the like from facts by [`Rule`]s. It runs for good ([`run`](Engine::run)), or everything at once, after a look
//! at what it would do ([`plan`](Engine::plan) and [`apply`](Engine::apply)). What it knows is kept in a
//! [`Store`](crate::store::Store).
//!
//! Webhooks, polls and sweeps only hint a [key](crate::queue::WorkKey). A run of it ([`reconcile`](Engine::reconcile)) reads
//! both records, compares each with what that side held when both last agreed, writes one of them at most, and commits.
//!
//! What makes it safe:
//!
//! - **A match is never a guess.** Several candidates, keys that point at different records, a key that is not
//!   unique: a person decides, and both records are left alone.
//! - **Every write is announced before it is sent**, and what is created carries a [`Marker`]. If the answer is lost, or
//!   the process dies, the next look waits until it must have taken effect, and then finds out.
//! - **What people wrote is not overwritten** unless the other side changed it as well, and the mapping says who wins. What
//!   it cannot decide it leaves alone, and asks: see [`Review`].
//! - **A stale read is no edit.** For as long as [`Caps`] says that a read may lag, another value than the one that was
//!   just learned is not believed.
//! - **Great harm is asked about first.** A plan, or an hour of live work, that would delete, clear or overwrite in many
//!   records at once waits until a person approves of just that plan: see [`Guards`].
//! - **The same facts derive the same records**: their keys follow from the fact, so a second run finds them.
//!
//! What it cannot prevent: an edit that is made between the read before a write and the write's landing is overwritten,
//! unless the service has conditional writes; and one that is undone before it was seen never was.
//!
//! What it decides by are pure functions, which can be used by themselves: [`decide`] for a pair, [`merge`] for its
//! fields, [`settle`] and [`recover`] for what a write has done, [`project`] for derived records.

mod answer;
mod apply;
mod breaker;
pub(crate) mod budget;
mod builder;
mod caps;
mod clock;
mod collection;
mod decide;
mod explain;
mod fault;
mod feed;
mod forget;
pub mod guard;
mod handle;
mod journal;
mod known;
mod link;
mod listing;
pub mod lossy;
mod mapping;
mod matching;
pub mod merge;
pub mod normalise;
mod plan;
mod planner;
mod policy;
mod privacy;
pub mod project;
mod projection;
#[cfg(test)]
mod property;
mod reconcile;
mod record;
pub mod recover;
mod report;
mod resolve;
mod retention;
mod review;
mod rule;
mod runtime;
mod schema;
pub mod settle;
mod side_names;
mod switches;
mod undo;
pub mod validate;
mod value;
mod worker;

pub use crate::privacy::{PrivacyKey, PrivacyKeyError};
pub use answer::{Answer, AnswerKind, ResolveError};
pub use budget::{Budget, LearningBudget, MemoryBudget, Quota, Taken};
pub use builder::EngineBuilder;
pub use caps::{Caps, MarkerKind};
pub use collection::{
    ChangePage, Collection, Cursor, ListPage, Marker, PageToken, Part, Probe, Read, SetUp, WriteError,
    Written,
};
pub use decide::{Decision, Deleted, EditedAndDeleted, OnDelete, PairRules, Presence, Sight, decide};
pub use explain::{Chapter, Story, Told};
pub use fault::{Fault, FaultKind};
pub use feed::Found;
pub use forget::Forgotten;
pub use guard::{GuardClass, Guards, Limit, Verdict};
pub use handle::Engine;
pub use journal::{Entry, FieldWrite, Happening, RunId};
pub use known::RowDigest;
pub use link::{Link, LinkField, LinkId, LinkStatus, Pending, PendingOp, Refusal, Sent};
pub use mapping::{Field, Fields, Mapper, Mapping, MappingBuilder, MappingError};
#[cfg(feature = "mapping-file")]
#[cfg_attr(docsrs, doc(cfg(feature = "mapping-file")))]
pub use mapping::{MappingFileError, MappingProblem};
pub use plan::{
    Change, FactCount, Plan, PlanDiff, PlannedProjection, PlannedRecord, ProjectionStep, RecordStep,
};
pub use policy::{Conflict, Direction, Interval, Policy, Resolution, Resolve};
pub use projection::{Projection, ProjectionKey, ProjectionPending, Wrote};
pub use reconcile::{Did, Outcome};
pub(crate) use record::hex;
pub use record::{Fingerprint, Raw, RecordId, RecordRef, Scope, Side, Snapshot};
pub use report::{Changed, Counts, Progress, Remark, Report};
pub use resolve::Question;
pub use review::{Review, ReviewKey, ReviewKind};
pub use rule::{Derived, Enrich, Fact, FactKey, Life, Rule, Wanted};
pub use runtime::{Births, EngineError};
pub use side_names::SideNames;
#[cfg(feature = "_simulation")]
#[doc(hidden)]
pub use switches::RuleOff;
pub use undo::{KeptField, RunSummary, Standing, Undo, UndoneField, UndoneRecord};
pub use value::{Agreed, FieldValue, Pair};
pub use worker::Schedule;
