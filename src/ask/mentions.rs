//! What of the graph a rule can look at, in one kind of question.
//!
//! Entities are cut to this. What a rule mentions is counted by the types of the schema; where a
//! type isn't plain, whatever has an attribute of that name counts.

use cedar_policy::pst::{BinaryOp, Expr, Var};
use cedar_policy::{PrincipalConstraint, ResourceConstraint};

use crate::link::NodeKind;
use crate::link::facts::{Attribute, attributes};
use crate::policy::schema::{Env, Type, Types};
use crate::policy::{Rule, lint};

/// What rules look at, by the types of things.
#[derive(Clone, Copy, Default)]
pub(super) struct Mentions {
    /// For each type, a bit for each of its attributes.
    names: [u64; NodeKind::ALL.len()],
    tags: bool,
    ancestors: bool,
    /// Whether they go on from one thing to another.
    pub(super) further: bool,
}

/// What rules look at in one thing.
#[derive(Clone, Copy, Default)]
pub(super) struct View {
    names: u64,
    pub(super) tags: bool,
    pub(super) ancestors: bool,
}

impl Mentions {
    /// What a rule mentions in one kind of question.
    pub(super) fn of(rule: &Rule, env: Env, types: &Types) -> Self {
        let (principal, resource) =
            (rule.policy.principal_constraint(), rule.policy.resource_constraint());
        let ancestors =
            matches!(principal, PrincipalConstraint::In(_) | PrincipalConstraint::IsIn(..))
                || matches!(resource, ResourceConstraint::In(_) | ResourceConstraint::IsIn(..));
        let mut mentions = Self { ancestors, ..Self::default() };
        for expr in lint::expressions(&rule.clauses) {
            lint::visit(expr, |expr| mentions.note(expr, env, types));
        }
        mentions
    }

    fn note(&mut self, expr: &Expr, env: Env, types: &Types) {
        match expr {
            Expr::GetAttr { expr: base, attr } => {
                self.name(lint::type_of(base, env, types).as_ref(), attr);
                self.goes_on_from(base);
            }
            Expr::HasAttr { expr: base, attrs } => {
                self.name(lint::type_of(base, env, types).as_ref(), &attrs.head);
                attrs.tail.iter().for_each(|attr| self.name(None, attr));
                self.goes_on_from(base);
                self.further |= !attrs.tail.is_empty();
            }
            Expr::BinaryOp { op: BinaryOp::HasTag | BinaryOp::GetTag, left, .. } => {
                self.tags = true;
                self.goes_on_from(left);
            }
            Expr::BinaryOp { op: BinaryOp::In, left: base, .. }
            | Expr::Is { expr: base, in_expr: Some(_), .. } => {
                self.ancestors = true;
                self.goes_on_from(base);
            }
            _ => {}
        }
    }

    fn name(&mut self, of: Option<&Type>, name: &str) {
        for (kind, names) in NodeKind::ALL.iter().zip(&mut self.names) {
            let applies = match of {
                Some(Type::Entity(of)) => kind.name() == of,
                Some(_) => false,
                None => true,
            };
            let at = attributes(*kind).iter().position(|attribute| attribute.name == name);
            *names |= at.filter(|_| applies).map_or(0, bit);
        }
    }

    fn goes_on_from(&mut self, base: &Expr) {
        self.further |= !matches!(base, Expr::Var(_)) && !is_context(base);
    }

    /// Adds what another rule mentions.
    pub(super) fn merge(&mut self, other: &Self) {
        self.names.iter_mut().zip(other.names).for_each(|(own, other)| *own |= other);
        self.tags |= other.tags;
        self.ancestors |= other.ancestors;
        self.further |= other.further;
    }

    /// What is mentioned of a type of thing.
    pub(super) fn view(&self, kind: NodeKind) -> View {
        let names = self.names.get(kind as usize).copied().unwrap_or_default();
        View { names, tags: self.tags, ancestors: self.ancestors }
    }
}

impl View {
    /// Everything.
    #[cfg(test)]
    pub(super) fn whole() -> Self {
        Self { names: u64::MAX, tags: true, ancestors: true }
    }

    /// Adds what others look at in the same thing.
    pub(super) fn merge(&mut self, other: Self) {
        self.names |= other.names;
        self.tags |= other.tags;
        self.ancestors |= other.ancestors;
    }

    /// The attributes, of a thing of that type.
    pub(super) fn attributes(self, kind: NodeKind) -> impl Iterator<Item = &'static Attribute> {
        let all = attributes(kind).iter().enumerate();
        all.filter(move |(at, _)| self.names & bit(*at) != 0).map(|(_, attribute)| attribute)
    }
}

/// The bit of an attribute. No type has more than 64.
fn bit(at: usize) -> u64 {
    u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at)).unwrap_or(u64::MAX)
}

fn is_context(expr: &Expr) -> bool {
    match expr {
        Expr::Var(Var::Context) => true,
        Expr::GetAttr { expr, .. } => is_context(expr),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_a_bit_of_its_own() {
        assert!(NodeKind::ALL.iter().all(|kind| attributes(*kind).len() <= 64));
    }
}
