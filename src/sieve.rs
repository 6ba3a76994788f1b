//! Sieve: a check of a large inventory that never has all of it.
//!
//! Nothing refers to credentials and entitlements, and there are most of them. So everything else is
//! read and linked first; then they pass, some at a time, and are put to the compiled conditions.
//! Those that surely have no finding are forgotten: of each, some bytes stay that tell which
//! credential replaces which, and whether two have one id. The others are kept, and judged as in any
//! check: the report is the same, to the byte.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use twox_hash::XxHash3_64;

use crate::ask::Tally;
use crate::ask::audit::Audit;
use crate::ask::condition::Setting;
use crate::ask::sieve::Sieve;
use crate::exceptions::Exception;
use crate::fault::Faults;
use crate::inventory::{Kind, Row};
use crate::link::{Graph, Made, Node, NodeKind, link, superseded};
use crate::load::files::Selection;
use crate::load::passes::{Passes, Stop};
use crate::policy::RuleSet;
use crate::time::Instant;

/// What is left of an inventory.
pub struct Sifted {
    /// Everything that can have a finding, linked.
    pub graph: Graph,
    /// What the rules were asked of what is left out.
    pub tallies: Vec<Tally>,
    /// The files.
    pub selection: Selection,
}

/// How it is judged.
pub struct Terms<'r> {
    /// The rules.
    pub rules: &'r RuleSet,
    /// `--as-of`; without it, when the inventory was made.
    pub as_of: Option<Instant>,
    /// When the check runs.
    pub run_at: Instant,
    /// How much of what conditions exclude is put to Cedar.
    pub audit: Audit,
    /// What they name is kept.
    pub exceptions: &'r [Exception],
}

/// Reads an inventory and leaves out what surely has no finding. None where that can't be done:
/// then it has to be read as a whole.
///
/// # Errors
/// Where Cedar says something else than a compiled condition.
pub fn sift(passes: Passes, terms: &Terms<'_>) -> Result<Option<Sifted>, Faults> {
    match sifted(passes, terms) {
        Ok(sifted) => Ok(Some(sifted)),
        Err(Stop::Odd) => Ok(None),
        Err(Stop::Wrong(faults)) => Err(faults),
    }
}

fn sifted(passes: Passes, terms: &Terms<'_>) -> Result<Sifted, Stop> {
    let (inventory, total) = passes.base()?;
    let now = terms.as_of.unwrap_or(inventory.generated_at);
    let mut graph = link(inventory, now).map_err(|_| Stop::Odd)?;
    let setting = Setting { now, run_at: terms.run_at, parameters: &terms.rules.parameters };
    let passing = total.iter().map(|count| *count as u64).sum();
    let sieve = Sieve::new(&graph, terms.rules, setting, terms.audit, passing);
    let mut looked = Looked::new(&graph, sieve.ok_or(Stop::Odd)?, total, terms.exceptions);
    passes.each(&mut graph, |graph| looked.at(graph))?;
    let Looked { mut sieve, sources, passed, kinds, made, odd, .. } = looked;
    if odd || passed != total {
        return Err(Stop::Odd);
    }
    let [mut credentials, mut entitlements] = kinds;
    let superseded = credentials.superseded(made);
    if credentials.has_twins() || entitlements.has_twins() {
        return Err(Stop::Odd);
    }
    passes.these(&mut graph, &[credentials.kept, entitlements.kept])?;
    graph.resolve_passing().map_err(|_| Stop::Odd)?;
    // It was counted before it was known what is superseded.
    sieve.uncount(&graph);
    graph.supersede(superseded);
    graph.complete(total, &sources);
    Ok(Sifted { graph, tallies: sieve.tallies(), selection: passes.selection })
}

/// What was seen of what passed.
struct Looked<'r> {
    sieve: Sieve<'r>,
    /// Whose things are kept, since an offboarding should have ended them.
    subjects: FxHashSet<Node>,
    /// What exceptions name.
    named: BTreeSet<(&'r str, &'r str)>,
    sources: Vec<u32>,
    passed: [usize; 2],
    kinds: [Ids; 2],
    made: Vec<Made>,
    /// Whether something can't be done this way.
    odd: bool,
}

/// The records of one kind, by their numbers.
struct Ids {
    kept: FixedBitSet,
    digests: Vec<u64>,
}

impl<'r> Looked<'r> {
    fn new(
        graph: &Graph,
        sieve: Sieve<'r>,
        total: [usize; 2],
        exceptions: &'r [Exception],
    ) -> Self {
        let named = exceptions
            .iter()
            .flat_map(|exception| exception.principal.iter().chain([&exception.resource]));
        let [credentials, _] = total;
        Self {
            sieve,
            subjects: graph.subjects().collect(),
            named: named.map(|thing| (thing.kind.as_str(), thing.id.as_str())).collect(),
            sources: vec![0; graph.source_records.len()],
            passed: [0; 2],
            kinds: total.map(|count| Ids {
                kept: FixedBitSet::with_capacity(count),
                digests: Vec::with_capacity(count),
            }),
            made: Vec::with_capacity(credentials),
            odd: false,
        }
    }

    /// Looks at the credentials and entitlements that are in the graph.
    fn at(&mut self, graph: &mut Graph) -> Result<(), Faults> {
        let Ok(sources) = graph.resolve_passing() else {
            self.odd = true;
            return Ok(());
        };
        self.sources.iter_mut().zip(sources).for_each(|(sum, count)| *sum += count);
        let graph = &*graph;
        let first = self.passed;
        let all = Kind::PASSING.iter().zip([NodeKind::Credential, NodeKind::Entitlement]);
        let all = all.zip(self.kinds.iter_mut().zip(self.passed.iter_mut()));
        for ((kind, node), (ids, passed)) in all {
            let number = |row: Row| *passed + row as usize;
            for row in self.sieve.may_fire(graph, node)? {
                ids.keep(number(row));
            }
            let rows = || (0..graph.population(node)).into_par_iter();
            let id = |row: Row| graph.inventory.id(*kind, row);
            ids.digests.par_extend(rows().map(|row| XxHash3_64::oneshot(id(row).as_bytes())));
            let (subjects, named) = (&self.subjects, &self.named);
            let has_left = |row: Row| {
                let holder = graph.holder(Node::new(node, row));
                holder.is_some_and(|holder| subjects.contains(&holder))
            };
            let is_named = |row: Row| !named.is_empty() && named.contains(&(node.name(), id(row)));
            let wanted: Vec<Row> = rows().filter(|row| has_left(*row) || is_named(*row)).collect();
            wanted.into_iter().for_each(|row| ids.keep(number(row)));
            *passed += graph.inventory.count(*kind);
        }
        let [first, _] = first;
        let rows = graph.inventory.credentials.all().into_par_iter();
        self.made.par_extend(rows.filter_map(|row| {
            let made = graph.made(row)?;
            let row = Row::try_from(first + made.row as usize).ok()?;
            Some(Made { row, ..made })
        }));
        Ok(())
    }
}

impl Ids {
    fn keep(&mut self, number: usize) {
        // A number beyond those that were counted is noticed by their sum.
        if number < self.kept.len() {
            self.kept.insert(number);
        }
    }

    /// Keeps what was superseded, and says by its row among what is kept when that was.
    fn superseded(&mut self, mut made: Vec<Made>) -> Vec<(Row, Instant)> {
        let mut superseded = superseded(&mut made);
        drop(made);
        superseded.sort_unstable();
        superseded.iter().for_each(|(number, _)| self.keep(*number as usize));
        let mut rows = (0..).zip(self.kept.ones()).peekable();
        let row_of = |(number, at): (Row, Instant)| {
            while rows.next_if(|(_, kept)| *kept < number as usize).is_some() {}
            rows.peek().map(|(row, _)| (*row, at))
        };
        superseded.into_iter().filter_map(row_of).collect()
    }

    /// Whether two have one id, as far as their digests tell.
    fn has_twins(&mut self) -> bool {
        self.digests.par_sort_unstable();
        self.digests.windows(2).any(|two| two.first() == two.last())
    }
}
