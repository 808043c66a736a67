//! What a feed hints and how far it is are kept in one step, where one database keeps both.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Engine, EngineError, Fault, Found, Guards, ListPage, Mapping,
    PageToken, Raw, Read, RecordId, RecordRef, Scope, Side, Snapshot,
};
use sync_core::queue::{WorkKey, WorkQueue};
use sync_core::store::{FeedId, Position, SqliteStore, Store};
use sync_core::{AccountKey, async_trait};

use super::places::{Folder, raw};

const HOUR: Duration = Duration::from_secs(3600);

/// A service whose feed tells of records 1 to 4 on two pages, and whose list is of records 1 to 2 on two pages.
#[derive(Debug)]
struct Service(Caps);

fn rows(page: Option<&PageToken>, size: u32) -> (Vec<Snapshot>, Option<PageToken>) {
    let from = if page.is_some() { size } else { 0 };
    let at = (from + 1..=from + size).map(|id| RecordRef::top(RecordId::new(id)));
    let next = page.is_none().then(|| PageToken("2".to_owned()));
    (at.map(|at| Snapshot::new(at, Raw::new())).collect(), next)
}

#[async_trait]
impl Collection for Service {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn caps(&self) -> &Caps {
        &self.0
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new("service", 1))
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let (records, next) = rows(page, 1);
        Ok(ListPage { records, next })
    }

    async fn get(&self, _: &RecordRef) -> Result<Read, Fault> {
        Ok(Read::Gone)
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let (records, next) = if since.is_some() { rows(page, 2) } else { (Vec::new(), None) };
        let cursor = Cursor::Token(if since.is_some() { "second" } else { "first" }.to_owned());
        Ok(Some(ChangePage { records, gone: Vec::new(), next, cursor }))
    }
}

async fn open(file: &Path) -> (Arc<SqliteStore>, Engine) {
    let store = Arc::new(SqliteStore::open(file).await.unwrap());
    let service = Arc::new(Service(Caps::new()));
    let mapping = Mapping::builder().field("name", |f| f.left("name").right("name")).build().unwrap();
    let engine = Engine::builder("s", service.clone(), service, mapping).database(store.clone());
    (store, engine.guards(Guards::new().first_run(false).mapping(false)).build())
}

/// The records that are hinted; they are not any more.
async fn hinted(store: &SqliteStore) -> Vec<String> {
    let mut found = Vec::new();
    for claim in store.claim("test", 100, HOUR).await.unwrap() {
        if let WorkKey::Birth(_, at) = &claim.key {
            found.push(at.id.to_string());
        }
        store.done(claim, None).await.unwrap();
    }
    found.sort();
    found
}

async fn cursor(store: &SqliteStore) -> String {
    match store.position(&FeedId::new("changes of customers")).await.unwrap().unwrap().value {
        Position::Changes(Cursor::Token(token)) => token,
        other => panic!("{other:?}"),
    }
}

const STUCK_FEED: &str =
    "CREATE TRIGGER stuck BEFORE UPDATE ON positions BEGIN SELECT RAISE(ABORT, 'full'); END";
const STUCK_LIST: &str =
    "CREATE TRIGGER stuck BEFORE INSERT ON positions BEGIN SELECT RAISE(ABORT, 'full'); END";
const STUCK_QUEUE: &str = "CREATE TRIGGER stuck BEFORE INSERT ON queue WHEN NEW.key LIKE '%\"4\"%' \
    BEGIN SELECT RAISE(ABORT, 'full'); END";

fn failed(found: &Result<Found, EngineError>) {
    assert!(matches!(found, Err(EngineError::Store(_))), "{found:?}");
}

#[tokio::test]
async fn i12_the_last_hints_of_a_feed_and_its_cursor_are_kept_together_or_not_at_all() {
    let folder = Folder::new();
    for stuck in [STUCK_FEED, STUCK_QUEUE] {
        let file = folder.file(format!("{}.db", stuck.len()));
        let (store, engine) = open(&file).await;
        engine.poll(Side::Left).await.unwrap();
        assert_eq!(
            (hinted(&store).await, cursor(&store).await),
            (vec!["1".into(), "2".into()], "first".to_owned())
        );
        raw(&file, stuck).await;
        failed(&engine.poll(Side::Left).await);
        let first_page = vec!["1".to_owned(), "2".to_owned()];
        assert_eq!((hinted(&store).await, cursor(&store).await), (first_page, "first".to_owned()), "{stuck}");
        raw(&file, "DROP TRIGGER stuck").await;
        let found = engine.poll(Side::Left).await.unwrap();
        assert_eq!((found.looked_at, found.hinted), (4, 4));
        assert_eq!((hinted(&store).await.len(), cursor(&store).await), (4, "second".to_owned()));
    }
}

#[tokio::test]
async fn i12_a_page_of_a_backfill_and_its_hints_are_kept_together_or_not_at_all() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    let (store, engine) = open(&file).await;
    raw(&file, STUCK_LIST).await;
    failed(&engine.backfill(Side::Left).await);
    assert_eq!(hinted(&store).await, [""; 0], "its page is listed again");
    raw(&file, "DROP TRIGGER stuck").await;
    let found = engine.backfill(Side::Left).await.unwrap();
    assert_eq!((found.looked_at, found.hinted), (2, 2));
    assert_eq!(hinted(&store).await, ["1", "2"]);
}
