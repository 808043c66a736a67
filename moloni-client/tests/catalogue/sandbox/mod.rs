//! Every call is made once against the sandbox as it should be, and once as it should not: what it gives, and how it is
//! refused. A row of [`rows!`] has both.

mod account;
mod books;
mod documents;
mod products;
mod settings;
mod stage;
mod types;

use std::collections::BTreeSet;

use stage::{Called, Stage};

/// Makes calls, and holds each against what is to come of it.
///
/// ```text
/// "entity.method", call => pattern => what is true then, not call => what it is refused for;
/// ```
///
/// What the pattern names is there for the rows below.
macro_rules! rows {
    ($stage:ident: $($operation:expr, $call:expr => $given:pat => $holds:expr, not $wrong:expr => $why:expr;)+) => {$(
        let $given = $stage.works($operation, Box::pin($call)).await;
        assert!($holds, "{}", $operation);
        $stage.fails($operation, Box::pin($wrong), &$why).await;
    )+};
}

/// Holds an entity of the common form: what is inserted is read, replaced and deleted; then there is nothing to write.
macro_rules! kept {
    ($stage:ident: $(
        $entity:literal $handle:ident by $key:ident, all [$($all:tt)+], new $new:expr, other $other:expr,
        wrong $wrong:expr => $codes:expr;
    )+) => {$({
        use serde_json::json;
        let (entity, nowhere) = ($stage.client.$handle(), $stage.nowhere.$handle());
        let (new, other, wrong) = ($new, $other, $wrong);
        let find = async |id: u64| entity.$($all)+.await.unwrap().into_iter().find(|row| json!(row.$key) == id);
        $crate::sandbox::rows! { $stage:
            concat!($entity, ".insert"), entity.insert(&new) => id => {
                let row = find(id.get()).await.unwrap();
                $crate::sandbox::stage::says(&row, row.extra.len(), &new)
            }, not entity.insert(&wrong) => $codes;
            concat!($entity, ".getAll"), entity.$($all)+ => all => all.iter().any(|row| json!(row.$key) == json!(id)),
                not nowhere.$($all)+ => $crate::sandbox::NO_COMPANY;
            concat!($entity, ".update"), entity.update(id, &other) => () => {
                let row = find(id.get()).await.unwrap();
                $crate::sandbox::stage::says(&row, row.extra.len(), &other)
            }, not entity.update(id, &wrong) => $codes;
            concat!($entity, ".delete"), entity.delete(id) => () => find(id.get()).await.is_none(),
                not entity.delete(0.into()) => [concat!("2 ", stringify!($key), " 1 0")];
        }
        for late in [entity.delete(id).await, entity.update(id, &other).await] {
            assert_eq!(late.unwrap_err().kind(), moloni_client::ErrorKind::Refused, $entity);
        }
    })+};
}

/// Holds searches by one field, each with its count: they find one row, and search for something.
macro_rules! found {
    ($stage:ident, $handle:ident: $($get:literal $get_by:ident, $count:literal $count_by:ident, $field:literal $text:expr;)+) => {
        let handle = $stage.client.$handle();
        $crate::sandbox::rows! { $stage: $(
            $get, handle.$get_by($text, Exact).page(0) => page => page.items.len() == 1,
                not handle.$get_by("", Exact).page(0) => [concat!("1 ", $field)];
            $count, handle.$count_by($text, Exact) => count => count == 1,
                not handle.$count_by("", Exact) => [concat!("1 ", $field)];
        )+ }
    };
}

pub(crate) use {found, kept, rows};

/// What a call for no company is told.
const NO_COMPANY: [&str; 1] = ["2 company_id 1 0"];

/// What a call with a token that nobody gave is told, where there is nothing else that could be wrong.
const NO_LOGIN: [&str; 1] = ["Auth"];

/// Makes every call of the table, each group against a sandbox of its own.
async fn called() -> Called {
    let mut all = Called::default();
    macro_rules! groups {
        ($($group:ident)+) => {$({
            let stage = Stage::new().await;
            Box::pin($group::calls(&stage)).await;
            all.extend(stage.called());
        })+};
    }
    groups! { account books products documents types settings }
    all
}

#[tokio::test]
async fn every_call_of_the_page_works_and_is_refused() {
    let called = called().await;
    let page: BTreeSet<_> = super::page().iter().map(|row| operation(row)).collect();
    for (calls, what) in [(&called.worked, "works"), (&called.refused, "is refused")] {
        let differ: Vec<_> = calls.symmetric_difference(&page).collect();
        assert!(
            differ.is_empty(),
            "on the page or in the table of what {what}, and not in the other: {differ:?}"
        );
    }
    let Some(described) = super::described() else { return };
    let missing: Vec<_> = described.keys().filter(|operation| !called.worked.contains(*operation)).collect();
    assert!(missing.is_empty(), "described and not called: {missing:?}");
}

/// The service's name in a row of the page.
fn operation(row: &str) -> String {
    row.split('`').nth(3).unwrap().to_owned()
}
