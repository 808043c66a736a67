//! Facts at the left side, and what is derived from them under the right one.

use crate::world::State;

#[derive(Debug, Default)]
pub(crate) struct Notes {}

pub(crate) fn moved(_: &mut State, _: sync_core::engine::Side, _: &str, _: &str) {}

pub(crate) fn act(_: &mut State) {}
