//! The rest of the contacts' calls against the sandbox, over real HTTP, in both spellings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]
#![allow(deprecated, reason = "the old list is tested as long as it is there")]

#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::time::Duration;

use futures_util::TryStreamExt;
use ghl_contacts::jiff::civil::Date;
use ghl_contacts::sandbox::{Config, Edit, Fault, FaultKind, Sandbox};
use ghl_contacts::{
    ApiVersion, BusinessContacts, BusinessId, Client, ContactId, ContactUpdate, DndChannel, DndSetting,
    DndSettings, DndStatus, ErrorKind, FindDuplicate, InboundDndSetting, InboundDndSettings, ListContacts,
    NewContact, NewNote, NoteUpdate, Patch, TagChange, UpsertContact,
};
use serde_json::json;

async fn start() -> (Sandbox, Client) {
    trace::on();
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let c = sandbox.credentials();
    let client = Client::builder(c.location_id.as_str()).base_url(sandbox.url()).token(c.pit.as_str());
    let client = client.build().unwrap();
    (sandbox, client)
}

fn added(sandbox: &Sandbox, count: usize) -> Vec<ContactId> {
    (0..count)
        .map(|n| sandbox.add_contact(json!({ "email": format!("n{n}@example.pt") })).unwrap().into())
        .collect()
}

#[tokio::test]
async fn every_field_is_written_and_read_in_both_versions() {
    for version in [ApiVersion::V2021_07_28, ApiVersion::V3] {
        let (_sandbox, client) = start().await;
        let client = client.with_version(version);
        let quiet = DndSettings::new().set(DndChannel::Rcs, DndSetting::new(DndStatus::Active));
        let new = NewContact::new()
            .name("Ana Reis")
            .gender("female")
            .timezone("Europe/Lisbon")
            .assigned_to("u_1")
            .date_of_birth(Date::constant(1990, 9, 25))
            .dnd(true)
            .dnd_settings(quiet.clone())
            .inbound_dnd_settings(InboundDndSettings::all(InboundDndSetting::new(DndStatus::Inactive)));
        let created = client.contacts().create(&new).await.unwrap();
        assert_eq!(created.date_of_birth, Some(Date::constant(1990, 9, 25)), "{version:?}");
        let ana = client.contacts().get(&created.id).await.unwrap();
        assert_eq!((ana.date_of_birth, ana.dnd), (created.date_of_birth, Some(true)));
        assert_eq!((ana.kind.as_deref(), ana.timezone.as_deref()), (Some("lead"), Some("Europe/Lisbon")));
        assert_eq!((ana.dnd_settings, ana.assigned_to), (Some(quiet), Some("u_1".into())));
        assert_eq!(ana.inbound_dnd_settings.unwrap().all.unwrap().status, Some(DndStatus::Inactive));
        assert_eq!(ana.created_by.unwrap().source.as_deref(), Some("INTEGRATION"));
        let update = ContactUpdate::new()
            .date_of_birth(Patch::Clear)
            .assigned_to(Patch::Clear)
            .timezone(Patch::Clear)
            .dnd_settings(DndSettings::new().set(DndChannel::Rcs, DndSetting::new(DndStatus::Inactive)))
            .replace_all_tags(["VIP"]);
        let ana = client.contacts().update(&created.id, &update).await.unwrap();
        assert_eq!((ana.date_of_birth, ana.assigned_to, ana.timezone), (None, None, None));
        assert_eq!(ana.tags, ["vip"]);
        assert!(!ana.dnd_settings.unwrap().blocks(&DndChannel::Rcs));
    }
}

#[tokio::test]
async fn an_upsert_creates_once_and_then_updates() {
    let (sandbox, client) = start().await;
    let upsert =
        UpsertContact::by_email("ana@example.pt").phone("+351 910 000 001").replace_all_tags(["VIP"]);
    // The answer to the creation is lost, so what comes back is the answer to the second request.
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("contacts.upsert").times(1));
    let ana = client.contacts().upsert(&upsert).await.unwrap();
    assert!(!ana.is_new);
    assert_eq!(sandbox.state()["contacts"].as_array().unwrap().len(), 1);
    let again = client.contacts().upsert(&upsert.city("Porto").source("shop")).await.unwrap();
    assert_eq!((again.is_new, &again.contact.id), (false, &ana.contact.id));
    assert_eq!(
        (again.contact.city.as_deref(), &again.contact.tags[..]),
        (Some("Porto"), &["vip".to_owned()][..])
    );
    assert!(client.contacts().upsert(&UpsertContact::by_phone("+351910000002")).await.unwrap().is_new);

    for same in [
        FindDuplicate::by_email("ana@example.pt"),
        FindDuplicate::by_phone("+351910000001"),
        FindDuplicate::by_email("nobody@example.pt").phone("+351910000001"),
    ] {
        let found = client.contacts().find_duplicate(&same).await.unwrap();
        assert_eq!(found.unwrap().id, ana.contact.id, "{same:?}");
    }
    let nobody = FindDuplicate::by_email("nobody@example.pt");
    assert_eq!(client.contacts().find_duplicate(&nobody).await.unwrap(), None);
}

#[tokio::test]
async fn lists_are_walked_to_their_end() {
    let (sandbox, client) = start().await;
    let mut ids = added(&sandbox, 7);
    sandbox.advance(Duration::from_secs(3));
    let list = client.contacts().list(ListContacts::new().page_size(3));
    let mut walked: Vec<_> = list.items().map_ok(|contact| contact.id).try_collect().await.unwrap();
    walked.sort();
    ids.sort();
    assert_eq!(walked, ids);

    let business = BusinessId::new(sandbox.credentials().business_id.as_str());
    assert_eq!(client.bulk().business(&ids, Some(&business)).await.unwrap(), ids);
    sandbox.advance(Duration::from_secs(3));
    let of_business = || client.contacts().by_business(BusinessContacts::new(business.clone()).page_size(3));
    let mut walked: Vec<_> = of_business().items().map_ok(|contact| contact.id).try_collect().await.unwrap();
    walked.sort();
    assert_eq!(walked, ids);
    assert_eq!(client.bulk().business(&ids[1..], None).await.unwrap(), ids[1..]);
    sandbox.advance(Duration::from_secs(3));
    assert_eq!(of_business().page().await.unwrap().contacts.len(), 1);
}

#[tokio::test]
async fn tags_of_many_contacts_change_one_by_one() {
    let (sandbox, client) = start().await;
    let ids = added(&sandbox, 3);
    sandbox.human(Edit::Delete { collection: "contacts".to_owned(), id: ids[1].to_string() }).unwrap();
    let bulk = client.bulk().tags_per_request(2);
    let tagged = bulk.tags(&ids, &TagChange::add(["VIP", "Lead"])).await.unwrap();
    assert_eq!((tagged.results.len(), tagged.error_count, tagged.is_complete()), (3, 1, false));
    assert_eq!(tagged.failures().next().unwrap().contact_id.as_ref(), Some(&ids[1]));
    bulk.tags(&ids[..1], &TagChange::remove(["vip"])).await.unwrap();
    assert_eq!(client.contacts().get(&ids[0]).await.unwrap().tags, ["lead"]);
    assert!(bulk.remove_all_tags(&ids[2..]).await.unwrap().is_complete());
    assert!(client.contacts().get(&ids[2]).await.unwrap().tags.is_empty());

    let nowhere = bulk.business(&ids, Some(&"b_nowhere".into())).await.unwrap_err();
    assert_eq!((nowhere.error.kind(), nowhere.rest), (ErrorKind::Validation, ids));
}

#[tokio::test]
async fn a_contact_is_followed_and_enrolled_in_both_versions() {
    for version in [ApiVersion::V2021_07_28, ApiVersion::V3] {
        let (sandbox, client) = start().await;
        let client = client.with_version(version);
        let ana = added(&sandbox, 1).remove(0);
        let change = client.followers(&ana).add(["u_1", "u_2"]).await.unwrap();
        assert_eq!(change.changed.len(), 2);
        let change = client.followers(&ana).remove(["u_1"]).await.unwrap();
        assert_eq!(change.followers, client.contacts().get(&ana).await.unwrap().followers);

        let c = sandbox.credentials();
        let (campaign, workflow) = (c.campaign_id.as_str().into(), c.workflow_id.as_str().into());
        client.campaigns(&ana).add(&campaign).await.unwrap();
        client.campaigns(&ana).remove(&campaign).await.unwrap();
        client.campaigns(&ana).remove_all().await.unwrap();
        let start = "2026-03-01T11:00:00+01:00[+01:00]".parse().unwrap();
        client.workflows(&ana).add(&workflow).await.unwrap();
        client.workflows(&ana).add_at(&workflow, &start).await.unwrap();
        client.workflows(&ana).remove_at(&workflow, &start).await.unwrap();
        client.workflows(&ana).remove(&workflow).await.unwrap();
        assert_eq!(client.contact_appointments(&ana).list().await.unwrap(), []);
        let error = client.workflows(&ana).add(&"w_nowhere".into()).await.unwrap_err();
        assert!(error.is_not_found(), "{error}");

        let new = NewNote::new("Called.").title("Call").color("#FFAA00").pinned(true);
        let note = client.notes(&ana).create(&new).await.unwrap();
        let update = NoteUpdate::new().title("Calls").pinned(false);
        let note = client.notes(&ana).update(&note.id, &update).await.unwrap();
        assert_eq!((note.title.as_deref(), note.color.as_deref()), (Some("Calls"), Some("#FFAA00")));
        assert_eq!((note.body.as_str(), note.pinned), ("Called.", Some(false)));
    }
}
