use serde_json::{Value, json};
use sync_core::engine::{Engine, Forgotten, RecordId, RecordRef, Side};

use super::{Context, named};
use crate::cli::Record;
use crate::output::say;
use crate::{Ended, Result};

/// Deletes all that is known of a person, and what the businesses know of their tax number.
pub(super) async fn forget(
    context: &Context,
    record: &Record,
    nif: Option<&str>,
    at_once: bool,
) -> Result<Ended> {
    let bridge = context.only_pair()?.connect_quietly().await?;
    let (side, at) = named(record);
    let group = match (bridge.businesses(), nif) {
        (Some(businesses), Some(nif)) => Some((businesses, RecordRef::top(RecordId::new(nif)))),
        (None, Some(_)) => return Err("--nif: this pair has no businesses".into()),
        _ => None,
    };
    let gone = one(bridge.engine(), side, &at, at_once).await?;
    let of_business = match &group {
        Some((businesses, group)) => Some(one(businesses, Side::Left, group, at_once).await?),
        None => None,
    };
    let mut line = counts(&gone);
    if let (Some(of_business), Value::Object(line)) = (&of_business, &mut line) {
        line.insert("businesses".to_owned(), counts(of_business));
    }
    context.print(&line, || {
        tell(&gone);
        if let Some(of_business) = &of_business {
            say!("Of their business:");
            tell(of_business);
        } else if bridge.businesses().is_some() {
            say!(
                "If customers share their tax number, the businesses still know it: do it again with --nif."
            );
        }
    })?;
    Ok(Ended::Done)
}

async fn one(engine: &Engine, side: Side, at: &RecordRef, at_once: bool) -> Result<Forgotten> {
    Ok(if at_once { engine.forget_at_once(side, at).await? } else { engine.forget(side, at).await? })
}

fn counts(gone: &Forgotten) -> Value {
    json!({
        "links": gone.links, "derived": gone.projections, "facts": gone.facts, "questions": gone.reviews,
        "entries": gone.entries, "hints": gone.hints, "cleared": gone.cleared, "wiped": gone.wiped,
    })
}

fn tell(gone: &Forgotten) {
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
}
