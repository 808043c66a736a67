use serde_json::json;

use super::Context;
use crate::output;
use crate::{Ended, Result};

/// How many links are read at once.
const PAGE: usize = 500;

/// Prints which records belong together, one JSON line each. It holds ids and no values.
pub(super) async fn export(context: &Context) -> Result<Ended> {
    for pair in context.pairs()? {
        let store = pair.state().await?.store();
        let mut after = None;
        loop {
            let page = store.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            for link in page {
                let link = link.value;
                let line = json!({
                    "pair": pair.name(),
                    "link": link.id,
                    "moloni": link.ends.left.map(|at| at.id),
                    "ghl": link.ends.right.map(|at| at.id),
                    "status": link.status,
                });
                output::line(format_args!("{line}"));
            }
        }
    }
    Ok(Ended::Done)
}
