use super::*;
use crate::import::convert::trial;
use crate::import::setting::Setting;

const PEOPLE: &[(&str, &str, &str)] = &[("0012", "ada@corp.example", "ada")];

fn read(text: &str) -> trial::Made {
    trial::json_with(&IMPORTER, text, PEOPLE, Setting::default())
}

const FULL: &str = r#"{
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
    "id": "u1", "externalId": "ext-1", "userName": "lovelace", "displayName": "Ada",
    "userType": "Employee", "active": true, "password": "not read",
    "emails": [{"value": "a.lovelace@corp.example", "type": "work", "primary": true}],
    "groups": [{"value": "g1", "display": "Engines"}, {"value": "g2", "type": "indirect"}],
    "roles": [{"value": "account_admin", "type": "direct_role"}, "reader", {"display": "Shown only"}],
    "entitlements": [{"value": "workspace-access"}],
    "x509Certificates": [{"value": "not read"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "employeeNumber": 12, "department": "Analysis", "manager": {"value": "u9"}},
    "meta": {"resourceType": "User", "created": "2020-01-23T04:56:22Z"}
}"#;

#[test]
fn a_user_is_an_account_with_its_groups_and_rights() {
    let people = [("12", "x@corp.example", "x")];
    let made = trial::json_with(&IMPORTER, FULL, &people, Setting::default());
    let account = made.one("accounts", "scim:u1");
    assert_eq!(account["status"], "enabled");
    assert_eq!(account["type"], "human");
    assert_eq!(account["identity"], "person:12");
    assert_eq!(account["tags"]["linked_by"], "employee_number");
    assert_eq!(account["tags"]["external_id"], "ext-1");
    assert_eq!(account["created_at"], "2020-01-23T04:56:22Z");
    assert_eq!(account.get("last_login_at"), None);
    let group = made.one("groups", "scim:g1");
    assert_eq!(
        (&group["name"], &group["members"][0]),
        (&"Engines".into(), &"account:scim:u1".into())
    );
    assert_eq!(made.one("groups", "scim:g2")["members"][0], "account:scim:u1");
    assert_eq!(made.one("entitlements", "scim:u1#role:account_admin")["privileged"], true);
    assert_eq!(made.one("entitlements", "scim:u1#role:reader").get("privileged"), None);
    assert_eq!(made.one("entitlements", "scim:u1#role:Shown only")["role"], "Shown only");
    assert_eq!(
        made.one("entitlements", "scim:u1#entitlement:workspace-access")["account"],
        "account:scim:u1"
    );
    assert_eq!(made.count("people"), 0);
    assert!(!format!("{:?}", made.records).contains("not read"));
    assert_eq!(made.unused, ["displayName", "password", "schemas", "x509Certificates"]);
}

#[test]
fn without_active_nothing_is_known_and_partial_answers_are_rows() {
    let made = read(
        r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 3, "Resources": [
        {"id": "1", "userName": "ada"}, {"id": "2", "userName": "lee", "active": false},
        {"id": "3", "userName": "kim", "active": null}]}"#,
    );
    assert_eq!(made.one("accounts", "scim:1")["status"], "unknown");
    assert_eq!(made.one("accounts", "scim:1")["identity"], "person:0012");
    assert_eq!(made.one("accounts", "scim:2")["status"], "disabled");
    assert_eq!(made.one("accounts", "scim:3")["status"], "unknown");
    assert_eq!((made.counts.read, made.counts.refusals()), (3, 0));
    let page = &made.pages[""];
    assert_eq!((page.rows, page.total), (3, Some(3)));
}

#[test]
fn names_are_in_any_case_and_flags_and_totals_may_be_strings() {
    let made = read(
        r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": "250", "Resources": [
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "ID": "1", "username": "x", "Active": "False",
         "Emails": [{"value": "ADA@corp.example"}],
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"EmployeeNumber": "0099"}}]}"#,
    );
    let account = made.one("accounts", "scim:1");
    assert_eq!((&account["status"], &account["username"]), (&"disabled".into(), &"x".into()));
    assert_eq!(account["identity"], "person:0012");
    assert_eq!(made.pages[""].total, Some(250));
}

#[test]
fn members_are_accounts_or_groups_by_type_address_or_what_other_rows_say() {
    let made = read(
        r#"{"Resources": [
        {"id": "g1", "displayName": "All", "members": [{"value": "u1", "type": "User"}, {"value": "g2", "type": "Group"},
            {"value": "g3", "$ref": "https://example.com/v2/Groups/g3"}, {"value": "sp", "$ref": "ServicePrincipals/sp"}]},
        {"id": "g2", "displayName": "Untold", "members": [{"value": "g1"}, {"value": "u2"}]},
        {"id": "g3", "displayName": "None"}]}"#,
    );
    let members = |id: &str| made.one("groups", id)["members"].clone();
    let wanted = ["account:scim:u1", "group:scim:g2", "group:scim:g3", "account:scim:sp"];
    assert_eq!(members("scim:g1"), serde_json::json!(wanted));
    assert_eq!(members("scim:g2"), serde_json::json!(["group:scim:g1", "account:scim:u2"]));
    assert_eq!(made.one("groups", "scim:g3").get("members"), None);
    assert_eq!((made.counts.read, made.counts.written), (3, 3));
}

#[test]
fn groups_that_wait_for_each_other_find_each_other() {
    let made = read(
        r#"[{"id": "g1", "displayName": "A", "members": [{"value": "g2"}]},
        {"id": "g2", "displayName": "B", "members": [{"value": "g1"}, {"value": "u1"}]}]"#,
    );
    assert_eq!(made.one("groups", "scim:g1")["members"][0], "group:scim:g2");
    let second = made.one("groups", "scim:g2");
    assert_eq!(second["members"], serde_json::json!(["group:scim:g1", "account:scim:u1"]));
}

#[test]
fn service_principals_are_workloads_with_accounts() {
    let made = read(
        r#"[{"id": "7", "applicationId": "a-b", "displayName": "etl", "active": true,
        "groups": [{"value": "1", "display": "admins"}]}]"#,
    );
    assert_eq!(made.one("workloads", "scim:7")["kind"], "service_account");
    let account = made.one("accounts", "scim:7");
    assert_eq!(
        (&account["type"], &account["identity"]),
        (&"service".into(), &"workload:scim:7".into())
    );
    assert_eq!(made.one("groups", "scim:1")["members"][0], "account:scim:7");
}

#[test]
fn a_directory_can_be_the_list_of_people() {
    let setting = Setting { people: true, system: Some("idp".into()), ..Setting::default() };
    let text = format!(
        r#"[{FULL}, {{"id": "u2", "userName": "lee@corp.example", "active": false}},
        {{"id": "u3", "userName": "kim"}}]"#
    );
    let made = trial::json_with(&IMPORTER, &text, &[], setting);
    let ada = made.one("people", "idp:u1");
    assert_eq!((&ada["status"], &ada["employment"]), (&"active".into(), &"employee".into()));
    assert_eq!(
        (&ada["manager"], &ada["department"]),
        (&"person:idp:u9".into(), &"Analysis".into())
    );
    assert_eq!((&ada["name"], &ada["employee_number"]), (&"Ada".into(), &"12".into()));
    assert_eq!(made.one("accounts", "idp:u1")["identity"], "person:idp:u1");
    assert_eq!(made.one("people", "idp:u2")["status"], "terminated");
    assert_eq!(made.one("people", "idp:u2").get("ended_at"), None);
    assert_eq!(made.one("people", "idp:u3")["status"], "unknown");
}

#[test]
fn messages_definitions_and_what_was_sent_are_refused() {
    let made = read(
        r#"[{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "value": [{"id": "1", "userName": "x"}]}]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "Bob"}}]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "no", "status": "404"},
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User", "endpoint": "/Users"},
        {"id": "urn:ietf:params:scim:schemas:core:2.0:User", "name": "User", "attributes": [{"name": "userName"}]},
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"], "patch": {"supported": true}},
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "sent"}]"#,
    );
    assert_eq!((made.counts.read, made.counts.refusals()), (7, 7));
    assert_eq!(made.counts.refused["a message of the protocol: it lists nothing"].0, 3);
    assert_eq!(made.counts.refused["a definition, no user and no group"].0, 3);
    assert_eq!(made.counts.refused["it has no `id`: it was sent, not listed"].0, 1);
    assert!(made.records.is_empty(), "{:?}", made.records);
}
