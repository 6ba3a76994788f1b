//! Whose an export is, only what its vendor alone writes tells.

use crate::run::{folder, nhi};

/// The kind that a file is taken for, alone.
fn kind(text: &str) -> Option<String> {
    let exports = folder(&[("x.json", text)]);
    let done = nhi("import x.json --isolated -o i.json --report r.json").at(exports.path()).run();
    if done.code != 0 {
        let unknown = done.err.contains("x.json` is no export that is known by its content");
        assert!(unknown && done.code == 2, "{}", done.err);
        return None;
    }
    let report = std::fs::read_to_string(exports.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report["sources"][0]["kind"].as_str().map(str::to_owned)
}

#[test]
fn rows_of_others_are_claimed_by_nobody() {
    for text in [
        // PagerDuty's, Snipe-IT's, Google Workspace's, Notion's and WorkOS's users.
        r#"[{"id": "PXPGF42", "type": "user", "name": "Ann", "email": "ann@corp.example", "role": "admin", "html_url": "https://x.pagerduty.example"}]"#,
        r#"[{"id": 1, "name": "Ann", "username": "ann", "state": "MT", "employee_num": "12", "email": "ann@corp.example", "department": {"id": 3, "name": "IT"}, "permissions": {"superuser": "1"}, "start_date": null, "end_date": null}]"#,
        r#"{"users": [{"id": "user-1", "kind": "admin#directory#user", "primaryEmail": "ann@corp.example", "email": "ann@corp.example", "suspended": false, "lastLoginTime": "2024-01-01T12:34:56.000Z"}]}"#,
        r#"{"object": "list", "results": [{"object": "user", "id": "d40e767c", "name": "Ann", "type": "person", "person": {"email": "ann@corp.example"}}]}"#,
        r#"{"object": "list", "data": [{"object": "user", "id": "user_01E4", "email": "ann@corp.example", "first_name": "Ann", "email_verified": true}]}"#,
        // Names and numbers that everybody has.
        r#"[{"id": "7", "displayName": "Admins"}]"#,
        r#"[{"kty": "RSA", "kid": "a", "n": "x", "e": "AQAB"}]"#,
        r#"{"errors": ["permission denied"]}"#,
        r#"{"error": {"message": "not found", "code": "x"}}"#,
        r#"[{"id": 1, "key": "color", "title": "Color"}]"#,
        r#"[{"id": 1, "full_name": "Ann Lee", "email": "ann@corp.example"}]"#,
        r#"[{"id": "r1", "name": "Reader", "permissions": ["read"]}]"#,
        r#"{"bindings": [{"source": "q", "destination": "x", "routing_key": "a"}]}"#,
        r#"[{"asset_type": "Laptop", "name": "L1", "deviceId": "9"}]"#,
        r#"[{"GroupId": "906764ac-1111-2222-3333-444455556666", "MemberId": {"UserId": "x"}, "MembershipId": "m", "IdentityStoreId": "d-1"}]"#,
        r#"{"id": "a97733ce-92a4-4e7e-8d45-8e1f3e6a69d8", "displayName": "Ann", "manager": {"id": "b", "displayName": "Bo"}}"#,
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn what_others_have_too_counts_beside_a_mark_of_the_vendors() {
    for (text, wanted) in [
        (
            r#"[{"id": "user_01", "type": "user", "email": "a@corp.example", "name": "A", "role": "user", "added_at": "2024-01-01T00:00:00Z"}]"#,
            "anthropic",
        ),
        (
            r#"[{"id": 1, "username": "ann", "name": "Ann", "state": "active", "web_url": "https://x"}]"#,
            "gitlab",
        ),
        (
            r#"[{"id": 114, "username": "service_account_33", "name": "Service account user"}]"#,
            "gitlab",
        ),
        (
            r#"{"object": "list", "data": [{"object": "organization.user", "id": "user-1", "email": "a@corp.example", "role": "owner", "added_at": 1711471533}]}"#,
            "openai",
        ),
        (r#"{"totalResults": 1, "Resources": [{"id": "7", "displayName": "Admins"}]}"#, "scim"),
        (r#"[{"id": "1", "userName": "ann", "active": true}]"#, "scim"),
        (
            r#"{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups(id,displayName)", "value": [{"id": "1", "displayName": "A"}]}"#,
            "entra",
        ),
        (
            "bindings:\n- members:\n  - user:ann@corp.example\n  role: roles/viewer\netag: x\n",
            "gcp",
        ),
        (
            r#"[{"groupId": "906764ac-1111-2222-3333-444455556666", "memberId": "906764ac-1111-2222-3333-444455556667"}]"#,
            "entra",
        ),
        (
            r#"{"bindings": [{"role": "roles/viewer", "members": ["user:ann@corp.example"]}], "etag": "x"}"#,
            "gcp",
        ),
        (r#"{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}"#, "gcp"),
        (
            r#"[{"kty": "RSA", "kid": "a", "created": "2020-01-01T00:00:00Z", "lastUpdated": "2020-01-01T00:00:00Z"}]"#,
            "okta",
        ),
        (r#"[{"login": "ann", "id": 1, "node_id": "x", "site_admin": false}]"#, "github"),
        (r#"[{"login": "ann", "id": 1}]"#, "github"),
    ] {
        assert_eq!(kind(text).as_deref(), Some(wanted), "{text}");
    }
}
