use super::IMPORTER;
use crate::import::convert::trial::{Made, json, json_with};

fn with_hr(text: &str) -> Made {
    let people = [("0012", "ada@corp.example", "ada")];
    json_with(&IMPORTER, text, &people, crate::import::setting::Setting::default())
}

const TOKENS: &str = r#"[
    {"data": {"accessor": "a0", "creation_time": 1700000000, "creation_ttl": 0, "display_name": "root", "entity_id": "", "expire_time": null,
      "explicit_max_ttl": 0, "id": "the-token-itself", "num_uses": 0, "path": "auth/token/root", "policies": ["root"], "ttl": 0, "type": "service"}},
    {"data": {"accessor": "a1", "creation_time": 1523979354, "display_name": "ldap-ada", "entity_id": "e1", "id": "",
      "expire_time": "2026-05-19T11:35:54.466476215-04:00", "issue_time": "2018-04-17T11:35:54.466476078-04:00", "meta": {"username": "ada"},
      "path": "auth/ldap/login/ada", "policies": ["default", "ops"], "identity_policies": ["dev"], "ttl": 2763902}},
    {"data": {"accessor": "a2", "creation_time": 1700000000, "display_name": "token-ci", "entity_id": "", "expire_time": "2026-06-02T00:00:00Z",
      "path": "auth/token/create", "policies": ["ci"], "period": 86400, "ttl": 80000}},
    {"data": {"accessor": "a3", "creation_time": 1700000000, "display_name": "approle", "entity_id": "e2", "expire_time": "2026-06-02T00:00:00Z",
      "path": "auth/approle/login", "meta": {"role_name": "deploy"}, "policies": ["ci"], "ttl": 100, "num_uses": 3}}
]"#;

#[test]
fn the_accessor_is_the_id_and_the_token_is_never_read() {
    let made = with_hr(TOKENS);
    assert_eq!((made.counts.read, made.counts.written), (4, 4));
    let all = format!("{:?}", made.records);
    assert!(!all.contains("the-token-itself"));
    assert!(made.unused.contains(&"id".into()));
}

#[test]
fn a_root_token_never_ends_and_is_shared_and_privileged() {
    let made = with_hr(TOKENS);
    let root = made.one("credentials", "vault:token:a0");
    assert_eq!((&root["expiry"], root.get("expires_at")), (&"never".into(), None));
    assert_eq!(root["account"], "account:vault:root");
    let account = made.one("accounts", "vault:root");
    assert_eq!((&account["type"], &account["privileged"]), (&"shared".into(), &true.into()));
    assert_eq!(made.one("entitlements", "vault:root#root")["privileged"], true);
}

#[test]
fn units_are_mixed_in_one_object() {
    let made = with_hr(TOKENS);
    let token = made.one("credentials", "vault:token:a1");
    assert_eq!(token["created_at"], "2018-04-17T15:35:54Z");
    assert_eq!(token["expires_at"], "2026-05-19T15:35:54.466Z");
    assert_eq!(
        (&token["expiry"], &token["last_used_state"]),
        (&"fixed".into(), &"not_tracked".into())
    );
    assert_eq!(made.one("accounts", "vault:entity:e1")["identity"], "person:0012");
    let dev = made.one("entitlements", "vault:entity:e1#dev");
    assert_eq!(dev["via"][0], "identity");
    // `default` is everybody's.
    assert_eq!(made.records["entitlements"].iter().filter(|e| e["role"] == "default").count(), 0);
}

#[test]
fn the_end_of_a_periodic_token_moves() {
    let made = with_hr(TOKENS);
    let token = made.one("credentials", "vault:token:a2");
    assert_eq!(
        (&token["expiry"], &token["expires_at"]),
        (&"sliding".into(), &"2026-06-02T00:00:00Z".into())
    );
    // It is whoever's has it.
    assert_eq!((token.get("account"), &token["scopes"][0]), (None, &"ci".into()));
}

#[test]
fn what_signs_in_by_a_machines_method_is_a_workload() {
    let made = with_hr(TOKENS);
    assert_eq!(made.one("workloads", "vault:entity:e2")["name"], "deploy");
    assert_eq!(made.one("accounts", "vault:entity:e2")["type"], "service");
    assert_eq!(made.one("credentials", "vault:token:a3")["tags"]["uses_left"], "3");
}

#[test]
fn a_list_of_accessors_says_nothing() {
    let made = json(&IMPORTER, r#"{"data": {"keys": ["476ea048", "bb00c093"]}}"#);
    assert_eq!((made.counts.refusals(), made.counts.written), (2, 0));
}

#[test]
fn a_new_token_has_warnings_and_a_secret() {
    let made = json(
        &IMPORTER,
        r#"{"data": null, "warnings": ["Policy \"web\" does not exist"], "auth": {"client_token": "the-token-itself", "accessor": "n1",
            "policies": ["default", "web"], "token_policies": ["default", "web"], "lease_duration": 3600, "entity_id": "", "token_type": "service"}}"#,
    );
    let token = made.one("credentials", "vault:token:n1");
    assert_eq!((&token["expiry"], token.get("created_at")), (&"unknown".into(), None));
    assert_eq!((made.counts.read, made.counts.refusals()), (1, 0));
    assert!(!format!("{:?}", made.records).contains("the-token-itself"));
}

#[test]
fn a_secret_id_of_the_year_one_never_ends() {
    let made = json(
        &IMPORTER,
        r#"[{"data": {"secret_id_accessor": "s1", "creation_time": "2023-02-10T18:17:27.089757383Z", "expiration_time": "0001-01-01T00:00:00Z",
              "last_updated_time": "2023-02-10T18:17:27.089757383Z", "metadata": {"owner": "ada@corp.example"}, "secret_id_num_uses": 0, "secret_id_ttl": 0}},
            {"data": {"secret_id_accessor": "s2", "role_name": "deploy", "creation_time": "2023-02-10T18:17:27Z", "expiration_time": "2026-07-01T00:00:00Z"}},
            {"data": {"bind_secret_id": true, "token_policies": ["default"], "secret_id_ttl": 600}},
            {"data": {"role_name": "deploy", "bind_secret_id": true, "token_policies": ["ci"]}}]"#,
    );
    let endless = made.one("credentials", "vault:secret-id:s1");
    assert_eq!((&endless["expiry"], endless.get("expires_at")), (&"never".into(), None));
    assert_eq!(
        (&endless["kind"], &endless["owner"]),
        (&"client_secret".into(), &"person:ada@corp.example".into())
    );
    assert!(made.sentinels.contains(&("expiration_time".into(), "0001-01-01T00:00:00Z".into())));
    let other = made.one("credentials", "vault:secret-id:s2");
    assert_eq!(
        (&other["expiry"], &other["account"]),
        (&"fixed".into(), &"account:vault:approle:deploy".into())
    );
    assert_eq!(made.one("entitlements", "vault:approle:deploy#ci")["role"], "ci");
    assert_eq!(made.counts.refused["a role whose name is not in it"].0, 1);
}

#[test]
fn entities_are_people_or_machines_by_their_aliases() {
    let made = with_hr(
        r#"[{"data": {"id": "e1", "name": "entity_1", "disabled": true, "creation_time": "2025-07-25T20:29:22.614756844Z", "policies": ["eng"],
              "aliases": [{"id": "x", "canonical_id": "e1", "mount_accessor": "m", "mount_type": "userpass", "name": "ada"}]}},
            {"data": {"id": "e2", "name": "entity_2", "aliases": [{"mount_type": "kubernetes", "name": "web", "canonical_id": "e2", "mount_accessor": "k"}]}},
            {"id": "y", "canonical_id": "e3", "mount_accessor": "m", "mount_type": "oidc", "name": "ada@corp.example"},
            {"data": {"id": "g1", "name": "admins", "member_entity_ids": ["e1"], "member_group_ids": ["g2"], "policies": ["root"]}}]"#,
    );
    let ada = made.one("accounts", "vault:entity:e1");
    assert_eq!((&ada["identity"], &ada["status"]), (&"person:0012".into(), &"disabled".into()));
    assert_eq!(made.one("workloads", "vault:entity:e2")["kind"], "service_account");
    assert_eq!(made.one("accounts", "vault:entity:e3")["identity"], "person:0012");
    assert_eq!(made.counts.merged, 1);
    let group = made.one("groups", "vault:group:g1");
    assert_eq!(
        group["members"],
        serde_json::json!(["account:vault:entity:e1", "group:vault:group:g2"])
    );
    assert_eq!(group["privileged"], true);
    assert_eq!(made.one("entitlements", "vault:group:g1#root")["group"], "group:vault:group:g1");
}
