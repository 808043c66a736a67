//! A server that misbehaves by script: one act per request, whatever connection it comes on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Answer(String),
    /// Promises more than it sends.
    CutBody,
    /// Closes without reading the request.
    CloseUnread,
    /// Reads the request and closes.
    Close,
    /// Reads the request and says nothing.
    Stall,
}

impl Act {
    pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: Vec<_> = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        let headers = headers.concat();
        Self::Answer(format!(
            "HTTP/1.1 {status} Whatever\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

#[derive(Debug, Default)]
struct Seen {
    acts: VecDeque<Act>,
    paths: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Script {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Script {
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        crate::trace::on();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen { acts: acts.into(), paths: Vec::new() }));
        let task = tokio::spawn(accept(listener, seen.clone()));
        Self { port, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many requests came, read or not.
    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().paths.len()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen.lock().unwrap().paths.clone()
    }

    pub(crate) async fn stop(&self) {
        self.task.abort();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn accept(listener: TcpListener, seen: Arc<Mutex<Seen>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, seen.clone()));
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    loop {
        // Peek, so that an unread request can be left unread.
        let mut first = [0_u8; 1];
        if !matches!(stream.peek(&mut first).await, Ok(1)) {
            return;
        }
        let act = seen.lock().unwrap().acts.pop_front().unwrap_or(Act::Close);
        if matches!(act, Act::CloseUnread) {
            seen.lock().unwrap().paths.push("unread".to_owned());
            return;
        }
        let Some(path) = read_request(&mut stream).await else { return };
        seen.lock().unwrap().paths.push(path);
        match act {
            Act::Answer(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Act::CutBody => {
                let start = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":";
                stream.write_all(start).await.unwrap();
                return;
            }
            Act::Close | Act::CloseUnread => return,
            Act::Stall => tokio::time::sleep(Duration::from_secs(3600)).await,
        }
    }
}

/// Reads one request and gives its path with the query.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length =
        text.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |l| l.parse().unwrap());
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8_lossy(&bytes[..head]).split(' ').nth(1).map(str::to_owned)
}
