//! Tries what a sync needs, step by step, and says what to mend. Writes nothing at the services.

mod ghl;
mod heard;
mod moloni;
mod told;

use std::sync::Arc;

use ghl_contacts::sync::Found;
use moloni_ghl::Bridge;

use super::Context;
use crate::pair::Pair;
use crate::{Ended, Result};

use self::heard::Heard;
use self::told::Told;

/// Looks at each pair.
pub(super) async fn check(context: &Context) -> Result<Ended> {
    context
        .each(async |pair| {
            let mut told = Told::of(context, pair)?;
            look_at(pair, &mut told).await?;
            Ok(if told.has_failed() { Ended::Failed } else { Ended::Done })
        })
        .await
}

async fn look_at(pair: &Pair, told: &mut Told<'_>) -> Result<()> {
    let heard = Arc::new(Heard::default());
    match pair.state().await {
        Ok(_) => told.ok("database", "can be opened")?,
        Err(error) => told.failed("database", error, "`database` in [service] says where it is")?,
    }
    let moloni = moloni::look(pair, heard.clone(), told).await?;
    let ghl = ghl::look(pair, heard.clone(), told).await?;
    heard.tell_clocks(told)?;
    if told.has_failed() || !(moloni && ghl) {
        told.note("the rest", "not looked at before that is mended", None)?;
    } else {
        match pair.connect(heard.clone()).await {
            Ok(bridge) => both(&bridge, told).await?,
            Err(error) => told.failed("both together", error, "mend what it says")?,
        }
    }
    heard.tell_quota(told)
}

/// What takes both sides.
async fn both(bridge: &Bridge, told: &mut Told<'_>) -> Result<()> {
    match bridge.contacts().custom_fields().await {
        Ok(fields) => {
            for field in fields {
                let name = format!("custom field {:?}", field.name);
                match field.found {
                    Found::There => told.ok(&name, "is there")?,
                    Found::Missing => told.note(&name, "created by the next `apply`", None)?,
                    _ => told.failed(&name, &field, "do that in HighLevel, under Settings, Custom Fields")?,
                }
            }
        }
        Err(error) => told.failed("custom fields", error, "see whether HighLevel can be reached")?,
    }
    if let Err(error) = bridge.engine().bind().await {
        let mend =
            "give these accounts a state of their own: a pair with another name, or another `database`";
        return told.failed("accounts", error, mend);
    }
    told.ok("accounts", "those that the state belongs to")?;
    if told.has_failed() {
        return told.note("reading both sides", "not tried before that is mended", None);
    }
    match bridge.plan().await {
        Ok(plan) => {
            let records = plan.records.len();
            told.ok("reading both sides", format!("{records} records, and what follows from them"))
        }
        Err(error) => told.failed("reading both sides", error, "see whether both services can be reached"),
    }
}
