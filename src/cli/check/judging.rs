//! Asking and judging, as the command line has it.

use std::num::NonZeroUsize;

use super::progress::Bar;
use crate::ask::Depth;
use crate::ask::condition::Setting;
use crate::cli::Terminal;
use crate::cli::threads::in_threads;
use crate::config::Wishes;
use crate::exceptions::Exception;
use crate::fault::Faults;
use crate::judge::{self, Judged, Made, Terms};
use crate::link::Graph;
use crate::policy::RuleSet;
use crate::report::findings::Findings;
use crate::report::model::Report;
use crate::time::Instant;

/// How to judge.
pub(in crate::cli) struct Judging {
    /// `--as-of`
    pub as_of: Option<Instant>,
    /// When the check runs, or ran.
    pub run_at: Instant,
    /// `--exhaustive`
    pub depth: Depth,
    /// `-j`
    pub jobs: Option<NonZeroUsize>,
}

impl Judging {
    /// A check that runs now, or as of an instant as if it ran then.
    pub(in crate::cli) fn now(
        as_of: Option<Instant>,
        depth: Depth,
        jobs: Option<NonZeroUsize>,
    ) -> Self {
        Self { as_of, run_at: as_of.unwrap_or_else(Instant::wall_clock), depth, jobs }
    }

    fn setting<'a>(&self, rules: &'a RuleSet, graph: &Graph) -> Setting<'a> {
        Setting { now: graph.now, run_at: self.run_at, parameters: &rules.parameters }
    }

    /// Asks.
    pub(super) fn find(
        &self,
        rules: &RuleSet,
        graph: &mut Graph,
        exceptions: &[Exception],
        terminal: Terminal,
    ) -> Result<Judged, Faults> {
        let setting = self.setting(rules, graph);
        let bar = Bar::new(graph, terminal);
        let judged =
            judge::find(graph, rules, setting, self.depth, exceptions, &|done| bar.at(done));
        bar.end();
        judged
    }

    /// Judges.
    pub(super) fn report<'a>(
        &self,
        rules: &'a RuleSet,
        wishes: &Wishes,
        graph: &'a Graph,
        judged: Judged,
    ) -> Report<Made<'a>> {
        let terms = Terms {
            fail_on: wishes.fail_on,
            expect: wishes.expect.clone(),
            as_of_origin: if self.as_of.is_some() { "--as-of" } else { "generated_at" },
        };
        judge::judge(graph, rules, judged, self.setting(rules, graph), &terms)
    }

    /// Asks and judges, and holds all findings.
    pub(in crate::cli) fn held(
        &self,
        rules: &RuleSet,
        wishes: &Wishes,
        graph: &mut Graph,
        exceptions: &[Exception],
        terminal: Terminal,
    ) -> Result<Report, Faults> {
        in_threads(self.jobs, || {
            let judged = self.find(rules, graph, exceptions, terminal)?;
            Ok(Findings::held(&self.report(rules, wishes, graph, judged)).into_owned())
        })?
    }
}
