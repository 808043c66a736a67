//! Connections of `connect` outlive the time in which nobody uses them.

use std::sync::Arc;
use std::time::Duration;

use sync_core::{KeepAlive, Observer};

use crate::Result;
use crate::pair::Pair;
use crate::service::{Pairs, Running};

/// When to look again where the tokens cannot even be looked for, because a secret or the database is missing.
const AGAIN: Duration = Duration::from_hours(1);

/// Renews what would age out while a pair waits, such as for an approval, until it is dropped.
pub(crate) async fn keep_alive(pairs: Pairs) {
    let mut all = tokio::task::JoinSet::new();
    for running in pairs.iter() {
        all.spawn(keep(running.clone()));
    }
    while all.join_next().await.is_some() {}
}

async fn keep(running: Arc<Running>) {
    loop {
        match connections(&running.pair, running.meter.clone()).await {
            Ok(Some(connections)) => connections.run().await,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(pair = running.pair.name(), %error, "connections are not kept alive")
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// What a pair has of them; `None` if all its tokens are in the settings.
async fn connections(pair: &Pair, observer: Arc<dyn Observer>) -> Result<Option<KeepAlive>> {
    let managers = pair.managers(&observer).await?;
    if managers.is_empty() {
        return Ok(None);
    }
    Ok(Some(managers.into_iter().fold(KeepAlive::new(), KeepAlive::account)))
}
