//! `JUnit` XML, as CI servers read it: a suite for each rule, a test case for each finding. A violation
//! is a failure, what could not be judged is an error, what is waived is skipped.
//!
//! It holds to the common schema (`JUnit.xsd` of Ant), which has no totals above the suites: readers
//! add up those of the suites. A suite of its own says whether the check is complete.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::model::{ExceptionResult, Finding, Mark, Report, RuleResult, Status};
use super::outcome::{Outcome, Tally, by_rule, is_complete, reasons, register, waiver, words};
use crate::fault::printable;
use crate::time::Instant;

#[cfg(test)]
mod tests;

/// How many characters a name or a line may have: some readers take no text of ten megabytes.
const LINE: usize = 2000;

/// How many characters of a name are shown.
const NAME: usize = 250;

/// How many lines a test case may say.
const LINES: usize = 200;

/// The suite about the check itself. No rule's id has a space.
const CHECK: &str = "the check";

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Writer::new_with_indent(out, b' ', 1);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    out.write_event(Event::Start(BytesStart::new("testsuites")))?;
    let time = Instant::parse(&report.run_at).unwrap_or(Instant::EPOCH).to_string();
    let mut suites =
        Suites { out: &mut out, time: time.chars().take(19).collect(), written: 0, report };
    suites.check()?;
    let (mut found, register) = (by_rule(report), register(report));
    for rule in &report.rules {
        let findings = found.remove(rule.id.as_str()).unwrap_or_default();
        suites.rule(&rule.id, Some(rule), &findings, &register)?;
    }
    // A saved report may have findings of rules that it doesn't list.
    for (id, findings) in found {
        suites.rule(id, None, &findings, &register)?;
    }
    out.write_event(Event::End(BytesEnd::new("testsuites")))?;
    out.get_mut().write_all(b"\n")
}

/// A test case.
struct Case {
    name: String,
    result: Ending,
}

/// How it went.
enum Ending {
    Passed,
    Failure { kind: &'static str, message: String, text: String },
    Error { kind: &'static str, message: String, text: String },
    Skipped { message: String },
}

struct Suite<'a> {
    name: &'a str,
    package: &'a str,
    tests: usize,
    failures: u64,
    errors: u64,
    skipped: u64,
    properties: Vec<(&'a str, String)>,
    says: String,
}

struct Suites<'a, 'b> {
    out: &'a mut Writer<&'b mut dyn Write>,
    time: String,
    written: u32,
    report: &'a Report,
}

impl Suites<'_, '_> {
    fn check(&mut self) -> io::Result<()> {
        let report = self.report;
        let reasons = reasons(report);
        let result = match reasons.first() {
            None => Ending::Passed,
            Some(first) => {
                let more = match reasons.len() - 1 {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                let text = lines(reasons.iter().map(ToString::to_string));
                Ending::Error {
                    kind: "incomplete",
                    message: format!("{}{more}", line(first)),
                    text,
                }
            }
        };
        let mut properties = vec![
            ("tool", format!("{} {}", report.tool.name, report.tool.version)),
            ("verdict", report.verdict.name().to_owned()),
            ("fail_on", report.fail_on.name().to_owned()),
            ("as_of", report.as_of.value.clone()),
            ("policies.sha256", report.policies.sha256.clone()),
        ];
        if let Some(baseline) = &report.baseline {
            properties.extend([
                ("baseline", baseline.path.clone()),
                ("baseline.new", baseline.new.to_string()),
                ("baseline.known", baseline.known.to_string()),
                ("baseline.resolved", baseline.resolved.len().to_string()),
            ]);
        }
        let exception = |exception: &ExceptionResult| {
            let why = exception.why.join(" ");
            format!("exception {}: {} {why}", exception.id, exception.state.name())
        };
        let suite = Suite {
            name: CHECK,
            package: "nhi-policy",
            tests: 1,
            failures: 0,
            errors: u64::from(!is_complete(report)),
            skipped: 0,
            properties,
            says: lines(report.exceptions.iter().map(exception)),
        };
        let case = Case { name: "it is complete".into(), result };
        self.suite(&suite, std::iter::once(case))
    }

    fn rule(
        &mut self,
        id: &str,
        rule: Option<&RuleResult>,
        findings: &[&Finding],
        register: &BTreeMap<&str, &ExceptionResult>,
    ) -> io::Result<()> {
        let properties = rule.map_or(Vec::new(), |rule| {
            vec![
                ("title", rule.title.clone()),
                ("severity", rule.severity.name().to_owned()),
                ("controls", rule.controls.join(", ")),
                ("origin", rule.origin.clone()),
                ("enabled", rule.enabled.to_string()),
                ("asked", rule.asked.to_string()),
                ("rationale", rule.rationale.clone()),
                ("remediation", rule.remediation.clone()),
            ]
        });
        let alone = rule.filter(|_| findings.is_empty()).map(|rule| without(rule, self.report));
        let mut tally = super::outcome::tally(findings);
        match alone.as_ref().map(|case| &case.result) {
            Some(Ending::Failure { .. }) => tally.violations += 1,
            Some(Ending::Error { .. }) => tally.indeterminate += 1,
            Some(Ending::Skipped { .. }) => tally.waived += 1,
            Some(Ending::Passed) | None => {}
        }
        let suite = Suite {
            name: id,
            package: rule.map_or("", |rule| &rule.theme),
            tests: findings.len() + usize::from(alone.is_some()),
            failures: tally.violations,
            errors: tally.indeterminate,
            skipped: tally.waived,
            properties,
            says: String::new(),
        };
        let cases = findings.iter().map(|finding| case(finding, register));
        self.suite(&suite, alone.into_iter().chain(cases))
    }

    fn suite(&mut self, suite: &Suite, cases: impl Iterator<Item = Case>) -> io::Result<()> {
        let name = token(suite.name);
        let mut start = BytesStart::new("testsuite");
        for (key, value) in [
            ("id", self.written.to_string()),
            ("name", name.clone()),
            ("package", token(suite.package)),
            ("timestamp", self.time.clone()),
            ("hostname", "localhost".into()),
            ("tests", suite.tests.to_string()),
            ("failures", suite.failures.to_string()),
            ("errors", suite.errors.to_string()),
            ("skipped", suite.skipped.to_string()),
            ("time", "0".into()),
        ] {
            start.push_attribute((key, value.as_str()));
        }
        self.written += 1;
        self.out.write_event(Event::Start(start))?;
        self.out.write_event(Event::Start(BytesStart::new("properties")))?;
        for (key, value) in &suite.properties {
            let value = line(value);
            let property = self.out.create_element("property");
            property.with_attributes([("name", *key), ("value", &value)]).write_empty()?;
        }
        self.out.write_event(Event::End(BytesEnd::new("properties")))?;
        for case in cases {
            self.case(&name, &case)?;
        }
        let says = self.out.create_element("system-out");
        says.write_text_content(BytesText::new(&suite.says))?;
        self.out.create_element("system-err").write_empty()?;
        self.out.write_event(Event::End(BytesEnd::new("testsuite")))
    }

    fn case(&mut self, suite: &str, case: &Case) -> io::Result<()> {
        let attributes = [("classname", suite), ("name", &case.name), ("time", "0")];
        let (element, message, kind, text) = match &case.result {
            Ending::Passed => {
                let case = self.out.create_element("testcase");
                return case.with_attributes(attributes).write_empty().map(drop);
            }
            Ending::Failure { kind, message, text } => ("failure", message, Some(*kind), text),
            Ending::Error { kind, message, text } => ("error", message, Some(*kind), text),
            Ending::Skipped { message } => ("skipped", message, None, message),
        };
        let outer = self.out.create_element("testcase").with_attributes(attributes);
        let inner = |out: &mut Writer<&mut dyn Write>| {
            let inner = out.create_element(element).with_attribute(("message", message.as_str()));
            let inner = inner.with_attributes(kind.map(|kind| ("type", kind)));
            inner.write_text_content(BytesText::new(text)).map(drop)
        };
        outer.write_inner_content(inner).map(drop)
    }
}

/// What a rule without findings says.
fn without(rule: &RuleResult, report: &Report) -> Case {
    let outcome = Tally::default().outcome(rule, report);
    let (why, kind) = (outcome.why().to_owned(), "not-listed");
    let result = match outcome {
        // Whether all was seen is a test case of its own.
        Outcome::Clean | Outcome::Unsure => Ending::Passed,
        Outcome::Off | Outcome::Unasked => Ending::Skipped { message: why },
        Outcome::Violated => Ending::Failure { kind, message: why.clone(), text: why },
        Outcome::Unjudged => Ending::Error { kind, message: why.clone(), text: why },
        Outcome::Waived => Ending::Skipped { message: why },
    };
    let name = match result {
        Ending::Passed => format!("it forbids none of {} that were asked", rule.asked),
        _ => "it was judged".into(),
    };
    Case { name, result }
}

fn case(finding: &Finding, register: &BTreeMap<&str, &ExceptionResult>) -> Case {
    let (principal, resource) = (&finding.principal, &finding.resource);
    let full = format!(
        "{} {} {} {} {}",
        principal.kind, principal.id, finding.action, resource.kind, resource.id
    );
    let full = full.strip_prefix("Inventory inventory ").unwrap_or(&full);
    let mut name = token(full);
    // Where names lose something, the finding's id keeps them apart.
    if name != full {
        name = format!("{name} [{}]", token(&finding.id));
    }
    let (message, kind) = (line(&finding.message), finding.severity.name());
    let result = match finding.status {
        Status::Violation => Ending::Failure { kind, message, text: text(finding) },
        Status::Indeterminate => Ending::Error {
            kind: "indeterminate",
            message: format!("Not judged, so neither violated nor in order: {message}"),
            text: text(finding),
        },
        Status::Waived => {
            let waiver = finding.exception.as_deref().map(|id| waiver(id, register));
            let waiver = line(waiver.as_deref().unwrap_or("waived"));
            Ending::Skipped { message: format!("{message} ({waiver})") }
        }
    };
    Case { name, result }
}

/// All that is known of it.
fn text(finding: &Finding) -> String {
    let (place, party) = (&finding.location, &finding.accountable);
    let things = finding.path.iter().map(|thing| format!("{} {}", thing.kind, thing.id));
    let mut said = vec![
        finding.message.clone(),
        format!("at {}:{}:{} {}", place.file, place.line, place.column, place.pointer),
        format!("accountable: {} ({} {})", party.name, party.kind, party.id),
        format!("path: {}", things.collect::<Vec<_>>().join(" -> ")),
    ];
    said.extend(finding.since.iter().map(|since| format!("since: {since}")));
    said.extend(finding.overdue_days.map(|days| format!("days overdue: {days}")));
    said.extend(finding.mark.map(|mark| match mark {
        Mark::New => "the baseline doesn't know it".to_owned(),
        Mark::Known => "the baseline knows it".to_owned(),
    }));
    said.push(format!("controls: {}", finding.controls.join(", ")));
    said.push(format!("id: {}", finding.id));
    said.extend(finding.facts.iter().map(|(path, value)| format!("{path} = {}", words(value))));
    lines(said.into_iter())
}

fn lines(said: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = said.take(LINES + 1).map(|said| line(&said)).collect();
    if all.len() > LINES {
        all.truncate(LINES);
        all.push("…".into());
    }
    all.join("\n")
}

/// A line that any reader takes: what XML 1.0 has no characters for is written as an escape.
fn line(text: &str) -> String {
    let mut out = String::new();
    for c in printable(&text.chars().take(LINE).collect::<String>()).chars() {
        // `printable` leaves these two, which are no control characters.
        if matches!(c, '\u{fffe}' | '\u{ffff}') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    if text.chars().nth(LINE).is_some() {
        out.push('…');
    }
    out
}

/// The same as a name: readers of XML put spaces together.
fn token(text: &str) -> String {
    let short: String = text.chars().take(NAME).collect();
    let cut = if text.chars().nth(NAME).is_some() { "…" } else { "" };
    let name: Vec<String> =
        line(&short).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if name.is_empty() { "(no name)".into() } else { format!("{}{cut}", name.join(" ")) }
}
