//! The client against the vendor's `OpenAPI` descriptions and against the sandbox, and the page of operations against both:
//! every request that is sent is listed and described, everything described is sent, and an answer built from each described
//! schema decodes.
//!
//! The descriptions are not part of this repository. `SYNC_SHARED_DIR` says where they are; without it there is
//! nothing to check them against, unless `SYNC_REQUIRE_SHARED=1` asks for it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod bodies;
mod calls;
mod catalogue;
mod described;
mod description;
mod deviations;
mod journey;
mod sandboxed;
mod served;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
