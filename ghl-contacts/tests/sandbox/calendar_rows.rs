use serde_json::{Value, json};

use crate::ask::{Ask, delete, get, post, put};
use crate::table::{Row, Scene, row};

/// A body with changes; null takes a key out.
fn but(mut body: Value, changes: &Value) -> Value {
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    body
}

const EVENTS: &str = "/calendars/events/appointments";
const TAKEN: &str = "The slot you have selected is no longer available.";

/// Books half an hour with Ana, but for these changes.
fn book(s: &Scene, changes: &Value) -> Ask {
    let c = &s.c;
    let new = json!({
        "calendarId": c.calendar_id, "locationId": c.location_id, "contactId": s.ana,
        "startTime": "2027-03-01T10:00:00+01:00",
    });
    post(EVENTS, but(new, changes))
}

pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    [booking(s), single(s), lists(s), notes(s)].into_iter().flatten().collect()
}

#[rustfmt::skip]
fn booking(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let book = |changes: Value| book(s, &changes);
    let free = json!({ "ignoreFreeSlotValidation": true, "rrule": "RRULE:FREQ=DAILY;COUNT=2" });
    vec![
        row("ghl-api § 4.1", "a new appointment is a 200 without a wrapper",
            book(json!({})), 200,
            [
                ("/calendarId", json!(c.calendar_id)),
                ("/contactId", json!(s.ana)),
                ("/locationId", json!(c.location_id)),
                ("/startTime", json!("2027-03-01T09:00:00+00:00")),
                ("/endTime", json!("2027-03-01T09:30:00+00:00")),
                ("/appointmentStatus", json!("confirmed")),
                ("/title", json!("Ana Reis")),
                ("/dateAdded", Value::Null),
                ("/event", Value::Null),
            ]),
        row("ghl-api § 4.1", "the place is the calendar's own",
            book(json!({})), 200, [("/meetingLocationType", json!("default"))]),
        row("ghl-api § 4.1", "an address makes the place one's own",
            book(json!({ "address": "Rua 1" })), 200, [("/meetingLocationType", json!("custom"))]),
        row("ghl-api § 4.1", "its calendar, contact, location and start are needed",
            post(EVENTS, json!({})), 422,
            [("/message", json!(["calendarId should not be empty", "locationId should not be empty",
                "contactId should not be empty", "startTime should not be empty"]))]),
        row("ghl-api § 4.1", "a start needs an offset", book(json!({ "startTime": "2027-03-01T10:00:00" })), 422, []),
        row("ghl-api § 4.1", "a status that is only read", book(json!({ "appointmentStatus": "active" })), 422, []),
        row("ghl-api § 1", "an appointment takes no unknown key",
            book(json!({ "notes": "x" })), 422, [("/message/0", json!("property notes should not exist"))]),
        row("ghl-api § 4.1", "another location", book(json!({ "locationId": c.other_location_id })), 403, []),
        row("ghl-api § 4.1", "an unknown calendar", book(json!({ "calendarId": "x" })), 400, []),
        row("ghl-api § 4.1", "a contact that is gone", book(json!({ "contactId": s.gone })), 400, []),
        row("ghl-api § 4.1", "a contact of another location", book(json!({ "contactId": s.abroad })), 400, []),
        row("ghl-api § 4.1", "an end before the start",
            book(json!({ "endTime": "2027-03-01T10:00:00+01:00" })), 400, []),
        row("ghl-api § 4.1", "a slot is taken once", book(json!({})), 400, [("/message", json!(TAKEN))]).after(book(json!({}))),
        row("ghl-api § 4.1", "one that was cancelled holds no slot",
            book(json!({})), 200, []).after(book(json!({ "appointmentStatus": "cancelled" }))),
        row("ghl-api § 4.1", "the next slot is free",
            book(json!({ "startTime": "2027-03-01T09:30:00Z" })), 200, []).after(book(json!({}))),
        row("ghl-api § 4.1", "whether the slot is free need not matter, and a series needs that",
            book(free), 200,
            [("/isRecurring", json!(true)), ("/rrule", json!("RRULE:FREQ=DAILY;COUNT=2")),
             ("/ignoreFreeSlotValidation", Value::Null)]).after(book(json!({}))),
        row("ghl-api § 4.1", "a rule alone makes no series",
            book(json!({ "rrule": "RRULE:FREQ=DAILY" })), 200, [("/isRecurring", json!(false))]),
    ]
}

#[rustfmt::skip]
fn single(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let (event, id) = (format!("{EVENTS}/{}", s.event), format!("/calendars/events/{}", s.event));
    let invalid = [("/message", json!("The event id is invalid")), ("/statusCode", json!(400))];
    let booked = book(s, &json!({}));
    vec![
        row("ghl-api § 4.1", "an appointment is read as an event with all it has",
            get(&event), 200,
            [
                ("/event/id", json!(s.event)),
                ("/event/startTime", json!("2027-01-02T10:00:00+00:00")),
                ("/event/users", json!([])),
                ("/event/contactId", json!(s.ana)),
            ]),
        row("ghl-api § 4.1", "a bad id is a 400", get(format!("{EVENTS}/x")), 400, invalid.clone()),
        row("ghl-api § 4.1", "one that is gone too", get(&event), 400, invalid.clone())
            .after(delete(&id)),
        row("ghl-api § 4.1", "an appointment of another location",
            get(&event).token(&s.abroad_token), 403, []),
        row("ghl-api § 4.1", "an appointment is changed in part",
            put(&event, json!({ "appointmentStatus": "showed" })), 200,
            [("/appointmentStatus", json!("showed")), ("/startTime", json!("2027-01-02T10:00:00+00:00")),
             ("/dateUpdated", Value::Null)]),
        row("ghl-api § 4.1", "one that is moved keeps its length",
            put(&event, json!({ "startTime": "2027-01-03T08:00:00Z", "calendarId": c.calendar_id })), 200,
            [("/endTime", json!("2027-01-03T09:00:00+00:00"))]),
        row("ghl-api § 4.1", "it is not moved to where another is",
            put(&event, json!({ "startTime": "2027-03-01T09:15:00Z", "calendarId": c.calendar_id })), 400,
            [("/message", json!(TAKEN))]).after(booked.clone()),
        row("ghl-api § 4.1", "an update takes no contact",
            put(&event, json!({ "contactId": s.rui, "locationId": c.location_id })), 422,
            [("/message", json!(["property contactId should not exist", "property locationId should not exist"]))]),
        row("ghl-api § 4.1", "an unknown one is not changed", put(format!("{EVENTS}/x"), json!({})), 400, invalid.clone()),
        row("ghl-api § 4.1", "a deletion is a 201",
            delete(&id).body(json!({})), 201, [("/succeeded", json!(true))]),
        row("ghl-api § 4.1", "a deletion takes nothing",
            delete(&id).body(json!({ "x": 1 })), 422, []),
        row("ghl-api § 4.1", "an unknown one is not deleted",
            delete("/calendars/events/x").body(json!({})), 400, invalid),
        row("ghl-api § 3.8", "what is booked in a calendar is among the contact's, without a zone",
            get(format!("/contacts/{}/appointments", s.ana)), 200,
            [("/events/1/startTime", json!("2027-03-01 09:00:00"))]).after(booked),
    ]
}

#[rustfmt::skip]
fn lists(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let list = |more: &str| get(format!("/calendars/events?locationId={}&{more}", c.location_id));
    // All of 2 January 2027.
    let day = "startTime=1798848000000&endTime=1798934400000";
    vec![
        row("ghl-api § 4.1", "a window is listed by its user",
            list(&format!("userId={}&{day}", c.user_id)), 200,
            [("/events/0/id", json!(s.event)), ("/events/1", Value::Null)]),
        row("ghl-api § 4.1", "by its calendar", list(&format!("calendarId={}&{day}", c.calendar_id)), 200, [("/events/0", Value::Null)]),
        row("ghl-api § 4.1", "by its group", list(&format!("groupId=g1&{day}")), 200, [("/events/0/groupId", json!("g1"))]),
        row("ghl-api § 4.1", "the window counts",
            list(&format!("userId={}&startTime=0&endTime=1798848000000", c.user_id)), 200, [("/events", json!([]))]),
        row("ghl-api § 4.1", "one of the three is needed", list(day), 422, []),
        row("ghl-api § 4.1", "the window is needed",
            list("userId=x"), 422,
            [("/message", json!(["startTime should not be empty", "endTime should not be empty"]))]),
        row("ghl-api § 4.1", "the window is in milliseconds",
            list("userId=x&startTime=2027-01-02&endTime=0"), 422,
            [("/message/0", json!("startTime must be a number string"))]),
        row("ghl-api § 4.1", "the window of another location",
            get(format!("/calendars/events?locationId={}&userId=x&{day}", c.other_location_id)), 403, []),
    ]
}

#[rustfmt::skip]
fn notes(s: &Scene) -> Vec<Row> {
    let notes = format!("/calendars/appointments/{}/notes", s.event);
    let note = format!("{notes}/{}", s.event_note);
    vec![
        row("ghl-api § 4.1", "notes of an appointment are paged",
            get(format!("{notes}?limit=1&offset=0")), 200,
            [
                ("/notes/0/id", json!(s.event_note)),
                ("/notes/0/body", json!("rings twice")),
                ("/notes/0/contactId", json!(s.ana)),
                ("/notes/0/createdBy/name", json!("Rita Lopes")),
                ("/hasMore", json!(true)),
            ]).after(post(&notes, json!({ "body": "x" }))),
        row("ghl-api § 4.1", "the last page says so",
            get(format!("{notes}?limit=20&offset=1")), 200, [("/notes", json!([])), ("/hasMore", json!(false))]),
        row("ghl-api § 4.1", "no page without a size",
            get(&notes), 422, [("/message", json!(["limit should not be empty", "offset should not be empty"]))]),
        row("ghl-api § 4.1", "no page of more than 20", get(format!("{notes}?limit=21&offset=0")), 422, []),
        row("ghl-api § 4.1", "notes of an unknown appointment",
            get("/calendars/appointments/x/notes?limit=1&offset=0"), 400, []),
        row("ghl-api § 4.1", "a note of an appointment is a 201",
            post(&notes, json!({ "body": "x" })), 201, [("/note/body", json!("x"))]),
        row("ghl-api § 4.1", "its text is needed", post(&notes, json!({ "userId": "u" })), 422, []),
        row("ghl-api § 4.1", "its text has a limit", post(&notes, json!({ "body": "x".repeat(5001) })), 422, []),
        row("ghl-api § 4.1", "a note is replaced",
            put(&note, json!({ "body": "y" })), 200, [("/note/body", json!("y")), ("/note/id", json!(s.event_note))]),
        row("ghl-api § 4.1", "an update needs the text too", put(&note, json!({})), 422, []),
        row("ghl-api § 4.1", "a note is deleted", delete(&note), 200, [("/success", json!(true))]),
        row("ghl-api § 4.1", "a deleted note is gone", delete(&note), 404, []).after(delete(&note)),
        row("ghl-api § 4.1", "it is no note of the contact",
            get(format!("/contacts/{}/notes/{}", s.ana, s.event_note)), 404, []),
    ]
}
