//! What the sandbox sends, and how badly.

use std::collections::VecDeque;
use std::time::Duration;

use ghl_contacts::sandbox::{Config, Edit, Sandbox, Server, Webhooks};
use ghl_contacts::webhooks::Event;
use ghl_contacts::{
    ContactUpdate, GhlOAuth, HttpSettings, NewContact, NewNote, NewTask, NoteUpdate, OAuthApp, TaskUpdate,
};
use serde_json::{Value, json};

use crate::scene::{Receiver, Scene, create};

#[tokio::test]
async fn contacts_tell_what_happens_to_them() {
    let scene = Scene::start(|how| how, &[]).await;
    let new = NewContact::new().name("Ana Reis").email("ana@example.pt").tags(["vip"]);
    let id = scene.client.contacts().create(&new).await.unwrap().id;
    scene.client.contacts().update(&id, &ContactUpdate::new().city("Porto")).await.unwrap();
    scene.client.tags(&id).add(["lead"]).await.unwrap();
    let dnd = json!({ "dndSettings": { "SMS": { "status": "active" } }, "dnd": true });
    scene.edit(Edit::Update { collection: "contacts".to_owned(), id: id.to_string(), fields: dnd });
    let both = json!({ "city": "Braga", "tags": ["vip"] });
    scene.edit(Edit::Update { collection: "contacts".to_owned(), id: id.to_string(), fields: both });
    scene.client.contacts().delete(&id).await.unwrap();
    scene.tried(7).await;

    let webhooks = scene.webhooks();
    assert_eq!(
        scene.kinds(),
        [
            "ContactCreate",
            "ContactUpdate",
            "ContactTagUpdate",
            "ContactDndUpdate",
            "ContactUpdate",
            "ContactTagUpdate",
            "ContactDelete"
        ]
    );
    for webhook in &webhooks {
        assert_eq!(webhook.contact_id().as_ref(), Some(&id));
        assert_eq!(webhook.location_id.as_ref(), Some(scene.client.location()));
        assert!(webhook.timestamp.is_some() && webhook.app_id.is_some() && webhook.version_id.is_some());
    }
    let mut ids: Vec<_> = webhooks.iter().map(|webhook| webhook.delivery().unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "each has an id of its own");
    let Event::ContactTagUpdate(contact) = &webhooks[2].event else { panic!("{:?}", webhooks[2]) };
    assert_eq!(
        (&contact.tags[..], contact.city.as_deref()),
        (&["vip".into(), "lead".into()][..], Some("Porto"))
    );
    let Event::ContactDndUpdate(contact) = &webhooks[3].event else { panic!("{:?}", webhooks[3]) };
    assert_eq!(serde_json::to_value(&**contact).unwrap()["dndSettings"]["SMS"]["status"], "active");
}

#[tokio::test]
async fn children_are_told_as_really_as_incompletely() {
    let scene = Scene::start(|how| how, &[]).await;
    let id = scene.add("ana@example.pt").as_str().into();
    let (notes, tasks) = (scene.client.notes(&id), scene.client.tasks(&id));
    let note = notes.create(&NewNote::new("Called.").user_id("u_1")).await.unwrap().id;
    notes.update(&note, &NoteUpdate::new().body("Called twice.")).await.unwrap();
    notes.delete(&note).await.unwrap();
    let due = "2026-03-01T12:00:00Z".parse().unwrap();
    let task = tasks.create(&NewTask::new("Call back", due).body("Soon.")).await.unwrap().id;
    tasks.update(&task, &TaskUpdate::new().title("Call")).await.unwrap();
    tasks.complete(&task, true).await.unwrap();
    tasks.complete(&task, true).await.unwrap();
    tasks.delete(&task).await.unwrap();
    let times = json!({ "contactId": id, "title": "Fitting", "startTime": "2026-03-02T10:00:00Z",
        "endTime": "2026-03-02T11:00:00Z" });
    let made = scene.edit(create("appointments", times))["id"].as_str().unwrap().to_owned();
    let (collection, fields) = ("appointments".to_owned(), json!({ "appointmentStatus": "confirmed" }));
    scene.edit(Edit::Update { collection: collection.clone(), id: made.clone(), fields });
    scene.edit(Edit::Delete { collection, id: made });
    scene.tried(10).await;

    assert_eq!(
        scene.kinds(),
        [
            "ContactCreate",
            "NoteCreate",
            "NoteUpdate",
            "NoteDelete",
            "TaskCreate",
            "TaskComplete",
            "TaskDelete",
            "AppointmentCreate",
            "AppointmentUpdate",
            "AppointmentDelete"
        ]
    );
    let bodies: Vec<Value> =
        scene.came().iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    assert_eq!((&bodies[1]["body"], &bodies[1]["contactId"]), (&json!("Called."), &json!(id)));
    assert_eq!(bodies[1].get("userId"), None);
    assert_eq!((bodies[4].get("contactId"), bodies[4].get("body")), (None, None));
    assert_eq!((&bodies[5]["contactId"], &bodies[5]["body"]), (&json!(id), &json!("Soon.")));
    assert_eq!(bodies[8]["appointment"]["appointmentStatus"], "confirmed");
    assert!(bodies.iter().all(|body| body["locationId"] == json!(scene.client.location())));
    let of_contact = scene.webhooks().iter().filter(|w| w.contact_id().as_ref() == Some(&id)).count();
    assert_eq!(of_contact, 9, "all but the new task");
}

#[tokio::test]
async fn an_installation_is_told() {
    let scene = Scene::start(|how| how, &[]).await;
    let c = scene.sandbox.credentials();
    let app = OAuthApp::new(&c.client_id, c.client_secret.as_str());
    let oauth = GhlOAuth::at(&scene.sandbox.url(), app, &HttpSettings::new()).unwrap();
    oauth.exchange_code(c.code.as_str()).await.unwrap();
    scene.tried(1).await;
    let Event::Install(install) = &scene.webhooks()[0].event else { panic!("{:?}", scene.webhooks()) };
    assert_eq!(install.location_id.as_ref().unwrap().as_str(), c.location_id);
    assert_eq!(install.app_id.as_deref(), c.client_id.split('-').next());

    let event = json!({ "type": "UNINSTALL", "locationId": c.location_id, "webhookId": "w_1" });
    scene.sandbox.send_webhook(event.as_object().unwrap().clone());
    scene.tried(2).await;
    let webhook = &scene.webhooks()[1];
    assert!(matches!(webhook.event, Event::Uninstall(_)), "{webhook:?}");
    assert_eq!((webhook.webhook_id.as_deref(), webhook.timestamp.is_some()), (Some("w_1"), true));
}

#[tokio::test]
async fn what_is_not_accepted_comes_again_and_no_more_than_twelve_times() {
    let scene = Scene::start(|how| how.backoff(Duration::from_millis(1)), &[503, 429]).await;
    scene.add("ana@example.pt");
    let tried = scene.tried(3).await;
    let got: Vec<_> = tried.iter().map(|d| (d.attempt, d.status)).collect();
    assert_eq!(got, [(1, Some(503)), (2, Some(429)), (3, Some(200))]);
    let webhooks = scene.webhooks();
    assert!(webhooks.iter().all(|webhook| *webhook == webhooks[0]), "the same bytes each time");

    scene.receiver.with(|receiver| receiver.answers = [500; 30].into());
    scene.add("rui@example.pt");
    let tried = scene.tried(15).await;
    assert_eq!((tried[14].attempt, tried[14].status), (12, Some(500)));
}

#[tokio::test]
async fn a_retry_does_not_hold_up_what_comes_later() {
    let scene = Scene::start(|how| how.backoff(Duration::from_millis(100)), &[503]).await;
    let (first, second) = (scene.add("ana@example.pt"), scene.add("rui@example.pt"));
    scene.tried(3).await;
    let contacts: Vec<_> = scene.webhooks().iter().map(|w| w.contact_id().unwrap().to_string()).collect();
    assert_eq!(contacts, [first.clone(), second, first]);
}

#[tokio::test]
async fn deliveries_are_doubled_reordered_dropped_or_late() {
    let contacts = |scene: &Scene| -> Vec<String> {
        scene.webhooks().iter().map(|webhook| webhook.contact_id().unwrap().to_string()).collect()
    };
    let scene = Scene::start(Webhooks::doubled, &[]).await;
    let ana = scene.add("ana@example.pt");
    scene.tried(2).await;
    assert_eq!(contacts(&scene), [ana.clone(), ana]);

    let scene = Scene::start(Webhooks::out_of_order, &[]).await;
    let ids: Vec<_> = (0..3).map(|n| scene.add(&format!("n{n}@example.pt"))).collect();
    scene.tried(3).await;
    assert_eq!(contacts(&scene), [&*ids[1], &*ids[0], &*ids[2]]);

    let scene = Scene::start(|how| how.dropped(2), &[]).await;
    let ids: Vec<_> = (0..4).map(|n| scene.add(&format!("n{n}@example.pt"))).collect();
    let tried = scene.tried(4).await;
    assert_eq!(contacts(&scene), [&*ids[0], &*ids[2]]);
    assert_eq!((tried[1].attempt, tried[1].status), (0, None));

    let scene = Scene::start(|how| how.late(Duration::from_millis(150)), &[]).await;
    scene.add("ana@example.pt");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(contacts(&scene).len(), 0);
    scene.tried(1).await;
    assert_eq!(contacts(&scene).len(), 1);
}

#[tokio::test]
async fn only_its_own_key_is_accepted() {
    let scene = Scene::start(|how| how.attempts(1), &[]).await;
    let other = Sandbox::start(Config { seed: 2, ..Config::default() }).await.unwrap();
    let same = Sandbox::start(Config::default()).await.unwrap();
    let key = |sandbox: &Sandbox| sandbox.webhook_key().unwrap().fingerprint();
    assert_eq!(key(&scene.sandbox), key(&same), "it follows from the seed");
    assert_ne!(key(&scene.sandbox), key(&other));
    scene.receiver.with(|receiver| receiver.verifier = other.webhook_verifier().unwrap());
    scene.add("ana@example.pt");
    assert_eq!(scene.tried(1).await[0].status, Some(401));
}

#[tokio::test]
async fn a_reset_does_not_end_it_and_stopping_does() {
    let scene = Scene::start(|how| how, &[]).await;
    scene.sandbox.reset();
    scene.add("ana@example.pt");
    scene.tried(1).await;
    scene.sandbox.stop_webhooks();
    scene.add("rui@example.pt");
    scene.tried(1).await;
    assert!(scene.sandbox.send_webhooks(Webhooks::to("ftp://example.pt/")).is_err());
    assert!(scene.sandbox.send_webhooks(Webhooks::to("nowhere")).is_err());
}

#[tokio::test]
async fn what_nobody_asked_for_is_not_sent_later() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let ana = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap();
    sandbox.human(create("notes", json!({ "contactId": ana, "body": "Called." }))).unwrap();
    let verifier = sandbox.webhook_verifier().unwrap();
    let receiver = Receiver { verifier, answers: VecDeque::new(), came: Vec::new() };
    let receiver = Server::start(receiver, 0).await.unwrap();
    sandbox.send_webhooks(Webhooks::to(receiver.url())).unwrap();
    sandbox.human(Edit::Delete { collection: "contacts".to_owned(), id: ana }).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let kinds: Vec<_> = sandbox.deliveries().into_iter().map(|delivery| delivery.kind).collect();
    assert_eq!(kinds, ["ContactDelete"], "a contact's notes go without a word");
}
