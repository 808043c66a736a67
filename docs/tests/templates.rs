//! Each template can be copied out of the workspace, has a page of its own, and is built where it was copied to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The directories of `examples/` that are there to be copied: those with a page of their own, but for the service, which is a
/// program to use as it is.
fn templates() -> Vec<PathBuf> {
    let all = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let mut templates: Vec<_> =
        all.filter(|path| path.join("README.md").exists() && !path.ends_with("sync-service")).collect();
    templates.sort();
    templates
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy(&entry, &target) } else { fs::copy(&entry, &target).map(drop).unwrap() }
    }
}

#[test]
fn each_template_is_built_outside_of_the_workspace() {
    let (root, directory) = (root(), std::env::temp_dir().join(format!("templates-{}", std::process::id())));
    let templates = templates();
    assert!(templates.len() >= 6, "{templates:?}");
    for template in templates {
        let name = template.file_name().unwrap().to_str().unwrap();
        let there = directory.join(name);
        copy(&template, &there);
        // All that a person has to change: where the crates are.
        let manifest = fs::read_to_string(there.join("Cargo.toml")).unwrap();
        assert!(!manifest.contains("workspace"), "{name} takes something over from the workspace");
        let ours = |path: &str| format!("path = \"{}/", root.join(path).display());
        let manifest =
            manifest.replace("path = \"../../", &ours("")).replace("path = \"../", &ours("examples"));
        fs::write(there.join("Cargo.toml"), manifest.replace("//", "/")).unwrap();
        // The versions that are fetched already.
        fs::copy(root.join("Cargo.lock"), there.join("Cargo.lock")).unwrap();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--offline", "--quiet"])
            .current_dir(&there)
            .env("CARGO_TARGET_DIR", root.join("target/templates"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .output()
            .unwrap();
        assert!(built.status.success(), "{name}: {}", String::from_utf8_lossy(&built.stderr));
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn each_template_has_one_page_and_little_code() {
    for template in templates() {
        let name = template.file_name().unwrap().to_string_lossy().into_owned();
        let lines = |file: &str| fs::read_to_string(template.join(file)).unwrap().lines().count();
        assert!(lines("README.md") <= 80, "{name}: the page is longer than one");
        assert!(lines("src/main.rs") < 130, "{name}: there is more in `main` than is read in a minute");
        assert!(template.join("tests").exists(), "{name} has a run against the sandbox");
    }
    let quickstart = fs::read_to_string(root().join("examples/quickstart/src/main.rs")).unwrap();
    assert!(quickstart.lines().count() < 120, "the quickstart is short");
}
