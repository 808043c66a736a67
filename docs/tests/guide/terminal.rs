//! A person at a terminal: types the blocks of a page into a shell, in a directory of its own, against a sandbox of its own.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::markdown::root;

/// How long a block may take, at most.
const PATIENCE: Duration = Duration::from_secs(90);
const TICK: Duration = Duration::from_millis(100);

/// Stands for `cargo`: starts what `cargo run` would have built. Whatever is `ID` is what the program before has asked to
/// approve of. Ports are those of this terminal.
const CARGO: &str = r#"#!/bin/sh
[ "$1 $2" = "run -p" ] || { echo "cargo $*: the guide says what only cargo itself does" >&2; exit 64; }
program=$3; shift 3
[ "$1" = --bin ] && { program=$2; shift 2; }
[ "$1" = -- ] && shift
for argument; do
    shift
    [ "$argument" = ID ] && argument=$(cat ./*.out | sed -n 's/.*--approve \([0-9a-f]\{12,\}\).*/\1/p' | tail -n 1)
    set -- "$@" "$argument"
done
case "$program $*" in
    *--help*) ;;
    "sandbox "*--ghl-port*) ;;
    "sandbox "*) set -- "$@" --ghl-port "$GUIDE_GHL" --moloni-port "$GUIDE_MOLONI" ;;
    "webhooks "*) set -- "$@" --listen "127.0.0.1:$GUIDE_WEBHOOKS" ;;
esac
exec "$GUIDE_PROGRAMS/$program" "$@"
"#;

/// Builds the programs that the guide starts, as a person does it, and tells where they are.
pub(crate) fn build(programs: &[&str]) -> PathBuf {
    let packages = programs.iter().flat_map(|program| ["-p", program]);
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--locked", "--quiet"])
        .args(packages)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    // This test is in `deps` of the same place, or of that of another profile.
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(3).unwrap().join("debug")
}

pub(crate) struct Terminal {
    page: String,
    directory: PathBuf,
    programs: PathBuf,
    ports: [u16; 3],
    running: Vec<Child>,
    typed: Vec<String>,
}

impl Terminal {
    pub(crate) fn new(page: &str, programs: PathBuf) -> Self {
        let name = page.replace(['/', '.'], "-");
        let directory = std::env::temp_dir().join(format!("guide-{}-{name}", std::process::id()));
        fs::create_dir_all(directory.join("bin")).unwrap();
        let cargo = directory.join("bin/cargo");
        fs::write(&cargo, CARGO).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        // Held together, so that they differ.
        let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = held.map(|listener| listener.local_addr().unwrap().port());
        Self { page: page.to_owned(), directory, programs, ports, running: Vec::new(), typed: Vec::new() }
    }

    /// Starts the sandbox of the page, where the page itself takes real accounts.
    pub(crate) fn sandbox(&mut self) {
        self.serve("cargo run -p sandbox -- --speed 20 --customers 40 --env sandbox.env", "Ctrl-C ends it");
    }

    /// Types a block, and waits until it is done.
    pub(crate) fn run(&mut self, block: &str, code: i32, says: &str) {
        let (mut child, out) = self.start(block);
        let mut left = PATIENCE;
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if left.is_zero() {
                self.running.push(child);
                self.fail(block, &format!("it does not end; so far:\n{}", said(&out)));
            }
            std::thread::sleep(TICK);
            left = left.saturating_sub(TICK);
        };
        let said = said(&out);
        // What a sandbox refuses it answers with a status, which `curl` passes over.
        let refused = said.contains("{\"error\":");
        if ended.code() != Some(code) || !said.contains(says) || refused {
            self.fail(block, &format!("it ends with {ended} in place of {code} and `{says}`:\n{said}"));
        }
    }

    /// Types a block, and waits until a terminal where something goes on says so.
    pub(crate) fn run_for(&mut self, block: &str, says: &str) {
        let before = self.typed.len();
        let outs: Vec<_> = (0..before).map(|at| self.out(at)).collect();
        let heard = || outs.iter().any(|out| said(out).contains(says));
        if heard() {
            self.fail(block, &format!("`{says}` was said before"));
        }
        self.run(block, 0, "");
        let mut left = PATIENCE;
        while !heard() {
            if left.is_zero() {
                self.fail(block, &format!("nothing says `{says}`"));
            }
            std::thread::sleep(TICK);
            left = left.saturating_sub(TICK);
        }
    }

    /// Types a block again and again, until it does as it says.
    pub(crate) fn run_until(&mut self, block: &str, says: &str) {
        let mut left = PATIENCE;
        loop {
            let (mut child, out) = self.start(block);
            let ended = child.wait().unwrap();
            let said = said(&out);
            if ended.success() && said.contains(says) {
                return;
            }
            if left.is_zero() {
                self.fail(block, &format!("it never says `{says}`:\n{said}"));
            }
            std::thread::sleep(TICK * 10);
            left = left.saturating_sub(TICK * 10);
        }
    }

    /// Types a block that goes on, and waits until it has said so.
    pub(crate) fn serve(&mut self, block: &str, says: &str) {
        let (child, out) = self.start(block);
        self.running.push(child);
        let mut left = PATIENCE;
        while !said(&out).contains(says) {
            let ended = self.running.last_mut().unwrap().try_wait().unwrap();
            if left.is_zero() || ended.is_some() {
                self.fail(block, &format!("it does not say `{says}` ({ended:?}):\n{}", said(&out)));
            }
            std::thread::sleep(TICK);
            left = left.saturating_sub(TICK);
        }
    }

    /// Ctrl-C in each terminal, the last one first.
    pub(crate) fn close(mut self) {
        while let Some(mut child) = self.running.pop() {
            signal("-INT", &child);
            let mut left = Duration::from_secs(15);
            while child.try_wait().unwrap().is_none() {
                if left.is_zero() {
                    self.running.push(child);
                    panic!("{}: something does not end by Ctrl-C", self.page);
                }
                std::thread::sleep(TICK);
                left = left.saturating_sub(TICK);
            }
        }
        for (at, block) in self.typed.iter().enumerate() {
            // The sandbox tells its secrets: they are what a person needs of it.
            if block.contains("-p sandbox") {
                continue;
            }
            let said = said(&self.out(at));
            for mark in ["s3cr3t", "5ec2e7", "panicked at"] {
                assert!(!said.contains(mark), "{}: `{mark}` shows after\n{block}", self.page);
            }
        }
        fs::remove_dir_all(&self.directory).unwrap();
    }

    fn start(&mut self, block: &str) -> (Child, PathBuf) {
        let out = self.out(self.typed.len());
        self.typed.push(block.to_owned());
        let file = File::create(&out).unwrap();
        let path = format!("{}:{}", self.directory.join("bin").display(), std::env::var("PATH").unwrap());
        let [ghl, moloni, webhooks] = self.ports.map(|port| port.to_string());
        let child = Command::new("sh")
            .arg("-c")
            .arg(self.filled_in(block))
            .current_dir(&self.directory)
            .env_clear()
            .env("PATH", path)
            .env("GUIDE_PROGRAMS", &self.programs)
            .env("GUIDE_GHL", ghl)
            .env("GUIDE_MOLONI", moloni)
            .env("GUIDE_WEBHOOKS", webhooks)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0)
            .spawn()
            .unwrap();
        (child, out)
    }

    /// The block with the ports of this page, and with the ids that a person takes from what they see.
    fn filled_in(&self, block: &str) -> String {
        let mut block = block.to_owned();
        for (port, own) in [8081, 8082, 8083].into_iter().zip(self.ports) {
            // With the colon: a port of this page may have the digits of another one in it.
            block = block.replace(&format!(":{port}"), &format!(":{own}"));
        }
        if block.contains("SETTINGS") || block.contains("CONTACT") {
            // What a person copies from where `run --sandbox` has printed it.
            let said: String = (0..self.typed.len() - 1).map(|at| said(&self.out(at))).collect();
            block = block.replace("SETTINGS", after(&said, "--config "));
            block = block.replace("CONTACT", after(&said, "/__sandbox/records/contacts/"));
            let address = said.split("/__sandbox/records/").next().unwrap();
            block = block.replace("PORT", address.rsplit(':').next().unwrap());
        }
        if block.contains("/contacts/ID") {
            let contact = self.record(0, "contacts", |contact| contact["source"] == "Moloni");
            block = block.replace("/contacts/ID", &format!("/contacts/{}", contact["id"].as_str().unwrap()));
        }
        if block.contains("/customers/ID") {
            let customer = self.record(1, "customers", |customer| customer["email"] != "");
            block = block.replace("/customers/ID", &format!("/customers/{}", customer["customer_id"]));
        }
        block
    }

    /// A record that a sandbox shows.
    pub(crate) fn record(&self, sandbox: usize, collection: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let url = format!("http://127.0.0.1:{}/__sandbox/state", self.ports[sandbox]);
        let shown = Command::new("curl").args(["-sf", &url]).output().unwrap();
        let state: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let found = state[collection].as_array().unwrap().iter().find(|record| is_it(record));
        found.unwrap_or_else(|| panic!("{}: no such record among {collection}", self.page)).clone()
    }

    fn out(&self, typed: usize) -> PathBuf {
        self.directory.join(format!("{typed:02}.out"))
    }

    fn fail(&self, block: &str, why: &str) -> ! {
        panic!("{}:\n{block}{why}", self.page)
    }
}

/// The word behind `mark`, where it first stands.
pub(crate) fn after<'a>(said: &'a str, mark: &str) -> &'a str {
    let rest = said.split_once(mark).unwrap_or_else(|| panic!("nothing says `{mark}`:\n{said}")).1;
    rest.split_whitespace().next().unwrap()
}

pub(crate) fn said(out: &Path) -> String {
    String::from_utf8_lossy(&fs::read(out).unwrap()).into_owned()
}

impl Drop for Terminal {
    /// What a test that fails has left running.
    fn drop(&mut self) {
        for child in &mut self.running {
            signal("-KILL", child);
            let _ = child.wait();
        }
    }
}

/// To the shell and to what it has started: they are a group.
fn signal(name: &str, child: &Child) {
    let _ = Command::new("kill").args([name, "--", &format!("-{}", child.id())]).status();
}
