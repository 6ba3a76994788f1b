//! What the exit code says, the same in every format: 2 could not judge, 1 violations, 3
//! incomplete, 0 none of these.

use std::path::Path;

use serde_json::{Value, json};

use crate::run::{AS_OF, check, files, folder, formats, nhi, reads_system, sound, unsound};

/// An inventory and a way to check it, in a folder with a few packs and configurations.
struct Situation {
    name: &'static str,
    inventory: Value,
    arguments: &'static str,
    code: i32,
}

const PACKS: [(&str, &str); 7] = [
    ("off.toml", "[rules]\nreads-system = { enabled = false }\n"),
    ("more.toml", "[expect]\npeople = 2\n"),
    ("none.toml", "[expect]\npeople = 0\naccounts = 0\ncredentials = 0\n"),
    ("high.toml", "fail_on = \"high\"\n"),
    ("wrong.toml", "fail_on = \"hihg\"\n"),
    ("broken/broken.cedar", "forbid"),
    ("empty/readme.md", "nothing to check"),
];

/// `sound()` with something changed.
fn with(pointer: &str, value: Value) -> Value {
    let mut inventory = sound();
    inventory
        .as_object_mut()
        .unwrap()
        .entry(pointer.trim_start_matches('/'))
        .or_insert(Value::Null);
    *inventory.pointer_mut(pointer).unwrap() = value;
    inventory
}

fn truncated() -> Value {
    let exported = json!([{"id": "hr", "exported_at": "2026-06-30T06:00:00Z", "truncated": true}]);
    with("/sources", exported)
}

/// A leaver with a live account.
fn critical() -> Value {
    with(
        "/people",
        json!([{"id": "amy", "status": "terminated", "ended_at": "2026-01-01T00:00:00Z"}]),
    )
}

fn situations() -> Vec<Situation> {
    let empty = json!({"version": "1", "generated_at": "2026-06-30T06:00:00Z"});
    let mut unknown_field = sound();
    unknown_field["people"][0]["nmae"] = "Amy".into();
    let table: Vec<(&str, Value, &str, i32)> = vec![
        ("nothing is wrong", sound(), "", 0),
        ("nothing is wrong, and 1 would be 0", sound(), "--exit-zero", 0),
        ("a violation", unsound(), "", 1),
        ("a violation at the threshold", unsound(), "--fail-on medium", 1),
        ("a violation below the threshold", unsound(), "--fail-on high", 0),
        ("a violation far below the threshold", unsound(), "--fail-on critical", 0),
        ("the worst violation", critical(), "--fail-on critical", 1),
        ("a violation, and 1 is 0", critical(), "--exit-zero", 0),
        ("a threshold of the configuration", unsound(), "--config high.toml", 0),
        (
            "the command line goes before the configuration",
            unsound(),
            "--config high.toml --fail-on low",
            1,
        ),
        ("an empty inventory", empty.clone(), "", 3),
        ("an empty inventory stays incomplete", empty.clone(), "--exit-zero", 3),
        ("an empty inventory that is expected", empty, "--config none.toml", 0),
        ("no people", with("/people", json!([])), "--no-bundled --policies reads", 3),
        ("no accounts", with("/accounts", json!([])), "--no-bundled --policies reads", 3),
        ("no credentials", with("/credentials", json!([])), "--no-bundled --policies reads", 3),
        ("fewer people than expected", sound(), "--config more.toml", 3),
        (
            "fewer people than expected stays incomplete",
            sound(),
            "--config more.toml --exit-zero",
            3,
        ),
        ("fewer than expected and a violation", unsound(), "--config more.toml", 1),
        (
            "fewer than expected and a violation, 1 is 0",
            unsound(),
            "--config more.toml --exit-zero",
            3,
        ),
        (
            "fewer than expected and a small violation",
            unsound(),
            "--config more.toml --fail-on high",
            3,
        ),
        ("a truncated source is a violation", truncated(), "", 1),
        ("a truncated source is incomplete", truncated(), "--exit-zero", 3),
        ("a truncated source below the threshold", truncated(), "--fail-on critical", 3),
        (
            "a truncated source without a rule about it",
            truncated(),
            "--no-bundled --policies reads",
            3,
        ),
        ("no rule", sound(), "--no-bundled", 3),
        ("no rule, and 1 would be 0", sound(), "--no-bundled --exit-zero", 3),
        ("all rules are off", sound(), "--no-bundled --policies reads --config off.toml", 3),
        ("a rule that can be judged", sound(), "--no-bundled --policies reads", 0),
        ("a rule that can't be judged", unsound(), "--no-bundled --policies reads", 3),
        (
            "a rule that can't be judged, whatever fails",
            unsound(),
            "--no-bundled --policies reads --fail-on critical",
            3,
        ),
        (
            "a rule that can't be judged stays so",
            unsound(),
            "--no-bundled --policies reads --exit-zero",
            3,
        ),
        ("one rule fires and one can't be judged", unsound(), "--policies reads", 1),
        ("bad input", unknown_field.clone(), "", 2),
        ("bad input stays bad", unknown_field, "--exit-zero", 2),
        ("a bad rule", sound(), "--policies broken", 2),
        ("a bad rule stays bad", sound(), "--policies broken --exit-zero", 2),
        ("no rules in a pack", sound(), "--policies empty", 2),
        ("no pack", sound(), "--policies nowhere", 2),
        ("a bad configuration", sound(), "--config wrong.toml", 2),
        ("no configuration", sound(), "--config nowhere.toml", 2),
        ("an unreadable path beside a good one", sound(), "nowhere.json", 2),
        ("an unwritable output", sound(), "-o json=nowhere/report.json", 2),
        ("an output in the place of a folder", sound(), "-o json=empty", 2),
        ("an output in the place of the inventory", sound(), "-o json=inventory.json", 2),
        ("two outputs in one place", sound(), "-o json=r.txt -o sarif=r.txt", 2),
        ("an output without a format", sound(), "-o report.json", 2),
        ("an output of an unknown format", sound(), "-o jsn=report.json", 2),
        ("an unknown option", sound(), "--exit-zer", 2),
        ("an unknown severity", sound(), "--fail-on severe", 2),
        ("no threads", sound(), "-j 0", 2),
        ("a time without an offset", sound(), "--as-of 2026-06-30T12:00:00", 2),
        ("two times", sound(), "--as-of 2026-06-30T12:00:00Z --as-of 2026-06-30T12:00:00Z", 2),
        ("a configuration, and none", sound(), "--isolated --config more.toml", 2),
    ];
    let situation =
        |(name, inventory, arguments, code)| Situation { name, inventory, arguments, code };
    table.into_iter().map(situation).collect()
}

fn prepared(inventory: &Value) -> tempfile::TempDir {
    let (inventory, rule) = (inventory.to_string(), reads_system());
    let own = [("inventory.json", inventory.as_str()), ("reads/reads-system.cedar", rule.as_str())];
    folder(&[&own[..], &PACKS[..]].concat())
}

fn run(situation: &Situation, format: &str, folder: &Path) -> crate::run::Done {
    let configured =
        situation.arguments.contains("--config") || situation.arguments.contains("--isolated");
    let timed = situation.arguments.contains("--as-of");
    let isolated = if configured { "" } else { "--isolated" };
    let now = if timed { String::new() } else { format!("--as-of {AS_OF}") };
    let checked = nhi("check inventory.json").args(isolated).args(&now).args(situation.arguments);
    checked.args("--format").arg(format).at(folder).run()
}

#[test]
fn every_situation_has_its_code_in_every_format() {
    let formats = formats();
    for situation in situations() {
        let folder = prepared(&situation.inventory);
        let before = files(folder.path());
        for format in &formats {
            let done = run(&situation, format, folder.path());
            assert_eq!(done.code, situation.code, "{} ({format}): {done:?}", situation.name);
            if situation.code == 2 {
                let Situation { name, .. } = situation;
                assert!(done.out.is_empty() && !done.err.is_empty(), "{name} ({format}): {done:?}");
            } else {
                assert_eq!(done.err, "", "{} ({format})", situation.name);
            }
        }
        // Neither a half-written report nor a temporary file.
        assert_eq!(files(folder.path()), before, "{}", situation.name);
    }
}

#[test]
fn the_verdict_is_that_of_the_code() {
    for situation in situations().into_iter().filter(|situation| situation.code != 2) {
        let folder = prepared(&situation.inventory);
        let report = run(&situation, "json", folder.path()).json();
        let incomplete = !report["incomplete"].as_array().unwrap().is_empty();
        let zero = situation.arguments.contains("--exit-zero");
        let code = match report["verdict"].as_str().unwrap() {
            "pass" => 0,
            "fail" if zero && incomplete => 3,
            "fail" if zero => 0,
            "fail" => 1,
            "incomplete" => 3,
            other => panic!("verdict {other}"),
        };
        assert_eq!(code, situation.code, "{}", situation.name);
        assert!(report["verdict"] != "pass" || !incomplete, "{}", situation.name);
    }
}

#[test]
fn what_cannot_be_judged_is_indeterminate_and_says_why() {
    let folder = prepared(&unsound());
    let done = check("inventory.json --no-bundled --policies reads --format json")
        .at(&folder)
        .run()
        .exits(3);
    let report = done.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["status"], "indeterminate");
    assert_eq!(findings[0]["resource"], json!({"type": "Account", "id": "lost"}));
    assert!(findings[0]["message"].as_str().unwrap().contains("system"), "{}", findings[0]);
    assert_eq!(report["verdict"], "incomplete");
    assert_eq!(report["summary"]["by_severity"]["low"], 0);
    assert_eq!(report["rules"][0]["indeterminate"], 1);
    let text = check("inventory.json --no-bundled --policies reads").at(&folder).run().exits(3).out;
    assert!(
        text.contains("indeterminate[reads-system]") && text.contains("verdict: incomplete"),
        "{text}"
    );
}

#[test]
fn every_reason_to_be_incomplete_is_named() {
    for (inventory, arguments, reasons) in [
        (
            json!({"version": "1", "generated_at": "2026-06-30T06:00:00Z"}),
            "",
            &["0 people", "0 accounts", "0 credentials"][..],
        ),
        (truncated(), "", &["source `hr` is truncated"]),
        (sound(), "--no-bundled", &["no rule is on"]),
    ] {
        let folder = prepared(&inventory);
        let report = check("inventory.json --format json").args(arguments).at(&folder).run().json();
        let said: Vec<&str> = report["incomplete"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason.as_str().unwrap())
            .collect();
        assert_eq!(said.len(), reasons.len(), "{said:?}");
        for (said, reason) in said.iter().zip(reasons) {
            assert!(said.contains(reason), "{said}");
        }
    }
}

#[test]
fn nothing_to_read_is_no_clean_inventory() {
    let folder =
        folder(&[("empty/readme.md", ""), ("empty/.hidden.json", "{}"), ("blank.json", " \n")]);
    for path in ["empty", "blank.json", "nowhere", "-"] {
        check(path).at(&folder).run().refused();
    }
    nhi("check").at(&folder).run().refused();
}

/// A gate that is fed by a dead export goes red by itself: only `--as-of` holds the clock.
#[test]
fn an_old_export_is_stale_when_the_check_runs() {
    let mut inventory = sound().to_string();
    for (from, to) in [("2026-06-", "2016-06-"), ("2026-07-", "2016-07-")] {
        inventory = inventory.replace(from, to);
    }
    let folder = folder(&[("a.json", &inventory)]);
    let rules =
        |findings: &[Value]| findings.iter().map(|one| one["rule"].clone()).collect::<Vec<_>>();
    let now = nhi("check a.json --isolated --format json").at(&folder).run().exits(1);
    assert_eq!(rules(&now.findings()), ["source-stale"]);
    assert_eq!(now.json()["as_of"]["origin"], "generated_at");
    assert_eq!(now.json()["as_of"]["value"], "2016-06-30T06:00:00Z");
    assert_ne!(now.json()["run_at"], now.json()["as_of"]["value"]);
    let then = nhi("check a.json --isolated --as-of 2016-06-30T12:00:00Z").at(&folder).run();
    then.exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_an_error() {
    for format in formats() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = check("testdata/acme --format").arg(&format).to(full.into()).exits(2);
        assert!(done.said().contains("can't be written"), "{done:?}");
        let done = check("testdata/acme -o").arg(format!("{format}=/dev/full")).run().refused();
        assert!(done.said().contains("`/dev/full` can't be written"), "{done:?}");
    }
    for arguments in [
        "rules --isolated",
        "man",
        "completions bash",
        "schema report",
        "explain rotation-overdue --isolated",
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        nhi(arguments).to(full.into()).exits(2);
    }
}

/// Cedar calls a policy without a name `policy0`, and a rule may have any name.
#[test]
fn no_name_of_a_rule_makes_it_silent() {
    for id in ["policy0", "permit", "policy1"] {
        let rule = format!(
            "@id(\"{id}\")\n@severity(\"low\")\n\
             forbid (principal, action == Action::\"keep\", resource is Person) when {{ true }};\n"
        );
        let folder = folder(&[(&format!("pack/{id}.cedar"), &rule)]);
        let inventory = crate::run::root().join("testdata/clean");
        let done =
            nhi("check --isolated --no-bundled --policies pack --as-of 2026-06-30T12:00:00Z")
                .arg(inventory)
                .at(folder.path())
                .run();
        done.exits(1);
    }
}
