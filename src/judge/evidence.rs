//! What a finding says: facts, sentences, times and parties, read off the graph.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::ask::condition::{Condition, Read, Setting, Value};
use crate::inventory::Row;
use crate::link::facts::{Fact, attributes};
use crate::link::path::Step;
use crate::link::{Graph, Node, NodeKind, Question};
use crate::policy::Rule;
use crate::policy::annotation::{Path, Piece, Root, Since, Template};
use crate::report::model::{Accountable, FactValue, Location, Thing};
use crate::time::{Instant, Span};

/// What is asked, and what it is asked of.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// The question.
    pub question: Question,
    /// The instants and thresholds.
    pub setting: Setting<'a>,
}

impl<'a> Case<'a> {
    /// A thing as reports name it.
    pub fn thing(self, node: Node) -> Thing {
        Thing { kind: node.kind.name().into(), id: self.graph.id(node).into() }
    }

    /// How a thing is called, if that isn't its id.
    pub fn name(self, node: Node) -> Option<String> {
        let name = self.graph.display_name(node);
        (name != self.graph.id(node)).then(|| name.to_owned())
    }

    /// Some things, in an order that doesn't depend on that of the records.
    fn things(self, nodes: &[Node]) -> Vec<Thing> {
        let mut things: Vec<Thing> = nodes.iter().map(|node| self.thing(*node)).collect();
        things.sort_unstable();
        things
    }

    /// The value at the end of a path.
    fn read(self, path: &Path) -> Option<Value<'a>> {
        let mut names = path.names.iter();
        let mut at = match path.root {
            Root::Principal => self.question.principal,
            Root::Resource => self.question.resource,
            Root::Context => {
                return match (path.names.first()?.as_str(), path.names.get(1)) {
                    ("now", _) => Some(Value::Fact(Fact::Time(self.setting.now))),
                    ("run_at", _) => Some(Value::Fact(Fact::Time(self.setting.run_at))),
                    (_, name) => {
                        self.setting.parameters.value(name?).map(|span| Value::Span(span.0))
                    }
                };
            }
        };
        let mut value = Fact::Node(at);
        while let Some(name) = names.next() {
            value = self.graph.fact(at, name)?;
            match value {
                Fact::Node(next) => at = next,
                _ if names.len() > 0 => return None,
                _ => {}
            }
        }
        Some(Value::Fact(value))
    }

    /// The facts that a rule's condition reads here, and those that derived ones follow from.
    pub fn facts(self, condition: &Condition) -> BTreeMap<String, FactValue> {
        let mut facts = BTreeMap::new();
        let traced = condition.trace(self.graph, self.question);
        for (path, value) in traced.into_iter().flat_map(|(_, reads)| reads) {
            facts.extend(self.sources(path));
            facts.insert(path.to_owned(), self.shown(value.as_ref()));
        }
        facts.retain(|path, _| path != "principal" && path != "resource");
        facts
    }

    /// What a derived fact follows from: nothing for one that is on record.
    pub fn sources(self, path: &str) -> Vec<(String, FactValue)> {
        let Some((parent, name)) = path.rsplit_once('.') else { return Vec::new() };
        if !is_derived(name) {
            return Vec::new();
        }
        let Ok(parent_path) = Path::parse(parent) else { return Vec::new() };
        let Some(Value::Fact(Fact::Node(node))) = self.read(&parent_path) else {
            return Vec::new();
        };
        let attribute = attributes(node.kind).iter().find(|attribute| attribute.name == name);
        let from = attribute.map_or(&[][..], |attribute| attribute.from).iter();
        let mut sources: Vec<_> = from
            .map(|source| {
                let value = self.graph.fact(node, source).map(Value::Fact);
                (format!("{parent}.{source}"), self.shown(value.as_ref()))
            })
            .collect();
        if name == "still_live" && node.kind == NodeKind::Revocation {
            let live = self.things(&self.graph.revocation(node.row).still_live);
            sources.push((format!("{parent}.still_live_things"), FactValue::Things(live)));
        }
        sources
    }

    /// A value as reports show it.
    pub fn shown(self, value: Option<&Value<'_>>) -> FactValue {
        let Some(value) = value else { return FactValue::Missing(()) };
        match value {
            Value::Fact(Fact::Bool(value)) => FactValue::Bool(*value),
            Value::Fact(Fact::Long(value)) => FactValue::Number(*value),
            Value::Fact(Fact::Text(text)) => FactValue::Text((*text).to_owned()),
            Value::Fact(Fact::Time(at)) => FactValue::Text(at.to_string()),
            Value::Fact(Fact::Word(word)) => FactValue::Text(word.name().to_owned()),
            Value::Fact(Fact::Node(node)) => FactValue::Thing(self.thing(*node)),
            Value::Fact(Fact::Texts(texts)) => FactValue::Texts(
                texts.distinct(self.graph).into_iter().map(str::to_owned).collect(),
            ),
            Value::Fact(Fact::Nodes(nodes)) => FactValue::Things(self.things(nodes)),
            Value::Span(millis) => FactValue::Text(Span(*millis).to_string()),
        }
    }

    /// A value in a sentence.
    fn said<'v>(self, value: &Value<'v>) -> Cow<'v, str>
    where
        'a: 'v,
    {
        match value {
            Value::Fact(Fact::Bool(true)) => "yes".into(),
            Value::Fact(Fact::Bool(false)) => "no".into(),
            Value::Fact(Fact::Long(value)) => value.to_string().into(),
            Value::Fact(Fact::Text(text)) => (*text).into(),
            Value::Fact(Fact::Word(word)) => word.name().into(),
            Value::Fact(Fact::Time(at)) => at.date().into(),
            Value::Fact(Fact::Node(node)) => self.graph.display_name(*node).into(),
            Value::Fact(Fact::Texts(texts)) => {
                list(texts.distinct(self.graph).into_iter().map(str::to_owned).collect()).into()
            }
            Value::Fact(Fact::Nodes(nodes)) => {
                let names = nodes.iter().map(|node| self.graph.display_name(*node).to_owned());
                let mut names: Vec<String> = names.collect();
                names.sort_unstable();
                list(names).into()
            }
            Value::Span(millis) => Span(*millis).to_string().into(),
        }
    }

    /// A template with its facts.
    pub fn sentence(self, template: &Template) -> String {
        let pieces = template.0.iter().map(|piece| -> Cow<'_, str> {
            match piece {
                Piece::Text(text) => text.into(),
                Piece::Fact(path, fallback) => match (self.read(path), path.names.last()) {
                    (Some(value), _) => self.said(&value),
                    (None, _) if path.optional => fallback.into(),
                    // Required by the schema, and the record names something unknown.
                    (None, name) => {
                        format!("an unknown {}", name.map_or("", String::as_str)).into()
                    }
                },
            }
        });
        pieces.fold(String::with_capacity(128), |said, piece| said + &piece)
    }

    /// Since when a rule is violated, and for how long past its limit.
    pub fn overdue(self, rule: &Rule) -> (Option<Instant>, Option<i64>) {
        let time = |path: &Path| match self.read(path) {
            Some(Value::Fact(Fact::Time(at))) => Some(at),
            _ => None,
        };
        let since = rule.since.as_ref().and_then(|Since { paths, latest }| {
            let mut times = paths.iter().filter_map(time);
            if *latest { times.max() } else { times.next() }
        });
        let privileged = rule.limit_privileged.as_ref().filter(|_| self.is_privileged());
        let limit = privileged.or(rule.limit.as_ref()).map(|limit| self.sentence(limit));
        let limit = limit.and_then(|name| self.setting.parameters.value(&name)).unwrap_or(Span(0));
        // Freshness and exceptions are judged as of the run, everything else as of the facts.
        let now = if self.question.action.is_about_the_run() {
            self.setting.run_at
        } else {
            self.setting.now
        };
        // What has been put right late was overdue until then.
        let until = rule.until.as_ref().and_then(|until| until.paths.iter().find_map(time));
        let now = until.unwrap_or(now);
        let overdue = since.map(|since| Span(now.since(since).0 - limit.0).days().max(0));
        (since, overdue)
    }

    /// Whether the thing that the question is about is privileged.
    pub fn is_privileged(self) -> bool {
        let Node { kind, row } = self.question.resource;
        let graph = self.graph;
        match kind {
            NodeKind::Workload => graph.workload(row).privileged,
            NodeKind::Group => graph.inventory.groups.get(row).privileged == Some(true),
            NodeKind::Account => graph.account(row).privileged,
            NodeKind::Credential => graph.credential(row).privileged,
            NodeKind::Entitlement => graph.inventory.entitlements.get(row).privileged == Some(true),
            NodeKind::Revocation => graph.revocation(row).privileged,
            _ => false,
        }
    }

    /// Who has to act: the first who is somebody and hasn't left.
    pub fn accountable(self, rule: &Rule) -> Accountable {
        let present = |node: &Node| match node.kind {
            NodeKind::Person => !self.graph.person(node.row).ended,
            NodeKind::Team => self.graph.team(node.row).active_members > 0,
            kind => kind == NodeKind::Workload,
        };
        let mut named = rule.accountable.paths.iter().filter_map(|path| match self.read(path)? {
            Value::Fact(Fact::Node(node)) => Some(node).filter(present),
            _ => None,
        });
        let somebody = if rule.accountable.paths.is_empty() {
            self.graph.accountable(self.question.resource).filter(present)
        } else {
            named.next()
        };
        let role = &rule.accountable.role;
        somebody.map_or_else(
            || Accountable { kind: "Role".into(), id: role.clone(), name: role.clone() },
            |node| Accountable {
                kind: node.kind.name().into(),
                id: self.graph.id(node).into(),
                name: self.graph.display_name(node).into(),
            },
        )
    }

    /// The way from the principal to the resource.
    pub fn path(self) -> Vec<Thing> {
        let steps = self.graph.path(self.question).into_iter();
        steps
            .map(|step| match step {
                Step::Node(node) => self.thing(node),
                Step::Role(role) => Thing { kind: "Role".into(), id: role },
                Step::Omitted(steps) => {
                    Thing { kind: "Omitted".into(), id: format!("{steps} steps") }
                }
            })
            .collect()
    }

    /// Where the record stands that the question is about.
    pub fn location(self) -> Location {
        let Question { principal, resource, .. } = self.question;
        let (node, task) = match resource.kind {
            NodeKind::Inventory => (principal, None),
            NodeKind::Revocation => {
                let revocation = self.graph.revocation(resource.row);
                (Node::new(NodeKind::Offboarding, revocation.offboarding), revocation.task)
            }
            _ => (resource, None),
        };
        if node.kind == NodeKind::Exception {
            return self.graph.exception(node.row).location.clone();
        }
        let inventory = &self.graph.inventory;
        let Some(kind) = node.kind.record() else {
            return Location { file: "-".into(), pointer: String::new(), line: 1, column: 1 };
        };
        if inventory.imported {
            let from = inventory.source_ref(kind, node.row);
            return in_export(from.unwrap_or_else(|| inventory.id(kind, node.row)));
        }
        let mut place = inventory.place(kind, node.row);
        let mut pointer = match place.index {
            Some(index) => format!("/{}/{index}", kind.plural()),
            None => format!("/{}", kind.singular()),
        };
        if let Some(task) = task {
            pointer += &format!("/tasks/{task}");
            let places = inventory.task_places.get(node.row as usize);
            if let Some((line, column)) = places.and_then(|places| places.get(task)) {
                (place.line, place.column) = (*line, *column);
            }
        }
        if node.kind == NodeKind::Source && self.graph.inventory.is_own_source {
            pointer = "/generated_at".into();
        }
        let file = inventory.files.get(place.file as usize);
        let file = file.map_or("-", |file| file.path.as_str()).to_owned();
        Location { file, pointer, line: place.line, column: place.column }
    }

    /// The system that the question is about.
    pub fn system(self) -> Option<&'a str> {
        let system = self.system_row()?;
        Some(self.graph.id(Node::new(NodeKind::System, system)))
    }

    /// The row of that system.
    pub fn system_row(self) -> Option<Row> {
        let Node { kind, row } = self.question.resource;
        let graph = self.graph;
        match kind {
            NodeKind::System => Some(row),
            NodeKind::Account => graph.account(row).system.get(),
            NodeKind::Credential => graph.credential(row).system.get(),
            NodeKind::Entitlement => graph.entitlement(row).system.get(),
            NodeKind::Group => graph.group(row).system.get(),
            NodeKind::Revocation => graph.revocation(row).system,
            _ => None,
        }
    }
}

/// Whether a fact of that name follows from others, of whatever thing: most don't.
fn is_derived(name: &str) -> bool {
    static NAMES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let all = NodeKind::ALL.iter().flat_map(|kind| attributes(*kind));
        let derived = all.filter(|attribute| !attribute.from.is_empty());
        derived.map(|attribute| attribute.name).chain(["still_live"]).collect()
    });
    NAMES.contains(name)
}

/// The place of an imported record: `FILE#POINTER`, `FILE:LINE`, or both.
fn in_export(from: &str) -> Location {
    let line = |text: &str| {
        let (front, line) = text.rsplit_once(':')?;
        Some((front.to_owned(), line.parse::<u32>().ok()?))
    };
    let (file, pointer) = from.split_once('#').unwrap_or((from, ""));
    let (file, of_file) =
        line(file).map_or((file.to_owned(), None), |(file, line)| (file, Some(line)));
    let (pointer, of_pointer) =
        line(pointer).map_or((pointer.to_owned(), None), |(front, line)| (front, Some(line)));
    Location { file, pointer, line: of_file.or(of_pointer).unwrap_or(1), column: 1 }
}

/// The reads of a clause, each path once.
pub fn distinct<'a, 'g>(reads: &'a [Read<'g>]) -> Vec<&'a Read<'g>> {
    let mut seen = std::collections::BTreeSet::new();
    reads.iter().filter(|(path, _)| seen.insert(*path)).collect()
}

/// Some names in a sentence: the first few, and how many more.
fn list(mut names: Vec<String>) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let shown = names.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::question::SUBJECTS;
    use crate::policy::Packs;

    #[test]
    fn what_is_read_straight_is_what_the_rules_see() {
        let paths = [concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/acme").into()];
        let loaded = crate::load::load(&paths).expect("the example is read");
        let now = loaded.inventory.generated_at;
        let graph = loaded.link(now).expect("the example is linked");
        let rules = crate::policy::RuleSet::load(&Packs::default()).expect("rules");
        let setting = Setting { now, run_at: now, parameters: &rules.parameters };
        let mut systems = 0;
        for kind in SUBJECTS {
            for row in 0..graph.population(kind) {
                let mut check = |question: Question| {
                    let case = Case { graph: &graph, question, setting };
                    let own = (kind == NodeKind::System).then_some(row);
                    let system = match graph.fact(question.resource, "system") {
                        Some(Fact::Node(system)) => Some(system.row),
                        _ => own,
                    };
                    let about = question.resource;
                    assert!(about.kind == NodeKind::Inventory || case.system_row() == system);
                    let privileged = graph.fact(about, "privileged") == Some(Fact::Bool(true));
                    assert_eq!(case.is_privileged(), privileged, "{about:?}");
                    systems += usize::from(system.is_some());
                };
                graph.questions(Node::new(kind, row), &mut check);
            }
        }
        assert!(systems > 100, "{systems}");
    }
}
