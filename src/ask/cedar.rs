//! Putting questions to Cedar, with only the rules that may fire and the attributes they mention.
//!
//! The questions of a chunk are put together: each thing that they are about becomes an entity
//! once, with what the rules in question mention of it, and is freed with the chunk. Of each rule
//! Cedar's evaluator says whether it is satisfied, as its authorizer would have it say.

use std::ops::Range;
use std::sync::Arc;

use cedar_policy_core::ast::{Entity, EntityUIDEntry, Literal, Request, ValueKind};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

use super::Hit;
use super::language::Language;
use super::mentions::{Mentions, View};
use super::values::Values;
use crate::link::facts::Fact;
use crate::link::{Graph, Node, NodeKind, Question};

/// What Cedar says of one rule and one question. Rules that don't fire are not mentioned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The rule forbids it.
    Violated,
    /// The rule's condition can't be evaluated, for this reason.
    Failed(Box<str>),
}

/// Questions that are put to Cedar together.
#[derive(Default)]
pub(super) struct Batch {
    asked: Vec<(Question, usize, Range<usize>)>,
    rules: Vec<usize>,
}

impl Batch {
    /// Adds a question, unless there is no rule to put it to: the number of its kind, and of the
    /// rules.
    pub(super) fn add(
        &mut self,
        question: Question,
        slice: usize,
        rules: impl Iterator<Item = usize>,
    ) {
        let start = self.rules.len();
        self.rules.extend(rules);
        if self.rules.len() > start {
            self.asked.push((question, slice, start..self.rules.len()));
        }
    }

    /// Whether it is time to put them: a group may have more members than there is memory.
    pub(super) fn is_full(&self) -> bool {
        const MOST: usize = 4096;
        self.asked.len() >= MOST
    }

    fn questions(&self) -> impl Iterator<Item = (Question, usize, &[usize])> {
        let rules = |range: &Range<usize>| self.rules.get(range.clone()).unwrap_or_default();
        self.asked.iter().map(move |(question, slice, range)| (*question, *slice, rules(range)))
    }
}

/// The rules of one kind of question, and what each mentions there.
pub(super) struct Mentioned<'a> {
    pub(super) rules: &'a [usize],
    pub(super) mentions: &'a [Mentions],
}

/// A connection to Cedar, for all threads.
pub(super) struct Cedar<'a> {
    graph: &'a Graph,
    slices: Vec<Mentioned<'a>>,
    language: &'a Language,
    values: Values<'a>,
}

impl<'a> Cedar<'a> {
    /// A connection for one graph and some rules.
    pub(super) fn new(
        graph: &'a Graph,
        slices: Vec<Mentioned<'a>>,
        language: &'a Language,
    ) -> Self {
        Self { graph, slices, language, values: Values::new(graph, language) }
    }

    /// Puts questions to Cedar: what it says of rules that fire, in the order of the questions.
    pub(super) fn judge(&self, batch: &Batch) -> Vec<Hit> {
        let mut nodes = Vec::new();
        for (question, slice, rules) in batch.questions() {
            self.needed(question, &self.mentions(slice, rules), &mut nodes);
        }
        // Two things of one name, or groups in a circle, can only be put to Cedar one by one.
        let together = self.entities(nodes);
        let mut hits = Vec::new();
        for (question, slice, rules) in batch.questions() {
            if let Ok(entities) = &together {
                self.ask(question, rules, Ok(entities), &mut hits);
            } else {
                let mut nodes = Vec::new();
                self.needed(question, &self.mentions(slice, rules), &mut nodes);
                self.ask(question, rules, self.entities(nodes).as_ref(), &mut hits);
            }
        }
        hits
    }

    /// Asks one question of some rules.
    fn ask(
        &self,
        question: Question,
        rules: &[usize],
        entities: Result<&Entities, &String>,
        hits: &mut Vec<Hit>,
    ) {
        let none = [].into();
        let request = self.request(question);
        let evaluator = match (entities, &request) {
            (Ok(entities), Ok(request)) => {
                Ok(Evaluator::new(request.clone(), entities, Extensions::all_available()))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        for rule in rules {
            let said = match (&evaluator, self.language.condition(*rule)) {
                (Ok(evaluator), Some(condition)) => {
                    match evaluator.interpret(condition, &none).map(|value| value.value) {
                        Ok(ValueKind::Lit(Literal::Bool(value))) => Ok(value),
                        Ok(_) => Err("the rule is neither true nor false".to_owned()),
                        Err(error) => Err(error.to_string()),
                    }
                }
                (Err(error), _) => Err((*error).clone()),
                (_, None) => Err("the rule can't be put to Cedar".to_owned()),
            };
            let verdict = match said {
                Ok(false) => continue,
                Ok(true) => Verdict::Violated,
                Err(reason) => Verdict::Failed(reason.into()),
            };
            hits.push(Hit { question, rule: *rule, verdict });
        }
    }

    fn request(&self, question: Question) -> Result<Request, String> {
        let context = self.language.context(question.action);
        let (context, action) = context.ok_or("the question can't be put to Cedar")?;
        let [principal, resource] = [question.principal, question.resource]
            .map(|node| self.values.uid(node).map(|uid| EntityUIDEntry::known(uid, None)));
        let context = Some(context.clone());
        Ok(Request::new_unchecked(principal?, action.clone(), resource?, context))
    }

    /// What some rules mention in one kind of question.
    fn mentions(&self, slice: usize, rules: &[usize]) -> Mentions {
        let mut mentions = Mentions::default();
        let Some(slice) = self.slices.get(slice) else { return mentions };
        for rule in rules {
            // They are sorted, as rules are.
            let own = slice.rules.binary_search(rule).ok().and_then(|at| slice.mentions.get(at));
            own.into_iter().for_each(|own| mentions.merge(own));
        }
        mentions
    }

    /// Adds the things that rules look at, and what they look at.
    fn needed(&self, question: Question, mentions: &Mentions, needed: &mut Vec<(Node, View)>) {
        for node in [question.principal, question.resource] {
            let view = mentions.view(node.kind);
            needed.push((node, view));
            if !mentions.further {
                continue;
            }
            for attribute in view.attributes(node.kind) {
                if let Some(Fact::Node(next)) = (attribute.read)(self.graph, node.row) {
                    needed.push((next, mentions.view(next.kind)));
                }
            }
        }
    }

    fn entities(&self, mut needed: Vec<(Node, View)>) -> Result<Entities, String> {
        needed.retain(|(node, _)| !matches!(node.kind, NodeKind::Nobody | NodeKind::Inventory));
        needed.sort_unstable_by_key(|(node, _)| *node);
        needed.dedup_by(|(node, view), (kept, all)| {
            let same = node == kept;
            if same {
                all.merge(*view);
            }
            same
        });
        let mut nested = false;
        let entities: Result<Vec<Arc<Entity>>, String> = needed
            .into_iter()
            .map(|(node, view)| {
                let entity = self.values.entity(node, view)?;
                nested |= entity.parents().next().is_some();
                Ok(Arc::new(entity))
            })
            .collect();
        // Where nothing is in anything, there is nothing to go on to.
        let closed =
            if nested { TCComputation::ComputeNow } else { TCComputation::AssumeAlreadyComputed };
        // Cheaper than to make them of all at once: next to none is in another.
        let schema = None::<&NoEntitiesSchema>;
        let all = Entities::new();
        let all = all.add_entities(entities?, schema, closed, Extensions::all_available());
        all.map_err(|error| error.to_string())
    }
}
