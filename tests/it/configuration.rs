//! `nhi-policy.toml`: where it is looked for, what it changes, and how its faults are told.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::run::{AS_OF, conforms, folder, nhi, rule, schema, text, unsound};

/// A check of `inventory.json` in a folder below the one of the configuration.
fn configured(configuration: &str, more: &[(&str, &str)]) -> tempfile::TempDir {
    let inventory = unsound().to_string();
    let own = [("nhi-policy.toml", configuration), ("deep/er/inventory.json", inventory.as_str())];
    folder(&[&own[..], more].concat())
}

fn report(arguments: &str, folder: &tempfile::TempDir) -> Value {
    let run = nhi("check inventory.json --format json --as-of").arg(AS_OF).args(arguments);
    run.at(&folder.path().join("deep/er")).run().json()
}

fn rule_of<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap()
}

fn fired(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| text(finding, "rule")).collect()
}

#[test]
fn the_nearest_configuration_above_counts_unless_told_otherwise() {
    let off = "[rules]\nreference-unknown = { enabled = false }\n";
    let folder = configured(off, &[("other.toml", "fail_on = \"high\"\n")]);
    let found = report("", &folder);
    assert_eq!((fired(&found), &found["verdict"]), (vec![], &"pass".into()));
    let isolated = report("--isolated", &folder);
    assert_eq!(
        (fired(&isolated), &isolated["verdict"]),
        (vec!["reference-unknown"], &"fail".into())
    );
    let given = report("--config ../../other.toml", &folder);
    assert_eq!((fired(&given), &given["verdict"]), (vec!["reference-unknown"], &"pass".into()));
    assert_eq!(given["fail_on"], "high");
    std::fs::write(folder.path().join("deep/nhi-policy.toml"), "fail_on = \"critical\"\n").unwrap();
    let nearer = report("", &folder);
    assert_eq!(
        (fired(&nearer), &nearer["fail_on"]),
        (vec!["reference-unknown"], &"critical".into())
    );
}

#[test]
fn a_parameter_changes_findings_and_says_where_it_is_from() {
    let folder = configured("[parameters]\nrotation_password_person = \"1d12h\"\n", &[]);
    let report = report("--config ../../nhi-policy.toml", &folder);
    assert_eq!(fired(&report), ["rotation-overdue", "reference-unknown"]);
    let parameter = &report["parameters"]["rotation_password_person"];
    assert_eq!(
        (text(parameter, "value"), text(parameter, "origin")),
        ("36h", "../../nhi-policy.toml")
    );
    assert_eq!(report["parameters"]["rotation_password"]["origin"], "default");
    assert_eq!(report["findings"][0]["facts"]["context.sla.rotation_password_person"], "36h");
    let explained = nhi("explain rotation-overdue").at(folder.path()).run().exits(0).out;
    assert!(explained.contains("rotation_password_person = 36h (nhi-policy.toml)"), "{explained}");
}

#[test]
fn a_severity_can_be_set() {
    let folder = configured("[rules]\nreference-unknown = { severity = \"critical\" }\n", &[]);
    let plain = report("", &folder);
    assert_eq!(plain["findings"][0]["severity"], "critical");
    assert_eq!(rule_of(&plain, "reference-unknown")["severity"], "critical");
    assert_eq!(plain["summary"]["by_severity"]["critical"], 1);
    let inventory = unsound()
        .to_string()
        .replace("\"identity\":\"amy\"", "\"identity\":\"amy\",\"privileged\":true");
    for (change, severity) in [
        ("severity = \"low\"", "low"),
        ("severity = \"low\", severity_privileged = \"high\"", "high"),
        ("severity_privileged = \"critical\"", "critical"),
    ] {
        let folder = configured(&format!("[rules]\nreference-unknown = {{ {change} }}\n"), &[]);
        std::fs::write(folder.path().join("deep/er/inventory.json"), &inventory).unwrap();
        let report = report("", &folder);
        let found = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["rule"] == "reference-unknown");
        assert_eq!(found.unwrap()["severity"], severity, "{change}");
    }
}

#[test]
fn a_rule_that_is_off_is_still_listed() {
    let folder = configured("[rules.reference-unknown]\nenabled = false\n", &[]);
    let report = report("", &folder);
    let off = rule_of(&report, "reference-unknown");
    assert_eq!(
        (&off["enabled"], &off["asked"], &off["violations"]),
        (&false.into(), &0.into(), &0.into())
    );
    assert!(fired(&report).is_empty());
    let listed = nhi("rules").at(folder.path()).run().exits(0).out;
    let line = listed.lines().find(|line| line.contains("reference-unknown")).unwrap();
    assert!(line.ends_with("(off)"), "{line}");
    let explained = nhi("explain reference-unknown").at(folder.path()).run().exits(0).out;
    assert!(explained.contains("; off;"), "{explained}");
}

#[test]
fn packs_are_named_relative_to_the_configuration() {
    let head = "action == Action::\"keep\", resource is Account";
    let mine = rule("mine", "high", head, "when { resource.live }");
    let replaced = rule("reference-unknown", "low", head, "when { !resource.live }");
    let pack = [
        ("packs/a/mine.cedar", mine.as_str()),
        ("packs/a/reference-unknown.cedar", replaced.as_str()),
    ];
    let folder = configured("policies = [\"packs/a\"]\n", &pack);
    let both = report("", &folder);
    assert_eq!(fired(&both), ["mine", "mine"], "the bundled rule of the same id is replaced");
    assert!(text(rule_of(&both, "mine"), "origin").ends_with("packs/a/mine.cedar"));
    assert!(
        text(rule_of(&both, "reference-unknown"), "origin")
            .ends_with("packs/a/reference-unknown.cedar")
    );
    assert_eq!(rule_of(&both, "rotation-overdue")["origin"], "bundled");
    let folder = configured("policies = [\"packs/a\"]\nbundled = false\n", &pack);
    assert_eq!(report("", &folder)["rules"].as_array().unwrap().len(), 2);
}

#[test]
fn every_fault_of_a_configuration_is_told_at_once_with_its_place_and_the_nearest_name() {
    let wrong = "polices = [\"x\"]\nfail_on = \"hihg\"\n\n[parameters]\nleaver_grce = \"24h\"\n\
        revocation_sla = \"1 day\"\nrotation_token = 90\nreview = \"-3d\"\n\n[rules]\n\
        rotation-overdu = { enabled = false }\nrotation-overdue = { enable = false, severity = \"hgh\" }\n\
        account-orphaned = true\n\n[expect]\nperson = 1\npeople = \"many\"\naccounts = -1\ncredentials = 1.5\n";
    let folder = configured(wrong, &[]);
    let done = nhi("check deep/er/inventory.json").at(folder.path()).run().refused();
    let faults = [
        ("1:1", "`policies`"),
        ("2:11", "`high`"),
        ("5:1", "`leaver_grace`"),
        ("6:18", "`1 day` is not a duration"),
        ("7:18", "a string"),
        ("8:10", "negative"),
        ("11:1", "`rotation-overdue`"),
        ("12:22", "`enabled`"),
        ("12:49", "`high`"),
        ("13:20", "a table"),
        ("16:1", "`people`"),
        ("17:10", "a whole number"),
        ("18:12", "0 or more"),
        ("19:15", "a whole number"),
    ];
    for (place, says) in faults {
        let place = format!("[nhi-policy.toml:{place}]");
        let at =
            done.err.find(&place).unwrap_or_else(|| panic!("nothing at {place}\n{}", done.err));
        let (before, after) = done.err.split_at(at);
        let message = before.rsplit("  × ").next().unwrap();
        let help = after.split("  × ").next().unwrap();
        assert!(
            message.contains(says) || help.contains(says),
            "{place} doesn't say {says}: {message}{help}"
        );
    }
    assert_eq!(done.faults(), faults.len(), "{}", done.err);
}

#[test]
fn every_single_fault_of_a_configuration_is_enough() {
    for (wrong, place, says) in [
        ("bundled = \"no\"", "1:11", "true or false"),
        ("policies = \"a\"", "1:12", "a list of strings"),
        ("policies = [\"a\", 1]", "1:18", "a string"),
        ("fail_on = 3", "1:11", "a string"),
        ("[rules]\nrotation-overdue = { enabled = \"no\" }", "2:32", "true or false"),
        ("[parameters]\nleaver_grace = \"\"", "2:16", "not a duration"),
        ("[parameters]\nleaver_grace = \"1h1d\"", "2:16", "not a duration"),
        ("parameters = 1", "1:14", "a table"),
        ("fail_on = \"low\"\nfail_on = \"low\"", "2:1", "TOML"),
        ("fail_on = ", "1:1", "TOML"),
    ] {
        let folder = configured(wrong, &[]);
        for command in ["check deep/er/inventory.json", "rules", "explain rotation-overdue"] {
            let done = nhi(command).at(folder.path()).run().refused();
            let place = format!("[nhi-policy.toml:{place}");
            assert!(done.err.contains(&place), "{wrong}: not at {place}\n{}", done.err);
            assert!(done.said().contains(says), "{wrong}: doesn't say {says}\n{}", done.err);
        }
    }
}

#[test]
fn a_wrong_type_at_the_top_hides_no_other_fault() {
    let folder = configured("bundled = \"no\"\nfail_on = \"hihg\"\n", &[]);
    let done = nhi("check deep/er/inventory.json").at(folder.path()).run().refused();
    assert_eq!(done.faults(), 2, "{}", done.err);
}

/// The names in backticks of the advice on a key that is far from all.
fn listed(configuration: &str) -> BTreeSet<String> {
    let folder = configured(configuration, &[]);
    let said = nhi("rules").at(folder.path()).run().refused().said();
    let names = said.split_once("use one of ").unwrap_or_else(|| panic!("{said}")).1;
    let line = names.lines().next().unwrap();
    // Of many, the first are enough.
    let names = line.split(" and ").next().unwrap().split(", ");
    names.map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_schema_knows_the_same_keys_as_the_reader() {
    let schema = schema("config");
    let names = |object: &Value| -> BTreeSet<String> {
        object["properties"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(names(&schema), listed("zzzzzzzzzzzzzzzz = 1"));
    assert_eq!(
        names(&schema["$defs"]["RuleChange"]),
        listed("[rules.rotation-overdue]\nzzzzzzzzzzzzzzzz = 1")
    );
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["$defs"]["RuleChange"]["additionalProperties"], false);
    assert_eq!(listed("[expect]\nzzzzzzzzzzzzzzzz = 1").len(), 10);
    let parameters = nhi("schema cedar").run().exits(0).out;
    let known = listed("[parameters]\nzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz = \"1d\"");
    assert!(known.len() >= 10, "{known:?}");
    for name in known {
        assert!(parameters.contains(&format!("  {name}")), "{name}");
    }
}

#[test]
fn the_schema_accepts_what_init_writes_and_what_the_reader_reads() {
    let schema = schema("config");
    let folder = folder(&[]);
    nhi("init").at(folder.path()).run().exits(0);
    let written = std::fs::read_to_string(folder.path().join("nhi-policy.toml")).unwrap();
    conforms(&schema, &toml::from_str(&written).unwrap(), "what init writes");
    // What it only suggests has to be right, too.
    let uncommented = written.replace("# ", "");
    let suggested: Vec<&str> =
        uncommented.lines().filter(|line| line.contains(" = ") || line.starts_with('[')).collect();
    let suggested = suggested.join("\n");
    let full: Value =
        toml::from_str(&suggested).unwrap_or_else(|error| panic!("{error}\n{suggested}"));
    conforms(&schema, &full, &suggested);
    assert!(
        full["expect"]["people"].is_number() && full["rules"].as_object().unwrap().len() == 2,
        "{full}"
    );
    std::fs::write(folder.path().join("nhi-policy.toml"), &suggested).unwrap();
    nhi("rules").at(folder.path()).run().exits(0);
    for wrong in [
        "{\"fail_on\": \"hihg\"}",
        "{\"expect\": {\"people\": -1}}",
        "{\"x\": 1}",
        "{\"rules\": {\"a\": {\"enable\": true}}}",
    ] {
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(!validator.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}

#[test]
fn the_defaults_of_the_schema_are_those_of_the_reader() {
    let schema = schema("config");
    for property in
        [&schema["properties"]["bundled"], &schema["$defs"]["RuleChange"]["properties"]["enabled"]]
    {
        assert!(property.get("default").is_none_or(|default| *default == true), "{property}");
    }
}
