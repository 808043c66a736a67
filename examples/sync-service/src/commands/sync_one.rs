use serde_json::json;
use sync_core::queue::Priority;

use super::{Context, named};
use crate::cli::Record;
use crate::output::say;
use crate::{Ended, Result};

/// Looks at one record, before all others that wait, and works until nothing is due.
pub(super) async fn sync_one(context: &Context, record: &Record) -> Result<Ended> {
    let bridge = context.only_pair()?.connect_quietly().await?;
    let (side, at) = named(record);
    let engine = bridge.engine();
    engine.hint(side, &at, Priority::Event).await?;
    let runs = engine.drain().await?;
    context.print(&json!({ "runs": runs }), || {
        say!("Looked at it and at what was due with it, {runs} times. `explain` tells what came of it.");
    })?;
    Ok(Ended::Done)
}
