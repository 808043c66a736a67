use std::fmt::Display;

use serde_json::json;

use super::Context;
use crate::Result;
use crate::output::{WIDTH, say};
use crate::pair::Pair;

/// Tells of each step as soon as it is done.
pub(super) struct Told<'a> {
    context: &'a Context,
    pair: &'a str,
    failed: bool,
}

impl<'a> Told<'a> {
    pub(super) fn of(context: &'a Context, pair: &'a Pair) -> Result<Self> {
        if !context.json {
            say!("{}", pair.name());
        }
        Ok(Self { context, pair: pair.name(), failed: false })
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// It is as it must be.
    pub(super) fn ok(&mut self, step: &str, found: impl Display) -> Result<()> {
        self.tell("ok", step, &found.to_string(), None)
    }

    /// It works, and a person may want to know.
    pub(super) fn note(&mut self, step: &str, found: impl Display, mend: Option<&str>) -> Result<()> {
        self.tell("note", step, &found.to_string(), mend)
    }

    /// A sync cannot work like this, and what to do about it.
    pub(super) fn failed(&mut self, step: &str, found: impl Display, mend: &str) -> Result<()> {
        self.failed = true;
        self.tell("FAILED", step, &found.to_string(), Some(mend))
    }

    fn tell(&self, result: &str, step: &str, found: &str, mend: Option<&str>) -> Result<()> {
        let line = json!({
            "pair": self.pair, "step": step, "result": result.to_lowercase(), "found": found, "mend": mend,
        });
        self.context.print(&line, || say!("{}", lines(result, step, found, mend)))
    }
}

/// What is found stands behind the step where there is room, and else below it; what to do, always below it.
fn lines(result: &str, step: &str, found: &str, mend: Option<&str>) -> String {
    let one = format!("{result:<7} {step}: {found}");
    let mut lines = if one.chars().count() <= WIDTH && result != "FAILED" {
        one
    } else {
        format!("{result:<7} {step}\n        {found}")
    };
    if let Some(mend) = mend {
        lines = format!("{lines}\n        To mend it: {mend}.");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_below_where_it_is_long_or_has_failed() {
        assert_eq!(lines("ok", "database", "can be opened", None), "ok      database: can be opened");
        let failed = lines("FAILED", "database", "no", Some("do it"));
        assert_eq!(failed, "FAILED  database\n        no\n        To mend it: do it.");
        let long = "x".repeat(70);
        assert_eq!(lines("note", "step", &long, None), format!("note    step\n        {long}"));
    }
}
