//! What is said to Cedar in every question, made once for a run.
//!
//! Cedar's public interface takes the attributes of an entity as expressions and evaluates each (to
//! name the function that makes a datetime costs it a run of its parser every time), and builds
//! every policy's condition anew for each question. Its core, of the very version that it is built
//! on, takes values and conditions.

use cedar_policy::{Context, RestrictedExpression};
use cedar_policy_core::ast::{self, Eid, EntityType, EntityUIDEntry, Expr, Name, Value};

use super::condition::Setting;
use crate::inventory::vocabulary::{TaskStatus, VOCABULARIES, Vocabulary};
use crate::link::facts::{Entry, REVOCATION_STATUS};
use crate::link::{Action, NodeKind};
use crate::policy::RuleSet;
use crate::time::Instant;

/// The types, words, contexts and conditions of a run.
pub(super) struct Language {
    types: Vec<Option<EntityType>>,
    /// The words of each vocabulary, as entities.
    words: Vec<Vec<Value>>,
    /// The name of the function that makes an instant.
    pub(super) datetime: Option<Name>,
    /// For each action.
    contexts: Vec<Option<(ast::Context, EntityUIDEntry)>>,
    /// For each rule: what its head and its clauses ask.
    conditions: Vec<Expr>,
}

impl Language {
    /// Those of some rules in a run.
    pub(super) fn new(rules: &RuleSet, setting: Setting<'_>) -> Self {
        let action = |action: &Action| {
            let uid = uid(&"Action".parse().ok()?, action.name());
            let context = Context::from_pairs(pairs(*action, setting)).ok()?;
            Some((context.as_ref().clone(), EntityUIDEntry::known(uid, None)))
        };
        let condition = |rule: &crate::policy::Rule| {
            let policy: &ast::Policy = rule.policy.as_ref();
            policy.condition()
        };
        Self {
            types: NodeKind::ALL.iter().map(|kind| kind.name().parse().ok()).collect(),
            words: words(),
            datetime: Name::parse_unqualified_name("datetime").ok(),
            contexts: Action::ALL.iter().map(action).collect(),
            conditions: rules.rules.iter().map(condition).collect(),
        }
    }

    /// The name of a thing of that type.
    pub(super) fn uid(&self, kind: NodeKind, id: &str) -> Option<ast::EntityUID> {
        Some(uid(self.types.get(kind as usize)?.as_ref()?, id))
    }

    /// A word of a vocabulary.
    pub(super) fn word(&self, Entry { vocabulary, word }: Entry) -> Option<&Value> {
        self.words.get(usize::from(vocabulary))?.get(usize::from(word))
    }

    /// What is asked, and with what beside it.
    pub(super) fn context(&self, action: Action) -> Option<&(ast::Context, EntityUIDEntry)> {
        self.contexts.get(action as usize)?.as_ref()
    }

    /// What a rule asks.
    pub(super) fn condition(&self, rule: usize) -> Option<&Expr> {
        self.conditions.get(rule)
    }
}

fn uid(of: &EntityType, id: &str) -> ast::EntityUID {
    ast::EntityUID::from_components(of.clone(), Eid::new(id), None)
}

fn words() -> Vec<Vec<Value>> {
    let all = |(of, names): (&str, &[&str])| {
        let of: Option<EntityType> = of.parse().ok();
        names.iter().filter_map(|name| Some(uid(of.as_ref()?, name).into())).collect()
    };
    let statuses: Vec<&str> =
        TaskStatus::ALL.iter().map(|status| status.name()).chain(["missing"]).collect();
    let mut words: Vec<_> = VOCABULARIES.iter().copied().map(all).collect();
    words.push(all((REVOCATION_STATUS, &statuses)));
    words
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

fn time(at: Instant) -> RestrictedExpression {
    RestrictedExpression::new_datetime(at.to_string())
}
