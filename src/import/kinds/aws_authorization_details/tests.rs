use super::*;
use crate::import::convert::trial::{self, Made};

fn read(text: &str) -> Made {
    trial::json_with(
        &IMPORTER,
        text,
        &[("7", "ada@corp.example", "ada")],
        crate::import::setting::Setting::default(),
    )
}

const ADA: &str = "arn:aws:iam::111122223333:user/ada";

#[test]
fn users_groups_and_their_policies() {
    let made = read(
        r#"{"UserDetailList": [
        {"Path": "/", "UserName": "ada", "UserId": "AIDA1", "Arn": "arn:aws:iam::111122223333:user/ada",
         "CreateDate": "2019-12-18 19:10:08+00:00", "GroupList": ["admins"],
         "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}],
         "AttachedManagedPolicies": [],
         "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
         "Tags": [{"Key": "Owner", "Value": "ADA@corp.example"}, {"Key": "CostCenter", "Value": "12"},
                  {"Key": "db_password", "Value": "not to be read"}]},
        {"UserName": "svc", "Arn": "arn:aws:iam::111122223333:user/svc/svc", "GroupList": [],
         "Tags": [{"Key": "owner", "Value": "gone@corp.example"}],
         "UserPolicyList": [{"PolicyName": "deny", "PolicyDocument": "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D"}],
         "AttachedManagedPolicies": [{"PolicyName": "deploy", "PolicyArn": "arn:aws:iam::111122223333:policy/deploy"}]}],
      "GroupDetailList": [{"Path": "/staff/", "GroupName": "admins", "GroupId": "AGPA1",
         "Arn": "arn:aws:iam::111122223333:group/staff/admins", "CreateDate": "2019-01-01T00:00:00Z", "GroupPolicyList": [],
         "AttachedManagedPolicies": {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}}],
      "Policies": [{"PolicyName": "deploy", "PolicyId": "ANPA1", "Arn": "arn:aws:iam::111122223333:policy/deploy", "DefaultVersionId": "v2",
         "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": false, "Document": {"Statement": []}},
            {"VersionId": "v2", "IsDefaultVersion": true, "Document": {"Statement": [
               {"Effect": "Allow", "Action": ["s3:*", "iam:*"], "Resource": ["*"]}]}}]}],
      "IsTruncated": true, "Marker": "more"}"#,
    );
    let ada = made.one("accounts", ADA);
    assert_eq!(ada["identity"], "person:7");
    assert_eq!(ada["tags"]["tag:CostCenter"], "12");
    assert!(!format!("{:?}", made.records).contains("not to be read"));
    assert_eq!(ada["owner"], "person:7");
    assert_eq!(ada["created_at"], "2019-12-18T19:10:08Z");
    assert_eq!(ada["tags"]["tag:CostCenter"], "12");
    assert_eq!(ada["tags"]["permissions_boundary"], "arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert_eq!(ada["type"], "unknown");
    let all = made.one("entitlements", &format!("{ADA}#inline/all"));
    assert_eq!(
        (&all["privileged"], &all["account"]),
        (&true.into(), &format!("account:{ADA}").into())
    );

    let svc = "arn:aws:iam::111122223333:user/svc/svc";
    assert_eq!(made.one("accounts", svc)["owner"], "person:gone@corp.example");
    assert_eq!(made.one("entitlements", &format!("{svc}#inline/deny")).get("privileged"), None);
    let deploy =
        made.one("entitlements", &format!("{svc}#policy/arn:aws:iam::111122223333:policy/deploy"));
    assert_eq!((&deploy["privileged"], &deploy["role"]), (&true.into(), &"deploy".into()));
    assert_eq!(deploy["tags"]["policy_type"], "customer_managed");

    let id = "arn:aws:iam::111122223333:group/admins";
    let groups: Vec<_> = made.records["groups"].iter().filter(|group| group["id"] == id).collect();
    assert_eq!(groups.len(), 2, "listed, and mentioned by its member");
    assert!(groups.iter().any(|group| group["privileged"] == true));
    assert!(groups.iter().any(|group| group["members"][0] == format!("account:{ADA}")));
    let right = made
        .one("entitlements", &format!("{id}#policy/arn:aws:iam::aws:policy/AdministratorAccess"));
    assert_eq!(right["group"], format!("group:{id}"));
    assert!(made.pages[""].next);
    assert_eq!((made.counts.written, made.counts.merged, made.counts.refusals()), (3, 1, 0));
}

fn role(name: &str, path: &str, more: &str) -> String {
    format!(
        r#"{{"RoleDetailList": [{{"Path": "{path}", "RoleName": "{name}", "RoleId": "AROA1",
        "Arn": "arn:aws:iam::111122223333:role{path}{name}", "CreateDate": "2020-01-01T00:00:00+00:00",
        "RolePolicyList": [], "InstanceProfileList": [], {more}}}]}}"#
    )
}

#[test]
fn a_role_is_a_workload_and_its_account_and_tells_whom_it_trusts() {
    let made = read(&role(
        "deploy",
        "/",
        r#""AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/ci.example"},
             "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"ci.example:sub": ["repo:acme/*"]}}},
            {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::999988887777:root", "AIDAGONE", "arn:aws:iam::111122223333:user/ada"]}}]},
           "Tags": [{"Key": "owner", "Value": "ada"}, {"Key": "Environment", "Value": "Production"}],
           "AttachedManagedPolicies": [{"PolicyName": "IAMFullAccess", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}],
           "RoleLastUsed": {"LastUsedDate": "2024-01-01T00:00:00+00:00", "Region": "us-east-1"}"#,
    ));
    let id = "arn:aws:iam::111122223333:role/deploy";
    let workload = made.one("workloads", id);
    assert_eq!(workload["kind"], "assumable_role");
    assert_eq!(workload["owner"], "person:7");
    assert_eq!(workload["environment"], "prod");
    assert_eq!(workload["last_used_at"], "2024-01-01T00:00:00Z");
    assert_eq!(workload["tags"]["trusts_other_accounts"], "999988887777");
    assert_eq!(workload["tags"]["trusts_deleted"], "AIDAGONE");
    assert_eq!(workload["tags"]["trusts_subjects"], "repo:acme/*");
    assert_eq!(workload["tags"].get("trusts_everyone"), None);
    assert!(workload["tags"]["trusts"].as_str().unwrap().contains("oidc-provider/ci.example"));
    let account = made.one("accounts", id);
    assert_eq!(
        (&account["identity"], &account["type"]),
        (&format!("workload:{id}").into(), &"service".into())
    );
    assert_eq!(made.records["entitlements"][0]["privileged"], true);
}

#[test]
fn no_use_in_400_days_is_not_the_same_as_nothing_said() {
    let everyone = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22*%22%7D%7D%7D";
    let made = read(&role(
        "idle",
        "/",
        &format!(r#""AssumeRolePolicyDocument": "{everyone}", "RoleLastUsed": {{}}"#),
    ));
    let idle = made.one("workloads", "arn:aws:iam::111122223333:role/idle");
    assert_eq!(idle["tags"]["last_use"], "none in the 400 days that AWS keeps");
    assert_eq!(idle["tags"]["trusts_everyone"], "true");
    let made = read(&role("listed", "/", r#""AssumeRolePolicyDocument": "<URL-encoded-JSON>""#));
    assert_eq!(made.one("workloads", "arn:aws:iam::111122223333:role/listed").get("tags"), None);
}

#[test]
fn what_aws_made_for_itself_is_nobodys_workload() {
    let made = read(&role(
        "AWSServiceRoleForSupport",
        "/aws-service-role/support.amazonaws.com/",
        r#""AttachedManagedPolicies": [{"PolicyName": "AWSSupportServiceRolePolicy", "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"}]"#,
    ));
    assert_eq!(
        (made.count("workloads"), made.count("accounts"), made.count("entitlements")),
        (0, 0, 0)
    );
    assert_eq!(made.records["groups"][0]["name"], "AWSServiceRoleForSupport");
    let made = read(&role(
        "AWSReservedSSO_Admin_0123",
        "/aws-reserved/sso.amazonaws.com/",
        r#""AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]"#,
    ));
    assert_eq!((made.count("workloads"), made.count("accounts")), (0, 0));
    assert_eq!(made.records["groups"][0]["privileged"], true);
    let id =
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123";
    assert_eq!(made.records["entitlements"][0]["group"], format!("group:{id}"));
}

#[test]
fn rows_of_other_calls() {
    let made = read(
        r#"[{"status_code": 200, "data": {"Group": {"GroupName": "ops", "Arn": "arn:aws:iam::111122223333:group/ops"},
          "Users": [{"UserName": "ada", "Arn": "arn:aws:iam::111122223333:user/ada", "PasswordLastUsed":
            {"__class__": "datetime", "year": 2026, "month": 5, "day": 3, "hour": 9, "minute": 5, "second": 7, "microsecond": 0}}]}},
        {"InstanceProfiles": [{"InstanceProfileName": "web", "Arn": "arn:aws:iam::111122223333:instance-profile/web",
          "Roles": [{"RoleName": "web", "Arn": "arn:aws:iam::111122223333:role/web"}]}]},
        {"AttachedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]},
        {"VirtualMFADevices": [{"SerialNumber": "arn:aws:iam::111122223333:mfa/x"}]}]"#,
    );
    assert_eq!(made.one("accounts", ADA)["interactive_login_at"], "2026-05-03T09:05:07Z");
    assert!(
        made.records["groups"].iter().any(|group| group["members"][0] == format!("account:{ADA}"))
    );
    assert_eq!(made.one("workloads", "arn:aws:iam::111122223333:role/web")["status"], "active");
    assert_eq!(made.counts.refusals(), 2);
}
