use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Makes an id type: text that is passed on as it came, and cannot be mistaken for another kind of id.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id as the service gave it. Its form is not checked: the service changes it at will.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = Infallible;
            fn from_str(id: &str) -> Result<Self, Infallible> {
                Ok(Self(id.to_owned()))
            }
        }
    )*};
}

id! {
    /// A contact.
    ContactId;
    /// A location, which HighLevel's pages call a sub-account: what a location token is for.
    LocationId;
    /// An agency, which HighLevel's API calls a company: what locations belong to.
    CompanyId;
    /// A custom field of a location.
    CustomFieldId;
    /// A note of a contact.
    NoteId;
    /// A task of a contact.
    TaskId;
    /// A business, which groups contacts.
    BusinessId;
    /// A campaign.
    CampaignId;
    /// A workflow.
    WorkflowId;
    /// A calendar.
    CalendarId;
    /// A group of calendars.
    CalendarGroupId;
    /// An appointment, which the calendars' part of the API calls an event.
    AppointmentId;
    /// A tag that a location knows.
    TagId;
    /// A user, who may be assigned to contacts and tasks.
    UserId;
}
