//! What a refusal says is not there. HighLevel says it in words alone, with 400 as well as with 404, and so does
//! whatever stands before it.

/// What is missing, by the words of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// A record that the path of the request names.
    Asked,
    /// The location, or it is switched off.
    Location,
    /// Something that the request names elsewhere, such as the business of a contact.
    Beside,
}

/// A kind of record that texts speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Appointment,
    Business,
    Calendar,
    Campaign,
    Contact,
    Field,
    Location,
    Note,
    Tag,
    Task,
    User,
    Workflow,
}

impl Kind {
    /// The kind that a segment of a path is of.
    fn in_path(segment: &str) -> Option<Self> {
        Some(match segment {
            "appointments" | "events" => Self::Appointment,
            "business" | "businesses" => Self::Business,
            "campaigns" => Self::Campaign,
            "contacts" => Self::Contact,
            "customFields" => Self::Field,
            "locations" => Self::Location,
            "notes" => Self::Note,
            "tags" => Self::Tag,
            "tasks" => Self::Task,
            "users" => Self::User,
            "workflow" => Self::Workflow,
            _ => return None,
        })
    }

    /// The kind that a word of a text is for, in lower case: `contact`, `contacts`, `contactid`.
    fn in_text(word: &str) -> Option<Self> {
        let word = word.strip_suffix("id").map_or(word, |word| word.trim_end_matches('_'));
        Some(match word {
            "appointment" | "appointments" | "event" | "events" => Self::Appointment,
            "business" | "businesses" => Self::Business,
            "calendar" | "calendars" => Self::Calendar,
            "campaign" | "campaigns" => Self::Campaign,
            "contact" | "contacts" => Self::Contact,
            "field" | "fields" | "customfield" | "customfields" | "custom_field" => Self::Field,
            "location" | "locations" | "subaccount" => Self::Location,
            "note" | "notes" => Self::Note,
            "tag" | "tags" => Self::Tag,
            "task" | "tasks" => Self::Task,
            "user" | "users" | "follower" | "followers" => Self::User,
            "workflow" | "workflows" => Self::Workflow,
            _ => return None,
        })
    }

    /// Whether a request to this path asks for a record of this kind. The location at the start of a path is only where
    /// that is; and where no id is in it, the body has them.
    fn is_asked_at(self, template: &str) -> bool {
        let next = template.split('/').skip(1);
        let mut named = template.split('/').zip(next).filter(|(_, id)| id.starts_with('{')).peekable();
        match self {
            Self::Location => template == "/locations/{locationId}",
            _ => named.peek().is_none() || named.any(|(segment, _)| Self::in_path(segment) == Some(self)),
        }
    }
}

impl Missing {
    /// What `text`, in lower case, says is not there; `None` if it says no such thing, or not of what. That the status
    /// is 404 says it as well, but a gateway may be who says so, unless the text names a record.
    pub(crate) fn of(template: &str, status: u16, text: &str) -> Option<Self> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let place = |of: [&str; 2]| words.windows(2).position(|pair| pair == of);
        let bad_id = || words.iter().position(|word| *word == "id").filter(|_| text.contains("invalid"));
        let off = place(["not", "active"]);
        let said = place(["not", "found"]).or(off).or_else(bad_id).or((status == 404).then_some(0))?;
        let before = words.iter().take(said).rev();
        let kind = before.chain(words.iter().skip(said)).find_map(|word| Kind::in_text(word))?;
        Some(match kind {
            Kind::Location if off.is_some() => Self::Location,
            kind if kind.is_asked_at(template) => Self::Asked,
            Kind::Location => Self::Location,
            _ => Self::Beside,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTACT: &str = "/contacts/{contactId}";
    const NOTE: &str = "/contacts/{contactId}/notes/{id}";
    const TAG: &str = "/locations/{locationId}/tags/{tagId}";
    const FIELD: &str = "/locations/{locationId}/customFields/{id}";
    const EVENT: &str = "/calendars/events/appointments/{eventId}";

    #[test]
    fn what_is_missing_is_what_the_text_speaks_of() {
        use Missing::{Asked, Beside, Location};
        let table = [
            (CONTACT, 404, "Contact not found", Some(Asked)),
            (CONTACT, 400, "Contact not found", Some(Asked)),
            (CONTACT, 400, "Contact with id c_ana not found", Some(Asked)),
            (CONTACT, 400, "Contact not found for id: c_ana", Some(Asked)),
            (CONTACT, 400, "Contact id is invalid", Some(Asked)),
            (CONTACT, 404, "contactId not found", Some(Asked)),
            (CONTACT, 404, "No contact has the id c_ana", Some(Asked)),
            (CONTACT, 404, "Contact not found in this location", Some(Asked)),
            ("/contacts/{contactId}/tags", 404, "Contact not found", Some(Asked)),
            ("/contacts/{contactId}/tags", 404, "Tag not found", Some(Beside)),
            ("/contacts/{contactId}/followers", 404, "User not found", Some(Beside)),
            (CONTACT, 400, "Business not found", Some(Beside)),
            (CONTACT, 400, "Invalid custom field id", Some(Beside)),
            (CONTACT, 400, "Custom field not found for contact", Some(Beside)),
            (NOTE, 404, "Note not found", Some(Asked)),
            (NOTE, 404, "Contact not found", Some(Asked)),
            (NOTE, 404, "Task not found", Some(Beside)),
            ("/contacts/{contactId}/tasks/{taskId}/completed", 404, "Task not found", Some(Asked)),
            ("/contacts/{contactId}/workflow/{workflowId}", 404, "Workflow not found", Some(Asked)),
            ("/contacts/{contactId}/campaigns/{campaignId}", 404, "Campaign not found", Some(Asked)),
            ("/contacts/business/{businessId}", 404, "Business not found", Some(Asked)),
            ("/businesses/{businessId}", 404, "Business not found", Some(Asked)),
            (TAG, 404, "Tag not found", Some(Asked)),
            (FIELD, 404, "Custom field not found", Some(Asked)),
            (FIELD, 404, "customField with id cf_1 not found", Some(Asked)),
            (EVENT, 400, "The event id is invalid", Some(Asked)),
            (EVENT, 404, "Appointment not found", Some(Asked)),
            (EVENT, 400, "Calendar not found", Some(Beside)),
            ("/calendars/events/{eventId}", 400, "The event id is invalid", Some(Asked)),
            ("/calendars/appointments/{appointmentId}/notes/{noteId}", 404, "Note not found", Some(Asked)),
            ("/contacts/search/duplicate", 404, "Contact not found", Some(Asked)),
            ("/contacts/bulk/business", 404, "Business not found", Some(Asked)),
            (CONTACT, 400, "Location not found", Some(Location)),
            (CONTACT, 404, "Location is not active", Some(Location)),
            (TAG, 404, "Location not found", Some(Location)),
            ("/contacts/search", 404, "Location not found", Some(Location)),
            ("/locations/{locationId}", 400, "Location not found", Some(Asked)),
            ("/locations/{locationId}", 400, "Location is not active", Some(Location)),
            (CONTACT, 404, "Not Found", None),
            (CONTACT, 404, "no Route matched with those values", None),
            (CONTACT, 400, "Bad Request", None),
            (CONTACT, 400, "Invalid identity", None),
            (CONTACT, 400, "Contact is wrong", None),
            ("/contacts/search/duplicate", 404, "Not Found", None),
        ];
        for (template, status, text, missing) in table {
            assert_eq!(Missing::of(template, status, &text.to_lowercase()), missing, "{template}: {text}");
        }
    }
}
