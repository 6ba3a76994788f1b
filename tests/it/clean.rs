//! An inventory in order: as much is asked of it as of any other, and nothing is found.

use crate::run::check;

#[test]
fn nothing_is_found_in_the_clean_inventory() {
    let done = check("testdata/clean").run().exits(0);
    assert!(done.out.contains("\nverdict: pass ("), "{}", done.out);
    assert!(done.out.contains("No violations found."), "{}", done.out);
    assert_eq!(done.err, "");
    let quiet = check("testdata/clean --quiet").run().exits(0);
    assert!(
        quiet.out.starts_with("verdict: pass (") && quiet.out.lines().count() == 1,
        "{}",
        quiet.out
    );
}

#[test]
fn the_report_says_how_much_was_looked_at() {
    let report = check("testdata/clean --format json").run().exits(0).json();
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["incomplete"], serde_json::json!([]));
    for kind in report["population"].as_object().unwrap().values() {
        assert_ne!(*kind, 0, "{}", report["population"]);
    }
    // Rules about exceptions are asked where there are some.
    let rules = report["rules"].as_array().unwrap().iter();
    let rules: Vec<_> =
        rules.filter(|rule| !rule["id"].as_str().unwrap().starts_with("exception-")).collect();
    let asked = rules.iter().filter(|rule| rule["asked"].as_u64().unwrap() > 0).count();
    assert!(asked * 10 > rules.len() * 9, "only {asked} of {} rules were asked", rules.len());
}

#[test]
fn a_clean_run_closes_the_alerts_of_the_one_before() {
    let log = check("testdata/clean --format sarif").run().exits(0).json();
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}
