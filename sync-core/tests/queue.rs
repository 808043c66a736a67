//! The queue and the budget in memory against the suites that every one must pass.
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

#[path = "trace/mod.rs"]
mod trace;

use std::sync::Arc;

use sync_core::engine::{LearningBudget, MemoryBudget};
use sync_core::queue::MemoryQueue;
use sync_core::{ManualEnv, conformance};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    trace::on();
    let env = Arc::new(ManualEnv::new(1));
    conformance::work_queue::check(async || MemoryQueue::new(env.clone()), &*env).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_budget_in_memory_conforms() {
    trace::on();
    let env = Arc::new(ManualEnv::new(1));
    conformance::budget::check(async || MemoryBudget::new(env.clone()), &*env).await;
    let learning = async || LearningBudget::new(Arc::new(MemoryBudget::new(env.clone())));
    conformance::budget::check(learning, &*env).await;
}
