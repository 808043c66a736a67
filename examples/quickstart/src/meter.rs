use std::io::IsTerminal;

use indicatif::ProgressBar;
use moloni_ghl::Progress;

/// A progress bar on a terminal, a line every tenth of the way elsewhere, nothing for machines.
pub(crate) struct Meter {
    bar: ProgressBar,
    lines: bool,
}

impl Meter {
    pub(crate) fn new(silent: bool) -> Self {
        let lines = !silent && !std::io::stderr().is_terminal();
        let bar = if silent || lines { ProgressBar::hidden() } else { ProgressBar::new(0) };
        Self { bar, lines }
    }

    pub(crate) fn show(&self, Progress { done, total, .. }: Progress) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        if self.lines && done * 10 / total > (done - 1) * 10 / total {
            eprintln!("  {done} of {total} done");
        }
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
