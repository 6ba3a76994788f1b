//! Evidence packs against what an auditor brings: whoever makes a pack may hold the key too, and
//! have made everything in it agree.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pack::{names, sha256};
use crate::run::{Done, Run, files, folder, nhi, root, sound};

/// An inventory with a leaver whose account is live.
fn inventory() -> Value {
    let mut inventory = sound();
    let mut add = |key: &str, record: Value| inventory[key].as_array_mut().unwrap().push(record);
    add(
        "people",
        json!({"id": "gone", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"}),
    );
    add(
        "accounts",
        json!({"id": "a2", "system": "vault", "status": "enabled", "type": "human", "identity": "gone"}),
    );
    inventory
}

const RULE: &str = "leaver/leaver-account-live.cedar";
const CONFIG: &str = "[parameters]\nleaver_grace = \"24h\"\n";
const WEAK: &str = "[parameters]\nleaver_grace = \"9999d\"\n";

/// An inventory, and rules and configurations of which some find less.
fn place() -> TempDir {
    let rule = std::fs::read_to_string(root().join("policies").join(RULE)).unwrap();
    folder(&[
        ("i.json", &inventory().to_string()),
        ("sound.json", &sound().to_string()),
        ("strong.toml", CONFIG),
        ("weak.toml", WEAK),
        (&format!("strong/{RULE}"), &rule),
        (&format!("weak/{RULE}"), &rule.replace("\"critical\"", "\"low\"")),
        ("more.toml", "[expect]\npeople = 1000\n"),
        ("named.toml", "policies = [\"own\"]\n"),
        ("own/mine.cedar", &rule.replace("leaver-account-live", "mine")),
    ])
}

fn at(place: &TempDir, arguments: &str) -> Run {
    nhi(arguments).at(place)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Changes texts of a pack, and then everything that has to agree with them.
pub fn forge(to: &Path, change: &dyn Fn(&str) -> String) {
    let before = files(to);
    let report = to.join("reports/report.json");
    let changed = change(&read(&report));
    if changed != read(&report) {
        std::fs::write(&report, changed).unwrap();
        for format in ["csv", "html", "junit", "markdown", "ocsf", "oscal", "sarif", "text"] {
            let ending = match format {
                "junit" => "junit.xml",
                "markdown" => "md",
                "ocsf" => "ocsf.jsonl",
                "oscal" => "oscal.json",
                "text" => "txt",
                other => other,
            };
            let out = format!("{format}={}", to.join(format!("reports/report.{ending}")).display());
            // Of another version nothing can be written.
            nhi("report --statistics").arg(&report).args("-o").arg(out).run();
        }
    }
    for name in ["rules/rules.json", "rules/parameters.json"] {
        std::fs::write(to.join(name), change(&read(&to.join(name)))).unwrap();
    }
    let mut manifest = change(&read(&to.join("manifest.json")));
    for (name, bytes) in files(to) {
        let old = &before[&name];
        if *old != bytes && !["manifest.json", "statement.json"].contains(&name.as_str()) {
            let entry =
                |bytes: &[u8]| format!("\"{}\",\n      \"size\": {}\n", sha256(bytes), bytes.len());
            manifest = manifest.replace(&entry(old), &entry(&bytes));
        }
    }
    std::fs::write(to.join("manifest.json"), &manifest).unwrap();
    let statement = change(&read(&to.join("statement.json")));
    let statement =
        statement.replace(&sha256(&before["manifest.json"]), &sha256(manifest.as_bytes()));
    std::fs::write(to.join("statement.json"), statement).unwrap();
}

/// The digest of one file in place of another's.
fn as_if(place: &Path, of: &[(&str, &str)]) -> impl Fn(&str) -> String {
    let digest = |name: &str| sha256(&std::fs::read(place.join(name)).unwrap());
    let pairs: Vec<_> = of.iter().map(|(made, said)| (digest(made), digest(said))).collect();
    move |text| pairs.iter().fold(text.to_owned(), |text, (made, said)| text.replace(made, said))
}

/// Exports of which one has lost its last row, and how they were.
fn exports() -> (TempDir, PathBuf) {
    let place = folder(&[]);
    let real = root().join("testdata/exports");
    std::fs::create_dir(place.path().join("exports")).unwrap();
    for (name, bytes) in files(&real) {
        std::fs::write(place.path().join("exports").join(name), bytes).unwrap();
    }
    std::fs::copy(root().join("testdata/exports.toml"), place.path().join("exports.toml")).unwrap();
    let people = place.path().join("exports/people.csv");
    let text = read(&people);
    let cut = text.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    std::fs::write(people, cut).unwrap();
    (place, real)
}

#[test]
fn an_imported_pack_is_imported_again() {
    let (place, real) = exports();
    let pack = "pack --import --config exports.toml exports -o";
    nhi(pack).args("p").at(&place).run().exits(0);
    // The exports lie elsewhere, and were copied later.
    let other = folder(&[]);
    std::fs::create_dir(other.path().join("exports")).unwrap();
    for (name, bytes) in files(&place.path().join("exports")) {
        std::fs::write(other.path().join("exports").join(name), bytes).unwrap();
    }
    std::fs::copy(place.path().join("exports.toml"), other.path().join("exports.toml")).unwrap();
    let to = place.path().join("p");
    let verify = |folder: &Path, arguments: &str| -> Done {
        nhi("verify --inventory exports").args(arguments).arg(&to).at(folder).run()
    };
    let done = verify(other.path(), "--config exports.toml").exits(0);
    names(&done, "is what comes of what was brought");
    // What was said of the exports can't be known without the configuration.
    assert!(verify(other.path(), "").refused().said().contains("--config"));
    // As if it had been made of the whole list.
    let people = real.join("people.csv");
    let digest = |path: &Path| sha256(&std::fs::read(path).unwrap());
    let (cut, whole) = (digest(&place.path().join("exports/people.csv")), digest(&people));
    forge(&to, &|text| text.replace(&cut, &whole));
    nhi("verify").arg(&to).run().exits(0);
    let done = verify(&root().join("testdata"), "--config exports.toml").exits(1);
    names(&done, "inventory/imported.json");
}

#[test]
fn rules_and_thresholds_come_of_the_files_that_are_brought() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    run("pack i.json --config weak.toml --policies weak -o p").exits(0);
    let weak = "verify p --inventory i.json --config weak.toml --policies weak";
    names(&run(weak).exits(0), "is what comes of what was brought");
    let strong = "verify p --inventory i.json --config strong.toml --policies strong";
    run(strong).exits(1);
    let (made, said) = (format!("weak/{RULE}"), format!("strong/{RULE}"));
    // The digest of the rule stands for the rule itself too, so it is a problem of the pack.
    let manifest = read(&place.path().join("p/manifest.json"));
    let to = place.path().join("p");
    forge(&to, &as_if(place.path(), &[("weak.toml", "strong.toml")]));
    let only = "verify p --inventory i.json --config strong.toml --policies weak";
    names(&run(only).exits(1), "rules/parameters.json");
    let digest = |name: &str| sha256(&std::fs::read(place.path().join(name)).unwrap());
    // In the list of inputs alone.
    let (head, tail) = manifest.split_once("\"files\"").unwrap();
    assert!(head.contains(&digest(&made)) && tail.contains(&digest(&made)));
    forge(&to, &|text| match text.split_once("\n  \"files\"") {
        Some((head, tail)) => {
            format!("{}\n  \"files\"{tail}", head.replace(&digest(&made), &digest(&said)))
        }
        None if text.contains("in-toto") => text.replace(&digest(&made), &digest(&said)),
        None => text.to_owned(),
    });
    names(&run(strong).exits(1), "leaver-account-live");
    run("verify p").exits(1);
}

#[test]
fn rules_that_the_brought_configuration_names_are_not_left_out() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    std::fs::write(place.path().join("none.toml"), "# nothing\n").unwrap();
    run("pack sound.json --config none.toml -o p").exits(0);
    forge(&place.path().join("p"), &as_if(place.path(), &[("none.toml", "named.toml")]));
    let done = run("verify p --inventory sound.json --config named.toml").exits(1);
    names(&done, "own: the configuration names these rules");
    // Those that were packed need not be brought.
    run("pack sound.json --config named.toml -o q").exits(0);
    let done = run("verify q --inventory sound.json --config named.toml").exits(0);
    names(&done, "not brought, so from the pack: own/mine.cedar, --sample 25, --seed 1");
}

#[test]
fn what_is_expected_comes_of_the_configuration_that_is_brought() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    run("pack sound.json --isolated --as-of 2026-06-30T12:00:00Z -o p").exits(0);
    let to = place.path().join("p");
    let digest = sha256(&std::fs::read(place.path().join("more.toml")).unwrap());
    let input = format!(
        "    {{\n      \"role\": \"configuration\",\n      \"path\": \"more.toml\",\n      \"sha256\": \"{digest}\"\n    }}"
    );
    let add = |text: &str| match text.split_once("\n  ],\n  \"files\"") {
        Some((head, tail)) => format!("{head},\n{input}\n  ],\n  \"files\"{tail}"),
        None if text.contains("in-toto") => {
            let mut statement: Value = serde_json::from_str(text).unwrap();
            let more = json!({"name": "more.toml", "digest": {"sha256": digest},
                "annotations": {"role": "configuration"}});
            statement["predicate"]["configuration"].as_array_mut().unwrap().push(more);
            serde_json::to_string_pretty(&statement).unwrap() + "\n"
        }
        None => text.to_owned(),
    };
    forge(&to, &add);
    run("verify p").exits(0);
    let done = run("verify p --inventory sound.json --config more.toml").exits(1);
    names(&done, "reports/report.json");
}

#[test]
fn what_is_called_bundled_or_a_default_is_that_of_this_version() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    let to = place.path().join("p");
    let weak = format!("weak/{RULE}");
    run("pack i.json --isolated --policies weak -o p").exits(0);
    run("verify p").exits(0);
    // Nothing says any more that it was brought.
    let input = |text: &str, role: &str| -> String {
        let at = text.find(&format!(",\n    {{\n      \"role\": \"{role}\"")).unwrap();
        let end = at + text[at..].find("\n    }").unwrap() + "\n    }".len();
        format!("{}{}", &text[..at], &text[end..])
    };
    let without = |text: &str, role: &str| -> String {
        if text.contains("\n  \"files\"") {
            return input(text, role);
        }
        if !text.contains("in-toto") {
            return text.to_owned();
        }
        let mut statement: Value = serde_json::from_str(text).unwrap();
        let all = statement["predicate"]["configuration"].as_array_mut().unwrap();
        all.retain(|one| one["annotations"]["role"] != role);
        serde_json::to_string_pretty(&statement).unwrap() + "\n"
    };
    forge(&to, &|text| without(text, "policies").replace(&weak, "bundled"));
    names(&run("verify p").exits(1), "leaver-account-live");
    names(&run("verify p --inventory i.json").exits(1), "leaver-account-live");
    std::fs::remove_dir_all(&to).unwrap();

    run("pack i.json --config weak.toml -o p").exits(0);
    forge(&to, &|text| without(text, "configuration").replace("weak.toml", "default"));
    names(&run("verify p").exits(1), "leaver_grace");
    std::fs::remove_dir_all(&to).unwrap();

    std::fs::write(
        place.path().join("off.toml"),
        "[rules]\nleaver-account-live = { enabled = false }\naccount-dormant = { severity = \"low\" }\n",
    )
    .unwrap();
    run("pack i.json --config off.toml -o p").exits(0);
    run("verify p").exits(0);
    forge(&to, &|text| without(text, "configuration"));
    let done = run("verify p").exits(1);
    names(&done, "leaver-account-live");
    names(&done, "account-dormant");
}

#[test]
fn the_instant_is_that_of_the_inventory_unless_it_was_given() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    run("pack i.json --isolated --as-of 2026-01-01T00:00:00Z -o p").exits(0);
    let done = run("verify p --inventory i.json").exits(0);
    names(&done, "--as-of 2026-01-01");
    forge(&place.path().join("p"), &|text| {
        text.replace("\"origin\":\"--as-of\"", "\"origin\":\"generated_at\"")
            .replace("\"origin\": \"--as-of\"", "\"origin\": \"generated_at\"")
    });
    names(&run("verify p").exits(1), "generated_at");
    run("verify p --inventory i.json").exits(1);
}

#[test]
fn the_reports_of_another_version_are_not_said_to_be_right() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    run("pack i.json --isolated -o p").exits(0);
    let version = env!("CARGO_PKG_VERSION");
    forge(&place.path().join("p"), &|text| {
        text.replacen(
            &format!("\"name\":\"nhi-policy\",\"version\":\"{version}\""),
            "\"name\":\"nhi-policy\",\"version\":\"0.0.9\"",
            1,
        )
        .replace(&format!("\"version\": \"{version}\""), "\"version\": \"0.0.9\"")
    });
    for more in ["", " --inventory i.json"] {
        let done = run(&format!("verify p{more}")).exits(3);
        names(&done, "version 0.0.9");
        names(&done, "not held against");
        let too_much = ["is what comes", "as it was made"];
        assert!(too_much.iter().all(|said| !done.out.contains(said)), "{}", done.out);
    }
}

#[test]
fn the_pack_is_not_blamed_for_what_was_brought() {
    let place = place();
    let keys = [("key.pem", &crate::pack::keys(7)[0]), ("other.pem", &crate::pack::keys(8)[1])];
    for (name, key) in keys {
        std::fs::write(place.path().join(name), key).unwrap();
    }
    let run = |arguments: &str| at(&place, arguments).run();
    run("check i.json --isolated --write-baseline b.json").exits(1);
    run("check sound.json --isolated --write-baseline c.json");
    run("pack i.json --isolated --baseline b.json --sign key.pem -o p").exits(0);
    for arguments in [
        "--inventory sound.json --baseline b.json",
        "--inventory i.json --baseline c.json",
        "--inventory i.json --baseline b.json --config weak.toml",
        "--key other.pem",
    ] {
        let done = run(&format!("verify p {arguments}")).exits(1);
        names(&done, "p is as it was made");
        assert!(!done.out.contains("is not as it was made"), "{arguments}: {}", done.out);
    }
    run("pack i.json --isolated --no-bundled --policies strong -o r").exits(0);
    let done = run("verify r --inventory i.json --policies strong").exits(0);
    names(&done, "--no-bundled");
    // What wasn't brought is named.
    run("pack i.json --isolated -o q --fail-on high").exits(0);
    let done = run("verify q --inventory i.json").exits(0);
    assert!(
        done.out.contains("not brought") && done.out.contains("--fail-on high"),
        "{}",
        done.out
    );
}

#[test]
fn a_difference_of_digests_shows_them() {
    let place = place();
    let run = |arguments: &str| at(&place, arguments).run();
    run("pack i.json --isolated -o p").exits(0);
    let to = place.path().join("p");
    // Whom a rule was asked about is in no other file, where nothing was found.
    let table = to.join("population/leaver-account-live.csv");
    let (was, is) = (read(&table), read(&table).replace(",amy,", ",bob,"));
    std::fs::write(&table, &is).unwrap();
    let (old, new) = (sha256(was.as_bytes()), sha256(is.as_bytes()));
    forge(&to, &|text| text.replace(&old, &new));
    let done = run("verify p --inventory i.json").exits(1);
    assert!(done.out.contains(&new[..12]) && done.out.contains(&old[..12]), "{}", done.out);
}

#[test]
fn a_pack_is_made_beside_what_it_is_of_and_counted_alike() {
    let place =
        folder(&[("in/i.json", &sound().to_string()), ("key.pem", &crate::pack::keys(7)[0])]);
    let run = |arguments: &str| at(&place, arguments).run();
    let done = run("pack in --isolated -o in/p").refused();
    assert!(done.said().contains("among"), "{}", done.err);
    let made = run("pack in --isolated --sign key.pem -o p").exits(0).out;
    let files = made.split_once(": ").unwrap().1.split_once(" files").unwrap().0.to_owned();
    let said = run("verify p").exits(0).out;
    assert!(said.contains(&format!("{files} files")), "{made} {said}");
    std::fs::create_dir_all(place.path().join("p/more/empty")).unwrap();
    names(&run("verify p").exits(1), "more/empty");
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo").arg(place.path().join("f")).status();
        assert!(made.unwrap().success());
        run("verify f").refused();
    }
}
