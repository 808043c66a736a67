use super::feed::Feed;
use super::reads::{knows_no_stranger, repeats_itself};
use super::trial::{Made, Trial, outcome};
use super::values::alike;
use super::writes::is_edited;
use crate::engine::{Part, Raw, Snapshot, WriteError};

/// Records of which each is read and searched for by itself.
pub(super) const SOME: usize = 20;

/// The records of a collection that only reads, read in every way.
pub(super) async fn reads(trial: &Trial<'_>) -> Vec<Snapshot> {
    let rows = trial.list().await;
    assert!(
        !rows.is_empty(),
        "an account with a record at least is needed to try a collection that only reads"
    );
    for row in &rows {
        trial.tells_its_time(row);
    }
    let looked_at: Vec<_> = rows.iter().take(SOME).cloned().collect();
    repeats_itself(trial, &looked_at).await;
    for row in &looked_at {
        // Whole here: whatever differs would be taken for a change.
        let read = trial.read(&row.at, "a record that is listed can be read").await;
        for (name, value) in &row.raw {
            let same = read.raw.get(name).is_none_or(|other| alike(value, other));
            assert!(same, "a listing shows a record as it is read: {name} of {} differs", row.at.id);
        }
    }
    knows_no_stranger(trial, &rows).await;
    rows
}

/// Every write is refused, and nobody needs to look whether it was.
pub(super) async fn refuses_every_write(trial: &Trial<'_>, rows: &[Snapshot]) {
    let Some(seen) = rows.first() else { return };
    let fixture = trial.fixture;
    let raw = fixture.records.first().unwrap_or(&seen.raw);
    let marker = trial.marker().await;
    let is_refused = |what: &str, refused: bool, got: String| {
        assert!(refused, "a collection that only reads says NotApplied to {what}, got {got}");
    };
    let provably = |error: Option<&WriteError>| matches!(error, Some(WriteError::NotApplied(_)));
    let created = trial.create(raw, &marker).await;
    is_refused("a create", provably(created.as_ref().err()), outcome(&created).to_string());
    let fields = if fixture.change.is_empty() { raw.clone() } else { fixture.change.clone() };
    let member = |path: &str| (path.to_owned(), vec!["member".to_owned()]);
    let (field, members) = fixture.sets.first().cloned().unwrap_or_else(|| member("set"));
    let parts = [
        Part::Fields(fields),
        Part::Fields(Raw::new()),
        Part::AddTo { field: field.clone(), members: members.clone() },
        Part::RemoveFrom { field, members },
    ];
    for part in parts {
        let updated = trial.update(seen, &part, &marker).await;
        is_refused("an update", provably(updated.as_ref().err()), outcome(&updated).to_string());
    }
    let removed = trial.remove(seen).await;
    is_refused("a removal", provably(removed.as_ref().err()), outcome(&removed).to_string());

    trial.until_listed().await;
    let after = trial.list().await;
    assert!(after.len() == rows.len(), "a write that was refused creates and removes nothing");
    let read = trial.read(&seen.at, "a record that was not removed is there").await;
    trial.agree(seen, &read, "a write that was refused changes nothing");
    assert!(
        seen.raw.iter().all(|(name, value)| read.raw.get(name).is_none_or(|now| now == value)),
        "a write that was refused changes nothing"
    );
}

/// What a person changes is read, and comes with the feed if there is one.
pub(super) async fn follows_a_person(trial: &Trial<'_>, feed: &mut Option<Feed>, rows: &[Snapshot]) {
    if let Some(feed) = feed {
        feed.poll(trial).await;
    }
    let Some(seen) = rows.first().filter(|_| !trial.fixture.change.is_empty()) else { return };
    let now = trial.now();
    let mut record = Made {
        at: seen.at.clone(),
        marker: trial.marker().await,
        sent: seen.raw.clone(),
        seen: trial.read(&seen.at, "a record that is listed can be read").await,
        created: [now, now],
    };
    if is_edited(trial, &mut record).await {
        if let Some(feed) = feed {
            feed.brings(trial, &record, "what a person edited").await;
        }
    }
}
