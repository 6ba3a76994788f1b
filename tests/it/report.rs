//! `nhi-policy report`: what was saved is written again, and nothing that is cut off.

use std::path::Path;

use serde_json::{Value, json};

use crate::run::{check, files, folder, formats, nhi, root, sound, unsound};

/// Reports of the example in every format, and what they are of.
fn saved() -> tempfile::TempDir {
    let folder = folder(&[]);
    let outputs: Vec<String> = formats()
        .iter()
        .map(|format| format!("-o {format}={}/r.{format}", folder.path().display()))
        .collect();
    check("testdata/acme").args(&outputs.join(" ")).run().exits(1);
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_format_has_the_bytes_that_check_wrote() {
    let folder = saved();
    for from in ["r.json", "r.jsonl"] {
        for format in formats() {
            let done = nhi("report")
                .arg(from)
                .args("--quiet -o")
                .arg(format!("{format}=again"))
                .at(&folder)
                .run();
            done.exits(0);
            let quiet = format == "text";
            if !quiet {
                assert_eq!(
                    read(folder.path(), "again"),
                    read(folder.path(), &format!("r.{format}")),
                    "{format} of {from}"
                );
            }
            let said = nhi("report").arg(from).args("--format").arg(&format).at(&folder).run();
            let direct = check("testdata/acme --format").arg(&format).run().exits(1).out;
            assert_eq!(said.exits(0).out, direct, "{format} of {from}");
        }
        nhi("report").arg(from).args("-o text=again").at(&folder).run().exits(0);
        assert_eq!(read(folder.path(), "again"), read(folder.path(), "r.text"));
    }
    let input = read(folder.path(), "r.jsonl");
    let piped = nhi("report - --format json").input(input).at(&folder).run().exits(0);
    assert_eq!(piped.out, read(folder.path(), "r.json"));
    let statistics = nhi("report r.json --statistics").at(&folder).run().exits(0).out;
    assert_eq!(statistics, check("testdata/acme --statistics").run().exits(1).out);
}

#[test]
fn what_is_damaged_is_refused_with_its_place() {
    let folder = saved();
    let (document, lines) = (read(folder.path(), "r.json"), read(folder.path(), "r.jsonl"));
    let cut_off = &document[..document.len() / 2];
    let line = cut_off.matches('\n').count() + 1;
    for (text, says, place) in [
        (cut_off.to_owned(), "ends too early", Some(format!("r.json:{line}:"))),
        (
            document.replacen("\"version\": \"1\"", "\"version\": \"2\"", 1),
            "version `\"2\"`",
            Some("r.json:".into()),
        ),
        (
            document.replacen("\"fail_on\":", "\"fails_on\":", 1),
            "unknown field `fails_on`",
            Some("r.json:".into()),
        ),
        (document.replacen(':', ";", 1), "this is not JSON", Some("r.json:2:".into())),
        (lines.lines().take(60).collect::<Vec<_>>().join("\n"), "doesn't add up", None),
        (lines[..lines.trim_end().rfind('\n').unwrap()].to_owned(), "doesn't add up", None),
        (
            lines.lines().skip(1).collect::<Vec<_>>().join("\n"),
            "`report` line",
            Some("r.json:1:1".into()),
        ),
        (format!("{lines}{lines}"), "a second report", Some("r.json:".into())),
        (String::new(), "is empty", None),
        ("[]".into(), "this is no report", Some("r.json:1:1".into())),
        (sound().to_string(), "unknown field", Some("r.json:1:".into())),
    ] {
        std::fs::write(folder.path().join("r.json"), &text).unwrap();
        for arguments in ["report r.json", "report r.json --format csv -o html=x.html"] {
            let arguments = arguments.replace("-o html=x.html", "-o csv=x.csv");
            let done = nhi(&arguments).at(&folder).run().refused();
            assert!(done.said().contains(says), "{says}: {}", done.err);
            if let Some(place) = &place {
                assert!(done.err.contains(place.as_str()), "{place}: {}", done.err);
            }
        }
        assert!(!folder.path().join("x.csv").exists(), "{says}");
    }
    nhi("report nowhere.json").at(&folder).run().refused();
    nhi("report r.json other.json").at(&folder).run().refused();
    nhi("report").run().refused();
}

#[test]
fn outputs_never_meet() {
    let folder = saved();
    let before = files(folder.path());
    for (arguments, says) in [
        ("report r.json -o csv=r.json", "would replace the saved report"),
        ("report r.json -o csv=./r.json", "would replace the saved report"),
        ("report r.json -o csv=a -o sarif=./a", "two reports can't both be"),
        ("report r.json -o csv=nowhere/a", "there is no folder"),
    ] {
        let done = nhi(arguments).at(&folder).run().refused();
        assert!(done.said().contains(says), "{arguments}: {}", done.err);
    }
    assert_eq!(files(folder.path()), before);
}

#[test]
fn it_does_not_judge_and_says_so() {
    let help = nhi("report --help").run().exits(0).out;
    assert!(help.contains("says nothing of the verdict"), "{help}");
    let inventory = folder(&[("a.json", &unsound().to_string())]);
    check("a.json -o json=r.json").at(&inventory).run().exits(1);
    nhi("report r.json").at(&inventory).run().exits(0);
}

/// The formats whose consumers know nothing of a verdict say in their own way that there may be more.
#[test]
fn an_incomplete_check_is_never_an_empty_result() {
    let mut inventory = sound();
    inventory["sources"] =
        json!([{"id": "hr", "exported_at": "2026-06-30T06:00:00Z", "truncated": true}]);
    let folder = folder(&[("a.json", &inventory.to_string()), ("b.json", &sound().to_string())]);
    let run = |file: &str, format: &str| {
        check(file)
            .args("--no-bundled --policies")
            .arg(root().join("policies/reviews"))
            .args("--format")
            .arg(format)
            .at(&folder)
            .run()
    };
    for format in formats() {
        let (whole, part) =
            (run("b.json", &format).exits(0).out, run("a.json", &format).exits(3).out);
        assert!(!whole.contains("truncated"), "{format}: {whole}");
        assert!(part.contains("truncated"), "{format}: {part}");
    }
    assert_eq!(run("b.json", "csv").out.lines().count(), 1);
    assert_eq!(run("b.json", "github").out, "");
    assert_eq!(run("b.json", "gitlab").json(), Value::Array(Vec::new()));
}

#[test]
fn a_report_that_excuses_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let written = check("testdata/acme --exceptions testdata/exceptions.json --format json")
        .run()
        .exits(1)
        .json();
    let waived = written["findings"]
        .as_array()
        .unwrap()
        .iter()
        .position(|one| one["status"] == "waived")
        .unwrap();
    let edits = [
        ("waived by nothing", format!("/findings/{waived}/exception"), Value::Null),
        ("no register", "/exceptions".into(), json!([])),
        ("expired", "/exceptions/0/state".into(), "expired".into()),
        ("marked", format!("/findings/{waived}/mark"), "known".into()),
        ("cut off", "/sources/0/truncated".into(), true.into()),
    ];
    for (name, pointer, value) in edits {
        let mut edited = written.clone();
        *edited.pointer_mut(&pointer).unwrap() = value;
        let path = folder.path().join("r.json");
        std::fs::write(&path, edited.to_string()).unwrap();
        let done = crate::run::nhi("report --format text").arg(&path).run();
        assert_eq!(done.code, 2, "{name}: {}", done.out);
    }
}

#[test]
fn what_no_check_could_have_found_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let written = check("testdata/acme --exceptions testdata/exceptions.json --format json")
        .run()
        .exits(1)
        .json();
    let rules = written["rules"].as_array().unwrap();
    let fired = rules.iter().position(|rule| rule["violations"] != 0).unwrap();
    let register = written["exceptions"].as_array().unwrap();
    let refused = register.iter().position(|one| one["state"] == "refused").unwrap();
    let edits = [
        ("asked", format!("/rules/{fired}/asked"), json!(0)),
        ("no accounts", "/population/accounts".into(), json!(0)),
        ("no file of an inventory", "/inventory".into(), json!([])),
        ("is refused", format!("/exceptions/{refused}/state"), "active".into()),
        ("no time", "/findings/0/since".into(), "x".into()),
        ("overdue", "/findings/0/overdue_days".into(), json!(-5)),
        ("action", "/findings/0/action".into(), "dance".into()),
        ("a line", "/findings/0/location/line".into(), json!(0)),
        ("digest", "/findings/0/id".into(), "../../x".into()),
        ("digest", "/findings/0/id".into(), "0".repeat(32).into()),
        ("digest", "/findings/0/resource/id".into(), "someone-else".into()),
        ("generated_at", "/as_of/origin".into(), "generated_at".into()),
        ("--as-of", "/run_at".into(), "2026-01-01T00:00:00Z".into()),
    ];
    for (says, pointer, value) in edits {
        let mut edited = written.clone();
        *edited.pointer_mut(&pointer).unwrap() = value;
        let path = folder.path().join("r.json");
        std::fs::write(&path, edited.to_string()).unwrap();
        let done = nhi("report").arg(&path).run().refused();
        assert!(done.said().contains(says), "{pointer}: {}", done.err);
        nhi("diff").arg(&path).arg(&path).run().refused();
    }
}
