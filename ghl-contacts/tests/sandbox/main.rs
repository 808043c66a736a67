//! The sandbox behaves as HighLevel is known to, over real HTTP.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod access_rows;
mod ask;
mod beside_rows;
mod calendar_rows;
mod child_rows;
mod connecting;
mod contact_rows;
mod create_rows;
mod grants;
mod journeys;
mod page_rows;
mod scopes;
mod search_rows;
mod table;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

use serde_json::Value;

#[tokio::test]
async fn behaves_as_the_service_is_known_to() {
    let scene = table::scene().await;
    let rows = [
        create_rows::rows(&scene),
        contact_rows::rows(&scene),
        search_rows::rows(&scene),
        child_rows::rows(&scene),
        access_rows::rows(&scene),
        calendar_rows::rows(&scene),
        beside_rows::rows(&scene),
        page_rows::rows(&scene),
        scopes::rows(&scene),
    ];
    let mut wrong = Vec::new();
    for row in rows.into_iter().flatten() {
        scene.sandbox.reset();
        for before in &row.before {
            before.send(&scene.sandbox).await;
        }
        let (status, body) = row.ask.send(&scene.sandbox).await;
        let tells = row.telling.iter().all(|(at, want)| body.pointer(at).unwrap_or(&Value::Null) == want);
        if status != row.status || !tells {
            let (cite, says, want, telling) = (row.cite, row.says, row.status, row.telling);
            wrong.push(format!("{cite}: {says}\n  wanted {want} {telling:?}\n  got {status} {body}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows fail:\n{}", wrong.len(), wrong.join("\n"));
}
