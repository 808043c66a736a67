//! Servers on loopback that behave like a remote service: what the sandboxes of the client crates are made of.
//!
//! A sandbox is a [`Backend`]: a plain state machine from requests to answers, with no I/O in it. [`Server`]
//! puts it on a loopback port and adds what every sandbox has: a log of all calls, faults on demand, a clock
//! that can be moved, a reset, and the control paths below `/__sandbox`.
//!
//! | control path | does |
//! |---|---|
//! | `GET /__sandbox/state` | the whole state as JSON |
//! | `GET /__sandbox/calls` | every call so far, oldest first ([`Call`]) |
//! | `POST /__sandbox/faults` | adds one [`Fault`] or a list of them |
//! | `DELETE /__sandbox/faults` | removes all faults |
//! | `POST /__sandbox/clock` | `{"advance_seconds": 3600}` moves the clock forward |
//! | `POST /__sandbox/reset` | back to the state at start; clears calls, faults and the clock's offset |
//! | `POST /__sandbox/records/{collection}` | creates a record as a person in the web application would |
//! | `PUT /__sandbox/records/{collection}/{id}` | edits one: the given fields replace the old ones |
//! | `DELETE /__sandbox/records/{collection}/{id}` | deletes one |
//!
//! Records of a child collection are addressed by their own id; a create names the parent in its body.
//! The control paths need no authorisation: a sandbox listens on loopback only and holds invented data.

mod backend;
mod calls;
mod control;
mod fault;
mod server;

pub use backend::{Answer, Backend, Body, Edit, Request};
pub use calls::Call;
pub use fault::{Fault, FaultKind};
pub use server::Server;
