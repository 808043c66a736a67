//! Blocks of Rust are doctests of some crate, blocks of TOML are what they claim to be, blocks of JSON are JSON.

use serde_json::Value;
use sync_core::engine::MappingBuilder;

use crate::markdown::{blocks, pages, read};

/// What blocks may be. `mermaid` and `text` are for reading, `sh` is run by `commands`.
const LANGUAGES: [&str; 7] = ["json", "mermaid", "rust", "rust,no_run", "sh", "text", "toml"];

#[test]
fn every_block_says_what_it_is() {
    for page in pages() {
        for block in blocks(&read(&page)) {
            assert!(LANGUAGES.contains(&block.language.as_str()), "{page}: a block of `{}`", block.language);
        }
    }
}

#[test]
fn every_block_of_rust_is_compiled() {
    let ours = read("docs/src/lib.rs");
    for page in pages() {
        if !blocks(&read(&page)).iter().any(|block| block.language.starts_with("rust")) {
            continue;
        }
        let included = match page.strip_prefix("docs/") {
            Some(name) => ours.contains(&format!("include_str!(\"../{name}\")")),
            None if page == "README.md" => ours.contains("include_str!(\"../../README.md\")"),
            None => {
                let library = page.replace("README.md", "src/lib.rs");
                read(&library).contains("include_str!(\"../README.md\")")
            }
        };
        assert!(included, "{page} has Rust, and is compiled nowhere: include it in docs/src/lib.rs");
    }
}

#[test]
fn every_block_of_toml_is_a_mapping() {
    // Those with other parts of the service's file are read by a test of the service.
    let parts = |line: &str| ["[service", "[[pair", "[pair."].iter().any(|part| line.starts_with(part));
    let is_settings = |text: &str| text.lines().any(|line| parts(line) && !line.starts_with("[pair.fields."));
    let mut count = 0;
    for page in pages() {
        let blocks = blocks(&read(&page));
        for block in blocks.iter().filter(|block| block.language == "toml" && !is_settings(&block.text)) {
            // The service has several mappings in its file.
            let mapping = MappingBuilder::from_toml(&block.text.replace("[pair.fields.", "[fields."));
            let mapping = mapping.unwrap_or_else(|error| panic!("{page}: {error}"));
            mapping.build().unwrap_or_else(|error| panic!("{page}: {error}"));
            count += 1;
        }
    }
    assert!(count >= 2, "the page on mapping files has some");
}

#[test]
fn every_block_of_json_is_json() {
    for page in pages() {
        for block in blocks(&read(&page)).iter().filter(|block| block.language == "json") {
            serde_json::from_str::<Value>(&block.text).unwrap_or_else(|error| panic!("{page}: {error}"));
        }
    }
}
