//! What is under a contact, against the suite.

use ghl_contacts::sandbox::Sandbox;
use ghl_contacts::sync::{AppointmentCollection, NoteCollection, TaskCollection};
use serde_json::{Value, json};
use sync_core::SystemEnv;
use sync_core::conformance::collection::{Fixture, check};
use sync_core::engine::{Collection, FaultKind, Marker, Part, Read, RecordId, RecordRef, Scope, WriteError};

use crate::scene::{Clerk, raw, scene};

fn ana(sandbox: &Sandbox) -> RecordId {
    RecordId::new(sandbox.add_contact(json!({ "firstName": "Ana", "email": "ana@example.pt" })).unwrap())
}

fn marker(number: u32) -> Marker {
    Marker::new(format!("erp:5:doc:{number}:issued"))
}

#[tokio::test]
async fn notes_conform() {
    let (sandbox, client) = scene().await;
    let ana = ana(&sandbox);
    let user = sandbox.credentials().user_id.clone();
    let notes = NoteCollection::new(client, "erp:");
    let (clerk, env) = (Clerk { sandbox, collection: "notes" }, SystemEnv::new());
    for change in [
        json!({ "body": "Invoice of today, paid", "title": null, "pinned": false }),
        json!({ "title": "Paid", "color": "#00FF00", "userId": user }),
        json!({ "body": null }),
    ] {
        let fixture = Fixture::new(&notes, &env)
            .under(ana.clone())
            .record(json!({ "body": "Invoice of today\nin two lines", "title": "Invoice", "pinned": true }))
            .record(json!({ "body": "Invoice of yesterday" }))
            .record(json!({ "body": "Invoice of long ago", "color": "#FF0000" }))
            .change(change)
            .markers(marker)
            .person(&clerk);
        check(&fixture).await;
    }
}

fn task(title: &str) -> Value {
    json!({ "title": title, "body": "Call them", "dueDate": "2026-01-05T10:00:00Z", "completed": false })
}

#[tokio::test]
async fn tasks_conform() {
    let (sandbox, client) = scene().await;
    let ana = ana(&sandbox);
    let user = sandbox.credentials().user_id.clone();
    let tasks = TaskCollection::new(client, "erp:");
    let (clerk, env) = (Clerk { sandbox, collection: "tasks" }, SystemEnv::new());
    for change in [
        json!({ "title": "Collect it soon", "assignedTo": user }),
        json!({ "body": "Write to them", "dueDate": "2026-02-05T10:00:00Z" }),
        json!({ "completed": "true", "body": null }),
    ] {
        let fixture = Fixture::new(&tasks, &env)
            .under(ana.clone())
            .record(task("Collect invoice 1"))
            .record(task("Collect invoice 2"))
            .record(task("Collect invoice 3"))
            .change(change)
            .markers(marker)
            .person(&clerk);
        check(&fixture).await;
    }
}

fn visit(day: u32) -> Value {
    json!({
        "title": "Yearly visit",
        "description": "Bring the ladder",
        "startTime": format!("2026-03-{day:02}T10:00:00Z"),
        "endTime": format!("2026-03-{day:02}T11:00:00Z"),
        "appointmentStatus": "confirmed",
    })
}

#[tokio::test]
async fn appointments_conform() {
    let (sandbox, client) = scene().await;
    let ana = ana(&sandbox);
    let user = sandbox.credentials().user_id.clone();
    let calendar = sandbox.credentials().calendar_id.clone();
    let appointments = AppointmentCollection::new(client, "erp:").calendar(calendar.as_str()).notifies(false);
    let (clerk, env) = (Clerk { sandbox, collection: "appointments" }, SystemEnv::new());
    for change in [
        json!({ "title": "First visit", "description": null, "assignedUserId": user }),
        json!({ "startTime": "2026-03-20T09:00:00Z", "endTime": "2026-03-20T12:00:00Z", "address": "Rua Dois 22" }),
        json!({ "appointmentStatus": "cancelled", "description": "They are away", "meetingLocationType": "phone" }),
    ] {
        let fixture = Fixture::new(&appointments, &env)
            .under(ana.clone())
            .record(visit(1))
            .record(visit(2))
            .record(visit(3))
            .change(change)
            .refused(json!({ "title": "Yearly visit", "calendarId": "cal_unknown", "startTime": "2026-03-09T10:00:00Z" }))
            .markers(marker)
            .person(&clerk);
        check(&fixture).await;
    }
}

#[tokio::test]
async fn an_appointment_goes_where_its_contact_was_merged_into() {
    let (sandbox, client) = scene().await;
    let ana = ana(&sandbox);
    let eva = RecordId::new(sandbox.add_contact(json!({ "firstName": "Eva" })).unwrap());
    let calendar = sandbox.credentials().calendar_id.as_str();
    let appointments = AppointmentCollection::new(client, "erp:").calendar(calendar);
    let written = appointments.create(&Scope::Under(ana.clone()), &raw(visit(1)), &marker(1)).await.unwrap();
    sandbox.merge_contacts(eva.as_str(), &[ana.as_str()]).unwrap();
    let moved = RecordRef::under(eva, written.id.clone());
    let read = appointments.get(&RecordRef::under(ana, written.id)).await.unwrap();
    assert_eq!(read, Read::MovedTo(moved.clone()));
    let there = appointments.get(&moved).await.unwrap().found().unwrap();
    assert_eq!(there.marker, Some(marker(1)));
    let list = appointments.list(&Scope::Under(moved.parent.clone().unwrap()), None).await.unwrap();
    assert_eq!(list.records, [there]);
}

#[tokio::test]
async fn a_calendar_that_is_not_free_is_booked_only_if_told_so() {
    let (sandbox, client) = scene().await;
    let ana = Scope::Under(ana(&sandbox));
    let calendar = sandbox.credentials().calendar_id.as_str();
    let polite = AppointmentCollection::new(client, "erp:").calendar(calendar);
    polite.create(&ana, &raw(visit(1)), &marker(1)).await.unwrap();
    let refused = polite.create(&ana, &raw(visit(1)), &marker(2)).await.unwrap_err();
    assert!(
        matches!(&refused, WriteError::NotApplied(fault) if fault.kind() == FaultKind::Invalid),
        "{refused}"
    );
    let pushy = polite.at_any_time();
    pushy.create(&ana, &raw(visit(1)), &marker(2)).await.unwrap();
    assert_eq!(pushy.list(&ana, None).await.unwrap().records.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_its_name_and_a_way_out() {
    let (sandbox, client) = scene().await;
    let ana = Scope::Under(ana(&sandbox));
    let notes = NoteCollection::new(client.clone(), "erp:");
    let tasks = TaskCollection::new(client.clone(), "erp:");
    let visits = AppointmentCollection::new(client, "erp:");
    let before = sandbox.calls().len();
    let table: [(&dyn Collection, Value, &str); 9] = [
        (&notes, json!({ "body": "Text", "pinned": "maybe" }), "pinned must be true or false"),
        (
            &notes,
            json!({ "body": "Text", "colour": "#FF0000" }),
            "notes have no field colour that can be written, but body",
        ),
        (&tasks, json!({ "title": "Call" }), "dueDate must be a time with an offset"),
        (&tasks, json!({ "dueDate": "2026-01-05T10:00:00Z" }), "title must be a text, and cannot be cleared"),
        (&tasks, json!({ "title": "Call", "dueDate": "tomorrow" }), "dueDate must be a time with an offset"),
        (&visits, visit(1), "calendarId must be a text, and cannot be cleared"),
        (&visits, json!({ "calendarId": "c", "title": "Visit" }), "startTime must be a time with an offset"),
        (
            &visits,
            json!({ "calendarId": "c", "startTime": "2026-01-05T10:00:00Z", "appointmentStatus": "completed" }),
            "appointmentStatus must be new, confirmed",
        ),
        (
            &visits,
            json!({ "calendarId": "c", "startTime": "2026-01-05T10:00:00Z", "notes": "A" }),
            "appointments have no field notes that can be written, but calendarId",
        ),
    ];
    for (collection, fields, says) in table {
        let refused = collection.create(&ana, &raw(fields), &marker(1)).await.unwrap_err();
        let WriteError::NotApplied(fault) = &refused else { panic!("{refused}") };
        assert!(fault.to_string().starts_with(says), "{fault}");
    }
    let stranger = notes.create(&ana, &raw(json!({ "body": "Text" })), &Marker::new("shop:1")).await;
    assert!(matches!(&stranger, Err(WriteError::NotApplied(fault)) if fault.kind() == FaultKind::Broken));
    let note = notes.create(&ana, &raw(json!({ "body": "Text" })), &marker(1)).await.unwrap().stored.unwrap();
    let set = Part::AddTo { field: "body".to_owned(), members: vec!["a".to_owned()] };
    assert!(matches!(notes.update(&note, &set, &marker(1)).await, Err(WriteError::NotApplied(_))));
    assert_eq!(sandbox.calls().len(), before + 1, "only the note was sent");
}
