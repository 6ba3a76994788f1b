//! `nhi-policy import`: exports in, one inventory out, nothing lost in silence.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{folder, nhi, root};

/// Imports a folder of exports; the inventory and the report.
fn import(arguments: &str) -> (Value, Value) {
    let out = folder(&[]);
    let (inventory, report) = (out.path().join("i.json"), out.path().join("r.json"));
    let done = nhi("import").args(arguments).arg("-o").arg(&inventory).arg("--report").arg(&report);
    let done = done.run();
    assert_eq!(done.code, 0, "{}", done.err);
    (read(&inventory), read(&report))
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn shipped() -> (Value, Value) {
    import("testdata/exports --config testdata/exports.toml")
}

fn record<'v>(inventory: &'v Value, kind: &str, id: &str) -> &'v Value {
    let all = inventory[kind].as_array().unwrap();
    all.iter().find(|record| record["id"] == id).unwrap_or_else(|| panic!("{kind} {id}"))
}

/// The law of every report: each row that was read is accounted for, and each source says so.
fn adds_up(inventory: &Value, report: &Value) {
    for source in report["sources"].as_array().unwrap() {
        let count = |name: &str| source[name].as_u64().unwrap();
        let refused = source["refused"].as_array().unwrap().iter();
        let refused: u64 = refused.map(|refused| refused["count"].as_u64().unwrap()).sum();
        assert_eq!(count("read"), count("written") + count("merged") + refused, "{source}");
        let own = record(inventory, "sources", source["path"].as_str().unwrap());
        assert_eq!(own["rows"].as_u64().unwrap(), count("read") - refused);
        assert_eq!(
            own["expected_rows"].as_u64().unwrap(),
            count("read") + count("missing") + count("contradicting")
        );
    }
    for (kind, count) in report["records"].as_object().unwrap() {
        let records = inventory[kind].as_array().map_or(0, Vec::len);
        assert_eq!(count.as_u64().unwrap(), records as u64, "{kind}");
    }
}

#[test]
fn the_shipped_exports_are_read_row_by_row_and_linked_step_by_step() {
    let (inventory, report) = shipped();
    adds_up(&inventory, &report);
    let linked = |kind: &str, id: &str| {
        let account = record(&inventory, kind, id);
        (
            account["identity"].as_str().map(str::to_owned),
            account["tags"]["linked_by"].as_str().map(str::to_owned),
        )
    };
    let to = |person: &str, step: &str| (Some(format!("person:{person}")), Some(step.to_owned()));
    let aws = "arn:aws:iam::111122223333:user/";
    assert_eq!(linked("accounts", &format!("{aws}ines")), to("1001", "user_name"));
    assert_eq!(linked("accounts", "okta:00u1ines00000000001"), to("1001", "employee_number"));
    assert_eq!(linked("accounts", "okta:00u1tomas0000000002"), to("1002", "email"));
    assert_eq!(linked("accounts", "github:tomas-l"), to("1002", "links"));
    // The same display name is no link, and a login name that two have is none.
    assert_eq!(linked("accounts", "okta:00u1visitor00000003"), (None, None));
    assert_eq!(linked("accounts", &format!("{aws}sreyes")), (None, None));
    assert_eq!(report["unused_links"][0], "testdata/exports/links.csv:4");
    let aws_report = &report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["kind"] == "aws-credential-report")
        .unwrap();
    assert_eq!(aws_report["ambiguous"][0]["why"], "user_name");
    let person = record(&inventory, "people", "1002");
    // The last day belongs to the employment.
    assert_eq!(
        (&person["status"], &person["ended_at"]),
        (&"terminated".into(), &"2026-05-30T00:00:00Z".into())
    );
    let entra = record(&inventory, "credentials", "entra:0c8d5a1e-0000-4000-8000-00000000a001");
    assert_eq!((&entra["expiry"], entra.get("expires_at")), (&"never".into(), None));
}

#[test]
fn an_auditors_findings_come_of_exports_and_name_their_place_there() {
    let done =
        nhi("check testdata/exports --import --config testdata/exports.toml --format json --quiet")
            .args("--as-of 2026-06-30T02:00:00Z")
            .run();
    assert_eq!(done.code, 1, "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    let found = |rule: &str, id: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["rule"] == rule && finding["resource"]["id"] == id)
    };
    let aws = "arn:aws:iam::111122223333:user/";
    let unused = found("credential-unused", &format!("{aws}nightly-export#access_key_1")).unwrap();
    assert_eq!(unused["location"]["file"], "testdata/exports/aws-credential-report.csv");
    assert_eq!(unused["location"]["line"], 5);
    assert!(found("leaver-credential-live", &format!("{aws}tomas#access_key_2")).is_some());
    // Locked out is still there.
    assert!(found("leaver-account-live", "okta:00u1tomas0000000002").is_some());
    assert!(found("account-orphaned", "okta:00u1visitor00000003").is_some());
    assert!(found("source-incomplete", "inventory").is_some() || report["verdict"] != "pass");
    assert!(done.err.contains("entra-applications.json` is truncated"), "{}", done.err);
}

#[test]
fn lines_hold_the_same_records_as_a_document_and_both_can_be_checked() {
    let (document, _) = shipped();
    let out = folder(&[]);
    let path = out.path().join("i.jsonl");
    let done =
        nhi("import testdata/exports --quiet --config testdata/exports.toml -o").arg(&path).run();
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut records = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let line: Value = serde_json::from_str(line).unwrap();
        let (kind, record) = line.as_object().unwrap().iter().next().unwrap();
        if kind != "inventory" {
            let plural = if kind == "person" { "people".to_owned() } else { format!("{kind}s") };
            assert!(document[&plural].as_array().unwrap().contains(record), "{record}");
            records += 1;
        }
    }
    let all = document.as_object().unwrap().values().filter_map(Value::as_array).map(Vec::len);
    assert_eq!(records, all.sum::<usize>());
    let check = nhi("check --isolated --quiet --as-of 2026-06-30T02:00:00Z").arg(&path).run();
    assert_eq!(check.code, 1, "{}", check.err);
}

#[test]
fn the_same_exports_are_the_same_bytes_whatever_the_threads() {
    let run = |threads: &str| {
        let done = nhi("import testdata/exports --config testdata/exports.toml")
            .env("RAYON_NUM_THREADS", threads)
            .run();
        assert_eq!(done.code, 0, "{}", done.err);
        done.out
    };
    assert_eq!(run("1"), run("4"));
}

pub const WORKER: &str = "Employee ID,Work Email,Hire Date,Termination Date,Status\n";

#[test]
fn what_is_not_known_is_an_error_that_lists_it() {
    let exports = folder(&[
        ("people.csv", &format!("{WORKER}1,a@corp.example,2020-01-31,,Active\n")),
        ("notes.txt", "nothing here\n"),
        ("x.json", "{\"a\": 1}"),
    ]);
    let done = nhi("import .").at(exports.path()).run();
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("notes.txt") && done.err.contains("x.json"), "{}", done.err);
    assert!(done.err.contains("--skip-unknown"), "{}", done.err);
    let done = nhi("import . --skip-unknown -q").at(exports.path()).run();
    assert_eq!(done.code, 0, "{}", done.err);
    // What is skipped is said, quietly or not: it is a part of the picture that is missing.
    let done = nhi("import . --skip-unknown").at(exports.path()).run();
    assert!(done.err.contains("notes.txt"), "{}", done.err);
}

#[test]
fn dates_that_can_be_read_in_two_ways_are_not_guessed() {
    let exports =
        folder(&[("people.csv", &format!("{WORKER}1,a@corp.example,3/4/2020,5/6/2026,Active\n"))]);
    let done = nhi("import people.csv").at(exports.path()).run();
    assert_eq!(done.code, 2);
    assert!(done.err.contains("date_order"), "{}", done.err);
    for (order, ended) in
        [("day-first", "2026-06-06T00:00:00Z"), ("month-first", "2026-05-07T00:00:00Z")]
    {
        let config = format!("[[import]]\npath = \"people.csv\"\ndate_order = \"{order}\"\n");
        std::fs::write(exports.path().join("nhi-policy.toml"), config).unwrap();
        let done = nhi("import people.csv -q").at(exports.path()).run();
        let inventory: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(inventory["people"][0]["ended_at"], ended);
    }
}

#[test]
fn the_configuration_says_what_columns_and_words_mean() {
    let people = "Kennung;Anschrift;Beginn;Ende;Lage\r\n7;a@corp.example;01.02.2020;31.12.2025;verrentet\r\n";
    let config = "[[import]]\npath = \"people.csv\"\nkind = \"hr-csv\"\nutc_offset = \"+01:00\"\n\
        [import.columns]\nemployee_number = \"Kennung\"\nemail = \"Anschrift\"\nstarted_at = \"Beginn\"\nended_at = \"Ende\"\nstatus = \"Lage\"\n\
        [import.statuses]\nVerrentet = \"terminated\"\n";
    let exports = folder(&[("people.csv", people), ("nhi-policy.toml", config)]);
    let done = nhi("import people.csv -q").at(exports.path()).run();
    assert_eq!(done.code, 0, "{}", done.err);
    let inventory: Value = serde_json::from_str(&done.out).unwrap();
    let person = &inventory["people"][0];
    assert_eq!(person["id"], "7");
    assert_eq!(
        (&person["status"], &person["ended_at"]),
        (&"terminated".into(), &"2025-12-31T23:00:00Z".into())
    );
    // A column that isn't there, and a key that isn't known.
    for (wrong, said) in
        [("ended_at = \"Ende\"", "ended_at = \"End\""), ("kind = \"hr-csv\"", "kinds = \"hr-csv\"")]
    {
        let config = config.replace(wrong, said);
        std::fs::write(exports.path().join("nhi-policy.toml"), config).unwrap();
        let done = nhi("import people.csv -q").at(exports.path()).run();
        assert_eq!(done.code, 2, "{said}");
    }
}

#[test]
fn refused_rows_make_the_source_incomplete() {
    let people =
        format!("{WORKER}1,a@corp.example,2020-01-31,,Active\n2,b@corp.example,soon,,Active\n");
    let exports = folder(&[("people.csv", &people)]);
    let done = nhi("import people.csv -o i.json").at(exports.path()).run();
    assert_eq!(done.code, 0);
    assert!(done.err.contains("2 read = 1 written + 0 merged + 1 refused"), "{}", done.err);
    assert!(done.err.contains("people.csv:3"), "{}", done.err);
    let done = nhi("check i.json --isolated").at(exports.path()).run();
    assert!(done.out.contains("source-incomplete"), "{}", done.out);
}

#[test]
fn rows_of_two_exports_become_one_record() {
    let page = |status: &str, more: &str| {
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"u1\",\"userName\":\"ada\",\"active\":{status}{more}}}"
        )
    };
    let exports = folder(&[
        ("a.json", &page("false", "")),
        ("b.json", &page("true", ",\"meta\":{\"created\":\"2020-01-01T00:00:00Z\"}")),
    ]);
    let config = "[[import]]\npath = \".\"\nexported_at = \"2026-01-01T00:00:00Z\"\n";
    std::fs::write(exports.path().join("nhi-policy.toml"), config).unwrap();
    let done = nhi("import a.json b.json").at(exports.path()).run();
    assert_eq!(done.code, 0, "{}", done.err);
    let inventory: Value = serde_json::from_str(&done.out).unwrap();
    let accounts = inventory["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        (&accounts[0]["status"], &accounts[0]["created_at"]),
        (&"enabled".into(), &"2020-01-01T00:00:00Z".into())
    );
    assert!(done.err.contains("conflict: 1x two rows differ in `status`"), "{}", done.err);
    assert!(done.err.contains("1 read = 0 written + 1 merged + 0 refused"), "{}", done.err);
}

#[test]
fn a_count_of_the_vendors_that_is_higher_makes_the_source_incomplete() {
    let page = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":9,\"Resources\":[{\"id\":\"u1\",\"userName\":\"ada\"}]}";
    let exports = folder(&[("page.json", page)]);
    let done = nhi("import page.json").at(exports.path()).run();
    let inventory: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(
        (&inventory["sources"][0]["rows"], &inventory["sources"][0]["expected_rows"]),
        (&1.into(), &9.into())
    );
    assert!(done.err.contains("CUT OFF"), "{}", done.err);
}

#[test]
fn outputs_never_replace_exports_and_nothing_is_half_written() {
    let people = format!("{WORKER}1,a@corp.example,2020-01-31,,Active\n");
    let exports = folder(&[("people.csv", &people), ("cut.json", "[{\"id\": \"x\"")]);
    let done = nhi("import people.csv -o people.csv").at(exports.path()).run();
    assert_eq!(done.code, 2);
    assert_eq!(std::fs::read_to_string(exports.path().join("people.csv")).unwrap(), people);
    let done = nhi("import people.csv cut.json -o out.json").at(exports.path()).run();
    assert_eq!(done.code, 2);
    assert!(done.err.contains("cut.json:1:2"), "{}", done.err);
    // The next time, it would be read as an export.
    let done = nhi("import . -o out.json").at(exports.path()).run().refused();
    assert!(done.err.contains("among the exports"), "{}", done.err);
    for lost in ["-o no/i.json", "-o i.json --report no/r.json"] {
        let done = nhi("import people.csv").args(lost).at(exports.path()).run().refused();
        assert!(done.err.contains("no such folder"), "{}", done.err);
    }
    let mut left: Vec<_> = std::fs::read_dir(exports.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["cut.json", "people.csv"]);
}

/// Published samples, where they are at hand: every file is recognised as what it is, every row
/// is accounted for, and the check takes the result.
#[test]
fn published_samples_are_read() {
    let samples = root().join("../shared/exports");
    let Ok(folders) = std::fs::read_dir(&samples) else { return };
    let mut files = 0;
    for entry in folders.map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let kind = match entry.file_name().to_string_lossy().as_ref() {
            "hris" => "hr-csv".to_owned(),
            "aws-account-authorization-details" => "aws-authorization-details".to_owned(),
            other => other.to_owned(),
        };
        for file in std::fs::read_dir(entry.path()).unwrap() {
            let path: PathBuf = file.unwrap().path();
            let (inventory, report) = import(&format!("{} --isolated", path.display()));
            adds_up(&inventory, &report);
            assert_eq!(report["sources"][0]["kind"], kind.as_str(), "{}", path.display());
            assert!(report["sources"][0]["read"].as_u64().unwrap() > 0, "{}", path.display());
            let out = folder(&[("i.json", &inventory.to_string())]);
            let done = nhi("check i.json --isolated --quiet").at(out.path()).run();
            assert_ne!(done.code, 2, "{}: {}", path.display(), done.err);
            files += 1;
        }
    }
    assert!(files > 30);
}
