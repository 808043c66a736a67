//! The template as a person runs it, against the sandbox. What counts is what HighLevel and the club's database show.

mod conformance;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use ghl_contacts::sandbox::{Config, Sandbox};
use moloni_ghl::sandbox::{Crm, PairConfig, SandboxPair, SeenContact};
use serde_json::{Value, json};
use sync_core::sandbox_kit::{Edit, Fault, FaultKind};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A directory of its own for each test; gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("embed-your-own-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What stays there is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The club, and the HighLevel that it is connected to.
struct Club {
    pair: SandboxPair,
    crm: Crm,
    directory: Directory,
}

impl Club {
    async fn new(test: &str) -> Self {
        Self::with(test, Config::default()).await
    }

    async fn with(test: &str, highlevel: Config) -> Self {
        let config = PairConfig { customers: 0, ..PairConfig::default() };
        let mut pair = SandboxPair::start(config).await.unwrap();
        pair.ghl = Sandbox::start(Config { speed: 50.0, ..highlevel }).await.unwrap();
        let directory = Directory::new(test);
        let key = directory.file("club.key");
        std::fs::write(&key, format!("5ec2e7{}", "01".repeat(29))).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { crm: pair.crm().unwrap(), pair, directory }
    }

    fn template(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_embed-your-own"));
        command.env_clear().envs(self.pair.variables()).current_dir(&self.directory.0);
        command.args(["--every", "1"]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn says(&self, arguments: &[&str]) -> String {
        text(&self.template(arguments).output().await.unwrap())
    }

    /// Starts it, and approves of whatever has to be, until it is in sync.
    async fn in_sync(&self, arguments: &[&str]) -> Child {
        let mut id: Option<String> = None;
        loop {
            let mut command = self.template(arguments);
            // Whoever was connected once needs no code any more.
            if self.pair.ghl.calls().iter().any(|call| call.path == "/oauth/token") {
                command.env_remove("GHL_CODE");
            }
            let mut child = command.args(id.iter().flat_map(|id| ["--approve", id])).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut said = String::new();
            id = None;
            while let Some(line) = lines.next_line().await.unwrap() {
                said.push_str(&line);
                if line.starts_with("In sync.") {
                    child.stdout = Some(lines.into_inner().into_inner());
                    return child;
                }
                id = line.trim().strip_prefix("--approve ").map(str::to_owned).or(id);
            }
            assert!(id.is_some(), "{said} {}", text(&child.wait_with_output().await.unwrap()));
        }
    }

    async fn desk(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_desk"));
        text(&command.current_dir(&self.directory.0).args(arguments).output().await.unwrap())
    }

    fn database(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.directory.file("club.json")).unwrap()).unwrap()
    }

    fn members(&self) -> Vec<Value> {
        let database = self.database();
        database["members"]["rows"].as_object().unwrap().values().map(|row| row["member"].clone()).collect()
    }

    /// The version of the one pair of tokens.
    fn tokens(&self) -> u64 {
        let database = self.database();
        let rows: Vec<_> = database["tokens"].as_object().unwrap().values().collect();
        assert_eq!(rows.len(), 1);
        assert!(rows[0]["sealed"].is_string());
        rows[0]["rev"].as_u64().unwrap()
    }

    fn grants(&self) -> usize {
        self.pair.ghl.calls().iter().filter(|call| call.path == "/oauth/token" && call.effect).count()
    }

    /// Waits until the contact is as it should be.
    async fn contact(&self, email: &str, what: &str, holds: impl Fn(&SeenContact) -> bool) -> SeenContact {
        for _ in 0..400 {
            if let Some(contact) = self.crm.contact(email).await.unwrap().filter(&holds) {
                return contact;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{what}: {:#?}", self.crm.contact(email).await.unwrap());
    }

    async fn member(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        for _ in 0..400 {
            if self.members().iter().any(&holds) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{what}: {:#?}", self.members());
    }

    fn edit(&self, contact: &SeenContact, fields: Value) {
        let id = contact.contact.id.to_string();
        self.pair.ghl.human(Edit::Update { collection: "contacts".into(), id, fields }).unwrap();
    }
}

fn text(output: &Output) -> String {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!text.contains("s3cr3t") && !text.contains("5ec2e7"), "a secret shows: {text}");
    text
}

async fn stop(mut child: Child) -> String {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
    ended.expect("it stops, though the machine may be busy").unwrap();
    text(&child.wait_with_output().await.unwrap())
}

#[tokio::test]
async fn members_become_contacts_and_edits_go_both_ways() {
    let club = Club::new("both-ways").await;
    let ana = ["name=Ana Lopes", "email=Ana@example.pt", "phone=912 345 678", "town=Faro", "section=Rowing"];
    let ana = [&["join", "teams=Masters,Crew"][..], &ana].concat();
    assert_eq!(club.desk(&ana).await, "member 1\n");
    club.desk(&["join", "name=Rui Costa", "email=rui@example.pt", "town=Olhão"]).await;
    assert!(
        club.desk(&["join", "name=Twin", "email=RUI@example.pt"]).await.contains("member 2 has the same")
    );
    let known =
        json!({ "firstName": "Rui", "lastName": "Costa", "email": "rui@example.pt", "tags": ["vip"] });
    club.pair.ghl.add_contact(known).unwrap();
    let stranger = json!({ "firstName": "Eva", "lastName": "Reis", "email": "eva@example.pt" });
    club.pair.ghl.add_contact(stranger).unwrap();

    // Nothing is written before somebody has looked at it.
    let said = club.says(&[]).await;
    assert!(said.contains("--approve "), "{said}");
    let written = |call: &sync_core::sandbox_kit::Call| call.effect && call.path != "/oauth/token";
    assert!(!club.pair.ghl.calls().iter().any(written), "nothing is written unasked");

    let child = club.in_sync(&[]).await;
    let seen = club.contact("ana@example.pt", "a new contact", |c| c.tags().len() == 2).await;
    assert_eq!(seen.contact.source.as_deref(), Some("Club"));
    assert_eq!(seen.contact.phone.as_deref(), Some("+351912345678"));
    assert_eq!(seen.contact.city.as_deref(), Some("Faro"));
    assert_eq!((seen.field("Section"), seen.field("Member number")), ("Rowing".into(), "1".into()));
    assert!(!seen.field("Member since").is_empty());
    assert_eq!(seen.tags(), ["crew", "masters"]);
    let known = club.contact("rui@example.pt", "a known contact", |c| c.contact.city.is_some()).await;
    assert_eq!((known.tags(), known.field("Member number")), (vec!["vip"], "2".into()));
    assert_eq!(club.crm.contacts().await.unwrap().len(), 3);

    club.desk(&["change", "1", "town=Tavira", "section="]).await;
    let changed =
        |c: &SeenContact| c.contact.city.as_deref() == Some("Tavira") && c.field("Section").is_empty();
    let seen = club.contact("ana@example.pt", "a change at the desk", changed).await;
    club.edit(
        &seen,
        json!({ "phone": "+351913000000", "address1": "Rua Nova, 1", "tags": ["crew", "masters", "vip"] }),
    );
    let both = |m: &Value| m["phone"] == "+351913000000" && m["street"] == "Rua Nova, 1";
    club.member("an edit in HighLevel", both).await;
    assert_eq!(club.members()[0]["teams"], json!(["Crew", "Masters"]), "people's tags are theirs");
    assert!(stop(child).await.contains("Stopped."));
    assert_eq!(club.members().len(), 2, "a contact that the club does not know is left alone");

    // On demand they become members.
    let child = club.in_sync(&["--enrol"]).await;
    club.member("a contact as a member", |m| m["name"] == "Eva Reis" && m["email"] == "eva@example.pt").await;
    club.contact("eva@example.pt", "her number", |c| c.field("Member number") == "3").await;
    assert!(stop(child).await.contains("Stopped."));
    assert_eq!((club.members().len(), club.crm.contacts().await.unwrap().len()), (3, 3));

    // A database that has lost its members is none from which all have gone.
    for number in ["1", "2", "3"] {
        club.desk(&["leave", number]).await;
    }
    let said = club.says(&[]).await;
    assert!(said.contains("stopped: Club does not list 3 of 3 records that are known of it"), "{said}");
    assert_eq!(club.crm.contacts().await.unwrap().len(), 3);
}

#[tokio::test]
async fn tokens_rotate_and_are_kept_in_the_clubs_database() {
    let club = Club::new("rotation").await;
    let day = Duration::from_secs(25 * 3600);
    club.desk(&["join", "name=Ana Lopes", "email=ana@example.pt"]).await;
    let child = club.in_sync(&[]).await;
    assert_eq!((club.tokens(), club.grants()), (1, 1));
    let file = std::fs::read_to_string(club.directory.file("club.json")).unwrap();
    assert!(!file.contains("s3cr3t"), "tokens are sealed");

    // HighLevel takes the token no more, and the refresh token works once.
    club.pair.ghl.advance(day);
    club.desk(&["change", "1", "town=Faro"]).await;
    club.contact("ana@example.pt", "another day", |c| c.contact.city.is_some()).await;
    assert_eq!((club.tokens(), club.grants()), (2, 2));

    // What was bought last is what the next process finds.
    drop(child);
    club.pair.ghl.advance(day);
    club.desk(&["change", "1", "town=Tavira"]).await;
    let child = club.in_sync(&[]).await;
    club.contact("ana@example.pt", "a third day", |c| c.contact.city.as_deref() == Some("Tavira")).await;
    assert_eq!((club.tokens(), club.grants()), (3, 3));
    stop(child).await;

    // The code is used up; what is stored stays.
    let said = club.says(&["--reconnect"]).await;
    assert!(said.starts_with("error: ") && said.contains("authorization code"), "{said}");
    assert_eq!((club.tokens(), club.grants()), (3, 3));
}

#[tokio::test]
async fn killed_and_started_again_it_has_nothing_twice() {
    const MEMBERS: usize = 20;
    // Else HighLevel itself would refuse whoever is there already.
    let club = Club::with("killed", Config { allow_duplicates: true, ..Config::default() }).await;
    for number in 0..MEMBERS {
        club.desk(&["join", &format!("name=Member {number}"), &format!("email=m{number}@example.pt")]).await;
    }
    let lost = Fault::new(FaultKind::LoseReply).on("contacts.create").after(5).times(2);
    club.pair.ghl.fault(lost);
    let there = || club.pair.ghl.state()["contacts"].as_array().unwrap().len();
    for killed_at in [4, 10] {
        let amid = async {
            while there() < killed_at {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            _ = club.in_sync(&[]) => panic!("it is in sync before it could be killed"),
            () = amid => {}
        }
        assert!(there() < MEMBERS, "it was killed amid its work");
    }
    let child = club.in_sync(&[]).await;
    for _ in 0..400 {
        if club.crm.contacts().await.unwrap().len() >= MEMBERS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop(child).await;
    let contacts = club.crm.contacts().await.unwrap();
    let emails: BTreeSet<_> = contacts.iter().filter_map(|contact| contact.email.clone()).collect();
    assert_eq!((contacts.len(), emails.len()), (MEMBERS, MEMBERS));
    assert_eq!(club.members().len(), MEMBERS);

    // Nothing is left to do.
    let writes = || club.pair.ghl.calls().iter().filter(|call| call.effect).count();
    let before = writes();
    let child = club.in_sync(&[]).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    stop(child).await;
    assert_eq!(writes(), before, "nothing is written again");
}
