//! How far a long check is, for whoever waits for it at a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::Terminal;
use crate::link::Graph;
use crate::link::question::SUBJECTS;

/// How far the questions are.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(graph: &Graph, terminal: Terminal) -> Self {
        let total = SUBJECTS.iter().map(|kind| u64::from(graph.population(*kind))).sum();
        // Draws nothing where standard error is not a terminal, and nothing for short work.
        let target = if terminal.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(4)
        };
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("asking about {pos} of {len} things [{bar:30}] {eta}")
        {
            bar.set_style(style);
        }
        if total > 100_000 {
            bar.set_draw_target(target);
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        Self(bar)
    }

    pub(super) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
