//! Facts in Cedar's terms.
//!
//! The public interface of Cedar takes the attributes of an entity as expressions, and evaluates
//! each; to name the function that makes a datetime costs it a run of its parser every time. Its
//! core, of the very version that it is built on, takes the values.

use std::collections::HashSet;

use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use cedar_policy_core::ast::{self, Eid, EntityType, Name, PartialValue, RestrictedExpr, Value};
use cedar_policy_core::evaluator::RestrictedEvaluator;
use cedar_policy_core::extensions::Extensions;

use crate::inventory::vocabulary::{TaskStatus, VOCABULARIES, Vocabulary};
use crate::link::facts::{Entry, Fact, REVOCATION_STATUS};
use crate::link::{Graph, Node, NodeKind};
use crate::time::Instant;

use super::mentions::View;

/// The name of the function that makes an instant.
const DATETIME: &str = "datetime";

/// Makes entities and what they hold.
pub(super) struct Values<'g> {
    graph: &'g Graph,
    /// The types of things.
    types: Vec<Option<EntityType>>,
    /// The words of each vocabulary.
    words: Vec<Vec<Option<Value>>>,
    datetime: Option<Name>,
    evaluator: RestrictedEvaluator<'static>,
}

impl<'g> Values<'g> {
    /// Those of a graph.
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            types: NodeKind::ALL.iter().map(|kind| kind.name().parse().ok()).collect(),
            words: words(),
            datetime: Name::parse_unqualified_name(DATETIME).ok(),
            evaluator: RestrictedEvaluator::new(Extensions::all_available()),
        }
    }

    /// The name of a thing.
    pub(super) fn uid(&self, node: Node) -> Option<EntityUid> {
        self.own_uid(node).map(EntityUid::from)
    }

    fn own_uid(&self, node: Node) -> Option<ast::EntityUID> {
        let of = self.types.get(node.kind as usize)?.clone()?;
        Some(ast::EntityUID::from_components(of, Eid::new(self.graph.id(node)), None))
    }

    /// A thing, with what is looked at of it.
    pub(super) fn entity(&self, node: Node, view: View) -> Result<Entity, String> {
        let uid = self.own_uid(node).ok_or("an entity has no name")?;
        let mut values = Vec::new();
        for attribute in view.attributes(node.kind) {
            if let Some(fact) = (attribute.read)(self.graph, node.row) {
                let value = self.value(fact)?;
                values.push((attribute.name.into(), PartialValue::Value(value)));
            }
        }
        let parents = if view.ancestors { self.graph.ancestors(node) } else { Vec::new() };
        let parents = parents.into_iter().filter_map(|node| self.own_uid(node)).collect();
        let tags = self.graph.tags(node).filter(|_| view.tags);
        let tags = tags.map(|(key, value)| (key.into(), PartialValue::Value(value.into())));
        let above = HashSet::new();
        Ok(ast::Entity::new_with_attr_partial_value(uid, values, above, parents, tags).into())
    }

    fn value(&self, fact: Fact<'_>) -> Result<Value, String> {
        let uid = |node| self.own_uid(node).ok_or_else(|| "an entity has no name".to_owned());
        Ok(match fact {
            Fact::Bool(value) => value.into(),
            Fact::Long(value) => value.into(),
            Fact::Text(value) => value.into(),
            Fact::Time(at) => self.time(at)?,
            Fact::Word(Entry { vocabulary, word }) => {
                let word = self
                    .words
                    .get(usize::from(vocabulary))
                    .and_then(|words| words.get(usize::from(word))?.clone());
                word.ok_or("a word has no name")?
            }
            Fact::Node(node) => uid(node)?.into(),
            Fact::Texts(texts) => {
                Value::set(texts.distinct(self.graph).into_iter().map(Value::from), None)
            }
            Fact::Nodes(list) => {
                let uids: Result<Vec<Value>, String> =
                    list.iter().map(|node| uid(*node).map(Value::from)).collect();
                Value::set(uids?, None)
            }
        })
    }

    fn time(&self, at: Instant) -> Result<Value, String> {
        let name = self.datetime.clone().ok_or("an instant can't be made")?;
        let text = RestrictedExpr::val(at.to_string());
        let made = RestrictedExpr::call_extension_fn(name, [text]);
        self.evaluator.interpret(made.as_borrowed()).map_err(|error| error.to_string())
    }
}

/// An instant as an expression.
pub(super) fn time(at: Instant) -> RestrictedExpression {
    RestrictedExpression::new_datetime(at.to_string())
}

/// The words of all vocabularies, as entities.
fn words() -> Vec<Vec<Option<Value>>> {
    let word = |of: &str, name: &str| {
        let of: EntityType = of.parse().ok()?;
        Some(Value::from(ast::EntityUID::from_components(of, Eid::new(name), None)))
    };
    let all = |(of, names): (&str, &[&str])| names.iter().map(|name| word(of, name)).collect();
    let statuses: Vec<&str> =
        TaskStatus::ALL.iter().map(|status| status.name()).chain(["missing"]).collect();
    let mut words: Vec<_> = VOCABULARIES.iter().copied().map(all).collect();
    words.push(all((REVOCATION_STATUS, &statuses)));
    words
}

#[cfg(test)]
mod tests {
    use cedar_policy::Entities;
    use serde_json::Value as Json;

    use super::*;
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
                let one = Entity::new(
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
        let values = Values::new(&graph);
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
                all.push(entity);
            }
        }
        assert!(compared > 2000, "{compared}");
        let checked = Entities::from_entities(all, Some(rules.types.schema()));
        assert!(checked.is_ok(), "{:?}", checked.err());
    }
}
