use serde_json::{Value, json};
use sync_core::engine::{Derived, Life, RecordId, RecordRef, Snapshot, Wanted};
use sync_core::jiff::SignedDuration;
use sync_core::jiff::civil::{Date, date};

use super::*;

const TODAY: Date = date(2026, 10, 10);

/// An issued invoice of 1,234.50, and what is otherwise.
fn document(otherwise: &Value) -> Snapshot {
    let mut row = json!({
        "document_id": 42, "company_id": 5, "document_type_id": 1, "document_set_id": 3, "customer_id": 7,
        "document_set_name": "2026", "number": 41, "date": "2026-10-01T00:00:00+0100", "status": 1,
        "expiration_date": "2026-10-31T00:00:00+0000", "lastmodified": "2026-11-02T00:30:00+0000",
        "net_value": 1234.5, "document_type": { "document_type_id": 1, "saft_code": "FT" },
    });
    for (name, value) in otherwise.as_object().unwrap() {
        row[name] = value.clone();
    }
    Snapshot::new(RecordRef::top(RecordId::new(42)), row.as_object().cloned().unwrap())
}

fn of_type(id: u64, code: &str, otherwise: &Value) -> Snapshot {
    let mut all = json!({
        "document_type_id": id, "document_type": { "document_type_id": id, "saft_code": code },
        "expiration_date": null,
    });
    for (name, value) in otherwise.as_object().unwrap() {
        all[name] = value.clone();
    }
    document(&all)
}

fn derived(events: &Events, fact: &Snapshot, today: Date) -> Derived {
    events.of_documents().derive(fact, today)
}

/// What a set makes of a document by one of its types.
fn told(events: &Events, event_type: &EventType, fact: &Snapshot, today: Date) -> Option<Wanted> {
    let all = derived(events, fact, today).wanted;
    all.into_iter().find(|wanted| EventType::of(&wanted.key) == *event_type)
}

/// The life of what English rules make of a document, and the same field in both languages.
fn both(event_type: &EventType, field: &str, fact: &Snapshot, today: Date) -> (Life, [String; 2]) {
    let all = |events: Events| {
        events
            .with(DraftTask::after(7))
            .with(DeliveryAppointment::new("cal_1", SignedDuration::from_mins(45)))
    };
    let [english, portuguese] = [all(Events::standard(English)), all(Events::standard(Portuguese))]
        .map(|events| told(&events, event_type, fact, today).unwrap());
    assert_eq!((english.life, &english.key), (portuguese.life, &portuguese.key), "the words decide nothing");
    let text = |wanted: &Wanted| wanted.fields[field].as_str().unwrap().to_owned();
    (english.life, [text(&english), text(&portuguese)])
}

#[track_caller]
fn says(event_type: &EventType, field: &str, fact: &Snapshot, today: Date, life: Life, texts: [&str; 2]) {
    let found = both(event_type, field, fact, today);
    assert_eq!(found, (life, texts.map(str::to_owned)));
}

#[test]
fn an_invoice_is_told_by_its_name_with_its_total_and_its_day() {
    let issued = EventType::InvoiceIssued;
    let texts = [
        "Invoice FT 2026/41 issued on 1 October 2026: 1,234.50 EUR, due on 31 October 2026.",
        "Fatura FT 2026/41 emitida em 1 de outubro de 2026: 1 234,50 EUR, a pagar até 31 de outubro de 2026.",
    ];
    says(&issued, "body", &document(&json!({})), TODAY, Life::Open, texts);
    for (id, code, names) in [
        (27, "FR", ["Invoice-receipt", "Fatura-recibo"]),
        (20, "FS", ["Simplified invoice", "Fatura simplificada"]),
        (3, "NC", ["Credit note", "Nota de crédito"]),
        (4, "ND", ["Debit note", "Nota de débito"]),
    ] {
        let texts = [
            format!("{} {code} 2026/41 issued on 1 October 2026: 1,234.50 EUR.", names[0]),
            format!("{} {code} 2026/41 emitida em 1 de outubro de 2026: 1 234,50 EUR.", names[1]),
        ];
        let texts = [texts[0].as_str(), texts[1].as_str()];
        says(&issued, "body", &of_type(id, code, &json!({})), TODAY, Life::Open, texts);
    }
    for (id, code) in [(2, "RE"), (14, "OR"), (15, "GT"), (28, "NE")] {
        let none = told(&Events::default(), &issued, &of_type(id, code, &json!({})), TODAY);
        assert_eq!(none, None, "{code} is no invoice");
    }
}

#[test]
fn an_invoice_that_is_annulled_or_taken_back_is_told_to_be() {
    let issued = EventType::InvoiceIssued;
    let texts = [
        "Invoice FT 2026/41 issued on 1 October 2026: 1,234.50 EUR, due on 31 October 2026.\n\
         Annulled on 2 November 2026.",
        "Fatura FT 2026/41 emitida em 1 de outubro de 2026: 1 234,50 EUR, a pagar até 31 de outubro de 2026.\n\
         Anulada em 2 de novembro de 2026.",
    ];
    says(&issued, "body", &document(&json!({ "status": 2 })), TODAY, Life::Void, texts);
    let texts = [
        "Invoice of 1,234.50 EUR: taken back to a draft on 2 November 2026.",
        "Fatura de 1 234,50 EUR: voltou a rascunho em 2 de novembro de 2026.",
    ];
    says(&issued, "body", &document(&json!({ "status": 0, "number": -1 })), TODAY, Life::Void, texts);
}

#[test]
fn what_is_open_is_collected_until_it_is_paid_annulled_or_taken_back() {
    let collect = EventType::InvoiceUnpaid;
    let table = [
        (json!({}), Life::Open, ["Collect FT 2026/41: 1,234.50 EUR", "Cobrar FT 2026/41: 1 234,50 EUR"]),
        (
            json!({ "reconciled_value": 1000 }),
            Life::Open,
            ["Collect FT 2026/41: 234.50 EUR", "Cobrar FT 2026/41: 234,50 EUR"],
        ),
        (json!({ "reconciled_value": 1234.496 }), Life::Done, ["FT 2026/41 is paid", "FT 2026/41 está paga"]),
        (
            json!({ "status": 2 }),
            Life::Void,
            ["Nothing to collect: FT 2026/41 was annulled", "Nada a cobrar: FT 2026/41 foi anulada"],
        ),
        (
            json!({ "status": 0, "number": -1 }),
            Life::Void,
            ["Nothing to collect: FT 2026 (draft)", "Nada a cobrar: FT 2026 (rascunho)"],
        ),
    ];
    for (otherwise, life, titles) in table {
        let fact = document(&otherwise);
        says(&collect, "title", &fact, TODAY, life, titles);
        let task = told(&Events::default(), &collect, &fact, TODAY).unwrap();
        assert_eq!(task.fields["completed"], life != Life::Open, "{otherwise}");
        assert_eq!(task.fields["dueDate"], "2026-10-31T12:00:00Z");
        assert_eq!((task.into.as_str(), task.key.as_str()), (TASKS, "moloni:5:doc:42:collect"));
    }
    let texts = [
        "Total 1,234.50 EUR, open 1,234.50 EUR.\nDue on 31 October 2026.",
        "Total: 1 234,50 EUR. Por pagar: 1 234,50 EUR.\nData de vencimento: 31 de outubro de 2026.",
    ];
    says(&collect, "body", &document(&json!({})), TODAY, Life::Open, texts);
    for (id, code) in [(27, "FR"), (20, "FS"), (3, "NC"), (2, "RE")] {
        let none = told(&Events::default(), &collect, &of_type(id, code, &json!({})), TODAY);
        assert_eq!(none, None, "{code}");
    }
    let undated = told(&Events::default(), &collect, &of_type(4, "ND", &json!({})), TODAY).unwrap();
    assert_eq!(undated.fields["dueDate"], "2026-10-01T12:00:00Z", "without a day it is due at once");
}

#[test]
fn how_long_it_is_overdue_is_told_on_some_days_and_asked_for_on_the_next() {
    let collect = EventType::InvoiceUnpaid;
    let (fact, events) = (document(&json!({})), Events::default());
    let body = |today| told(&events, &collect, &fact, today).unwrap().fields["body"].clone();
    let recheck = |today| derived(&events, &fact, today).recheck_at.map(|at| at.to_string());
    let texts = [
        "Total 1,234.50 EUR, open 1,234.50 EUR.\nDue on 31 October 2026; 1 day overdue on 1 November 2026.",
        "Total: 1 234,50 EUR. Por pagar: 1 234,50 EUR.\nVenceu em 31 de outubro de 2026; em 1 de novembro de 2026 \
         estava 1 dia em atraso.",
    ];
    says(&collect, "body", &fact, date(2026, 11, 1), Life::Open, texts);
    assert_eq!(body(date(2026, 11, 6)), body(date(2026, 11, 1)), "nothing is told in between");
    let week = body(date(2026, 11, 7));
    assert!(week.as_str().unwrap().ends_with("7 days overdue on 7 November 2026."), "{week}");
    assert!(body(date(2027, 12, 31)).as_str().unwrap().contains("90 days overdue"));
    for (today, next) in [
        (date(2026, 10, 31), Some("2026-11-01T00:00:00Z")),
        (date(2026, 11, 1), Some("2026-11-07T00:00:00Z")),
        (date(2026, 12, 30), Some("2027-01-29T00:00:00Z")),
        (date(2027, 1, 29), None),
    ] {
        assert_eq!(recheck(today).as_deref(), next, "{today}");
    }
    let paid = document(&json!({ "reconciled_value": 1234.5 }));
    assert_eq!(derived(&events, &paid, TODAY).recheck_at, None, "what is paid is never overdue");
    let never = Events::none().with(CollectTask::new().overdue_on([]));
    assert_eq!(derived(&never, &fact, TODAY).recheck_at, None);
}

#[test]
fn what_is_paid_is_not_said_to_be_overdue_in_words_of_ones_own_either() {
    #[derive(Debug)]
    struct Blunt;
    impl Words for Blunt {
        fn collect_body(&self, _: &DocumentFact, overdue: Option<u16>) -> String {
            format!("{overdue:?}")
        }
    }
    let (events, late) = (Events::standard(Blunt), date(2026, 12, 31));
    let body = |fact: &Value| {
        let task = told(&events, &EventType::InvoiceUnpaid, &document(fact), late).unwrap();
        task.fields["body"].as_str().unwrap().to_owned()
    };
    assert_eq!(body(&json!({})), "Some(60)");
    assert_eq!(body(&json!({ "reconciled_value": 1234.5 })), "None");
    assert_eq!(body(&json!({ "status": 2 })), "None");
}

#[test]
fn a_payment_names_what_it_pays() {
    let paid = EventType::PaymentReceived;
    let receipt = |otherwise: &Value| {
        let mut all = json!({ "settled_references": ["FT 2026/40", "FT 2026/41", "ND 2026/3"] });
        all.as_object_mut().unwrap().extend(otherwise.as_object().cloned().unwrap());
        of_type(2, "RE", &all)
    };
    let texts = [
        "Payment of 1,234.50 EUR received on 1 October 2026 for FT 2026/40, FT 2026/41 and ND 2026/3 (RE 2026/41).",
        "Pagamento de 1 234,50 EUR recebido em 1 de outubro de 2026, referente a FT 2026/40, FT 2026/41 e ND 2026/3 \
         (RE 2026/41).",
    ];
    says(&paid, "body", &receipt(&json!({})), TODAY, Life::Open, texts);
    let annulled = [
        format!("{}\nReceipt annulled on 2 November 2026: what it settled is open again.", texts[0]),
        format!("{}\nRecibo anulado em 2 de novembro de 2026: o valor volta a estar por pagar.", texts[1]),
    ];
    let annulled = [annulled[0].as_str(), annulled[1].as_str()];
    says(&paid, "body", &receipt(&json!({ "status": 2 })), TODAY, Life::Void, annulled);
    let draft = [
        "Payment of 1,234.50 EUR: its receipt was taken back to a draft on 2 November 2026.",
        "Pagamento de 1 234,50 EUR: o recibo voltou a rascunho em 2 de novembro de 2026.",
    ];
    says(&paid, "body", &receipt(&json!({ "status": 0, "number": -1 })), TODAY, Life::Void, draft);
    let unnamed = [
        "Payment of 1,234.50 EUR received on 1 October 2026 (RE 2026/41).",
        "Pagamento de 1 234,50 EUR recebido em 1 de outubro de 2026 (RE 2026/41).",
    ];
    says(&paid, "body", &receipt(&json!({ "settled_references": [] })), TODAY, Life::Open, unnamed);
    assert_eq!(told(&Events::default(), &paid, &document(&json!({})), TODAY), None, "no receipt");
}

#[test]
fn an_estimate_is_asked_about_until_it_is_answered_annulled_or_long_expired() {
    let follow_up = EventType::EstimateFollowUp;
    let estimate = |otherwise: &Value| {
        let mut all = json!({ "expiration_date": "2026-10-31T00:00:00+0000" });
        all.as_object_mut().unwrap().extend(otherwise.as_object().cloned().unwrap());
        of_type(14, "OR", &all)
    };
    let titles = [
        "Follow up estimate OR 2026/41: 1,234.50 EUR",
        "Dar seguimento ao orçamento OR 2026/41: 1 234,50 EUR",
    ];
    says(&follow_up, "title", &estimate(&json!({})), TODAY, Life::Open, titles);
    let base = [
        "Estimate of 1 October 2026, valid until 31 October 2026.",
        "Orçamento de 1 de outubro de 2026, válido até 31 de outubro de 2026.",
    ];
    says(&follow_up, "body", &estimate(&json!({})), TODAY, Life::Open, base);
    let (last, first) = (date(2026, 11, 14), date(2026, 11, 15));
    says(&follow_up, "body", &estimate(&json!({})), last, Life::Open, base);
    let table = [
        (
            json!({ "reverse_associated_documents": [{ "document_id": 50 }] }),
            TODAY,
            Life::Done,
            ["Another document follows from it.", "Deu origem a outro documento."],
        ),
        (json!({}), first, Life::Done, ["It expired without an answer.", "Expirou sem resposta."]),
        (
            json!({ "status": 2 }),
            TODAY,
            Life::Void,
            ["Annulled on 2 November 2026.", "Anulado em 2 de novembro de 2026."],
        ),
        (
            json!({ "status": 0, "number": -1 }),
            TODAY,
            Life::Void,
            ["Taken back to a draft on 2 November 2026.", "Voltou a rascunho em 2 de novembro de 2026."],
        ),
    ];
    for (otherwise, today, life, ends) in table {
        let fact = estimate(&otherwise);
        let texts = [format!("{}\n{}", base[0], ends[0]), format!("{}\n{}", base[1], ends[1])];
        says(&follow_up, "body", &fact, today, life, [texts[0].as_str(), texts[1].as_str()]);
        let task = told(&Events::default(), &follow_up, &fact, today).unwrap();
        assert_eq!(task.fields["completed"], true);
    }
    let derived = derived(&Events::default(), &estimate(&json!({})), TODAY);
    assert_eq!(derived.recheck_at.unwrap().to_string(), "2026-11-15T00:00:00Z");

    let rule = EstimateTask::new().days_before(5).grace(0).assigned_to("user_1");
    let events = Events::none().with(rule);
    let task = told(&events, &follow_up, &estimate(&json!({})), TODAY).unwrap();
    assert_eq!(task.fields["dueDate"], "2026-10-26T12:00:00Z");
    assert_eq!(task.fields["assignedTo"], "user_1");
    assert_eq!(told(&events, &follow_up, &estimate(&json!({})), date(2026, 11, 1)).unwrap().life, Life::Done);
}

#[test]
fn a_draft_that_is_left_lying_is_a_task_if_one_asks_for_it() {
    let pending = EventType::DraftPending;
    let draft = document(&json!({ "status": 0, "number": -1 }));
    assert_eq!(told(&Events::default(), &pending, &draft, date(2027, 1, 1)), None, "off by default");
    let titles = ["Draft pending: Invoice, 1,234.50 EUR", "Rascunho pendente: Fatura, 1 234,50 EUR"];
    says(&pending, "title", &draft, date(2026, 11, 9), Life::Open, titles);
    let texts = [
        "Series 2026, untouched since 2 November 2026. Issue it in Moloni, or delete it.",
        "Série 2026, sem alterações desde 2 de novembro de 2026. Emita-o no Moloni ou elimine-o.",
    ];
    says(&pending, "body", &draft, date(2026, 11, 9), Life::Open, texts);
    says(&pending, "body", &draft, date(2026, 11, 8), Life::Done, texts);
    let issued = ["Issued as FT 2026/41.", "Emitida como FT 2026/41."];
    says(&pending, "body", &document(&json!({})), date(2026, 11, 9), Life::Done, issued);
    let events = Events::none().with(DraftTask::after(7).assigned_to("user_1"));
    let recheck = derived(&events, &draft, date(2026, 11, 8)).recheck_at;
    assert_eq!(recheck.unwrap().to_string(), "2026-11-09T00:00:00Z");
    assert_eq!(told(&events, &pending, &draft, TODAY).unwrap().fields["assignedTo"], "user_1");
}

#[test]
fn a_delivery_is_an_appointment_where_the_goods_go() {
    let scheduled = EventType::DeliveryScheduled;
    let bill = |otherwise: &Value| {
        let mut all = json!({
            "delivery_datetime": "2026-10-12T09:00:00+0100", "delivery_destination_address": "Rua do Cais 4 ",
            "delivery_destination_city": "Faro", "delivery_destination_zip_code": "8000-100",
        });
        all.as_object_mut().unwrap().extend(otherwise.as_object().cloned().unwrap());
        of_type(15, "GT", &all)
    };
    says(
        &scheduled,
        "title",
        &bill(&json!({})),
        TODAY,
        Life::Open,
        ["Delivery GT 2026/41", "Entrega GT 2026/41"],
    );
    let texts = [
        "Bill of lading GT 2026/41 of 1 October 2026.",
        "Guia de transporte GT 2026/41 de 1 de outubro de 2026.",
    ];
    says(&scheduled, "description", &bill(&json!({})), TODAY, Life::Open, texts);

    let rule = DeliveryAppointment::new("cal_1", SignedDuration::from_mins(45)).assigned_to("user_1");
    let events = Events::none().with(rule);
    let of = |fact: &Snapshot, today| told(&events, &scheduled, fact, today);
    let there = of(&bill(&json!({})), TODAY).unwrap();
    for (field, value) in [
        ("calendarId", "cal_1"),
        ("startTime", "2026-10-12T08:00:00Z"),
        ("endTime", "2026-10-12T08:45:00Z"),
        ("address", "Rua do Cais 4, 8000-100 Faro"),
        ("appointmentStatus", "confirmed"),
        ("assignedUserId", "user_1"),
    ] {
        assert_eq!(there.fields[field], value);
    }
    let annulled = of(&bill(&json!({ "status": 2 })), TODAY).unwrap();
    assert_eq!((annulled.life, &annulled.fields["appointmentStatus"]), (Life::Void, &json!("cancelled")));
    let over = of(&bill(&json!({})), date(2026, 10, 13)).unwrap();
    assert_eq!(
        (over.life, &over.fields),
        (Life::Done, &there.fields),
        "not entered any more, and not called off"
    );
    let taken_back = of_type(15, "GT", &json!({ "status": 0, "number": -1 }));
    for fact in [taken_back, bill(&json!({ "delivery_datetime": null }))] {
        let off = of(&fact, TODAY).unwrap();
        assert_eq!(off.life, Life::Void);
        assert_eq!(json!(off.fields), json!({ "appointmentStatus": "cancelled" }));
    }
    let unread = of_type(15, "GT", &json!({}));
    assert_eq!(of(&unread, TODAY), None, "what was not read says nothing");
    assert_eq!(of(&of_type(28, "NE", &json!({ "status": 0 })), TODAY), None, "nor an order");
}

#[test]
fn each_text_of_a_customer_is_a_note_and_says_if_it_was_cleared() {
    let customer = |notes: &str, field_notes: &str| {
        let row = json!({ "notes": notes, "field_notes": field_notes });
        Snapshot::new(RecordRef::top(RecordId::new(7)), row.as_object().cloned().unwrap())
    };
    let of = |events: Events, customer: &Snapshot| events.of_customers(5).derive(customer, TODAY).wanted;
    let body = |wanted: &Wanted| wanted.fields["body"].as_str().unwrap().to_owned();

    let written = customer(" Liga de manhã.\nNunca à tarde. ", "Portão azul");
    let english = of(Events::standard(English), &written);
    let portuguese = of(Events::standard(Portuguese), &written);
    let keys: Vec<_> = english.iter().map(|wanted| wanted.key.as_str()).collect();
    assert_eq!(keys, ["moloni:5:customer:7:notes", "moloni:5:customer:7:field_notes"]);
    assert_eq!(body(&english[0]), "Notes in Moloni:\nLiga de manhã.\nNunca à tarde.");
    assert_eq!(body(&english[1]), "Notes for documents in Moloni:\nPortão azul");
    assert_eq!(body(&portuguese[0]), "Observações no Moloni:\nLiga de manhã.\nNunca à tarde.");
    assert_eq!(body(&portuguese[1]), "Observações para documentos no Moloni:\nPortão azul");
    assert!(english.iter().all(|wanted| wanted.life == Life::Open));

    let cleared = customer("", " ");
    let bodies: Vec<_> = [Events::standard(English), Events::standard(Portuguese)]
        .into_iter()
        .flat_map(|events| of(events, &cleared))
        .inspect(|wanted| assert_eq!(wanted.life, Life::Done))
        .map(|wanted| body(&wanted))
        .collect();
    let said = [
        "Notes in Moloni: (cleared)",
        "Notes for documents in Moloni: (cleared)",
        "Observações no Moloni: (apagadas)",
        "Observações para documentos no Moloni: (apagadas)",
    ];
    assert_eq!(bodies, said);
}

#[test]
fn amounts_and_days_are_written_as_people_do() {
    let amount = |text: &str| moloni_client::Amount::from(text.parse::<rust_decimal::Decimal>().unwrap());
    for (value, english, portuguese) in [
        ("0", "0.00 EUR", "0,00 EUR"),
        ("0.005", "0.01 EUR", "0,01 EUR"),
        ("999.999", "1,000.00 EUR", "1 000,00 EUR"),
        ("-1234567.5", "-1,234,567.50 EUR", "-1 234 567,50 EUR"),
        ("-0.001", "0.00 EUR", "0,00 EUR"),
    ] {
        assert_eq!(
            (English.money(amount(value)).as_str(), Portuguese.money(amount(value)).as_str()),
            (english, portuguese)
        );
    }
    assert_eq!(English.date(date(2026, 3, 1)), "1 March 2026");
    assert_eq!(Portuguese.date(date(2026, 3, 1)), "1 de março de 2026");
}

#[test]
fn words_of_ones_own_are_used_in_all_that_is_said() {
    #[derive(Debug)]
    struct Ours;
    impl Words for Ours {
        fn language(&self) -> Language {
            Language::Portuguese
        }

        fn date(&self, day: Date) -> String {
            day.strftime("%d/%m/%Y").to_string()
        }
    }
    let events = Events::standard(Ours);
    let note = told(&events, &EventType::InvoiceIssued, &document(&json!({})), TODAY).unwrap();
    let said = "Fatura FT 2026/41 emitida em 01/10/2026: 1 234,50 EUR, a pagar até 31/10/2026.";
    assert_eq!(note.fields["body"], said);
}

#[test]
fn a_set_has_one_rule_of_a_type_and_the_last_one_counts() {
    let standard = [
        EventType::InvoiceIssued,
        EventType::InvoiceUnpaid,
        EventType::PaymentReceived,
        EventType::EstimateFollowUp,
        EventType::CustomerNotes,
        EventType::CustomerFieldNotes,
    ];
    assert_eq!(Events::default().types(), standard);
    let without = Events::default().without(EventType::InvoiceUnpaid);
    assert_eq!(told(&without, &EventType::InvoiceUnpaid, &document(&json!({})), TODAY), None);
    let again = without.with(CollectTask::new()).with(CollectTask::new().assigned_to("user_1"));
    assert_eq!(again.types().len(), 6);
    let task = told(&again, &EventType::InvoiceUnpaid, &document(&json!({})), TODAY).unwrap();
    assert_eq!(task.fields["assignedTo"], "user_1");
}

#[test]
fn without_rules_a_document_still_has_an_owner() {
    let derived_of = |fact: &Snapshot| derived(&Events::none(), fact, TODAY);
    let fact = derived_of(&document(&json!({})));
    assert_eq!((fact.owner, fact.wanted.len()), (Some(RecordId::new(7)), 0));
    let of_supplier = derived_of(&document(&json!({ "customer_id": 0, "supplier_id": 9 })));
    assert_eq!(of_supplier, Derived::nothing());
}
