//! The README tells the truth: its excerpt, its rule table and its examples are the program's own.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nhi-policy"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("COLUMNS", "80")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments doesn't read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn between(name: &str) -> String {
    let text = readme();
    let (_, rest) = text.split_once(&format!("<!-- {name}:begin -->\n")).unwrap();
    let (inner, _) = rest.split_once(&format!("<!-- {name}:end -->")).unwrap();
    inner.trim().to_owned()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = readme();
    let opening = format!("```{language}\n");
    let fences = text.split(opening.as_str()).skip(1);
    fences.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_rule_table_is_current() {
    let made = run(&["rules", "--isolated", "--format", "markdown"], "");
    assert!(made.status.success());
    let made = String::from_utf8(made.stdout).unwrap();
    assert!(made.lines().count() > 60);
    assert!(between("rules") == made.trim(), "run `nhi-policy rules --isolated --format markdown`");
}

#[test]
fn the_table_of_kinds_is_current() {
    let made = run(&["import", "--kinds", "--markdown"], "");
    assert!(made.status.success());
    let made = String::from_utf8(made.stdout).unwrap();
    assert!(made.lines().count() > 17);
    assert!(between("kinds") == made.trim(), "run `nhi-policy import --kinds --markdown`");
}

#[test]
fn the_shipped_exports_can_be_checked() {
    assert!(readme().contains("check testdata/exports --import --config testdata/exports.toml"));
    let done =
        run(&["check", "testdata/exports", "--import", "--config", "testdata/exports.toml"], "");
    assert_eq!(done.status.code(), Some(1));
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(out.contains("at           testdata/exports/aws-credential-report.csv:4:1"), "{out}");
}

#[test]
fn the_example_of_import_settings_is_accepted() {
    let example = blocks("toml").into_iter().find(|text| text.contains("[[import]]")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("exports/okta-emea")).unwrap();
    let people = "Kennung;Austritt;Name;Status\n1;31.12.2025;Ada;Ruhend\n";
    std::fs::write(folder.path().join("exports/people.csv"), people).unwrap();
    std::fs::write(folder.path().join("nhi-policy.toml"), example).unwrap();
    let config = folder.path().join("nhi-policy.toml");
    let people = folder.path().join("exports/people.csv");
    let done = run(&["import", people.to_str().unwrap(), "--config", config.to_str().unwrap()], "");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let inventory: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(inventory["people"][0]["status"], "leave");
    assert_eq!(inventory["people"][0]["ended_at"], "2025-12-31T22:00:00Z");
}

#[test]
fn the_excerpt_stands_in_the_output() {
    let at = "2026-06-30T12:00:00Z";
    assert!(readme().contains(&format!("cargo run --release -- check testdata/acme --as-of {at}")));
    let output = run(&["check", "testdata/acme", "--isolated", "--as-of", at], "");
    assert_eq!(output.status.code(), Some(1));
    let output = String::from_utf8(output.stdout).unwrap();
    let mut lines = output.lines();
    let excerpt = between("excerpt");
    let wanted = excerpt.lines().filter(|line| !line.starts_with("```") && line.trim() != "...");
    let mut count = 0;
    for line in wanted.filter(|line| !line.trim().is_empty()) {
        assert!(
            lines.any(|found| found.trim_end() == line.trim_end()),
            "not there, or not in this order: {line}"
        );
        count += 1;
    }
    assert!(count > 10, "{count} lines");
}

#[test]
fn the_inventory_example_can_be_checked() {
    let example = blocks("json").into_iter().find(|text| text.contains("\"generated_at\""));
    let output =
        run(&["check", "-", "--isolated", "--as-of", "2026-06-30T12:00:00Z"], &example.unwrap());
    let code = output.status.code();
    assert!(
        matches!(code, Some(0 | 1 | 3)),
        "{code:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_example_rule_loads_and_its_cases_pass() {
    let rule = blocks("cedar").into_iter().find(|text| text.contains("@id(")).unwrap();
    let cases = blocks("json").into_iter().find(|text| text.contains("\"cases\"")).unwrap();
    let id = rule.split("@id(\"").nth(1).unwrap().split('"').next().unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(format!("{id}.cedar")), &rule).unwrap();
    std::fs::write(dir.path().join(format!("{id}.cases.json")), &cases).unwrap();
    let output = run(&["test", dir.path().to_str().unwrap()], "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(" 0 failed"));
}
