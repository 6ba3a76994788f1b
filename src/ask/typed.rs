//! Compiled expressions while their sort is only known by what they are: how those of one sort are
//! put together, and what is known at once.
//!
//! Nothing is known at once of what reads a fact, so that a trace always tells all reads.

use cedar_policy::pst::{BinaryOp, UnaryOp};
use cedar_policy::{
    Context, Entities, EntityUid, EvalResult, Expression, Request, eval_expression,
};

use super::term::{
    Access, Element, Number, NumberOperator, Order, Pair, Set, Sets, Term, Truth, TruthOperator,
    Unit,
};
use crate::link::NodeKind;
use crate::link::facts::Entry;
use crate::policy::schema::Type;

/// A compiled expression of whichever sort.
pub(super) enum Typed {
    Element(Element),
    Set(Set),
    /// A fact of a type that hasn't got it: an error, wherever it is read.
    Fails(Box<Access>),
    /// An action, by its name.
    Action(String),
    Actions(Vec<String>),
    /// `context`
    Context,
    /// `context.sla`
    Sla,
    /// What is not compiled.
    Maybe,
}

pub(super) fn truth(term: Term<Truth>) -> Typed {
    Typed::Element(Element::Truth(term))
}

pub(super) fn constant(value: bool) -> Typed {
    truth(Term::Constant(value))
}

fn operator(operator: TruthOperator) -> Typed {
    truth(Term::Of(operator))
}

/// A fact of that type; none of a type that no attribute has.
pub(super) fn fact(access: Box<Access>, of: &Type) -> Option<Typed> {
    Some(Typed::Element(match of {
        Type::Bool => Element::Truth(Term::Fact(access)),
        Type::Long => Element::Number(Unit::One, Term::Fact(access)),
        Type::String => Element::Text(Term::Fact(access)),
        Type::Extension(name) if name == "datetime" => {
            Element::Number(Unit::Instant, Term::Fact(access))
        }
        Type::Entity(name) => match NodeKind::from_name(name) {
            Some(kind) => Element::Thing(kind, Term::Fact(access)),
            None => Element::Word(Entry::vocabulary(name)?, Term::Fact(access)),
        },
        Type::Set(_) => return Some(Typed::Set(Set::Fact(access))),
        Type::Extension(_) | Type::Record(_) => return None,
    }))
}

/// `A && B && ...`
pub(super) fn all(parts: Vec<Term<Truth>>) -> Term<Truth> {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Term::Of(TruthOperator::All(parts)) => flat.extend(parts),
            // Of what is surely true the next decides.
            Term::Constant(true) => {}
            part => flat.push(part),
        }
    }
    only(flat, true, TruthOperator::All)
}

/// `A || B || ...`
pub(super) fn any(parts: Vec<Term<Truth>>) -> Term<Truth> {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Term::Of(TruthOperator::Any(parts)) => flat.extend(parts),
            Term::Constant(false) => {}
            part => flat.push(part),
        }
    }
    only(flat, false, TruthOperator::Any)
}

fn only(
    mut parts: Vec<Term<Truth>>,
    of_none: bool,
    of_many: fn(Box<[Term<Truth>]>) -> TruthOperator,
) -> Term<Truth> {
    match parts.len() {
        0 => Term::Constant(of_none),
        1 => parts.pop().unwrap_or(Term::Maybe),
        _ => Term::Of(of_many(parts.into())),
    }
}

/// Whether both are of one sort; Cedar never finds values of different types equal, but of
/// numbers only the unit tells the type.
fn comparable(a: Option<Unit>, b: Option<Unit>) -> bool {
    a == b || a.is_none() || b.is_none()
}

fn unit(element: &Element) -> Option<Unit> {
    if let Element::Number(unit, _) = element { Some(*unit) } else { None }
}

fn unit_of(set: &Set) -> Option<Unit> {
    match set {
        Set::Constants(elements) | Set::Elements(elements) => elements.iter().find_map(unit),
        Set::If(parts) => unit_of(&parts.1).or_else(|| unit_of(&parts.2)),
        Set::Fact(_) | Set::Maybe => None,
    }
}

/// The bit of a word.
fn bit(entry: Entry) -> u64 {
    1_u64.checked_shl(entry.word.into()).unwrap_or(0)
}

/// `A == B`
pub(super) fn equal(left: Typed, right: Typed) -> Option<Typed> {
    Some(match (left, right) {
        (Typed::Fails(access), _) => Typed::Fails(access),
        (Typed::Maybe, _) | (_, Typed::Maybe) => Typed::Maybe,
        (Typed::Action(left), Typed::Action(right)) => constant(left == right),
        (left @ Typed::Set(_), right) => return sets(Sets::Same, left, right),
        (
            Typed::Element(Element::Word(of, word)),
            Typed::Element(Element::Word(other, Term::Constant(entry))),
        )
        | (
            Typed::Element(Element::Word(other, Term::Constant(entry))),
            Typed::Element(Element::Word(of, word)),
        ) if of == other => operator(TruthOperator::WordIn(Box::new(word), bit(entry))),
        (Typed::Element(left), right) => {
            let right = element(right)?;
            if !comparable(unit(&left), unit(&right)) {
                return None;
            }
            operator(TruthOperator::Same(Box::new((left, right))))
        }
        _ => return None,
    })
}

/// An element; what surely fails is one of any sort.
fn element(typed: Typed) -> Option<Element> {
    match typed {
        Typed::Element(element) => Some(element),
        Typed::Fails(access) => Some(Element::Truth(Term::Fact(access))),
        _ => None,
    }
}

fn number(typed: Typed) -> Option<(Option<Unit>, Term<Number>)> {
    match typed {
        Typed::Element(Element::Number(unit, term)) => Some((Some(unit), term)),
        Typed::Fails(access) => Some((None, Term::Fact(access))),
        _ => None,
    }
}

/// `A OP B` of values that both have to be evaluated; the left one surely has a value or may have.
pub(super) fn binary(op: BinaryOp, left: Typed, right: Typed) -> Option<Typed> {
    let (one, instant, span) = (Unit::One, Unit::Instant, Unit::Span);
    let pair = (left, right);
    match op {
        BinaryOp::Eq => equal(pair.0, pair.1),
        BinaryOp::NotEq => Some(match equal(pair.0, pair.1)? {
            Typed::Element(Element::Truth(Term::Constant(value))) => constant(!value),
            Typed::Element(Element::Truth(term)) => operator(TruthOperator::Not(Box::new(term))),
            stopped => stopped,
        }),
        BinaryOp::Less => order(Order::Less, pair),
        BinaryOp::LessEq => order(Order::LessEq, pair),
        BinaryOp::Greater => order(Order::Greater, pair),
        BinaryOp::GreaterEq => order(Order::GreaterEq, pair),
        BinaryOp::Add => arithmetic(pair, [one, one, one], NumberOperator::Sum),
        BinaryOp::Sub => arithmetic(pair, [one, one, one], NumberOperator::Difference),
        BinaryOp::Mul => arithmetic(pair, [one, one, one], NumberOperator::Product),
        BinaryOp::Offset => arithmetic(pair, [instant, span, instant], NumberOperator::Sum),
        BinaryOp::DurationSince => {
            arithmetic(pair, [instant, instant, span], NumberOperator::Difference)
        }
        BinaryOp::In => below(pair.0, pair.1),
        BinaryOp::Contains => contains(pair.0, pair.1),
        BinaryOp::ContainsAll => sets(Sets::All, pair.0, pair.1),
        BinaryOp::ContainsAny => sets(Sets::Any, pair.0, pair.1),
        _ => None,
    }
}

/// `A < B` and its kin.
fn order(order: Order, (left, right): (Typed, Typed)) -> Option<Typed> {
    let ((left_unit, left), (right_unit, right)) = (number(left)?, number(right)?);
    comparable(left_unit, right_unit)
        .then(|| operator(TruthOperator::Order(order, Box::new((left, right)))))
}

/// `A + B` and its kin, with the units of both and of what comes of them.
fn arithmetic(
    (left, right): (Typed, Typed),
    [of_left, of_right, unit]: [Unit; 3],
    of: fn(Pair<Number>) -> NumberOperator,
) -> Option<Typed> {
    let ((left_unit, left), (right_unit, right)) = (number(left)?, number(right)?);
    let fits = comparable(left_unit, Some(of_left)) && comparable(right_unit, Some(of_right));
    fits.then(|| Typed::Element(Element::Number(unit, Term::Of(of(Box::new((left, right)))))))
}

/// `A.containsAll(B)` and its kin.
fn sets(of: Sets, left: Typed, right: Typed) -> Option<Typed> {
    let Typed::Set(left) = left else { return None };
    let right = match right {
        Typed::Set(right) => right,
        Typed::Fails(access) => Set::Fact(access),
        _ => return None,
    };
    if !comparable(unit_of(&left), unit_of(&right)) {
        return None;
    }
    Some(operator(TruthOperator::Sets(of, Box::new((left, right)))))
}

/// `A.contains(B)`
fn contains(set: Typed, item: Typed) -> Option<Typed> {
    let Typed::Set(set) = set else { return None };
    let item = element(item)?;
    match (set, item) {
        (Set::Constants(elements), Element::Word(of, word)) => {
            let mut bits = 0;
            for element in &elements {
                match element {
                    Element::Word(other, Term::Constant(entry)) if *other == of => {
                        bits |= bit(*entry);
                    }
                    _ => return None,
                }
            }
            Some(operator(TruthOperator::WordIn(Box::new(word), bits)))
        }
        (set, item) if comparable(unit_of(&set), unit(&item)) => {
            Some(operator(TruthOperator::Contains(Box::new((set, item)))))
        }
        _ => None,
    }
}

/// `A in B`
pub(super) fn below(left: Typed, right: Typed) -> Option<Typed> {
    Some(match (left, right) {
        (Typed::Fails(access), _) => Typed::Fails(access),
        (Typed::Maybe, _) | (_, Typed::Maybe) => Typed::Maybe,
        (Typed::Action(left), Typed::Actions(right)) => constant(right.contains(&left)),
        (Typed::Action(left), Typed::Action(right)) => constant(left == right),
        // Words are in nothing but themselves.
        (left @ Typed::Element(Element::Word(..)), right @ Typed::Element(Element::Word(..))) => {
            return equal(left, right);
        }
        (left @ Typed::Element(Element::Word(..)), right @ Typed::Set(Set::Constants(_))) => {
            return contains(right, left);
        }
        // What is above a thing that only the rule names, only Cedar knows.
        (Typed::Element(Element::Thing(_, Term::Constant(_))), _) => return None,
        (Typed::Element(Element::Thing(_, left)), Typed::Element(Element::Thing(_, right))) => {
            operator(TruthOperator::In(Box::new((left, right))))
        }
        (Typed::Element(Element::Thing(_, left)), Typed::Set(right)) => {
            operator(TruthOperator::InAny(Box::new((left, right))))
        }
        (Typed::Element(Element::Thing(_, left)), Typed::Fails(access)) => {
            operator(TruthOperator::In(Box::new((left, Term::Fact(access)))))
        }
        _ => return None,
    })
}

/// `A is T`
pub(super) fn is(of: Typed, name: &str) -> Option<Typed> {
    Some(match of {
        Typed::Fails(_) | Typed::Maybe => of,
        Typed::Element(Element::Thing(kind, Term::Of(_) | Term::Constant(_))) => {
            constant(kind.name() == name)
        }
        Typed::Element(Element::Thing(kind, term)) => {
            let is = kind.name() == name;
            operator(TruthOperator::After(Box::new(Element::Thing(kind, term)), is))
        }
        Typed::Element(Element::Word(of, term)) => {
            let is = Entry { vocabulary: of, word: 0 }.type_name() == name;
            operator(TruthOperator::After(Box::new(Element::Word(of, term)), is))
        }
        _ => return None,
    })
}

/// `[A, B, ...]`
pub(super) fn set(elements: Vec<Typed>) -> Option<Typed> {
    if elements.iter().any(|element| matches!(element, Typed::Maybe)) {
        return Some(Typed::Maybe);
    }
    if elements.iter().all(|element| matches!(element, Typed::Action(_))) {
        let name = |element| if let Typed::Action(name) = element { Some(name) } else { None };
        return Some(Typed::Actions(elements.into_iter().filter_map(name).collect()));
    }
    let elements: Box<[Element]> = elements.into_iter().map(element).collect::<Option<_>>()?;
    let first = elements.iter().find_map(unit);
    if !elements.iter().all(|element| comparable(unit(element), first)) {
        return None;
    }
    let constant = elements.iter().all(|element| element.constant().is_some());
    Some(Typed::Set(if constant { Set::Constants(elements) } else { Set::Elements(elements) }))
}

/// The value of `datetime("...")` or `duration("...")`, as Cedar itself reads it.
pub(super) fn millis(op: UnaryOp, text: &str) -> Option<(Unit, i64)> {
    // Nothing in these needs escapes, and Cedar's validator has refused what is no such literal.
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-:.".contains(c);
    if !text.chars().all(plain) {
        return None;
    }
    let (unit, span) = if op == UnaryOp::Duration {
        (Unit::Span, format!("duration(\"{text}\")"))
    } else {
        let since = format!("datetime(\"{text}\").durationSince(datetime(\"1970-01-01\"))");
        (Unit::Instant, since)
    };
    let expression: Expression = format!("{span}.toMilliseconds()").parse().ok()?;
    let nobody: EntityUid = "Nobody::\"missing\"".parse().ok()?;
    let request =
        Request::new(nobody.clone(), nobody.clone(), nobody, Context::empty(), None).ok()?;
    match eval_expression(&request, &Entities::empty(), &expression) {
        Ok(EvalResult::Long(millis)) => Some((unit, millis)),
        _ => None,
    }
}
