//! What a person sees while a command works for long: on standard error, on a terminal only, and gone when it ends.

use std::time::Duration;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use crate::cli::output::Output;

const TICK: Duration = Duration::from_millis(120);

/// Drawn until it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For work of unknown length: what is being done.
    pub(super) fn of_phase(output: &Output, phase: impl Into<String>) -> Self {
        let progress = Self::new(output, None, "{spinner} {msg}");
        progress.bar.set_message(phase.into());
        progress.bar.enable_steady_tick(TICK);
        progress
    }

    /// For so many things, one after the other.
    pub(super) fn of_many(output: &Output, what: impl Into<String>, count: usize) -> Self {
        let progress = Self::new(output, Some(count as u64), "{msg} {bar:30} {pos}/{len}");
        progress.bar.set_message(what.into());
        progress
    }

    fn new(output: &Output, count: Option<u64>, template: &str) -> Self {
        let target = if output.is_seen() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(count, target);
        // The templates are ours; one that could not be read would be drawn plainly.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// One more is done.
    pub(super) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Lets something be said without the bar in between.
    pub(super) fn suspended<T>(&self, say: impl FnOnce() -> T) -> T {
        self.bar.suspend(say)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::cli::output::Output;

    #[test]
    fn nothing_is_drawn_where_nobody_looks() {
        let output = Output::new(Vec::new(), Vec::new());
        let (phase, many) = (Progress::of_phase(&output, "reading"), Progress::of_many(&output, "files", 2));
        many.advance();
        assert!(phase.bar.is_hidden() && many.bar.is_hidden());
        assert_eq!(many.suspended(|| 1), 1);
    }
}
