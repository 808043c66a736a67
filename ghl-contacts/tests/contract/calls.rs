//! Every call of the client, each with everything that it can send.

use std::fmt::Debug;

use ghl_contacts::jiff::civil::Date;
use ghl_contacts::{
    BusinessContacts, Client, ContactId, ContactUpdate, CustomFieldValue, DataType, DndChannel, DndSetting,
    DndSettings, DndStatus, FindDuplicate, GhlOAuth, HttpSettings, InboundDndSetting, InboundDndSettings,
    ListContacts, NewContact, NewCustomField, NewNote, NewTask, NoteUpdate, OAuthApp, Patch, Refresh,
    SearchContacts, SearchField, TagChange, TaskUpdate, TextBox, TokenSet, UpsertContact, UserId,
    jiff::Timestamp,
};
use serde::Serialize;
use serde_json::Value;

/// Makes sure that nothing is left unset, so that a new field cannot be forgotten here.
fn full<T: Debug>(body: T) -> T {
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

fn upsert_contact() -> UpsertContact {
    UpsertContact::by_email("ana@example.pt")
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
        .assigned_to("u_1")
        .dnd(true)
        .dnd_settings(dnd_settings())
        .inbound_dnd_settings(inbound())
        .replace_all_tags(["vip"])
        .custom_field(CustomFieldValue::new("cf_1", "text"))
        .create_new_if_duplicate_allowed(true)
}

fn new_contact() -> NewContact {
    full(
        NewContact::new()
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
            .assigned_to("u_1")
            .dnd(true)
            .dnd_settings(dnd_settings())
            .inbound_dnd_settings(inbound())
            .tags(["vip"])
            .custom_field(CustomFieldValue::new("cf_1", "text"))
            .custom_field(CustomFieldValue::new("cf_2", 12.5))
            .custom_field(CustomFieldValue::new("cf_3", vec!["a", "b"])),
    )
}

fn contact_update(text: &Patch<String>, date: Patch<Date>, user: Patch<UserId>) -> ContactUpdate {
    full(
        ContactUpdate::new()
            .first_name(text.clone())
            .last_name(text.clone())
            .name(text.clone())
            .email(text.clone())
            .phone(text.clone())
            .company_name(text.clone())
            .address1(text.clone())
            .city(text.clone())
            .state(text.clone())
            .country("PT")
            .postal_code("1000-100")
            .website(text.clone())
            .source(text.clone())
            .timezone(text.clone())
            .date_of_birth(date)
            .assigned_to(user)
            .dnd(true)
            .dnd_settings(dnd_settings())
            .inbound_dnd_settings(inbound())
            .replace_all_tags(["vip"])
            .custom_field(CustomFieldValue::new("cf_1", "text"))
            .custom_field(CustomFieldValue::new("cf_2", 12.5))
            .custom_field(CustomFieldValue::new("cf_3", vec!["a", "b"])),
    )
}

fn new_custom_field() -> NewCustomField {
    NewCustomField::new("NIF", DataType::Text)
        .placeholder("9 digits")
        .position(1)
        .field_key("nif")
        .parent_id("g_1")
        .description("text")
        .accepted_formats([".pdf"])
        .multiple_files(true)
        .max_files(2)
        .text_boxes([TextBox::new("a").prefill("b")])
}

/// What was decoded: method and path of the operation, the field of the answer that held it, and it as JSON.
pub(crate) type Decoded = (&'static str, &'static str, &'static str, Value);

fn json(record: impl Serialize) -> Value {
    serde_json::to_value(record).unwrap()
}

/// Makes every call at `base` and gives what came back.
pub(crate) async fn make_all(base: &str) -> Vec<Decoded> {
    crate::trace::on();
    let client = Client::builder("loc_1").base_url(base).token("s3cr3t-access").build().unwrap();
    grant(base).await;
    let ana = ContactId::new("c_ana");
    let mut decoded = of_contacts(&client, &ana).await;
    decoded.extend(of_the_rest(&client, &ana).await);
    decoded.extend(of_notes_and_tasks(&client, &ana).await);

    let new = full(new_custom_field());
    let path = "/locations/{locationId}/customFields";
    let fields = client.custom_fields();
    decoded.push(("GET", path, "customFields", json(fields.list().await.unwrap())));
    decoded.push(("POST", path, "customField", json(fields.create(&new).await.unwrap())));
    let path = "/contacts/{contactId}/tags";
    decoded.push(("POST", path, "tags", json(client.tags(&ana).add(["vip"]).await.unwrap())));
    decoded.push(("DELETE", path, "tags", json(client.tags(&ana).remove(["vip"]).await.unwrap())));
    decoded
}

async fn of_contacts(client: &Client, ana: &ContactId) -> Vec<Decoded> {
    let contacts = client.contacts();
    let cleared = contact_update(&Patch::Clear, Patch::Clear, Patch::Clear);
    contacts.update(ana, &cleared).await.unwrap();
    let search = SearchContacts::new().filter(SearchField::EMAIL.exists()).query("reis");
    let text = Patch::Set("text".to_owned());
    let update = contact_update(&text, Patch::Set(Date::constant(1990, 9, 25)), "u_1".into());
    let updated = contacts.update(ana, &update).await.unwrap();
    vec![
        ("POST", "/contacts/", "contact", json(contacts.create(&new_contact()).await.unwrap())),
        ("GET", "/contacts/{contactId}", "contact", json(contacts.get(ana).await.unwrap())),
        ("PUT", "/contacts/{contactId}", "contact", json(updated)),
        (
            "POST",
            "/contacts/search",
            "contacts",
            json(contacts.search(search).page().await.unwrap().contacts),
        ),
    ]
}

#[allow(deprecated, reason = "it is there")]
async fn of_the_rest(client: &Client, ana: &ContactId) -> Vec<Decoded> {
    let contacts = client.contacts();
    let upserted = contacts.upsert(&upsert_contact()).await.unwrap();
    let listed = contacts.list(ListContacts::new().query("q")).page().await.unwrap();
    let b = contacts.by_business(BusinessContacts::new("b_1").query("q")).page().await.unwrap();
    contacts.find_duplicate(&FindDuplicate::by_email("a@b.pt").phone("+1")).await.unwrap();
    contacts.delete(ana).await.unwrap();
    client.notes(ana).delete(&"n_1".into()).await.unwrap();
    client.tasks(ana).delete(&"t_1".into()).await.unwrap();
    client.followers(ana).add(["u_1"]).await.unwrap();
    client.followers(ana).remove(["u_1"]).await.unwrap();
    client.campaigns(ana).add(&"k".into()).await.unwrap();
    client.campaigns(ana).remove(&"k".into()).await.unwrap();
    client.campaigns(ana).remove_all().await.unwrap();
    let at = Timestamp::UNIX_EPOCH.to_zoned_datetime(ghl_contacts::jiff::tz::TimeZone::UTC);
    client.workflows(ana).add_at(&"w".into(), &at).await.unwrap();
    client.workflows(ana).remove(&"w".into()).await.unwrap();
    let events = client.contact_appointments(ana).list().await.unwrap();
    let ids = [ana.clone()];
    client.bulk().tags(&ids, &TagChange::add(["a"])).await.unwrap();
    client.bulk().tags(&ids, &TagChange::remove(["a"])).await.unwrap();
    client.bulk().remove_all_tags(&ids).await.unwrap();
    client.bulk().business(&ids, Some(&"b".into())).await.unwrap();
    client.bulk().business(&ids, None).await.unwrap();
    vec![
        ("POST", "/contacts/upsert", "contact", json(upserted.contact)),
        ("GET", "/contacts/", "contacts", json(listed.contacts)),
        ("GET", "/contacts/business/{businessId}", "contacts", json(b.contacts)),
        ("GET", "/contacts/{contactId}/appointments", "events", json(events)),
    ]
}

async fn of_notes_and_tasks(client: &Client, ana: &ContactId) -> Vec<Decoded> {
    let (notes, tasks) = (client.notes(ana), client.tasks(ana));
    let (note, task, due) = ("n_1".into(), "t_1".into(), Timestamp::UNIX_EPOCH);
    let new_note = full(NewNote::new("text").user_id("u_1").title("t").color("#FFAA00").pinned(true));
    let note_update =
        full(NoteUpdate::new().body("text").user_id("u_1").title("t").color("#FFAA00").pinned(true));
    let new_task = full(NewTask::new("text", due).body("text").assigned_to("u_1"));
    let task_update = TaskUpdate::new().title("text").due_date(due).completed(true);
    let task_update = full(task_update.body("text").assigned_to("u_1"));
    let (all_notes, one_note) = ("/contacts/{contactId}/notes", "/contacts/{contactId}/notes/{id}");
    let (all_tasks, one_task) = ("/contacts/{contactId}/tasks", "/contacts/{contactId}/tasks/{taskId}");
    let completed = "/contacts/{contactId}/tasks/{taskId}/completed";
    vec![
        ("GET", all_notes, "notes", json(notes.list().await.unwrap())),
        ("POST", all_notes, "note", json(notes.create(&new_note).await.unwrap())),
        ("GET", one_note, "note", json(notes.get(&note).await.unwrap())),
        ("PUT", one_note, "note", json(notes.update(&note, &note_update).await.unwrap())),
        ("GET", all_tasks, "tasks", json(tasks.list().await.unwrap())),
        ("POST", all_tasks, "task", json(tasks.create(&new_task).await.unwrap())),
        ("GET", one_task, "task", json(tasks.get(&task).await.unwrap())),
        ("PUT", one_task, "task", json(tasks.update(&task, &task_update).await.unwrap())),
        ("PUT", completed, "task", json(tasks.complete(&task, true).await.unwrap())),
    ]
}

/// Both grants: a code, and the refresh token that it brought.
async fn grant(base: &str) {
    let app = OAuthApp::new("app-1", "s3cr3t-client");
    let app = app.redirect("https://app.example.pt/callback".parse().unwrap());
    let oauth = GhlOAuth::at(base, app, &HttpSettings::new()).unwrap();
    let check = |tokens: &TokenSet| {
        assert!(tokens.refresh.is_some() && tokens.access_expires_at.is_some());
        for detail in ["scope", "userType", "locationId", "companyId", "userId", "planId"] {
            assert!(tokens.details.contains_key(detail), "{detail}");
        }
    };
    let tokens = oauth.exchange_code("s3cr3t-code").await.unwrap();
    check(&tokens);
    check(&oauth.refresh(&tokens).await.unwrap());
}
