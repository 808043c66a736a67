use serde_json::{Value, json};

/// A field to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortField {
    /// When the contact was created. It never changes, which makes it the best for long walks.
    DateAdded,
    /// When the contact last changed. One that changes during a walk may come twice or not at all.
    DateUpdated,
    /// The given name, in lower case.
    FirstName,
    /// The family name, in lower case.
    LastName,
    /// The name of the business it is grouped under.
    BusinessName,
    /// The e-mail address.
    Email,
    /// Whether it may not be disturbed at all.
    Dnd,
    /// Where it came from.
    Source,
    /// Another field, by the service's own name. It refuses one that it cannot sort by.
    Other(String),
}

impl SortField {
    fn name(&self) -> &str {
        match self {
            Self::DateAdded => "dateAdded",
            Self::DateUpdated => "dateUpdated",
            Self::FirstName => "firstNameLowerCase",
            Self::LastName => "lastNameLowerCase",
            Self::BusinessName => "businessName",
            Self::Email => "email",
            Self::Dnd => "dnd",
            Self::Source => "source",
            Self::Other(name) => name,
        }
    }

    pub(super) fn to_value(&self, direction: Direction) -> Value {
        json!({ "field": self.name(), "direction": direction.name() })
    }
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

impl Direction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}
