//! What the compiler must grant to those who share a client between tasks and threads.
//!
//! Nothing here is sent: that it compiles is the test.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::fmt::Debug;

use futures_util::Stream;
use ghl_contacts::resources::{Contacts, CustomFields, Notes, Search, Tags, Tasks};
use ghl_contacts::{
    Client, ClientBuilder, Contact, ContactId, ContactUpdate, CustomFieldDefinition, DataType, Error,
    GhlOAuth, NewContact, NewCustomField, NewNote, NewTask, Note, NoteUpdate, Patch, Refresh, SearchContacts,
    SearchCursor, SearchPage, Task, TaskUpdate, TokenManager, TokenSet, TokenSource, jiff,
};

fn shared<T: Clone + Debug + Send + Sync + Unpin + 'static>() {}
fn owned<T: Debug + Send + Sync + Unpin + 'static>() {}
fn handle<T: Copy + Debug + Send + Sync>(_: &T) {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}
fn future<T: Future + Send>(_: T) {}
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
    shared::<SearchPage>();
    shared::<Contact>();
    shared::<NewContact>();
    shared::<ContactUpdate>();
    shared::<Patch<String>>();
    shared::<CustomFieldDefinition>();
    shared::<NewCustomField>();
    shared::<Note>();
    shared::<NewNote>();
    shared::<NoteUpdate>();
    shared::<Task>();
    shared::<NewTask>();
    shared::<TaskUpdate>();
    owned::<Box<dyn TokenSource>>();
    owned::<Box<dyn Refresh>>();
    error::<Error>();
    error::<ghl_contacts::GrantError>();
}

#[test]
fn handles_are_cheap() {
    let (client, id) = (client(), ContactId::new("c_ana"));
    handle::<Contacts<'_>>(&client.contacts());
    handle::<CustomFields<'_>>(&client.custom_fields());
    handle::<Notes<'_>>(&client.notes(&id));
    handle::<Tasks<'_>>(&client.tasks(&id));
    handle::<Tags<'_>>(&client.tags(&id));
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
fn grants_are_send() {
    fn check(oauth: &GhlOAuth, tokens: &TokenSet) {
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
