use super::IMPORTER;
use crate::import::convert::trial::{Made, csv, json, json_with};
use crate::import::setting::Setting;
use serde_json::{Value, json as object};

const ADA: &str = "entra:10000000-0000-0000-0000-000000000001";
const APP: &str = "entra:30000000-0000-0000-0000-00000000000a";

fn of(value: &Value) -> Made {
    json(&IMPORTER, &value.to_string())
}

fn all<'m>(made: &'m Made, kind: &str, id: &str) -> Vec<&'m Value> {
    made.records[kind].iter().filter(|record| record["id"] == id).collect()
}

fn service_principal() -> Value {
    object!({
        "id": "20000000-0000-0000-0000-000000000001",
        "appId": "30000000-0000-0000-0000-00000000000a",
        "displayName": "billing (this tenant)",
        "accountEnabled": false,
        "servicePrincipalType": "Application",
        "appOwnerOrganizationId": "50000000-0000-0000-0000-000000000000",
        "passwordCredentials": [],
        "keyCredentials": [],
    })
}

fn application() -> Value {
    object!({
        "id": "40000000-0000-0000-0000-000000000001",
        "appId": "30000000-0000-0000-0000-00000000000A",
        "displayName": "billing",
        "createdDateTime": "2020-05-01T12:00:00Z",
        "notes": "bills customers",
        "owners": [
            { "@odata.type": "#microsoft.graph.user", "id": "10000000-0000-0000-0000-000000000009" },
            { "@odata.type": "#microsoft.graph.user", "id": "10000000-0000-0000-0000-000000000001" },
        ],
        "passwordCredentials": [
            { "keyId": "60000000-0000-0000-0000-00000000000A", "displayName": "old",
              "startDateTime": "2020-05-01T12:00:00Z", "endDateTime": "2299-12-31T05:00:00Z" },
            { "keyId": "60000000-0000-0000-0000-00000000000b",
              "startDateTime": "2022-05-01T12:00:00.1234567Z", "endDateTime": "2024-05-01T12:00:00.1234567Z" },
        ],
        "keyCredentials": [],
    })
}

fn ada() -> Value {
    object!({
        "id": "10000000-0000-0000-0000-000000000001",
        "userPrincipalName": "ada@corp.example",
        "accountEnabled": true,
        "employeeId": "1001",
        "signInActivity": {
            "lastSignInDateTime": "2026-05-18T10:00:00Z",
            "lastSuccessfulSignInDateTime": "2024-02-01T10:00:00Z",
            "lastNonInteractiveSignInDateTime": "0001-01-01T00:00:00Z",
        },
    })
}

#[test]
fn only_a_success_is_a_login_and_the_year_one_is_never() {
    let mut empty = ada();
    empty["id"] = "10000000-0000-0000-0000-000000000002".into();
    empty["signInActivity"]["lastSuccessfulSignInDateTime"] = "".into();
    empty["accountEnabled"] = false.into();
    let made = of(&object!({ "value": [ada(), empty], "@odata.nextLink": "https://next.example" }));
    let ada = made.one("accounts", ADA);
    assert_eq!(ada["last_login_at"], "2024-02-01T10:00:00Z");
    assert_eq!(ada["tags"]["last_sign_in_attempt"], "2026-05-18T10:00:00Z");
    assert_eq!(ada["tags"].get("last_non_interactive_sign_in"), None);
    let empty = made.one("accounts", "entra:10000000-0000-0000-0000-000000000002");
    assert_eq!(empty.get("last_login_at"), None);
    assert_eq!(empty["status"], "disabled");
    let never = made.sentinels.iter().filter(|(_, word)| word.starts_with("0001")).count();
    assert_eq!(never, 1);
    assert!(made.pages.values().any(|page| page.next));
}

#[test]
fn a_guest_is_found_by_the_address_that_they_have_elsewhere() {
    let guest = object!({
        "id": "10000000-0000-0000-0000-000000000003",
        "userPrincipalName": "pat_r_partner.example#EXT#@corp.onmicrosoft.com",
        "accountEnabled": true,
        "lastPasswordChangeDateTime": "2020-01-01T00:00:00Z",
    });
    let people = [("7", "pat_r@partner.example", "pat"), ("8", "grace@corp.example", "grace")];
    let aliases = object!({
        "id": "10000000-0000-0000-0000-000000000004",
        "userPrincipalName": "g.h@corp.example",
        "proxyAddresses": ["SMTP:Grace@corp.example", "X500:/o=grace"],
        "lastPasswordChangeDateTime": "2020-01-01T00:00:00Z",
    });
    let made =
        json_with(&IMPORTER, &object!([guest, aliases]).to_string(), &people, Setting::default());
    let pat = made.one("accounts", "entra:10000000-0000-0000-0000-000000000003");
    assert_eq!((&pat["identity"], &pat["tags"]["guest"]), (&"person:7".into(), &"true".into()));
    let grace = made.one("accounts", "entra:10000000-0000-0000-0000-000000000004");
    assert_eq!((&grace["identity"], &grace["status"]), (&"person:8".into(), &"unknown".into()));
    // A guest's password is elsewhere.
    assert_eq!(made.count("credentials"), 1);
}

#[test]
fn an_application_and_its_service_principal_are_one() {
    let people = [("1", "ada@corp.example", "ada")];
    let rows = object!([application(), service_principal(), ada()]);
    let made = json_with(&IMPORTER, &rows.to_string(), &people, Setting::default());
    let views = all(&made, "workloads", APP);
    assert_eq!(views.len(), 2);
    for view in &views {
        assert_eq!((&view["kind"], &view["status"]), (&"application".into(), &"disabled".into()));
    }
    let with = |field: &str| views.iter().find_map(|view| view.get(field)).unwrap();
    assert_eq!(with("name"), "billing (this tenant)");
    assert_eq!(with("purpose"), "bills customers");
    assert_eq!(with("created_at"), "2020-05-01T12:00:00Z");
    // The second owner is somebody whom HR knows; the first one isn't.
    assert_eq!(with("owner"), "person:1");
    assert!(views.iter().any(|view| view["tags"]["other_owners"] != Value::Null));
    let account = made.one("accounts", APP);
    assert_eq!((&account["status"], &account["type"]), (&"disabled".into(), &"service".into()));
    let never = made.one("credentials", "entra:60000000-0000-0000-0000-00000000000a");
    assert_eq!((&never["expiry"], never.get("expires_at")), (&"never".into(), None));
    assert_eq!(never.get("last_used_state"), None);
    let expired = made.one("credentials", "entra:60000000-0000-0000-0000-00000000000b");
    assert_eq!(expired["expires_at"], "2024-05-01T12:00:00.123Z");
    assert_eq!((&expired["status"], &expired["expiry"]), (&"active".into(), &"fixed".into()));
    assert_eq!(expired["last_rotated_at"], "2022-05-01T12:00:00.123Z");
}

#[test]
fn whose_a_service_principal_is() {
    let mut managed = service_principal();
    managed["appId"] = "30000000-0000-0000-0000-00000000000c".into();
    managed["servicePrincipalType"] = "ManagedIdentity".into();
    managed["keyCredentials"] = object!([{ "keyId": "60000000-0000-0000-0000-00000000000d", "type": "AsymmetricX509Cert" }]);
    let mut graph = service_principal();
    graph["appId"] = "00000003-0000-0000-c000-000000000000".into();
    graph["appOwnerOrganizationId"] = "f8cdef31-a31e-4b4a-93e4-5f571e91255a".into();
    let mut abused = graph.clone();
    abused["appId"] = "00000003-0000-0000-c000-000000000001".into();
    abused["passwordCredentials"] = object!([{ "keyId": "60000000-0000-0000-0000-00000000000e" }]);
    let tenant = object!({ "id": "50000000-0000-0000-0000-0000000000FF", "verifiedDomains": [] });
    let made = of(&object!([managed, graph, abused, service_principal(), tenant]));
    let id = "entra:30000000-0000-0000-0000-00000000000c";
    assert_eq!(made.one("workloads", id)["kind"], "managed_identity");
    let key = made.one("credentials", "entra:60000000-0000-0000-0000-00000000000d");
    assert_eq!((&key["managed_by"], &key["expiry"]), (&"platform".into(), &"unknown".into()));
    let foreign = made.one("workloads", APP);
    assert_eq!(foreign["third_party"], true);
    assert_eq!(foreign["vendor"], "50000000-0000-0000-0000-000000000000");
    // Microsoft's own is part of the platform, unless somebody gave it a secret.
    assert_eq!(made.count("workloads"), 3);
    let abused = made.one("workloads", "entra:00000003-0000-0000-c000-000000000001");
    assert_eq!((&abused["third_party"], &abused["vendor"]), (&true.into(), &"Microsoft".into()));
    assert_eq!((made.counts.written, made.counts.merged), (3, 2));
    assert_eq!(of(&object!([service_principal()])).one("workloads", APP).get("third_party"), None);
}

#[test]
fn a_certificate_that_stands_in_both_lists_is_one() {
    let mut row = service_principal();
    row["keyCredentials"] =
        object!([{ "keyId": "60000000-0000-0000-0000-00000000000f", "usage": "Sign" }]);
    row["passwordCredentials"] = object!([{ "keyId": "60000000-0000-0000-0000-00000000000F" }]);
    let made = of(&object!([row]));
    assert_eq!(made.count("credentials"), 1);
    assert_eq!(made.records["credentials"][0]["kind"], "certificate");
    let lone = of(&object!({ "keyId": "x", "startDateTime": "2020-05-01T12:00:00Z" }));
    assert_eq!(lone.counts.refusals(), 1);
}

#[test]
fn uses_are_joined_on_the_key_and_the_application() {
    let use_of_key = object!({
        "appId": "30000000-0000-0000-0000-00000000000A", "keyId": "60000000-0000-0000-0000-00000000000A",
        "keyType": "certificate", "expirationDate": "2021-04-01T21:36:48-8:00",
        "signInActivity": { "lastSignInDateTime": "2026-03-18T00:00:00-8:00" },
    });
    let use_of_app = object!({
        "appId": "30000000-0000-0000-0000-00000000000a",
        "applicationAuthenticationClientSignInActivity": { "lastSignInDateTime": "2026-03-01T00:00:00-8:00" },
        "applicationAuthenticationResourceSignInActivity": { "lastSignInDateTime": "2026-04-01T00:00:00Z" },
        "delegatedClientSignInActivity": { "lastSignInDateTime": "0001-01-01T00:00:00Z" },
    });
    let made = of(&object!([use_of_key, use_of_app, application(), service_principal(), ada()]));
    let views = all(&made, "credentials", "entra:60000000-0000-0000-0000-00000000000a");
    assert_eq!(views.len(), 2);
    assert!(views.iter().all(|view| view["kind"] == "client_secret"));
    let used = views.iter().find(|view| view["last_used_state"] == "known").unwrap();
    assert_eq!(used["last_used_at"], "2026-03-18T08:00:00Z");
    assert_eq!((used.get("expires_at"), used.get("expiry")), (None, None));
    let workloads = all(&made, "workloads", APP);
    let used = workloads.iter().find_map(|view| view.get("last_used_at")).unwrap();
    assert_eq!(used, "2026-04-01T00:00:00Z");
    let accounts = all(&made, "accounts", APP);
    let login = accounts.iter().find_map(|view| view.get("last_login_at")).unwrap();
    assert_eq!(login, "2026-03-01T08:00:00Z");
}

#[test]
fn roles_find_their_principal_by_object_id() {
    let assign = |id: &str, principal: &str, role: &str| object!({ "id": id, "principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/" });
    let admin = "62e90394-69f5-4237-9190-012177145e10";
    let made = of(&object!([
        assign("a1", "20000000-0000-0000-0000-000000000001", admin),
        assign("a2", "70000000-0000-0000-0000-000000000001", "80000000-0000-0000-0000-000000000001"),
        assign("a3", "10000000-0000-0000-0000-0000000000ee", admin),
        { "id": "/subscriptions/S/providers/Microsoft.Authorization/roleAssignments/a4",
          "properties": { "principalId": "20000000-0000-0000-0000-000000000001", "principalType": "ServicePrincipal",
            "roleDefinitionId": "/subscriptions/S/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
            "scope": "/subscriptions/S/resourceGroups/g", "createdOn": "2024-01-01T00:00:00Z" } },
        { "id": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7", "roleName": "Reader", "permissions": [] },
        service_principal(), ada(),
        { "id": "70000000-0000-0000-0000-000000000001", "displayName": "ops", "groupTypes": [],
          "members": [{ "@odata.type": "#microsoft.graph.user", "id": "10000000-0000-0000-0000-000000000001" },
                      { "@odata.type": "#microsoft.graph.device", "id": "d" },
                      { "id": "20000000-0000-0000-0000-000000000001" }] },
        { "id": "80000000-0000-0000-0000-000000000001", "displayName": "Vault keeper", "isBuiltIn": false,
          "templateId": "80000000-0000-0000-0000-000000000001", "isPrivileged": true },
    ]));
    let first = made.one("entitlements", "entra:a1");
    assert_eq!(first["account"], format!("account:{APP}"));
    assert_eq!(
        (&first["role"], &first["privileged"]),
        (&"Global Administrator".into(), &true.into())
    );
    let second = made.one("entitlements", "entra:a2");
    assert_eq!(second["group"], "group:entra:70000000-0000-0000-0000-000000000001");
    assert_eq!((&second["role"], &second["privileged"]), (&"Vault keeper".into(), &true.into()));
    // Nobody lists this one: its account is there, and nobody's.
    let third = made.one("entitlements", "entra:a3");
    assert_eq!(third["account"], "account:entra:10000000-0000-0000-0000-0000000000ee");
    let ghost = made.one("accounts", "entra:10000000-0000-0000-0000-0000000000ee");
    assert_eq!((&ghost["status"], ghost.get("identity")), (&"unknown".into(), None));
    let azure = made.one(
        "entitlements",
        "entra:/subscriptions/S/providers/Microsoft.Authorization/roleAssignments/a4",
    );
    assert_eq!((&azure["role"], &azure["system"]), (&"Reader".into(), &"azure:S".into()));
    assert_eq!(
        (&azure["granted_at"], azure.get("privileged")),
        (&"2024-01-01T00:00:00Z".into(), None)
    );
    let group = all(&made, "groups", "entra:70000000-0000-0000-0000-000000000001");
    let members = group.iter().find_map(|group| group.get("members")).unwrap();
    assert_eq!(*members, object!([format!("account:{ADA}"), format!("account:{APP}")]));
}

#[test]
fn rights_on_applications_and_consents() {
    let made = of(&object!([
        { "id": "r1", "appRoleId": "00000000-0000-0000-0000-000000000000", "principalType": "Group",
          "principalId": "70000000-0000-0000-0000-000000000001", "resourceDisplayName": "Payroll", "resourceId": "R" },
        { "id": "r2", "appRoleId": "90000000-0000-0000-0000-000000000001", "principalType": "ServicePrincipal",
          "principalId": "20000000-0000-0000-0000-000000000001", "resourceId": "20000000-0000-0000-0000-0000000000AA",
          "createdDateTime": "2024-01-01T00:00:00Z" },
        { "id": "c1", "clientId": "20000000-0000-0000-0000-000000000001", "consentType": "Principal",
          "principalId": "10000000-0000-0000-0000-000000000001",
          "resourceId": "20000000-0000-0000-0000-0000000000AA", "scope": " openid Directory.ReadWrite.All",
          "startTime": "0001-01-01T00:00:00Z", "expiryTime": "2021-01-01T00:00:00Z" },
        { "id": "20000000-0000-0000-0000-0000000000aa", "appId": "aa", "accountEnabled": true, "displayName": "API",
          "appRoles": [{ "id": "90000000-0000-0000-0000-000000000001", "value": "Invoice.Write" }] },
        service_principal(),
    ]));
    assert_eq!(made.one("entitlements", "entra:r1")["role"], "default access");
    let write = made.one("entitlements", "entra:r2");
    assert_eq!(
        (&write["role"], &write["account"]),
        (&"Invoice.Write".into(), &format!("account:{APP}").into())
    );
    let consent = made.one("entitlements", "entra:c1");
    assert_eq!(consent["role"], "openid Directory.ReadWrite.All");
    assert_eq!(consent["resource"], "API");
    assert_eq!((consent.get("granted_at"), consent.get("expires_at")), (None, None));
    assert_eq!(
        (&consent["privileged"], &consent["tags"]["on_behalf_of"]),
        (&true.into(), &ADA.into())
    );
}

#[test]
fn rows_of_others_are_left_alone() {
    for row in [
        object!({ "RoleName": "deploy", "RoleId": "AROA1", "Arn": "arn:aws:iam::1:role/deploy" }),
        object!({ "employeeId": "7", "status": "Active", "userType": "Employee" }),
        object!({ "groupId": "00g1", "userId": "00u1" }),
        object!({ "objectType": "user", "id": "7" }),
    ] {
        let made = of(&object!([row]));
        let refused: Vec<_> = made.counts.refused.keys().cloned().collect();
        assert!(refused[0].starts_with("no entra row"), "{refused:?}");
    }
}

#[test]
fn what_is_no_identity_is_refused() {
    let made = of(&object!({ "value": [
        { "id": "1", "@removed": { "reason": "deleted" } },
        { "id": "2", "userPrincipalName": "a@corp.example", "ipAddress": "192.0.2.1", "appId": "x" },
        { "id": "3", "decision": "Deny", "principal": { "id": "4", "userPrincipalName": "b@corp.example" } },
        { "id": "5" },
        { "@odata.type": "#microsoft.graph.device", "id": "6" },
    ] }));
    assert_eq!((made.counts.read, made.counts.refusals()), (5, 5));
    assert!(made.records.is_empty());
}

#[test]
fn powershell_and_the_portal_spell_it_otherwise() {
    let made = of(&object!([{
        "Id": "10000000-0000-0000-0000-000000000001", "UserPrincipalName": "ada@corp.example",
        "AccountEnabled": true, "CreatedDateTime": "/Date(1551427200000)/", "UserType": null,
        "SignInActivity": { "LastSuccessfulSignInDateTime": "/Date(-62135596800000)/" },
    }]));
    let ada = made.one("accounts", ADA);
    assert_eq!(ada["created_at"], "2019-03-01T08:00:00Z");
    assert_eq!(ada.get("last_login_at"), None);
    let made = csv(
        &IMPORTER,
        "userPrincipalName,id,userType,accountEnabled,createdDateTime\n\
         ada@corp.example,10000000-0000-0000-0000-000000000001,Member,False,3/1/2019 8:00:00 PM\n",
    );
    let ada = made.one("accounts", ADA);
    assert_eq!(
        (&ada["status"], &ada["created_at"]),
        (&"disabled".into(), &"2019-03-01T20:00:00Z".into())
    );
}

#[test]
fn a_directory_can_stand_in_for_hr() {
    let mut leaver = ada();
    leaver["accountEnabled"] = false.into();
    leaver["employeeLeaveDateTime"] = "2026-04-30T00:00:00Z".into();
    let sync = object!({ "id": "9", "userPrincipalName": "Sync_DC_01@corp.example", "accountEnabled": true });
    let setting = Setting { people: true, ..Setting::default() };
    let rows = object!([leaver, application(), sync]).to_string();
    let made = json_with(&IMPORTER, &rows, &[], setting);
    let person = made.one("people", ADA);
    assert_eq!(
        (&person["status"], &person["ended_at"]),
        (&"terminated".into(), &"2026-04-30T00:00:00Z".into())
    );
    assert_eq!(made.one("accounts", ADA)["identity"], format!("person:{ADA}"));
    assert_eq!(made.count("people"), 1);
    assert_eq!(made.one("accounts", "entra:9")["type"], "system");
}

#[test]
fn lists_of_owners_and_members_name_their_parent() {
    let people = [("1", "ada@corp.example", "ada")];
    let rows = object!([
        { "servicePrincipalId": "20000000-0000-0000-0000-000000000001", "ownerId": "10000000-0000-0000-0000-000000000001" },
        { "groupId": "70000000-0000-0000-0000-00000000000F", "memberId": "10000000-0000-0000-0000-000000000001" },
        service_principal(), ada(),
    ]);
    let made = json_with(&IMPORTER, &rows.to_string(), &people, Setting::default());
    let views = all(&made, "workloads", APP);
    assert!(views.iter().any(|view| view["owner"] == "person:1" && view["status"] == "disabled"));
    assert_eq!(
        made.one("groups", "entra:70000000-0000-0000-0000-00000000000f")["members"],
        object!([format!("account:{ADA}")])
    );
}
