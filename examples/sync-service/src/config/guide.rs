//! Settings that the guide shows can be read.

use std::path::{Path, PathBuf};

use super::load::parse;

/// What a part of a file lacks to be one.
const PAIR: &str = r#"[[pair]]
name = "shop"
ghl = { location = "loc", token = "env:GHL" }
moloni = { company = 5, client_id = "dev", client_secret = "env:SECRET" }
"#;

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_dir(root.join("../../docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = guide.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.chain([root.join("README.md")]).collect()
}

/// The blocks of TOML that are parts of a settings file.
fn settings(page: &str) -> Vec<&str> {
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .filter(|block| {
            block
                .lines()
                .any(|line| ["[service", "[[pair", "[pair."].iter().any(|part| line.starts_with(part)))
        })
        .collect()
}

#[test]
fn every_block_of_settings_can_be_read() {
    let mut count = 0;
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for block in settings(&page) {
            let text = if block.contains("[[pair]]") { block.to_owned() } else { format!("{PAIR}{block}") };
            let wrong = parse(&text, &path.display().to_string()).err();
            assert_eq!(wrong, None, "{text}");
            count += 1;
        }
    }
    assert!(count >= 1, "the page on events has some");
}
