//! What the endpoints take and give.

mod additional;
mod bulk;
mod business_contacts;
mod contact;
mod contact_fields;
mod contact_update;
mod custom_field;
mod dnd;
mod done;
mod event;
mod find_duplicate;
mod followers;
mod list;
mod location;
mod new_contact;
mod note;
mod null;
mod origin;
pub mod search;
mod tag;
mod task;
mod text;
mod time;
mod upsert;

pub use additional::{AdditionalEmail, AdditionalPhone};
pub(crate) use bulk::WireTagged;
pub use bulk::{BulkStatus, BulkTagResult, BulkTagged, TagChange};
pub(crate) use business_contacts::WireBusiness;
pub use business_contacts::{BusinessContacts, BusinessPage};
pub use contact::Contact;
pub use contact_update::ContactUpdate;
pub use custom_field::{CustomField, CustomFieldDefinition, CustomFieldValue, DataType, NewCustomField};
pub use dnd::{DndChannel, DndSetting, DndSettings, DndStatus, InboundDndSetting, InboundDndSettings};
pub(crate) use done::Done;
pub use event::ContactEvent;
pub use find_duplicate::FindDuplicate;
pub use followers::FollowersChange;
pub(crate) use list::WireList;
pub use list::{ListContacts, ListPage};
pub use location::Location;
pub use new_contact::NewContact;
pub use note::{NewNote, Note, NoteUpdate};
pub(crate) use null::null_as_default;
pub use origin::{Attribution, CreatedBy};
pub(crate) use search::WirePage;
pub use search::{
    Direction, Filter, OpportunityField, OpportunityFilter, SearchContacts, SearchField, SearchPage,
    SortField,
};
pub use task::{NewTask, Task, TaskUpdate};
pub(crate) use time::lenient_date_of;
pub use upsert::{UpsertContact, Upserted};
