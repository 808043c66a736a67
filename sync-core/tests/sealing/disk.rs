//! The file on its disk: who may read it, what a crash leaves, and what happens where it cannot be written.

use std::fs;
use std::path::Path;

use sync_core::{FileTokenStore, TokenStore};

use super::{Folder, KEY, account, open, pair, put, reason, refusal, seal, stored};

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;

    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owner_s_alone() {
    let folder = Folder::new();
    let path = folder.file("tokens.json");
    // What a crash left, or somebody laid there: it is not written into.
    let elsewhere = folder.file("elsewhere");
    fs::write(&elsewhere, "untouched").unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.file("tokens.json.new")).unwrap();
    let store = open(&path).await;
    let rev = put(&store, "5", None, "a").await;
    assert_eq!([mode(&path), mode(&folder.file("tokens.json.lock"))], [0o600, 0o600]);
    assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "untouched");

    fs::write(folder.file("tokens.json.new"), "left by a crash").unwrap();
    set_mode(&folder.file("tokens.json.new"), 0o666);
    put(&store, "5", Some(rev), "b").await;
    assert_eq!(mode(&path), 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_read_is_refused() {
    let folder = Folder::new();
    let path = folder.file("tokens.json");
    put(&open(&path).await, "5", None, "a").await;
    for wide in [0o640, 0o604, 0o620, 0o602, 0o644, 0o666] {
        set_mode(&path, wide);
        assert_eq!(
            refusal(&path, &[KEY]).await,
            format!("others may read it (its mode is 0{wide:o}): `chmod 600 '{}'`", path.display())
        );
    }
    set_mode(&path, 0o600);
    open(&path).await;
}

#[tokio::test]
async fn what_a_crash_left_does_no_harm() {
    let folder = Folder::new();
    let path = folder.file("tokens.json");
    let store = open(&path).await;
    let rev = put(&store, "5", None, "a").await;
    let old = fs::read(&path).unwrap();
    put(&store, "5", Some(rev), "b").await;
    // As if the process had died before the new file took the old one's place: whole, then in the middle of
    // writing.
    let new = fs::read(&path).unwrap();
    for left in [&new[..], &new[..new.len() / 2], b""] {
        fs::write(&path, &old).unwrap();
        fs::write(folder.file("tokens.json.new"), left).unwrap();
        let store = open(&path).await;
        assert_eq!(stored(&store, "5").await.as_deref(), Some("a"), "what was not finished did not happen");
        let rev = put(&store, "5", Some(rev), "c").await;
        assert_eq!((stored(&store, "5").await.as_deref(), rev.get()), (Some("c"), 2));
        assert!(!folder.file("tokens.json.new").exists());
    }
}

#[tokio::test]
async fn where_the_new_file_cannot_be_written_the_old_pair_stays() {
    let folder = Folder::new();
    let path = folder.file("tokens.json");
    let store = open(&path).await;
    let rev = put(&store, "5", None, "a").await;
    let before = fs::read(&path).unwrap();
    fs::create_dir(folder.file("tokens.json.new")).unwrap();
    let error = store.swap(&account("5"), Some(rev), pair("b")).await.unwrap_err().to_string();
    assert!(reason(&error, &path).starts_with("it cannot be replaced, and is as it was: "), "{error}");
    store.remove(&account("5")).await.unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(stored(&store, "5").await.as_deref(), Some("a"));

    fs::remove_dir(folder.file("tokens.json.new")).unwrap();
    put(&store, "5", Some(rev), "b").await;
}

#[tokio::test]
async fn without_its_lock_nothing_is_changed() {
    let folder = Folder::new();
    let path = folder.file("tokens.json");
    fs::create_dir(folder.file("tokens.json.lock")).unwrap();
    let store = open(&path).await;
    let error = store.swap(&account("5"), None, pair("a")).await.unwrap_err().to_string();
    let lock = folder.file("tokens.json.lock");
    assert!(
        reason(&error, &path).starts_with(&format!("its lock {} cannot be taken: ", lock.display())),
        "{error}"
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let folder = Folder::new();
    let path = folder.file("gone/tokens.json");
    let said = refusal(&path, &[KEY]).await;
    assert!(said.starts_with("it has no folder that can be used: "), "{said}");

    fs::create_dir(folder.file("gone")).unwrap();
    let store = open(&path).await;
    fs::remove_dir(folder.file("gone")).unwrap();
    let error = store.load(&account("5")).await.unwrap_err().to_string();
    assert!(reason(&error, &path).starts_with("it has no folder any more: "), "{error}");
    store.swap(&account("5"), None, pair("a")).await.unwrap_err();

    let said = refusal(&folder.0, &[KEY]).await;
    assert!(said.starts_with("it cannot be read: ") || said.contains("Access is denied"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_so_that_all_use_one_lock() {
    let folder = Folder::new();
    let (path, link) = (folder.file("tokens.json"), folder.file("link.json"));
    let rev = put(&open(&path).await, "5", None, "a").await;
    std::os::unix::fs::symlink(&path, &link).unwrap();
    put(&open(&link).await, "5", Some(rev), "b").await;
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(stored(&open(&path).await, "5").await.as_deref(), Some("b"));
    assert!(!folder.file("link.json.lock").exists());

    fs::remove_file(&path).unwrap();
    let error = FileTokenStore::open(&link, seal(&[KEY])).await.unwrap_err().to_string();
    assert!(reason(&error, &link).starts_with("it cannot be found: "), "a link to nowhere: {error}");
}

/// Only root can give a file away, so the test proves nothing for anybody else.
#[cfg(unix)]
#[tokio::test]
async fn who_changes_the_file_does_not_take_it_away_from_its_owner() {
    use std::os::unix::fs::{MetadataExt, chown};

    let folder = Folder::new();
    let path = folder.file("tokens.json");
    let store = open(&path).await;
    let rev = put(&store, "5", None, "a").await;
    if chown(&path, Some(12_345), Some(12_346)).is_err() {
        skip("only root can give a file away");
        return;
    }
    put(&store, "5", Some(rev), "b").await;
    let owner = fs::metadata(&path).unwrap();
    assert_eq!((owner.uid(), owner.gid(), mode(&path)), (12_345, 12_346, 0o600));
}

#[cfg(unix)]
#[allow(clippy::print_stderr, reason = "who reads the test's output shall know that it proved nothing")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
