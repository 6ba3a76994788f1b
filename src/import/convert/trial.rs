//! For the tests of importers: what they make of a text, records by kind and counts.
#![allow(clippy::missing_panics_doc, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;

use super::*;
use crate::import::batch::Counts;
use crate::import::pages::Pages;

/// The records of a kind (`accounts`), without `source`; and what came of the rows.
pub struct Made {
    /// All records, by kind, in the order in which they were written; not merged.
    pub records: BTreeMap<&'static str, Vec<serde_json::Value>>,
    /// What came of the rows.
    pub counts: Counts,
    /// The columns that were not read.
    pub unused: Vec<String>,
    /// The words that meant no time: column, word.
    pub sentinels: Vec<(String, String)>,
    /// What wrappers say.
    pub pages: Pages,
    /// Secrets that were about to be written.
    pub secrets: Vec<String>,
}

impl Made {
    /// The only record of that kind and id.
    pub fn one(&self, kind: &str, id: &str) -> &serde_json::Value {
        let all = self.records.get(kind).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<_> = all.iter().filter(|record| record["id"] == id).collect();
        let ids: Vec<_> = all.iter().map(|record| &record["id"]).collect();
        assert_eq!(found.len(), 1, "{kind} {id} among {ids:?}; refused: {:?}", self.counts.refused);
        found[0]
    }

    /// How many records of a kind were written.
    pub fn count(&self, kind: &str) -> usize {
        self.records.get(kind).map_or(0, Vec::len)
    }
}

/// Reads a JSON text as rows of an importer, in two rounds, as an import does.
pub fn json(importer: &'static Importer, text: &str) -> Made {
    json_with(importer, text, &[], crate::import::setting::Setting::default())
}

/// The same with people of HR (number, e-mail, user name), and what the user says.
pub fn json_with(
    importer: &'static Importer,
    text: &str,
    people: &[(&str, &str, &str)],
    setting: crate::import::setting::Setting,
) -> Made {
    use crate::import::people::Known;
    let export = Export {
        id: "x.json".into(),
        kind: importer.kind,
        exported_at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
        setting,
        plan: None,
    };
    let mut context = Context::default();
    for (number, email, user_name) in people {
        context.people.add(&Known {
            id: (*number).into(),
            employee_number: Some((*number).into()),
            emails: vec![(*email).into()],
            user_names: vec![(*user_name).into()],
        });
    }
    let mut first = Converter::new(importer, &context, &export, 0, false);
    first.value(&serde_json::from_str(text).unwrap(), "x.json", "", false);
    let first = first.finish();
    let Converted { mut batch, pages, held, .. } = first;
    context.learn(std::mem::take(&mut batch.learned));
    let mut second = Converter::new(importer, &context, &export, 0, true);
    for (_, row) in &held {
        second.value(&serde_json::from_str(row).unwrap(), "x.json", "/held", true);
    }
    let second = second.finish().batch;
    batch.columns.merge(&second.columns);
    let mut records: BTreeMap<&'static str, Vec<serde_json::Value>> = BTreeMap::new();
    for batch in [&batch, &second] {
        for (kind, lines) in crate::inventory::Kind::ALL.iter().zip(&batch.records) {
            for line in lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                let line = line.strip_suffix(b",").unwrap_or(line);
                let mut record: serde_json::Value = serde_json::from_slice(line).unwrap();
                let members = record.as_object_mut().unwrap();
                members.remove("source");
                members.remove("source_ref");
                records.entry(kind.plural()).or_default().push(record);
            }
        }
    }
    // The same mention by several rows is merged by the import.
    records.values_mut().for_each(|list| {
        let mut seen = Vec::new();
        list.retain(|record| {
            let new = !seen.contains(record);
            seen.push(record.clone());
            new
        });
    });
    let mut counts = batch.counts;
    // For tests, all lists of one wrapper are one.
    let pages = pages.finish().into_iter().fold(Pages::new(), |mut all, (place, page)| {
        let wrapper = place.split(' ').next().unwrap_or_default().to_owned();
        let known = all.entry(wrapper).or_default();
        known.rows += page.rows;
        known.next |= page.next;
        known.total = known.total.max(page.total);
        all
    });
    counts.later = 0;
    counts.merge(second.counts);
    Made {
        records,
        counts,
        unused: batch.columns.unused(),
        sentinels: batch.columns.sentinels().into_keys().collect(),
        pages,
        secrets: batch.secrets.into_iter().chain(second.secrets).collect(),
    }
}

/// The AWS credential report and an HR table are read through here too.
pub fn csv(importer: &'static Importer, text: &str) -> Made {
    let content = serde_json::json!({ "Content": text });
    json(importer, &content.to_string())
}
