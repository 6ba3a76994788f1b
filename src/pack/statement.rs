//! The result as an in-toto Statement v1 with the test-result predicate: a rule is a test.
//!
//! It follows from the report and the manifest alone. It is about the inputs, and it names the
//! digest of the manifest, so that a signature of it covers every file of the pack.

use serde_json::{Value, json};

use super::MANIFEST;
use super::manifest::{Input, Manifest, Role};
use super::open::digest_of_bytes;
use crate::report::model::{Report, RuleResult, Status, Verdict};

/// The bytes of the statement.
pub fn of(report: &Report, manifest: &Manifest, manifest_bytes: &[u8]) -> Vec<u8> {
    let is_subject = |input: &&Input| matches!(input.role, Role::Inventory | Role::Export);
    let descriptor = |input: &Input| {
        json!({
            "name": input.path,
            "digest": {"sha256": input.sha256},
            "annotations": {"role": input.role},
        })
    };
    let subject: Vec<Value> = manifest.inputs.iter().filter(is_subject).map(descriptor).collect();
    let mut configuration = vec![
        json!({
            "name": MANIFEST,
            "digest": {"sha256": digest_of_bytes(manifest_bytes)},
            "mediaType": "application/json",
            "annotations": {
                "tool": manifest.tool,
                "as_of": manifest.as_of.value,
                "run_at": manifest.run_at,
                "verdict": manifest.verdict,
                "fail_on": manifest.options.fail_on,
                // Why a result is no more than a warning.
                "incomplete": manifest.incomplete,
            },
        }),
        json!({"name": "rules", "digest": {"sha256": manifest.policies.sha256}}),
    ];
    let others = manifest.inputs.iter().filter(|input| !is_subject(input));
    configuration.extend(others.map(descriptor));
    let tests = |wanted: Outcome| -> Vec<&str> {
        let on = report.rules.iter().filter(|rule| rule.enabled);
        on.filter(|rule| outcome(rule, report) == wanted).map(|rule| rule.id.as_str()).collect()
    };
    let result = match report.verdict {
        Verdict::Pass if report.incomplete.is_empty() => Outcome::Passed,
        Verdict::Fail => Outcome::Failed,
        _ => Outcome::Warned,
    };
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result.word(),
            "configuration": configuration,
            "passedTests": tests(Outcome::Passed),
            "warnedTests": tests(Outcome::Warned),
            "failedTests": tests(Outcome::Failed),
        },
    });
    let mut bytes = Vec::new();
    // Writing to memory can't fail.
    let _ = crate::json::write::pretty(&mut bytes, &statement);
    bytes.push(b'\n');
    bytes
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Passed,
    Warned,
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Warned => "WARNED",
            Self::Failed => "FAILED",
        }
    }
}

/// A rule that was never asked, or found something that doesn't fail the check, has not passed.
fn outcome(rule: &RuleResult, report: &Report) -> Outcome {
    let fails = |rule: &RuleResult| {
        report.findings.iter().any(|finding| {
            finding.rule == rule.id
                && finding.status == Status::Violation
                && finding.severity >= report.fail_on
        })
    };
    let found = rule.violations + rule.waived + rule.indeterminate;
    if rule.violations > 0 && fails(rule) {
        Outcome::Failed
    } else if found > 0 || rule.asked == 0 || !report.incomplete.is_empty() {
        Outcome::Warned
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_and_found_nothing_in_a_complete_check_has_passed() {
        let mut report = crate::report::sample::everything();
        let mut rule = report.rules.first().unwrap().clone();
        rule.id = "another".into();
        (rule.asked, rule.violations, rule.waived, rule.indeterminate) = (3, 0, 0, 0);
        report.incomplete = Vec::new();
        assert_eq!(outcome(&rule, &report), Outcome::Passed);
        report.incomplete = vec!["cut off".into()];
        assert_eq!(outcome(&rule, &report), Outcome::Warned);
        report.incomplete = Vec::new();
        assert_eq!(outcome(&RuleResult { asked: 0, ..rule.clone() }, &report), Outcome::Warned);
        assert_eq!(outcome(&RuleResult { waived: 1, ..rule.clone() }, &report), Outcome::Warned);
        assert_eq!(outcome(&RuleResult { indeterminate: 1, ..rule }, &report), Outcome::Warned);
    }
}
