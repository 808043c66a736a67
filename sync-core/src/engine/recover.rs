//! What to do about a create whose answer was lost. Pure.

use jiff::Timestamp;

use super::caps::{Caps, MarkerKind};
use super::record::{RecordRef, Snapshot};

/// What to do about a create whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// A request may still be under way, or not be visible yet: come back then.
    Wait(Timestamp),
    /// Look for it, by marker or keys.
    Look,
    /// It is there.
    Adopt(RecordRef),
    /// It never arrived, or sending it again does no harm: send it.
    Send,
    /// A person decides, because of this.
    Review(String),
}

/// Decides about a create whose outcome is unknown. `found` is what a look has found, `None` before it.
///
/// | marker | before the quarantine ends | then | found one | none | several |
/// |---|---|---|---|---|---|
/// | unique | send again; a refusal names the one that is there | | | | |
/// | searchable | wait | look | adopt | send again | a person decides |
/// | keys | wait | look | adopt | a person decides, or send again where that is allowed | a person decides |
///
/// The quarantine ends when no request of a dead process can be under way any more, and what arrived is visible.
pub fn recover(
    kind: MarkerKind,
    send_by: Timestamp,
    caps: &Caps,
    found: Option<&[Snapshot]>,
    now: Timestamp,
) -> Recovery {
    if kind == MarkerKind::Unique {
        return Recovery::Send;
    }
    let visible_at = caps.known_at(send_by);
    if now < visible_at {
        return Recovery::Wait(visible_at);
    }
    match (found, kind) {
        (None, _) => Recovery::Look,
        (Some([only]), _) => Recovery::Adopt(only.at.clone()),
        (Some([]), MarkerKind::Keys { resend: false }) => Recovery::Review(
            "a create was sent and its answer lost, and no record has its keys: look whether it is there, and create \
             it again or link it"
                .to_owned(),
        ),
        (Some([]), _) => Recovery::Send,
        (Some(several), _) => {
            Recovery::Review(format!("{} records carry its marker or keys: delete all but one", several.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::record::{Raw, RecordId};
    use super::*;

    fn caps() -> Caps {
        Caps::new().request_timeout(Duration::from_secs(30)).index_lag(Duration::from_secs(15))
    }

    fn look(kind: MarkerKind, after: u64, found: Option<usize>) -> Recovery {
        let sent = Timestamp::UNIX_EPOCH;
        let record = |n| Snapshot::new(RecordRef::top(RecordId::new(n)), Raw::new());
        let found: Option<Vec<_>> = found.map(|n| (0..n).map(record).collect());
        recover(
            kind,
            sent + Duration::from_secs(60),
            &caps(),
            found.as_deref(),
            sent + Duration::from_secs(after),
        )
    }

    #[test]
    fn unique_is_sent_again_at_once() {
        assert_eq!(look(MarkerKind::Unique, 0, None), Recovery::Send);
    }

    #[test]
    fn searchable_waits_looks_and_adopts_or_sends() {
        let kind = MarkerKind::Searchable;
        let visible = Timestamp::UNIX_EPOCH + Duration::from_secs(60 + 30 + 15);
        assert_eq!(look(kind, 104, Some(0)), Recovery::Wait(visible), "an early look proves nothing");
        assert_eq!(look(kind, 105, None), Recovery::Look);
        assert_eq!(look(kind, 105, Some(1)), Recovery::Adopt(RecordRef::top(RecordId::new(0))));
        assert_eq!(look(kind, 105, Some(0)), Recovery::Send);
        assert!(matches!(look(kind, 105, Some(2)), Recovery::Review(_)));
    }

    #[test]
    fn keys_alone_never_send_again_unless_told() {
        let kind = |resend| MarkerKind::Keys { resend };
        assert!(matches!(look(kind(false), 0, None), Recovery::Wait(_)));
        assert_eq!(look(kind(false), 105, None), Recovery::Look);
        assert!(matches!(look(kind(false), 105, Some(0)), Recovery::Review(_)));
        assert_eq!(look(kind(true), 105, Some(0)), Recovery::Send);
        assert_eq!(look(kind(false), 105, Some(1)), Recovery::Adopt(RecordRef::top(RecordId::new(0))));
        assert!(matches!(look(kind(true), 105, Some(2)), Recovery::Review(_)));
    }
}
