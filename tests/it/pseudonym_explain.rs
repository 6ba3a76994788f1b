//! Pseudonyms where a finding is explained: neither it nor a fact that it rests on names anybody.

use std::collections::BTreeMap;

use serde_json::json;

use crate::pseudonym::{KEY, names, personal};
use crate::run::{AS_OF, check, folder, nhi, text};

const ACME: &str = "testdata/acme --exceptions testdata/exceptions.json";

#[test]
fn nobody_is_named_where_a_finding_is_explained() {
    let personal = personal();
    let place = folder(&[("key", KEY)]);
    let key = place.path().join("key");
    let findings = check(ACME).args("--format json").run().exits(1).findings();
    // One of each rule.
    let findings: BTreeMap<&str, &str> =
        findings.iter().map(|finding| (text(finding, "rule"), text(finding, "id"))).collect();
    assert!(findings.len() > 30, "{}", findings.len());
    let mut named = 0;
    for (rule, id) in findings {
        let run = || nhi("explain --isolated --as-of").arg(AS_OF).arg(id).args(ACME);
        let plain = run().run().exits(0).out;
        let hidden = run().arg("--pseudonymize").arg(&key).run().exits(0);
        let lower = [hidden.out.as_str(), &hidden.err].concat().to_lowercase();
        let told: Vec<&String> = personal.iter().filter(|string| names(&lower, string)).collect();
        assert!(told.is_empty(), "{rule}: {told:?}\n{}", hidden.out);
        let plain_lower = plain.to_lowercase();
        named += personal.iter().filter(|string| names(&plain_lower, string)).count();
        // The rule is the same.
        let parts = |out: &str| out.matches("[true] ").count() + out.matches("[false] ").count();
        assert_eq!(parts(&plain), parts(&hidden.out), "{rule}");
        assert!(hidden.out.contains(id) && hidden.out.contains(rule), "{}", hidden.out);
    }
    assert!(named > 50, "{named}");
}

#[test]
fn strangers_are_not_named_either() {
    let ended = "2026-06-01T00:00:00Z";
    let inventory = json!({
        "version": "1", "generated_at": "2026-06-30T06:00:00Z", "systems": [{"id": "gh"}],
        "people": [{"id": "p1", "name": "Émile Zola", "emails": ["ezola@x.example"], "status": "terminated", "ended_at": ended}],
        "accounts": [{"id": "gh:ezola", "system": "gh", "status": "enabled", "identity": "p1", "username": "ezola"}],
        "credentials": [{"id": "c", "kind": "password", "status": "active", "account": "gh:ezola"}],
        "offboardings": [{"id": "o", "subject": "p1", "kind": "termination", "effective_at": ended,
            "tasks": [{"system": "gh", "action": "disable_account", "status": "done", "completed_at": "2026-06-20T00:00:00Z",
                "completed_by": "Jane Doe", "verified_by": "Jane Doe", "verified_at": "2026-06-22T00:00:00Z", "evidence": "of mo@elsewhere.example"}]}],
    });
    let exceptions = json!({"version": "1", "exceptions": [{
        "rule": "leaver-account-live", "resource": {"type": "Account", "id": "gh:ezola"},
        "reason": "Asked for by émile zola and mo@elsewhere.example.", "approved_by": "Sam Stranger"}]});
    let place = folder(&[
        ("i.json", &inventory.to_string()),
        ("x.json", &exceptions.to_string()),
        ("key", KEY),
    ]);
    let both = "i.json --exceptions x.json --isolated --as-of";
    let of = |command: &str| nhi(command).args(both).arg(AS_OF).at(&place);
    let findings = of("check --format json").run().exits(1).findings();
    assert!(findings.len() > 5, "{}", findings.len());
    for finding in &findings {
        let explain = format!("explain {} --pseudonymize key", text(finding, "id"));
        let out = of(&explain).run().exits(0).out.to_lowercase();
        for name in ["zola", "mile", "jane", "sam ", "mo@", "elsewhere.example"] {
            assert!(!out.contains(name), "{name}\n{out}");
        }
    }
}
