use super::trial::{Made, Trial};
use super::values::text;
use crate::engine::{Marker, MarkerKind, Probe, Read, Snapshot};

/// More hits than the suite has records.
const MANY: usize = 50;

pub(super) async fn is_set_up(trial: &Trial<'_>) {
    let collection = trial.collection;
    let found = trial.fine(collection.set_up().await, "what must be set up can be told");
    if !found.missing.is_empty() {
        trial.fine(collection.complete_set_up().await, "what is missing can be set up");
        let found = trial.fine(collection.set_up().await, "what must be set up can be told");
        assert!(found.missing.is_empty(), "what was set up is not missing any more: {:?}", found.missing);
    }
    let found = trial.fine(collection.set_up().await, "what must be set up can be told");
    assert!(!found.untouched, "once all is set up, something of ours may be there");
}

/// A record is listed once, as it is read, and carries its marker.
pub(super) fn is_listed(trial: &Trial<'_>, made: &Made, rows: &[Snapshot]) {
    let id = &made.at.id;
    let row = rows.iter().find(|row| row.at == made.at);
    let row = row.unwrap_or_else(|| {
        panic!("a record that was created is listed once index_lag has passed, and {id} is not")
    });
    trial.tells_its_time(row);
    if trial.has_markers() {
        let carried = row.marker.as_ref() == Some(&made.marker);
        assert!(carried, "a listing shows the marker that a record carries: {id}");
    }
    trial.agree(row, &made.seen, "a listing shows a record as it is read");
}

pub(super) async fn counts(trial: &Trial<'_>) {
    let before = trial.count().await;
    let listed = trial.list().await.len();
    let after = trial.count().await;
    assert_eq!(before, after, "a count of what nobody changes stays the same");
    if let Some(count) = after {
        let listed = u64::try_from(listed).unwrap_or(u64::MAX);
        assert_eq!(count, listed, "a scope has as many records counted as listed");
    }
}

/// What nobody has written reads the same again: it would be taken for a change.
pub(super) async fn repeats_itself(trial: &Trial<'_>, rows: &[Snapshot]) {
    let mut again = trial.list().await;
    again.retain(|row| rows.iter().any(|before| before.at == row.at));
    let order = |rows: &[Snapshot]| {
        let mut rows = rows.to_vec();
        rows.sort_by(|a, b| a.at.cmp(&b.at));
        rows
    };
    let (before, after) = (order(rows), order(&again));
    assert_eq!(before.len(), after.len(), "a second listing lists the same records");
    for (before, after) in before.iter().zip(&after) {
        assert!(before == after, "a second listing shows a record as the first did: {}", before.at.id);
    }
    for row in rows.iter().take(MANY) {
        let first = trial.read(&row.at, "a record that is listed can be read").await;
        let second = trial.read(&row.at, "a record that is listed can be read").await;
        assert!(first == second, "a second read shows a record as the first did: {}", row.at.id);
        assert_eq!(row.marker, first.marker, "a listing and a read show the same marker: {}", row.at.id);
        trial.agree(row, &first, "a listing shows a record as it is read");
    }
}

pub(super) async fn knows_no_stranger(trial: &Trial<'_>, rows: &[Snapshot]) {
    let at = trial.unknown(rows);
    let read = trial.get(&at).await;
    assert!(read == Read::Gone, "a record that was never there is Read::Gone: {}", at.id);
}

pub(super) async fn is_found_by_its_marker(trial: &Trial<'_>, made: &[Made]) {
    if trial.caps().marker != MarkerKind::Searchable || trial.caps().under_parent {
        return;
    }
    for record in made {
        let found = hits(trial, &record.marker).await;
        let id = &record.at.id;
        assert!(
            found.iter().any(|hit| hit.at == record.at),
            "a record is found by its marker once index_lag has passed, and {id} is not"
        );
        let others = found.iter().filter(|hit| hit.at != record.at).count();
        assert_eq!(others, 0, "no other record carries the marker of {id}");
        for hit in &found {
            trial.agree(hit, &record.seen, "a search shows a record as it is read");
        }
    }
    let nobodys = trial.marker().await;
    assert!(hits(trial, &nobodys).await.is_empty(), "no record carries a marker that was never written");
}

/// The records that carry a marker, as whoever looks for them tells them from those that were found too many.
async fn hits(trial: &Trial<'_>, marker: &Marker) -> Vec<Snapshot> {
    let mut found = trial.find(&Probe::Marker(marker.clone()), MANY).await;
    found.retain(|hit| hit.marker.as_ref() == Some(marker));
    found
}

/// Every search by a key finds the records that have the value, and gives no more than it is asked for.
pub(super) async fn is_found_by_its_keys(trial: &Trial<'_>, snapshots: &[&Snapshot]) {
    for key in &trial.fixture.keys {
        let mut searched = 0;
        for snapshot in snapshots {
            let Some(value) = snapshot.get(&key.path).and_then(text) else { continue };
            let normal = (key.normalise)(&value);
            let normal = normal.unwrap_or_else(|why| panic!("{} of the fixture {why}", key.name));
            let Some(value) = normal else { continue };
            let probe = Probe::Field { name: key.name.clone(), value };
            let found = trial.find(&probe, MANY).await;
            let hit = found.iter().find(|hit| hit.at == snapshot.at);
            let hit = hit.unwrap_or_else(|| {
                panic!(
                    "a search by {} finds every record with the value, and {} is not found",
                    key.name, snapshot.at.id
                )
            });
            trial.agree(hit, snapshot, "a search shows a record as it is read");
            let one = trial.find(&probe, 1).await;
            assert_eq!(one.len(), 1, "a search by {} for one record finds one", key.name);
            searched += 1;
        }
        assert!(searched > 0, "the fixture has a record with a {}", key.name);
    }
}
