//! The commands beside `check`: what they say, and how they end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::run::{check, conforms, files, folder, nhi, rule, schema, sound, text, unsound};

fn listed(arguments: &str) -> Vec<Value> {
    nhi("rules --isolated --format json")
        .args(arguments)
        .run()
        .exits(0)
        .json()
        .as_array()
        .unwrap()
        .clone()
}

fn ids(rules: &[Value]) -> BTreeSet<&str> {
    rules.iter().map(|rule| text(rule, "id")).collect()
}

#[test]
fn rules_are_listed_with_what_they_are() {
    let rules = listed("");
    assert!(rules.len() >= 60 && ids(&rules).len() == rules.len());
    let table = nhi("rules --isolated").run().exits(0).out;
    let page = nhi("rules --isolated --format markdown").run().exits(0).out;
    for rule in &rules {
        for key in ["id", "title", "severity"] {
            let said = text(rule, key);
            assert!(
                table.lines().any(|line| line.contains(text(rule, "id")) && line.contains(said)),
                "{said}"
            );
            assert!(page.contains(said), "{said}");
        }
        assert_eq!(rule["enabled"], true);
    }
    let count = format!("{0} rules, {0} on.", rules.len());
    assert!(table.contains(&count), "{table}");
}

#[test]
fn rules_are_listed_by_control() {
    assert_eq!(listed("--control PR.AC-4"), listed(""));
    assert_eq!(listed("--control NHI-03"), listed(""));
    let all = listed("");
    let has = |rule: &&Value| rule["controls"].as_array().unwrap().contains(&"NHI7:2025".into());
    let wanted: Vec<Value> = all.iter().filter(has).cloned().collect();
    assert!(!wanted.is_empty() && wanted.len() < all.len());
    assert_eq!(listed("--control NHI7:2025"), wanted);
    for (wrong, near) in [("PR.AC-44", "`PR.AC-4`"), ("nhi-3", "`NHI-03`")] {
        let done = nhi("rules --isolated --control").arg(wrong).run().refused();
        assert!(done.said().contains(near) && done.said().contains(wrong), "{}", done.err);
    }
}

#[test]
fn controls_are_listed_with_what_became_of_them() {
    let controls = nhi("rules --isolated --controls --format json").run().exits(0).json();
    let controls = controls.as_array().unwrap();
    let text_of_all = nhi("rules --isolated --controls").run().exits(0).out;
    let rules = listed("");
    for control in controls {
        let id = text(control, "id");
        assert!(text_of_all.contains(id), "{id}");
        let mapped =
            rules.iter().filter(|rule| rule["controls"].as_array().unwrap().contains(&id.into()));
        assert_eq!(control["rules"], mapped.count(), "{id}");
    }
    let of = |id: &str| {
        controls.iter().find(|control| control["id"] == id).unwrap()["relation"].to_string()
    };
    assert!(of("PR.AC-4").contains("PR.AA-05") && of("NHI-03").contains("NHI1:2025"));
    nhi("rules --isolated --controls --control PR.AC-4").run().refused();
}

#[test]
fn each_rule_can_be_explained() {
    for rule in listed("") {
        let id = text(&rule, "id");
        let said = nhi("explain --isolated").arg(id).run().exits(0).out;
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            id,
            text(&rule, "title"),
            text(&rule, "rationale"),
            text(&rule, "remediation"),
            "An example that fires",
        ] {
            assert!(words(&said).contains(&words(part)), "{id} lacks {part}\n{said}");
        }
        for control in rule["controls"].as_array().unwrap() {
            assert!(said.contains(control.as_str().unwrap()), "{id} lacks {control}");
        }
        for parameter in rule["parameters"].as_array().unwrap() {
            assert!(
                said.contains(&format!("{} = ", parameter.as_str().unwrap())),
                "{id} lacks {parameter}"
            );
        }
    }
}

#[test]
fn a_finding_is_explained_with_the_facts_that_it_rests_on() {
    let findings = check("testdata/acme --format json").run().exits(1).findings();
    for finding in &findings[..10] {
        let id = text(finding, "id");
        let explain = |id: &str| {
            nhi("explain --isolated --as-of 2026-06-30T12:00:00Z")
                .arg(id)
                .args("testdata/acme")
                .run()
        };
        let said = explain(id).exits(0).out;
        assert!(said.contains(text(finding, "rule")), "{id}: {said}");
        let facts = finding["facts"].as_object().unwrap();
        let shown =
            facts.iter().filter_map(|(path, value)| Some(format!("{path} = {}", value.as_str()?)));
        let shown: Vec<String> = shown.collect();
        assert!(
            shown.is_empty() || shown.iter().any(|fact| said.contains(fact)),
            "{id}: none of {shown:?}\n{said}"
        );
        assert!(
            facts.keys().any(|path| said.contains(&format!("{path} = "))),
            "{id}: no fact\n{said}"
        );
        let place = &finding["location"];
        let place = format!("{}:{}:{}", text(place, "file"), place["line"], place["column"]);
        assert!(said.contains(&place), "{id}: not at {place}\n{said}");
        assert!(
            said.contains("\nwhen is true\n") && !said.contains("when is false"),
            "{id}: {said}"
        );
        assert_eq!(explain(&id[..12]).exits(0).out, said, "the beginning of an id is enough");
    }
}

#[test]
fn what_can_not_be_explained_is_refused() {
    let folder = folder(&[("a.json", &unsound().to_string())]);
    for (arguments, says) in [
        ("rotation-overdu", "`rotation-overdue`"),
        ("zzzzzzzzzz", "nhi-policy rules"),
        ("0123456789abcdef0123456789abcdef", "inventory"),
        ("0123456789abcdef a.json", "no finding"),
        ("rotation-overdue a.json", "no finding"),
        ("0123456789abcdef nowhere.json", "nowhere.json"),
    ] {
        let done = nhi("explain --isolated").args(arguments).at(&folder).run().refused();
        assert!(done.said().contains(says), "{arguments}: {}", done.err);
    }
    let many =
        nhi("explain --isolated --as-of 2026-06-30T12:00:00Z a testdata/acme").run().refused();
    assert!(many.said().contains("findings have ids that begin with `a`"), "{}", many.err);
}

const HEAD: &str = "action == Action::\"keep\", resource is Account";

/// A pack in a folder of that name: one rule, and cases if there are any.
fn pack(name: &str, cases: Option<&str>) -> tempfile::TempDir {
    let rule = rule("mine", "medium", HEAD, "when { resource.live && resource.privileged }");
    let (policy, beside) = (format!("{name}/mine.cedar"), format!("{name}/mine.cases.json"));
    let mut files = vec![(policy.as_str(), rule.as_str())];
    files.extend(cases.map(|cases| (beside.as_str(), cases)));
    folder(&files)
}

fn cases(expect: &Value) -> String {
    let account = json!({"id": "a1", "system": "vault", "status": "enabled", "privileged": true});
    let inventory = json!({"systems": [{"id": "vault"}], "accounts": [account]});
    let case =
        json!({"name": "a live one", "shows": "fires", "inventory": inventory, "expect": expect});
    json!({"as_of": "2026-06-30T12:00:00Z", "cases": [case]}).to_string()
}

#[test]
fn the_cases_of_a_pack_pass_or_show_the_difference() {
    let good =
        cases(&json!([{"resource": "Account::a1", "severity": "medium", "message": "about a1"}]));
    conforms(&schema("rule-cases"), &serde_json::from_str(&good).unwrap(), "cases");
    let out = nhi("test pack").at(&pack("pack", Some(&good))).run().exits(0).out;
    assert!(out.ends_with("1 passed, 0 failed\n"), "{out}");
    for (expect, difference) in [
        (json!([]), "found, not expected: Inventory::inventory -> Account::a1"),
        (
            json!([{"resource": "Account::a2", "severity": "medium"}]),
            "expected, not found: anybody -> Account::a2",
        ),
        (json!([{"resource": "Account::a1", "severity": "high"}]), "expected high, found medium"),
        (
            json!([{"resource": "Account::a1", "severity": "medium", "message": "no"}]),
            "expected no, found about a1",
        ),
        (
            json!([{"resource": "Account::a1", "severity": "medium", "status": "indeterminate"}]),
            "expected indeterminate, found violation",
        ),
    ] {
        let out = nhi("test pack").at(&pack("pack", Some(&cases(&expect)))).run().exits(1).out;
        for part in
            ["FAILED mine: a live one", "pack/mine.cases.json", difference, "0 passed, 1 failed"]
        {
            assert!(out.contains(part), "{part} is not in {out}");
        }
    }
}

#[test]
fn no_cases_and_bad_cases_are_no_success() {
    let done = nhi("test pack").at(&pack("pack", None)).run().refused();
    assert!(done.said().contains("no cases"), "{}", done.err);
    nhi("test nowhere").run().refused();
    nhi("test --isolated --no-bundled").run().refused();
    for (from, to, says) in [
        ("\"shows\"", "\"show\"", "`show`"),
        ("\"fires\"", "\"fire\"", "`fire`"),
        ("\"enabled\"", "\"enabld\"", "`enabled`"),
        ("Z\"", "\"", "offset"),
        ("]", "", "mine.cases.json"),
    ] {
        let bad = cases(&json!([])).replacen(from, to, 1);
        let done = nhi("test pack").at(&pack("pack", Some(&bad))).run().refused();
        assert!(done.said().contains(says) || done.err.contains(says), "{to}: {}", done.err);
    }
    let empty = "{\"as_of\": \"2026-06-30T12:00:00Z\", \"cases\": []}";
    nhi("test pack").at(&pack("pack", Some(empty))).run().refused();
}

/// The bundled rules lie in a `policies` of their own: they are not the user's.
#[test]
fn a_pack_may_be_in_a_folder_called_policies() {
    let done = nhi("test policies").at(&pack("policies", None)).run().refused();
    assert!(done.said().contains("no cases"), "{}", done.err);
    let good = cases(&json!([{"resource": "Account::a1", "severity": "medium"}]));
    let out = nhi("test policies").at(&pack("policies", Some(&good))).run().exits(0).out;
    assert!(out.ends_with("1 passed, 0 failed\n"), "{out}");
}

/// The bundled ones and the example's.
#[test]
fn all_cases_pass_where_init_has_been() {
    let folder = folder(&[]);
    nhi("init").at(&folder).run().exits(0);
    let out = nhi("test").at(&folder).run().exits(0).out;
    assert!(out.contains(&format!("cases of {} rules:", listed("").len() + 1)), "{out}");
    let last = out.lines().last().unwrap();
    let passed: u32 = last.split(' ').next().unwrap().parse().unwrap();
    assert!(passed > 300 && last.ends_with(" passed, 0 failed"), "{out}");
    assert!(!out.contains("no cases: "), "{out}");
    let own = nhi("test --no-bundled").at(&folder).run().exits(0).out;
    assert!(own.ends_with("\n3 passed, 0 failed\n"), "{own}");
}

#[test]
fn init_writes_what_works_and_replaces_nothing() {
    let folder = folder(&[("inventory.json", &sound().to_string())]);
    let said = nhi("init").at(&folder).run().exits(0).out;
    let written = files(folder.path());
    assert!(written.len() == 5 && written.contains_key("nhi-policy.toml"), "{:?}", written.keys());
    for name in written.keys().filter(|name| *name != "inventory.json") {
        assert!(said.contains(name.as_str()), "{name} is not said");
    }
    let again = nhi("init").at(&folder).run().refused();
    assert_eq!(again.faults(), 4, "{}", again.err);
    assert_eq!(files(folder.path()), written);
    let report = nhi("check inventory.json --format json --as-of 2026-06-30T12:00:00Z")
        .at(&folder)
        .run()
        .exits(0);
    let rules = report.json()["rules"].as_array().unwrap().clone();
    assert_eq!(rules.len(), listed("").len() + 1);
    // One that is there is enough to write none.
    std::fs::remove_file(folder.path().join("nhi-policy.toml")).unwrap();
    nhi("init").at(&folder).run().refused();
    assert!(!folder.path().join("nhi-policy.toml").exists());
    nhi("init --force").at(&folder).run().exits(0);
    assert_eq!(files(folder.path()), written);
    nhi("init new/folder --quiet").at(&folder).run().exits(0);
    assert!(folder.path().join("new/folder/nhi-policy.toml").exists());
}

#[test]
fn shells_and_man_get_their_pages() {
    for (shell, sign) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef nhi-policy"),
        ("fish", "complete -c nhi-policy"),
    ] {
        let script = nhi("completions").arg(shell).run().exits(0).out;
        assert!(script.contains(sign) && script.contains("exhaustive"), "{shell}: {script}");
    }
    nhi("completions tcsh-like").run().refused();
    let manual = nhi("man").run().exits(0).out;
    for command in commands() {
        assert!(
            manual.contains(&format!("nhi\\-policy\\-{command}"))
                || manual.contains(&format!("nhi-policy {command}")),
            "{command}"
        );
    }
}

#[test]
fn the_version_is_that_of_the_crate() {
    let version = concat!("nhi-policy ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(nhi("--version").run().exits(0).out, version);
    assert_eq!(
        check("testdata/clean --format json").run().json()["tool"]["version"],
        env!("CARGO_PKG_VERSION")
    );
}

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = nhi("--help").run().exits(0).out;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn the_help_of_each_command_is_the_golden_one() {
    insta::assert_snapshot!("help", nhi("--help").run().exits(0).out);
    let commands = commands();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let done = nhi(&command).args("--help").run().exits(0);
        assert_eq!(done.err, "");
        insta::assert_snapshot!(format!("help-{command}"), done.out);
    }
}

#[test]
fn wrong_usage_is_refused() {
    for arguments in [
        "",
        "chek",
        "schema",
        "schema nothing",
        "explain",
        "import",
        "completions",
        "rules x",
        "check --isolated",
        "init a b",
        "--quiet",
    ] {
        nhi(arguments).run().refused();
    }
}
