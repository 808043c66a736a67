//! Records with every field, each as the service is described to send it.

use serde_json::{Value, json};

pub(crate) fn contact() -> Value {
    json!({
        "id": "c_ana", "locationId": "loc_1", "type": "lead", "firstName": "Ana", "lastName": "Reis",
        "name": "Ana Reis", "email": "ana@example.pt", "phone": "+351910000001",
        "additionalEmails": [{ "email": "reis@example.pt", "validEmail": true }],
        "additionalPhones": [{ "phone": "+351910000002" }], "companyName": "Reis Lda", "businessId": "b_1",
        "address1": "Rua da Prata 1", "city": "Lisboa", "state": "Lisboa", "country": "PT",
        "postalCode": "1100-414", "website": "https://reis.example", "timezone": "Europe/Lisbon",
        "source": "import", "assignedTo": "u_1", "followers": ["u_1", "u_2"], "dnd": false,
        "dndSettings": { "SMS": { "status": "active", "message": "Asked us to.", "code": "101" },
            "Email": { "status": "inactive" } },
        "inboundDndSettings": { "all": { "status": "inactive", "message": "No." } }, "tags": ["vip", "loja"],
        "customFields": [{ "id": "cf_1", "value": "x" }, { "id": "cf_2", "value": [1, { "a": null }] }],
        "dateOfBirth": "1990-09-25",
        "attributionSource": { "url": "https://reis.example", "sessionSource": "CRM UI", "referrer": "r",
            "campaign": "c", "campaignId": "k_1", "utmSource": "s", "utmMedium": "m", "utmContent": "t",
            "medium": "form", "mediumId": "m_1", "userAgent": "a", "ip": "192.0.2.1", "gclid": "g" },
        "lastAttributionSource": { "fbclid": "f" }, "attributions": [{ "medium": "form" }],
        "createdBy": { "source": "INTEGRATION", "channel": "OAUTH", "sourceId": "s_1",
            "timestamp": "2026-03-01T10:00:00Z", "sourceName": "shop" },
        "visitorId": "v_1", "attachments": ["a.pdf"], "dateAdded": "2026-03-01T10:00:00.123Z",
        "dateUpdated": "2026-03-01T10:00:01Z", "lastActivity": "2026-03-01T10:00:02Z",
    })
}

pub(crate) fn custom_field() -> Value {
    json!({ "id": "cf_1", "value": { "a": [1.5, "b"] } })
}

pub(crate) fn note() -> Value {
    json!({ "id": "n_1", "title": "Call", "body": "Called.", "userId": "u_1", "contactId": "c_ana",
        "color": "#a0b1c2", "pinned": true, "dateAdded": "2026-03-01T10:00:00Z" })
}

pub(crate) fn task() -> Value {
    json!({ "id": "t_1", "title": "Call back", "body": "By phone.", "assignedTo": "u_1",
        "dueDate": "2026-03-01T12:00:00Z", "completed": true, "contactId": "c_ana" })
}

pub(crate) fn contact_event() -> Value {
    json!({ "id": "a_1", "calendarId": "cal_1", "title": "Visit", "status": "booked",
        "appointmentStatus": "confirmed", "startTime": "2026-03-01 11:00:00", "endTime": "2026-03-01 11:30:00",
        "address": "Rua da Prata 1", "notes": "Bring keys.", "contactId": "c_ana", "locationId": "loc_1",
        "groupId": "g_1", "assignedUserId": "u_1", "users": ["u_1"], "assignedResources": ["r_1"],
        "dateAdded": "2026-02-01 09:00:00", "dateUpdated": "2026-02-01 09:00:01" })
}

pub(crate) fn appointment() -> Value {
    json!({ "id": "a_1", "calendarId": "cal_1", "locationId": "loc_1", "contactId": "c_ana", "groupId": "g_1",
        "title": "Visit", "appointmentStatus": "new", "assignedUserId": "u_1", "users": ["u_1", "u_2"],
        "startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T10:30:00Z", "address": "Rua da Prata 1",
        "meetingLocationType": "gmeet", "description": "A visit.", "notes": "Bring keys.", "isRecurring": true,
        "rrule": "RRULE:FREQ=DAILY", "masterEventId": "a_0", "assignedResources": ["r_1"],
        "dateAdded": "2026-02-01T09:00:00Z", "dateUpdated": "2026-02-01T09:00:01Z", "source": "booking_widget" })
}

pub(crate) fn appointment_note() -> Value {
    json!({ "id": "n_1", "body": "Came late.", "userId": "u_1", "contactId": "c_ana",
        "dateAdded": "2026-03-01T10:00:00Z", "createdBy": { "id": "u_1", "name": "Rui Sousa" } })
}

pub(crate) fn business() -> Value {
    json!({ "id": "b_1", "name": "Reis Lda", "locationId": "loc_1", "phone": "+351210000001",
        "email": "reis@example.pt", "website": "https://reis.example", "address": "Rua da Prata 1",
        "city": "Lisboa", "state": "Lisboa", "postalCode": "1100-414", "country": "PT",
        "description": "A shop.", "createdAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-01T10:00:01Z" })
}

pub(crate) fn location() -> Value {
    json!({ "id": "loc_1", "companyId": "comp_1", "name": "Loja", "domain": "loja.example",
        "address": "Rua da Prata 1", "city": "Lisboa", "state": "Lisboa", "country": "PT",
        "postalCode": "1100-414", "website": "https://loja.example", "timezone": "Europe/Lisbon",
        "firstName": "Rui", "lastName": "Sousa", "email": "rui@example.pt", "phone": "+351210000002",
        "logoUrl": "https://loja.example/logo.png",
        "settings": { "allowDuplicateContact": false, "allowDuplicateOpportunity": true,
            "allowFacebookNameMerge": false, "disableContactTimezone": true,
            "contactUniqueIdentifiers": ["email", "phone"], "more": 1 } })
}

pub(crate) fn location_tag() -> Value {
    json!({ "id": "tag_1", "name": "vip", "locationId": "loc_1" })
}

pub(crate) fn custom_field_definition() -> Value {
    json!({ "id": "cf_1", "name": "NIF", "fieldKey": "contact.nif", "dataType": "SINGLE_OPTIONS",
        "placeholder": "Nine digits", "position": 50, "picklistOptions": ["a", { "key": "b", "label": "B" }],
        "isAllowedCustomOption": false, "isMultiFileAllowed": true, "maxFileLimit": 2, "locationId": "loc_1",
        "model": "contact" })
}

pub(crate) fn user() -> Value {
    json!({ "id": "u_1", "name": "Rui Sousa", "firstName": "Rui", "lastName": "Sousa",
        "email": "rui@example.pt", "phone": "+351210000002", "extension": "12", "deleted": false,
        "roles": { "type": "account", "role": "admin", "locationIds": ["loc_1"], "more": [] } })
}

pub(crate) fn bulk_tag_result() -> Value {
    json!({ "contactId": "c_ana", "type": "success", "message": "Tags updated", "oldTags": ["loja"],
        "tagsAdded": ["vip"], "tagsRemoved": ["loja"] })
}
