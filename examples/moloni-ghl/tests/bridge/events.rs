//! What becomes of documents and of customers' texts, read from the sandboxes' state.

use moloni_ghl::rules::{CollectTask, DeliveryAppointment, Event, EventType, Events, Happened, Portuguese};
use serde_json::{Value, json};
use sync_core::engine::{FactKey, RecordId, RecordRef, ReviewKind};
use sync_core::jiff::SignedDuration;
use sync_core::queue::Priority;
use sync_core::sandbox_kit::{Edit, Fault, FaultKind};

use super::scene::{
    BILL_OF_LADING, CREDIT_NOTE, Cost, ESTIMATE, INVOICE, Scene, connect, everything, full_scene, scene,
};
use super::{records, store};

#[tokio::test]
async fn everything_is_told_once_and_never_again() {
    let scene = full_scene().await;
    let texts = json!({ "notes": "Liga de manhã.", "field_notes": "Portão azul" });
    let customer = scene.customer.to_string();
    let edit = Edit::Update { collection: "customers".into(), id: customer.clone(), fields: texts };
    scene.pair.moloni.human(edit).unwrap();
    let invoice = scene.invoice();
    let receipt = scene.receipt(invoice, "230.00");
    let issued: Vec<_> = [20, 27, 4, CREDIT_NOTE]
        .map(|kind| scene.enter(kind, &json!({ "net_value": "12.30", "expiration_date": scene.day(10) })))
        .into();
    let estimate = scene.enter(ESTIMATE, &json!({ "net_value": "500.00", "expiration_date": scene.day(20) }));
    let draft = scene.enter(INVOICE, &json!({ "status": 0, "net_value": "77.00" }));
    let delivery = json!({
        "delivery_datetime": format!("{} 09:00:00", scene.day(3)), "delivery_destination_address": "Rua do Cais 4",
        "delivery_destination_city": "Faro", "delivery_destination_zip_code": "8000-100",
    });
    let bill = scene.enter(BILL_OF_LADING, &delivery);
    let run = scene.run().await;

    let (reference, paid) = (scene.reference(invoice), scene.reference(receipt));
    let note = Scene::text(&scene.told(&EventType::InvoiceIssued, invoice));
    assert!(note.starts_with(&format!("Invoice {reference} issued on ")), "{note}");
    assert!(note.contains(": 1,230.00 EUR, due on "), "{note}");
    for document in &issued {
        let (note, reference) =
            (scene.told(&EventType::InvoiceIssued, *document), scene.reference(*document));
        assert!(Scene::text(&note).contains(&format!("{reference} issued on ")), "{note}");
    }
    let task = scene.told(&EventType::InvoiceUnpaid, invoice);
    assert_eq!(task["title"], format!("Collect {reference}: 1,000.00 EUR"));
    assert_eq!(task["completed"], false);
    assert!(task["dueDate"].as_str().unwrap().starts_with(&scene.day(10)), "{task}");
    let payment = Scene::text(&scene.told(&EventType::PaymentReceived, receipt));
    assert!(payment.starts_with("Payment of 230.00 EUR received on "), "{payment}");
    assert!(payment.ends_with(&format!(" for {reference} ({paid}).")), "{payment}");
    let task = scene.told(&EventType::EstimateFollowUp, estimate);
    assert!(task["dueDate"].as_str().unwrap().starts_with(&scene.day(20)), "{task}");
    assert_eq!(scene.told(&EventType::DraftPending, draft)["completed"], false);
    let appointment = scene.told(&EventType::DeliveryScheduled, bill);
    assert_eq!(appointment["title"], format!("Delivery {}", scene.reference(bill)));
    assert_eq!(appointment["address"], "Rua do Cais 4, 8000-100 Faro");
    assert!(appointment["startTime"].as_str().unwrap().starts_with(&scene.day(3)), "{appointment}");
    let company = scene.pair.moloni.credentials().company_id;
    for (event, text) in
        [(EventType::CustomerNotes, "Liga de manhã."), (EventType::CustomerFieldNotes, "Portão azul")]
    {
        let all = scene.all(event.id_of_customer(company, &RecordId::new(&customer)).as_str());
        assert!(all.len() == 1 && Scene::text(&all[0]).ends_with(text), "{all:?}");
    }

    // The run lists what it has told, and of whom.
    let contact = records(&scene.pair, "contacts")[0]["id"].as_str().unwrap().to_owned();
    let events = scene.bridge.events(Some(&run.report.run)).await.unwrap();
    assert_eq!(events, scene.bridge.events(None).await.unwrap());
    let (notes, tasks) = (records(&scene.pair, "notes").len(), records(&scene.pair, "tasks").len());
    assert_eq!((notes, tasks, events.len()), (8, 4, 13), "{events:?}");
    let told = |event: &Event| (event.event_id.to_string(), event.contact_id.as_ref().unwrap().to_string());
    assert!(events.iter().all(|event| told(event).1 == contact && event.what == Happened::Created));
    let json = serde_json::to_value(&events).unwrap();
    let of_invoice = scene.id(&EventType::InvoiceIssued, invoice);
    let row = json.as_array().unwrap().iter().find(|row| row["eventId"] == of_invoice.as_str()).unwrap();
    assert_eq!((&row["eventType"], &row["contactId"]), (&json!("invoice.issued"), &json!(contact)));
    assert_eq!(row["what"], "created");
    assert_eq!(serde_json::from_value::<Vec<Event>>(json.clone()).unwrap(), events);

    // Replayed: planned anew, hinted one by one, and by a process that has forgotten everything.
    assert_eq!(scene.run().await.writes.ghl, 0);
    let engine = scene.bridge.engine();
    let all = scene.pair.moloni.state();
    for row in all["documents"].as_array().unwrap() {
        let at = RecordRef::top(RecordId::new(&row["document_id"]));
        engine.hint_fact(&FactKey::new("documents", at), Priority::Event).await.unwrap();
    }
    engine
        .hint_fact(&FactKey::new("customers", RecordRef::top(RecordId::new(&customer))), Priority::Event)
        .await
        .unwrap();
    engine.sweep_facts("documents").await.unwrap();
    let before = scene.writes();
    let runs = engine.drain().await.unwrap();
    assert!(runs >= 10, "{runs}");
    assert_eq!(scene.writes(), before);
    // Once searches show the contact.
    scene.pair.ghl.advance(std::time::Duration::from_mins(1));
    let calendar = scene.pair.ghl.credentials().calendar_id.clone();
    let (events, store) = (everything().deliveries(calendar, SignedDuration::from_mins(45)), store());
    let forgetful = Scene { bridge: connect(&scene.pair, &store, events).await, store, ..scene };
    let run = forgetful.run().await;
    let derived = |name: &str| run.report.collections.get(name).map_or((0, 0), |c| (c.created, c.updated));
    for collection in ["notes", "tasks", "appointments"] {
        assert_eq!(derived(collection), (0, 0), "{collection}: {run}");
    }
    let told = forgetful.bridge.events(None).await.unwrap();
    assert!(told.len() == 13 && told.iter().all(|event| event.what == Happened::Found), "{told:?}");
}

#[tokio::test]
async fn a_task_follows_what_is_paid_and_opens_again_if_the_receipt_is_annulled() {
    let scene = scene(Events::default()).await;
    let invoice = scene.invoice();
    scene.run().await;
    let reference = scene.reference(invoice);
    let state = || {
        let task = scene.told(&EventType::InvoiceUnpaid, invoice);
        (task["title"].as_str().unwrap().to_owned(), task["completed"].as_bool().unwrap())
    };
    assert_eq!(state(), (format!("Collect {reference}: 1,230.00 EUR"), false));

    scene.receipt(invoice, "1000.00");
    scene.run().await;
    assert_eq!(state(), (format!("Collect {reference}: 230.00 EUR"), false));
    let body = Scene::text(&scene.told(&EventType::InvoiceUnpaid, invoice));
    assert!(body.starts_with("Total 1,230.00 EUR, open 230.00 EUR."), "{body}");

    let last = scene.receipt(invoice, "230.00");
    scene.run().await;
    assert_eq!(state(), (format!("{reference} is paid"), true));

    scene.annul(last);
    let run = scene.run().await;
    assert_eq!(state(), (format!("Collect {reference}: 230.00 EUR"), false));
    let note = Scene::text(&scene.told(&EventType::PaymentReceived, last));
    assert!(note.contains("Payment of 230.00 EUR") && note.contains("\nReceipt annulled on "), "{note}");
    let events = scene.bridge.events(Some(&run.report.run)).await.unwrap();
    let told: Vec<_> = events.iter().map(|e| (e.event_type.name(), e.what, e.contact_id.is_some())).collect();
    assert!(told.contains(&("invoice.unpaid", Happened::Updated, true)), "{told:?}");
    assert!(told.contains(&("payment.received", Happened::Updated, true)), "{told:?}");
    assert_eq!(scene.run().await.writes.ghl, 0);
}

#[tokio::test]
async fn an_annulled_invoice_completes_its_task_and_is_told_to_be_annulled() {
    let scene = scene(Events::default()).await;
    let (invoice, taken_back) = (scene.invoice(), scene.invoice());
    scene.run().await;
    let reference = scene.reference(invoice);
    scene.annul(invoice);
    scene.edit(taken_back, json!({ "status": 0 }));
    scene.run().await;
    let task = scene.told(&EventType::InvoiceUnpaid, invoice);
    assert_eq!(task["title"], format!("Nothing to collect: {reference} was annulled"));
    assert_eq!(task["completed"], true);
    let note = Scene::text(&scene.told(&EventType::InvoiceIssued, invoice));
    assert!(note.starts_with(&format!("Invoice {reference} issued")), "what was said stays: {note}");
    assert!(note.contains("\nAnnulled on "), "{note}");
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, taken_back)["completed"], true);
    let note = Scene::text(&scene.told(&EventType::InvoiceIssued, taken_back));
    assert!(note.starts_with("Invoice of 1,230.00 EUR: taken back to a draft on "), "{note}");

    // Issued again, it is told again, in the same note.
    scene.edit(taken_back, json!({ "status": 1 }));
    scene.run().await;
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, taken_back)["completed"], false);
    assert!(Scene::text(&scene.told(&EventType::InvoiceIssued, taken_back)).contains(" issued on "));

    // One that was annulled before anybody looked is told to nobody.
    let void = scene.invoice();
    scene.annul(void);
    assert_eq!(scene.run().await.writes.ghl, 0);
}

#[tokio::test]
async fn a_task_that_a_person_completed_stays_so_until_its_invoice_is_open_anew() {
    let scene = scene(Events::default()).await;
    let invoice = scene.invoice();
    scene.run().await;
    let task = || scene.told(&EventType::InvoiceUnpaid, invoice);
    scene.human("tasks", &task(), json!({ "completed": true }));
    assert_eq!(scene.run().await.writes.ghl, 0);
    // Looked at live, without a change of the invoice.
    let at = RecordRef::top(RecordId::new(invoice));
    let engine = scene.bridge.engine();
    engine.hint_fact(&FactKey::new("documents", at), Priority::Event).await.unwrap();
    engine.drain().await.unwrap();
    assert_eq!(task()["completed"], true);

    // A part is paid: that is told, and what the person did stays.
    scene.receipt(invoice, "1000.00");
    scene.run().await;
    assert!(task()["title"].as_str().unwrap().ends_with(": 230.00 EUR"), "{}", task());
    assert_eq!(task()["completed"], true);

    let last = scene.receipt(invoice, "230.00");
    scene.run().await;
    assert_eq!(task()["completed"], true);
    scene.annul(last);
    scene.run().await;
    assert_eq!(task()["completed"], false, "it was paid, and is open anew");
}

#[tokio::test]
async fn what_a_person_made_of_a_note_or_task_stays() {
    let scene = scene(Events::default()).await;
    let (edited, deleted) = (scene.invoice(), scene.invoice());
    scene.run().await;
    let note = scene.told(&EventType::InvoiceIssued, edited);
    let theirs = note["body"].as_str().unwrap().replace("Invoice", "URGENT: invoice");
    scene.human("notes", &note, json!({ "body": theirs }));
    let task = scene.told(&EventType::InvoiceUnpaid, edited);
    scene.human("tasks", &task, json!({ "dueDate": "2027-01-01T09:00:00Z" }));
    let id = scene.told(&EventType::InvoiceUnpaid, deleted)["id"].as_str().unwrap().to_owned();
    scene.pair.ghl.human(Edit::Delete { collection: "tasks".into(), id }).unwrap();
    assert_eq!(scene.run().await.writes.ghl, 0);

    scene.annul(edited);
    scene.receipt(deleted, "1000.00");
    scene.run().await;
    assert_eq!(scene.told(&EventType::InvoiceIssued, edited)["body"], theirs.as_str());
    let task = scene.told(&EventType::InvoiceUnpaid, edited);
    assert_eq!(task["completed"], true, "what only the invoice changed is written");
    assert!(task["dueDate"].as_str().unwrap().starts_with("2027-01-01"), "what they moved stays: {task}");
    assert!(!scene.is_told(&EventType::InvoiceUnpaid, deleted), "what they deleted is not made again");
}

#[tokio::test]
async fn a_delivery_is_entered_moved_and_called_off() {
    let mut scene = scene(Events::none()).await;
    let calendar = scene.pair.ghl.credentials().calendar_id.clone();
    let rule = DeliveryAppointment::new(calendar, SignedDuration::from_mins(45)).types(["GT", "FT"]);
    scene.with(Events::none().with(rule)).await;
    let at = |day: i64, time: &str| json!({ "delivery_datetime": format!("{} {time}", scene.day(day)) });
    let (bill, same_time) =
        (scene.enter(BILL_OF_LADING, &at(3, "09:00:00")), scene.enter(INVOICE, &at(3, "09:00:00")));
    let (over, none) = (scene.enter(BILL_OF_LADING, &at(-3, "09:00:00")), scene.invoice());
    let draft = {
        let mut fields = at(4, "09:00:00");
        fields["status"] = json!(0);
        scene.enter(BILL_OF_LADING, &fields)
    };
    scene.run().await;
    let appointment = |document| scene.told(&EventType::DeliveryScheduled, document);
    let times = |document| {
        let time = |name: &str| appointment(document)[name].as_str().unwrap()[..19].to_owned();
        (time("startTime"), time("endTime"))
    };
    let (start, end) = times(bill);
    assert!(start.starts_with(&scene.day(3)) && end > start, "{start} {end}");
    assert_eq!(appointment(bill)["appointmentStatus"], "confirmed");
    assert_eq!(times(same_time), times(bill), "goods for two at the same time");
    for document in [over, none, draft] {
        assert!(!scene.is_told(&EventType::DeliveryScheduled, document));
    }

    scene.edit(bill, json!({ "status": 0 }));
    scene.run().await;
    assert_eq!(appointment(bill)["appointmentStatus"], "cancelled", "taken back");
    let mut moved = at(5, "14:00:00");
    moved["status"] = json!(1);
    scene.edit(bill, moved);
    scene.run().await;
    assert!(times(bill).0.starts_with(&scene.day(5)), "{:?}", times(bill));
    assert_eq!(appointment(bill)["appointmentStatus"], "confirmed");
    let id = appointment(bill)["id"].clone();

    scene.annul(bill);
    scene.edit(draft, json!({ "status": 1 }));
    scene.run().await;
    assert_eq!(appointment(bill)["appointmentStatus"], "cancelled");
    assert_eq!(appointment(bill)["id"], id, "it is the same appointment all the time");
    assert_eq!(appointment(draft)["appointmentStatus"], "confirmed", "issued meanwhile");
    assert_eq!(scene.run().await.writes.ghl, 0);
}

#[tokio::test]
async fn an_estimate_is_followed_up_until_something_follows_from_it() {
    let scene = scene(Events::default()).await;
    let estimate = |days: i64| {
        let day = scene.day(days);
        scene.enter(
            ESTIMATE,
            &json!({ "net_value": "500.00", "date": scene.day(-60), "expiration_date": day }),
        )
    };
    let (open, accepted, annulled, expired) = (estimate(20), estimate(20), estimate(20), estimate(-20));
    scene.run().await;
    let completed = |document| scene.told(&EventType::EstimateFollowUp, document)["completed"].clone();
    assert!([open, accepted, annulled].into_iter().all(|document| completed(document) == false));
    assert!(!scene.is_told(&EventType::EstimateFollowUp, expired), "nobody asks for what is long over");

    let from = json!([{ "associated_id": accepted, "value": "0.00" }]);
    scene.enter(INVOICE, &json!({ "net_value": "500.00", "associated_documents": from }));
    scene.annul(annulled);
    scene.run().await;
    assert_eq!([open, accepted, annulled].map(completed), [json!(false), json!(true), json!(true)]);
    let body = Scene::text(&scene.told(&EventType::EstimateFollowUp, accepted));
    assert!(body.ends_with("Another document follows from it."), "{body}");
}

#[tokio::test]
async fn a_text_of_a_customer_is_one_note_that_is_edited_and_marked_when_it_is_cleared() {
    let scene = scene(Events::default()).await;
    let customer = scene.customer.to_string();
    let enter = |notes: &str, field_notes: &str| {
        let fields = json!({ "notes": notes, "field_notes": field_notes });
        let edit = Edit::Update { collection: "customers".into(), id: customer.clone(), fields };
        scene.pair.moloni.human(edit).unwrap();
    };
    let notes = || {
        let mut texts: Vec<_> = records(&scene.pair, "notes").iter().map(Scene::text).collect();
        texts.sort();
        texts
    };
    scene.run().await;
    assert!(notes().is_empty());
    enter("Liga de manhã.", "Portão azul");
    scene.run().await;
    assert_eq!(notes(), ["Notes for documents in Moloni:\nPortão azul", "Notes in Moloni:\nLiga de manhã."]);
    enter("Liga à tarde.", "Portão azul");
    scene.run().await;
    assert_eq!(notes(), ["Notes for documents in Moloni:\nPortão azul", "Notes in Moloni:\nLiga à tarde."]);
    enter("", "Portão azul");
    scene.run().await;
    assert_eq!(notes(), ["Notes for documents in Moloni:\nPortão azul", "Notes in Moloni: (cleared)"]);
    enter("Mudou-se.", "Portão azul");
    scene.run().await;
    assert_eq!(notes(), ["Notes for documents in Moloni:\nPortão azul", "Notes in Moloni:\nMudou-se."]);
}

#[tokio::test]
async fn a_draft_that_lies_there_is_told_on_request_and_is_done_when_it_is_issued() {
    let mut scene = scene(Events::default()).await;
    let draft = scene.enter(INVOICE, &json!({ "status": 0, "net_value": "77.00" }));
    scene.run().await;
    assert!(records(&scene.pair, "tasks").is_empty(), "not unless somebody asks for it");
    scene.with(everything()).await;
    scene.run().await;
    assert_eq!(scene.told(&EventType::DraftPending, draft)["title"], "Draft pending: Invoice, 77.00 EUR");
    scene.edit(draft, json!({ "status": 1 }));
    scene.run().await;
    assert_eq!(scene.told(&EventType::DraftPending, draft)["completed"], true);
    assert!(scene.is_told(&EventType::InvoiceUnpaid, draft));
}

#[tokio::test]
async fn a_document_of_the_final_consumer_is_told_only_of_who_can_be_reached() {
    let scene = scene(Events::default()).await;
    let add = |fields: Value| scene.pair.moloni.add_customer(fields).unwrap();
    let nobody = add(json!({ "name": "Consumidor Final", "vat": "999999990" }));
    let known = add(json!({ "name": "Rui Reis", "vat": "999999990", "email": "rui@example.pt" }));
    let of = |customer| scene.enter(20, &json!({ "customer_id": customer, "net_value": "12.30" }));
    let (unknown, told) = (of(nobody), of(known));
    scene.run().await;
    assert!(scene.is_told(&EventType::InvoiceIssued, told));
    assert!(!scene.is_told(&EventType::InvoiceIssued, unknown));
    assert_eq!(records(&scene.pair, "notes").len(), 1);
    let inbox = scene.bridge.engine().inbox(None, None, 10).await.unwrap();
    assert!(
        inbox.iter().all(|review| review.kind == ReviewKind::Match),
        "a person is asked who it is: {inbox:?}"
    );
    assert_eq!(inbox.len(), 1);
}

#[tokio::test]
async fn an_event_of_an_invoice_costs_at_most_four_reads_and_four_writes() {
    let scene = scene(Events::default()).await;
    scene.run().await;
    let nothing = scene.cost("nothing").await;
    assert_eq!(nothing, (Cost::default(), Cost::default()));
    let invoice = scene.invoice();
    let issued = scene.cost("an invoice is issued").await;
    assert!(scene.is_told(&EventType::InvoiceUnpaid, invoice));
    assert!(scene.is_told(&EventType::InvoiceIssued, invoice));

    let receipt = scene.receipt(invoice, "1000.00");
    let part = scene.later_cost("a part of it is paid").await;
    assert!(scene.is_told(&EventType::PaymentReceived, receipt));
    let last = scene.receipt(invoice, "230.00");
    let rest = scene.later_cost("the rest is paid").await;
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, invoice)["completed"], true);
    scene.annul(last);
    let open_again = scene.later_cost("the last receipt is annulled").await;
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, invoice)["completed"], false);
    let void = scene.invoice();
    let another = scene.cost("another one is issued").await;
    scene.annul(void);
    let annulled = scene.later_cost("and annulled").await;
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, void)["completed"], true);
    for (own, contact) in [issued, part, rest, open_again, another, annulled] {
        assert!(own.reads + contact.reads <= 4, "{own:?} {contact:?}");
        assert!((1..=4).contains(&(own.writes + contact.writes)), "{own:?} {contact:?}");
    }
    // Where nothing changes in the contact it is not looked at.
    assert_eq!((part.1, rest.1), (Cost::default(), Cost::default()));
    assert_eq!(scene.cost("nothing").await, (Cost::default(), Cost::default()));
}

#[tokio::test]
async fn another_language_is_written_once_to_what_nobody_has_edited() {
    let mut scene = scene(Events::default()).await;
    let (invoice, edited) = (scene.invoice(), scene.invoice());
    scene.run().await;
    let note = scene.told(&EventType::InvoiceIssued, edited);
    let theirs = note["body"].as_str().unwrap().replace("Invoice", "URGENT: invoice");
    scene.human("notes", &note, json!({ "body": theirs }));

    scene.with(Events::standard(Portuguese)).await;
    scene.run().await;
    let reference = scene.reference(invoice);
    let note = Scene::text(&scene.told(&EventType::InvoiceIssued, invoice));
    assert!(note.starts_with(&format!("Fatura {reference} emitida em ")), "{note}");
    assert!(note.contains(": 1 230,00 EUR, a pagar até "), "{note}");
    let task = scene.told(&EventType::InvoiceUnpaid, invoice);
    assert_eq!(task["title"], format!("Cobrar {reference}: 1 230,00 EUR"));
    assert_eq!(scene.told(&EventType::InvoiceIssued, edited)["body"], theirs.as_str());
    assert_eq!(scene.run().await.writes.ghl, 0);
}

#[tokio::test]
async fn a_rule_that_is_switched_off_tells_nothing_and_leaves_what_it_has_told() {
    let mut scene = scene(Events::default().without(EventType::InvoiceUnpaid)).await;
    let first = scene.invoice();
    scene.run().await;
    assert!(scene.is_told(&EventType::InvoiceIssued, first));
    assert!(records(&scene.pair, "tasks").is_empty());

    scene.with(Events::default().with(CollectTask::new())).await;
    scene.run().await;
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, first)["completed"], false);
    scene.with(Events::none()).await;
    let second = scene.invoice();
    scene.run().await;
    assert!(!scene.is_told(&EventType::InvoiceIssued, second), "no rule, no event");
    assert_eq!(scene.told(&EventType::InvoiceUnpaid, first)["completed"], false, "it stays as it is");

    // On again: what is there is found by its mark.
    scene.with(Events::default()).await;
    scene.run().await;
    assert!(
        scene.is_told(&EventType::InvoiceIssued, first) && scene.is_told(&EventType::InvoiceIssued, second)
    );
    assert_eq!(records(&scene.pair, "tasks").len(), 2);
}

#[tokio::test]
async fn an_event_whose_answer_was_lost_is_listed_as_found() {
    let scene = scene(Events::default()).await;
    let invoice = scene.invoice();
    scene.pair.ghl.fault(Fault::new(FaultKind::LoseReply).on("notes.create").times(1));
    let run = scene.run().await;
    let events = scene.bridge.events(Some(&run.report.run)).await.unwrap();
    let issued: Vec<_> = events.iter().filter(|e| e.event_type == EventType::InvoiceIssued).collect();
    assert_eq!(issued.len(), 1, "{events:?}");
    let note = scene.told(&EventType::InvoiceIssued, invoice);
    assert_eq!(issued[0].what, Happened::Found);
    assert_eq!(issued[0].record_id, Some(RecordId::new(note["id"].as_str().unwrap())));
}

#[tokio::test]
async fn an_invoice_that_is_overdue_says_for_how_long() {
    let scene = scene(Events::default()).await;
    let due = |days: i64| {
        let fields =
            json!({ "net_value": "10.00", "date": scene.day(-90), "expiration_date": scene.day(days) });
        scene.enter(INVOICE, &fields)
    };
    let (today, week) = (due(0), due(-9));
    scene.run().await;
    let body = |document| Scene::text(&scene.told(&EventType::InvoiceUnpaid, document));
    assert!(!body(today).contains("overdue"), "{}", body(today));
    assert!(body(week).contains("; 7 days overdue on "), "{}", body(week));
}
