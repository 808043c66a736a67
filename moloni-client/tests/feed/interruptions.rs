//! A feed that is interrupted everywhere tells everything, and nothing twice after its checkpoint.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use fastrand::Rng;
use moloni_client::feed::{Change, Checkpoint, Feed};
use moloni_client::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::mirror::Mirror;
use crate::stage::{Stage, line};

const SEEDS: u64 = 8;
const STEPS: usize = 150;

/// What a process stores: in one transaction, what it made of the changes and the checkpoint.
#[derive(Clone)]
struct Stored {
    mirror: Mirror,
    checkpoint: String,
    revision: u64,
}

#[derive(Clone, Copy, PartialEq)]
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
fn fail(stage: &Stage, kind: FaultKind, after: u64) {
    for of in ["customers.*", "documents.*"] {
        stage.sandbox.fault(Fault::new(kind.clone()).on(of).after(after));
    }
}

/// People at work.
struct People {
    random: Rng,
    customers: Vec<u64>,
    documents: Vec<u64>,
    number: u64,
}

impl People {
    fn one_of(&mut self, of: &[u64]) -> Option<u64> {
        (!of.is_empty()).then(|| of[self.random.usize(..of.len())])
    }

    /// Does something. What Moloni refuses is not done.
    fn work(&mut self, stage: &Stage) {
        self.number += 1;
        let customers = self.customers.clone();
        let documents = self.documents.clone();
        match self.random.u8(..16) {
            0..3 => self.customers.push(stage.customer(&format!("C{}", self.number))),
            3..5 => {
                let Some(id) = self.one_of(&customers) else { return };
                let _ = stage.edit("customers", id, json!({ "notes": self.random.u8(..3).to_string() }));
            }
            5 => {
                let Some(id) = self.one_of(&customers) else { return };
                let _ = stage.delete("customers", id);
            }
            6..9 => {
                let status = self.random.u8(..2);
                let Some(customer) = self.one_of(&customers) else { return };
                self.enter(stage, json!({ "customer_id": customer, "net_value": 100, "status": status }));
            }
            9..12 => {
                let Some(of) = self.one_of(&documents) else { return };
                let state = stage.sandbox.state();
                let all = state["documents"].as_array().unwrap();
                let Some(invoice) = all.iter().find(|row| row["document_id"] == of) else { return };
                let value = [30, 100][self.random.usize(..2)];
                self.enter(
                    stage,
                    json!({
                        "customer_id": invoice["customer_id"], "document_type_id": 2,
                        "associated_documents": [{ "associated_id": of, "value": value }],
                    }),
                );
            }
            12 => {
                let Some(id) = self.one_of(&documents) else { return };
                let net = 100 + self.random.u8(..3);
                let _ = stage.edit("documents", id, json!({ "net_value": net }));
            }
            13..15 => {
                let Some(id) = self.one_of(&documents) else { return };
                let status = self.random.u8(..3);
                let _ = stage.edit("documents", id, json!({ "status": status }));
            }
            _ => {
                let Some(id) = self.one_of(&documents) else { return };
                let _ = stage.delete("documents", id);
            }
        }
    }

    fn enter(&mut self, stage: &Stage, fields: Value) {
        self.documents.extend(stage.sandbox.add_document(fields));
    }
}

/// Tells whether a task is through, or broke off.
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

    async fn to_its_end(&mut self, task: Task, what: &str) {
        while let Some(changes) = next(&mut self.feed, task).await.unwrap() {
            self.store(&changes, what);
        }
    }
}

async fn history(seed: u64) -> usize {
    let stage = Stage::new().await;
    let mut random = Rng::with_seed(seed);
    let mut people =
        People { random: random.fork(), customers: Vec::new(), documents: Vec::new(), number: 0 };
    for _ in 0..220 {
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
            0 | 1 => fail(&stage, FaultKind::Drop, random.u64(..3)),
            2 => fail(&stage, FaultKind::CutBody, random.u64(..3)),
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
    // In the end all is quiet, and everything was told.
    for (task, name) in [
        (Task::Poll, "poll"),
        (Task::Poll, "poll"),
        (Task::Scan, "scan"),
        (Task::Check, "check"),
        (Task::Poll, "poll"),
    ] {
        runner.to_its_end(task, &format!("seed {seed}, last {name}")).await;
    }
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
