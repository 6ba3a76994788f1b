//! Markdown for the summary of a CI job: the verdict, why it may not be all, and the worst of what
//! was found. A summary holds 1 MiB, so each list is bounded and says how much it leaves out.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::gfm::{code, heading, left_out, plain, table};
use super::model::{
    ExceptionResult, ExceptionState, FactValue, Finding, Mark, Report, Status, Thing, Verdict,
};
use super::words::{counted, incomplete, worst_first};
use crate::policy::Severity;

/// How many rows a table has.
const ROWS: usize = 40;

/// How many characters a name, and how many a sentence may have.
const NAME: usize = 100;
const SENTENCE: usize = 300;

/// The theme of the rules about who has left, and what such a person has.
const LEAVERS: &str = "leaver";
const ACCESS: [&str; 2] = ["hold", "know"];

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    verdict(report, out)?;
    severities(report, out)?;
    worst(report, out)?;
    leavers(report, out)?;
    totals(report, out)?;
    exceptions(report, out)?;
    baseline(report, out)?;
    looked_at(report, out)
}

fn verdict(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let word = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail if report.incomplete.is_empty() => "fail",
        // `fail` alone would hide that there may be more.
        Verdict::Fail => "fail, and incomplete",
        Verdict::Incomplete => "incomplete",
    };
    let least = report.fail_on.name();
    let above = if report.fail_on == Severity::Critical { "" } else { " and above" };
    writeln!(out, "## nhi-policy: {word}\n")?;
    writeln!(
        out,
        "As of {} (from {}), run at {}. It fails on {least}{above}.",
        plain(&report.as_of.value, NAME),
        plain(&report.as_of.origin, NAME),
        plain(&report.run_at, NAME),
    )?;
    let reasons = incomplete(report);
    if !reasons.is_empty() {
        writeln!(out, "\n**The check is incomplete: there may be more than was found.**\n")?;
        for reason in reasons.iter().take(ROWS) {
            writeln!(out, "- {}", plain(reason, SENTENCE))?;
        }
        left_out(reasons.len().saturating_sub(ROWS), out)?;
    }
    Ok(())
}

/// How many findings there are of each severity: violations, then what else there is.
fn severities(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading("Findings by severity", out)?;
    let count = |severity: Severity, is: &dyn Fn(&Finding) -> bool| {
        let of = |finding: &&Finding| finding.severity == severity && is(finding);
        report.findings.iter().filter(of).count().to_string()
    };
    let open = |finding: &Finding| finding.status == Status::Violation;
    let rows = Severity::ALL.into_iter().map(|severity| {
        [
            severity.name().to_owned(),
            count(severity, &open),
            count(severity, &|finding| finding.status == Status::Indeterminate),
            count(severity, &|finding| finding.status == Status::Waived),
        ]
    });
    table(["severity", "violations:", "not judged:", "waived:"], rows, ROWS, out)
}

fn worst(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let open = worst_first(report);
    if open.is_empty() {
        return Ok(());
    }
    let title = if open.len() > ROWS {
        format!("The worst {ROWS} of {}", counted(open.len(), "finding"))
    } else {
        "Findings".to_owned()
    };
    heading(&title, out)?;
    let rows = open.into_iter().map(|finding| {
        let unknown = finding.status == Status::Indeterminate;
        let mark = finding.mark.map_or(String::new(), |mark| format!(", {}", mark.name()));
        let place = format!("{}:{}", finding.location.file, finding.location.line);
        [
            format!(
                "{}{}{mark}",
                if unknown { "not judged, " } else { "" },
                finding.severity.name()
            ),
            code(&finding.rule, NAME),
            plain(&finding.message, SENTENCE),
            finding
                .overdue_days
                .filter(|days| *days > 0)
                .map_or(String::new(), |days| days.to_string()),
            plain(&finding.accountable.name, NAME),
            code(&place, NAME),
        ]
    });
    let head = ["severity", "rule", "what", "days overdue:", "to be acted on by", "at"];
    table(head, rows, ROWS, out)
}

/// What a leaver still has.
#[derive(Default)]
struct Left<'a> {
    name: Option<&'a str>,
    open: usize,
    waived: usize,
    unknown: usize,
    worst: Option<Severity>,
    overdue: Option<i64>,
    systems: Vec<&'a str>,
}

/// Who has left and still holds or knows something, as the rules about leavers found it.
fn leavers(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let about: Vec<&str> = report
        .rules
        .iter()
        .filter(|rule| rule.theme == LEAVERS)
        .map(|rule| rule.id.as_str())
        .collect();
    let mut leavers: BTreeMap<&Thing, Left<'_>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| {
        // Who is on leave is meant to come back.
        let on_leave = FactValue::Text("leave".to_owned());
        ACCESS.contains(&&*finding.action)
            && about.contains(&finding.rule.as_str())
            && finding.facts.get("principal.status") != Some(&on_leave)
    }) {
        let left = leavers.entry(&finding.principal).or_default();
        match finding.status {
            Status::Violation => left.open += 1,
            Status::Waived => left.waived += 1,
            Status::Indeterminate => left.unknown += 1,
        }
        left.name = finding.principal_name.as_deref();
        left.worst = left.worst.max(Some(finding.severity));
        left.overdue = left.overdue.max(finding.overdue_days);
        left.systems.extend(finding.system.as_deref());
    }
    if leavers.is_empty() {
        return Ok(());
    }
    heading(&format!("{} with live access", counted(leavers.len(), "leaver")), out)?;
    let mut leavers: Vec<(&Thing, Left<'_>)> = leavers.into_iter().collect();
    leavers.sort_by_key(|(_, left)| (Reverse(left.worst), Reverse(left.overdue)));
    let rows = leavers.into_iter().map(|(who, mut left)| {
        left.systems.sort_unstable();
        left.systems.dedup();
        [
            left.name.map_or_else(
                || code(&who.id, NAME),
                |name| format!("{} {}", plain(name, NAME), code(&who.id, NAME)),
            ),
            left.worst.map_or("", Severity::name).to_owned(),
            left.open.to_string(),
            left.waived.to_string(),
            left.unknown.to_string(),
            left.overdue.filter(|days| *days > 0).map_or(String::new(), |days| days.to_string()),
            plain(&left.systems.join(", "), SENTENCE),
        ]
    });
    let head =
        ["who", "severity", "violations:", "waived:", "not judged:", "days overdue:", "systems"];
    table(head, rows, ROWS, out)
}

/// Violations by control and by system, the most first.
fn totals(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let most_first = |counts: &BTreeMap<String, u64>| {
        let counts = counts.iter().filter(|(_, count)| **count > 0);
        let mut counts: Vec<(String, u64)> = counts.map(|(id, n)| (id.clone(), *n)).collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        counts
    };
    let controls = most_first(&report.summary.by_control);
    if !controls.is_empty() {
        heading("Violations by control", out)?;
        let rows = controls.into_iter().map(|(id, count)| {
            let known = report.controls.iter().find(|control| control.id == id);
            let (title, framework) =
                known.map_or(("", ""), |control| (&control.title, &control.framework));
            [code(&id, NAME), plain(title, NAME), plain(framework, NAME), count.to_string()]
        });
        table(["control", "title", "framework", "violations:"], rows, ROWS, out)?;
    }
    let systems = most_first(&report.summary.by_system);
    if !systems.is_empty() {
        heading("Violations by system", out)?;
        let rows = systems.into_iter().map(|(id, count)| [code(&id, NAME), count.to_string()]);
        table(["system", "violations:"], rows, ROWS, out)?;
    }
    Ok(())
}

/// The register: what isn't honoured first, then what is by when it ends.
fn exceptions(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.exceptions.is_empty() {
        return Ok(());
    }
    let count = |state| report.exceptions.iter().filter(|one| one.state == state).count();
    heading("Exceptions", out)?;
    let states = [
        ExceptionState::Refused,
        ExceptionState::Expired,
        ExceptionState::Unused,
        ExceptionState::Active,
    ];
    let counts = states.map(|state| format!("{} {}", count(state), state.name()));
    writeln!(out, "{}\n", counts.join(", "))?;
    let mut all: Vec<&ExceptionResult> = report.exceptions.iter().collect();
    all.sort_by_key(|one| {
        let place = states.iter().position(|state| *state == one.state);
        (place, one.expires_at.as_deref(), one.id.as_str())
    });
    let rows = all.into_iter().map(|one| {
        let until = one.expires_at.as_deref().unwrap_or("not said");
        let approved_by = one.approved_by.as_deref().unwrap_or("nobody");
        let why = if one.why.is_empty() {
            one.reason.as_deref().unwrap_or("").to_owned()
        } else {
            one.why.join(" ")
        };
        [
            one.state.name().to_owned(),
            code(&one.id, NAME),
            code(&one.rule, NAME),
            code(&one.resource.id, NAME),
            plain(until, NAME),
            plain(approved_by, NAME),
            one.waived.to_string(),
            plain(&why, SENTENCE),
        ]
    });
    let head = ["state", "exception", "rule", "resource", "until", "approved by", "waives:", "why"];
    table(head, rows, ROWS, out)
}

fn baseline(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(baseline) = &report.baseline else { return Ok(()) };
    heading("Against the baseline", out)?;
    let new = report.findings.iter().filter(|finding| finding.mark == Some(Mark::New)).count();
    writeln!(
        out,
        "{} of {}: {} known, {} new ({} marked so here), {} no longer found.",
        code(&baseline.path, NAME),
        plain(&baseline.as_of, NAME),
        baseline.known,
        baseline.new,
        new,
        baseline.resolved.len(),
    )?;
    if baseline.resolved.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows = baseline.resolved.iter().map(|one| {
        [
            one.severity.name().to_owned(),
            code(&one.rule, NAME),
            code(&one.principal.id, NAME),
            code(&one.resource.id, NAME),
        ]
    });
    table(["no longer found", "rule", "principal", "resource"], rows, ROWS, out)
}

/// How much was looked at, so that nothing found isn't taken for nothing there.
fn looked_at(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading("Looked at", out)?;
    let rows = report.population.iter().map(|(kind, n)| [plain(kind, NAME), n.to_string()]);
    table(["what", "how many:"], rows, ROWS, out)?;
    let (on, off): (Vec<_>, Vec<_>) = report.rules.iter().partition(|rule| rule.enabled);
    let asked: u64 = on.iter().map(|rule| rule.asked).sum();
    writeln!(out, "\n{asked} questions in {} ({} off).", counted(on.len(), "rule"), off.len())?;
    let Report { tool, policies, .. } = report;
    writeln!(
        out,
        "{} {}, rules {}.",
        plain(&tool.name, NAME),
        plain(&tool.version, NAME),
        code(&policies.sha256, NAME),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{HOSTILE, everything, finding, report, with_text_everywhere};

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_verdict_is_first_and_everything_has_its_place() {
        let mut all = everything();
        all.summary.by_system.insert("aws".into(), 3);
        all.summary.by_control.insert("NHI-03".into(), 4);
        let page = written(&all);
        assert!(page.starts_with("## nhi-policy: fail, and incomplete\n"));
        for said in [
            "As of 2026-03-01T12:00:00Z",
            "- the source hr is truncated",
            "| high | 2 | 0 | 1 |",
            "| medium | 2 | 1 | 0 |",
            "| `NHI-03` | Residual credentials | OWASP NHI unversioned | 4 |",
            "| `aws` | 3 |",
            "1 leaver with live access",
            "1 refused, 1 expired, 1 unused, 1 active",
            "| expired | `ex-2` |",
            "6 known, 6 new",
            "| high | `rule-1` | `Ada Lovelace` | `okta:99` |",
            "| people | 12 |",
        ] {
            assert!(page.contains(said), "{said}\n{page}");
        }
    }

    #[test]
    fn nothing_found_is_only_a_pass_where_the_verdict_is() {
        let mut clean = report(Vec::new());
        assert!(written(&clean).starts_with("## nhi-policy: pass\n"));
        clean.verdict = Verdict::Incomplete;
        let page = written(&clean);
        assert!(
            page.starts_with("## nhi-policy: incomplete\n") && page.contains("there may be more")
        );
    }

    #[test]
    fn a_summary_holds_it_whatever_is_in_it() {
        let long = "|\u{202e}@".repeat(1_000);
        let mut report = with_text_everywhere(&long);
        let (one, exception) = (report.findings[0].clone(), report.exceptions[1].clone());
        for number in 0..3_000 {
            let mut finding = one.clone();
            finding.principal.id.insert_str(0, &number.to_string());
            for text in [&mut finding.message, &mut finding.principal.id, &mut finding.resource.id]
            {
                *text = text.chars().take(1_000).collect();
            }
            report.incomplete.push(long.clone());
            report.summary.by_system.insert(format!("{number}{long}"), 1);
            report.summary.by_control.insert(format!("{number}{long}"), 1);
            if number < 200 {
                report.findings.push(finding);
                report.exceptions.push(exception.clone());
            }
        }
        report.rules.iter_mut().for_each(|rule| rule.theme = LEAVERS.into());
        let page = written(&report);
        assert!(page.len() < 1 << 20, "{}", page.len());
        assert!(page.contains("The worst 40 of 211 findings") && page.contains("and 171 more"));
    }

    #[test]
    fn every_table_stays_a_table() {
        for text in [HOSTILE, "|", "\\|", "`|`", "\r\n\r\n# x", "\0", "@x", "<!--", "--> </td>"] {
            let page = written(&with_text_everywhere(text));
            let mut columns = None;
            for line in page.lines() {
                let parts = line.matches('|').count();
                match columns {
                    _ if !line.starts_with('|') => {
                        assert_eq!(parts, 0, "{line}");
                        columns = None;
                    }
                    None => columns = Some(parts),
                    Some(columns) => assert_eq!(parts, columns, "{line}"),
                }
                assert!(!line.contains(['<', '>', '\0', '\u{1b}', '\u{202e}']), "{line}");
                let outside: String = line.split('`').step_by(2).collect();
                for at in outside.match_indices('@') {
                    assert!(outside[at.0..].starts_with("@&#8203;"), "{line}");
                }
            }
        }
        let mut one = finding(1, 1, Severity::High);
        one.message = "see @ada, #12 and https://x.y".into();
        assert!(
            written(&report(vec![one]))
                .contains("see @&#8203;ada, #&#8203;12 and https:&#8203;//x.y")
        );
    }
}
