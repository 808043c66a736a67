//! Whatever comes, nothing breaks.

use ghl_contacts::webhooks::{Event, Verifier, Webhook};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::signer::headers;

const KINDS: [&str; 17] = [
    "ContactCreate",
    "ContactUpdate",
    "ContactDelete",
    "ContactTagUpdate",
    "ContactDndUpdate",
    "NoteCreate",
    "NoteUpdate",
    "NoteDelete",
    "TaskCreate",
    "TaskComplete",
    "TaskDelete",
    "AppointmentCreate",
    "AppointmentUpdate",
    "AppointmentDelete",
    "INSTALL",
    "UNINSTALL",
    "Unheard",
];
const NAMES: [&str; 24] = [
    "id",
    "_id",
    "contactId",
    "locationId",
    "companyId",
    "webhookId",
    "timestamp",
    "appId",
    "firstName",
    "email",
    "phone",
    "tags",
    "customFields",
    "dnd",
    "dndSettings",
    "dateOfBirth",
    "dateAdded",
    "dueDate",
    "completed",
    "body",
    "appointment",
    "users",
    "trial",
    "installType",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("2026-03-01T10:00:00Z")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            fields(inner).prop_map(Value::Object),
        ]
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![4 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => ".{0,6}"];
    prop::collection::vec((name, value), 0..8).prop_map(|fields| fields.into_iter().collect())
}

proptest! {
    // What fails is written down here by hand, if it is worth keeping.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_read(kind in prop::sample::select(&KINDS[..]), fields in fields(value())) {
        let mut body = fields;
        body.insert("type".to_owned(), json!(kind));
        let text = Value::Object(body.clone()).to_string();
        let webhook = Webhook::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(webhook.kind(), kind);
        prop_assert_eq!(webhook.raw(), &text);
        let _ = (webhook.contact_id(), webhook.delivery());
        let has_id = matches!(body.get("id"), Some(Value::String(_) | Value::Number(_)));
        let known = !matches!(webhook.event, Event::Unknown { .. });
        if kind.starts_with("Contact") && has_id || kind.ends_with("INSTALL") {
            prop_assert!(known, "one odd field cost the event: {}", text);
        }
        prop_assert_eq!(Webhook::parse(webhook.raw().as_bytes()).unwrap(), webhook);
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..64), text in "\\PC{0,64}") {
        let _ = Webhook::parse(&body);
        let _ = Webhook::parse(text.as_bytes());
    }

    #[test]
    fn no_made_up_signature_is_accepted(signature in "[A-Za-z0-9+/=]{0,100}", body in ".{0,64}") {
        let signed = headers(&[("x-ghl-signature", &signature), ("x-wh-signature", &signature)]);
        for verifier in [Verifier::new(), Verifier::new().accept_rsa()] {
            prop_assert!(verifier.read(&signed, body.as_bytes()).is_err());
        }
    }
}
