//! How a person gives access to Moloni, and what becomes of it.

use std::process::Stdio;
use std::time::Duration;

use sync_core::http::reqwest;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use super::ana;
use super::scene::{Scene, free_port, said};

/// A pair without a login, whose developer's keys have this redirect address.
async fn without_a_login(test: &str, redirect: &str) -> Scene {
    let mut scene = Scene::new(test, &[("shop", 0)]).await;
    std::fs::write(scene.directory.join("key"), "07".repeat(32)).unwrap();
    scene.service = "listen = \"\"\nkey = \"file:key\"".to_owned();
    let settings = scene.pairs[0].2.lines().filter(|line| !line.starts_with("password"));
    let keys =
        format!("redirect = \"{redirect}\"\npage = \"{}/ac/root/oauth/\"", scene.pair("shop").moloni.url());
    let settings: Vec<_> = settings
        .map(|line| if line.starts_with("username") { keys.clone() } else { line.to_owned() })
        .collect();
    scene.pairs[0].2 = settings.join("\n") + "\n";
    scene.write();
    scene
}

type Said = Lines<BufReader<ChildStderr>>;

/// The first line with this in it.
async fn line(lines: &mut Said, part: &str) -> String {
    let found = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it ended");
            if line.contains(part) {
                return line;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(2), found).await.expect(part)
}

/// Begins to connect, and gives the page that is to be opened.
async fn begun(scene: &Scene) -> (Child, Said, String) {
    let mut child = scene.program(&["connect", "moloni"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let page = line(&mut lines, "client_id=").await.trim().to_owned();
    (child, lines, page)
}

/// Ends it, and syncs with what was granted.
async fn ended_well(scene: &Scene, child: Child) {
    let done = said(&child.wait_with_output().await.unwrap());
    assert!(done.code == Some(0) && done.text.contains("is connected"), "{}", done.text);
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    assert!(scene.contact("shop", "ana@example.pt").is_some());
    let kept = std::fs::read(scene.directory.join("sync.db")).unwrap();
    // All of the sandbox's tokens have it in them.
    assert!(!kept.windows(6).any(|part| part == b"s3cr3t" || part == b"5ec2e7"), "a token is kept as it is");
}

#[tokio::test]
async fn moloni_is_connected_by_the_page_that_comes_back_to_this_machine() {
    let redirect = format!("http://127.0.0.1:{}/callback", free_port());
    let scene = without_a_login("loopback", &redirect).await;
    let (child, _lines, page) = begun(&scene).await;
    // As a browser does: the page sends it to this machine.
    let shown = reqwest::get(&page).await.unwrap();
    assert!(shown.status().is_success() && shown.url().as_str().starts_with(&redirect), "{}", shown.status());
    ended_well(&scene, child).await;
}

#[tokio::test]
async fn moloni_is_connected_by_a_pasted_address() {
    let scene = without_a_login("pasted", "https://app.example.pt/callback").await;
    let (mut child, mut lines, page) = begun(&scene).await;
    line(&mut lines, "paste the address").await;
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sent = browser.get(&page).send().await.unwrap();
    let pasted = format!("{}\n", sent.headers()["location"].to_str().unwrap());
    child.stdin.take().unwrap().write_all(pasted.as_bytes()).await.unwrap();
    ended_well(&scene, child).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_before_anybody_is_sent_anywhere() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect = format!("http://{}/callback", taken.local_addr().unwrap());
    let scene = without_a_login("taken", &redirect).await;
    let said = scene.says(&["connect", "moloni"]).await;
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(said.code == Some(1) && said.text.contains(&port), "{}", said.text);
    assert!(!said.text.contains("Open this page"), "{}", said.text);
}

#[tokio::test]
async fn a_service_looks_after_its_connections_while_a_pair_waits() {
    let scene = without_a_login("alive", "https://app.example.pt/callback").await;
    let mut child = scene.started();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = line(&mut lines, "not kept alive").await;
    let company = scene.pair("shop").moloni.credentials().company_id;
    assert!(told.contains(&format!("moloni:{company}")), "{told}");
    child.kill().await.unwrap();
}
