//! `nhi-policy verify`: whether an evidence pack is as it was made, and made of what it says.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Terminal, import, print};
use crate::fault::{Faults, printable};
use crate::load::files::name_of;
use crate::pack::open::{Pack, Problem};
use crate::pack::verify::{Signature, Verified, verify};
use crate::pack::{Manifest, sign};
use crate::policy::Severity;

mod again;

/// What the exit status says.
const STATUS: &str = "\
Whatever is brought along is what is judged: the inventory, or the exports, which are imported
again, the configuration, the rules, the exceptions and the baseline. What is not brought is taken
from the pack, and named. What comes out is compared byte by byte.

Exit status:
  2  the pack, or something to hold it against, can't be read
  1  something was changed, is missing or additional, is not signed with that key, or is not what
     comes of what was brought
  3  nothing is wrong, but another version of nhi-policy made the pack: its reports can't be held
     against each other, and nothing can be judged again
  0  everything is as it was made";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// The pack: a folder, or a .zip.
    pack: PathBuf,
    /// The public key (PEM) of whoever must have signed it. Without one nobody knows who made the
    /// pack: whoever can change a file can change what is said of it.
    #[arg(long, value_name = "PUBLIC.pem")]
    key: Option<PathBuf>,
    /// Judge this inventory again, and compare every byte; of an imported one the exports. Files
    /// are known by their digests, wherever they are now. Repeatable.
    #[arg(long, value_name = "PATH")]
    inventory: Vec<PathBuf>,
    /// The exceptions that the pack was made with. Repeatable.
    #[arg(long, value_name = "PATH", requires = "inventory")]
    exceptions: Vec<PathBuf>,
    /// The baseline that the pack was made with.
    #[arg(long, value_name = "FILE", requires = "inventory")]
    baseline: Option<PathBuf>,
    /// The configuration that the pack was made with: rules and thresholds are those that come of
    /// it. The folders of rules that it names are named with --policies.
    #[arg(long, value_name = "FILE", requires = "inventory")]
    config: Option<PathBuf>,
    /// A folder of rules that the pack was made with: they are judged, not those in the pack.
    /// Repeatable.
    #[arg(long, value_name = "DIR", requires = "inventory")]
    policies: Vec<PathBuf>,
    /// The --fail-on that the pack was made with.
    #[arg(long, value_name = "SEVERITY", requires = "inventory")]
    fail_on: Option<Severity>,
    /// The key of the pseudonyms in the pack, without which those can't be made again.
    #[arg(long, value_name = "KEYFILE", requires = "inventory")]
    pseudonymize: Option<PathBuf>,
    #[command(flatten)]
    imports: import::Choice,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let key = arguments.key.as_deref().map(sign::public_key).transpose()?;
    let mut pack = Pack::open(&arguments.pack)?;
    let verified = verify(&mut pack, key.as_ref());
    let judged = match &verified.manifest {
        Some(manifest)
            if verified.problems.is_empty()
                && !arguments.inventory.is_empty()
                && manifest.is_of_this_version() =>
        {
            Some(arguments.judge_again(&mut pack, manifest, terminal)?)
        }
        _ => None,
    };
    let said = Said { name: printable(&name_of(&arguments.pack)), verified, judged };
    print(|out| said.write(pack.names.len(), out))?;
    Ok(said.exit())
}

/// What came of judging again.
#[derive(Default)]
struct Again {
    /// What was brought and is not what was packed.
    others: Vec<Problem>,
    /// What came of it, and is not what is in the pack.
    differences: Vec<Problem>,
    /// What is from the pack, as nobody brought it.
    not_brought: Vec<String>,
}

/// All that there is to say of a pack.
struct Said {
    name: String,
    verified: Verified,
    judged: Option<Again>,
}

impl Said {
    /// What is wrong, and of what that is said.
    fn wrong(&self) -> Option<(Vec<&Problem>, &'static str)> {
        let Self { verified, judged, .. } = self;
        let others = judged.iter().flat_map(|judged| &judged.others);
        let others: Vec<&Problem> = verified.unsigned.iter().chain(others).collect();
        let differences = judged.iter().flat_map(|judged| &judged.differences).collect();
        [
            (verified.problems.iter().collect(), "is not as it was made"),
            (differences, "is not what comes of what was brought"),
            (others, "is as it was made, but is not of what was brought"),
        ]
        .into_iter()
        .find(|(problems, _): &(Vec<&Problem>, _)| !problems.is_empty())
    }

    /// The manifest of a pack that another version has made.
    fn foreign(&self) -> Option<&Manifest> {
        self.verified.manifest.as_ref().filter(|manifest| !manifest.is_of_this_version())
    }

    fn exit(&self) -> Exit {
        match (self.wrong(), self.foreign()) {
            (Some(_), _) => Exit::Violations,
            (None, Some(_)) => Exit::Incomplete,
            (None, None) => Exit::Clean,
        }
    }

    fn write(&self, files: usize, out: &mut dyn Write) -> io::Result<()> {
        let Self { name, verified, judged } = self;
        if let Some(manifest) = self.foreign() {
            writeln!(
                out,
                "made by version {}, and this is {}: the reports were not held against \
                 report.json, and nothing was judged again; use that version",
                printable(&manifest.tool.version),
                env!("CARGO_PKG_VERSION")
            )?;
        }
        if let Some((problems, what)) = self.wrong() {
            for Problem { file, said } in &problems {
                writeln!(out, "{}: {}", printable(file), printable(said))?;
            }
            let count = problems.len();
            let s = if count == 1 { "" } else { "s" };
            return writeln!(out, "{name} {what}: {count} problem{s}");
        }
        let Some(manifest) = &verified.manifest else { return Ok(()) };
        // Of another version's files no more is known than their digests.
        let foreign = self.foreign().is_some();
        let fits = if foreign { "fits its manifest" } else { "is as it was made" };
        let again = if judged.is_some() { ", and is what comes of what was brought" } else { "" };
        writeln!(
            out,
            "{name} {fits}{again}: {files} files, verdict {}, as of {}",
            manifest.verdict.name(),
            printable(&manifest.as_of.value)
        )?;
        let taken: Vec<&str> = judged
            .iter()
            .flat_map(|judged| judged.not_brought.iter().map(String::as_str))
            .collect();
        if !taken.is_empty() {
            writeln!(out, "not brought, so from the pack: {}", printable(&taken.join(", ")))?;
        }
        let key = manifest.signed_by.as_deref().unwrap_or_default();
        match verified.signature {
            Signature::Checked => writeln!(out, "signed with the key {}", printable(key)),
            Signature::NotChecked => writeln!(
                out,
                "there is a signature, which is not checked: name the public key with --key"
            ),
            Signature::Absent => writeln!(out, "not signed: nothing says who made it"),
        }
    }
}
