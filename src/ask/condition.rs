//! A rule's condition, compiled to run over rows with Cedar's own error semantics.
//!
//! Cedar decides every finding. This decides only which questions need not be put to it: those
//! where the condition is surely false. What it doesn't know, or where Cedar would report an
//! error, goes to Cedar. The same evaluation, traced, tells which facts a condition read.

use cedar_policy::pst::{Clause, Var};
use cedar_policy::{PrincipalConstraint, ResourceConstraint};

use super::compile::{Compiler, Target};
use super::eval::{Scope, Silent};
use super::term::{Term, Truth};
use crate::link::facts::Fact;
use crate::link::{Graph, Question};
use crate::policy::Rule;
use crate::policy::parameters::Parameters;
use crate::policy::schema::Env;
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

/// What a condition read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'g> {
    /// What an attribute holds.
    Fact(Fact<'g>),
    /// A `duration`.
    Span(i64),
}

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Cedar would report an error.
    Error,
    /// Only Cedar knows.
    Maybe,
}

/// What a condition says of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The rule surely doesn't fire: nothing to ask.
    No,
    /// It surely fires.
    Yes,
    /// Cedar surely reports an error.
    Error,
    /// Only Cedar knows.
    Maybe,
}

/// A fact that was read: its path and its value, none where it was missing.
pub type Read<'g> = (&'g str, Option<Value<'g>>);

/// A rule's whole condition, for one kind of question.
pub struct Condition {
    /// What the rule's head asks beyond the types.
    head: Vec<Term<Truth>>,
    /// Each with what it has to be.
    clauses: Vec<(bool, Term<Truth>)>,
    unknown: Vec<String>,
}

impl Condition {
    /// Compiles a rule for one kind of question in its scope.
    pub fn of(rule: &Rule, env: Env, target: Target<'_>) -> Self {
        let mut compiler = Compiler::new(target, env);
        let mut head = Vec::new();
        match rule.policy.principal_constraint() {
            PrincipalConstraint::Eq(uid) => head.push(compiler.head(Var::Principal, false, &uid)),
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
                head.push(compiler.head(Var::Principal, true, &uid));
            }
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => {}
        }
        match rule.policy.resource_constraint() {
            ResourceConstraint::Eq(uid) => head.push(compiler.head(Var::Resource, false, &uid)),
            ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => {
                head.push(compiler.head(Var::Resource, true, &uid));
            }
            ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
        }
        Self { head, ..Self::with(compiler, &rule.clauses) }
    }

    /// Compiles clauses by themselves.
    pub fn compile(clauses: &[Clause], env: Env, target: Target<'_>) -> Self {
        Self::with(Compiler::new(target, env), clauses)
    }

    /// A condition that is never true.
    #[cfg(test)]
    pub(super) fn never() -> Self {
        let clauses = vec![(true, Term::Constant(false))];
        Self { head: Vec::new(), clauses, unknown: Vec::new() }
    }

    fn with(mut compiler: Compiler<'_>, clauses: &[Clause]) -> Self {
        let compile = |clause: &Clause| match clause {
            Clause::When(expr) => (true, compiler.truth(expr)),
            Clause::Unless(expr) => (false, compiler.truth(expr)),
        };
        let clauses = clauses.iter().map(compile).collect();
        let mut unknown = compiler.unknown;
        unknown.sort_unstable();
        unknown.dedup();
        Self { head: Vec::new(), clauses, unknown }
    }

    /// The expressions that are left to Cedar; without any, every answer is sure.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// What it says of a question of its kind.
    #[inline]
    pub fn answer(&self, graph: &Graph, question: Question) -> Answer {
        let mut scope = Scope { graph, question, notes: Silent };
        let head = self.head.iter().map(|term| (true, term));
        for (wanted, term) in head.chain(self.clauses.iter().map(|(wanted, term)| (*wanted, term)))
        {
            match term.eval(&mut scope) {
                Ok(value) if value != wanted => return Answer::No,
                Ok(_) => {}
                Err(Stop::Error) => return Answer::Error,
                Err(Stop::Maybe) => return Answer::Maybe,
            }
        }
        Answer::Yes
    }

    /// Evaluates clause by clause and notes what was read: the value of each clause, and its reads
    /// in order.
    pub fn trace<'a>(
        &'a self,
        graph: &'a Graph,
        question: Question,
    ) -> Vec<(Result<bool, Stop>, Vec<Read<'a>>)> {
        let mut all = Vec::with_capacity(self.clauses.len());
        for (_, clause) in &self.clauses {
            let mut scope = Scope { graph, question, notes: Vec::new() };
            let value = clause.eval(&mut scope);
            all.push((value, scope.notes));
        }
        all
    }
}
