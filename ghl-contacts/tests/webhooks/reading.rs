//! What a webhook says.

use ghl_contacts::ContactId;
use ghl_contacts::jiff::Timestamp;
use ghl_contacts::webhooks::{DeliveryId, Event, InstallType, Webhook, WebhookError};
use serde_json::{Value, json};

pub(crate) fn read(body: &Value) -> Webhook {
    Webhook::parse(body.to_string().as_bytes()).unwrap()
}

/// What is around each event in real traffic.
fn with_envelope(mut body: Value) -> Value {
    let around = json!({ "locationId": "loc_1", "timestamp": "2026-03-01T10:00:00.000Z", "webhookId": "w_1",
        "appId": "app_1", "versionId": "ver_1" });
    body.as_object_mut().unwrap().extend(around.as_object().unwrap().clone());
    body
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_envelope_is_read_and_kept_out_of_the_record() {
    let webhook = read(&with_envelope(json!({ "type": "ContactCreate", "id": "c_ana", "odd": 1 })));
    assert_eq!(webhook.kind(), "ContactCreate");
    assert_eq!(webhook.location_id, Some("loc_1".into()));
    assert_eq!(webhook.timestamp, Some(at("2026-03-01T10:00:00Z")));
    assert_eq!(webhook.webhook_id.as_deref(), Some("w_1"));
    assert_eq!(webhook.app_id.as_deref(), Some("app_1"));
    assert_eq!(webhook.version_id.as_deref(), Some("ver_1"));
    let Event::ContactCreate(contact) = webhook.event else { panic!("{webhook:?}") };
    assert_eq!(contact.location_id, Some("loc_1".into()));
    let written = serde_json::to_value(&*contact).unwrap();
    assert_eq!(written["odd"], 1, "what is not known is kept");
    for around in ["type", "timestamp", "webhookId", "appId", "versionId"] {
        assert_eq!(written.get(around), None, "{around}");
    }
}

#[test]
fn an_event_without_its_envelope_is_read() {
    let webhook = read(&json!({ "type": "ContactUpdate", "id": "c_ana" }));
    assert!(matches!(webhook.event, Event::ContactUpdate(_)));
    assert_eq!((&webhook.location_id, webhook.timestamp, &webhook.webhook_id), (&None, None, &None));
    assert_eq!(webhook.delivery(), None);
}

type Fits = fn(&Event) -> bool;

#[test]
fn every_event_has_its_type_and_tells_its_contact() {
    let ana = Some(ContactId::new("c_ana"));
    let contact = json!({ "id": "c_ana" });
    let child = json!({ "id": "x_1", "contactId": "c_ana" });
    let appointment = json!({ "appointment": { "id": "a_1", "contactId": "c_ana" } });
    let table: [(&str, &Value, Fits); 14] = [
        ("ContactCreate", &contact, |e| matches!(e, Event::ContactCreate(_))),
        ("ContactUpdate", &contact, |e| matches!(e, Event::ContactUpdate(_))),
        ("ContactDelete", &contact, |e| matches!(e, Event::ContactDelete(_))),
        ("ContactTagUpdate", &contact, |e| matches!(e, Event::ContactTagUpdate(_))),
        ("ContactDndUpdate", &contact, |e| matches!(e, Event::ContactDndUpdate(_))),
        ("NoteCreate", &child, |e| matches!(e, Event::NoteCreate(_))),
        ("NoteUpdate", &child, |e| matches!(e, Event::NoteUpdate(_))),
        ("NoteDelete", &child, |e| matches!(e, Event::NoteDelete(_))),
        ("TaskCreate", &child, |e| matches!(e, Event::TaskCreate(task) if !task.completed)),
        ("TaskComplete", &child, |e| matches!(e, Event::TaskComplete(task) if task.completed)),
        ("TaskDelete", &child, |e| matches!(e, Event::TaskDelete(_))),
        ("AppointmentCreate", &appointment, |e| matches!(e, Event::AppointmentCreate(_))),
        ("AppointmentUpdate", &appointment, |e| matches!(e, Event::AppointmentUpdate(_))),
        ("AppointmentDelete", &appointment, |e| matches!(e, Event::AppointmentDelete(_))),
    ];
    for (kind, body, fits) in table {
        let mut body = with_envelope(body.clone());
        body["type"] = json!(kind);
        let webhook = read(&body);
        assert!(fits(&webhook.event), "{webhook:?}");
        assert_eq!((webhook.kind(), webhook.contact_id()), (kind, ana.clone()));
    }
}

#[test]
fn a_contact_comes_whole() {
    let body = with_envelope(json!({ "type": "ContactDndUpdate", "id": "c_ana", "firstName": "Ana",
        "lastName": "Reis", "email": "ana@example.pt", "phone": "+351910000001", "tags": ["vip"],
        "customFields": [{ "id": "f_1", "value": 5 }, { "id": "f_2", "value": ["a", "b"] }],
        "dateOfBirth": "1990-05-01T00:00:00.000Z", "dateAdded": "2026-02-28T09:00:00.000Z", "dnd": true,
        "dndSettings": { "SMS": { "status": "active" }, "RCS": { "status": "inactive" } },
        "assignedTo": null, "attachments": [] }));
    let Event::ContactDndUpdate(contact) = read(&body).event else { panic!("{body}") };
    assert_eq!(contact.full_name().as_deref(), Some("Ana Reis"));
    assert_eq!(contact.tags, ["vip"]);
    assert_eq!(contact.custom_fields[1].value, json!(["a", "b"]));
    assert_eq!((contact.dnd, contact.assigned_to.as_ref()), (Some(true), None));
    assert_eq!(contact.date_added, Some(at("2026-02-28T09:00:00Z")));
    let written = serde_json::to_value(&*contact).unwrap();
    assert_eq!(written["dndSettings"]["RCS"]["status"], "inactive");
}

#[test]
fn a_real_new_task_lacks_contact_and_text() {
    let body = with_envelope(json!({ "type": "TaskCreate", "id": "t_1", "title": "Call back",
        "assignedTo": "u_1", "dueDate": "2026-03-02T10:00:00.000Z", "dateAdded": "2026-03-01T10:00:00.000Z" }));
    let webhook = read(&body);
    assert_eq!(webhook.contact_id(), None);
    let Event::TaskCreate(task) = webhook.event else { panic!("{body}") };
    assert_eq!((task.title.as_str(), task.body), ("Call back", None));
    assert_eq!(task.due_date, Some(at("2026-03-02T10:00:00Z")));
    assert_eq!(task.extra.get("locationId"), None);
}

#[test]
fn a_real_new_note_lacks_its_author() {
    let body =
        with_envelope(json!({ "type": "NoteCreate", "id": "n_1", "contactId": "c_ana", "body": "Called.",
        "dateAdded": "2026-03-01T10:00:00.000Z" }));
    let Event::NoteCreate(note) = read(&body).event else { panic!("{body}") };
    assert_eq!((note.body.as_str(), note.user_id), ("Called.", None));
}

#[test]
fn an_appointment_is_read_from_within_or_flat() {
    let fields = json!({ "id": "a_1", "title": "Fitting", "contactId": "c_ana", "calendarId": "cal_1",
        "appointmentStatus": "confirmed", "users": ["u_1"], "startTime": "2026-03-02T10:00:00+01:00",
        "endTime": "2026-03-02 11:00:00", "isRecurring": false });
    for body in [json!({ "appointment": fields.clone() }), fields.clone()] {
        let mut body = with_envelope(body);
        body["type"] = json!("AppointmentUpdate");
        let Event::AppointmentUpdate(appointment) = read(&body).event else { panic!("{body}") };
        assert_eq!((appointment.id.as_str(), appointment.title.as_deref()), ("a_1", Some("Fitting")));
        assert_eq!(appointment.start_time, Some(at("2026-03-02T09:00:00Z")));
        assert_eq!(appointment.end_time, None, "a time without a zone is no instant");
        assert_eq!(appointment.is_recurring, Some(false));
    }
}

#[test]
fn installations_are_of_locations_or_agencies() {
    let body = with_envelope(json!({ "type": "INSTALL", "installType": "Location", "companyId": "co_1",
        "userId": "u_1", "planId": "p_1", "isWhitelabelCompany": true, "companyName": "Ribeira Lda",
        "trial": { "onTrial": true, "trialDuration": 14, "trialStartDate": "2026-03-01T10:00:00.000Z" },
        "whitelabelDetails": { "domain": "crm.example.pt", "logoUrl": "https://crm.example.pt/logo.png" } }));
    let webhook = read(&body);
    assert_eq!((webhook.contact_id(), &webhook.company_id), (None, &Some("co_1".into())));
    let Event::Install(install) = webhook.event else { panic!("{body}") };
    assert_eq!(install.install_type, Some(InstallType::Location));
    assert_eq!((install.app_id.as_deref(), install.version_id.as_deref()), (Some("app_1"), Some("ver_1")));
    assert_eq!(install.location_id, Some("loc_1".into()));
    let trial = install.trial.unwrap();
    assert_eq!((trial.on_trial, trial.trial_duration), (Some(true), Some(14.0)));
    assert_eq!(install.whitelabel_details.unwrap().domain.as_deref(), Some("crm.example.pt"));

    let agency = read(&json!({ "type": "UNINSTALL", "appId": "app_1", "installType": "Company" }));
    let Event::Uninstall(install) = agency.event else { panic!("{agency:?}") };
    assert_eq!((install.install_type, install.location_id), (Some(InstallType::Company), None));
    let future = read(&json!({ "type": "INSTALL", "installType": "Planet", "userId": null }));
    let Event::Install(install) = future.event else { panic!("{future:?}") };
    assert_eq!(install.install_type, Some(InstallType::Other("Planet".to_owned())));
}

#[test]
fn what_is_not_known_is_kept_whole() {
    for (body, kind, contact) in [
        (
            json!({ "type": "OpportunityCreate", "id": "o_1", "contactId": "c_ana" }),
            "OpportunityCreate",
            true,
        ),
        (json!({ "type": "LocationUpdate", "id": "loc_1" }), "LocationUpdate", false),
        (json!({ "type": "FormSubmitted", "contact_id": "c_ana" }), "FormSubmitted", true),
        (json!({ "type": "TaskDelete", "contactId": "c_ana" }), "TaskDelete", true),
        (json!({ "type": "ContactCreate" }), "ContactCreate", false),
        (json!({ "type": "AppointmentDelete", "appointment": {} }), "AppointmentDelete", false),
        (json!({ "type": 7 }), "7", false),
        (json!({ "id": "c_ana" }), "", false),
        (json!({}), "", false),
    ] {
        let webhook = read(&body);
        assert_eq!((webhook.kind(), webhook.contact_id().is_some()), (kind, contact), "{body}");
        assert_eq!(
            webhook.event,
            Event::Unknown { kind: kind.to_owned(), raw: body.as_object().unwrap().clone() }
        );
    }
}

#[test]
fn what_is_no_object_is_unreadable() {
    for body in [&b""[..], b"null", b"[]", b"1", b"\"a\"", b"{", b"{}}", b"\xFF", b"type=ContactCreate"] {
        let error = Webhook::parse(body).unwrap_err();
        assert_eq!((error, error.status()), (WebhookError::Unreadable, 400));
    }
    let deep = "[".repeat(100_000);
    assert!(Webhook::parse(deep.as_bytes()).is_err(), "no stack is deep enough for some");
}

#[test]
fn what_was_queued_reads_the_same() {
    let body =
        r#"{ "type":"NoteCreate",  "id": "n_1", "body": "Olá", "timestamp": "2026-03-01T10:00:00.000Z" }"#;
    let webhook = Webhook::parse(body.as_bytes()).unwrap();
    assert_eq!(webhook.raw(), body);
    assert_eq!(Webhook::parse(webhook.raw().as_bytes()).unwrap(), webhook);
}

#[test]
fn repetitions_have_one_delivery_and_changes_do_not() {
    let of = |body: &str| Webhook::parse(body.as_bytes()).unwrap().delivery();
    assert_eq!(of(r#"{"webhookId":"w_1","id":"a"}"#), Some(DeliveryId::new("w_1")));
    assert_eq!(of(r#"{"webhookId":"w_1","id":"b"}"#), Some(DeliveryId::new("w_1")));
    // Without an id, the same bytes of the same moment.
    let first = of(r#"{"timestamp":"2026-03-01T10:00:00Z","id":"a"}"#);
    assert!(first.is_some());
    assert_eq!(of(r#"{"timestamp":"2026-03-01T10:00:00Z","id":"a"}"#), first);
    assert_ne!(of(r#"{"timestamp":"2026-03-01T10:00:00Z","id":"b"}"#), first);
    assert_ne!(of(r#"{"timestamp":"2026-03-01T10:00:01Z","id":"a"}"#), first);
    // Changed, and changed back: two bodies alike that tell of two changes.
    assert_eq!(of(r#"{"id":"a"}"#), None);
    assert_eq!(of(r#"{"webhookId":"","id":"a"}"#), None);
}
