//! Whether the files of a pack agree with each other: a manifest can be made to fit a changed file,
//! but then the file doesn't fit the others.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use super::manifest::{Counts, Manifest, Role};
use super::open::{Pack, Problem};
use super::population::{COLUMNS, PASS, Totals};
use super::rules::{Kept, Listed, PARAMETERS, RULES, json, population_of};
use super::{MANIFEST, origins, reports, rest, sample};
use crate::report::model::{Finding, Report};
use crate::report::saved;

/// The report that the others are made from.
pub const REPORT: &str = reports::JSON;

/// Holds the files against each other.
pub fn check(pack: &mut Pack, report: &Report, manifest: &Manifest, problems: &mut Vec<Problem>) {
    let mut all = Vec::new();
    all.extend(of_manifest(report, manifest));
    all.extend(saved::wrong(report).into_iter().map(|said| Problem::new(REPORT, said)));
    // Another version may write the same otherwise.
    if manifest.is_of_this_version() {
        for part in reports::parts(report) {
            all.extend(of_part(pack, &part));
        }
        all.extend(origins::check(pack, manifest));
        all.extend(rest::check(pack, report, manifest));
    }
    all.extend(of_rules(pack, report));
    let mut by_rule: BTreeMap<&str, BTreeMap<&str, &Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_rule.entry(&finding.rule).or_default().insert(&finding.id, finding);
    }
    for rule in report.rules.iter().filter(|rule| rule.enabled) {
        let found = by_rule.remove(rule.id.as_str()).unwrap_or_default();
        all.extend(of_population(pack, &rule.id, Totals::of(rule), &found));
    }
    all.extend(of_sample(pack, manifest));
    problems.extend(all);
}

/// What the manifest says of the report.
fn of_manifest(report: &Report, manifest: &Manifest) -> Vec<Problem> {
    let mut inventory = manifest.inputs.iter().filter(|input| input.role == Role::Inventory);
    let same_inventory = report.inventory.iter().all(|file| {
        inventory.next().is_some_and(|input| input.path == file.path && input.sha256 == file.sha256)
    }) && inventory.next().is_none();
    let says = [
        ("verdict", report.verdict == manifest.verdict),
        ("counts", Counts::of(report) == manifest.counts),
        (
            "instants",
            report.as_of.value == manifest.as_of.value
                && report.as_of.origin == manifest.as_of.origin
                && report.run_at == manifest.run_at,
        ),
        ("tool", report.tool.version == manifest.tool.version),
        ("rules", report.policies.sha256 == manifest.policies.sha256),
        ("reasons to be incomplete", report.incomplete == manifest.incomplete),
        ("threshold", report.fail_on == manifest.options.fail_on),
        ("inventory", same_inventory),
    ];
    let wrong = says.into_iter().filter(|(_, same)| !same);
    wrong
        .map(|(what, _)| Problem::new(MANIFEST, format!("its {what}: {REPORT} says otherwise")))
        .collect()
}

/// Takes bytes as long as they are those of a file.
struct Same<'f> {
    file: Box<dyn Read + 'f>,
    at: u64,
}

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len().min(1 << 16)];
        let count = self.file.read(&mut there)?;
        let (there, made) = (there.get(..count), bytes.get(..count));
        if count == 0 && !bytes.is_empty() || there != made {
            return Err(io::Error::other(format!("from byte {} on", self.at)));
        }
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A part of the report that follows from all of it.
fn of_part(pack: &mut Pack, part: &reports::Part<'_>) -> Option<Problem> {
    let same = pack.read(&part.name, u64::MAX).and_then(|file| {
        let mut out = io::BufWriter::new(Same { file, at: 0 });
        part.write(&mut out)?;
        let mut same = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let more = same.file.read(&mut [0])?;
        if more > 0 { Err(io::Error::other("after its end")) } else { Ok(()) }
    });
    let said = |error: io::Error| format!("it says something else than {REPORT}, {error}");
    same.err().map(|error| Problem::new(&part.name, said(error)))
}

/// The rules and parameters that the report names.
fn of_rules(pack: &mut Pack, report: &Report) -> Vec<Problem> {
    let listed: Listed = match json(pack, RULES) {
        Ok(listed) => listed,
        Err(fault) => return vec![Problem::new(RULES, fault.message)],
    };
    let kept: BTreeMap<String, Kept> = match json(pack, PARAMETERS) {
        Ok(kept) => kept,
        Err(fault) => return vec![Problem::new(PARAMETERS, fault.message)],
    };
    let mut problems = Vec::new();
    let ids = |of: &mut dyn Iterator<Item = &String>| of.cloned().collect::<BTreeSet<String>>();
    if ids(&mut listed.rules.iter().map(|rule| &rule.id))
        != ids(&mut report.rules.iter().map(|rule| &rule.id))
        || listed.rules.len() != report.rules.len()
    {
        problems.push(Problem::new(RULES, format!("{REPORT} names other rules")));
    }
    for (rule, told) in listed.rules.iter().zip(&report.rules) {
        let same = rule.enabled == told.enabled
            && rule.severity == told.severity
            && rule.severity_privileged == told.severity_privileged
            && rule.origin == told.origin
            && rule.theme == told.theme
            && rule.sha256 == told.sha256;
        if !same {
            problems
                .push(Problem::new(RULES, format!("{REPORT} says other things of {}", rule.id)));
        }
        let found = pack.read(&rule.file, u64::MAX).and_then(super::open::digest_of);
        if !found.is_ok_and(|(sha256, _)| sha256 == told.sha256) {
            let said = format!("it is not the rule {} of {REPORT}", told.id);
            problems.push(Problem::new(&rule.file, said));
        }
    }
    let same = kept.len() == report.parameters.len()
        && kept.iter().all(|(name, kept)| {
            report
                .parameters
                .get(name)
                .is_some_and(|told| told.value == kept.value && told.origin == kept.origin)
        });
    if !same {
        problems.push(Problem::new(PARAMETERS, format!("{REPORT} has other parameters")));
    }
    problems
}

/// The subjects of a rule: as many as the report says, with its findings.
fn of_population(
    pack: &mut Pack,
    rule: &str,
    told: Totals,
    found: &BTreeMap<&str, &Finding>,
) -> Option<Problem> {
    let name = population_of(rule);
    let counted = pack.read(&name, u64::MAX).and_then(|file| count(file, found));
    let said = match counted {
        Ok(totals) if totals == told => return None,
        Ok(totals) => format!("{REPORT} says {told:?}, and here are {totals:?}"),
        Err(error) => error.to_string(),
    };
    Some(Problem::new(name, said))
}

fn count(file: Box<dyn Read + '_>, found: &BTreeMap<&str, &Finding>) -> io::Result<Totals> {
    let mut table = csv::Reader::from_reader(file);
    if *table.headers().map_err(io::Error::other)? != COLUMNS[..] {
        return Err(io::Error::other("its columns are others"));
    }
    let mut totals = Totals::default();
    let mut row = csv::StringRecord::new();
    while table.read_record(&mut row).map_err(io::Error::other)? {
        let (verdict, finding) = (row.get(5).unwrap_or_default(), row.get(6).unwrap_or_default());
        let status = found.get(finding).map(|finding| finding.status.name());
        if !totals.count(verdict) || status.unwrap_or(PASS) != verdict {
            let line = row.position().map_or(0, csv::Position::line);
            return Err(io::Error::other(format!("line {line} is not what {REPORT} says")));
        }
    }
    Ok(totals)
}

/// The sample: as many as the manifest says, drawn as it says.
fn of_sample(pack: &mut Pack, manifest: &Manifest) -> Option<Problem> {
    let wrong = |said: &str| Some(Problem::new(sample::SAMPLE, said));
    let drawn: serde_json::Value = match json(pack, sample::SAMPLE) {
        Ok(drawn) => drawn,
        Err(fault) => return wrong(&fault.message),
    };
    let is =
        |key: &str, number: u64| drawn.get(key).and_then(serde_json::Value::as_u64) == Some(number);
    let (options, leavers) = (&manifest.options, &manifest.leavers);
    let told = is("seed", options.seed)
        && is("requested", options.sample)
        && is("population", leavers.population)
        && is("sampled", leavers.sampled);
    let people: Vec<&str> = drawn
        .get("sample")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|leaver| leaver.get("person")?.as_str())
        .collect();
    let lots: Vec<String> = people.iter().map(|person| sample::lot(options.seed, person)).collect();
    if !told || people.len() as u64 != leavers.sampled {
        return wrong("the manifest says that it is another sample");
    }
    if leavers.sampled != options.sample.min(leavers.population) || !lots.is_sorted() {
        return wrong("it is not drawn as it says");
    }
    None
}
