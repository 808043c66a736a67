use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use ghl_contacts::{Appointment, Client, Contact, ContactId, Error, SearchContacts};
use serde_json::Value;

use super::SandboxPair;

/// What people see in a sandbox's HighLevel, read over HTTP as any client reads it. For tests: what a program says of
/// itself proves nothing.
#[derive(Debug, Clone)]
pub struct Crm {
    client: Client,
}

/// A contact with all that belongs to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SeenContact {
    /// The contact itself.
    pub contact: Contact,
    /// Its custom fields, by the names people see.
    pub fields: BTreeMap<String, Value>,
    /// The texts of its notes, their last lines included.
    pub notes: Vec<String>,
    /// Its tasks: title, and whether it is done.
    pub tasks: Vec<(String, bool)>,
    /// Its appointments.
    pub appointments: Vec<Appointment>,
    /// The name of its business.
    pub business: Option<String>,
}

impl SandboxPair {
    /// Reads this pair's HighLevel as people see it.
    ///
    /// # Errors
    ///
    /// The client cannot be built.
    pub fn crm(&self) -> Result<Crm, Error> {
        let here = self.ghl.credentials();
        let client =
            Client::builder(here.location_id.as_str()).token(here.pit.clone()).base_url(self.ghl.url());
        Ok(Crm { client: client.build()? })
    }
}

impl Crm {
    /// The client, for whatever else is to be looked at.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// All contacts as the list shows them, which lags behind what was written.
    ///
    /// # Errors
    ///
    /// As the client's.
    pub async fn contacts(&self) -> Result<Vec<Contact>, Error> {
        self.client.contacts().search(SearchContacts::new()).items().try_collect().await
    }

    /// The contact whose e-mail address this is, with all that belongs to it.
    ///
    /// # Errors
    ///
    /// As the client's.
    pub async fn contact(&self, email: &str) -> Result<Option<SeenContact>, Error> {
        let all = self.contacts().await?;
        match all.into_iter().find(|contact| contact.email.as_deref() == Some(email)) {
            Some(found) => self.whole(&found.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// A contact with all that belongs to it, as it is now.
    ///
    /// # Errors
    ///
    /// As the client's.
    pub async fn whole(&self, id: &ContactId) -> Result<SeenContact, Error> {
        let contact = self.client.contacts().get(id).await?;
        let known = self.client.custom_fields().list().await?;
        let name = |id| known.iter().find(|field| field.id == id).map(|field| field.name.clone());
        let fields =
            contact.custom_fields.iter().filter_map(|f| Some((name(f.id.clone())?, f.value.clone())));
        let fields = fields.collect();
        let notes = self.client.notes(id).list().await?.into_iter().map(|note| note.body).collect();
        let tasks = self.client.tasks(id).list().await?;
        let tasks = tasks.into_iter().map(|task| (task.title, task.completed)).collect();
        let mut appointments = Vec::new();
        for event in self.client.contact_appointments(id).list().await? {
            appointments.push(self.client.appointments().get(&event.id).await?);
        }
        let business = match &contact.business_id {
            Some(business) => Some(self.client.businesses().get(business).await?.name),
            None => None,
        };
        Ok(SeenContact { contact, fields, notes, tasks, appointments, business })
    }
}

impl SeenContact {
    /// The value of a custom field as a text; empty if it has none.
    pub fn field(&self, name: &str) -> String {
        match self.fields.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// Its tags, in order.
    pub fn tags(&self) -> Vec<&str> {
        let mut tags: Vec<_> = self.contact.tags.iter().map(String::as_str).collect();
        tags.sort_unstable();
        tags
    }
}
