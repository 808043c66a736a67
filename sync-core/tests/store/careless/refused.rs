use std::sync::Mutex;

use sync_core::conformance;
use sync_core::store::MemoryStore;

use super::Careless;
use super::mistake::Mistake;

async fn check(mistake: Mistake) {
    let make = async || Careless { right: MemoryStore::new(), mistake, notes: Mutex::default() };
    Box::pin(conformance::store::check(make)).await;
}

macro_rules! refused {
    ($($name:ident: $mistake:ident, $message:literal;)*) => {$(
        #[tokio::test]
        #[should_panic(expected = $message)]
        async fn $name() {
            check(Mistake::$mistake).await;
        }
    )*};
}

refused! {
    a_store_without_versions_of_links_fails: LastLinkWins, "a link that is not there is stale, got Ok";
    a_store_without_versions_of_projections_fails: LastProjectionWins,
        "a projection that is not there is stale, got Ok";
    a_store_without_versions_of_facts_fails: LastFactWins, "a fact that is not there is stale, got Ok";
    a_store_without_versions_of_positions_fails: LastPositionWins, "a position that is not there is stale, got Ok";
    a_store_that_races_fails: ChecksTooEarly, "that saw one version, one wins";
    a_store_that_commits_links_apart_fails: CommitsLinksApart, "a commit with a stale delete writes no links";
    a_store_that_commits_projections_apart_fails: CommitsProjectionsApart,
        "a commit with a stale record writes no projections";
    a_store_that_commits_facts_apart_fails: CommitsFactsApart, "a commit with a stale record writes no facts";
    a_store_that_commits_positions_apart_fails: CommitsPositionsApart,
        "a commit with a stale record writes no positions";
    a_store_that_commits_questions_apart_fails: CommitsReviewsApart,
        "a commit with a stale record opens and closes no questions";
    a_store_that_commits_the_journal_apart_fails: CommitsTheJournalApart,
        "a commit with a stale record adds nothing to the journal";
    a_store_that_loses_a_part_of_a_link_fails: LosesWhenLinksWereWritten, "a link comes back as it was written";
    a_store_that_writes_over_a_part_of_a_link_fails: KeepsOldFields,
        "of a link that is written over, nothing old remains";
    a_store_that_forgets_projections_fails: ForgetsProjections, "a projection comes back as it was written";
    a_store_that_forgets_facts_fails: ForgetsFacts, "a fact comes back as it was written";
    a_store_that_forgets_positions_fails: ForgetsPositions, "a position comes back as it was written";
    a_store_that_forgets_questions_fails: ForgetsReviews, "a question comes back as it was written";
    a_store_that_forgets_the_journal_fails: ForgetsTheJournal, "entries come back as they were written";
    a_store_with_short_pages_fails: PagesAreShort, "a page is full while there are records";
    a_store_with_short_pages_of_questions_fails: QuestionsAreFew,
        "links and questions come in the same order";
    a_store_with_pages_without_versions_fails: PagesHaveNoVersions, "pages have the same versions";
    a_store_for_anyone_fails: BindsToAnyone, "belongs to other accounts is refused";
    a_store_that_gives_records_twice_fails: ClaimsNothing, "is claimed by link c, got Ok";
    a_store_that_names_the_wrong_link_fails: NamesAnotherHolder,
        "the error names the record and the link that has it";
    a_store_that_names_a_link_that_wants_the_record_fails: NamesTheFirstOfACommit,
        "the link that has the record is the one that had it before";
    a_store_that_claims_by_id_alone_fails: ClaimsByIdAlone, "is taken for another record";
    a_store_in_which_ended_links_keep_records_fails: ClaimsForEnded,
        "a live link takes its records from one that has ended: Claimed";
    a_store_that_looks_at_links_in_order_fails: ClaimsInOrder,
        "in the commit in which its link moves away, after it is taken";
    a_store_in_which_deleted_links_keep_records_fails: ClaimsForDeleted,
        "in the commit in which its link is deleted";
    a_store_that_looks_at_links_one_by_one_fails: ClaimsNothingWithinACommit,
        "two links of one commit cannot have one record, got Ok";
    a_store_that_finds_links_without_parents_fails: LinkOfIgnoresParents, "is found by its place and its parent";
    a_store_that_finds_links_of_the_other_side_fails: LinkOfIgnoresSides,
        "a record of the other side with the same id is another record";
    a_store_that_finds_links_that_let_go_fails: LinkOfIsForEver, "a record that was let go has no link";
    a_store_that_forgets_ended_links_fails: LinkOfForgetsEnded, "is the one that has ended";
    a_store_that_prefers_ended_links_fails: LinkOfPrefersEnded, "the link of a record is the live one";
    a_store_that_takes_any_ended_link_fails: LinkOfTakesAnyEnded,
        "of several links that have ended, the link of a record is the one that ended last";
    a_store_that_takes_the_ended_link_written_last_fails: LinkOfTakesLastWritten,
        "has not ended last because it was written over";
    a_store_that_forgets_from_whom_a_record_was_taken_fails: LinkOfForgetsWhoWasTakenFrom,
        "when the live link is gone, the link of a record is the one that ended last";
    a_store_that_leaves_out_unknown_links_fails: LinksOfLeavesOutUnknown, "a page has the link that";
    a_store_that_leaves_out_unknown_facts_fails: FactsLeaveOutUnknown,
        "a page of facts has a place for each of them";
    a_store_that_knows_records_for_ever_fails: KnowsForEver, "of a link that was written over, nothing is known";
    a_store_that_knows_any_version_fails: KnowsAnyVersion, "what is noted about another version is not known";
    a_store_that_knows_one_side_fails: KnowsOneSide, "what was noted of a record is known of it, and of no other";
    a_store_with_creates_on_both_sides_fails: CreatesOnBothSides, "open creates are creates, on the side in question";
    a_store_that_takes_any_write_for_a_create_fails: CreatesAreAnyWrite,
        "open creates are creates, on the side in question";
    a_store_with_creates_in_any_order_fails: CreatesAreUnordered, "open creates come in the order of their ids";
    a_store_with_projections_of_anybody_fails: ProjectionsOfAnybody, "projections of a record come in the order";
    a_store_that_does_not_move_projections_fails: ProjectionsOfFirstOwner,
        "a projection that moved is its new owner's";
    a_store_with_facts_in_any_order_fails: FactsAreUnordered, "facts of a record come in the order of their keys";
    a_store_that_gives_facts_to_anybody_fails: FactsWithoutOwnersAreAnybodys,
        "facts of a record come in the order of their keys";
    a_store_that_forgets_when_it_first_asked_fails: AsksAnew, "keeps the moment when it was first asked";
    a_store_that_closes_only_what_is_open_fails: ClosesOnlyWhatIsOpen, "nothing happens to one that is not open";
    a_store_that_closes_nothing_fails: ClosesNothing, "a commit opens and closes all its questions";
    a_store_with_questions_about_another_side_fails: ReviewsIgnoreSides, "are about nothing else";
    a_store_with_questions_in_any_order_fails: ReviewsAreUnordered,
        "questions about a record come in the order of their keys";
    a_store_with_one_journal_for_all_fails: JournalIgnoresRecords, "holds what is about it";
    a_store_that_counts_from_zero_fails: JournalBeginsAtZero, "the first entry comes after number 0";
    a_store_with_one_number_for_all_fails: JournalHasOneNumber, "numbers of the journal grow";
    a_store_that_repeats_the_journal_fails: JournalRepeats, "the journal of one record goes on after a number";
    a_store_that_limits_before_it_looks_fails: JournalLimitsFirst, "a limit counts the entries that are wanted";
    a_store_with_short_pages_of_its_journal_fails: JournalPagesAreShort, "a page of the journal is full";
    a_store_that_numbers_entries_too_early_fails: JournalFillsGaps,
        "no entry of the journal appears before one that was read already";
    a_store_that_mixes_runs_fails: RunsAreMixed, "holds what it did";
    a_store_that_begins_runs_anew_fails: RunsBeginAnew, "a page is full while there are entries";
    a_store_with_the_oldest_run_first_fails: RunsAreOldestFirst, "runs are named once each, by falling names";
    a_store_that_repeats_runs_fails: RunsIncludeTheLast, "the runs before";
    a_store_that_forgets_earlier_links_fails: LinksWithTheLiveOneAlone, "have it still";
    a_store_that_trims_too_much_fails: TrimsTooMuch, "a step looks at no more entries than it may";
    a_store_that_trims_too_early_fails: TrimsTheMomentItself, "an entry of the moment itself is not older";
    a_store_that_keeps_entries_fails: KeepsEntries, "a commit deletes the entries that it names";
    a_store_that_finds_only_what_is_about_a_record_fails: MentionsWhatIsAboutIt, "a question that names";
}
