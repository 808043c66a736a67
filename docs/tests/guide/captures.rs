//! What the guide shows of the service's screen is what it prints, and fits a terminal of 80 columns.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::markdown::{blocks, read};
use crate::terminal::{after, build, said};

const PAGE: &str = "docs/service.md";
const WIDTH: usize = 80;
/// What the service asks of its sandbox at the least. It asks two more if a poll still sees one of their contacts.
const QUESTIONS: usize = 7;
/// How long it may take to ask it all, at most.
const PATIENCE: Duration = Duration::from_mins(5);
const TICK: Duration = Duration::from_millis(100);

/// `run --sandbox`, until it is dropped.
struct Service {
    child: Child,
    directory: PathBuf,
}

impl Service {
    fn start(program: &Path) -> Self {
        let directory = std::env::temp_dir().join(format!("guide-{}-captures", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let file = |name: &str| File::create(directory.join(name)).unwrap();
        let child = Command::new(program)
            .args(["run", "--sandbox"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("log"))
            .spawn()
            .unwrap();
        let mut service = Self { child, directory };
        let mut left = PATIENCE;
        while service.log().matches("kind=ReviewOpened").count() < QUESTIONS
            || !service.log().contains("the first plan is applied")
        {
            let ended = service.child.try_wait().unwrap();
            assert!(ended.is_none() && !left.is_zero(), "{ended:?}: {}", service.log());
            std::thread::sleep(TICK);
            left = left.saturating_sub(TICK);
        }
        service
    }

    fn out(&self) -> String {
        said(&self.directory.join("out"))
    }

    fn log(&self) -> String {
        said(&self.directory.join("log"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn every_capture_is_what_the_service_prints() {
    let program = build(&["sync-service"]).join("sync-service");
    let service = Service::start(&program);
    let settings = after(&service.out(), "--config ").to_owned();
    let mut names = Vec::new();
    for block in blocks(&read(PAGE)) {
        let Some((command, shown)) = block.text.split_once('\n') else { continue };
        let Some(arguments) = command.strip_prefix("$ sync-service ") else { continue };
        names.push(arguments.split(" --").next().unwrap().to_owned());
        let printed = if arguments.starts_with("run") {
            service.out()
        } else {
            let arguments = arguments.replace("SETTINGS", &settings);
            let out = Command::new(&program).args(arguments.split(' ')).env_clear().output().unwrap();
            String::from_utf8(out.stdout).unwrap()
        };
        for line in printed.lines().chain(shown.lines()) {
            // The commands to copy are as long as the paths of this machine.
            let is_path = line.contains("/sync-service ") || line.contains("--config /");
            assert!(
                is_path || line.chars().count() <= WIDTH,
                "{command}: wider than {WIDTH} columns:\n{line}"
            );
        }
        if let Err(part) = holds(shown, &printed) {
            panic!("{command}: this is not printed:\n{part}\nThis is:\n{printed}");
        }
    }
    assert_eq!(names, ["check", "plan", "run", "review list", "review show 0c27294d"]);
}

/// Whether what is printed is what is shown, where `...` stands for any lines; or else the part that is not there.
fn holds(shown: &str, printed: &str) -> Result<(), String> {
    let plain = |text: &str| text.lines().map(normalised).collect::<Vec<_>>();
    let (shown, printed) = (plain(shown), plain(printed));
    let mut rest = printed.as_slice();
    for (number, part) in shown.split(|line| line == "...").enumerate() {
        let at =
            if part.is_empty() { Some(0) } else { rest.windows(part.len()).position(|lines| lines == part) };
        match at {
            // What nothing is left out before begins it.
            Some(at) if at == 0 || number > 0 => rest = &rest[at + part.len()..],
            _ => return Err(part.join("\n")),
        }
    }
    if rest.is_empty() || shown.last().is_some_and(|line| line == "...") {
        Ok(())
    } else {
        Err(rest.join("\n"))
    }
}

/// The line without what differs from day to day: dates, times, ports, plans' ids and large numbers.
fn normalised(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_number = digits == word.len();
        match word {
            _ if word.starts_with("http://127.0.0.1:") => "ADDRESS",
            _ if word.len() == 10 && digits == 8 && word.matches('-').count() == 2 => "DATE",
            _ if word.len() == 5 && digits == 4 && word.contains(':') => "TIME",
            _ if word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit()) => "PLAN",
            _ if word.len() == 6 && is_number => "NUMBER",
            _ => word,
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_left_out_is_said_by_dots_alone() {
    let printed = "a\nb\nc\nd";
    for (shown, is_so) in [
        ("a\nb\nc\nd", true),
        ("a\n...\nd", true),
        ("...\nc\n...", true),
        ("a\nc\nd", false),
        ("b\n...", false),
        ("a\n...\nc", false),
        ("a\nb", false),
    ] {
        assert_eq!(holds(shown, printed).is_ok(), is_so, "{shown}");
    }
}
