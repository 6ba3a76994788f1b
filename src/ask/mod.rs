//! Ask: puts every edge of the graph to the rules.
//!
//! In come the graph and the rules, out come the questions that a rule forbids or can't judge,
//! and for each rule how often it was asked and how often a fact was missing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::inventory::Row;
use crate::link::facts::{Attribute, Fact, attributes};
use crate::link::{Action, Graph, Node, NodeKind, Question};
use crate::policy::annotation::Root;
use crate::policy::schema::{Env, Type, Types};
use crate::policy::{Rule, RuleSet, lint};

pub mod cedar;
mod compile;
pub mod condition;

use cedar::{Cedar, Mentions, Verdict};
use condition::{Answer, Condition, Setting};

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

/// An optional fact that rules mention.
struct Optional {
    path: String,
    of: Root,
    /// The attributes on the way; the last one is the fact.
    way: Vec<Vec<Option<&'static Attribute>>>,
}

impl Optional {
    fn is_missing(&self, graph: &Graph, question: Question) -> bool {
        let mut at =
            if self.of == Root::Principal { question.principal } else { question.resource };
        let last = self.way.len().saturating_sub(1);
        for (step, by_kind) in self.way.iter().enumerate() {
            let Some(Some(attribute)) = by_kind.get(at.kind as usize) else { return false };
            match (attribute.read)(graph, at.row) {
                None => return step == last,
                Some(Fact::Node(next)) => at = next,
                Some(_) => return false,
            }
        }
        false
    }
}

/// The rules that one kind of question is put to.
struct Slice {
    env: Env,
    rules: Vec<usize>,
    conditions: Vec<Condition>,
    optional: Vec<Optional>,
    /// For each rule, the optional facts that it mentions.
    mentioned: Vec<Vec<usize>>,
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
    let mentions: Vec<(&Rule, Mentions)> =
        rules.rules.iter().map(|rule| (rule, Mentions::of(rule))).collect();
    let slices = slices(graph, rules, setting);
    let mut by_env = vec![None; Action::ALL.len() * NodeKind::ALL.len() * NodeKind::ALL.len()];
    for (number, slice) in slices.iter().enumerate() {
        let Env { action, principal, resource } = slice.env;
        if let Some(slot) = by_env.get_mut(place_of(action, principal, resource)) {
            *slot = Some(number);
        }
    }
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
        .map_init(
            || Cedar::new(graph, &mentions, setting),
            |cedar, (kind, rows)| {
                let mut part = Part {
                    counts: slices.iter().map(|slice| (0, vec![0; slice.optional.len()])).collect(),
                    ..Part::default()
                };
                let count = u64::from(rows.end - rows.start);
                for row in rows {
                    graph.questions(Node::new(kind, row), |question| {
                        let place = place_of(
                            question.action,
                            question.principal.kind,
                            question.resource.kind,
                        );
                        let slice = by_env.get(place).copied().flatten();
                        if let Some(number) = slice {
                            put(question, number, &slices, graph, setting, depth, cedar, &mut part);
                        }
                    });
                }
                progress(done.fetch_add(count, Ordering::Relaxed) + count);
                part
            },
        )
        .collect();
    gather(parts, &slices, rules.rules.len())
}

fn place_of(action: Action, principal: NodeKind, resource: NodeKind) -> usize {
    let kinds = NodeKind::ALL.len();
    (action as usize * kinds + principal as usize) * kinds + resource as usize
}

#[expect(clippy::too_many_arguments, reason = "the innermost step sees everything")]
fn put(
    question: Question,
    number: usize,
    slices: &[Slice],
    graph: &Graph,
    setting: Setting<'_>,
    depth: Depth,
    cedar: &mut Cedar<'_>,
    part: &mut Part,
) {
    let (Some(slice), Some((asked, missing))) = (slices.get(number), part.counts.get_mut(number))
    else {
        return;
    };
    *asked += 1;
    for (optional, count) in slice.optional.iter().zip(missing) {
        *count += u64::from(optional.is_missing(graph, question));
    }
    let candidates: Vec<usize> = slice
        .rules
        .iter()
        .zip(&slice.conditions)
        .filter(|(_, condition)| {
            depth == Depth::Exhaustive
                || condition.answer(graph, question, setting) == Answer::AskCedar
        })
        .map(|(rule, _)| *rule)
        .collect();
    if !candidates.is_empty() {
        let answers = cedar.ask(question, &candidates).into_iter();
        part.hits.extend(answers.map(|(rule, verdict)| Hit { question, rule, verdict }));
    }
}

fn slices(graph: &Graph, rules: &RuleSet, setting: Setting<'_>) -> Vec<Slice> {
    let mut by_env: BTreeMap<Env, Vec<usize>> = BTreeMap::new();
    for (number, rule) in rules.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        for env in &rule.envs {
            by_env.entry(*env).or_default().push(number);
        }
    }
    let slice = |(env, numbers): (Env, Vec<usize>)| {
        let mut optional: Vec<Optional> = Vec::new();
        let mut conditions = Vec::new();
        let mut mentioned = Vec::new();
        for rule in numbers.iter().filter_map(|number| rules.rules.get(*number)) {
            conditions.push(Condition::compile(&rule.clauses, graph, setting));
            let mut own = Vec::new();
            for (path, of, names) in optional_paths(rule, env, &rules.types) {
                let known = optional.iter().position(|one| one.path == path);
                own.push(known.unwrap_or(optional.len()));
                if known.is_none() {
                    let reader = |name: &String| {
                        let find = |kind: &NodeKind| {
                            attributes(*kind).iter().find(|one| one.name == *name)
                        };
                        NodeKind::ALL.iter().map(find).collect()
                    };
                    optional.push(Optional { path, of, way: names.iter().map(reader).collect() });
                }
            }
            mentioned.push(own);
        }
        Slice { env, rules: numbers, conditions, optional, mentioned }
    };
    by_env.into_iter().map(slice).collect()
}

/// The optional facts that a rule's condition mentions in one kind of question.
fn optional_paths(rule: &Rule, env: Env, types: &Types) -> Vec<(String, Root, Vec<String>)> {
    use cedar_policy::pst::{Expr, Var};
    fn way(expr: &Expr) -> Option<(Root, Vec<String>)> {
        match expr {
            Expr::Var(Var::Principal) => Some((Root::Principal, Vec::new())),
            Expr::Var(Var::Resource) => Some((Root::Resource, Vec::new())),
            Expr::GetAttr { expr, attr } => {
                let (root, mut names) = way(expr)?;
                names.push(attr.to_string());
                Some((root, names))
            }
            _ => None,
        }
    }
    let mut found: BTreeMap<String, (Root, Vec<String>)> = BTreeMap::new();
    for expr in lint::expressions(&rule.clauses) {
        lint::visit(expr, |expr| {
            let (base, attr) = match expr {
                Expr::GetAttr { expr, attr } => (expr, attr.as_str()),
                Expr::HasAttr { expr, attrs } => (expr, attrs.head.as_str()),
                _ => return,
            };
            let of = lint::type_of(base, env, types).filter(|of| matches!(of, Type::Entity(_)));
            let optional = of
                .is_some_and(|of| types.attribute(&of, attr).is_some_and(|found| !found.required));
            if let (true, Some((root, mut names))) = (optional, way(base)) {
                names.push(attr.to_owned());
                let start = if root == Root::Principal { "principal" } else { "resource" };
                found.insert(format!("{start}.{}", names.join(".")), (root, names));
            }
        });
    }
    found.into_iter().map(|(path, (root, names))| (path, root, names)).collect()
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
