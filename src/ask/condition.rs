//! A rule's condition, compiled to run over rows with Cedar's own error semantics.
//!
//! Cedar decides every finding. This decides only which questions need not be put to it: those
//! where the condition is surely false. What it doesn't know, or where Cedar would report an
//! error, goes to Cedar. The same evaluation, traced, tells which facts a condition read.

use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, UnaryOp, Var};

use crate::link::facts::{Attribute, Fact, attributes};
use crate::link::{Graph, Node, NodeKind, Question};
use crate::policy::parameters::Parameters;
use crate::time::{Instant, Span};

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

enum Term {
    Constant(Value<'static>),
    Text(String),
    Word(String, String),
    Principal,
    Resource,
    Now,
    RunAt,
    Sla(Option<Span>),
    Context,
    Attribute(Box<Compiled>, ByKind),
    Has(Box<Compiled>, ByKind),
    And(Box<Compiled>, Box<Compiled>),
    Or(Box<Compiled>, Box<Compiled>),
    Not(Box<Compiled>),
    If(Box<[Compiled; 3]>),
    Binary(BinaryOp, Box<Compiled>, Box<Compiled>),
    IsEmpty(Box<Compiled>),
    Is(Box<Compiled>, String),
    Set(Vec<Compiled>),
    Opaque,
}

/// An attribute's reader for each type that has it.
struct ByKind(Vec<Option<&'static Attribute>>);

/// A compiled expression, and the path that it is, if it is one.
struct Compiled {
    node: Term,
    path: Option<String>,
}

/// A fact that was read: its path and its value, none where it was missing.
pub type Read<'g> = (String, Option<Value<'g>>);

/// A rule's whole condition.
pub struct Condition {
    clauses: Vec<(bool, Compiled)>,
}

impl ByKind {
    fn new(name: &str) -> Self {
        let of = |kind: &NodeKind| attributes(*kind).iter().find(|attribute| attribute.name == name);
        Self(NodeKind::ALL.iter().map(of).collect())
    }

    fn read<'g>(&self, graph: &'g Graph, node: Node) -> Option<Fact<'g>> {
        let attribute = (*self.0.get(node.kind as usize)?)?;
        (attribute.read)(graph, node.row)
    }
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

fn compile(expr: &Expr, graph: &Graph, setting: Setting<'_>) -> Compiled {
    let sub = |expr: &Expr| Box::new(compile(expr, graph, setting));
    let plain = |node| Compiled { node, path: None };
    let named = |node, path: &str| Compiled { node, path: Some(path.to_owned()) };
    match expr {
        Expr::Literal(literal) => plain(literal_of(literal, graph)),
        Expr::Var(Var::Principal) => named(Term::Principal, "principal"),
        Expr::Var(Var::Resource) => named(Term::Resource, "resource"),
        Expr::Var(Var::Context) => named(Term::Context, "context"),
        Expr::GetAttr { expr, attr } => {
            let base = sub(expr);
            let path = base.path.as_ref().map(|path| format!("{path}.{attr}"));
            let node = match path.as_deref() {
                Some("context.now") => Term::Now,
                Some("context.run_at") => Term::RunAt,
                Some("context.sla") => Term::Constant(Value::Sla),
                Some(path) if path.starts_with("context.sla.") => {
                    Term::Sla(setting.parameters.value(attr))
                }
                _ => Term::Attribute(base, ByKind::new(attr)),
            };
            Compiled { node, path }
        }
        Expr::HasAttr { expr, attrs } if attrs.tail.is_empty() => {
            let base = sub(expr);
            let path = base.path.as_ref().map(|path| format!("{path}.{}", attrs.head));
            if base.path.as_deref() == Some("context.sla") {
                let set = setting.parameters.value(&attrs.head).is_some();
                return plain(Term::Constant(Value::Fact(Fact::Bool(set))));
            }
            Compiled { node: Term::Has(base, ByKind::new(&attrs.head)), path }
        }
        Expr::UnaryOp { op: UnaryOp::Not, expr } => plain(Term::Not(sub(expr))),
        Expr::UnaryOp { op: UnaryOp::IsEmpty, expr } => plain(Term::IsEmpty(sub(expr))),
        Expr::UnaryOp { op: UnaryOp::Duration, expr } => plain(constant(expr, |text| {
            Span::parse(text).ok().map(|span| Value::Span(span.0))
        })),
        Expr::BinaryOp { op: BinaryOp::And, left, right } => plain(Term::And(sub(left), sub(right))),
        Expr::BinaryOp { op: BinaryOp::Or, left, right } => plain(Term::Or(sub(left), sub(right))),
        Expr::BinaryOp { op, left, right } => plain(Term::Binary(*op, sub(left), sub(right))),
        Expr::Is { expr, entity_type, in_expr: None } => plain(Term::Is(sub(expr), entity_type.to_string())),
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            plain(Term::If(Box::new([*sub(cond), *sub(then_expr), *sub(else_expr)])))
        }
        Expr::Set(elements) => plain(Term::Set(elements.iter().map(|element| *sub(element)).collect())),
        _ => plain(Term::Opaque),
    }
}

fn constant(expr: &Expr, read: impl Fn(&str) -> Option<Value<'static>>) -> Term {
    match expr {
        Expr::Literal(Literal::String(text)) => read(text).map_or(Term::Opaque, Term::Constant),
        _ => Term::Opaque,
    }
}

fn literal_of(literal: &Literal, graph: &Graph) -> Term {
    match literal {
        Literal::Bool(value) => Term::Constant(Value::Fact(Fact::Bool(*value))),
        Literal::Long(value) => Term::Constant(Value::Fact(Fact::Long(*value))),
        Literal::String(text) => Term::Text(text.to_string()),
        Literal::EntityUID(uid) => {
            let kind = uid.ty.to_string();
            match NodeKind::from_name(&kind) {
                None => Term::Word(kind, uid.eid.to_string()),
                // Ids with slashes can make two tasks of one name.
                Some(NodeKind::Revocation) => Term::Opaque,
                Some(kind) => Term::Constant(
                    graph.find(kind, &uid.eid).map_or(Value::Stranger, |node| Value::Fact(Fact::Node(node))),
                ),
            }
        }
        _ => Term::Opaque,
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
                let (Value::Fact(Fact::Long(a)), Value::Fact(Fact::Long(b))) = (self.value(left)?, self.value(right)?) else {
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
                let (Value::Fact(Fact::Node(node)), Term::Text(key)) = (self.value(left)?, &right.node) else {
                    return Err(Stop::Maybe);
                };
                bool(self.graph.tags(node).any(|(name, _)| name == key))
            }
            BinaryOp::GetTag => {
                let (Value::Fact(Fact::Node(node)), Term::Text(key)) = (self.value(left)?, &right.node) else {
                    return Err(Stop::Maybe);
                };
                let value = self.graph.tags(node).find(|(name, _)| name == key).map(|(_, value)| value);
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
            let is_constant = |element: &Compiled| matches!(element.node, Term::Constant(_) | Term::Text(_) | Term::Word(..));
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
                (Value::Fact(Fact::Texts(set)), Value::Fact(Fact::Text(text))) => Ok(set.contains(&text)),
                (Value::Fact(Fact::Nodes(set)), Value::Fact(Fact::Node(node))) => Ok(set.contains(&node)),
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
        (Value::Fact(Fact::Node(_)), Value::Stranger) | (Value::Stranger, Value::Fact(Fact::Node(_))) => Ok(false),
        (Value::Fact(Fact::Bool(a)), Value::Fact(Fact::Bool(b))) => Ok(a == b),
        (Value::Fact(Fact::Long(a)), Value::Fact(Fact::Long(b))) => Ok(a == b),
        (Value::Fact(Fact::Time(a)), Value::Fact(Fact::Time(b))) => Ok(a == b),
        (Value::Fact(Fact::Text(a)), Value::Fact(Fact::Text(b))) => Ok(a == b),
        (Value::Fact(Fact::Word(a, x)), Value::Fact(Fact::Word(b, y))) => Ok(a == b && x == y),
        (Value::Span(a), Value::Span(b)) => Ok(a == b),
        _ => Err(Stop::Maybe),
    }
}
