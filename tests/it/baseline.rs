//! Baselines: only what is new fails, and nothing is hidden that must not be.

use serde_json::{Value, json};

use crate::run::{check, folder as laid, sound};

/// An inventory with these accounts of a leaver.
fn inventory(accounts: &[Value]) -> String {
    let mut inventory = sound();
    inventory["people"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "gone", "status": "terminated", "ended_at": "2026-01-01T00:00:00Z"}));
    let all = inventory["accounts"].as_array_mut().unwrap();
    let system = all[0]["system"].clone();
    for account in accounts {
        let mut own =
            json!({"system": system, "status": "enabled", "type": "human", "identity": "gone"});
        own.as_object_mut().unwrap().extend(account.as_object().unwrap().clone());
        all.push(own);
    }
    inventory.to_string()
}

fn mark(report: &Value, account: &str) -> Value {
    mark_of(report, "leaver-account-live", account)
}

fn mark_of(report: &Value, rule: &str, account: &str) -> Value {
    let findings = report["findings"].as_array().unwrap();
    let is = |finding: &&Value| finding["rule"] == rule && finding["resource"]["id"] == account;
    findings.iter().find(is).map_or("not found".into(), |finding| finding["mark"].clone())
}

#[test]
fn only_what_is_new_fails_and_the_verdict_stays() {
    let expired = json!({"id": "x1", "expires_at": "2026-06-01T00:00:00Z"});
    let mut privileged = expired.clone();
    privileged["privileged"] = true.into();
    let folder = laid(&[
        ("one.json", &*inventory(std::slice::from_ref(&expired))),
        ("two.json", &*inventory(&[expired.clone(), json!({"id": "x2"})])),
        ("worse.json", &*inventory(&[privileged])),
        ("none.json", &*inventory(&[])),
    ]);
    let run = |arguments: &str, code: i32| -> Value {
        let done = check(arguments).args("--format json").at(&folder).run().exits(code);
        serde_json::from_str(&done.out).unwrap()
    };
    run("one.json --write-baseline b.json", 1);
    let same = run("one.json --baseline b.json", 0);
    assert_eq!((&same["verdict"], mark(&same, "x1")), (&"fail".into(), "known".into()));
    assert_eq!(same["baseline"]["new"], 0);
    let more = run("two.json --baseline b.json", 1);
    assert_eq!((mark(&more, "x1"), mark(&more, "x2")), ("known".into(), "new".into()));
    let severities = |report: &Value| report["summary"]["by_severity"].clone();
    assert_ne!(severities(&more), severities(&same));
    let worse = run("worse.json --baseline b.json", 1);
    assert_eq!(mark_of(&worse, "account-expired-live", "x1"), "new");
    assert_eq!(mark_of(&same, "account-expired-live", "x1"), "known");
    // What is fixed is listed, and dropped on the next write.
    let fixed = run("none.json --baseline b.json --write-baseline b2.json", 0);
    let resolved = fixed["baseline"]["resolved"].as_array().unwrap();
    assert!(resolved.iter().any(|known| known["resource"]["id"] == "x1"), "{resolved:?}");
    let again = run("one.json --baseline b2.json", 1);
    assert_eq!(mark(&again, "x1"), "new");
}

#[test]
fn a_baseline_of_other_rules_or_of_another_kind_of_inventory_is_refused() {
    let mut other: Value = serde_json::from_str(&inventory(&[json!({"id": "x1"})])).unwrap();
    other["sources"] =
        json!([{"id": "hr", "kind": "another-kind", "exported_at": "2026-06-30T06:00:00Z"}]);
    let folder = laid(&[
        ("one.json", &*inventory(&[json!({"id": "x1"})])),
        ("other.json", &*other.to_string()),
        ("off.toml", "[rules]\naccount-dormant = { enabled = false }\n"),
        ("not.json", "{\"version\": \"1\"}"),
    ]);
    check("one.json --write-baseline b.json").at(&folder).run().exits(1);
    let refused = |run: crate::run::Run, said: &str| {
        let done = run.at(&folder).run().exits(2);
        assert!(done.err.contains(said), "{said}: {}", done.err);
    };
    let off = crate::run::nhi("check --as-of 2026-06-30T12:00:00Z one.json --config off.toml");
    refused(off.args("--baseline b.json"), "account-dormant");
    refused(check("other.json --baseline b.json"), "another-kind");
    refused(check("one.json --baseline not.json"), "missing field");
    refused(check("one.json --baseline none.json"), "none.json");
    // Nothing is written where nothing could be compared.
    refused(check("other.json --baseline b.json --write-baseline b3.json"), "another-kind");
    assert!(!folder.path().join("b3.json").exists());
    refused(check("one.json --write-baseline one.json"), "replace the inventory");
}

#[test]
fn neither_what_is_about_the_check_itself_nor_what_is_unknown_is_ever_known() {
    let stale = |id: &str| {
        let mut inventory: Value = serde_json::from_str(&inventory(&[json!({"id": id})])).unwrap();
        inventory["sources"] =
            json!([{"id": "hr", "exported_at": "2026-06-01T06:00:00Z", "truncated": true}]);
        inventory.to_string()
    };
    let folder = laid(&[("one.json", &*stale("x1")), ("two.json", &*stale("x2"))]);
    check("one.json --write-baseline b.json").at(&folder).run().exits(1);
    let done = check("one.json --baseline b.json --format json").at(&folder).run().exits(1);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(mark(&report, "x1"), "known");
    let stale = report["findings"].as_array().unwrap().iter();
    let stale: Vec<&Value> = stale.filter(|finding| finding["rule"] == "source-stale").collect();
    assert_eq!((stale.len(), &stale[0]["mark"]), (1, &"new".into()));
    // Of an inventory that is cut off nobody knows what is fixed: it is neither listed nor dropped.
    let run = check("two.json --baseline b.json --write-baseline b.json --format json");
    let report: Value = serde_json::from_str(&run.at(&folder).run().exits(1).out).unwrap();
    assert_eq!(report["baseline"]["resolved"], json!([]));
    let written = std::fs::read_to_string(folder.path().join("b.json")).unwrap();
    assert!(written.contains("\"x1\"") && written.contains("\"x2\""), "{written}");
}

#[test]
fn a_rule_about_the_check_is_none_the_less_one_in_another_folder() {
    let mut inventory: Value = serde_json::from_str(&inventory(&[])).unwrap();
    inventory["sources"] =
        json!([{"id": "hr", "kind": "hr", "exported_at": "2026-06-01T06:00:00Z"}]);
    let rule =
        std::fs::read_to_string(crate::run::root().join("policies/governance/source-stale.cedar"));
    let folder =
        laid(&[("i.json", &*inventory.to_string()), ("my/source-stale.cedar", &*rule.unwrap())]);
    check("i.json --policies my --write-baseline b.json").at(&folder).run().exits(1);
    check("i.json --policies my --baseline b.json").at(&folder).run().exits(1);
}

#[test]
fn what_the_check_reads_is_never_replaced() {
    let key = "0123456789abcdef0123456789abcdef";
    let exceptions = json!({"version": "1", "exceptions": []}).to_string();
    let folder = laid(&[("i.json", &*inventory(&[])), ("key", key), ("x.json", &*exceptions)]);
    for arguments in [
        "i.json --pseudonymize key -o json=key",
        "i.json --exceptions x.json --write-baseline x.json",
        "i.json --exceptions x.json -o json=x.json",
    ] {
        let done = check(arguments).at(&folder).run().exits(2);
        assert!(done.err.contains("would replace"), "{arguments}: {}", done.err);
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("key")).unwrap(), key);
}

#[test]
fn a_source_that_is_gone_has_resolved_nothing() {
    let with = |sources: &[&str]| {
        let account = |id: &&str| json!({"id": format!("acc-{id}"), "source": id});
        let accounts: Vec<Value> = sources.iter().map(account).collect();
        let mut inventory: Value = serde_json::from_str(&inventory(&accounts)).unwrap();
        inventory["sources"] = sources
            .iter()
            .map(|id| json!({"id": id, "kind": "aws", "exported_at": "2026-06-30T06:00:00Z"}))
            .collect();
        inventory.to_string()
    };
    let mut emptied: Value = serde_json::from_str(&with(&["dev", "prod"])).unwrap();
    let accounts = emptied["accounts"].as_array_mut().unwrap();
    accounts.retain(|account| account["id"] != "acc-prod");
    let folder = laid(&[
        ("two.json", &*with(&["dev", "prod"])),
        ("one.json", &*with(&["dev"])),
        ("emptied.json", &*emptied.to_string()),
        ("other.json", &*with(&["dev", "stage"])),
    ]);
    check("two.json --write-baseline b.json").at(&folder).run().exits(1);
    for fewer in ["one.json", "emptied.json"] {
        let done = check(fewer).args("--baseline b.json").at(&folder).run().exits(2);
        assert!(done.err.contains("2 x `aws`"), "{fewer}: {}", done.err);
    }
    let mut emptier: Value = serde_json::from_str(&with(&["dev"])).unwrap();
    std::fs::write(folder.path().join("full.json"), emptier.to_string()).unwrap();
    emptier["accounts"].as_array_mut().unwrap().pop();
    std::fs::write(folder.path().join("empty.json"), emptier.to_string()).unwrap();
    check("full.json --write-baseline full.b").at(&folder).run().exits(1);
    let done = check("empty.json --baseline full.b").at(&folder).run().exits(2);
    assert!(done.err.contains("this one is of `aws` without records"), "{}", done.err);
    // As many, but not the same: nobody knows what became of the other's findings.
    let run = check("other.json --baseline b.json --write-baseline b.json --format json");
    let report = run.at(&folder).run().exits(1).json();
    assert_eq!(report["baseline"]["resolved"], json!([]));
    let written = std::fs::read_to_string(folder.path().join("b.json")).unwrap();
    assert!(written.contains("acc-prod") && written.contains("acc-stage"), "{written}");
}

#[test]
fn what_other_thresholds_or_other_systems_hide_is_not_resolved() {
    let account = json!({"id": "x1", "system": "other"});
    let with = |system: &str| {
        let mut inventory: Value =
            serde_json::from_str(&inventory(std::slice::from_ref(&account))).unwrap();
        inventory["systems"].as_array_mut().unwrap().push(json!({"id": system}));
        inventory
    };
    // As many systems: another one has come for it.
    let mut swapped = with("another");
    swapped["accounts"].as_array_mut().unwrap().pop();
    let folder = laid(&[
        ("one.json", &*with("other").to_string()),
        ("swapped.json", &*swapped.to_string()),
        ("loose.toml", "[parameters]\nleaver_grace = \"9999d\"\n"),
    ]);
    check("one.json --write-baseline b.json").at(&folder).run().exits(1);
    let loose = "check --as-of 2026-06-30T12:00:00Z one.json --config loose.toml --baseline b.json";
    let done = crate::run::nhi(loose).args("--write-baseline b.json").at(&folder).run().exits(2);
    assert!(done.err.contains("`leaver_grace` (`24h`, now `9999d`)"), "{}", done.err);
    let run = |file: &str, baseline: &str| {
        let run = check(file).args("--format json --write-baseline c.json --baseline");
        run.arg(baseline).at(&folder).run().json()
    };
    let report = run("swapped.json", "b.json");
    assert_eq!(report["baseline"]["resolved"], json!([]));
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(read("c.json").contains("\"x1\""));
    // Nor is it on the day after, by what was written then.
    assert_eq!(run("swapped.json", "c.json")["baseline"]["resolved"], json!([]));
    assert!(read("c.json").contains("\"x1\""));
    // One that doesn't list systems and thresholds hides what it knows, and resolves nothing.
    let mut old: Value = serde_json::from_str(&read("b.json")).unwrap();
    old.as_object_mut().unwrap().retain(|key, _| key != "systems" && key != "parameters");
    std::fs::write(folder.path().join("old.json"), old.to_string()).unwrap();
    assert_eq!(mark(&run("one.json", "old.json"), "x1"), "known");
    assert_eq!(run("swapped.json", "old.json")["baseline"]["resolved"], json!([]));
}

#[test]
fn neither_rules_nor_the_inventory_of_a_saved_report_are_replaced() {
    let rule = crate::run::rule(
        "mine",
        "low",
        "action == Action::\"keep\", resource is Account",
        "when { resource.live }",
    );
    let folder = laid(&[
        ("i.json", &*inventory(&[])),
        ("r/mine.cedar", &*rule),
        ("c.toml", "policies = [\"r\"]\n"),
    ]);
    for arguments in [
        "check i.json --isolated --policies r -o json=r/mine.cedar",
        "check i.json --config c.toml -o json=r/mine.cedar",
        "check i.json --config c.toml --write-baseline r/mine.cedar",
        "check i.json --config c.toml -o json=c.toml",
    ] {
        let done = crate::run::nhi(arguments).at(&folder).run().exits(2);
        assert!(done.err.contains("would replace"), "{arguments}: {}", done.err);
    }
    check("i.json --policies r -o json=s.json -q").at(&folder).run().exits(1);
    for file in ["i.json", "r/mine.cedar", "./r/../i.json"] {
        let run = crate::run::nhi("report s.json -q -o").arg(format!("html={file}"));
        let done = run.at(&folder).run().exits(2);
        assert!(done.err.contains("would replace"), "{file}: {}", done.err);
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("r/mine.cedar")).unwrap(), rule);
}
