//! Workflow commands of GitHub Actions, which annotate the files of a change (its documentation:
//! "Workflow commands for GitHub Actions").
//!
//! A step shows at most ten annotations, so the last says what is left out. First comes why the check
//! was incomplete, then new findings before known ones, and the worst first. What an exception waives
//! annotates nothing and is counted. A check that passed without findings writes nothing.

use std::io::{self, Write};

use super::model::{Finding, Report, Status};
use super::words::{counted, incomplete, short, worst_first};
use crate::policy::Severity;

/// How many annotations of a step are shown.
const SHOWN: usize = 10;

/// How many characters a message and a title may have.
const MESSAGE: usize = 2_000;
const TITLE: usize = 200;

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut left = SHOWN;
    let reasons = incomplete(report);
    if !reasons.is_empty() {
        left -= 1;
        let reasons: Vec<String> = reasons.iter().map(|reason| short(reason, TITLE)).collect();
        let said = short(&reasons.join("; "), MESSAGE);
        let title = data("nhi-policy: the check is incomplete", property);
        writeln!(out, "::error title={title}::{}", data(&said, message))?;
    }
    let open = worst_first(report);
    let waived = report.findings.len() - open.len();
    let shown = if open.len() > left || waived > 0 { left - 1 } else { left };
    for finding in open.iter().take(shown) {
        annotation(finding, out)?;
    }
    let mut rest = Vec::new();
    if open.len() > shown {
        let more = open.len() - shown;
        rest.push(format!("{} {} not shown", counted(more, "more finding"), is(more)));
    }
    if waived > 0 {
        rest.push(format!("{} {} waived by exceptions", counted(waived, "finding"), is(waived)));
    }
    if !rest.is_empty() {
        let said = format!("{}; a report in another format has them all", rest.join(", "));
        writeln!(out, "::notice title=nhi-policy::{}", data(&said, message))?;
    }
    Ok(())
}

fn is(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn annotation(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (command, title) = match (finding.status, finding.severity) {
        (Status::Indeterminate, _) => ("warning", format!("not judged: {}", finding.title)),
        (_, Severity::Critical | Severity::High) => ("error", named(finding)),
        (_, Severity::Medium) => ("warning", named(finding)),
        (_, Severity::Low) => ("notice", named(finding)),
    };
    write!(out, "::{command} ")?;
    let place = &finding.location;
    // What was read from standard input is no file of the change.
    if place.file != "-" {
        let file = place.file.strip_prefix("./").unwrap_or(&place.file);
        let (line, column) = (place.line.max(1), place.column.max(1));
        write!(out, "file={},line={line},col={column},", data(&short(file, MESSAGE), property))?;
    }
    let said = format!(
        "{}\nrule {}, to be acted on by {}, id {}",
        short(&finding.message, MESSAGE),
        short(&finding.rule, TITLE),
        short(&finding.accountable.name, TITLE),
        short(&finding.id, TITLE),
    );
    writeln!(out, "title={}::{}", data(&short(&title, TITLE), property), data(&said, message))
}

fn named(finding: &Finding) -> String {
    format!("{}: {}", finding.severity.name(), finding.title)
}

/// Escapes as the runner's own library does.
fn data(text: &str, escaped: fn(char) -> Option<&'static str>) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match escaped(c) {
            Some(escape) => out.push_str(escape),
            None => out.push(c),
        }
        out
    })
}

fn message(c: char) -> Option<&'static str> {
    Some(match c {
        '%' => "%25",
        '\r' => "%0D",
        '\n' => "%0A",
        _ => return None,
    })
}

fn property(c: char) -> Option<&'static str> {
    Some(match c {
        ':' => "%3A",
        ',' => "%2C",
        _ => return message(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::Mark;
    use crate::report::sample::{HOSTILE, everything, finding, report, with_text_everywhere};

    fn written(report: &Report) -> Vec<String> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap().split_terminator('\n').map(str::to_owned).collect()
    }

    #[test]
    fn a_step_shows_ten_and_the_last_says_what_is_left_out() {
        for (count, lines) in [(0, 0), (1, 1), (10, 10), (11, 10), (500, 10)] {
            let many = (0..count).map(|n| finding(n, n % 3, Severity::ALL[n % 4])).collect();
            let said = written(&report(many));
            assert_eq!(said.len(), lines);
            let notices = said.iter().filter(|line| line.contains("not shown"));
            assert_eq!(notices.count(), usize::from(count > 10));
            if count > 10 {
                let left_out = counted(count - 9, "more finding");
                assert!(said[9].contains(&format!("::{left_out} ")), "{}", said[9]);
            }
        }
    }

    #[test]
    fn incomplete_comes_first_then_what_is_new_and_worst() {
        let mut report = everything();
        report.findings.retain(|finding| finding.status != Status::Indeterminate);
        let said = written(&report);
        assert!(said.len() <= SHOWN);
        assert!(
            said[0].starts_with("::error title=nhi-policy%3A the check is incomplete::the source")
        );
        let marks = worst_first(&report).into_iter().map(|finding| finding.mark);
        assert!(marks.clone().is_sorted_by_key(|mark| mark == Some(Mark::Known)));
        assert!(
            said[1]
                .starts_with("::error file=exports/accounts.json,line=12,col=5,title=critical%3A ")
        );
        assert!(said.last().unwrap().contains("1 finding is waived"));
    }

    #[test]
    fn a_waived_or_unjudged_finding_is_never_silence() {
        let mut waived = finding(1, 1, Severity::High);
        waived.status = Status::Waived;
        assert!(written(&report(vec![waived]))[0].contains("1 finding is waived by exceptions"));
        let mut unknown = finding(1, 1, Severity::Low);
        unknown.status = Status::Indeterminate;
        assert!(written(&report(vec![unknown]))[0].starts_with("::warning file="));
    }

    #[test]
    fn no_name_injects_a_command_or_a_property() {
        for text in
            [HOSTILE, "\r\n::set-env name=x::y", "##[error]", "%0A::error::", ",line=9,title=x::"]
        {
            for line in written(&with_text_everywhere(text)) {
                let (head, message) =
                    line.strip_prefix("::").and_then(|rest| rest.split_once("::")).unwrap();
                let (command, properties) = head.split_once(' ').unwrap();
                assert!(["error", "warning", "notice"].contains(&command), "{line}");
                let names: Vec<&str> =
                    properties.split(',').map(|one| one.split_once('=').unwrap().0).collect();
                assert!(names == ["title"] || names == ["file", "line", "col", "title"], "{line}");
                assert!(!line.contains("##[") && !message.contains(char::is_control), "{line}");
                // Each line that the message is shown in.
                assert!(
                    message.split("%0A").all(|line| !line.trim_start().starts_with("::")),
                    "{line}"
                );
            }
        }
        assert_eq!(data("a%,b:\r\n", property), "a%25%2Cb%3A%0D%0A");
        assert_eq!(data("a%,b:\r\n", message), "a%25,b:%0D%0A");
    }
}
