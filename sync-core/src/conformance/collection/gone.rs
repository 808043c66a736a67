use super::trial::{Made, Trial, is_refused, outcome};
use crate::engine::{FaultKind, MarkerKind, Part, Probe, Read, RecordRef, Snapshot, WriteError};

/// A record that was merged into another one is not found in its place.
pub(super) async fn follows_a_merge(trial: &Trial<'_>, from: &Made, into: &mut Made) -> bool {
    let Some(person) = trial.fixture.person else { return false };
    if !person.merge(&from.at, &into.at).await {
        return false;
    }
    trial.until_read().await;
    match trial.get(&from.at).await {
        Read::Gone => {}
        Read::MovedTo(at) => {
            assert_eq!(at, into.at, "a record that was merged has moved to the one that it became");
        }
        Read::Found(_) => {
            panic!("a record that was merged is gone, or has moved: {} is found as before", from.at.id)
        }
    }
    into.seen = trial.read(&into.at, "the record that others were merged into is there").await;
    trial.until_listed().await;
    is_listed_no_more(trial, &from.at, "a record that was merged").await;
    true
}

async fn is_listed_no_more(trial: &Trial<'_>, at: &RecordRef, what: &str) {
    let listed = trial.list().await.iter().any(|row| row.at == *at);
    assert!(!listed, "{what} is listed no more once index_lag has passed: {}", at.id);
}

/// A record that is removed is gone, and stays so.
pub(super) async fn goes_when_removed(trial: &Trial<'_>, made: &Made) {
    let removed = trial.remove(&made.seen).await;
    let is_gone = if trial.fixture.removes {
        Trial::written(removed, "a record can be removed");
        true
    } else {
        let refused = matches!(removed, Err(WriteError::NotApplied(_)));
        assert!(refused, "a collection that never removes says NotApplied, got {}", outcome(&removed));
        trial.until_read().await;
        trial.read(&made.at, "a record whose removal was refused is there").await;
        match trial.fixture.person {
            Some(person) => person.delete(&made.at).await,
            None => false,
        }
    };
    if !is_gone {
        return;
    }
    trial.until_read().await;
    let read = trial.get(&made.at).await;
    assert!(read == Read::Gone, "a record that was removed is Read::Gone: {}", made.at.id);
    trial.until_listed().await;
    is_listed_no_more(trial, &made.at, "a record that was removed").await;
    if trial.caps().marker == MarkerKind::Searchable && !trial.caps().under_parent {
        let found = trial.find(&Probe::Marker(made.marker.clone()), 10).await;
        let hit = found.iter().any(|hit| hit.at == made.at);
        assert!(!hit, "a record that was removed is found no more: {}", made.at.id);
    }
    stays_gone(trial, &made.seen, made).await;
}

/// What is not there cannot be written.
pub(super) async fn stays_gone(trial: &Trial<'_>, gone: &Snapshot, like: &Made) {
    let part = Part::Fields(trial.fixture.change.clone());
    let result = trial.update(gone, &part, &like.marker).await;
    assert!(
        is_refused(&result, FaultKind::Gone),
        "an update of a record that is gone is NotApplied with FaultKind::Gone, got {}",
        outcome(&result)
    );
    trial.until_read().await;
    let read = trial.get(&gone.at).await;
    assert!(read == Read::Gone, "a write does not bring back what is gone: {}", gone.at.id);
    if trial.fixture.removes {
        let result = trial.remove(gone).await;
        assert!(
            is_refused(&result, FaultKind::Gone),
            "to remove a record that is gone is NotApplied with FaultKind::Gone, got {}",
            outcome(&result)
        );
    }
}

/// Writes to a record that never was.
pub(super) async fn writes_to_no_stranger(trial: &Trial<'_>, rows: &[Snapshot], like: &Made) {
    let stranger = Snapshot { at: trial.unknown(rows), ..like.seen.clone() };
    stays_gone(trial, &stranger, like).await;
}

/// Takes away what the suite has created, where it can.
pub(super) async fn cleans_up(trial: &Trial<'_>, made: &[Made]) {
    for record in made {
        if let (true, Read::Found(seen)) = (trial.fixture.removes, trial.get(&record.at).await) {
            Trial::written(trial.remove(&seen).await, "a record can be removed");
        }
    }
}
