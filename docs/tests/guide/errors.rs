//! `errors.md` has every type of error, every kind, and the words that they say.

use std::collections::BTreeSet;

use crate::markdown::{code, read, rows, sections};
use crate::source::{said, sources, variants};

/// A section: its heading, the type, the file that has it, and other files that have words of it.
struct Listed {
    heading: &'static str,
    name: &'static str,
    file: &'static str,
    words: &'static [&'static str],
}

const fn listed(heading: &'static str, name: &'static str, file: &'static str) -> Listed {
    Listed { heading, name, file, words: &[] }
}

const fn with(
    heading: &'static str,
    name: &'static str,
    file: &'static str,
    words: &'static [&'static str],
) -> Listed {
    Listed { heading, name, file, words }
}

const SECTIONS: [Listed; 38] = [
    listed("BindError", "BindError", "sync-core/src/store/mod.rs"),
    with(
        "BridgeError",
        "BridgeError",
        "examples/moloni-ghl/src/bridge/error.rs",
        &["examples/moloni-ghl/src/bridge/moloni.rs", "sync-core/src/engine/mapping/builder.rs"],
    ),
    listed("CallbackError", "CallbackError", "sync-core/src/http/oauth/pending.rs"),
    listed("CommitError", "CommitError", "sync-core/src/store/mod.rs"),
    listed("DecodeError", "DecodeError", "sync-core/src/http/reply.rs"),
    with(
        "EngineError",
        "EngineError",
        "sync-core/src/engine/runtime.rs",
        &["sync-core/src/engine/guard/words.rs"],
    ),
    with(
        "Error of ghl-contacts",
        "ErrorKind",
        "ghl-contacts/src/error.rs",
        &[
            "ghl-contacts/src/oauth/granted.rs",
            "ghl-contacts/src/client.rs",
            "sync-core/src/http/oauth/grant.rs",
        ],
    ),
    with(
        "Error of moloni-client",
        "ErrorKind",
        "moloni-client/src/error.rs",
        &["sync-core/src/http/error.rs"],
    ),
    listed("FaultKind", "FaultKind", "sync-core/src/engine/fault.rs"),
    listed("FieldError of ghl-contacts", "FieldErrorKind", "ghl-contacts/src/fields/error.rs"),
    listed("FieldError of moloni-client", "FieldError", "moloni-client/src/validation/mod.rs"),
    listed("GrantError", "GrantError", "sync-core/src/http/oauth/grant.rs"),
    with("HttpErrorKind", "HttpErrorKind", "sync-core/src/http/error.rs", &["sync-core/src/http/client.rs"]),
    listed("InsertOrFindError", "InsertOrFindError", "moloni-client/src/writing/insert_or_find.rs"),
    listed("IssueError", "IssueError", "moloni-client/src/issuing/error.rs"),
    with(
        "KeyError of the seal",
        "KeyError",
        "sync-core/src/token/seal/key_error.rs",
        &["sync-core/src/token/seal/keyring.rs"],
    ),
    listed("KeyError of the webhooks", "KeyError", "ghl-contacts/src/webhooks/key.rs"),
    listed("LoopbackError", "LoopbackError", "sync-core/src/http/oauth/loopback.rs"),
    listed("MappingError", "MappingError", "sync-core/src/engine/mapping/builder.rs"),
    listed("MappingFileError", "MappingFileError", "sync-core/src/engine/mapping/file/error.rs"),
    listed("NifError", "NifError", "moloni-client/src/value/nif.rs"),
    listed("OnceError", "OnceError", "ghl-contacts/src/webhooks/once.rs"),
    listed("PatternError", "PatternError", "examples/moloni-ghl/src/attributes/when.rs"),
    listed("PostalCodeError", "PostalCodeError", "moloni-client/src/value/postal_code.rs"),
    listed("PrivacyKeyError", "PrivacyKeyError", "sync-core/src/privacy.rs"),
    listed("RecordError", "RecordError", "sync-core/src/token/record.rs"),
    listed("RefreshError", "RefreshError", "sync-core/src/token/source.rs"),
    listed("ResolveError", "ResolveError", "sync-core/src/engine/answer.rs"),
    listed("SealError", "SealError", "sync-core/src/token/seal/mod.rs"),
    listed("SettingsError", "SettingsError", "examples/moloni-ghl/src/settings.rs"),
    with("StoreError", "StoreError", "sync-core/src/token/store.rs", &["sync-core/src/database/mod.rs"]),
    listed("TokenError", "TokenError", "sync-core/src/token/source.rs"),
    listed("UnauthorizedReason", "UnauthorizedReason", "ghl-contacts/src/error.rs"),
    listed("ValidationCode", "ValidationCode", "moloni-client/src/validation/mod.rs"),
    listed("WebhookError", "WebhookError", "ghl-contacts/src/webhooks/error.rs"),
    listed("WriteError", "WriteError", "sync-core/src/engine/collection.rs"),
    // Told within the sections of their kinds.
    listed("HttpErrorKind", "HttpError", "sync-core/src/http/error.rs"),
    listed("FieldError of ghl-contacts", "FieldError", "ghl-contacts/src/fields/error.rs"),
];

/// Errors by name that are none of those that a user meets by these types.
const ELSEWHERE: [(&str, &str); 4] = [
    ("Error", "ghl-contacts/src/error.rs"),
    ("Error", "moloni-client/src/error.rs"),
    ("FaultKind", "sync-core/src/sandbox_kit/fault.rs"),
    ("MappingProblem", "sync-core/src/engine/mapping/file/error.rs"),
];

#[test]
fn every_type_of_error_has_a_section() {
    let headings: BTreeSet<_> =
        sections(&read("docs/errors.md")).into_iter().map(|(heading, _)| heading).collect();
    let ours: BTreeSet<_> = SECTIONS.iter().map(|listed| listed.heading.to_owned()).collect();
    assert_eq!(headings, ours);
    let mut found = 0;
    for (file, text) in sources() {
        for line in text.lines() {
            let rest = line.strip_prefix("pub enum ").or_else(|| line.strip_prefix("pub struct "));
            let Some(rest) = rest else { continue };
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            let is_error = ["Error", "ErrorKind", "FaultKind", "ErrorReason", "UnauthorizedReason"];
            if !is_error.iter().any(|end| name.ends_with(end)) {
                continue;
            }
            found += 1;
            let known = SECTIONS.iter().any(|listed| listed.name == name && listed.file == file)
                || ELSEWHERE.contains(&(&name, &file));
            assert!(known, "{name} of {file} is not in docs/errors.md");
        }
    }
    assert!(found > 35, "{found}");
}

#[test]
fn sections_and_kinds_are_in_the_order_of_the_alphabet() {
    let all = sections(&read("docs/errors.md"));
    for pair in all.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
    }
    for (heading, text) in all {
        let kinds: Vec<_> = rows(&text).into_iter().filter_map(|row| kind(&row[0])).collect();
        for pair in kinds.windows(2) {
            assert!(pair[0] < pair[1], "{heading}: {} before {}", pair[0], pair[1]);
        }
    }
}

#[test]
fn every_kind_has_a_row() {
    let page = sections(&read("docs/errors.md"));
    let mut count = 0;
    for Listed { heading, name, file, .. } in SECTIONS {
        let source = read(file);
        let mut kinds = variants(&source, name);
        if name == "ValidationCode" {
            // By the macro that makes them.
            let rules = source.split("\ncodes! {").nth(1).unwrap().split("\n}").next().unwrap();
            kinds = rules
                .lines()
                .filter_map(|line| line.trim().strip_suffix(',')?.split(" = ").next().map(str::to_owned))
                .collect();
        }
        if kinds.is_empty() {
            assert!(source.contains(&format!("pub struct {name}")), "{file} has no {name}");
            continue;
        }
        let (_, text) = page.iter().find(|(found, _)| found == heading).unwrap();
        let told: BTreeSet<_> = rows(text).into_iter().filter_map(|row| kind(&row[0])).collect();
        count += kinds.len();
        assert_eq!(told, kinds.into_iter().collect(), "{heading}");
    }
    assert!(count > 150, "{count}");
}

#[test]
fn the_words_are_those_of_the_source() {
    let page = sections(&read("docs/errors.md"));
    let mut checked = 0;
    for (heading, text) in &page {
        let listed = SECTIONS.iter().find(|listed| listed.heading == *heading).unwrap();
        let files = [&[listed.file], listed.words].concat();
        let source: String = files.iter().map(|file| said(&read(file))).collect();
        for row in rows(text) {
            let words = if kind(&row[0]).is_some() { &row[1] } else { &row[0] };
            for phrase in code(words) {
                // Sentences; a single word is a name.
                for part in
                    phrase.split('…').map(|part| part.trim_matches([' ', ':', ';', '(', ')', '[', ']', '.']))
                {
                    if part.contains(' ') && !part.starts_with("2 language_id") {
                        assert!(source.contains(part), "{heading}: nothing says `{part}`");
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 120, "{checked}");
}

#[test]
fn the_numbers_of_rules_are_those_of_the_source() {
    let source = read("moloni-client/src/validation/mod.rs");
    let page = sections(&read("docs/errors.md"));
    let (_, text) = page.iter().find(|(heading, _)| heading == "ValidationCode").unwrap();
    for row in rows(text) {
        let line = format!("    {} = {},", kind(&row[0]).unwrap(), row[1]);
        assert!(source.contains(&line), "{line}");
    }
}

/// The name of a kind, if the cell is one: one word in backticks.
fn kind(cell: &str) -> Option<String> {
    let name = cell.strip_prefix('`')?.strip_suffix('`')?;
    let is_name =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    is_name.then(|| name.to_owned())
}
