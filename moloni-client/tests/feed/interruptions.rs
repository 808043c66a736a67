//! A feed that is interrupted everywhere tells everything, and nothing twice after its checkpoint.

use std::collections::HashSet;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use fastrand::Rng;
use moloni_client::feed::{Change, Checkpoint, Feed};
use moloni_client::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::mirror::Mirror;
use crate::stage::{DAY, Stage, line};

const SEEDS: u64 = 5;
const STEPS: usize = 150;

/// What a process stores: in one transaction, what it made of the changes and the checkpoint.
#[derive(Clone)]
struct Stored {
    mirror: Mirror,
    checkpoint: String,
    revision: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Task {
    Poll,
    Scan,
    Check,
}

async fn next(feed: &mut Feed, task: Task) -> Result<Option<Vec<Change>>, moloni_client::Error> {
    match task {
        Task::Poll => feed.poll().await,
        Task::Scan => feed.scan().await,
        Task::Check => feed.check_open().await,
    }
}

/// Drops a future after it was polled so many times. `None` if it was not ready by then.
async fn for_a_while<T>(future: impl Future<Output = T>, mut polls: usize) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Fails the calls after some, however often they are sent again. A refresh of tokens is another matter.
fn fail(stage: &Stage, kind: &FaultKind, after: u64) {
    for of in ["customers.*", "documents.*"] {
        stage.sandbox.fault(Fault::new(kind.clone()).on(of).after(after));
    }
}

/// People at work.
struct People {
    random: Rng,
    customers: Vec<u64>,
    /// Documents and their customers.
    documents: Vec<(u64, u64)>,
    /// Those that were ever issued. What is withdrawn and deleted at once goes unseen, so nobody does that here.
    issued: HashSet<u64>,
    number: u64,
}

impl People {
    fn customer(&mut self) -> Option<u64> {
        self.random.choice(&self.customers).copied()
    }

    fn document(&mut self) -> Option<(u64, u64)> {
        self.random.choice(&self.documents).copied()
    }

    /// Does something. What Moloni refuses is not done.
    fn work(&mut self, stage: &Stage) {
        self.number += 1;
        match self.random.u8(..16) {
            0..3 => self.customers.push(stage.customer(&format!("C{}", self.number))),
            3..5 => {
                let Some(id) = self.customer() else { return };
                let _ = stage.edit("customers", id, json!({ "notes": self.random.u8(..3).to_string() }));
            }
            5 => {
                let Some(id) = self.customer() else { return };
                let _ = stage.delete("customers", id);
            }
            6..9 => {
                let status = self.random.u8(..2);
                let Some(customer) = self.customer() else { return };
                let invoice = json!({ "customer_id": customer, "net_value": 100, "status": status });
                self.enter(stage, customer, invoice);
            }
            9..12 => {
                let Some((of, customer)) = self.document() else { return };
                let value = [30, 100][self.random.usize(..2)];
                let links = json!([{ "associated_id": of, "value": value }]);
                let receipt =
                    json!({ "customer_id": customer, "document_type_id": 2, "associated_documents": links });
                self.enter(stage, customer, receipt);
            }
            12 => {
                let Some((id, _)) = self.document() else { return };
                let net = 100 + self.random.u8(..3);
                let _ = stage.edit("documents", id, json!({ "net_value": net }));
            }
            13..15 => {
                let Some((id, _)) = self.document() else { return };
                let status = self.random.u8(..3);
                if stage.edit("documents", id, json!({ "status": status })).is_ok() && status != 0 {
                    self.issued.insert(id);
                }
            }
            _ => {
                let Some((id, _)) = self.document() else { return };
                if !self.issued.contains(&id) {
                    let _ = stage.delete("documents", id);
                }
            }
        }
    }

    fn enter(&mut self, stage: &Stage, customer: u64, fields: Value) {
        let is_draft = fields["status"] == 0;
        let Ok(id) = stage.sandbox.add_document(fields) else { return };
        self.documents.push((id, customer));
        if !is_draft {
            self.issued.insert(id);
        }
    }
}

/// A process, and what it stores.
struct Runner<'a> {
    stage: &'a Stage,
    stored: Stored,
    feed: Feed,
    broken: usize,
}

impl Runner<'_> {
    /// What was not stored has not happened.
    fn restart(&mut self) {
        self.feed = self.stage.client.feed(serde_json::from_str(&self.stored.checkpoint).unwrap());
        self.broken += 1;
    }

    fn store(&mut self, changes: &[Change], what: &str) {
        for change in changes {
            let mirror = &mut self.stored.mirror;
            let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| mirror.take(change)));
            assert!(taken.is_ok(), "{what}: {}", line(change));
        }
        let checkpoint = self.feed.checkpoint();
        assert!(checkpoint.revision() > self.stored.revision);
        self.stored.revision = checkpoint.revision();
        self.stored.checkpoint = serde_json::to_string(checkpoint).unwrap();
    }

    async fn finish(&mut self, task: Task, what: &str) {
        while let Some(changes) = next(&mut self.feed, task).await.unwrap() {
            self.store(&changes, what);
        }
    }
}

async fn history(seed: u64) -> usize {
    let stage = Stage::new().await;
    let mut random = Rng::with_seed(seed);
    let mut people = People {
        random: random.fork(),
        customers: Vec::new(),
        documents: Vec::new(),
        issued: HashSet::new(),
        number: 0,
    };
    for n in 0..80 {
        let customer = stage.customer(&format!("A{n}"));
        people.customers.push(customer);
        let kind = [1, 27][n % 2];
        let old = json!({ "customer_id": customer, "document_type_id": kind, "net_value": 100 });
        people.enter(&stage, customer, old);
    }
    // Some of it is so old that it is forgotten as soon as it is read.
    stage.advance(3 * DAY);
    for _ in 0..120 {
        people.work(&stage);
    }
    let checkpoint = Checkpoint::from_start();
    let stored = Stored {
        mirror: Mirror::default(),
        checkpoint: serde_json::to_string(&checkpoint).unwrap(),
        revision: 0,
    };
    let mut runner = Runner { stage: &stage, stored, feed: stage.client.feed(checkpoint), broken: 0 };
    let mut task = Task::Poll;
    for step in 0..STEPS {
        let what = format!("seed {seed}, step {step}");
        for _ in 0..random.u8(..6) {
            people.work(&stage);
        }
        if random.u8(..10) == 0 {
            stage.advance(Duration::from_secs(random.u64(60..7200)));
        }
        match random.u8(..10) {
            0 | 1 => fail(&stage, &FaultKind::Drop, random.u64(..3)),
            2 => fail(&stage, &FaultKind::CutBody, random.u64(..3)),
            _ => {}
        }
        let before = runner.feed.checkpoint().clone();
        let polls = if random.u8(..4) == 0 { random.usize(1..12) } else { usize::MAX };
        let result = for_a_while(next(&mut runner.feed, task), polls).await;
        stage.sandbox.clear_faults();
        match result {
            // The future was dropped, or a request failed: nothing has happened.
            None | Some(Err(_)) => {
                assert_eq!(runner.feed.checkpoint().revision(), before.revision(), "{what}");
                runner.broken += 1;
            }
            Some(Ok(Some(changes))) => match random.u8(..6) {
                // Killed before, and after, its transaction.
                0 => runner.restart(),
                1 => {
                    runner.store(&changes, &what);
                    runner.restart();
                }
                _ => runner.store(&changes, &what),
            },
            Some(Ok(None)) => {
                task = [Task::Poll, Task::Poll, Task::Poll, Task::Scan, Task::Check][random.usize(..5)];
            }
        }
    }
    // In the end all is quiet, and everything was told. The first of each only ends what was begun.
    for task in [Task::Poll, Task::Scan, Task::Check] {
        for _ in 0..2 {
            runner.finish(task, &format!("seed {seed}, last {task:?}")).await;
        }
    }
    runner.finish(Task::Poll, &format!("seed {seed}, at last")).await;
    runner.stored.mirror.is(&stage.sandbox.state());
    runner.broken
}

#[tokio::test]
async fn everything_is_told_and_nothing_twice_however_often_it_is_interrupted() {
    for seed in 0..SEEDS {
        let broken = history(seed).await;
        assert!(broken > 10, "seed {seed} was interrupted {broken} times only");
    }
}

#[tokio::test]
async fn an_interruption_repeats_at_most_one_page() {
    let stage = Stage::new().await;
    let feed = stage.caught_up().await;
    for n in 0..120 {
        stage.customer(&format!("C{n}"));
    }
    let mut feed = crate::stage::restarted(&stage.client, feed);
    let mut seen = Vec::new();
    loop {
        let stored = serde_json::to_string(feed.checkpoint()).unwrap();
        let Some(changes) = feed.poll().await.unwrap() else { break };
        // Killed before it could store: the same page comes again, and no other.
        let mut again = stage.client.feed(serde_json::from_str(&stored).unwrap());
        assert_eq!(again.poll().await.unwrap().unwrap(), changes);
        assert!(changes.iter().all(|change| !seen.contains(&line(change))));
        seen.extend(changes.iter().map(line));
        feed = again;
        if feed.checkpoint().revision() > 100 {
            break;
        }
    }
    assert_eq!(seen.len(), 120);
}
