//! The rules in Rego, by regorus: one pair of rule and record a line.

use std::error::Error;
use std::io::{BufWriter, Write};

use regorus::{Engine, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rules, inventory, output] = arguments.as_slice() else {
        return Err("usage: rego RULES INVENTORY OUTPUT".into());
    };
    let mut engine = Engine::new();
    engine.add_policy_from_file(rules)?;
    engine.set_input(Value::from_json_file(inventory)?);
    let findings = engine.eval_rule("data.lifecycle.findings".into())?;
    let mut out = BufWriter::new(std::fs::File::create(output)?);
    for finding in findings.as_set()? {
        let pair = finding.as_array()?;
        let text =
            |at: usize| pair.get(at).ok_or("a pair")?.as_string().map_err(Box::<dyn Error>::from);
        writeln!(out, "{}\t{}", text(0)?, text(1)?)?;
    }
    Ok(out.flush()?)
}
