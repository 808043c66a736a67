use super::{Context, named};
use crate::cli::{Record, Undo};
use crate::output::say;
use crate::{Ended, Result};
use serde_json::json;
use sync_core::engine::RunId;

/// Tells the story of one record.
pub(super) async fn explain(context: &Context, record: &Record) -> Result<Ended> {
    let bridge = context.only_pair()?.connect_quietly().await?;
    let (side, at) = named(record);
    let story = bridge.engine().explain(side, &at).await?;
    context.print(&story, || {
        say!("{story}");
        say!("(Times are UTC.)");
    })?;
    Ok(Ended::Done)
}

/// Lists runs, shows what turning one back would do, or does it.
pub(super) async fn undo(context: &Context, undo: Undo) -> Result<Ended> {
    let bridge = context.only_pair()?.connect_quietly().await?;
    let engine = bridge.engine();
    let Some(run) = undo.run else {
        for run in engine.runs(None, 20).await? {
            context.print(&run, || {
                say!("{}", run.run);
                say!(
                    "    {} created, {} linked, {} fields written, {} deleted, {} asked",
                    run.created,
                    run.linked,
                    run.wrote,
                    run.removed,
                    run.asked
                );
            })?;
        }
        return Ok(Ended::Done);
    };
    let shown = engine.undo(&RunId::new(run.clone())).await?;
    if !undo.yes {
        context.print(&shown, || {
            say!("{shown}");
            say!("Nothing is done yet. To do it: sync-service undo {run} --yes");
        })?;
        return Ok(Ended::Done);
    }
    let report = engine.apply_undo(shown).await?;
    context.print(&json!({ "undo": report }), || say!("{report}"))?;
    Ok(Ended::Done)
}
