//! Each step of a check by itself, on input that is prepared: `cargo bench`.
//!
//! The whole process, beside what else one would use, is measured by `benches/compare`.

#![allow(clippy::unwrap_used, reason = "a benchmark that can't go on has failed")]

use std::cell::LazyCell;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use nhi_policy::ask::condition::Setting;
use nhi_policy::ask::{Answers, Depth, ask};
use nhi_policy::judge::{Judged, Kept, Made, Terms, judge};
use nhi_policy::link::Graph;
use nhi_policy::link::question::SUBJECTS;
use nhi_policy::load::load;
use nhi_policy::policy::{Packs, RuleSet, Severity};
use nhi_policy::report::model::Report;
use nhi_policy::report::{Format, Style};
use nhi_policy::time::Instant;
use rayon::prelude::*;
use tempfile::NamedTempFile;

#[path = "generate/inventory/mod.rs"]
mod inventory;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // As in the program: evaluating a nested condition takes stack.
    rayon::ThreadPoolBuilder::new().stack_size(16 << 20).build_global().unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    let rules = RuleSet::load(&Packs::default()).ok().unwrap();
    for credentials in [10_000, 100_000] {
        stages(&mut criterion, &rules, credentials);
    }
    criterion.final_summary();
}

fn stages(criterion: &mut Criterion, rules: &RuleSet, credentials: u32) {
    let mut group = criterion.benchmark_group(credentials.to_string());
    group.throughput(Throughput::Elements(credentials.into()));
    group.sample_size(10).measurement_time(Duration::from_secs(10));

    // Made when they are needed: of a run that is filtered, only some are.
    let file = LazyCell::new(|| written(credentials));
    let paths = LazyCell::new(|| [file.path().to_owned()]);
    let now = Instant::parse(inventory::AS_OF).unwrap();
    let setting = Setting { now, run_at: now, parameters: &rules.parameters };
    let graph = LazyCell::new(|| load(&*paths).ok().unwrap().link(now).ok().unwrap());

    group.bench_function("load", |bencher| {
        bencher.iter_with_large_drop(|| load(&*paths).ok().unwrap());
    });
    group.bench_function("link", |bencher| {
        let loaded = || load(&*paths).ok().unwrap();
        bencher.iter_batched(loaded, |loaded| loaded.link(now).ok(), BatchSize::PerIteration);
    });
    group.bench_function("ask", |bencher| {
        bencher.iter_with_large_drop(|| asked(&graph, rules, setting));
    });
    group.bench_function("judge", |bencher| {
        let answers = || asked(&graph, rules, setting);
        let judged = |answers| judged(&graph, rules, setting, answers);
        bencher.iter_batched(answers, judged, BatchSize::PerIteration);
    });
    group.bench_function("report", |bencher| {
        let report = judged(&graph, rules, setting, asked(&graph, rules, setting));
        let style = Style { color: false, width: 100, quiet: true, statistics: false };
        bencher.iter(|| {
            let mut out = BufWriter::new(io::sink());
            Format::Json.write(&report, style, &mut out).unwrap();
        });
    });
    group.finish();
}

/// An inventory in a file, which is there for as long as it is held.
fn written(credentials: u32) -> NamedTempFile {
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    let mut out = BufWriter::new(&file);
    inventory::write(&inventory::Shape::of(credentials), &mut out).unwrap();
    out.flush().unwrap();
    drop(out);
    file
}

fn asked(graph: &Graph, rules: &RuleSet, setting: Setting<'_>) -> Answers {
    ask(graph, rules, setting, Depth::default(), &SUBJECTS, &|_| {})
}

fn judged<'a>(
    graph: &'a Graph,
    rules: &'a RuleSet,
    setting: Setting<'a>,
    Answers { hits, tallies, .. }: Answers,
) -> Report<Made<'a>> {
    let hits = hits.into_par_iter().flatten();
    let kept = hits.map(|hit| Kept::new(graph, rules, setting, hit));
    let kept = kept.collect();
    let judged = Judged { tallies, kept, waivers: Vec::new(), exceptions: Vec::new() };
    let terms =
        Terms { fail_on: Severity::Low, expect: Terms::least(), as_of_origin: "generated_at" };
    judge(graph, rules, judged, setting, &terms)
}
