//! What becomes of Moloni's facts in the CRM.
//!
//! Moloni has no tasks, no appointments and no log of notes. What is here follows from its documents and from the texts of
//! its customers, one way: nobody's note goes back to Moloni. `docs/events.md` has the table.
//!
//! [`Events`] is the set of [rules](EventRule) that a bridge works by. Each names the [type](EventType) of what it tells and
//! makes of a fact at most one [note, task or appointment](Consequence), in the [words](Words) of the set. Rules are pure: the
//! same fact on the same day gives the same, so telling everything again writes nothing.
//!
//! ```
//! use moloni_ghl::rules::{CollectTask, EventType, Events, Portuguese};
//!
//! let events = Events::standard(Portuguese)
//!     .without(EventType::EstimateFollowUp)
//!     .with(CollectTask::new().assigned_to("ve9EPM428h8vShlRW1KT"));
//! assert!(events.types().contains(&EventType::InvoiceUnpaid));
//! ```
//!
//! A document of the final consumer, `999999990`, reaches a contact like any other: through its customer. A customer
//! without tax number, e-mail and phone is paired with nobody unless a person says with whom, and until then what their
//! documents call for waits.

mod collect;
mod consequence;
mod customer_texts;
mod delivery;
mod draft;
mod estimate;
mod event_type;
mod fact;
mod history;
mod issued;
mod payment;
mod set;
mod words;

pub(crate) use collect::COLLECTED;
pub use collect::CollectTask;
pub use consequence::Consequence;
pub use customer_texts::CustomerNote;
pub use delivery::DeliveryAppointment;
pub use draft::DraftTask;
pub use estimate::EstimateTask;
pub use event_type::EventType;
pub use fact::{Delivery, DocumentFact};
pub(crate) use history::events;
pub use history::{Event, Happened};
pub use issued::InvoiceNote;
pub use payment::PaymentNote;
pub use set::{EventRule, Events};
pub use words::{English, Language, Portuguese, Words};

/// What the markers of all derived records start with.
pub const MARKERS: &str = "moloni:";
/// The name of HighLevel's notes as a collection.
pub const NOTES: &str = "notes";
/// The name of HighLevel's tasks as a collection.
pub const TASKS: &str = "tasks";
/// The name of HighLevel's appointments as a collection.
pub const APPOINTMENTS: &str = "appointments";

#[cfg(test)]
mod tests;
