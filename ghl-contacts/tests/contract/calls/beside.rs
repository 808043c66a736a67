use ghl_contacts::{
    AppointmentUpdate, AppointmentsOf, BusinessUpdate, CalendarGroupId, Client, CustomFieldUpdate, DataType,
    Direction, NewAppointment, NewAppointmentNote, NewBusiness, NewContact, NewCustomField, SearchLocations,
    SearchTasks, SearchUsers,
};

use crate::bodies::{self, full, morning};
use crate::journey::{Given, Journey};

pub(super) async fn calendars(journey: &mut Journey, client: &Client) {
    let (given, known) = (journey.given, journey.known.clone());
    let rui = NewContact::new().email("rui@example.pt");
    let rui = journey.call("contacts().create", client.contacts().create(&rui)).await.id;
    let appointments = client.appointments();
    let new = NewAppointment::new(known.calendar.as_str(), rui.clone(), morning(0));
    let new = given.choose(bodies::new_appointment(&known, rui.as_str()), new);
    let visit = journey.read("appointments().create", "", appointments.create(&new)).await.id;
    journey.read("appointments().get", "event", appointments.get(&visit)).await;
    let update = given.choose(bodies::appointment_update(&known), AppointmentUpdate::new());
    journey.read("appointments().update", "", appointments.update(&visit, &update)).await;
    let list = "appointments().list";
    for of in [
        AppointmentsOf::Calendar(known.calendar.as_str().into()),
        AppointmentsOf::User(known.user.as_str().into()),
        AppointmentsOf::Group(CalendarGroupId::new("group_1")),
    ] {
        journey.read(list, "events", appointments.list(of, morning(0), morning(9))).await;
    }

    let notes = client.appointment_notes(&visit);
    let new = NewAppointmentNote::new("text");
    let new = given.choose(full(new.clone().user_id(known.user.as_str())), new);
    let note = journey.read("appointment_notes(&appointment).create", "note", notes.create(&new)).await.id;
    let list = notes.list();
    journey
        .read("appointment_notes(&appointment).list", "notes", async { Ok(list.page().await?.items) })
        .await;
    journey.read("appointment_notes(&appointment).update", "note", notes.update(&note, &new)).await;
    journey.call("appointment_notes(&appointment).delete", notes.delete(&note)).await;
    journey.call("appointments().delete", appointments.delete(&visit)).await;
    journey.call("contacts().delete", client.contacts().delete(&rui)).await;
}

pub(super) async fn location(journey: &mut Journey, client: &Client) {
    let (given, known) = (journey.given, journey.known.clone());
    journey.read("identity", "location", client.identity()).await;
    let id = client.location().clone();
    journey.read("locations().get", "location", client.locations().get(&id)).await;
    let search = SearchLocations::new();
    let search = match given {
        Given::Everything => full(
            search.company(known.company.as_str()).email("geral@reis.example").order(Direction::Ascending),
        ),
        Given::Nothing => search,
    };
    let list = client.locations().search(search);
    journey.read("locations().search", "locations", async { Ok(list.page().await?.items) }).await;
    let search = given.choose(bodies::search_tasks(&known, "c_1"), SearchTasks::new());
    let list = client.location_tasks().search(&search);
    journey.read("location_tasks().search", "tasks", async { Ok(list.page().await?.items) }).await;
}

pub(super) async fn fields_and_tags(journey: &mut Journey, client: &Client) {
    let (given, fields) = (journey.given, client.custom_fields());
    let new = given.choose(bodies::new_custom_field(), NewCustomField::new("Papers", DataType::FileUpload));
    let field = journey.read("custom_fields().create", "customField", fields.create(&new)).await.id;
    journey.read("custom_fields().list", "customFields", fields.list()).await;
    journey.read("custom_fields().get", "customField", fields.get(&field)).await;
    let update = given.choose(bodies::custom_field_update(), CustomFieldUpdate::new("Documents"));
    journey.read("custom_fields().update", "customField", fields.update(&field, &update)).await;
    journey.call("custom_fields().delete", fields.delete(&field)).await;

    let tags = client.location_tags();
    let tag = journey.read("location_tags().create", "tag", tags.create("lead")).await.id;
    journey.read("location_tags().list", "tags", tags.list()).await;
    journey.read("location_tags().get", "tag", tags.get(&tag)).await;
    journey.read("location_tags().update", "tag", tags.update(&tag, "client")).await;
    journey.call("location_tags().delete", tags.delete(&tag)).await;
}

pub(super) async fn businesses_and_users(journey: &mut Journey, client: &Client) {
    let (given, known, businesses) = (journey.given, journey.known.clone(), client.businesses());
    let new = given.choose(bodies::new_business(), NewBusiness::new("Reis Lda"));
    let business = journey.call("businesses().create", businesses.create(&new)).await.id;
    let list = businesses.list();
    journey.call("businesses().list", list.page()).await;
    journey.call("businesses().get", businesses.get(&business)).await;
    let update = given.choose(bodies::business_update(), BusinessUpdate::new());
    journey.call("businesses().update", businesses.update(&business, &update)).await;
    journey.call("businesses().delete", businesses.delete(&business)).await;
    let search = SearchUsers::new(known.company.as_str());
    let list = client.users().search(given.choose(bodies::search_users(&known), search));
    journey.call("users().search", list.page()).await;
}
