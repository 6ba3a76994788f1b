//! Judging again: of what is brought, and of the pack what is not, the same pack has to come.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Again, Arguments};
use crate::ask::Depth;
use crate::baseline::Baseline;
use crate::cli::{Terminal, check};
use crate::config::{Config, Wishes};
use crate::exceptions::{self, Exception};
use crate::fault::{Fault, Faults, Text, quote};
use crate::import::setting::Copied;
use crate::import::store::Form;
use crate::import::{Imported, import, report::Origin};
use crate::inventory::Kind;
use crate::load::files::{self, name_of};
use crate::load::{self, Loaded};
use crate::pack::again::{self, Brought};
use crate::pack::open::{Pack, Problem, digest_of_bytes, digest_of_file};
use crate::pack::stage::Stage;
use crate::pack::{self, IMPORTED, Input, MANIFEST, Manifest, Material, Packed, Role};
use crate::policy::RuleSet;
use crate::policy::pack::{PackFile, from_disk};
use crate::pseudonym::{Key, Names, Pseudonyms};
use crate::time::Instant;

impl Arguments {
    /// Makes the pack again and tells the differences.
    pub(super) fn judge_again(
        &self,
        pack: &mut Pack,
        manifest: &Manifest,
        terminal: Terminal,
    ) -> Result<Again, Faults> {
        let key = self.key_of_pseudonyms(manifest)?;
        let again = self.made_again(pack, manifest, key.as_ref(), terminal);
        again.map_err(|faults| check::hidden(faults, key.as_ref()))
    }

    fn made_again(
        &self,
        pack: &mut Pack,
        manifest: &Manifest,
        key: Option<&Key>,
        terminal: Terminal,
    ) -> Result<Again, Faults> {
        let mut again = Again::default();
        again.same_key(manifest, key);
        let config = self.config(manifest, &mut again)?;
        let loaded = if manifest.options.imported {
            self.imported(pack, manifest, &mut again)?
        } else {
            self.imports.only_with_import()?;
            self.inventory(manifest, &mut again)?
        };
        let exceptions = self.exceptions(manifest, &mut again)?;
        let baseline = self.baseline(manifest, &mut again)?;
        let policies = self.policies(manifest, &mut again)?;
        let is_said = config.as_ref().map(Config::packs).transpose()?;
        let Some(loaded) = loaded.filter(|_| again.others.is_empty()) else { return Ok(again) };

        let packed = Packed::read(pack)?;
        again.take(manifest, self);
        // Nobody may leave the bundled rules out unseen.
        if !packed.has_bundled() && is_said.as_ref().is_none_or(|(_, bundled, _)| *bundled) {
            again.not_brought.push("--no-bundled: the bundled rules are left out".into());
        }
        let (rules, wishes) = self.rules(packed, config, policies, manifest)?;
        let mut stage = Stage::passing()?;
        if manifest.options.imported {
            crate::cli::pack::keep_imported(&mut stage, &loaded)?;
        }
        let instant = |text: &str| Instant::parse(text).map_err(|said| Fault::from_lines(&said));
        let given = manifest.as_of.origin == "--as-of";
        let as_of = given.then(|| instant(&manifest.as_of.value)).transpose()?;
        let now = as_of.unwrap_or(loaded.inventory.generated_at);
        let depth = if manifest.options.exhaustive { Depth::Exhaustive } else { Depth::default() };
        let run_at = as_of.map_or_else(|| instant(&manifest.run_at), Ok)?;
        let judging = check::Judging { as_of, run_at, depth, jobs: None };
        let mut graph = loaded.link(now)?;
        let mut report = judging.held(&rules, &wishes, &mut graph, &exceptions, terminal)?;
        if let Some((baseline, name)) = baseline {
            baseline.mark(Path::new(&name), &mut report);
        }
        // The names in the manifest have tokens already, and stay.
        let pseudonyms = key.map(|key| Pseudonyms::new(&graph, key));
        let folders = is_said.iter().flat_map(|(folders, ..)| folders);
        again.named(manifest, folders, Names(pseudonyms.as_ref()));
        let material = Material {
            graph: &graph,
            rules: &rules,
            report: &mut report,
            options: pack::Options {
                fail_on: wishes.fail_on,
                expect: crate::cli::pack::expected(&wishes),
                ..manifest.options.clone()
            },
            inputs: manifest.inputs.clone(),
            signed_by: manifest.signed_by.clone(),
            pseudonyms: pseudonyms.as_ref(),
        };
        pack::build(material, &mut stage)?;
        again.differences = again::compare(pack, &stage).map_err(|error| {
            Fault::new(format!("the pack can't be compared: {error}"), "check the disk")
        })?;
        Ok(again)
    }

    /// The key of the pseudonyms, where the pack has any.
    fn key_of_pseudonyms(&self, manifest: &Manifest) -> Result<Option<Key>, Faults> {
        let key = self.pseudonymize.as_deref().map(Key::read).transpose()?;
        match (&manifest.pseudonym_key, &key) {
            (Some(id), None) => Err(Fault::new(
                format!("the pack was made with pseudonyms, of the key {}", quote(id)),
                "name that key with --pseudonymize",
            )
            .into()),
            (None, Some(_)) => {
                Err(Fault::new("the pack was made without pseudonyms", "leave --pseudonymize out")
                    .into())
            }
            _ => Ok(key),
        }
    }

    /// The inventory, its files named and in the order as they were packed.
    fn inventory(&self, manifest: &Manifest, again: &mut Again) -> Result<Option<Loaded>, Faults> {
        let mut contents = Vec::new();
        let mut brought = Vec::new();
        for path in files::select(&self.inventory)?.files {
            let read = files::read(&path)?;
            brought.push(Brought { path: name_of(&path), sha256: read.sha256.clone() });
            contents.push(read);
        }
        let Some(order) = again.order(manifest, Role::Inventory, &brought) else { return Ok(None) };
        let texts = manifest.of_role(Role::Inventory).zip(order).filter_map(|(input, number)| {
            let contents = contents.get_mut(number)?;
            Some((input.path.clone(), std::mem::take(&mut contents.text), input.sha256.clone()))
        });
        load::from_texts(texts).map(Some)
    }

    /// The inventory that comes of the exports when they are imported again, at the same instant.
    fn imported(
        &self,
        pack: &mut Pack,
        manifest: &Manifest,
        again: &mut Again,
    ) -> Result<Option<Loaded>, Faults> {
        needed(manifest, Role::Configuration, self.config.is_none(), "--config")?;
        let paths = crate::import::files::find(&self.inventory)?;
        let exports = brought(&paths)?;
        let Some(order) = again.order(manifest, Role::Export, &exports) else { return Ok(None) };
        let text = pack.text(IMPORTED)?;
        let before = load::from_texts(std::iter::once((IMPORTED.into(), text, String::new())))?;
        let before = before.inventory;
        let exported_at: BTreeMap<&str, Instant> = before
            .sources
            .rows
            .iter()
            .filter_map(|source| Some((before.words.text(source.id.0), source.exported_at?)))
            .collect();
        let config = self.config.as_deref().map(Config::read).transpose()?;
        let mut settings = self.imports.settings(config.as_ref())?;
        let mut ordered = Vec::new();
        for (input, number) in manifest.of_role(Role::Export).zip(order) {
            let Some(path) = paths.get(number) else { continue };
            let modified = exported_at.get(input.path.as_str()).copied();
            settings.copies.insert(path.clone(), Copied { name: input.path.clone(), modified });
            ordered.push(path.clone());
        }
        let folder = std::env::temp_dir();
        let Imported { inventory, report } =
            import(&ordered, &settings, Form::Document, &folder, before.generated_at)?;
        for source in &report.sources {
            if matches!(source.exported_at_from, Origin::FileTime) {
                again.not_brought.push(format!("when {} was exported", source.path));
            }
        }
        let contents = files::read(inventory.path())?;
        let name = manifest.of_role(Role::Inventory).next().map(|input| input.path.clone());
        let text = (name.unwrap_or_default(), contents.text, contents.sha256);
        let mut loaded = load::from_texts(std::iter::once(text))?;
        loaded.inventory.imported = true;
        Ok(Some(loaded))
    }

    fn exceptions(&self, manifest: &Manifest, again: &mut Again) -> Result<Vec<Exception>, Faults> {
        needed(manifest, Role::Exceptions, self.exceptions.is_empty(), "--exceptions")?;
        let mut paths = Vec::new();
        for path in &self.exceptions {
            paths.extend(exceptions::files_of(path)?);
        }
        let Some(order) = again.order(manifest, Role::Exceptions, &brought(&paths)?) else {
            return Ok(Vec::new());
        };
        let (mut all, mut faults) = (Vec::new(), Faults::default());
        for (input, number) in manifest.of_role(Role::Exceptions).zip(order) {
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
        again: &mut Again,
    ) -> Result<Option<(Baseline, String)>, Faults> {
        needed(manifest, Role::Baseline, self.baseline.is_none(), "--baseline")?;
        let Some(path) = &self.baseline else { return Ok(None) };
        again.order(manifest, Role::Baseline, &brought(std::slice::from_ref(path))?);
        let name = manifest.of_role(Role::Baseline).next().map(|input| input.path.clone());
        Ok(name.map(|name| Baseline::read(path).map(|baseline| (baseline, name))).transpose()?)
    }

    /// The configuration, called as it was.
    fn config(&self, manifest: &Manifest, again: &mut Again) -> Result<Option<Config>, Faults> {
        let Some(path) = &self.config else { return Ok(None) };
        let config = Config::read(path)?;
        let brought = [Brought { path: name_of(path), sha256: config.sha256() }];
        again.order(manifest, Role::Configuration, &brought);
        let input = manifest.of_role(Role::Configuration).next();
        Ok(input.map(|input| config.called(&input.path)))
    }

    /// The rules, their files called as they were.
    fn policies(
        &self,
        manifest: &Manifest,
        again: &mut Again,
    ) -> Result<Option<Vec<PackFile>>, Faults> {
        if self.policies.is_empty() {
            return Ok(None);
        }
        let mut faults = Faults::default();
        let all = self.policies.iter().flat_map(|dir| from_disk(dir, &mut faults));
        let mut files: Vec<PackFile> =
            all.filter(|file| file.stem(".cases.json").is_none()).collect();
        faults.into_result()?;
        let brought: Vec<Brought> = files
            .iter()
            .map(|file| Brought {
                sha256: digest_of_bytes(file.text.as_bytes()),
                path: file.path.clone(),
            })
            .collect();
        let Some(order) = again.order(manifest, Role::Policies, &brought) else { return Ok(None) };
        let named = manifest.of_role(Role::Policies).zip(order).filter_map(|(input, number)| {
            let text = std::mem::take(&mut files.get_mut(number)?.text);
            Some(PackFile { path: input.path.clone(), origin: input.path.clone(), text })
        });
        Ok(Some(named.collect()))
    }

    /// The rules and what is asked of the verdict: of what is brought, and else of the pack.
    fn rules(
        &self,
        packed: Packed,
        config: Option<Config>,
        policies: Option<Vec<PackFile>>,
        manifest: &Manifest,
    ) -> Result<(RuleSet, Wishes), Faults> {
        let mut rules = packed.as_written(policies)?;
        let mut wishes = if let Some(config) = config {
            config.apply(&mut rules)?
        } else {
            packed.configure(&mut rules);
            wishes(manifest)
        };
        wishes.fail_on = self.fail_on.unwrap_or(wishes.fail_on);
        Ok((rules, wishes))
    }
}

impl Again {
    /// With another key everything would differ.
    fn same_key(&mut self, manifest: &Manifest, key: Option<&Key>) {
        let Some((packed, brought)) = manifest.pseudonym_key.as_ref().zip(key.map(Key::id)) else {
            return;
        };
        if *packed != brought {
            let said = format!(
                "its pseudonyms are of another key ({packed}) than the one that was brought ({brought})"
            );
            self.others.push(Problem::new(MANIFEST, said));
        }
    }

    /// Where each file of the manifest is among those that are brought; what isn't is told.
    fn order(
        &mut self,
        manifest: &Manifest,
        role: Role,
        brought: &[Brought],
    ) -> Option<Vec<usize>> {
        let order = again::inputs(manifest, role, brought);
        order.map_err(|wrong| self.others.extend(wrong)).ok()
    }

    /// The rules that the configuration names have to be among those that were packed.
    fn named<'f>(
        &mut self,
        manifest: &Manifest,
        folders: impl Iterator<Item = &'f PathBuf>,
        names: Names<'_>,
    ) {
        for folder in folders {
            let folder = name_of(folder);
            let folder = names.text(&folder);
            let mut rules = manifest.of_role(Role::Policies);
            if !rules.any(|input| Path::new(&input.path).starts_with(&*folder)) {
                let said =
                    "the configuration names these rules, and the pack was made without them";
                self.others.push(Problem::new(&*folder, said));
            }
        }
    }

    /// What is from the pack.
    fn take(&mut self, manifest: &Manifest, arguments: &Arguments) {
        let mut take = |input: &Input| self.not_brought.push(input.path.clone());
        if arguments.config.is_none() {
            manifest.of_role(Role::Configuration).for_each(&mut take);
        }
        if arguments.policies.is_empty() {
            manifest.of_role(Role::Policies).for_each(&mut take);
        }
        let fail_on = manifest.options.fail_on;
        if arguments.config.is_none()
            && arguments.fail_on.is_none()
            && fail_on != Wishes::default().fail_on
        {
            self.not_brought.push(format!("--fail-on {}", fail_on.name()));
        }
        let pack::Options { sample, seed, .. } = manifest.options;
        self.not_brought.push(format!("--sample {sample}, --seed {seed}"));
        if manifest.as_of.origin == "--as-of" {
            self.not_brought.push(format!("--as-of {}", manifest.as_of.value));
        } else {
            self.not_brought.push(format!("when the check ran ({})", manifest.run_at));
        }
    }
}

/// What the pack was made with, and can't be judged again without.
fn needed(manifest: &Manifest, role: Role, absent: bool, option: &str) -> Result<(), Fault> {
    match manifest.of_role(role).next() {
        Some(input) if absent => Err(Fault::new(
            format!("the pack was made with {}: {}", role.name(), input.path),
            format!("name it with {option}"),
        )),
        _ => Ok(()),
    }
}

fn brought(paths: &[PathBuf]) -> Result<Vec<Brought>, Faults> {
    let mut all = Vec::new();
    for path in paths {
        all.push(Brought { sha256: digest_of_file(path)?, path: name_of(path) });
    }
    Ok(all)
}

/// What the pack was asked of the verdict.
fn wishes(manifest: &Manifest) -> Wishes {
    let expect = Kind::ALL.iter().filter_map(|kind| {
        let count = manifest.options.expect.get(kind.plural())?;
        Some((kind.plural(), usize::try_from(*count).unwrap_or(usize::MAX)))
    });
    Wishes { fail_on: manifest.options.fail_on, expect: expect.collect() }
}
