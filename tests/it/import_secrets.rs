//! No secret gets through an import, whatever it stands in.

use crate::import::WORKER;
use crate::run::{folder, nhi, root};

#[test]
fn a_secret_stops_the_import_with_its_place_and_without_its_value() {
    let secret = ["gh", "p_", &"aB3".repeat(12)].concat();
    let people = format!(
        "{WORKER}1,a@corp.example,2020-01-31,,Active\n{secret},b@corp.example,2020-01-31,,Active\n"
    );
    let exports = folder(&[("people.csv", &people)]);
    let done = nhi("import people.csv -o out.json").at(exports.path()).run();
    assert_eq!(done.code, 2);
    assert!(done.err.contains("people.csv:3"), "{}", done.err);
    assert!(!done.err.contains(&secret) && !exports.path().join("out.json").exists());
}

#[test]
fn a_secret_of_another_export_stops_the_import_too() {
    // Whose an account is, another table says: in the report's own cells there is no secret.
    let secret = ["gh", "p_", &"aB3".repeat(12)].concat();
    let report = std::fs::read_to_string(root().join("testdata/exports/aws-credential-report.csv"));
    let report = report.unwrap();
    let user = report.lines().last().unwrap().split(',').next().unwrap().to_owned();
    for (person, code) in [(secret.as_str(), 2), ("somebody", 0)] {
        let links = format!("account,person\n{user},{person}\n");
        let exports = folder(&[("aws.csv", &report), ("links.csv", &links)]);
        let done = nhi("import aws.csv links.csv -o out.json").at(exports.path()).run();
        assert_eq!(done.code, code, "{}", done.err);
        assert!(!done.err.contains(&secret));
        assert_eq!(exports.path().join("out.json").exists(), code == 0);
    }
}

/// Enough lines that the last one isn't beside the first.
fn many(heading: &str, line: impl Fn(usize) -> String, last: &str) -> String {
    let lines: String = (0..60).map(|at| line(at) + "\n").collect();
    format!("{heading}\n{lines}{last}\n")
}

#[test]
fn a_secret_is_found_however_it_is_made() {
    let token = ["gh", "p_", &"aB3".repeat(12)].concat();
    let okta = ["0", "0", &"aB3-".repeat(10)].concat();
    let url = ["//joe:", "hunter22", "@db"].concat();
    let report = std::fs::read_to_string(root().join("testdata/exports/aws-credential-report.csv"));
    let report = report.unwrap();
    let user = report.lines().last().unwrap().split(',').next().unwrap().to_owned();
    let people = |last: &str| {
        let heading =
            "Employee ID,First Name,Last Name,Work Email,Employment Status,Hire Date,Manager ID";
        let line = |at: usize| format!("{at},A,B,a{at}@corp.example,Active,2020-01-31,0");
        many(heading, line, last)
    };
    let upper = token.to_uppercase();
    for (name, text) in [
        // Behind the end of a line, and what is no letter of it.
        ("people.csv", people(&format!("x,\"A\n{token}\",B,a@corp.example,Active,2020-01-31,"))),
        ("people.csv", people(&format!("x,key_{token},B,a@corp.example,Active,2020-01-31,"))),
        // Of two cells.
        ("people.csv", people("x,-----BEGIN PRIVATE,KEY-----,a@corp.example,Active,2020-01-31,")),
        // In lower case only.
        ("people.csv", people(&format!("x,A,B,{upper}@corp.example,Active,2020-01-31,"))),
        // Behind the prefix of what it refers to.
        ("people.csv", people(&format!("x,A,B,a@corp.example,Active,2020-01-31,{okta}"))),
        ("people.csv", people(&format!("x,A,B,a@corp.example,Active,2020-01-31,{url}"))),
        ("links.csv", format!("account,person\n{user},{url}\n")),
        ("links.csv", format!("account,person\n{user},workload:{okta}\n")),
        ("aws.csv", report.replace(&format!("user/{user},"), &format!("user/{user}:{okta},"))),
        // In names of files, of which there may be no record.
        (
            &format!("{token}.csv"),
            people("").replacen(",A,", &format!(",{},", "A".repeat(5000)), 1),
        ),
        (&format!("{token}/people.csv"), people("").replace("2020-01-31", "never")),
    ] {
        let files = [("report.csv", report.as_str()), (name, text.as_str())];
        let exports = folder(&files);
        let out = folder(&[]);
        let out = out.path().join("out.json");
        let done = nhi("import . -o").arg(&out).at(exports.path()).run();
        assert_eq!(done.code, 2, "{name}: {}\n{}", text.lines().last().unwrap(), done.err);
        assert!(done.err.contains("what looks like"), "{}", done.err);
        assert!(!done.err.contains(&token) && !done.err.contains(&okta), "{}", done.err);
        assert!(!out.exists());
    }
}
