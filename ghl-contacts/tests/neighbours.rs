//! The client against the sandbox, over real HTTP: calendars, businesses, users and what belongs to a location.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]

#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::sync::Arc;

use futures_util::TryStreamExt;
use ghl_contacts::jiff::Timestamp;
use ghl_contacts::sandbox::{Config, Edit, Fault, FaultKind, Sandbox};
use ghl_contacts::{
    ApiVersion, AppointmentStatus, AppointmentUpdate, BusinessId, BusinessUpdate, CalendarId, Client,
    ContactId, CustomFieldUpdate, CustomFieldValue, DataType, ErrorKind, GhlOAuth, HttpSettings,
    MemoryTokenStore, NewAppointment, NewAppointmentNote, NewBusiness, NewContact, NewCustomField, NewTask,
    OAuthApp, SearchLocations, SearchTasks, SearchUsers, SystemEnv, UserId,
};
use serde_json::json;

async fn start() -> (Sandbox, Client) {
    trace::on();
    let sandbox = Sandbox::start(Config { burst_limit: 10_000, ..Config::default() }).await.unwrap();
    let c = sandbox.credentials();
    let client =
        Client::builder(c.location_id.as_str()).base_url(sandbox.url()).token(c.pit.as_str()).build();
    (sandbox, client.unwrap())
}

async fn ana(client: &Client) -> ContactId {
    client.contacts().create(&NewContact::new().name("Ana Reis").email("ana@example.pt")).await.unwrap().id
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_visit_is_booked_moved_noted_and_cancelled() {
    let (sandbox, client) = start().await;
    let c = sandbox.credentials();
    let ana = ana(&client).await;
    let new = NewAppointment::new(c.calendar_id.as_str(), ana.clone(), at("2027-03-01T10:00:00Z"))
        .end_time(at("2027-03-01T11:00:00Z"))
        .assigned_user_id(c.user_id.as_str());
    let booked = client.appointments().create(&new).await.unwrap();
    assert_eq!(booked.contact_id.as_ref(), Some(&ana));
    let taken = client.appointments().create(&new).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::BadRequest, "{taken}");

    let moved = AppointmentUpdate::new().start_time(at("2027-03-02T10:00:00Z"));
    let moved = client.appointments().update(&booked.id, &moved).await.unwrap();
    assert_eq!(moved.end_time, Some(at("2027-03-02T11:00:00Z")));
    let v3 = client.with_version(ApiVersion::V3);
    let dated = v3.appointments().update(&booked.id, &AppointmentUpdate::new()).await.unwrap();
    assert!(moved.date_updated.is_none() && dated.date_updated.is_some(), "only v3 gives the dates");
    let read = client.appointments().get(&booked.id).await.unwrap();
    assert_eq!((read.start_time, read.appointment_status), (moved.start_time, moved.appointment_status));
    assert!(read.date_added.is_some());

    let (from, to) = (at("2027-03-02T00:00:00Z"), at("2027-03-03T00:00:00Z"));
    for list in [
        client.appointments().list(CalendarId::new(&c.calendar_id), from, to).await.unwrap(),
        client.appointments().list(UserId::new(&c.user_id), from, to).await.unwrap(),
    ] {
        assert_eq!(list.iter().map(|a| &a.id).collect::<Vec<_>>(), [&booked.id]);
    }
    assert_eq!(client.appointments().list(CalendarId::new(&c.calendar_id), to, to).await.unwrap(), []);

    let notes = client.appointment_notes(&booked.id);
    for number in 0..45 {
        notes.create(&NewAppointmentNote::new(format!("note {number}"))).await.unwrap();
    }
    let pages: Vec<_> = notes.list().pages().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.items.len()).collect::<Vec<_>>(), [20, 20, 5]);
    let first = &pages[0].items[0];
    assert_eq!(notes.update(&first.id, &NewAppointmentNote::new("rings")).await.unwrap().body, "rings");
    notes.delete(&first.id).await.unwrap();
    assert_eq!(notes.list().items().try_collect::<Vec<_>>().await.unwrap().len(), 44);

    let cancelled = AppointmentUpdate::new().appointment_status(AppointmentStatus::Cancelled);
    client.appointments().update(&booked.id, &cancelled).await.unwrap();
    // The answer gets lost, the deletion is repeated, and what is gone by then counts as deleted.
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("calendar_events.delete").times(1));
    client.appointments().delete(&booked.id).await.unwrap();
    assert!(client.appointments().get(&booked.id).await.unwrap_err().is_not_found());
    assert!(client.appointments().delete(&booked.id).await.unwrap_err().is_not_found());
    assert_eq!(sandbox.state()["appointmentNotes"], json!([]));
}

#[tokio::test]
async fn a_lost_answer_to_a_booking_is_not_sent_again() {
    let (sandbox, client) = start().await;
    let ana = ana(&client).await;
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("calendar_events.create").times(1));
    let calendar = CalendarId::new(&sandbox.credentials().calendar_id);
    let start = at("2027-03-01T10:00:00Z");
    let error =
        client.appointments().create(&NewAppointment::new(calendar.clone(), ana, start)).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(client.appointments().list(calendar, start, start).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_appointments_of_a_deleted_contact_go_with_it() {
    let (sandbox, client) = start().await;
    let ana = ana(&client).await;
    let calendar = sandbox.credentials().calendar_id.as_str();
    let new = NewAppointment::new(calendar, ana.clone(), at("2027-03-01T10:00:00Z"));
    let booked = client.appointments().create(&new).await.unwrap();
    client.appointment_notes(&booked.id).create(&NewAppointmentNote::new("x")).await.unwrap();
    client.contacts().delete(&ana).await.unwrap();
    assert!(client.appointments().get(&booked.id).await.unwrap_err().is_not_found());
    let state = sandbox.state();
    assert_eq!((&state["appointments"], &state["appointmentNotes"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn businesses_are_walked_through_and_changed() {
    let (sandbox, client) = start().await;
    for number in 0..6 {
        client
            .businesses()
            .create(&NewBusiness::new(format!("Filial {number}")).city("Porto"))
            .await
            .unwrap();
    }
    let all: Vec<_> = client.businesses().list().page_size(3).items().try_collect().await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str()), (7, "Filial 0"));
    assert_eq!(all[0].city.as_deref(), Some("Porto"));
    let changed = client.businesses().update(&all[0].id, &BusinessUpdate::new().name("Sede")).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.city.as_deref()), ("Sede", Some("Porto")));
    assert_eq!(client.businesses().get(&changed.id).await.unwrap().name, "Sede");
    client.businesses().delete(&changed.id).await.unwrap();
    assert!(client.businesses().get(&changed.id).await.unwrap_err().is_not_found());

    let business = sandbox.credentials().business_id.clone();
    let rui = json!({ "name": "Rui Dias", "businessId": business });
    let rui = ContactId::new(sandbox.add_contact(rui).unwrap());
    client.businesses().delete(&BusinessId::new(business)).await.unwrap();
    assert_eq!(client.contacts().get(&rui).await.unwrap().business_id, None);
}

#[tokio::test]
async fn fields_tags_and_tasks_of_a_location_are_kept() {
    let (sandbox, client) = start().await;
    let ana = ana(&client).await;
    let new = NewCustomField::new("Tax number", DataType::Text).field_key("nif").position(3);
    let nif = client.custom_fields().create(&new).await.unwrap();
    assert_eq!(nif.field_key.as_deref(), Some("contact.nif"));
    assert_eq!(client.custom_fields().get("contact.nif").await.unwrap(), nif);
    let update = CustomFieldUpdate::new("NIF").placeholder("9 digits");
    let changed = client.custom_fields().update(&nif.id, &update).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.placeholder.as_deref()), ("NIF", Some("9 digits")));
    let value = CustomFieldValue::new(nif.id.clone(), "123456789");
    let update = ghl_contacts::ContactUpdate::new().custom_field(value);
    assert_eq!(client.contacts().update(&ana, &update).await.unwrap().custom_fields.len(), 1);
    client.custom_fields().delete(&nif.id).await.unwrap();
    assert!(client.custom_fields().get(&nif.id).await.unwrap_err().is_not_found());
    assert_eq!(client.contacts().get(&ana).await.unwrap().custom_fields, []);

    client.tags(&ana).add(["VIP"]).await.unwrap();
    let lead = client.location_tags().create("Lead").await.unwrap();
    let tags = client.location_tags().list().await.unwrap();
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["vip", "lead"]);
    assert_eq!(client.location_tags().get(&lead.id).await.unwrap(), lead);
    client.location_tags().delete(&lead.id).await.unwrap();
    assert_eq!(client.location_tags().update(&tags[0].id, "Gold").await.unwrap().name, "gold");
    assert_eq!(client.contacts().get(&ana).await.unwrap().tags, ["gold"]);

    let due = at("2027-03-01T10:00:00Z");
    let rui = ContactId::new(sandbox.add_contact(json!({ "name": "Rui Dias" })).unwrap());
    for number in 0..3 {
        client.tasks(&ana).create(&NewTask::new(format!("Call {number}"), due)).await.unwrap();
        client.tasks(&rui).create(&NewTask::new("Write", due).completed(true)).await.unwrap();
    }
    let found = |search: SearchTasks| client.location_tasks().search(&search).page_size(2).items();
    assert_eq!(found(SearchTasks::new()).try_collect::<Vec<_>>().await.unwrap().len(), 6);
    let open: Vec<_> = found(SearchTasks::new().completed(false)).try_collect().await.unwrap();
    assert!(open.len() == 3 && open.iter().all(|task| task.contact_id.as_ref() == Some(&ana)));
    assert_eq!(client.tasks(&ana).get(&open[0].id).await.unwrap().title, "Call 0");
    let of_rui = SearchTasks::new().contacts([rui]).query("call");
    assert_eq!(found(of_rui).try_collect::<Vec<_>>().await.unwrap(), []);
}

#[tokio::test]
async fn users_and_the_location_are_found() {
    let (sandbox, client) = start().await;
    let here = client.identity().await.unwrap();
    assert_eq!(here.settings.as_ref().and_then(|s| s.allow_duplicate_contact), Some(false));
    let found: Vec<_> =
        client.locations().search(SearchLocations::new()).items().try_collect().await.unwrap();
    assert_eq!((found.len(), &found[0].id, &found[0].email), (1, &here.id, &here.email));
    for name in ["Berta Vaz", "Carla Pinto", "Dora Nunes"] {
        let fields = json!({ "name": name, "role": "admin" });
        sandbox.human(Edit::Create { collection: "users".to_owned(), fields }).unwrap();
    }
    let search = SearchUsers::new(here.company_id.unwrap()).role("admin");
    let admins: Vec<_> = client.users().search(search).page_size(2).items().try_collect().await.unwrap();
    let names: Vec<_> = admins.iter().filter_map(|user| user.name.as_deref()).collect();
    assert_eq!(names, ["Berta Vaz", "Carla Pinto", "Dora Nunes"]);
    let error = client.users().search(SearchUsers::new("another")).page().await.unwrap_err();
    assert!(error.is_auth(), "{error}");
}

#[tokio::test]
async fn an_agency_lists_where_its_app_is_installed() {
    let (sandbox, client) = start().await;
    let c = sandbox.credentials();
    let app = OAuthApp::new(&c.client_id, c.client_secret.as_str());
    let oauth = GhlOAuth::at(&sandbox.url(), app, &HttpSettings::new()).unwrap();
    let company = c.company_id.as_str().into();
    let store = Arc::new(MemoryTokenStore::new(Arc::new(SystemEnv::new())));
    let agency = oauth.connect_company(c.code.as_str(), &company, store).await.unwrap();
    let list = oauth.installed_locations(agency.clone(), &company).unwrap().installed(true).page_size(1);
    for version in [ApiVersion::V2021_07_28, ApiVersion::V3] {
        let found: Vec<_> = list.clone().version(version).items().try_collect().await.unwrap();
        let mut ids: Vec<_> = found.iter().map(|location| location.id.as_str()).collect();
        ids.sort_unstable();
        let mut all = [c.location_id.as_str(), c.other_location_id.as_str()];
        all.sort_unstable();
        assert_eq!(ids, all, "{version:?}");
    }
    let page = list.clone().location(client.location()).page_size(50).page().await.unwrap();
    assert_eq!((page.locations.len(), page.count, page.next), (1, Some(1), None));
    assert_eq!(page.locations[0].is_installed, Some(true));

    let agency = Client::builder("none").base_url(sandbox.url()).tokens(agency).build().unwrap();
    let search = || SearchLocations::new().company(c.company_id.as_str());
    let found: Vec<_> = agency.locations().search(search()).page_size(1).items().try_collect().await.unwrap();
    assert_eq!(found.len(), 2);
    let email = found[1].email.clone().unwrap();
    let found = agency.locations().search(search().email(email)).page().await.unwrap();
    assert_eq!(found.items.len(), 1);
}
