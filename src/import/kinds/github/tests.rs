use super::IMPORTER;
use crate::import::convert::trial::{Made, json, json_with};

fn with_hr(text: &str) -> Made {
    let people = [("0012", "ada@corp.example", "ada"), ("0013", "lee@corp.example", "lee")];
    json_with(&IMPORTER, text, &people, crate::import::setting::Setting::default())
}

const TOKENS: &str = r#"[
    {"id": 501, "owner": {"login": "Ada", "id": 7, "type": "User"}, "repository_selection": "all",
     "permissions": {"organization": {"members": "read"}, "repository": {"contents": "write"}, "other": {"emails": "read"}},
     "access_granted_at": "2026-01-10T08:00:00.000-07:00", "token_id": 9001, "token_name": "laptop",
     "token_expired": false, "token_expires_at": null, "token_last_used_at": null},
    {"id": 502, "owner": {"login": "lee", "id": 8}, "permissions": {}, "access_granted_at": "2026-01-10T08:00:00Z",
     "token_expired": false, "token_expires_at": "2026-02-10T08:00:00.000-07:00", "token_last_used_at": "2026-03-01T00:00:00Z"},
    {"id": 503, "owner": {"login": "lee"}, "token_id": 9003, "token_expired": true}
]"#;

#[test]
fn null_is_never_and_a_missing_column_is_unknown() {
    let made = with_hr(TOKENS);
    let endless = made.one("credentials", "github:token:9001");
    assert_eq!(endless["account"], "account:github:ada");
    assert_eq!(
        (&endless["expiry"], &endless["last_used_state"]),
        (&"never".into(), &"never".into())
    );
    assert_eq!(endless["scopes"][0], "organization/members:read");
    assert_eq!(endless["scopes"][2], "other/emails:read");
    let older = made.one("credentials", "github:token:9003");
    assert_eq!(
        (&older["expiry"], &older["last_used_state"]),
        (&"unknown".into(), &"unknown".into())
    );
    assert_eq!(older["status"], "expired");
    assert_eq!((made.counts.read, made.counts.written), (3, 3));
}

#[test]
fn the_grant_of_access_is_no_creation() {
    let made = with_hr(TOKENS);
    let token = made.one("credentials", "github:token:9001");
    assert_eq!((token.get("created_at"), token.get("last_rotated_at")), (None, None));
    assert_eq!(token["tags"]["access_granted_at"], "2026-01-10T08:00:00.000-07:00");
}

#[test]
fn the_flag_of_a_token_is_as_of_the_listing_and_its_date_stays_beside_it() {
    let made = with_hr(TOKENS);
    let token = made.one("credentials", "github:token-grant:502");
    assert_eq!(
        (&token["status"], &token["expires_at"]),
        (&"active".into(), &"2026-02-10T15:00:00Z".into())
    );
    assert_eq!(token["tags"]["used_after_its_end"], "true");
}

#[test]
fn the_owner_of_a_token_is_linked_without_a_list_of_members() {
    let made = with_hr(TOKENS);
    let ada = made.one("accounts", "github:ada");
    assert_eq!((&ada["identity"], &ada["status"]), (&"person:0012".into(), &"unknown".into()));
    assert_eq!(ada["username"], "Ada");
}

#[test]
fn a_request_opens_nothing_and_yields_to_a_listing() {
    let made = json(
        &IMPORTER,
        r#"[{"id": 1, "reason": "ci", "owner": {"login": "ada"}, "permissions": {}, "created_at": "2026-01-01T00:00:00Z",
             "token_id": 5, "token_expired": false, "token_expires_at": null, "token_last_used_at": null}]"#,
    );
    let token = made.one("credentials", "github:token:5");
    assert_eq!((&token["status"], token.get("created_at")), (&"inactive".into(), None));
    assert_eq!(made.counts.merged, 1);
}

#[test]
fn authorizations_come_in_spellings_and_have_no_creation() {
    let made = json(
        &IMPORTER,
        r#"[{"login": "ada", "credential_id": 1, "credential_type": "SSH Key", "credential_authorized_at": "2025-01-01T00:00:00Z",
             "credential_accessed_at": null, "authorized_credential_title": "laptop", "token_last_eight": "12345678"},
            {"login": "ada", "credential_id": 2, "credential_type": "personal access token", "scopes": ["repo"],
             "credential_authorized_at": "2025-01-01T00:00:00Z", "authorized_credential_expires_at": null},
            {"login": "ada", "credential_id": 3, "credential_type": "SSH key", "credential_authorized_at": "2025-01-01T00:00:00Z"},
            {"login": "ada", "credential_id": 4, "credential_type": "OAuth app token"},
            {"login": "ada", "credential_id": 5, "credential_type": "hologram"}]"#,
    );
    let key = made.one("credentials", "github:authorization:1");
    assert_eq!((&key["kind"], &key["expiry"]), (&"ssh_key".into(), &"never".into()));
    assert_eq!((&key["last_used_state"], key.get("created_at")), (&"never".into(), None));
    let token = made.one("credentials", "github:authorization:2");
    assert_eq!((&token["expiry"], &token["last_used_state"]), (&"never".into(), &"unknown".into()));
    assert_eq!(made.one("credentials", "github:authorization:3")["kind"], "ssh_key");
    let app = made.one("credentials", "github:authorization:4");
    assert_eq!((&app["kind"], &app["expiry"]), (&"oauth_grant".into(), &"unknown".into()));
    assert_eq!(made.counts.refused["an unknown type of credential"].0, 1);
    assert!(made.unused.contains(&"token_last_eight".into()));
}

const KEYS: &str = r#"[
    {"id": 1, "key": "ssh-ed25519 A", "url": "https://api.github.com/repos/acme/api/keys/1", "title": "deploy",
     "created_at": "2017-06-01T00:00:00Z", "read_only": false, "added_by": "Lee", "last_used": null, "enabled": true},
    {"id": 2, "key": "ssh-rsa A", "url": "https://api.github.com/repos/acme/api/keys/2", "read_only": true,
     "created_at": "2016-06-01T00:00:00Z", "added_by": "gone", "last_used": "2023-11-01T00:00:00Z", "enabled": false},
    {"id": 3, "key": "ssh-rsa A", "url": "https://api.github.com/user/keys/3", "title": "home", "read_only": false}
]"#;

#[test]
fn a_deploy_key_is_its_repositorys_and_whoever_added_it_owns_it() {
    let made = with_hr(KEYS);
    let key = made.one("credentials", "github:key:1");
    assert_eq!((&key["owner"], &key["created_by"]), (&"person:0013".into(), &"person:0013".into()));
    assert_eq!(
        (&key["scopes"][0], &key["last_used_state"]),
        (&"acme/api:write".into(), &"never".into())
    );
    assert_eq!(
        (&key["expiry"], &key["last_rotated_at"]),
        (&"never".into(), &"2017-06-01T00:00:00Z".into())
    );
    let off = made.one("credentials", "github:key:2");
    assert_eq!((&off["status"], &off["owner"]), (&"inactive".into(), &"person:github:gone".into()));
    assert_eq!(off.get("created_by"), None);
    assert_eq!(made.counts.refused["a key that doesn't say whose it is"].0, 1);
    assert!(made.secrets.is_empty());
}

#[test]
fn a_webhook_is_read_by_what_is_in_it() {
    let made = json(
        &IMPORTER,
        r#"[{"action": "created", "key": {"id": 4, "key": "ssh-rsa A", "title": "t", "created_at": "2026-01-01T00:00:00Z", "read_only": true},
             "repository": {"full_name": "acme/web", "owner": {"login": "acme", "id": 1}}, "sender": {"login": "ada", "id": 7}},
            {"action": "deleted", "installation": {"id": 9, "app_id": 1, "permissions": {}}, "sender": {"login": "ada", "id": 7}},
            {"action": "added", "scope": "team", "member": {"login": "lee", "id": 8}, "team": {"id": 3, "slug": "core", "name": "Core"},
             "sender": {"login": "ada", "id": 7}, "organization": {"login": "acme", "id": 1}}]"#,
    );
    assert_eq!(made.one("credentials", "github:key:4")["scopes"][0], "acme/web:read");
    assert_eq!(made.one("groups", "github:team:3")["members"][0], "account:github:lee");
    assert_eq!(made.count("accounts"), 1);
    assert_eq!(made.counts.refused["a webhook of what was taken away"].0, 1);
}

#[test]
fn an_installation_is_a_workload_of_somebody_elses_unless_its_app_says_otherwise() {
    let made = json(
        &IMPORTER,
        r#"{"total_count": 40, "installations": [
            {"id": 1, "account": {"login": "acme", "type": "Organization"}, "app_id": 11, "app_slug": "ci-app", "repository_selection": "all",
             "permissions": {"administration": "write", "members": "read"}, "created_at": "2019-01-01T00:00:00.000Z", "suspended_at": null},
            {"id": 2, "account": {"login": "acme"}, "app_id": 12, "app_slug": "own-app", "permissions": {"metadata": "read"},
             "created_at": 1557933591, "suspended_at": "2024-01-01T00:00:00Z"}],
           "apps": [{"id": 12, "slug": "own-app", "owner": {"login": "Acme"}, "permissions": {}, "events": []}]}"#,
    );
    let app = made.one("workloads", "github:installation:1");
    assert_eq!((&app["name"], &app["third_party"]), (&"ci-app".into(), &true.into()));
    let own = made.one("workloads", "github:installation:2");
    assert_eq!((own.get("third_party"), &own["status"]), (None, &"disabled".into()));
    assert_eq!(own["created_at"], "2019-05-15T15:19:51Z");
    let account = made.one("accounts", "github:installation:1");
    assert_eq!(account["identity"], "workload:github:installation:1");
    assert_eq!(account["username"], "ci-app[bot]");
    let right = made.one("entitlements", "github:installation:1#administration:write@acme");
    assert_eq!(right["privileged"], true);
    let read = made.one("entitlements", "github:installation:1#members:read@acme");
    assert_eq!(read.get("privileged"), None);
    assert_eq!(made.pages[""].total, Some(40));
}

#[test]
fn members_bots_and_organizations_are_told_apart() {
    let made = with_hr(
        r#"[[{"login": "Ada", "id": 1, "url": "https://api.github.com/users/Ada", "type": "User", "site_admin": true},
             {"login": "dependabot[bot]", "id": 2, "type": "Bot", "site_admin": false}],
            [{"login": "acme", "id": 3, "type": "Organization"},
             {"login": "root", "id": 4, "url": "https://ghe.corp.example/api/v3/users/root", "site_admin": true, "suspended_at": "2026-01-01T00:00:00Z"}]]"#,
    );
    let ada = made.one("accounts", "github:ada");
    assert_eq!((&ada["status"], &ada["identity"]), (&"enabled".into(), &"person:0012".into()));
    assert_eq!(ada.get("privileged"), None);
    let bot = made.one("accounts", "github:dependabot[bot]");
    assert_eq!(
        (&bot["type"], &bot["identity"]),
        (&"service".into(), &"workload:github:dependabot[bot]".into())
    );
    let root = made.one("accounts", "github:root");
    assert_eq!((&root["privileged"], &root["status"]), (&true.into(), &"disabled".into()));
    assert_eq!(made.counts.refused["an organization is no account"].0, 1);
}

#[test]
fn roles_are_entitlements_and_owners_are_privileged() {
    let made = with_hr(
        r#"{"members": [{"node": {"login": "x1", "email": "", "organizationVerifiedDomainEmails": ["ada@corp.example"]}, "role": "ADMIN", "hasTwoFactorEnabled": false}],
            "owners": [{"node": {"login": "lee", "isSiteAdmin": false}, "organizationRole": "UNAFFILIATED"}],
            "memberships": [{"url": "https://api.github.com/orgs/acme/memberships/eve", "state": "pending", "role": "admin",
                             "user": {"login": "eve", "id": 5}, "organization": {"login": "acme", "id": 1}}],
            "collaborators": [{"login": "sam", "id": 6, "permissions": {"pull": true, "push": true, "admin": false}, "role_name": "write"}]}"#,
    );
    let x1 = made.one("accounts", "github:x1");
    assert_eq!((&x1["identity"], &x1["tags"]["mfa"]), (&"person:0012".into(), &"false".into()));
    assert_eq!(made.one("entitlements", "github:x1#organization owner")["privileged"], true);
    assert_eq!(made.one("entitlements", "github:lee#enterprise owner")["privileged"], true);
    let pending = made.one("entitlements", "github:eve#organization owner@acme");
    assert_eq!((&pending["status"], &pending["resource"]), (&"pending".into(), &"acme".into()));
    assert_eq!(made.one("accounts", "github:eve")["status"], "unknown");
    let write = made.one("entitlements", "github:sam#repository write");
    assert_eq!((&write["role"], write.get("privileged")), (&"repository write".into(), None));
}

#[test]
fn teams_hold_their_members_and_their_children() {
    let made = json(
        &IMPORTER,
        r#"[{"id": 2, "name": "Child", "slug": "child", "url": "https://api.github.com/teams/2", "permission": "pull",
             "parent": {"id": 1, "name": "Parent", "slug": "parent", "url": "https://api.github.com/teams/1"}},
            {"url": "https://api.github.com/teams/2/memberships/ada", "role": "maintainer", "state": "active"},
            {"slug": "graph", "url": "https://github.com/orgs/acme/teams/graph", "members": {"edges": [{"node": {"login": "lee"}, "role": "MEMBER"}]}}]"#,
    );
    assert_eq!(made.one("groups", "github:team:1")["members"][0], "group:github:team:2");
    assert_eq!(made.one("groups", "github:team:graph")["members"][0], "account:github:lee");
    let children = made.records["groups"].iter().filter(|group| group["id"] == "github:team:2");
    assert_eq!(children.filter(|group| group["members"][0] == "account:github:ada").count(), 1);
}

#[test]
fn licences_say_who_is_an_owner_and_a_page_is_not_all() {
    let made = with_hr(
        r#"{"total_seats_consumed": 102, "users": [
            {"github_com_login": "Ada-Acme", "github_com_saml_name_id": "ada@corp.example", "github_com_member_roles": ["acme:Owner", "lab:Member"],
             "github_com_enterprise_roles": ["Owner"], "github_com_two_factor_auth": true, "license_type": "Enterprise"},
            {"github_com_login": "", "enterprise_server_emails": ["x@corp.example"], "github_com_two_factor_auth": ""}]}"#,
    );
    assert_eq!(made.one("accounts", "github:ada-acme")["identity"], "person:0012");
    let owner = made.one("entitlements", "github:ada-acme#organization owner@acme");
    assert_eq!(owner["privileged"], true);
    assert_eq!(made.one("entitlements", "github:ada-acme#enterprise owner")["privileged"], true);
    assert_eq!(made.counts.refused["a licence without an account on github.com"].0, 1);
    assert_eq!(made.pages[""].total, Some(102));
}

#[test]
fn an_external_identity_says_whose_a_login_is() {
    let made = with_hr(
        r#"{"data": {"organization": {"login": "acme", "samlIdentityProvider": {"externalIdentities": {"edges": [
            {"node": {"guid": "g", "samlIdentity": {"nameId": "ada@corp.example"}, "user": {"login": "x1"}}},
            {"node": {"guid": "h", "samlIdentity": {"nameId": "lee@corp.example"}, "user": null}}]}}}}}"#,
    );
    assert_eq!(made.one("accounts", "github:x1")["identity"], "person:0012");
    assert_eq!(made.counts.merged, 1);
    assert_eq!(made.counts.refusals(), 1);
}

#[test]
fn what_says_nothing_of_access_is_refused_with_a_reason() {
    let made = json(
        &IMPORTER,
        r#"[{"message": "Not Found", "documentation_url": "https://docs.github.com/rest"},
            {"name": "NPM", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "visibility": "all"},
            {"id": 1, "full_name": "acme/api", "owner": {"login": "acme", "id": 1}},
            {"number": 2, "secret_type": "x", "secret": "never read", "resolved_by": {"login": "ada", "id": 1}},
            {"id": 3, "login": null, "email": "new@corp.example", "role": "admin", "inviter": {"login": "ada", "id": 1}}]"#,
    );
    assert_eq!((made.counts.refusals(), made.counts.written), (5, 0));
    assert!(made.records.is_empty());
}
