//! What a client of Moloni gets wrong when it trusts the documentation, or its own habits. Each test has the number of
//! its pitfall in the notes on the API.
//!
//! | | pitfall | held by |
//! |---|---|---|
//! | 01 | refusals are lists in a success, nested for lines, of unknown forms too | `wire::p01_a_refusal_is_a_list_in_a_success_nested_for_lines_and_of_unknown_forms` |
//! | 02 | `getOne` of nothing is `[]` | `wire::p02_what_is_not_there_is_an_empty_list` |
//! | 03 | counts and some ids are texts | `wire::p03_counts_and_some_ids_are_texts` |
//! | 04 | offsets have no colon; days are cut, not converted | `wire::p04_offsets_have_no_colon_and_days_are_cut_not_converted` |
//! | 05 | flags and token are in the query; URLs leak them | `wire::p05_flags_and_token_are_in_the_query_and_nowhere_else`, `wire::p05_a_url_that_is_repeated_shows_no_token` |
//! | 06 | refresh tokens rotate, race and die after 14 days | `tokens::p06_a_refresh_token_works_once_and_many_callers_spend_it_once`, `tokens::p06_a_connection_that_nobody_uses_for_14_days_is_dead` |
//! | 07 | `state` is not returned; the redirect address is compared byte by byte; the page moved | `tokens::p07_the_page_gives_no_state_back_and_the_code_is_taken_all_the_same`, `tokens::p07_a_redirect_address_is_another_one_by_a_single_byte`, `tokens::p07_the_page_is_where_it_moved_to` |
//! | 08 | three wrong passwords lock the login | `tokens::p08_a_third_wrong_password_locks_the_login_and_none_is_sent_twice` |
//! | 09 | `qty` is at most 50, other spellings are ignored | `wire::p09_pages_are_asked_for_by_qty_and_offset_and_never_have_more_than_50_rows` |
//! | 10 | searches are loose unless `exact`, and are checked again | `entities::p10_an_exact_search_is_asked_for_and_checked_again`, `entities::p10_rows_that_are_dropped_do_not_end_a_list` |
//! | 11 | changes of `vat` and `number` are dropped in silence | `entities::p11_a_dropped_change_of_the_tax_number_is_no_success` |
//! | 12 | numbers that are called optional are sent as 0 | `entities::p12_numbers_that_are_called_optional_are_sent_as_0` |
//! | 13 | customers have no timestamps | `entities::p13_a_customer_says_nothing_of_when`, `feed::p13_a_customer_says_not_when_it_changed_and_comes_as_changed_only_if_it_did` |
//! | 14 | payments do not touch the invoice | `documents::p14_a_payment_does_not_touch_the_invoice_and_its_receipt_names_it`, `feed::p14_a_payment_does_not_touch_the_invoice_that_it_pays` |
//! | 15 | drafts share the number -1 | `documents::p15_drafts_have_no_number_and_several_share_that` |
//! | 16 | `net_value` is with tax, `gross_value` before discounts | `documents::p16_net_is_with_tax_and_gross_is_before_discounts` |
//! | 17 | `comercial_*`, singular and irregular names, a capital | `entities::p17_names_are_spelled_as_the_service_spells_them`, `entities::p17_entities_are_called_by_their_irregular_names` |
//! | 18 | a product's tax is read as an amount and written as a rate | `entities::p18_a_product_s_tax_is_read_as_an_amount_and_written_as_a_rate`, `entities::p18_an_amount_whose_rate_is_not_known_cannot_be_written` |
//! | 19 | taxes of lines need their rate, and there is none of 0 | `documents::p19_a_line_bears_a_tax_with_its_rate_or_says_why_not_and_is_not_sent_otherwise`, `entities::p19_a_rate_of_0_is_no_tax_but_a_reason` |
//! | 20 | associated documents are sent again to close | `documents::p20_associated_documents_are_sent_again_when_a_draft_is_closed` |
//! | 21 | the link to a PDF is a page; `signed` hangs | `documents::p21_a_link_to_a_pdf_is_a_page_and_the_file_is_fetched_from_there_unsigned` |
//! | 22 | no idempotency keys. There are no ranges of days and no bulk calls: nothing here pretends to have them | `documents::p22_an_insert_whose_answer_is_lost_is_not_sent_again_but_looked_for` |
//! | 23 | types have no name, and tables of them differ | `documents::p23_a_type_has_no_name_in_a_row_and_is_looked_up` |
//! | 24 | the demonstration company is in everybody's list | `entities::p24_the_demonstration_company_is_nobody_s_own` |
//! | 25 | nested objects vanish with their id, and have other names than documented | `entities::p25_nested_records_vanish_with_their_id_and_keep_their_real_names` |
//! | 26 | filters by day and reference are texts | `wire::p26_filters_by_date_and_reference_are_texts` |
//! | 27 | categories are listed one level at a time | `entities::p27_categories_are_listed_one_level_at_a_time` |
//! | 28 | suppliers' documents are not described: no typed body | `documents::p28_suppliers_documents_have_no_typed_body_and_their_raw_one_is_checked` |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::inconsistent_digit_grouping,
    reason = "a test says what is wrong by failing"
)]

mod documents;
mod entities;
mod feed;
mod tokens;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod wire;

use std::collections::BTreeSet;

#[test]
fn every_pitfall_is_held_by_the_tests_that_the_table_names() {
    let modules = [
        ("documents", include_str!("documents.rs")),
        ("entities", include_str!("entities.rs")),
        ("feed", include_str!("feed.rs")),
        ("tokens", include_str!("tokens.rs")),
        ("wire", include_str!("wire.rs")),
    ];
    let mut there = BTreeSet::new();
    for (module, text) in modules {
        let names = text.lines().filter_map(|line| line.split("fn p").nth(1)?.split_once('('));
        let numbered = names.filter(|(name, _)| name.starts_with(|first: char| first.is_ascii_digit()));
        there.extend(numbered.map(|(name, _)| format!("{module}::p{name}")));
    }
    let (mut named, mut numbers) = (BTreeSet::new(), Vec::new());
    for row in include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let Some(number) = row.split(' ').next().and_then(|number| number.parse::<u8>().ok()) else {
            continue;
        };
        let tests: Vec<_> =
            row.rsplit(" | ").next().unwrap().split('`').filter(|t| t.contains("::p")).collect();
        assert!(!tests.is_empty(), "nothing holds pitfall {number}");
        assert!(tests.iter().all(|test| test.contains(&format!("::p{number:02}_"))), "{row}");
        named.extend(tests.into_iter().map(str::to_owned));
        numbers.push(number);
    }
    assert_eq!(numbers, (1..=28).collect::<Vec<_>>());
    let differ: Vec<_> = named.symmetric_difference(&there).collect();
    assert!(differ.is_empty(), "in the table or in the files, and not in the other: {differ:?}");
}
