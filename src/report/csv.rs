//! CSV (RFC 4180): one finding a line, for spreadsheets and for programs that read tables.
//!
//! Every finding has a line, also what an exception waives (status `waived`) and what could not be
//! judged (`indeterminate`). A check that was incomplete has a line for each reason before them, with
//! the rule `(incomplete)` and the status `incomplete`: a table without lines below its header is a
//! check that passed. What a baseline knows and is no longer found is no finding, and has no line.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula: text that does so
//! gets an apostrophe before it. Cells are cut at what a spreadsheet holds.

use std::io::{self, Write};

use super::model::{Finding, Mark, Report};
use super::words::{fact, incomplete, short, thing};

const COLUMNS: [&str; 27] = [
    "id",
    "rule",
    "title",
    "status",
    "severity",
    "mark",
    "message",
    "action",
    "principal_type",
    "principal_id",
    "principal_name",
    "resource_type",
    "resource_id",
    "system",
    "accountable_type",
    "accountable_id",
    "accountable_name",
    "since",
    "overdue_days",
    "controls",
    "exception",
    "path",
    "facts",
    "file",
    "line",
    "column",
    "pointer",
];

/// How many characters a cell holds: spreadsheets take 32,767, and what is quoted in them twice.
const CELL: usize = 32_000;

/// How many characters of a fact that is a text, or of a step of a path.
const PART: usize = 1_000;

/// What begins a formula, also in its full-width form.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS).map_err(of_output)?;
    for reason in incomplete(report) {
        let row = COLUMNS.map(|column| match column {
            "rule" => "(incomplete)".to_owned(),
            "title" => "The check is incomplete".to_owned(),
            "status" => "incomplete".to_owned(),
            "message" => cell(&reason),
            _ => String::new(),
        });
        table.write_record(row).map_err(of_output)?;
    }
    for finding in &report.findings {
        table.write_record(row(finding)).map_err(of_output)?;
    }
    table.flush()
}

/// The library's errors are those of the output: the number of cells is always the same.
fn of_output(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn row(finding: &Finding) -> [String; 27] {
    let Finding { principal, resource, accountable, location, .. } = finding;
    let number = |number: i64| number.to_string();
    let steps = finding.path.iter().map(|step| short(&thing(step), PART));
    [
        cell(&finding.id),
        cell(&finding.rule),
        cell(&finding.title),
        finding.status.name().to_owned(),
        finding.severity.name().to_owned(),
        finding.mark.map_or("", Mark::name).to_owned(),
        cell(&finding.message),
        cell(&finding.action),
        cell(&principal.kind),
        cell(&principal.id),
        cell(finding.principal_name.as_deref().unwrap_or_default()),
        cell(&resource.kind),
        cell(&resource.id),
        cell(finding.system.as_deref().unwrap_or("")),
        cell(&accountable.kind),
        cell(&accountable.id),
        cell(&accountable.name),
        cell(finding.since.as_deref().unwrap_or("")),
        finding.overdue_days.map_or(String::new(), number),
        cell(&finding.controls.join(" ")),
        cell(finding.exception.as_deref().unwrap_or("")),
        cell(&steps.collect::<Vec<_>>().join(" -> ")),
        cell(&facts(finding)),
        cell(&location.file),
        number(location.line.into()),
        number(location.column.into()),
        cell(&location.pointer),
    ]
}

/// The facts as a JSON object, with as many of them as a cell holds.
fn facts(finding: &Finding) -> String {
    let (mut json, mut left_out) = (String::from("{"), 0_usize);
    for (path, value) in &finding.facts {
        let written = serde_json::to_string(&short(path, PART)).and_then(|path| {
            serde_json::to_string(&fact(value, PART)).map(|value| format!("{path}:{value}"))
        });
        match written {
            Ok(written) if json.len() + written.len() < CELL - 100 => {
                json.push_str(if json.len() > 1 { "," } else { "" });
                json.push_str(&written);
            }
            _ => left_out += 1,
        }
    }
    if left_out > 0 {
        let comma = if json.len() > 1 { "," } else { "" };
        json.push_str(&format!("{comma}\"(left out)\":{left_out}"));
    }
    json + "}"
}

/// A text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let mut out = String::new();
    // Where semicolons part cells, one begins after each, and quotes and blanks don't count.
    let mut begins = true;
    for c in short(text, CELL).chars() {
        if begins && FORMULA.contains(&c) {
            out.push('\'');
        }
        begins = c == ';' || begins && (c.is_whitespace() || c == '"');
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::FactValue;
    use crate::report::sample::{HOSTILE, everything, report, with_text_everywhere};

    fn table(report: &Report) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
        let row = |row: Result<csv::StringRecord, _>| row.unwrap().iter().map(Into::into).collect();
        reader.records().map(row).collect()
    }

    fn at(column: &str) -> usize {
        COLUMNS.iter().position(|name| *name == column).unwrap()
    }

    #[test]
    fn each_finding_and_each_reason_is_a_line_and_a_clean_pass_is_none() {
        let report_of_all = everything();
        let rows = table(&report_of_all);
        assert_eq!(rows.len(), 1 + 1 + report_of_all.findings.len());
        assert_eq!(rows[0], COLUMNS);
        assert_eq!(rows[1][at("status")], "incomplete");
        assert_eq!(rows[1][at("message")], "the source hr is truncated");
        for (row, finding) in rows[2..].iter().zip(&report_of_all.findings) {
            assert_eq!(row[at("id")], finding.id);
            assert_eq!(row[at("status")], finding.status.name());
            let facts: serde_json::Value = serde_json::from_str(&row[at("facts")]).unwrap();
            assert_eq!(facts, serde_json::to_value(&finding.facts).unwrap());
        }
        assert!(rows.iter().any(|row| row[at("exception")] == "ex-1"));
        assert_eq!(table(&report(Vec::new())).len(), 1);
        let mut unknown = report(Vec::new());
        unknown.verdict = super::super::model::Verdict::Incomplete;
        assert_eq!(table(&unknown).len(), 2, "an incomplete check without a reason");
    }

    #[test]
    fn no_cell_begins_a_formula_in_any_locale() {
        for begin in FORMULA.iter().map(char::to_string).chain(["\t=".into(), "\r=".into()]) {
            let mut report = with_text_everywhere(&format!(";{begin}cmd|' /C calc'!A0;\"{begin}1"));
            report.findings[0].message = format!("{begin}cmd");
            report.findings[1].message = format!(" {begin}cmd");
            report.incomplete[0] = format!("{begin}1");
            for (row, column) in table(&report).iter().flat_map(|row| row.iter().zip(COLUMNS)) {
                if ["overdue_days", "line", "column"].contains(&column) {
                    row.parse::<i64>()
                        .map(drop)
                        .or(if row.is_empty() || row == column { Ok(()) } else { Err(()) })
                        .unwrap();
                    continue;
                }
                for part in row.split(';') {
                    let part = part.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                    assert!(!part.starts_with(FORMULA), "{column}: {row:?}");
                }
                assert!(!row.contains(char::is_control), "{column}: {row:?}");
            }
        }
        assert_eq!(cell("-3"), "'-3");
        assert_eq!(cell("svc-a;b+c"), "svc-a;b+c");
    }

    #[test]
    fn hostile_and_endless_texts_are_visible_and_fit_a_cell() {
        for row in table(&with_text_everywhere(HOSTILE)).iter().flatten() {
            assert!(!row.contains(['\n', '\r', '\0', '\u{1b}', '\u{202e}']), "{row:?}");
        }
        let mut long = with_text_everywhere(&"\"\0".repeat(500_000));
        long.findings.truncate(1);
        for number in 0..2_000 {
            let text = FactValue::Text("x".repeat(1 << 12));
            long.findings[0].facts.insert(format!("fact {number}"), text);
        }
        for row in table(&long) {
            assert!(row.iter().all(|cell| cell.chars().count() <= 32_767));
            if row[at("status")] == "violation" {
                let facts: serde_json::Value = serde_json::from_str(&row[at("facts")]).unwrap();
                assert!(facts["(left out)"].as_u64().unwrap() > 1_900);
            }
        }
    }
}
