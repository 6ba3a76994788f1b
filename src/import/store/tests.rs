//! Of records that are put together.

use super::*;
use crate::time::Instant;

#[test]
fn records_of_all_kinds_are_put_together_and_merged() {
    for form in [Form::Document, Form::Lines] {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(form, folder.path()).unwrap();
        let mut batch = Batch::default();
        let mut add = |kind: Kind, id: u64, content: u64, json: &str| {
            let records = &mut batch.records[kind as usize];
            let start = records.len() as u64;
            let (before, after) = form.around(kind);
            records.extend_from_slice(format!("{before}{json}{after}").as_bytes());
            let length = u32::try_from(records.len() as u64 - start).unwrap();
            batch.entries.push(Entry {
                kind,
                id,
                content,
                start,
                length,
                source: 0,
                primary: true,
                mention: false,
                link: 0,
            });
        };
        add(Kind::System, 1, 1, r#"{"id":"s"}"#);
        add(Kind::Account, 2, 1, r#"{"id":"a","status":"disabled"}"#);
        add(Kind::Account, 3, 2, r#"{"id":"b"}"#);
        add(Kind::System, 1, 1, r#"{"id":"s"}"#);
        add(Kind::Account, 2, 3, r#"{"id":"a","status":"enabled","username":"x","type":"human"}"#);
        add(Kind::Credential, 4, 1, r#"{"id":"c"}"#);
        store.add(&batch).unwrap();
        let whole = store.finish(1, &|_| None).unwrap();
        assert_eq!((whole.count(Kind::Account), whole.count(Kind::System)), (2, 1));
        assert_eq!(whole.merged.rows, [2]);
        let at = Instant::parse("2026-01-01T00:00:00Z").unwrap();
        let file = whole.assemble(at, &[br#"{"id":"f"}"#.to_vec()]).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with('{'));
        if form == Form::Document {
            let document: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(document["accounts"].as_array().unwrap().len(), 2);
            assert_eq!(
                document["accounts"].as_array().unwrap().iter().find(|a| a["id"] == "a").unwrap()["status"],
                "enabled"
            );
            assert_eq!(document["generated_at"], "2026-01-01T00:00:00Z");
            assert_eq!(
                (
                    document["systems"].as_array().unwrap().len(),
                    document["sources"][0]["id"].as_str()
                ),
                (1, Some("f"))
            );
        } else {
            let lines: Vec<serde_json::Value> =
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines.len(), 6, "{lines:?}");
        }
    }
}
