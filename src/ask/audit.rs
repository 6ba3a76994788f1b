//! A sample of what the conditions exclude is put to Cedar all the same, in every check: whoever
//! trusts a report need not trust the compiler of conditions.
//!
//! What is in the sample follows from the question, the rule, the inventory's digest and the
//! rules' alone, so that every run takes the same, whatever the number of threads.

use std::num::NonZeroU64;

use twox_hash::XxHash3_64;

use super::cedar::Verdict;
use super::{Answers, Hit};
use crate::fault::{Fault, Faults, quote};
use crate::link::{Graph, Node, Question};
use crate::policy::RuleSet;

/// How much of what conditions exclude is put to Cedar: one in so many, or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit(pub Option<NonZeroU64>);

impl Audit {
    /// What a check takes unless it is told otherwise: one in so many.
    pub const USUAL: NonZeroU64 = match NonZeroU64::new(10_000) {
        Some(rate) => rate,
        None => NonZeroU64::MIN,
    };
    /// Nothing, where everything is put to Cedar anyway.
    pub const NOTHING: Self = Self(None);
}

impl Default for Audit {
    fn default() -> Self {
        Self(Some(Self::USUAL))
    }
}

/// Which pairs of a question and a rule are taken.
pub(super) struct Sample {
    seed: u64,
    /// Of 2^32 hashes, how many.
    taken: u64,
}

impl Sample {
    /// The sample of one inventory with so many things, and of rules. Of a small one more is taken,
    /// so that it is some.
    pub(super) fn new(audit: Audit, graph: &Graph, rules: &RuleSet, things: u64) -> Self {
        let Some(rate) = audit.0 else { return Self { seed: 0, taken: 0 } };
        let rate = rate.get().min((things / 8).max(1));
        let mut text = rules.sha256();
        graph.inventory.files.iter().for_each(|file| text += &file.sha256);
        Self { seed: XxHash3_64::oneshot(text.as_bytes()), taken: (1 << 32) / rate }
    }

    /// The sample of things whose rows are counted anew.
    pub(super) fn of_part(&self, part: u64) -> Self {
        Self { seed: mixed(self.seed ^ part), taken: self.taken }
    }

    /// A number for a question.
    #[inline]
    pub(super) fn number(&self, question: Question) -> u64 {
        let of = |node: Node| u64::from(node.row) << 8 | node.kind as u64;
        let Question { action, principal, resource } = question;
        let number = mixed(self.seed ^ of(principal));
        mixed(number ^ of(resource) ^ (action as u64) << 56)
    }

    /// Whether a question with that number and the rule are in the sample.
    #[inline]
    pub(super) fn has(&self, number: u64, rule: usize) -> bool {
        mixed(number ^ rule as u64) >> 32 < self.taken
    }
}

/// One number for another, with all bits in play.
#[inline]
fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 32).wrapping_mul(0xe703_7ed1_a0b4_28db);
    (number ^ number >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Answers {
    /// Refuses answers that Cedar doesn't share.
    ///
    /// # Errors
    /// The rules and questions of the sample that Cedar says something else about.
    pub fn agreed(&self, graph: &Graph, rules: &RuleSet) -> Result<(), Faults> {
        let mut faults = Faults::default();
        for Hit { question, rule, verdict } in &self.disputes {
            let rule = rules.rules.get(*rule).map_or("", |rule| rule.id.as_str());
            let name = |node: Node| quote(&format!("{}::{}", node.kind, graph.id(node)));
            let said = match verdict {
                Verdict::Violated => "forbids it".to_owned(),
                Verdict::Failed(reason) => format!("can't evaluate it: {reason}"),
            };
            faults.push(Fault::new(
                format!(
                    "the compiled condition of the rule {} excludes {} {} {}, but Cedar {said}",
                    quote(rule),
                    name(question.principal),
                    question.action.name(),
                    name(question.resource),
                ),
                "nothing was judged: this is a defect of nhi-policy, please report it with the \
                 rule; --exhaustive asks Cedar everything",
            ));
        }
        faults.into_result()
    }
}
