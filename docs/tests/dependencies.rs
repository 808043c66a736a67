//! What the README says of Rust versions, TLS and features, checked against the dependency tree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test says what is wrong by failing"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).arg("--locked").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `name version` of everything that `package` needs on this machine with these features, tests apart.
fn tree(package: &str, features: &str) -> BTreeSet<String> {
    let args = ["tree", "-p", package, "--no-default-features", "--features", features, "-e", "normal,build"];
    let lines = cargo(&[&args[..], &["--prefix", "none", "--format", "{p}"]].concat());
    lines.lines().map(|l| l.split(" (").next().unwrap().replacen(" v", " ", 1)).collect()
}

/// The Rust version that each package declares.
fn declared() -> BTreeMap<String, String> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--all-features"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let text = |p: &Value, name: &str| p[name].as_str().unwrap_or_default().to_owned();
    packages
        .iter()
        .map(|p| (format!("{} {}", text(p, "name"), text(p, "version")), text(p, "rust_version")))
        .collect()
}

fn minor(version: &str) -> u32 {
    version.split('.').nth(1).map_or(0, |m| m.parse().unwrap())
}

const CORE: [(&str, &str); 8] = [
    ("sync-core", ""),
    ("sync-core", "http,rustls,engine,mapping-file,conformance,sandbox-kit,loopback,keyring"),
    ("ghl-contacts", "rustls,sandbox,loopback,webhooks,axum"),
    ("ghl-contacts", "rustls,sync"),
    ("ghl-contacts", "rustls-no-provider,sandbox"),
    ("moloni-client", "rustls,sandbox,loopback"),
    ("moloni-client", "rustls,sync"),
    ("moloni-client", "rustls-no-provider,sandbox"),
];

#[test]
fn no_dependency_needs_a_newer_rust_than_declared() {
    let declared = declared();
    let stores = [("sync-core", "sqlite,postgres,conformance,http,rustls")];
    for (limit, trees) in [(85, &CORE[..]), (94, &stores[..])] {
        for (package, features) in trees {
            for name in tree(package, features) {
                let rust = declared.get(&name).unwrap_or_else(|| panic!("{name} is not in the metadata"));
                assert!(
                    minor(rust) <= limit,
                    "{package} [{features}]: {name} needs Rust {rust}, more than 1.{limit}"
                );
            }
        }
    }
}

#[test]
fn the_core_crates_use_no_newer_syntax_than_declared() {
    fn check(folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Chains of `let` came with 1.88.
            assert!(!text.contains("&& let "), "{}: a chain of `let`", path.display());
        }
    }
    for name in ["sync-core", "ghl-contacts", "moloni-client"] {
        check(&root().join(name).join("src"));
    }
}

#[test]
fn tls_is_rustls_and_nothing_else() {
    for (package, features) in CORE {
        for name in tree(package, features) {
            let other = ["openssl ", "openssl-sys ", "native-tls ", "schannel "]
                .iter()
                .find(|n| name.starts_with(**n));
            assert_eq!(other, None, "{package} [{features}]");
            let provider = name.starts_with("aws-lc") || name.starts_with("ring ");
            assert!(!(provider && features.contains("no-provider")), "{package} [{features}]: {name}");
        }
    }
}

#[test]
fn clients_do_not_compile_the_engine_and_the_bare_core_is_small() {
    let has = |package: &str, features: &str, name: &str| {
        tree(package, features).iter().any(|n| n.split(' ').next() == Some(name))
    };
    assert!(!has("ghl-contacts", "rustls", "sqlx") && !has("moloni-client", "rustls", "sqlx"));
    assert!(
        !has("ghl-contacts", "rustls", "moloni-client") && !has("moloni-client", "rustls", "ghl-contacts")
    );
    for heavy in ["reqwest", "hyper", "sqlx", "axum", "oauth2"] {
        assert!(!has("sync-core", "", heavy), "{heavy} without any feature");
    }
    let engine = |client: &str, features: &[&str]| {
        let args = ["tree", "-p", client, "-e", "features,normal", "-i", "sync-core"];
        cargo(&[&args[..], features].concat()).contains("sync-core feature \"engine\"")
    };
    // The collections of a service's records are for an engine, and nothing else of the clients is.
    let others = [
        ("ghl-contacts", "rustls,rustls-no-provider,loopback,sandbox,axum"),
        ("moloni-client", "rustls,rustls-no-provider,loopback,sandbox"),
    ];
    for (client, others) in others {
        assert!(!engine(client, &["--no-default-features", "--features", others]), "{client}");
        assert!(engine(client, &["--no-default-features", "--features", "sync"]), "{client}");
    }
}
