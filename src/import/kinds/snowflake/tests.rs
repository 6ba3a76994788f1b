use super::*;
use crate::import::convert::trial::{self, Made};
use crate::import::setting::Setting;

const PEOPLE: &[(&str, &str, &str)] =
    &[("0012", "ada@corp.example", "ada"), ("0013", "grace@corp.example", "grace")];

fn read(text: &str) -> Made {
    trial::json_with(&IMPORTER, text, PEOPLE, Setting::default())
}

#[test]
fn a_type_of_null_is_a_person_and_one_that_is_not_listed_is_unknown() {
    let made = read(
        r#"[{"name": "ADA", "login_name": "ada@corp.example", "type": null, "disabled": "false", "password": "********",
            "snowflake_lock": false, "has_password": "true", "password_last_set": "2026-01-03T15:28:07.377+00:00",
            "owner": "USERADMIN", "default_role": "ACCOUNTADMIN", "last_successful_login": "1785771633.789", "expires_at": ""},
        {"name": "ETL", "login_name": "ETL", "type": "LEGACY_SERVICE", "disabled": false, "comment": "loads", "has_rsa_public_key": true,
            "rsa_public_key_fp": "SHA256:x", "rsa_public_key_2_fp": "SHA256:y", "has_password": false},
        {"name": "OLD", "login_name": "OLD", "disabled": true},
        {"name": "LOCKED", "login_name": "grace", "type": "", "disabled": false, "locked_until": "2027-01-01T00:00:00Z"},
        {"name": "NEW", "login_name": "NEW", "type": "PERSON"}]"#,
    );
    let ada = made.one("accounts", "snowflake:ADA");
    assert_eq!((&ada["type"], &ada["status"]), (&"human".into(), &"enabled".into()));
    assert_eq!(
        (&ada["identity"], &ada["tags"]["linked_by"]),
        (&"person:0012".into(), &"email".into())
    );
    assert_eq!(ada["last_login_at"], "2026-08-03T15:40:33.789Z");
    assert_eq!(
        (ada.get("owner"), ada.get("privileged"), ada.get("expires_at")),
        (None, None, None)
    );
    assert_eq!(
        (&ada["tags"]["owner_role"], &ada["tags"]["default_role"]),
        (&"USERADMIN".into(), &"ACCOUNTADMIN".into())
    );
    let password = made.one("credentials", "snowflake:ADA#PASSWORD");
    assert_eq!(
        (&password["kind"], &password["last_rotated_at"]),
        (&"password".into(), &"2026-01-03T15:28:07.377Z".into())
    );
    let service = made.one("accounts", "snowflake:ETL");
    assert_eq!(
        (&service["type"], &service["identity"]),
        (&"service".into(), &"workload:snowflake:ETL".into())
    );
    assert_eq!(made.one("workloads", "snowflake:ETL")["purpose"], "loads");
    assert_eq!(made.one("credentials", "snowflake:ETL#RSA_PUBLIC_KEY")["kind"], "asymmetric_key");
    assert_eq!(
        made.one("credentials", "snowflake:ETL#RSA_PUBLIC_KEY_2")["tags"]["fingerprint"],
        "SHA256:y"
    );
    let old = made.one("accounts", "snowflake:OLD");
    assert_eq!((&old["status"], old.get("type")), (&"disabled".into(), None));
    assert_eq!(made.one("accounts", "snowflake:LOCKED")["status"], "locked");
    assert_eq!(made.one("accounts", "snowflake:NEW")["status"], "unknown");
    assert_eq!(made.count("credentials"), 3);
    assert!(!format!("{:?}", made.records).contains("****"));
}

#[test]
fn headings_in_capitals_and_tables_are_read_and_dropped_users_are_deleted() {
    let made = trial::csv(
        &IMPORTER,
        "USER_ID,NAME,LOGIN_NAME,CREATED_ON,DELETED_ON,DISABLED,LAST_SUCCESS_LOGIN,HAS_PASSWORD,TYPE,HAS_MFA\n\
        1,ADA,ADA,2021-01-01 10:00:00.123 -0800,,false,2026-05-18 09:00:00.000 -0800,true,,true\n\
        2,ADA,ADA,2019-01-01 10:00:00.123 -0800,2020-01-01 00:00:00.000 Z,false,,true,SERVICE,false\n",
    );
    let live = made.one("accounts", "snowflake:ADA");
    assert_eq!(
        (&live["status"], &live["created_at"]),
        (&"enabled".into(), &"2021-01-01T18:00:00.123Z".into())
    );
    assert_eq!(live["tags"]["mfa"], "true");
    let dropped = made.one("accounts", "snowflake:ADA#2");
    assert_eq!(dropped["status"], "deleted");
    let workload = made.one("workloads", "snowflake:ADA#2");
    assert_eq!(
        (&workload["status"], &workload["retired_at"]),
        (&"retired".into(), &"2020-01-01T00:00:00Z".into())
    );
    assert_eq!(made.count("credentials"), 1);
    assert!(made.unused.is_empty(), "{:?}", made.unused);
}

#[test]
fn credentials_and_tokens_end_and_are_used_as_the_vendor_says() {
    let made = read(
        r#"[{"credential_id": "1", "name": "PASSWORD", "user_name": "ADA", "type": "PASSWORD", "status": "ACTIVE", "created_by": "ACCOUNTADMIN",
            "created_on": "1780000000.000", "expiration_date": "", "last_used_on": "1785771633.789"},
        {"credential_id": "2", "name": "TOTP", "user_name": "ADA", "type": "TOTP", "status": "ACTIVE", "created_on": "1781000000.000"},
        {"credential_id": "3", "name": "RSA_PUBLIC_KEY", "user_name": "ETL", "type": "KEYPAIR", "status": "ACTIVE",
            "created_on": "1783000000.000", "expiration_date": null, "last_used_on": ""},
        {"credential_id": "4", "name": "bi", "user_name": "ADA", "type": "PAT", "status": "DISABLED", "created_on": "1783000000.000",
            "expiration_date": "1800000000.000", "last_used_on": null, "created_by": "ADA"},
        {"name": "bi2", "user_name": "ADA", "role_restriction": "ANALYST", "expires_at": "1787067633.789", "status": "ACTIVE",
            "created_on": "1785771633.789", "rotated_to": "bi3"},
        {"name": "gone", "user_name": "ADA", "role_restriction": "", "expires_at": null, "status": "EXPIRED", "created_on": "1780000000.000"},
        {"credential_id": "5", "name": "x", "user_name": "ADA", "type": "NEW_KIND"},
        {"name": "ADA", "login_name": "ADA", "type": null}]"#,
    );
    let password = made.one("credentials", "snowflake:ADA#PASSWORD");
    assert_eq!(
        (&password["expiry"], &password["last_used_state"]),
        (&"unknown".into(), &"known".into())
    );
    assert_eq!((password.get("last_rotated_at"), password.get("expires_at")), (None, None));
    assert_eq!(
        (password.get("created_by"), &password["tags"]["created_by"]),
        (None, &"ACCOUNTADMIN".into())
    );
    let key = made.one("credentials", "snowflake:ETL#RSA_PUBLIC_KEY");
    assert_eq!((&key["expiry"], &key["last_used_state"]), (&"never".into(), &"unknown".into()));
    let token = made.one("credentials", "snowflake:ADA#PAT:bi");
    assert_eq!(
        (&token["status"], &token["last_used_state"]),
        (&"inactive".into(), &"never".into())
    );
    assert_eq!(
        (&token["expires_at"], &token["created_by"]),
        (&"2027-01-15T08:00:00Z".into(), &"person:0012".into())
    );
    let shown = made.one("credentials", "snowflake:ADA#PAT:bi2");
    assert_eq!(
        (&shown["last_rotated_at"], &shown["scopes"][0]),
        (&"2026-08-03T15:40:33.789Z".into(), &"ANALYST".into())
    );
    assert_eq!((&shown["expiry"], shown.get("last_used_state")), (&"fixed".into(), None));
    let gone = made.one("credentials", "snowflake:ADA#PAT:gone");
    assert_eq!(
        (&gone["status"], &gone["expiry"], gone.get("scopes")),
        (&"expired".into(), &"unknown".into(), None)
    );
    assert_eq!(made.count("credentials"), 5);
    let factors = made.records["accounts"].iter().filter(|one| one["tags"]["mfa_totp"] == "ACTIVE");
    assert_eq!(factors.count(), 1);
    assert_eq!(made.counts.refused["a type of credential that is not known"].0, 1);
    assert_eq!((made.counts.read, made.counts.merged), (8, 1));
}

#[test]
fn roles_of_users_are_entitlements_and_roles_of_roles_nobodys() {
    let made = read(
        r#"[{"created_on": "2026-01-01T10:00:00-08:00", "role": "ACCOUNTADMIN", "granted_to": "USER", "grantee_name": "ADA", "granted_by": "SECURITYADMIN"},
        {"created_on": "2026-01-01T10:00:00-08:00", "role": "LOADER", "granted_to": "ROLE", "grantee_name": "OPS", "granted_by": ""},
        {"ROLE": "OPS", "GRANTED_TO": "USER", "GRANTEE_NAME": "LEE", "CREATED_ON": "1780000000.000"},
        {"role": "OPS", "granted_to": "USER", "grantee_name": "KIM", "created_on": "2020-01-01T00:00:00Z", "deleted_on": "2021-01-01T00:00:00Z"},
        {"privilege": "USAGE", "granted_on": "ROLE", "name": "SECURITYADMIN", "granted_to": "ACCOUNT ROLE", "grantee_name": "OPS"},
        {"privilege": "MANAGE GRANTS", "granted_on": "ACCOUNT", "name": "AB1", "granted_to": "ROLE", "grantee_name": "OPS"},
        {"privilege": "SELECT", "granted_on": "TABLE", "name": "T", "granted_to": "ROLE", "grantee_name": "OPS"},
        {"securable": {"name": "AB1"}, "securable_type": "ACCOUNT", "privileges": ["CREATE DATABASE"]},
        {"role": "LOADER", "granted_to": "SHARE", "grantee_name": "S"},
        {"name": "OPS", "assigned_to_users": 1, "owner": "USERADMIN"},
        {"name": "READER", "role_type": "DATABASE_ROLE", "role_database_name": "DB"}]"#,
    );
    let admin = made.one("entitlements", "snowflake:ADA#role:ACCOUNTADMIN");
    assert_eq!(
        (&admin["privileged"], &admin["granted_at"]),
        (&true.into(), &"2026-01-01T18:00:00Z".into())
    );
    assert_eq!(
        (admin.get("granted_by"), &admin["tags"]["granted_by_role"]),
        (None, &"SECURITYADMIN".into())
    );
    assert_eq!(made.one("entitlements", "snowflake:LEE#role:OPS").get("privileged"), None);
    assert_eq!(
        made.one("entitlements", "snowflake:KIM#role:OPS@2021-01-01T00:00:00Z")["status"],
        "revoked"
    );
    let manage =
        made.records["entitlements"].iter().find(|one| one["role"] == "MANAGE GRANTS").unwrap();
    assert_eq!(
        (&manage["group"], &manage["privileged"]),
        (&"group:snowflake:role:OPS".into(), &true.into())
    );
    let members = |id: &str| {
        let groups = made.records["groups"].iter().filter(|group| group["id"] == id);
        let lists = groups.filter_map(|group| group["members"].as_array());
        lists.flatten().filter_map(|one| one.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(members("snowflake:role:LOADER"), ["group:snowflake:role:OPS"]);
    assert_eq!(members("snowflake:role:SECURITYADMIN"), ["group:snowflake:role:OPS"]);
    assert_eq!(members("snowflake:role:OPS"), ["account:snowflake:LEE"]);
    assert_eq!(made.one("groups", "snowflake:role:SECURITYADMIN")["privileged"], true);
    assert_eq!(made.one("groups", "snowflake:role:DB.READER")["name"], "DB.READER");
    assert_eq!(made.one("accounts", "snowflake:ADA")["status"], "unknown");
    assert_eq!((made.counts.read, made.counts.refusals()), (11, 3));
}

#[test]
fn secrets_lie_in_snowflake_and_integrations_are_none() {
    let made = read(
        r#"[{"name": "API", "database_name": "DB", "schema_name": "S", "secret_type": "OAUTH2", "oauth_scopes": ["read"],
            "oauth_refresh_token_expiry_time": "2026-11-01T00:00:00.000+00:00", "owner": "SYSADMIN"},
        {"name": "LOGIN", "database_name": "DB", "schema_name": "S", "type": "PASSWORD", "username": "ada", "oauth_scopes": null},
        {"name": "AES", "database_name": "DB", "schema_name": "S", "secret_type": "SYMMETRIC_KEY"},
        {"name": "SSO", "type": "SAML2", "category": "SECURITY", "enabled": "true", "created_on": "1784400000.000000000 0"}]"#,
    );
    let oauth = made.one("credentials", "snowflake:secret:DB.S.API");
    assert_eq!(
        (&oauth["kind"], &oauth["storage"]),
        (&"oauth_grant".into(), &"secrets_manager".into())
    );
    assert_eq!((oauth.get("owner"), &oauth["tags"]["owner_role"]), (None, &"SYSADMIN".into()));
    assert_eq!(oauth["expires_at"], "2026-11-01T00:00:00Z");
    assert_eq!(made.one("credentials", "snowflake:secret:DB.S.LOGIN")["kind"], "password");
    assert_eq!((made.counts.written, made.counts.refusals()), (2, 2));
}

#[test]
fn a_listing_of_second_factors_is_a_fact_of_the_accounts() {
    let made = read(r#"[{"name": "ADA", "has_mfa": "true"}]"#);
    assert_eq!(made.one("accounts", "snowflake:ADA")["tags"]["mfa"], "true");
    assert_eq!((made.counts.merged, made.counts.refusals()), (1, 0));
}
