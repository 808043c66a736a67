//! What the compiler must grant to those who share a client between tasks and threads.
//!
//! Nothing here is sent: that it compiles is the test.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::fmt::Debug;

use futures_util::Stream;
use ghl_contacts::resources::{
    AppointmentNotes, Appointments, Bulk, BusinessListing, Businesses, Campaigns, ContactAppointments,
    ContactListing, Contacts, CustomFields, Followers, Listing, LocationTags, LocationTasks, Locations,
    Notes, Search, Tags, Tasks, Users, Workflows,
};
use ghl_contacts::types::search::kind;
use ghl_contacts::{
    Appointment, AppointmentUpdate, Business, BusinessUpdate, CalendarId, CustomFieldUpdate,
    InstalledLocations, LocationTag, NewAppointment, NewAppointmentNote, NewBusiness, Page, SearchLocations,
    SearchTasks, SearchUsers, User,
};
use ghl_contacts::{
    BulkTagged, BusinessContacts, BusinessPage, Client, ClientBuilder, Contact, ContactEvent, ContactId,
    ContactUpdate, CustomFieldBook, CustomFieldDefinition, DataType, DndSettings, Error, FieldError,
    FieldInput, Filter, FindDuplicate, FollowersChange, GhlOAuth, Interrupted, ListContacts, ListCursor,
    ListPage, NewContact, NewCustomField, NewNote, NewTask, Note, NoteUpdate, Patch, Refresh, ResolvedField,
    SearchContacts, SearchCursor, SearchField, SearchPage, TagChange, Task, TaskUpdate, TokenManager,
    TokenSet, TokenSource, UpsertContact, Upserted, jiff,
};

fn shared<T: Clone + Debug + Send + Sync + Unpin + 'static>() {}
fn owned<T: Debug + Send + Sync + Unpin + 'static>() {}
fn handle<T: Copy + Debug + Send + Sync>(_: &T) {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}
fn future<T: Future + Send>(_: T) {}
#[cfg(feature = "sync")]
fn judges<T: From<Error>>() {}
fn stream<T: Stream + Send + 'static>(_: T) {}

fn client() -> Client {
    trace::on();
    Client::builder("loc_1").token("s3cr3t-access").build().unwrap()
}

#[test]
fn clients_and_types_are_shared_between_threads() {
    shared::<Client>();
    shared::<ClientBuilder>();
    shared::<GhlOAuth>();
    shared::<TokenManager>();
    shared::<TokenSet>();
    shared::<Search>();
    shared::<SearchContacts>();
    shared::<SearchCursor>();
    shared::<SearchField<kind::Text>>();
    shared::<Filter>();
    shared::<CustomFieldBook>();
    shared::<ResolvedField>();
    shared::<FieldInput>();
    shared::<SearchPage>();
    shared::<Contact>();
    shared::<NewContact>();
    shared::<ContactUpdate>();
    shared::<Patch<String>>();
    shared::<CustomFieldDefinition>();
    shared::<NewCustomField>();
    shared::<Appointment>();
    shared::<NewAppointment>();
    shared::<AppointmentUpdate>();
    shared::<Business>();
    shared::<Listing<Business>>();
    shared::<Page<User>>();
    shared::<LocationTag>();
    shared::<InstalledLocations>();
    shared::<Note>();
    shared::<NewNote>();
    shared::<NoteUpdate>();
    shared::<Task>();
    shared::<NewTask>();
    shared::<TaskUpdate>();
    shared::<ContactListing>();
    shared::<ListContacts>();
    shared::<ListCursor>();
    shared::<ListPage>();
    shared::<BusinessListing>();
    shared::<BusinessContacts>();
    shared::<BusinessPage>();
    shared::<UpsertContact>();
    shared::<Upserted>();
    shared::<FindDuplicate>();
    shared::<DndSettings>();
    shared::<ContactEvent>();
    shared::<FollowersChange>();
    shared::<TagChange>();
    shared::<BulkTagged>();
    error::<Interrupted<BulkTagged>>();
    owned::<Box<dyn TokenSource>>();
    owned::<Box<dyn Refresh>>();
    error::<Error>();
    error::<FieldError>();
    shared::<Error>();
    shared::<FieldError>();
    error::<ghl_contacts::GrantError>();
}

#[cfg(feature = "sync")]
#[test]
fn collections_are_shared_between_threads() {
    use ghl_contacts::sync::{
        AppointmentCollection, BusinessCollection, ContactCollection, NoteCollection, TaskCollection,
    };
    use sync_core::engine::{Collection, Fault, RecordId, RecordRef, WriteError};
    shared::<ContactCollection>();
    shared::<NoteCollection>();
    shared::<TaskCollection>();
    shared::<AppointmentCollection>();
    shared::<BusinessCollection>();
    let contacts: Box<dyn Collection> = Box::new(ContactCollection::new(client()));
    future(contacts.set_up());
    future(contacts.get(&RecordRef::top(RecordId::new("c_ana"))));
    judges::<Fault>();
    judges::<WriteError>();
}

#[test]
fn handles_are_cheap() {
    let (client, id) = (client(), ContactId::new("c_ana"));
    handle::<Contacts<'_>>(&client.contacts());
    handle::<CustomFields<'_>>(&client.custom_fields());
    handle::<Appointments<'_>>(&client.appointments());
    handle::<AppointmentNotes<'_>>(&client.appointment_notes(&"a_1".into()));
    handle::<Businesses<'_>>(&client.businesses());
    handle::<Locations<'_>>(&client.locations());
    handle::<LocationTags<'_>>(&client.location_tags());
    handle::<LocationTasks<'_>>(&client.location_tasks());
    handle::<Users<'_>>(&client.users());
    handle::<Notes<'_>>(&client.notes(&id));
    handle::<Tasks<'_>>(&client.tasks(&id));
    handle::<Tags<'_>>(&client.tags(&id));
    handle::<Followers<'_>>(&client.followers(&id));
    handle::<Campaigns<'_>>(&client.campaigns(&id));
    handle::<Workflows<'_>>(&client.workflows(&id));
    handle::<ContactAppointments<'_>>(&client.contact_appointments(&id));
    handle::<Bulk<'_>>(&client.bulk());
}

#[test]
fn every_future_is_send() {
    let (client, id) = (client(), ContactId::new("c_ana"));
    let due = jiff::Timestamp::UNIX_EPOCH;
    future(client.contacts().create(&NewContact::new()));
    future(client.contacts().get(&id));
    future(client.contacts().find(&id));
    future(client.contacts().update(&id, &ContactUpdate::new()));
    future(client.contacts().search(SearchContacts::new()).page());
    future(client.custom_fields().list());
    future(client.custom_fields().create(&NewCustomField::new("NIF", DataType::Text)));
    let fields = CustomFieldBook::new(&client);
    future(fields.field("nif"));
    future(fields.value("nif", "123456789"));
    future(fields.fields());
    future(fields.refresh());
    future(client.notes(&id).list());
    future(client.notes(&id).get(&"n_1".into()));
    future(client.notes(&id).create(&NewNote::new("…")));
    future(client.notes(&id).update(&"n_1".into(), &NoteUpdate::new()));
    future(client.tasks(&id).list());
    future(client.tasks(&id).get(&"t_1".into()));
    future(client.tasks(&id).create(&NewTask::new("…", due)));
    future(client.tasks(&id).update(&"t_1".into(), &TaskUpdate::new()));
    future(client.tasks(&id).complete(&"t_1".into(), true));
    future(client.tags(&id).add(["vip"]));
    future(client.tags(&id).remove(vec!["vip".to_owned()]));
}

#[test]
fn every_future_of_the_rest_is_send() {
    let (client, id) = (client(), ContactId::new("c_ana"));
    let start = jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    future(client.contacts().upsert(&UpsertContact::by_email("ana@example.pt")));
    future(client.contacts().find_duplicate(&FindDuplicate::by_email("ana@example.pt")));
    future(client.contacts().by_business(BusinessContacts::new("b_1")).page());
    #[allow(deprecated, reason = "it is there")]
    future(client.contacts().list(ListContacts::new()).page());
    future(client.followers(&id).add(["u_1"]));
    future(client.followers(&id).remove(["u_1"]));
    future(client.campaigns(&id).add(&"k_1".into()));
    future(client.campaigns(&id).remove(&"k_1".into()));
    future(client.campaigns(&id).remove_all());
    future(client.workflows(&id).add_at(&"w_1".into(), &start));
    future(client.workflows(&id).remove_at(&"w_1".into(), &start));
    future(client.contact_appointments(&id).list());
    future(client.bulk().tags(&[], &TagChange::add(["vip"])));
    future(client.bulk().remove_all_tags(&[]));
    future(client.bulk().business(&[], None));
}

#[test]
fn every_future_beside_contacts_is_send() {
    let (client, at) = (client(), jiff::Timestamp::UNIX_EPOCH);
    let appointment = "a_1".into();
    future(client.appointments().create(&NewAppointment::new("cal_1", "c_ana", at)));
    future(client.appointments().get(&appointment));
    future(client.appointments().update(&appointment, &AppointmentUpdate::new()));
    future(client.appointments().delete(&appointment));
    future(client.appointments().list(CalendarId::new("cal_1"), at, at));
    future(client.appointment_notes(&appointment).list().page());
    future(client.appointment_notes(&appointment).create(&NewAppointmentNote::new("…")));
    future(client.appointment_notes(&appointment).update(&"n_1".into(), &NewAppointmentNote::new("…")));
    future(client.appointment_notes(&appointment).delete(&"n_1".into()));
    future(client.businesses().create(&NewBusiness::new("Reis Lda")));
    future(client.businesses().get(&"b_1".into()));
    future(client.businesses().update(&"b_1".into(), &BusinessUpdate::new()));
    future(client.businesses().delete(&"b_1".into()));
    future(client.custom_fields().get("contact.nif"));
    future(client.custom_fields().update(&"cf_1".into(), &CustomFieldUpdate::new("NIF")));
    future(client.custom_fields().delete(&"cf_1".into()));
    future(client.location_tags().list());
    future(client.location_tags().create("vip"));
    future(client.location_tags().get(&"tag_1".into()));
    future(client.location_tags().update(&"tag_1".into(), "vip"));
    future(client.location_tags().delete(&"tag_1".into()));
}

#[test]
fn grants_are_send() {
    fn check(oauth: &GhlOAuth, tokens: &TokenSet, installed: &InstalledLocations) {
        future(installed.page());
        stream(installed.clone().pages());
        stream(installed.clone().items());
        future(oauth.exchange_code("s3cr3t-code"));
        future(oauth.refresh(tokens));
    }
    let _ = check;
}

#[test]
fn streams_outlive_their_client() {
    let pages = client().contacts().search(SearchContacts::new()).pages();
    stream(pages);
    let items = client().contacts().search(SearchContacts::new()).items();
    stream(items);
    stream(client().contacts().by_business(BusinessContacts::new("b_1")).items());
    #[allow(deprecated, reason = "it is there")]
    stream(client().contacts().list(ListContacts::new()).items());
    stream(client().businesses().list().pages());
    stream(client().location_tasks().search(&SearchTasks::new()).items());
    stream(client().locations().search(SearchLocations::new()).items());
    stream(client().users().search(SearchUsers::new("comp_1")).items());
}

#[cfg(feature = "webhooks")]
#[test]
fn webhooks_are_shared_between_threads() {
    use ghl_contacts::webhooks::{
        DeliveryTable, Event, KeyError, MemoryDeliveries, OnceError, PublicKey, SeenDeliveries, Verifier,
        Webhook, WebhookError,
    };
    fn check(webhook: &Webhook, seen: &dyn SeenDeliveries) {
        future(webhook.once(seen, async { Ok::<_, std::io::Error>(()) }));
    }
    shared::<Verifier>();
    shared::<PublicKey>();
    shared::<Webhook>();
    shared::<Event>();
    owned::<MemoryDeliveries>();
    owned::<Box<dyn SeenDeliveries>>();
    owned::<Box<dyn DeliveryTable>>();
    error::<WebhookError>();
    error::<KeyError>();
    error::<OnceError<std::io::Error>>();
    let _ = check;
}
