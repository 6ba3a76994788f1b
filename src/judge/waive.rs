//! Waive: which findings an exception covers, and whether it may be honoured.
//!
//! The first findings say what each exception fits; then Cedar is asked the `waive` question about
//! it. Only one that no rule forbids waives anything. One that is not honoured leaves the finding
//! as it was, and is a finding itself.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::evidence::Case;
use super::human::Humans;
use super::{Judged, Kept, Made};
use crate::ask::condition::Setting;
use crate::ask::{Answers, Depth, ask};
use crate::exceptions::Exception;
use crate::fault::{self, Faults, quote};
use crate::inventory::Row;
use crate::inventory::vocabulary::Vocabulary;
use crate::link::facts::Fact;
use crate::link::{Action, ExceptionFacts, Graph, Node, NodeKind};
use crate::policy::{Rule, RuleSet, Severity};
use crate::report::findings::Findings;
use crate::report::model::{ExceptionResult, ExceptionState, Finding, Status, Thing};

/// The rules that say no more of an exception than that it is over, or idle.
const EXPIRED: &str = "exception-expired";
const UNUSED: &str = "exception-unused";

/// Without these rules an exception would be honoured that nobody has approved, or for ever.
const NEEDED: [&str; 4] =
    [EXPIRED, "exception-unapproved", "exception-self-approved", "exception-not-waivable"];

/// Judges exceptions, and waives what those cover that are honoured.
///
/// # Errors
/// Where Cedar says something else than a compiled condition.
pub fn waive(
    graph: &mut Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    depth: Depth,
    given: &[Exception],
    judged: &mut Judged,
) -> Result<(), Faults> {
    if given.is_empty() {
        return Ok(());
    }
    let fits: Vec<Fit> = fits(given, graph, rules, setting, &judged.kept);
    let (members, humans) = (members(graph), Humans::new(graph));
    let facts = given
        .iter()
        .zip(&fits)
        .map(|(exception, fit)| facts(exception, fit, graph, rules, &members, &humans))
        .collect();
    graph.exceptions = facts;
    let answers = ask(graph, rules, setting, depth, &[NodeKind::Exception], &|_| {});
    answers.agreed(graph, rules)?;
    let Answers { hits, tallies, .. } = answers;
    let own = super::kept(graph, rules, setting, hits);
    let made = Made::new(graph, rules, setting, own, Vec::new());
    let said: Vec<Cow<'_, Finding>> =
        (0..made.count()).filter_map(|number| made.finding(number)).collect();
    let off = NEEDED.iter().find(|id| !rules.find(id).is_some_and(|rule| rule.enabled));
    let renewals = renewals(given);
    let mut register: Vec<ExceptionResult> = Vec::new();
    for (number, (exception, fit)) in given.iter().zip(&fits).enumerate() {
        let about = |finding: &&Cow<'_, Finding>| {
            finding.resource.kind == NodeKind::Exception.name()
                && finding.resource.id == exception.id
        };
        let mut entry =
            result(exception, said.iter().filter(about).map(AsRef::as_ref), fit.findings.len());
        if let Some(off) = off {
            if entry.state == ExceptionState::Active {
                entry.state = ExceptionState::Refused;
            }
            entry.why.push(format!("The rule {off} is not on, so no exception is honoured."));
        }
        entry.why.extend(fit.note.clone());
        if rules.find(&exception.rule).is_none() {
            let near =
                fault::nearest(&exception.rule, rules.rules.iter().map(|rule| rule.id.as_str()));
            let near = near.map_or(String::new(), |near| format!(" Did you mean {near}?"));
            entry.why.push(format!("There is no rule {}.{near}", quote(&exception.rule)));
        }
        entry.renewals = renewals.get(number).copied().unwrap_or(0);
        register.push(entry);
    }
    honour(&mut register, given, &fits, judged);
    register.sort_by(|a, b| (a.state, &a.expires_at, &a.id).cmp(&(b.state, &b.expires_at, &b.id)));
    judged.exceptions = register;
    let own = made.kept;
    for (tally, other) in judged.tallies.iter_mut().zip(tallies) {
        tally.add(other);
    }
    judged.kept.extend(own);
    Ok(())
}

/// What an exception fits.
#[derive(Default)]
struct Fit {
    /// The numbers of findings.
    findings: Vec<usize>,
    /// Their principals.
    principals: BTreeSet<Thing>,
    /// The severity of the worst of them.
    worst: Option<Severity>,
    /// Why it fits nothing, where that isn't plain.
    note: Option<String>,
}

fn fits(
    given: &[Exception],
    graph: &Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    kept: &[Kept],
) -> Vec<Fit> {
    let mut wanted: FxHashMap<usize, FxHashSet<&Thing>> = FxHashMap::default();
    let number_of = |exception: &Exception| {
        rules.rules.binary_search_by(|rule| rule.id.cmp(&exception.rule)).ok()
    };
    for exception in given {
        if let Some(rule) = number_of(exception) {
            wanted.entry(rule).or_default().insert(&exception.resource);
        }
    }
    let mut by_subject: FxHashMap<(usize, &Thing), Vec<usize>> = FxHashMap::default();
    let thing =
        |kept: &Kept, node: Node| Case { graph, question: kept.hit.question, setting }.thing(node);
    for (number, kept) in kept.iter().enumerate() {
        // What could not be judged can't be excused: nobody knows what it is.
        let wanted = wanted.get(&kept.hit.rule).filter(|_| kept.status == Status::Violation);
        let subject =
            wanted.and_then(|things| things.get(&thing(kept, kept.hit.question.resource)));
        if let Some(subject) = subject {
            by_subject.entry((kept.hit.rule, *subject)).or_default().push(number);
        }
    }
    let fit = |exception: &Exception| {
        let all =
            number_of(exception).and_then(|rule| by_subject.get(&(rule, &exception.resource)));
        let of =
            |number: &usize| kept.get(*number).map(|kept| thing(kept, kept.hit.question.principal));
        let mut numbers = all.cloned().unwrap_or_default();
        if let Some(principal) = &exception.principal {
            numbers.retain(|number| of(number).as_ref() == Some(principal));
        }
        let principals: BTreeSet<Thing> = numbers.iter().filter_map(of).collect();
        let rule = number_of(exception).and_then(|number| rules.rules.get(number));
        // It would also cover whoever comes next, whom nobody has approved; and two offboardings can
        // have a revocation of the same id.
        let is_for_any = principals.len() > 1 || rule.is_some_and(varies);
        if exception.principal.is_none() && !principals.is_empty() && is_for_any {
            let shown: Vec<String> = principals
                .iter()
                .take(3)
                .map(|thing| format!("{}::{}", thing.kind, thing.id))
                .collect();
            let more = if principals.len() > shown.len() { " and others" } else { "" };
            let note = format!(
                "It names no principal, and would cover whoever comes to have such a finding: name \
                 the one it is for. Now it is {}{more}.",
                shown.join(", ")
            );
            return Fit { note: Some(note), ..Fit::default() };
        }
        let severities = numbers.iter().filter_map(|number| kept.get(*number));
        let worst = severities.map(|kept| kept.severity).max();
        Fit { findings: numbers, principals, worst, note: None }
    };
    given.iter().map(fit).collect()
}

/// Whether a rule asks of the same thing for one principal today and for another tomorrow: a holder,
/// an owner, a source. A revocation has one offboarding for ever.
fn varies(rule: &Rule) -> bool {
    rule.envs.iter().any(|env| {
        env.action != Action::Close
            && !matches!(env.principal, NodeKind::Inventory | NodeKind::Nobody)
    })
}

fn facts(
    exception: &Exception,
    fit: &Fit,
    graph: &Graph,
    rules: &RuleSet,
    members: &BTreeMap<Row, Vec<Node>>,
    humans: &Humans<'_>,
) -> ExceptionFacts {
    let find = |thing: &Thing| graph.find(NodeKind::from_name(&thing.kind)?, &thing.id);
    let approver = exception.approved_by.as_ref().map_or(Node::MISSING, |id| {
        let id = id.strip_prefix("person:").unwrap_or(id);
        graph.find(NodeKind::Person, id).unwrap_or(Node::UNKNOWN)
    });
    let principals: BTreeSet<&Thing> = fit.principals.iter().chain(&exception.principal).collect();
    let mut gain = BTreeSet::new();
    for node in principals.into_iter().chain([&exception.resource]).filter_map(find) {
        parties(graph, node, members, &mut gain);
    }
    humans.complete(&mut gain);
    let rule = rules.find(&exception.rule);
    ExceptionFacts {
        id: exception.id.clone(),
        rule: exception.rule.clone(),
        kind: exception.kind,
        reason: Some(exception.reason.clone()),
        ticket: exception.ticket.clone(),
        compensating_control: exception.compensating_control.clone(),
        approver,
        approved_at: exception.approved_at,
        expires_at: exception.expires_at,
        waivable: rule.is_none_or(|rule| rule.waivable),
        severity_risen: exception
            .severity
            .is_some_and(|approved| fit.worst.is_some_and(|worst| worst > approved)),
        beneficiaries: gain.into_iter().collect(),
        matched: fit.findings.len(),
        location: exception.location.clone(),
    }
}

/// The members of each team.
fn members(graph: &Graph) -> BTreeMap<Row, Vec<Node>> {
    let mut members: BTreeMap<Row, Vec<Node>> = BTreeMap::new();
    for (row, person) in (0..).zip(&graph.people) {
        for team in &person.teams {
            members.entry(*team).or_default().push(Node::person(row));
        }
    }
    members
}

/// The people who hold a thing or answer for it; of a team, its members.
fn parties(
    graph: &Graph,
    node: Node,
    members: &BTreeMap<Row, Vec<Node>>,
    gain: &mut BTreeSet<Node>,
) {
    /// From one thing to whom it concerns.
    const WAYS: [&str; 13] = [
        "known_to",
        "used_by",
        "account",
        "identity_person",
        "identity_workload",
        "holder_person",
        "holder_workload",
        "owner_person",
        "owner_team",
        "owner_workload",
        "acts_for_person",
        "subject_person",
        "subject_workload",
    ];
    let mut open = vec![node];
    let mut seen = BTreeSet::new();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        match node.kind {
            NodeKind::Person => {
                gain.insert(node);
                continue;
            }
            NodeKind::Team => gain.extend(members.get(&node.row).into_iter().flatten()),
            NodeKind::Revocation => {
                let offboarding = graph.revocation(node.row).offboarding;
                open.push(Node::new(NodeKind::Offboarding, offboarding));
            }
            _ => {}
        }
        for way in WAYS {
            match graph.fact(node, way) {
                Some(Fact::Node(next)) => open.push(next),
                Some(Fact::Nodes(next)) => open.extend(next),
                _ => {}
            }
        }
        // Who is in a group has what the group has.
        if let (NodeKind::Entitlement, Some(Fact::Node(group))) =
            (node.kind, graph.fact(node, "group"))
        {
            open.extend(graph.group(group.row).holders.iter().map(|(holder, _)| *holder));
        }
    }
}

/// How many exceptions for the same there were before each. One that names no principal may be for
/// any, so it is for the same as each that does.
fn renewals(given: &[Exception]) -> Vec<u64> {
    let mut order: Vec<(usize, &Exception)> = given.iter().enumerate().collect();
    order.sort_by_key(|(_, exception)| exception.approved_at);
    let mut all: BTreeMap<(&str, &Thing), u64> = BTreeMap::new();
    let mut by_principal: BTreeMap<(&str, &Thing, Option<&Thing>), u64> = BTreeMap::new();
    let mut renewals = vec![0; given.len()];
    for (number, exception) in order {
        let (rule, resource) = (exception.rule.as_str(), &exception.resource);
        let principal = exception.principal.as_ref();
        let of = |principal| by_principal.get(&(rule, resource, principal)).copied().unwrap_or(0);
        let total = all.entry((rule, resource)).or_default();
        let before = if principal.is_some() { of(principal) + of(None) } else { *total };
        if let Some(renewals) = renewals.get_mut(number) {
            *renewals = before;
        }
        *total += 1;
        *by_principal.entry((rule, resource, principal)).or_default() += 1;
    }
    renewals
}

/// An exception in the register, by what the rules say of it.
fn result<'f>(
    exception: &Exception,
    findings: impl Iterator<Item = &'f Finding>,
    matched: usize,
) -> ExceptionResult {
    let (refused_by, why): (Vec<String>, Vec<String>) =
        findings.map(|finding| (finding.rule.clone(), finding.message.clone())).unzip();
    let only = |rule: &str| refused_by.iter().all(|own| own == rule);
    let state = if refused_by.is_empty() {
        ExceptionState::Active
    } else if only(UNUSED) {
        ExceptionState::Unused
    } else if refused_by.iter().any(|rule| rule == EXPIRED) {
        ExceptionState::Expired
    } else {
        ExceptionState::Refused
    };
    let text = |at: Option<crate::time::Instant>| at.map(|at| at.to_string());
    ExceptionResult {
        id: exception.id.clone(),
        rule: exception.rule.clone(),
        resource: exception.resource.clone(),
        principal: exception.principal.clone(),
        kind: exception.kind.map(|kind| kind.name().to_owned()),
        reason: Some(exception.reason.clone()),
        approved_by: exception.approved_by.clone(),
        approved_at: text(exception.approved_at),
        expires_at: text(exception.expires_at),
        ticket: exception.ticket.clone(),
        compensating_control: exception.compensating_control.clone(),
        state,
        refused_by,
        why,
        matched: matched as u64,
        waived: 0,
        renewals: 0,
        location: exception.location.clone(),
    }
}

/// Waives what honoured exceptions cover. Of two for one finding, the one that lasts longer does.
fn honour(
    register: &mut [ExceptionResult],
    given: &[Exception],
    fits: &[Fit],
    judged: &mut Judged,
) {
    let mut order: Vec<usize> = (0..given.len()).collect();
    let key = |number: &usize| {
        given.get(*number).map(|exception| (std::cmp::Reverse(exception.expires_at), &exception.id))
    };
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    for number in order {
        let (Some(entry), Some(fit)) = (register.get_mut(number), fits.get(number)) else {
            continue;
        };
        if entry.state != ExceptionState::Active {
            continue;
        }
        let waiver = u32::try_from(judged.waivers.len()).ok();
        judged.waivers.push(entry.id.clone());
        for finding in &fit.findings {
            let Some(kept) = judged.kept.get_mut(*finding) else { continue };
            if kept.status == Status::Violation && waiver.is_some() {
                kept.status = Status::Waived;
                kept.exception = waiver;
                entry.waived += 1;
            }
        }
    }
}
