//! What plans do to two services that misbehave, and what it leaves alone.
//!
//! The names of the tests give the engine's invariants where they are about one: I2 a second run writes nothing,
//! I3 no duplicates, I4 no lost edit, I7 no record in two pairs, I9 bounded effort, I10 trouble stays where it is,
//! I11 a plan is honest.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

mod answers;
mod between_runs;
mod both_ways;
mod changes;
mod computed;
mod crashes;
mod database;
mod fake;
mod faults;
mod feeds;
mod first_run;
mod fuse;
mod guards;
mod history;
mod known;
mod lost_replies;
mod lost_state;
mod matching;
mod named_sides;
mod outages;
mod plans;
mod privacy;
mod projections;
mod retention;
mod running;
mod short_lived;
#[path = "../trace/mod.rs"]
mod trace;
mod world;
