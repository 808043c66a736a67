//! Files that are damaged, exchanged or somebody else's: an error each time, and nothing is written over them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sync_core::secrecy::ExposeSecret;
use sync_core::{FileTokenStore, Lease, Rev, TokenStore};

use super::{Folder, KEY, account, open, pair, put, reason, refusal, seal};

/// What every operation says of the file, which must be the same and leave it as it is.
async fn refused(store: &FileTokenStore, path: &Path) -> String {
    let before = fs::read(path).unwrap();
    let account = account("5");
    let opened = FileTokenStore::open(path, seal(&[KEY])).await.unwrap_err().to_string();
    let said = [
        store.load(&account).await.unwrap_err(),
        store.swap(&account, Some(Rev::FIRST), pair("new")).await.unwrap_err(),
        store.swap(&account, None, pair("new")).await.unwrap_err(),
        store.remove(&account).await.unwrap_err(),
        store.lease(&account, "ana", Duration::from_secs(1)).await.unwrap_err(),
        store.release(&account, Lease { owner: "ana".to_owned(), fence: 1 }).await.unwrap_err(),
        store.accounts().await.unwrap_err(),
        store.reseal().await.unwrap_err(),
    ];
    for error in said {
        assert_eq!(error.to_string(), opened);
        assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
    assert_eq!(fs::read(path).unwrap(), before, "it is left as it is");
    reason(&opened, path).to_owned()
}

/// A file with pairs in versions 1 and 2, and its store.
async fn file(folder: &Folder) -> (PathBuf, FileTokenStore) {
    let path = folder.file("tokens.json");
    let store = open(&path).await;
    let rev = put(&store, "5", None, "a").await;
    put(&store, "5", Some(rev), "b").await;
    put(&store, "6", None, "c").await;
    (path, store)
}

/// The sealed texts in the file, in the order of the accounts.
fn sealed(text: &str) -> Vec<&str> {
    text.split('"').filter(|part| part.len() > 64).collect()
}

#[tokio::test]
async fn a_file_that_is_cut_anywhere_is_an_error_and_never_an_empty_store() {
    let folder = Folder::new();
    let (path, store) = file(&folder).await;
    let whole = fs::read(&path).unwrap();
    for end in 0..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let said = refused(&store, &path).await;
        let expected =
            if end == 0 { "it is empty: " } else { "it is no token file, or it is cut or damaged (line " };
        assert!(said.starts_with(expected), "{end}: {said}");
    }
    fs::write(&path, &whole).unwrap();
    open(&path).await;
}

#[tokio::test]
async fn a_file_with_any_byte_changed_never_gives_another_token() {
    let folder = Folder::new();
    let (path, _) = file(&folder).await;
    let whole = fs::read(&path).unwrap();
    let mut opened = 0;
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        let Ok(store) = FileTokenStore::open(&path, seal(&[KEY])).await else { continue };
        opened += 1;
        for (id, expected) in [("5", "s3cr3t-access-b"), ("6", "s3cr3t-access-c")] {
            let found = store.load(&account(id)).await.unwrap().unwrap();
            assert_eq!(found.value.access.expose_secret(), expected, "byte {at}");
        }
    }
    assert_eq!(opened, 2, "the fences alone are not protected");
}

#[tokio::test]
async fn a_sealed_text_that_is_cut_or_changed_anywhere_is_an_error_that_names_the_account() {
    let folder = Folder::new();
    let (path, store) = file(&folder).await;
    let text = fs::read_to_string(&path).unwrap();
    let record = sealed(&text)[0];
    let cuts = (0..record.len()).map(|end| record[..end].to_owned());
    let changes = (0..record.len()).map(|at| {
        let other = if record.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &record[..at], &record[at + 1..])
    });
    for damaged in cuts.chain(changes).chain(["*".to_owned(), "\u{e9}".to_owned(), format!("{record}A")]) {
        fs::write(&path, text.replace(record, &damaged)).unwrap();
        let said = refusal(&path, &[KEY]).await;
        assert!(said.starts_with("the tokens of moloni:5: it "), "{damaged}: {said}");
        let error = store.load(&account("5")).await.unwrap_err().to_string();
        assert_eq!(reason(&error, &path), said);
        store.swap(&account("5"), None, pair("new")).await.unwrap_err();
        assert_eq!(super::stored(&store, "6").await.as_deref(), Some("c"), "the others are not concerned");
    }
    for (damaged, expected) in [
        (&record[..record.len() - 4], "it is cut: "),
        (&record[..record.len() - 1], "it was changed after it was sealed: "),
        ("s3cr3t access", "it is no sealed record of a form that this program knows: "),
        ("czNjcjN0", "it is no sealed record of a form that this program knows: "),
    ] {
        fs::write(&path, text.replace(record, damaged)).unwrap();
        let said = refusal(&path, &[KEY]).await;
        assert!(said.starts_with(&format!("the tokens of moloni:5: {expected}")), "{said}");
    }
    // The way out that the errors name.
    store.remove(&account("5")).await.unwrap();
    let rev = put(&open(&path).await, "5", None, "new").await;
    assert_eq!(rev.get(), 3, "an earlier version is never used again");
}

const MISPLACED: &str = "it was sealed for another account or version: somebody has moved records; restore a backup, \
    or remove it and authorise the account again";

#[tokio::test]
async fn records_that_change_places_do_not_open() {
    let folder = Folder::new();
    let (path, store) = file(&folder).await;
    let text = fs::read_to_string(&path).unwrap();
    let [five, six] = sealed(&text)[..] else { panic!("two records") };
    fs::write(&path, text.replace(five, "five").replace(six, five).replace("five", six)).unwrap();
    assert_eq!(refusal(&path, &[KEY]).await, format!("the tokens of moloni:5: {MISPLACED}"));
    for id in ["5", "6"] {
        let error = store.load(&account(id)).await.unwrap_err().to_string();
        assert_eq!(reason(&error, &path), format!("the tokens of moloni:{id}: {MISPLACED}"));
    }
}

#[tokio::test]
async fn an_older_record_does_not_open_as_the_newer_one() {
    let folder = Folder::new();
    let path = folder.file("tokens.json");
    let store = open(&path).await;
    let rev = put(&store, "5", None, "a").await;
    let older = fs::read_to_string(&path).unwrap();
    put(&store, "5", Some(rev), "b").await;
    let newer = fs::read_to_string(&path).unwrap();
    for text in [
        newer.replace(sealed(&newer)[0], sealed(&older)[0]),
        older.replace("\"rev\": 1", "\"rev\": 2"),
        newer.replace("\"rev\": 2", "\"rev\": 3"),
    ] {
        fs::write(&path, text).unwrap();
        let error = store.load(&account("5")).await.unwrap_err().to_string();
        assert_eq!(reason(&error, &path), format!("the tokens of moloni:5: {MISPLACED}"));
    }
}

#[tokio::test]
async fn a_file_of_another_form_is_refused_and_left_alone() {
    let folder = Folder::new();
    let (path, store) = file(&folder).await;
    let text = fs::read_to_string(&path).unwrap();
    for (content, expected) in [
        (
            text.replace("\"format\": 1", "\"format\": 2"),
            "its format is 2, and this program knows format 1: ",
        ),
        (r#"{"format": 7, "s3cr3t": []}"#.to_owned(), "its format is 7, and this program knows format 1: "),
        (
            r#"{"format": "s3cr3t"}"#.to_owned(),
            "it is no token file, or it is cut or damaged (line 1, column ",
        ),
        ("s3cr3t = 1\n".to_owned(), "it is no token file, or it is cut or damaged (line 1, column 1): "),
        ("<html>".to_owned(), "it is no token file, or it is cut or damaged (line 1, column 1): "),
        ("\n".to_owned(), "it is no token file, or it is cut or damaged (line "),
        (format!("{text}}}"), "it is no token file, or it is cut or damaged (line "),
        // The next change would lose what it does not know.
        (
            text.replacen("\"fence\"", "\"scope\": 1, \"fence\"", 1),
            "it is no token file, or it is cut or damaged (",
        ),
        (
            text.replacen("\"accounts\"", "\"scope\": 1, \"accounts\"", 1),
            "it is no token file, or it is cut or damaged (",
        ),
        (text.replacen("\"rev\": 2,", "", 1), "its entry of moloni:5 has tokens and no version: "),
    ] {
        fs::write(&path, content).unwrap();
        let said = refused(&store, &path).await;
        assert!(said.starts_with(expected), "{said}");
    }
}

#[tokio::test]
async fn a_file_that_is_gone_is_an_error_and_not_an_empty_store() {
    let folder = Folder::new();
    let (path, store) = file(&folder).await;
    let again = open(&path).await;
    fs::remove_file(&path).unwrap();
    for store in [&store, &again] {
        let errors = [
            store.load(&account("5")).await.unwrap_err(),
            store.swap(&account("5"), None, pair("new")).await.unwrap_err(),
            store.accounts().await.unwrap_err(),
        ];
        for error in errors {
            let error = error.to_string();
            assert!(reason(&error, &path).starts_with("it is gone: put it back, or start the program again"));
        }
    }
    assert!(!path.exists(), "and none is made in its place");
    assert_eq!(super::stored(&open(&path).await, "5").await, None, "a new start begins anew");
}
