use super::IMPORTER;
use crate::import::convert::trial::{Made, json, json_with};

fn with_hr(text: &str) -> Made {
    let people = [("0012", "ada@corp.example", "ada"), ("0013", "lee@corp.example", "lee")];
    json_with(&IMPORTER, text, &people, crate::import::setting::Setting::default())
}

const TOKENS: &str = r#"[
    {"id": 41, "name": "mine", "revoked": false, "created_at": "2025-07-23T14:31:47.729Z", "scopes": ["api"], "user_id": 3,
     "last_used_at": null, "active": true, "expires_at": null},
    {"id": 42, "name": "stale", "revoked": false, "created_at": "2025-01-20T22:11:48.151Z", "scopes": ["api"], "user_id": 141,
     "active": true, "expires_at": "2026-01-31", "access_level": 50, "resource_type": "project", "resource_id": 12},
    {"id": 43, "revoked": true, "created_at": "2025-01-21T12:12:38.123Z", "scopes": ["read_api"], "user_id": 141, "active": false,
     "last_used_at": "2026-02-13T10:34:57.178Z", "expires_at": "2026-01-31", "access_level": 40},
    {"id": 44, "revoked": false, "created_at": "2025-01-21T12:12:38Z", "scopes": [], "user_id": 3, "active": false, "expires_at": "2026-05-31"},
    {"id": 45, "revoked": false, "created_at": "2025-01-21T12:12:38Z", "scopes": [], "user_id": 3, "active": false, "expires_at": "2026-06-02"}
]"#;

#[test]
fn a_token_dies_at_the_first_instant_of_its_day() {
    let made = json(&IMPORTER, TOKENS);
    let stale = made.one("credentials", "gitlab:token:42");
    assert_eq!(stale["expires_at"], "2026-01-31T00:00:00Z");
    // As of the listing: rules say that the two don't go together.
    assert_eq!((&stale["status"], &stale["expiry"]), (&"active".into(), &"fixed".into()));
    assert_eq!(made.one("entitlements", "gitlab:token:42#access")["status"], "expired");
}

#[test]
fn null_is_never_and_a_missing_column_is_unknown() {
    let made = json(&IMPORTER, TOKENS);
    let mine = made.one("credentials", "gitlab:token:41");
    assert_eq!((&mine["expiry"], &mine["last_used_state"]), (&"never".into(), &"never".into()));
    assert_eq!(mine["last_rotated_at"], "2025-07-23T14:31:47.729Z");
    assert_eq!(mine["tags"]["type"], "personal access token");
    assert_eq!(made.one("credentials", "gitlab:token:42")["last_used_state"], "unknown");
}

#[test]
fn both_flags_and_the_date_decide() {
    let made = json(&IMPORTER, TOKENS);
    let status = |id: &str| made.one("credentials", id)["status"].clone();
    assert_eq!(status("gitlab:token:43"), "revoked");
    assert_eq!(status("gitlab:token:44"), "expired");
    assert_eq!(status("gitlab:token:45"), "inactive");
    assert_eq!(made.one("credentials", "gitlab:token:43")["tags"]["used_after_its_end"], "true");
}

#[test]
fn tokens_of_groups_and_projects_are_bots() {
    let made = json(&IMPORTER, TOKENS);
    let bot = made.one("accounts", "gitlab:141");
    assert_eq!(
        (&bot["type"], &bot["identity"]),
        (&"service".into(), &"workload:gitlab:141".into())
    );
    let right = made.one("entitlements", "gitlab:token:42#access");
    assert_eq!((&right["role"], &right["privileged"]), (&"Owner".into(), &true.into()));
    assert_eq!(right["resource"], "project:12");
    assert_eq!(made.one("entitlements", "gitlab:token:43#access").get("privileged"), None);
    assert_eq!(made.one("accounts", "gitlab:3").get("type"), None);
}

#[test]
fn users_have_states_and_bots_have_names() {
    let made = with_hr(
        r#"{"users": [
            {"id": 7, "username": "x7", "name": "A", "state": "ldap_blocked", "email": "ada@corp.example", "is_admin": true,
             "last_sign_in_at": "2026-01-01T00:00:00.000Z", "current_sign_in_at": "2026-02-01T00:00:00.000Z", "last_activity_on": "2026-03-01"},
            {"id": 8, "username": "lee", "name": "L", "state": "active", "locked": true, "current_sign_in_at": null},
            {"id": 9, "username": "project_3_bot_4ff", "name": "ci", "state": "active"},
            {"id": 10, "username": "runner", "name": "r", "state": "deactivated", "bot": true},
            {"id": 11, "username": "service_account_33", "name": "s"},
            {"id": 12, "username": "project_lead", "name": "p", "state": "hologram"}]}"#,
    );
    let ada = made.one("accounts", "gitlab:7");
    assert_eq!((&ada["status"], &ada["privileged"]), (&"disabled".into(), &true.into()));
    assert_eq!(
        (&ada["identity"], &ada["last_login_at"]),
        (&"person:0012".into(), &"2026-02-01T00:00:00Z".into())
    );
    let lee = made.one("accounts", "gitlab:8");
    assert_eq!((&lee["status"], &lee["identity"]), (&"locked".into(), &"person:0013".into()));
    assert_eq!(made.one("workloads", "gitlab:9")["kind"], "bot");
    assert_eq!(made.one("workloads", "gitlab:10")["status"], "disabled");
    assert_eq!(made.one("workloads", "gitlab:11")["kind"], "service_account");
    assert_eq!(made.one("accounts", "gitlab:11")["status"], "unknown");
    let lead = made.one("accounts", "gitlab:12");
    assert_eq!((lead.get("type"), &lead["status"]), (None, &"unknown".into()));
}

#[test]
fn the_end_of_a_member_is_the_memberships() {
    let made = with_hr(
        r#"[{"id": 7, "username": "ada", "name": "A", "state": "active", "access_level": 50, "created_at": "2025-01-01T00:00:00Z",
             "expires_at": "2026-09-01", "created_by": {"id": 8, "username": "lee"}},
            {"id": 8, "username": "lee", "name": "L", "state": "active", "access_level": 30, "expires_at": null},
            {"id": 9, "username": "eve", "name": "E", "state": "active", "access_level": 0}]"#,
    );
    let right = made.one("entitlements", "gitlab:7#50@2025-01-01T00:00:00Z");
    assert_eq!((&right["role"], &right["privileged"]), (&"Owner".into(), &true.into()));
    assert_eq!(
        (&right["granted_at"], &right["expires_at"]),
        (&"2025-01-01T00:00:00Z".into(), &"2026-09-01T00:00:00Z".into())
    );
    assert_eq!(right["granted_by"], "person:0013");
    let account = made.one("accounts", "gitlab:7");
    assert_eq!((account.get("created_at"), account.get("expires_at")), (None, None));
    assert_eq!(made.one("entitlements", "gitlab:8#30@member")["role"], "Developer");
    assert_eq!(made.counts.refused["a member without access"].0, 1);
}

#[test]
fn keys_and_deploy_tokens_are_nobodys() {
    let made = json(
        &IMPORTER,
        r#"[{"id": 1, "title": "A", "created_at": "2022-05-30T12:28:27.855Z", "expires_at": null, "key": "ssh-ed25519 A", "can_push": true},
            {"id": 2, "title": "B", "created_at": "2022-05-30T12:28:27.855Z", "fingerprint": "40:8e", "can_push": false},
            {"id": 3, "title": "C", "key": "ssh-ed25519 A", "usage_type": "auth"},
            {"id": 5, "name": "pull", "username": "gitlab+deploy-token-5", "expires_at": "2026-02-14T00:00:00.000Z", "revoked": false,
             "expired": false, "scopes": ["read_registry"]}]"#,
    );
    let key = made.one("credentials", "gitlab:key:1");
    assert_eq!((&key["expiry"], &key["scopes"][0]), (&"never".into(), &"write_repository".into()));
    assert_eq!(made.one("credentials", "gitlab:key:2")["expiry"], "unknown");
    let token = made.one("credentials", "gitlab:deploy-token:5");
    assert_eq!((&token["status"], token.get("created_at")), (&"active".into(), None));
    assert_eq!(
        (&token["expires_at"], &token["last_used_state"]),
        (&"2026-02-14T00:00:00Z".into(), &"not_tracked".into())
    );
    assert_eq!(made.count("accounts"), 0);
    assert_eq!(made.counts.refused["a key that doesn't say whose it is"].0, 1);
}

#[test]
fn what_says_nothing_of_access_is_refused_with_a_reason() {
    let made = json(
        &IMPORTER,
        r#"[{"message": "401 Unauthorized"}, {"object_kind": "access_token", "object_attributes": {"id": 1, "user_id": 2}},
            {"key": "A", "value": "never read", "variable_type": "env_var"}, {"source_id": 1, "access_level": 20},
            {"id": 1, "name": "Reader", "base_access_level": 10}, {"id": 1, "path_with_namespace": "a/b", "full_path": "a/b"}]"#,
    );
    assert_eq!((made.counts.refusals(), made.counts.written), (6, 0));
    assert!(made.records.is_empty());
}
