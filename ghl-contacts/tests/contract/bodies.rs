//! What the calls send, with everything that can be set.

use std::fmt::Debug;

use ghl_contacts::jiff::Timestamp;
use ghl_contacts::jiff::civil::Date;
use ghl_contacts::{
    AppointmentStatus, AppointmentUpdate, BusinessUpdate, ContactUpdate, CustomFieldUpdate, CustomFieldValue,
    DataType, DndChannel, DndSetting, DndSettings, DndStatus, InboundDndSetting, InboundDndSettings,
    MeetingLocation, NewAppointment, NewBusiness, NewContact, NewCustomField, NewNote, NewTask, NoteUpdate,
    Patch, SearchTasks, SearchUsers, TaskUpdate, TextBox, UpsertContact, UserId,
};

use crate::journey::Known;

/// Makes sure that nothing is left unset, so that a new field cannot be forgotten here.
pub(crate) fn full<T: Debug>(body: T) -> T {
    let shown = format!("{body:?}");
    assert!(["None", "Keep", "[]"].iter().all(|unset| !shown.contains(unset)), "not all is set: {shown}");
    body
}

fn dnd_settings() -> DndSettings {
    use DndChannel::{Call, Email, Fb, Gmb, Sms, WhatsApp};
    let setting = || DndSetting::new(DndStatus::Active).message("text").code("101");
    [Call, Email, Sms, WhatsApp, Gmb, Fb].into_iter().map(|channel| (channel, setting())).collect()
}

fn inbound() -> InboundDndSettings {
    InboundDndSettings::all(InboundDndSetting::new(DndStatus::Inactive).message("text"))
}

/// A text, a number, and several options.
fn values(known: &Known) -> [CustomFieldValue; 3] {
    let [text, number, options] = known.fields.clone();
    [
        CustomFieldValue::new(text, "text"),
        CustomFieldValue::new(number, 12.5),
        CustomFieldValue::new(options, vec!["a", "b"]),
    ]
}

pub(crate) fn upsert(known: &Known) -> UpsertContact {
    let all = UpsertContact::by_email("ana@example.pt")
        .first_name("Ana")
        .last_name("Reis")
        .name("Ana Reis")
        .phone("+351910000001")
        .company_name("Reis Lda")
        .address1("Rua da Prata 1")
        .city("Lisboa")
        .state("Lisboa")
        .country("PT")
        .postal_code("1100-414")
        .website("https://reis.example")
        .source("import")
        .gender("female")
        .timezone("Europe/Lisbon")
        .date_of_birth(Date::constant(1990, 9, 25))
        .assigned_to(known.user.as_str())
        .dnd(true)
        .dnd_settings(dnd_settings())
        .inbound_dnd_settings(inbound())
        .replace_all_tags(["vip"])
        .create_new_if_duplicate_allowed(false);
    full(values(known).into_iter().fold(all, UpsertContact::custom_field))
}

pub(crate) fn new_contact(known: &Known) -> NewContact {
    let all = NewContact::new()
        .first_name("Ana")
        .last_name("Reis")
        .name("Ana Reis")
        .email("ana@example.pt")
        .phone("+351910000001")
        .company_name("Reis Lda")
        .address1("Rua da Prata 1")
        .city("Lisboa")
        .state("Lisboa")
        .country("PT")
        .postal_code("1100-414")
        .website("https://reis.example")
        .source("import")
        .gender("female")
        .timezone("Europe/Lisbon")
        .date_of_birth(Date::constant(1990, 9, 25))
        .assigned_to(known.user.as_str())
        .dnd(true)
        .dnd_settings(dnd_settings())
        .inbound_dnd_settings(inbound())
        .tags(["vip"]);
    full(values(known).into_iter().fold(all, NewContact::custom_field))
}

/// All fields get values, or are cleared where the service lets them.
pub(crate) fn contact_update(known: &Known, clear: bool) -> ContactUpdate {
    fn patch<T>(clear: bool, value: impl Into<T>) -> Patch<T> {
        if clear { Patch::Clear } else { Patch::Set(value.into()) }
    }
    let text = |value: &str| patch::<String>(clear, value);
    let user: Patch<UserId> = patch(clear, known.user.as_str());
    let all = ContactUpdate::new()
        .first_name(text("Ana"))
        .last_name(text("Reis"))
        .name(text("Ana Reis"))
        .email(text("ana@example.pt"))
        .phone(text("+351910000001"))
        .company_name(text("Reis Lda"))
        .address1(text("Rua da Prata 1"))
        .city(text("Lisboa"))
        .state(text("Lisboa"))
        .country("PT")
        .postal_code("1000-100")
        .website(text("https://reis.example"))
        .source(text("import"))
        .timezone(text("Europe/Lisbon"))
        .date_of_birth(patch::<Date>(clear, Date::constant(1990, 9, 25)))
        .assigned_to(user)
        .dnd(true)
        .dnd_settings(dnd_settings())
        .inbound_dnd_settings(inbound())
        .replace_all_tags(["vip"]);
    full(values(known).into_iter().fold(all, ContactUpdate::custom_field))
}

pub(crate) fn new_note(known: &Known) -> NewNote {
    full(NewNote::new("text").user_id(known.user.as_str()).title("t").color("#FFAA00").pinned(true))
}

pub(crate) fn note_update(known: &Known) -> NoteUpdate {
    let all = NoteUpdate::new().body("text").user_id(known.user.as_str());
    full(all.title("t").color("#FFAA00").pinned(true))
}

pub(crate) fn new_task(known: &Known) -> NewTask {
    let task = NewTask::new("Call", Timestamp::UNIX_EPOCH).completed(true);
    full(task.body("text").assigned_to(known.user.as_str()))
}

pub(crate) fn task_update(known: &Known) -> TaskUpdate {
    let all = TaskUpdate::new().title("Call").due_date(Timestamp::UNIX_EPOCH).completed(true);
    full(all.body("text").assigned_to(known.user.as_str()))
}

/// A morning in the future, of a day of its own for each number.
pub(crate) fn morning(day: i64) -> Timestamp {
    Timestamp::constant(1_900_000_800 + day * 86_400, 0)
}

pub(crate) fn new_appointment(known: &Known, contact: &str) -> NewAppointment {
    full(
        NewAppointment::new(known.calendar.as_str(), contact, morning(0))
            .end_time(morning(1))
            .title("Fitting")
            .description("text")
            .address("Rua da Prata 1")
            .appointment_status(AppointmentStatus::Confirmed)
            .assigned_user_id(known.user.as_str())
            .meeting_location_type(MeetingLocation::Custom)
            .meeting_location_id("custom_0")
            .override_location_config(true)
            .ignore_date_range(true)
            .ignore_free_slot_validation(true)
            .to_notify(false)
            .rrule("RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"),
    )
}

pub(crate) fn appointment_update(known: &Known) -> AppointmentUpdate {
    full(
        AppointmentUpdate::new()
            .calendar_id(known.calendar.as_str())
            .start_time(morning(2))
            .end_time(morning(3))
            .title("Fitting")
            .description("text")
            .address("Rua da Prata 1")
            .appointment_status(AppointmentStatus::Showed)
            .assigned_user_id(known.user.as_str())
            .meeting_location_type(MeetingLocation::Phone)
            .meeting_location_id("custom_0")
            .override_location_config(true)
            .ignore_date_range(true)
            .ignore_free_slot_validation(true)
            .to_notify(false)
            .rrule("RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"),
    )
}

pub(crate) fn new_custom_field() -> NewCustomField {
    full(
        NewCustomField::new("Papers", DataType::FileUpload)
            .placeholder("text")
            .accepted_formats([".pdf"])
            .multiple_files(true)
            .max_files(2)
            .text_boxes([TextBox::new("a").prefill("b")])
            .position(1)
            .field_key("papers")
            .parent_id("folder_1")
            .description("text"),
    )
}

pub(crate) fn custom_field_update() -> CustomFieldUpdate {
    full(
        CustomFieldUpdate::new("Documents")
            .placeholder("text")
            .accepted_formats([".pdf"])
            .multiple_files(true)
            .max_files(2)
            .text_boxes([TextBox::new("a").prefill("b")])
            .position(1),
    )
}

pub(crate) fn new_business() -> NewBusiness {
    full(
        NewBusiness::new("Reis Lda")
            .phone("+351210000001")
            .email("geral@reis.example")
            .website("https://reis.example")
            .address("Rua da Prata 1")
            .city("Lisboa")
            .state("Lisboa")
            .postal_code("1100-414")
            .country("PT")
            .description("text"),
    )
}

pub(crate) fn business_update() -> BusinessUpdate {
    full(
        BusinessUpdate::new()
            .name("Reis SA")
            .phone("+351210000001")
            .email("geral@reis.example")
            .website("https://reis.example")
            .address("Rua da Prata 1")
            .city("Lisboa")
            .state("Lisboa")
            .postal_code("1100-414")
            .country("PT")
            .description("text"),
    )
}

pub(crate) fn search_tasks(known: &Known, contact: &str) -> SearchTasks {
    full(
        SearchTasks::new()
            .contacts([contact])
            .completed(true)
            .assigned_to([known.user.as_str()])
            .query("call")
            .business_id(known.business.as_str()),
    )
}

pub(crate) fn search_users(known: &Known) -> SearchUsers {
    let search = SearchUsers::new(known.company.as_str()).location(known.location.as_str());
    full(search.query("a").kind("account").role("admin").ids([known.user.as_str()]))
}
