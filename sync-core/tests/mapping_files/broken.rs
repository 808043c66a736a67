//! Each file in `broken` gives exactly the message that lies beside it.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sync_core::engine::Mapping;

use crate::trace;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping_files")
}

#[test]
fn a_broken_file_says_where_it_is_wrong_and_how_to_mend_it() {
    trace::on();
    let mut count = 0;
    for entry in fs::read_dir(folder().join("broken")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path).unwrap();
            let error = Mapping::from_toml(&text).expect_err(&format!("{} is fine", path.display()));
            let beside = path.with_extension("txt");
            // Write anew, to be looked at, what has changed on purpose.
            if std::env::var_os("MAPPING_FILES_WRITE").is_some() {
                fs::write(&beside, format!("{error}\n")).unwrap();
            }
            let want = fs::read_to_string(&beside).unwrap();
            assert_eq!(format!("{error}\n"), want, "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 30, "{count}");
}

#[test]
fn a_problem_can_be_taken_apart() {
    let error = Mapping::from_toml("[fields.vat]\nleft = \"vat\"\n  rihgt = \"vat\"\n").unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!((problem.line, problem.column, problem.field.as_deref()), (3, 3, Some("vat")));
    assert_eq!(problem.message, "`rihgt` is no setting of a field: did you mean `right`?");
    assert_eq!(problem.excerpt, "3 |   rihgt = \"vat\"\n  |   ^^^^^");
    assert_eq!((error.path(), error.problems().len()), (None, 1));
}

#[test]
fn a_file_is_named_and_one_that_cannot_be_read_says_why() {
    let path = folder().join("broken/unknown_policy.toml");
    let error = Mapping::open(&path).unwrap_err();
    assert_eq!(error.path(), Some(path.as_path()));
    assert!(error.to_string().starts_with(&format!("{}:4:10: field `email`: ", path.display())), "{error}");
    let error = Mapping::open(folder().join("none.toml")).unwrap_err();
    assert!(error.to_string().ends_with("none.toml: cannot be read") && error.problems().is_empty());
    assert!(std::error::Error::source(&error).unwrap().is::<std::io::Error>());
}

/// A whole file with one piece taken out, doubled, or replaced by another piece of it or by anything.
fn damaged() -> impl Strategy<Value = String> {
    let words: Vec<String> = full_words();
    let pick = 0..words.len();
    let piece = prop_oneof![
        "\\PC{0,6}",
        Just(String::new()),
        prop::sample::select(words.clone()),
        prop::sample::select(vec![
            "\"", "[", "]", "{", "}", ".", "=", "\n", "\r\n", "\u{feff}", "\0", "'''", "1e9"
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec((pick, piece), 1..4).prop_map(move |damages| {
        let mut words = words.clone();
        for (at, piece) in damages {
            words[at] = piece;
        }
        words.concat()
    })
}

/// The words of the whole file, with all that is between them.
fn full_words() -> Vec<String> {
    let text = fs::read_to_string(folder().join("full.toml")).unwrap();
    text.split_inclusive([' ', '.', '"', '\n', '[', ']', '{', '}', '=', ',']).map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn no_text_panics_and_each_place_is_in_it(
        text in prop_oneof![damaged(), "\\PC{0,60}", "(\\[fields\\.[a-z\"é]{0,4}\\]\n|[a-z_]{1,6} = [\\[{\"'a-z0-9 .\\]}]{0,9}\n){0,6}"],
    ) {
        if let Err(error) = Mapping::from_toml(&text) {
            prop_assert!(!error.problems().is_empty());
            let shown = error.to_string();
            for problem in error.problems() {
                let line = text.split('\n').nth(problem.line - 1);
                prop_assert!(line.is_some_and(|line| problem.column <= line.chars().count() + 1), "{}", shown);
            }
        }
    }
}
