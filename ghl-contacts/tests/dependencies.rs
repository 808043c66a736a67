//! What a program takes on with this crate: how many crates, and which of them twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// With default features, on Linux, this crate itself apart.
const MOST: usize = 135;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// `(name, version)` of everything that this crate needs on Linux with these features, tests apart.
fn tree(features: &[&str]) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "ghl-contacts", "-e", "normal", "--target", "x86_64-unknown-linux-gnu"])
        .args(["--prefix", "none", "--format", "{p}", "--locked"])
        .args(features)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let crates = String::from_utf8(output.stdout).unwrap();
    let mut crates: BTreeSet<_> = crates
        .lines()
        .map(|line| {
            let (name, rest) = line.split_once(" v").unwrap();
            (name.to_owned(), rest.split(' ').next().unwrap().to_owned())
        })
        .collect();
    assert!(crates.remove(&("ghl-contacts".to_owned(), env!("CARGO_PKG_VERSION").to_owned())));
    crates
}

/// The versions of each crate that there are several of, the newest one apart.
fn older(crates: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version) in crates {
        versions.entry(name).or_default().push(version);
    }
    let number = |version: &str| -> Vec<u64> {
        version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or_default()).collect()
    };
    let mut older = BTreeSet::new();
    for (name, mut versions) in versions {
        versions.sort_by_key(|version| number(version));
        versions.pop();
        older.extend(versions.into_iter().map(|version| (name.to_owned(), version.to_owned())));
    }
    older
}

/// `(name, start of the version, reason)` of what `deny.toml` lets pass although there is a newer one.
fn listed() -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let skip = text.split_once("\nskip = [").and_then(|(_, rest)| rest.split_once("\n]")).unwrap().0;
    let value = |line: &str, key: &str| {
        let (_, rest) = line.split_once(&format!("{key} = \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let entries = skip.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let spec = value(line, "crate").unwrap_or_else(|| panic!("deny.toml: {line}"));
        let (name, version) = spec.split_once('@').unwrap_or_else(|| panic!("deny.toml: {spec}: which?"));
        (name.to_owned(), version.to_owned(), value(line, "reason").unwrap_or_default())
    });
    entries.collect()
}

#[test]
fn default_features_stay_small() {
    let crates = tree(&[]);
    let small = crates.len() <= MOST;
    assert!(small, "{} crates, more than {MOST}:\n{crates:#?}", crates.len());
    // A tree that was read wrong would be small as well.
    for name in ["reqwest", "serde_json", "sync-core", "tokio"] {
        assert!(crates.iter().any(|(found, _)| found == name), "{name} is missing among {crates:?}");
    }
}

#[test]
fn each_crate_that_is_there_twice_is_listed_with_its_reason() {
    let listed = listed();
    for features in [&[][..], &["--all-features"]] {
        for (name, version) in older(&tree(features)) {
            let mut entries = listed.iter().filter(|(other, start, _)| {
                *other == name && (version == *start || version.starts_with(&format!("{start}.")))
            });
            let reason = entries.next().map(|(_, _, reason)| reason.as_str());
            assert!(
                reason.is_some_and(|reason| !reason.is_empty()),
                "{name} {version}, with {features:?}: there is a newer one, and deny.toml says no reason"
            );
        }
    }
}
