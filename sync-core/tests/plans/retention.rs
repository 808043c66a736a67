//! How long the journal remembers.

use std::time::Duration;

use serde_json::json;
use sync_core::engine::Schedule;
use sync_core::store::Store;
use sync_core::{Env, engine::Engine};

use super::world::{LONG, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn entries(world: &World) -> usize {
    world.store.journal(None, 0, usize::MAX).await.unwrap().len()
}

async fn trim(engine: &Engine) -> usize {
    engine.trim_journal().await.unwrap()
}

#[tokio::test]
async fn the_journal_remembers_400_days_or_as_long_as_it_is_told() {
    let world = World::small();
    world.run().await;
    world.env.advance(LONG);
    let written = entries(&world).await;
    assert!(written > 5, "{written}");
    let engine = world.engine();
    world.env.advance(399 * DAY);
    assert_eq!(trim(&engine).await, 0);
    let week = world.builder().keep_journal_for(7 * DAY).build();
    assert_eq!((trim(&week).await, trim(&week).await), (written, 0));
    world.customers.edit("1", &json!({ "city": "Beja" }));
    world.run().await;
    world.env.advance(401 * DAY);
    assert!(trim(&engine).await > 0);
    assert_eq!(entries(&world).await, 0);
    world.assert_quiet("without what was told").await;
}

#[tokio::test]
async fn a_running_engine_deletes_what_is_old_once_a_day() {
    let world = World::small();
    world.run().await;
    let written = entries(&world).await;
    let engine = world.builder().keep_journal_for(DAY + DAY / 2).build();
    let schedule = Schedule::new().poll(DAY).sweep(30 * DAY);
    let run_for = async |time: Duration| {
        let until = world.env.now() + time;
        let stop = async {
            while world.env.now() < until {
                world.env.sleep(Duration::from_secs(600)).await;
            }
        };
        engine.run(&schedule, stop).await.unwrap();
    };
    run_for(DAY + DAY / 4).await;
    assert!(entries(&world).await >= written, "nothing is old enough");
    run_for(DAY + DAY / 4).await;
    assert!(entries(&world).await < written, "what was written first is gone");
}
