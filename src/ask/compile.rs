//! From a condition's syntax tree to terms over rows: names become readers, parameters become
//! numbers, and what is not understood becomes opaque.

use cedar_policy::pst::{BinaryOp, Expr, Literal, UnaryOp, Var};

use super::condition::{Setting, Value};
use crate::link::facts::{Attribute, Fact, attributes};
use crate::link::{Graph, Node, NodeKind};
use crate::time::Span;

/// A step of a condition.
pub(super) enum Term {
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
pub(super) struct ByKind(Vec<Option<&'static Attribute>>);

/// A compiled expression, and the path that it is, if it is one.
pub(super) struct Compiled {
    pub(super) node: Term,
    pub(super) path: Option<String>,
}

impl ByKind {
    pub(super) fn new(name: &str) -> Self {
        let of =
            |kind: &NodeKind| attributes(*kind).iter().find(|attribute| attribute.name == name);
        Self(NodeKind::ALL.iter().map(of).collect())
    }

    pub(super) fn read<'g>(&self, graph: &'g Graph, node: Node) -> Option<Fact<'g>> {
        let attribute = (*self.0.get(node.kind as usize)?)?;
        (attribute.read)(graph, node.row)
    }
}

/// Compiles an expression for one run over one graph.
pub(super) fn compile(expr: &Expr, graph: &Graph, setting: Setting<'_>) -> Compiled {
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
        Expr::UnaryOp { op: UnaryOp::Duration, expr } => {
            plain(constant(expr, |text| Span::parse(text).ok().map(|span| Value::Span(span.0))))
        }
        Expr::BinaryOp { op: BinaryOp::And, left, right } => {
            plain(Term::And(sub(left), sub(right)))
        }
        Expr::BinaryOp { op: BinaryOp::Or, left, right } => plain(Term::Or(sub(left), sub(right))),
        Expr::BinaryOp { op, left, right } => plain(Term::Binary(*op, sub(left), sub(right))),
        Expr::Is { expr, entity_type, in_expr: None } => {
            plain(Term::Is(sub(expr), entity_type.to_string()))
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => {
            plain(Term::If(Box::new([*sub(cond), *sub(then_expr), *sub(else_expr)])))
        }
        Expr::Set(elements) => {
            plain(Term::Set(elements.iter().map(|element| *sub(element)).collect()))
        }
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
                    graph
                        .find(kind, &uid.eid)
                        .map_or(Value::Stranger, |node| Value::Fact(Fact::Node(node))),
                ),
            }
        }
        _ => Term::Opaque,
    }
}
