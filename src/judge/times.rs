//! How long it takes to end access, from the instant at which it had to end.

use std::collections::BTreeMap;

use crate::inventory::vocabulary::{RevocationAction, TaskStatus, Vocabulary};
use crate::link::Graph;
use crate::report::model::{RevocationTimes, Times};
use crate::time::Instant;

const HOUR: f64 = 3_600_000.0;

/// Hours between two instants, to a tenth; what was ended before its time took none.
pub fn hours(from: Instant, to: Instant) -> f64 {
    let millis = to.since(from).0.max(0);
    #[expect(clippy::cast_precision_loss, reason = "hours to a tenth are enough")]
    let hours = millis as f64 / HOUR;
    (hours * 10.0).round() / 10.0
}

/// Times by system and by kind of offboarding, of all that were due.
pub fn of(graph: &Graph) -> RevocationTimes {
    let mut by_system: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    let mut by_kind: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for revocation in &graph.revocations {
        let offboarding = graph.inventory.offboardings.get(revocation.offboarding);
        let task = graph.task(revocation);
        // Handing over and looking again end nothing.
        let ends = task.is_none_or(|task| {
            !matches!(task.action, RevocationAction::Verify | RevocationAction::TransferOwner)
        });
        if !ends || offboarding.effective_at > graph.now {
            continue;
        }
        // What was seen live later was not ended, whatever was said.
        let contradicted = |completed: Instant| {
            graph.offboarding(revocation.offboarding).ends_access
                && !revocation.still_live.is_empty()
                && revocation.observed_at > completed
        };
        let done = task.filter(|task| task.status == TaskStatus::Done);
        let ended = done.and_then(|task| task.completed_at).filter(|at| !contradicted(*at));
        let hours = ended.map(|at| hours(offboarding.effective_at, at));
        by_kind.entry(offboarding.kind.name().to_owned()).or_default().push(hours);
        if let Some(system) = revocation.system {
            let system = graph.inventory.id(crate::inventory::Kind::System, system);
            by_system.entry(system.to_owned()).or_default().push(hours);
        }
    }
    let times = |all: BTreeMap<String, Vec<Option<f64>>>| {
        all.into_iter().map(|(name, hours)| (name, times(hours))).collect()
    };
    RevocationTimes { by_system: times(by_system), by_kind: times(by_kind) }
}

fn times(all: Vec<Option<f64>>) -> Times {
    let open = all.iter().filter(|hours| hours.is_none()).count();
    let mut done: Vec<f64> = all.into_iter().flatten().collect();
    done.sort_by(f64::total_cmp);
    // The least that so many of a hundred don't exceed.
    let rank = |percent: usize| {
        let rank = (done.len() * percent).div_ceil(100).max(1);
        done.get(rank - 1).copied()
    };
    Times {
        done: done.len() as u64,
        open: open as u64,
        p50: rank(50),
        p95: rank(95),
        max: done.last().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let made = times((1..=20).map(|hour| Some(f64::from(hour))).chain([None]).collect());
        assert_eq!((made.done, made.open), (20, 1));
        assert_eq!((made.p50, made.p95, made.max), (Some(10.0), Some(19.0), Some(20.0)));
        let one = times(vec![Some(3.0)]);
        assert_eq!((one.p50, one.p95, one.max), (Some(3.0), Some(3.0), Some(3.0)));
        assert_eq!(times(vec![None]), Times { open: 1, ..Times::default() });
    }
}
