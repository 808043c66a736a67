//! One odd field does not cost the event.

use ghl_contacts::webhooks::{Event, InstallType};
use serde_json::json;

use crate::reading::read;

#[test]
fn numbers_texts_flags_and_lists_stand_for_each_other() {
    let body = json!({ "type": "ContactUpdate", "id": 42, "phone": 351_910_000_001_u64, "postalCode": 4050,
        "dnd": "true", "tags": "vip, lead", "email": "ana@example.pt",
        "customFields": [{ "id": 7, "value": "x" }, "junk", { "value": "nobody's" }] });
    let Event::ContactUpdate(contact) = read(&body).event else { panic!("{body}") };
    assert_eq!(contact.id.as_str(), "42");
    assert_eq!(contact.phone.as_deref(), Some("351910000001"));
    assert_eq!(contact.postal_code.as_deref(), Some("4050"));
    assert_eq!((contact.dnd, contact.email.as_deref()), (Some(true), Some("ana@example.pt")));
    assert_eq!(contact.tags, ["vip", "lead"]);
    assert_eq!(contact.custom_fields.len(), 1);
    assert_eq!((contact.custom_fields[0].id.as_str(), &contact.custom_fields[0].value), ("7", &json!("x")));
}

#[test]
fn what_fits_in_no_way_is_left_out_and_still_in_the_raw_body() {
    let body = json!({ "type": "ContactCreate", "id": "c_ana", "firstName": { "first": "Ana" }, "dnd": 1,
        "tags": [1, "vip", null, {}], "customFields": { "f_1": "x" }, "city": ["Porto"], "dateAdded": "soon",
        "lastName": null, "odd": { "kept": true } });
    let webhook = read(&body);
    assert!(webhook.raw().contains("Ana"));
    let Event::ContactCreate(contact) = webhook.event else { panic!("{body}") };
    assert_eq!((&contact.first_name, &contact.last_name, &contact.city), (&None, &None, &None));
    assert_eq!((contact.dnd, contact.date_added), (Some(true), None));
    assert_eq!(contact.tags, ["1", "vip"]);
    assert!(contact.custom_fields.is_empty());
    assert_eq!(contact.extra["odd"], json!({ "kept": true }));
}

#[test]
fn children_are_read_as_leniently() {
    let body = json!({ "type": "TaskComplete", "_id": 9, "contactId": 5, "title": 12, "completed": "yes",
        "dueDate": 1_772_359_200_000_i64, "assignedTo": {} });
    let webhook = read(&body);
    assert_eq!(webhook.contact_id(), Some("5".into()));
    let Event::TaskComplete(task) = webhook.event else { panic!("{body}") };
    assert_eq!((task.id.as_str(), task.title.as_str(), task.completed), ("9", "12", true));
    assert_eq!((task.due_date.unwrap().as_second(), task.assigned_to), (1_772_359_200, None));

    let body =
        json!({ "type": "AppointmentCreate", "appointment": { "id": 3, "contactId": 5, "users": "u_1" } });
    let webhook = read(&body);
    assert_eq!(webhook.contact_id(), Some("5".into()));
    let Event::AppointmentCreate(appointment) = webhook.event else { panic!("{body}") };
    assert_eq!(appointment.users, ["u_1".into()]);
}

#[test]
fn an_envelope_is_read_as_leniently() {
    let body = json!({ "type": "INSTALL", "locationId": 8, "webhookId": 77, "appId": ["a"], "versionId": null,
        "timestamp": 1_772_359_200_000_i64, "installType": 3, "isWhitelabelCompany": "false", "trial": "none",
        "planId": 5 });
    let webhook = read(&body);
    assert_eq!(webhook.location_id, Some("8".into()));
    assert_eq!((webhook.webhook_id.as_deref(), webhook.app_id), (Some("77"), None));
    assert_eq!(webhook.timestamp.unwrap().as_second(), 1_772_359_200);
    let Event::Install(install) = webhook.event else { panic!("{body}") };
    assert_eq!(install.install_type, Some(InstallType::Other("3".to_owned())));
    assert_eq!((install.is_whitelabel_company, install.trial), (Some(false), None));
    assert_eq!(install.plan_id.as_deref(), Some("5"));
}
