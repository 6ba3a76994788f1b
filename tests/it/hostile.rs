//! Texts of an inventory and of exceptions are data in every format: what is in them ends no
//! string, gives no command, and makes neither a formula nor markup.

use std::collections::BTreeMap;
use std::path::Path;

use quick_xml::events::Event;
use serde_json::{Map, Value, json};

use crate::run::{check, folder, formats, root, schema};

const TEXTS: [&str; 24] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "\u{202e}turned\u{2066}",
    "zero\u{200b}width\u{feff}",
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=1>",
    "<!--",
    "=cmd|'/c calc'!A0",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "::error::x",
    "\n::error::x",
    "##[error]x",
    "%0A::error::x",
    "]]>",
    "nul\0",
    "line\r\nbreak\rand\u{2028}next",
    "'\"`\\",
    "[link](javascript:alert(1)) | cell |",
    "&amp;\u{fffe}{{x}} ${{ x }}",
];

/// Replaces the texts that are free, as a schema has them, and leaves the words that are not.
fn replace(value: &mut Value, schema: &Value, all: &Value, by: &dyn Fn(&str) -> String) {
    let name = schema["$ref"]
        .as_str()
        .or_else(|| schema["anyOf"].as_array()?.iter().find_map(|choice| choice["$ref"].as_str()));
    if let Some(name) = name {
        let name = name.rsplit('/').next().unwrap();
        return replace(value, &all["$defs"][name], all, by);
    }
    match value {
        Value::String(text) if schema["enum"].is_null() && schema["format"].is_null() => {
            *text = by(text);
        }
        Value::Array(list) => {
            list.iter_mut().for_each(|entry| replace(entry, &schema["items"], all, by));
        }
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                // Rules and types are words, and so are tags that rules read.
                if !matches!(key.as_str(), "version" | "rule" | "type" | "tags")
                    || !schema["properties"][key]["anyOf"].is_null()
                {
                    replace(value, &schema["properties"][key], all, by);
                }
            }
            if !schema["properties"]["tags"].is_null() {
                let tags = fields.entry("tags").or_insert_with(|| json!({}));
                tags.as_object_mut().unwrap().insert(by("key"), by("value").into());
            }
        }
        _ => {}
    }
}

/// A record with all texts that its kind may have.
fn filled(kind: &str, all: &Value) -> Value {
    let resolve = |field: &Value| -> Value {
        let name = field["$ref"].as_str().or_else(|| field["anyOf"][0]["$ref"].as_str());
        name.map_or(field.clone(), |name| all["$defs"][name.rsplit('/').next().unwrap()].clone())
    };
    let definition = resolve(&all["properties"][kind]["items"]);
    let mut record = Map::new();
    for (key, field) in definition["properties"].as_object().unwrap() {
        let field = resolve(field);
        let required = definition["required"].as_array().unwrap().contains(&json!(key));
        let text = format!("filled {kind} {key}");
        let is = |kind: &str| field["type"].to_string().contains(&format!("\"{kind}\""));
        let value = match &field {
            field if !field["enum"].is_null() && required => field["enum"][0].clone(),
            field if field["format"] == "date-time" && required => json!("2026-06-01T00:00:00Z"),
            field if !field["enum"].is_null() || !field["format"].is_null() => continue,
            _ if is("string") => json!(text),
            field if is("array") && field["items"]["$ref"].is_null() => json!([text]),
            _ => continue,
        };
        record.insert(key.clone(), value);
    }
    record.into()
}

/// The example as one document, with a record of each kind that has all texts.
fn example(schema: &Value) -> Value {
    let mut whole = json!({"version": "1", "generated_at": "2026-06-30T06:00:00Z"});
    let mut add = |kind: &str, record: &Value| {
        let list = whole.as_object_mut().unwrap().entry(kind).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(record.clone());
    };
    let kinds = schema["properties"].as_object().unwrap();
    for kind in kinds.keys().filter(|kind| kinds[*kind]["items"].is_object()) {
        add(kind, &filled(kind, schema));
    }
    for entry in std::fs::read_dir(root().join("testdata/acme")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        if let Ok(Value::Object(document)) = serde_json::from_str(&text) {
            for (kind, records) in &document {
                records.as_array().into_iter().flatten().for_each(|record| add(kind, record));
            }
            continue;
        }
        for line in text.lines() {
            let Value::Object(line) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
            let record = line.iter().find(|(kind, _)| kinds.contains_key(&format!("{kind}s")));
            if let Some((kind, record)) = record {
                add(&format!("{kind}s"), record);
            }
        }
    }
    whole
}

/// Every format of a check of the example whose texts are replaced, and the size of its input.
fn reports(file: &str, by: &dyn Fn(&str) -> String) -> (BTreeMap<String, String>, usize) {
    let (inventories, registers) = (schema("inventory"), schema("exceptions"));
    let mut inventory = example(&inventories);
    replace(&mut inventory, &inventories, &inventories, by);
    let text = std::fs::read_to_string(root().join("testdata/exceptions.json")).unwrap();
    let mut exceptions: Value = serde_json::from_str(&text).unwrap();
    replace(&mut exceptions, &registers, &registers, by);
    let (inventory, exceptions) = (inventory.to_string(), exceptions.to_string());
    let register = format!("exceptions {file}");
    let folder = folder(&[(file, &inventory), (&register, &exceptions)]);
    let mut run = check("--exceptions").arg(&register).arg(file).at(&folder);
    for format in formats() {
        run = run.args(&format!("-o {format}=r.{format}"));
    }
    let done = run.run().exits(1);
    plain("text", &done.out);
    plain("text", &done.err);
    let read = |format: String| {
        let path: &Path = folder.path();
        let bytes = std::fs::read(path.join(format!("r.{format}"))).unwrap();
        let text = String::from_utf8(bytes).unwrap_or_else(|_| panic!("{format} is not UTF-8"));
        (format, text)
    };
    (formats().into_iter().map(read).collect(), inventory.len() + exceptions.len())
}

/// What a terminal would obey, or a reader would not see.
fn steers(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn plain(format: &str, text: &str) {
    for line in text.lines() {
        assert!(!line.contains(steers), "{format}: {line:?}");
        let obeyed = line.trim_start().starts_with("::") || line.contains("##[");
        assert!(!obeyed, "{format}: {line}");
    }
}

/// How often each element stands in a page, with the names of its attributes.
fn elements(page: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            continue;
        }
        let (mut quoted, mut shape) = (None, String::new());
        let mut end = after.len();
        for (at, c) in after.char_indices() {
            match quoted {
                Some(quote) if c == quote => quoted = None,
                Some(_) => {}
                None if c == '>' => {
                    end = at;
                    break;
                }
                None if c == '"' || c == '\'' => quoted = Some(c),
                None => shape.push(c),
            }
        }
        rest = &after[end..];
        let name = shape.split_whitespace().next().unwrap_or("").to_owned();
        if name == "script" {
            // Its text has no elements; only its end ends it.
            rest = rest.split_once("</script").map_or("", |(_, rest)| rest);
        }
        let shape = shape.split_whitespace().collect::<Vec<_>>().join(" ");
        *found.entry(shape).or_insert(0) += 1;
    }
    found
}

fn well_formed(xml: &str) {
    let allowed = |c: char| c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}' || "\t\n\r".contains(c);
    assert!(xml.chars().all(allowed), "junit has a character that XML doesn't have");
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("junit: {error}")) {
            Event::Start(start) => {
                depth += 1;
                for attribute in start.attributes() {
                    attribute.unwrap();
                }
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => assert!(!format!("{text:?}").contains("]]>"), "]]> in a text"),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}

/// Holds a report to what its readers take it for; `harmless` is the same without hostile texts.
fn holds(format: &str, report: &str, harmless: &str) {
    let json = |text: &str| -> Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{format}: {error}"))
    };
    match format {
        "text" => plain(format, report),
        "json" | "sarif" | "oscal" | "gitlab" => drop(json(report)),
        "jsonl" | "ocsf" => {
            assert_eq!(report.lines().count(), harmless.lines().count(), "{format}");
            report.split_terminator('\n').for_each(|line| drop(json(line)));
        }
        "junit" => well_formed(report),
        "csv" => {
            let mut rows =
                csv::Reader::from_reader(report.trim_start_matches('\u{feff}').as_bytes());
            let mut count = 0;
            for row in rows.records() {
                count += 1;
                for cell in &row.unwrap_or_else(|error| panic!("{format}: {error}")) {
                    let begins = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
                    assert!(!begins && !cell.contains(steers), "{format}: {cell:?}");
                }
            }
            let expected = csv::Reader::from_reader(harmless.as_bytes()).records().count();
            assert_eq!(count, expected, "{format}");
        }
        "html" => {
            assert!(!report.contains(|c| steers(c) && c != '\t'), "{format}");
            assert_eq!(elements(report), elements(harmless), "{format}");
        }
        "markdown" => {
            assert!(!report.contains(steers), "{format}");
            for part in ["<script", "<img", "<!--"] {
                assert!(!report.contains(part), "{format} has {part}");
            }
            // In code, and after a backslash, it is no link.
            let code = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("`");
            for line in report.lines().map(|line| code(line).replace("\\](", "")) {
                assert!(!line.contains("](javascript:"), "{format}: {line}");
            }
        }
        "github" => {
            let commands = report.lines().filter(|line| line.starts_with("::")).count();
            assert!(commands <= 20, "{format}: {commands} commands");
            for line in report.lines().filter(|line| !line.trim().is_empty()) {
                let own = ["::error ", "::warning ", "::notice ", "::error::", "::notice::"];
                let own = own.iter().any(|own| line.starts_with(own));
                assert!(own && !line.contains(steers) && !line.contains("##["), "{format}: {line}");
            }
        }
        other => panic!("{other} is a new format: say here how it is read"),
    }
}

fn harmless() -> BTreeMap<String, String> {
    reports("inventory.json", &|text| format!("x{text}")).0
}

/// The number of findings by rule and status.
fn counts(report: &str) -> BTreeMap<String, usize> {
    let report: Value = serde_json::from_str(report).unwrap();
    let mut counts = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        *counts.entry(format!("{} {}", finding["rule"], finding["status"])).or_insert(0) += 1;
    }
    counts
}

#[test]
fn no_text_of_an_inventory_harms_a_reader_of_any_format() {
    let harmless = harmless();
    assert!(counts(&harmless["json"]).len() > 40);
    for shift in [0, 5, 11, 18] {
        // The same text becomes the same one everywhere: an id is still the id that others name.
        let by = |text: &str| {
            let number: usize = text.bytes().map(usize::from).sum();
            format!("{}{text}", TEXTS[(number + shift) % TEXTS.len()])
        };
        let file = "-inv\u{1b}[31m\r\n::error::x\u{202e}]]><img src=x onerror=1>,\"=1.json";
        let (reports, size) = reports(&format!("={file}"), &by);
        assert_eq!(counts(&reports["json"]), counts(&harmless["json"]));
        let parsed: Value = serde_json::from_str(&reports["json"]).unwrap();
        let parsed = parsed.to_string();
        for format in ["json", "jsonl"] {
            let raw = reports[format].contains(['\u{7f}', '\u{9b}', '\u{202e}']);
            assert!(!raw, "{format}: what steers a terminal stands there as it is");
        }
        for text in TEXTS {
            let quoted = json!(text).to_string();
            let there = parsed.contains(quoted.trim_matches('"'));
            assert!(there, "{text:?} is in no finding");
        }
        for (format, report) in &reports {
            holds(format, report, &harmless[format]);
            assert!(report.len() < 10 * size, "{format}: {} bytes of {size}", report.len());
        }
    }
}

#[test]
fn a_text_of_a_megabyte_is_written_a_few_times_at_most() {
    let harmless = harmless();
    let long = format!("<b>=\u{202e}{}", "long ".repeat(200_000));
    for chosen in ["Tomasz Wieland", "GRC-101", "filled accounts username", "aws-prod:twieland"] {
        let by = |text: &str| if text == chosen { long.clone() } else { format!("x{text}") };
        let (reports, size) = reports("inventory.json", &by);
        for (format, report) in &reports {
            holds(format, report, &harmless[format]);
            assert!(report.len() < 16 * size, "{chosen} {format}: {} of {size}", report.len());
        }
    }
}
