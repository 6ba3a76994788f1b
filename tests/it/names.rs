//! Names from an inventory are data: they can't steer a terminal, a CI runner or a page.

use serde_json::{Value, json};

use crate::run::{check, folder, formats, sound};

/// Terminal sequences, line breaks, marks that turn or hide text, commands of CI runners, markup.
const HOSTILE: [&str; 12] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "line\nbreak\r\nand return\rback\u{8}\u{7f}",
    "bidi\u{202e}override\u{2066}isolate",
    "zero\u{200b}width\u{feff}",
    "::error::owned",
    "\n::error::owned",
    "##[error]owned",
    "[link](http://evil.example)",
    "<script>alert(1)</script>",
    "`tick` {brace} \\ \"quote\" | =cmd()",
];

/// Leavers, accounts, secrets and systems with these names, in ids and in texts.
fn hostile() -> Value {
    let mut inventory = sound();
    for (kind, record) in [
        ("people", json!({"status": "terminated"})),
        ("systems", json!({})),
        ("accounts", json!({"status": "enabled", "type": "human"})),
        ("credentials", json!({"kind": "password", "status": "active"})),
    ] {
        for (number, name) in HOSTILE.iter().enumerate() {
            let mut record = record.clone();
            // In front, where a line could begin with it, and alone.
            record["id"] = format!("{name} {number}").into();
            match kind {
                "accounts" => {
                    record["system"] = format!("{name} {number}").into();
                    record["identity"] = format!("{name} {number}").into();
                    record["username"] = (*name).into();
                }
                "credentials" => record["account"] = format!("{name} {number}").into(),
                _ => record["name"] = (*name).into(),
            }
            if kind != "systems" {
                record["tags"] = json!({ *name: *name });
            }
            inventory[kind].as_array_mut().unwrap().push(record);
        }
    }
    inventory
}

/// What a terminal would obey, or a reader would not see.
fn steers(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn texts() -> Vec<String> {
    let file = "inv\u{1b}[31m\n::error::owned\u{202e}.json";
    let folder = folder(&[(file, &hostile().to_string())]);
    let mut texts = Vec::new();
    for columns in ["60", "80", "120"] {
        let run =
            check("--statistics").arg(file).at(&folder).env("COLUMNS", columns).run().exits(1);
        texts.extend([run.out, run.err]);
    }
    texts
}

#[test]
fn no_name_reaches_a_terminal_raw() {
    for text in texts() {
        let found: Vec<char> = text.chars().filter(|c| steers(*c)).collect();
        assert!(found.is_empty(), "{found:?}");
    }
    let first = &texts()[0];
    for shown in ["\\u{1b}[31mred", "bidi\\u{202e}override", "zero\\u{200b}width", "\\u{a}"] {
        assert!(first.contains(shown), "{shown} is not shown escaped");
    }
}

/// A runner of GitHub Actions obeys a line that begins with `::` after its blanks, and one with
/// `##[` anywhere (actions/runner, `ActionCommand.cs`).
#[test]
fn no_name_gives_a_command_to_a_ci_runner() {
    for text in texts() {
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        }
    }
}

#[test]
fn no_fault_reaches_a_terminal_raw() {
    for (number, name) in HOSTILE.iter().enumerate() {
        for (at, value) in [
            ("/people/0/status", json!(name)),
            ("/people/0", json!({"id": name, "status": "active", *name: 1})),
            ("/people/0/started_at", json!(name)),
            ("/people/0/id", json!(format!("team:{name}"))),
            ("/accounts/0/identity", json!(format!("group:{name}"))),
            ("/version", json!(name)),
            ("/credentials/0/tags", json!({ *name: 1 })),
            ("/systems", json!([{"id": name}, {"id": name}])),
        ] {
            let mut inventory = sound();
            let (parent, key) = at.rsplit_once('/').unwrap();
            let parent = inventory.pointer_mut(parent).unwrap();
            match parent {
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
                parent => parent[key] = value,
            }
            let done = check("-").input(inventory.to_string()).run().refused();
            let raw: Vec<char> = done.err.chars().filter(|c| steers(*c)).collect();
            assert!(raw.is_empty(), "{at} with name {number}: {raw:?}\n{}", done.err);
            let obeyed = done.err.lines().find(|line| line.trim_start().starts_with("::"));
            assert_eq!(obeyed, None, "{at} with name {number}");
        }
    }
}

#[test]
fn names_come_through_where_they_are_data() {
    let run =
        |format: &str| check("- --format").arg(format).input(hostile().to_string()).run().exits(1);
    let report = run("json").json();
    for (number, name) in HOSTILE.iter().enumerate() {
        let id = format!("{name} {number}");
        let mut findings = report["findings"].as_array().unwrap().iter();
        assert!(findings.any(|finding| finding["resource"]["id"] == *id), "{id:?}");
    }
    // Columns count characters, of which these names have some of each size.
    let input = hostile().to_string();
    assert!(input.len() > input.chars().count() + 10 && !input.contains('\n'));
    for finding in report["findings"].as_array().unwrap() {
        let column = usize::try_from(finding["location"]["column"].as_u64().unwrap()).unwrap();
        let rest: String = input.chars().skip(column - 1).collect();
        let record =
            serde_json::Deserializer::from_str(&rest).into_iter::<Value>().next().unwrap().unwrap();
        assert_eq!(record["id"], finding["resource"]["id"], "column {column}");
    }
    let lines = run("jsonl").out;
    for line in lines.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    // Every format is one that its readers can read, whatever is in it.
    for format in formats() {
        run(&format);
    }
}

#[test]
fn sarif_makes_no_link_and_no_markup_of_a_name() {
    let log = check("- --format sarif").input(hostile().to_string()).run().exits(1).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let messages: Vec<&str> =
        results.iter().map(|result| result["message"]["text"].as_str().unwrap()).collect();
    assert!(
        messages.iter().any(|message| message.contains("\\[link\\](http://evil.example)")),
        "{messages:#?}"
    );
    for message in messages {
        assert!(!message.chars().any(steers), "{message:?}");
        assert!(!message.replace("\\[", "").contains('['), "{message}");
    }
}
