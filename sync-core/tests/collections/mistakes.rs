//! The suite fails on collections that are wrong.

use std::sync::Arc;

use serde_json::json;
use sync_core::ManualEnv;
use sync_core::conformance::collection::{Fixture, check, check_read_only};
use sync_core::engine::RecordId;

use super::careless::Careless;
use super::people;
use super::service::Service;

/// What a collection does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mistake {
    ChangesAccount,
    SetsNothingUp,
    ClaimsNoReadLag,
    ClaimsNoIndexLag,
    AnswersAnotherId,
    CreatesTwo,
    SkipsARecord,
    ListsTwice,
    GoesInCircles,
    NeverEnds,
    ListsOtherParents,
    CountsTooMany,
    ChangesByItself,
    ListsOldNames,
    ForgetsMarkers,
    HidesMarkersInLists,
    FindsNoMarker,
    TakesAnyMarker,
    FindsBySpelling,
    IgnoresTheLimit,
    KnowsEverybody,
    FailsForStrangers,
    TakesMarkersTwice,
    TakesValuesTwice,
    CreatesAndRefuses,
    NamesAnother,
    DoubtsRefusals,
    TakesWhatIsWrong,
    WritesWhole,
    WritesEverywhere,
    NeverClears,
    LeavesOutWhatIsEmpty,
    LosesMarkers,
    AnswersWhatWasSent,
    AddsInPlace,
    AddsTwice,
    FailsForMembersThatAreThere,
    IgnoresVersions,
    TellsNoTime,
    TimeStands,
    TimeGoesBack,
    LocalTime,
    FeedBeginsWithAll,
    FeedIsTooLate,
    FeedForgetsUpdates,
    FeedGoesInCircles,
    FeedGoesBack,
    FeedDeletesTooMuch,
    FindsWhatWasMerged,
    MovesToNowhere,
    KeepsWhatIsRemoved,
    ListsWhatIsRemoved,
    BringsBack,
    FailsForWhatIsGone,
    RemovesTwice,
    ShowsValuesInErrors,
    ShowsValuesInDebug,
    DoubtsItself,
    WritesInSecret,
    MissesWhatPeopleDo,
}

async fn check_with(mistake: Mistake) {
    let env = Arc::new(ManualEnv::new(1));
    let service = Service::new(&env);
    let careless = Careless::new(mistake, &service);
    match mistake {
        Mistake::DoubtsItself | Mistake::WritesInSecret | Mistake::MissesWhatPeopleDo => {
            service.seed(None, &json!({ "name": "Somebody" }));
            let fixture = Fixture::new(&careless, &*env).change(json!({ "city": "Tavira" }));
            check_read_only(&fixture.person(&*service)).await;
        }
        Mistake::ListsOtherParents => {
            service.seed(Some(RecordId::new("other")), &json!({ "name": "Of another" }));
            check(&people(&careless, &env).under(RecordId::new("ana"))).await;
        }
        _ => check(&people(&careless, &env).person(&*service)).await,
    }
}

macro_rules! careless {
    ($($name:ident: $mistake:ident, $message:literal;)*) => {$(
        #[tokio::test]
        #[should_panic(expected = $message)]
        async fn $name() {
            check_with(Mistake::$mistake).await;
        }
    )*};
}

careless! {
    one_that_changes_its_account_fails: ChangesAccount, "a collection stays on one account";
    one_that_sets_nothing_up_fails: SetsNothingUp, "what was set up is not missing any more";
    one_that_reads_late_fails: ClaimsNoReadLag, "is at the id that was answered, once read_lag has passed";
    one_that_lists_late_fails: ClaimsNoIndexLag, "is listed once index_lag has passed, and r001 is not";
    one_that_answers_another_id_fails: AnswersAnotherId, "r999 is gone";
    one_that_creates_two_fails: CreatesTwo, "a create creates one record";
    one_that_skips_records_fails: SkipsARecord, "is listed once index_lag has passed, and r";
    one_that_lists_twice_fails: ListsTwice, "a record is listed once";
    one_that_goes_in_circles_fails: GoesInCircles, "a listing goes round in circles";
    one_that_never_ends_fails: NeverEnds, "a listing ends";
    one_that_lists_other_parents_fails: ListsOtherParents, "is listed at its place";
    one_that_counts_too_many_fails: CountsTooMany, "as many records counted as listed";
    one_that_changes_by_itself_fails: ChangesByItself, "a second listing shows a record as the first did";
    one_that_lists_old_names_fails: ListsOldNames, "a listing shows a record as it is read";
    one_that_forgets_markers_fails: ForgetsMarkers, "a new record carries the marker that it was created with";
    one_that_hides_markers_in_lists_fails: HidesMarkersInLists, "a listing shows the marker that a record carries";
    one_that_finds_no_marker_fails: FindsNoMarker, "a record is found by its marker";
    one_that_takes_any_marker_fails: TakesAnyMarker, "no record carries a marker that was never written";
    one_that_finds_by_spelling_fails: FindsBySpelling, "a search by email finds every record with the value";
    one_that_ignores_the_limit_fails: IgnoresTheLimit, "gives at most as many records as are asked for";
    one_that_knows_everybody_fails: KnowsEverybody, "a record that was never there is Read::Gone";
    one_that_fails_for_strangers_fails: FailsForStrangers, "can be read, or is said to be gone";
    one_that_takes_markers_twice_fails: TakesMarkersTwice, "a second create with a marker that is unique";
    one_that_takes_values_twice_fails: TakesValuesTwice, "a second record with the same email is WriteError::Exists";
    one_that_creates_and_refuses_fails: CreatesAndRefuses, "a second record with the same email creates nothing";
    one_that_names_another_fails: NamesAnother, "names the record that is in the way";
    one_that_doubts_refusals_fails: DoubtsRefusals, "or NotApplied with FaultKind::Invalid, got Unknown";
    one_that_blames_itself_fails: TakesWhatIsWrong, "that the service does not accept is NotApplied";
    one_that_writes_whole_fails: WritesWhole, "leaves the fields that it is not told";
    one_that_writes_everywhere_fails: WritesEverywhere, "an update changes no other record";
    one_that_never_clears_fails: NeverClears, "null clears a field: city";
    one_that_leaves_out_what_is_empty_fails: LeavesOutWhatIsEmpty, "is shown as empty, and city is left out";
    one_that_loses_markers_fails: LosesMarkers, "an update leaves the marker";
    one_that_answers_what_was_sent_fails: AnswersWhatWasSent, "Written::stored is what a read then shows: name";
    one_that_adds_in_place_fails: AddsInPlace, "a member can be added, and nothing else of tags changes";
    one_that_adds_twice_fails: AddsTwice, "in the set already can be added, and nothing else of tags changes";
    one_that_fails_for_members_fails: FailsForMembersThatAreThere, "in the set already can be added, got";
    one_that_ignores_versions_fails: IgnoresVersions, "an update that knows an outdated version";
    one_that_tells_no_time_fails: TellsNoTime, "Caps::modified_at is claimed";
    one_whose_time_stands_fails: TimeStands, "modified_at moves on with an update";
    one_whose_time_goes_back_fails: TimeGoesBack, "modified_at does not go back";
    one_of_another_zone_fails: LocalTime, "modified_at is when a record last changed";
    one_whose_feed_begins_with_all_fails: FeedBeginsWithAll, "a feed that begins now has a cursor and no records";
    one_whose_feed_is_too_late_fails: FeedIsTooLate, "what was created after a feed began comes with it";
    one_whose_feed_forgets_updates_fails: FeedForgetsUpdates, "what was updated after a feed began comes with it";
    one_whose_feed_goes_in_circles_fails: FeedGoesInCircles, "a change feed goes round in circles";
    one_whose_feed_goes_back_fails: FeedGoesBack, "the cursor of a feed does not go back";
    one_whose_feed_deletes_too_much_fails: FeedDeletesTooMuch, "what a feed says is gone is gone";
    one_that_finds_what_was_merged_fails: FindsWhatWasMerged, "is found as before";
    one_that_moves_to_nowhere_fails: MovesToNowhere, "has moved to the one that it became";
    one_that_keeps_what_is_removed_fails: KeepsWhatIsRemoved, "a record that was removed is Read::Gone";
    one_that_lists_what_is_removed_fails: ListsWhatIsRemoved, "a record that was removed is listed no more";
    one_that_brings_back_fails: BringsBack, "a write does not bring back what is gone";
    one_that_fails_for_what_is_gone_fails: FailsForWhatIsGone, "an update of a record that is gone";
    one_that_removes_twice_fails: RemovesTwice, "to remove a record that is gone";
    one_that_shows_values_in_errors_fails: ShowsValuesInErrors, "an error shows no values of records, and this one shows email";
    one_that_shows_values_in_debug_fails: ShowsValuesInDebug, "the collection's Debug shows no values";
    a_reader_that_doubts_itself_fails: DoubtsItself, "a collection that only reads says NotApplied to a create, got Unknown";
    a_reader_that_writes_in_secret_fails: WritesInSecret, "a write that was refused creates and removes nothing";
    a_reader_that_misses_what_people_do_fails: MissesWhatPeopleDo, "what a person edited after a feed began comes with it";
}
