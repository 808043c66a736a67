//! What the endpoints take and give.

mod contact;
mod custom_field;
mod done;
mod location;
mod note;
mod null;
mod search;
mod task;
mod time;

pub use contact::{Contact, ContactUpdate, NewContact};
pub use custom_field::{CustomField, CustomFieldDefinition, CustomFieldValue, DataType, NewCustomField};
pub(crate) use done::Done;
pub use location::Location;
pub use note::{NewNote, Note, NoteUpdate};
pub(crate) use null::null_as_default;
pub(crate) use search::WirePage;
pub use search::{Direction, Filter, SearchContacts, SearchField, SearchPage, SortField};
pub use task::{NewTask, Task, TaskUpdate};
#[cfg(feature = "webhooks")]
pub(crate) use time::lenient as lenient_time;
