//! A sample of leavers, with all that was done about them: what an auditor looks through by hand.
//!
//! The draw is as good as random, and anybody can repeat it: all leavers sorted by SHA-256 of the
//! seed, a line feed and their id, of which the first are taken. The id is the one that is written:
//! with pseudonyms, a digest of the other would tell who it is to whoever tries names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::manifest::{Leavers, Options};
use super::open::digest_of_bytes;
use super::stage::Stage;
use super::table::Table;
use crate::fault::Fault;
use crate::inventory::vocabulary::{TaskStatus, Vocabulary};
use crate::inventory::{Kind, Row};
use crate::judge::times::hours;
use crate::link::{Graph, Link, Node, NodeKind, OptionalRow};
use crate::pseudonym::Names;
use crate::report::model::Thing;
use crate::time::Instant;

/// The sample for programs.
pub const SAMPLE: &str = "sample/leavers.json";
const TABLE: &str = "sample/leavers.csv";

/// The sample as it is written.
#[derive(Serialize, Deserialize)]
pub struct Drawn {
    seed: u64,
    requested: u64,
    #[serde(flatten)]
    leavers: Leavers,
    method: Cow<'static, str>,
    sample: Vec<Leaver>,
}

const METHOD: &str = "all leavers sorted by SHA-256 of the seed in decimal, a line feed and the id of the person, as it is written here, in UTF-8; the first are taken";

#[derive(Serialize, Deserialize)]
struct Leaver {
    person: String,
    lot: String,
    status: Cow<'static, str>,
    ended_at: Option<String>,
    offboardings: Vec<Offboarding>,
    /// By the id of the system; what is on none that is known stands under the empty one.
    systems: BTreeMap<String, OnSystem>,
}

#[derive(Serialize, Deserialize)]
struct Offboarding {
    id: String,
    kind: Cow<'static, str>,
    effective_at: String,
    recorded_at: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct OnSystem {
    tasks: Vec<Task>,
    /// The offboardings that have no task for what is here.
    missing: Vec<String>,
    /// What they hold, and works.
    still_live: Vec<Thing>,
    /// The secrets of others that they know, and work.
    known_secrets: Vec<Thing>,
}

#[derive(Serialize, Deserialize)]
struct Task {
    offboarding: String,
    action: Cow<'static, str>,
    status: Cow<'static, str>,
    requested_at: Option<String>,
    completed_at: Option<String>,
    completed_by: Option<String>,
    verified_at: Option<String>,
    verified_by: Option<String>,
    escalated_at: Option<String>,
    evidence: Option<String>,
    /// From when access had to end to when the task was done.
    hours_to_revoke: Option<f64>,
}

/// Draws and writes the sample; says from how many it is.
///
/// # Errors
/// Those of the output.
pub fn write(
    graph: &Graph,
    options: &Options,
    names: Names<'_>,
    stage: &mut Stage,
) -> Result<Leavers, Fault> {
    let (leavers, drawn) = draw(graph, options, names);
    let all = Drawn {
        seed: options.seed,
        requested: options.sample,
        leavers: leavers.clone(),
        method: METHOD.into(),
        sample: looked_into(graph, drawn, names),
    };
    all.write(stage)?;
    Ok(leavers)
}

impl Drawn {
    /// Writes it for programs and as a table.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, stage: &mut Stage) -> Result<(), Fault> {
        stage.write(SAMPLE, |out| {
            crate::json::write::pretty(&mut *out, self)?;
            out.write_all(b"\n")
        })?;
        stage.write(TABLE, |out| table(&self.sample, out))
    }
}

/// What decides whether somebody is drawn.
pub fn lot(seed: u64, person: &str) -> String {
    digest_of_bytes(format!("{seed}\n{person}").as_bytes())
}

fn draw(graph: &Graph, options: &Options, names: Names<'_>) -> (Leavers, Vec<(String, Row)>) {
    let rows = (0..).zip(&graph.people).filter(|(_, facts)| facts.ended);
    let mut lots: Vec<(String, Row)> = rows
        .map(|(row, _)| {
            (lot(options.seed, &names.text(graph.inventory.id(Kind::Person, row))), row)
        })
        .collect();
    let population = lots.len() as u64;
    lots.sort();
    lots.truncate(usize::try_from(options.sample).unwrap_or(usize::MAX));
    (Leavers { population, sampled: lots.len() as u64 }, lots)
}

/// All that the inventory says of those who were drawn.
fn looked_into(graph: &Graph, drawn: Vec<(String, Row)>, names: Names<'_>) -> Vec<Leaver> {
    let numbers: FxHashMap<Row, usize> =
        drawn.iter().enumerate().map(|(number, (_, row))| (*row, number)).collect();
    let text = |at: Option<Instant>| at.map(|at| at.to_string());
    let leaver = |(lot, row): (String, Row)| {
        let person = graph.inventory.people.get(row);
        Leaver {
            person: names.text(graph.inventory.id(Kind::Person, row)).into_owned(),
            lot,
            status: person.status.name().into(),
            ended_at: text(person.ended_at),
            offboardings: Vec::new(),
            systems: BTreeMap::new(),
        }
    };
    let mut sample: Vec<Leaver> = drawn.into_iter().map(leaver).collect();
    let number_of = |node: Node| match node.kind {
        NodeKind::Person => numbers.get(&node.row).copied(),
        _ => None,
    };
    for (row, facts) in (0..).zip(&graph.offboardings) {
        let leaver = facts.subject.known().and_then(number_of);
        let leaver = leaver.and_then(|number| sample.get_mut(number));
        leaver.into_iter().for_each(|leaver| leaver.offboarding(graph, row, names));
    }
    let mut live = |node: Node, holder: Option<Node>, system: OptionalRow, known: bool| {
        let leaver = holder.and_then(number_of).and_then(|number| sample.get_mut(number));
        let Some(leaver) = leaver else { return };
        let system = system.get().map_or("", |row| graph.inventory.id(Kind::System, row));
        let there = leaver.systems.entry(system.to_owned()).or_default();
        let list = if known { &mut there.known_secrets } else { &mut there.still_live };
        let id = names.id(node.kind, graph.id(node)).into_owned();
        list.push(Thing { kind: node.kind.name().into(), id });
    };
    for (row, facts) in (0..).zip(&graph.accounts).filter(|(_, facts)| facts.live) {
        live(Node::new(NodeKind::Account, row), facts.identity.known(), facts.system, false);
    }
    for (row, facts) in (0..).zip(&graph.credentials).filter(|(_, facts)| facts.live) {
        let node = Node::new(NodeKind::Credential, row);
        live(node, facts.holder.known(), facts.system, false);
        let others = facts.known_to().iter().filter(|person| facts.holder != Link::To(**person));
        others.for_each(|person| live(node, Some(*person), facts.system, true));
    }
    for (row, facts) in (0..).zip(&graph.entitlements).filter(|(_, facts)| facts.live) {
        live(Node::new(NodeKind::Entitlement, row), facts.holder.known(), facts.system, false);
    }
    for (row, facts) in (0..).zip(&graph.groups) {
        for (holder, _) in &facts.holders {
            live(Node::new(NodeKind::Group, row), Some(*holder), facts.system, false);
        }
    }
    // The order of an inventory's records says nothing.
    for leaver in &mut sample {
        let key = |one: &Offboarding| (one.effective_at.clone(), one.id.clone());
        leaver.offboardings.sort_by_key(key);
        for system in leaver.systems.values_mut() {
            system.tasks.sort_by(|a, b| a.offboarding.cmp(&b.offboarding));
            system.missing.sort();
            system.still_live.sort();
            system.known_secrets.sort();
        }
    }
    sample
}

impl Leaver {
    /// The id of an offboarding as it is written: without names, two may be called alike.
    fn unlike(&self, id: &str) -> String {
        let mut unlike = id.to_owned();
        for number in 2.. {
            if self.offboardings.iter().all(|one| one.id != unlike) {
                break;
            }
            unlike = format!("{id} ({number})");
        }
        unlike
    }

    fn offboarding(&mut self, graph: &Graph, row: Row, names: Names<'_>) {
        let inventory = &graph.inventory;
        let offboarding = inventory.offboardings.get(row);
        let id = self.unlike(&names.text(inventory.id(Kind::Offboarding, row)));
        let time = |at: Option<Instant>| at.map(|at| at.to_string());
        self.offboardings.push(Offboarding {
            id: id.clone(),
            kind: offboarding.kind.name().into(),
            effective_at: offboarding.effective_at.to_string(),
            recorded_at: time(offboarding.recorded_at),
        });
        for number in graph.offboarding(row).revocations.clone() {
            let revocation = graph.revocation(number);
            let known = revocation.system.map(|row| Cow::Borrowed(inventory.id(Kind::System, row)));
            let Some(task) = graph.task(revocation) else {
                let there = self.systems.entry(known.unwrap_or_default().into_owned()).or_default();
                there.missing.push(id.clone());
                continue;
            };
            // One that nobody knows may be anybody.
            let system = known.unwrap_or_else(|| names.text(inventory.words.text(task.system.0)));
            let words = &inventory.words;
            let text = |text: Option<crate::inventory::field::Text>| {
                text.map(|text| names.text(words.text(text.0)).into_owned())
            };
            let ended = task.completed_at.filter(|_| task.status == TaskStatus::Done);
            self.systems.entry(system.into_owned()).or_default().tasks.push(Task {
                offboarding: id.clone(),
                action: task.action.name().into(),
                status: task.status.name().into(),
                requested_at: time(task.requested_at),
                completed_at: time(task.completed_at),
                completed_by: text(task.completed_by),
                verified_at: time(task.verified_at),
                verified_by: text(task.verified_by),
                escalated_at: time(task.escalated_at),
                evidence: text(task.evidence),
                hours_to_revoke: ended.map(|at| hours(offboarding.effective_at, at)),
            });
        }
    }
}

const COLUMNS: [&str; 19] = [
    "person",
    "status",
    "ended_at",
    "system",
    "offboarding",
    "offboarding_kind",
    "effective_at",
    "action",
    "task_status",
    "requested_at",
    "completed_at",
    "completed_by",
    "verified_at",
    "verified_by",
    "escalated_at",
    "evidence",
    "hours_to_revoke",
    "still_live",
    "known_secrets",
];

/// A row for each task, each lack of one, and each system where there is neither.
fn table(sample: &[Leaver], out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut table = Table::new(out, &COLUMNS)?;
    for leaver in sample {
        let row = |system: &str, offboarding: &str, task: Option<&Task>, there: &OnSystem| {
            let of = leaver.offboardings.iter().find(|one| one.id == offboarding);
            let text = |text: Option<&String>| text.cloned().unwrap_or_default();
            let of_task = |read: fn(&Task) -> Option<&String>| text(task.and_then(read));
            let things = |things: &[Thing]| {
                let names: Vec<String> =
                    things.iter().map(|thing| format!("{}::{}", thing.kind, thing.id)).collect();
                names.join(" ")
            };
            let missing = if offboarding.is_empty() { "" } else { "missing" };
            let hours = task.and_then(|task| task.hours_to_revoke);
            [
                leaver.person.clone(),
                leaver.status.to_string(),
                text(leaver.ended_at.as_ref()),
                system.into(),
                offboarding.into(),
                of.map_or("", |one| &one.kind).into(),
                of.map_or(String::new(), |one| one.effective_at.clone()),
                task.map_or("", |task| &task.action).into(),
                task.map_or(missing, |task| &task.status).into(),
                of_task(|task| task.requested_at.as_ref()),
                of_task(|task| task.completed_at.as_ref()),
                of_task(|task| task.completed_by.as_ref()),
                of_task(|task| task.verified_at.as_ref()),
                of_task(|task| task.verified_by.as_ref()),
                of_task(|task| task.escalated_at.as_ref()),
                of_task(|task| task.evidence.as_ref()),
                hours.map_or(String::new(), |hours| hours.to_string()),
                things(&there.still_live),
                things(&there.known_secrets),
            ]
        };
        for (system, there) in &leaver.systems {
            for task in &there.tasks {
                table.row(&row(system, &task.offboarding, Some(task), there))?;
            }
            for offboarding in &there.missing {
                table.row(&row(system, offboarding, None, there))?;
            }
            if there.tasks.is_empty() && there.missing.is_empty() {
                table.row(&row(system, "", None, there))?;
            }
        }
        if leaver.systems.is_empty() {
            let offboarding = leaver.offboardings.first().map_or("", |one| one.id.as_str());
            let mut cells = row("", offboarding, None, &OnSystem::default());
            // Nothing is known that a task could end.
            if let Some(status) = cells.get_mut(8) {
                status.clear();
            }
            table.row(&cells)?;
        }
    }
    table.finish().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_what_sha256sum_says_of_seed_and_person() {
        // printf '%s\n%s' 7 amy | sha256sum
        assert!(lot(7, "amy").starts_with("c60638b895cb26344c66473967e2258c"));
        assert_ne!(lot(7, "amy"), lot(8, "amy"));
    }
}
