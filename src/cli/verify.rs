//! `nhi-policy verify`: whether an evidence pack is as it was made, and made of what it says.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Terminal, check, print};
use crate::ask::Depth;
use crate::baseline::Baseline;
use crate::config::Wishes;
use crate::exceptions;
use crate::fault::{Fault, Faults, Text, printable};
use crate::inventory::Kind;
use crate::load::files::{self, name_of};
use crate::load::{self, Loaded};
use crate::pack::again::{self, Brought};
use crate::pack::open::{Pack, Problem, digest_of_bytes, digest_of_file};
use crate::pack::stage::Stage;
use crate::pack::verify::{Signature, verify};
use crate::pack::{self, IMPORTED, Input, Manifest, Material, Role, sign};
use crate::time::Instant;

/// What the exit status says.
const STATUS: &str = "\
Exit status:
  2  the pack, or something to hold it against, can't be read
  1  something was changed, is missing or additional, is not signed as it should be, or is not
     what comes of the inventory
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
    /// Judge this inventory again by the rules of the pack, and compare every byte; of an imported
    /// one the exports. Files are known by their digests, wherever they are now. Repeatable.
    #[arg(long, value_name = "PATH")]
    inventory: Vec<PathBuf>,
    /// The exceptions that the pack was made with. Repeatable.
    #[arg(long, value_name = "PATH", requires = "inventory")]
    exceptions: Vec<PathBuf>,
    /// The baseline that the pack was made with.
    #[arg(long, value_name = "FILE", requires = "inventory")]
    baseline: Option<PathBuf>,
    /// The configuration that the pack was made with, to compare its digest: what it says is in the
    /// pack.
    #[arg(long, value_name = "FILE", requires = "inventory")]
    config: Option<PathBuf>,
    /// A folder of rules that the pack was made with, to compare their digests. Repeatable.
    #[arg(long, value_name = "DIR", requires = "inventory")]
    policies: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let key = arguments.key.as_deref().map(sign::public_key).transpose()?;
    let mut pack = Pack::open(&arguments.pack)?;
    let mut verified = verify(&mut pack, key.as_ref());
    let sound = verified.problems.is_empty();
    let mut again = "";
    if let (true, false, Some(manifest)) =
        (sound, arguments.inventory.is_empty(), &verified.manifest)
    {
        verified.problems = arguments.judge_again(&mut pack, manifest, terminal)?;
        again = ", and is what comes of the inventory";
    }
    let name = printable(&name_of(&arguments.pack));
    print(|out| {
        for Problem { file, said } in &verified.problems {
            writeln!(out, "{}: {}", printable(file), printable(said))?;
        }
        if !verified.problems.is_empty() {
            let count = verified.problems.len();
            let s = if count == 1 { "" } else { "s" };
            return writeln!(out, "{name} is not as it was made: {count} problem{s}");
        }
        let Some(manifest) = &verified.manifest else { return Ok(()) };
        writeln!(
            out,
            "{name} is as it was made{again}: {} files, verdict {}, as of {}",
            manifest.files.len(),
            manifest.verdict.name(),
            printable(&manifest.as_of.value)
        )?;
        let key = manifest.signed_by.as_deref().unwrap_or_default();
        match verified.signature {
            Signature::Checked => writeln!(out, "signed with the key {}", printable(key)),
            Signature::NotChecked => writeln!(
                out,
                "there is a signature, which is not checked: name the public key with --key"
            ),
            Signature::Absent => writeln!(out, "not signed: nothing says who made it"),
        }
    })?;
    Ok(if verified.problems.is_empty() { Exit::Clean } else { Exit::Violations })
}

impl Arguments {
    /// Makes the pack again and tells the differences.
    fn judge_again(
        &self,
        pack: &mut Pack,
        manifest: &Manifest,
        terminal: Terminal,
    ) -> Result<Vec<Problem>, Faults> {
        let mut problems = Vec::new();
        let loaded = if manifest.options.imported {
            let exports = brought(crate::import::files::find(&self.inventory)?)?;
            problems.extend(again::inputs(manifest, Role::Export, &exports).err());
            imported(pack, manifest)?
        } else {
            self.inventory(manifest, &mut problems)?
        };
        let exceptions = self.exceptions(manifest, &mut problems)?;
        let baseline = self.baseline(manifest, &mut problems)?;
        self.compare_digests(manifest, &mut problems)?;
        let problems: Vec<Problem> = problems.into_iter().flatten().collect();
        let (Some(loaded), true) = (loaded, problems.is_empty()) else { return Ok(problems) };

        let rules = pack::read_back(pack)?;
        let mut stage = Stage::passing()?;
        if manifest.options.imported {
            super::pack::keep_imported(&mut stage, &loaded)?;
        }
        let instant = |text: &str| Instant::parse(text).map_err(|said| Fault::from_lines(&said));
        let (now, run_at) = (instant(&manifest.as_of.value)?, instant(&manifest.run_at)?);
        let given = manifest.as_of.origin == "--as-of";
        let depth = if manifest.options.exhaustive { Depth::Exhaustive } else { Depth::default() };
        let judging =
            check::Judging { as_of: given.then_some(now), run_at: Some(run_at), depth, jobs: None };
        let mut graph = loaded.link(now)?;
        let mut report =
            check::report(&rules, &wishes(manifest), &mut graph, &exceptions, &judging, terminal)?;
        if let Some((baseline, name)) = baseline {
            baseline.mark(Path::new(&name), &mut report);
        }
        let material = Material {
            graph: &graph,
            rules: &rules,
            report: &report,
            options: manifest.options.clone(),
            inputs: manifest.inputs.clone(),
            signed_by: manifest.signed_by.clone(),
        };
        pack::build(material, &mut stage)?;
        let mut problems = again::compare(pack, &stage).map_err(|error| {
            Fault::new(format!("the pack can't be compared: {error}"), "check the disk")
        })?;
        if !problems.is_empty() && manifest.tool.version != env!("CARGO_PKG_VERSION") {
            let said = format!(
                "it was made by version {} and judged again by {}: use the same version",
                manifest.tool.version,
                env!("CARGO_PKG_VERSION")
            );
            problems.insert(0, Problem::new(pack::MANIFEST, said));
        }
        Ok(problems)
    }

    /// The inventory, its files named and in the order as they were packed.
    fn inventory(
        &self,
        manifest: &Manifest,
        problems: &mut Vec<Vec<Problem>>,
    ) -> Result<Option<Loaded>, Faults> {
        let mut contents = Vec::new();
        let mut brought = Vec::new();
        for path in files::select(&self.inventory)?.files {
            let read = files::read(&path)?;
            brought.push(Brought { path: name_of(&path), sha256: read.sha256.clone() });
            contents.push(read);
        }
        let order = match again::inputs(manifest, Role::Inventory, &brought) {
            Ok(order) => order,
            Err(wrong) => {
                problems.push(wrong);
                return Ok(None);
            }
        };
        let names = of_role(manifest, Role::Inventory);
        let texts = names.zip(order).filter_map(|(input, number)| {
            let contents = contents.get_mut(number)?;
            Some((input.path.clone(), std::mem::take(&mut contents.text), input.sha256.clone()))
        });
        load::from_texts(texts).map(Some)
    }

    fn exceptions(
        &self,
        manifest: &Manifest,
        problems: &mut Vec<Vec<Problem>>,
    ) -> Result<Vec<exceptions::Exception>, Faults> {
        needed(manifest, Role::Exceptions, self.exceptions.is_empty(), "--exceptions")?;
        let mut paths = Vec::new();
        for path in &self.exceptions {
            paths.extend(exceptions::files_of(path)?);
        }
        let files = brought(paths.clone())?;
        let order = match again::inputs(manifest, Role::Exceptions, &files) {
            Ok(order) => order,
            Err(wrong) => {
                problems.push(wrong);
                return Ok(Vec::new());
            }
        };
        let (mut all, mut faults) = (Vec::new(), Faults::default());
        for (input, number) in of_role(manifest, Role::Exceptions).zip(order) {
            let Some(path) = paths.get(number) else { continue };
            let contents = files::read(path)?;
            let source = Text { name: &input.path, text: &contents.text };
            all.extend(exceptions::of_text(source, &mut faults));
        }
        faults.into_result().map(|()| all)
    }

    /// The baseline, and how it was called.
    fn baseline(
        &self,
        manifest: &Manifest,
        problems: &mut Vec<Vec<Problem>>,
    ) -> Result<Option<(Baseline, String)>, Faults> {
        needed(manifest, Role::Baseline, self.baseline.is_none(), "--baseline")?;
        let Some(path) = &self.baseline else { return Ok(None) };
        let wrong = again::inputs(manifest, Role::Baseline, &brought(vec![path.clone()])?).err();
        problems.extend(wrong);
        let name = of_role(manifest, Role::Baseline).next().map(|input| input.path.clone());
        Ok(name.map(|name| Baseline::read(path).map(|baseline| (baseline, name))).transpose()?)
    }

    /// What is in the pack anyway is only held against what it was made of.
    fn compare_digests(
        &self,
        manifest: &Manifest,
        problems: &mut Vec<Vec<Problem>>,
    ) -> Result<(), Faults> {
        if let Some(path) = &self.config {
            let files = brought(vec![path.clone()])?;
            problems.extend(again::inputs(manifest, Role::Configuration, &files).err());
        }
        if !self.policies.is_empty() {
            let mut faults = Faults::default();
            let files = self
                .policies
                .iter()
                .flat_map(|dir| crate::policy::pack::from_disk(dir, &mut faults))
                .filter(|file| file.stem(".cases.json").is_none())
                .map(|file| Brought {
                    sha256: digest_of_bytes(file.text.as_bytes()),
                    path: file.path,
                })
                .collect::<Vec<_>>();
            faults.into_result()?;
            problems.extend(again::inputs(manifest, Role::Policies, &files).err());
        }
        Ok(())
    }
}

fn of_role(manifest: &Manifest, role: Role) -> impl Iterator<Item = &Input> {
    manifest.inputs.iter().filter(move |input| input.role == role)
}

/// What the pack was made with, and can't be judged again without.
fn needed(manifest: &Manifest, role: Role, absent: bool, option: &str) -> Result<(), Fault> {
    match of_role(manifest, role).next() {
        Some(input) if absent => Err(Fault::new(
            format!("the pack was made with {}: {}", role.name(), input.path),
            format!("name it with {option}"),
        )),
        _ => Ok(()),
    }
}

fn brought(paths: Vec<PathBuf>) -> Result<Vec<Brought>, Faults> {
    let mut all = Vec::new();
    for path in paths {
        all.push(Brought { sha256: digest_of_file(&path)?, path: name_of(&path) });
    }
    Ok(all)
}

/// The inventory of the pack itself, which was made of exports.
fn imported(pack: &mut Pack, manifest: &Manifest) -> Result<Option<Loaded>, Faults> {
    let text = pack.text(IMPORTED)?;
    let sha256 = digest_of_bytes(text.as_bytes());
    let name = of_role(manifest, Role::Inventory).next().map(|input| input.path.clone());
    let mut loaded = load::from_texts(std::iter::once((name.unwrap_or_default(), text, sha256)))?;
    loaded.inventory.imported = true;
    Ok(Some(loaded))
}

/// What the user asked of the verdict.
fn wishes(manifest: &Manifest) -> Wishes {
    let expect = Kind::ALL.iter().filter_map(|kind| {
        let count = manifest.options.expect.get(kind.plural())?;
        Some((kind.plural(), usize::try_from(*count).unwrap_or(usize::MAX)))
    });
    Wishes { fail_on: manifest.options.fail_on, expect: expect.collect() }
}
