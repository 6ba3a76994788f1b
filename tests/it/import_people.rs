//! Who has left is never taken for somebody who is there, and an account is its person's.

use serde_json::Value;

use crate::import_loud::{OKTA, checked, incomplete};
use crate::run::{folder, nhi};

/// What HR says of the holder of a live account, and what the check makes of it.
fn judged(people: &str) -> (String, Value) {
    checked(&[("people.csv", people), ("okta.json", &format!("[{OKTA}]"))])
}

fn has(report: &Value, rule: &str) -> bool {
    report["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == rule)
}

#[test]
fn of_several_columns_the_one_that_ends_access_counts() {
    for people in [
        "Employee Number,Work Email,Employment Status,Status,Hire Date\n7,ada@corp.example,Full-Time,Inactive,2019-03-01\n",
        "Employee ID,Name,Email,Worker Status,Hire Date,Actual Termination Date\n7,Ada,ada@corp.example,Active,2019-03-01,2026-03-01\n",
        "id,email,first_name,last_name,hire_date,termination_date,is_active\n7,ada@corp.example,Ada,Lee,2019-03-01,,false\n",
        "Employee ID,Name,Email,Hire Date,Termination Date,End Date\n7,Ada,ada@corp.example,2019-03-01,2024-01-15,2027-12-31\n",
        "Employee ID,Email,Eintritt,Austritt\n7,ada@corp.example,01.03.2019,31.12.2025\n",
        "All workers,,,\n\nEmployee ID,Email,Hire Date,Exit\n7,Ada Lee <ada@corp.example>,2019/03/01,46000.0\n",
        "sep=;\nEmployee ID;Email;Hire Date;Date Left\n7;a.lee@corp.example|ada@corp.example;2019/03/01;20251231\n",
    ] {
        let (said, report) = judged(people);
        assert!(has(&report, "leaver-account-live"), "{people}: {said}");
    }
}

#[test]
fn what_could_say_that_somebody_has_left_is_never_passed_over() {
    for (people, why) in [
        (
            "Employee ID,Email,Worker Status,Hire Date,Left the firm\n7,ada@corp.example,Active,2019-03-01,2026-03-01\n",
            "`Left the firm`",
        ),
        (
            "Employee ID,Email,Worker Status,Hire Date,Inactive\n7,ada@corp.example,Active,2019-03-01,yes\n",
            "`Inactive`",
        ),
        (
            "Employee ID,Email,Termination Date,Hire Date,Roster status\n7,ada@corp.example,,2019-03-01,Resigned\n",
            "`Roster status`",
        ),
        (
            "Employee ID,Email,Worker Status,Hire Date\n7,ada@corp.example,N/A,2019-03-01\n8,bo@corp.example,Active,2019-03-01\n",
            "it has no status",
        ),
        (
            "Employee ID,Email,Worker Status,Hire Date\n7,ada@corp.example,Failed probation,2019-03-01\n",
            "`Failed probation`",
        ),
        (
            "Employee ID,Email,Employment Status,Status,Hire Date\n7,ada@corp.example,Full-Time,Gone fishing,2019-03-01\n",
            "`Gone fishing`",
        ),
        ("Employee ID,Email,Termination Date\n7,ada@corp.example,\nTotal,1,\n", "it is a sum"),
    ] {
        let (said, report) = judged(people);
        assert!(said.contains("1 refused") && said.contains(why), "{people}: {said}");
        assert!(incomplete(&report), "{people}: {report}");
    }
}

#[test]
fn ordinary_exports_are_whole() {
    for people in [
        // A last day decides where a status is missing, and forms of employment beside a status.
        "Employee ID,Email,Worker Status,Hire Date,Termination Date\n7,ada@corp.example,,2019-03-01,2099-01-01\n",
        "Employee ID,Email,Employment Status,Status,Hire Date\n7,ada@corp.example,Contractor,Active,2019-03-01\n",
        "Employee ID,Email,Status,Hire Date,Marital Status,Probation End Date,Leave End Date,Visa End Date,Term Reason\n7,ada@corp.example,Active,2019-03-01,Separated,2019-09-01,2020-01-01,2021-01-01,N/A-StillEmployed\n",
        "Employee ID,Email,Status,Hire Date,Retirement Date\n7,ada@corp.example,Active,2019-03-01,2060-01-01\n",
        "Employee ID,Email,Active,Hire Date\n7,ada@corp.example,yes,2019-03-01\n",
    ] {
        let (said, report) = judged(people);
        assert!(said.contains("1 read = 1 written + 0 merged + 0 refused"), "{people}: {said}");
        assert!(!has(&report, "source-incomplete"), "{people}: {said}");
        assert!(!has(&report, "leaver-account-live"), "{people}: {said}");
    }
}

#[test]
fn the_user_says_what_a_missing_status_means_and_which_columns_say_nothing() {
    let people = "Employee ID,Email,Worker Status,Hire Date,Left desk\n7,ada@corp.example,,2019-03-01,2020-01-01\n";
    let config = "[[import]]\npath = \"people.csv\"\ncolumns = { ended_at = \"\" }\nstatuses = { \"\" = \"active\" }\n";
    let exports = folder(&[("people.csv", people), ("nhi-policy.toml", config)]);
    let done = nhi("import people.csv -q").at(exports.path()).run();
    assert_eq!(done.json()["people"][0]["status"], "active", "{}", done.err);
}

#[test]
fn whom_hr_knows_is_no_second_person_of_a_directory() {
    let people = "Employee ID,Email,Worker Status,Hire Date,Termination Date\n7,ada@corp.example,Terminated,2019-03-01,2026-01-01\n8,bo@corp.example,Active,2019-03-01,\n9,cy@corp.example,Active,2019-03-01,\n";
    let user = |id: &str, name: &str| {
        OKTA.replace("00u1", id).replace("ada@corp", &format!("{name}@corp"))
    };
    let okta = format!("[{},{},{}]", OKTA, user("00u2", "dee"), user("00u3", "eve"));
    let config = "[[import]]\npath = \"okta.json\"\npeople = true\n";
    let links = "Account,Person,Comment\nokta:00u3,9,married\n";
    let exports = folder(&[
        ("people.csv", people),
        ("okta.json", &okta),
        ("links.csv", links),
        ("nhi-policy.toml", config),
    ]);
    let done = nhi("import people.csv okta.json links.csv").at(exports.path()).run();
    let inventory = done.json();
    let linked = |id: &str| {
        let accounts = inventory["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["id"] == id).unwrap();
        (account["identity"].clone(), account["tags"]["linked_by"].clone())
    };
    assert_eq!(linked("okta:00u1"), ("person:7".into(), "email".into()));
    assert_eq!(linked("okta:00u2"), ("person:okta:00u2".into(), "same_record".into()));
    assert_eq!(linked("okta:00u3"), ("person:9".into(), "links".into()));
    assert_eq!(inventory["people"].as_array().unwrap().len(), 4);
    assert!(
        done.err.contains("1 by email, 1 by links, 1 by same_record; 0 to nobody"),
        "{}",
        done.err
    );
}

#[test]
fn of_two_rows_of_one_account_the_stronger_step_says_whose_it_is() {
    let people = "Employee ID,Email,Worker Status,Hire Date,Termination Date\n7,ada@corp.example,Terminated,2019-03-01,2026-01-01\n8,bo@corp.example,Active,2019-03-01,\n";
    let weak = OKTA.replace("ada@corp", "bo@corp");
    let strong = OKTA.replace(
        "\"login\": \"ada@corp.example\", \"email\": \"ada@corp.example\"",
        "\"login\": \"x\", \"employeeNumber\": \"7\"",
    );
    for (one, other) in [(&weak, &strong), (&strong, &weak)] {
        let (said, report) = checked(&[("people.csv", people), ("a.json", one), ("b.json", other)]);
        assert!(has(&report, "leaver-account-live"), "{said}");
        assert!(said.contains("accounts linked: 1 by employee_number; 0 to nobody"), "{said}");
    }
}

#[test]
fn every_account_is_counted_once_whatever_rows_name_it() {
    let people = "Employee ID,Email,User Name,Status\n7,ada@corp.example,,Active\n8,bo@corp.example,twin,Active\n9,cy@corp.example,twin,Active\n";
    let binding = |role: usize| {
        format!("{{\"role\":\"roles/r{role}\",\"members\":[\"user:ada@corp.example\"]}}")
    };
    let bindings: Vec<String> = (0..7).map(binding).collect();
    let policy = format!("{{\"bindings\":[{}],\"etag\":\"x\",\"version\":1}}", bindings.join(","));
    let (said, _) = checked(&[("people.csv", people), ("policy.json", &policy)]);
    assert!(said.contains("accounts linked: 1 by email; 0 to nobody"), "{said}");
    // Accounts that are only named by what they hold are counted, too.
    let key = |id: usize, login: &str| {
        format!(
            "{{\"id\":{id},\"token_id\":{id},\"token_name\":\"t\",\"owner\":{{\"login\":\"{login}\"}},\"access_granted_at\":\"2026-01-01T00:00:00Z\",\"token_expired\":false,\"permissions\":{{}}}}"
        )
    };
    let tokens = format!("[{},{},{}]", key(1, "twin"), key(2, "twin"), key(3, "nobody"));
    let (said, _) = checked(&[("people.csv", people), ("tokens.json", &tokens)]);
    assert!(said.contains("accounts linked: none; 1 to nobody"), "{said}");
    assert!(said.contains("not linked: 1x two people fit by user_name (github:twin)"), "{said}");
}
