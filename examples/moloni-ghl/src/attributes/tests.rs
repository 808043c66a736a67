use serde_json::json;
use sync_core::engine::{Fact, FactKey, Fingerprint, RecordId, RecordRef};
use sync_core::jiff::Timestamp;

use super::*;

fn today() -> Date {
    "2026-11-27".parse().unwrap()
}

fn customer(value: &Value) -> Raw {
    value.as_object().cloned().unwrap()
}

/// A document of a type and a status, of so much before and after taxes, paid in part.
fn document(id: u64, kind: u64, status: u64, fields: &Value) -> Fact {
    let mut raw = customer(&json!({
        "document_id": id, "company_id": 5, "document_type_id": kind, "customer_id": 9, "document_set_id": 1,
        "document_set_name": "2026", "number": id, "date": "2026-10-01T00:00:00+0100",
        "expiration_date": "2026-10-31T00:00:00+0000", "lastmodified": "2026-10-01T10:00:00+0100", "lastmodifiedby": "ana",
        "gross_value": 100, "taxes_value": 23, "net_value": 123, "reconciled_value": 0, "status": status,
    }));
    raw.extend(customer(fields));
    let key = FactKey::new("documents", RecordRef::top(RecordId::new(id)));
    Fact {
        key,
        owner: Some(RecordId::new(9)),
        fingerprint: Fingerprint::of(&raw),
        raw,
        seen_at: Timestamp::UNIX_EPOCH,
    }
}

fn enriched(attributes: &Attributes, facts: &[Fact], mut raw: Raw) -> Raw {
    attributes.enrich(facts, today(), &mut raw);
    raw
}

fn tags(attributes: &Attributes, facts: &[Fact], raw: &Value) -> Vec<String> {
    let enriched = enriched(attributes, facts, customer(raw));
    serde_json::from_value(enriched[TAGS].clone()).unwrap()
}

#[test]
fn the_turnover_counts_what_was_sold_and_takes_off_what_was_credited() {
    let facts = [
        document(1, 1, 1, &json!({})),
        document(2, 27, 1, &json!({ "gross_value": 50.5 })),
        document(
            3,
            20,
            1,
            &json!({ "gross_value": 10, "comercial_discount_value": 1, "financial_discount_value": 2 }),
        ),
        document(4, 3, 1, &json!({ "gross_value": 30 })),
        // Drafts, what was annulled, receipts, estimates.
        document(5, 1, 0, &json!({})),
        document(6, 1, 2, &json!({})),
        document(7, 2, 1, &json!({})),
        document(8, 14, 1, &json!({})),
    ];
    let raw = enriched(&Attributes::standard(), &facts, Raw::new());
    assert_eq!(raw[TURNOVER], "127.5", "100 + 50.5 + 7 - 30");
    assert_eq!(raw[HAS_DOCUMENTS], true);
    assert_eq!(enriched(&Attributes::standard(), &[], Raw::new())[HAS_DOCUMENTS], false);
}

#[test]
fn old_documents_leave_the_turnover_on_their_day() {
    let attributes = Attributes::none().turnover_field("Turnover").turnover_of_days(30);
    let facts = |date: &str| [document(1, 1, 1, &json!({ "date": date }))];
    let turnover = |date: &str| enriched(&attributes, &facts(date), Raw::new())[TURNOVER].clone();
    assert_eq!(turnover("2026-10-29T00:00:00+0100"), "100", "today and the 29 days before");
    assert_eq!(turnover("2026-10-28T00:00:00+0100"), "0");
    let next = |date: &str| attributes.recheck_at(&facts(date), today()).map(|at| at.to_string());
    assert_eq!(next("2026-10-29T00:00:00+0100").unwrap(), "2026-11-28T00:00:00Z");
    assert_eq!(next("2026-11-27T00:00:00+0000").unwrap(), "2026-12-27T00:00:00Z");
    assert_eq!(next("2026-10-28T00:00:00+0100"), None);
    assert_eq!(Attributes::standard().recheck_at(&facts("2026-01-01T00:00:00+0000"), today()), None);
}

#[test]
fn what_is_overdue_is_tagged_from_the_day_after_and_until_it_is_paid() {
    let attributes = Attributes::none().overdue_tagged("overdue");
    let invoice = |due: &str, paid: f64| {
        [document(1, 1, 1, &json!({ "expiration_date": due, "reconciled_value": paid }))]
    };
    assert_eq!(tags(&attributes, &invoice("2026-11-26T00:00:00+0000", 0.0), &json!({})), ["overdue"]);
    assert_eq!(tags(&attributes, &invoice("2026-11-27T00:00:00+0000", 0.0), &json!({})), [""; 0]);
    assert_eq!(tags(&attributes, &invoice("2026-11-01T00:00:00+0000", 122.99), &json!({})), ["overdue"]);
    assert_eq!(tags(&attributes, &invoice("2026-11-01T00:00:00+0000", 122.998), &json!({})), [""; 0]);
    // An invoice-receipt is paid by itself.
    assert_eq!(tags(&attributes, &[document(1, 27, 1, &json!({}))], &json!({})), [""; 0]);
    let next = |facts: &[Fact]| attributes.recheck_at(facts, today()).map(|at| at.to_string());
    assert_eq!(next(&invoice("2026-11-27T00:00:00+0000", 0.0)).unwrap(), "2026-11-28T00:00:00Z");
    assert_eq!(next(&invoice("2026-12-05T00:00:00+0000", 0.0)).unwrap(), "2026-12-06T00:00:00Z");
    assert_eq!(next(&invoice("2026-11-26T00:00:00+0000", 0.0)), None, "it is late already");
    assert_eq!(next(&invoice("2026-12-05T00:00:00+0000", 123.0)), None);
}

#[test]
fn the_first_case_that_holds_gives_the_value() {
    let industry = Attribute::new("Industry")
        .case("bakery", When::name("padaria|pastelaria").unwrap())
        .case("pharmacy", When::name("farmácia").unwrap().and(When::notes("24 ?h").unwrap().negated()))
        .case("north", When::matches("zip_code", "^4").unwrap().or(When::zone(7.into())))
        .case("sold by Rita", When::salesman(12.into()))
        .case("wholesale", When::price_class(3.into()).and(When::is("discount", 10)))
        .otherwise("other");
    let attributes = Attributes::none().with(Attribute::new("industry")).with(industry.clone());
    let of = |raw: Value| tags(&attributes, &[], &raw);
    assert_eq!(of(json!({ "name": "PADARIA do Bairro" })), ["industry-bakery"]);
    assert_eq!(of(json!({ "name": "Pastelaria e FARMÁCIA" })), ["industry-bakery"]);
    assert_eq!(of(json!({ "name": "Farmácia", "notes": "aberta 24h" })), ["industry-other"]);
    assert_eq!(of(json!({ "name": "Farmácia" })), ["industry-pharmacy"]);
    assert_eq!(of(json!({ "name": "Oficina", "zip_code": "4000-123" })), ["industry-north"]);
    assert_eq!(of(json!({ "name": "Oficina", "geographic_zone_id": 7 })), ["industry-north"]);
    assert_eq!(of(json!({ "salesman_id": 12 })), ["industry-sold by rita"]);
    assert_eq!(of(json!({ "price_class_id": 3, "discount": 10 })), ["industry-wholesale"]);
    assert_eq!(of(json!({ "price_class_id": 3, "discount": 5 })), ["industry-other"]);
    assert_eq!(of(json!({})), ["industry-other"]);

    let quiet = Attributes::none().with(industry.without_tag().into_field("Ramo"));
    assert_eq!(quiet.custom_fields().collect::<Vec<_>>(), [("Ramo", DataType::Text)]);
    let raw = enriched(&quiet, &[], customer(&json!({ "name": "Padaria" })));
    assert_eq!((&raw[TAGS], &raw[ATTRIBUTES]["Industry"]), (&json!([]), &json!("bakery")));
}

#[test]
fn bands_of_turnover_reach_up_to_the_next() {
    let tier = Attribute::new("tier").bands([("gold", 1000), ("bronze", 0), ("silver", 100)]);
    let attributes = Attributes::none().with(tier);
    for (gross, expected) in
        [(0.0, "bronze"), (99.99, "bronze"), (100.0, "silver"), (1000.0, "gold"), (1e6, "gold")]
    {
        let facts = [document(1, 1, 1, &json!({ "gross_value": gross }))];
        assert_eq!(tags(&attributes, &facts, &json!({})), [format!("tier-{expected}")], "{gross}");
    }
    let credited = [document(1, 3, 1, &json!({ "gross_value": 5 }))];
    assert_eq!(tags(&attributes, &credited, &json!({})), [""; 0], "below the lowest");
}

#[test]
fn a_pattern_that_is_none_says_for_which_field() {
    let error = When::notes("(").unwrap_err().to_string();
    assert!(error.starts_with("the pattern for notes cannot be used"), "{error}");
    assert!(When::name(&"a".repeat(2_000_000)).is_err());
}
