//! The disk of the state is full while the service runs.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use tokio::process::{Child, Command};

use crate::ana;
use crate::outages::bruno;
use crate::scene::{Inbox, Scene, ready, terminated, until};

/// What keeps the state from growing.
enum Bound {
    /// A file system of its own, in a namespace that the service alone is in.
    Disk,
    /// A limit to the size of its files, for where nothing may be mounted.
    FileSize,
}

impl Bound {
    async fn new() -> Self {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"]);
        match unshare.output().await {
            Ok(output) if output.status.success() => Self::Disk,
            _ => Self::FileSize,
        }
    }

    /// Starts a service that is bound by this.
    fn started(&self, scene: &Scene) -> Child {
        let program = scene.program(&["run"]);
        let mut command = match self {
            Self::Disk => {
                let mount = r#"mount -t tmpfs -o size=8m none "$0" && exec "$@""#;
                let mut command = Command::new("unshare");
                command.args(["--mount", "--map-root-user", "sh", "-c", mount]);
                command.arg(scene.directory.join("disk"));
                command
            }
            Self::FileSize => {
                let mut command = Command::new("sh");
                command.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]);
                command
            }
        };
        command.arg(program.as_std().get_program()).args(program.as_std().get_args());
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped()).kill_on_drop(true).spawn().unwrap()
    }

    /// Leaves no room.
    async fn fill(&self, scene: &Scene, child: &Child) {
        match self {
            Self::Disk => {
                let mut filler = File::create(filler(scene, child)).unwrap();
                // To the last byte.
                for size in [64 * 1024, 1] {
                    let block = vec![1; size];
                    while filler.write(&block).is_ok_and(|written| written > 0) {}
                }
            }
            Self::FileSize => limit(child, "4096:unlimited").await,
        }
    }

    /// Makes room again.
    async fn free(&self, scene: &Scene, child: &Child) {
        match self {
            Self::Disk => std::fs::remove_file(filler(scene, child)).unwrap(),
            Self::FileSize => limit(child, "unlimited:unlimited").await,
        }
    }
}

/// A file beside the state, as the service's process sees the file system.
fn filler(scene: &Scene, child: &Child) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", child.id().unwrap()));
    root.join(scene.directory.strip_prefix("/").unwrap()).join("disk/filler")
}

async fn limit(child: &Child, bytes: &str) {
    let pid = child.id().unwrap().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}")]).status().await;
    assert!(limited.unwrap().success());
}

async fn a_disk_is_full_for_a_while(test: &str, bound: Bound, says: &str) {
    let mut scene = Scene::new(test, &[("shop", 0)]).await;
    std::fs::create_dir(scene.directory.join("disk")).unwrap();
    let (inbox, address): (Inbox, _) = scene.serves().await;
    scene.service.push_str("\ndatabase = \"disk/sync.db\"");
    scene.changes("shop", "two_way = true", "two_way = true\nask_first = false");
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    let mut child = bound.started(&scene);
    ready(&address, "it runs", |status, _| status == 200).await;
    until("a contact", || scene.contact("shop", "ana@example.pt").is_some()).await;

    bound.fill(&scene, &child).await;
    until("an alert", || inbox.has("pair_stopped", "shop")).await;
    let told = inbox.of("pair_stopped", "shop");
    assert!(told[0].contains("disk/sync-shop.db: ") && told[0].contains(says), "{told:?}");
    ready(&address, "it is told", |status, why| status == 503 && why.contains(says)).await;
    scene.ana_moves("shop", "Tavira");
    scene.pair("shop").moloni.add_customer(bruno()).unwrap();
    // Some attempts, each of which fails.
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    assert_eq!(child.try_wait().unwrap(), None, "it stays alive");
    assert_eq!(
        inbox.of("pair_stopped", "shop").len(),
        1,
        "it is told once: {:?}",
        inbox.of("pair_stopped", "shop")
    );
    assert!(scene.contact("shop", "bruno@example.pt").is_none(), "nothing is written that is not noted");

    bound.free(&scene, &child).await;
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Tavira")).await;
    until("the customer made meanwhile", || scene.contact("shop", "bruno@example.pt").is_some()).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    assert_eq!(scene.contacts_of_moloni("shop"), 2);
    let said = terminated(child).await;
    assert!(said.code == Some(0), "{}", said.text);
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_lost_or_done_twice() {
    let bound = Bound::new().await;
    let says = match bound {
        Bound::Disk => "make room there",
        Bound::FileSize => "or is full: make room there",
    };
    a_disk_is_full_for_a_while("disk", bound, says).await;
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_told_and_nothing_is_lost_or_done_twice() {
    a_disk_is_full_for_a_while("limit", Bound::FileSize, "or is full: make room there").await;
}
