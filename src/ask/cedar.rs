//! Putting a question to Cedar, with only the rules that may fire and the attributes they mention.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::pst::{BinaryOp, Clause, Expr, Var};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy,
    PolicyId, PolicySet, PrincipalConstraint, Request, ResourceConstraint, RestrictedExpression,
};

use super::condition::Setting;
use crate::link::facts::{Fact, attributes};
use crate::link::{Action, Graph, Node, NodeKind, Question};
use crate::policy::{Rule, lint};

/// What Cedar says of one rule and one question. Rules that don't fire are not mentioned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The rule forbids it.
    Violated,
    /// The rule's condition can't be evaluated, for this reason.
    Failed(String),
}

/// What of an entity a rule can look at.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Attributes, of whichever type.
    names: BTreeSet<String>,
    /// Whether it reads tags.
    tags: bool,
    /// Whether it asks what is in what.
    ancestors: bool,
    /// Whether it goes on from one entity to another.
    further: bool,
}

impl Mentions {
    /// What a rule mentions.
    pub fn of(rule: &Rule) -> Self {
        let (principal, resource) =
            (rule.policy.principal_constraint(), rule.policy.resource_constraint());
        let ancestors =
            matches!(principal, PrincipalConstraint::In(_) | PrincipalConstraint::IsIn(..))
                || matches!(resource, ResourceConstraint::In(_) | ResourceConstraint::IsIn(..));
        let mut mentions = Self { ancestors, ..Self::default() };
        for clause in &rule.clauses {
            let (Clause::When(expr) | Clause::Unless(expr)) = clause;
            lint::visit(expr, |expr| mentions.note(expr));
        }
        mentions
    }

    fn note(&mut self, expr: &Expr) {
        match expr {
            Expr::GetAttr { expr, attr } => {
                self.names.insert(attr.to_string());
                self.further |= !matches!(**expr, Expr::Var(_)) && !is_context(expr);
            }
            Expr::HasAttr { expr, attrs } => {
                self.names.extend(attrs.iter().map(ToString::to_string));
                self.further |=
                    attrs.len() > 1 || !matches!(**expr, Expr::Var(_)) && !is_context(expr);
            }
            Expr::BinaryOp { op: BinaryOp::HasTag | BinaryOp::GetTag, left, .. } => {
                self.tags = true;
                self.further |= !matches!(**left, Expr::Var(_));
            }
            Expr::BinaryOp { op: BinaryOp::In, left, .. } => {
                self.ancestors = true;
                self.further |= !matches!(**left, Expr::Var(_));
            }
            Expr::Is { expr, in_expr: Some(_), .. } => {
                self.ancestors = true;
                self.further |= !matches!(**expr, Expr::Var(_));
            }
            _ => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.names.extend(other.names.iter().cloned());
        self.tags |= other.tags;
        self.ancestors |= other.ancestors;
        self.further |= other.further;
    }
}

fn is_context(expr: &Expr) -> bool {
    match expr {
        Expr::Var(Var::Context) => true,
        Expr::GetAttr { expr, .. } => is_context(expr),
        _ => false,
    }
}

/// Some rules that are put to Cedar together.
struct Bundle {
    /// None where they don't go together: then nothing is judged by them.
    policies: Option<PolicySet>,
    mentions: Mentions,
}

/// The name of the policy that permits what no rule forbids. A rule's name is that of a file, and
/// no file has a slash in its name.
const PERMIT: &str = "/permit";

/// A connection to Cedar; each thread has its own.
pub struct Cedar<'a> {
    graph: &'a Graph,
    rules: &'a [(&'a Rule, Mentions)],
    authorizer: Authorizer,
    permit: Option<Policy>,
    bundles: HashMap<Vec<usize>, Bundle>,
    types: Vec<Option<EntityTypeName>>,
    words: HashMap<&'static str, Option<EntityTypeName>>,
    contexts: [Option<(Context, Option<EntityUid>)>; Action::ALL.len()],
}

impl<'a> Cedar<'a> {
    /// A connection for one graph and some rules.
    pub fn new(graph: &'a Graph, rules: &'a [(&'a Rule, Mentions)], setting: Setting<'_>) -> Self {
        let context = |action: &Action| {
            let uid = format!("Action::\"{}\"", action.name()).parse().ok();
            Context::from_pairs(pairs(*action, setting)).ok().map(|context| (context, uid))
        };
        let mut contexts: [_; Action::ALL.len()] = Default::default();
        for (slot, action) in contexts.iter_mut().zip(Action::ALL) {
            *slot = context(action);
        }
        Self {
            graph,
            rules,
            authorizer: Authorizer::new(),
            permit: Policy::parse(
                Some(PolicyId::new(PERMIT)),
                "permit(principal, action, resource);",
            )
            .ok(),
            bundles: HashMap::new(),
            types: NodeKind::ALL.iter().map(|kind| kind.name().parse().ok()).collect(),
            words: HashMap::new(),
            contexts,
        }
    }

    /// Asks a question of the rules with those numbers.
    pub fn ask(&mut self, question: Question, candidates: &[usize]) -> Vec<(usize, Verdict)> {
        let all = |reason: &str| {
            candidates.iter().map(|rule| (*rule, Verdict::Failed(reason.to_owned()))).collect()
        };
        if !self.bundles.contains_key(candidates) {
            let bundle = self.bundle(candidates);
            self.bundles.insert(candidates.to_vec(), bundle);
        }
        // Taken out while it is used: entities need the rest of the connection.
        let Some(bundle) = self.bundles.remove(candidates) else { return all("no policies") };
        let entities = self.entities(question, &bundle.mentions);
        let request = self.request(question);
        let answers = match (entities, request, &bundle.policies) {
            (Ok(entities), Some(request), Some(policies)) => {
                let response = self.authorizer.is_authorized(&request, policies, &entities);
                self.verdicts(&response, candidates)
            }
            (Err(error), ..) => all(&error),
            (_, None, _) => all("the question can't be put to Cedar"),
            (_, _, None) => all("the policies can't be put to Cedar together"),
        };
        self.bundles.insert(candidates.to_vec(), bundle);
        answers
    }

    fn verdicts(
        &self,
        response: &cedar_policy::Response,
        candidates: &[usize],
    ) -> Vec<(usize, Verdict)> {
        let number = |id: &str| {
            candidates
                .iter()
                .copied()
                .find(|rule| self.rules.get(*rule).is_some_and(|(rule, _)| rule.id == id))
        };
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
                number(error.policy_id().as_ref()).map(|rule| (rule, Verdict::Failed(reason))),
            );
        }
        answers.sort_by_key(|(rule, _)| *rule);
        answers
    }

    fn bundle(&self, candidates: &[usize]) -> Bundle {
        let mut mentions = Mentions::default();
        let mut policies = Vec::new();
        policies.extend(self.permit.clone());
        for rule in candidates {
            let Some((rule, own)) = self.rules.get(*rule) else { continue };
            mentions.merge(own);
            policies.push(rule.policy.clone());
        }
        Bundle { policies: PolicySet::from_policies(policies).ok(), mentions }
    }

    fn request(&self, question: Question) -> Option<Request> {
        let (context, action) = self.contexts.get(question.action as usize)?.as_ref()?;
        let (principal, resource) = (self.uid(question.principal)?, self.uid(question.resource)?);
        Request::new(principal, action.clone()?, resource, context.clone(), None).ok()
    }

    fn uid(&self, node: Node) -> Option<EntityUid> {
        let of = self.types.get(node.kind as usize)?.clone()?;
        Some(EntityUid::from_type_name_and_id(of, EntityId::new(self.graph.id(node))))
    }

    fn entities(&mut self, question: Question, mentions: &Mentions) -> Result<Entities, String> {
        let mut nodes = vec![question.principal, question.resource];
        if mentions.further {
            for node in [question.principal, question.resource] {
                for attribute in attributes(node.kind) {
                    if mentions.names.contains(attribute.name)
                        && let Some(Fact::Node(next)) = (attribute.read)(self.graph, node.row)
                    {
                        nodes.push(next);
                    }
                }
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        let entities: Result<Vec<Entity>, String> = nodes
            .into_iter()
            .filter(|node| !matches!(node.kind, NodeKind::Nobody | NodeKind::Inventory))
            .map(|node| self.entity(node, mentions))
            .collect();
        Entities::from_entities(entities?, None).map_err(|error| error.to_string())
    }

    fn entity(&mut self, node: Node, mentions: &Mentions) -> Result<Entity, String> {
        let uid = self.uid(node).ok_or("an entity has no name")?;
        let mut values = HashMap::new();
        for attribute in attributes(node.kind) {
            if mentions.names.contains(attribute.name)
                && let Some(fact) = (attribute.read)(self.graph, node.row)
                && let Some(value) = self.value(fact)
            {
                values.insert(attribute.name.to_owned(), value);
            }
        }
        let mut parents = HashSet::new();
        if mentions.ancestors {
            parents
                .extend(self.graph.ancestors(node).into_iter().filter_map(|node| self.uid(node)));
        }
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let tags: Vec<_> = if mentions.tags {
            self.graph.tags(node).map(|(key, value)| (key.to_owned(), text(value))).collect()
        } else {
            Vec::new()
        };
        Entity::new_with_tags(uid, values, parents, tags).map_err(|error| error.to_string())
    }

    fn value(&mut self, fact: Fact<'_>) -> Option<RestrictedExpression> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        Some(match fact {
            Fact::Bool(value) => RestrictedExpression::new_bool(value),
            Fact::Long(value) => RestrictedExpression::new_long(value),
            Fact::Text(value) => text(value),
            Fact::Time(value) => RestrictedExpression::new_datetime(value.to_string()),
            Fact::Word(of, word) => {
                let of = self.words.entry(of).or_insert_with(|| of.parse().ok()).clone()?;
                let uid = EntityUid::from_type_name_and_id(of, EntityId::new(word));
                RestrictedExpression::new_entity_uid(uid)
            }
            Fact::Node(node) => RestrictedExpression::new_entity_uid(self.uid(node)?),
            Fact::Texts(list) => RestrictedExpression::new_set(list.into_iter().map(text)),
            Fact::Nodes(list) => {
                let uids = list.iter().filter_map(|node| self.uid(*node));
                RestrictedExpression::new_set(uids.map(RestrictedExpression::new_entity_uid))
            }
        })
    }
}

fn pairs(action: Action, setting: Setting<'_>) -> Vec<(String, RestrictedExpression)> {
    let time = |at: crate::time::Instant| RestrictedExpression::new_datetime(at.to_string());
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
