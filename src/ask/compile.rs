//! From a condition's syntax tree to terms, for one rule and one kind of question: names become
//! functions of rows, parameters become numbers, and what follows from the types is known at once.
//! What is not understood becomes `Maybe`, and its text is kept for whoever wants to know why.

use std::sync::Arc;

use cedar_policy::EntityUid;
use cedar_policy::pst::{BinaryOp, Expr, Literal, UnaryOp, Var};

use super::choose::choose;
use super::condition::Setting;
use super::term::{
    Access, Element, NumberOperator, STRANGERS, Term, TextOperator, ThingOperator, Truth,
    TruthOperator, Unit,
};
use super::typed::{Typed, all, any, below, binary, constant, equal, fact, is, millis, set, truth};
use crate::inventory::Row;
use crate::link::facts::{Attribute, Entry};
use crate::link::{Graph, Node, NodeKind};
use crate::policy::schema::{Env, Type, Types};

/// What conditions are compiled for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The schema.
    pub types: &'a Types,
    /// The inventory whose things rules may name; without one, they name strangers.
    pub graph: Option<&'a Graph>,
    /// The instants and thresholds.
    pub setting: Setting<'a>,
}

/// Compiles the conditions of one rule for one kind of question.
pub(super) struct Compiler<'a> {
    target: Target<'a>,
    env: Env,
    strangers: Vec<(NodeKind, String)>,
    /// The expressions that are left to Cedar.
    pub(super) unknown: Vec<String>,
}

/// An expression, and how reports call it if it is a path.
struct Compiled {
    typed: Typed,
    path: Option<String>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(target: Target<'a>, env: Env) -> Self {
        Self { target, env, strangers: Vec::new(), unknown: Vec::new() }
    }

    /// An expression that is true or false.
    pub(super) fn truth(&mut self, expr: &Expr) -> Term<Truth> {
        let typed = self.compile(expr).typed;
        self.as_truth(typed, expr)
    }

    /// What a rule's head asks of principal or resource beyond its type.
    pub(super) fn head(&mut self, of: Var, above: bool, uid: &EntityUid) -> Term<Truth> {
        let one = self.compile(&Expr::Var(of)).typed;
        let literal = self.literal_thing(&uid.type_name().to_string(), uid.id().unescaped());
        let said = literal.and_then(
            |literal| {
                if above { below(one, literal) } else { equal(one, literal) }
            },
        );
        if let Some(Typed::Element(Element::Truth(term))) = said {
            return term;
        }
        self.unknown.push(uid.to_string());
        Term::Maybe
    }

    fn as_truth(&mut self, typed: Typed, expr: &Expr) -> Term<Truth> {
        match typed {
            Typed::Element(Element::Truth(term)) => term,
            Typed::Fails(access) => Term::Fact(access),
            Typed::Maybe => Term::Maybe,
            _ => {
                self.unknown.push(expr.to_string());
                Term::Maybe
            }
        }
    }

    fn compile(&mut self, expr: &Expr) -> Compiled {
        let variable = |kind, operator, path: &str| Compiled {
            typed: Typed::Element(Element::Thing(kind, Term::Of(operator))),
            path: Some(path.to_owned()),
        };
        match expr {
            Expr::Var(Var::Principal) => {
                variable(self.env.principal, ThingOperator::Principal, "principal")
            }
            Expr::Var(Var::Resource) => {
                variable(self.env.resource, ThingOperator::Resource, "resource")
            }
            Expr::Var(Var::Action) => {
                Compiled { typed: Typed::Action(self.env.action.name().into()), path: None }
            }
            Expr::Var(Var::Context) => {
                Compiled { typed: Typed::Context, path: Some("context".into()) }
            }
            Expr::GetAttr { expr: base, attr } => {
                let base = self.compile(base);
                let path = base.path.as_ref().map(|path| format!("{path}.{attr}"));
                let typed = self.attribute(base.typed, attr, path.clone());
                Compiled { typed: self.or_maybe(typed, expr), path }
            }
            _ => {
                let typed = self.plain(expr);
                Compiled { typed: self.or_maybe(typed, expr), path: None }
            }
        }
    }

    fn or_maybe(&mut self, typed: Option<Typed>, expr: &Expr) -> Typed {
        typed.unwrap_or_else(|| {
            self.unknown.push(expr.to_string());
            Typed::Maybe
        })
    }

    /// `BASE.NAME`
    fn attribute(&self, base: Typed, name: &str, path: Option<String>) -> Option<Typed> {
        let setting = self.target.setting;
        let instant = |at: crate::time::Instant| {
            Typed::Element(Element::Number(Unit::Instant, Term::Constant(at.millis())))
        };
        Some(match (base, name) {
            (Typed::Fails(access), _) => Typed::Fails(access),
            (Typed::Maybe, _) => Typed::Maybe,
            (Typed::Context, "now") => instant(setting.now),
            (Typed::Context, "run_at") if self.env.action.is_about_the_run() => {
                instant(setting.run_at)
            }
            (Typed::Context, "sla") => Typed::Sla,
            (Typed::Sla, _) => {
                let value = setting.parameters.value(name).map(|span| span.0);
                let parameter = NumberOperator::Parameter(value, path?.into());
                Typed::Element(Element::Number(Unit::Span, Term::Of(parameter)))
            }
            // Of a thing that a rule names only Cedar knows more than the name.
            (Typed::Element(Element::Thing(kind, base)), _)
                if !matches!(base, Term::Constant(_)) =>
            {
                let attribute = Attribute::find(kind, name);
                let access = Box::new(Access::new(base, kind, attribute, path));
                if attribute.is_none() {
                    return Some(Typed::Fails(access));
                }
                let of = Type::Entity(kind.name().into());
                fact(access, &self.target.types.attribute(&of, name)?.of)?
            }
            _ => return None,
        })
    }

    /// An expression that is no path.
    fn plain(&mut self, expr: &Expr) -> Option<Typed> {
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::HasAttr { expr: base, attrs } => {
                let mut base = base.clone();
                let mut parts = Vec::new();
                for attr in attrs.iter() {
                    let owner = self.compile(&base);
                    let path = owner.path.as_ref().map(|path| format!("{path}.{attr}"));
                    match self.has(owner.typed, attr, path)? {
                        Typed::Element(Element::Truth(part)) => parts.push(part),
                        // It is only read where all before it is there.
                        Typed::Fails(access) if !parts.is_empty() => {
                            parts.push(Term::Fact(access));
                            break;
                        }
                        stopped => return Some(stopped),
                    }
                    // Whether there is more is only asked of what is there.
                    base = Arc::new(Expr::GetAttr { expr: base, attr: attr.clone() });
                }
                Some(truth(all(parts)))
            }
            Expr::UnaryOp { op: UnaryOp::Not, expr: inner } => {
                Some(match self.compile(inner).typed {
                    Typed::Element(Element::Truth(Term::Constant(value))) => constant(!value),
                    Typed::Fails(access) => Typed::Fails(access),
                    typed => {
                        let inner = self.as_truth(typed, inner);
                        truth(Term::Of(TruthOperator::Not(Box::new(inner))))
                    }
                })
            }
            Expr::UnaryOp { op, expr: inner } => self.unary(*op, inner),
            Expr::BinaryOp { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
                Some(self.junction(*op == BinaryOp::And, left, right))
            }
            Expr::BinaryOp { op: op @ (BinaryOp::HasTag | BinaryOp::GetTag), left, right } => {
                self.tag(*op, left, right)
            }
            Expr::BinaryOp { op, left, right } => {
                let (left, right) = match (self.compile(left).typed, self.compile(right).typed) {
                    (Typed::Fails(access), _) => return Some(Typed::Fails(access)),
                    (Typed::Maybe, _) | (_, Typed::Maybe) => return Some(Typed::Maybe),
                    both => both,
                };
                binary(*op, left, right)
            }
            Expr::Is { expr: inner, entity_type, in_expr } => {
                let name = entity_type.to_string();
                let is = is(self.compile(inner).typed, &name)?;
                let Some(above) = in_expr else { return Some(is) };
                let left = match is {
                    Typed::Element(Element::Truth(Term::Constant(false))) => return Some(is),
                    Typed::Element(Element::Truth(term)) => term,
                    stopped => return Some(stopped),
                };
                let above = match self.compile(above).typed {
                    Typed::Maybe => Term::Maybe,
                    above => match below(self.compile(inner).typed, above)? {
                        Typed::Element(Element::Truth(term)) => term,
                        _ => Term::Maybe,
                    },
                };
                Some(truth(all(vec![left, above])))
            }
            Expr::IfThenElse { cond, then_expr, else_expr } => match self.compile(cond).typed {
                Typed::Fails(access) => Some(Typed::Fails(access)),
                Typed::Element(Element::Truth(Term::Constant(value))) => {
                    Some(self.compile(if value { then_expr } else { else_expr }).typed)
                }
                typed => {
                    let cond = self.as_truth(typed, cond);
                    let then = self.compile(then_expr).typed;
                    choose(cond, then, self.compile(else_expr).typed)
                }
            },
            Expr::Set(elements) => {
                let elements = elements.iter().map(|element| self.compile(element).typed);
                set(elements.collect())
            }
            Expr::Like { expr: inner, pattern } => Some(match self.compile(inner).typed {
                Typed::Element(Element::Text(text)) => {
                    truth(Term::Of(TruthOperator::Like(Box::new((text, pattern.clone())))))
                }
                stopped @ (Typed::Fails(_) | Typed::Maybe) => stopped,
                _ => return None,
            }),
            _ => None,
        }
    }

    /// `BASE has NAME`
    fn has(&self, base: Typed, name: &str, path: Option<String>) -> Option<Typed> {
        Some(match base {
            Typed::Fails(_) | Typed::Maybe => base,
            Typed::Context => constant(match name {
                "now" | "sla" => true,
                "run_at" => self.env.action.is_about_the_run(),
                _ => return None,
            }),
            Typed::Sla => constant(self.target.setting.parameters.value(name).is_some()),
            Typed::Element(Element::Thing(kind, base)) if !matches!(base, Term::Constant(_)) => {
                let access = Access::new(base, kind, Attribute::find(kind, name), path);
                truth(Term::Of(TruthOperator::Has(Box::new(access))))
            }
            _ => return None,
        })
    }

    /// `A && B` and `A || B`: chains become lists.
    fn junction(&mut self, and: bool, left: &Expr, right: &Expr) -> Typed {
        let first = match self.compile(left).typed {
            Typed::Fails(access) => return Typed::Fails(access),
            Typed::Element(Element::Truth(Term::Constant(value))) if value != and => {
                return constant(value);
            }
            typed => self.as_truth(typed, left),
        };
        let second = self.truth(right);
        let parts = vec![first, second];
        truth(if and { all(parts) } else { any(parts) })
    }

    fn tag(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Typed> {
        let of = self.compile(left);
        let node = match of.typed {
            Typed::Element(Element::Thing(_, node)) if !matches!(node, Term::Constant(_)) => node,
            stopped @ (Typed::Fails(_) | Typed::Maybe) => return Some(stopped),
            _ => return None,
        };
        let key = match self.compile(right).typed {
            Typed::Element(Element::Text(key)) => key,
            Typed::Fails(access) => Term::Fact(access),
            Typed::Maybe => return Some(Typed::Maybe),
            _ => return None,
        };
        let path = match (&of.path, &key) {
            (Some(path), Term::Constant(key)) => Some(format!("{path}.tags.{key}").into()),
            _ => None,
        };
        let pair = Box::new((node, key));
        Some(if op == BinaryOp::HasTag {
            truth(Term::Of(TruthOperator::HasTag(pair)))
        } else {
            Typed::Element(Element::Text(Term::Of(TextOperator::Tag(pair, path))))
        })
    }

    fn unary(&mut self, op: UnaryOp, inner: &Expr) -> Option<Typed> {
        if let (UnaryOp::Datetime | UnaryOp::Duration, Expr::Literal(Literal::String(text))) =
            (op, inner)
        {
            let (unit, millis) = millis(op, text)?;
            return Some(Typed::Element(Element::Number(unit, Term::Constant(millis))));
        }
        let (unit, term) = match self.compile(inner).typed {
            stopped @ (Typed::Fails(_) | Typed::Maybe) => return Some(stopped),
            Typed::Set(set) if op == UnaryOp::IsEmpty => {
                return Some(truth(Term::Of(TruthOperator::IsEmpty(Box::new(set)))));
            }
            Typed::Element(Element::Number(unit, term)) => (unit, Box::new(term)),
            _ => return None,
        };
        let (unit, term) = match (op, unit) {
            (UnaryOp::Neg, Unit::One) => (Unit::One, NumberOperator::Negative(term)),
            (UnaryOp::ToDate, Unit::Instant) => (Unit::Instant, NumberOperator::Date(term)),
            (UnaryOp::ToTime, Unit::Instant) => (Unit::Span, NumberOperator::Time(term)),
            (UnaryOp::ToMilliseconds, Unit::Span) => (Unit::One, NumberOperator::Whole(term, 1)),
            (UnaryOp::ToSeconds, Unit::Span) => (Unit::One, NumberOperator::Whole(term, 1000)),
            (UnaryOp::ToMinutes, Unit::Span) => (Unit::One, NumberOperator::Whole(term, 60_000)),
            (UnaryOp::ToHours, Unit::Span) => (Unit::One, NumberOperator::Whole(term, 3_600_000)),
            (UnaryOp::ToDays, Unit::Span) => (Unit::One, NumberOperator::Whole(term, 86_400_000)),
            _ => return None,
        };
        Some(Typed::Element(Element::Number(unit, Term::Of(term))))
    }

    fn literal(&mut self, literal: &Literal) -> Option<Typed> {
        Some(Typed::Element(match literal {
            Literal::Bool(value) => Element::Truth(Term::Constant(*value)),
            Literal::Long(value) => Element::Number(Unit::One, Term::Constant(*value)),
            Literal::String(text) => Element::Text(Term::Constant(text.as_str().into())),
            Literal::EntityUID(uid) => return self.literal_thing(&uid.ty.to_string(), &uid.eid),
            _ => return None,
        }))
    }

    fn literal_thing(&mut self, of: &str, id: &str) -> Option<Typed> {
        if of == "Action" {
            return Some(Typed::Action(id.to_owned()));
        }
        let Some(kind) = NodeKind::from_name(of) else {
            let entry = Entry::find(of, id)?;
            return Some(Typed::Element(Element::Word(entry.vocabulary, Term::Constant(entry))));
        };
        // Two of these can have one id.
        if matches!(kind, NodeKind::Revocation | NodeKind::Exception) {
            return None;
        }
        let known = self.target.graph.and_then(|graph| graph.find(kind, id));
        let node = known.unwrap_or_else(|| self.stranger(kind, id));
        Some(Typed::Element(Element::Thing(kind, Term::Constant(node))))
    }

    fn stranger(&mut self, kind: NodeKind, id: &str) -> Node {
        let is_it = |known: &(NodeKind, String)| known.0 == kind && known.1 == id;
        let number = self.strangers.iter().position(is_it).unwrap_or_else(|| {
            self.strangers.push((kind, id.to_owned()));
            self.strangers.len() - 1
        });
        Node::new(kind, STRANGERS.saturating_add(Row::try_from(number).unwrap_or(Row::MAX)))
    }
}
