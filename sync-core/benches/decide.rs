//! How many pairs a core decides about in a second: `cargo bench -p sync-core --bench decide`.
//!
//! 20 fields of 4 to 24 letters, one of them a set; every tenth pair has a change. Reading and normalising are not
//! counted.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use divan::Bencher;
use divan::counter::ItemsCount;
use sync_core::engine::merge::{FieldState, Kind, Rules};
use sync_core::engine::{
    Agreed, Decision, FieldValue, Fields, Interval, OnDelete, Pair, PairRules, Presence, Sight, decide,
};
use sync_core::jiff::Timestamp;

const FIELDS: usize = 20;
const PAIRS: usize = 1000;

fn main() {
    divan::main();
}

fn value(record: usize, field: usize, edited: bool) -> FieldValue {
    let text = format!(
        "{}{record:04}{}",
        if edited { "x" } else { "" },
        "abcdefghijklmnopqrst".get(..field).unwrap()
    );
    if field == FIELDS - 1 {
        FieldValue::set([text.as_str(), "customer", "vip"])
    } else {
        FieldValue::Text(text)
    }
}

struct PairOfRecords {
    left: Presence,
    right: Presence,
    state: Vec<FieldState>,
}

fn pair(record: usize, every: usize) -> PairOfRecords {
    let fields =
        |edited: bool| (0..FIELDS).map(move |field| value(record, field, edited && field == record % FIELDS));
    let agreed = |value: FieldValue| {
        let agreed = Agreed::on(&value);
        FieldState { agreed: Pair::new(agreed.clone(), agreed), ..FieldState::default() }
    };
    PairOfRecords {
        left: Presence::Alive(Fields::new(fields(record % every == 0))),
        right: Presence::Alive(Fields::new(fields(false))),
        state: fields(false).map(agreed).collect(),
    }
}

fn rules() -> PairRules {
    let mut fields: Vec<_> = (0..FIELDS).map(|field| Rules::new(format!("field {field}"))).collect();
    fields.last_mut().unwrap().kind = Kind::Set;
    PairRules { fields, on_delete: OnDelete::default() }
}

/// One change in so many pairs.
#[divan::bench(args = [10, 1])]
fn pairs(bencher: Bencher<'_, '_>, every: usize) {
    let rules = rules();
    let pairs: Vec<_> = (0..PAIRS).map(|record| pair(record, every)).collect();
    bencher.counter(ItemsCount::new(PAIRS)).bench(|| {
        let mut merges = 0;
        for PairOfRecords { left, right, state } in &pairs {
            let changed = Pair::new(Interval::UNKNOWN, Interval::UNKNOWN);
            let sight =
                Sight { presence: Pair::new(left, right), changed, state, now: Timestamp::UNIX_EPOCH };
            if let Decision::Merge(steps) = decide(&rules, &sight) {
                merges += steps.len();
            }
        }
        assert_eq!(merges, PAIRS.div_ceil(every));
        merges
    });
}
