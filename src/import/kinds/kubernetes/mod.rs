//! What a Kubernetes cluster says of identities: service accounts, their lasting tokens, and who
//! is bound to which role.
//!
//! Source: "Using RBAC Authorization", "Managing Service Accounts" and "Authenticating with
//! Bootstrap Tokens" in the Kubernetes documentation.
//!
//! - A cluster doesn't say its name: of two clusters, the user names the systems.
//! - A `ServiceAccount` is a workload and its account. Users and groups are no objects: they are
//!   words in bindings, and a user is linked by that word.
//! - `system:serviceaccount:NAMESPACE:NAME` written as a user is that service account. Other users
//!   and groups of the cluster's own (`system:...`) are groups here: nobody can own them.
//! - A token in a `Secret` never expires, unless it is a bootstrap token with an end. When it was
//!   used is only known by the label `legacy-token-last-used` (a day); without it, unknown. The
//!   label `legacy-token-invalid-since` switches it off.
//! - Of a `Secret`, nothing in `data` is read but a bootstrap token's end. Other secrets are no
//!   credentials of the cluster.
//! - The items of a `ServiceAccountList` don't repeat their kind; the Python client writes
//!   `creation_timestamp` and `role_ref`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Importer, Shape};
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::secrets::names_secret;
use crate::import::sink::Sink;
use crate::import::when;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialStatus, WorkloadKind, WorkloadStatus,
};
use crate::time::Instant;

mod binding;
#[cfg(test)]
mod tests;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "kubernetes",
    title: "Kubernetes: service accounts, token secrets, role bindings",
    how: "kubectl get serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings -A -o json; kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token -o json | jq 'del(.items[].data)'",
    unknown: "the cluster's name, users and groups, owners (unless annotated), short-lived tokens, most last uses",
    marks: &["apiVersion"],
    weak: &[],
    shapes: &[
        Shape { name: "service account", is: is_service_account, read: service_account },
        Shape { name: "secret", is: |row| is(row, "Secret"), read: secret },
        Shape {
            name: "role binding",
            is: |row| {
                row.is_object("metadata") && (row.is_object("roleRef") || row.is_object("role_ref"))
            },
            read: binding::binding,
        },
        Shape {
            name: "role",
            is: |row| {
                row.is_object("metadata")
                    && (is(row, "Role")
                        || is(row, "ClusterRole")
                        || (row.text("kind").is_none() && row.is_list("rules")))
            },
            read: binding::role,
        },
        Shape {
            name: "object of another kind (not written)",
            is: |row| OTHERS.iter().any(|kind| is(row, kind)),
            read: |_, out| {
                out.joined();
                Ok(())
            },
        },
    ],
    survey: false,
};

/// What stands beside identities in manifests, and gives nobody access to the cluster.
const OTHERS: &[&str] = &[
    "APIService",
    "ConfigMap",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "Endpoints",
    "EndpointSlice",
    "Event",
    "HorizontalPodAutoscaler",
    "Ingress",
    "IngressClass",
    "Job",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PriorityClass",
    "ReplicaSet",
    "ResourceQuota",
    "Service",
    "StatefulSet",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

fn is(row: &Keys<'_>, kind: &str) -> bool {
    row.text("kind") == Some(kind) && row.is_object("metadata")
}

fn is_service_account(row: &Keys<'_>) -> bool {
    const OWN: &[&str] = &[
        "metadata",
        "apiVersion",
        "api_version",
        "kind",
        "secrets",
        "imagePullSecrets",
        "image_pull_secrets",
        "automountServiceAccountToken",
        "automount_service_account_token",
    ];
    is(row, "ServiceAccount")
        || (row.text("kind").is_none()
            && row.all(&["metadata.name", "metadata.namespace"])
            && row.names().iter().all(|name| OWN.contains(name)))
}

/// When an object was made; manifests don't say.
fn created(row: &Row<'_>) -> Result<Option<Instant>, Refusal> {
    let camel = row.time("metadata.creationTimestamp")?;
    Ok(camel.or(row.time("metadata.creation_timestamp")?))
}

/// The namespace of an object: where none is written, the one that `kubectl` takes.
fn namespace<'a>(row: &Row<'a>) -> &'a str {
    row.text("metadata.namespace").unwrap_or("default")
}

/// A service account's workload and account.
fn service(
    namespace: &str,
    name: &str,
    status: (WorkloadStatus, AccountStatus),
    out: &mut Sink<'_>,
) -> Result<(Draft<Workload>, Draft<Account>), Refusal> {
    let (system, id) = (out.system()?, out.id(&format!("{namespace}/{name}"))?);
    let workload = Draft::<Workload>::new(&id)
        .kind(WorkloadKind::ServiceAccount)
        .status(status.0)
        .name(format!("{namespace}/{name}").as_str())
        .tag("namespace", namespace);
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status.1)
        .kind_of_account(AccountType::Service)
        .username(format!("system:serviceaccount:{namespace}:{name}").as_str())
        .identity(To::workload(&id));
    Ok((workload, account))
}

/// Writes a service account that a row only names; perhaps it isn't there.
fn mention(namespace: &str, name: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let unknown = (WorkloadStatus::Unknown, AccountStatus::Unknown);
    let (workload, account) = service(namespace, name, unknown, out)?;
    let id = workload.own_id().to_owned();
    out.mention(workload)?;
    out.mention(account)?;
    Ok(id)
}

/// The annotations by which a service account is an identity of a cloud.
const CLOUD: &[(&str, &str)] = &[
    ("eks.amazonaws.com/role-arn", "aws_role"),
    ("iam.gke.io/gcp-service-account", "gcp_service_account"),
    ("azure.workload.identity/client-id", "azure_client_id"),
];

fn service_account(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (namespace, name) = (namespace(row), row.need("metadata.name")?);
    let notes = row.pairs("metadata.annotations");
    let labels = row.pairs("metadata.labels");
    let is_owner =
        |key: &str| key.rsplit('/').next().is_some_and(|key| key.eq_ignore_ascii_case("owner"));
    let word = notes.iter().chain(&labels).find(|(key, _)| is_owner(key)).map(|(_, word)| *word);
    let owner = word.map(|word| out.person_later(word)).transpose()?;
    let created = created(row)?;
    let active = (WorkloadStatus::Active, AccountStatus::Enabled);
    let (mut workload, account) = service(namespace, name, active, out)?;
    workload = workload.owner(owner.as_deref().map(To::person)).created_at(created);
    for (key, fact) in CLOUD {
        let value = notes.iter().find(|(note, _)| note == key).map(|(_, value)| *value);
        workload = workload.tag(fact, value);
    }
    for (key, value) in labels.into_iter().filter(|(key, _)| !names_secret(key)) {
        workload = workload.tag(&format!("label:{key}"), value);
    }
    let mounts = ["automountServiceAccountToken", "automount_service_account_token"];
    let mounts = mounts.iter().find_map(|key| row.flag(key).ok().flatten());
    workload = workload.tag("automount", mounts.map(|yes| if yes { "true" } else { "false" }));
    let id = workload.own_id().to_owned();
    out.put(workload)?;
    out.put(account.created_at(created))?;
    // Up to version 1.23, the cluster made a token for every service account, called after it.
    for secret in row.rows("secrets").iter().filter_map(|secret| secret.text("name")) {
        if secret.strip_prefix(name).is_some_and(|rest| rest.starts_with("-token-")) {
            let draft = token(namespace, secret, &id, out)?;
            out.mention(draft.status(CredentialStatus::Unknown))?;
        }
    }
    Ok(())
}

fn token(
    namespace: &str,
    secret: &str,
    account: &str,
    out: &mut Sink<'_>,
) -> Result<Draft<Credential>, Refusal> {
    let (system, id) = (out.system()?, out.id(&format!("{namespace}/secret/{secret}"))?);
    Ok(Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        .system(system.as_str())
        .account(To::account(account))
        .expiry(CredentialExpiry::Never))
}

fn secret(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    match row.text("type") {
        Some("kubernetes.io/service-account-token") => account_token(row, out),
        Some("bootstrap.kubernetes.io/token") => bootstrap_token(row, out),
        Some(other) => refuse(format!("a secret of type {other} is no credential of the cluster")),
        None => refuse("a secret without a type is no credential of the cluster"),
    }
}

fn account_token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    const ACCOUNT: &str = "metadata.annotations.kubernetes.io/service-account.name";
    const USED: &str = "metadata.labels.kubernetes.io/legacy-token-last-used";
    const INVALID: &str = "metadata.labels.kubernetes.io/legacy-token-invalid-since";
    let (namespace, name) = (namespace(row), row.need("metadata.name")?);
    let account = mention(namespace, row.need(ACCOUNT)?, out)?;
    let created = created(row)?;
    let used = row.time(USED)?;
    let invalid = row.text(INVALID);
    let draft = token(namespace, name, &account, out)?
        .status(if invalid.is_some() {
            CredentialStatus::Inactive
        } else {
            CredentialStatus::Active
        })
        .created_at(created)
        .last_rotated_at(created)
        .last_used_at(used)
        .last_used_state(if used.is_some() {
            CredentialLastUsedState::Known
        } else {
            CredentialLastUsedState::Unknown
        })
        .tag("invalid_since", invalid);
    out.put(draft)
}

/// What a node joins the cluster with.
fn bootstrap_token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let name = row.need("metadata.name")?;
    let (system, id) = (out.system()?, out.id(&format!("{}/secret/{name}", namespace(row)))?);
    let ends = row.first(&["data.expiration", "stringData.expiration"]).map(|text| {
        let decoded = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        decoded.as_deref().and_then(when::read).or_else(|| when::read(text))
    });
    let ends = match ends {
        Some(None) => return refuse("its `expiration` is not a time"),
        Some(ends) => ends,
        None => None,
    };
    let over = ends.is_some_and(|at| at <= out.export.exported_at);
    let created = created(row)?;
    out.put(
        Draft::<Credential>::new(&id)
            .kind(CredentialKind::Token)
            .status(if over { CredentialStatus::Expired } else { CredentialStatus::Active })
            .system(system.as_str())
            .created_at(created)
            .last_rotated_at(created)
            .last_used_state(CredentialLastUsedState::NotTracked)
            .expires_at(ends)
            .expiry(if ends.is_some() { CredentialExpiry::Fixed } else { CredentialExpiry::Never })
            .tag("use", "bootstrap"),
    )
}
