//! YAML documents, one after the other, as JSON.

use std::io::{BufRead, BufReader, Read};

use crate::fault::{Fault, Text, quote};

/// No document is longer than this.
const LARGE: usize = 64 << 20;

/// Reads documents that are separated by `---`.
pub struct Documents<'n, R> {
    lines: BufReader<R>,
    name: &'n str,
    line: u64,
}

impl<'n, R: Read> Documents<'n, R> {
    /// Reads from the beginning of a text.
    pub fn new(from: R, name: &'n str) -> Self {
        Self { lines: BufReader::new(from), name, line: 0 }
    }

    /// The next document and its line.
    ///
    /// # Errors
    /// A file that can't be read, or that is no YAML.
    pub fn next(&mut self) -> Result<Option<(u64, String)>, Fault> {
        loop {
            let (mut text, mut begins, mut ended) = (String::new(), self.line + 1, false);
            loop {
                let start = text.len();
                let read = self.lines.read_line(&mut text);
                let read = read.map_err(|error| super::frame::unreadable(self.name, &error))?;
                ended |= read == 0;
                self.line += u64::from(read > 0);
                if ended || text.get(start..).is_some_and(|line| line.starts_with("---")) {
                    let rest =
                        text.get(start + 3..).unwrap_or("").trim_start_matches(' ').to_owned();
                    text.truncate(start);
                    if text.trim().is_empty() && !ended {
                        // The first line of a document may stand behind its mark.
                        text = rest;
                        begins = self.line;
                        continue;
                    }
                    break;
                }
                if text.len() > LARGE {
                    return Err(Fault::new(
                        format!("{}: a document of more than 64 MB", quote(self.name)),
                        "export it as JSON",
                    ));
                }
            }
            let only_comments =
                text.lines().all(|line| line.trim().is_empty() || line.starts_with(['#', '%']));
            if !only_comments {
                return self.json(begins, &text).map(|json| Some((begins, json)));
            }
            if ended {
                return Ok(None);
            }
        }
    }

    fn json(&self, line: u64, text: &str) -> Result<String, Fault> {
        let value: Result<serde_json::Value, _> = serde_saphyr::from_str(text);
        let value = value.map_err(|_| {
            // The line is not shown: what stands in it could be a secret.
            let place = Text { name: self.name, text: " " }.excerpt(0..1, &[], String::new());
            Fault::new(
                format!("{}: the document at line {line} is no YAML", quote(self.name)),
                "export it again, perhaps as JSON",
            )
            .at(place.moved(line, 1))
        })?;
        Ok(value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_separated_and_times_stay_texts() {
        let text = "# made\n---\na: 1\nat: 2015-06-16T00:12:59Z\n--- \nb: [x, {c: \"d\"}]\n---\n---\ne: 2026-01-02\n";
        let mut documents = Documents::new(text.as_bytes(), "x");
        let mut all = Vec::new();
        while let Some(document) = documents.next().unwrap() {
            all.push(document);
        }
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(all[0].1, r#"{"a":1,"at":"2015-06-16T00:12:59Z"}"#);
        assert_eq!(all[1].1, r#"{"b":["x",{"c":"d"}]}"#);
        assert_eq!(all[2].1, r#"{"e":"2026-01-02"}"#);
        assert!(Documents::new("apiVersion: [\n".as_bytes(), "x").next().is_err());
    }
}
