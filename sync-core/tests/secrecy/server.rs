//! The other side of the wire.

use std::sync::Arc;

use sync_core::http::{HeaderMap, HttpSettings, Operation, Outgoing, RateInfo, Service, Verdict};
use sync_core::secrecy::ExposeSecret;
use sync_core::{AccessToken, ManualEnv};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Carries its token in the query, the worst place there is.
#[derive(Debug)]
pub(crate) struct Things;

impl Service for Things {
    fn authorize(&self, token: &AccessToken, request: &mut Outgoing) -> Result<(), String> {
        request.url.query_pairs_mut().append_pair("access_token", token.secret.expose_secret());
        Ok(())
    }

    fn judge(&self, _: &Operation, status: u16, _: &HeaderMap, _: &[u8]) -> Verdict {
        if status < 300 { Verdict::Success } else { Verdict::Refused }
    }

    fn rate(&self, _: &HeaderMap) -> Option<RateInfo> {
        None
    }
}

/// A clock that only its own pauses move, so that no test waits.
pub(crate) fn settings() -> HttpSettings {
    crate::trace::on();
    HttpSettings::new().env(Arc::new(ManualEnv::new(1)))
}

/// Answers each request with what `answer` makes of it, whole: head and body. Gives `address:port`.
pub(crate) async fn answering(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            let mut length = 0;
            // A body is here when as much as its head promises is here.
            loop {
                let read = stream.read(request.get_mut(length..).unwrap()).await.unwrap_or_default();
                length += read;
                let text = String::from_utf8_lossy(request.get(..length).unwrap()).into_owned();
                if read > 0 && !is_whole(&text) {
                    continue;
                }
                stream.write_all(answer(&text).as_bytes()).await.ok();
                break;
            }
        }
    });
    address
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return !request.is_ascii() };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// An answer with a body of JSON, and a session among its headers.
pub(crate) fn answer(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Whatever\r\nset-cookie: session=s3cr3t-session\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
