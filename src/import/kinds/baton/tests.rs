use super::*;
use crate::import::convert::trial::{self, Made};
use crate::import::setting::Setting;

const PEOPLE: &[(&str, &str, &str)] =
    &[("0012", "ada@corp.example", "ada"), ("0013", "grace@corp.example", "grace")];

fn read(text: &str) -> Made {
    trial::json_with(&IMPORTER, text, PEOPLE, Setting::default())
}

fn resource(kind: &str, id: &str, annotation: &str) -> String {
    format!(
        r#"{{"resource": {{"id": {{"resourceType": "{kind}", "resource": "{id}"}}, "displayName": "{id} shown",
        "annotations": [{{"@type": "type.googleapis.com/c1.connector.v2.ETag"}},
            {{"@type": "type.googleapis.com/c1.connector.v2.{annotation}}}]}},
        "resourceType": {{"id": "{kind}"}}}}"#
    )
}

fn resources(list: &[String]) -> String {
    format!(r#"{{"resources": [{}]}}"#, list.join(","))
}

fn user(id: &str, rest: &str) -> String {
    resource("user", id, &format!(r#"UserTrait", {rest}"#))
}

#[test]
fn a_users_trait_says_whose_an_account_is() {
    let made = read(&resources(&[
        user(
            "u1",
            r#""status": {"status": "STATUS_ENABLED"}, "accountType": "ACCOUNT_TYPE_HUMAN", "login": "al",
            "emails": [{"address": "ADA@corp.example", "isPrimary": true}], "mfaStatus": {}, "ssoStatus": {"ssoEnabled": true},
            "createdAt": "2020-01-01T00:00:00Z", "lastLogin": "2026-02-01T10:00:00.123456Z""#,
        ),
        user("u2", r#""status": {}, "login": "x", "employeeIds": ["0013"]"#),
        user(
            "u3",
            r#""status": {"status": "STATUS_DISABLED"}, "loginAliases": ["grace"], "login": "g""#,
        ),
        user(
            "u4",
            r#""status": {"status": "STATUS_DELETED"}, "accountType": "ACCOUNT_TYPE_SYSTEM""#,
        ),
    ]));
    let ada = made.one("accounts", "baton:user:u1");
    assert_eq!((&ada["status"], &ada["type"]), (&"enabled".into(), &"human".into()));
    assert_eq!(ada["identity"], "person:0012");
    assert_eq!((&ada["tags"]["mfa"], &ada["tags"]["sso"]), (&"false".into(), &"true".into()));
    assert_eq!(ada["created_at"], "2020-01-01T00:00:00Z");
    assert_eq!(ada["last_login_at"], "2026-02-01T10:00:00.123Z");
    let grace = made.one("accounts", "baton:user:u2");
    assert_eq!((&grace["status"], &grace["identity"]), (&"unknown".into(), &"person:0013".into()));
    assert_eq!(grace.get("type"), None);
    assert_eq!(grace["tags"].get("mfa"), None);
    let alias = made.one("accounts", "baton:user:u3");
    assert_eq!((&alias["status"], &alias["identity"]), (&"disabled".into(), &"person:0013".into()));
    let system = made.one("accounts", "baton:user:u4");
    assert_eq!((&system["status"], &system["type"]), (&"deleted".into(), &"system".into()));
    assert_eq!(made.count("workloads"), 0);
}

#[test]
fn service_users_non_human_identities_and_agents_are_workloads() {
    let made = read(&resources(&[
        user(
            "svc",
            r#""status": {"status": "STATUS_ENABLED"}, "accountType": "ACCOUNT_TYPE_SERVICE", "login": "ada""#,
        ),
        user("ada", r#""login": "ada""#),
        resource(
            "app",
            "a1",
            r#"NonHumanIdentityTrait", "nhiType": "NHI_TYPE_APP_REGISTRATION", "nhiDetail": "oauth""#,
        ),
        resource("role", "r1", r#"NonHumanIdentityTrait", "nhiType": "NHI_TYPE_ASSUMABLE_ROLE""#),
        resource(
            "agent",
            "bot",
            r#"AgentTrait", "status": "AGENT_STATUS_READY", "identityResourceId": {"resourceType": "user", "resource": "ada"}"#,
        ),
        resource(
            "agent",
            "bot2",
            r#"AgentTrait", "identityResourceId": {"resourceType": "app", "resource": "a1"}"#,
        ),
    ]));
    let service = made.one("accounts", "baton:user:svc");
    assert_eq!(
        (&service["type"], &service["identity"]),
        (&"service".into(), &"workload:baton:user:svc".into())
    );
    assert_eq!(made.one("workloads", "baton:user:svc")["kind"], "service_account");
    assert_eq!(made.one("workloads", "baton:app:a1")["kind"], "application");
    assert_eq!(made.one("workloads", "baton:app:a1")["tags"]["nhi_detail"], "oauth");
    assert_eq!(made.one("workloads", "baton:role:r1")["kind"], "assumable_role");
    assert_eq!(made.one("accounts", "baton:role:r1")["identity"], "workload:baton:role:r1");
    let bot = made.one("workloads", "baton:agent:bot");
    assert_eq!((&bot["kind"], &bot["status"]), (&"ai_agent".into(), &"active".into()));
    assert_eq!(bot["acts_for"], "person:0012");
    let other = made.one("workloads", "baton:agent:bot2");
    assert_eq!((&other["status"], other.get("acts_for")), (&"unknown".into(), None));
    assert_eq!(other["tags"]["authenticates_as"], "baton:app:a1");
}

#[test]
fn a_secret_has_what_its_trait_says_and_nothing_else() {
    let made = read(&resources(&[
        resource(
            "api-key",
            "k1",
            r#"SecretTrait", "createdAt": "2019-01-01T00:00:00Z", "lastUsedAt": "2023-10-01T00:00:00Z",
            "createdById": {"resourceType": "user", "resource": "ada"}, "identityId": {"resourceType": "user", "resource": "svc"}"#,
        ),
        resource(
            "secret",
            "k2",
            r#"SecretTrait", "expiresAt": "2027-01-01T00:00:00Z", "lastUsedAt": "0001-01-01T00:00:00Z",
            "credentialType": "CREDENTIAL_TYPE_ASYMMETRIC_KEY", "credentialDetail": "ssh_key",
            "createdById": {"resourceType": "user", "resource": "svc"}"#,
        ),
        resource("pat", "k3", r#"SecretTrait""#),
        user("ada", r#""login": "ada""#),
        user("svc", r#""accountType": "ACCOUNT_TYPE_SERVICE""#),
    ]));
    let key = made.one("credentials", "baton:api-key:k1");
    assert_eq!((&key["kind"], &key["status"]), (&"api_key".into(), &"unknown".into()));
    assert_eq!((&key["created_by"], &key["owner"]), (&"person:0012".into(), &"person:0012".into()));
    assert_eq!(key["account"], "account:baton:user:svc");
    assert_eq!((&key["last_used_state"], &key["expiry"]), (&"known".into(), &"unknown".into()));
    assert_eq!(key.get("expires_at"), None);
    let ssh = made.one("credentials", "baton:secret:k2");
    assert_eq!((&ssh["kind"], &ssh["expiry"]), (&"ssh_key".into(), &"fixed".into()));
    assert_eq!((&ssh["last_used_state"], ssh.get("last_used_at")), (&"unknown".into(), None));
    assert_eq!((&ssh["owner"], ssh.get("created_by")), (&"workload:baton:user:svc".into(), None));
    assert_eq!(made.one("credentials", "baton:pat:k3")["kind"], "token");
    assert!(made.sentinels.contains(&("lastUsedAt".into(), "0001-01-01T00:00:00Z".into())));
}

fn grant(entitlement: &str, kind: &str, of: &str, principal: (&str, &str), rest: &str) -> String {
    let shown = if kind == "role" { of.to_owned() } else { format!("{of} shown") };
    format!(
        r#"{{"grant": {{"id": "same", "entitlement": {{"id": "{entitlement}", "resource": {{"id":
        {{"resourceType": "{kind}", "resource": "{of}"}}, "displayName": "{shown}"}}}},
        "principal": {{"id": {{"resourceType": "{}", "resource": "{}"}}}}{rest}}}}}"#,
        principal.0, principal.1
    )
}

#[test]
fn grants_are_memberships_rights_and_rights_of_groups() {
    let expandable = r#", "annotations": [{"@type": "type.googleapis.com/c1.connector.v2.GrantExpandable", "entitlementIds": ["group:g:member"]}]"#;
    let inherited = r#", "sources": {"sources": {"group:g:member": {}}}"#;
    let direct = r#", "sources": {"sources": {"project:q:read": {"isDirect": true}}}"#;
    let list = [
        grant("group:g:member", "group", "g", ("user", "u1"), ""),
        grant("group:g:admin", "group", "g", ("user", "u2"), ""),
        grant("group:g:member", "group", "g", ("group", "h"), ""),
        grant("project:p:write", "project", "p", ("group", "g"), expandable),
        grant("project:p:write", "project", "p", ("user", "u1"), inherited),
        grant("project:q:read", "project", "q", ("user", "u1"), direct),
        grant("role:GA:assigned", "role", "Global Administrator", ("user", "u1"), ""),
        grant("org:o:admin", "org", "o", ("user", "u2"), ""),
        grant("team:t:member", "team", "t", ("user", "u1"), ""),
        grant("project:p:read", "project", "p", ("role", "r"), ""),
    ];
    let kinds = [resource("team", "t", r#"GroupTrait""#), resource("role", "r", r#"RoleTrait""#)];
    let made =
        read(&format!(r#"{{"grants": [{}], "resources": [{}]}}"#, list.join(","), kinds.join(",")));
    let groups = &made.records["groups"];
    let has = |group: &str, member: &str| {
        groups.iter().any(|record| {
            record["id"] == group
                && record["members"]
                    .as_array()
                    .is_some_and(|list| list.iter().any(|one| one == member))
        })
    };
    assert!(has("baton:group:g", "account:baton:user:u1"));
    assert!(has("baton:group:g", "account:baton:user:u2"));
    assert!(has("baton:group:g", "group:baton:group:h"));
    assert!(has("baton:team:t", "account:baton:user:u1"));
    assert_eq!(made.one("entitlements", "baton:group:g:admin:user:u2")["role"], "admin");
    let group = made.one("entitlements", "baton:project:p:write:group:g");
    assert_eq!((&group["group"], &group["role"]), (&"group:baton:group:g".into(), &"write".into()));
    assert_eq!(group["resource"], "p shown");
    let via = made.one("entitlements", "baton:project:p:write:user:u1");
    assert_eq!(
        (&via["account"], &via["via"][0]),
        (&"account:baton:user:u1".into(), &"group:g:member".into())
    );
    assert_eq!(made.one("entitlements", "baton:project:q:read:user:u1").get("via"), None);
    let role = made.one("entitlements", "baton:role:GA:assigned:user:u1");
    assert_eq!(
        (&role["role"], &role["privileged"]),
        (&"Global Administrator".into(), &true.into())
    );
    assert_eq!(made.one("entitlements", "baton:org:o:admin:user:u2")["privileged"], true);
    assert_eq!(made.count("entitlements"), 6);
    assert_eq!(made.one("accounts", "baton:user:u1")["status"], "unknown");
    assert_eq!(made.counts.refused["its principal is no account and no group"].0, 1);
    assert_eq!((made.counts.read, made.counts.written, made.counts.merged), (12, 10, 1));
}

#[test]
fn snake_case_is_read_and_the_next_page_is_missed() {
    let made = read(
        r#"{"grants": [{"grant": {"id": "g1", "entitlement": {"id": "e1", "resource": {"id": {"resource_type": "app", "resource": "a"}}},
            "principal": {"id": {"resource_type": "user", "resource": "u1"}}},
            "entitlement": {"id": "e1", "slug": "use"}, "resource": {"id": {"resource_type": "app", "resource": "a"}, "display_name": "App"},
            "resource_type": {"id": "app", "traits": ["TRAIT_APP"]}, "principal": {"id": {"resource_type": "user", "resource": "u1"}}}],
        "next_page_token": "more"}"#,
    );
    let used = made.one("entitlements", "baton:e1:user:u1");
    assert_eq!((&used["role"], &used["resource"]), (&"use".into(), &"App".into()));
    assert!(made.pages[""].next);
}

#[test]
fn entitlements_explain_grants_and_ownership_names_an_owner() {
    let made = read(&format!(
        r#"{{"grants": [{}], "entitlements": [{{"entitlement": {{"id": "e7", "slug": "owner", "resource": {{"id": {{"resourceType": "app", "resource": "a1"}}}}}}}}],
        "resources": [{}, {}]}}"#,
        r#"{"grant": {"id": "x", "entitlement": {"id": "e7", "purpose": "PURPOSE_VALUE_OWNERSHIP", "resource": {"id": {"resourceType": "app", "resource": "a1"}}},
            "principal": {"id": {"resourceType": "user", "resource": "ada"}}}}"#,
        resource("app", "a1", r#"NonHumanIdentityTrait", "nhiType": "NHI_TYPE_MANAGED_IDENTITY""#),
        user("ada", r#""login": "ada""#),
    ));
    assert_eq!(made.one("entitlements", "baton:e7:user:ada")["role"], "owner");
    let owners: Vec<_> =
        made.records["workloads"].iter().filter_map(|one| one.get("owner")).collect();
    assert_eq!(owners, [&serde_json::json!("person:0012")]);
    assert_eq!(made.counts.merged, 1);
}

#[test]
fn what_lists_no_access_is_refused_or_joined() {
    let made = read(
        r#"[{"resources": {"deleted": [{"id": {"resourceType": "user", "resource": "u"}}]}},
        {"principal": {"id": {"resourceType": "user", "resource": "u"}}, "access": [{"resource": {"id": {"resourceType": "app", "resource": "a"}}}]},
        {"resource": {"id": {"resourceType": "project", "resource": "p"}}},
        {"id": {"resourceType": "group", "resource": "g"}, "annotations": [{"@type": "type.googleapis.com/c1.connector.v2.GroupTrait"}]},
        {"resourceType": {"id": "user", "traits": ["TRAIT_USER"]}}]"#,
    );
    assert_eq!((made.counts.read, made.counts.refusals(), made.counts.merged), (5, 2, 2));
    assert_eq!(made.one("groups", "baton:group:g")["system"], "baton");
}
