//! Sealed records, the keys they are sealed with, and the file they are kept in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

mod damage;
mod disk;
mod file;
mod keyring;
mod keys;
mod seal;
#[path = "../trace/mod.rs"]
mod trace;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    AccountKey, FileTokenStore, Rev, Seal, SealingKey, SealingKeys, Swap, TokenSet, TokenStore, XChaChaSeal,
};

const KEY: &str = "5ec2e70000000000000000000000000000000000000000000000000000000001";
const OTHER_KEY: &str = "5ec2e70000000000000000000000000000000000000000000000000000000002";

/// A folder of its own, which goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sync-core-sealing-{}-{count}", std::process::id()));
        fs::create_dir(&path).unwrap();
        // Where errors name files, they name them without symbolic links.
        Self(fs::canonicalize(path).unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn key(text: &str) -> SealingKey {
    trace::on();
    SealingKey::from_text(&text.into()).unwrap()
}

/// Seals with the first key, and opens with any.
fn seal(keys: &[&str]) -> Arc<dyn Seal> {
    let mut keys = keys.iter().copied().map(key);
    let current = SealingKeys::new(keys.next().unwrap());
    Arc::new(XChaChaSeal::new(keys.fold(current, SealingKeys::also)))
}

async fn open(path: &Path) -> FileTokenStore {
    FileTokenStore::open(path, seal(&[KEY])).await.unwrap()
}

/// Why the file cannot be opened. It names the file on one line.
async fn refusal(path: &Path, keys: &[&str]) -> String {
    let error = FileTokenStore::open(path, seal(keys)).await.unwrap_err().to_string();
    reason(&error, path).to_owned()
}

/// What an error says beyond the name of the file.
fn reason<'a>(error: &'a str, path: &Path) -> &'a str {
    assert_eq!(error.lines().count(), 1, "is one line: {error}");
    assert!(!error.contains("s3cr3t") && !error.contains("5ec2e7"), "{error}");
    let reason = error.strip_prefix(&format!("file: {}: ", path.display()));
    reason.unwrap_or_else(|| panic!("{error} does not begin with {}", path.display()))
}

fn account(id: &str) -> AccountKey {
    AccountKey::new("moloni", id)
}

fn pair(name: &str) -> TokenSet {
    TokenSet::new(format!("s3cr3t-access-{name}").into(), Timestamp::UNIX_EPOCH)
        .refresh_token(format!("s3cr3t-refresh-{name}").into())
}

/// A swap that must be stored.
async fn put(store: &FileTokenStore, id: &str, expect: Option<Rev>, name: &str) -> Rev {
    match store.swap(&account(id), expect, pair(name)).await.unwrap() {
        Swap::Stored(rev) => rev,
        Swap::Stale(theirs) => panic!("stale: there is version {:?}", theirs.map(|theirs| theirs.rev)),
    }
}

/// The name of the pair that is stored.
async fn stored(store: &FileTokenStore, id: &str) -> Option<String> {
    let tokens = store.load(&account(id)).await.unwrap()?.value;
    let name = tokens.access.expose_secret().strip_prefix("s3cr3t-access-").unwrap();
    assert_eq!(tokens.refresh.unwrap().expose_secret(), format!("s3cr3t-refresh-{name}"));
    Some(name.to_owned())
}
