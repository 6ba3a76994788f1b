//! How rules compile, as `rules --plan` tells it.

use crate::run::{folder, nhi, rule};

#[test]
fn the_bundled_rules_compile_exactly() {
    let plan = nhi("rules --plan --isolated --format json").run().exits(0).json();
    let rules = plan.as_array().unwrap();
    assert!(rules.len() > 70);
    for rule in rules {
        let environments = rule["environments"].as_array().unwrap();
        assert!(!environments.is_empty(), "{}", rule["id"]);
        for environment in environments {
            assert_eq!(environment["exact"], true, "{}: {environment}", rule["id"]);
        }
    }
    let text = nhi("rules --plan --isolated").run().exits(0).out;
    assert!(text.contains("leaver-account-live\n  exact  Person hold Account\n"), "{text}");
    assert!(text.contains(" exact, 0 left to Cedar"), "{text}");
}

#[test]
fn what_only_cedar_can_tell_is_shown_with_where_that_is() {
    let odd = "decimal(\"1.0\").lessThan(decimal(\"2.0\"))";
    let head = "action == Action::\"hold\", resource";
    let condition =
        format!("when {{ (resource is Account && resource.live && {odd}) || resource is Group }}");
    let folder = folder(&[("pack/odd.cedar", &rule("odd", "low", head, &condition))]);
    let plan = |format: &str| {
        let run = nhi("rules --plan --isolated --no-bundled --policies pack --format").arg(format);
        run.at(folder.path()).run().exits(0)
    };
    let text = plan("text").out;
    let maybe =
        "  maybe  Person hold Account\n           decimal(\"1.0\")\n           decimal(\"2.0\")\n";
    assert!(text.contains(maybe), "{text}");
    // Of groups nothing of it is asked.
    assert!(text.contains("  exact  Person hold Group\n"), "{text}");
    let markdown = plan("markdown").out;
    let row = "| Person hold Account | maybe | `decimal(\"1.0\")`, `decimal(\"2.0\")` |";
    assert!(markdown.contains(row), "{markdown}");
    let json = plan("json").json();
    let environments = json[0]["environments"].as_array().unwrap().iter();
    let maybe: Vec<_> = environments.filter(|one| one["exact"] == false).collect();
    assert!(maybe.len() == 3, "{json}");
    assert!(maybe.iter().all(|one| one["maybe"][0] == "decimal(\"1.0\")"), "{json}");
}
