//! Facts as values of Cedar.

use std::collections::HashSet;

use cedar_policy_core::ast::{self, Entity, PartialValue, RestrictedExpr, Value};
use cedar_policy_core::evaluator::RestrictedEvaluator;
use cedar_policy_core::extensions::Extensions;

use super::language::Language;
use super::mentions::View;
use crate::link::facts::Fact;
use crate::link::{Graph, Node};
use crate::time::Instant;

/// Makes entities of the things of a graph.
pub(super) struct Values<'a> {
    graph: &'a Graph,
    language: &'a Language,
    evaluator: RestrictedEvaluator<'static>,
}

impl<'a> Values<'a> {
    /// Those of a graph.
    pub(super) fn new(graph: &'a Graph, language: &'a Language) -> Self {
        let evaluator = RestrictedEvaluator::new(Extensions::all_available());
        Self { graph, language, evaluator }
    }

    /// The name of a thing.
    pub(super) fn uid(&self, node: Node) -> Result<ast::EntityUID, String> {
        let uid = self.language.uid(node.kind, self.graph.id(node));
        uid.ok_or_else(|| "an entity has no name".to_owned())
    }

    /// A thing, with what is looked at of it.
    pub(super) fn entity(&self, node: Node, view: View) -> Result<Entity, String> {
        let mut values = Vec::new();
        for attribute in view.attributes(node.kind) {
            if let Some(fact) = (attribute.read)(self.graph, node.row) {
                values.push((attribute.name.into(), PartialValue::Value(self.value(fact)?)));
            }
        }
        let parents = if view.ancestors { self.graph.ancestors(node) } else { Vec::new() };
        let parents: Result<HashSet<ast::EntityUID>, String> =
            parents.into_iter().map(|node| self.uid(node)).collect();
        let tags = self.graph.tags(node).filter(|_| view.tags);
        let tags = tags.map(|(key, value)| (key.into(), PartialValue::Value(value.into())));
        let (uid, none) = (self.uid(node)?, HashSet::new());
        Ok(Entity::new_with_attr_partial_value(uid, values, none, parents?, tags))
    }

    fn value(&self, fact: Fact<'_>) -> Result<Value, String> {
        Ok(match fact {
            Fact::Bool(value) => value.into(),
            Fact::Long(value) => value.into(),
            Fact::Text(value) => value.into(),
            Fact::Time(at) => self.time(at)?,
            Fact::Word(entry) => self.language.word(entry).ok_or("a word has no name")?.clone(),
            Fact::Node(node) => self.uid(node)?.into(),
            Fact::Texts(texts) => {
                Value::set(texts.distinct(self.graph).into_iter().map(Value::from), None)
            }
            Fact::Nodes(list) => {
                let uids = list.iter().map(|node| self.uid(*node).map(Value::from));
                Value::set(uids.collect::<Result<Vec<Value>, String>>()?, None)
            }
        })
    }

    fn time(&self, at: Instant) -> Result<Value, String> {
        let name = self.language.datetime.clone().ok_or("an instant can't be made")?;
        let text = RestrictedExpr::val(at.to_string());
        let made = RestrictedExpr::call_extension_fn(name, [text]);
        self.evaluator.interpret(made.as_borrowed()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::{Entities, RestrictedExpression};
    use serde_json::Value as Json;

    use super::*;
    use crate::ask::condition::Setting;
    use crate::link::facts::attributes;
    use crate::link::question::SUBJECTS;
    use crate::policy::{Packs, RuleSet};

    /// What Cedar itself writes of a fact.
    fn written(graph: &Graph, fact: Fact<'_>) -> Option<Json> {
        let uid = |node: Node| serde_json::json!({"type": node.kind.name(), "id": graph.id(node)});
        Some(match fact {
            Fact::Bool(value) => value.into(),
            Fact::Long(value) => value.into(),
            Fact::Text(value) => value.into(),
            Fact::Time(at) => {
                let at = at.to_string();
                let expr = format!("datetime({at:?})");
                let made: RestrictedExpression = expr.parse().ok()?;
                let one = cedar_policy::Entity::new(
                    "A::\"b\"".parse().ok()?,
                    [("at".into(), made)].into(),
                    HashSet::new(),
                );
                one.ok()?.to_json_value().ok()?["attrs"]["at"].clone()
            }
            Fact::Word(entry) => {
                serde_json::json!({"__entity": {"type": entry.type_name(), "id": entry.name()}})
            }
            Fact::Node(node) => serde_json::json!({ "__entity": uid(node) }),
            Fact::Texts(_) | Fact::Nodes(_) => return None,
        })
    }

    #[test]
    fn entities_are_what_the_schema_says_and_hold_what_the_rows_have() {
        let paths = [concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/acme").into()];
        let loaded = crate::load::load(&paths).expect("the example is read");
        let now = loaded.inventory.generated_at;
        let graph = loaded.link(now).expect("the example is linked");
        let rules = RuleSet::load(&Packs::default()).expect("the bundled rules");
        let setting = Setting { now, run_at: now, parameters: &rules.parameters };
        let language = Language::new(&rules, setting);
        let values = Values::new(&graph, &language);
        let (mut all, mut compared) = (Vec::new(), 0);
        for kind in SUBJECTS {
            for row in 0..graph.population(kind) {
                let node = Node::new(kind, row);
                let entity = values.entity(node, View::whole()).expect("it is made");
                let json = entity.to_json_value().expect("it is written");
                for attribute in attributes(kind) {
                    let fact = (attribute.read)(&graph, row);
                    let own = &json["attrs"][attribute.name];
                    assert_eq!(fact.is_none(), own.is_null(), "{node:?} {}", attribute.name);
                    if let Some(expected) = fact.and_then(|fact| written(&graph, fact)) {
                        assert_eq!(*own, expected, "{node:?} {}", attribute.name);
                        compared += 1;
                    }
                }
                all.push(entity.into());
            }
        }
        assert!(compared > 2000, "{compared}");
        let checked = Entities::from_entities(all, Some(rules.types.schema()));
        assert!(checked.is_ok(), "{:?}", checked.err());
    }
}
