//! Large inventories in three passes, without ever having all of their records: first everything
//! that others refer to, then the rest a few at a time, and of these at last the few that matter.
//!
//! What is odd in any way ends it with [`Stop::Odd`]: then the inventory is read as one.

use std::fs::{self, File, Metadata};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use fixedbitset::FixedBitSet;

use super::blocks::Block;
use super::files;
use super::origin::Origin;
use super::split::Irregular;
use super::stream::{BLOCK, Stream, Take, open};
use crate::fault::Faults;
use crate::inventory::Inventory;
use crate::link::Graph;
use crate::time::Instant;

/// Files that can be read several times.
pub struct Passes {
    /// The files.
    pub selection: files::Selection,
    origins: Vec<Origin>,
    stamps: Vec<Stamp>,
    /// How much of a text is looked at together.
    wave: usize,
}

/// What of a file would change if somebody wrote to it, or put another in its place.
#[derive(PartialEq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Where it lies, and when that or anything about it changed.
    #[cfg(unix)]
    node: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            node: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Why a pass has ended early.
pub enum Stop {
    /// Something isn't plainly right.
    Odd,
    /// Something is wrong, and this is what.
    Wrong(Faults),
}

impl From<Irregular> for Stop {
    fn from(_: Irregular) -> Self {
        Self::Odd
    }
}

/// Smaller files, together, aren't worth it: there, what is looked at together is most of them.
const WORTH: u64 = 32 << 20;

/// How much of a text is looked at together, usually.
const WAVE: usize = 4 * BLOCK;

impl Passes {
    /// The files behind the paths, if all of them can be read again and they are large.
    pub fn of(paths: &[PathBuf]) -> Option<Self> {
        Self::new(paths, WORTH, WAVE)
    }

    /// The same, if they have more than so many bytes, to be looked at so many at a time.
    pub fn new(paths: &[PathBuf], worth: u64, wave: usize) -> Option<Self> {
        let selection = files::select(paths).ok()?;
        let is_file = |path: &PathBuf| {
            path.as_os_str() != files::STDIN
                && fs::metadata(path).is_ok_and(|found| found.is_file())
        };
        if !selection.files.iter().all(is_file) {
            return None;
        }
        let origins: Vec<Origin> = selection.files.iter().cloned().map(Origin::File).collect();
        let stamps = stamps(&origins).ok()?;
        let large = stamps.iter().map(|stamp| stamp.length).sum::<u64>() > worth;
        large.then_some(Self { selection, origins, stamps, wave })
    }

    /// Reads all but what may pass, and says how many of each kind that is.
    ///
    /// # Errors
    /// Something is odd.
    pub fn base(&self) -> Result<(Inventory, [usize; 2]), Stop> {
        let mut stream = Stream::into(Inventory::empty(Instant::EPOCH), BLOCK, Take::Base);
        for (origin, stamp) in self.origins.iter().zip(&self.stamps) {
            stream.text(&origin.name(), file(origin)?, stamp.length, None)?;
        }
        let passed = stream.passed;
        Ok((stream.finish(), passed))
    }

    /// Shows what passes to someone, some at a time in the tables of the graph.
    ///
    /// # Errors
    /// Something is odd, or what they say.
    pub fn each(
        &self,
        graph: &mut Graph,
        mut see: impl FnMut(&mut Graph) -> Result<(), Faults> + Send,
    ) -> Result<(), Stop> {
        let mut passed = [0; 2];
        for (number, (origin, stamp)) in (0..).zip(self.origins.iter().zip(&self.stamps)) {
            let opened = open(&origin.name(), file(origin)?, stamp.length, self.wave, passed)?;
            let mut blocks = opened.0.unplaced();
            let mut next = blocks.next(Block::default())?;
            while let Some(mut block) = next {
                let Block { text, slices, parts } = &mut block;
                let odd = AtomicBool::new(false);
                let few = graph.inventory.words.passing(parts, |part, words| {
                    if part.read(text, slices, number, words, Take::Passing).is_err() {
                        odd.store(true, Ordering::Relaxed);
                    }
                });
                if !few || odd.into_inner() {
                    return Err(Stop::Odd);
                }
                parts.iter_mut().for_each(|part| graph.inventory.pass(&mut part.batch));
                let (seen, following) = rayon::join(|| see(graph), || blocks.next(block));
                seen.map_err(Stop::Wrong)?;
                next = following?;
                graph.clear_passing();
            }
            passed = blocks.passed;
        }
        Ok(())
    }

    /// Reads of what passes the records of these numbers, for each kind, and has them in the tables
    /// of the graph.
    ///
    /// # Errors
    /// Something is odd: the files may have changed, too.
    pub fn these(&self, graph: &mut Graph, numbers: &[FixedBitSet; 2]) -> Result<(), Stop> {
        let made_at = graph.inventory.generated_at;
        let inventory = std::mem::replace(&mut graph.inventory, Inventory::empty(made_at));
        let mut stream = Stream::into(inventory, BLOCK, Take::These(numbers));
        for (number, (origin, stamp)) in (0..).zip(self.origins.iter().zip(&self.stamps)) {
            // What the text is was taken when it was read first.
            stream.records(number, &origin.name(), file(origin)?, stamp.length, Some(""))?;
        }
        graph.inventory = stream.finish();
        let same = stamps(&self.origins).is_ok_and(|now| now == self.stamps);
        if same { Ok(()) } else { Err(Stop::Odd) }
    }
}

fn file(origin: &Origin) -> Result<File, Irregular> {
    File::open(origin.path()).map_err(|_| Irregular)
}

fn stamps(origins: &[Origin]) -> Result<Vec<Stamp>, Irregular> {
    let stamp = |metadata: Metadata| Stamp::of(&metadata);
    let each = origins.iter().map(|origin| fs::metadata(origin.path()).map(stamp));
    each.collect::<Result<_, _>>().map_err(|_| Irregular)
}
