//! Suites that every implementation of a trait must pass, ours or yours.
//!
//! Call them from a test. They panic at the first violation, and say what is wrong.

#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod budget;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod collection;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod store;
pub mod token_store;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod work_queue;

use std::future::Future;

use tokio::task::JoinSet;

/// Names that go wrong where text is compared by the rules of a language, cut, quoted badly or normalised.
const ODD: [&str; 20] = [
    "a",
    "A",
    "a ",
    "a'b",
    "a\"b",
    "a\\b",
    "a;--",
    "a%",
    "a_",
    "a\nb",
    "10",
    "9",
    "ss",
    "ß",
    "é",
    "e\u{301}",
    "日本",
    "\u{fffd}",
    "\u{1f600}",
    "$1",
];

/// How many tasks try at once.
const WRITERS: usize = 16;

/// Runs the futures in tasks of their own, which takes that they are `Send`, and gives what they return.
async fn together<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    futures.into_iter().collect::<JoinSet<T>>().join_all().await
}
