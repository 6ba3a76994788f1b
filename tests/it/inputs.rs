//! What makes an inventory: files, folders, standard input, and the same records in other clothes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::run::{check, conforms, folder, nhi, root, schema, sound, text, unsound};

/// Kinds of record, as arrays are called and as lines are.
const KINDS: [(&str, &str); 10] = [
    ("sources", "source"),
    ("systems", "system"),
    ("people", "person"),
    ("teams", "team"),
    ("workloads", "workload"),
    ("groups", "group"),
    ("accounts", "account"),
    ("credentials", "credential"),
    ("entitlements", "entitlement"),
    ("offboardings", "offboarding"),
];

/// All of acme in one document.
fn acme() -> Map<String, Value> {
    let mut whole = Map::new();
    for kind in KINDS {
        whole.insert(kind.0.into(), json!([]));
    }
    for entry in std::fs::read_dir(root().join("testdata/acme")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut add =
            |plural: &str, record: Value| whole[plural].as_array_mut().unwrap().push(record);
        if path.extension().unwrap() == "jsonl" {
            for line in text.lines() {
                let line: Map<String, Value> = serde_json::from_str(line).unwrap();
                let (key, record) = line.into_iter().next().unwrap();
                if let Some((plural, _)) = KINDS.iter().find(|(_, singular)| *singular == key) {
                    add(plural, record);
                }
            }
        } else {
            let document: Map<String, Value> = serde_json::from_str(&text).unwrap();
            for (key, records) in document.into_iter().filter(|(_, value)| value.is_array()) {
                records.as_array().unwrap().iter().for_each(|record| add(&key, record.clone()));
            }
        }
    }
    whole.insert("version".into(), "1".into());
    whole.insert("generated_at".into(), "2026-06-30T06:00:00Z".into());
    whole
}

/// Findings without their places.
fn placeless(mut findings: Vec<Value>) -> Vec<Value> {
    for finding in &mut findings {
        finding.as_object_mut().unwrap().remove("location").unwrap();
    }
    findings
}

fn of_acme() -> Vec<Value> {
    placeless(check("testdata/acme --format json").run().exits(1).findings())
}

/// The findings of an inventory that comes on standard input.
#[track_caller]
fn of(input: impl Into<Vec<u8>>) -> Vec<Value> {
    placeless(check("- --format json").input(input).run().exits(1).findings())
}

fn lines_of(whole: &Map<String, Value>) -> Vec<String> {
    let header = json!({"version": whole["version"], "generated_at": whole["generated_at"]});
    let mut lines = vec![json!({ "inventory": header }).to_string()];
    for (plural, singular) in KINDS {
        let records = whole[plural].as_array().unwrap().iter();
        lines.extend(records.map(|record| {
            Value::Object(Map::from_iter([(singular.into(), record.clone())])).to_string()
        }));
    }
    lines
}

#[test]
fn a_document_json_lines_and_standard_input_say_the_same() {
    let expected = of_acme();
    let whole = acme();
    assert_eq!(of(Value::Object(whole.clone()).to_string()), expected);
    let mut lines = lines_of(&whole);
    assert_eq!(of(lines.join("\n")), expected);
    // In any order, with blank lines and a last line break.
    lines.rotate_left(1);
    assert_eq!(of(lines.join("\n\n") + "\n"), expected);
}

/// Sets are shown in the order of their records; nothing else depends on it.
#[test]
fn the_order_of_records_and_of_their_lists_does_not_matter() {
    let sorted = |mut findings: Vec<Value>| {
        let sort = |set: &mut Vec<Value>| set.sort_by_key(Value::to_string);
        for finding in &mut findings {
            finding["path"].as_array_mut().into_iter().for_each(sort);
            let facts = finding["facts"].as_object_mut().unwrap().values_mut();
            facts.filter_map(Value::as_array_mut).for_each(sort);
        }
        findings
    };
    let mut whole = acme();
    for (plural, _) in KINDS {
        let records = whole[plural].as_array_mut().unwrap();
        records.reverse();
        for record in records {
            let fields = record.as_object_mut().unwrap().iter_mut();
            // A task's place is part of what it is.
            let lists = fields
                .filter(|(name, _)| *name != "tasks")
                .filter_map(|(_, value)| value.as_array_mut());
            lists.for_each(|list| list.reverse());
        }
    }
    assert_eq!(sorted(of(Value::Object(whole).to_string())), sorted(of_acme()));
}

#[test]
fn the_clothes_of_a_text_do_not_matter() {
    let expected = of_acme();
    let pretty = serde_json::to_string_pretty(&Value::Object(acme())).unwrap();
    assert_eq!(of(format!("\u{feff}{pretty}")), expected, "byte order mark");
    assert_eq!(of(pretty.replace('\n', "\r\n")), expected, "CRLF");
    assert_eq!(of(lines_of(&acme()).join("\r\n")), expected, "lines with CRLF");
    assert_eq!(
        of(format!("\u{feff}{}", lines_of(&acme()).join("\n"))),
        expected,
        "lines with a mark"
    );
}

/// `null` means absent: every field that may be left out may be null.
#[test]
fn null_is_the_same_as_nothing() {
    let schema = schema("inventory");
    let mut whole = acme();
    let mut added = 0;
    for (plural, singular) in KINDS {
        let items = &schema["properties"][plural]["items"];
        let items =
            items["$ref"].as_str().map_or(items, |path| schema.pointer(&path[1..]).unwrap());
        let required: BTreeSet<&str> = items["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        for record in whole[plural].as_array_mut().unwrap() {
            let record = record.as_object_mut().unwrap();
            for name in items["properties"].as_object().expect(singular).keys() {
                if !required.contains(name.as_str()) && !record.contains_key(name) {
                    record.insert(name.clone(), Value::Null);
                    added += 1;
                }
            }
        }
    }
    assert!(added > 5000, "{added} nulls");
    let whole = Value::Object(whole);
    conforms(&schema, &whole, "an inventory with nulls");
    assert_eq!(of(whole.to_string()), of_acme());
}

/// The prefixed form of a reference is always allowed.
#[test]
fn a_reference_may_say_its_kind() {
    let mut whole = acme();
    let ids = |plural: &str| -> BTreeSet<String> {
        acme()[plural]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| text(record, "id").to_owned())
            .collect()
    };
    let known = BTreeMap::from([
        ("person", ids("people")),
        ("workload", ids("workloads")),
        ("team", ids("teams")),
        ("account", ids("accounts")),
        ("group", ids("groups")),
    ]);
    let mut changed = 0;
    let mut prefix = |value: &mut Value, kinds: &[&'static str]| {
        let Some(id) = value.as_str() else { return };
        if let Some(kind) = kinds.iter().find(|kind| known[**kind].contains(id)) {
            *value = format!("{kind}:{id}").into();
            changed += 1;
        }
    };
    for (plural, _) in KINDS {
        for record in whole[plural].as_array_mut().unwrap() {
            for (field, value) in record.as_object_mut().unwrap() {
                match field.as_str() {
                    "identity" | "subject" => prefix(value, &["person", "workload"]),
                    "owner" => prefix(value, &["person", "team", "workload"]),
                    "acts_for" | "granted_by" | "reviewed_by" | "created_by" | "manager" => {
                        prefix(value, &["person"]);
                    }
                    "members" if plural == "groups" => {
                        value
                            .as_array_mut()
                            .unwrap()
                            .iter_mut()
                            .for_each(|member| prefix(member, &["account", "group"]));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(changed > 700, "{changed} references");
    assert_eq!(of(Value::Object(whole).to_string()), of_acme());
}

#[test]
fn a_folder_is_read_in_path_order_and_what_is_not_read_is_named() {
    let part = |kind: &str| {
        json!({"version": "1", "generated_at": "2026-06-30T06:00:00Z", kind: unsound()[kind]})
            .to_string()
    };
    let folder = folder(&[
        ("all/b.json", &part("people")),
        ("all/a/z.json", &part("systems")),
        ("all/a.json", &part("accounts")),
        ("all/c/d/e.json", &part("credentials")),
        ("all/notes.txt", "not an inventory"),
        ("all/export.JSON.bak", "not an inventory"),
        ("all/.hidden.json", "not even JSON"),
        ("all/.git/config.json", "not even JSON"),
        ("outside/more.json", "not even JSON"),
    ]);
    let report = check("all --format json").at(&folder).run().exits(1);
    let paths: Vec<Value> = report.json()["inventory"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].clone())
        .collect();
    assert_eq!(paths, ["all/a/z.json", "all/a.json", "all/b.json", "all/c/d/e.json"]);
    for (name, named) in
        [("notes.txt", true), ("export.JSON.bak", true), ("hidden", false), ("config", false)]
    {
        assert_eq!(report.err.contains(name), named, "{name}\n{}", report.err);
    }
    assert_eq!(check("all --quiet").at(&folder).run().exits(1).err, "");
    let whole = of(unsound().to_string());
    assert_eq!(placeless(report.findings()), whole);
    let listed =
        check("all/c/d/e.json all/b.json all/a.json all/a --format json").at(&folder).run();
    assert_eq!(placeless(listed.findings()), whole, "the order of files doesn't matter");
    // A file that is named twice is read once.
    let twice = check("all all/b.json ./all/../all --format json").at(&folder).run().exits(1);
    assert_eq!(twice.findings(), report.findings());
}

#[cfg(unix)]
#[test]
fn links_out_of_a_folder_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder =
        folder(&[("all/a.json", &unsound().to_string()), ("outside/b.json", "not even JSON")]);
    let before = check("all --format json").at(&folder).run().exits(1);
    symlink("../outside/b.json", folder.path().join("all/link.json")).unwrap();
    symlink("../outside", folder.path().join("all/linked")).unwrap();
    symlink(".", folder.path().join("all/loop")).unwrap();
    symlink("a.json", folder.path().join("all/same.json")).unwrap();
    let after = check("all --format json").at(&folder).run().exits(1);
    assert_eq!(after.findings(), before.findings());
    assert!(
        after.err.contains("all/link.json") && after.err.contains("all/linked"),
        "{}",
        after.err
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_outside_is_not_walked() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("all/a.json", &unsound().to_string()), ("outside/deep/notes.txt", "")]);
    symlink("nowhere", folder.path().join("outside/dangling")).unwrap();
    symlink("../outside", folder.path().join("all/linked")).unwrap();
    let done = check("all --format json").at(&folder).run().exits(1);
    assert!(done.err.contains("all/linked") && !done.err.contains("notes.txt"), "{}", done.err);
}

#[test]
fn the_same_record_in_two_files_is_one() {
    let (one, mut other) = (unsound(), unsound());
    // The order of its fields and the latest export don't make it another record.
    other["generated_at"] = "2026-06-30T09:00:00+02:00".into();
    other["people"][0] = serde_json::from_str(r#"{"status": "active", "id": "amy"}"#).unwrap();
    let folder = folder(&[("a.json", &one.to_string()), ("b.json", &other.to_string())]);
    let alone = check("a.json --format json").at(&folder).run().exits(1);
    let both =
        nhi("check --isolated a.json b.json --format json").at(&folder).run().exits(1).json();
    assert_eq!(both["population"], alone.json()["population"]);
    assert_eq!(both["as_of"]["value"], "2026-06-30T07:00:00Z", "the latest counts");
    let both = check("a.json b.json --format json").at(&folder).run().exits(1);
    assert_eq!(both.findings(), alone.findings());
}

#[test]
fn records_that_contradict_each_other_are_named_both() {
    let mut other = sound();
    other["accounts"][0]["status"] = "disabled".into();
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let folder = folder(&[("a.json", &pretty(&sound())), ("b.json", &pretty(&other))]);
    let line =
        |text: String| text.lines().position(|line| line.contains("\"accounts\"")).unwrap() + 2;
    let done = check("a.json b.json").at(&folder).run().refused();
    let (first, second) = (line(pretty(&sound())), line(pretty(&other)));
    assert!(
        done.said().contains("`a1`") && done.said().contains(&format!("a.json:{first}:")),
        "{}",
        done.err
    );
    assert!(done.err.contains(&format!("[b.json:{second}:")), "{}", done.err);
}

#[test]
fn an_id_that_two_kinds_share_must_say_its_kind() {
    let mut inventory = unsound();
    inventory["workloads"] = json!([{"id": "amy", "kind": "bot", "status": "active", "owner": "person:amy", "purpose": "x"}]);
    let done = check("-").input(inventory.to_string()).run().refused();
    assert!(done.said().contains("`person:amy` or `workload:amy`"), "{}", done.err);
    for account in inventory["accounts"].as_array_mut().unwrap() {
        account["identity"] = "person:amy".into();
    }
    assert_eq!(of(inventory.to_string()).len(), 1);
}

#[test]
fn the_instant_may_have_any_offset() {
    let at = |time: &str| {
        nhi("check testdata/acme --isolated --format json --as-of").arg(time).run().exits(1).out
    };
    let utc = at("2026-06-30T12:00:00Z");
    for same in
        ["2026-06-30T14:00:00+02:00", "2026-06-29T22:00:00-14:00", "2026-06-30t12:00:00.000z"]
    {
        assert_eq!(at(same), utc, "{same}");
    }
    assert_ne!(at("2026-06-30T12:00:00+02:00"), utc);
}
