//! The small language of a rule's annotations: paths to facts, and texts with paths in them.

use crate::link::{Action, NodeKind};

use super::schema::{Attribute, Env, Type, Types};
use crate::fault;

/// What the annotations of a rule are held against.
pub struct Scope<'a> {
    /// The schema.
    pub types: &'a Types,
    /// What the rule is asked; nothing for a rule about what is not asked yet.
    pub envs: &'a [Env],
    /// Whether the rule's own conditions make sure that a fact is there.
    pub guarded: &'a dyn Fn(&Path) -> bool,
}

/// Where a path begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Root {
    /// `principal`
    Principal,
    /// `resource`
    Resource,
    /// `context`
    Context,
}

/// A path to a fact: `resource.account.status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// The attributes on the way.
    pub names: Vec<String>,
    /// Whether it says that the fact may be missing.
    pub optional: bool,
}

impl Path {
    /// Reads `root.name.name`, with `?` at the end where the fact may be missing.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (bare, optional) = text.strip_suffix('?').map_or((text, false), |bare| (bare, true));
        let mut names = bare.split('.').map(str::to_owned);
        let root = match names.next().as_deref() {
            Some("principal") => Root::Principal,
            Some("resource") => Root::Resource,
            Some("context") => Root::Context,
            _ => {
                let quoted = fault::quote(text);
                return Err(format!(
                    "{quoted} is not a path\na path begins with principal, resource or context"
                ));
            }
        };
        let names: Vec<String> = names.collect();
        let is_name = |name: &String| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !names.iter().all(is_name) {
            return Err(format!(
                "{} is not a path\nwrite names with dots between them",
                fault::quote(text)
            ));
        }
        Ok(Self { root, names, optional })
    }

    /// The type at its end for one kind of question, and whether something on the way can be
    /// missing; none where the path doesn't exist.
    fn type_in(&self, types: &Types, env: Env) -> Option<(Type, bool)> {
        let mut of = match self.root {
            Root::Principal => Type::Entity(env.principal.name().into()),
            Root::Resource => Type::Entity(env.resource.name().into()),
            Root::Context => types.context(env.action),
        };
        let mut optional = false;
        for name in &self.names {
            let Attribute { of: next, required } = types.attribute(&of, name)?.clone();
            optional |= !required;
            of = next;
        }
        Some((of, optional))
    }

    /// Holds the path against the schema for all kinds of question that a rule is asked.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn check(&self, scope: &Scope<'_>) -> Result<Vec<Type>, String> {
        let (types, envs) = (scope.types, scope.envs);
        let found: Vec<_> = envs.iter().map(|env| self.type_in(types, *env)).collect();
        let there: Vec<_> = found.iter().flatten().collect();
        let text = self.text();
        if envs.is_empty() {
            return Ok(Vec::new());
        }
        if there.is_empty() {
            let last = self.names.last().map_or("", String::as_str);
            let parent = Self {
                names: self.names.iter().rev().skip(1).rev().cloned().collect(),
                ..self.clone()
            };
            let parents = envs.iter().filter_map(|env| Some(parent.type_in(types, *env)?.0));
            let parents: Vec<Type> = parents.collect();
            let names: Vec<&str> =
                parents.iter().flat_map(|of| types.attribute_names(of)).collect();
            let help = fault::nearest(last, names)
                .map_or("look at the schema: `nhi-policy schema cedar`".into(), |name| {
                    format!("did you mean `{name}`?")
                });
            return Err(format!("there is no fact `{text}` where this rule applies\n{help}"));
        }
        let needs = there.len() < found.len() || there.iter().any(|(_, optional)| *optional);
        if needs && !self.optional && !(scope.guarded)(self) {
            return Err(format!("the fact `{text}` may be missing\nsay so: `{text}?`"));
        }
        Ok(there.into_iter().map(|(of, _)| of.clone()).collect())
    }

    /// The path without its question mark.
    pub fn text(&self) -> String {
        let root = match self.root {
            Root::Principal => "principal",
            Root::Resource => "resource",
            Root::Context => "context",
        };
        let names = self.names.iter().map(|name| format!(".{name}"));
        names.fold(root.to_owned(), |text, name| text + &name)
    }
}

/// The fact from which a violation runs: the first, or the latest, of some that is there.
#[derive(Clone, Debug, Default)]
pub struct Since {
    /// The facts.
    pub paths: Vec<Path>,
    /// Whether the latest counts, not the first.
    pub latest: bool,
}

impl Since {
    /// Reads `A`, `A? | B?` or `latest(A?, B?)`.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.trim().strip_prefix("latest(").and_then(|rest| rest.strip_suffix(')'));
        let parts: Vec<&str> =
            inner.map_or_else(|| text.split('|').collect(), |inner| inner.split(',').collect());
        let paths = parts.into_iter().map(Path::parse).collect::<Result<_, _>>()?;
        Ok(Self { paths, latest: inner.is_some() })
    }

    /// Holds it against the schema.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn check(&self, scope: &Scope<'_>) -> Result<(), String> {
        for path in &self.paths {
            for of in path.check(scope)? {
                if of != Type::Extension("datetime".into()) {
                    return Err(format!(
                        "`{}` is not a time\na violation runs from a time",
                        path.text()
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Who has to act: the first of some paths that leads to somebody, or else a role. Without paths,
/// whoever answers for the thing.
#[derive(Clone, Debug)]
pub struct Accountable {
    /// Paths to people, teams and workloads.
    pub paths: Vec<Path>,
    /// The role in words.
    pub role: String,
}

impl Default for Accountable {
    fn default() -> Self {
        Self { paths: Vec::new(), role: "identity operations".into() }
    }
}

impl Accountable {
    /// Reads `A? | B? | a role in words`.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<&str> = text.split('|').map(str::trim).collect();
        let is_path = |part: &str| {
            ["principal", "resource"]
                .iter()
                .any(|root| part == *root || part.starts_with(&format!("{root}.")))
        };
        let role = parts.pop_if(|part| !is_path(part)).filter(|role| !role.is_empty());
        let paths = parts.into_iter().map(Path::parse).collect::<Result<_, _>>()?;
        let default = Self::default().role;
        Ok(Self { paths, role: role.map_or(default, str::to_owned) })
    }

    /// Holds it against the schema.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn check(&self, scope: &Scope<'_>) -> Result<(), String> {
        let parties = [NodeKind::Person, NodeKind::Team, NodeKind::Workload];
        for path in &self.paths {
            // `principal` alone is somebody in every question that has a principal.
            for of in path.check(scope)? {
                let somebody = |kind: &NodeKind| of == Type::Entity(kind.name().into());
                if !path.names.is_empty() && !parties.iter().any(somebody) {
                    return Err(format!(
                        "`{}` is nobody who could act\nname a person, a team or a workload",
                        path.text()
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// A fact, and what stands there when it is missing.
    Fact(Path, String),
}

/// A sentence with `{facts}`, and `{fact?fallback}` for those that may be missing.
#[derive(Clone, Debug, Default)]
pub struct Template(pub Vec<Piece>);

impl Template {
    /// Reads the text.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            pieces.push(Piece::Text(before.to_owned()));
            let closed = after.split_once('}').filter(|(inner, _)| !inner.contains('{'));
            let Some((inner, after)) = closed else {
                return Err("a brace is not closed\nwrite {fact} or {fact?fallback}".into());
            };
            let (path, fallback) = match inner.split_once('?') {
                Some((path, fallback)) => (format!("{path}?"), fallback),
                None => (inner.to_owned(), ""),
            };
            pieces.push(Piece::Fact(Path::parse(&path)?, fallback.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(
                "a brace is closed that was not opened\nwrite {fact} or {fact?fallback}".into()
            );
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Holds it against the schema.
    ///
    /// # Errors
    /// What is wrong with it, and what to do on a second line.
    pub fn check(&self, scope: &Scope<'_>) -> Result<(), String> {
        self.paths().try_for_each(|path| path.check(scope).map(|_| ()))
    }

    /// A title, and what it is about.
    pub fn about_the_resource(title: &str) -> Self {
        let resource = Path { root: Root::Resource, names: Vec::new(), optional: false };
        let title = Piece::Text(format!("{title}: "));
        Self(vec![title, Piece::Fact(resource, String::new()), Piece::Text(".".into())])
    }

    /// The facts in it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Fact(path, _) => Some(path),
            Piece::Text(_) => None,
        })
    }
}

/// The parameters that a `@limit` can name: `rotation_{resource.kind}` names one for each kind.
///
/// # Errors
/// What is wrong with it, and what to do on a second line.
pub fn limits(template: &Template, scope: &Scope<'_>) -> Result<Vec<String>, String> {
    let types = scope.types;
    if template.paths().count() > 1 {
        return Err(
            "a limit has more than one fact in it\nwrite one, such as rotation_{resource.kind}"
                .into(),
        );
    }
    let mut names = vec![String::new()];
    for piece in &template.0 {
        let endings: Vec<String> = match piece {
            Piece::Text(text) => vec![text.clone()],
            Piece::Fact(path, _) => {
                let found = path.check(scope)?;
                let words = found.iter().filter_map(|of| match of {
                    Type::Entity(name) => types.entity(name).map(|entity| entity.words.clone()),
                    _ => None,
                });
                words.flatten().collect()
            }
        };
        names = names
            .iter()
            .flat_map(|name| endings.iter().map(move |end| format!("{name}{end}")))
            .collect();
    }
    let sla = types.context(Action::Keep);
    let sla = types.attribute(&sla, "sla").map(|attribute| attribute.of.clone());
    let known = sla.as_ref().map(|sla| types.attribute_names(sla)).unwrap_or_default();
    if !names.iter().any(|name| known.contains(&name.as_str())) {
        let name = names.first().map_or("", String::as_str);
        let help = fault::suggest(name, known.iter().copied());
        return Err(format!("there is no parameter {}\n{help}", fault::quote(name)));
    }
    Ok(names.into_iter().filter(|name| known.contains(&name.as_str())).collect())
}
