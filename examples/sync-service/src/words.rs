//! Records, and what questions are about, as commands take them.

use sync_core::StoreError;
use sync_core::engine::{RecordRef, Side};
use sync_core::queue::WorkKey;
use sync_core::store::Store;

/// A record as commands take it, such as `moloni:1001`.
pub(crate) fn record(side: Side, at: &RecordRef) -> String {
    match side {
        Side::Left => format!("moloni:{}", at.id),
        Side::Right => format!("ghl:{}", at.id),
    }
}

/// What a question is about, without asking the state: a pair by its name.
pub(crate) fn about(key: &WorkKey) -> String {
    match key {
        WorkKey::Birth(side, at) => record(*side, at),
        other => other.to_string(),
    }
}

/// What a question is about: of a pair both records.
pub(crate) async fn asked_about(store: &dyn Store, key: &WorkKey) -> Result<String, StoreError> {
    let WorkKey::Link(id) = key else { return Ok(about(key)) };
    let Some(link) = store.link(id).await? else { return Ok(about(key)) };
    let ends = Side::BOTH.into_iter().filter_map(|side| Some(record(side, link.value.ends[side].as_ref()?)));
    Ok(ends.collect::<Vec<_>>().join(" and "))
}

#[cfg(test)]
mod tests {
    use sync_core::engine::RecordId;

    use super::*;

    #[test]
    fn a_record_is_named_as_commands_take_it() {
        let at = RecordRef::top(RecordId::new("1001"));
        assert_eq!(about(&WorkKey::Birth(Side::Left, at.clone())), "moloni:1001");
        assert_eq!(about(&WorkKey::Birth(Side::Right, at)), "ghl:1001");
        assert_eq!(about(&WorkKey::Sync), "the whole sync");
    }
}
