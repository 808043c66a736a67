//! Custom fields, notes, tasks and tags.

use ghl_contacts::{
    ContactId, DataType, ErrorKind, NewCustomField, NewNote, NewTask, NoteUpdate, TaskUpdate, jiff::Timestamp,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{answer, ask, client, takes, takes_first};

fn ana() -> ContactId {
    ContactId::new("c_ana")
}

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn custom_fields_of_contacts_are_listed() {
    let server = MockServer::start().await;
    let body = json!({ "customFields": [
        { "id": "cf_1", "name": "NIF", "fieldKey": "contact.nif", "dataType": "TEXT", "model": "contact",
          "locationId": "loc_1", "position": 0 },
        { "id": "cf_2", "name": "Plan", "dataType": "HOLOGRAM", "picklistOptions": ["a", { "label": "b" }] },
    ] });
    takes(&server, ask("GET", "/locations/loc_1/customFields?model=contact"), answer(200, &body), 1).await;
    let fields = client(&server).custom_fields().list().await.unwrap();
    assert_eq!(
        (fields[0].field_key.as_deref(), &fields[0].data_type),
        (Some("contact.nif"), &Some(DataType::Text))
    );
    assert_eq!(fields[0].position, Some(0.into()));
    assert_eq!(fields[1].data_type, Some(DataType::Other("HOLOGRAM".to_owned())));
    assert_eq!(serde_json::to_value(&fields).unwrap(), body["customFields"], "nothing is lost");
}

#[tokio::test]
async fn a_custom_field_is_created_once() {
    let server = MockServer::start().await;
    let body =
        json!({ "name": "NIF", "dataType": "LARGE_TEXT", "model": "contact", "placeholder": "9 digits" });
    let created = json!({ "customField": { "id": "cf_1", "name": "NIF" } });
    let post = || ask("POST", "/locations/loc_1/customFields").json(body.clone());
    takes_first(&server, post(), ResponseTemplate::new(500), 1).await;
    takes(&server, post(), answer(201, &created), 1).await;
    let (client, new) =
        (client(&server), NewCustomField::new("NIF", DataType::LargeText).placeholder("9 digits"));
    let error = client.custom_fields().create(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1));
    assert_eq!(client.custom_fields().create(&new).await.unwrap().id.as_str(), "cf_1");
}

#[tokio::test]
async fn notes_are_listed_read_written_and_changed() {
    let server = MockServer::start().await;
    let note = |body: &str| {
        json!({ "id": "n_1", "body": body, "userId": "u_1", "contactId": "c_ana",
            "dateAdded": "2026-03-01T12:00:00Z", "pinned": true, "title": "Call", "color": "#FFAA00" })
    };
    let one = |status, body: &str| answer(status, &json!({ "note": note(body) }));
    takes(&server, ask("GET", "/contacts/c_ana/notes"), answer(200, &json!({ "notes": [note("a")] })), 1)
        .await;
    takes(&server, ask("GET", "/contacts/c_ana/notes/n_1"), one(200, "a"), 1).await;
    let new =
        json!({ "body": "Called.", "userId": "u_1", "title": "Call", "color": "#FFAA00", "pinned": false });
    takes(&server, ask("POST", "/contacts/c_ana/notes").json(new), one(201, "Called."), 1).await;
    let update = json!({ "body": "Called twice." });
    takes(&server, ask("PUT", "/contacts/c_ana/notes/n_1").json(update), one(200, "Called twice."), 1).await;

    let (client, ana) = (client(&server), ana());
    let notes = client.notes(&ana);
    let list = notes.list().await.unwrap();
    assert_eq!((list.len(), list[0].body.as_str(), list[0].date_added), (1, "a", Some(noon())));
    assert_eq!(notes.get(&list[0].id).await.unwrap(), list[0]);
    assert_eq!(serde_json::to_value(&list[0]).unwrap(), note("a"), "nothing is lost");
    assert_eq!((list[0].title.as_deref(), list[0].pinned), (Some("Call"), Some(true)));
    let new = NewNote::new("Called.").user_id("u_1").title("Call").color("#FFAA00").pinned(false);
    let created = notes.create(&new).await.unwrap();
    assert_eq!(created.body, "Called.");
    let changed = notes.update(&created.id, &NoteUpdate::new().body("Called twice.")).await.unwrap();
    assert_eq!(changed.body, "Called twice.");
}

#[tokio::test]
async fn tasks_are_listed_read_written_changed_and_completed() {
    let server = MockServer::start().await;
    let task = |title: &str, done: bool| {
        json!({ "id": "t_1", "title": title, "completed": done, "contactId": "c_ana",
            "dueDate": "2026-03-01T12:00:00Z", "assignedTo": "u_1", "body": "…" })
    };
    let one = |status, title: &str, done| answer(status, &json!({ "task": task(title, done) }));
    let mongo =
        json!({ "_id": "t_2", "title": "Write", "dueDate": "2026-03-01T12:00:00Z", "completed": true });
    let all = json!({ "tasks": [task("Call", false), mongo] });
    takes(&server, ask("GET", "/contacts/c_ana/tasks"), answer(200, &all), 1).await;
    takes(&server, ask("GET", "/contacts/c_ana/tasks/t_1"), one(200, "Call", false), 1).await;
    let new = json!({ "title": "Call", "dueDate": "2026-03-01T12:00:00Z", "completed": false });
    takes(&server, ask("POST", "/contacts/c_ana/tasks").json(new), one(201, "Call", false), 1).await;
    let update = json!({ "title": "Call back", "dueDate": "2026-03-02T12:00:00Z", "completed": false,
        "body": "…", "assignedTo": "u_1" });
    takes(&server, ask("PUT", "/contacts/c_ana/tasks/t_1").json(update), one(200, "Call back", false), 1)
        .await;
    let done = ask("PUT", "/contacts/c_ana/tasks/t_1/completed").json(json!({ "completed": true }));
    takes(&server, done, one(200, "Call back", true), 1).await;

    let (client, ana) = (client(&server), ana());
    let tasks = client.tasks(&ana);
    let list = tasks.list().await.unwrap();
    assert_eq!((list[0].due_date, list[0].completed), (Some(noon()), false));
    assert_eq!((list[1].id.as_str(), list[1].completed), ("t_2", true));
    assert_eq!(serde_json::to_value(&list[0]).unwrap(), task("Call", false), "nothing is lost");
    assert_eq!(tasks.get(&list[0].id).await.unwrap(), list[0]);
    let created = tasks.create(&NewTask::new("Call", noon())).await.unwrap();
    let later = "2026-03-02T12:00:00Z".parse().unwrap();
    let update =
        TaskUpdate::new().title("Call back").due_date(later).completed(false).body("…").assigned_to("u_1");
    assert_eq!(tasks.update(&created.id, &update).await.unwrap().title, "Call back");
    assert!(tasks.complete(&created.id, true).await.unwrap().completed);
}

#[tokio::test]
async fn a_new_task_carries_what_is_set() {
    let server = MockServer::start().await;
    let body = json!({ "title": "Call", "dueDate": "2026-03-01T12:00:00Z", "completed": true, "body": "Ask.",
        "assignedTo": "u_1" });
    let created = answer(201, &json!({ "task": { "id": "t_1" } }));
    takes(&server, ask("POST", "/contacts/c_ana/tasks").json(body), created, 1).await;
    let new = NewTask::new("Call", noon()).body("Ask.").assigned_to("u_1").completed(true);
    client(&server).tasks(&ana()).create(&new).await.unwrap();
}

#[tokio::test]
async fn notes_and_tasks_are_written_once_although_the_service_fails() {
    let server = MockServer::start().await;
    let note = ask("POST", "/contacts/c_ana/notes").json(json!({ "body": "Called." }));
    takes(&server, note, ResponseTemplate::new(500), 1).await;
    let task = json!({ "title": "Call", "dueDate": "2026-03-01T12:00:00Z", "completed": false });
    takes(&server, ask("POST", "/contacts/c_ana/tasks").json(task), ResponseTemplate::new(500), 1).await;
    let (client, ana) = (client(&server), ana());
    assert!(client.notes(&ana).create(&NewNote::new("Called.")).await.unwrap_err().outcome_unknown());
    assert!(client.tasks(&ana).create(&NewTask::new("Call", noon())).await.unwrap_err().outcome_unknown());
}

#[tokio::test]
async fn tags_are_added_and_removed_with_a_body() {
    let server = MockServer::start().await;
    let tags = |list: Value| json!({ "tags": list });
    let add = ask("POST", "/contacts/c_ana/tags").json(tags(json!(["VIP", "lead"])));
    takes(&server, add, answer(201, &tags(json!(["old", "vip", "lead"]))), 1).await;
    let remove = || ask("DELETE", "/contacts/c_ana/tags").json(tags(json!(["lead"])));
    takes_first(&server, remove(), ResponseTemplate::new(503), 1).await;
    takes(&server, remove(), answer(200, &tags(json!(["old", "vip"]))), 1).await;
    let (client, ana) = (client(&server), ana());
    assert_eq!(client.tags(&ana).add(["VIP", "lead"]).await.unwrap(), ["old", "vip", "lead"]);
    assert_eq!(client.tags(&ana).remove(["lead"]).await.unwrap(), ["old", "vip"]);
}

#[tokio::test]
async fn a_note_update_carries_what_is_set() {
    let server = MockServer::start().await;
    let body = json!({ "body": "…", "userId": "u_1", "title": "Call", "color": "#FFAA00", "pinned": true });
    let changed = answer(200, &json!({ "note": { "id": "n_1", "_id": "n_1" } }));
    takes(&server, ask("PUT", "/contacts/c_ana/notes/n_1").json(body), changed, 1).await;
    let update = NoteUpdate::new().body("…").user_id("u_1").title("Call").color("#FFAA00").pinned(true);
    let note = client(&server).notes(&ana()).update(&"n_1".into(), &update).await.unwrap();
    assert_eq!((note.id.as_str(), note.body.as_str(), note.title), ("n_1", "", None));
}
