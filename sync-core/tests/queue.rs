//! The queues against the suite that every queue must pass.

use std::sync::Arc;

use sync_core::queue::MemoryQueue;
use sync_core::{ManualEnv, conformance};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    let env = Arc::new(ManualEnv::new(1));
    conformance::work_queue::check(async || MemoryQueue::new(env.clone()), &*env).await;
}
