use super::IMPORTER;
use crate::import::convert::trial::{Made, json, json_with};
use crate::import::setting::Setting;
use serde_json::{Value, json as object};

fn of(value: &Value) -> Made {
    json(&IMPORTER, &value.to_string())
}

fn user(id: &str, status: &str) -> Value {
    object!({
        "id": id, "status": status, "created": "2020-01-01T00:00:00.000Z",
        "statusChanged": "2026-05-01T00:00:00.000Z", "lastLogin": null,
        "passwordChanged": "2021-01-01T00:00:00.000Z",
        "profile": { "login": format!("{id}@corp.example"), "email": format!("{id}@corp.example"),
            "firstName": "Ada", "lastName": "L" },
        "credentials": { "password": {}, "provider": { "type": "OKTA", "name": "OKTA" } },
    })
}

fn link(to: &str, path: &str) -> Value {
    object!({ to: { "href": format!("https://corp.okta.example/api/v1/{path}") } })
}

#[test]
fn locked_and_expired_users_are_live_and_the_deprovisioned_are_not() {
    let words = [
        ("STAGED", "disabled", "inactive"),
        ("PROVISIONED", "enabled", "active"),
        ("ACTIVE", "enabled", "active"),
        ("RECOVERY", "enabled", "active"),
        ("PASSWORD_EXPIRED", "enabled", "active"),
        ("LOCKED_OUT", "locked", "active"),
        ("SUSPENDED", "disabled", "inactive"),
        ("DEPROVISIONED", "disabled", "inactive"),
    ];
    // Examples are kept by name in dictionaries.
    let users: serde_json::Map<String, Value> = words
        .iter()
        .map(|(word, ..)| ((*word).to_owned(), object!([user(&format!("u{word}"), word)])))
        .collect();
    let made = of(&Value::Object(users));
    for (word, account, password) in words {
        let id = format!("okta:u{word}");
        let made_account = made.one("accounts", &id);
        assert_eq!(made_account["status"], account, "{word}");
        assert_eq!(made_account["tags"]["okta_status"], word);
        let secret = made.one("credentials", &format!("{id}#password"));
        assert_eq!((&secret["status"], &secret["kind"]), (&password.into(), &"password".into()));
        assert_eq!(secret["last_rotated_at"], "2021-01-01T00:00:00Z");
    }
}

#[test]
fn a_service_is_not_whose_address_it_has_and_other_passwords_are_elsewhere() {
    let mut service = user("00u1", "ACTIVE");
    service["profile"]["userType"] = "Service".into();
    service["profile"]["login"] = "svc-backup".into();
    let mut ad = user("00u2", "ACTIVE");
    ad["credentials"]["provider"]["type"] = "ACTIVE_DIRECTORY".into();
    ad["profile"]["employeeNumber"] = "7".into();
    let people = [("7", "ada@corp.example", "ada"), ("8", "00u1@corp.example", "x")];
    let rows = object!([[service], [ad], []]).to_string();
    let made = json_with(&IMPORTER, &rows, &people, Setting::default());
    let service = made.one("accounts", "okta:00u1");
    assert_eq!((&service["type"], service.get("identity")), (&"service".into(), None));
    let ad = made.one("accounts", "okta:00u2");
    assert_eq!((&ad["type"], &ad["identity"]), (&"human".into(), &"person:7".into()));
    assert_eq!(made.count("credentials"), 1);
}

#[test]
fn the_end_of_a_token_slides_and_its_uses_are_not_tracked() {
    let made = of(&object!([{
        "id": "00T1", "name": "ci", "userId": "00u1", "clientName": "Okta API", "tokenWindow": null,
        "expiresAt": "2026-04-01T00:00:00.000Z", "created": "2025-02-01T00:00:00.000Z",
        "lastUpdated": "2026-03-02T00:00:00.000Z",
    }]));
    let token = made.one("credentials", "okta:00T1");
    assert_eq!((&token["kind"], &token["status"]), (&"token".into(), &"active".into()));
    assert_eq!(
        (&token["expiry"], &token["last_used_state"]),
        (&"sliding".into(), &"not_tracked".into())
    );
    assert_eq!(token["last_rotated_at"], "2025-02-01T00:00:00Z");
    assert_eq!((&token["account"], token.get("last_used_at")), (&"account:okta:00u1".into(), None));
    assert_eq!(made.one("accounts", "okta:00u1")["status"], "unknown");
}

#[test]
fn an_app_is_a_system_and_a_client_is_a_workload() {
    let app = |id: &str, name: &str, mode: &str| {
        object!({ "id": id, "name": name, "label": format!("the {name}"), "status": "INACTIVE",
            "created": "2020-01-01T00:00:00.000Z", "signOnMode": mode, "credentials": {}, "settings": {} })
    };
    let mut client = app("0oa1", "oidc_client", "OPENID_CONNECT");
    client["credentials"] = object!({ "oauthClient": { "client_id": "backup-client" } });
    client["settings"] = object!({
        "notes": { "admin": "backs up" },
        "oauthClient": { "application_type": "service", "jwks": { "keys": [{ "kty": "RSA", "kid": "k1" }] } },
    });
    let mut shared = app("0oa4", "template_swa", "BROWSER_PLUGIN");
    shared["credentials"] =
        object!({ "scheme": "SHARED_USERNAME_AND_PASSWORD", "userName": "team" });
    shared["status"] = "ACTIVE".into();
    let own = app("0oa2", "saasure", "OPENID_CONNECT");
    let grant = object!({ "id": "oag1", "status": "ACTIVE", "clientId": "backup-client", "scopeId": "okta.users.manage",
        "created": "2024-01-01T00:00:00.000Z", "createdBy": { "id": "00u9", "type": "User" } });
    let made = of(&object!([grant, client, own, app("0oa3", "salesforce", "SAML_2_0"), shared]));
    // Besides the directory itself.
    assert_eq!(made.count("systems"), 5);
    let workload = made.records["workloads"].iter().find(|one| one.get("name").is_some()).unwrap();
    assert_eq!((&workload["id"], &workload["status"]), (&"okta:0oa1".into(), &"disabled".into()));
    assert_eq!(
        (&workload["purpose"], &workload["tags"]["application_type"]),
        (&"backs up".into(), &"service".into())
    );
    assert!(made.records["workloads"].iter().all(|one| one["id"] == "okta:0oa1"));
    let key = made.one("credentials", "okta:0oa1/k1");
    assert_eq!((&key["kind"], &key["expiry"]), (&"asymmetric_key".into(), &"never".into()));
    let grant = made.one("entitlements", "okta:oag1");
    assert_eq!(
        (&grant["account"], &grant["privileged"]),
        (&"account:okta:0oa1".into(), &true.into())
    );
    assert_eq!(grant.get("granted_by"), None);
    let shared = made.one("accounts", "okta:0oa4/shared");
    assert_eq!((&shared["type"], &shared["system"]), (&"shared".into(), &"okta:0oa4".into()));
}

#[test]
fn the_app_of_its_users_groups_and_secrets_is_in_the_links() {
    let people = [("7", "00u1@corp.example", "ada")];
    let rows = object!([
        { "id": "00u1", "scope": "GROUP", "status": "PROVISIONED", "syncState": "SYNCHRONIZED",
          "credentials": { "userName": "ada@app.example" }, "profile": {}, "_links": link("app", "apps/0oa1") },
        { "id": "00g1", "priority": 0, "lastUpdated": "2024-01-01T00:00:00.000Z", "_links": link("self", "apps/0oa1/groups/00g1") },
        { "id": "00g2", "priority": 1, "lastUpdated": "2024-01-01T00:00:00.000Z" },
        { "id": "ocs1", "status": "INACTIVE", "created": "2024-01-01T00:00:00.000Z", "secret_hash": "x",
          "client_secret": "x", "_links": link("deactivate", "apps/0oa2/credentials/secrets/ocs1/lifecycle/deactivate") },
        { "id": "ocs2", "status": "ACTIVE", "secret_hash": "x" },
        user("00u1", "ACTIVE"),
    ]);
    let made = json_with(&IMPORTER, &rows.to_string(), &people, Setting::default());
    let account = made.one("accounts", "okta:0oa1/00u1");
    assert_eq!(
        (&account["system"], &account["identity"]),
        (&"okta:0oa1".into(), &"person:7".into())
    );
    let assigned = made.one("entitlements", "okta:0oa1/00g1");
    assert_eq!(
        (&assigned["group"], &assigned["system"]),
        (&"group:okta:00g1".into(), &"okta:0oa1".into())
    );
    let secret = made.one("credentials", "okta:ocs1");
    assert_eq!(
        (&secret["account"], &secret["status"]),
        (&"account:okta:0oa2".into(), &"inactive".into())
    );
    assert_eq!(
        (&secret["expiry"], &secret["last_used_state"]),
        (&"never".into(), &"not_tracked".into())
    );
    assert_eq!(made.counts.refusals(), 2);
}

#[test]
fn a_role_has_the_same_id_for_all_who_have_it() {
    let role = |kind: &str, to: &str| {
        object!({ "id": "IFIFAX2BIRGUSTQ", "label": "Some role", "type": kind, "status": "ACTIVE",
            "created": "2019-02-06T16:17:40.000Z", "assignmentType": "USER", "_links": link("assignee", to) })
    };
    let mut nobody = role("ORG_ADMIN", "x");
    nobody["_links"] = object!({});
    let made = of(&object!([
        role("SUPER_ADMIN", "users/00u1"),
        role("SUPER_ADMIN", "users/00u2"),
        role("READ_ONLY_ADMIN", "groups/00g1"),
        role("CUSTOM", "users/00u3"),
        nobody,
    ]));
    let one = made.one("entitlements", "okta:00u1/IFIFAX2BIRGUSTQ");
    assert_eq!((&one["role"], &one["privileged"]), (&"SUPER_ADMIN".into(), &true.into()));
    assert_eq!(
        made.one("entitlements", "okta:00u2/IFIFAX2BIRGUSTQ")["account"],
        "account:okta:00u2"
    );
    let group = made.one("entitlements", "okta:00g1/IFIFAX2BIRGUSTQ");
    assert_eq!((&group["group"], group.get("privileged")), (&"group:okta:00g1".into(), None));
    assert_eq!(made.one("entitlements", "okta:00u3/IFIFAX2BIRGUSTQ")["role"], "Some role");
    assert_eq!(made.counts.refusals(), 1);
}

#[test]
fn integrations_service_accounts_groups_and_factors() {
    let made = of(&object!([
        { "id": "0oa9", "name": "scanner_1", "type": "scanner", "grantedScopes": ["okta.users.read"],
          "created": "2026-01-06T10:00:00.000Z", "credentials": { "oauthClient": { "client_id": "0oa9", "autoKeyRotation": true } } },
        { "id": "sa1", "name": "root of crm", "accountType": "APP_ACCOUNT", "containerOrn": "orn:okta:idp:00o1:apps:crm:0oa5",
          "ownerUserIds": ["00u1"], "ownerGroupIds": [], "username": "root" },
        { "id": "00g1", "objectClass": ["okta:user_group"], "type": "OKTA_GROUP", "profile": { "name": "ops" } },
        { "groupId": "00g1", "userId": "00u1" },
        { "id": "f1", "factorType": "push", "status": "ACTIVE", "_links": link("self", "users/00u1/factors/f1") },
        { "id": "r1", "isDefault": false, "profile": { "name": "a realm" } },
    ]));
    let integration = made.one("workloads", "okta:0oa9");
    assert_eq!(
        (&integration["third_party"], &integration["vendor"]),
        (&true.into(), &"scanner".into())
    );
    assert_eq!(made.one("entitlements", "okta:0oa9/okta.users.read")["role"], "okta.users.read");
    assert_eq!(made.one("workloads", "okta:sa1")["owner"], "person:okta:00u1");
    assert_eq!(made.one("accounts", "okta:sa1")["system"], "okta:0oa5");
    assert_eq!(made.records["groups"][0]["name"], "ops");
    assert_eq!(made.records["groups"][1]["members"], object!(["account:okta:00u1"]));
    assert_eq!(made.one("accounts", "okta:00u1")["tags"]["mfa"], "true");
    assert_eq!((made.counts.refusals(), made.counts.merged), (1, 1));
}

#[test]
fn okta_can_stand_in_for_hr() {
    let setting = Setting { people: true, ..Setting::default() };
    let rows = object!([
        user("00u1", "DEPROVISIONED"),
        user("00u2", "SUSPENDED"),
        user("00u3", "LOCKED_OUT")
    ]);
    let made = json_with(&IMPORTER, &rows.to_string(), &[], setting);
    let gone = made.one("people", "okta:00u1");
    assert_eq!(
        (&gone["status"], &gone["ended_at"]),
        (&"terminated".into(), &"2026-05-01T00:00:00Z".into())
    );
    assert_eq!(made.one("people", "okta:00u2")["status"], "leave");
    assert_eq!(made.one("people", "okta:00u3")["status"], "active");
    assert_eq!(made.one("accounts", "okta:00u3")["identity"], "person:okta:00u3");
}
