//! Ask: puts every edge of the graph to the rules.
//!
//! In come the graph and the rules, out come the questions that a rule forbids or can't judge,
//! and for each rule how often it was asked and how often a fact was missing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::inventory::Row;
use crate::link::{Graph, Node, NodeKind, Question};
use crate::policy::RuleSet;

pub mod audit;
pub mod cedar;
mod choose;
pub mod compile;
pub mod condition;
mod eval;
mod language;
mod mentions;
pub mod plan;
pub mod sieve;
mod slice;
mod term;
mod typed;
mod values;

use audit::{Audit, Sample};
use cedar::{Batch, Cedar, Verdict};
use condition::{Answer, Condition, Setting};
use language::Language;
use slice::{Slice, Slices};

/// How much is put to Cedar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// What a compiled condition does not surely exclude, and a sample of the rest.
    Candidates(Audit),
    /// Everything.
    Exhaustive,
}

impl Default for Depth {
    fn default() -> Self {
        Self::Candidates(Audit::default())
    }
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
    /// In the order of the questions, part by part: there may be millions, and together they would
    /// be moved.
    pub hits: Vec<Vec<Hit>>,
    /// For each rule of the rule set.
    pub tallies: Vec<Tally>,
    /// What Cedar says of the sample that the conditions exclude: nothing, if they are right.
    pub disputes: Vec<Hit>,
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
    disputes: Vec<Hit>,
    counts: Counts,
}

/// For each slice: how many questions, and how often each optional fact was missing.
type Counts = Vec<(u64, Vec<u64>)>;

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
    ask_slices(&Slices::new(graph, rules, setting), graph, rules, setting, depth, about, progress)
}

fn ask_slices(
    slices: &Slices,
    graph: &Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    depth: Depth,
    about: &[NodeKind],
    progress: &(dyn Fn(u64) + Sync),
) -> Answers {
    let audit = if let Depth::Candidates(audit) = depth { audit } else { Audit::NOTHING };
    let asked = Asked {
        graph,
        slices,
        everything: depth == Depth::Exhaustive,
        sample: Sample::new(
            audit,
            graph,
            rules,
            about.iter().map(|kind| u64::from(graph.population(*kind))).sum(),
        ),
    };
    let language = Language::new(rules, setting);
    let cedar = Cedar::new(graph, slices.mentioned(), &language);
    let chunks: Vec<(NodeKind, Range<Row>)> = about
        .iter()
        .flat_map(|kind| chunks(graph, *kind).into_iter().map(|rows| (*kind, rows)))
        .collect();
    let done = AtomicU64::new(0);
    let parts: Vec<Part> = chunks
        .into_par_iter()
        .map(|(kind, rows)| {
            let count = u64::from(rows.end - rows.start);
            let part = asked.about(kind, rows, &cedar);
            progress(done.fetch_add(count, Ordering::Relaxed) + count);
            part
        })
        .collect();
    gather(parts, &slices.all, rules.rules.len())
}

/// The things of a kind, as many at a time as one thread takes.
fn chunks(graph: &Graph, kind: NodeKind) -> Vec<Range<Row>> {
    let all = graph.population(kind);
    (0..all).step_by(CHUNK as usize).map(|start| start..all.min(start + CHUNK)).collect()
}

/// What is asked.
struct Asked<'a> {
    graph: &'a Graph,
    slices: &'a Slices,
    /// Whether the conditions are passed over.
    everything: bool,
    sample: Sample,
}

impl Asked<'_> {
    /// The rules that a question is put to, and their number; it is counted for them.
    #[inline]
    fn counted(&self, question: Question, counts: &mut Counts) -> Option<(usize, &Slice)> {
        let (number, slice) = self.slices.of(question)?;
        slice.count(self.graph, question, counts.get_mut(number)?);
        Some((number, slice))
    }

    /// The rules that may fire, by their conditions; of the others those that are in the sample are
    /// added to `sampled`.
    #[inline]
    fn candidates(
        &self,
        slice: &Slice,
        question: Question,
        sampled: &mut Vec<usize>,
    ) -> impl Iterator<Item = usize> {
        let of_question = self.sample.number(question);
        slice.rules_that(move |rule, condition: &Condition| {
            let may = self.everything || condition.answer(self.graph, question) != Answer::No;
            if !may && self.sample.has(of_question, rule) {
                sampled.push(rule);
            }
            may
        })
    }

    /// Asks all questions about some things: first the conditions, then Cedar about what they
    /// leave.
    fn about(&self, kind: NodeKind, rows: Range<Row>, cedar: &Cedar<'_>) -> Part {
        let graph = self.graph;
        let mut counts = self.slices.no_counts();
        let (mut batch, mut audited) = (Batch::default(), Batch::default());
        let (mut sampled, mut hits) = (Vec::new(), Vec::new());
        for row in rows {
            graph.questions(Node::new(kind, row), |question| {
                let Some((number, slice)) = self.counted(question, &mut counts) else { return };
                batch.add(question, number, self.candidates(slice, question, &mut sampled));
                audited.add(question, number, sampled.drain(..));
                if batch.is_full() {
                    hits.extend(cedar.judge(&std::mem::take(&mut batch)));
                }
            });
        }
        hits.extend(cedar.judge(&batch));
        Part { hits, disputes: cedar.judge(&audited), counts }
    }
}

fn gather(parts: Vec<Part>, slices: &[Slice], rules: usize) -> Answers {
    let mut answers =
        Answers { hits: Vec::new(), tallies: vec![Tally::default(); rules], disputes: Vec::new() };
    let mut totals: Counts = slices.iter().map(Slice::no_counts).collect();
    for part in parts {
        answers.hits.push(part.hits);
        answers.disputes.extend(part.disputes);
        sum_up(&mut totals, part.counts);
    }
    add_up(&mut answers.tallies, slices, &totals);
    answers
}

fn sum_up(totals: &mut Counts, more: Counts) {
    for ((total, missing), (asked, own)) in totals.iter_mut().zip(more) {
        *total += asked;
        missing.iter_mut().zip(own).for_each(|(sum, count)| *sum += count);
    }
}

/// Adds what was counted by slices to what is known of the rules.
fn add_up(tallies: &mut [Tally], slices: &[Slice], totals: &Counts) {
    for (slice, (asked, missing)) in slices.iter().zip(totals) {
        for (rule, mentioned) in slice.rules.iter().zip(&slice.mentioned) {
            let Some(tally) = tallies.get_mut(*rule) else { continue };
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Packs;

    const INVENTORY: &str = r#"{"version": "1", "generated_at": "2026-06-30T00:00:00Z",
      "systems": [{"id": "s", "name": "S"}],
      "people": [{"id": "p", "status": "terminated", "ended_at": "2026-01-01T00:00:00Z"}],
      "accounts": [{"id": "a", "system": "s", "status": "enabled", "identity": "p"}]}"#;

    fn asked(depth: Depth, break_them: bool) -> (Answers, Result<(), crate::fault::Faults>) {
        let Ok(rules) = RuleSet::load(&Packs::default()) else { panic!("the bundled rules") };
        let texts = [("i.json".to_owned(), INVENTORY.to_owned(), "sha".to_owned())];
        let Ok(loaded) = crate::load::from_texts(texts.into_iter()) else { panic!("it loads") };
        let now = loaded.inventory.generated_at;
        let Ok(graph) = loaded.link(now) else { panic!("it links") };
        let setting = Setting { now, run_at: now, parameters: &rules.parameters };
        let mut slices = Slices::new(&graph, &rules, setting);
        if break_them {
            for condition in slices.all.iter_mut().flat_map(|slice| &mut slice.conditions) {
                *condition = Condition::never();
            }
        }
        let about = crate::link::question::SUBJECTS;
        let answers = ask_slices(&slices, &graph, &rules, setting, depth, &about, &|_| {});
        let agreed = answers.agreed(&graph, &rules);
        (answers, agreed)
    }

    #[test]
    fn an_audit_finds_a_condition_that_is_wrong_and_says_which() {
        let all = Depth::Candidates(Audit(Some(std::num::NonZeroU64::MIN)));
        let (right, agreed) = asked(all, false);
        let count = |answers: &Answers| answers.hits.iter().map(Vec::len).sum::<usize>();
        assert!(agreed.is_ok() && count(&right) > 0, "{} hits", count(&right));
        let (wrong, agreed) = asked(all, true);
        let Err(faults) = agreed else { panic!("nothing was noticed") };
        assert_eq!((count(&wrong), wrong.disputes.len()), (0, count(&right)));
        let said: Vec<String> = faults.shown().iter().map(ToString::to_string).collect();
        let said = said.join("\n");
        assert!(said.contains("leaver-account-live") && said.contains("Person::p"), "{said}");
        // Of so few things the usual rate takes all; without an audit nobody notices.
        assert!(asked(Depth::default(), true).1.is_err());
        assert!(asked(Depth::Candidates(Audit::NOTHING), true).1.is_ok());
    }
}
