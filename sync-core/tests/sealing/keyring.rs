//! Keys in a keyring: one for tests that lies in memory.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialPersistence, Entry, Error, mock};
use sync_core::{KeyError, SealingKeys};

use super::{Folder, KEY, OTHER_KEY, key};

const PLACE: &str = "keyring entry of sync at moloni-ghl";

/// The process has one keyring, and the tests take turns.
struct Keyring(#[allow(dead_code, reason = "held until it is dropped")] MutexGuard<'static, ()>);

impl Keyring {
    fn none() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        Self(TURN.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn of(store: Arc<keyring_core::CredentialStore>) -> Self {
        let turn = Self::none();
        keyring_core::set_default_store(store);
        turn
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        keyring_core::unset_default_store();
    }
}

fn entry() -> Entry {
    Entry::new("moloni-ghl", "sync").unwrap()
}

fn read() -> Result<SealingKeys, KeyError> {
    SealingKeys::from_keyring("moloni-ghl", "sync")
}

fn create(folder: &Folder) -> Result<SealingKeys, KeyError> {
    SealingKeys::create_in_keyring("moloni-ghl", "sync", folder.file("tokens.json.lock"))
}

fn current(keys: &SealingKeys) -> String {
    let shown = format!("{keys:?}");
    shown.split("id: ").nth(1).unwrap()[..16].to_owned()
}

/// What is said, without the entry's name.
fn told(result: Result<SealingKeys, KeyError>) -> String {
    let error = result.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cr3t") && !shown.contains("5ec2e7") && !shown.contains("115, 51"), "{shown}");
    error.to_string().strip_prefix(PLACE).unwrap().to_owned()
}

#[test]
fn without_a_keyring_it_is_said_how_to_choose_one() {
    let (_keyring, folder) = (Keyring::none(), Folder::new());
    for result in [read(), create(&folder)] {
        assert!(!result.as_ref().unwrap_err().is_missing());
        assert_eq!(
            told(result),
            ": no keyring is chosen: at its start, give `keyring_core::set_default_store` the store of this platform"
        );
    }
}

#[test]
fn keys_come_from_a_keyring() {
    let _keyring = Keyring::of(mock::Store::new().unwrap());
    assert!(read().unwrap_err().is_missing());
    assert_eq!(told(read()), ": there is none: create it, or run the program as the user who has it");
    entry().set_password(&format!("{KEY}\n{OTHER_KEY}\n")).unwrap();
    assert_eq!(current(&read().unwrap()), key(KEY).id());
    entry().set_password("5ec2e7").unwrap();
    assert!(told(read()).starts_with(", line 1: it has 6 characters: "));
    entry().set_secret(b"s3cr3t\xff").unwrap();
    assert!(told(read()).starts_with(": it is not text: "));
}

#[test]
fn what_a_keyring_says_is_told_without_what_is_in_it() {
    let (_keyring, folder) = (Keyring::of(mock::Store::new().unwrap()), Folder::new());
    entry().set_password("s3cr3t").unwrap();
    let why = || "its D-Bus is gone".into();
    for (error, expected) in [
        (Error::NoStorageAccess(why()), "the keyring cannot be used (its D-Bus is gone): unlock it"),
        (Error::PlatformFailure(why()), "the keyring failed: its D-Bus is gone"),
        (Error::BadEncoding(b"s3cr3t".to_vec()), "the keyring failed: its entry is damaged"),
        (
            Error::BadDataFormat(b"s3cr3t".to_vec(), "s3cr3t".into()),
            "the keyring failed: its entry is damaged",
        ),
        (Error::BadStoreFormat("s3cr3t".into()), "the keyring failed: it is damaged"),
        (
            Error::Ambiguous(vec![entry(), entry()]),
            "the keyring has several of them: remove those that are wrong, or take another name",
        ),
        (Error::TooLong("user".into(), 8), "the keyring cannot do this: user is longer than 8 characters"),
        (Error::Invalid("user".into(), "empty".into()), "the keyring cannot do this: user: empty"),
        (Error::NotSupportedByStore("no secrets".into()), "the keyring cannot do this: no secrets"),
    ] {
        entry().as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
        assert_eq!(told(create(&folder)), format!(": {expected}"));
    }
    assert_eq!(entry().get_password().unwrap(), "s3cr3t", "nothing was written over it");
}

#[test]
fn a_key_is_made_once_and_found_again() {
    let (_keyring, folder) = (Keyring::of(mock::Store::new().unwrap()), Folder::new());
    let made = current(&create(&folder).unwrap());
    assert_eq!(current(&create(&folder).unwrap()), made);
    assert_eq!(current(&read().unwrap()), made);
    entry().set_password("5ec2e7").unwrap();
    create(&folder).unwrap_err();
    assert_eq!(entry().get_password().unwrap(), "5ec2e7", "what is no key is not replaced");
}

#[test]
fn without_its_lock_no_key_is_made() {
    let (_keyring, folder) = (Keyring::of(mock::Store::new().unwrap()), Folder::new());
    let lock = folder.file("gone/lock");
    let result = SealingKeys::create_in_keyring("moloni-ghl", "sync", &lock);
    assert!(told(result).starts_with(&format!(": the lock file {} cannot be locked: ", lock.display())));
    assert!(read().unwrap_err().is_missing());
}

/// A keyring that takes its time, or forgets.
#[derive(Debug)]
struct Odd {
    persistence: fn() -> CredentialPersistence,
    keeps: bool,
    content: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Odd {
    fn new(persistence: fn() -> CredentialPersistence, keeps: bool) -> Arc<Self> {
        Arc::new(Self { persistence, keeps, content: Arc::default() })
    }
}

impl CredentialStoreApi for Odd {
    fn vendor(&self) -> String {
        "tests".to_owned()
    }

    fn id(&self) -> String {
        "odd".to_owned()
    }

    fn build(&self, _: &str, _: &str, _: Option<&HashMap<&str, &str>>) -> keyring_core::Result<Entry> {
        let content = Arc::clone(&self.content);
        Ok(Entry::new_with_credential(Arc::new(OddEntry { keeps: self.keeps, content })))
    }

    fn persistence(&self) -> CredentialPersistence {
        (self.persistence)()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct OddEntry {
    keeps: bool,
    content: Arc<Mutex<Option<Vec<u8>>>>,
}

impl CredentialApi for OddEntry {
    fn set_secret(&self, secret: &[u8]) -> keyring_core::Result<()> {
        thread::sleep(Duration::from_millis(5));
        *self.content.lock().unwrap() = self.keeps.then(|| secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        let content = self.content.lock().unwrap().clone();
        thread::sleep(Duration::from_millis(5));
        content.ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        Err(Error::NoEntry)
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn of_many_that_make_a_key_at_once_all_get_the_same() {
    const MAKERS: usize = 8;
    let (_keyring, folder) =
        (Keyring::of(Odd::new(|| CredentialPersistence::UntilDelete, true)), Folder::new());
    let start = Barrier::new(MAKERS);
    let made: Vec<String> = thread::scope(|scope| {
        let make = || {
            start.wait();
            current(&create(&folder).unwrap())
        };
        let makers: Vec<_> = (0..MAKERS).map(|_| scope.spawn(make)).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    assert_eq!(made, vec![current(&read().unwrap()); MAKERS]);
}

#[test]
fn no_key_is_made_in_a_keyring_that_forgets() {
    let folder = Folder::new();
    for persistence in
        [(|| CredentialPersistence::UntilReboot) as fn() -> _, || CredentialPersistence::UntilLogout]
    {
        let _keyring = Keyring::of(Odd::new(persistence, true));
        assert_eq!(
            told(create(&folder)),
            ": this keyring forgets when the user logs out or the machine restarts, and the tokens would be lost \
             with the key: choose one that keeps it"
        );
        assert!(read().unwrap_err().is_missing());
        entry().set_password(KEY).unwrap();
        assert_eq!(current(&create(&folder).unwrap()), key(KEY).id(), "what is there is used");
    }
    let _keyring = Keyring::of(Odd::new(|| CredentialPersistence::UntilDelete, false));
    assert_eq!(told(create(&folder)), ": the keyring took a key and does not have it: choose another one");
}
