use std::sync::Arc;

use serde_json::json;
use sync_core::NoObserver;

use super::Context;
use crate::output::say;
use crate::{Ended, Result};

/// Tries what a sync needs, step by step, and says what to mend.
pub(super) async fn check(context: &Context) -> Result<Ended> {
    let mut failed = Vec::new();
    for pair in context.pairs()? {
        let mut steps = Vec::new();
        let state = pair.state().await.map(drop).map_err(|error| error.to_string());
        let is_open = state.is_ok();
        steps.push(("database", state));
        if is_open {
            match pair.connect(Arc::new(NoObserver)).await {
                Ok(bridge) => {
                    steps.push(("Moloni", Ok(())));
                    let engine = bridge.engine();
                    let accounts = engine.bind().await.map_err(|error| error.to_string());
                    let is_bound = accounts.is_ok();
                    steps.push(("accounts", accounts));
                    if is_bound {
                        // Reads everything that a sync reads.
                        let plan = bridge.plan().await.map(drop).map_err(|error| error.to_string());
                        steps.push(("both sides can be read", plan));
                    }
                }
                Err(error) => steps.push(("connection", Err(error.to_string()))),
            }
        }
        for (step, result) in steps {
            let error = result.as_ref().err();
            context.print(
                &json!({ "pair": pair.name(), "step": step, "ok": error.is_none(), "error": error }),
                || match error {
                    None => say!("ok      {}: {step}", pair.name()),
                    Some(error) => say!("FAILED  {}: {step}\n        {error}", pair.name()),
                },
            )?;
            if error.is_some() {
                failed.push(pair.name().to_owned());
            }
        }
    }
    if failed.is_empty() {
        Ok(Ended::Done)
    } else {
        Err(format!("to be mended: {}", failed.join(", ")).into())
    }
}
