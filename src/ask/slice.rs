//! The rules by the kinds of question that they are put to: each with its condition for that kind,
//! what it mentions, and the optional facts that it reads.

use std::collections::BTreeMap;

use super::cedar::Mentioned;
use super::compile::Target;
use super::condition::{Condition, Setting};
use super::mentions::Mentions;
use crate::inventory::Row;
use crate::link::facts::{Attribute, Fact};
use crate::link::{Action, Graph, NodeKind, Question};
use crate::policy::annotation::Root;
use crate::policy::schema::{Env, Type, Types};
use crate::policy::{Rule, RuleSet, lint};

/// An optional fact that rules mention.
pub(super) struct Optional {
    /// How reports call it.
    pub(super) path: String,
    of: Root,
    /// The attributes on the way to it.
    way: Vec<&'static Attribute>,
    /// Whether it is there.
    has: Option<fn(&Graph, Row) -> bool>,
}

impl Optional {
    fn new(path: String, of: Root, names: &[String], env: Env, types: &Types) -> Self {
        let mut kind = if of == Root::Principal { env.principal } else { env.resource };
        let mut way = Vec::new();
        for name in names {
            way.extend(Attribute::find(kind, name));
            let owner = Type::Entity(kind.name().into());
            if let Some(Type::Entity(next)) = types.attribute(&owner, name).map(|found| &found.of) {
                kind = NodeKind::from_name(next).unwrap_or(NodeKind::Nobody);
            }
        }
        // A way that isn't whole leads nowhere.
        let has = way.pop().filter(|_| way.len() + 1 == names.len()).map(|last| last.has);
        Self { path, of, way, has }
    }

    /// Whether the thing is there that should have it, and it is missing.
    #[inline]
    pub(super) fn is_missing(&self, graph: &Graph, question: Question) -> bool {
        let mut at =
            if self.of == Root::Principal { question.principal } else { question.resource };
        for attribute in &self.way {
            let Some(Fact::Node(next)) = (attribute.read)(graph, at.row) else { return false };
            at = next;
        }
        self.has.is_some_and(|has| !has(graph, at.row))
    }
}

/// The rules that one kind of question is put to.
pub(super) struct Slice {
    env: Env,
    /// Their numbers in the rule set.
    pub(super) rules: Vec<usize>,
    /// The condition of each.
    pub(super) conditions: Vec<Condition>,
    mentions: Vec<Mentions>,
    /// The optional facts that they mention.
    pub(super) optional: Vec<Optional>,
    /// For each rule, the optional facts that it mentions.
    pub(super) mentioned: Vec<Vec<usize>>,
}

/// The rules by kind of question.
pub(super) struct Slices {
    pub(super) all: Vec<Slice>,
    /// By kind of question, the number of its slice.
    by_env: Vec<Option<usize>>,
}

impl Slices {
    /// Compiles the rules that are on.
    pub(super) fn new(graph: &Graph, rules: &RuleSet, setting: Setting<'_>) -> Self {
        let mut by_env: BTreeMap<Env, Vec<usize>> = BTreeMap::new();
        for (number, rule) in rules.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            for env in &rule.envs {
                by_env.entry(*env).or_default().push(number);
            }
        }
        let target = Target { types: &rules.types, graph: Some(graph), setting };
        let slice = |(env, numbers)| Slice::new(env, numbers, rules, target);
        let all: Vec<Slice> = by_env.into_iter().map(slice).collect();
        let mut by_env = vec![None; Action::ALL.len() * NodeKind::ALL.len() * NodeKind::ALL.len()];
        for (number, slice) in all.iter().enumerate() {
            by_env.get_mut(place_of(slice.env)).into_iter().for_each(|slot| *slot = Some(number));
        }
        Self { all, by_env }
    }

    /// The slice of a question, and its number.
    #[inline]
    pub(super) fn of(&self, question: Question) -> Option<(usize, &Slice)> {
        let number = (*self.by_env.get(place_of(Env::of(question)))?)?;
        Some((number, self.all.get(number)?))
    }

    /// What the rules of each slice mention.
    pub(super) fn mentioned(&self) -> Vec<Mentioned<'_>> {
        self.all
            .iter()
            .map(|slice| Mentioned { rules: &slice.rules, mentions: &slice.mentions })
            .collect()
    }

    /// For each slice: how many questions, and how often each optional fact was missing.
    pub(super) fn no_counts(&self) -> Vec<(u64, Vec<u64>)> {
        self.all.iter().map(Slice::no_counts).collect()
    }
}

fn place_of(env: Env) -> usize {
    let kinds = NodeKind::ALL.len();
    (env.action as usize * kinds + env.principal as usize) * kinds + env.resource as usize
}

impl Slice {
    /// The rules that may fire, by their conditions.
    #[inline]
    pub(super) fn rules_that(
        &self,
        mut may_fire: impl FnMut(usize, &Condition) -> bool,
    ) -> impl Iterator<Item = usize> {
        let each = self.rules.iter().zip(&self.conditions);
        each.filter(move |(rule, condition)| may_fire(**rule, condition)).map(|(rule, _)| *rule)
    }

    /// Counts a question, and the optional facts that it misses.
    #[inline]
    pub(super) fn count(
        &self,
        graph: &Graph,
        question: Question,
        (asked, missing): &mut (u64, Vec<u64>),
    ) {
        *asked += 1;
        for (optional, count) in self.optional.iter().zip(missing) {
            *count += u64::from(optional.is_missing(graph, question));
        }
    }

    /// No questions, and nothing missing.
    pub(super) fn no_counts(&self) -> (u64, Vec<u64>) {
        (0, vec![0; self.optional.len()])
    }

    fn new(env: Env, numbers: Vec<usize>, rules: &RuleSet, target: Target<'_>) -> Self {
        let mut optional: Vec<Optional> = Vec::new();
        let (mut conditions, mut mentions, mut mentioned) = (Vec::new(), Vec::new(), Vec::new());
        for rule in numbers.iter().filter_map(|number| rules.rules.get(*number)) {
            conditions.push(Condition::of(rule, env, target));
            mentions.push(Mentions::of(rule, env, target.types));
            let mut own = Vec::new();
            for (path, of, names) in optional_paths(rule, env, target.types) {
                if let Some(known) = optional.iter().position(|one| one.path == path) {
                    own.push(known);
                } else {
                    own.push(optional.len());
                    optional.push(Optional::new(path, of, &names, env, target.types));
                }
            }
            mentioned.push(own);
        }
        Self { env, rules: numbers, conditions, mentions, optional, mentioned }
    }
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
