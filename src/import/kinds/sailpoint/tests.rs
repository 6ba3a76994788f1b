use super::*;
use crate::import::convert::trial::{self, Made};
use crate::import::setting::Setting;

const PEOPLE: &[(&str, &str, &str)] =
    &[("0012", "ada@corp.example", "ada"), ("0013", "grace@corp.example", "grace")];

fn read(text: &str) -> Made {
    trial::json_with(&IMPORTER, text, PEOPLE, Setting::default())
}

const ADA: &str = r#"{"id": "i1", "name": "Ada L", "alias": "al", "emailAddress": "ADA@corp.example", "identityStatus": "LOCKED",
    "lifecycleState": {"stateName": "active"}, "managerRef": {"type": "IDENTITY", "id": "i9"}, "attributes": {"uid": "7"}}"#;

#[test]
fn an_account_is_whoever_its_identity_is_and_nobodys_where_it_is_uncorrelated() {
    let made = read(&format!(
        r#"[{{"id": "a1", "name": "x.y", "nativeIdentity": "CN=x", "sourceId": "s1", "sourceName": "AD", "identityId": "i1",
            "uncorrelated": false, "disabled": false, "locked": false, "cloudLifecycleState": "active", "isMachine": false,
            "attributes": {{"mail": "grace@corp.example"}}}},
        {{"id": "a2", "name": "grace", "nativeIdentity": "CN=g", "sourceName": "AD", "uncorrelated": true, "disabled": true, "identityId": "i1"}},
        {{"id": "a3", "name": "g.h", "nativeIdentity": "CN=h", "sourceName": "HR", "identity": {{"id": "i7"}}, "uncorrelated": false,
            "locked": true, "disabled": false, "attributes": {{"mail": "grace@corp.example"}}}},
        {{"id": "a4", "nativeIdentity": "n4", "sourceId": "s2", "systemAccount": false}}, {ADA}]"#
    ));
    let first = made.one("accounts", "sailpoint:a1");
    assert_eq!(
        (&first["system"], &first["identity"]),
        (&"sailpoint:AD".into(), &"person:0012".into())
    );
    assert_eq!(
        (&first["status"], &first["tags"]["lifecycle_state"]),
        (&"enabled".into(), &"active".into())
    );
    assert_eq!((first.get("type"), &first["username"]), (None, &"x.y".into()));
    let orphan = made.one("accounts", "sailpoint:a2");
    assert_eq!((orphan.get("identity"), &orphan["status"]), (None, &"disabled".into()));
    let own = made.one("accounts", "sailpoint:a3");
    assert_eq!((&own["identity"], &own["status"]), (&"person:0013".into(), &"locked".into()));
    let bare = made.one("accounts", "sailpoint:a4");
    assert_eq!((&bare["status"], &bare["system"]), (&"unknown".into(), &"sailpoint:s2".into()));
    let directory = made.one("accounts", "sailpoint:i1");
    assert_eq!(
        (&directory["system"], &directory["status"]),
        (&"sailpoint".into(), &"locked".into())
    );
    assert_eq!(directory["identity"], "person:0012");
    assert_eq!(made.one("systems", "sailpoint:AD")["name"], "AD");
    assert_eq!(made.count("people"), 0);
}

#[test]
fn identities_can_be_people_and_their_accounts_find_them() {
    let setting = Setting { people: true, ..Setting::default() };
    let text = format!(
        r#"[{{"id": "a1", "name": "x.y", "nativeIdentity": "CN=x", "sourceName": "AD", "identityId": "i2", "disabled": false}}, {ADA},
        {{"id": "i2", "name": "No Mail", "alias": "nm", "identityStatus": "TERMINATED", "lifecycleState": {{"stateName": "active"}}}},
        {{"id": "i3", "name": "P", "alias": "p", "identityStatus": "REGISTERED"}},
        {{"id": "n1", "accountName": "c.k", "firstName": "C", "lastName": "K", "email": "c.k@corp.example", "manager": "al",
            "sourceId": "s9", "startDate": "2026-01-01T00:00:00Z", "endDate": "2026-12-31T00:00:00Z"}}]"#
    );
    let made = trial::json_with(&IMPORTER, &text, &[], setting);
    let ada = made.one("people", "sailpoint:i1");
    assert_eq!(
        (&ada["status"], &ada["manager"]),
        (&"active".into(), &"person:sailpoint:i9".into())
    );
    assert_eq!(ada.get("employee_number"), None);
    assert_eq!(made.one("people", "sailpoint:i2")["status"], "terminated");
    assert_eq!(made.one("people", "sailpoint:i3")["status"], "unknown");
    assert_eq!(made.one("accounts", "sailpoint:a1")["identity"], "person:sailpoint:i2");
    let contractor = made.one("people", "sailpoint:n1");
    assert_eq!(
        (&contractor["employment"], &contractor["manager"]),
        (&"contractor".into(), &"person:sailpoint:i1".into())
    );
    assert_eq!(
        (&contractor["contract_ends_at"], contractor.get("ended_at")),
        (&"2026-12-31T00:00:00Z".into(), None)
    );
}

#[test]
fn machine_identities_are_workloads_and_their_accounts_theirs() {
    let made = read(&format!(
        r#"[{{"id": "m1", "name": "agent", "subtype": "AI_AGENT", "nativeIdentity": "arn:x", "source": {{"id": "s", "name": "AWS"}},
            "owners": {{"primary": {{"type": "IDENTITY", "id": "i1"}}}}, "environment": "PRODUCTION", "existsOnSource": "TRUE", "status": "ACTIVE",
            "description": "answers"}},
        {{"id": "m2", "name": "old", "subtype": "Application", "owners": {{"primaryIdentity": {{"id": "i8"}}}}, "existsOnSource": "FALSE"}},
        {{"id": "m3", "name": "listed", "subtype": "AI Agent", "owner": {{"id": "i5", "email": "grace@corp.example"}}}},
        {{"id": "k1", "name": "svc", "nativeIdentity": "svc", "classificationMethod": "SOURCE", "enabled": false, "locked": false,
            "source": {{"name": "AD"}}, "machineIdentity": {{"id": "m9", "name": "SVC"}}, "environment": "TEST", "ownerIdentity": {{"id": "i1"}}}},
        {{"id": "k1", "name": "svc", "nativeIdentity": "svc", "sourceName": "AD", "isMachine": true, "identityId": "i1", "disabled": true}},
        {{"id": "k2", "name": "lone", "nativeIdentity": "lone", "sourceName": "AD", "isMachine": true, "disabled": false}}, {ADA}]"#
    ));
    let agent = made.one("workloads", "sailpoint:m1");
    assert_eq!((&agent["kind"], &agent["status"]), (&"ai_agent".into(), &"active".into()));
    assert_eq!((&agent["environment"], &agent["owner"]), (&"prod".into(), &"person:0012".into()));
    let account = made.one("accounts", "sailpoint:m1");
    assert_eq!(
        (&account["system"], &account["type"]),
        (&"sailpoint:AWS".into(), &"service".into())
    );
    let old = made.one("workloads", "sailpoint:m2");
    assert_eq!((&old["kind"], &old["status"]), (&"application".into(), &"retired".into()));
    assert_eq!(old["owner"], "person:sailpoint:i8");
    let listed = made.one("workloads", "sailpoint:m3");
    assert_eq!((&listed["kind"], &listed["owner"]), (&"ai_agent".into(), &"person:0013".into()));
    assert!(made.records["accounts"].iter().all(|one| one["id"] != "sailpoint:m3"));
    let both: Vec<_> =
        made.records["accounts"].iter().filter(|one| one["id"] == "sailpoint:k1").collect();
    assert_eq!(both.len(), 2);
    for one in both {
        assert_eq!(
            (&one["identity"], &one["status"]),
            (&"workload:sailpoint:m9".into(), &"disabled".into())
        );
        assert_eq!(one["type"], "service");
    }
    let mut mentions = made.records["workloads"].iter().filter(|one| one["id"] == "sailpoint:m9");
    assert!(mentions.any(|one| one["environment"] == "test" && one["name"] == "SVC"));
    assert_eq!(made.one("workloads", "sailpoint:k2")["status"], "active");
    assert_eq!(made.one("accounts", "sailpoint:k2")["identity"], "workload:sailpoint:k2");
}

#[test]
fn the_values_of_attributes_are_entitlements_where_the_import_lists_them() {
    let made = read(
        r#"[{"id": "a1", "name": "x", "nativeIdentity": "x", "sourceName": "AD", "uncorrelated": true, "disabled": false,
            "attributes": {"memberOf": ["CN=Admins", "CN=Other"], "mail": ["x@corp.example"], "role": "R1"}},
        {"id": "e1", "name": "Domain Admins", "attribute": "memberOf", "value": "CN=Admins", "sourceSchemaObjectType": "group",
            "privilegeLevel": {"direct": null, "effective": "HIGH"}, "source": {"id": "s", "name": "AD"}},
        {"id": "e2", "name": "Role 1", "attribute": "role", "value": "R1", "cloudGoverned": true, "source": {"name": "AD"}}]"#,
    );
    let admins = made.one("entitlements", "sailpoint:a1#memberOf:CN=Admins");
    assert_eq!((&admins["role"], &admins["privileged"]), (&"Domain Admins".into(), &true.into()));
    let other = made.one("entitlements", "sailpoint:a1#memberOf:CN=Other");
    assert_eq!((&other["role"], other.get("privileged")), (&"CN=Other".into(), None));
    assert_eq!(made.one("entitlements", "sailpoint:a1#role:R1")["role"], "Role 1");
    assert_eq!((made.count("entitlements"), made.counts.merged), (3, 2));
}

#[test]
fn tokens_end_never_where_the_vendor_says_so_and_secrets_are_not_read() {
    let made = read(
        r#"[{"id": "t1", "name": "ci", "scope": ["a"], "owner": {"type": "IDENTITY", "id": "i1"}, "created": "2026-01-01T00:00:00Z",
            "lastUsed": "2026-02-01T00:00:00Z", "managed": false, "expirationDate": "2026-12-31T23:59:59.999Z"},
        {"id": "t2", "name": "wf", "scope": null, "owner": {"id": "i1"}, "created": "2026-01-01T00:00:00Z", "lastUsed": null,
            "managed": true, "expirationDate": null, "userAwareTokenNeverExpires": true},
        {"id": "t3", "name": "old", "scope": [], "owner": {"id": "i1"}, "created": "2026-01-01T00:00:00Z", "managed": false},
        {"id": "c1", "name": "api", "grantTypes": ["CLIENT_CREDENTIALS"], "accessTokenValiditySeconds": 750, "type": "CONFIDENTIAL",
            "enabled": true, "created": "2020-01-01T00:00:00Z", "lastUsed": null, "secret": "never read"},
        {"id": "c2", "name": "spa", "grantTypes": ["AUTHORIZATION_CODE"], "accessTokenValiditySeconds": 750, "type": "PUBLIC", "enabled": false}]"#,
    );
    let token = made.one("credentials", "sailpoint:pat:t1");
    assert_eq!((&token["expiry"], &token["last_used_state"]), (&"fixed".into(), &"known".into()));
    assert_eq!(
        (&token["account"], &token["last_rotated_at"]),
        (&"account:sailpoint:i1".into(), &"2026-01-01T00:00:00Z".into())
    );
    let managed = made.one("credentials", "sailpoint:pat:t2");
    assert_eq!((&managed["expiry"], &managed["managed_by"]), (&"never".into(), &"platform".into()));
    assert_eq!(managed["last_used_state"], "never");
    assert_eq!(made.one("credentials", "sailpoint:pat:t3")["expiry"], "unknown");
    let secret = made.one("credentials", "sailpoint:client:c1#secret");
    assert_eq!((&secret["kind"], &secret["status"]), (&"client_secret".into(), &"active".into()));
    assert_eq!(made.one("workloads", "sailpoint:client:c2")["status"], "disabled");
    assert_eq!(made.count("credentials"), 4);
    assert!(!format!("{:?}", made.records).contains("never read"));
}

#[test]
fn envelopes_hold_accounts_and_say_how_many_are_missing() {
    let made = read(
        r#"[{"id": "i1", "type": "Human", "displayName": "Ada", "alias": "x", "email": "ada@corp.example", "identityStatus": "ACTIVE", "identityGraph": {},
            "accounts": {"items": [{"id": "a1", "name": "x.admin", "source": {"id": "s", "name": "AD"}, "disabled": false, "nativeIdentity": "n"}], "totalCount": 11},
            "privilegedAccess": {"items": [{"privileged": true, "id": "e", "displayName": "Admins", "source": {"id": "s"}, "attribute": "memberOf", "value": "V"},
                {"privileged": true, "displayName": "Elsewhere", "source": {"id": "s2"}}]},
            "nonHumanIdentityOwnership": {"agents": {"primaryOwned": {"items": [{"id": "m1", "displayName": "agent"}]}}}},
        {"id": "m1", "type": "NHI", "displayName": "agent", "subtype": "AI Agent", "identityGraph": {}, "owners": {"primaryIdentity": {"id": "i1"}},
            "accounts": {"items": [{"id": "k1", "name": "k", "nativeIdentity": "k", "source": {"name": "AWS"}, "enabled": true, "machineIdentity": {"id": "m1"}}]}}]"#,
    );
    let hub = made.one("accounts", "sailpoint:i1");
    assert_eq!(
        (&hub["identity"], &hub["tags"]["accounts_listed"]),
        (&"person:0012".into(), &"1 of 11".into())
    );
    assert_eq!(made.one("accounts", "sailpoint:a1")["identity"], "person:0012");
    assert_eq!(made.one("entitlements", "sailpoint:a1#memberOf:V")["privileged"], true);
    assert_eq!(made.count("entitlements"), 1);
    assert_eq!(made.one("accounts", "sailpoint:k1")["identity"], "workload:sailpoint:m1");
    let agents: Vec<_> =
        made.records["workloads"].iter().filter(|one| one["id"] == "sailpoint:m1").collect();
    assert!(agents.iter().filter_map(|one| one.get("owner")).all(|owner| owner == "person:0012"));
    assert!(
        agents.iter().any(|one| one["kind"] == "ai_agent" && one["tags"]["subtype"] == "AI Agent")
    );
}

#[test]
fn a_table_is_read_and_a_line_that_is_too_long_is_not_shifted() {
    let made = trial::csv(
        &IMPORTER,
        "id,name,nativeIdentity,sourceName,identityId,disabled,locked,uncorrelated,privileged,lastLogin\n\
        a1,svc,CN=svc\\,OU=x,AD,,false,false,true,true,\n\
        a2,ada,CN=ada,AD,i1,FALSE,FALSE,FALSE,true,2026-05-01\n",
    );
    let account = made.one("accounts", "sailpoint:a2");
    assert_eq!(
        (&account["privileged"], &account["last_login_at"]),
        (&true.into(), &"2026-05-01T00:00:00Z".into())
    );
    assert_eq!((made.count("accounts"), made.counts.refusals()), (1, 1));
}
