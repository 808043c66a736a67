use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What a token may do. A new scope of an app reaches an account only when a person authorises it again.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Scope {
            $($(#[$doc])* #[doc = concat!("(`", $text, "`)")] $name,)*
            /// One that this crate has no name for.
            Other(String),
        }

        impl Scope {
            /// The scope as the service spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for Scope {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    _ => Self::Other(text.to_owned()),
                }
            }
        }
    };
}

scopes! {
    /// Read contacts, their notes, tasks and appointments, and search them.
    ContactsRead = "contacts.readonly",
    /// Change contacts, their tags, notes, tasks, followers, campaigns and workflows.
    ContactsWrite = "contacts.write",
    /// Read calendars and their free slots.
    CalendarsRead = "calendars.readonly",
    /// Read appointments.
    CalendarEventsRead = "calendars/events.readonly",
    /// Change appointments and their notes.
    CalendarEventsWrite = "calendars/events.write",
    /// Read the location itself.
    LocationsRead = "locations.readonly",
    /// Read custom fields.
    CustomFieldsRead = "locations/customFields.readonly",
    /// Create and change custom fields.
    CustomFieldsWrite = "locations/customFields.write",
    /// Read custom values.
    CustomValuesRead = "locations/customValues.readonly",
    /// Change custom values.
    CustomValuesWrite = "locations/customValues.write",
    /// Read the location's tags.
    TagsRead = "locations/tags.readonly",
    /// Change the location's tags.
    TagsWrite = "locations/tags.write",
    /// Search tasks of all contacts.
    TasksRead = "locations/tasks.readonly",
    /// Read businesses.
    BusinessesRead = "businesses.readonly",
    /// Change businesses.
    BusinessesWrite = "businesses.write",
    /// Read users.
    UsersRead = "users.readonly",
    /// Agencies only: list the locations that have the app.
    OAuthRead = "oauth.readonly",
    /// Agencies only: get a location's token.
    OAuthWrite = "oauth.write",
}

impl Scope {
    /// What a token needs for an operation, such as `contacts.update`; `None` for one that has no scope, or is not known.
    pub(crate) fn needed(operation: &str) -> Option<Self> {
        let (group, verb) = operation.split_once('.')?;
        let (read, write) = match group {
            "contacts"
            | "contact_appointments"
            | "notes"
            | "tasks"
            | "tags"
            | "followers"
            | "workflows"
            | "campaigns" => (Self::ContactsRead, Self::ContactsWrite),
            "calendar_events" | "appointment_notes" => (Self::CalendarEventsRead, Self::CalendarEventsWrite),
            "custom_fields" => (Self::CustomFieldsRead, Self::CustomFieldsWrite),
            "location_tags" => (Self::TagsRead, Self::TagsWrite),
            "location_tasks" => return Some(Self::TasksRead),
            "locations" => return Some(Self::LocationsRead),
            "businesses" => (Self::BusinessesRead, Self::BusinessesWrite),
            "users" => return Some(Self::UsersRead),
            "oauth" => {
                return match verb {
                    "installed_locations" => Some(Self::OAuthRead),
                    "location_token" => Some(Self::OAuthWrite),
                    _ => None,
                };
            }
            _ => return None,
        };
        let reads = matches!(verb, "get" | "list" | "search" | "duplicate" | "by_business");
        Some(if reads { read } else { write })
    }
}

impl FromStr for Scope {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_written_alike() {
        for text in
            ["contacts.readonly", "locations/customFields.write", "oauth.write", "payments/orders.readonly"]
        {
            assert_eq!(Scope::from(text).to_string(), text);
        }
        assert_eq!(Scope::from("contacts.write"), Scope::ContactsWrite);
        assert_eq!(Scope::from("contacts.Write"), Scope::Other("contacts.Write".to_owned()));
    }
}
