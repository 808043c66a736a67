//! The pages, and what of Markdown the tests look at.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of a folder with this ending, and of its folders, by its path from the repository.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            found.extend(files(&path, ending));
        } else if path.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every page that a person reads: the guide, the README of the repository, of each crate and of each template.
pub(crate) fn pages() -> Vec<String> {
    let mut pages = files("docs", ".md");
    pages.push("README.md".to_owned());
    pages.extend(["sync-core", "ghl-contacts", "moloni-client"].map(|name| format!("{name}/README.md")));
    pages.extend(files("examples", "README.md"));
    pages
}

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// What stands behind the opening fence, such as `sh` or `rust,no_run`.
    pub(crate) language: String,
    pub(crate) text: String,
}

pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut open): (Vec<Block>, bool) = (Vec::new(), false);
    for line in page.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => {
                blocks.push(Block { language: language.to_owned(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!open, "a block of code is not closed");
    blocks
}

/// The page without its blocks of code.
pub(crate) fn prose(page: &str) -> String {
    let mut open = false;
    let lines = page.lines().filter(|line| {
        let fence = line.starts_with("```");
        open ^= fence;
        !open && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is between single backticks, or between double ones.
pub(crate) fn code(text: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find('`') {
        let tail = &rest[start..];
        let fence = &tail[..tail.len() - tail.trim_start_matches('`').len()];
        let Some((within, after)) = tail[fence.len()..].split_once(fence) else { break };
        found.push(within.trim().to_owned());
        rest = after;
    }
    found
}

/// What is linked, images too.
pub(crate) fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let targets = prose.split("](").skip(1);
    targets.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchor that a heading gets.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
}

pub(crate) fn anchors(page: &str) -> Vec<String> {
    let prose = prose(page);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

/// The headings of the second level, each with what is below it.
pub(crate) fn sections(page: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push((heading.to_owned(), String::new()));
        } else if let Some((_, text)) = sections.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    sections
}

/// The rows of all tables, without heads and rules.
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<_> = text.lines().collect();
    let mut rows = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let rule = |at: usize| lines.get(at).is_some_and(|line| line.starts_with("|---"));
        if line.starts_with('|') && !rule(number) && !rule(number + 1) {
            let cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
            rows.push(cells.collect());
        }
    }
    rows
}
