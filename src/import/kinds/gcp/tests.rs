use super::*;
use crate::import::convert::trial::{self, Made};
use crate::import::setting::Setting;

fn read(text: &str) -> Made {
    trial::json_with(
        &IMPORTER,
        text,
        &[("7", "ada@corp.example", "ada"), ("8", "bob@corp.example", "bob")],
        Setting::default(),
    )
}

const ETL: &str = "gcp:etl@p1.iam.gserviceaccount.com";

#[test]
fn an_end_that_is_reckoned_with_is_not_read() {
    let at = "request.time < timestamp('2020-01-01T00:00:00Z')";
    for (more, wanted) in [
        ("", true),
        (" && resource.name == 'x'", true),
        (" + duration('315360000s')", false),
        (" - duration('5s') && true", false),
    ] {
        assert_eq!(super::policy::end(&format!("{at}{more}")).is_some(), wanted, "{more}");
    }
    assert!(super::policy::end(&format!("({at})")).is_some());
}

#[test]
fn a_service_account_is_a_workload_and_its_account() {
    let made = read(
        r#"{"headers": {"status": "200"}, "body": {"accounts": [
        {"name": "projects/p1/serviceAccounts/ETL@p1.iam.gserviceaccount.com", "projectId": "p1", "uniqueId": "100000000000000000001",
         "email": "ETL@p1.iam.gserviceaccount.com", "displayName": "etl", "description": "nightly job", "disabled": true},
        {"name": "projects/p1/serviceAccounts/1-compute@developer.gserviceaccount.com", "email": "1-compute@developer.gserviceaccount.com"}],
        "nextPageToken": "more"}}"#,
    );
    let workload = made.one("workloads", ETL);
    assert_eq!(
        (&workload["status"], &workload["purpose"]),
        (&"disabled".into(), &"nightly job".into())
    );
    let account = made.one("accounts", ETL);
    assert_eq!(
        (&account["status"], &account["identity"]),
        (&"disabled".into(), &format!("workload:{ETL}").into())
    );
    assert_eq!(account["tags"]["unique_id"], "100000000000000000001");
    let other = made.one("accounts", "gcp:1-compute@developer.gserviceaccount.com");
    assert_eq!(other["status"], "enabled");
    assert!(made.pages["/body"].next);
}

#[test]
fn keys_that_never_end_that_the_platform_rotates_and_that_are_over() {
    let key = |id: &str, more: &str| {
        format!(
            r#"{{"name": "projects/p1/serviceAccounts/etl@p1.iam.gserviceaccount.com/keys/{id}", "keyAlgorithm": "KEY_ALG_RSA_2048", {more}}}"#
        )
    };
    let made = read(&format!(
        "[{},{},{},{},{}]",
        key(
            "a",
            r#""keyType": "SYSTEM_MANAGED", "validAfterTime": "2026-05-25T00:00:00Z", "validBeforeTime": "2026-06-10T00:00:00Z""#
        ),
        key(
            "b",
            r#""keyType": "USER_MANAGED", "validAfterTime": "2021-03-01T00:00:00Z", "validBeforeTime": "9999-12-31T23:59:59Z""#
        ),
        key(
            "c",
            r#""keyType": "USER_MANAGED", "disabled": true, "disableReason": "EXPOSED", "validBeforeTime": "2030-03-01T00:00:00Z""#
        ),
        key(
            "d",
            r#""validAfterTime": "2018-03-24T10:00:00Z", "validBeforeTime": "2999-08-22T19:55:36Z""#
        ),
        key(
            "e",
            r#""validAfterTime": "2017-08-21T07:55:36Z", "validBeforeTime": "2017-08-22T19:55:36Z""#
        ),
    ));
    let one = |id: &str| made.one("credentials", &format!("{ETL}/keys/{id}"));
    assert_eq!(
        (made.count("credentials"), made.counts.merged),
        (4, 1),
        "Google's own key is nobody's"
    );
    assert_eq!((&one("b")["expiry"], one("b").get("expires_at")), (&"never".into(), None));
    assert_eq!(one("b")["last_rotated_at"], "2021-03-01T00:00:00Z");
    assert_eq!(one("b")["last_used_state"], "unknown");
    assert_eq!(
        (&one("c")["status"], &one("c")["tags"]["disable_reason"]),
        (&"inactive".into(), &"EXPOSED".into())
    );
    assert_eq!((&one("d")["expiry"], one("d").get("managed_by")), (&"never".into(), None));
    assert_eq!((&one("e")["status"], &one("e")["expiry"]), (&"expired".into(), &"fixed".into()));
    assert_eq!(made.one("accounts", ETL)["status"], "unknown", "only mentioned");
    assert!(made.sentinels.contains(&("validBeforeTime".into(), "9999-12-31T23:59:59Z".into())));
}

#[test]
fn a_key_of_cloud_asset_finds_its_account_by_number() {
    let made = read(
        r#"[{"asset_type": "iam.googleapis.com/ServiceAccountKey", "name": "//iam.googleapis.com/projects/p1/serviceAccounts/42/keys/k1",
          "resource": {"data": {"keyType": "USER_MANAGED", "validAfterTime": "2020-01-01T00:00:00Z", "keyAlgorithm": "x"}}},
        {"assetType": "iam.googleapis.com/ServiceAccount", "name": "//iam.googleapis.com/projects/p1/serviceAccounts/42",
          "resource": {"data": {"email": "etl@p1.iam.gserviceaccount.com", "uniqueId": "42"}}},
        {"assetType": "storage.googleapis.com/Bucket", "name": "//storage.googleapis.com/b", "resource": {"data": {}}}]"#,
    );
    assert_eq!(
        made.one("credentials", &format!("{ETL}/keys/k1"))["account"],
        format!("account:{ETL}")
    );
    assert_eq!((made.counts.written, made.counts.refusals()), (2, 1));
}

const POLICY: &str = r#"{"bindings": [
    {"role": "roles/owner", "members": ["user:Ada@corp.example", "group:ops@corp.example", "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com"]},
    {"role": "roles/viewer", "members": ["allUsers", "domain:corp.example", "stranger"]},
    {"role": "roles/storage.admin", "members": ["user:tmp@corp.example"],
     "condition": {"title": "until 2025", "expression": "request.time < timestamp(\"2025-01-01T00:00:00Z\")"}},
    {"role": "projects/p1/roles/deployer", "members": ["serviceAccount:etl@p1.iam.gserviceaccount.com",
      "deleted:serviceAccount:old@p1.iam.gserviceaccount.com?uid=1", "deleted:user:bob@corp.example?uid=2",
      "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/gh/subject/repo:Acme/x",
      "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/gh/attribute.repository/Acme/x", "projectOwner:p1"]}],
    "etag": "x", "version": 3}"#;

#[test]
fn who_has_what_and_until_when() {
    let made = read(&format!(
        r#"[{{"assetType": "cloudresourcemanager.googleapis.com/Project", "resource": "//cloudresourcemanager.googleapis.com/projects/p1", "policy": {POLICY}}},
        {{"name": "projects/p1/roles/deployer", "includedPermissions": ["iam.serviceAccountKeys.create"]}}]"#
    ));
    let place = "gcp:cloudresourcemanager.googleapis.com/projects/p1";
    let one = |rest: &str| made.one("entitlements", &format!("{place}/{rest}"));
    let owner = one("roles/owner/user:Ada@corp.example");
    assert_eq!(
        (&owner["privileged"], &owner["account"]),
        (&true.into(), &"account:gcp:ada@corp.example".into())
    );
    assert_eq!(owner["resource"], "cloudresourcemanager.googleapis.com/projects/p1");
    let ada = made.one("accounts", "gcp:ada@corp.example");
    assert_eq!((&ada["identity"], &ada["status"]), (&"person:7".into(), &"unknown".into()));
    assert_eq!(made.one("groups", "gcp:ops@corp.example")["privileged"], true);
    let agent = "gcp:service-1@gcp-sa-pubsub.iam.gserviceaccount.com";
    assert_eq!(made.one("groups", agent)["privileged"], true);
    assert_eq!(one("roles/viewer/allUsers")["tags"]["public"], "allUsers");
    assert_eq!(one("roles/viewer/allUsers")["group"], "group:gcp:allUsers");
    assert_eq!(one("roles/viewer/stranger")["account"], "account:gcp:stranger");
    let over = made.records["entitlements"]
        .iter()
        .find(|right| right["role"] == "roles/storage.admin")
        .unwrap();
    assert_eq!(
        (&over["status"], &over["expires_at"]),
        (&"expired".into(), &"2025-01-01T00:00:00Z".into())
    );

    let deployer = one("projects/p1/roles/deployer/serviceAccount:etl@p1.iam.gserviceaccount.com");
    assert_eq!(deployer["privileged"], true, "by its permissions");
    let old = "gcp:old@p1.iam.gserviceaccount.com?uid=1";
    assert_eq!(made.one("workloads", old)["status"], "retired");
    assert_eq!(made.one("accounts", old)["status"], "deleted");
    let bob = made.one("accounts", "gcp:bob@corp.example?uid=2");
    assert_eq!((&bob["identity"], &bob["status"]), (&"person:8".into(), &"deleted".into()));
    let pool = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/gh";
    assert_eq!(
        made.one("workloads", &format!("gcp:principal://{pool}/subject/repo:Acme/x"))["kind"],
        "application"
    );
    assert_eq!(
        made.one("groups", &format!("gcp:principalSet://{pool}/attribute.repository/Acme/x"))["system"],
        "gcp"
    );
    assert_eq!(made.count("entitlements"), 13);
}

#[test]
fn a_policy_alone_is_of_its_file_and_an_empty_one_is_read() {
    let made = read(POLICY);
    assert_eq!(made.one("entitlements", "gcp:x.json/roles/viewer/allUsers").get("resource"), None);
    let made = read(
        r#"{"kind": "storage#policy", "resourceId": "projects/_/buckets/b", "etag": "x", "version": 1,
        "bindings": [{"role": "roles/storage.admin", "members": ["projectOwner:p1"]}]}"#,
    );
    assert_eq!(made.records["entitlements"][0]["resource"], "projects/_/buckets/b");
    let made = read(r#"{"version": 1, "etag": "x"}"#);
    assert_eq!((made.counts.merged, made.counts.refusals()), (1, 0));
    let made = read(
        r#"{"policy_results": [{"full_resource_name": "//x", "policies": [{"attached_resource": "//x.googleapis.com/y",
        "policy": {"bindings": {"role": "roles/viewer", "members": "user:ada@corp.example"}}}]}]}"#,
    );
    assert_eq!(made.records["entitlements"][0]["resource"], "x.googleapis.com/y");
}

#[test]
fn conditions_that_set_an_end() {
    let end = |text: &str| policy::end(text).map(|at| at.to_string());
    let time = Some("2025-01-01T00:00:00Z".to_owned());
    assert_eq!(end("request.time < timestamp('2025-01-01T00:00:00Z')"), time);
    assert_eq!(
        end(
            "request.time > timestamp(\"2024-01-01T00:00:00Z\") && request.time <= timestamp(\"2025-01-01T00:00:00Z\")"
        ),
        time
    );
    for none in [
        "request.time > timestamp('2025-01-01T00:00:00Z')",
        "request.time < timestamp('2025-01-01T00:00:00Z') || resource.name == 'x'",
        "!(request.time < timestamp('2025-01-01T00:00:00Z'))",
        "request.time.getHours() < 5",
        "resource.name.startsWith('x')",
        "request.time <",
    ] {
        assert_eq!(end(none), None, "{none}");
    }
}

#[test]
fn api_keys_and_rows_that_are_no_identities() {
    let made = read(
        r#"[{"keys": [{"name": "projects/p1/locations/global/keys/k", "uid": "u", "displayName": "maps", "createTime": "2024-01-01T00:00:00Z",
          "restrictions": {"apiTargets": [{"service": "maps.googleapis.com"}]}}]},
        {"projects": [{"projectId": "p1", "name": "one", "lifecycleState": "ACTIVE"}]},
        {"workloadIdentityPools": [{"name": "projects/1/locations/global/workloadIdentityPools/gh", "state": "ACTIVE"}]}]"#,
    );
    let key = made.one("credentials", "gcp:projects/p1/locations/global/keys/k");
    assert_eq!((&key["kind"], &key["expiry"]), (&"api_key".into(), &"never".into()));
    assert_eq!(
        (&key["scopes"][0], &key["tags"]["restrictions"]),
        (&"maps.googleapis.com".into(), &"apiTargets".into())
    );
    assert_eq!((made.counts.written, made.counts.merged, made.counts.refusals()), (1, 1, 1));
}
