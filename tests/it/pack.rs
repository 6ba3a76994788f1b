//! Evidence packs: what is in them, and that nothing of it can be changed unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::run::{AS_OF, Done, Run, conforms, files, folder, nhi, root, schema, sound};

pub const ACME: &str = "testdata/acme --exceptions testdata/exceptions.json";

/// A private key and its public half, as openssl writes them.
pub fn keys(seed: u8) -> [String; 2] {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    let pem = |kind: &str, head: &[u8], bytes: [u8; 32]| {
        let body = BASE64_STANDARD.encode([head, &bytes].concat());
        format!("-----BEGIN {kind} KEY-----\n{body}\n-----END {kind} KEY-----\n")
    };
    let private = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let public = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    [pem("PRIVATE", private, [seed; 32]), pem("PUBLIC", public, key.verifying_key().to_bytes())]
}

pub fn pack(arguments: &str, to: &Path) -> Run {
    nhi("pack --isolated --as-of").arg(AS_OF).args(arguments).arg("-o").arg(to)
}

pub fn verify(path: &Path) -> Run {
    nhi("verify").arg(path)
}

/// A folder with keys, and a pack of acme in it, signed.
pub fn signed_acme() -> (TempDir, PathBuf) {
    let ([private, public], [_, other]) = (keys(7), keys(8));
    let folder = folder(&[("key.pem", &private), ("public.pem", &public), ("other.pem", &other)]);
    let to = folder.path().join("pack");
    pack(ACME, &to).arg("--sign").arg(folder.path().join("key.pem")).run().exits(0);
    (folder, to)
}

pub fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The bytes of a pack, with `/` in names.
pub fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = zip::write::SimpleFileOptions::default();
        let options = options.compression_method(zip::CompressionMethod::Stored);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn entries_of(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut all = BTreeMap::new();
    for number in 0..zip.len() {
        let mut entry = zip.by_index(number).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        all.insert(entry.name().unwrap().into_owned(), bytes);
    }
    all
}

#[track_caller]
pub fn names(done: &Done, file: &str) {
    assert!(done.out.contains(file), "{file} is not named: {}", done.out);
}

#[test]
fn a_pack_is_verified_and_judged_again_as_a_folder_and_as_an_archive() {
    let (place, to) = signed_acme();
    let zip = place.path().join("pack.zip");
    let key = place.path().join("key.pem");
    pack(ACME, &zip).arg("--sign").arg(&key).run().exits(0);
    assert_eq!(entries_of(&zip), files(&to));
    for path in [&to, &zip] {
        let said = verify(path).run().exits(0).out;
        assert!(said.contains("verdict fail") && said.contains("not checked"), "{said}");
        let public = place.path().join("public.pem");
        let done = verify(path).arg("--key").arg(&public).args("--inventory").args(ACME).run();
        let said = done.exits(0).out;
        assert!(
            said.contains("comes of what was brought") && said.contains("signed with"),
            "{said}"
        );
    }
    let manifest = json_of(&to.join("manifest.json"));
    conforms(&schema("pack-manifest"), &manifest, "manifest");
    // The same again is the same bytes, for each thread count.
    let again = place.path().join("again.zip");
    pack(ACME, &again).arg("--sign").arg(&key).args("-j 1").run().exits(0);
    assert_eq!(std::fs::read(&zip).unwrap(), std::fs::read(&again).unwrap());
    // What was signed says nothing of the key but its id.
    let secret = keys(7)[0].lines().nth(1).unwrap().to_owned();
    assert!(files(&to).values().all(|bytes| !String::from_utf8_lossy(bytes).contains(&secret)));
    // Nothing is left beside it.
    let left: BTreeSet<String> = std::fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let known = ["again.zip", "key.pem", "other.pem", "pack", "pack.zip", "public.pem"];
    assert_eq!(left, known.map(str::to_owned).into());
}

#[test]
fn what_is_in_a_pack_agrees_with_the_check() {
    let (_place, to) = signed_acme();
    let check = nhi("check --isolated --as-of").arg(AS_OF).args(ACME);
    let report = check.args("--format json").run().exits(1).out;
    let packed = std::fs::read_to_string(to.join("reports/report.json")).unwrap();
    assert_eq!(report, packed);
    let report: Value = serde_json::from_str(&report).unwrap();
    let mut seen = 0;
    for rule in report["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        let mut table = csv::Reader::from_path(to.join(format!("population/{id}.csv"))).unwrap();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in table.records() {
            *counts.entry(row.unwrap()[5].to_owned()).or_default() += 1;
        }
        let sum: u64 = counts.values().sum();
        assert_eq!(rule["asked"], sum, "{id}");
        for (verdict, key) in
            [("violation", "violations"), ("waived", "waived"), ("indeterminate", "indeterminate")]
        {
            assert_eq!(rule[key], counts.get(verdict).copied().unwrap_or(0), "{id} {verdict}");
        }
        seen += counts.get("pass").copied().unwrap_or(0);
        let theme = rule["theme"].as_str().unwrap();
        let text = std::fs::read(to.join(format!("rules/{theme}/{id}.cedar"))).unwrap();
        assert_eq!(rule["sha256"], sha256(&text), "{id}");
    }
    assert!(seen > 100, "{seen} subjects pass");
    let manifest = json_of(&to.join("manifest.json"));
    assert_eq!(manifest["verdict"], report["verdict"]);
    let inputs = manifest["inputs"].as_array().unwrap();
    for input in inputs {
        let bytes = std::fs::read(root().join(input["path"].as_str().unwrap())).unwrap();
        assert_eq!(input["sha256"], sha256(&bytes), "{input}");
    }
    assert!(inputs.iter().any(|input| input["role"] == "exceptions"));
    let register = json_of(&to.join("exceptions/register.json"));
    assert_eq!(register, report["exceptions"]);

    let statement = json_of(&to.join("statement.json"));
    let predicate = &statement["predicate"];
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(predicate["result"], "FAILED");
    let tests = |key: &str| predicate[key].as_array().unwrap().len();
    let all = tests("passedTests") + tests("warnedTests") + tests("failedTests");
    assert_eq!(all, report["rules"].as_array().unwrap().len());
    let own = std::fs::read(to.join("manifest.json")).unwrap();
    assert_eq!(predicate["configuration"][0]["digest"]["sha256"], sha256(&own));
    assert_eq!(statement["subject"].as_array().unwrap().len(), 7);
}

#[test]
fn another_inventory_is_told() {
    let (_place, to) = signed_acme();
    let done = verify(&to).args("--inventory testdata/clean").run();
    // It was made with exceptions, without which nothing can be compared.
    assert!(done.refused().said().contains("--exceptions"));
    let exceptions = "--exceptions testdata/exceptions.json";
    let done = verify(&to).args("--inventory testdata/clean").args(exceptions).run().exits(1);
    names(&done, "testdata/acme/people.json");
    names(&done, "testdata/clean");
    // A copy elsewhere, under other names, is the same inventory.
    let copy = folder(&[]);
    for (number, entry) in std::fs::read_dir(root().join("testdata/acme")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let ending = path.extension().unwrap().to_string_lossy().into_owned();
        std::fs::copy(&path, copy.path().join(format!("{number}.{ending}"))).unwrap();
    }
    verify(&to).arg("--inventory").arg(copy.path()).args(exceptions).run().exits(0);
    let name = std::fs::read_dir(copy.path()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&name).unwrap();
    bytes.push(b'\n');
    std::fs::write(&name, bytes).unwrap();
    verify(&to).arg("--inventory").arg(copy.path()).args(exceptions).run().exits(1);
}

#[test]
fn a_pack_is_judged_again_by_its_own_rules_and_thresholds() {
    let head = "action == Action::\"keep\", resource is Account";
    let rule = crate::run::rule("mine", "high", head, "when { resource.live }");
    let folder = folder(&[
        ("a.json", &sound().to_string()),
        ("more/mine.cedar", &rule),
        ("more/parameters.toml", "[my_limit]\ndefault = \"3d\"\nmeaning = \"mine\"\n"),
        (
            "nhi-policy.toml",
            "policies = [\"more\"]\nfail_on = \"medium\"\n[parameters]\nleaver_grace = \"48h\"\nmy_limit = \"5d\"\n\
             [rules]\nmine = { severity = \"medium\" }\naccount-dormant = { enabled = false }\n[expect]\npeople = 7\n",
        ),
    ]);
    let run = |arguments: &str| nhi(arguments).at(&folder).run();
    run("pack a.json -o p").exits(0);
    let manifest = json_of(&folder.path().join("p/manifest.json"));
    let roles: Vec<&str> = manifest["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["inventory", "configuration", "policies", "policies"]);
    assert!(!manifest["incomplete"].as_array().unwrap().is_empty());
    run("verify p --inventory a.json --config nhi-policy.toml --policies more").exits(0);
    std::fs::write(folder.path().join("more/mine.cedar"), rule.replace("high", "low")).unwrap();
    std::fs::write(folder.path().join("nhi-policy.toml"), "fail_on = \"high\"\n").unwrap();
    run("verify p --inventory a.json").exits(0);
    names(&run("verify p --inventory a.json --policies more").exits(1), "mine.cedar");
    names(&run("verify p --inventory a.json --config nhi-policy.toml").exits(1), "nhi-policy.toml");
}

#[test]
fn exports_and_baselines_are_judged_again() {
    let folder = folder(&[("a.json", &crate::run::unsound().to_string())]);
    let run = |arguments: &str| nhi(arguments).at(&folder).run();
    run("check --isolated a.json --write-baseline b.json").exits(1);
    run("pack --isolated a.json --baseline b.json -o p").exits(0);
    run("verify p --inventory a.json").refused();
    run("verify p --inventory a.json --baseline b.json").exits(0);

    let to = folder.path().join("imported.zip");
    let exports = "testdata/exports --config testdata/exports.toml";
    nhi("pack --import").args(exports).arg("-o").arg(&to).run().exits(0);
    let config = "--config testdata/exports.toml";
    verify(&to).args("--inventory testdata/exports").args(config).run().exits(0);
    verify(&to).args("--inventory testdata/acme").args(config).run().exits(1);
}

#[test]
fn an_incomplete_check_has_not_passed() {
    let mut cut = sound();
    cut["sources"] =
        json!([{"id": "hr", "exported_at": "2026-06-30T06:00:00Z", "truncated": true}]);
    let mut empty = sound();
    empty["people"] = json!([]);
    let folder = folder(&[
        ("good.json", &sound().to_string()),
        ("cut.json", &cut.to_string()),
        (
            "empty.json",
            &json!({"version": "1", "generated_at": "2026-06-30T06:00:00Z"}).to_string(),
        ),
    ]);
    let result = |name: &str| {
        let pack = nhi("pack --isolated --as-of").arg(AS_OF);
        pack.arg(format!("{name}.json")).args("-o").arg(name).at(&folder).run().exits(0);
        let to = folder.path().join(name);
        verify(&to).run().exits(0);
        let statement = json_of(&to.join("statement.json"))["predicate"].clone();
        (json_of(&to.join("manifest.json")), statement)
    };
    let (manifest, good) = result("good");
    assert_eq!((&manifest["verdict"], &good["result"]), (&"pass".into(), &"PASSED".into()));
    assert!(good["passedTests"].as_array().unwrap().len() > 5);
    // Nothing was asked of those that are about what isn't there.
    assert!(good["warnedTests"].as_array().unwrap().len() > 5);
    let (manifest, empty) = result("empty");
    assert_eq!((&manifest["verdict"], &empty["result"]), (&"incomplete".into(), &"WARNED".into()));
    assert_eq!(empty["passedTests"], json!([]));
    let reasons = &empty["configuration"][0]["annotations"]["incomplete"];
    assert!(reasons[0].as_str().unwrap().contains("people"), "{reasons}");
    assert_eq!(manifest["leavers"], json!({"population": 0, "sampled": 0}));
    let (_, cut) = result("cut");
    assert_eq!(cut["passedTests"], json!([]));
    assert_ne!(cut["result"], "PASSED");
}

/// An inventory of that many leavers, each with an account and an offboarding, in that order.
fn leavers(count: usize, backwards: bool) -> String {
    let mut inventory = sound();
    let mut numbers: Vec<usize> = (0..count).collect();
    if backwards {
        numbers.reverse();
    }
    for number in numbers {
        let ended = "2026-06-01T00:00:00Z";
        let person = json!({"id": format!("p{number}"), "status": "terminated", "ended_at": ended});
        let account = json!({"id": format!("acc{number}"), "system": "vault", "type": "human",
            "status": if number.is_multiple_of(2) { "enabled" } else { "disabled" }, "identity": format!("p{number}")});
        let task = json!({"system": "vault", "action": "disable_account", "status": "done",
            "requested_at": ended, "completed_at": "2026-06-01T12:30:00Z", "completed_by": "=cmd|x"});
        let tasks = if number.is_multiple_of(3) { json!([]) } else { json!([task]) };
        let offboarding = json!({"id": format!("o{number}"), "subject": format!("p{number}"),
            "kind": "termination", "effective_at": ended, "tasks": tasks});
        let mut add = |key: &str, record: Value| {
            let list = inventory.as_object_mut().unwrap().entry(key).or_insert(json!([]));
            list.as_array_mut().unwrap().push(record);
        };
        add("people", person);
        add("accounts", account);
        add("offboardings", offboarding);
    }
    inventory.to_string()
}

#[test]
fn the_sample_depends_on_seed_and_people_alone() {
    let folder = folder(&[("a.json", &leavers(40, false)), ("b.json", &leavers(40, true))]);
    let sample = |name: &str, seed: u64| {
        let to = format!("{name}-{seed}");
        nhi("pack --isolated --sample 7 -j 1 --as-of")
            .arg(AS_OF)
            .args(&format!("{name}.json --seed {seed} -o {to}"))
            .at(&folder)
            .run()
            .exits(0);
        let read =
            |file: &str| std::fs::read_to_string(folder.path().join(&to).join(file)).unwrap();
        (read("sample/leavers.json"), read("sample/leavers.csv"))
    };
    let (first, table) = sample("a", 5);
    assert_eq!(sample("b", 5), (first.clone(), table.clone()));
    assert_ne!(sample("a", 6).0, first);
    let drawn: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&drawn["population"], &drawn["sampled"]), (&40.into(), &7.into()));
    // Anybody can draw it.
    let mut lots: Vec<(String, String)> = (0..40)
        .map(|number| (sha256(format!("5\np{number}").as_bytes()), format!("p{number}")))
        .collect();
    lots.sort();
    let people = drawn["sample"].as_array().unwrap();
    for ((lot, person), leaver) in lots.iter().zip(people) {
        assert_eq!((&leaver["lot"], &leaver["person"]), (&json!(lot), &json!(person)));
        let number: usize = person[1..].parse().unwrap();
        let vault = &leaver["systems"]["vault"];
        let live = vault["still_live"].as_array().unwrap();
        assert_eq!(live.len(), usize::from(number.is_multiple_of(2)), "{leaver}");
        if number.is_multiple_of(3) {
            assert_eq!(vault["missing"], json!([format!("o{number}")]));
        } else {
            assert_eq!(vault["tasks"][0]["hours_to_revoke"], 12.5);
            assert_eq!(vault["tasks"][0]["completed_by"], "=cmd|x");
        }
    }
    assert_eq!(people.len(), 7);
    assert!(table.lines().count() >= 8 && !table.contains(",=cmd"), "{table}");
}

#[test]
fn a_pack_is_there_whole_or_not_at_all_and_replaces_nothing() {
    let folder = folder(&[
        ("a.json", &sound().to_string()),
        ("bad.json", "{"),
        ("full/x", ""),
        ("there.zip", ""),
    ]);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::create_dir(folder.path().join("folder.zip")).unwrap();
    let before = files(folder.path());
    let run = |arguments: &str| nhi("pack --isolated").args(arguments).at(&folder).run();
    for wrong in [
        "bad.json -o new",
        "a.json -o full",
        "a.json -o there.zip",
        "a.json -o a.json",
        "a.json -o folder.zip",
        "a.json -o none/new",
        "a.json",
        "a.json -o new --sample x",
        "a.json -o new --baseline bad.json",
        "a.json -o new --exceptions bad.json",
    ] {
        run(wrong).refused();
        assert_eq!(files(folder.path()), before, "{wrong}");
    }
    run("a.json -o empty").exits(0);
    nhi("verify empty").at(&folder).run().exits(0);
    run("a.json -o empty").refused();
}

#[test]
fn names_that_would_harm_are_harmless_in_tables() {
    let mut inventory = sound();
    let hostile = "=cmd|' /C calc'!A0\u{1b}[31m\u{202e}\n\"x\"";
    inventory["accounts"][0]["id"] = hostile.into();
    inventory["credentials"][0]["account"] = hostile.into();
    let folder = folder(&[("a.json", &inventory.to_string())]);
    nhi("pack --isolated a.json -o p").at(&folder).run().exits(0);
    nhi("verify p --inventory a.json").at(&folder).run().exits(0);
    for (name, bytes) in files(&folder.path().join("p")) {
        if name.ends_with(".csv") && !name.starts_with("reports/") {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{name}");
            let mut table = csv::Reader::from_reader(bytes.as_slice());
            for row in table.records() {
                assert!(row.unwrap().iter().all(|cell| !cell.starts_with('=')), "{name}");
            }
        }
    }
}
