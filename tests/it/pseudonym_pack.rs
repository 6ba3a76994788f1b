//! Pseudonyms in an evidence pack: it names nobody, its files agree, and it is judged again with
//! the key alone.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pack::{ACME, entries_of, json_of, names as says, pack, sha256, verify};
use crate::pseudonym::{KEY, names, personal};
use crate::run::{AS_OF, Done, conforms, files, folder, nhi, schema};
use crate::verify::forge;

/// A folder with keys, and a pack of acme in it.
fn hidden_acme() -> TempDir {
    let place = folder(&[("key", KEY), ("other", "fedcba9876543210fedcba")]);
    pack(ACME, &place.path().join("p"))
        .arg("--pseudonymize")
        .arg(place.path().join("key"))
        .run()
        .exits(0);
    place
}

/// Judges acme again.
fn again(place: &TempDir, pack: &str, key: Option<&str>) -> Done {
    let run = verify(&place.path().join(pack)).args("--inventory").args(ACME);
    let key = key.map(|key| place.path().join(key));
    key.into_iter().fold(run, |run, key| run.arg("--pseudonymize").arg(key)).run()
}

/// Who is named where.
fn told(files: &BTreeMap<String, Vec<u8>>, personal: &[String]) -> Vec<String> {
    let mut told = Vec::new();
    for (file, bytes) in files {
        let text = format!("{file}\n{}", String::from_utf8_lossy(bytes)).to_lowercase();
        let named = personal.iter().filter(|string| names(&text, string));
        told.extend(named.map(|string| format!("{file}: {string}")));
    }
    told
}

#[test]
fn nobody_is_named_in_a_pack() {
    let personal: Vec<String> = personal().into_iter().collect();
    let place = hidden_acme();
    let key = place.path().join("key");
    let zip = place.path().join("p.zip");
    let done = pack(ACME, &zip).args("-j 1 --pseudonymize").arg(&key).run().exits(0);
    let said = BTreeMap::from([(done.line, [done.out, done.err].concat().into_bytes())]);
    assert_eq!(told(&said, &personal), [""; 0]);
    let hidden = files(&place.path().join("p"));
    assert_eq!(entries_of(&zip), hidden);
    assert_eq!(told(&hidden, &personal), [""; 0]);
    // The test can fail: without the option many are named, in each part.
    let plain = place.path().join("plain");
    pack(ACME, &plain).run().exits(0);
    let plain = files(&plain);
    let named = told(&plain, &personal);
    for part in ["reports/report.oscal.json", "population/", "sample/leavers.csv", "exceptions/"] {
        assert!(named.iter().any(|named| named.starts_with(part)), "{part}");
    }
    assert!(plain.keys().eq(hidden.keys()));
    // As many subjects, with the same verdicts and ids of findings.
    for (name, bytes) in plain.iter().filter(|(name, _)| name.starts_with("population/")) {
        let rows = |bytes: &[u8]| {
            let mut table = csv::Reader::from_reader(bytes);
            let rows = table
                .records()
                .map(|row| (row.as_ref().unwrap()[5].to_owned(), row.unwrap()[6].to_owned()));
            rows.collect::<Vec<_>>()
        };
        assert_eq!(rows(bytes), rows(&hidden[name]), "{name}");
    }
    // Nothing says what the key is, not even its digest.
    for (name, bytes) in &hidden {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(KEY) && !text.contains(&sha256(KEY.as_bytes())), "{name}");
    }
    let manifest = json_of(&place.path().join("p/manifest.json"));
    conforms(&schema("pack-manifest"), &manifest, "manifest");
    assert!(manifest["pseudonym_key"].as_str().unwrap().starts_with("K-"));
    assert_eq!(manifest["inputs"].as_array().unwrap().len(), 8);
}

#[test]
fn a_sample_is_drawn_by_what_is_written() {
    let place = hidden_acme();
    let drawn = json_of(&place.path().join("p/sample/leavers.json"));
    let sample = drawn["sample"].as_array().unwrap();
    assert!(sample.len() > 5);
    for leaver in sample {
        let person = leaver["person"].as_str().unwrap();
        assert!(person.starts_with("P-"), "{person}");
        assert_eq!(leaver["lot"], sha256(format!("1\n{person}").as_bytes()));
    }
}

#[test]
fn a_pack_is_judged_again_with_the_same_key_alone() {
    let place = hidden_acme();
    let key = place.path().join("key");
    pack(ACME, &place.path().join("p.zip")).arg("--pseudonymize").arg(&key).run().exits(0);
    pack(ACME, &place.path().join("plain")).run().exits(0);
    for name in ["p", "p.zip"] {
        verify(&place.path().join(name)).run().exits(0);
        says(&again(&place, name, Some("key")).exits(0), "comes of what was brought");
        let done = again(&place, name, Some("other")).exits(1);
        says(&done, "another key");
        says(&done, "is as it was made, but is not of what was brought");
        assert!(!done.out.contains("judged again"), "{}", done.out);
        let done = again(&place, name, None).refused();
        assert!(done.said().contains("--pseudonymize"), "{}", done.err);
    }
    let done = again(&place, "plain", Some("key")).refused();
    assert!(done.said().contains("without pseudonyms"), "{}", done.err);
    // A key is for judging again.
    verify(&place.path().join("p")).arg("--pseudonymize").arg(&key).run().refused();
}

#[test]
fn files_that_are_changed_alike_agree_no_more() {
    let place = hidden_acme();
    let to = place.path().join("p");
    let change = |name: &str, from: &str, into: &str| {
        let path = to.join(name);
        let before = std::fs::read_to_string(&path).unwrap();
        let after = before.replacen(from, into, 1);
        assert_ne!(before, after, "{name}");
        std::fs::write(&path, &after).unwrap();
        let digests = [&before, &after].map(|text| sha256(text.as_bytes()));
        forge(&to, &|text| text.replace(&digests[0], &digests[1]));
        let found = (verify(&to).run(), again(&place, "p", Some("key")));
        std::fs::write(&path, &before).unwrap();
        forge(&to, &|text| text.replace(&digests[1], &digests[0]));
        (found.0, found.1.exits(1))
    };
    says(
        &change("sample/leavers.json", "\"person\": \"P-", "\"person\": \"N-").0.exits(1),
        "drawn",
    );
    says(&change("reports/report.csv", "P-", "N-").0.exits(1), "report.csv");
    says(&change("exceptions/register.json", "P-", "N-").0.exits(1), "register.json");
    // What the others don't say is found where it is judged again.
    says(&change("sample/leavers.csv", "P-", "N-").1, "sample/leavers.csv");
    says(&change("population/leaver-account-live.csv", "P-", "N-").1, "leaver-account-live.csv");
    again(&place, "p", Some("key")).exits(0);
}

/// An inventory whose people are called as nobody should be.
fn odd() -> Value {
    let ended = "2026-06-01T00:00:00Z";
    let task = |system: &str| {
        json!({"system": system, "action": "disable_account", "status": "done", "completed_at": "2026-06-01T12:00:00Z",
            "completed_by": "Jane Doe", "verified_by": "JDOE", "verified_at": "2026-06-02T00:00:00Z",
            "evidence": "mailed to jane@elsewhere.example by Zola"})
    };
    json!({
        "version": "1", "generated_at": "2026-06-30T06:00:00Z", "systems": [{"id": "gh"}],
        "sources": [{"id": "Export of Zola", "kind": "hr", "exported_at": "2026-06-30T06:00:00Z", "truncated": true}],
        "people": [
            {"id": "zola", "name": "Émile Zola", "user_name": "ezola", "status": "terminated", "ended_at": ended},
            {"id": "p", "name": "default", "user_name": "bundled", "status": "active"},
            {"id": "n", "user_name": "a", "status": "terminated", "ended_at": ended}],
        "accounts": [
            {"id": "gh:ezola", "system": "gh", "status": "enabled", "identity": "zola"},
            {"id": "gh:zola", "system": "gh", "status": "disabled", "identity": "zola"}],
        "credentials": [{"id": "c", "kind": "password", "status": "active", "account": "gh:ezola"}],
        "offboardings": [
            {"id": "off-ezola", "subject": "zola", "kind": "termination", "effective_at": ended, "tasks": [task("gh")]},
            {"id": "off-zola", "subject": "zola", "kind": "role_change", "effective_at": "2026-05-01T00:00:00Z",
                "tasks": [task("gh"), task("Zola's laptop")]}],
    })
}

/// That inventory and all else of a pack, in a folder that is called like a person.
fn odd_place() -> TempDir {
    let rule = crate::run::rule(
        "mine",
        "high",
        "action == Action::\"keep\", resource is Account",
        "when { resource.live }",
    );
    let exceptions = json!({"version": "1", "exceptions": [{"id": "for zola",
        "rule": "leaver-account-live", "resource": {"type": "Account", "id": "gh:ezola"},
        "reason": "Émile Zola has asked.", "approved_by": "Sam Quillfeather",
        "approved_at": "2026-06-10T00:00:00Z", "expires_at": "2026-07-01T00:00:00Z"}]});
    folder(&[
        ("ezola/i.json", &odd().to_string()),
        ("ezola/x.json", &exceptions.to_string()),
        ("ezola/zola/mine.cedar", &rule),
        ("ezola/zola/parameters.toml", "[my_limit]\ndefault = \"3d\"\nmeaning = \"mine\"\n"),
        ("ezola/c.toml", "policies = [\"zola\"]\n[parameters]\nleaver_grace = \"48h\"\n"),
        ("key", KEY),
    ])
}

#[test]
fn odd_names_and_paths_of_people_are_hidden_and_judged_again() {
    let place = odd_place();
    let run = |arguments: &str| {
        let run = nhi(arguments).args("--config ezola/c.toml --exceptions ezola/x.json");
        run.args("--baseline b.json --pseudonymize key").at(&place).run()
    };
    let check = "check ezola/i.json --config ezola/c.toml --write-baseline b.json -q";
    nhi(check).at(&place).run().exits(1);
    let done = run("pack ezola/i.json -o p -q").exits(0);
    let to = place.path().join("p");
    let mut all = files(&to);
    all.insert("standard error".into(), done.err.clone().into_bytes());
    assert!(done.err.contains("incomplete"), "{}", done.err);
    let personal = ["émile", "zola", "ezola", "jane", "doe", "jdoe", "sam", "quillfeather"];
    assert_eq!(told(&all, &personal.map(str::to_owned)), [""; 0]);
    verify(&to).run().exits(0);
    let done = run("verify p --policies ezola/zola --inventory ezola/i.json").exits(0);
    assert!(!done.out.contains("zola"), "{}", done.out);
    // Who is called `bundled` or `default` is no origin of a rule.
    let origins = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(to.join("rules").join(name)).unwrap();
        let lines = text.lines().filter(|line| line.contains("\"origin\""));
        lines.map(str::to_owned).collect()
    };
    for (name, word) in [("rules.json", "bundled"), ("parameters.json", "default")] {
        let word = format!("\"{word}\"");
        let (own, others): (Vec<_>, Vec<_>) =
            origins(name).into_iter().partition(|line| line.contains(&word));
        assert!(own.len() > 5, "{name}: {own:?}");
        assert!(!others.is_empty() && others.iter().all(|line| line.contains("P-")), "{others:?}");
    }
    // Two offboardings that are written alike are told apart.
    let mut table = csv::Reader::from_path(to.join("sample/leavers.csv")).unwrap();
    let rows: Vec<_> =
        table.records().map(Result::unwrap).filter(|row| &row[8] == "done").collect();
    let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| &row[4]).collect();
    assert!(ids.len() == 2 && ids.iter().any(|id| id.ends_with(" (2)")), "{ids:?}");
    for (kind, count) in [("termination", 1), ("role_change", 2)] {
        assert_eq!(rows.iter().filter(|row| &row[5] == kind).count(), count, "{rows:?}");
    }
}

#[test]
fn a_pack_of_exports_has_no_pseudonyms() {
    let place = folder(&[("key", KEY)]);
    let to = place.path().join("p");
    let exports = "testdata/exports --config testdata/exports.toml --pseudonymize";
    let done = nhi("pack --import").args(exports).arg(place.path().join("key")).arg("-o").arg(&to);
    let done = done.run().refused();
    assert!(done.said().contains("nhi-policy import"), "{}", done.err);
    assert!(!to.exists());
}

#[test]
fn faults_tell_no_value() {
    let twice = "{\"version\": \"1\", \"generated_at\": \"2026-06-30T06:00:00Z\", \"people\": [
        {\"id\": \"zola\", \"status\": \"active\"}, {\"id\": \"zola\", \"status\": \"active\"}]}";
    let place = odd_place();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    write("twice.json", twice);
    write("x.json", "{\"version\": \"1\", \"exceptions\": [{\"rule\": 1, \"zola\": 2}]}");
    write("b.json", "{\"version\": \"1\", \"zola\": 2}");
    write("good.json", &odd().to_string());
    let run = |arguments: &str| nhi(arguments).at(&place).run();
    run("pack good.json -o p --isolated --pseudonymize key").exits(0);
    for (arguments, place) in [
        ("pack twice.json -o q", "twice.json"),
        ("pack good.json -o q --exceptions x.json", "x.json"),
        ("pack good.json -o q --baseline b.json", "b.json"),
        ("check good.json --baseline b.json", "b.json"),
        ("check good.json --exceptions x.json", "x.json"),
        ("exceptions good.json --exceptions x.json", "x.json"),
        ("explain ab twice.json", "twice.json"),
        ("explain ab good.json --exceptions x.json", "x.json"),
    ] {
        let plain = run(&format!("{arguments} --isolated")).refused();
        assert!(plain.err.contains("zola"), "{arguments}: {}", plain.err);
        let hidden = run(&format!("{arguments} --isolated --pseudonymize key")).refused();
        assert!(hidden.err.contains(place), "{arguments}: {}", hidden.err);
        assert!(!hidden.err.contains("zola"), "{arguments}: {}", hidden.err);
    }
    // What is brought along to a pack, too.
    let other = odd().to_string().replace("\"a\"", "\"zola\"").replace("\"n\"", "\"zola\"");
    let digests = [odd().to_string(), other.clone()].map(|text| sha256(text.as_bytes()));
    write("good.json", &other);
    forge(&place.path().join("p"), &|text| text.replace(&digests[0], &digests[1]));
    let done = run("verify p --inventory good.json --pseudonymize key").refused();
    assert!(done.err.contains("good.json") && !done.err.contains("zola"), "{}", done.err);
}

#[test]
fn a_key_stays_what_it_is() {
    let place = folder(&[("key", KEY), ("i.json", &odd().to_string())]);
    let run = nhi("pack i.json --isolated -o key --pseudonymize key --as-of").arg(AS_OF).at(&place);
    run.run().refused();
    assert_eq!(std::fs::read_to_string(Path::new(place.path()).join("key")).unwrap(), KEY);
}
