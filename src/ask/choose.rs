//! `if A then B else C` of expressions whose sort is only known by what they are.

use super::term::{Element, Set, Sort, Term, Truth, Unit};
use super::typed::Typed;
use crate::link::NodeKind;

/// The sort of an element.
#[derive(Clone, Copy)]
enum SortOf {
    Truth,
    Number(Unit),
    Text,
    Word(u8),
    Thing(NodeKind),
}

/// `if A then B else C`
pub(super) fn choose(condition: Term<Truth>, then: Typed, otherwise: Typed) -> Option<Typed> {
    let sort = match (&then, &otherwise) {
        (Typed::Maybe, Typed::Maybe) => return Some(Typed::Maybe),
        (Typed::Set(_), _) | (_, Typed::Set(_)) => {
            let parts = (condition, branch_of_sets(then)?, branch_of_sets(otherwise)?);
            return Some(Typed::Set(Set::If(Box::new(parts))));
        }
        (Typed::Element(element), _) | (_, Typed::Element(element)) => match element {
            Element::Truth(_) => SortOf::Truth,
            Element::Number(unit, _) => SortOf::Number(*unit),
            Element::Text(_) => SortOf::Text,
            Element::Word(of, _) => SortOf::Word(*of),
            Element::Thing(kind, _) => SortOf::Thing(*kind),
        },
        _ => return None,
    };
    let parts = (condition, then, otherwise);
    Some(Typed::Element(match sort {
        SortOf::Truth => Element::Truth(either(parts, |element| match element {
            Element::Truth(term) => Some(term),
            _ => None,
        })?),
        SortOf::Number(unit) => Element::Number(
            unit,
            either(parts, |element| match element {
                Element::Number(own, term) if own == unit => Some(term),
                _ => None,
            })?,
        ),
        SortOf::Text => Element::Text(either(parts, |element| match element {
            Element::Text(term) => Some(term),
            _ => None,
        })?),
        SortOf::Word(of) => Element::Word(
            of,
            either(parts, |element| match element {
                Element::Word(own, term) if own == of => Some(term),
                _ => None,
            })?,
        ),
        SortOf::Thing(kind) => Element::Thing(
            kind,
            either(parts, |element| match element {
                Element::Thing(own, term) if own == kind => Some(term),
                _ => None,
            })?,
        ),
    }))
}

/// Of two branches, one may fail or be unknown: the other tells the sort.
fn either<S: Sort>(
    (condition, then, otherwise): (Term<Truth>, Typed, Typed),
    take: impl Fn(Element) -> Option<Term<S>>,
) -> Option<Term<S>> {
    let branch = |typed| match typed {
        Typed::Element(element) => take(element),
        Typed::Fails(access) => Some(Term::Fact(access)),
        Typed::Maybe => Some(Term::Maybe),
        _ => None,
    };
    Some(Term::If(Box::new((condition, branch(then)?, branch(otherwise)?))))
}

fn branch_of_sets(typed: Typed) -> Option<Set> {
    match typed {
        Typed::Set(set) => Some(set),
        Typed::Fails(access) => Some(Set::Fact(access)),
        Typed::Maybe => Some(Set::Maybe),
        _ => None,
    }
}
