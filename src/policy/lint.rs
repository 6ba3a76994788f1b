//! What Cedar's strict validation lets pass: a misspelt optional attribute under `has`, and
//! comparisons between different types behind `||`, `!=` and `unless`. Either makes a rule that
//! never fires.

use std::ops::Range;
use std::sync::Arc;

use cedar_policy::pst::{
    ActionConstraint, BinaryOp, Clause, EntityOrSlot, Expr, Literal, PrincipalConstraint,
    ResourceConstraint, Template, UnaryOp, Var,
};

use super::schema::{Env, Type, Types};
use crate::fault;

/// The conditions' expressions.
pub fn expressions(clauses: &[Clause]) -> impl Iterator<Item = &Expr> {
    clauses.iter().map(|clause| match clause {
        Clause::When(expr) | Clause::Unless(expr) => &**expr,
    })
}

/// The direct parts of an expression.
pub fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::UnaryOp { expr, .. }
        | Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. }
        | Expr::Like { expr, .. } => vec![expr],
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::Is { expr, in_expr, .. } => {
            std::iter::once(&**expr).chain(in_expr.as_deref()).collect()
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => vec![cond, then_expr, else_expr],
        Expr::Set(elements) => elements.iter().map(|element| &**element).collect(),
        Expr::Record(fields) => fields.values().map(|field| &**field).collect(),
        _ => Vec::new(),
    }
}

/// Visits an expression and everything in it. Iterative: a hostile policy nests deeply.
pub fn visit<'e>(expr: &'e Expr, mut seen: impl FnMut(&'e Expr)) {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        seen(expr);
        open.extend(parts(expr).into_iter().rev());
    }
}

/// The parameters that conditions read: `context.sla.NAME`.
pub fn parameters(clauses: &[Clause]) -> Vec<String> {
    let mut names = Vec::new();
    let is_sla = |expr: &Expr| matches!(expr, Expr::GetAttr { expr, attr } if attr == "sla" && **expr == Expr::Var(Var::Context));
    for expr in expressions(clauses) {
        visit(expr, |expr| match expr {
            Expr::GetAttr { expr, attr } if is_sla(expr) => names.push(attr.to_string()),
            Expr::HasAttr { expr, attrs } if is_sla(expr) => names.push(attrs.head.to_string()),
            _ => {}
        });
    }
    names
}

/// The questions that a rule's head covers, whatever its conditions say.
pub fn scope(head: &Template, types: &Types) -> Vec<Env> {
    let entity = |constraint: &EntityOrSlot| match constraint {
        EntityOrSlot::Entity(uid) => Some(uid.ty.to_string()),
        EntityOrSlot::Slot(_) => None,
    };
    // `in` is wider than a type: it is left to Cedar.
    let principal = match &head.principal {
        PrincipalConstraint::Eq(uid) => entity(uid),
        PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => Some(ty.to_string()),
        _ => None,
    };
    let resource = match &head.resource {
        ResourceConstraint::Eq(uid) => entity(uid),
        ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => Some(ty.to_string()),
        _ => None,
    };
    let actions: Option<Vec<&str>> = match &head.action {
        ActionConstraint::Eq(uid) => Some(vec![uid.eid.as_str()]),
        ActionConstraint::In(uids) => Some(uids.iter().map(|uid| uid.eid.as_str()).collect()),
        ActionConstraint::Any => None,
    };
    let mut envs: Vec<Env> =
        types.schema().request_envs().filter_map(|env| Types::env(&env)).collect();
    envs.retain(|env| {
        principal.as_deref().is_none_or(|name| name == env.principal.name())
            && resource.as_deref().is_none_or(|name| name == env.resource.name())
            && actions.as_ref().is_none_or(|names| names.contains(&env.action.name()))
    });
    envs.sort_unstable();
    envs.dedup();
    envs
}

/// The type of an expression in one kind of question, where it is plain.
pub fn type_of(expr: &Expr, env: Env, types: &Types) -> Option<Type> {
    Some(match expr {
        Expr::Literal(Literal::Bool(_)) => Type::Bool,
        Expr::Literal(Literal::Long(_)) => Type::Long,
        Expr::Literal(Literal::String(_)) => Type::String,
        Expr::Literal(Literal::EntityUID(uid)) => Type::Entity(uid.ty.to_string()),
        Expr::Var(Var::Principal) => Type::Entity(env.principal.name().into()),
        Expr::Var(Var::Resource) => Type::Entity(env.resource.name().into()),
        Expr::Var(Var::Context) => types.context(env.action),
        Expr::GetAttr { expr, attr } => {
            let of = type_of(expr, env, types)?;
            types.attribute(&of, attr)?.of.clone()
        }
        Expr::IfThenElse { then_expr, else_expr, .. } => {
            type_of(then_expr, env, types).or_else(|| type_of(else_expr, env, types))?
        }
        Expr::Set(elements) => {
            Type::Set(Box::new(elements.iter().find_map(|element| type_of(element, env, types))?))
        }
        Expr::UnaryOp { op, .. } => match op {
            UnaryOp::Not | UnaryOp::IsEmpty => Type::Bool,
            UnaryOp::Datetime | UnaryOp::ToDate => Type::Extension("datetime".into()),
            UnaryOp::Duration | UnaryOp::ToTime => Type::Extension("duration".into()),
            UnaryOp::Neg
            | UnaryOp::ToMilliseconds
            | UnaryOp::ToSeconds
            | UnaryOp::ToMinutes
            | UnaryOp::ToHours
            | UnaryOp::ToDays => Type::Long,
            _ => return None,
        },
        Expr::BinaryOp { op, .. } => match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => Type::Long,
            BinaryOp::Offset => Type::Extension("datetime".into()),
            BinaryOp::DurationSince => Type::Extension("duration".into()),
            BinaryOp::GetTag => Type::String,
            _ => Type::Bool,
        },
        Expr::HasAttr { .. } | Expr::Is { .. } | Expr::Like { .. } => Type::Bool,
        _ => return None,
    })
}

/// How deep conditions may nest: every step over them is a call.
const DEEPEST: usize = 1000;

/// What is wrong with the conditions: a message with what to do on its second line, and the place.
pub fn lint(
    clauses: &[Clause],
    scope: &[Env],
    types: &Types,
    code: &str,
) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for expr in expressions(clauses) {
        if depth(expr) > DEEPEST {
            found
                .push(("the condition nests too deeply\nsplit the rule into several".into(), 0..1));
            continue;
        }
        visit(expr, |expr| {
            let said = match expr {
                Expr::GetAttr { expr, attr } => unknown_attribute(expr, attr, scope, types),
                Expr::HasAttr { expr, attrs } => {
                    let mut of = (**expr).clone();
                    attrs.iter().find_map(|attr| {
                        let said = unknown_attribute(&of, attr, scope, types);
                        of = Expr::GetAttr { expr: Arc::new(of.clone()), attr: attr.clone() };
                        said
                    })
                }
                Expr::Is { expr, entity_type, .. } => {
                    impossible_type(expr, &entity_type.to_string(), scope, types)
                }
                Expr::BinaryOp { op: BinaryOp::HasTag, left, .. } => {
                    no_tags(left, "hasTag", scope, types)
                }
                Expr::BinaryOp { op: BinaryOp::GetTag, left, .. } => {
                    no_tags(left, "getTag", scope, types)
                }
                Expr::BinaryOp { op: BinaryOp::Eq, left, right }
                    if **left == Expr::Var(Var::Action) =>
                {
                    impossible_action(right, scope)
                }
                Expr::BinaryOp { op, left, right } => mismatch(*op, left, right, scope, types),
                _ => None,
            };
            if let Some((said, name)) = said {
                found.push((said, place_of(&name, code)));
            }
        });
    }
    found.dedup();
    found
}

fn depth(expr: &Expr) -> usize {
    let mut deepest = 0;
    let mut open = vec![(expr, 1)];
    while let Some((expr, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(parts(expr).into_iter().map(|part| (part, depth + 1)));
    }
    deepest
}

fn unknown_attribute(
    of: &Expr,
    name: &str,
    scope: &[Env],
    types: &Types,
) -> Option<(String, String)> {
    let owners: Vec<Type> = scope.iter().filter_map(|env| type_of(of, *env, types)).collect();
    if owners.is_empty() || owners.iter().any(|of| types.attribute(of, name).is_some()) {
        return None;
    }
    let names: Vec<&str> = owners.iter().flat_map(|of| types.attribute_names(of)).collect();
    let help = fault::nearest(name, names.iter().copied())
        .map_or("look at the schema: `nhi-policy schema cedar`".into(), |near| {
            format!("did you mean `{near}`?")
        });
    let quoted = fault::quote(name);
    Some((
        format!("nothing that this rule is about has an attribute {quoted}\n{help}"),
        name.to_owned(),
    ))
}

/// `x is T` where `x` is never a `T`.
fn impossible_type(
    of: &Expr,
    name: &str,
    scope: &[Env],
    types: &Types,
) -> Option<(String, String)> {
    let found: Vec<Type> = scope.iter().filter_map(|env| type_of(of, *env, types)).collect();
    let is = |of: &Type| matches!(of, Type::Entity(own) if own == name);
    if found.is_empty() || found.iter().any(is) {
        return None;
    }
    let found = found.first().map(describe).unwrap_or_default();
    Some((
        format!(
            "this is never a `{name}`, it is {found}\nleave it out, or widen the head of the rule"
        ),
        name.to_owned(),
    ))
}

/// Tags of what has none.
fn no_tags(of: &Expr, call: &str, scope: &[Env], types: &Types) -> Option<(String, String)> {
    let found: Vec<Type> = scope.iter().filter_map(|env| type_of(of, *env, types)).collect();
    let has = |of: &Type| matches!(of, Type::Entity(name) if types.entity(name).is_some_and(|entity| entity.tags));
    if found.is_empty() || found.iter().any(has) {
        return None;
    }
    let found = found.first().map(describe).unwrap_or_default();
    Some((
        format!("this has no tags, it is {found}\nread tags of what the schema gives tags"),
        call.to_owned(),
    ))
}

/// An action that the head excludes.
fn impossible_action(literal: &Expr, scope: &[Env]) -> Option<(String, String)> {
    let Expr::Literal(Literal::EntityUID(uid)) = literal else { return None };
    let asked = scope.iter().any(|env| env.action.name() == uid.eid.as_str());
    let said = format!(
        "this rule is never asked about the action `{}`\nleave it out, or widen the head of the rule",
        uid.eid
    );
    (!asked && !scope.is_empty()).then(|| (said, "action".to_owned()))
}

fn mismatch(
    op: BinaryOp,
    left: &Expr,
    right: &Expr,
    scope: &[Env],
    types: &Types,
) -> Option<(String, String)> {
    let element = |of: Type| if let Type::Set(inner) = of { Some(*inner) } else { None };
    let pair = |env: &Env| {
        let (a, b) = (type_of(left, *env, types)?, type_of(right, *env, types)?);
        Some(match op {
            BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::Less
            | BinaryOp::LessEq
            | BinaryOp::Greater
            | BinaryOp::GreaterEq => (a, b),
            BinaryOp::Contains => (element(a)?, b),
            BinaryOp::ContainsAll | BinaryOp::ContainsAny => (element(a)?, element(b)?),
            BinaryOp::In => {
                let b = element(b.clone()).unwrap_or(b);
                // Between kinds that have no members, `in` is `==`.
                let enumerated = |of: &Type| matches!(of, Type::Entity(name) if types.entity(name).is_some_and(|entity| !entity.words.is_empty()));
                if !enumerated(&a) && !enumerated(&b) && can_be_in(&a, &b, types) {
                    return Some((b.clone(), b));
                }
                (a, b)
            }
            _ => return None,
        })
    };
    let pairs: Vec<(Type, Type)> = scope.iter().filter_map(pair).collect();
    let (a, b) = pairs.first()?;
    if pairs.iter().any(|(a, b)| {
        a == b
            || matches!((a, b), (Type::Set(_), Type::Set(_)) | (Type::Record(_), Type::Record(_)))
    }) {
        return None;
    }
    let name = |expr: &Expr| match expr {
        Expr::Literal(Literal::EntityUID(uid)) => Some(uid.ty.to_string()),
        Expr::GetAttr { attr, .. } => Some(attr.to_string()),
        _ => None,
    };
    let at = name(right).or_else(|| name(left)).unwrap_or_default();
    let said = format!(
        "this compares {} with {}, which are never equal\ncompare values of one type",
        describe(a),
        describe(b)
    );
    Some((said, at))
}

/// Whether something of one type can be in something of the other, directly or through others.
fn can_be_in(a: &Type, b: &Type, types: &Types) -> bool {
    let (Type::Entity(a), Type::Entity(b)) = (a, b) else { return true };
    let mut above = vec![a.as_str()];
    let mut next = 0;
    while let Some(name) = above.get(next).copied() {
        for parent in types.entity(name).map_or(&[][..], |entity| &entity.parents) {
            if !above.contains(&parent.as_str()) {
                above.push(parent);
            }
        }
        next += 1;
    }
    above.contains(&b.as_str())
}

fn describe(of: &Type) -> String {
    match of {
        Type::Bool => "a Bool".into(),
        Type::Long => "a Long".into(),
        Type::String => "a String".into(),
        Type::Extension(name) => format!("a {name}"),
        Type::Entity(name) => format!("`{name}`"),
        Type::Set(inner) => format!("a set ({})", describe(inner)),
        Type::Record(_) => "a record".into(),
    }
}

/// A policy's text with comments and strings blanked out, byte for byte.
pub fn code_only(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let (mut in_string, mut in_comment, mut escaped) = (false, false, false);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let comment_starts = !in_string && *byte == b'/' && bytes.get(at + 1) == Some(&b'/');
        in_comment = (in_comment || comment_starts) && *byte != b'\n';
        let blank = in_comment || in_string;
        if !in_comment {
            match byte {
                b'"' if !escaped => in_string = !in_string,
                b'\\' if in_string && !escaped => {
                    escaped = true;
                    out.push(b' ');
                    continue;
                }
                _ => {}
            }
        }
        escaped = false;
        out.push(if blank && *byte != b'\n' { b' ' } else { *byte });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where a name first stands in the code as a whole word.
fn place_of(name: &str, code: &str) -> Range<usize> {
    let is_word =
        |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let bytes = code.as_bytes();
    code.match_indices(name)
        .map(|(at, _)| at)
        .find(|at| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at).copied());
            !is_word(before) && !is_word(bytes.get(at + name.len()).copied())
        })
        .filter(|_| !name.is_empty())
        .map_or(0..1, |at| at..at + name.len())
}
