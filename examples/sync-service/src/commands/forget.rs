use serde_json::json;

use super::{Context, named};
use crate::cli::Record;
use crate::output::say;
use crate::{Ended, Result};

/// Deletes all that is known of a person.
pub(super) async fn forget(context: &Context, record: &Record, at_once: bool) -> Result<Ended> {
    let bridge = context.only_pair()?.connect_quietly().await?;
    let (side, at) = named(record);
    let engine = bridge.engine();
    let gone =
        if at_once { engine.forget_at_once(side, &at).await? } else { engine.forget(side, &at).await? };
    let line = json!({
        "links": gone.links, "derived": gone.projections, "facts": gone.facts, "questions": gone.reviews,
        "entries": gone.entries, "hints": gone.hints, "cleared": gone.cleared, "wiped": gone.wiped,
    });
    context.print(&line, || {
        say!(
            "Deleted: {} links, {} derived records, {} facts, {} questions, {} entries of the journal.",
            gone.links,
            gone.projections,
            gone.facts,
            gone.reviews,
            gone.entries
        );
        if !gone.wiped {
            say!("The database's file still holds it, because somebody reads it: do it again.");
        }
    })?;
    Ok(Ended::Done)
}
