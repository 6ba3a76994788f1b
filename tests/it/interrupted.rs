//! A run that is interrupted takes away what it has begun to write: nobody else may read that.

#![cfg(unix)]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{folder, root};

const HR: &str = "Employee ID,Work Email,Hire Date,Termination Date,Worker Status\n";

/// Workers, more of them than a pipe holds.
fn workers(count: usize) -> String {
    let rows = (0..count).map(|n| format!("{n},w{n}@corp.example,2020-01-31,,Active\n"));
    std::iter::once(HR.to_owned()).chain(rows).collect()
}

/// Starts the program there; its temporary files are there, too.
fn start(at: &Path, program: &mut Command, arguments: &str) -> Child {
    let command = program.args(arguments.split_whitespace()).current_dir(at);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("TMPDIR", at.join("tmp")).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn nhi() -> Command {
    Command::new(env!("CARGO_BIN_EXE_nhi-policy"))
}

/// The hidden files and folders there, and all that is in `tmp`.
fn left(at: &Path) -> Vec<String> {
    let names = |at: &Path| {
        let entries = std::fs::read_dir(at).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let hidden = names(at).into_iter().filter(|name| name.starts_with('.'));
    hidden.chain(names(&at.join("tmp"))).collect()
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until something is there that has to go, and interrupts the run.
fn interrupted(at: &Path, mut child: Child, by: &str) -> Option<i32> {
    let begun = Instant::now();
    while left(at).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing came to be");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, by);
    child.wait().unwrap().code()
}

fn exports(rows: usize) -> tempfile::TempDir {
    let at = folder(&[("in/hr.csv", &workers(rows))]);
    std::fs::create_dir(at.path().join("tmp")).unwrap();
    at
}

fn fifo(at: &Path) {
    assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
}

#[test]
fn nothing_of_an_import_is_left() {
    for (by, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let at = exports(200_000);
        let child = start(at.path(), &mut nhi(), "import in -o out.json");
        assert_eq!(interrupted(at.path(), child, by), Some(code));
        assert_eq!(left(at.path()), [""; 0], "{by}");
        assert!(!at.path().join("out.json").exists());
    }
}

#[test]
fn nothing_is_left_where_nobody_reads_on() {
    let at = exports(3000);
    let mut child = start(at.path(), &mut nhi(), "import in");
    // The inventory is whole, and on its way.
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    assert_eq!(interrupted(at.path(), child, "TERM"), Some(143));
    assert_eq!(left(at.path()), [""; 0]);
}

#[test]
fn nothing_of_a_check_of_exports_is_left() {
    let at = exports(10);
    fifo(&at.path().join("report"));
    let child = start(at.path(), &mut nhi(), "check in --import -o json=report");
    assert_eq!(interrupted(at.path(), child, "TERM"), Some(143));
    assert_eq!(left(at.path()), [""; 0]);
}

#[test]
fn nothing_of_a_pack_is_left() {
    let at = exports(10);
    let baseline = at.path().join("baseline");
    fifo(&baseline);
    let acme = root().join("testdata/acme");
    let arguments = format!("pack {} -o pack --baseline baseline", acme.display());
    let child = start(at.path(), &mut nhi(), &arguments);
    // It is read for its digest first, and then for what is in it, which nobody writes.
    let mut writer = std::fs::OpenOptions::new().write(true).open(&baseline).unwrap();
    writer.write_all(b"{}").unwrap();
    drop(writer);
    assert_eq!(interrupted(at.path(), child, "TERM"), Some(143));
    assert_eq!(left(at.path()), [""; 0]);
    assert!(!at.path().join("pack").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so() {
    let at = exports(3000);
    let mut shell = Command::new("sh");
    let line = format!("trap '' HUP; exec {} import in", env!("CARGO_BIN_EXE_nhi-policy"));
    let mut child = start(at.path(), shell.arg("-c").arg(line), "");
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    signal(&child, "HUP");
    let mut rest = Vec::new();
    child.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(rest.ends_with(b"]}\n"));
}
