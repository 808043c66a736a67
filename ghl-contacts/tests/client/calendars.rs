//! Appointments in calendars and their notes.

use futures_util::TryStreamExt;
use ghl_contacts::{
    Appointment, AppointmentId, AppointmentNote, AppointmentStatus, AppointmentUpdate, AppointmentsOf,
    CalendarGroupId, CalendarId, ErrorKind, MeetingLocation, NewAppointment, NewAppointmentNote, NoteId,
    UserId, jiff::Timestamp,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{Ask, answer, ask, client, takes, takes_first};

/// A request in the version of the calendars.
fn call(method: &'static str, target: &str) -> Ask {
    ask(method, target).version("2021-04-15")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id() -> AppointmentId {
    AppointmentId::new("a_1")
}

fn bare() -> Value {
    json!({ "id": "a_1", "calendarId": "cal_1", "locationId": "loc_1", "contactId": "c_ana",
        "startTime": "2026-03-02T10:00:00Z", "appointmentStatus": "confirmed", "isRecurring": false })
}

#[tokio::test]
async fn an_appointment_is_booked_with_all_that_can_be_set() {
    let server = MockServer::start().await;
    let body = json!({
        "calendarId": "cal_1", "locationId": "loc_1", "contactId": "c_ana",
        "startTime": "2026-03-02T10:00:00+00:00", "endTime": "2026-03-02T10:30:00+00:00", "title": "First visit",
        "description": "About the roof", "address": "Rua da Prata 1", "appointmentStatus": "noshow",
        "assignedUserId": "u_1", "meetingLocationType": "ms_teams", "meetingLocationId": "m_1",
        "overrideLocationConfig": true, "ignoreDateRange": false, "ignoreFreeSlotValidation": true,
        "toNotify": false, "rrule": "RRULE:FREQ=DAILY;COUNT=3",
    });
    takes(&server, call("POST", "/calendars/events/appointments").json(body), answer(200, &bare()), 1).await;
    let new = NewAppointment::new("cal_1", "c_ana", at("2026-03-02T11:00:00+01:00"))
        .end_time(at("2026-03-02T10:30:00Z"))
        .title("First visit")
        .description("About the roof")
        .address("Rua da Prata 1")
        .appointment_status(AppointmentStatus::NoShow)
        .assigned_user_id("u_1")
        .meeting_location_type(MeetingLocation::MsTeams)
        .meeting_location_id("m_1")
        .override_location_config(true)
        .ignore_date_range(false)
        .ignore_free_slot_validation(true)
        .to_notify(false)
        .rrule("RRULE:FREQ=DAILY;COUNT=3");
    let booked = client(&server).appointments().create(&new).await.unwrap();
    assert_eq!(booked.start_time, Some(at("2026-03-02T10:00:00Z")));
    assert_eq!(serde_json::to_value(&booked).unwrap(), bare(), "nothing is lost");
}

#[tokio::test]
async fn an_appointment_is_booked_once_although_the_service_fails() {
    let server = MockServer::start().await;
    let body = json!({ "calendarId": "cal_1", "locationId": "loc_1", "contactId": "c_ana",
        "startTime": "2026-03-02T10:00:00+00:00" });
    let ask = call("POST", "/calendars/events/appointments").json(body);
    takes(&server, ask, ResponseTemplate::new(503), 1).await;
    let new = NewAppointment::new("cal_1", "c_ana", at("2026-03-02T10:00:00Z"));
    let error = client(&server).appointments().create(&new).await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Server, "calendar_events.create"));
}

#[tokio::test]
async fn an_appointment_is_changed_in_part_or_in_all() {
    let server = MockServer::start().await;
    let put = || call("PUT", "/calendars/events/appointments/a_1");
    let status = put().json(json!({ "appointmentStatus": "showed" }));
    takes_first(&server, put().json(json!({ "appointmentStatus": "showed" })), ResponseTemplate::new(503), 1)
        .await;
    takes(&server, status, answer(200, &bare()), 1).await;
    takes(&server, put().json(json!({})), answer(200, &bare()), 1).await;
    let all = json!({
        "calendarId": "cal_2", "startTime": "2026-03-02T10:00:00+00:00", "endTime": "2026-03-02T10:30:00+00:00",
        "title": "Visit", "description": "Roof", "address": "Rua", "appointmentStatus": "cancelled",
        "assignedUserId": "u_1", "meetingLocationType": "gmeet", "meetingLocationId": "m_1",
        "overrideLocationConfig": true, "ignoreDateRange": true, "ignoreFreeSlotValidation": true,
        "toNotify": true, "rrule": "RRULE:FREQ=DAILY",
    });
    takes(&server, put().json(all), answer(200, &bare()), 1).await;

    let client = client(&server);
    let update = AppointmentUpdate::new().appointment_status(AppointmentStatus::Showed);
    client.appointments().update(&id(), &update).await.unwrap();
    client.appointments().update(&id(), &AppointmentUpdate::new()).await.unwrap();
    let update = AppointmentUpdate::new()
        .calendar_id("cal_2")
        .start_time(at("2026-03-02T10:00:00Z"))
        .end_time(at("2026-03-02T10:30:00Z"))
        .title("Visit")
        .description("Roof")
        .address("Rua")
        .appointment_status(AppointmentStatus::Cancelled)
        .assigned_user_id("u_1")
        .meeting_location_type(MeetingLocation::GoogleMeet)
        .meeting_location_id("m_1")
        .override_location_config(true)
        .ignore_date_range(true)
        .ignore_free_slot_validation(true)
        .to_notify(true)
        .rrule("RRULE:FREQ=DAILY");
    client.appointments().update(&id(), &update).await.unwrap();
}

#[tokio::test]
async fn an_appointment_is_read_under_either_name() {
    let full = json!({
        "id": "a_1", "calendarId": "cal_1", "locationId": "loc_1", "contactId": "c_ana", "groupId": "g_1",
        "title": "Visit", "appointmentStatus": "postponed", "assignedUserId": "u_1", "users": ["u_1", "u_2"],
        "startTime": "2026-03-02T10:00:00Z", "endTime": "2026-03-02T10:30:00Z", "address": "Rua",
        "meetingLocationType": "default", "description": "Roof", "notes": "Rings twice", "isRecurring": true,
        "rrule": "RRULE:FREQ=DAILY", "masterEventId": "a_0", "assignedResources": ["r_1"],
        "dateAdded": "2026-03-01T09:00:00Z", "dateUpdated": "2026-03-01T09:00:00Z",
        "createdBy": { "userId": "u_1", "source": "calendar_page" }, "appoinmentStatus": "postponed",
    });
    for body in [
        json!({ "event": full }),
        json!({ "appointment": full }),
        json!({ "event": full, "appointment": full }),
        json!({ "event": null, "appointment": full }),
    ] {
        let server = MockServer::start().await;
        takes(&server, call("GET", "/calendars/events/appointments/a_1"), answer(200, &body), 1).await;
        let found = client(&server).appointments().get(&id()).await.unwrap();
        assert_eq!(found.appointment_status, Some(AppointmentStatus::Other("postponed".to_owned())));
        assert_eq!(found.extra.len(), 2, "everything else has a field: {:?}", found.extra.keys());
        assert_eq!(serde_json::to_value(&found).unwrap(), full, "nothing is lost");
    }
}

#[tokio::test]
async fn an_answer_without_an_appointment_is_not_taken_for_one() {
    let server = MockServer::start().await;
    let nothing = answer(200, &json!({ "traceId": "t" }));
    takes(&server, call("GET", "/calendars/events/appointments/a_1"), nothing, 1).await;
    let error = client(&server).appointments().get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
    assert!(error.to_string().contains("no record"), "{error}");
}

#[tokio::test]
async fn an_unknown_appointment_is_not_found_although_the_service_answers_400() {
    let server = MockServer::start().await;
    let gone = answer(400, &json!({ "statusCode": 400, "message": "The event id is invalid" }));
    takes(&server, call("GET", "/calendars/events/appointments/a_1"), gone, 1).await;
    assert!(client(&server).appointments().get(&id()).await.unwrap_err().is_not_found());
}

#[test]
fn null_is_the_same_as_absent_in_appointments() {
    let null = json!({ "id": "a_1", "calendarId": null, "locationId": null, "contactId": null, "groupId": null,
        "title": null, "appointmentStatus": null, "assignedUserId": null, "users": null, "startTime": null,
        "endTime": null, "address": null, "meetingLocationType": null, "description": null, "notes": null,
        "isRecurring": null, "rrule": null, "masterEventId": null, "assignedResources": null, "dateAdded": null,
        "dateUpdated": null });
    assert_eq!(serde_json::from_value::<Appointment>(null).unwrap(), Appointment::new("a_1"));
    let note = json!({ "id": "n_1", "body": null, "userId": null, "contactId": null, "dateAdded": null,
        "createdBy": null });
    assert_eq!(serde_json::from_value::<AppointmentNote>(note).unwrap(), AppointmentNote::new("n_1", ""));
    let odd = json!({ "id": "a_1", "startTime": {}, "endTime": 1_772_359_200_000_i64 });
    let odd = serde_json::from_value::<Appointment>(odd).unwrap();
    assert_eq!((odd.start_time, odd.end_time), (None, Some(at("2026-03-01T10:00:00Z"))));
}

#[tokio::test]
async fn a_deletion_has_an_empty_body_and_a_201() {
    let server = MockServer::start().await;
    let delete = || call("DELETE", "/calendars/events/a_1").json(json!({}));
    takes_first(&server, delete(), ResponseTemplate::new(503), 1).await;
    let gone = answer(400, &json!({ "message": "The event id is invalid" }));
    takes_first(&server, delete(), gone, 1).await;
    takes_first(&server, delete(), answer(201, &json!({ "succeeded": true })), 1).await;
    takes(&server, delete(), answer(201, &json!({ "succeeded": false })), 1).await;
    let client = client(&server);
    client.appointments().delete(&id()).await.expect("the lost first request did it");
    client.appointments().delete(&id()).await.unwrap();
    assert_eq!(client.appointments().delete(&id()).await.unwrap_err().kind(), ErrorKind::Other);
}

#[tokio::test]
async fn a_window_is_listed_by_user_calendar_or_group() {
    let server = MockServer::start().await;
    let window = "startTime=1772445600000&endTime=1772532000000";
    for of in ["userId=u_1", "calendarId=cal_1", "groupId=g_1"] {
        let ask = call("GET", &format!("/calendars/events?locationId=loc_1&{of}&{window}"));
        takes_first(&server, ask, answer(200, &json!({ "events": [bare()] })), 1).await;
    }
    let ask = call("GET", &format!("/calendars/events?locationId=loc_1&userId=u_2&{window}"));
    takes(&server, ask, answer(200, &json!({ "events": null })), 1).await;
    let (client, from, to) = (client(&server), at("2026-03-02T10:00:00Z"), at("2026-03-03T10:00:00Z"));
    let list = |of: AppointmentsOf| client.appointments().list(of, from, to);
    for of in [UserId::new("u_1").into(), CalendarId::new("cal_1").into(), CalendarGroupId::new("g_1").into()]
    {
        assert_eq!(list(of).await.unwrap()[0].id, id());
    }
    assert_eq!(list(AppointmentsOf::User("u_2".into())).await.unwrap(), []);
}

fn note(number: u32) -> Value {
    json!({ "id": format!("n_{number}"), "body": "Rings twice", "userId": "u_1", "contactId": "c_ana",
        "dateAdded": "2026-03-01T12:00:00Z", "createdBy": { "id": "u_1", "name": "Rita" }, "pinned": false })
}

#[tokio::test]
async fn notes_are_paged_as_far_as_the_service_says() {
    let server = MockServer::start().await;
    let page = |size: u32, offset: u32| {
        call("GET", &format!("/calendars/appointments/a_1/notes?limit={size}&offset={offset}"))
    };
    let answers = |notes: &[Value], more: Value| answer(200, &json!({ "notes": notes, "hasMore": more }));
    takes(&server, page(20, 0), answers(&[note(1), note(2)], json!(true)), 1).await;
    takes(&server, page(20, 2), answers(&[note(3)], json!(false)), 1).await;
    let (client, id) = (client(&server), id());
    let notes: Vec<_> = client.appointment_notes(&id).list().items().try_collect().await.unwrap();
    assert_eq!(notes.iter().map(|n| n.id.as_str()).collect::<Vec<_>>(), ["n_1", "n_2", "n_3"]);
    assert_eq!(serde_json::to_value(&notes[0]).unwrap(), note(1), "nothing is lost");

    // More than the service takes is brought down, and a page may say that there is more without having anything.
    takes(&server, page(20, 7), answers(&[], json!(true)), 1).await;
    let page = client.appointment_notes(&id).list().page_size(500).skip(7).page().await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
}

#[tokio::test]
async fn notes_are_written_replaced_and_deleted() {
    let server = MockServer::start().await;
    let one = |status| answer(status, &json!({ "note": note(1) }));
    let notes = "/calendars/appointments/a_1/notes";
    takes(&server, call("POST", notes).json(json!({ "body": "Rings twice" })), one(201), 1).await;
    let signed = json!({ "body": "Rings", "userId": "u_1" });
    takes(&server, call("POST", notes).json(signed.clone()), ResponseTemplate::new(503), 1).await;
    let put = || call("PUT", &format!("{notes}/n_1")).json(signed.clone());
    takes_first(&server, put(), ResponseTemplate::new(503), 1).await;
    takes(&server, put(), one(200), 1).await;
    let delete = call("DELETE", &format!("{notes}/n_1"));
    takes(&server, delete, answer(200, &json!({ "success": true })), 1).await;

    let (client, id, note) = (client(&server), id(), NoteId::new("n_1"));
    let notes = client.appointment_notes(&id);
    assert_eq!(notes.create(&NewAppointmentNote::new("Rings twice")).await.unwrap().id, note);
    let signed = NewAppointmentNote::new("Rings").user_id("u_1");
    assert_eq!(notes.create(&signed).await.unwrap_err().attempts(), 1, "a note is written once");
    notes.update(&note, &signed).await.unwrap();
    notes.delete(&note).await.unwrap();
}

#[tokio::test]
async fn another_version_is_asked_for_if_the_client_is_told_so() {
    let server = MockServer::start().await;
    let get = ask("GET", "/calendars/events/appointments/a_1").version("v3");
    takes(&server, get, answer(200, &json!({ "event": bare() })), 1).await;
    let client = client(&server).with_version(ghl_contacts::ApiVersion::V3);
    client.appointments().get(&id()).await.unwrap();
}
