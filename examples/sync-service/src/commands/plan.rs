use serde_json::json;

use super::Context;
use crate::output::say;
use crate::{Ended, Result};

/// Of how many records the changes are printed: what does not fit on a few screens is not read.
const SHOWN: usize = 20;

/// Prints what would be done.
pub(super) async fn plan(context: &Context) -> Result<Ended> {
    context
        .each(async |pair| {
            let plan = pair.connect_quietly().await?.plan().await?;
            context.print(&json!({ "pair": pair.name(), "plan": plan }), || {
                say!("{}: {plan}", pair.name());
                let changes = plan.diff(SHOWN).to_string();
                if !changes.is_empty() {
                    say!("{changes}");
                    say!("The signs: + create, = link, ~ update, - not there any more, ? look it up.");
                    say!("All of it, with every value: sync-service plan --json");
                }
            })?;
            Ok(Ended::Done)
        })
        .await
}
