//! `nhi-policy pack`: the evidence of a check, for auditors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::SigningKey;

use super::{Exit, RuleArguments, Terminal, check, print};
use crate::ask::Depth;
use crate::baseline::Baseline;
use crate::config::Wishes;
use crate::exceptions::files_of;
use crate::fault::{Fault, Faults, printable, quote};
use crate::load::Loaded;
use crate::load::files::name_of;
use crate::pack::stage::{Stage, is_free};
use crate::pack::{self, ENVELOPE, IMPORTED, Input, Material, Options, Role, open, sign};
use crate::policy::pack::BUNDLED_ORIGIN;
use crate::policy::{RuleSet, Severity};
use crate::pseudonym::{Key, Pseudonyms};
use crate::report::model::Report;
use crate::time::Instant;

/// What the command is not.
const STATUS: &str = "\
Exit status: 0 where the pack was written, whatever the verdict in it; 2 where it could not be.
`check` is the gate. `verify` tells whether a pack is as it was written.

With --pseudonymize no file of the pack names anybody. A pack of exports would do so all the same,
in the inventory that is made of them: make that with `import` first, and pack it.";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// Files in JSON or JSON Lines, or folders of them; `-` is standard input. Several make one
    /// inventory.
    #[arg(required = true)]
    inventory: Vec<PathBuf>,
    /// The pack: an archive where the name ends in .zip, else a folder. It is there whole or not at
    /// all, and replaces nothing.
    #[arg(short, long, value_name = "DIR|ZIP")]
    output: PathBuf,
    /// The instant as of which everything is judged, RFC 3339; by default facts are judged as of
    /// the inventory's `generated_at`, and exports as of the wall clock.
    #[arg(long, value_name = "TIME", value_parser = check::instant)]
    as_of: Option<Instant>,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    imports: check::Imports,
    #[command(flatten)]
    exceptions: check::Exceptions,
    /// Findings that are known, as `check --write-baseline` has written them: they are marked.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The least severity that makes the verdict `fail` [default: low]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Put every question to Cedar, also those that a compiled condition excludes.
    #[arg(long)]
    exhaustive: bool,
    /// How many leavers are drawn, to be looked through by hand.
    #[arg(long, value_name = "N", default_value_t = 25)]
    sample: u64,
    /// What the draw depends on: the same number draws the same leavers.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Sign the pack with this ed25519 private key (PKCS#8 PEM, as `openssl genpkey -algorithm
    /// ed25519` writes it).
    #[arg(long, value_name = "KEYFILE")]
    sign: Option<PathBuf>,
    #[command(flatten)]
    pseudonyms: check::Pseudonymize,
    /// How many threads to use [default: one for each core]
    #[arg(short = 'j', long = "jobs", value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    // What can't end well isn't begun.
    is_free(&arguments.output)?;
    arguments.is_apart()?;
    let signing = arguments.sign.as_deref().map(sign::private_key).transpose()?;
    let key = arguments.pseudonyms.key()?;
    if key.is_some() && arguments.imports.import {
        return Err(Fault::new(
            "a pack of exports has the inventory that is made of them, which names people",
            "make the inventory with `nhi-policy import` first, and pack that with --pseudonymize",
        )
        .into());
    }
    let made = arguments.make(signing.as_ref(), key.as_ref(), terminal);
    let (files, report) = made.map_err(|faults| check::hidden(faults, key.as_ref()))?;
    let name = name_of(&arguments.output);
    print(|out| {
        let verdict = report.verdict.name();
        let signed = if signing.is_some() { ", signed" } else { "" };
        writeln!(out, "{}: {files} files, verdict {verdict}{signed}", printable(&name))
    })?;
    terminal.warn(&report.incomplete);
    Ok(Exit::Clean)
}

/// How many records there had to be, for those who judge again.
pub(super) fn expected(wishes: &Wishes) -> BTreeMap<String, u64> {
    wishes.expect.iter().map(|(kind, count)| ((*kind).to_owned(), *count as u64)).collect()
}

/// The inventory that was made of exports goes into the pack.
pub(super) fn keep_imported(stage: &mut Stage, loaded: &Loaded) -> Result<(), Fault> {
    stage.write(IMPORTED, |out| loaded.copy_text(out))
}

impl Arguments {
    /// Makes the pack; gives how many files it has, and the report in it.
    fn make(
        &self,
        signing: Option<&SigningKey>,
        key: Option<&Key>,
        terminal: Terminal,
    ) -> Result<(usize, Report), Faults> {
        let check::Read { rules, wishes, loaded, told } =
            check::read(&self.rules, &self.imports, &self.inventory, terminal)?;
        if let Some(told) = told {
            super::import::tell(&told, None, terminal);
        }
        let exceptions = self.exceptions.read()?;
        let wishes = Wishes { fail_on: self.fail_on.unwrap_or(wishes.fail_on), ..wishes };
        let inputs = self.inputs(&loaded, &rules)?;
        let mut stage = Stage::beside(&self.output)?;
        if self.imports.import {
            keep_imported(&mut stage, &loaded)?;
        }
        let now = self.as_of.unwrap_or(loaded.inventory.generated_at);
        let mut graph = loaded.link(now)?;
        let depth = if self.exhaustive { Depth::Exhaustive } else { Depth::default() };
        let judging = check::Judging::now(self.as_of, depth, self.jobs);
        let mut report = judging.held(&rules, &wishes, &mut graph, &exceptions, terminal)?;
        if let Some(path) = &self.baseline {
            Baseline::hold(path, &mut report)?;
        }
        let options = Options {
            fail_on: wishes.fail_on,
            expect: expected(&wishes),
            exhaustive: self.exhaustive,
            imported: self.imports.import,
            sample: self.sample,
            seed: self.seed,
        };
        let signed_by = signing.map(|key| sign::key_id(&key.verifying_key()));
        let pseudonyms = key.map(|key| Pseudonyms::new(&graph, key));
        let material = Material {
            graph: &graph,
            rules: &rules,
            report: &mut report,
            options,
            inputs,
            signed_by,
            pseudonyms: pseudonyms.as_ref(),
        };
        let statement = pack::build(material, &mut stage)?;
        if let Some(key) = signing {
            let envelope = sign::envelope(key, &statement);
            stage.write(ENVELOPE, |out| out.write_all(&envelope))?;
        }
        let files = stage.files().len();
        stage.publish(&self.output)?;
        Ok((files, report))
    }

    /// A pack in a folder of inventories or exceptions would be read with them the next time.
    fn is_apart(&self) -> Result<(), Fault> {
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let real = std::fs::canonicalize(folder.unwrap_or(Path::new("."))).ok();
        for path in self.inventory.iter().chain(&self.exceptions.exceptions) {
            let read = std::fs::canonicalize(path).ok().filter(|path| path.is_dir());
            if real.as_ref().zip(read).is_some_and(|(own, read)| own.starts_with(read)) {
                let (name, read) = (name_of(&self.output), name_of(path));
                return Err(Fault::new(
                    format!("{} would stand among what is read in {}", quote(&name), quote(&read)),
                    "write it to another folder",
                ));
            }
        }
        Ok(())
    }

    /// All that was read, in that order.
    fn inputs(&self, loaded: &Loaded, rules: &RuleSet) -> Result<Vec<Input>, Faults> {
        let mut inputs: Vec<Input> = loaded
            .inventory
            .files
            .iter()
            .map(|file| Input {
                role: Role::Inventory,
                path: file.path.clone(),
                sha256: file.sha256.clone(),
            })
            .collect();
        let mut add = |role: Role, path: &Path| -> Result<(), Faults> {
            let sha256 = open::digest_of_file(path)?;
            inputs.push(Input { role, path: name_of(path), sha256 });
            Ok(())
        };
        if self.imports.import {
            for path in crate::import::files::find(&self.inventory)? {
                add(Role::Export, &path)?;
            }
        }
        for path in &self.exceptions.exceptions {
            for path in files_of(path)? {
                add(Role::Exceptions, &path)?;
            }
        }
        if let Some(config) =
            super::configuration(self.rules.config.as_deref(), self.rules.isolated)?
        {
            add(Role::Configuration, &config.path)?;
        }
        if let Some(path) = &self.baseline {
            add(Role::Baseline, path)?;
        }
        let brought = rules.settings.iter().filter(|file| !file.is_bundled());
        let brought =
            brought.map(|file| (file.path.as_str(), open::digest_of_bytes(file.text.as_bytes())));
        let own = rules.rules.iter().filter(|rule| rule.origin != BUNDLED_ORIGIN);
        let own = own.map(|rule| (rule.origin.as_str(), rule.sha256.clone()));
        inputs.extend(brought.chain(own).map(|(path, sha256)| Input {
            role: Role::Policies,
            path: path.to_owned(),
            sha256,
        }));
        Ok(inputs)
    }
}
