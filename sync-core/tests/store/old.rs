//! What older versions of this crate wrote is there after an upgrade.

use sync_core::AccountKey;
use sync_core::engine::{Fingerprint, Life, LinkId, ProjectionKey, RecordId, RecordRef, Side};
use sync_core::store::{Accounts, BindError, Commit, PostgresStore, SqliteStore, Store};

use super::link;
use super::places::{Database, Folder, raw};

/// The tables as the first version of this crate made them, on SQLite.
pub(crate) const SQLITE_1: &str = "
    PRAGMA application_id = 0x53594e43;
    PRAGMA user_version = 1;
    CREATE TABLE accounts (left_account TEXT NOT NULL, right_account TEXT NOT NULL) STRICT;
    CREATE TABLE links (
        id TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        left_id TEXT NOT NULL UNIQUE,
        right_id TEXT UNIQUE,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE projections (id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
";

/// What the second version changed.
pub(crate) const SQLITE_2: &str = "
    PRAGMA user_version = 2;
    CREATE TABLE tokens (
        account TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        sealed TEXT,
        fence INTEGER NOT NULL,
        lease_owner TEXT,
        lease_from INTEGER,
        lease_until INTEGER
    ) STRICT;
";

/// The tables as the first version of this crate made them, on PostgreSQL.
pub(crate) const POSTGRES_1: &str = r#"
    CREATE TABLE schema_version (version BIGINT NOT NULL);
    INSERT INTO schema_version VALUES (1);
    CREATE TABLE accounts (left_account TEXT NOT NULL, right_account TEXT NOT NULL);
    CREATE TABLE links (
        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        rev BIGINT NOT NULL,
        left_id TEXT COLLATE "C" NOT NULL UNIQUE,
        right_id TEXT COLLATE "C" UNIQUE,
        body TEXT NOT NULL
    );
    CREATE TABLE projections (id TEXT COLLATE "C" NOT NULL PRIMARY KEY, rev BIGINT NOT NULL, body TEXT NOT NULL);
"#;

/// What the second version changed.
pub(crate) const POSTGRES_2: &str = r#"
    UPDATE schema_version SET version = 2;
    CREATE TABLE tokens (
        account TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        rev BIGINT NOT NULL,
        sealed TEXT,
        fence BIGINT NOT NULL,
        lease_owner TEXT,
        lease_from BIGINT,
        lease_until BIGINT
    );
"#;

/// What is in the tables: a pair, one whose right record is announced, and one with names that are hard to write as
/// JSON; of derived records one that is there, one that is announced, two that a person has taken over, and one of no
/// known pair.
const ROWS: &str = r#"
    INSERT INTO accounts VALUES ('billing:1', 'crm:2');
    INSERT INTO links VALUES ('pair', 7, '77', 'abc', '{"id":"pair","left":"77","right":"abc",
        "baseline":{"left":{"name":"Zoë","phone":null},"right":{"name":"Zoe"}},"row":"0011","pending":null}');
    INSERT INTO links VALUES ('announced', 2, '78', NULL, '{"id":"announced","left":"78","right":null,
        "baseline":{"left":{},"right":{}},"row":null,
        "pending":{"at":"2026-01-01T00:00:00Z","send_by":"2026-01-01T00:01:00Z"}}');
    INSERT INTO links VALUES ('it''s "odd"', 1, 'é"\/', '日本
	', '{"id":"it''s \"odd\"","left":"é\"\\/",
        "right":"日本\n\t","baseline":{"left":{},"right":{}},"row":null,"pending":null}');
    INSERT INTO projections VALUES ('there', 3, '{"key":"there","into":"notes","owner":"pair",
        "at":{"parent":"abc","id":"n1"},"wrote":"0022","left_to_human":false,"pending":null}');
    INSERT INTO projections VALUES ('soon', 1, '{"key":"soon","into":"notes","owner":"pair","at":null,
        "wrote":null,"left_to_human":false,
        "pending":{"at":"2026-01-01T00:00:00Z","send_by":"2026-01-01T00:01:00Z"}}');
    INSERT INTO projections VALUES ('taken "over"', 4, '{"key":"taken \"over\"","into":"notes","owner":"pair",
        "at":{"parent":"abc","id":"n2"},"wrote":"0033","left_to_human":true,"pending":null}');
    INSERT INTO projections VALUES ('deleted', 5, '{"key":"deleted","into":"tasks","owner":"it''s \"odd\"",
        "at":null,"wrote":null,"left_to_human":true,"pending":null}');
    INSERT INTO projections VALUES ('lost', 1, '{"key":"lost","into":"notes","owner":"gone","at":null,
        "wrote":null,"left_to_human":true,"pending":null}');
"#;

fn top(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

async fn holds_what_was_written(store: &impl Store) {
    let links: Vec<_> = store.links_page(None, 10).await.unwrap();
    let expected = [
        ("announced", 2, "78", None),
        ("it's \"odd\"", 1, "é\"\\/", Some("日本\n\t")),
        ("pair", 7, "77", Some("abc")),
    ];
    let found = |(id, rev, left, right): (&str, u64, &str, Option<&str>)| {
        let mut link = link(id, left);
        link.ends.right = right.map(top);
        (rev, link)
    };
    // Active, nothing is announced, and no field was ever agreed on.
    let found: Vec<_> = expected.into_iter().map(found).collect();
    assert_eq!(links.iter().map(|link| (link.rev.get(), link.value.clone())).collect::<Vec<_>>(), found);
    for link in &links {
        for side in [Side::Left, Side::Right] {
            if let Some(at) = &link.value.ends[side] {
                assert_eq!(store.link_of(side, at).await.unwrap().as_ref(), Some(link));
            }
        }
    }
    for side in [Side::Left, Side::Right] {
        assert!(store.open_creates(side).await.unwrap().is_empty());
    }

    let projections = store.projections_page(None, 10).await.unwrap();
    let keys: Vec<_> = projections.iter().map(|found| (found.value.key.as_str(), found.rev.get())).collect();
    assert_eq!(keys, [("deleted", 5), ("taken \"over\"", 4)], "only a person's decisions are kept");
    for (owner, key, into, at) in [
        ("77", "taken \"over\"", "notes", Some(RecordRef::under(RecordId::new("abc"), RecordId::new("n2")))),
        ("é\"\\/", "deleted", "tasks", None),
    ] {
        let owned = store.projections_of(&RecordId::new(owner)).await.unwrap();
        assert_eq!(owned.len(), 1, "{key} belongs to the left record of its pair");
        let found = &owned.first().unwrap().value;
        assert_eq!((&found.key, found.into.as_str(), &found.at), (&ProjectionKey::new(key), into, &at));
        assert!(found.left_to_human && found.wrote.is_none() && found.pending.is_none());
        assert_ne!(found.fact, Fingerprint::of(&1));
        let wanted = found.wanted.as_ref().unwrap();
        assert_eq!((&wanted.key, wanted.into.as_str(), wanted.life), (&found.key, into, Life::Done));
    }

    let accounts = |right: &str| Accounts {
        left: AccountKey::new("billing", "1"),
        right: AccountKey::new("crm", right),
    };
    store.bind(&accounts("2")).await.unwrap();
    let other = store.bind(&accounts("3")).await;
    assert!(matches!(other, Err(BindError::Other { .. })), "{other:?}");
}

/// Leaves the state as it was.
async fn goes_on_from_there(store: &impl Store) {
    let found = store.link(&LinkId::new("announced")).await.unwrap().unwrap();
    let mut linked = found.value.clone();
    linked.ends.right = Some(top("abc"));
    let claimed = store.commit(Commit::link(Some(found.rev), linked.clone())).await.unwrap_err().to_string();
    assert_eq!(claimed, "record abc is linked by pair");
    linked.ends.right = Some(top("abd"));
    store.commit(Commit::link(Some(found.rev), linked)).await.unwrap();
    assert_eq!(store.link_of(Side::Right, &top("abd")).await.unwrap().unwrap().rev, found.rev.next());
}

#[tokio::test]
async fn a_file_of_each_older_version_is_upgraded_with_what_is_in_it() {
    for tables in [vec![SQLITE_1, ROWS], vec![SQLITE_1, ROWS, SQLITE_2], vec![SQLITE_1, SQLITE_2, ROWS]] {
        let folder = Folder::new();
        let file = folder.file("state.db");
        for sql in tables {
            raw(&file, sql).await;
        }
        holds_what_was_written(&SqliteStore::open(&file).await.unwrap()).await;
        let again = SqliteStore::open(&file).await.unwrap();
        holds_what_was_written(&again).await;
        goes_on_from_there(&again).await;
    }
}

#[tokio::test]
async fn a_schema_of_each_older_version_is_upgraded_with_what_is_in_it() {
    let Some(database) = Database::find("old").await else { return };
    for tables in [[POSTGRES_1, ROWS, ""], [POSTGRES_1, ROWS, POSTGRES_2], [POSTGRES_1, POSTGRES_2, ROWS]] {
        let schema = database.next_schema();
        let tables = tables.concat();
        database.raw(format!("CREATE SCHEMA {schema}; SET search_path TO {schema}; {tables}")).await;
        let open = async || PostgresStore::connect_in(&database.url, &schema).await.unwrap();
        holds_what_was_written(&open().await).await;
        let again = open().await;
        holds_what_was_written(&again).await;
        goes_on_from_there(&again).await;
    }
    database.clean().await;
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_everything_as_it_was() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    raw(&file, SQLITE_1).await;
    raw(&file, "INSERT INTO projections VALUES ('damaged', 1, '{')").await;
    SqliteStore::open(&file).await.unwrap_err();
    raw(&file, "DELETE FROM projections").await;
    raw(&file, ROWS).await;
    holds_what_was_written(&SqliteStore::open(&file).await.unwrap()).await;
}
