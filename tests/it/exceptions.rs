//! Exceptions against every way to cheat them, and baselines against what they must not hide.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, check, folder as laid, nhi};

/// Two leavers with live accounts, one of them in a group with another; somebody who approves, and
/// one who gains: the owner of an account, and a member of a team that owns one.
fn inventory() -> Value {
    json!({
        "version": "1", "generated_at": "2026-06-30T06:00:00Z",
        "sources": [{"id": "hr", "kind": "hr-csv", "exported_at": "2026-06-30T06:00:00Z"}],
        "systems": [{"id": "okta", "owner": "boss"}],
        "people": [
            {"id": "ada", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"},
            {"id": "bo", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"},
            {"id": "gone", "status": "terminated", "ended_at": "2026-06-15T00:00:00Z"},
            {"id": "boss", "status": "active"}, {"id": "mate", "status": "active"},
            {"id": "auditor", "status": "active"}],
        "teams": [{"id": "ops", "members": ["mate"]}],
        "groups": [{"id": "admins", "system": "okta", "members": ["a", "b"]}],
        "accounts": [
            {"id": "a", "system": "okta", "status": "enabled", "type": "human", "identity": "ada", "owner": "boss"},
            {"id": "b", "system": "okta", "status": "enabled", "type": "human", "identity": "bo", "owner": "ops"}],
        "credentials": [{"id": "k", "kind": "password", "status": "revoked", "account": "a"}],
        "offboardings": [
            {"id": "o1", "subject": "ada", "kind": "termination", "effective_at": "2026-06-01T00:00:00Z"},
            {"id": "o2", "subject": "bo", "kind": "termination", "effective_at": "2026-06-01T00:00:00Z"},
            {"id": "o3", "subject": "gone", "kind": "termination", "effective_at": "2026-06-15T00:00:00Z"}]
    })
}

/// An exception for ada's account that is right in every way, and what is changed of it.
fn exception(changes: &Value) -> Value {
    let mut exception = json!({
        "id": "x", "rule": "leaver-account-live", "resource": {"type": "Account", "id": "a"},
        "principal": {"type": "Person", "id": "ada"}, "reason": "The mailbox is evidence.",
        "approved_by": "auditor", "approved_at": "2026-06-10T00:00:00Z",
        "expires_at": "2026-07-10T00:00:00Z", "ticket": "GRC-1"
    });
    for (key, value) in changes.as_object().unwrap() {
        exception[key] = value.clone();
    }
    exception
}

fn laid_out(exceptions: &[Value]) -> TempDir {
    let exceptions = json!({"version": "1", "exceptions": exceptions});
    laid(&[
        ("inventory.json", &*inventory().to_string()),
        ("exceptions.json", &*serde_json::to_string_pretty(&exceptions).unwrap()),
    ])
}

fn report(run: Run) -> Value {
    serde_json::from_str(&run.args("--format json").run().out).unwrap()
}

fn judged(exceptions: &[Value], arguments: &str) -> Value {
    let folder = laid_out(exceptions);
    report(check("inventory.json --exceptions exceptions.json").args(arguments).at(&folder))
}

/// The status of the finding about an account, and which exception waives it.
fn status(report: &Value, account: &str) -> (String, Value) {
    let findings = report["findings"].as_array().unwrap();
    let is = |finding: &&Value| {
        finding["rule"] == "leaver-account-live" && finding["resource"]["id"] == account
    };
    let finding = findings.iter().find(is).unwrap();
    (finding["status"].as_str().unwrap().to_owned(), finding["exception"].clone())
}

/// The rules that fired about exceptions, sorted.
fn refusals(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut rules: Vec<&str> = findings
        .filter(|finding| finding["resource"]["type"] == "Exception")
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    rules.sort_unstable();
    rules
}

#[test]
fn an_exception_that_is_right_waives_its_finding_and_no_other() {
    let report = judged(&[exception(&json!({}))], "");
    assert_eq!(status(&report, "a"), ("waived".into(), "x".into()));
    assert_eq!(status(&report, "b"), ("violation".into(), Value::Null));
    assert_eq!(refusals(&report), Vec::<&str>::new());
    let entry = &report["exceptions"][0];
    assert_eq!((&entry["state"], &entry["waived"]), (&"active".into(), &1.into()));
    assert_eq!((&entry["location"]["line"], &entry["location"]["column"]), (&4.into(), &5.into()));
    let rules = report["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "leaver-account-live").unwrap();
    assert_eq!((&rule["waived"], &rule["violations"]), (&1.into(), &1.into()));
    // What is waived is in the report like all else.
    let without = judged(&[], "");
    let ids = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&report), ids(&without));
}

#[test]
fn no_way_to_cheat_is_honoured() {
    let group = json!({"rule": "leaver-group-member", "resource": {"type": "Group", "id": "admins"}, "principal": null});
    for (name, changes, arguments, refused) in [
        (
            "at the instant of its end",
            json!({"expires_at": "2026-06-30T12:00:00Z"}),
            "",
            "exception-expired",
        ),
        (
            "the same instant in another zone",
            json!({"expires_at": "2026-06-30T14:00:00+02:00"}),
            "",
            "exception-expired",
        ),
        ("no end", json!({"expires_at": null}), "", "exception-expired"),
        (
            "approved tomorrow",
            json!({"approved_at": "2026-07-01T00:00:00Z"}),
            "",
            "exception-unapproved",
        ),
        ("approved at no time", json!({"approved_at": null}), "", "exception-unapproved"),
        ("approved by nobody", json!({"approved_by": null}), "", "exception-unapproved"),
        ("by nobody with a name", json!({"approved_by": ""}), "", "exception-unapproved"),
        ("by a stranger", json!({"approved_by": "ceo"}), "", "exception-unapproved"),
        ("by a team", json!({"approved_by": "team:ops"}), "", "exception-unapproved"),
        (
            "by the approver in other case",
            json!({"approved_by": "Auditor"}),
            "",
            "exception-unapproved",
        ),
        ("by the holder in other case", json!({"approved_by": "ADA"}), "", "exception-unapproved"),
        ("by the holder", json!({"approved_by": "ada"}), "", "exception-self-approved"),
        ("by the owner", json!({"approved_by": "person:boss"}), "", "exception-self-approved"),
        ("by one who has left", json!({"approved_by": "gone"}), "", "exception-approver-left"),
        (
            "ninety-one days",
            json!({"approved_at": "2026-06-10T00:00:00Z", "expires_at": "2026-09-09T00:00:00Z"}),
            "",
            "exception-too-long",
        ),
        (
            "fifteen days of grace",
            json!({"kind": "grace", "approved_at": "2026-06-20T00:00:00Z", "expires_at": "2026-07-05T00:00:00Z"}),
            "",
            "exception-too-long",
        ),
        ("worse than approved", json!({"severity": "low"}), "", "exception-severity-risen"),
        (
            "the resource has another name",
            json!({"resource": {"type": "Account", "id": "A"}}),
            "",
            "exception-unused",
        ),
        (
            "the resource is of another type",
            json!({"resource": {"type": "Credential", "id": "a"}}),
            "",
            "exception-unused",
        ),
        (
            "the rule has another name",
            json!({"rule": "leaver-account-alive"}),
            "",
            "exception-unused",
        ),
        (
            "of another leaver",
            json!({"principal": {"type": "Person", "id": "bo"}}),
            "",
            "exception-unused",
        ),
        ("for a group, of whoever is in it", group, "", "exception-unused"),
        (
            "the clock of the run, not of the facts",
            json!({}),
            "--as-of 2026-07-11T00:00:00Z",
            "exception-expired",
        ),
    ] {
        let folder = laid_out(&[exception(&changes)]);
        let run = nhi("check --isolated inventory.json --exceptions exceptions.json");
        let as_of = if arguments.is_empty() { "--as-of 2026-06-30T12:00:00Z" } else { arguments };
        let done = run.args(as_of).args("--format json").at(&folder).run().exits(1);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(status(&report, "a").0, "violation", "{name}");
        assert!(refusals(&report).contains(&refused), "{name}: {:?}", refusals(&report));
        assert_ne!(report["exceptions"][0]["state"], "active", "{name}");
        assert!(!report["exceptions"][0]["why"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn a_member_of_the_team_that_owns_it_is_no_approver() {
    let of_bo = json!({"resource": {"type": "Account", "id": "b"}, "principal": {"type": "Person", "id": "bo"}});
    let report = judged(&[exception(&of_bo)], "");
    assert_eq!(status(&report, "b").0, "waived");
    let mut by_mate = of_bo;
    by_mate["approved_by"] = "mate".into();
    let report = judged(&[exception(&by_mate)], "");
    assert_eq!(
        (status(&report, "b").0.as_str(), refusals(&report)),
        ("violation", vec!["exception-self-approved"])
    );
}

#[test]
fn of_two_that_overlap_one_waives_and_the_refused_one_is_still_told() {
    let longer = json!({"id": "y", "approved_at": "2026-06-20T00:00:00Z", "expires_at": "2026-08-10T00:00:00Z"});
    let report = judged(&[exception(&json!({})), exception(&longer)], "");
    assert_eq!(status(&report, "a"), ("waived".into(), "y".into()));
    let register = report["exceptions"].as_array().unwrap();
    let renewals =
        |id: &str| register.iter().find(|one| one["id"] == id).unwrap()["renewals"].clone();
    assert_eq!((renewals("x"), renewals("y")), (0.into(), 1.into()));

    let refused = json!({"id": "y", "approved_by": "ada"});
    let report = judged(&[exception(&json!({})), exception(&refused)], "");
    assert_eq!(status(&report, "a"), ("waived".into(), "x".into()));
    assert_eq!(refusals(&report), ["exception-approver-left", "exception-self-approved"]);
}

#[test]
fn what_judges_exceptions_can_not_be_waived_or_left_out() {
    let expired = exception(&json!({"expires_at": "2026-06-20T00:00:00Z"}));
    let excuse = json!({
        "id": "y", "rule": "exception-expired", "resource": {"type": "Exception", "id": "x"}
    });
    let report = judged(&[expired.clone(), exception(&excuse)], "");
    assert_eq!(status(&report, "a").0, "violation");
    assert_eq!(
        refusals(&report),
        ["exception-expired", "exception-not-waivable", "exception-unused"]
    );
    // A rule of one's own, and none that judges exceptions.
    let folder = laid_out(&[exception(&json!({}))]);
    let rules = crate::run::root().join("policies/leaver/leaver-account-live.cedar");
    let run =
        check("inventory.json --exceptions exceptions.json --no-bundled --policies").arg(rules);
    let report = self::report(run.at(&folder));
    assert_eq!(status(&report, "a").0, "violation");
    assert_eq!(report["exceptions"][0]["state"], "refused");
}

#[test]
fn the_register_says_of_each_what_became_of_it() {
    let run = nhi("exceptions testdata/acme --isolated --as-of 2026-06-30T12:00:00Z");
    let done = run.args("--exceptions testdata/exceptions.json").run().exits(0);
    for text in [
        "Active, ending within 30d\n  GRC-101#leaver-account-live",
        "Active\n  GRC-102",
        "Expired\n  GRC-087",
        "Refused\n  GRC-090",
        "exception-self-approved: The exception GRC-090",
        "1 active, ending within 30d, 1 active, 1 expired, 1 refused, 2 unused",
    ] {
        assert!(done.out.contains(text), "{text}\n{}", done.out);
    }
    let run = nhi("exceptions testdata/acme --isolated --within 1d --as-of 2026-06-30T12:00:00Z");
    let done = run.args("--exceptions testdata/exceptions.json").run().exits(0);
    assert!(done.out.contains("0 active, ending within 24h, 2 active"), "{}", done.out);
    nhi("exceptions testdata/acme --isolated").run().exits(2);
}

#[test]
fn what_is_wrong_with_a_file_of_exceptions_has_its_place() {
    for (text, place, said) in [
        (r#"{"version": "1", "exceptions": [{"rule": "r"}]}"#, ":1:", "missing field `resource`"),
        (
            "{\"version\": \"1\", \"exceptions\": [\n  {\"rule\": \"r\", \"resource\": {\"type\": \"Account\", \"id\": \"a\"},\n   \"reason\": \"x\", \"expires\": 1}]}",
            ":3:",
            "expires",
        ),
        (
            "{\"version\": \"1\", \"exceptions\": [\n  {\"rule\": \"r\", \"resource\": {\"type\": \"Acount\", \"id\": \"a\"}, \"reason\": \"x\"}]}",
            ":2:3",
            "Account",
        ),
        (
            "{\"version\": \"1\", \"exceptions\": [\n {\"rule\": \"r\", \"resource\": {\"type\": \"Account\", \"id\": \"a\"}, \"reason\": \"x\",\n  \"expires_at\": \"tomorrow\"}]}",
            ":3:",
            "tomorrow",
        ),
        (
            r#"{"version": "1", "exceptions": [{"rule": [], "resource": {"type": "Account", "id": "a"}, "reason": "x"}]}"#,
            ":1:33",
            "`rule`",
        ),
        (r#"{"version": "2", "exceptions": []}"#, "", "version"),
        (r#"{"version": "1", "exceptions": [}"#, ":1:33", ""),
        ("", "", "is empty"),
    ] {
        let folder = laid(&[("inventory.json", &*inventory().to_string()), ("x.json", text)]);
        let done = check("inventory.json --exceptions x.json").at(&folder).run().exits(2);
        assert!(
            done.err.contains(&format!("x.json{place}")) && done.err.contains(said),
            "{text}\n{}",
            done.err
        );
    }
    let twice = [exception(&json!({})), exception(&json!({"rule": "account-orphaned"}))];
    let folder = laid_out(&twice);
    let done = check("inventory.json --exceptions exceptions.json").at(&folder).run().exits(2);
    assert!(done.err.contains("this exception has the `id` of another, in"), "{}", done.err);
}

#[test]
fn who_shares_a_thing_is_no_approver_of_it() {
    let mut inventory = inventory();
    inventory["groups"] = json!([{"id": "adm", "system": "okta", "members": ["m"]}]);
    let account = json!({"id": "m", "system": "okta", "status": "enabled", "type": "human", "identity": "mate"});
    inventory["accounts"].as_array_mut().unwrap().push(account);
    inventory["entitlements"] = json!([{"id": "e", "group": "adm", "system": "okta", "role": "owner",
        "status": "active", "privileged": true, "granted_at": "2024-01-01T00:00:00Z"}]);
    inventory["credentials"].as_array_mut().unwrap().push(json!({"id": "s", "kind": "password",
        "status": "active", "account": "m", "known_to": ["boss"], "created_at": "2020-01-01T00:00:00Z",
        "last_used_state": "never", "storage": "chat"}));
    for (rule, resource, by, waived) in [
        ("review-overdue-privileged", json!({"type": "Entitlement", "id": "e"}), "mate", false),
        ("review-overdue-privileged", json!({"type": "Entitlement", "id": "e"}), "auditor", true),
        ("credential-outside-vault", json!({"type": "Credential", "id": "s"}), "boss", false),
        ("credential-outside-vault", json!({"type": "Credential", "id": "s"}), "auditor", true),
    ] {
        let changes =
            json!({"rule": rule, "resource": resource, "principal": null, "approved_by": by});
        let exceptions = json!({"version": "1", "exceptions": [exception(&changes)]});
        let folder =
            laid(&[("i.json", &*inventory.to_string()), ("x.json", &*exceptions.to_string())]);
        let report = self::report(check("i.json --exceptions x.json").at(&folder));
        let findings = report["findings"].as_array().unwrap();
        let finding =
            findings.iter().find(|one| one["rule"] == rule && one["resource"] == resource).unwrap();
        assert_eq!(
            finding["status"] == "waived",
            waived,
            "{rule} by {by}: {:?}",
            refusals(&report)
        );
    }
}

#[test]
fn without_the_rules_that_bound_exceptions_none_is_honoured() {
    for rule in ["exception-expired", "exception-unapproved", "exception-self-approved"] {
        let folder = laid_out(&[exception(&json!({}))]);
        std::fs::write(
            folder.path().join("c.toml"),
            format!("[rules]\n{rule} = {{ enabled = false }}\n"),
        )
        .unwrap();
        let run = nhi(
            "check inventory.json --exceptions exceptions.json --config c.toml --as-of 2026-06-30T12:00:00Z",
        );
        let report = self::report(run.at(&folder));
        assert_eq!(status(&report, "a").0, "violation", "{rule}");
        assert_eq!(report["exceptions"][0]["state"], "refused", "{rule}");
    }
}

#[test]
fn an_exception_without_a_principal_is_not_for_whoever_comes_next() {
    let anybody = exception(&json!({"principal": null}));
    let report = judged(std::slice::from_ref(&anybody), "");
    assert_eq!(status(&report, "a").0, "violation");
    assert_eq!(refusals(&report), ["exception-unused"]);
    let why = report["exceptions"][0]["why"].to_string();
    assert!(why.contains("names no principal") && why.contains("Person::ada"), "{why}");
    let folder = laid_out(std::slice::from_ref(&anybody));
    let run = nhi("exceptions inventory.json --isolated --as-of 2026-06-30T12:00:00Z");
    let done = run.args("--exceptions exceptions.json").at(&folder).run().exits(0);
    assert!(done.out.contains("names no principal"), "{}", done.out);
    // One that names the same is its renewal, and the other way round.
    let later = json!({"id": "y", "approved_at": "2026-06-11T00:00:00Z"});
    let last = json!({"id": "z", "approved_at": "2026-06-12T00:00:00Z", "principal": null});
    let report = judged(&[anybody, exception(&later), exception(&last)], "");
    let register = report["exceptions"].as_array().unwrap();
    let renewals =
        |id: &str| register.iter().find(|one| one["id"] == id).unwrap()["renewals"].clone();
    assert_eq!((renewals("x"), renewals("y"), renewals("z")), (0.into(), 1.into(), 2.into()));
}

#[test]
fn what_says_that_the_inventory_is_a_part_can_not_be_waived() {
    let mut inventory = inventory();
    inventory["sources"][0]["expected_rows"] = 1000.into();
    let excuse = exception(&json!({
        "rule": "source-incomplete", "resource": {"type": "Inventory", "id": "inventory"},
        "principal": {"type": "Source", "id": "hr"}
    }));
    let exceptions = json!({"version": "1", "exceptions": [excuse]});
    let folder = laid(&[("i.json", &*inventory.to_string()), ("x.json", &*exceptions.to_string())]);
    let report = report(check("i.json --exceptions x.json").at(&folder));
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|one| one["rule"] == "source-incomplete").unwrap();
    assert_eq!(finding["status"], "violation", "{finding}");
    assert!(refusals(&report).contains(&"exception-not-waivable"), "{:?}", refusals(&report));
}

#[test]
fn what_is_no_file_of_exceptions_is_told_how_one_begins() {
    let folder = laid(&[("i.json", &*inventory().to_string()), ("x.json", "[]"), ("y.json", "")]);
    for file in ["x.json", "y.json"] {
        let done = check("i.json --exceptions").arg(file).at(&folder).run().exits(2);
        assert!(done.said().contains("schema exceptions"), "{}", done.err);
        assert!(!done.said().contains("generated_at"), "{}", done.err);
    }
}
