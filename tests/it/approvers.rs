//! Who may approve an exception, and for whom it is.

use serde_json::{Value, json};

use crate::run::{check, folder, sound};

/// A leaver with a live account, and what is added to that.
fn inventory(more: &[(&str, Value)]) -> Value {
    let mut inventory = sound();
    inventory["offboardings"] = json!([]);
    let gone = json!({"id": "gone", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z",
        "employee_number": "7001", "emails": ["Gone@example.org"], "user_name": "gone"});
    let account = json!({"id": "a2", "system": "vault", "status": "enabled", "type": "human",
        "identity": "gone"});
    let own = [("people", gone), ("accounts", account)];
    for (kind, record) in own.iter().chain(more) {
        inventory[*kind].as_array_mut().unwrap().push(record.clone());
    }
    inventory
}

/// What becomes of an exception, and how many findings it waives.
fn judged(inventory: &Value, exception: &Value) -> (String, u64) {
    let mut own = json!({"id": "x", "rule": "leaver-account-live", "reason": "evidence",
        "resource": {"type": "Account", "id": "a2"}, "principal": {"type": "Person", "id": "gone"},
        "approved_by": "boss", "approved_at": "2026-06-20T00:00:00Z",
        "expires_at": "2026-07-10T00:00:00Z"});
    own.as_object_mut().unwrap().extend(exception.as_object().unwrap().clone());
    own.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let exceptions = json!({"version": "1", "exceptions": [own]}).to_string();
    let folder = folder(&[("i.json", &inventory.to_string()), ("x.json", &exceptions)]);
    let run = check("i.json --exceptions x.json --format json").at(&folder).run();
    let found = run.json()["exceptions"][0].clone();
    let state = format!("{} {}", found["state"].as_str().unwrap(), found["refused_by"]);
    (state, found["waived"].as_u64().unwrap())
}

#[test]
fn two_records_of_one_human_approve_nothing_for_each_other() {
    let boss = |facts: Value| {
        let mut boss = json!({"id": "boss", "status": "active"});
        boss.as_object_mut().unwrap().extend(facts.as_object().unwrap().clone());
        inventory(&[("people", boss)])
    };
    let other = boss(json!({"employee_number": "7002", "emails": ["boss@example.org"]}));
    assert_eq!(judged(&other, &json!({})), ("active []".into(), 1));
    for same in [
        json!({"employee_number": " 7001"}),
        json!({"emails": ["x@example.org", "gone@EXAMPLE.org "]}),
        json!({"user_name": "GONE"}),
        json!({"user_name": "gone@example.org"}),
        // In full width, and with something between that can't be seen.
        json!({"user_name": "\u{ff47}one"}),
        json!({"emails": ["go\u{200b}ne@example.org"]}),
    ] {
        let refused = ("refused [\"exception-self-approved\"]".into(), 0);
        assert_eq!(judged(&boss(same.clone()), &json!({})), refused, "{same}");
    }
    // What very many have, or what says that there is none, is nobody's.
    let mut many = boss(json!({"emails": ["gone@example.org"], "employee_number": "N/A"}));
    let others = (0..40).map(|number| {
        json!({"id": format!("p{number}"), "status": "active", "employee_number": "n/a",
            "emails": ["gone@example.org"]})
    });
    many["people"].as_array_mut().unwrap().extend(others);
    assert_eq!(judged(&many, &json!({})), ("active []".into(), 1));
    // By way of a third.
    let third = json!({"id": "third", "status": "active", "employee_number": "7001",
        "user_name": "boss"});
    let mut chain = boss(json!({"user_name": "boss"}));
    chain["people"].as_array_mut().unwrap().push(third);
    assert_eq!(judged(&chain, &json!({})).1, 0);
}

#[test]
fn an_approval_of_somebody_who_was_not_there_is_none() {
    for (facts, waived) in [
        (json!({"started_at": "2026-06-20T00:00:00Z"}), 1),
        (json!({"started_at": "2026-06-20T00:00:00.001Z"}), 0),
        (json!({"ended_at": "2026-06-20T00:00:00Z", "started_at": "2026-06-25T00:00:00Z"}), 0),
        (json!({"ended_at": "2026-06-21T00:00:00Z", "started_at": "2026-06-25T00:00:00Z"}), 1),
        (json!({"ended_at": "2026-06-01T00:00:00Z", "started_at": "2026-06-20T00:00:00Z"}), 1),
        (json!({"started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-07-01T00:00:00Z"}), 1),
    ] {
        let mut boss = json!({"id": "boss", "status": "active"});
        boss.as_object_mut().unwrap().extend(facts.as_object().unwrap().clone());
        let found = judged(&inventory(&[("people", boss)]), &json!({}));
        assert_eq!(found.1, waived, "{facts}: {}", found.0);
    }
}

#[test]
fn an_exception_without_a_principal_is_never_for_two() {
    let late = |id: &str, subject: &str, system: &str| {
        let task = json!({"system": system, "action": "disable_account", "status": "pending"});
        json!({"id": id, "subject": subject, "kind": "termination",
            "effective_at": "2026-06-01T00:00:00Z", "tasks": [task]})
    };
    let also = json!({"id": "also", "status": "terminated", "ended_at": "2026-06-01T00:00:00Z"});
    let boss = json!({"id": "boss", "status": "active"});
    // Both tasks are called `O/a/b/disable_account`.
    let mut both = inventory(&[
        ("people", boss),
        ("people", also),
        ("systems", json!({"id": "b"})),
        ("systems", json!({"id": "a/b"})),
        ("offboardings", late("O", "gone", "a/b")),
        ("offboardings", late("O/a", "also", "b")),
    ]);
    let exception = |principal: Value| {
        json!({"rule": "revocation-late", "principal": principal,
            "resource": {"type": "Revocation", "id": "O/a/b/disable_account"}})
    };
    assert_eq!(judged(&both, &exception(Value::Null)).1, 0);
    let one = json!({"type": "Offboarding", "id": "O"});
    assert_eq!(judged(&both, &exception(one)), ("active []".into(), 1));
    both["offboardings"].as_array_mut().unwrap().pop();
    assert_eq!(judged(&both, &exception(Value::Null)), ("active []".into(), 1));
}

#[test]
fn what_was_seen_live_after_it_was_done_is_still_open() {
    let done = |completed: &str| {
        let task = json!({"system": "vault", "action": "disable_account", "status": "done",
            "completed_at": completed});
        let offboarding = json!({"id": "O", "subject": "gone", "kind": "termination",
            "effective_at": "2026-06-01T00:00:00Z", "tasks": [task]});
        let inventory = inventory(&[("offboardings", offboarding)]).to_string();
        let folder = folder(&[("i.json", &inventory)]);
        let report = check("i.json --format json").at(&folder).run().json();
        let times = report["revocation"]["by_system"]["vault"].clone();
        (times["done"].clone(), times["open"].clone(), times["max"].clone())
    };
    assert_eq!(done("2026-06-01T02:00:00Z"), (json!(0), json!(1), Value::Null));
    // The account may have been there still when it was last seen.
    assert_eq!(done("2026-06-30T12:00:00Z").0, json!(1));
}
