use super::trial::{Made, Trial, is_refused, outcome};
use super::values::{at, path, put};
use super::writes::creates_nothing;
use crate::engine::{FaultKind, MarkerKind, Part, Raw, Snapshot, WriteError, Written};

/// Of a unique marker there is one record, however often its create is sent.
pub(super) async fn takes_a_marker_once(trial: &Trial<'_>, first: &Made, rows: &[Snapshot]) {
    if trial.caps().marker != MarkerKind::Unique {
        return;
    }
    let again = trial.create(&first.sent, &first.marker).await;
    is_in_the_way(&again, first, "a second create with a marker that is unique");
    creates_nothing(trial, rows, "a second create with the same marker").await;
}

/// Of a unique field each value is taken once. `spare` are the fields of a record that has yet to be created.
pub(super) async fn takes_a_value_once(
    trial: &Trial<'_>,
    first: &Made,
    other: &Made,
    spare: &Raw,
    rows: &[Snapshot],
) {
    for name in &trial.caps().unique {
        let key = trial.fixture.keys.iter().find(|key| key.name == *name);
        let Some(path) = key.map(|key| path(&key.path)) else { continue };
        let Some(value) = at(&first.seen.raw, &path) else { continue };
        let mut twin = spare.clone();
        put(&mut twin, &path, value.clone());
        let marker = trial.marker().await;
        let result = trial.create(&twin, &marker).await;
        is_in_the_way(&result, first, &format!("a second record with the same {name}"));
        creates_nothing(trial, rows, &format!("a second record with the same {name}")).await;

        let mut part = Raw::new();
        put(&mut part, &path, value.clone());
        let result = trial.update(&other.seen, &Part::Fields(part), &other.marker).await;
        is_in_the_way(&result, first, &format!("an update to the {name} of another record"));
        trial.until_read().await;
        let after = trial.read(&other.at, "a record whose update was refused is there").await;
        trial.same(&other.seen, &after, "an update that was refused changes nothing");
    }
}

fn is_in_the_way(result: &Result<Written, WriteError>, holder: &Made, what: &str) {
    if let Err(WriteError::Exists(id)) = result {
        assert_eq!(*id, holder.at.id, "WriteError::Exists names the record that is in the way");
        return;
    }
    assert!(
        is_refused(result, FaultKind::Invalid),
        "{what} is WriteError::Exists, or NotApplied with FaultKind::Invalid, got {}",
        outcome(result)
    );
}

/// The fields of a record that shares with the first one whatever may be shared.
pub(super) fn sharing(trial: &Trial<'_>, first: &Made, spare: &Raw) -> Raw {
    let mut twin = spare.clone();
    for key in trial.fixture.keys.iter().filter(|key| !trial.caps().unique.contains(&key.name)) {
        let path = path(&key.path);
        if let Some(value) = at(&first.seen.raw, &path) {
            put(&mut twin, &path, value.clone());
        }
    }
    twin
}

/// What the service does not accept is said to be so, and is not there.
pub(super) async fn refuses_what_is_wrong(trial: &Trial<'_>, rows: &[Snapshot]) {
    if trial.fixture.refused.is_empty() {
        return;
    }
    let marker = trial.marker().await;
    let result = trial.create(&trial.fixture.refused, &marker).await;
    assert!(
        is_refused(&result, FaultKind::Invalid),
        "a record that the service does not accept is NotApplied with FaultKind::Invalid, got {}",
        outcome(&result)
    );
    creates_nothing(trial, rows, "a record that the service does not accept").await;
}
