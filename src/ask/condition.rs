//! A rule's condition, compiled to run over rows with Cedar's own error semantics.
//!
//! Cedar decides every finding. This decides only which questions need not be put to it: those
//! where the condition is surely false. What it doesn't know, or where Cedar would report an
//! error, goes to Cedar. The same evaluation, traced, tells which facts a condition read.

use cedar_policy::pst::{BinaryOp, Clause};

use super::compile::{ByKind, Compiled, Term, compile};
use crate::link::facts::Fact;
use crate::link::{Graph, Question};
use crate::policy::parameters::Parameters;
use crate::time::Instant;

/// The instants and thresholds of a run.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// As of when facts are judged.
    pub now: Instant,
    /// When the check ran.
    pub run_at: Instant,
    /// The thresholds.
    pub parameters: &'a Parameters,
}

/// A value while a condition is evaluated.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'g> {
    /// What an attribute holds.
    Fact(Fact<'g>),
    /// A `duration`.
    Span(i64),
    /// `context.sla`
    Sla,
    /// `context`
    Context,
    /// An entity that is no row of the inventory.
    Stranger,
}

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Cedar would report an error.
    Error,
    /// Only Cedar knows.
    Maybe,
}

type Outcome<'g> = Result<Value<'g>, Stop>;

/// What a condition says of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Surely false: nothing to ask.
    No,
    /// True, an error, or unknown: Cedar decides.
    AskCedar,
}

/// A fact that was read: its path and its value, none where it was missing.
pub type Read<'g> = (String, Option<Value<'g>>);

/// A rule's whole condition.
pub struct Condition {
    clauses: Vec<(bool, Compiled)>,
}

impl Condition {
    /// Compiles a rule's clauses for one run over one graph.
    pub fn compile(clauses: &[Clause], graph: &Graph, setting: Setting<'_>) -> Self {
        let compile = |clause: &Clause| match clause {
            Clause::When(expr) => (true, compile(expr, graph, setting)),
            Clause::Unless(expr) => (false, compile(expr, graph, setting)),
        };
        Self { clauses: clauses.iter().map(compile).collect() }
    }

    /// Whether a question need not be put to Cedar.
    pub fn answer(&self, graph: &Graph, question: Question, setting: Setting<'_>) -> Answer {
        let mut scope = Scope { graph, question, setting, trace: None };
        for (wanted, clause) in &self.clauses {
            match scope.bool(clause) {
                Ok(value) if value != *wanted => return Answer::No,
                Ok(_) => {}
                Err(_) => return Answer::AskCedar,
            }
        }
        Answer::AskCedar
    }

    /// Evaluates clause by clause and notes what was read: the value of each clause, and its reads
    /// in order.
    pub fn trace<'g>(
        &self,
        graph: &'g Graph,
        question: Question,
        setting: Setting<'_>,
    ) -> Vec<(Result<bool, Stop>, Vec<Read<'g>>)> {
        let mut all = Vec::new();
        for (_, clause) in &self.clauses {
            let mut scope = Scope { graph, question, setting, trace: Some(Vec::new()) };
            let value = scope.bool(clause);
            all.push((value, scope.trace.unwrap_or_default()));
        }
        all
    }
}

struct Scope<'g, 's> {
    graph: &'g Graph,
    question: Question,
    setting: Setting<'s>,
    trace: Option<Vec<Read<'g>>>,
}

impl<'g> Scope<'g, '_> {
    fn bool(&mut self, expr: &Compiled) -> Result<bool, Stop> {
        match self.value(expr)? {
            Value::Fact(Fact::Bool(value)) => Ok(value),
            _ => Err(Stop::Error),
        }
    }

    fn note(&mut self, path: Option<&String>, value: Option<Value<'g>>) {
        if let (Some(trace), Some(path)) = (&mut self.trace, path) {
            trace.push((path.clone(), value));
        }
    }

    fn value(&mut self, expr: &Compiled) -> Outcome<'g> {
        let bool = |value| Ok(Value::Fact(Fact::Bool(value)));
        match &expr.node {
            Term::Constant(value) => Ok(shorten(value)),
            // Texts and words of the rule live shorter than the graph: they are compared in place.
            Term::Text(_) | Term::Word(..) | Term::Set(_) | Term::Opaque => Err(Stop::Maybe),
            Term::Principal => Ok(Value::Fact(Fact::Node(self.question.principal))),
            Term::Resource => Ok(Value::Fact(Fact::Node(self.question.resource))),
            Term::Context => Ok(Value::Context),
            Term::Now => Ok(Value::Fact(Fact::Time(self.setting.now))),
            Term::RunAt => Ok(Value::Fact(Fact::Time(self.setting.run_at))),
            Term::Sla(value) => {
                let value = value.map(|span| Value::Span(span.0));
                self.note(expr.path.as_ref(), value.clone());
                value.ok_or(Stop::Error)
            }
            Term::Attribute(base, by_kind) => {
                let value = self.attribute(base, by_kind)?;
                self.note(expr.path.as_ref(), value.clone());
                value.ok_or(Stop::Error)
            }
            Term::Has(base, by_kind) => {
                let value = self.attribute(base, by_kind)?;
                let has = value.is_some();
                self.note(expr.path.as_ref(), value);
                bool(has)
            }
            Term::And(left, right) => {
                if !self.bool(left)? {
                    return bool(false);
                }
                self.bool(right).and_then(bool)
            }
            Term::Or(left, right) => {
                if self.bool(left)? {
                    return bool(true);
                }
                self.bool(right).and_then(bool)
            }
            Term::Not(inner) => self.bool(inner).and_then(|value| bool(!value)),
            Term::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let taken = if self.bool(condition)? { then } else { otherwise };
                self.value(taken)
            }
            Term::IsEmpty(inner) => match self.value(inner)? {
                Value::Fact(Fact::Texts(set)) => bool(set.is_empty()),
                Value::Fact(Fact::Nodes(set)) => bool(set.is_empty()),
                _ => Err(Stop::Maybe),
            },
            Term::Is(inner, name) => match self.value(inner)? {
                Value::Fact(Fact::Node(node)) => bool(node.kind.name() == name),
                Value::Fact(Fact::Word(kind, _)) => bool(kind == name),
                _ => Err(Stop::Maybe),
            },
            Term::Binary(op, left, right) => self.binary(*op, left, right),
        }
    }

    fn attribute(&mut self, base: &Compiled, by_kind: &ByKind) -> Result<Option<Value<'g>>, Stop> {
        match self.value(base)? {
            Value::Fact(Fact::Node(node)) => Ok(by_kind.read(self.graph, node).map(Value::Fact)),
            Value::Fact(Fact::Word(..)) => Ok(None),
            _ => Err(Stop::Maybe),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Compiled, right: &Compiled) -> Outcome<'g> {
        let bool = |value| Ok(Value::Fact(Fact::Bool(value)));
        match op {
            BinaryOp::Eq => self.equal(left, right).and_then(bool),
            BinaryOp::NotEq => self.equal(left, right).and_then(|value| bool(!value)),
            BinaryOp::Less => self.order(left, right).and_then(|order| bool(order.is_lt())),
            BinaryOp::LessEq => self.order(left, right).and_then(|order| bool(order.is_le())),
            BinaryOp::Greater => self.order(left, right).and_then(|order| bool(order.is_gt())),
            BinaryOp::GreaterEq => self.order(left, right).and_then(|order| bool(order.is_ge())),
            BinaryOp::Contains => self.contains(left, right).and_then(bool),
            BinaryOp::DurationSince => match (self.value(left)?, self.value(right)?) {
                (Value::Fact(Fact::Time(later)), Value::Fact(Fact::Time(earlier))) => {
                    Ok(Value::Span(later.since(earlier).0))
                }
                _ => Err(Stop::Maybe),
            },
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => {
                let (Value::Fact(Fact::Long(a)), Value::Fact(Fact::Long(b))) =
                    (self.value(left)?, self.value(right)?)
                else {
                    return Err(Stop::Maybe);
                };
                let result = match op {
                    BinaryOp::Add => a.checked_add(b),
                    BinaryOp::Sub => a.checked_sub(b),
                    _ => a.checked_mul(b),
                };
                result.map(|value| Value::Fact(Fact::Long(value))).ok_or(Stop::Error)
            }
            BinaryOp::HasTag => {
                let (Value::Fact(Fact::Node(node)), Term::Text(key)) =
                    (self.value(left)?, &right.node)
                else {
                    return Err(Stop::Maybe);
                };
                bool(self.graph.tags(node).any(|(name, _)| name == key))
            }
            BinaryOp::GetTag => {
                let (Value::Fact(Fact::Node(node)), Term::Text(key)) =
                    (self.value(left)?, &right.node)
                else {
                    return Err(Stop::Maybe);
                };
                let value =
                    self.graph.tags(node).find(|(name, _)| name == key).map(|(_, value)| value);
                let value = value.map(|text| Value::Fact(Fact::Text(text)));
                let path = left.path.as_ref().map(|path| format!("{path}.tags.{key}"));
                self.note(path.as_ref(), value.clone());
                value.ok_or(Stop::Error)
            }
            _ => Err(Stop::Maybe),
        }
    }

    fn order(&mut self, left: &Compiled, right: &Compiled) -> Result<std::cmp::Ordering, Stop> {
        match (self.value(left)?, self.value(right)?) {
            (Value::Fact(Fact::Long(a)), Value::Fact(Fact::Long(b))) => Ok(a.cmp(&b)),
            (Value::Fact(Fact::Time(a)), Value::Fact(Fact::Time(b))) => Ok(a.cmp(&b)),
            (Value::Span(a), Value::Span(b)) => Ok(a.cmp(&b)),
            _ => Err(Stop::Maybe),
        }
    }

    fn equal(&mut self, left: &Compiled, right: &Compiled) -> Result<bool, Stop> {
        match (&left.node, &right.node) {
            (_, Term::Text(_) | Term::Word(..)) => {
                let value = self.value(left)?;
                is_literal(&value, &right.node)
            }
            (Term::Text(_) | Term::Word(..), _) => {
                let value = self.value(right)?;
                is_literal(&value, &left.node)
            }
            _ => same(&self.value(left)?, &self.value(right)?),
        }
    }

    fn contains(&mut self, set: &Compiled, element: &Compiled) -> Result<bool, Stop> {
        if let Term::Set(elements) = &set.node {
            // All elements are evaluated first, and an error in any is an error: only constants
            // can't fail.
            let is_constant = |element: &Compiled| {
                matches!(element.node, Term::Constant(_) | Term::Text(_) | Term::Word(..))
            };
            if !elements.iter().all(is_constant) {
                return Err(Stop::Maybe);
            }
            let value = self.value(element)?;
            for element in elements {
                let equal = match &element.node {
                    Term::Constant(constant) => same(&value, &shorten(constant))?,
                    literal => is_literal(&value, literal)?,
                };
                if equal {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match (self.value(set)?, &element.node) {
            (Value::Fact(Fact::Texts(set)), Term::Text(text)) => Ok(set.contains(&text.as_str())),
            (set, _) => match (set, self.value(element)?) {
                (Value::Fact(Fact::Texts(set)), Value::Fact(Fact::Text(text))) => {
                    Ok(set.contains(&text))
                }
                (Value::Fact(Fact::Nodes(set)), Value::Fact(Fact::Node(node))) => {
                    Ok(set.contains(&node))
                }
                _ => Err(Stop::Maybe),
            },
        }
    }
}

/// A constant has nothing of the graph in it, so it lives as long as anything.
fn shorten<'g>(value: &Value<'static>) -> Value<'g> {
    value.clone()
}

fn is_literal(value: &Value<'_>, literal: &Term) -> Result<bool, Stop> {
    match (value, literal) {
        (Value::Fact(Fact::Word(kind, word)), Term::Word(other, literal)) => {
            Ok(word == literal && kind == other)
        }
        (Value::Fact(Fact::Text(text)), Term::Text(literal)) => Ok(text == literal),
        _ => Err(Stop::Maybe),
    }
}

fn same(a: &Value<'_>, b: &Value<'_>) -> Result<bool, Stop> {
    match (a, b) {
        (Value::Fact(Fact::Node(a)), Value::Fact(Fact::Node(b))) => Ok(a == b),
        (Value::Fact(Fact::Node(_)), Value::Stranger)
        | (Value::Stranger, Value::Fact(Fact::Node(_))) => Ok(false),
        (Value::Fact(Fact::Bool(a)), Value::Fact(Fact::Bool(b))) => Ok(a == b),
        (Value::Fact(Fact::Long(a)), Value::Fact(Fact::Long(b))) => Ok(a == b),
        (Value::Fact(Fact::Time(a)), Value::Fact(Fact::Time(b))) => Ok(a == b),
        (Value::Fact(Fact::Text(a)), Value::Fact(Fact::Text(b))) => Ok(a == b),
        (Value::Fact(Fact::Word(a, x)), Value::Fact(Fact::Word(b, y))) => Ok(a == b && x == y),
        (Value::Span(a), Value::Span(b)) => Ok(a == b),
        _ => Err(Stop::Maybe),
    }
}
