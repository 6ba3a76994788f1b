//! Putting questions to Cedar, with only the rules that may fire and the attributes they mention.
//!
//! The questions of a chunk are put together: each thing that they are about becomes an entity
//! once, with what the rules in question mention of it, and is freed with the chunk.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, Policy, PolicyId, PolicySet,
    Request, RestrictedExpression,
};
use rustc_hash::FxHashMap;

use super::Hit;
use super::condition::Setting;
use super::mentions::{Mentions, View};
use super::values::{Values, time};
use crate::link::facts::Fact;
use crate::link::{Action, Graph, Node, NodeKind, Question};
use crate::policy::RuleSet;

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

/// Some rules that a question is put to together.
struct Bundle {
    /// None where they don't go together: then nothing is judged by them.
    policies: Option<PolicySet>,
    mentions: Mentions,
}

type Bundles = FxHashMap<Box<[usize]>, Arc<Bundle>>;

/// The rules of one kind of question, and what each mentions there.
pub(super) struct Mentioned<'a> {
    pub(super) rules: &'a [usize],
    pub(super) mentions: &'a [Mentions],
}

/// The name of the policy that permits what no rule forbids. A rule's name is that of a file, and
/// no file has a slash in its name.
const PERMIT: &str = "/permit";

/// A connection to Cedar, for all threads.
pub(super) struct Cedar<'a> {
    graph: &'a Graph,
    rules: &'a RuleSet,
    slices: Vec<Mentioned<'a>>,
    authorizer: Authorizer,
    permit: Option<Policy>,
    /// For each kind of question, by the rules.
    bundles: Vec<RwLock<Bundles>>,
    contexts: Vec<Option<(Context, EntityUid)>>,
    values: Values<'a>,
}

impl<'a> Cedar<'a> {
    /// A connection for one graph and some rules.
    pub(super) fn new(
        graph: &'a Graph,
        rules: &'a RuleSet,
        slices: Vec<Mentioned<'a>>,
        setting: Setting<'_>,
    ) -> Self {
        let context = |action: &Action| {
            let uid = format!("Action::\"{}\"", action.name()).parse().ok()?;
            Some((Context::from_pairs(pairs(*action, setting)).ok()?, uid))
        };
        let permit = "permit(principal, action, resource);";
        Self {
            graph,
            rules,
            authorizer: Authorizer::new(),
            permit: Policy::parse(Some(PolicyId::new(PERMIT)), permit).ok(),
            bundles: slices.iter().map(|_| RwLock::default()).collect(),
            slices,
            contexts: Action::ALL.iter().map(context).collect(),
            values: Values::new(graph),
        }
    }

    /// Puts questions to Cedar: what it says of rules that fire, in the order of the questions.
    pub(super) fn judge(&self, batch: &Batch) -> Vec<Hit> {
        let bundled: Vec<(Question, &[usize], Arc<Bundle>)> = batch
            .questions()
            .map(|(question, slice, rules)| (question, rules, self.bundle(slice, rules)))
            .collect();
        let mut nodes = Vec::new();
        for (question, _, bundle) in &bundled {
            self.needed(*question, &bundle.mentions, &mut nodes);
        }
        // Two things of one name, or groups in a circle, can only be put to Cedar one by one.
        let together = self.entities(nodes);
        let mut hits = Vec::new();
        for (question, rules, bundle) in bundled {
            let answers = if let Ok(entities) = &together {
                self.ask(question, rules, &bundle, Ok(entities))
            } else {
                let mut nodes = Vec::new();
                self.needed(question, &bundle.mentions, &mut nodes);
                self.ask(question, rules, &bundle, self.entities(nodes).as_ref())
            };
            hits.extend(answers.into_iter().map(|(rule, verdict)| Hit { question, rule, verdict }));
        }
        hits
    }

    fn ask(
        &self,
        question: Question,
        rules: &[usize],
        bundle: &Bundle,
        entities: Result<&Entities, &String>,
    ) -> Vec<(usize, Verdict)> {
        let all = |reason: &str| {
            rules.iter().map(|rule| (*rule, Verdict::Failed(reason.into()))).collect()
        };
        match (entities, self.request(question), &bundle.policies) {
            (Ok(entities), Some(request), Some(policies)) => {
                let response = self.authorizer.is_authorized(&request, policies, entities);
                self.verdicts(&response, rules)
            }
            (Err(error), ..) => all(error),
            (_, None, _) => all("the question can't be put to Cedar"),
            (_, _, None) => all("the policies can't be put to Cedar together"),
        }
    }

    fn verdicts(
        &self,
        response: &cedar_policy::Response,
        rules: &[usize],
    ) -> Vec<(usize, Verdict)> {
        let is =
            |rule: &usize, id: &str| self.rules.rules.get(*rule).is_some_and(|rule| rule.id == id);
        let number = |id: &str| rules.iter().copied().find(|rule| is(rule, id));
        let mut answers = Vec::new();
        if response.decision() == Decision::Deny {
            let reasons = response.diagnostics().reason();
            answers
                .extend(reasons.filter_map(|id| Some((number(id.as_ref())?, Verdict::Violated))));
        }
        for error in response.diagnostics().errors() {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            let reason = error.inner().to_string();
            answers.extend(
                number(error.policy_id().as_ref())
                    .map(|rule| (rule, Verdict::Failed(reason.into()))),
            );
        }
        answers.sort_by_key(|(rule, _)| *rule);
        answers
    }

    fn bundle(&self, slice: usize, rules: &[usize]) -> Arc<Bundle> {
        let Some(known) = self.bundles.get(slice) else {
            return Arc::new(Bundle { policies: None, mentions: Mentions::default() });
        };
        if let Some(bundle) = known.read().unwrap_or_else(PoisonError::into_inner).get(rules) {
            return bundle.clone();
        }
        let mut mentions = Mentions::default();
        let mut policies: Vec<Policy> = self.permit.clone().into_iter().collect();
        for rule in rules {
            let own = self.slices.get(slice).and_then(|slice| {
                slice.mentions.get(slice.rules.iter().position(|own| own == rule)?)
            });
            own.into_iter().for_each(|own| mentions.merge(own));
            policies.extend(self.rules.rules.get(*rule).map(|rule| rule.policy.clone()));
        }
        let policies = PolicySet::from_policies(policies).ok();
        let bundle = Arc::new(Bundle { policies, mentions });
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(rules.into(), bundle.clone());
        bundle
    }

    fn request(&self, question: Question) -> Option<Request> {
        let (context, action) = self.contexts.get(question.action as usize)?.as_ref()?;
        let (principal, resource) =
            (self.values.uid(question.principal)?, self.values.uid(question.resource)?);
        Request::new(principal, action.clone(), resource, context.clone(), None).ok()
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
        let entities = needed.into_iter().map(|(node, view)| self.values.entity(node, view));
        let entities: Result<Vec<Entity>, String> = entities.collect();
        // Cheaper than to make them of all at once: next to none is in another.
        let entities = Entities::empty().add_entities(entities?, None);
        entities.map_err(|error| error.to_string())
    }
}

fn pairs(action: Action, setting: Setting<'_>) -> Vec<(String, RestrictedExpression)> {
    let set = setting.parameters.0.iter().filter_map(|(name, parameter)| {
        Some((name.clone(), RestrictedExpression::new_duration(parameter.value?.to_string())))
    });
    let mut pairs = vec![("now".to_owned(), time(setting.now))];
    // Without duplicate names a record can't fail to be made.
    pairs.extend(RestrictedExpression::new_record(set).ok().map(|sla| ("sla".to_owned(), sla)));
    if action.is_about_the_run() {
        pairs.push(("run_at".to_owned(), time(setting.run_at)));
    }
    pairs
}
