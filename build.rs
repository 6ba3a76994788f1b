//! Rebuilds the binary when a rule is added: the embedded folders are read at compile time, and
//! the compiler itself only notices changes to files that it has already seen.

fn main() {
    println!("cargo::rerun-if-changed=policies");
    println!("cargo::rerun-if-changed=schemas");
}
