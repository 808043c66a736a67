use serde_json::json;

use super::Context;
use crate::output::say;
use crate::{Ended, Result};

/// Prints what would be done.
pub(super) async fn plan(context: &Context) -> Result<Ended> {
    context
        .each(async |pair| {
            let plan = pair.connect_quietly().await?.plan().await?;
            context.print(&json!({ "pair": pair.name(), "plan": plan }), || {
                say!("{}: {plan:#}", pair.name());
            })?;
            Ok(Ended::Done)
        })
        .await
}
