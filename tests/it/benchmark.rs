//! What is measured stays what it was: the generated inventory, and what is found in it.

use std::collections::BTreeMap;

use tempfile::tempdir;

use crate::run::nhi;

#[path = "../../benches/generate/inventory/mod.rs"]
mod inventory;

use inventory::{AS_OF, Shape, write};

/// The size of an inventory, and the program's report on it.
fn judged(shape: &Shape) -> (usize, serde_json::Value) {
    let mut text = Vec::new();
    write(shape, &mut text).unwrap();
    let folder = tempdir().unwrap();
    let path = folder.path().join(if shape.lines { "inventory.jsonl" } else { "inventory.json" });
    std::fs::write(&path, &text).unwrap();
    let run = nhi("check --isolated --format json --as-of").arg(AS_OF).arg(&path).run();
    (text.len(), run.exits(1).json())
}

fn found(report: &serde_json::Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        *counts.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn the_generated_inventory_and_its_findings_are_known() {
    let (size, report) = judged(&Shape::of(10_000));
    let digest = report["inventory"][0]["sha256"].as_str().unwrap();
    let mut known = format!("{size} bytes, {digest}\n\n");
    let counts = found(&report);
    for (rule, count) in &counts {
        known.push_str(&format!("{count:6} {rule}\n"));
    }
    known.push_str(&format!("{:6} in all\n", counts.values().sum::<usize>()));
    insta::assert_snapshot!("findings_in_10000_credentials", known);
}

#[test]
fn json_lines_are_the_same_inventory() {
    let shape = Shape::of(1_000);
    let (_, document) = judged(&shape);
    let (_, lines) = judged(&Shape { lines: true, ..shape });
    assert_eq!(document["population"], lines["population"]);
    assert_eq!(found(&document), found(&lines));
}

#[test]
fn fewer_findings_can_be_asked_for() {
    let (_, report) = judged(&Shape { per_mille: 5, ..Shape::of(10_000) });
    let (found, questions) = (found(&report).values().sum::<usize>(), 45_000);
    assert!((2..=8).contains(&(found * 1_000 / questions)), "{found}");
}
