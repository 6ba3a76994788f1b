//! Diff: what changed from one report to a later one.
//!
//! A finding that the later report doesn't have is resolved only where that report could have found
//! it: if it is incomplete, or the rule is gone, off or was asked nothing, the finding is not seen,
//! and nobody knows whether it is resolved.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use model::{
    Change, Count, Counts, Diff, Entry, ParameterPair, RuleChange, RuleDifference, RuleState, Side,
    State, TimesPair, VERSION,
};

use crate::fault::quote;
use crate::policy::Severity;
use crate::report::model::{Finding, Report, RuleResult, Status, Times, Tool, Verdict};
use crate::time::Instant;

pub mod model;
mod seen;
#[cfg(test)]
mod tests;
pub mod write;

/// Compares a report with a later one; the names are those of their files.
pub fn diff((old_name, old): (&str, &Report), (new_name, new): (&str, &Report)) -> Diff {
    let rules = rules(old, new);
    let (findings, counts) = findings(old, new, &rules);
    Diff {
        version: VERSION.into(),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        warnings: warnings(old, new),
        old: side(old_name, old),
        new: side(new_name, new),
        counts,
        population: paired(&old.population, &new.population, |old, new| Count {
            old: old.copied().unwrap_or_default(),
            new: new.copied().unwrap_or_default(),
        }),
        revocation_by_system: times(&old.revocation.by_system, &new.revocation.by_system),
        revocation_by_kind: times(&old.revocation.by_kind, &new.revocation.by_kind),
        rules,
        parameters: parameters(old, new),
        findings,
    }
}

impl Diff {
    /// How many violations are new at or above a severity: those that the earlier report doesn't have
    /// as violations, or has as less severe than that.
    pub fn new_violations(&self, least: Severity) -> usize {
        let counts = |state: &State| state.status == Status::Violation && state.severity >= least;
        let open = |state: Option<&State>| state.is_some_and(counts);
        let new = |entry: &&Entry| {
            let worse = match (&entry.old, &entry.new) {
                (Some(old), Some(new)) => new.severity > old.severity,
                _ => false,
            };
            open(entry.new.as_ref()) && (!open(entry.old.as_ref()) || worse)
        };
        self.findings.iter().filter(new).count()
    }
}

fn side(path: &str, report: &Report) -> Side {
    Side {
        path: path.to_owned(),
        as_of: report.as_of.clone(),
        run_at: report.run_at.clone(),
        verdict: report.verdict,
        fail_on: report.fail_on,
        incomplete: report.incomplete.clone(),
        policies_sha256: report.policies.sha256.clone(),
        violations: report.summary.by_severity.clone(),
    }
}

/// Two maps as one of pairs.
fn paired<V, P>(
    old: &BTreeMap<String, V>,
    new: &BTreeMap<String, V>,
    pair: impl Fn(Option<&V>, Option<&V>) -> P,
) -> BTreeMap<String, P> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().map(|key| (key.clone(), pair(old.get(key), new.get(key)))).collect()
}

fn times(
    old: &BTreeMap<String, Times>,
    new: &BTreeMap<String, Times>,
) -> BTreeMap<String, TimesPair> {
    paired(old, new, |old, new| TimesPair { old: old.cloned(), new: new.cloned() })
}

fn parameters(old: &Report, new: &Report) -> BTreeMap<String, ParameterPair> {
    let mut all = paired(&old.parameters, &new.parameters, |old, new| ParameterPair {
        old: old.cloned(),
        new: new.cloned(),
    });
    all.retain(|_, pair| match (&pair.old, &pair.new) {
        (Some(old), Some(new)) => old.value != new.value,
        _ => true,
    });
    all
}

fn rules(old: &Report, new: &Report) -> Vec<RuleDifference> {
    let by_id = |report: &Report| -> BTreeMap<String, RuleState> {
        let state = |rule: &RuleResult| RuleState {
            sha256: rule.sha256.clone(),
            enabled: rule.enabled,
            severity: rule.severity,
            asked: rule.asked,
        };
        report.rules.iter().map(|rule| (rule.id.clone(), state(rule))).collect()
    };
    let all = paired(&by_id(old), &by_id(new), |old, new| (old.cloned(), new.cloned()));
    let mut different = Vec::new();
    for (id, (old, new)) in all {
        let changes: Vec<RuleChange> = match (&old, &new) {
            (None, _) => vec![RuleChange::Added],
            (_, None) => vec![RuleChange::Removed],
            (Some(old), Some(new)) => [
                (old.sha256 != new.sha256, RuleChange::Changed),
                (!old.enabled && new.enabled, RuleChange::TurnedOn),
                (old.enabled && !new.enabled, RuleChange::TurnedOff),
                (old.severity != new.severity, RuleChange::Severity),
                (new.enabled && new.asked < old.asked, RuleChange::AskedFewer),
            ]
            .into_iter()
            .filter_map(|(is, change)| is.then_some(change))
            .collect(),
        };
        if !changes.is_empty() {
            different.push(RuleDifference { id, changes, old, new });
        }
    }
    different
}

fn warnings(old: &Report, new: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    if is_earlier(new, old) {
        let (new, old) = (quote(&new.as_of.value), quote(&old.as_of.value));
        warnings.push(format!(
            "NEW is as of {new}, before OLD, which is as of {old}: are they the right way round?"
        ));
    }
    for (name, report) in [("OLD", old), ("NEW", new)] {
        let said = match name {
            "OLD" => "what is new may have been there before",
            _ => "what it doesn't have may still be there",
        };
        if !report.incomplete.is_empty() || report.verdict == Verdict::Incomplete {
            warnings.push(format!("{name} is incomplete: {said}"));
        }
    }
    warnings.extend(seen::warnings(old, new));
    if old.policies.sha256 != new.policies.sha256 {
        warnings.push("the rule sets differ: findings may come and go with their rules".to_owned());
    }
    if !parameters(old, new).is_empty() {
        warnings.push("thresholds differ: findings may come and go with them".to_owned());
    }
    if old.fail_on != new.fail_on {
        let (old, new) = (old.fail_on.name(), new.fail_on.name());
        warnings.push(format!(
            "OLD fails on {old} and above, NEW on {new} and above: their verdicts don't compare"
        ));
    }
    warnings
}

/// Whether a report is as of an earlier instant than another.
fn is_earlier(report: &Report, other: &Report) -> bool {
    let instant = |report: &Report| Instant::parse(&report.as_of.value).ok();
    instant(report) < instant(other)
}

fn findings(old: &Report, new: &Report, rules: &[RuleDifference]) -> (Vec<Entry>, Counts) {
    let by_id = |report: &'_ Report| -> BTreeMap<String, usize> {
        let ids = report.findings.iter().map(|finding| finding.id.clone());
        ids.zip(0..).collect()
    };
    let (olds, news) = (by_id(old), by_id(new));
    let rules: BTreeMap<&str, &RuleDifference> =
        rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let resolved = old.baseline.iter().flat_map(|baseline| &baseline.resolved);
    let resolved: BTreeSet<&str> = resolved.map(|known| known.id.as_str()).collect();
    let was_incomplete = !old.incomplete.is_empty();
    let backwards = is_earlier(new, old);
    let parameters = parameters(old, new);
    let seen = seen::Seen::new(old, new, &parameters);

    let (mut entries, mut counts) = (Vec::new(), Counts::default());
    for finding in &new.findings {
        let before = olds.get(&finding.id).and_then(|at| old.findings.get(*at));
        let rule = rules.get(finding.rule.as_str()).copied();
        let again = resolved.contains(finding.id.as_str());
        match appeared(before, finding, again) {
            None => counts.unchanged += 1,
            Some(change) => {
                let missing = before.is_none() && !again;
                let mut why = if missing { why_new(rule, was_incomplete) } else { Vec::new() };
                why.extend(seen.thresholds(finding).filter(|_| missing));
                entries.push(entry(change, before, Some(finding), finding, why));
            }
        }
    }
    for finding in old.findings.iter().filter(|finding| !news.contains_key(&finding.id)) {
        let rule = rules.get(finding.rule.as_str()).copied();
        let asked = new.rules.iter().find(|rule| rule.id == finding.rule).map(|rule| rule.asked);
        let (change, why) = gone(rule, asked, new, backwards, seen.of(finding));
        entries.push(entry(change, Some(finding), None, finding, why));
    }
    for entry in &entries {
        *counts.of(entry.change) += 1;
    }
    entries.sort_by(|a, b| {
        let severity = |entry: &Entry| {
            let state = entry.new.as_ref().or(entry.old.as_ref());
            Reverse(state.map(|state| state.severity))
        };
        (a.change, severity(a), &a.rule, &a.resource, &a.principal, &a.id).cmp(&(
            b.change,
            severity(b),
            &b.rule,
            &b.resource,
            &b.principal,
            &b.id,
        ))
    });
    (entries, counts)
}

/// What became of a finding that the later report has.
fn appeared(before: Option<&Finding>, now: &Finding, resolved: bool) -> Option<Change> {
    let open = now.status == Status::Violation;
    match before {
        None if open && resolved => Some(Change::Resurrected),
        None => Some(Change::New),
        Some(before) if open && before.status == Status::Waived => Some(Change::Resurrected),
        Some(before) if before.status != now.status => Some(Change::Status),
        Some(before) if before.severity != now.severity => Some(Change::Severity),
        Some(_) => None,
    }
}

/// Why what is new may have been there before.
fn why_new(rule: Option<&RuleDifference>, incomplete: bool) -> Vec<String> {
    let mut why = Vec::new();
    if incomplete {
        why.push("OLD is incomplete".to_owned());
    }
    for change in rule.iter().flat_map(|rule| &rule.changes) {
        match change {
            RuleChange::Added => why.push("OLD doesn't have the rule".to_owned()),
            RuleChange::TurnedOn => why.push("the rule was off in OLD".to_owned()),
            RuleChange::Changed => why.push("the rule has changed".to_owned()),
            _ => {}
        }
    }
    why
}

/// What became of a finding that the later report doesn't have, and why that isn't certain.
fn gone(
    rule: Option<&RuleDifference>,
    asked: Option<u64>,
    new: &Report,
    backwards: bool,
    (mut blind, mut unsure): (Vec<String>, Vec<String>),
) -> (Change, Vec<String>) {
    if !new.incomplete.is_empty() || new.verdict == Verdict::Incomplete {
        blind.push("NEW is incomplete".to_owned());
    }
    if backwards {
        blind.push("NEW is as of an earlier instant".to_owned());
    }
    for change in rule.iter().flat_map(|rule| &rule.changes) {
        match change {
            RuleChange::Removed => blind.push("NEW doesn't have the rule".to_owned()),
            RuleChange::TurnedOff => blind.push("the rule is off in NEW".to_owned()),
            RuleChange::Changed => unsure.push("the rule has changed".to_owned()),
            RuleChange::AskedFewer if asked.is_none_or(|asked| asked > 0) => {
                let of = |state: &Option<RuleState>| state.as_ref().map_or(0, |state| state.asked);
                let (old, new) = rule.map_or((0, 0), |rule| (of(&rule.old), of(&rule.new)));
                unsure.push(format!("the rule was asked of {new} things, and of {old} before"));
            }
            _ => {}
        }
    }
    if asked == Some(0) && blind.is_empty() {
        blind.push("the rule was asked nothing in NEW".to_owned());
    }
    let change = match (blind.is_empty(), unsure.is_empty()) {
        (false, _) => Change::NotSeen,
        (true, false) => Change::Unclear,
        (true, true) => Change::Resolved,
    };
    blind.extend(unsure);
    (change, blind)
}

fn entry(
    change: Change,
    old: Option<&Finding>,
    new: Option<&Finding>,
    said: &Finding,
    why: Vec<String>,
) -> Entry {
    let state = |finding: &Finding| State {
        status: finding.status,
        severity: finding.severity,
        exception: finding.exception.clone(),
    };
    Entry {
        change,
        id: said.id.clone(),
        rule: said.rule.clone(),
        old: old.map(state),
        new: new.map(state),
        why,
        message: said.message.clone(),
        principal: said.principal.clone(),
        action: said.action.to_string(),
        resource: said.resource.clone(),
        system: said.system.clone(),
    }
}
