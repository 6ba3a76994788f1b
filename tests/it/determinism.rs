//! The same inputs give the same bytes, whatever the threads, the depth and the destination are.

use std::process::{Command, Stdio};

use crate::run::{AS_OF, check, files, folder, formats, nhi, root, sound};

#[test]
fn threads_and_repetition_change_no_byte() {
    for format in formats() {
        let run =
            |jobs: &str| check("testdata/acme --format").arg(&format).args(jobs).run().exits(1).out;
        let one = run("-j 1");
        for jobs in ["-j 2", "-j 2", "-j 7", ""] {
            assert!(run(jobs) == one, "{format} with {jobs}");
        }
    }
}

#[test]
fn asking_cedar_everything_changes_no_byte() {
    for (inventory, code) in [("testdata/acme", 1), ("testdata/clean", 0)] {
        for format in formats() {
            let run = |arguments: &str| {
                check(inventory).args("--format").arg(&format).args(arguments).run().exits(code).out
            };
            assert!(run("--exhaustive -j 2") == run("-j 2"), "{format} of {inventory}");
        }
    }
}

#[test]
fn the_wall_clock_is_only_in_the_instant_of_the_run() {
    let run = || nhi("check testdata/clean --isolated --format json").run();
    let (first, second) = (run().json(), run().json());
    let without = |mut report: serde_json::Value| {
        report.as_object_mut().unwrap().remove("run_at").unwrap();
        report
    };
    assert_eq!(without(first), without(second));
}

#[test]
fn the_environment_and_the_folder_change_no_byte() {
    let report = check("testdata/acme --format json").run().exits(1).out;
    for (key, value) in [
        ("COLUMNS", "60"),
        ("NO_COLOR", "1"),
        ("TZ", "Pacific/Kiritimati"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("TERM", "xterm"),
    ] {
        let other = check("testdata/acme --format json").env(key, value).run().exits(1).out;
        assert!(other == report, "{key}={value}");
    }
    let elsewhere = check("acme --format json").at(&root().join("testdata")).run().exits(1).out;
    assert!(elsewhere == report.replace("testdata/acme/", "acme/"));
}

#[test]
fn colors_are_only_where_they_are_asked_for() {
    let plain = check("testdata/acme").run().exits(1).out;
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(check("testdata/acme --color never").run().exits(1).out, plain);
    let colored = check("testdata/acme --color always").env("NO_COLOR", "1").run().exits(1).out;
    let mut bare = String::new();
    for (number, part) in colored.split("\u{1b}[").enumerate() {
        bare += if number == 0 { part } else { part.split_once('m').unwrap().1 };
    }
    assert!(colored != plain && bare == plain, "colors change the text");
}

/// A reader that has seen enough is no error.
#[test]
fn a_closed_pipe_is_not_an_error() {
    let formats = formats();
    let checks = formats
        .iter()
        .map(|format| format!("check testdata/acme --isolated --as-of {AS_OF} --format {format}"));
    let others = [
        "rules --isolated --format json",
        "man",
        "completions zsh",
        "schema inventory",
        "explain rotation-overdue --isolated",
    ];
    for line in checks.chain(others.map(str::to_owned)) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nhi-policy"));
        command.env_clear().current_dir(root()).args(line.split(' '));
        let spawned =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let code = i32::from(line.starts_with("check"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(code), ""), "{line}");
    }
}

#[test]
fn reports_are_written_to_files_as_to_standard_output() {
    let folder = folder(&[("r.json", &"x".repeat(1 << 20)), ("a.json", &sound().to_string())]);
    let outputs: Vec<String> =
        formats().iter().map(|format| format!("-o {format}=r.{format}")).collect();
    let acme = root().join("testdata/acme");
    let run = |arguments: &str| {
        check("").arg(&acme).args(arguments).at(&folder).env("COLUMNS", "100").run().exits(1)
    };
    let out = run(&outputs.join(" ")).out;
    let after = files(folder.path());
    assert_eq!(after.len(), 1 + outputs.len(), "{:?}", after.keys());
    assert_eq!(out.as_bytes(), after["r.text"]);
    for format in formats() {
        let out = run(&format!("--format {format}")).out;
        assert!(
            out.as_bytes() == after[&format!("r.{format}")],
            "{format}: the file is another report"
        );
    }
}

#[test]
fn what_was_there_stays_when_nothing_could_be_judged() {
    let folder = folder(&[("old.json", "the old report"), ("a.json", "{")]);
    let before = files(folder.path());
    check("a.json -o json=old.json -o sarif=new.sarif").at(&folder).run().refused();
    assert_eq!(files(folder.path()), before);
}

#[test]
fn of_several_outputs_each_is_whole_even_when_one_can_not_be_written() {
    let folder = folder(&[("r.json", "the old report"), ("a.json", &sound().to_string())]);
    let names = || files(folder.path()).into_keys().collect::<Vec<_>>();
    for outputs in
        ["-o sarif=nowhere/r.sarif -o json=r.json", "-o json=r.json -o sarif=nowhere/r.sarif"]
    {
        check("a.json").args(outputs).at(&folder).run().refused();
        assert_eq!(names(), ["a.json", "r.json"], "{outputs}");
        let left = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
        let whole = serde_json::from_str::<serde_json::Value>(&left).is_ok();
        assert!(whole || left == "the old report", "{outputs}: {left}");
    }
}

#[test]
fn a_fault_is_worded_the_same_every_time() {
    let run = || check("testdata/clean -o json=nowhere/report.json").run().refused().err;
    assert_eq!(run(), run());
}
