//! What the formats for other programs share: what came of a rule, why a check is incomplete, ids
//! that repeat, and text that does no harm.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::model::{ExceptionResult, FactValue, Finding, Report, RuleResult, Status, Verdict};
use crate::fault::printable;
use crate::time::Instant;

/// How many members of a set are written in words.
const MEMBERS: usize = 50;

/// What came of a rule as a whole. Only `Clean` may be told as a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// There is a violation.
    Violated,
    /// There is none, but something could not be judged.
    Unjudged,
    /// Everything that it forbids is waived.
    Waived,
    /// It was not judged.
    Off,
    /// Nothing is in its scope.
    Unasked,
    /// It forbids nothing that was seen, but not everything was seen.
    Unsure,
    /// It forbids nothing.
    Clean,
}

impl Outcome {
    /// In words.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Violated => "There are violations.",
            Self::Unjudged => "Something in its scope could not be judged.",
            Self::Waived => "Everything that it forbids is waived by exceptions.",
            Self::Off => "The rule is off: nothing was judged.",
            Self::Unasked => "Nothing in the inventory is in its scope: nothing was judged.",
            Self::Unsure => "The check is incomplete: what could not be seen may hold violations.",
            Self::Clean => "Everything in its scope was judged, and it forbids nothing of it.",
        }
    }
}

/// How many findings there are of each status.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    pub violations: u64,
    pub waived: u64,
    pub indeterminate: u64,
}

impl Tally {
    pub(super) fn add(&mut self, status: Status) {
        *match status {
            Status::Violation => &mut self.violations,
            Status::Waived => &mut self.waived,
            Status::Indeterminate => &mut self.indeterminate,
        } += 1;
    }

    /// What came of a rule that has these findings. A rule counts what it found, and a report that
    /// lists less than its rules count has no pass either.
    pub(super) fn outcome(self, rule: &RuleResult, report: &Report) -> Outcome {
        if self.violations.max(rule.violations) > 0 {
            Outcome::Violated
        } else if self.indeterminate.max(rule.indeterminate) > 0 {
            Outcome::Unjudged
        } else if self.waived.max(rule.waived) > 0 {
            Outcome::Waived
        } else if !rule.enabled {
            Outcome::Off
        } else if rule.asked == 0 {
            Outcome::Unasked
        } else if is_complete(report) {
            Outcome::Clean
        } else {
            Outcome::Unsure
        }
    }
}

/// The findings of each rule.
pub(super) fn by_rule(report: &Report) -> BTreeMap<&str, Vec<&Finding>> {
    let mut rules: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        rules.entry(&finding.rule).or_default().push(finding);
    }
    rules
}

/// How many there are of each status.
pub(super) fn tally(findings: &[&Finding]) -> Tally {
    let mut tally = Tally::default();
    findings.iter().for_each(|finding| tally.add(finding.status));
    tally
}

/// Whether everything could be judged.
pub(super) fn is_complete(report: &Report) -> bool {
    report.incomplete.is_empty() && report.verdict != Verdict::Incomplete
}

/// Why it could not; never empty where it could not.
pub(super) fn reasons(report: &Report) -> Vec<Cow<'_, str>> {
    if report.incomplete.is_empty() && !is_complete(report) {
        return vec!["not everything could be judged".into()];
    }
    report.incomplete.iter().map(|reason| reason.as_str().into()).collect()
}

/// The register's entry of each exception, by id.
pub(super) fn register(report: &Report) -> BTreeMap<&str, &ExceptionResult> {
    report.exceptions.iter().map(|exception| (exception.id.as_str(), exception)).collect()
}

/// That an exception waives a finding, and on whose word.
pub(super) fn waiver(id: &str, register: &BTreeMap<&str, &ExceptionResult>) -> String {
    let mut said = format!("waived by exception {id}");
    let Some(exception) = register.get(id) else { return said };
    for (before, text) in [
        (" until ", &exception.expires_at),
        (", approved by ", &exception.approved_by),
        (" at ", &exception.approved_at),
        (", ticket ", &exception.ticket),
        (": ", &exception.reason),
    ] {
        text.iter().for_each(|text| said.extend([before, text]));
    }
    said
}

/// Ids that are the same for the same report, and differ between any two.
pub(super) struct Ids {
    report: Uuid,
}

impl Ids {
    /// Those of a report.
    pub(super) fn of(report: &Report) -> io::Result<Self> {
        let mut digest = Digester(Sha256::new());
        super::json::document(report, &mut digest)?;
        Ok(Self { report: Uuid::new_v5(&namespace(), &digest.0.finalize()) })
    }

    /// Of a thing as it is in this report.
    pub(super) fn here(&self, kind: &str, id: &str) -> String {
        Uuid::new_v5(&self.report, format!("{kind}\0{id}").as_bytes()).to_string()
    }

    /// Of a thing in all reports.
    pub(super) fn lasting(kind: &str, id: &str) -> String {
        Uuid::new_v5(&namespace(), format!("{kind}\0{id}").as_bytes()).to_string()
    }
}

fn namespace() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:nhi-policy:report")
}

struct Digester(Sha256);

impl Write for Digester {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Milliseconds since 1970.
pub(super) fn millis(time: &str) -> Option<i64> {
    Instant::parse(time).ok().map(Instant::millis)
}

/// A value with all of its text made harmless.
pub(super) fn harmless(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(printable(&text)),
        Value::Array(list) => Value::Array(list.into_iter().map(harmless).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (String, Value)| (printable(&key), harmless(value));
            Value::Object(map.into_iter().map(entry).collect())
        }
        value => value,
    }
}

/// The value of a fact in words.
pub(super) fn words(value: &FactValue) -> String {
    match value {
        FactValue::Missing(()) => "(missing)".into(),
        FactValue::Bool(value) => value.to_string(),
        FactValue::Number(value) => value.to_string(),
        FactValue::Text(text) => text.clone(),
        FactValue::Thing(thing) => format!("{} {}", thing.kind, thing.id),
        FactValue::Texts(list) => set(list, Clone::clone),
        FactValue::Things(list) => set(list, |thing| format!("{} {}", thing.kind, thing.id)),
    }
}

fn set<T>(list: &[T], word: impl Fn(&T) -> String) -> String {
    let mut words: Vec<String> = list.iter().take(MEMBERS).map(word).collect();
    if list.len() > MEMBERS {
        words.push(format!("{} more", list.len() - MEMBERS));
    }
    format!("{{{}}}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{everything, report};

    #[test]
    fn only_a_rule_that_was_asked_in_a_complete_check_and_found_nothing_passes() {
        let complete = report(Vec::new());
        let mut rule = complete.rules[0].clone();
        rule.enabled = true;
        let none = Tally::default();
        assert_eq!(none.outcome(&rule, &complete), Outcome::Clean);
        let mut incomplete = complete.clone();
        incomplete.incomplete.push("a source is truncated".into());
        assert_eq!(none.outcome(&rule, &incomplete), Outcome::Unsure);
        incomplete.incomplete.clear();
        incomplete.verdict = Verdict::Incomplete;
        assert_eq!(none.outcome(&rule, &incomplete), Outcome::Unsure);
        assert_eq!(reasons(&incomplete).len(), 1);
        let with = |change: fn(&mut RuleResult)| {
            let mut rule = rule.clone();
            change(&mut rule);
            none.outcome(&rule, &complete)
        };
        assert_eq!(with(|rule| rule.enabled = false), Outcome::Off);
        assert_eq!(with(|rule| rule.asked = 0), Outcome::Unasked);
        assert_eq!(with(|rule| rule.waived = 1), Outcome::Waived);
        assert_eq!(with(|rule| rule.indeterminate = 1), Outcome::Unjudged);
        assert_eq!(with(|rule| rule.violations = 1), Outcome::Violated);
        let found = Tally { indeterminate: 1, ..none };
        assert_eq!(found.outcome(&rule, &complete), Outcome::Unjudged);
    }

    #[test]
    fn ids_repeat_for_the_same_report_and_differ_for_any_other() {
        let (one, mut other) = (everything(), everything());
        let id = |report: &Report| Ids::of(report).unwrap().here("observation", "1");
        assert_eq!(id(&one), id(&one.clone()));
        other.findings[0].message.push('.');
        assert_ne!(id(&one), id(&other));
        assert_ne!(Ids::lasting("a", "bc"), Ids::lasting("ab", "c"));
    }
}
