//! The rules in Rego, by regorus.

use contenders::{Fault, Findings, arguments};
use regorus::{Engine, Value};

fn main() -> Result<(), Fault> {
    let [rules, inventory, output] = arguments("rego RULES INVENTORY OUTPUT")?;
    let mut engine = Engine::new();
    engine.add_policy_from_file(rules)?;
    engine.set_input(Value::from_json_file(inventory)?);
    let mut findings = Findings::create(&output)?;
    for finding in engine.eval_rule("data.lifecycle.findings".into())?.as_set()? {
        let [rule, id] = finding.as_array()?.as_slice() else {
            return Err("a finding is no pair".into());
        };
        findings.add(rule.as_string()?, id.as_string()?)?;
    }
    findings.finish()
}
