//! What the contenders in Rust share: the inventory's records, what is derived of them, and how a
//! finding is written.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

mod derived;
mod records;

pub use derived::{NOW, distinct};
pub use records::*;

/// Whatever ends a contender.
pub type Fault = Box<dyn Error>;

/// The words of the command line, if there are as many as the usage has.
///
/// # Errors
/// The usage, if there are not.
pub fn arguments<const COUNT: usize>(usage: &str) -> Result<[String; COUNT], Fault> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    words.try_into().map_err(|_| format!("usage: {usage}").into())
}

/// The findings of a contender: a pair of rule and record a line.
pub struct Findings(BufWriter<File>);

impl Findings {
    /// # Errors
    /// If the file can't be made.
    pub fn create(path: &str) -> Result<Self, Fault> {
        Ok(Self(BufWriter::new(File::create(path)?)))
    }

    /// # Errors
    /// Those of the file.
    pub fn add(&mut self, rule: &str, id: &str) -> Result<(), Fault> {
        Ok(writeln!(self.0, "{rule}\t{id}")?)
    }

    /// # Errors
    /// Those of the file.
    pub fn finish(mut self) -> Result<(), Fault> {
        Ok(self.0.flush()?)
    }
}
