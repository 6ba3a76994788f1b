//! The floor: an inventory's text into typed structs that borrow from it, on one core, and nothing
//! asked of them. What reads JSON with that crate can't be quicker without a second core.

use contenders::{Fault, Inventory, arguments};

fn main() -> Result<(), Fault> {
    let [parser, path] = arguments("floor serde_json|sonic-rs INVENTORY")?;
    let text = String::from_utf8(std::fs::read(path)?)?;
    let inventory: Inventory<'_> = match parser.as_str() {
        "serde_json" => serde_json::from_str(&text)?,
        "sonic-rs" => sonic_rs::from_str(&text)?,
        _ => return Err(format!("`{parser}` is no parser").into()),
    };
    println!("{}", inventory.credentials.len() + inventory.entitlements.len());
    Ok(())
}
