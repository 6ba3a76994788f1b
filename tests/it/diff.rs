//! `nhi-policy diff`: what changed, and never more than is known.

use serde_json::{Value, json};

use crate::run::{check, conforms, folder, nhi, schema, sound, text, unsound};

/// Inventories, and the reports of them by the same names.
fn reports(inventories: &[(&str, Value, &str)]) -> tempfile::TempDir {
    let folder = folder(&[(
        "off.toml",
        "[rules]\nreference-unknown = { enabled = false }\nsource-stale = { enabled = false }\n",
    )]);
    for (name, inventory, arguments) in inventories {
        std::fs::write(folder.path().join("inventory.json"), inventory.to_string()).unwrap();
        let isolated = if arguments.contains("--config") { "" } else { "--isolated" };
        let as_of = if arguments.contains("--as-of") { "" } else { "--as-of 2026-06-30T12:00:00Z" };
        let done = nhi("check inventory.json -q")
            .args(&format!("{isolated} {as_of} {arguments} -o json={name}"))
            .at(&folder)
            .run();
        assert_ne!(done.code, 2, "{name}: {}", done.err);
    }
    folder
}

fn diff(folder: &tempfile::TempDir, arguments: &str) -> crate::run::Run {
    nhi("diff").args(arguments).at(folder)
}

/// What became of each finding, by rule.
fn changes(difference: &Value) -> Vec<(&str, &str)> {
    let findings = difference["findings"].as_array().unwrap();
    findings.iter().map(|entry| (text(entry, "rule"), text(entry, "change"))).collect()
}

/// The account of an unknown system, with its system put right.
fn mended() -> Value {
    let mut inventory = unsound();
    inventory["accounts"][1]["system"] = "vault".into();
    inventory
}

fn truncated() -> Value {
    let mut inventory = mended();
    inventory["sources"] =
        json!([{"id": "hr", "exported_at": "2026-06-30T06:00:00Z", "truncated": true}]);
    inventory
}

#[test]
fn new_resolved_and_unchanged_are_told_apart() {
    let folder = reports(&[("bad.json", unsound(), ""), ("good.json", mended(), "")]);
    let rule = "reference-unknown";
    let found = diff(&folder, "good.json bad.json --format json").run().exits(0).json();
    assert_eq!(changes(&found), [(rule, "new")]);
    assert_eq!(found["findings"][0]["old"], Value::Null);
    assert_eq!(found["findings"][0]["new"]["status"], "violation");
    let found = diff(&folder, "bad.json good.json --format json").run().exits(0).json();
    assert_eq!(changes(&found), [(rule, "resolved")]);
    assert_eq!(found["warnings"], json!([]));
    let found = diff(&folder, "bad.json bad.json --format json").run().exits(0).json();
    assert!(changes(&found).is_empty());
    assert_eq!(found["counts"]["unchanged"], 1);
    for format in ["text", "markdown"] {
        let said = diff(&folder, "bad.json good.json --format").args(format).run().exits(0).out;
        assert!(said.contains("Resolved (1)") && said.contains(rule), "{said}");
    }
}

#[test]
fn what_new_could_not_find_is_not_resolved() {
    let folder = reports(&[
        ("bad.json", unsound(), ""),
        ("gone.json", sound(), ""),
        ("cut.json", truncated(), ""),
        ("off.json", mended(), "--config off.toml"),
        ("before.json", mended(), "--as-of 2026-06-30T11:00:00Z"),
    ]);
    for (new, change, says) in [
        ("gone.json", "unclear", "and of"),
        ("cut.json", "not_seen", "NEW is incomplete"),
        ("off.json", "not_seen", "the rule is off in NEW"),
        ("before.json", "not_seen", "earlier instant"),
    ] {
        let arguments = format!("bad.json {new}");
        let found = diff(&folder, &arguments).args("--format json").run().exits(0).json();
        let entries = found["findings"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["rule"] == "reference-unknown").unwrap();
        assert_eq!(entry["change"], change, "{new}");
        assert!(entry["why"].to_string().contains(says), "{new}: {entry}");
        assert_eq!(found["counts"]["resolved"], 0, "{new}");
        for format in ["text", "markdown"] {
            let said = diff(&folder, &arguments).args("--format").args(format).run().exits(0).out;
            let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(!words.contains("Resolved (") && words.contains(says), "{said}");
        }
    }
    let found = diff(&folder, "bad.json before.json --format json").run().exits(0).json();
    assert!(found["warnings"][0].as_str().unwrap().contains("right way round"));
    let found = diff(&folder, "bad.json off.json --format json").run().exits(0).json();
    let rules = found["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["changes"] == json!(["turned_off"])), "{rules:?}");
    assert!(found["warnings"][0].as_str().unwrap().contains("rule sets differ"));
}

#[test]
fn a_gate_fails_on_what_is_new_alone() {
    let folder = reports(&[
        ("bad.json", unsound(), ""),
        ("good.json", mended(), ""),
        ("cut.json", truncated(), ""),
    ]);
    for (arguments, code) in [
        ("good.json bad.json", 0),
        ("good.json bad.json --fail-on-new", 1),
        ("good.json bad.json --fail-on-new medium", 1),
        ("good.json bad.json --fail-on-new high", 0),
        ("bad.json good.json --fail-on-new", 0),
        ("bad.json bad.json --fail-on-new low", 0),
        ("cut.json cut.json --fail-on-new", 3),
        ("cut.json cut.json", 0),
        ("good.json bad.json --fail-on-new severe", 2),
        ("good.json", 2),
        ("good.json nowhere.json", 2),
        ("- -", 2),
    ] {
        diff(&folder, arguments).run().exits(code);
    }
}

#[test]
fn the_json_keeps_to_its_schema() {
    let folder = folder(&[]);
    let path = |name: &str| format!("json={}/{name}", folder.path().display());
    check("testdata/acme -q -o").arg(path("acme.json")).run().exits(1);
    check("testdata/clean -q -o").arg(path("clean.json")).run().exits(0);
    let schema = schema("diff");
    for arguments in ["acme.json clean.json", "clean.json acme.json", "acme.json acme.json"] {
        let found = nhi("diff").args(arguments).args("--format json").at(&folder).run().exits(0);
        conforms(&schema, &found.json(), arguments);
        let again = nhi("diff").args(arguments).args("--format json").at(&folder).run().exits(0);
        assert_eq!(found.out, again.out);
    }
    let text = std::fs::read_to_string(folder.path().join("acme.json")).unwrap();
    let piped =
        nhi("diff clean.json - --format json").input(text).at(&folder).run().exits(0).json();
    assert_eq!(piped["new"]["path"], "-");
}

#[test]
fn damaged_reports_are_refused_together() {
    let folder =
        folder(&[("a.json", "{\"version\": \"1\""), ("b.json", "{\n  \"version\": \"9\"}")]);
    let done = nhi("diff a.json b.json").at(&folder).run().refused();
    assert_eq!(done.faults(), 2, "{}", done.err);
    assert!(done.err.contains("a.json:1:") && done.err.contains("b.json:2:14"), "{}", done.err);
}

#[test]
fn what_is_of_a_source_or_a_system_that_is_gone_is_not_resolved() {
    let inventory = |sources: &[&str], systems: &[&str], others: u32| {
        let mut inventory = sound();
        inventory["people"].as_array_mut().unwrap().push(
            json!({"id": "gone", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"}),
        );
        inventory["sources"] = sources
            .iter()
            .map(|id| json!({"id": id, "kind": "aws", "exported_at": "2026-06-30T06:00:00Z"}))
            .collect();
        inventory["systems"] = systems.iter().map(|id| json!({"id": id})).collect();
        let mut accounts = Vec::new();
        for (number, system) in systems.iter().enumerate() {
            let mut account = json!({"id": format!("{system}:gone"), "system": system,
                "status": "enabled", "type": "human", "identity": "gone"});
            if let Some(source) = sources.get(number) {
                account["source"] = json!(source);
            }
            accounts.push(account);
        }
        // As many as before are asked about.
        for number in 0..others {
            accounts.push(json!({"id": format!("more-{number}"), "system": systems[0],
                "status": "enabled", "type": "human", "identity": "amy",
                "last_login_at": "2026-06-29T08:00:00Z"}));
        }
        inventory["accounts"] = accounts.into();
        inventory["credentials"][0].as_object_mut().unwrap().remove("account");
        inventory["credentials"][0]["identity"] = "amy".into();
        inventory["credentials"][0]["system"] = systems[0].into();
        if let Some(source) = sources.first() {
            inventory["people"][0]["source"] = json!(source);
            inventory["credentials"][0]["source"] = json!(source);
        }
        inventory
    };
    let mut emptied = inventory(&["one", "two"], &["dev", "prod"], 1);
    emptied["accounts"].as_array_mut().unwrap().retain(|account| account["id"] != "prod:gone");
    let folder = reports(&[
        ("both.json", inventory(&["one", "two"], &["dev", "prod"], 0), ""),
        ("source.json", inventory(&["one"], &["dev"], 1), ""),
        ("emptied.json", emptied, ""),
        ("plain.json", inventory(&[], &["dev", "prod"], 0), ""),
        ("system.json", inventory(&[], &["dev"], 1), ""),
        ("swapped.json", inventory(&[], &["dev", "test"], 0), ""),
    ]);
    for (arguments, change, says) in [
        ("both.json source.json", "not_seen", "the source `two`"),
        ("both.json emptied.json", "not_seen", "the source `two`"),
        ("plain.json system.json", "not_seen", "the system `prod`"),
        ("plain.json swapped.json", "not_seen", "the system `prod`"),
    ] {
        let found = diff(&folder, arguments).args("--format json").run().exits(0).json();
        let entries = found["findings"].as_array().unwrap();
        let entry = entries
            .iter()
            .find(|one| one["rule"] == "leaver-account-live" && one["new"].is_null())
            .unwrap();
        assert_eq!(entry["change"], change, "{arguments}: {entry}");
        assert!(entry["why"].to_string().contains(says), "{arguments}: {entry}");
        assert_eq!(found["counts"]["resolved"], 0, "{arguments}");
        let warnings = found["warnings"].to_string();
        assert!(warnings.contains(says), "{arguments}: {warnings}");
    }
}
