use super::*;
use crate::import::convert::trial::{self, Made};
use crate::import::setting::Setting;

fn read(text: &str) -> Made {
    let setting = Setting { system: Some("k8s-prod".into()), ..Setting::default() };
    trial::json_with(&IMPORTER, text, &[("7", "ada@corp.example", "ada")], setting)
}

#[test]
fn service_accounts_and_their_tokens() {
    let made = read(
        r#"{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
         "metadata": {"name": "build", "namespace": "ci", "creationTimestamp": "2020-01-01T00:00:00Z", "labels": {"team": "x", "api-token": "not to be read"},
           "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/ci", "corp.example/owner": "ada@corp.example"}},
         "secrets": [{"name": "build-token-x"}, {"name": "build-dockercfg"}, {"name": "other"}]},
        {"kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {"token": "not to be read"},
         "metadata": {"name": "build-token-y", "namespace": "ci", "creationTimestamp": "2020-01-01T00:00:05Z",
           "labels": {"kubernetes.io/legacy-token-last-used": "2023-11-02", "kubernetes.io/legacy-token-invalid-since": "2024-11-02"},
           "annotations": {"kubernetes.io/service-account.name": "build"}}},
        {"kind": "Secret", "type": "kubernetes.io/service-account-token",
         "metadata": {"name": "lone", "annotations": {"kubernetes.io/service-account.name": "gone"}}},
        {"kind": "Secret", "type": "Opaque", "metadata": {"name": "db", "namespace": "ci"}, "data": {"password": "not to be read"}},
        {"kind": "Secret", "type": "bootstrap.kubernetes.io/token", "metadata": {"name": "bootstrap-token-abc", "namespace": "kube-system"},
         "data": {"expiration": "MjAyMC0wOS0xM1QwNDozOToxMFo=", "token-secret": "not to be read"}}]}"#,
    );
    let build = made.records["workloads"].iter().find(|w| w["status"] == "active").unwrap();
    assert_eq!((&build["id"], &build["owner"]), (&"k8s-prod:ci/build".into(), &"person:7".into()));
    assert_eq!(build["tags"]["aws_role"], "arn:aws:iam::111122223333:role/ci");
    assert_eq!(
        (&build["tags"]["label:team"], &build["tags"]["automount"]),
        (&"x".into(), &"false".into())
    );
    assert!(!format!("{:?}", made.records).contains("not to be read"));
    let account = made.records["accounts"].iter().find(|a| a["status"] == "enabled").unwrap();
    assert_eq!(account["identity"], "workload:k8s-prod:ci/build");
    assert_eq!(made.one("credentials", "k8s-prod:ci/secret/build-token-x")["status"], "unknown");
    let token = made.one("credentials", "k8s-prod:ci/secret/build-token-y");
    assert_eq!(
        (&token["status"], &token["last_used_at"]),
        (&"inactive".into(), &"2023-11-02T00:00:00Z".into())
    );
    assert_eq!(
        (&token["expiry"], &token["last_rotated_at"]),
        (&"never".into(), &"2020-01-01T00:00:05Z".into())
    );
    let lone = made.one("credentials", "k8s-prod:default/secret/lone");
    assert_eq!(
        (&lone["last_used_state"], &lone["account"]),
        (&"unknown".into(), &"account:k8s-prod:default/gone".into())
    );
    assert_eq!(made.one("accounts", "k8s-prod:default/gone")["status"], "unknown");
    let bootstrap = made.one("credentials", "k8s-prod:kube-system/secret/bootstrap-token-abc");
    assert_eq!(
        (&bootstrap["status"], &bootstrap["expires_at"]),
        (&"expired".into(), &"2020-09-13T04:39:10Z".into())
    );
    assert_eq!(made.count("credentials"), 4);
    assert_eq!(made.counts.refusals(), 1);
    assert!(!made.records.values().flatten().any(|r| r.to_string().contains("not to be read")));
}

#[test]
fn bindings_give_every_subject_its_right() {
    let made = read(
        r#"[{"kind": "ClusterRoleBinding", "metadata": {"name": "all", "creationTimestamp": "2020-01-01T00:00:00Z"},
          "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [
            {"kind": "ServiceAccount", "name": "gone", "namespace": "ci"}, {"kind": "User", "name": "ada@corp.example"},
            {"kind": "User", "name": "system:serviceaccount:ci:other"}, {"kind": "Group", "name": "system:serviceaccounts:ci"},
            {"kind": "Group", "name": "devs"}]},
        {"kind": "RoleBindingList", "items": [
          {"metadata": {"name": "read", "namespace": "web"}, "roleRef": {"kind": "Role", "name": "reader"},
           "subjects": [{"kind": "ServiceAccount", "name": "x"}, {"kind": "User", "name": "system:anonymous"}]},
          {"metadata": {"name": "raise", "namespace": "web"}, "role_ref": {"kind": "Role", "name": "binder"},
           "subjects": [{"kind": "Group", "name": "devs"}]}]},
        {"kind": "Role", "metadata": {"name": "reader", "namespace": "web"}, "rules": [{"verbs": ["get"], "resources": ["*"]}]},
        {"metadata": {"name": "binder", "namespace": "web"}, "rules": [{"verbs": ["bind"], "resources": ["roles"]}]},
        {"kind": "RoleBinding", "metadata": {"name": "empty", "namespace": "ci"}, "roleRef": {"kind": "Role", "name": "view"}, "subjects": null}]"#,
    );
    let all = |subject: &str| {
        made.one(
            "entitlements",
            &format!("k8s-prod:clusterrolebinding/all/cluster-admin/{subject}"),
        )
    };
    let gone = all("ServiceAccount/ci/gone");
    assert_eq!((&gone["privileged"], &gone["resource"]), (&true.into(), &"cluster".into()));
    assert_eq!(
        (&gone["account"], &gone["granted_at"]),
        (&"account:k8s-prod:ci/gone".into(), &"2020-01-01T00:00:00Z".into())
    );
    assert_eq!(made.one("workloads", "k8s-prod:ci/gone")["status"], "unknown");
    assert_eq!(made.one("accounts", "k8s-prod:User/ada@corp.example")["identity"], "person:7");
    assert_eq!(all("User/system:serviceaccount:ci:other")["account"], "account:k8s-prod:ci/other");
    assert_eq!(
        all("Group/system:serviceaccounts:ci")["group"],
        "group:k8s-prod:Group/system:serviceaccounts:ci"
    );
    assert_eq!(made.records["groups"].iter().filter(|g| g["privileged"] == true).count(), 2);

    let reader =
        made.one("entitlements", "k8s-prod:web/rolebinding/read/reader/ServiceAccount/web/x");
    assert_eq!((reader.get("privileged"), &reader["resource"]), (None, &"namespace/web".into()));
    let public =
        made.one("entitlements", "k8s-prod:web/rolebinding/read/reader/User/system:anonymous");
    assert_eq!(public["tags"]["public"], "true");
    assert_eq!(
        made.one("entitlements", "k8s-prod:web/rolebinding/raise/binder/Group/devs")["privileged"],
        true
    );
    assert_eq!((made.counts.written, made.counts.merged, made.counts.refusals()), (3, 3, 0));
}

#[test]
fn items_without_a_kind_and_those_of_the_python_client() {
    let made = read(
        r#"{"kind": "ServiceAccountList", "metadata": {"continue": "more", "remainingItemCount": 340}, "items": [
        {"metadata": {"name": "a", "namespace": "x", "creationTimestamp": null}},
        {"metadata": {"name": "b", "namespace": "x", "creation_timestamp": "2024-09-04T18:44:56+00:00"}, "automount_service_account_token": true}]}"#,
    );
    assert_eq!(made.one("workloads", "k8s-prod:x/a").get("created_at"), None);
    assert_eq!(made.one("accounts", "k8s-prod:x/b")["created_at"], "2024-09-04T18:44:56Z");
    assert!(made.pages["/metadata"].next);
}
