//! What the tests read in the sources.

use crate::markdown::{files, read};

/// The sources of all libraries, as pairs of path and text.
pub(crate) fn sources() -> Vec<(String, String)> {
    let folders = ["sync-core/src", "ghl-contacts/src", "moloni-client/src", "examples/moloni-ghl/src"];
    let paths = folders.iter().flat_map(|folder| files(folder, ".rs"));
    paths.map(|path| (path.clone(), read(&path))).collect()
}

/// The variants of an enum, as `cargo fmt` writes them.
pub(crate) fn variants(source: &str, name: &str) -> Vec<String> {
    let open = [format!("pub enum {name} {{"), format!("pub enum {name}<")];
    let mut lines =
        source.lines().skip_while(|line| !open.iter().any(|open| line.trim_start().starts_with(open)));
    let indent = lines.next().map_or(0, |line| line.len() - line.trim_start().len());
    let end = format!("{}}}", " ".repeat(indent));
    let own = " ".repeat(indent + 4);
    let within = lines.take_while(|line| **line != *end);
    let named = within.filter_map(|line| {
        let line = line.strip_prefix(&own)?;
        let name: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
        (name.starts_with(|c: char| c.is_ascii_uppercase())).then_some(name)
    });
    named.collect()
}

/// The text with its broken literals put together, as they are said.
pub(crate) fn said(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        let broken = line.strip_suffix('\\');
        let joined = text.ends_with('\u{0}');
        if joined {
            text.pop();
        }
        let line_text = broken.unwrap_or(line);
        text.push_str(if joined { line_text.trim_start() } else { line_text });
        text.push(if broken.is_some() { '\u{0}' } else { '\n' });
    }
    text.replace("\\\"", "\"")
}
