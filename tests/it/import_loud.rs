//! What hides, contradicts or cuts off rows of an export is never a clean result.

use serde_json::Value;

use crate::import::WORKER;
use crate::run::{folder, nhi};

/// Imports files of a folder and checks the result: what came of it, and what the check says.
pub fn checked(files: &[(&str, &str)]) -> (String, Value) {
    let exports = folder(files);
    let done = nhi("check . --import --isolated --format json").at(exports.path()).run();
    assert_ne!(done.code, 2, "{}", done.err);
    (done.err.clone(), done.json())
}

pub fn incomplete(report: &Value) -> bool {
    let findings = report["findings"].as_array().unwrap();
    let source = findings.iter().any(|finding| finding["rule"] == "source-incomplete");
    source && report["verdict"] != "pass"
}

pub const OKTA: &str = r#"{"id": "00u1", "status": "ACTIVE", "created": "2020-01-01T00:00:00.000Z", "profile": {"login": "ada@corp.example", "email": "ada@corp.example"}, "credentials": {}}"#;

#[test]
fn a_word_of_status_that_nobody_knows_is_never_a_worker_who_is_there() {
    let people = format!(
        "{WORKER}1,ada@corp.example,2020-01-31,,Ceased to be\n2,bo@corp.example,2020-01-31,,Gone fishing\n"
    );
    let (said, report) = checked(&[("people.csv", &people), ("okta.json", &format!("[{OKTA}]"))]);
    assert!(said.contains("Gone fishing") && said.contains("1 refused"), "{said}");
    assert!(incomplete(&report), "{report}");
    // "Ceased" is one of those that are known.
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["rule"] == "leaver-account-live"), "{report}");
}

#[test]
fn an_export_without_its_leavers_is_incomplete() {
    let people =
        "Employee ID,Work Email,Hire Date,Gone since\n1,ada@corp.example,2020-01-31,2021-01-31\n";
    let (said, report) = checked(&[("people.csv", people), ("okta.json", &format!("[{OKTA}]"))]);
    assert!(said.contains("NO COLUMN SAYS WHO HAS LEFT") && !said.contains("CUT OFF"), "{said}");
    assert_ne!(report["verdict"], "pass");
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["rule"] == "source-incomplete")
    );
}

#[test]
fn two_people_of_one_number_are_not_silently_one() {
    let us = format!("{WORKER}7,ada@corp.example,2026-01-01,,Active\n");
    let de = format!("{WORKER}7,bob@corp.example,2019-01-01,2024-01-31,Terminated\n")
        .replace("Work Email", "Full Name,Work Email")
        .replace("7,bob", "7,Bob,bob");
    let us = us.replace("Work Email", "Full Name,Work Email").replace("7,ada", "7,Ada,ada");
    let (said, report) = checked(&[("us.csv", &us), ("de.csv", &de)]);
    assert!(said.contains("conflict"), "{said}");
    assert!(incomplete(&report), "{report}");
    // With a system each, they are two.
    let exports = folder(&[
        ("us.csv", &us),
        ("de.csv", &de),
        ("nhi-policy.toml", "[[import]]\npath = \"de.csv\"\nsystem = \"de\"\n"),
    ]);
    let done = nhi("import . -q").at(exports.path()).run();
    let inventory = done.json();
    let ids: Vec<&Value> =
        inventory["people"].as_array().unwrap().iter().map(|person| &person["id"]).collect();
    assert_eq!(ids, ["de:7", "7"]);
}

#[test]
fn what_stands_beside_pages_is_counted_and_links_to_further_pages_are_seen() {
    let (said, report) = checked(&[(
        "okta.jsonl",
        &format!("[{OKTA}]\n{{\"code\": \"E0000047\", \"summary\": \"too many requests\"}}\n"),
    )]);
    assert!(said.contains("2 read = 1 written + 0 merged + 1 refused"), "{said}");
    assert!(incomplete(&report));
    let envelope = format!(
        "{{\"status_code\": 200, \"headers\": {{\"Link\": \"<https://corp.example/api/v1/users?after=00u1>; rel=\\\"next\\\"\"}}, \"body\": [{OKTA}]}}"
    );
    let (said, report) = checked(&[("okta.json", &envelope)]);
    assert!(said.contains("CUT OFF"), "{said}");
    assert!(incomplete(&report));
}

#[test]
fn what_hides_rows_is_an_error() {
    let open = format!(
        "{WORKER}1,a@corp.example,2020-01-31,,\"Active\n2,b@corp.example,2020-01-31,2021-01-31,Terminated\n"
    );
    let twice = format!(
        "{}1,a@corp.example,2020-01-31,,Active,Terminated\n",
        WORKER.replace("Status", "Status,Status")
    );
    let key = "{\"id\": \"1\", \"status\": \"DEPROVISIONED\", \"status\": \"ACTIVE\", \"profile\": {\"login\": \"a\"}}";
    for (name, text, said) in [
        ("people.csv", open.as_str(), "quote"),
        ("people.csv", twice.as_str(), "two columns"),
        ("okta.json", key, "given twice"),
    ] {
        let exports = folder(&[(name, text)]);
        let kind = if name == "okta.json" { "--kind okta=okta.json" } else { "" };
        let done = nhi("import --isolated").args(kind).arg(name).at(exports.path()).run().refused();
        assert!(done.err.contains(said), "{said}: {}", done.err);
    }
}

#[test]
fn what_is_said_in_vain_is_an_error() {
    let people = format!("{WORKER}1,a@corp.example,2020-01-31,,Active\n");
    let exports = folder(&[("people.csv", &people), ("okta.json", &format!("[{OKTA}]"))]);
    nhi("import people.csv --kind okta=nosuch.json").at(exports.path()).run().refused();
    std::fs::write(
        exports.path().join("nhi-policy.toml"),
        "[[import]]\npath = \"okta.jsn\"\nsystem = \"x\"\n",
    )
    .unwrap();
    nhi("import people.csv okta.json").at(exports.path()).run().refused();
    std::fs::write(
        exports.path().join("nhi-policy.toml"),
        "[[import]]\npath = \"okta.json\"\nstatuses = { a = \"leave\" }\n",
    )
    .unwrap();
    nhi("import people.csv okta.json").at(exports.path()).run().refused();
    let block = "[[import]]\npath = \"okta.json\"\nsystem = \"x\"\n";
    std::fs::write(exports.path().join("nhi-policy.toml"), block.repeat(2)).unwrap();
    let done = nhi("import people.csv okta.json").at(exports.path()).run().refused();
    assert!(done.err.contains("two blocks"), "{}", done.err);
}

#[test]
fn links_to_what_can_have_no_account_are_refused() {
    let links = "account,person\n00u1,person:\nada@corp.example,team:x\n";
    let (said, report) = checked(&[("links.csv", links), ("okta.json", &format!("[{OKTA}]"))]);
    assert!(said.contains("2 read = 0 written + 0 merged + 2 refused"), "{said}");
    assert!(incomplete(&report));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_refused_and_not_waited_for() {
    let exports =
        folder(&[("people.csv", &format!("{WORKER}1,a@corp.example,2020-01-31,,Active\n"))]);
    let made = std::process::Command::new("mkfifo").arg(exports.path().join("x.json")).status();
    if made.is_ok_and(|status| status.success()) {
        let done = nhi("import .").at(exports.path()).run().refused();
        assert!(done.err.contains("no regular file"), "{}", done.err);
    }
}

#[test]
fn a_large_page_that_names_another_one_first_is_cut_off() {
    let row = |id: usize| {
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"{id}\",\"userName\":\"u{id}\",\"active\":true,\"title\":\"{}\"}}",
            "x".repeat(5000)
        )
    };
    let rows: Vec<String> = (0..2000).map(row).collect();
    let page =
        format!("{{\"nextLink\":\"https://corp.example/2\",\"Resources\":[{}]}}", rows.join(","));
    let (said, report) = checked(&[("page.json", &page)]);
    assert!(said.contains("2000 read") && said.contains("CUT OFF"), "{said}");
    assert!(incomplete(&report));
}

/// Checks files for critical findings only, of which there are none.
fn only_critical(files: &[(&str, &str)]) -> (i32, String) {
    let exports = folder(files);
    let done = nhi("check . --import --isolated --fail-on critical").at(exports.path()).run();
    (done.code, done.err + &done.out)
}

/// A page of SCIM: how many there are in all, where it begins, and the ids on it.
fn page(total: u64, start: u64, ids: &[u64]) -> String {
    let user = |id: &u64| {
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"u{id}\",\"userName\":\"u{id}\",\"active\":true}}"
        )
    };
    let users: Vec<String> = ids.iter().map(user).collect();
    format!(
        "{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":{total},\"startIndex\":{start},\"Resources\":[{}]}}",
        users.join(",")
    )
}

#[test]
fn a_page_that_was_fetched_twice_is_not_the_one_that_is_missing() {
    let first = page(4, 1, &[1, 2]);
    for (files, missing) in [
        (vec![("a.json", first.clone()), ("b.json", first.clone())], true),
        (vec![("a.jsonl", format!("{first}\n{first}\n"))], true),
        // Of two systems, each lacks its second page.
        (vec![("a.json", first.clone()), ("b.json", page(4, 1, &[5, 6]))], true),
        (vec![("a.json", first.clone()), ("b.json", page(4, 3, &[3, 4]))], false),
        (vec![("a.jsonl", format!("{first}\n{}\n", page(4, 3, &[3, 4])))], false),
        // The whole list twice is whole.
        (vec![("a.json", page(2, 1, &[1, 2])), ("b.json", page(2, 1, &[1, 2]))], false),
    ] {
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (said, report) = checked(&files);
        assert_eq!(said.contains("CUT OFF"), missing, "{files:?}: {said}");
        assert_eq!(incomplete(&report), missing, "{files:?}: {report}");
    }
}

#[test]
fn what_is_missing_or_refused_ends_with_3_whatever_counts_as_a_violation() {
    let people = format!("{WORKER}1,ada@corp.example,2020-01-31,,Active\n");
    let refused = format!("{people}2,bo@corp.example,soon,,Active\n");
    let user = "{\"id\":\"1\",\"userPrincipalName\":\"ada@corp.example\",\"accountEnabled\":true}";
    let entra = format!("{{\"@odata.count\":7,\"value\":[{user}]}}");
    let github = "{\"total_count\":9,\"installations\":[{\"id\":1,\"app_id\":2,\"app_slug\":\"ci\",\"created_at\":\"2026-01-01T00:00:00Z\",\"permissions\":{},\"repository_selection\":\"all\"}]}";
    for (other, text) in
        [("scim.json", page(4, 1, &[1])), ("entra.json", entra), ("github.json", github.to_owned())]
    {
        let (code, said) = only_critical(&[("people.csv", &people), (other, &text)]);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(&format!("{other}` is truncated")), "{said}");
    }
    let (code, said) = only_critical(&[("people.csv", &refused), ("scim.json", &page(1, 1, &[1]))]);
    assert!(code == 3 && said.contains("people.csv` is truncated"), "{said}");
}

#[test]
fn members_that_are_expanded_to_the_limit_or_name_more_are_cut_off() {
    let member = |n: usize| {
        format!(
            "{{\"@odata.type\":\"#microsoft.graph.user\",\"id\":\"10000000-0000-0000-0000-{n:012}\"}}"
        )
    };
    let group = |count: usize, more: &str| {
        let members: Vec<String> = (0..count).map(member).collect();
        format!(
            "{{\"@odata.context\":\"x\",\"value\":[{{\"id\":\"70000000-0000-0000-0000-000000000001\",\"displayName\":\"G\",\"groupTypes\":[],{more}\"members\":[{}]}}]}}",
            members.join(",")
        )
    };
    let next = "\"members@odata.nextLink\":\"https://corp.example/2\",";
    for (text, cut) in [(group(20, ""), true), (group(3, next), true), (group(3, ""), false)] {
        let (said, report) = checked(&[("groups.json", &text)]);
        assert_eq!(said.contains("CUT OFF"), cut, "{said}");
        assert_eq!(incomplete(&report), cut, "{report}");
    }
}

#[test]
fn a_broken_file_is_never_passed_over_and_an_inventory_is_no_export() {
    let people = format!("{WORKER}1,ada@corp.example,2020-01-31,,Active\n");
    let exports =
        folder(&[("people.csv", &people), ("x.json", "{\"value\": [{\"id\": \"x\" oops}]}")]);
    let done = nhi("import . --skip-unknown").at(exports.path()).run().refused();
    assert!(done.err.contains("x.json:1:"), "{}", done.err);
    let out = folder(&[]);
    for name in ["i.json", "i.jsonl"] {
        let path = out.path().join(name);
        assert_eq!(nhi("import people.csv -o").arg(&path).at(exports.path()).run().code, 0);
        let done = nhi("import --skip-unknown").arg(&path).run().refused();
        assert!(done.err.contains("it is an inventory"), "{}", done.err);
    }
}

#[test]
fn a_broken_yaml_document_is_not_shown() {
    let yaml = "apiVersion: v1\nkind: Secret\nmetadata: {name: a\npassword: Hunter22\n";
    let exports = folder(&[("x.yaml", yaml)]);
    let done = nhi("import x.yaml").at(exports.path()).run().refused();
    assert!(done.err.contains("x.yaml:1") && !done.err.contains("Hunter22"), "{}", done.err);
}

#[test]
fn every_document_of_a_stream_is_in_the_count_of_rows() {
    let object = |kind: &str| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"a\",\"namespace\":\"b\"}}}}\n"
        )
    };
    let stream = [object("ServiceAccount"), object("ConfigMap"), object("Gadget")].join("---\n");
    let (said, report) = checked(&[("objects.yaml", &stream)]);
    assert!(said.contains("3 read = 1 written + 1 merged + 1 refused"), "{said}");
    assert!(said.contains("1x object of another kind (not written)"), "{said}");
    assert!(incomplete(&report), "{report}");
}
