//! Ask: puts every edge of the graph to the rules.
//!
//! In come the graph and the rules, out come the questions that a rule forbids or can't judge,
//! and for each rule how often it was asked and how often a fact was missing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::inventory::Row;
use crate::link::{Graph, Node, NodeKind, Question};
use crate::policy::RuleSet;

pub mod cedar;
pub mod compile;
pub mod condition;
mod eval;
mod mentions;
mod slice;
mod term;
mod typed;

use cedar::{Batch, Cedar, Verdict};
use condition::{Answer, Setting};
use slice::{Slice, Slices};

/// How much is put to Cedar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Depth {
    /// What a compiled condition does not surely exclude.
    #[default]
    Candidates,
    /// Everything.
    Exhaustive,
}

/// A question that a rule forbids or can't judge.
pub struct Hit {
    /// The question.
    pub question: Question,
    /// The number of the rule in the rule set.
    pub rule: usize,
    /// What Cedar said.
    pub verdict: Verdict,
}

/// What is known of a rule besides its hits.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// How many questions were in its scope.
    pub asked: u64,
    /// How often an optional fact that its condition mentions was missing, by path.
    pub missing: BTreeMap<String, u64>,
}

/// The answers to all questions.
pub struct Answers {
    /// In the order of the questions.
    pub hits: Vec<Hit>,
    /// For each rule of the rule set.
    pub tallies: Vec<Tally>,
}

impl Tally {
    /// Adds what is known of further questions about the same graph.
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        for (path, count) in other.missing {
            *self.missing.entry(path).or_default() += count;
        }
    }
}

/// What came of some questions, to be put together in order.
#[derive(Default)]
struct Part {
    hits: Vec<Hit>,
    /// For each slice: how many questions, and how often each optional fact was missing.
    counts: Vec<(u64, Vec<u64>)>,
}

/// How many things one thread takes at a time.
const CHUNK: Row = 2048;

/// Puts every edge to the rules that are on, about things of those kinds.
pub fn ask(
    graph: &Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    depth: Depth,
    about: &[NodeKind],
    progress: &(dyn Fn(u64) + Sync),
) -> Answers {
    let slices = Slices::new(graph, rules, setting);
    let cedar = Cedar::new(graph, rules, slices.mentioned(), setting);
    let chunks: Vec<(NodeKind, std::ops::Range<Row>)> = about
        .iter()
        .flat_map(|kind| {
            let all = graph.population(*kind);
            (0..all)
                .step_by(CHUNK as usize)
                .map(move |start| (*kind, start..all.min(start + CHUNK)))
        })
        .collect();
    let done = AtomicU64::new(0);
    let parts: Vec<Part> = chunks
        .into_par_iter()
        .map(|(kind, rows)| {
            let count = u64::from(rows.end - rows.start);
            let part = about_some(kind, rows, graph, &slices, depth, &cedar);
            progress(done.fetch_add(count, Ordering::Relaxed) + count);
            part
        })
        .collect();
    gather(parts, &slices.all, rules.rules.len())
}

/// Asks all questions about some things: first the conditions, then Cedar about what they leave.
fn about_some(
    kind: NodeKind,
    rows: std::ops::Range<Row>,
    graph: &Graph,
    slices: &Slices,
    depth: Depth,
    cedar: &Cedar<'_>,
) -> Part {
    let mut counts: Vec<(u64, Vec<u64>)> = slices.no_counts();
    let mut batch = Batch::default();
    for row in rows {
        graph.questions(Node::new(kind, row), |question| {
            let Some((number, slice)) = slices.of(question) else { return };
            if let Some((asked, missing)) = counts.get_mut(number) {
                *asked += 1;
                for (optional, count) in slice.optional.iter().zip(missing) {
                    *count += u64::from(optional.is_missing(graph, question));
                }
            }
            let candidates = slice.rules.iter().zip(&slice.conditions).filter(|(_, condition)| {
                depth == Depth::Exhaustive || condition.answer(graph, question) != Answer::No
            });
            batch.add(question, number, candidates.map(|(rule, _)| *rule));
        });
    }
    Part { hits: cedar.judge(&batch), counts }
}

fn gather(parts: Vec<Part>, slices: &[Slice], rules: usize) -> Answers {
    let mut answers = Answers { hits: Vec::new(), tallies: vec![Tally::default(); rules] };
    let mut totals: Vec<(u64, Vec<u64>)> =
        slices.iter().map(|slice| (0, vec![0; slice.optional.len()])).collect();
    for part in parts {
        answers.hits.extend(part.hits);
        for ((total, missing), (asked, own)) in totals.iter_mut().zip(part.counts) {
            *total += asked;
            missing.iter_mut().zip(own).for_each(|(sum, count)| *sum += count);
        }
    }
    for (slice, (asked, missing)) in slices.iter().zip(&totals) {
        for (rule, mentioned) in slice.rules.iter().zip(&slice.mentioned) {
            let Some(tally) = answers.tallies.get_mut(*rule) else { continue };
            tally.asked += asked;
            for number in mentioned {
                if let (Some(optional), Some(count)) =
                    (slice.optional.get(*number), missing.get(*number))
                {
                    *tally.missing.entry(optional.path.clone()).or_default() += count;
                }
            }
        }
    }
    answers
}
