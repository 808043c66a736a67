use serde_json::json;

use super::Context;
use super::review::open;
use crate::output::say;
use crate::{Ended, Result};

/// Tells how each pair is doing, as far as its state knows; it asks no service.
pub(super) async fn status(context: &Context) -> Result<Ended> {
    let mut ended = Ended::Done;
    for pair in context.pairs()? {
        let store = pair.state().await?.store();
        let questions = open(store.as_ref()).await?.len();
        let last = store.runs(None, 1).await?.first().map(ToString::to_string);
        if questions > 0 {
            ended = Ended::Waits;
        }
        let line = json!({ "pair": pair.name(), "questions": questions, "last_run": last });
        context.print(&line, || {
            say!("{}", pair.name());
            say!("  last run:  {}", last.as_deref().unwrap_or("none yet"));
            match questions {
                0 => say!("  questions: none"),
                some => say!("  questions: {some}; see `sync-service review list`"),
            }
        })?;
    }
    Ok(ended)
}
