//! What terms mean: their values for one question.

use cedar_policy::pst::PatternElem;

use super::condition::{Stop, Value};
use super::term::{
    Access, Element, Item, Number, NumberOperator, Order, STRANGERS, Set, Sets, Sort, Term, Text,
    TextOperator, Thing, ThingOperator, Truth, TruthOperator, Word,
};
use crate::link::facts::{Fact, Texts};
use crate::link::{Graph, Node, NodeKind, Question};

/// A value, or why there is none.
pub(super) type Outcome<T> = Result<T, Stop>;

/// What is told which facts are read.
pub(super) trait Notes<'a> {
    /// Whether facts are told that are only asked for, not read.
    const TOLD: bool = true;
    /// A fact was read, or was found to be missing.
    fn note(&mut self, path: Option<&'a str>, value: Option<Value<'a>>);
}

/// Nobody is told.
pub(super) struct Silent;

impl<'a> Notes<'a> for Silent {
    const TOLD: bool = false;
    #[inline]
    fn note(&mut self, _: Option<&'a str>, _: Option<Value<'a>>) {}
}

impl<'a> Notes<'a> for Vec<(&'a str, Option<Value<'a>>)> {
    fn note(&mut self, path: Option<&'a str>, value: Option<Value<'a>>) {
        self.extend(path.map(|path| (path, value)));
    }
}

/// What terms are evaluated for.
pub(super) struct Scope<'a, N> {
    pub(super) graph: &'a Graph,
    pub(super) question: Question,
    pub(super) notes: N,
}

/// The terms that a sort has to itself.
pub(super) trait Operate: Sort {
    /// The value of such a term.
    fn operate<'a, N: Notes<'a>>(
        operator: &'a Self::Operator,
        scope: &mut Scope<'a, N>,
    ) -> Outcome<Self::Value<'a>>;
}

impl<S: Operate> Term<S> {
    #[inline]
    pub(super) fn eval<'a, N: Notes<'a>>(
        &'a self,
        scope: &mut Scope<'a, N>,
    ) -> Outcome<S::Value<'a>> {
        match self {
            Self::Constant(constant) => Ok(S::constant(constant)),
            Self::Fact(access) => S::of(access.fact(scope)?).ok_or(Stop::Maybe),
            Self::If(parts) => {
                let (condition, then, otherwise) = &**parts;
                if condition.eval(scope)? { then.eval(scope) } else { otherwise.eval(scope) }
            }
            Self::Of(operator) => S::operate(operator, scope),
            Self::Maybe => Err(Stop::Maybe),
        }
    }
}

impl Access {
    #[inline]
    fn node<'a, N: Notes<'a>>(&'a self, scope: &mut Scope<'a, N>) -> Outcome<Node> {
        let node = self.base.eval(scope)?;
        // Of a stranger only Cedar knows, and nothing is of another type than the schema says.
        if node.kind == self.kind && node.row < STRANGERS { Ok(node) } else { Err(Stop::Maybe) }
    }

    #[inline]
    fn fact<'a, N: Notes<'a>>(&'a self, scope: &mut Scope<'a, N>) -> Outcome<Fact<'a>> {
        let node = self.node(scope)?;
        let fact = (self.read)(scope.graph, node.row);
        scope.notes.note(self.path.as_deref(), fact.map(Value::Fact));
        fact.ok_or(Stop::Error)
    }
}

impl Operate for Truth {
    fn operate<'a, N: Notes<'a>>(
        operator: &'a TruthOperator,
        scope: &mut Scope<'a, N>,
    ) -> Outcome<bool> {
        match operator {
            TruthOperator::Has(access) => {
                let node = access.node(scope)?;
                if N::TOLD {
                    let fact = (access.read)(scope.graph, node.row);
                    scope.notes.note(access.path.as_deref(), fact.map(Value::Fact));
                    return Ok(fact.is_some());
                }
                Ok((access.has)(scope.graph, node.row))
            }
            TruthOperator::All(parts) => {
                for part in parts {
                    if !part.eval(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            TruthOperator::Any(parts) => {
                for part in parts {
                    if part.eval(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            TruthOperator::Not(part) => Ok(!part.eval(scope)?),
            TruthOperator::Order(order, pair) => {
                let (left, right) = (pair.0.eval(scope)?, pair.1.eval(scope)?);
                Ok(match order {
                    Order::Less => left < right,
                    Order::LessEq => left <= right,
                    Order::Greater => left > right,
                    Order::GreaterEq => left >= right,
                })
            }
            TruthOperator::Same(pair) => {
                let (left, right) = (pair.0.eval(scope)?, pair.1.eval(scope)?);
                Ok(left == right)
            }
            TruthOperator::WordIn(word, bits) => Ok(bits >> word.eval(scope)?.word & 1 == 1),
            TruthOperator::Contains(pair) => {
                let set = pair.0.eval(scope)?;
                let item = pair.1.eval(scope)?;
                Ok(set.has(scope.graph, item))
            }
            TruthOperator::Sets(sets, pair) => {
                let (left, right) = (pair.0.eval(scope)?, pair.1.eval(scope)?);
                let graph = scope.graph;
                let within =
                    |a: &Items<'a>, b: &Items<'a>| !a.any(graph, |item| !b.has(graph, item));
                Ok(match sets {
                    Sets::All => within(&right, &left),
                    Sets::Any => right.any(graph, |item| left.has(graph, item)),
                    Sets::Same => within(&left, &right) && within(&right, &left),
                })
            }
            TruthOperator::IsEmpty(set) => Ok(set.eval(scope)?.is_empty()),
            TruthOperator::Like(parts) => Ok(like(parts.0.eval(scope)?, &parts.1)),
            TruthOperator::In(pair) => {
                let (below, above) = (pair.0.eval(scope)?, pair.1.eval(scope)?);
                is_in(scope.graph, below, above)
            }
            TruthOperator::InAny(pair) => {
                let (below, above) = (known(pair.0.eval(scope)?)?, pair.1.eval(scope)?);
                let mut found = Ok(false);
                let graph = scope.graph;
                above.any(graph, |item| {
                    if let Item::Thing(above) = item {
                        found = is_in(graph, below, above);
                    }
                    found != Ok(false)
                });
                found
            }
            TruthOperator::HasTag(pair) => {
                let (node, key) = (known(pair.0.eval(scope)?)?, pair.1.eval(scope)?);
                Ok(scope.graph.tags(node).any(|(name, _)| name == key))
            }
            TruthOperator::After(element, value) => element.eval(scope).map(|_| *value),
        }
    }
}

impl Operate for Number {
    fn operate<'a, N: Notes<'a>>(
        operator: &'a NumberOperator,
        scope: &mut Scope<'a, N>,
    ) -> Outcome<i64> {
        const DAY: i64 = 86_400_000;
        let mut both = |pair: &'a (Term<Self>, Term<Self>), join: fn(i64, i64) -> Option<i64>| {
            join(pair.0.eval(scope)?, pair.1.eval(scope)?).ok_or(Stop::Error)
        };
        match operator {
            NumberOperator::Sum(pair) => both(pair, i64::checked_add),
            NumberOperator::Difference(pair) => both(pair, i64::checked_sub),
            NumberOperator::Product(pair) => both(pair, i64::checked_mul),
            NumberOperator::Parameter(value, path) => {
                scope.notes.note(Some(path), value.map(Value::Span));
                value.ok_or(Stop::Error)
            }
            NumberOperator::Negative(term) => term.eval(scope)?.checked_neg().ok_or(Stop::Error),
            NumberOperator::Date(term) => {
                let millis = term.eval(scope)?;
                millis.checked_sub(millis.rem_euclid(DAY)).ok_or(Stop::Error)
            }
            NumberOperator::Time(term) => Ok(term.eval(scope)?.rem_euclid(DAY)),
            NumberOperator::Whole(term, millis) => Ok(term.eval(scope)? / millis),
        }
    }
}

impl Operate for Text {
    fn operate<'a, N: Notes<'a>>(
        operator: &'a TextOperator,
        scope: &mut Scope<'a, N>,
    ) -> Outcome<&'a str> {
        let TextOperator::Tag(pair, path) = operator;
        let (node, key) = (known(pair.0.eval(scope)?)?, pair.1.eval(scope)?);
        let graph = scope.graph;
        let value = graph.tags(node).find(|(name, _)| *name == key).map(|(_, value)| value);
        scope.notes.note(path.as_deref(), value.map(|text| Value::Fact(Fact::Text(text))));
        value.ok_or(Stop::Error)
    }
}

impl Operate for Word {
    fn operate<'a, N: Notes<'a>>(
        operator: &'a Self::Operator,
        _: &mut Scope<'a, N>,
    ) -> Outcome<Self::Value<'a>> {
        match *operator {}
    }
}

impl Operate for Thing {
    #[inline]
    fn operate<'a, N: Notes<'a>>(
        operator: &'a ThingOperator,
        scope: &mut Scope<'a, N>,
    ) -> Outcome<Node> {
        Ok(match operator {
            ThingOperator::Principal => scope.question.principal,
            ThingOperator::Resource => scope.question.resource,
        })
    }
}

impl Element {
    fn eval<'a, N: Notes<'a>>(&'a self, scope: &mut Scope<'a, N>) -> Outcome<Item<'a>> {
        match self {
            Self::Truth(term) => term.eval(scope).map(Item::Truth),
            Self::Number(_, term) => term.eval(scope).map(Item::Number),
            Self::Text(term) => term.eval(scope).map(Item::Text),
            Self::Word(_, term) => term.eval(scope).map(Item::Word),
            Self::Thing(_, term) => term.eval(scope).map(Item::Thing),
        }
    }

    /// Its value, if that is known before anything is asked.
    pub(super) fn constant(&self) -> Option<Item<'_>> {
        match self {
            Self::Truth(Term::Constant(value)) => Some(Item::Truth(*value)),
            Self::Number(_, Term::Constant(value)) => Some(Item::Number(*value)),
            Self::Text(Term::Constant(text)) => Some(Item::Text(text)),
            Self::Word(_, Term::Constant(entry)) => Some(Item::Word(*entry)),
            Self::Thing(_, Term::Constant(node)) => Some(Item::Thing(*node)),
            _ => None,
        }
    }
}

/// The value of a set.
enum Items<'a> {
    Texts(Texts<'a>),
    Nodes(&'a [Node]),
    Constants(&'a [Element]),
    Some(Vec<Item<'a>>),
}

impl Set {
    fn eval<'a, N: Notes<'a>>(&'a self, scope: &mut Scope<'a, N>) -> Outcome<Items<'a>> {
        match self {
            Self::Fact(access) => match access.fact(scope)? {
                Fact::Texts(texts) => Ok(Items::Texts(texts)),
                Fact::Nodes(nodes) => Ok(Items::Nodes(nodes)),
                _ => Err(Stop::Maybe),
            },
            Self::Constants(elements) => Ok(Items::Constants(elements)),
            Self::Elements(elements) => {
                let items = elements.iter().map(|element| element.eval(scope));
                items.collect::<Outcome<_>>().map(Items::Some)
            }
            Self::If(parts) => {
                let (condition, then, otherwise) = &**parts;
                if condition.eval(scope)? { then.eval(scope) } else { otherwise.eval(scope) }
            }
            Self::Maybe => Err(Stop::Maybe),
        }
    }
}

impl<'a> Items<'a> {
    /// Whether an item is so.
    fn any(&self, graph: &'a Graph, mut is: impl FnMut(Item<'a>) -> bool) -> bool {
        match self {
            Self::Texts(texts) => texts.any(graph, |text| is(Item::Text(text))),
            Self::Nodes(nodes) => nodes.iter().any(|node| is(Item::Thing(*node))),
            Self::Constants(elements) => elements.iter().filter_map(Element::constant).any(is),
            Self::Some(items) => items.iter().any(|item| is(*item)),
        }
    }

    fn has(&self, graph: &'a Graph, item: Item<'a>) -> bool {
        self.any(graph, |own| own == item)
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Texts(texts) => texts.is_empty(),
            Self::Nodes(nodes) => nodes.is_empty(),
            Self::Constants(elements) => elements.is_empty(),
            Self::Some(items) => items.is_empty(),
        }
    }
}

/// A thing of the inventory: of others only Cedar knows.
fn known(node: Node) -> Outcome<Node> {
    if node.row < STRANGERS { Ok(node) } else { Err(Stop::Maybe) }
}

/// Whether a thing is another, or below it.
fn is_in(graph: &Graph, below: Node, above: Node) -> Outcome<bool> {
    let Node { kind, row } = known(below)?;
    Ok(below == above
        || match kind {
            NodeKind::Person => {
                above.kind == NodeKind::Team && graph.person(row).teams.contains(&above.row)
            }
            NodeKind::Account => {
                above.kind == NodeKind::Group && graph.account(row).groups.contains(&above.row)
            }
            NodeKind::Workload | NodeKind::Group => graph.ancestors(below).contains(&above),
            _ => false,
        })
}

/// Whether a text is as a pattern says: a star is for any number of characters, none included.
fn like(text: &str, pattern: &[PatternElem]) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    // What comes after the last star, and where it was tried last.
    let mut star = None;
    loop {
        match pattern.get(at) {
            Some(PatternElem::Wildcard) => {
                at += 1;
                star = Some((at, rest.clone()));
                continue;
            }
            Some(PatternElem::Char(wanted)) => {
                let mut next = rest.clone();
                if next.next() == Some(*wanted) {
                    (rest, at) = (next, at + 1);
                    continue;
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, tried)) = &mut star else { return false };
        if tried.next().is_none() {
            return false;
        }
        (rest, at) = (tried.clone(), *after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pattern_matches_what_cedar_says(text in "[ab*\u{e9}]{0,8}", pattern in "[ab*\u{e9}]{0,6}") {
            let elements: Vec<PatternElem> = pattern
                .chars()
                .map(|c| if c == '*' { PatternElem::Wildcard } else { PatternElem::Char(c) })
                .collect();
            let expression: cedar_policy::Expression =
                format!("\"{text}\" like \"{pattern}\"").parse().expect("an expression");
            let uid: cedar_policy::EntityUid = "A::\"a\"".parse().expect("a name");
            let context = cedar_policy::Context::empty();
            let request = cedar_policy::Request::new(uid.clone(), uid.clone(), uid, context, None);
            let request = request.expect("a request without a schema");
            let entities = cedar_policy::Entities::empty();
            let answer = cedar_policy::eval_expression(&request, &entities, &expression);
            prop_assert_eq!(answer.ok(), Some(cedar_policy::EvalResult::Bool(like(&text, &elements))));
        }
    }
}
