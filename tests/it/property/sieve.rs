//! A check that forgets what surely has no finding says what one says that keeps everything.

use std::path::PathBuf;

use nhi_policy::ask::Depth;
use nhi_policy::ask::audit::Audit;
use nhi_policy::ask::condition::Setting;
use nhi_policy::exceptions::{self, Exception};
use nhi_policy::inventory::Kind;
use nhi_policy::judge::{self, Terms};
use nhi_policy::link::Graph;
use nhi_policy::load::{self, passes::Passes};
use nhi_policy::policy::{Packs, RuleSet, Severity};
use nhi_policy::report::{Format, Style};
use nhi_policy::sieve::{self, Sifted, sift};
use nhi_policy::time::Instant;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::conditions::Conditions;
use super::random::Random;
use super::{accepted, envs, inventory, parameters};
use crate::run::folder;

/// An inventory in one of its forms, or in two files.
fn files(random: &mut Random, text: &str) -> TempDir {
    let mut document: Map<String, Value> = serde_json::from_str(text).unwrap();
    if random.one_in(4) {
        document.remove("sources");
    }
    // Some credentials are alike, so that one replaces the other.
    for credential in document["credentials"].as_array_mut().unwrap() {
        if random.one_in(3) {
            credential["kind"] = "token".into();
            credential["system"] = format!("s{}", random.below(2)).into();
            credential["identity"] = format!("person:p{}", random.below(3)).into();
        }
        if random.one_in(3) {
            credential["source"] = random.of(&["inventory", "x0", "gone"]).into();
        }
    }
    let header = |document: &Map<String, Value>| {
        let fields =
            ["version", "generated_at"].map(|name| (name.to_owned(), document[name].clone()));
        Map::from_iter(fields)
    };
    match random.below(3) {
        0 => folder(&[("a.json", &Value::Object(document).to_string())]),
        1 => {
            let mut lines = vec![json!({ "inventory": header(&document) })];
            for kind in Kind::ALL {
                let records = document.get(kind.plural()).and_then(Value::as_array);
                lines.extend(
                    records.into_iter().flatten().map(|record| json!({ kind.singular(): record })),
                );
            }
            // In any order: what is referred to may come late.
            for at in (1..lines.len()).rev() {
                lines.swap(at, random.below(at + 1));
            }
            let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
            folder(&[("a.jsonl", &lines.join("\n"))])
        }
        _ => {
            let mut other = header(&document);
            for (name, value) in &mut document {
                if let (Value::Array(records), true) = (value, name != "sources") {
                    let rest = records.split_off(records.len() / 2);
                    other.insert(name.clone(), rest.into());
                }
            }
            // Files may overlap: what stands in both is one.
            if random.one_in(3) {
                let first = document["credentials"][0].clone();
                other["credentials"].as_array_mut().unwrap().push(first);
            }
            let (first, second) = (Value::Object(document), Value::Object(other));
            folder(&[("a.json", &first.to_string()), ("b.json", &second.to_string())])
        }
    }
}

/// Exceptions from rules of the set, for things that there are.
fn some_exceptions(random: &mut Random, rules: &RuleSet, folder: &TempDir) -> Vec<Exception> {
    let one = |number: usize| {
        let rule = &rules.rules[random.below(rules.rules.len())].id;
        let kind = random.of(&["Credential", "Entitlement"]);
        let letter = if kind == "Credential" { "c" } else { "e" };
        json!({
            "id": format!("x{number}"), "rule": rule, "reason": "It is needed.",
            "resource": {"type": kind, "id": format!("{letter}{}", random.below(40))},
            "approved_by": format!("person:p{}", random.below(4)),
            "approved_at": "2026-06-01T00:00:00Z", "expires_at": "2026-08-01T00:00:00Z",
        })
    };
    let all: Vec<Value> = (0..8).map(one).collect();
    let path = folder.path().join("exceptions.txt");
    std::fs::write(&path, json!({"version": "1", "exceptions": all}).to_string()).unwrap();
    let read = exceptions::read(&[path]);
    read.unwrap_or_else(|faults| panic!("{:?}", faults.shown()))
}

fn whole(paths: &[PathBuf], now: Instant) -> Graph {
    let loaded = load::load(paths).unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    loaded.link(now).unwrap_or_else(|faults| panic!("{:?}", faults.shown()))
}

/// The report of a graph, and of what has passed.
fn report(
    mut graph: Graph,
    rules: &RuleSet,
    passed: Vec<nhi_policy::ask::Tally>,
    exceptions: &[Exception],
) -> String {
    let setting = Setting { now: graph.now, run_at: graph.now, parameters: &rules.parameters };
    let audit = Depth::Candidates(Audit::default());
    let judged = judge::find(&mut graph, rules, setting, audit, exceptions, &|_| {});
    let mut judged = judged.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    judged.tallies.iter_mut().zip(passed).for_each(|(tally, passed)| tally.add(passed));
    let terms = Terms { fail_on: Severity::Low, expect: Terms::least(), as_of_origin: "--as-of" };
    let report = judge::judge(&graph, rules, judged, setting, &terms);
    let mut out = Vec::new();
    let style = Style { color: false, width: 80, quiet: true, statistics: false };
    Format::Json.write(&report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Things that rules name.
fn names(of: &str) -> [&'static str; 3] {
    match of {
        "Credential" => ["c1", "c2", "gone"],
        "Entitlement" => ["e1", "e2", "gone"],
        _ => ["p1", "a1", "gone"],
    }
}

#[test]
fn what_is_forgotten_changes_nothing() {
    let bundled = RuleSet::load(&Packs::default());
    let bundled = bundled.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let (envs, sla) = (envs(&bundled.types), parameters(&bundled));
    let (mut sifted, mut forgotten, mut superseded) = (0, 0, 0);
    for seed in 1..=40 {
        let random = &mut Random(seed);
        let mut pack = std::collections::BTreeMap::new();
        for number in 0..8 {
            let env = envs[random.below(envs.len())];
            let types = &bundled.types;
            let mut conditions = Conditions { random, types, env, sla: &sla, names };
            pack.insert(number, conditions.rule(number));
        }
        let own = accepted(pack);
        let rules = if seed % 2 == 0 { &bundled } else { &own };
        let count = 20 + random.below(200);
        let text = inventory::inventory(random, count);
        let folder = files(random, &text);
        let exceptions = some_exceptions(random, rules, &folder);
        let mut paths = vec![
            folder.path().join("a.json"),
            folder.path().join("a.jsonl"),
            folder.path().join("b.json"),
        ];
        paths.retain(|path| path.exists());
        let now = Instant::parse(inventory::NOW).unwrap();
        let graph = whole(&paths, now);
        superseded +=
            graph.credentials.iter().filter(|facts| facts.superseded_at().is_some()).count();
        let expected = report(graph, rules, Vec::new(), &exceptions);
        let passes = Passes::new(&paths, 0, 512 + random.below(20_000)).expect("files");
        let audit = Audit(Some(std::num::NonZeroU64::new(3).unwrap()));
        let terms =
            sieve::Terms { rules, as_of: Some(now), run_at: now, audit, exceptions: &exceptions };
        let done = sift(passes, &terms).unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
        let Some(Sifted { graph, tallies, .. }) = done else { continue };
        sifted += 1;
        let passing = [Kind::Credential, Kind::Entitlement];
        forgotten += passing
            .iter()
            .map(|kind| graph.inventory.total(*kind) - graph.inventory.count(*kind))
            .sum::<usize>();
        let found = report(graph, rules, tallies, &exceptions);
        assert!(found == expected, "of seed {seed}:\n{}", difference(&found, &expected));
    }
    assert!(sifted > 25 && forgotten > 200 && superseded > 20, "{sifted} {forgotten} {superseded}");
}

/// The first line that differs.
fn difference(found: &str, expected: &str) -> String {
    let different = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
    different.map_or_else(String::new, |(a, b)| format!("{a}\nnot {b}"))
}
