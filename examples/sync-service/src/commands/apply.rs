use indicatif::{ProgressBar, ProgressStyle};
use moloni_ghl::Progress;
use serde_json::json;

use super::Context;
use crate::output::say;
use crate::{Ended, Result};

/// Does what the plans say, and of what waits for approval the plan that is named.
pub(super) async fn apply(context: &Context, approve: Option<&str>) -> Result<Ended> {
    let pairs = match approve {
        Some(_) => vec![context.only_pair()?],
        None => context.pairs()?,
    };
    let mut ended = Ended::Done;
    for pair in pairs {
        let bridge = pair.connect_quietly().await?;
        if let Some(id) = approve {
            bridge.engine().approve(id).await?;
        }
        let plan = bridge.plan().await?;
        // Hidden where there is no terminal.
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}")?.progress_chars("=> "),
        );
        bar.set_message(pair.name().to_owned());
        let run = bridge
            .apply(plan, |Progress { done, total, .. }| {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            })
            .await?;
        bar.finish_and_clear();
        context.print(&json!({ "pair": pair.name(), "run": run }), || {
            say!("{}: {run}", pair.name());
            if let Some(id) = &run.report.approve {
                say!(
                    "Something waits for you. If `plan` shows what you want, go on with\n\n    \
                     sync-service apply --pair {} --approve {id}\n",
                    pair.name()
                );
            }
        })?;
        if let Some(why) = &run.report.stopped {
            return Err(format!("{}: it ended early: {why}", pair.name()).into());
        }
        if run.report.approve.is_some() || run.report.counts.review > 0 {
            ended = Ended::Waits;
        }
    }
    Ok(ended)
}
