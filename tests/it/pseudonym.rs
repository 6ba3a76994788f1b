//! Pseudonyms: nobody of the inventory is named in any format, and findings stay told apart.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::run::{check, folder, formats, nhi, root};

pub const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The names, addresses, user names and ids of all people of the example, the user names of their
/// accounts, and whoever did or looked at a task.
pub fn personal() -> BTreeSet<String> {
    let mut strings = BTreeSet::new();
    let mut add = |value: &Value| strings.extend(value.as_str().map(str::to_lowercase));
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(root().join("testdata/acme").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let people = read("people.json");
    for person in people["people"].as_array().unwrap() {
        for key in ["id", "name", "user_name", "employee_number"] {
            add(&person[key]);
        }
        person["emails"].as_array().into_iter().flatten().for_each(&mut add);
    }
    let ids: BTreeSet<&str> =
        people["people"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    for account in read("accounts.json")["accounts"].as_array().unwrap() {
        let identity = account["identity"].as_str().unwrap_or_default();
        if ids.contains(identity.trim_start_matches("person:")) {
            add(&account["username"]);
        }
    }
    for offboarding in read("offboardings.json")["offboardings"].as_array().unwrap() {
        for task in offboarding["tasks"].as_array().into_iter().flatten() {
            add(&task["completed_by"]);
            add(&task["verified_by"]);
        }
    }
    // A number of four digits is also a count.
    strings.retain(|string| !string.bytes().all(|byte| byte.is_ascii_digit()));
    strings
}

/// Whether a text has a string that isn't a piece of a longer word.
pub fn names(text: &str, string: &str) -> bool {
    text.match_indices(string).any(|(at, _)| {
        let (before, after) =
            (text[..at].chars().next_back(), text[at + string.len()..].chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn nobody_is_named_in_any_format() {
    let personal = personal();
    assert!(personal.len() > 200, "{}", personal.len());
    let folder = folder(&[("key", KEY)]);
    let key = folder.path().join("key");
    let mut named = 0;
    for format in formats() {
        let run = |pseudonyms: bool| {
            let run =
                check("testdata/acme --exceptions testdata/exceptions.json --format").arg(&format);
            let run = if pseudonyms { run.arg("--pseudonymize").arg(&key) } else { run };
            run.run().exits(1).out.to_lowercase()
        };
        let (plain, hidden) = (run(false), run(true));
        named += personal.iter().filter(|string| names(&plain, string)).count();
        let told: Vec<&String> = personal.iter().filter(|string| names(&hidden, string)).collect();
        assert!(told.is_empty(), "{format}: {told:?}");
        assert!(!hidden.contains(KEY));
    }
    // The test can fail: without the option there are many.
    assert!(named > 100, "{named}");
}

#[test]
fn tokens_are_the_same_with_the_same_key_and_tell_people_apart() {
    let folder = folder(&[
        ("one", KEY),
        ("same", &format!("{KEY}\n")),
        ("other", "fedcba9876543210fedcba"),
        ("short", "secret"),
    ]);
    let run = |key: &str| {
        check("testdata/acme --format json --pseudonymize").arg(folder.path().join(key))
    };
    let report = |key: &str| run(key).run().exits(1).json();
    let (one, same, other) = (report("one"), report("same"), report("other"));
    assert_eq!(one, same);
    assert_ne!(one, other);
    let plain = check("testdata/acme --format json").run().exits(1).json();
    let of = |report: &Value, pointer: &str| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding.pointer(pointer).unwrap().to_string()).collect()
    };
    for pointer in ["/id", "/rule", "/severity", "/resource/type", "/system"] {
        assert_eq!(of(&one, pointer), of(&plain, pointer), "{pointer}");
    }
    assert_eq!(one["summary"], plain["summary"]);
    // As many tokens as there were people.
    let people = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        let people = findings.filter(|finding| finding["principal"]["type"] == "Person");
        people.map(|finding| finding["principal"]["id"].to_string()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(people(&one), people(&plain));
    let done = run("short").run().exits(2);
    assert!(done.err.contains("16 are needed") && !done.err.contains("secret"), "{}", done.err);
    // A saved report stays what it is.
    let saved = folder.path().join("saved.json");
    std::fs::write(&saved, run("one").run().out).unwrap();
    let again = nhi("report --format json").arg(&saved).run().exits(0).json();
    assert_eq!(again, one);
}

#[test]
fn neither_case_nor_alphabet_nor_a_stranger_gives_a_name_away() {
    let inventory = serde_json::json!({
        "version": "1", "generated_at": "2026-06-30T06:00:00Z",
        "systems": [{"id": "gh"}],
        "people": [
            {"id": "p1", "name": "Émile Zola", "emails": ["ezola@x.example"], "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"},
            {"id": "p2", "name": "ŁUKASZ ŻAK", "user_name": "Łukasz", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"}],
        "accounts": [
            {"id": "gh:ezola", "system": "gh", "status": "enabled", "identity": "p1"},
            {"id": "gh:łukasz", "system": "gh", "status": "enabled", "identity": "p2"}],
        "credentials": [{"id": "c", "kind": "password", "status": "active", "account": "gh:ezola"}],
        "offboardings": [{"id": "o", "subject": "p1", "kind": "termination", "effective_at": "2026-06-01T00:00:00Z",
            "tasks": [{"system": "gh", "action": "disable_account", "status": "done", "completed_at": "2026-06-02T00:00:00Z",
                "completed_by": "Jane Doe", "verified_by": "Jane Doe", "verified_at": "2026-06-02T00:00:00Z"}]}],
    });
    let exceptions = serde_json::json!({"version": "1", "exceptions": [{
        "rule": "leaver-account-live", "resource": {"type": "Account", "id": "gh:ezola"},
        "reason": "Asked for by émile zola and mo@elsewhere.example.", "approved_by": "Sam Stranger"}]});
    let folder = folder(&[
        ("i.json", &inventory.to_string()),
        ("x.json", &exceptions.to_string()),
        ("key", KEY),
    ]);
    for format in formats() {
        let run = check("i.json --exceptions x.json --pseudonymize key --format").arg(&format);
        let out = run.at(&folder).run().exits(1).out.to_lowercase();
        for name in ["zola", "mile", "łukasz", "żak", "jane", "sam ", "mo@", "elsewhere.example"]
        {
            assert!(!out.contains(name), "{format}: {name}\n{out}");
        }
    }
}

#[test]
fn a_baseline_keeps_nobodys_name() {
    let leaver = |account: &str| {
        serde_json::json!({
            "version": "1", "generated_at": "2026-06-30T06:00:00Z", "systems": [{"id": "gh"}],
            "sources": [{"id": "hr", "kind": "hr", "exported_at": "2026-06-30T06:00:00Z", "truncated": true}],
            "people": [{"id": "ada-id", "name": "Ada", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"}],
            "accounts": [{"id": account, "system": "gh", "status": "enabled", "identity": "ada-id"}],
            "credentials": [],
        })
        .to_string()
    };
    let folder =
        folder(&[("one.json", &leaver("gh:1")), ("two.json", &leaver("gh:2")), ("key", KEY)]);
    check("one.json --write-baseline b.json").at(&folder).run().exits(1);
    // What an incomplete check can't have seen stays from the earlier one, but for the name in it.
    let run = check("two.json --baseline b.json --write-baseline c.json --pseudonymize key");
    run.at(&folder).run().exits(1);
    let written = std::fs::read_to_string(folder.path().join("c.json")).unwrap();
    assert!(written.contains("gh:1") && written.contains("gh:2"), "{written}");
    assert!(!written.contains("ada-id"), "{written}");
}

#[test]
fn what_is_said_beside_the_report_names_nobody() {
    let folder = folder(&[("key", KEY)]);
    let key = folder.path().join("key");
    let import = "check testdata/exports --import --config testdata/exports.toml -q --pseudonymize";
    nhi(import).arg(&key).run();
    let loud = import.replace(" -q", "");
    let plain = nhi(loud.trim_end_matches(" --pseudonymize")).run().err;
    let hidden = nhi(&loud).arg(&key).run().err;
    assert_eq!(plain.lines().count(), hidden.lines().count(), "{hidden}");
    let people = std::fs::read_to_string(root().join("testdata/exports/people.csv")).unwrap();
    let words: BTreeSet<String> = people
        .lines()
        .skip(1)
        .flat_map(|line| line.split([',', ';', '\t']))
        .filter(|cell| cell.contains('@'))
        .map(|cell| cell.trim_matches('"').split('@').next().unwrap().to_lowercase())
        .collect();
    assert!(!words.is_empty());
    let told: Vec<&String> =
        words.iter().filter(|word| names(&hidden.to_lowercase(), word)).collect();
    assert!(told.is_empty(), "{told:?}\n{hidden}");
    // Faults tell the place, and not who stands there.
    let wrong = "testdata/defects/person-twice.json";
    let text = std::fs::read_to_string(root().join(wrong)).unwrap();
    let done = check(wrong).run().exits(2);
    let done_hidden = check(wrong).args("--pseudonymize").arg(&key).run().exits(2);
    assert!(done_hidden.err.contains("person-twice.json:"), "{}", done_hidden.err);
    let inventory: Value = serde_json::from_str(&text).unwrap();
    let id = inventory["people"][0]["id"].as_str().unwrap();
    assert!(done.err.contains(id) && !done_hidden.err.contains(id), "{}", done_hidden.err);
}

#[test]
fn a_number_of_an_employee_in_an_id_and_a_kind_of_source_are_hidden_and_dates_are_not() {
    let inventory = serde_json::json!({
        "version": "1", "generated_at": "2026-06-30T06:00:00Z", "systems": [{"id": "gh"}],
        "sources": [{"id": "s", "kind": "export of Zola", "exported_at": "2026-06-30T06:00:00Z"}],
        "people": [
            {"id": "p1", "name": "Zola", "employee_number": "4711", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"},
            {"id": "p2", "employee_number": "2026", "status": "active"}],
        "accounts": [{"id": "gh:4711:1", "system": "gh", "status": "enabled", "identity": "p1"}],
        "credentials": [{"id": "c-4711-2026", "kind": "api_key", "status": "active", "account": "gh:4711:1"}],
    });
    let folder = folder(&[("i.json", &inventory.to_string()), ("key", KEY)]);
    for format in formats() {
        let run = check("i.json --pseudonymize key --format").arg(&format);
        let out = run.at(&folder).run().exits(1).out;
        assert!(!names(&out, "4711") && !out.contains("Zola"), "{format}: {out}");
    }
    let report = check("i.json --pseudonymize key --format json").at(&folder).run().exits(1).out;
    assert!(report.contains("left on 2026-06-01") || report.contains("end date: 2026-06-01"));
}
