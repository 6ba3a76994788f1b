//! Every input error is loud, and says where it is and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::run::{check, folder, nhi, root, schema, sound};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    line: usize,
    column: Option<usize>,
    says: String,
    file: Option<String>,
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(root().join("testdata/broken/expected.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

#[test]
fn every_broken_file_has_an_expectation_and_every_expectation_a_file() {
    let entries = std::fs::read_dir(root().join("testdata/broken")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = names.filter(|name| name != "expected.toml").collect();
    assert_eq!(files, expected().into_keys().collect());
    assert!(files.len() >= 70, "{} files", files.len());
}

#[test]
fn every_broken_file_is_refused_at_its_place_with_the_reason() {
    for (name, Expected { line, column, says, file }) in expected() {
        let done = check("").arg(format!("testdata/broken/{name}")).run().refused();
        let file = file.as_deref().unwrap_or(&name);
        let column = column.map_or(String::new(), |column| format!("{column}]"));
        let place = format!("[testdata/broken/{file}:{line}:{column}");
        assert!(done.err.contains(&place), "{name}: not at {place}\n{}", done.err);
        // The name of the file says what is wrong with it, too.
        let said = done.said().replace(&name, "");
        assert!(said.contains(&says), "{name}: doesn't say {says}\n{said}");
        assert_eq!(counted(&said), done.faults(), "{name}\n{}", done.err);
    }
}

/// How many faults it says that there are.
fn counted(said: &str) -> usize {
    let last = said.lines().last().unwrap();
    let count = last.strip_prefix("error: ").and_then(|count| count.split(' ').next());
    count.unwrap_or_else(|| panic!("no count in {last}")).parse().unwrap()
}

#[test]
fn all_broken_files_together_are_refused_with_the_faults_of_each() {
    let done = check("testdata/broken").run().refused();
    for (name, Expected { file, .. }) in expected() {
        // What records say of each other is looked at when each is right by itself.
        if name == "reference-ambiguous.json" {
            continue;
        }
        let file = file.unwrap_or(name);
        assert!(done.err.contains(&format!("testdata/broken/{file}")), "{file} is not named");
    }
}

/// Editors that know the schema refuse what the program refuses, as far as a schema can say it.
#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let beyond = [
        "duplicate-id",
        "duplicate-key",
        "reference-ambiguous",
        "reference-prefix-of-wrong-kind",
        "required-missing-entitlement-account-and-group",
    ];
    let validator =
        |of: &str| jsonschema::options().should_validate_formats(true).build(&schema(of)).unwrap();
    let (documents, lines) = (validator("inventory"), validator("inventory-line"));
    let mut refused = 0;
    for (name, Expected { line, .. }) in expected() {
        let path = root().join("testdata/broken").join(&name);
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let is_lines = name.ends_with(".jsonl");
        let text = if is_lines { text.lines().nth(line - 1).unwrap() } else { &text };
        let Ok(document) = serde_json::from_str::<Value>(text) else { continue };
        let valid = if is_lines { &lines } else { &documents }.is_valid(&document);
        let stem = name.split('.').next().unwrap();
        let whole = ["lines-no-inventory", "lines-two-inventories"].contains(&stem);
        assert_eq!(valid, whole || beyond.contains(&stem), "{name}");
        refused += usize::from(!valid);
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn a_hundred_faults_are_shown_and_the_rest_is_counted() {
    let mut inventory = sound();
    let account = |n| json!({"id": format!("x{n}"), "system": "vault", "status": "enabld"});
    inventory["accounts"] = (0..150).map(account).collect();
    let folder = folder(&[("a.json", &inventory.to_string())]);
    let done = check("a.json").at(&folder).run().refused();
    assert_eq!((done.faults(), counted(&done.said())), (100, 150));
    assert!(done.said().contains("50 are not shown"), "{}", done.err);
}

#[test]
fn the_value_of_an_unknown_field_is_not_shown() {
    let mut inventory = sound();
    inventory["credentials"][0]["secret"] = "hunter2".into();
    let folder = folder(&[("a.json", &inventory.to_string())]);
    let done = check("a.json").at(&folder).run().refused();
    assert!(done.said().contains("`secret`") && !done.err.contains("hunter2"), "{}", done.err);
}

#[test]
fn the_faults_of_rules_configuration_and_inventory_are_shown_together() {
    let folder =
        folder(&[("a.json", "{}"), ("pack/x.cedar", "permit (principal, action, resource);")]);
    let done = check("a.json --policies pack").at(&folder).run().refused();
    for file in ["[a.json:1:", "[pack/x.cedar:1:"] {
        assert!(done.err.contains(file), "{file}\n{}", done.err);
    }
}

#[test]
fn a_condition_of_thousands_of_parts_is_refused_by_every_command() {
    let parts = vec!["resource.live"; 5_000].join(" || ");
    let rule = format!(
        "@id(\"x\")\n@severity(\"low\")\nforbid (principal, action == Action::\"keep\", \
         resource is Credential)\nwhen {{ {parts} }};\n"
    );
    let folder = folder(&[("a.json", &sound().to_string()), ("pack/x.cedar", &rule)]);
    for line in
        ["check a.json", "check a.json -j 1", "rules", "test", "explain x", "pack a.json -o p"]
    {
        let done = nhi(&format!("{line} --policies pack")).at(folder.path()).run().refused();
        assert!(done.said().contains("nests too deeply"), "{line}\n{}", done.err);
    }
}
