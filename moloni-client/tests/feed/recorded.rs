//! The feed over rows that the real service sent.
//!
//! The recordings are not part of this repository. `SYNC_SHARED_DIR` says where they are; without it there is
//! nothing to check, unless `SYNC_REQUIRE_SHARED=1` asks for it.

use std::path::PathBuf;

use moloni_client::TryStreamExt;
use moloni_client::feed::Checkpoint;
use moloni_client::sandbox::Config;

use crate::stage::{Stage, polled, scanned};

#[tokio::test]
#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
async fn recorded_rows_are_all_told_and_have_the_fingerprints_of_their_records() {
    let folder = std::env::var_os("SYNC_SHARED_DIR").map(|dir| PathBuf::from(dir).join("fixtures/moloni"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!required, "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR names no recordings");
        eprintln!("SKIPPED: SYNC_SHARED_DIR names no recordings");
        return;
    };
    let stage = Stage::with(Config { fixtures: Some(folder), ..Config::default() }).await;
    let told = polled(&mut stage.client.feed(Checkpoint::from_start())).await;
    assert!(told.len() > 100, "{}", told.len());
    assert!(!told.iter().any(|told| told.starts_with("unreadable")), "{told:#?}");

    let mut feed = stage.client.feed(Checkpoint::from_start()).without_documents();
    let customers: Vec<_> = stage.client.customers().get_all().items().try_collect().await.unwrap();
    assert!(customers.len() > 10, "{}", customers.len());
    for customer in &customers {
        feed.wrote_customer(customer);
    }
    assert_eq!(polled(&mut feed).await, [""; 0]);
    assert_eq!(scanned(&mut feed).await, [""; 0]);
}
