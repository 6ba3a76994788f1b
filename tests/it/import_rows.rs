//! Every row is counted, stands in the line that the report names, and is written once.

use serde_json::Value;

use crate::import::WORKER;
use crate::import_loud::{OKTA, checked, incomplete};
use crate::run::{Done, folder, nhi};

/// Imports that folder's exports: what was said, the inventory and the report.
pub fn imported(files: &[(&str, &str)], arguments: &str) -> (Done, Value, Value) {
    let exports = folder(files);
    let out = folder(&[]);
    let (inventory, report) = (out.path().join("i.json"), out.path().join("r.json"));
    let done = nhi("import .").args(arguments).arg("-o").arg(&inventory).arg("--report");
    let done = done.arg(&report).at(exports.path()).run().exits(0);
    let read = |path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    (done, read(inventory), read(report))
}

#[test]
fn what_stands_beside_rows_and_is_none_is_counted() {
    for (text, read) in [
        (format!("{{\"users\": [{OKTA}], \"error\": {{\"text\": \"no\"}}}}"), 2),
        (format!("{{\"users\": [{OKTA}], \"errorSummary\": \"too many requests\"}}"), 2),
        (format!("{{\"users\": [{OKTA}], \"errors\": [{{\"text\": \"no\"}}]}}"), 2),
        (
            format!("{{\"value\": [{OKTA}], \"error\": {{\"code\": \"x\", \"message\": \"no\"}}}}"),
            2,
        ),
        (format!("{{\"headers\": {{\"link\": [\"<x>\"]}}, \"body\": [{OKTA}]}}"), 1),
        (format!("{{\"00u1\": {OKTA}, \"00u2\": \"PERMISSION_DENIED\"}}"), 2),
        (format!("{{\"00u1\": {OKTA}, \"00u2\": null}}"), 2),
        // What an answer says of itself is no row.
        (format!("{{\"users\": [{OKTA}], \"error\": null, \"errors\": []}}"), 1),
        (format!("{{\"headers\": {{\"etag\": \"x\"}}, \"body\": {OKTA}}}"), 1),
        (format!("{{\"user\": {OKTA}, \"status\": 200, \"requestId\": \"x\"}}"), 1),
        (format!("{{\"data\": {OKTA}, \"lease_id\": \"\", \"org\": \"x\", \"via\": \"y\"}}"), 1),
    ] {
        let (said, report) = checked(&[("okta.json", &text)]);
        assert!(said.contains(&format!("{read} read = 1 written")), "{text}: {said}");
        assert_eq!(incomplete(&report), read > 1, "{text}: {report}");
    }
}

#[test]
fn what_is_too_long_for_one_piece_is_counted_as_well() {
    let padding = "x".repeat(5 << 20);
    let user = |n: usize| OKTA.replace("00u1", &format!("00u{n}"));
    let many: Vec<String> = (0..40_000).map(|n| format!("\"00u{n}\": {}, ", user(n))).collect();
    let many = many.concat();
    for (text, rows) in [
        (format!("{{{many}\"last\": \"PERMISSION_DENIED\"}}"), "40001 read = 40000 written"),
        (format!("{{{many}\"last\": {{\"x\": 1}}}}"), "40001 read = 40000 written"),
        (
            format!("{{\"users\": [{OKTA}], \"padding\": \"{padding}\", \"error\": \"no\"}}"),
            "2 read = 1 written",
        ),
        (
            format!("{{\"@odata.context\": \"x\", \"padding\": \"{padding}\", \"value\": null}}"),
            "1 read = 0 written",
        ),
    ] {
        let (done, inventory, report) = imported(&[("x.json", &text)], "--isolated");
        assert!(done.err.contains(rows), "{}", done.err);
        assert_eq!(inventory["sources"][0]["truncated"], true);
        assert_eq!(report["sources"][0]["truncated"], true);
    }
}

#[test]
fn report_and_inventory_agree_on_what_is_cut_off() {
    let people =
        format!("{WORKER}1,a@corp.example,2020-01-31,,Active\n2,b@corp.example,soon,,Active\n");
    let (done, inventory, report) = imported(&[("people.csv", &people)], "--isolated");
    assert_eq!(inventory["sources"][0]["truncated"], true);
    assert_eq!(report["sources"][0]["truncated"], true);
    let why = report["sources"][0]["incomplete"][0].as_str().unwrap();
    assert_eq!(why, "REFUSED: 1 of 2 rows made no record");
    assert!(done.err.contains(why), "{}", done.err);
}

#[test]
fn no_line_is_blank_where_rows_are_merged() {
    let user = |id: usize, more: &str| {
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"u{id}\",\"userName\":\"n{id}\",\"active\":true{more},\"groups\":[{{\"value\":\"g\"}}]}}"
        )
    };
    let title = ",\"meta\":{\"created\":\"2020-01-01T00:00:00Z\"},\"userType\":\"Employee\"";
    let rows: Vec<String> = [0, 1, 2, 3, 1, 2, 0, 4]
        .into_iter()
        .enumerate()
        .map(|(at, id)| user(id, if at > 3 { title } else { "" }))
        .collect();
    let exports = folder(&[("users.jsonl", &rows.join("\n"))]);
    let out = folder(&[]);
    let lines = out.path().join("i.jsonl");
    nhi("import . --isolated -o").arg(&lines).at(exports.path()).run().exits(0);
    let text = std::fs::read_to_string(&lines).unwrap();
    let read =
        |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line:?}"));
    let records: Vec<Value> = text.lines().map(read).collect();
    let of = |kind: &str| records.iter().filter(|record| record.get(kind).is_some()).count();
    assert_eq!((of("account"), of("group"), of("source"), of("inventory")), (5, 1, 1, 1));
    let group = records.iter().find_map(|record| record.get("group")).unwrap();
    assert_eq!(group["members"].as_array().unwrap().len(), 5);
    nhi("check --isolated i.jsonl --exit-zero").at(out.path()).run();
}

#[test]
fn a_heading_within_a_table_is_nobody() {
    let people = "Employee ID,Work Email,Department\n1,a@corp.example,IT\nEmployee ID,Work Email,Department\n2,b@corp.example,IT\n";
    let (done, inventory, report) = imported(&[("people.csv", people)], "--isolated");
    assert!(done.err.contains("3 read = 2 written + 0 merged + 1 refused"), "{}", done.err);
    let refused = &report["sources"][0]["refused"][0];
    assert_eq!(refused["why"], "it repeats the headings");
    assert_eq!(refused["places"][0], "./people.csv:3");
    assert_eq!(inventory["people"].as_array().unwrap().len(), 2);
}

#[test]
fn a_heading_that_is_given_twice_is_named_with_its_place() {
    let people = "\u{feff}Employee ID,\"Work Email\",Hire Date,Employee ID,Worker Status\n1,a@corp.example,2020-01-31,2,Active\n";
    let exports = folder(&[("people.csv", people)]);
    let done = nhi("import people.csv --isolated").at(exports.path()).run().refused();
    assert!(done.err.contains("people.csv:1:36"), "{}", done.err);
    assert!(done.err.contains("the second is column 4"), "{}", done.err);
}

#[test]
fn a_row_is_known_by_the_line_that_an_editor_shows() {
    let plain = format!(
        "{WORKER}1,a@corp.example,2020-01-31,,Active\n2,b@corp.example,2020-01-31,,Active\n3,c@corp.example,2020-01-31,,Active\n"
    );
    let (one, two) = (plain.replacen("\n2,b", "\r\n2,b", 1), plain.replacen('\n', "\r\n", 1));
    let cell = plain.replace("1,a@corp.example", "1,\"a@corp.example\rx\"").replace('\n', "\r\n");
    let own = plain.replace("1,a@corp.example", "1,\"a@corp.example\rx\"");
    for (text, lines) in [
        (plain.replace('\n', "\r"), ["2", "3", "4"]),
        (plain.replace('\n', "\r\n"), ["2", "3", "4"]),
        (one, ["2", "3", "4"]),
        (two, ["2", "3", "4"]),
        (cell, ["2", "3", "4"]),
        (own, ["2", "3", "4"]),
        (plain.replace("2,b", "\r\n\n2,b"), ["2", "5", "6"]),
        (plain.replace("b@corp.example", "\"b@corp.example\nx\""), ["2", "3", "5"]),
    ] {
        let (_, inventory, _) = imported(&[("people.csv", &text)], "--isolated");
        let people = inventory["people"].as_array().unwrap();
        let of = |person: &Value| {
            let place = person["source_ref"].as_str().unwrap();
            place.rsplit(':').next().unwrap().to_owned()
        };
        assert_eq!(people.iter().map(of).collect::<Vec<_>>(), lines, "{text:?}");
    }
}

#[test]
fn rows_that_differ_in_a_fact_of_the_organisations_own_are_reported() {
    let row = |kind: &str| {
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"u1\",\"userName\":\"ada\",\"active\":true,\"userType\":\"Employee\",\"externalId\":\"{kind}\"}}"
        )
    };
    let files = [("a.json", row("x")), ("b.json", row("y"))];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let (done, inventory, report) = imported(&files, "--isolated");
    assert!(
        done.err.contains("conflict: 1x two rows differ in `tags.external_id`"),
        "{}",
        done.err
    );
    assert_eq!(report["conflicts"][0]["ids"][0], "scim:u1");
    assert_eq!(inventory["accounts"][0]["tags"]["external_id"], "x");
}

#[test]
fn a_link_names_an_account_as_its_vendor_does() {
    let people = format!("{WORKER}1,ada@hr.example,2020-01-31,,Active\n");
    let links = "system,account,person\nokta,00u1,1\nokta,00u9,1\n";
    let files = [("people.csv", people.as_str()), ("links.csv", links), ("okta.json", OKTA)];
    let (done, inventory, report) = imported(&files, "--isolated");
    assert_eq!(inventory["accounts"][0]["identity"], "person:1", "{}", done.err);
    assert_eq!(inventory["accounts"][0]["tags"]["linked_by"], "links");
    assert_eq!(report["unused_links"], serde_json::json!(["./links.csv:3"]));
    assert!(done.err.contains("unused link: ./links.csv:3"), "{}", done.err);
}

#[test]
fn a_second_address_is_an_alias_where_no_other_account_has_it() {
    let people = format!(
        "{WORKER}1,ada@hr.example,2020-01-31,,Active\n2,bo@hr.example,2020-01-31,,Active\n"
    );
    let user = |id: &str, second: &str| {
        OKTA.replace("00u1", id)
            .replace("ada@corp.example", &format!("{id}@corp.example"))
            .replace("\"profile\": {", &format!("\"profile\": {{\"secondEmail\": \"{second}\", "))
    };
    let users = [
        user("00u1", "Ada@hr.example"),
        user("00u2", "bo@hr.example"),
        user("00u3", "BO@hr.example"),
    ];
    let users = format!("[{}]", users.join(","));
    let (_, inventory, _) =
        imported(&[("people.csv", people.as_str()), ("okta.json", &users)], "--isolated");
    let linked: Vec<&Value> = inventory["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| &account["identity"])
        .collect();
    assert_eq!(linked, [&Value::from("person:1"), &Value::Null, &Value::Null]);
    assert_eq!(inventory["accounts"][0]["tags"]["linked_by"], "email");
}

#[test]
fn everybody_of_a_group_is_in_it_once() {
    let user = |id: usize, group: &str| {
        format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"u{id}\",\"userName\":\"n{id}\",\"active\":true,\"groups\":[{{\"value\":\"{group}\",\"display\":\"All\"}}]}}"
        )
    };
    let users: Vec<String> = (0..300).chain([7, 7]).map(|id| user(id, "g")).collect();
    let others: Vec<String> = (0..50).map(|id| user(id, "h")).collect();
    let group = "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"id\":\"g\",\"displayName\":\"Everyone\",\"members\":[{\"value\":\"u1\"},{\"value\":\"u999\"}]}";
    let (users, others) = (users.join("\n"), others.join("\n"));
    let files = [("a.jsonl", users.as_str()), ("b.jsonl", &others), ("c.json", group)];
    let (_, inventory, _) = imported(&files, "--isolated");
    let groups = inventory["groups"].as_array().unwrap();
    let members = |id: &str| {
        let group = groups.iter().find(|group| group["id"] == id).unwrap();
        let mut members: Vec<&Value> = group["members"].as_array().unwrap().iter().collect();
        let all = members.len();
        members.sort_by_key(ToString::to_string);
        members.dedup();
        (group["name"].clone(), all, members.len())
    };
    assert_eq!(groups.len(), 2);
    assert_eq!(members("scim:g"), ("Everyone".into(), 301, 301));
    assert_eq!(members("scim:h"), ("All".into(), 50, 50));
}

#[test]
fn a_second_address_that_is_the_first_one_of_another_account_links_nobody() {
    let people = format!("{WORKER}1,ada@hr.example,2020-01-31,,Active\n");
    let user =
        |id: &str, address: &str| OKTA.replace("00u1", id).replace("ada@corp.example", address);
    let second = user("00u2", "backup@corp.example")
        .replace("\"profile\": {", "\"profile\": {\"secondEmail\": \"Ada@hr.example\", ");
    let first = user("00u1", "ada@hr.example");
    let list = |users: &[&String]| {
        let users: Vec<&str> = users.iter().map(|user| user.as_str()).collect();
        format!("[{}]", users.join(", "))
    };
    let (both, one, other) = (list(&[&first, &second]), list(&[&second]), list(&[&first]));
    for files in [
        vec![("people.csv", people.as_str()), ("okta.json", &both)],
        vec![("people.csv", people.as_str()), ("a.json", &one), ("b.json", &other)],
    ] {
        let (_, inventory, _) = imported(&files, "--isolated");
        for account in inventory["accounts"].as_array().unwrap() {
            let own = account["id"].as_str().unwrap().ends_with("00u1");
            assert_eq!(account["identity"] == "person:1", own, "{account}");
        }
    }
}
