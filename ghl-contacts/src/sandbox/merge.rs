//! Merging contacts, which people can and the API cannot.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::contact::Contact;
use super::refuse::Refusal;
use super::validate::{Field, Kind, Schema, check};
use super::world::World;

const MERGE: Schema = &[&[
    Field::text("contactId").required(),
    // As many as the web application merges at once, less the one that stays.
    Field::new("merged", Kind::FewTexts(9)).required(),
]];

impl World {
    /// Merges contacts into the one that `contactId` names, and returns that.
    pub(super) fn merge(&mut self, body: &Map<String, Value>, now: Timestamp) -> Result<Contact, Refusal> {
        check(body, MERGE)?;
        let live = |id: &str| {
            let found = self.contacts.get(id).filter(|contact| !contact.deleted);
            found.cloned().ok_or_else(|| Refusal::not_found("Contact"))
        };
        let mut master = live(body.get("contactId").and_then(Value::as_str).unwrap_or_default())?;
        let merged = body.get("merged").and_then(Value::as_array).into_iter().flatten();
        let merged = merged.filter_map(Value::as_str).map(live).collect::<Result<Vec<_>, _>>()?;
        let fits = |other: &Contact| other.id != master.id && other.location == master.location;
        if merged.is_empty() || !merged.iter().all(fits) {
            return Err(Refusal::bad_request("merged must be other contacts of the same location"));
        }
        for other in merged {
            master.take_over(&other);
            for children in [&mut self.notes, &mut self.tasks, &mut self.appointments] {
                children.give(&other.id, &master.id);
            }
            self.delete_contact(other, now);
        }
        Ok(self.save(master, now))
    }
}

impl Contact {
    /// Takes what it lacks, and addresses beside its own.
    fn take_over(&mut self, other: &Self) {
        for (name, value) in &other.fields {
            if let Some(address) = value.as_str().filter(|_| self.fields.contains_key(name)) {
                let more = match name.as_str() {
                    "email" => &mut self.additional_emails,
                    "phone" => &mut self.additional_phones,
                    _ => continue,
                };
                more.push(address.to_owned());
            }
            self.fields.entry(name.as_str()).or_insert_with(|| value.clone());
        }
        self.additional_emails.extend(other.additional_emails.iter().cloned());
        self.additional_phones.extend(other.additional_phones.iter().cloned());
        let own = ["email", "phone"].map(|name| self.text(name).map(str::to_lowercase));
        for more in [&mut self.additional_emails, &mut self.additional_phones] {
            let mut kept: Vec<String> = own.iter().flatten().cloned().collect();
            more.retain(|address| {
                let address = address.to_lowercase();
                let is_new = !kept.contains(&address);
                kept.push(address);
                is_new
            });
        }
        for (id, value) in &other.custom {
            self.custom.entry(id.clone()).or_insert_with(|| value.clone());
        }
        let unite = |own: &mut Vec<String>, more: &[String]| {
            let new: Vec<_> = more.iter().filter(|member| !own.contains(member)).cloned().collect();
            own.extend(new);
        };
        unite(&mut self.tags, &other.tags);
        unite(&mut self.followers, &other.followers);
        self.business = self.business.take().or_else(|| other.business.clone());
        self.campaigns.extend(other.campaigns.iter().cloned());
        self.workflows.extend(other.workflows.iter().cloned());
    }
}

/// A merge as an edit that makes one.
pub(super) fn body(master: &str, merged: &[&str]) -> Value {
    json!({ "contactId": master, "merged": merged })
}
