//! Every answer, through the whole client: whatever it holds, the call ends after one request, and an error names the
//! place that does not fit.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use ghl_contacts::{
    AppointmentsOf, BusinessContacts, BusinessUpdate, Client, ContactId, ContactUpdate, Error, ErrorKind,
    FindDuplicate, HttpSettings, ListContacts, NewAppointment, NewAppointmentNote, NewBusiness, NewContact,
    NewNote, NewTask, SearchContacts, SearchLocations, SearchTasks, SearchUsers, TagChange, UpsertContact,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sync_core::ManualEnv;
use sync_core::http::DecodeError;
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::odd::{Sent, odd, one_by_one};
use crate::samples;

const TOKEN: &str = "s3cr3t-access-1";
/// What says of a whole answer that it was not done.
const FLAGS: [&str; 3] = ["succeded", "succeeded", "success"];

type Call = fn(&Client) -> BoxFuture<'_, Result<(), Error>>;

/// A client, and what it is answered next.
struct Bench {
    runtime: Runtime,
    client: Client,
    answer: Arc<Mutex<(Value, u32)>>,
    _server: MockServer,
}

impl Bench {
    fn new() -> Self {
        crate::trace::on();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = Arc::new(Mutex::new((Value::Null, 0)));
        let next = answer.clone();
        let respond = move |_: &Request| {
            let mut next = next.lock().unwrap();
            next.1 += 1;
            ResponseTemplate::new(200).set_body_json(&next.0)
        };
        let server = runtime.block_on(async {
            let server = MockServer::builder().disable_request_recording().start().await;
            Mock::given(any()).respond_with(respond).mount(&server).await;
            server
        });
        let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
        let client = Client::builder("loc_1").base_url(server.uri()).token(TOKEN).http(settings).build();
        Self { runtime, client: client.unwrap(), answer, _server: server }
    }

    fn ends_well(&self, sent: &Sent, call: Call) -> Result<(), TestCaseError> {
        *self.answer.lock().unwrap() = (sent.json.clone(), 0);
        let result = self.runtime.block_on(call(&self.client));
        prop_assert_eq!(self.answer.lock().unwrap().1, 1, "requests");
        let Err(error) = result else { return Ok(()) };
        prop_assert_eq!((error.attempts(), error.status()), (1, Some(200)));
        match error.kind() {
            ErrorKind::Decode => {
                prop_assert!(error.outcome_unknown() && !error.is_retryable());
                match error.source().and_then(|source| source.downcast_ref::<DecodeError>()) {
                    Some(why) => {
                        prop_assert!(sent.is_blamed(why), "{error}");
                        prop_assert!(error.to_string().contains(&format!("`{}`", why.path)), "{error}");
                    }
                    None => prop_assert!(error.to_string().contains("has no record"), "{error}"),
                }
            }
            ErrorKind::Other => {
                prop_assert!(FLAGS.iter().any(|flag| !sent.is_sound(flag)), "{error}");
            }
            kind => prop_assert!(false, "{kind:?}: {error}"),
        }
        Ok(())
    }
}

/// Makes the tests of each answer: it is read as it is described, each place of it may hold anything, and so may several.
macro_rules! answers {
    ($($name:ident: $sample:expr, $call:expr;)*) => {$(
        #[test]
        fn $name() {
            let (bench, call): (_, Call) = (Bench::new(), $call);
            let sample: Value = $sample;
            *bench.answer.lock().unwrap() = (sample.clone(), 0);
            bench.runtime.block_on(call(&bench.client)).unwrap();
            for sent in one_by_one(&thin(&sample)) {
                bench.ends_well(&sent, call).unwrap_or_else(|error| panic!("{error}: {sent:?}"));
            }
            let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
            let run = TestRunner::new(config).run(&odd(sample), |sent| bench.ends_well(&sent, call));
            run.unwrap_or_else(|error| panic!("{error}"));
        }
    )*};
}

/// Without the fields of its records, which have tests of their own.
fn thin(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) if fields.contains_key("id") => json!({ "id": fields["id"] }),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), thin(value))).collect(),
        Value::Array(items) => items.iter().map(thin).collect(),
        other => other.clone(),
    }
}

fn ana() -> &'static ContactId {
    static ANA: std::sync::LazyLock<ContactId> = std::sync::LazyLock::new(|| ContactId::new("c_ana"));
    &ANA
}

fn found() -> Value {
    let mut contact = samples::contact();
    for (theirs, own) in [("contactName", "name"), ("address", "address1")] {
        contact[theirs] = contact[own].take();
    }
    contact["dateOfBirth"] = json!(654_220_800_000_i64);
    contact["searchAfter"] = json!([654_220_800_000_i64, "c_ana"]);
    contact
}

fn one_contact() -> Value {
    json!({ "contact": samples::contact(), "succeded": true, "traceId": "t_1" })
}

answers! {
    a_created_contact: one_contact(), |c| Box::pin(async { c.contacts().create(&NewContact::new()).await.map(drop) });
    a_contact: one_contact(), |c| Box::pin(async { c.contacts().get(ana()).await.map(drop) });
    an_updated_contact: one_contact(), |c| {
        Box::pin(async { c.contacts().update(ana(), &ContactUpdate::new()).await.map(drop) })
    };
    an_upserted_contact: json!({ "contact": samples::contact(), "new": true, "succeded": true, "traceId": "t_1" }), |c| {
        Box::pin(async { c.contacts().upsert(&UpsertContact::by_email("ana@example.pt")).await.map(drop) })
    };
    a_duplicate: one_contact(), |c| {
        Box::pin(async { c.contacts().find_duplicate(&FindDuplicate::by_phone("+351910000001")).await.map(drop) })
    };
    a_page_of_a_search: json!({ "contacts": [found(), found()], "total": 2, "traceId": "t_1" }), |c| {
        Box::pin(async { c.contacts().search(SearchContacts::new()).page().await.map(drop) })
    };
    a_page_of_the_old_list: json!({ "contacts": [found()], "count": 1, "meta": { "total": 1, "startAfter": 5,
        "startAfterId": "c_ana", "currentPage": 1, "nextPage": null, "prevPage": null } }), |c| {
        #[allow(deprecated, reason = "the old list is tested as long as it is there")]
        Box::pin(async { c.contacts().list(ListContacts::new()).page().await.map(drop) })
    };
    a_page_of_a_businesss_contacts: json!({ "contacts": [found()], "count": 1 }), |c| {
        Box::pin(async { c.contacts().by_business(BusinessContacts::new("b_1")).page().await.map(drop) })
    };
    notes: json!({ "notes": [samples::note()] }), |c| Box::pin(async { c.notes(ana()).list().await.map(drop) });
    a_created_note: json!({ "note": samples::note() }), |c| {
        Box::pin(async { c.notes(ana()).create(&NewNote::new("Called.")).await.map(drop) })
    };
    tasks: json!({ "tasks": [samples::task()] }), |c| Box::pin(async { c.tasks(ana()).list().await.map(drop) });
    a_created_task: json!({ "task": samples::task() }), |c| {
        let new = NewTask::new("Call back", "2026-03-01T12:00:00Z".parse().unwrap());
        Box::pin(async move { c.tasks(ana()).create(&new).await.map(drop) })
    };
    tasks_of_the_location: json!({ "tasks": [{ "_id": "t_1", "id": "t_1", "searchAfter": [1] }], "traceId": "t" }), |c| {
        Box::pin(async { c.location_tasks().search(&SearchTasks::new()).page().await.map(drop) })
    };
    tags: json!({ "tags": ["vip", "loja"], "tagsAdded": ["vip"] }), |c| {
        Box::pin(async { c.tags(ana()).add(["vip"]).await.map(drop) })
    };
    followers: json!({ "followers": ["u_1"], "followersAdded": ["u_1"] }), |c| {
        Box::pin(async { c.followers(ana()).add(["u_1"]).await.map(drop) })
    };
    appointments_of_a_contact: json!({ "events": [samples::contact_event()] }), |c| {
        Box::pin(async { c.contact_appointments(ana()).list().await.map(drop) })
    };
    a_deleted_contact: json!({ "succeded": true }), |c| Box::pin(async { c.contacts().delete(ana()).await });
    a_bulk_change_of_tags: json!({ "succeded": true, "errorCount": 0, "responses": [samples::bulk_tag_result()] }), |c| {
        Box::pin(async {
            let tagged = c.bulk().tags(&[ana().clone()], &TagChange::add(["vip"])).await;
            tagged.map(drop).map_err(|interrupted| interrupted.error)
        })
    };
    a_bulk_change_of_the_business: json!({ "success": true, "ids": ["c_ana"] }), |c| {
        Box::pin(async {
            let grouped = c.bulk().business(&[ana().clone()], None).await;
            grouped.map(drop).map_err(|interrupted| interrupted.error)
        })
    };
    custom_fields: json!({ "customFields": [samples::custom_field_definition()] }), |c| {
        Box::pin(async { c.custom_fields().list().await.map(drop) })
    };
    a_location: json!({ "location": samples::location() }), |c| {
        Box::pin(async { c.locations().get(&"loc_1".into()).await.map(drop) })
    };
    locations: json!({ "locations": [samples::location()] }), |c| {
        Box::pin(async { c.locations().search(SearchLocations::new()).page().await.map(drop) })
    };
    tags_of_the_location: json!({ "tags": [samples::location_tag()] }), |c| {
        Box::pin(async { c.location_tags().list().await.map(drop) })
    };
    businesses: json!({ "businesses": [samples::business()], "count": 1 }), |c| {
        Box::pin(async { c.businesses().list().page().await.map(drop) })
    };
    a_created_business: json!({ "success": true, "buiseness": samples::business() }), |c| {
        Box::pin(async { c.businesses().create(&NewBusiness::new("Reis Lda")).await.map(drop) })
    };
    an_updated_business: json!({ "success": true, "buiseness": samples::business(), "business": samples::business() }), |c| {
        Box::pin(async { c.businesses().update(&"b_1".into(), &BusinessUpdate::new()).await.map(drop) })
    };
    an_appointment: json!({ "event": samples::appointment() }), |c| {
        Box::pin(async { c.appointments().get(&"a_1".into()).await.map(drop) })
    };
    a_created_appointment: samples::appointment(), |c| {
        let new = NewAppointment::new("cal_1", "c_ana", "2026-03-01T10:00:00Z".parse().unwrap());
        Box::pin(async move { c.appointments().create(&new).await.map(drop) })
    };
    appointments: json!({ "events": [samples::appointment()] }), |c| {
        Box::pin(async {
            let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-03-02T00:00:00Z".parse().unwrap());
            c.appointments().list(AppointmentsOf::User("u_1".into()), from, to).await.map(drop)
        })
    };
    notes_of_an_appointment: json!({ "notes": [samples::appointment_note()], "hasMore": false }), |c| {
        Box::pin(async { c.appointment_notes(&"a_1".into()).list().page().await.map(drop) })
    };
    a_created_note_of_an_appointment: json!({ "note": samples::appointment_note() }), |c| {
        Box::pin(async {
            c.appointment_notes(&"a_1".into()).create(&NewAppointmentNote::new("Came late.")).await.map(drop)
        })
    };
    users: json!({ "users": [samples::user()], "count": 1 }), |c| {
        Box::pin(async { c.users().search(SearchUsers::new("comp_1")).page().await.map(drop) })
    };
}
