//! `nhi-policy init`: the files that a new user begins with.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Terminal, print};
use crate::config;
use crate::fault::{Fault, Faults, quote};
use crate::load::files::name_of;
use crate::report::output;

#[derive(Args)]
pub(super) struct Arguments {
    /// Where to write them.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

/// What is written, and where.
pub const FILES: [(&str, &str); 4] = [
    (config::FILE, include_str!("nhi-policy.toml")),
    ("policies/example/privileged-account-without-username.cedar", include_str!("example.cedar")),
    (
        "policies/example/privileged-account-without-username.cases.json",
        include_str!("example.cases.json"),
    ),
    (".github/workflows/nhi-policy.yml", include_str!("workflow.yml")),
];

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let path_of = |name: &str| arguments.dir.join(name);
    let mut faults = Faults::default();
    for (name, _) in FILES {
        let path = path_of(name);
        if path.exists() && !arguments.force {
            let quoted = quote(&name_of(&path));
            faults.push(Fault::new(
                format!("{quoted} is there already"),
                "move it away, or say --force",
            ));
        }
    }
    // All or nothing: half a set of files would not run.
    faults.into_result()?;
    for (name, text) in FILES {
        let path = path_of(name);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| {
            let folder = quote(&name_of(folder));
            Fault::new(
                format!("{folder} can't be made: {error}"),
                "check the path and its permissions",
            )
        })?;
        output::whole(&path, |out| out.write_all(text.as_bytes()))?;
    }
    if !terminal.quiet {
        print(|out| {
            for (name, _) in FILES {
                writeln!(out, "wrote {}", crate::fault::printable(&name_of(&path_of(name))))?;
            }
            writeln!(out, "\nnext: nhi-policy test, then nhi-policy check YOUR_INVENTORY")
        })?;
    }
    Ok(Exit::Clean)
}
