//! Every page is in the book once, and every link leads somewhere.

use std::collections::BTreeSet;

use crate::markdown::{anchors, files, links, pages, prose, read, root};

#[test]
fn every_page_is_in_the_summary_once() {
    let summary = read("docs/SUMMARY.md");
    let mut listed = links(&summary);
    listed.sort();
    let pages: Vec<_> = files("docs", ".md")
        .iter()
        .filter_map(|path| path.strip_prefix("docs/").filter(|page| *page != "SUMMARY.md").map(str::to_owned))
        .collect();
    assert_eq!(listed, pages);
}

#[test]
fn what_is_here_names_every_page_in_the_order_of_the_summary() {
    let of_guide = |page: &str| {
        let all = links(&read(page));
        all.into_iter().filter(|link| link != "README.md" && link != "SUMMARY.md").collect::<Vec<_>>()
    };
    assert_eq!(of_guide("docs/README.md"), of_guide("docs/SUMMARY.md"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        let folder = root().join(&page).parent().unwrap().to_owned();
        for link in links(&text) {
            // rustdoc checks its own, in the READMEs of the crates.
            if link.starts_with("https://") || link.contains("::") || link.ends_with("/index.html") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { root().join(&page) } else { folder.join(path) };
            if !target.exists() {
                wrong.push(format!("{page}: {link}: there is no such file"));
            } else if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                if !anchors(&text).iter().any(|found| found == anchor) {
                    wrong.push(format!("{page}: {link}: there is no such heading"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn headings_of_a_page_differ() {
    for page in pages() {
        let all = anchors(&read(&page));
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len(), "{page}: two headings have one anchor");
    }
}

#[test]
fn words_are_in_the_order_of_the_alphabet() {
    let glossary = prose(&read("docs/glossary.md"));
    let words: Vec<_> =
        crate::markdown::rows(&glossary).into_iter().map(|row| row[0].to_lowercase()).collect();
    assert!(words.len() > 70, "{}", words.len());
    let plain = |word: &str| word.replace(|c: char| !c.is_alphanumeric() && c != ' ', "");
    for pair in words.windows(2) {
        assert!(plain(&pair[0]) <= plain(&pair[1]), "{} before {}", pair[0], pair[1]);
    }
}
