use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::trial::{Made, Trial};

/// How far the service's clock may be off. An hour is a time zone.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Longer than this nothing is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How exact a time is.
fn granularity(trial: &Trial<'_>) -> Option<SignedDuration> {
    let granularity = trial.caps().modified_at?;
    Some(SignedDuration::try_from(granularity).unwrap_or(SignedDuration::MAX))
}

/// The times of a record that was just created.
pub(super) fn tells_when_it_was_created(trial: &Trial<'_>, made: &Made) {
    if let Some(told) = made.seen.created_at {
        is_within(told, made.created, SKEW, "created_at is when a record was created");
    }
    if let (Some(told), Some(granularity)) = (made.seen.modified_at, granularity(trial)) {
        let off = granularity.checked_add(SKEW).unwrap_or(SignedDuration::MAX);
        is_within(told, made.created, off, "modified_at is when a record last changed");
    }
}

#[track_caller]
fn is_within(told: Timestamp, [from, to]: [Timestamp; 2], off: SignedDuration, what: &str) {
    let (early, late) = (from.duration_since(told), told.duration_since(to));
    assert!(early <= off && late <= off, "{what}: {told}, not between {from} and {to}");
}

/// Waits until two changes can be told apart by their time.
pub(super) async fn until_another_time(trial: &Trial<'_>) {
    if let Some(granularity) = trial.caps().modified_at {
        let pause = granularity.saturating_mul(2).saturating_add(Duration::from_millis(20));
        trial.fixture.env.sleep(pause.min(PATIENCE)).await;
    }
}

/// Between the create and an update that was sent and answered at `updated`, a record's time moves on by as much.
pub(super) fn moves_on(trial: &Trial<'_>, created: &Made, after: &Made, updated: [Timestamp; 2]) {
    let (before, after) = (&created.seen, &after.seen);
    assert_eq!(before.created_at, after.created_at, "an update leaves created_at");
    let (Some(granularity), Some(was), Some(is)) =
        (granularity(trial), before.modified_at, after.modified_at)
    else {
        return;
    };
    assert!(was <= is, "modified_at does not go back: {is} after {was}");
    // By the service's clock alone: ours may differ.
    let [_, answered] = created.created;
    let [sent, _] = updated;
    let passed = sent.duration_since(answered);
    let told = is.duration_since(was);
    let exact = told.checked_add(granularity).is_none_or(|most| most >= passed);
    assert!(
        exact,
        "modified_at moves on with an update, as exactly as Caps::modified_at says: by {told}, and {passed} passed"
    );
    let off = granularity.checked_add(SKEW).unwrap_or(SignedDuration::MAX);
    is_within(is, updated, off, "modified_at is when a record last changed");
}
