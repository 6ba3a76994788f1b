//! The language that conditions are compiled to.
//!
//! A condition of Cedar becomes a tree of terms, for one rule and one kind of question. There the
//! types of principal and resource are fixed, so that every attribute is one function of a row,
//! every term has one sort, and nothing is looked up by name when it is evaluated:
//!
//! | sort     | its values                     | in Cedar                                        |
//! |----------|--------------------------------|-------------------------------------------------|
//! | `Truth`  | `bool`                         | `Bool`                                          |
//! | `Number` | `i64`                          | `Long`; `datetime`, `duration` in milliseconds  |
//! | `Text`   | `&str`                         | `String`                                        |
//! | `Word`   | two small numbers              | an entity of an enumerated type                 |
//! | `Thing`  | a row of a table               | any other entity                                |
//! | sets     | a view of a row, or some items | `Set`                                           |
//!
//! A term has a value, or it stops: with `Error` where Cedar surely reports one, with `Maybe` where
//! only Cedar knows. The parts of a term are evaluated in Cedar's order, and the first that stops
//! is what the whole stops with. [`super::eval`] says what each term means.

use cedar_policy::pst::PatternElem;

use crate::inventory::Row;
use crate::link::facts::{Attribute, Entry, Fact};
use crate::link::{Graph, Node, NodeKind};

/// A sort of terms.
pub(super) trait Sort: Sized {
    /// What a term of it is when it is evaluated.
    type Value<'a>: Copy;
    /// A value that is known when the condition is compiled.
    type Constant;
    /// The terms that only this sort has.
    type Operator;
    /// The value of a constant.
    fn constant(constant: &Self::Constant) -> Self::Value<'_>;
    /// The value of a fact, if it is of this sort.
    fn of(fact: Fact<'_>) -> Option<Self::Value<'_>>;
}

/// A term of some sort.
pub(super) enum Term<S: Sort> {
    /// A literal, or what follows from the kind of question.
    Constant(S::Constant),
    /// `BASE.NAME`: an error where the fact is missing.
    Fact(Box<Access>),
    /// `if A then B else C`: of B and C only the one that is taken is evaluated.
    If(Box<(Term<Truth>, Self, Self)>),
    /// What only this sort has.
    Of(S::Operator),
    /// What is not compiled.
    Maybe,
}

/// Two terms of one sort.
pub(super) type Pair<S> = Box<(Term<S>, Term<S>)>;

/// The way to a fact.
pub(super) struct Access {
    /// Whose fact it is.
    pub(super) base: Term<Thing>,
    /// The type of that.
    pub(super) kind: NodeKind,
    /// The fact in a row of that type.
    pub(super) read: for<'g> fn(&'g Graph, Row) -> Option<Fact<'g>>,
    /// Whether it is there.
    pub(super) has: fn(&Graph, Row) -> bool,
    /// How reports call it: `resource.account.status`.
    pub(super) path: Option<Box<str>>,
}

impl Access {
    /// The way to an attribute. A type that doesn't have it has it in no row.
    pub(super) fn new(
        base: Term<Thing>,
        kind: NodeKind,
        attribute: Option<&'static Attribute>,
        path: Option<String>,
    ) -> Self {
        Self {
            base,
            kind,
            read: attribute.map_or(|_, _| None, |attribute| attribute.read),
            has: attribute.map_or(|_, _| false, |attribute| attribute.has),
            path: path.map(Into::into),
        }
    }
}

/// Rows from this one on are none of the inventory: each stands for an entity that a rule names
/// and that isn't there. Equal numbers are equal names.
pub(super) const STRANGERS: Row = 1 << 31;

/// True or false.
pub(super) enum Truth {}
/// A whole number, an instant or a duration.
pub(super) enum Number {}
/// A string.
pub(super) enum Text {}
/// A word of a closed vocabulary.
pub(super) enum Word {}
/// A thing of the graph.
pub(super) enum Thing {}

/// What is true or false.
pub(super) enum TruthOperator {
    /// `BASE has NAME`
    Has(Box<Access>),
    /// `A && B && ...`: evaluated up to the first that is false.
    All(Box<[Term<Truth>]>),
    /// `A || B || ...`: evaluated up to the first that is true.
    Any(Box<[Term<Truth>]>),
    /// `!A`
    Not(Box<Term<Truth>>),
    /// `A < B` and its kin.
    Order(Order, Pair<Number>),
    /// `A == B`
    Same(Box<(Element, Element)>),
    /// `A == Word` or `[Word, ...].contains(A)`: whether the bit of the word's number is set.
    WordIn(Box<Term<Word>>, u64),
    /// `A.contains(B)`
    Contains(Box<(Set, Element)>),
    /// `A.containsAll(B)` and its kin.
    Sets(Sets, Box<(Set, Set)>),
    /// `A.isEmpty()`
    IsEmpty(Box<Set>),
    /// `A like "..."`
    Like(Box<(Term<Text>, Vec<PatternElem>)>),
    /// `A in B`: it is B or below it.
    In(Pair<Thing>),
    /// `A in [B, ...]`
    InAny(Box<(Term<Thing>, Set)>),
    /// `A.hasTag(B)`
    HasTag(Box<(Term<Thing>, Term<Text>)>),
    /// `A is T`: known by A's type, where A has a value.
    After(Box<Element>, bool),
}

/// A comparison of numbers.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Less,
    LessEq,
    Greater,
    GreaterEq,
}

/// A comparison of sets.
#[derive(Clone, Copy)]
pub(super) enum Sets {
    /// Whether the first has all that the second has.
    All,
    /// Whether they have something in common.
    Any,
    /// Whether they are equal.
    Same,
}

/// What is a number.
pub(super) enum NumberOperator {
    /// `context.sla.NAME`: an error where it isn't set. With it, how reports call it.
    Parameter(Option<i64>, Box<str>),
    /// `A + B` and `A.offset(B)`: an error where it overflows, and so are the next three.
    Sum(Pair<Number>),
    /// `A - B` and `A.durationSince(B)`
    Difference(Pair<Number>),
    /// `A * B`
    Product(Pair<Number>),
    /// `-A`
    Negative(Box<Term<Number>>),
    /// `A.toDate()`: an error where it overflows.
    Date(Box<Term<Number>>),
    /// `A.toTime()`
    Time(Box<Term<Number>>),
    /// `A.toSeconds()` and its kin: how many of so many milliseconds, cut towards zero.
    Whole(Box<Term<Number>>, i64),
}

/// What is a string.
pub(super) enum TextOperator {
    /// `A.getTag(B)`: an error where there is none. With it, how reports call it.
    Tag(Box<(Term<Thing>, Term<Text>)>, Option<Box<str>>),
}

/// What is a thing.
pub(super) enum ThingOperator {
    Principal,
    Resource,
}

/// A term of any sort.
pub(super) enum Element {
    Truth(Term<Truth>),
    Number(Unit, Term<Number>),
    Text(Term<Text>),
    /// With the number of its vocabulary.
    Word(u8, Term<Word>),
    /// With its type.
    Thing(NodeKind, Term<Thing>),
}

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A `Long`.
    One,
    /// A `datetime`: milliseconds since 1970.
    Instant,
    /// A `duration`: milliseconds.
    Span,
}

/// A set.
pub(super) enum Set {
    /// `BASE.NAME`
    Fact(Box<Access>),
    /// `["a", "b"]`
    Constants(Box<[Element]>),
    /// `[A, B]`: all are evaluated, whatever is asked of the set.
    Elements(Box<[Element]>),
    /// `if A then B else C`
    If(Box<(Term<Truth>, Set, Set)>),
    /// What is not compiled.
    Maybe,
}

/// The value of an element.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Truth(bool),
    Number(i64),
    Text(&'a str),
    Word(Entry),
    Thing(Node),
}

impl Sort for Truth {
    type Value<'a> = bool;
    type Constant = bool;
    type Operator = TruthOperator;
    fn constant(constant: &bool) -> bool {
        *constant
    }
    fn of(fact: Fact<'_>) -> Option<bool> {
        if let Fact::Bool(value) = fact { Some(value) } else { None }
    }
}

impl Sort for Number {
    type Value<'a> = i64;
    type Constant = i64;
    type Operator = NumberOperator;
    fn constant(constant: &i64) -> i64 {
        *constant
    }
    fn of(fact: Fact<'_>) -> Option<i64> {
        match fact {
            Fact::Long(value) => Some(value),
            Fact::Time(at) => Some(at.millis()),
            _ => None,
        }
    }
}

impl Sort for Text {
    type Value<'a> = &'a str;
    type Constant = Box<str>;
    type Operator = TextOperator;
    fn constant(constant: &Box<str>) -> &str {
        constant
    }
    fn of(fact: Fact<'_>) -> Option<&str> {
        if let Fact::Text(text) = fact { Some(text) } else { None }
    }
}

impl Sort for Word {
    type Value<'a> = Entry;
    type Constant = Entry;
    type Operator = std::convert::Infallible;
    fn constant(constant: &Entry) -> Entry {
        *constant
    }
    fn of(fact: Fact<'_>) -> Option<Entry> {
        if let Fact::Word(entry) = fact { Some(entry) } else { None }
    }
}

impl Sort for Thing {
    type Value<'a> = Node;
    type Constant = Node;
    type Operator = ThingOperator;
    fn constant(constant: &Node) -> Node {
        *constant
    }
    fn of(fact: Fact<'_>) -> Option<Node> {
        if let Fact::Node(node) = fact { Some(node) } else { None }
    }
}
