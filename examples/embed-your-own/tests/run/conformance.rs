//! The template's own parts against the suites that every such part must pass.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use embed_your_own::club::{Member, Refusal};
use embed_your_own::database::{Database, DatabaseError};
use embed_your_own::members::Members;
use embed_your_own::tokens::ClubTokens;
use serde_json::json;
use sync_core::conformance::collection::{Fixture, Person, check};
use sync_core::conformance::token_store;
use sync_core::engine::{Collection, Cursor, PageToken, Raw, RecordRef, normalise};
use sync_core::{ManualEnv, SealingKey, SealingKeys, XChaChaSeal, async_trait};

use super::Directory;

fn database(path: &Path) -> (Database, Arc<ManualEnv>) {
    let env = Arc::new(ManualEnv::new(1));
    (Database::create(path, env.clone()).unwrap(), env)
}

/// Somebody at the club's desk, who knows nothing of a sync.
#[derive(Debug)]
struct Desk(Database);

impl Desk {
    async fn join(&self, name: &str) -> u64 {
        let member = Member { name: name.to_owned(), ..Member::default() };
        let join = self.0.change(move |tables, now| tables.members.insert(member, None, now));
        join.await.unwrap()
    }
}

fn number(at: &RecordRef) -> u64 {
    at.id.as_str().parse().unwrap()
}

#[async_trait]
impl Person for Desk {
    async fn edit(&self, at: &RecordRef, fields: &Raw) -> bool {
        let (number, fields) = (number(at), fields.clone());
        let edit = move |member: &mut Member| fields.iter().try_for_each(|(field, v)| member.set(field, v));
        let change =
            self.0.change(move |tables, now| tables.members.change(number, None, edit, now).map(drop));
        change.await.is_ok()
    }

    async fn delete(&self, at: &RecordRef) -> bool {
        let number = number(at);
        self.0.change(move |tables, _| tables.members.remove(number, None)).await.is_ok()
    }
}

#[tokio::test]
async fn the_members_are_a_collection() {
    let directory = Directory::new("collection");
    let (database, env) = database(&directory.file("club.json"));
    let (members, desk) = (Members::new(database.clone()), Desk(database));
    let mut fixture = Fixture::new(&members, &*env)
        .record(json!({
            "name": "Ana Silva", "email": "Ana@example.com", "phone": "912 345 678", "street": "Rua Nova, 1",
            "town": "Lisboa", "section": "Rowing", "teams": ["regular"],
        }))
        .record(json!({ "name": "Rui Costa", "email": "rui@example.com", "phone": "913 345 678" }));
    // More than a page.
    for number in 0..110 {
        fixture = fixture.record(json!({ "name": format!("Member {number}"), "section": "Sailing" }));
    }
    let fixture = fixture
        .record(json!({ "name": "Eva Reis", "email": "eva@example.com", "town": "Olhos de Água" }))
        .change(json!({ "name": "Ana Sousa", "town": null }))
        .refused(json!({ "name": "Ivo Nunes", "email": "half an address" }))
        .key_normalised("email", "email", normalise::email)
        .key_normalised("phone", "phone", normalise::phone)
        .set("teams", ["golden", "silver"])
        .person(&desk);
    check(&fixture).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_are_a_token_store() {
    let directory = Directory::new("tokens");
    let seal = Arc::new(XChaChaSeal::new(SealingKeys::new(SealingKey::generate().unwrap())));
    let env = Arc::new(ManualEnv::new(1));
    let open = |path: PathBuf| ClubTokens::new(Database::create(path, env.clone()).unwrap(), seal.clone());
    let stores = AtomicU32::new(0);
    let make = async || open(directory.file(&format!("{}.json", stores.fetch_add(1, Ordering::Relaxed))));
    token_store::check(make, &*env).await;
    token_store::check_reopen(async || open(directory.file("reopened.json"))).await;
}

#[tokio::test]
async fn a_feed_begins_anew_when_a_backup_was_restored() {
    let directory = Directory::new("restored");
    let (path, backup) = (directory.file("club.json"), directory.file("backup.json"));
    let (database, _) = database(&path);
    let (members, desk) = (Members::new(database.clone()), Desk(database));
    desk.join("Ana Silva").await;
    std::fs::copy(&path, &backup).unwrap();
    desk.join("Rui Costa").await;
    let cursor = members.changes(None, None).await.unwrap().unwrap().cursor;
    let page = members.changes(Some(&cursor), None::<&PageToken>).await.unwrap().unwrap();
    assert!(page.records.is_empty() && page.cursor == cursor);

    std::fs::copy(&backup, &path).unwrap();
    let page = members.changes(Some(&cursor), None).await.unwrap().unwrap();
    assert_eq!(page.records.len(), 1, "whoever is there may have changed");
    assert_eq!(page.cursor, Cursor::Token("1".to_owned()));
}

#[tokio::test]
async fn a_damaged_database_is_refused_without_a_word_of_what_is_in_it_and_left_as_it_is() {
    let directory = Directory::new("damaged");
    let path = directory.file("club.json");
    let (database, _) = database(&path);
    let desk = Desk(database.clone());
    desk.join("Ana Silva").await;
    let whole = std::fs::read_to_string(&path).unwrap();
    let odd = whole.replace(r#""teams": []"#, r#""teams": "Ana Silva""#);
    assert_ne!(odd, whole);
    for damaged in ["", &whole[..whole.len() / 2], &odd] {
        std::fs::write(&path, damaged).unwrap();
        let join = database.change(|tables, now| tables.members.insert(Member::default(), None, now));
        let error = join.await.unwrap_err();
        assert!(matches!(error, Refusal::Database(DatabaseError::Damaged(_))), "{error:?}");
        let said = format!("{error} {error:?}");
        assert!(said.contains("restore a backup") && !said.contains("Ana"), "{said}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
    }
    std::fs::remove_file(&path).unwrap();
    let error = database.read(|tables| tables.members.revision()).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Unavailable(_)), "a database that is gone is not an empty one");
    assert!(Database::open(&path, Arc::new(ManualEnv::new(1))).is_err());
}
