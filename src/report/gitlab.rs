//! Code quality of GitLab (its documentation: "Code Quality report format"): a JSON array.
//!
//! What an exception waives stays in it as `info`: GitLab compares two reports, and what is missing
//! from the later one is shown as fixed. Each reason why the check was incomplete is an entry of its
//! own, so that an empty array is a check that passed.

use std::io::{self, Write};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::model::{Finding, Report, Status};
use super::words::{incomplete, short};
use crate::load::files::hex;
use crate::policy::Severity;

/// How many characters a description may have.
const DESCRIPTION: usize = 2_000;

/// How many characters any other text may have.
const TEXT: usize = 500;

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let inventory = report.inventory.first().map_or("inventory", |file| &file.path);
    let reasons = incomplete(report);
    let reasons = reasons.iter().map(|reason| {
        let description = format!("The check is incomplete: {}", short(reason, DESCRIPTION));
        let fingerprint = hex(&Sha256::digest(format!("incomplete\n{reason}")));
        entry(&description, "nhi-policy-incomplete", &fingerprint, "critical", (inventory, 1))
    });
    out.write_all(b"[")?;
    for (at, entry) in reasons.chain(report.findings.iter().map(of_finding)).enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &entry)?;
    }
    out.write_all(b"\n]\n")
}

fn of_finding(finding: &Finding) -> Value {
    let said = short(&finding.message, DESCRIPTION);
    let (severity, said) = match finding.status {
        Status::Violation => (severity(finding.severity), said),
        Status::Indeterminate => (
            severity(finding.severity),
            format!("Not judged, so neither violated nor in order: {said}"),
        ),
        Status::Waived => {
            let by = finding.exception.as_deref().unwrap_or("an exception");
            ("info", format!("Waived by {}: {said}", short(by, TEXT)))
        }
    };
    let place = (finding.location.file.as_str(), finding.location.line.max(1));
    entry(&said, &short(&finding.rule, TEXT), &finding.id, severity, place)
}

fn entry(
    description: &str,
    check: &str,
    fingerprint: &str,
    severity: &str,
    (file, line): (&str, u32),
) -> Value {
    json!({
        "description": description,
        "check_name": check,
        "fingerprint": short(fingerprint, TEXT),
        "severity": severity,
        "location": { "path": path(file), "lines": { "begin": line } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
    }
}

/// A path in the repository: without what leads out of it, or says where it is.
fn path(file: &str) -> String {
    if file == "-" {
        return "stdin".to_owned();
    }
    let file = if cfg!(windows) { file.replace('\\', "/") } else { file.to_owned() };
    let inside = file.split('/').skip_while(|part| ["", ".", ".."].contains(part));
    short(&inside.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"), TEXT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::model::Verdict;
    use crate::report::sample::{HOSTILE, everything, report, with_text_everywhere};

    fn written(report: &Report) -> Vec<Value> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn every_finding_is_an_entry_with_a_fingerprint_of_its_own() {
        let all = everything();
        let entries = written(&all);
        assert_eq!(entries.len(), 1 + all.findings.len());
        let prints: BTreeSet<&str> =
            entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(prints.len(), entries.len());
        assert_eq!(entries[0]["check_name"], "nhi-policy-incomplete");
        for (entry, finding) in entries[1..].iter().zip(&all.findings) {
            assert_eq!(entry["fingerprint"], finding.id);
            let said = entry["description"].as_str().unwrap();
            assert_eq!(entry["severity"] == "info", finding.status == Status::Waived);
            assert_eq!(said.starts_with("Waived by ex-1: "), finding.status == Status::Waived);
            assert_eq!(said.starts_with("Not judged"), finding.status == Status::Indeterminate);
        }
    }

    #[test]
    fn an_empty_array_is_a_pass() {
        let mut clean = report(Vec::new());
        assert!(written(&clean).is_empty());
        clean.verdict = Verdict::Incomplete;
        assert_eq!(written(&clean).len(), 1);
    }

    #[test]
    fn paths_are_relative_and_lines_count_from_one() {
        for (file, said) in
            [("-", "stdin"), ("./a/b.json", "a/b.json"), ("/x//y", "x/y"), ("../../.a/b", ".a/b")]
        {
            assert_eq!(path(file), said);
        }
        for entry in written(&with_text_everywhere(HOSTILE)) {
            let path = entry["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with(['.', '/']) && !path.contains(char::is_control), "{path}");
            assert!(entry["location"]["lines"]["begin"].as_u64() >= Some(1));
            let said = entry["description"].as_str().unwrap();
            assert!(!said.contains(['\n', '\u{1b}', '\u{202e}']), "{said}");
        }
    }
}
