//! Whether what a report says of itself agrees with what it holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::quote;
use crate::judge::summarize;
use crate::policy::digest;
use crate::report::model::{ExceptionState, Mark, Report, Status, Verdict};
use crate::time::Instant;

mod single;

/// What doesn't agree.
pub fn wrong(report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, instant) in [("as_of", &report.as_of.value), ("run_at", &report.run_at)] {
        if Instant::parse(instant).is_err() {
            wrong.push(format!("`{name}` is no time: {}", quote(instant)));
        }
    }
    as_of(report, &mut wrong);
    rules(report, &mut wrong);
    findings(report, &mut wrong);
    report.findings.iter().for_each(|finding| single::wrong(finding, report, &mut wrong));
    exceptions(report, &mut wrong);
    marks(report, &mut wrong);
    verdict(report, &mut wrong);
    wrong
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
    for finding in &report.findings {
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

/// What is waived is waived by an exception that is honoured, and each of these counts what it waives.
fn exceptions(report: &Report, wrong: &mut Vec<String>) {
    let mut waived: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.status == Status::Waived) {
        match &finding.exception {
            Some(exception) => *waived.entry(exception).or_default() += 1,
            None => wrong.push(format!("the finding {} is waived by nothing", quote(&finding.id))),
        }
    }
    for exception in &report.exceptions {
        let found = waived.remove(exception.id.as_str()).unwrap_or_default();
        let honoured = exception.state == ExceptionState::Active;
        if found != exception.waived || found > 0 && !honoured {
            let id = quote(&exception.id);
            wrong.push(format!("the exception {id} can't have waived {found} findings"));
        }
        if honoured && !(exception.refused_by.is_empty() && exception.why.is_empty()) {
            let id = quote(&exception.id);
            wrong.push(format!("the exception {id} is refused, and said to be honoured"));
        }
    }
    for exception in waived.keys() {
        wrong.push(format!("the exception {} is not in its register", quote(exception)));
    }
}

/// Findings are marked where there is a baseline, which counts the marks.
fn marks(report: &Report, wrong: &mut Vec<String>) {
    let count = |mark| report.findings.iter().filter(|finding| finding.mark == Some(mark)).count();
    let found = [count(Mark::Known) as u64, count(Mark::New) as u64];
    let said = report.baseline.as_ref().map_or([0, 0], |baseline| [baseline.known, baseline.new]);
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
