//! Whether what a report says of itself agrees with what it holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::quote;
use crate::inventory::Kind;
use crate::judge::summarize;
use crate::policy::{Severity, digest};
use crate::report::model::{Mark, Report, Status, Verdict};
use crate::time::{Instant, Span};

mod register;
mod single;

/// What doesn't agree.
pub fn wrong(report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, instant) in [("as_of", &report.as_of.value), ("run_at", &report.run_at)] {
        wrong.extend(time(name, instant));
    }
    inputs(report, &mut wrong);
    as_of(report, &mut wrong);
    systems(report, &mut wrong);
    rules(report, &mut wrong);
    findings(report, &mut wrong);
    report.findings.iter().for_each(|finding| single::wrong(finding, report, &mut wrong));
    register::wrong(report, &mut wrong);
    marks(report, &mut wrong);
    verdict(report, &mut wrong);
    wrong
}

/// What is wrong with an instant.
fn time(name: &str, instant: &str) -> Option<String> {
    let is_time = Instant::parse(instant).is_ok();
    (!is_time).then(|| format!("`{name}` is no time: {}", quote(instant)))
}

/// What was read is named once, and what is said of it can be.
fn inputs(report: &Report, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for file in &report.inventory {
        wrong.extend(time("generated_at", &file.generated_at));
        if !seen.insert(&file.path) {
            wrong.push(format!("it names the file {} twice", quote(&file.path)));
        }
    }
    let mut seen = BTreeSet::new();
    for source in &report.sources {
        wrong.extend(source.exported_at.iter().filter_map(|at| time("exported_at", at)));
        if !seen.insert(&source.id) {
            wrong.push(format!("it names the source {} twice", quote(&source.id)));
        }
    }
    for (name, parameter) in &report.parameters {
        if let Some(value) = parameter.value.as_ref().filter(|value| Span::parse(value).is_err()) {
            let name = quote(name);
            wrong.push(format!("the threshold {name} is no duration: {}", quote(value)));
        }
    }
}

/// Facts are judged as of when the inventory was made, or as of an instant that was given, which is
/// then that of the run too.
fn as_of(report: &Report, wrong: &mut Vec<String>) {
    let instant = |text: &str| Instant::parse(text).ok();
    let made = report.inventory.iter().filter_map(|file| instant(&file.generated_at)).max();
    let (value, run_at) = (instant(&report.as_of.value), instant(&report.run_at));
    if report.inventory.is_empty() {
        wrong.push("it names no file of an inventory".to_owned());
    }
    match report.as_of.origin.as_ref() {
        "generated_at" if value == made => {}
        "generated_at" => wrong.push(format!(
            "`as_of` is said to be the `generated_at` of the inventory, and is {}",
            quote(&report.as_of.value)
        )),
        "--as-of" if value == run_at => {}
        "--as-of" => wrong.push("`run_at` is another instant than --as-of".to_owned()),
        other => wrong.push(format!("`as_of` can't be from {}", quote(other))),
    }
}

/// The systems are listed, each once, and nothing is said of others.
fn systems(report: &Report, wrong: &mut Vec<String>) {
    let Some(ids) = &report.systems else { return };
    let count = report.population.get(Kind::System.plural()).copied().unwrap_or(0);
    if !ids.is_sorted_by(|one, next| one < next) || ids.len() as u64 != count {
        wrong.push(format!("its list of systems isn't that of its {count} systems"));
    }
    let known: BTreeSet<&String> = ids.iter().collect();
    let found = report.findings.iter().filter_map(|finding| finding.system.as_ref());
    let said: BTreeSet<&String> = found.chain(report.revocation.by_system.keys()).collect();
    for system in said.difference(&known) {
        wrong.push(format!("it tells of the system {}, which it doesn't list", quote(system)));
    }
}

/// All rules are there: their digest is that of the set.
fn rules(report: &Report, wrong: &mut Vec<String>) {
    let all = report.rules.iter();
    let found = digest(all.map(|rule| (rule.id.as_str(), rule.sha256.as_str(), rule.enabled)));
    if found != report.policies.sha256 {
        let count = report.rules.len();
        wrong.push(format!("its {count} rules aren't those whose digest it states"));
    }
    for rule in &report.rules {
        let found = [rule.violations, rule.waived, rule.indeterminate];
        let found = found.into_iter().fold(0_u64, u64::saturating_add);
        let id = quote(&rule.id);
        if !rule.enabled && rule.asked > 0 {
            wrong.push(format!("the rule {id} is off, and was asked {} questions", rule.asked));
        } else if rule.asked < found {
            let asked = rule.asked;
            wrong.push(format!("the rule {id} was asked {asked} questions, and found {found}"));
        }
    }
}

/// All findings are there, each once: rules and the summary count them.
fn findings(report: &Report, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    let severities: BTreeMap<&str, [Option<Severity>; 2]> = report
        .rules
        .iter()
        .map(|rule| (rule.id.as_str(), [Some(rule.severity), rule.severity_privileged]))
        .collect();
    for finding in &report.findings {
        let possible = severities.get(finding.rule.as_str());
        if possible.is_some_and(|possible| !possible.contains(&Some(finding.severity))) {
            let (id, severity) = (quote(&finding.id), finding.severity.name());
            wrong.push(format!(
                "the finding {id} is {severity}, and its rule is of another severity"
            ));
        }
        if !seen.insert(finding.id.as_str()) {
            wrong.push(format!("the finding {} is in it twice", quote(&finding.id)));
        }
        let [violations, waived, indeterminate] = counts.entry(&finding.rule).or_default();
        *match finding.status {
            Status::Violation => violations,
            Status::Waived => waived,
            Status::Indeterminate => indeterminate,
        } += 1;
    }
    for rule in &report.rules {
        let found = counts.remove(rule.id.as_str()).unwrap_or_default();
        let said = [rule.violations, rule.waived, rule.indeterminate];
        let words = ["violations", "waived findings", "indeterminate findings"];
        for ((said, found), what) in said.into_iter().zip(found).zip(words) {
            if said != found {
                let rule = quote(&rule.id);
                wrong.push(format!("the rule {rule} counts {said} {what}, and it holds {found}"));
            }
        }
    }
    for rule in counts.keys() {
        wrong.push(format!("it has findings of the rule {}, but not the rule", quote(rule)));
    }
    let (said, found) = (&report.summary, summarize(&report.findings));
    if [&said.by_severity, &said.by_control, &said.by_system]
        != [&found.by_severity, &found.by_control, &found.by_system]
    {
        wrong.push("its summary isn't that of its findings".to_owned());
    }
}

/// Findings are marked where there is a baseline, which counts the marks.
fn marks(report: &Report, wrong: &mut Vec<String>) {
    let count = |mark| report.findings.iter().filter(|finding| finding.mark == Some(mark)).count();
    let found = [count(Mark::Known) as u64, count(Mark::New) as u64];
    let said = report.baseline.as_ref().map_or([0, 0], |baseline| [baseline.known, baseline.new]);
    let there: BTreeSet<&str> = report.findings.iter().map(|one| one.id.as_str()).collect();
    if let Some(baseline) = &report.baseline {
        wrong.extend(time("as_of", &baseline.as_of));
        for known in baseline.resolved.iter().filter(|known| there.contains(known.id.as_str())) {
            let id = quote(&known.id);
            wrong.push(format!("the finding {id} is said to be resolved, and is there"));
        }
    }
    if found != said {
        wrong.push("the marks of its findings aren't those that its baseline counts".to_owned());
    }
}

fn verdict(report: &Report, wrong: &mut Vec<String>) {
    let open = report.findings.iter().filter(|finding| finding.status == Status::Violation);
    let fails = open.into_iter().any(|finding| finding.severity >= report.fail_on);
    let verdict = match (fails, report.incomplete.is_empty()) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        (false, false) => Verdict::Incomplete,
    };
    let unknown = report.findings.iter().any(|finding| finding.status == Status::Indeterminate);
    if unknown && report.incomplete.is_empty() {
        wrong
            .push("it has findings that could not be judged, and claims to be complete".to_owned());
    } else if report.incomplete.is_empty()
        && report.sources.iter().any(|source| source.truncated == Some(true))
    {
        wrong.push("it has a source that was cut off, and claims to be complete".to_owned());
    } else if verdict != report.verdict {
        let (said, follows) = (report.verdict.name(), verdict.name());
        wrong.push(format!("its verdict is {said}, and {follows} follows from its findings"));
    }
}
