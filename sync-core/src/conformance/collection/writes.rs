use super::trial::{Made, Trial, is_refused, outcome};
use super::values::{self, alike, at, is_empty, leaves, members, path, put};
use crate::engine::{FaultKind, Part, Raw, RecordRef, Snapshot, Written};

pub(super) async fn creates(trial: &Trial<'_>, sent: &Raw) -> Made {
    let marker = trial.marker().await;
    let before = trial.now();
    let written = trial.create(sent, &marker).await;
    let written = Trial::written(written, "a record can be created");
    let created = [before, trial.now()];
    let at = trial.fixture.place(written.id.clone());
    trial.until_read().await;
    let what = "a record that was created is at the id that was answered, once read_lag has passed";
    let seen = trial.read(&at, what).await;
    for (path, value) in leaves(sent) {
        let stored = values::at(&seen.raw, &path);
        let same = stored.map_or_else(|| is_empty(value), |stored| alike(value, stored));
        assert!(same, "a new record has the fields that were sent: {} differs", path.join("."));
    }
    if trial.has_markers() {
        let carried = seen.marker.as_ref() == Some(&marker);
        assert!(carried, "a new record carries the marker that it was created with: {}", at.id);
    }
    answers_truly(trial, &written, &seen);
    Made { at, marker, sent: sent.clone(), seen, created }
}

/// What a write answers is what a read then shows.
fn answers_truly(trial: &Trial<'_>, written: &Written, seen: &Snapshot) {
    assert_eq!(written.id, seen.at.id, "a write answers the id of the record that it wrote");
    if let Some(stored) = &written.stored {
        trial.agree(stored, seen, "Written::stored is what a read then shows");
        if stored.version.is_some() {
            assert_eq!(
                stored.version, seen.version,
                "Written::stored has the version that a read then shows"
            );
        }
    }
}

/// Writes a part and reads the record again.
async fn writes(trial: &Trial<'_>, record: &mut Made, part: &Part, what: &str) -> Snapshot {
    let before = record.seen.clone();
    let written = trial.update(&before, part, &record.marker).await;
    let written = Trial::written(written, what);
    trial.until_read().await;
    record.seen = trial.read(&record.at, "a record that was updated is there").await;
    if trial.has_markers() {
        assert_eq!(record.seen.marker, before.marker, "an update leaves the marker");
    }
    answers_truly(trial, &written, &record.seen);
    before
}

pub(super) async fn updates_what_it_is_told(trial: &Trial<'_>, record: &mut Made, other: &Made) {
    let change = &trial.fixture.change;
    let before = writes(trial, record, &Part::Fields(change.clone()), "a record can be updated").await;
    for path in &trial.paths {
        let (was, is) = (at(&before.raw, path), at(&record.seen.raw, path));
        let name = path.join(".");
        match (at(change, path), is) {
            (Some(wanted), None) => {
                let empty = is_empty(wanted);
                assert!(empty, "an update writes the fields that it is told: {name} differs");
                panic!("a field that was cleared is shown as empty, and {name} is left out");
            }
            (Some(wanted), Some(is)) if is_empty(wanted) => {
                assert!(is_empty(is), "null clears a field: {name} is not empty");
            }
            (Some(wanted), Some(is)) => {
                assert!(alike(wanted, is), "an update writes the fields that it is told: {name} differs");
            }
            // Another one's field, or a part of one that was written.
            (None, _) if is_within(change, path) => {}
            (None, _) => {
                let same = match (was, is) {
                    (Some(was), Some(is)) => alike(was, is),
                    (was, is) => was.is_none_or(is_empty) && is.is_none_or(is_empty),
                };
                assert!(same, "an update leaves the fields that it is not told: {name} differs");
            }
        }
    }
    let untouched = trial.read(&other.at, "a record that nobody removed is there").await;
    trial.same(&other.seen, &untouched, "an update changes no other record");
}

/// Whether a change writes something above this path, such as null in place of an object.
fn is_within(change: &Raw, path: &[String]) -> bool {
    (1..path.len()).any(|length| {
        path.get(..length).and_then(|above| at(change, above)).is_some_and(|value| !value.is_object())
    })
}

/// What was stored is told even where it is not what was sent.
pub(super) async fn tells_what_it_stored(trial: &Trial<'_>, record: &mut Made) {
    let fields = &trial.fixture.stored_otherwise;
    if fields.is_empty() {
        return;
    }
    writes(trial, record, &Part::Fields(fields.clone()), "a record can be updated").await;
    let as_sent = leaves(fields)
        .into_iter()
        .all(|(path, sent)| at(&record.seen.raw, &path).is_some_and(|stored| alike(sent, stored)));
    assert!(!as_sent, "the service stores what the fixture says in another way than it is sent");
}

pub(super) async fn writes_members(trial: &Trial<'_>, record: &mut Made) {
    for (path, names) in &trial.fixture.sets {
        let [one, other] = names.as_slice() else { continue };
        let mut expected = set(&record.seen, path);
        assert!(
            !expected.contains(one) && !expected.contains(other),
            "the fixture adds members to {path} that the record does not have"
        );
        if !trial.caps().member_writes {
            writes_whole(trial, record, path, names).await;
            continue;
        }
        let add = |member: &str| Part::AddTo { field: path.clone(), members: vec![member.to_owned()] };
        let remove =
            |member: &str| Part::RemoveFrom { field: path.clone(), members: vec![member.to_owned()] };
        let has = |member: &str, mut before: Vec<String>| {
            before.push(member.to_owned());
            before.sort();
            before
        };
        let steps = [
            (add(other), Some(other), "a member can be added"),
            (add(one), Some(one), "a second member can be added"),
            (add(one), None, "a member that is in the set already can be added"),
            (remove(one), None, "a member can be removed"),
            (remove(one), None, "a member that is not in the set can be removed"),
            (remove(other), None, "the last member of ours can be removed"),
        ];
        for (part, added, what) in steps {
            if let Some(member) = added {
                expected = has(member, expected);
            } else if let Part::RemoveFrom { members, .. } = &part {
                expected.retain(|member| !members.contains(member));
            }
            let before = writes(trial, record, &part, what).await;
            let found = set(&record.seen, path);
            assert!(
                found == expected,
                "{what}, and nothing else of {path} changes: {} members, not {}",
                found.len(),
                expected.len()
            );
            leaves_the_rest(trial, &before, &record.seen, path);
        }
    }
}

/// A set that is written with the other fields.
async fn writes_whole(trial: &Trial<'_>, record: &mut Made, name: &str, ours: &[String]) {
    let before = set(&record.seen, name);
    for wanted in [ours, &[], before.as_slice()] {
        let mut raw = Raw::new();
        put(&mut raw, &path(name), wanted.iter().map(String::as_str).collect());
        writes(trial, record, &Part::Fields(raw), "a set can be written whole").await;
        let mut wanted = wanted.to_vec();
        wanted.sort();
        assert!(
            set(&record.seen, name) == wanted,
            "a set that is written whole is as it was written: {name}"
        );
    }
}

fn set(snapshot: &Snapshot, path: &str) -> Vec<String> {
    let mut found = members(snapshot.get(path));
    found.sort();
    found
}

fn leaves_the_rest(trial: &Trial<'_>, before: &Snapshot, after: &Snapshot, set: &str) {
    for path in trial.paths.iter().filter(|path| path.join(".") != set) {
        let values = (at(&before.raw, path), at(&after.raw, path));
        let same = match values {
            (Some(before), Some(after)) => alike(before, after),
            (before, after) => before == after,
        };
        assert!(same, "writing members leaves the other fields: {} differs", path.join("."));
    }
}

/// The fixture's change if the record does not have it yet, or else what it had before.
fn turned(trial: &Trial<'_>, record: &Made) -> Raw {
    let change = &trial.fixture.change;
    let is_changed = leaves(change).into_iter().all(|(path, wanted)| {
        at(&record.seen.raw, &path).map_or_else(|| is_empty(wanted), |is| alike(wanted, is))
    });
    if !is_changed {
        return change.clone();
    }
    let mut back = Raw::new();
    for (path, _) in leaves(change) {
        put(&mut back, &path, at(&record.sent, &path).cloned().unwrap_or_default());
    }
    back
}

/// Changes the record once more.
pub(super) async fn toggles(trial: &Trial<'_>, record: &mut Made) -> Snapshot {
    let part = Part::Fields(turned(trial, record));
    writes(trial, record, &part, "a record can be updated again").await
}

/// Whether a person could change the record once more.
pub(super) async fn is_edited(trial: &Trial<'_>, record: &mut Made) -> bool {
    let Some(person) = trial.fixture.person else { return false };
    let fields = turned(trial, record);
    if !person.edit(&record.at, &fields).await {
        return false;
    }
    trial.until_read().await;
    record.seen = trial.read(&record.at, "a record that a person edited is there").await;
    for (path, wanted) in leaves(&fields) {
        let same = at(&record.seen.raw, &path).is_some_and(|is| alike(wanted, is));
        assert!(same, "what a person edited is read once read_lag has passed: {} differs", path.join("."));
    }
    true
}

/// A write that knows an older version of a record is refused.
pub(super) async fn refuses_outdated_writes(trial: &Trial<'_>, record: &mut Made) {
    if record.seen.version.is_none() {
        return;
    }
    let outdated = toggles(trial, record).await;
    assert!(
        outdated.version != record.seen.version,
        "a record that was changed has another version than before: {}",
        record.at.id
    );
    is_refused_as_outdated(trial, record, &outdated).await;
    let outdated = record.seen.clone();
    if is_edited(trial, record).await {
        is_refused_as_outdated(trial, record, &outdated).await;
    }
}

async fn is_refused_as_outdated(trial: &Trial<'_>, record: &Made, outdated: &Snapshot) {
    let part = Part::Fields(turned(trial, record));
    let result = trial.update(outdated, &part, &record.marker).await;
    assert!(
        is_refused(&result, FaultKind::Changed),
        "an update that knows an outdated version is NotApplied with FaultKind::Changed, got {}",
        outcome(&result)
    );
    trial.until_read().await;
    let after = trial.read(&record.at, "a record whose update was refused is there").await;
    trial.same(&record.seen, &after, "an update that was refused changes nothing");
}

/// Whether the records are the same as before, once whatever was refused would be listed.
pub(super) async fn creates_nothing(trial: &Trial<'_>, before: &[Snapshot], what: &str) {
    trial.until_listed().await;
    let places = |rows: &[Snapshot]| {
        let mut places: Vec<RecordRef> = rows.iter().map(|row| row.at.clone()).collect();
        places.sort();
        places
    };
    let after = trial.list().await;
    assert_eq!(places(before), places(&after), "{what} creates nothing");
}
