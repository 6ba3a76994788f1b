//! Defects in the data that other engines pass over in silence are loud here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::run::{check, name, root, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    defect: String,
    loud: Loud,
    line: Option<usize>,
    says: Option<String>,
    findings: Option<Vec<Found>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Loud {
    Error,
    Finding,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(deny_unknown_fields)]
struct Found {
    rule: String,
    resource: String,
    /// Only where it is not the inventory.
    principal: Option<String>,
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(root().join("testdata/defects/expected.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

#[test]
fn every_defect_has_an_inventory_and_every_inventory_an_expectation() {
    let entries = std::fs::read_dir(root().join("testdata/defects")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = names.filter(|name| name != "expected.toml").collect();
    let expected = expected();
    assert_eq!(files, expected.keys().cloned().collect());
    let defects: BTreeSet<&str> = expected.values().map(|one| one.defect.as_str()).collect();
    assert!(defects.len() >= 11, "{defects:?}");
}

#[test]
fn every_defect_is_as_loud_as_it_has_to_be() {
    for (file, expected) in expected() {
        let done = check("--format json").arg(format!("testdata/defects/{file}")).run();
        match expected.loud {
            Loud::Error => {
                let done = done.refused();
                let place = format!("[testdata/defects/{file}:{}:", expected.line.unwrap());
                let says = expected.says.unwrap();
                assert!(done.err.contains(&place), "{file}: not at {place}\n{}", done.err);
                assert!(
                    done.said().replace(&file, "").contains(&says),
                    "{file}: {says}\n{}",
                    done.err
                );
            }
            Loud::Finding => {
                let found = done.exits(1).findings();
                let found = found.iter().map(|finding| Found {
                    rule: text(finding, "rule").into(),
                    resource: name(&finding["resource"]),
                    principal: Some(name(&finding["principal"]))
                        .filter(|principal| principal != "Inventory::inventory"),
                });
                let mut found: Vec<Found> = found.collect();
                let mut wanted = expected.findings.unwrap();
                found.sort();
                wanted.sort();
                assert!(!wanted.is_empty(), "{file}");
                assert_eq!(found, wanted, "{file}");
            }
        }
    }
}
