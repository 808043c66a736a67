//! How the file store behaves beyond the suite that every token store passes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use sync_core::{FileTokenStore, ManualEnv, Resealed, TokenStore, conformance};

use super::{Folder, KEY, OTHER_KEY, account, key, open, pair, put, refusal, seal, stored};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn file_conforms() {
    let (folder, count, env) = (Folder::new(), AtomicUsize::new(0), Arc::new(ManualEnv::new(1)));
    let make = async || {
        let file = folder.file(&format!("{}.json", count.fetch_add(1, Ordering::Relaxed)));
        open(&file).await.with_env(env.clone())
    };
    conformance::token_store::check(make, &*env).await;
    let file = folder.file("kept.json");
    conformance::token_store::check_reopen(async || open(&file).await).await;
}

#[tokio::test]
async fn opening_and_reading_write_nothing() {
    let folder = Folder::new();
    let store = open(&folder.file("tokens.json")).await;
    assert_eq!(stored(&store, "5").await, None);
    assert_eq!(store.accounts().await.unwrap(), []);
    store.remove(&account("5")).await.unwrap();
    assert_eq!(store.reseal().await.unwrap(), Resealed::default());
    assert!(!folder.file("tokens.json").exists());
}

#[tokio::test]
async fn what_changes_nothing_does_not_touch_the_file() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    let store = open(&file).await;
    let rev = put(&store, "5", None, "a").await;
    let lease = store.lease(&account("5"), "ana", Duration::from_secs(60)).await.unwrap().unwrap();
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    store.swap(&account("5"), None, pair("stale")).await.unwrap();
    assert_eq!(store.lease(&account("5"), "ana", Duration::from_secs(60)).await.unwrap(), None);
    store.release(&account("6"), lease).await.unwrap();
    store.remove(&account("6")).await.unwrap();
    store.reseal().await.unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
    assert_eq!(store.load(&account("5")).await.unwrap().unwrap().rev, rev);
}

#[tokio::test]
async fn the_file_shows_accounts_versions_and_leases_and_no_token() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    let store = open(&file).await.with_env(Arc::new(ManualEnv::new(1)));
    let rev = put(&store, "5", None, "a").await;
    put(&store, "5", Some(rev), "b").await;
    put(&store, "6", None, "c").await;
    store.remove(&account("6")).await.unwrap();
    store.lease(&account("7"), "ana", Duration::from_nanos(59_999_000_001)).await.unwrap().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let sealed = text.split('"').find(|part| part.len() > 64).unwrap();
    assert!(!text.contains("s3cr3t"));
    assert_eq!(
        text.replace(sealed, "..."),
        r#"{
  "format": 1,
  "accounts": {
    "moloni:5": {
      "rev": 2,
      "sealed": "...",
      "fence": 0
    },
    "moloni:6": {
      "rev": 1,
      "fence": 0
    },
    "moloni:7": {
      "fence": 1,
      "lease": {
        "owner": "ana",
        "from": 1767225600000,
        "until": 1767225660000
      }
    }
  }
}"#
    );
    let shown = format!("{store:?}");
    assert_eq!(shown, format!("FileTokenStore {{ path: {file:?}, .. }}"));
}

#[tokio::test]
async fn a_wrong_key_is_learnt_when_the_file_is_opened() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    let store = open(&file).await;
    put(&store, "6", None, "b").await;
    put(&store, "5", None, "a").await;
    let (held, used) = (key(OTHER_KEY).id(), key(KEY).id());
    assert_eq!(
        refusal(&file, &[OTHER_KEY]).await,
        format!(
            "the tokens of moloni:5: it is sealed with the key {used}, and this program holds {held}: give it that \
             key as well (an old key goes below the new one), or put the right one back"
        )
    );
    assert_eq!(stored(&store, "5").await.as_deref(), Some("a"), "nothing is lost by it");
}

#[tokio::test]
async fn a_key_is_changed_without_a_pause() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    let old = open(&file).await;
    let rev = put(&old, "5", None, "a").await;
    put(&old, "6", None, "gone").await;
    old.remove(&account("6")).await.unwrap();
    let prepared = FileTokenStore::open(&file, seal(&[KEY, OTHER_KEY])).await.unwrap();
    let both = FileTokenStore::open(&file, seal(&[OTHER_KEY, KEY])).await.unwrap();
    put(&both, "7", None, "c").await;
    assert_eq!(stored(&prepared, "7").await.as_deref(), Some("c"), "who only knows the new key can read it");
    assert_eq!(both.accounts().await.unwrap(), [account("5"), account("7")]);

    let resealed = both.reseal().await.unwrap();
    assert_eq!((resealed.done, resealed.already_current), (1, 1));
    let resealed = both.reseal().await.unwrap();
    assert_eq!((resealed.done, resealed.already_current), (0, 2));
    let new = FileTokenStore::open(&file, seal(&[OTHER_KEY])).await.unwrap();
    assert_eq!(new.load(&account("5")).await.unwrap().unwrap().rev, rev, "the version stays");
    assert_eq!(stored(&new, "5").await.as_deref(), Some("a"));
    put(&new, "6", None, "again").await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_not_sealed_again() {
    let folder = Folder::new();
    let file = folder.file("tokens.json");
    let both = FileTokenStore::open(&file, seal(&[OTHER_KEY, KEY])).await.unwrap();
    put(&open(&file).await, "5", None, "a").await;
    // Another process has dropped the old key too early.
    let third = "5ec2e70000000000000000000000000000000000000000000000000000000003";
    put(&FileTokenStore::open(&folder.file("other.json"), seal(&[third])).await.unwrap(), "6", None, "b")
        .await;
    let [text, other] =
        ["tokens.json", "other.json"].map(|name| fs::read_to_string(folder.file(name)).unwrap());
    let entry = &other[other.find("\"moloni:6\"").unwrap()..];
    let mixed = format!("{},{entry}", text.strip_suffix("\n  }\n}").unwrap());
    fs::write(&file, &mixed).unwrap();
    let error = both.reseal().await.unwrap_err().to_string();
    assert!(error.contains("the tokens of moloni:6: it is sealed with the key"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), mixed, "nothing is written, not even what did open");
    assert_eq!(stored(&both, "5").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_lease_that_begins_in_the_future_does_not_count() {
    for (ahead, void) in [(5000, false), (5001, true)] {
        let folder = Folder::new();
        let file = folder.file("tokens.json");
        let (now, later) = (ManualEnv::new(1), ManualEnv::new(1));
        later.advance(Duration::from_millis(ahead));
        let ahead = open(&file).await.with_env(Arc::new(later));
        let first = ahead.lease(&account("5"), "ana", Duration::from_secs(3600)).await.unwrap().unwrap();
        let store = open(&file).await.with_env(Arc::new(now));
        let second = store.lease(&account("5"), "rui", Duration::from_secs(3600)).await.unwrap();
        assert_eq!(second.is_some(), void);
        if let Some(second) = second {
            assert!(second.fence > first.fence);
            store.release(&account("5"), first).await.unwrap();
            assert_eq!(store.lease(&account("5"), "ana", Duration::from_secs(1)).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn a_change_that_has_begun_is_carried_through() {
    let folder = Folder::new();
    let store = open(&folder.file("tokens.json")).await;
    let account = account("5");
    {
        let mut swap = store.swap(&account, None, pair("a"));
        // It is with its thread now, and nobody waits for it.
        assert!(swap.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    for _ in 0..500 {
        if stored(&store, "5").await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the change was lost");
}

#[tokio::test]
async fn a_change_waits_for_another_process() {
    let folder = Folder::new();
    let store = Arc::new(open(&folder.file("tokens.json")).await);
    let lock = fs::File::create(folder.file("tokens.json.lock")).unwrap();
    fs4::FileExt::lock(&lock).unwrap();
    let swap = tokio::spawn({
        let store = Arc::clone(&store);
        async move { put(&store, "5", None, "a").await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!swap.is_finished());
    assert_eq!(stored(&store, "5").await, None, "who reads does not wait");
    drop(lock);
    swap.await.unwrap();
    assert_eq!(stored(&store, "5").await.as_deref(), Some("a"));
}
