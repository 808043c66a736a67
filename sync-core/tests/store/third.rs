//! What the third version of this crate wrote is there after an upgrade, and goes on as if this one had written it.

use std::sync::atomic::{AtomicUsize, Ordering};

use sync_core::engine::{
    Agreed, FactKey, FieldValue, Happening, LinkId, LinkStatus, PendingOp, ProjectionKey, RecordId,
    RecordRef, Review, ReviewKey, ReviewKind, Side,
};
use sync_core::queue::{Hint, Priority, WorkKey, WorkQueue};
use sync_core::store::{Accounts, Commit, FeedId, PostgresStore, SqliteStore, Store};
use sync_core::{AccountKey, conformance};

use super::old::{POSTGRES_1, POSTGRES_2, SQLITE_1, SQLITE_2};
use super::places::{Database, Folder, raw};
use super::{link, new_link};

/// What the third version changed, on SQLite.
pub(crate) const SQLITE_3: &str = "
    PRAGMA user_version = 3;
    ALTER TABLE links RENAME TO old_links;
    ALTER TABLE projections RENAME TO old_projections;
    CREATE TABLE links (
        id TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        left_at TEXT,
        right_at TEXT,
        ended INTEGER NOT NULL,
        creates_on TEXT,
        body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX links_left ON links (left_at, ended);
    CREATE UNIQUE INDEX links_right ON links (right_at, ended);
    CREATE INDEX links_ended ON links (ended);
    CREATE INDEX links_creates ON links (creates_on, id) WHERE creates_on IS NOT NULL;
    CREATE TABLE projections (
        id TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        owner TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX projections_owner ON projections (owner, id);
    CREATE TABLE facts (id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, owner TEXT, body TEXT NOT NULL) STRICT;
    CREATE INDEX facts_owner ON facts (owner) WHERE owner IS NOT NULL;
    CREATE TABLE positions (id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE TABLE reviews (id TEXT NOT NULL PRIMARY KEY, about TEXT NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE INDEX reviews_about ON reviews (about, id);
    CREATE TABLE journal (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        about TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX journal_about ON journal (about, number);
    INSERT INTO links
        SELECT id, rev, '[null,' || json_quote(left_id) || ']',
            CASE WHEN right_id IS NOT NULL THEN '[null,' || json_quote(right_id) || ']' END, 0, NULL,
            json_object('id', id, 'status', 'active', 'fields', json('[]'), 'ends', json_object(
                'left', json_object('id', left_id),
                'right', json(CASE WHEN right_id IS NULL THEN 'null' ELSE json_object('id', right_id) END)),
                'seen_at', json('{}'), 'gone_at', json('{}'), 'wrote_at', json('{}'))
        FROM old_links;
    INSERT INTO projections
        SELECT p.id, p.rev, left_id,
            json_object('key', p.id, 'into', p.body ->> 'into', 'owner', left_id, 'wanted', json_object(
                'key', p.id, 'into', p.body ->> 'into', 'fields', json('{}'), 'life', 'done'),
                'source', json_object('collection', '', 'at', json_object('parent', NULL, 'id', '')),
                'fact', '', 'at', json(p.body -> 'at'), 'left_to_human', json('true'))
        FROM old_projections p JOIN old_links l ON l.id = p.body ->> 'owner'
        WHERE p.body ->> 'left_to_human';
    DROP TABLE old_links;
    DROP TABLE old_projections;
";

/// What the third version changed, on PostgreSQL.
pub(crate) const POSTGRES_3: &str = r#"
    UPDATE schema_version SET version = 3;
    DELETE FROM projections WHERE body::json ->> 'left_to_human' <> 'true';
    ALTER TABLE projections ADD COLUMN owner TEXT COLLATE "C";
    UPDATE projections p SET owner = left_id,
        body = json_build_object('key', p.id, 'into', p.body::json -> 'into', 'owner', left_id, 'wanted',
            json_build_object('key', p.id, 'into', p.body::json -> 'into', 'fields', '{}'::json, 'life', 'done'),
            'source', '{"collection":"","at":{"parent":null,"id":""}}'::json,
            'fact', '', 'at', p.body::json -> 'at', 'left_to_human', true)
        FROM links l WHERE l.id = p.body::json ->> 'owner';
    DELETE FROM projections WHERE owner IS NULL;
    ALTER TABLE projections ALTER COLUMN owner SET NOT NULL;
    CREATE INDEX projections_owner ON projections (owner, id);
    ALTER TABLE links
        ADD COLUMN left_at TEXT COLLATE "C",
        ADD COLUMN right_at TEXT COLLATE "C",
        ADD COLUMN ended BIGINT NOT NULL DEFAULT 0,
        ADD COLUMN creates_on TEXT COLLATE "C";
    UPDATE links SET
        left_at = '[null,' || to_json(left_id)::text || ']',
        right_at = '[null,' || to_json(right_id)::text || ']',
        body = json_build_object('id', id, 'status', 'active', 'fields', '[]'::json, 'ends', json_build_object(
            'left', json_build_object('id', left_id),
            'right', CASE WHEN right_id IS NOT NULL THEN json_build_object('id', right_id) END),
            'seen_at', '{}'::json, 'gone_at', '{}'::json, 'wrote_at', '{}'::json);
    ALTER TABLE links DROP COLUMN left_id, DROP COLUMN right_id, ALTER COLUMN ended DROP DEFAULT;
    CREATE UNIQUE INDEX links_left ON links (left_at, ended);
    CREATE UNIQUE INDEX links_right ON links (right_at, ended);
    CREATE INDEX links_ended ON links (ended);
    CREATE INDEX links_creates ON links (creates_on, id) WHERE creates_on IS NOT NULL;
    CREATE TABLE facts (
        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        rev BIGINT NOT NULL,
        owner TEXT COLLATE "C",
        body TEXT NOT NULL
    );
    CREATE INDEX facts_owner ON facts (owner) WHERE owner IS NOT NULL;
    CREATE TABLE positions (id TEXT COLLATE "C" NOT NULL PRIMARY KEY, rev BIGINT NOT NULL, body TEXT NOT NULL);
    CREATE TABLE reviews (
        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        about TEXT COLLATE "C" NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX reviews_about ON reviews (about, id);
    CREATE TABLE journal (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        about TEXT COLLATE "C" NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX journal_about ON journal (about, number);
"#;

/// What is in the tables: a pair with a parked field, one with an announced create, one that has ended; a derived record
/// and its fact; where a feed goes on; two questions; and a journal.
pub(crate) const ROWS: &str = r#"
    INSERT INTO accounts VALUES ('billing:1', 'crm:2');
    INSERT INTO links (id, rev, left_at, right_at, ended, creates_on, body) VALUES
        ('pair', 7, '[null,"77"]', '[null,"abc"]', 0, NULL, '{"id":"pair","ends":{"left":{"parent":null,"id":"77"},
            "right":{"parent":null,"id":"abc"}},"status":"active","fields":[
            {"name":"name","definition":"0011","agreed":{"left":{"text":"Zoë"},"right":{"text":"Zoe"}}},
            {"name":"tags","definition":"0022","agreed":{"left":{"set":["a","b"]},"right":"empty"}},
            {"name":"phone","definition":"0033","agreed":{"left":null,"right":null},"parked":{"values":
                {"left":{"text":"1"},"right":{"text":"2"}},"reason":"conflict"}}],
            "pending":null,"seen_at":{"left":"2026-01-01T00:00:00Z","right":null},"gone_at":{"left":null,"right":null},
            "wrote_at":{"left":null,"right":"2026-01-01T00:00:00.5Z"}}'),
        ('announced', 2, '[null,"78"]', NULL, 0, 'right', '{"id":"announced","ends":{"left":{"parent":null,"id":"78"},
            "right":null},"status":"active","fields":[],"pending":{"at":"2026-01-01T00:00:00Z",
            "send_by":"2026-01-01T00:01:00Z","op":{"create":{"side":"right","marker":"announced","sent":[]}}},
            "seen_at":{"left":null,"right":null},"gone_at":{"left":null,"right":null},
            "wrote_at":{"left":null,"right":null}}'),
        ('over', 3, '[null,"79"]', '[null,"abe"]', 1, NULL, '{"id":"over","ends":{"left":{"parent":null,"id":"79"},
            "right":{"parent":null,"id":"abe"}},"status":"ended","fields":[],"pending":null,
            "seen_at":{"left":null,"right":null},"gone_at":{"left":null,"right":"2026-01-01T00:00:00Z"},
            "wrote_at":{"left":null,"right":null}}');
    INSERT INTO projections (id, rev, owner, body) VALUES ('note', 4, '77', '{"key":"note","into":"notes","owner":"77",
        "wanted":{"key":"note","into":"notes","fields":{"body":"two chairs"},"life":"open"},
        "source":{"collection":"documents","at":{"parent":null,"id":"7"}},"fact":"0044",
        "at":{"parent":"abc","id":"n1"},"wrote":{"sent":{"body":"two chairs"},"stored":{"body":"two chairs"},
        "fact":"0044"},"left_to_human":false,"pending":null}');
    INSERT INTO facts (id, rev, owner, body) VALUES ('["documents",null,"7"]', 5, '77', '{"key":{"collection":"documents",
        "at":{"parent":null,"id":"7"}},"owner":"77","fingerprint":"0055","raw":{"number":"FT 7"}}');
    INSERT INTO positions (id, rev, body) VALUES ('changes of customers', 6, '{"changes":{"time":"2026-01-01T00:00:00Z"}}');
    INSERT INTO reviews (id, about, body) VALUES
        ('pair pair, phone: conflict', '{"link":"pair"}', '{"key":"pair pair, phone: conflict","about":{"link":"pair"},
            "kind":"conflict","field":"phone","message":"both changed","opened_at":"2026-01-01T00:00:00Z"}'),
        ('left record 80: match', '{"birth":["left",{"parent":null,"id":"80"}]}', '{"key":"left record 80: match",
            "about":{"birth":["left",{"parent":null,"id":"80"}]},"kind":"match","field":null,"message":"several",
            "opened_at":"2026-01-01T00:00:00Z"}');
    INSERT INTO journal (about, body) VALUES
        ('{"link":"pair"}', '{"at":"2026-01-01T00:00:00Z","about":{"link":"pair"},
            "what":{"founded":["left",{"parent":null,"id":"77"}]}}'),
        ('{"link":"pair"}', '{"at":"2026-01-01T00:00:01Z","about":{"link":"pair"},"what":{"wrote":["right",["name"]]}}'),
        ('{"link":"over"}', '{"at":"2026-01-01T00:00:02Z","about":{"link":"over"},"what":"ended"}');
"#;

fn top(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

pub(crate) async fn holds_what_was_written(store: &impl Store) {
    let pair = store.link_of(Side::Right, &top("abc")).await.unwrap().unwrap();
    assert_eq!((pair.value.id.as_str(), pair.rev.get()), ("pair", 7));
    let [name, tags, phone] = pair.value.fields.as_slice() else { panic!("three fields") };
    assert_eq!(name.state.agreed.right, Some(Agreed::Text("Zoe".to_owned())));
    assert_eq!((tags.name.as_str(), &tags.state.agreed.right), ("tags", &Some(Agreed::Empty)));
    let parked = phone.state.parked.as_ref().unwrap();
    assert_eq!(parked.values.left, FieldValue::Text("1".to_owned()));

    let creates = store.open_creates(Side::Right).await.unwrap();
    assert_eq!(creates.len(), 1);
    assert!(matches!(&creates[0].pending.as_ref().unwrap().op, PendingOp::Create { side: Side::Right, .. }));
    assert_eq!(store.unfinished_page(None, 10).await.unwrap(), [LinkId::new("announced")]);
    let over = store.link_of(Side::Left, &top("79")).await.unwrap().unwrap().value;
    assert_eq!((over.id.as_str(), over.status), ("over", LinkStatus::Ended));
    assert_eq!(store.links_page(None, 10).await.unwrap().len(), 3);

    let note = store.projections_of(&RecordId::new("77")).await.unwrap().pop().unwrap();
    assert_eq!((&note.value.key, note.rev.get()), (&ProjectionKey::new("note"), 4));
    assert_eq!(note.value.wrote.unwrap().sent["body"], "two chairs");
    let fact = store.fact(&FactKey::new("documents", top("7"))).await.unwrap().unwrap();
    assert_eq!((fact.rev.get(), &fact.value.raw["number"]), (5, &"FT 7".into()));
    let position = store.position(&FeedId::new("changes of customers")).await.unwrap().unwrap();
    assert_eq!(position.rev.get(), 6);

    let reviews = store.reviews_page(None, 10).await.unwrap();
    let kinds: Vec<_> = reviews.iter().map(|review| (review.kind, review.field.as_deref())).collect();
    assert_eq!(kinds, [(ReviewKind::Match, None), (ReviewKind::Conflict, Some("phone"))]);
    let about = WorkKey::Link(LinkId::new("pair"));
    let key = ReviewKey::new(&about, ReviewKind::Conflict, Some("phone"));
    let found: Vec<Review> = store.reviews_about(&about).await.unwrap();
    assert_eq!(found.iter().map(|review| &review.key).collect::<Vec<_>>(), [&key]);

    let journal = store.journal(None, 0, 10).await.unwrap();
    assert_eq!(journal.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(matches!(journal[1].1.what, Happening::Wrote(..)), "{:?}", journal[1]);
    assert_eq!(store.journal(Some(&about), 0, 10).await.unwrap().len(), 2);

    let accounts = Accounts { left: AccountKey::new("billing", 1), right: AccountKey::new("crm", 2) };
    store.bind(&accounts).await.unwrap();
}

/// What is new in this version works on what the old one has left.
pub(crate) async fn goes_on_from_there<D: Store + WorkQueue>(database: &D) {
    assert_eq!(database.next_due().await.unwrap(), None, "there was no queue");
    let found = database.link(&LinkId::new("pair")).await.unwrap().unwrap();
    let key = WorkKey::Link(LinkId::new("pair"));
    let hints = vec![Hint::new(key.clone(), "t", Priority::Event)];
    let commit = Commit { hints, ..Commit::link(Some(found.rev), found.value) };
    database.commit(commit).await.unwrap();
    let claims = database.claim("w", 10, std::time::Duration::from_secs(60)).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.key).collect::<Vec<_>>(), [&key]);
    // No two links that ended have the same turn.
    let mut ended = link("later", "81");
    ended.status = LinkStatus::Ended;
    database.commit(Commit::link(None, ended)).await.unwrap();
    database.commit(new_link("new")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_of_the_third_version_is_upgraded_with_what_is_in_it() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    for sql in [SQLITE_1, SQLITE_2, SQLITE_3, ROWS] {
        raw(&file, sql).await;
    }
    holds_what_was_written(&SqliteStore::open(&file).await.unwrap()).await;
    let again = SqliteStore::open(&file).await.unwrap();
    holds_what_was_written(&again).await;
    goes_on_from_there(&again).await;

    let count = AtomicUsize::new(0);
    let make = async || {
        let file = folder.file(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        for sql in [SQLITE_1, SQLITE_2, SQLITE_3] {
            raw(&file, sql).await;
        }
        SqliteStore::open(file).await.unwrap()
    };
    conformance::store::check(make).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schema_of_the_third_version_is_upgraded_with_what_is_in_it() {
    let Some(database) = Database::find("third").await else { return };
    let open = async |rows: &str| {
        let schema = database.next_schema();
        let tables = [POSTGRES_1, POSTGRES_2, POSTGRES_3, rows].concat();
        database.raw(format!("CREATE SCHEMA {schema}; SET search_path TO {schema}; {tables}")).await;
        (PostgresStore::connect_in(&database.url, &schema).await.unwrap(), schema)
    };
    let (store, schema) = open(ROWS).await;
    holds_what_was_written(&store).await;
    let again = PostgresStore::connect_in(&database.url, &schema).await.unwrap();
    holds_what_was_written(&again).await;
    goes_on_from_there(&again).await;
    conformance::store::check(async || open("").await.0).await;
    database.clean().await;
}
