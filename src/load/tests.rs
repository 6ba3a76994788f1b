//! The two ways in must take the same texts and make the same of them.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use walkdir::WalkDir;

use super::*;
use crate::inventory::{Kind, Tabled, WithRecord};

/// All that an inventory says, its words spelt out.
fn dump(inventory: &mut Inventory) -> String {
    struct Rows<'i>(&'i mut Inventory);
    impl WithRecord for Rows<'_> {
        type Output = String;
        fn run<R: Tabled>(self) -> String {
            let mut out = String::new();
            let rows = R::table(self.0).all();
            for row in rows {
                let (id, text) = {
                    let table = R::table(self.0);
                    let record = table.get(row);
                    (record.id(), format!("{:?} {record:?}\n", table.place(row)))
                };
                assert_eq!(self.0.find(R::KIND, id), Some(row));
                out += &text;
            }
            out
        }
    }
    let mut out = format!("{:?} {:?}\n", inventory.files, inventory.generated_at);
    for kind in Kind::ALL {
        out += &kind.with(Rows(inventory));
    }
    write!(out, "{:?}", inventory.task_places).unwrap();
    let word = regex::Regex::new(r"Word\((\d+)\)").unwrap();
    let spelt = word.replace_all(&out, |number: &regex::Captures<'_>| {
        let word = inventory.words.numbered(number[1].parse().unwrap());
        format!("{:?}", inventory.words.text(word))
    });
    spelt.into_owned()
}

fn texts(texts: &[(&str, String)]) -> Vec<Origin> {
    let origin = |(name, text): &(&str, String)| {
        let (name, text) = ((*name).to_owned(), text.strip_prefix('\u{feff}').unwrap_or(text));
        Origin::Text { name, text: text.to_owned(), sha256: "digest".into() }
    };
    texts.iter().map(origin).collect()
}

/// Reads both ways; says whether the quick one took it.
fn both(origins: &[Origin], block: usize) -> bool {
    let Ok(mut quickly) = quick(origins, block) else { return false };
    let mut faults = Faults::default();
    let mut exactly = exact(origins, &mut faults);
    assert_eq!(faults.count, 0, "{:?}", faults.shown());
    assert_eq!(dump(&mut quickly), dump(&mut exactly));
    true
}

fn sample() -> Value {
    let at = "2026-01-02T03:04:05Z";
    let is = json!({"source": "s", "source_ref": "r\n\"é\\", "tags": {"a": "b", "c": null}});
    let mut document = json!({
        "version": "1", "generated_at": "2026-01-02T03:04:05.678+01:00",
        "sources": [{"id": "s", "expected_rows": 3, "truncated": false}],
        "systems": [{"id": "sys", "name": "{\"}", "owner": "team:t"}, {"id": "other", "owner": null}],
        "people": [{"id": "p", "status": "active", "emails": ["a@b", "c@d"], "manager": "p", "started_at": at}],
        "teams": [{"id": "t", "members": ["p", "person:p"]}],
        "workloads": [{"id": "p", "kind": "bot", "status": "active", "acts_for": "p"}],
        "groups": null,
        "accounts": [{"id": "p", "system": "sys", "status": "enabled", "type": "human", "identity": "person:p"}],
        "credentials": [
            {"id": "c", "kind": "token", "status": "active", "known_to": ["p"], "expires_at": at},
            {"id": "é\\", "kind": "password", "status": "unknown", "scopes": null}
        ],
        "entitlements": [],
        "offboardings": [{"id": "o", "subject": "person:p", "kind": "termination", "effective_at": at, "tasks": [
            {"id": 1}
        ]}]
    });
    document["offboardings"][0]["tasks"] = json!([
        {"system": "sys", "action": "verify", "status": "done", "evidence": "}"},
        {"system": "other", "action": "verify", "status": "pending"}
    ]);
    for kind in ["people", "workloads", "accounts", "credentials"] {
        for record in document[kind].as_array_mut().unwrap() {
            record.as_object_mut().unwrap().extend(is.as_object().unwrap().clone());
        }
    }
    document
}

fn lines(document: &Value) -> String {
    let mut out = json!({"inventory": {"version": "1", "generated_at": document["generated_at"]}})
        .to_string();
    for kind in Kind::ALL {
        for record in document[kind.plural()].as_array().into_iter().flatten() {
            write!(out, "\n{{\"{}\": {record} }}", kind.singular()).unwrap();
        }
    }
    out
}

fn samples() -> [(&'static str, String); 6] {
    let document = sample();
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    let lines = lines(&document);
    [
        ("a.json", document.to_string()),
        ("a.json", format!("\u{feff} {pretty}\r\n")),
        ("a.json", pretty.replace('\n', "\r\n\t")),
        ("a.jsonl", lines.clone()),
        ("-", format!("\n{}\r\n \r\n", lines.replace('\n', "\r\n"))),
        ("-", document.to_string()),
    ]
}

#[test]
fn a_block_may_end_anywhere() {
    for sample in samples() {
        let (length, origins) = (sample.1.len(), texts(std::slice::from_ref(&sample)));
        // Where the name doesn't tell the form, the first line must be in the first block.
        let first = if sample.0 == "-" { 100 } else { 1 };
        for block in first..length + 2 {
            assert!(both(&origins, block), "{} in blocks of {block}", sample.1);
        }
    }
}

#[test]
fn what_is_not_a_text_in_memory_is_read_the_same() {
    for (name, text) in samples() {
        let mut file = crate::temporary::TemporaryFile::new_in(&std::env::temp_dir()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let origins = [Origin::Temporary { name: name.into(), file }];
        assert!(both(&origins, 100), "{text}");
        assert!(both(&origins, stream::BLOCK), "{text}");
    }
}

#[test]
fn the_files_of_the_project_are_read_the_same_both_ways() {
    let (mut taken, mut odd) = (0, Vec::new());
    for entry in WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")) {
        let path = entry.unwrap().into_path();
        if !path.extension().is_some_and(|ext| ext == "json" || ext == "jsonl") {
            continue;
        }
        let origins = [Origin::File(path.clone())];
        for block in [50, 4000, stream::BLOCK] {
            if both(&origins, block) {
                taken += 1;
            } else {
                odd.push(path.clone());
            }
        }
    }
    let odd = |folder: &str| {
        odd.iter().any(|path| path.components().any(|part| part.as_os_str() == folder))
    };
    assert!(taken > 30 && odd("broken") && !odd("acme") && !odd("clean"));
}

#[test]
fn files_may_overlap() {
    let whole = sample();
    let mut part = sample();
    part["credentials"].as_array_mut().unwrap().reverse();
    part["offboardings"] = json!([]);
    for (one, two) in [(&whole, &part), (&part, &whole), (&whole, &whole)] {
        let origins = texts(&[("a.json", one.to_string()), ("b.jsonl", lines(two))]);
        for block in [30, stream::BLOCK] {
            assert!(both(&origins, block));
        }
    }
    part["credentials"][0]["status"] = "revoked".into();
    let origins = texts(&[("a.json", whole.to_string()), ("b.jsonl", lines(&part))]);
    assert!(!both(&origins, stream::BLOCK), "one id, two records");
}

#[test]
fn thousands_of_records_are_read_the_same_by_several_threads() {
    let mut document = sample();
    for (kind, count) in [("credentials", 3000), ("accounts", 1500), ("people", 700)] {
        let first = document[kind][0].clone();
        let more = (0..count).map(|number| {
            let mut record = first.clone();
            record["id"] = format!("{kind} {number}").into();
            record["source_ref"] = format!("é{}", number % 100).into();
            record
        });
        document[kind].as_array_mut().unwrap().extend(more);
    }
    for block in [3000, 300_000, stream::BLOCK] {
        let one = texts(&[("a.json", document.to_string()), ("b.jsonl", lines(&document))]);
        assert!(both(&one, block));
    }
}

#[test]
fn a_file_that_has_changed_shows_no_line_of_another() {
    let ambiguous = r#"{"version": "1", "generated_at": "2026-01-02T03:04:05Z",
        "people": [{"id": "x", "status": "active"}], "workloads": [{"id": "x", "kind": "bot", "status": "active"}],
        "systems": [{"id": "s", "owner": "x"}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let mut places = Vec::new();
    for now in [Some(ambiguous), Some("{}"), Some(""), None] {
        std::fs::write(&path, ambiguous).unwrap();
        let loaded = load(std::slice::from_ref(&path)).ok().unwrap();
        match now {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let faults = loaded.link(Instant::EPOCH).err().unwrap();
        assert_eq!(faults.count, 1);
        places.push(faults.shown()[0].place.as_ref().map(|place| (place.line, place.column)));
    }
    assert_eq!(places, [Some((3, 42)), None, None, None]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever is done to a text, the quick way takes nothing that the exact one doesn't, and
    /// nothing otherwise than it does.
    #[test]
    fn damage_is_never_taken(
        number in 0usize..6,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..3, "|[{}\\[\\]\":,\\\\ \n\r\u{b}\u{c}\u{a0}é0ntu1]{1,2}"), 1..3),
        block in 1usize..700,
    ) {
        let (name, mut text) = samples()[number].clone();
        for (at, removed, added) in cuts {
            let start = text.floor_char_boundary(at.index(text.len()));
            let end = text.ceil_char_boundary((start + removed).min(text.len()));
            text.replace_range(start..end, &added);
        }
        both(&texts(&[(name, text)]), block);
    }
}
