use super::*;
use serde_json::json;

fn rank(listed: bool, newer: i64) -> Rank {
    Rank { listed, newer: Some(newer) }
}

fn merge(kind: Kind, said: &[(Rank, &Value)], conflicts: &mut Conflicts) -> Merged {
    let parts: Vec<Part> = said.iter().map(|(rank, record)| Part::new(*rank, record)).collect();
    let read = |at: usize| Ok::<_, std::convert::Infallible>(said[at].1.clone());
    let Ok(merged) = super::merge(kind, &parts, read, conflicts);
    merged
}

#[test]
fn a_listing_counts_more_than_a_mention_and_lists_are_united() {
    let mut conflicts = Conflicts::new();
    let mention = json!({"id": "g", "members": ["account:a"], "source": "u", "source_ref": "u:1"});
    let other = json!({"id": "g", "members": ["account:b"], "source": "u", "source_ref": "u:2"});
    let listing = json!({"id": "g", "name": "Admins", "privileged": true, "source": "g", "source_ref": "g:1"});
    let merged = merge(
        Kind::Group,
        &[(rank(false, 9), &mention), (rank(false, 9), &other), (rank(true, 1), &listing)],
        &mut conflicts,
    );
    assert_eq!(
        merged.record,
        json!({"id": "g", "name": "Admins", "privileged": true, "members": ["account:a", "account:b"],
        "source": "g", "source_ref": "g:1"})
    );
    assert!(conflicts.is_empty());
}

#[test]
fn of_contradictions_the_one_that_gives_access_is_kept_and_reported() {
    let mut conflicts = Conflicts::new();
    let off = json!({"id": "a", "status": "disabled", "last_login_at": "2026-01-01T00:00:00Z"});
    let on = json!({"id": "a", "status": "enabled", "last_login_at": "2026-01-01T00:00:00.500Z"});
    let merged =
        merge(Kind::Account, &[(rank(true, 1), &off), (rank(true, 1), &on)], &mut conflicts);
    assert_eq!(
        (&merged.record["status"], &merged.record["last_login_at"]),
        (&json!("enabled"), &json!("2026-01-01T00:00:00.500Z"))
    );
    assert_eq!(conflicts.keys().next(), Some(&("account", "status".to_owned())));
    // A newer export knows better.
    conflicts.clear();
    let merged =
        merge(Kind::Account, &[(rank(true, 1), &on), (rank(true, 2), &off)], &mut conflicts);
    assert_eq!(merged.record["status"], "disabled");
    assert!(conflicts.is_empty());
}

#[test]
fn of_two_employments_the_later_one_counts() {
    let mut conflicts = Conflicts::new();
    let first = json!({"id": "7", "name": "Ada", "status": "terminated", "started_at": "2020-01-01T00:00:00Z", "ended_at": "2022-01-01T00:00:00Z"});
    let again =
        json!({"id": "7", "name": "ada", "status": "active", "started_at": "2025-01-01T00:00:00Z"});
    let merged =
        merge(Kind::Person, &[(rank(true, 1), &first), (rank(true, 1), &again)], &mut conflicts);
    assert_eq!(
        (&merged.record["status"], &merged.record["started_at"]),
        (&json!("active"), &json!("2025-01-01T00:00:00Z"))
    );
    assert!(conflicts.is_empty());
    let (left, here) =
        (json!({"id": "7", "status": "terminated"}), json!({"id": "7", "status": "active"}));
    for parts in [[&left, &here], [&here, &left]] {
        let merged = merge(Kind::Person, &parts.map(|part| (rank(true, 1), part)), &mut conflicts);
        assert_eq!(merged.record["status"], "terminated");
    }
    assert_eq!(conflicts.values().map(|(count, _)| *count).sum::<u64>(), 2);
    // A first day that isn't known is not the earlier one.
    let here = json!({"id": "7", "status": "active", "started_at": "2026-01-01T00:00:00Z"});
    let merged =
        merge(Kind::Person, &[(rank(true, 1), &here), (rank(true, 1), &left)], &mut conflicts);
    assert_eq!((&merged.record["status"], merged.contradicting), (&json!("terminated"), vec![1]));
}

#[test]
fn login_names_are_the_same_in_any_case() {
    let mut conflicts = Conflicts::new();
    let (one, other) =
        (json!({"id": "a", "username": "Bo@x"}), json!({"id": "a", "username": "bo@x"}));
    let merged =
        merge(Kind::Account, &[(rank(true, 1), &one), (rank(true, 1), &other)], &mut conflicts);
    assert!(conflicts.is_empty() && merged.contradicting.is_empty());
}

#[test]
fn the_time_of_a_file_decides_nothing() {
    let mut conflicts = Conflicts::new();
    let on = json!({"id": "a", "status": "enabled", "username": "ada"});
    let off = json!({"id": "a", "status": "deleted", "username": "bob"});
    let unknown = Rank { listed: true, newer: None };
    let merged = merge(Kind::Account, &[(unknown, &off), (rank(true, 9), &on)], &mut conflicts);
    assert_eq!(merged.record["status"], "enabled");
    let merged = merge(Kind::Account, &[(unknown, &on), (rank(true, 9), &off)], &mut conflicts);
    assert_eq!((&merged.record["status"], merged.contradicting), (&json!("enabled"), vec![0]));
}

#[test]
fn rows_that_differ_in_a_tag_are_reported() {
    let mut conflicts = Conflicts::new();
    let one =
        json!({"id": "a", "tags": {"department": "Sales", "linked_by": "email", "cost": "1"}});
    let other =
        json!({"id": "a", "tags": {"department": "Legal", "linked_by": "user_name", "more": "2"}});
    let merged =
        merge(Kind::Account, &[(rank(true, 1), &one), (rank(true, 1), &other)], &mut conflicts);
    let tags = json!({"department": "Sales", "linked_by": "email", "cost": "1", "more": "2"});
    assert_eq!(merged.record["tags"], tags);
    let fields: Vec<&str> = conflicts.keys().map(|(_, field)| field.as_str()).collect();
    assert_eq!(fields, ["tags.department"]);
    assert!(merged.contradicting.is_empty());
    // A newer export knows better, and what only mentions it says nothing against what lists it.
    conflicts.clear();
    merge(Kind::Account, &[(rank(true, 2), &one), (rank(true, 1), &other)], &mut conflicts);
    merge(Kind::Account, &[(rank(true, 1), &one), (rank(false, 1), &other)], &mut conflicts);
    assert!(conflicts.is_empty());
}
