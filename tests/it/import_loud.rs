//! What hides, contradicts or cuts off rows of an export is never a clean result.

use serde_json::Value;

use crate::import::WORKER;
use crate::run::{folder, nhi};

/// Imports files of a folder and checks the result: what came of it, and what the check says.
fn checked(files: &[(&str, &str)]) -> (String, Value) {
    let exports = folder(files);
    let done = nhi("check . --import --isolated --format json").at(exports.path()).run();
    assert_ne!(done.code, 2, "{}", done.err);
    (done.err.clone(), done.json())
}

fn incomplete(report: &Value) -> bool {
    let findings = report["findings"].as_array().unwrap();
    let source = findings.iter().any(|finding| finding["rule"] == "source-incomplete");
    source && report["verdict"] != "pass"
}

const OKTA: &str = r#"{"id": "00u1", "status": "ACTIVE", "created": "2020-01-01T00:00:00.000Z", "profile": {"login": "ada@corp.example", "email": "ada@corp.example"}, "credentials": {}}"#;

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
        "Employee ID,Work Email,Hire Date,Date Left\n1,ada@corp.example,2020-01-31,2021-01-31\n";
    let (said, report) = checked(&[("people.csv", people), ("okta.json", &format!("[{OKTA}]"))]);
    assert!(said.contains("NO COLUMN SAYS WHO HAS LEFT"), "{said}");
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
