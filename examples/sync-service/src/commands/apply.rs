use indicatif::{ProgressBar, ProgressStyle};
use moloni_ghl::Progress;
use serde_json::json;

use super::Context;
use crate::output::say;
use crate::pair::Pair;
use crate::{Ended, Result};

/// Does what the plans say, and of what waits for approval the plan that is named.
pub(super) async fn apply(context: &Context, approve: Option<&str>) -> Result<Ended> {
    if approve.is_some() {
        // A plan is one pair's.
        context.only_pair()?;
    }
    context.each(async |pair| apply_to(context, pair, approve).await).await
}

async fn apply_to(context: &Context, pair: &Pair, approve: Option<&str>) -> Result<Ended> {
    let bridge = pair.connect_quietly().await?;
    if let Some(id) = approve {
        bridge.engine().approve(id).await?;
    }
    let plan = bridge.plan().await?;
    // Hidden where there is no terminal.
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}")?.progress_chars("=> ");
    let bar = ProgressBar::new(0).with_style(style);
    bar.set_message(pair.name().to_owned());
    let progress = |Progress { done, total, .. }| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let run = bridge.apply(plan, progress).await?;
    bar.finish_and_clear();
    context.print(&json!({ "pair": pair.name(), "run": run }), || {
        // Its own line, so that the table below is straight.
        say!("{}:", pair.name());
        say!("{run}");
        if run.report.counts.review > 0 {
            say!("Questions wait for you: sync-service review list");
        }
        if let Some(id) = &run.report.approve {
            say!("Something waits for your approval. If `plan` shows what you want, go on with");
            say!("    sync-service apply --pair {} --approve {id}", pair.name());
        }
    })?;
    if let Some(why) = &run.report.stopped {
        return Err(format!("it ended early: {why}").into());
    }
    if run.report.has_failed() {
        return Err(
            "not all of it could be done: the report names what failed, and the next run tries it again"
                .into(),
        );
    }
    let waits = run.report.approve.is_some() || run.report.counts.review > 0;
    Ok(if waits { Ended::Waits } else { Ended::Done })
}
