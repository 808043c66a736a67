//! The server commits, and its answer gets lost.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sync_core::secrecy::ExposeSecret;
use sync_core::{PostgresTokenStore, SecretString, Swap, TokenStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::places::Database;
use super::{KEY, account, name_of, pair, put, seal, stored};

const HOUR: Duration = Duration::from_secs(3600);

/// Passes everything on to the server until it is told otherwise. Then it loses the answer to the next commit.
async fn lossy_proxy(url: &SecretString) -> (SecretString, Arc<AtomicBool>) {
    let server = PgConnectOptions::from_str(url.expose_secret()).unwrap();
    let target = format!("{}:{}", server.get_host(), server.get_port());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let losing = Arc::new(AtomicBool::new(false));
    let loses = Arc::clone(&losing);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&target).await.unwrap();
            tokio::spawn(pass_on(client, server, Arc::clone(&loses)));
        }
    });
    (server.host("127.0.0.1").port(port).to_url_lossy().to_string().into(), losing)
}

async fn pass_on(mut client: TcpStream, mut server: TcpStream, losing: Arc<AtomicBool>) {
    let (mut said, mut answered) = ([0; 8192], [0; 8192]);
    let mut lost = false;
    loop {
        tokio::select! {
            Ok(length @ 1..) = client.read(&mut said) => {
                let said = &said[..length];
                let commits = said.windows(7).any(|part| part == b"COMMIT\0");
                lost |= commits && losing.swap(false, Ordering::SeqCst);
                server.write_all(said).await.unwrap();
            }
            Ok(length @ 1..) = server.read(&mut answered) => {
                if lost {
                    return;
                }
                client.write_all(&answered[..length]).await.unwrap();
            }
            else => return,
        }
    }
}

/// The pair is stored and its writer does not know. Asking again gives it what it stored.
#[tokio::test]
async fn a_swap_whose_answer_is_lost_can_be_repeated() {
    let Some(database) = Database::find("lost").await else { return };
    let schema = database.next_schema();
    let (url, losing) = lossy_proxy(&database.url).await;
    let store = PostgresTokenStore::connect_in(&url, &schema, seal(&[KEY])).await.unwrap();
    let account = account("1");
    let first = put(&store, &account, None, "a").await;
    losing.store(true, Ordering::SeqCst);
    let error = store.swap(&account, Some(first), pair("b")).await.unwrap_err();
    assert!(error.to_string().contains("no answer to the commit, so it may be stored or not"), "{error}");
    match store.swap(&account, Some(first), pair("b")).await.unwrap() {
        Swap::Stale(Some(own)) => assert_eq!(name_of(&own.value), "b"),
        other => panic!("{other:?}"),
    }

    // A lease whose answer is lost is nobody's, and ends by itself.
    losing.store(true, Ordering::SeqCst);
    store.lease(&account, "ana", Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(store.lease(&account, "ana", HOUR).await.unwrap(), None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(store.lease(&account, "ana", HOUR).await.unwrap().is_some());

    // A removal, too, can be repeated.
    losing.store(true, Ordering::SeqCst);
    store.remove(&account).await.unwrap_err();
    store.remove(&account).await.unwrap();
    assert_eq!(stored(&store, &account).await, None);
    database.clean().await;
}
