//! Asks about things that only pass: which of them might have a finding.
//!
//! Cedar isn't asked here, but for the sample of what the conditions exclude. What a condition does
//! not surely exclude is kept, and put to Cedar with everything else.

use std::ops::Range;

use cedar_policy::pst::{Expr, Literal};
use cedar_policy::{EntityUid, PrincipalConstraint, ResourceConstraint};

use rayon::prelude::*;

use super::audit::{Audit, Sample};
use super::cedar::{Batch, Cedar};
use super::condition::Setting;
use super::language::Language;
use super::slice::Slices;
use super::{Answers, Asked, Counts, Hit, Tally, add_up, chunks, sum_up};
use crate::fault::Faults;
use crate::inventory::Row;
use crate::link::question::SUBJECTS;
use crate::link::{Graph, Node, NodeKind};
use crate::policy::{Rule, RuleSet, lint};

/// The rules, as what passes is put to them.
pub struct Sieve<'r> {
    rules: &'r RuleSet,
    language: Language,
    slices: Slices,
    sample: Sample,
    /// How often it was asked.
    asked: u64,
    counts: Counts,
}

impl<'r> Sieve<'r> {
    /// A sieve for a graph, which so many things are to pass. None where a rule names one of them:
    /// what it says of that one can't be known of the others before it has come.
    pub fn new(
        graph: &Graph,
        rules: &'r RuleSet,
        setting: Setting<'r>,
        audit: Audit,
        passing: u64,
    ) -> Option<Self> {
        if rules.rules.iter().any(|rule| rule.enabled && names_passing(rule)) {
            return None;
        }
        let slices = Slices::new(graph, rules, setting);
        let kept: u64 = SUBJECTS.iter().map(|kind| u64::from(graph.population(*kind))).sum();
        let sample = Sample::new(audit, graph, rules, kept + passing);
        let counts = slices.no_counts();
        let language = Language::new(rules, setting);
        Some(Self { rules, language, slices, sample, asked: 0, counts })
    }

    /// Asks about all things of a kind that are here: the rows of those that may have a finding.
    ///
    /// # Errors
    /// Where Cedar says something else than a compiled condition.
    pub fn may_fire(&mut self, graph: &Graph, kind: NodeKind) -> Result<Vec<Row>, Faults> {
        self.asked += 1;
        let (slices, sample) = (&self.slices, self.sample.of_part(self.asked));
        let asked = Asked { graph, slices, everything: false, sample };
        let cedar = Cedar::new(graph, slices.mentioned(), &self.language);
        let parts: Vec<_> = chunks(graph, kind)
            .into_par_iter()
            .map(|rows| asked.about_passing(kind, rows, &cedar))
            .collect();
        let mut answers = Answers { hits: Vec::new(), tallies: Vec::new(), disputes: Vec::new() };
        let mut may = Vec::new();
        for (rows, disputes, counts) in parts {
            may.extend(rows);
            answers.disputes.extend(disputes);
            sum_up(&mut self.counts, counts);
        }
        answers.agreed(graph, self.rules)?;
        Ok(may)
    }

    /// Takes what it counted of things that are here again, and that are asked about once more, off
    /// what it has counted.
    pub fn uncount(&mut self, graph: &Graph) {
        for kind in [NodeKind::Credential, NodeKind::Entitlement] {
            for row in 0..graph.population(kind) {
                graph.questions(Node::new(kind, row), |question| {
                    let Some((number, slice)) = self.slices.of(question) else { return };
                    let mut counts = slice.no_counts();
                    slice.count(graph, question, &mut counts);
                    let Some((total, missing)) = self.counts.get_mut(number) else { return };
                    *total -= counts.0;
                    missing.iter_mut().zip(counts.1).for_each(|(sum, count)| *sum -= count);
                });
            }
        }
    }

    /// What is known of each rule, of what has only passed.
    pub fn tallies(&self) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); self.rules.rules.len()];
        add_up(&mut tallies, &self.slices.all, &self.counts);
        tallies
    }
}

impl Asked<'_> {
    /// Which of some things may have a finding, what Cedar says of the sample, and what was counted.
    fn about_passing(
        &self,
        kind: NodeKind,
        rows: Range<Row>,
        cedar: &Cedar<'_>,
    ) -> (Vec<Row>, Vec<Hit>, Counts) {
        let graph = self.graph;
        let (mut counts, mut audited) = (self.slices.no_counts(), Batch::default());
        let (mut sampled, mut found) = (Vec::new(), Vec::new());
        for row in rows {
            let mut may = false;
            graph.questions(Node::new(kind, row), |question| {
                let Some((number, slice)) = self.counted(question, &mut counts) else { return };
                // What is kept is asked about again, whatever else is true of it.
                if !may {
                    may = self.candidates(slice, question, &mut sampled).next().is_some();
                    audited.add(question, number, sampled.drain(..));
                }
            });
            found.extend(may.then_some(row));
        }
        (found, cedar.judge(&audited), counts)
    }
}

/// Whether a rule names a single credential or entitlement.
fn names_passing(rule: &Rule) -> bool {
    let passes = |of: &str| ["Credential", "Entitlement"].contains(&of);
    let head = |uid: &EntityUid| passes(&uid.type_name().to_string());
    let head = match (rule.policy.principal_constraint(), rule.policy.resource_constraint()) {
        (
            PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::In(uid)
            | PrincipalConstraint::IsIn(_, uid),
            _,
        ) if head(&uid) => true,
        (
            _,
            ResourceConstraint::Eq(uid)
            | ResourceConstraint::In(uid)
            | ResourceConstraint::IsIn(_, uid),
        ) => head(&uid),
        _ => false,
    };
    let mut named = head;
    for expr in lint::expressions(&rule.clauses) {
        lint::visit(expr, |expr| {
            if let Expr::Literal(Literal::EntityUID(uid)) = expr {
                named |= passes(&uid.ty.to_string());
            }
        });
    }
    named
}
