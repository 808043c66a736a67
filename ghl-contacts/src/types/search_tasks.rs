use serde::Serialize;

use crate::ids::{BusinessId, ContactId, UserId};

/// Which tasks of a location to search for: those that pass all that is set.
///
/// ```
/// use ghl_contacts::SearchTasks;
/// let open = SearchTasks::new().contacts(["c_ana", "c_rui"]).completed(false);
/// # let _ = open;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchTasks {
    #[serde(rename = "contactId", skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<ContactId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assigned_to: Vec<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_id: Option<BusinessId>,
}

impl SearchTasks {
    /// All tasks of all contacts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only tasks of these contacts. None at all means those of every contact.
    #[must_use]
    pub fn contacts(mut self, contacts: impl IntoIterator<Item = impl Into<ContactId>>) -> Self {
        self.contacts = contacts.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps only tasks that are done, or only open ones.
    #[must_use]
    pub fn completed(mut self, completed: bool) -> Self {
        self.completed = Some(completed);
        self
    }

    /// Keeps only tasks of these users. None at all means those of every user and of nobody.
    #[must_use]
    pub fn assigned_to(mut self, users: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.assigned_to = users.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps only tasks in which the service finds this text.
    #[must_use]
    pub fn query(mut self, text: impl Into<String>) -> Self {
        self.query = Some(text.into());
        self
    }

    /// Keeps only tasks of contacts that belong to this business.
    #[must_use]
    pub fn business_id(mut self, business: impl Into<BusinessId>) -> Self {
        self.business_id = Some(business.into());
        self
    }
}
