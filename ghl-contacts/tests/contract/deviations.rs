//! Where the client knows better than the description, with reasons.

/// Something that is sent although the description does not have it so.
#[derive(Debug)]
pub(crate) struct Deviation {
    operation: &'static str,
    place: &'static str,
    problem: &'static str,
    #[allow(dead_code, reason = "it is for the reader, and shown when it is out of date")]
    reason: &'static str,
}

impl Deviation {
    const fn new(
        operation: &'static str,
        place: &'static str,
        problem: &'static str,
        reason: &'static str,
    ) -> Self {
        Self { operation, place, problem, reason }
    }

    pub(crate) fn is(&self, operation: &str, place: &str, problem: &str) -> bool {
        (self.operation, self.place, self.problem) == (operation, place, problem)
    }
}

const DATE: &str = "described as an object, really a text";
const NUMBER: &str = "described as an object, really a number";
const TAKEN: &str = "missing in the description, taken by the service";
const OPEN: &str = "the description leaves the body of a search open";
const LIKE_OTHERS: &str = "the description forgets it; all that changes contacts needs it";
const LIKE_LIST: &str = "the description leaves it empty; it is that of the list and the create";
const NEW_FIELD: &str = "POST /locations/{locationId}/customFields";

pub(crate) const DEVIATIONS: &[Deviation] = &[
    Deviation::new("POST /contacts/", "/dateOfBirth", "type", DATE),
    Deviation::new("PUT /contacts/{contactId}", "/dateOfBirth", "type", DATE),
    Deviation::new("POST /contacts/upsert", "/dateOfBirth", "type", DATE),
    Deviation::new("PUT /contacts/{contactId}", "/companyName", "unknown", TAKEN),
    Deviation::new("POST /contacts/", "/customFields/1/field_value", "type", NUMBER),
    Deviation::new("PUT /contacts/{contactId}", "/customFields/1/field_value", "type", NUMBER),
    Deviation::new("POST /contacts/upsert", "/customFields/1/field_value", "type", NUMBER),
    Deviation::new("POST /contacts/", "/customFields/1/fieldValue", "type", NUMBER),
    Deviation::new("PUT /contacts/{contactId}", "/customFields/1/fieldValue", "type", NUMBER),
    Deviation::new("POST /contacts/upsert", "/customFields/1/fieldValue", "type", NUMBER),
    Deviation::new("POST /contacts/search", "/locationId", "unknown", OPEN),
    Deviation::new("POST /contacts/search", "/pageLimit", "unknown", OPEN),
    Deviation::new("POST /contacts/search", "/page", "unknown", OPEN),
    Deviation::new("POST /contacts/search", "/sort", "unknown", OPEN),
    Deviation::new("POST /contacts/search", "/filters", "unknown", OPEN),
    Deviation::new("POST /contacts/search", "/query", "unknown", OPEN),
    Deviation::new(NEW_FIELD, "/fieldKey", "unknown", TAKEN),
    Deviation::new(NEW_FIELD, "/parentId", "unknown", TAKEN),
    Deviation::new(NEW_FIELD, "/description", "unknown", TAKEN),
];

/// Something described that is never sent: operation, name, reason.
pub(crate) const UNSENT: &[(&str, &str, &str)] = &[
    (
        "GET /contacts/business/{businessId}",
        "startAfter",
        "nobody says what goes into it, and skipping works in both versions",
    ),
    ("PUT /locations/{locationId}/customFields/{id}", "model", "what a field belongs to cannot be changed"),
];

/// Operations that describe no scope: the scope they need, and how that is known.
pub(crate) const SCOPES: &[(&str, Option<&str>, &str)] = &[
    ("POST /contacts/bulk/tags/update/{type}", Some("contacts.write"), LIKE_OTHERS),
    ("POST /contacts/bulk/business", Some("contacts.write"), LIKE_OTHERS),
    ("GET /locations/{locationId}/customFields/{id}", Some("locations/customFields.readonly"), LIKE_LIST),
    ("PUT /locations/{locationId}/customFields/{id}", Some("locations/customFields.write"), LIKE_LIST),
    ("DELETE /locations/{locationId}/customFields/{id}", Some("locations/customFields.write"), LIKE_LIST),
    ("GET /locations/{locationId}/tags/{tagId}", Some("locations/tags.readonly"), LIKE_LIST),
    ("PUT /locations/{locationId}/tags/{tagId}", Some("locations/tags.write"), LIKE_LIST),
    ("DELETE /locations/{locationId}/tags/{tagId}", Some("locations/tags.write"), LIKE_LIST),
    ("POST /oauth/token", None, "it is sent without a token"),
];
