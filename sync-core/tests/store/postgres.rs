use sync_core::conformance;
use sync_core::secrecy::ExposeSecret;
use sync_core::store::{PostgresStore, Store};

use super::new_link;
use super::places::Database;

async fn open(database: &Database, schema: &str) -> PostgresStore {
    PostgresStore::connect_in(&database.url, schema).await.unwrap()
}

async fn refusal(database: &Database, schema: &str) -> String {
    PostgresStore::connect_in(&database.url, schema).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_conforms() {
    let Some(database) = Database::find("suite").await else { return };
    conformance::store::check(async || open(&database, &database.next_schema()).await).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_outlives_its_store() {
    let Some(database) = Database::find("reopen").await else { return };
    let schema = database.next_schema();
    conformance::store::check_reopen(async || open(&database, &schema).await).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_schema_can_be_opened_by_several_at_once() {
    let Some(database) = Database::find("race").await else { return };
    let schema = database.next_schema();
    let opening = (0..8).map(|_| {
        let (url, schema) = (database.url.clone(), schema.clone());
        tokio::spawn(async move { PostgresStore::connect_in(&url, &schema).await })
    });
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    database.clean().await;
}

#[tokio::test]
async fn two_schemas_are_two_states() {
    let Some(database) = Database::find("two").await else { return };
    let (ours, theirs) =
        (open(&database, &database.next_schema()).await, open(&database, &database.next_schema()).await);
    ours.commit(new_link("a")).await.unwrap();
    assert!(theirs.links_page(None, 10).await.unwrap().is_empty());
    database.clean().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some(database) = Database::find("newer").await else { return };
    let schema = database.next_schema();
    let open = open(&database, &schema).await;
    database.raw(format!("UPDATE {schema}.schema_version SET version = 99")).await;
    let error = refusal(&database, &schema).await;
    assert!(error.contains(&schema) && error.contains("has version 99"), "{error}");
    assert!(error.contains("up to 5: update the program"), "{error}");
    // And by one that had it open already.
    let error = open.commit(new_link("a")).await.unwrap_err().to_string();
    assert!(error.contains("has version 99"), "{error}");
    database.clean().await;
}

#[tokio::test]
async fn tables_of_another_program_are_refused() {
    let Some(database) = Database::find("other").await else { return };
    let schema = database.next_schema();
    database.raw(format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.links (href TEXT)")).await;
    let error = refusal(&database, &schema).await;
    assert!(error.contains("relation \"links\" already exists"), "{error}");
    database.clean().await;
}

#[tokio::test]
async fn a_schema_made_by_somebody_else_is_used() {
    let Some(database) = Database::find("made").await else { return };
    let schema = database.next_schema();
    database.raw(format!("CREATE SCHEMA {schema}")).await;
    open(&database, &schema).await.commit(new_link("a")).await.unwrap();
    database.clean().await;
}

#[tokio::test]
async fn errors_and_debug_do_not_show_the_password() {
    crate::trace::on();
    let mut shown = Vec::new();
    for url in [
        "postgres://ana:s3cr3t@127.0.0.1:1/test",
        "postgres://ana:s3cr3t@127.0.0.1:s3cr3t/test",
        "postgres://ana:s3cr3t@127.0.0.1:1/test?sslmode=s3cr3t",
        "postgres://ana@127.0.0.1:1/test?sslmode=disable&sslpassword=s3cr3t",
        "s3cr3t",
    ] {
        let error = PostgresStore::connect(&url.into()).await.unwrap_err();
        assert!(error.to_string().starts_with("postgres: schema sync_core: "), "{error}");
        shown.push(format!("{error} {error:?}"));
    }
    if let Some(database) = Database::find("secret").await {
        shown.push(format!("{:?}", open(&database, &database.next_schema()).await));
        assert!(!shown.concat().contains(database.url.expose_secret()));
        database.clean().await;
    }
    assert!(!shown.concat().contains("s3cr3t"), "{shown:?}");
}

#[tokio::test]
async fn a_schema_has_a_plain_name() {
    let long = "a".repeat(64);
    for name in ["", "Upper", "1st", "a b", "a\"b", "a;b", "a,b", "é", "$user", &long] {
        let url = "postgres://127.0.0.1:1/test".into();
        let error = PostgresStore::connect_in(&url, name).await.unwrap_err().to_string();
        assert!(error.contains("the name has other characters"), "{error}");
    }
}

#[tokio::test]
async fn a_question_closed_and_opened_in_one_commit_is_asked_anew() {
    let Some(database) = Database::find("anew").await else { return };
    let store = open(&database, &database.next_schema()).await;
    super::a_question_closed_and_opened_in_one_commit_is_asked_anew(&store).await;
    database.clean().await;
}
