//! What a sweep of linked, unchanged records costs, and whether a record costs the same however many there are:
//! `cargo bench -p sync-core --all-features --bench sweep`. With `-- --check` it fails over the limits. Linux only.
//!
//! Both sides make their rows while they are listed, a hundred at a time; the links lie in an SQLite file, nine fields
//! each. The right side lists in another order than the one in which the links were written. The first sweep of new
//! links reads and compares each and notes what it saw; it is told, and what counts is the one after it. Counted are both
//! sweeps of a process of its own: all of its CPU time, and the most memory it ever had.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder};
use sync_core::engine::merge::FieldState;
use sync_core::engine::{
    Agreed, Caps, Collection, Engine, Fault, Guards, Link, LinkField, LinkId, ListPage, Mapper, Mapping,
    PageToken, Pair, Read, RecordId, RecordRef, Scope, Side, Snapshot, normalise,
};
use sync_core::store::SqliteStore;
use sync_core::{AccountKey, async_trait};

/// How many records are swept.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// A smaller number is swept again and again until so many were looked at: the clock ticks a hundred times a second.
const AT_LEAST: u64 = 100_000;
const PAGE: u64 = 100;

/// The limits of the largest sweep, both sides together.
const CPU: Duration = Duration::from_secs(60);
const MEMORY: u64 = 150 << 20;
/// How much more a record of the largest sweep may cost than one of the smallest.
const GROWTH: f64 = 1.3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", file] => drop(SqliteStore::open(file).await.unwrap()),
        ["fill", file, from, to] => fill(Path::new(file), from.parse().unwrap(), to.parse().unwrap()).await,
        ["sweep", file, size, at_least] => {
            sweep(Path::new(file), size.parse().unwrap(), at_least.parse().unwrap()).await;
        }
        options => return compare(options.contains(&"--check")),
    }
    ExitCode::SUCCESS
}

/// Fills a file and sweeps it at each size, each in a process of its own.
fn compare(check: bool) -> ExitCode {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sweep-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("state.db");
    let run = |args: &[&str]| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(args).stderr(std::process::Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let (mut from, mut points) = (0, Vec::new());
    let name = file.to_str().unwrap();
    // A process of its own: it has let go of the file when it has ended.
    run(&["make", name]);
    for size in SIZES {
        run(&["fill", name, &from.to_string(), &size.to_string()]);
        let measure = |at_least: u64| {
            let measured = run(&["sweep", name, &size.to_string(), &at_least.to_string()]);
            let mut numbers = measured.split_whitespace().map(|number| number.parse::<u64>().unwrap());
            let (cpu, memory) = (Duration::from_millis(numbers.next().unwrap()), numbers.next().unwrap());
            (cpu.as_secs_f64() * 1e6 / size.max(at_least) as f64, memory)
        };
        let (first, _) = measure(size);
        let (each, memory) = measure(AT_LEAST);
        println!(
            "{size:>9} records: {:6.2} s of CPU, {:4} MB, {each:6.2} µs a record; {:6.2} s with {} new ones",
            each * size as f64 / 1e6,
            memory >> 20,
            first * size as f64 / 1e6,
            size - from
        );
        points.push((each, memory));
        from = size;
    }
    fs::remove_dir_all(&folder).unwrap();
    let ((small, _), (large, memory)) = (*points.first().unwrap(), *points.last().unwrap());
    let cpu = Duration::from_secs_f64(large * SIZES[2] as f64 / 1e6);
    let fits = cpu <= CPU && memory <= MEMORY && large <= small * GROWTH;
    println!(
        "limits: {} s, {} MB, {GROWTH} times the cost; the largest costs {:.2} times the smallest: {}",
        CPU.as_secs(),
        MEMORY >> 20,
        large / small,
        if fits { "all kept" } else { "EXCEEDED" }
    );
    if check && !fits { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints the milliseconds of CPU and the bytes of memory that sweeping both sides takes.
async fn sweep(file: &Path, size: u64, at_least: u64) {
    let store = Arc::new(SqliteStore::open(file).await.unwrap());
    let generated = |side| Arc::new(Generated { side, size, caps: Caps::new() });
    let engine =
        Engine::builder("s", generated(Side::Left), generated(Side::Right), mapping()).database(store);
    let engine = engine.guards(Guards::new().first_run(false).mapping(false)).build();
    for _ in 0..at_least.div_ceil(size) {
        for side in Side::BOTH {
            let found = engine.sweep(side).await.unwrap();
            let looked_at = u64::try_from(found.looked_at).unwrap();
            assert_eq!((looked_at, found.hinted, found.complete), (size, 0, true));
        }
    }
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The numbers after the program's name, which may have any characters; from the 12th on the times, in ticks.
    let times = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.map(|time| time.parse::<u64>().unwrap()).sum();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{} {}", ticks * 10, kilobytes << 10);
}

/// Writes links past the store: it would check each of them.
async fn fill(file: &Path, from: u64, to: u64) {
    let options = SqliteConnectOptions::new().filename(file).pragma("cache_size", "-400000");
    let options = options.synchronous(SqliteSynchronous::Off).journal_mode(SqliteJournalMode::Memory);
    let mut connection = options.connect().await.unwrap();
    let mapping = mapping();
    let mut transaction = connection.begin().await.unwrap();
    for first in (from..to).step_by(1000) {
        let links = (first..to.min(first + 1000)).map(|number| link(&mapping, number));
        let mut insert =
            QueryBuilder::new("INSERT INTO links (id, rev, left_at, right_at, ended, unfinished, body) ");
        insert.push_values(links, |mut row, link| {
            let at = |at: &Option<RecordRef>| json!([null, at.as_ref().unwrap().id]).to_string();
            row.push_bind(link.id.as_str().to_owned()).push_bind(1_i64);
            row.push_bind(at(&link.ends.left)).push_bind(at(&link.ends.right));
            row.push_bind(0_i64).push_bind(0_i64);
            row.push_bind(serde_json::to_string(&link).unwrap());
        });
        insert.build().execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    connection.close().await.unwrap();
}

fn link(mapping: &Mapping, number: u64) -> Link {
    let [first, second] = Side::BOTH.map(|side| row(side, number));
    let (left, right) = (mapping.read(Side::Left, &first), mapping.read(Side::Right, &second));
    let field = |at: usize| {
        let agreed = Pair::new(Agreed::on(left.get(at)), Agreed::on(right.get(at)));
        LinkField {
            name: mapping.name(at).to_owned(),
            definition: mapping.fingerprint(at),
            state: FieldState { agreed, ..FieldState::default() },
        }
    };
    let mut link = Link::new(LinkId::founded_by("s", Side::Left, &first.at, 1), Side::Left, first.at);
    link.ends.right = Some(second.at);
    link.fields = (0..mapping.rules().fields.len()).map(field).collect();
    let seen = Some(sync_core::jiff::Timestamp::UNIX_EPOCH);
    (link.seen_at, link.wrote_at.right) = (Pair::new(seen, seen), seen);
    link
}

fn mapping() -> Mapping {
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("email", |f| f.left("email").right("email").normalise(normalise::email))
        .field("phone", |f| f.left("phone").right("phone").normalise(normalise::phone))
        .field("name", |f| f.left("name").right("name"))
        .field("address", |f| f.left("address").right("address1"))
        .field("zip", |f| f.left("zip_code").right("postalCode").normalise(normalise::postal_code))
        .field("city", |f| f.left("city").right("city"))
        .field("country", |f| f.left("country.code").right("country").normalise(normalise::country))
        .field("tags", |f| f.left("labels").right("tags").set())
        .matched_by(["vat"])
        .build()
        .unwrap()
}

/// A record as its side spells it.
fn row(side: Side, number: u64) -> Snapshot {
    let name = match number % 4 {
        0 => "Ana Pereira",
        1 => "Bruno Lopes",
        2 => "Catarina Dias",
        _ => "Duarte Reis",
    };
    let (email, vat) = (format!("Pessoa{number}@Example.PT"), format!("{}", 200_000_000 + number));
    let (street, zip) = (format!("Rua das Oliveiras {}, 2.º Dto.", number % 300), 1000 + number % 9000);
    let (id, raw) = match side {
        Side::Left => {
            let raw = json!({
                "number": format!("C{number}"), "vat": vat, "email": email, "name": name,
                "phone": format!("91{:07}", number), "address": street, "zip_code": format!("{zip}-123"),
                "city": "Vila Real", "country": { "code": "pt", "name": "Portugal" }, "labels": ["Cliente", "B2B"],
                "website": "", "notes": "", "discount": 0, "credit_limit": 0, "language": 1,
            });
            (format!("{}", 1_000_000 + number), raw)
        }
        Side::Right => {
            let raw = json!({
                "customFields": { "NIF": format!("PT{vat}"), "source": "books" }, "name": name,
                "email": email.to_lowercase(), "phone": format!("+35191{:07}", number), "address1": street,
                "postalCode": format!("{zip}-123"), "city": "Vila Real", "country": "PT", "tags": ["b2b", "cliente"],
                "type": "lead", "dnd": false, "timezone": "Europe/Lisbon", "assignedTo": null,
            });
            // As an id that the service has drawn.
            (format!("{:020}", u128::from(number) * 0x9e37_79b9_7f4a_7c15 % 10_u128.pow(20)), raw)
        }
    };
    let Value::Object(raw) = raw else { unreachable!("rows are objects") };
    Snapshot::new(RecordRef::top(RecordId::new(id)), raw)
}

/// Records that are made when they are listed.
#[derive(Debug)]
struct Generated {
    side: Side,
    size: u64,
    caps: Caps,
}

#[async_trait]
impl Collection for Generated {
    fn name(&self) -> &'static str {
        match self.side {
            Side::Left => "customers",
            Side::Right => "contacts",
        }
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new(self.name(), 1))
    }

    async fn count(&self, _: &Scope) -> Result<Option<u64>, Fault> {
        Ok(Some(self.size))
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let from = page.map_or(0, |page| page.0.parse().unwrap());
        let to = self.size.min(from + PAGE);
        let number = |place: u64| match self.side {
            Side::Left => place,
            // Each number once, in no order.
            Side::Right => place * 387_420_489 % self.size,
        };
        Ok(ListPage {
            records: (from..to).map(|place| row(self.side, number(place))).collect(),
            next: (to < self.size).then(|| PageToken(to.to_string())),
        })
    }

    async fn get(&self, _: &RecordRef) -> Result<Read, Fault> {
        Ok(Read::Gone)
    }
}
