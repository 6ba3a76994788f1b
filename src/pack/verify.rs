//! Verify: whether a pack is as it was made.
//!
//! Every file is held against the manifest, the manifest against the statement, the statement
//! against its signature, and then the files against each other. Problems are told by file.

use std::collections::BTreeMap;
use std::io::Read;

use ed25519_dalek::VerifyingKey;

use super::manifest::{Manifest, PackedFile, VERSION};
use super::open::{MOST, Pack, Problem, digest_of, digest_of_bytes};
use super::{ENVELOPE, MANIFEST, STATEMENT, agree, sign, statement};
use crate::report::model::Report;

/// What is known of a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signature {
    /// There is none.
    Absent,
    /// There is one, and no key to check it with.
    NotChecked,
    /// It is right, unless there are problems.
    Checked,
}

/// What came of verifying a pack.
pub struct Verified {
    /// What is wrong with it; nothing, if it is as it was made.
    pub problems: Vec<Problem>,
    /// Why the key that was brought isn't that of whoever signed it.
    pub unsigned: Option<Problem>,
    /// Its manifest, where that can be read.
    pub manifest: Option<Manifest>,
    /// Whether it is signed.
    pub signature: Signature,
}

/// Verifies a pack.
pub fn verify(pack: &mut Pack, key: Option<&VerifyingKey>) -> Verified {
    let mut problems = std::mem::take(&mut pack.problems);
    let signature = match (pack.names.contains(ENVELOPE), key) {
        (false, _) => Signature::Absent,
        (true, None) => Signature::NotChecked,
        (true, Some(_)) => Signature::Checked,
    };
    let (manifest, bytes) = match manifest_of(pack) {
        Ok(read) => read,
        Err(problem) => {
            problems.push(problem);
            return Verified { problems, unsigned: None, manifest: None, signature };
        }
    };
    files(pack, &manifest, &mut problems);
    // What is changed is told; what follows from it would hide that.
    let report = if problems.is_empty() { report_of(pack, &mut problems) } else { None };
    let key_fits = |key: &VerifyingKey| {
        let unsigned = |said: String| Some(Problem::new(ENVELOPE, said));
        match &manifest.signed_by {
            None => unsigned("the pack is not signed".into()),
            Some(id) if *id != sign::key_id(key) => unsigned(format!(
                "the pack is signed with another key ({id}), not the one that was brought"
            )),
            Some(_) => None,
        }
    };
    let unsigned = key.and_then(key_fits);
    let key = key.filter(|_| unsigned.is_none());
    signed(pack, report.as_ref(), &manifest, &bytes, key, &mut problems);
    if let Some(report) = report {
        agree::check(pack, &report, &manifest, &mut problems);
    }
    if problems.is_empty() && manifest.is_of_this_version() {
        as_written(pack, &manifest, &mut problems);
    }
    Verified { problems, unsigned, manifest: Some(manifest), signature }
}

fn manifest_of(pack: &mut Pack) -> Result<(Manifest, Vec<u8>), Problem> {
    if !pack.names.contains(MANIFEST) {
        return Err(Problem::new(MANIFEST, "it is missing"));
    }
    let bytes = pack.bytes(MANIFEST).map_err(|error| {
        Problem::new(MANIFEST, format!("it is damaged, or can't be read: {error}"))
    })?;
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(MANIFEST, format!("it is damaged: {error}")))?;
    if manifest.version != VERSION {
        let said = format!("its version {} is unknown", manifest.version);
        return Err(Problem::new(MANIFEST, said));
    }
    Ok((manifest, bytes))
}

fn report_of(pack: &mut Pack, problems: &mut Vec<Problem>) -> Option<Report> {
    let report = pack.read(agree::REPORT, u64::MAX).and_then(|file| {
        serde_json::from_reader(std::io::BufReader::new(file)).map_err(std::io::Error::from)
    });
    let wrong = |error| {
        Problem::new(agree::REPORT, format!("it is no report that this version can read: {error}"))
    };
    report.map_err(|error| problems.push(wrong(error))).ok()
}

/// Holds every file against the manifest.
fn files(pack: &mut Pack, manifest: &Manifest, problems: &mut Vec<Problem>) {
    let mut listed: BTreeMap<&str, &PackedFile> = BTreeMap::new();
    for file in &manifest.files {
        if listed.insert(&file.path, file).is_some() {
            problems.push(Problem::new(&file.path, "the manifest names it more than once"));
        }
    }
    for file in listed.values() {
        if !pack.names.contains(&file.path) {
            problems.push(Problem::new(&file.path, "it is missing"));
            continue;
        }
        // One byte more than it may have is enough to know.
        let found = pack.read(&file.path, file.size.saturating_add(1)).and_then(digest_of);
        let said = match found {
            Ok((sha256, size)) if sha256 == file.sha256 && size == file.size => continue,
            Ok((_, size)) if size > file.size => {
                format!("it was changed: it has more than {} bytes", file.size)
            }
            Ok((_, size)) if size < file.size => {
                format!("it was changed: it has {size} bytes, not {}", file.size)
            }
            Ok((sha256, _)) => {
                format!("it was changed: its SHA-256 is {sha256}, not {}", file.sha256)
            }
            Err(error) => format!("it is damaged, or can't be read: {error}"),
        };
        problems.push(Problem::new(&file.path, said));
    }
    let own = [MANIFEST, STATEMENT, ENVELOPE];
    let known = |name: &str| listed.contains_key(name) || own.contains(&name);
    let more = pack.names.iter().filter(|name| !known(name));
    problems.extend(more.map(|name| Problem::new(name, "the manifest doesn't know it")));
    for name in own.iter().filter(|name| listed.contains_key(**name)) {
        problems.push(Problem::new(*name, "the manifest names it, which it can't"));
    }
}

/// Holds the manifest against the statement, and that against its signature.
fn signed(
    pack: &mut Pack,
    report: Option<&Report>,
    manifest: &Manifest,
    manifest_bytes: &[u8],
    key: Option<&VerifyingKey>,
    problems: &mut Vec<Problem>,
) {
    let statement = match pack.bytes(STATEMENT) {
        Ok(bytes) => bytes,
        Err(error) if pack.names.contains(STATEMENT) => {
            problems.push(Problem::new(STATEMENT, format!("it is damaged: {error}")));
            return;
        }
        Err(_) => {
            problems.push(Problem::new(STATEMENT, "it is missing"));
            return;
        }
    };
    if manifest.bytes() != manifest_bytes {
        problems.push(Problem::new(MANIFEST, "it was changed: it is not as `pack` writes it"));
    }
    let digest = digest_of_bytes(manifest_bytes);
    // The one that doesn't fit the other may be either of them.
    if !String::from_utf8_lossy(&statement).contains(&digest) {
        let said = "it was changed, or statement.json was: that has another SHA-256 for it";
        problems.push(Problem::new(MANIFEST, said));
    } else if report
        .is_some_and(|report| statement != statement::of(report, manifest, manifest_bytes))
    {
        let said = "it was changed: it says something else than the report and the manifest";
        problems.push(Problem::new(STATEMENT, said));
    }
    let wrong = |said: String| Problem::new(ENVELOPE, said);
    match (&manifest.signed_by, pack.names.contains(ENVELOPE)) {
        (None, false) => {}
        (None, true) => {
            problems.push(wrong("the manifest says that nobody signed".into()));
        }
        (Some(_), false) => problems.push(wrong("it is missing: the pack was signed".into())),
        (Some(id), true) => match pack.bytes(ENVELOPE) {
            Ok(bytes) => {
                let checked = sign::check(&bytes, &statement, id, key);
                problems.extend(checked.err().map(wrong));
            }
            Err(error) => problems.push(wrong(format!("it is damaged: {error}"))),
        },
    }
}

/// Holds an archive against what is made of its files.
fn as_written(pack: &mut Pack, manifest: &Manifest, problems: &mut Vec<Problem>) {
    let mut sizes: BTreeMap<String, u64> =
        manifest.files.iter().map(|file| (file.path.clone(), file.size)).collect();
    for name in [MANIFEST, STATEMENT, ENVELOPE] {
        let size = pack.read(name, MOST).and_then(|mut file| {
            let mut all = Vec::new();
            file.read_to_end(&mut all).map(|size| size as u64)
        });
        sizes.extend(size.ok().map(|size| (name.to_owned(), size)));
    }
    match pack.is_as_written(&sizes) {
        Ok(true) => {}
        Ok(false) => problems.push(Problem::new(
            "the archive",
            "it was changed: its files are right, but it is not as `pack` writes it",
        )),
        Err(error) => problems.push(Problem::new("the archive", format!("it is damaged: {error}"))),
    }
}
