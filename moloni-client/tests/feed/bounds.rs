//! What the compiler grants to those who share a feed between tasks. That it compiles is the test.

use std::fmt::Debug;

use moloni_client::feed::{Change, Checkpoint, Entity, Feed};

fn owned<T: Clone + Debug + Send + Sync + Unpin + 'static>() {}
fn future<T: Future + Send>(_: T) {}

#[allow(dead_code, reason = "only compiled")]
fn futures_can_be_sent(feed: &mut Feed) {
    future(feed.poll());
    future(feed.scan());
    future(feed.check_open());
}

#[test]
fn types_can_be_shared() {
    owned::<Feed>();
    owned::<Checkpoint>();
    owned::<Change>();
    owned::<Entity>();
}
