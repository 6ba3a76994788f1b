//! How rules compile: what of them only Cedar can tell.

use super::compile::Target;
use super::condition::{Condition, Setting};
use crate::policy::schema::Env;
use crate::policy::{Rule, RuleSet};
use crate::time::Instant;

/// How a rule compiles for one kind of question.
pub struct Compiled {
    /// The kind of question.
    pub env: Env,
    /// The expressions that are left to Cedar; without any, the compiled condition is exact.
    pub maybe: Vec<String>,
}

/// How a rule compiles, for each kind of question that it is asked.
pub fn of(rule: &Rule, rules: &RuleSet) -> Vec<Compiled> {
    let (now, run_at) = (Instant::EPOCH, Instant::EPOCH);
    let setting = Setting { now, run_at, parameters: &rules.parameters };
    let target = Target { types: &rules.types, graph: None, setting };
    let compiled = |env: &Env| Compiled {
        env: *env,
        maybe: Condition::of(rule, *env, target).unknown().to_vec(),
    };
    let mut envs: Vec<&Env> = rule.envs.iter().collect();
    envs.sort_unstable();
    envs.dedup();
    envs.into_iter().map(compiled).collect()
}
