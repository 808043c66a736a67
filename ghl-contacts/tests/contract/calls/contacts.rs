use ghl_contacts::jiff::Timestamp;
use ghl_contacts::jiff::tz::TimeZone;
use ghl_contacts::{
    ApiVersion, BusinessContacts, Client, ContactId, ContactUpdate, Direction, ErrorKind, FindDuplicate,
    ListContacts, NewContact, NewNote, NewTask, NoteUpdate, SearchContacts, SearchField, SortField,
    TagChange, TaskUpdate, UpsertContact,
};

use crate::bodies;
use crate::journey::{Given, Journey};

pub(super) async fn create_and_read(
    journey: &mut Journey,
    client: &Client,
    version: ApiVersion,
) -> ContactId {
    let (given, known, contacts) = (journey.given, journey.known.clone(), client.contacts());
    let new = given.choose(bodies::new_contact(&known), NewContact::new());
    let ana = journey.read("contacts().create", "contact", contacts.create(&new)).await.id;
    journey.read("contacts().get", "contact", contacts.get(&ana)).await;
    journey.read("contacts().find", "contact", contacts.find(&ana)).await;
    let update = "contacts().update";
    if given == Given::Everything {
        journey.read(update, "contact", contacts.update(&ana, &bodies::contact_update(&known, true))).await;
    }
    let changes = given.choose(bodies::contact_update(&known, false), ContactUpdate::new());
    journey.read(update, "contact", contacts.update(&ana, &changes)).await;

    let search = SearchContacts::new()
        .filter(SearchField::EMAIL.exists())
        .query("reis")
        .sort(SortField::DateAdded, Direction::Descending)
        .page_size(500);
    let search = contacts.search(given.choose(search, SearchContacts::new()));
    journey.read("contacts().search", "contacts", async { Ok(search.page().await?.contacts) }).await;
    let same = FindDuplicate::by_email("ana@example.pt");
    let same = given.choose(same.clone().phone("+351910000001"), same);
    journey.call("contacts().find_duplicate", contacts.find_duplicate(&same)).await;
    listed(journey, client, version).await;

    let upsert = UpsertContact::by_email("ana@example.pt");
    let upsert = given.choose(bodies::upsert(&known), upsert);
    let field = "contact";
    journey.read("contacts().upsert", field, async { Ok(contacts.upsert(&upsert).await?.contact) }).await;
    let upsert = upsert.create_new_if_duplicate_allowed(true);
    journey.read("contacts().upsert", field, async { Ok(contacts.upsert(&upsert).await?.contact) }).await;
    ana
}

#[allow(deprecated, reason = "it is there")]
async fn listed(journey: &mut Journey, client: &Client, version: ApiVersion) {
    let (given, business) = (journey.given, journey.known.business.clone());
    let of = || BusinessContacts::new(business.as_str());
    let list = client.contacts().by_business(given.choose(of().query("reis").page_size(10).skip(0), of()));
    journey.read("contacts().by_business", "contacts", async { Ok(list.page().await?.contacts) }).await;

    let after = serde_json::from_str("{\"startAfter\":\"0\",\"startAfterId\":\"c_0\"}").unwrap();
    let all = ListContacts::new().query("reis").page_size(10).after(after);
    let list = client.contacts().list(given.choose(all, ListContacts::new()));
    if version == ApiVersion::V3 {
        assert_eq!(list.page().await.unwrap_err().kind(), ErrorKind::NotInVersion);
    } else {
        journey.read("contacts().list", "contacts", async { Ok(list.page().await?.contacts) }).await;
    }
}

pub(super) async fn children(journey: &mut Journey, client: &Client, ana: &ContactId) {
    let (given, known) = (journey.given, journey.known.clone());
    let notes = client.notes(ana);
    let new = given.choose(bodies::new_note(&known), NewNote::new("text"));
    let note = journey.read("notes(&contact).create", "note", notes.create(&new)).await.id;
    journey.read("notes(&contact).list", "notes", notes.list()).await;
    journey.read("notes(&contact).get", "note", notes.get(&note)).await;
    let update = given.choose(bodies::note_update(&known), NoteUpdate::new());
    journey.read("notes(&contact).update", "note", notes.update(&note, &update)).await;
    journey.call("notes(&contact).delete", notes.delete(&note)).await;

    let tasks = client.tasks(ana);
    let new = given.choose(bodies::new_task(&known), NewTask::new("Call", Timestamp::UNIX_EPOCH));
    let task = journey.read("tasks(&contact).create", "task", tasks.create(&new)).await.id;
    journey.read("tasks(&contact).list", "tasks", tasks.list()).await;
    journey.read("tasks(&contact).get", "task", tasks.get(&task)).await;
    let update = given.choose(bodies::task_update(&known), TaskUpdate::new());
    journey.read("tasks(&contact).update", "task", tasks.update(&task, &update)).await;
    journey.read("tasks(&contact).complete", "task", tasks.complete(&task, true)).await;
    journey.call("tasks(&contact).delete", tasks.delete(&task)).await;
    let list = client.contact_appointments(ana);
    journey.read("contact_appointments(&contact).list", "events", list.list()).await;
}

pub(super) async fn memberships(journey: &mut Journey, client: &Client, ana: &ContactId) {
    let known = journey.known.clone();
    let (tags, followers) = (client.tags(ana), client.followers(ana));
    journey.read("tags(&contact).add", "tags", tags.add(["vip"])).await;
    journey.read("tags(&contact).remove", "tags", tags.remove(["vip"])).await;
    journey.call("followers(&contact).add", followers.add([known.user.as_str()])).await;
    journey.call("followers(&contact).remove", followers.remove([known.user.as_str()])).await;

    let (campaigns, campaign) = (client.campaigns(ana), known.campaign.as_str().into());
    journey.call("campaigns(&contact).add", campaigns.add(&campaign)).await;
    journey.call("campaigns(&contact).remove", campaigns.remove(&campaign)).await;
    journey.call("campaigns(&contact).remove_all", campaigns.remove_all()).await;
    let (workflows, workflow) = (client.workflows(ana), known.workflow.as_str().into());
    let start = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
    journey.call("workflows(&contact).add", workflows.add(&workflow)).await;
    journey.call("workflows(&contact).remove", workflows.remove(&workflow)).await;
    journey.call("workflows(&contact).add_at", workflows.add_at(&workflow, &start)).await;
    journey.call("workflows(&contact).remove_at", workflows.remove_at(&workflow, &start)).await;
}

pub(super) async fn many(journey: &mut Journey, client: &Client, ana: &ContactId) {
    let (ids, business) = ([ana.clone()], journey.known.business.as_str().into());
    let bulk = client.bulk();
    journey.call("bulk().tags", bulk.tags(&ids, &TagChange::add(["vip"]))).await;
    journey.call("bulk().tags", bulk.tags(&ids, &TagChange::remove(["vip"]))).await;
    journey.call("bulk().remove_all_tags", bulk.remove_all_tags(&ids)).await;
    journey.call("bulk().business", bulk.business(&ids, Some(&business))).await;
    journey.call("bulk().business", bulk.business(&ids, None)).await;
}

pub(super) async fn end(journey: &mut Journey, client: &Client, ana: &ContactId) {
    journey.call("contacts().delete", client.contacts().delete(ana)).await;
}
