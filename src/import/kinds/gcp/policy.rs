//! Policies: who has which role on what, and until when.
//!
//! Source: "Principal identifiers", "Basic roles" and "Conditions" in the IAM documentation.
//!
//! - A user is known by e-mail; whether the account is still there is not said. A user in no other
//!   row of the export is linked by that e-mail.
//! - `deleted:` is what Google writes where a principal was deleted and its binding was not: the
//!   account is deleted, a workload retired, and the right still stands there.
//! - `allUsers`, `allAuthenticatedUsers`, domains, principal sets and project's conveniences
//!   (`projectOwner:`) are groups whose members nobody lists; the first two get the tag `public`.
//! - Service agents are accounts of Google's own services: nobody can own or rotate them, so they
//!   are groups too.
//! - A condition `request.time < timestamp(...)` is an end, unless there is an `||` or a `!` beside
//!   it, or the time is reckoned with; a right whose end was before the export is expired.

use crate::import::people::Claim;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::import::when;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, WorkloadKind, WorkloadStatus,
};
use crate::time::Instant;

/// The basic roles that can write, and the predefined ones that can give access or become somebody
/// else: "IAM basic and predefined roles reference".
const ADMINISTRATE: &[&str] = &[
    "roles/owner",
    "roles/editor",
    "roles/admin",
    "roles/writer",
    "roles/resourcemanager.organizationAdmin",
    "roles/resourcemanager.folderAdmin",
    "roles/resourcemanager.folderIamAdmin",
    "roles/resourcemanager.projectIamAdmin",
    "roles/iam.securityAdmin",
    "roles/iam.organizationRoleAdmin",
    "roles/iam.roleAdmin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountKeyAdmin",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/orgpolicy.policyAdmin",
    "roles/billing.admin",
];

/// Permissions that give access or become somebody else: a custom role with one administrates.
const PERMISSIONS: &[&str] = &[
    "resourcemanager.projects.setIamPolicy",
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
    "iam.serviceAccounts.setIamPolicy",
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccountKeys.create",
    "iam.roles.update",
];

/// Domains of service agents besides `gcp-sa-...`: "Service agents".
const AGENTS: &[&str] = &[
    "cloudservices",
    "compute-system.iam",
    "container-engine-robot.iam",
    "containerregistry.iam",
    "container-analysis.iam",
    "cloud-filer.iam",
    "cloud-redis.iam",
    "cloudcomposer-accounts.iam",
    "dataflow-service-producer-prod.iam",
    "dataproc-accounts.iam",
    "firebase-rules.iam",
    "gcf-admin-robot.iam",
    "gs-project-accounts.iam",
    "serverless-robot-prod.iam",
    "service-networking.iam",
    "sourcerepo-service-accounts.iam",
    "storage-transfer-service.iam",
];

/// By a custom role's name, whether it administrates.
const ROLE: &str = "gcp-role";

/// A role: not a right before somebody has it.
pub fn role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let name = row.need("name")?;
    if row.keys().is_list("includedPermissions") {
        let permissions = row.texts("includedPermissions");
        let all = permissions.iter().any(|permission| PERMISSIONS.contains(permission));
        out.learn(ROLE, name, if all { "administrates" } else { "does not" });
    }
    out.joined();
    Ok(())
}

/// A policy, of a resource if it is known of which.
pub fn bindings(row: &Row<'_>, of: Option<&str>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let of = of.or_else(|| row.text("resourceId")).map(|of| of.trim_start_matches('/'));
    let mut bindings = row.rows("bindings");
    bindings.extend(row.row("bindings"));
    // A policy that gives nobody anything is read, and says so.
    out.joined();
    bindings.iter().try_for_each(|row| binding(row, of, out))
}

fn binding(row: &Row<'_>, of: Option<&str>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let role = row.need("role")?;
    let privileged = if role.starts_with("roles/") {
        ADMINISTRATE.contains(&role)
    } else {
        out.called(ROLE, role)? == Some("administrates")
    };
    let expression = row.text("condition.expression");
    let ends = expression.and_then(end);
    let over = ends.is_some_and(|at| at <= out.export.exported_at);
    let title = row.text("condition.title");
    let system = out.system()?;
    for member in row.texts("members") {
        let who = Who::of(member);
        // Two files without a resource's name are two resources; the same role can be given twice,
        // under different conditions.
        let mut id = format!("{}/{role}/{member}", of.unwrap_or(&out.export.id));
        if let Some(condition) = expression.or(title) {
            id = format!("{id}/{condition}");
        }
        let (id, holder) = (out.id(&id)?, out.id(&who.native)?);
        let group = who.what == What::Many;
        let public = matches!(member, "allUsers" | "allAuthenticatedUsers");
        out.put(
            Draft::<Entitlement>::new(&id)
                .role(role)
                .status(if over { EntitlementStatus::Expired } else { EntitlementStatus::Active })
                .system(system.as_str())
                .account((!group).then(|| To::account(&holder)))
                .group(group.then(|| To::group(&holder)))
                .resource(of)
                .privileged(privileged.then_some(true))
                .expires_at(ends)
                .tag("condition", expression)
                .tag("condition_title", title)
                .tag("public", public.then_some(member)),
        )?;
        who.write(&holder, &system, privileged && !over, out)?;
    }
    Ok(())
}

/// Who has a role, as a policy writes it.
struct Who<'m> {
    what: What,
    deleted: bool,
    name: &'m str,
    /// By what it is known.
    native: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    User,
    ServiceAccount,
    /// An identity of another cloud or of a pipeline, that no list of Google's has.
    Federated,
    /// Those whom nobody lists here.
    Many,
}

impl<'m> Who<'m> {
    fn of(member: &'m str) -> Self {
        let (deleted, rest) =
            member.strip_prefix("deleted:").map_or((false, member), |rest| (true, rest));
        let (kind, name) = rest.split_once(':').unwrap_or(("", rest));
        let (what, name, native) = match kind {
            "serviceAccount" if is_agent(name) => (What::Many, name, name.to_lowercase()),
            "serviceAccount" => (What::ServiceAccount, name, name.to_lowercase()),
            "user" => (What::User, name, name.to_lowercase()),
            "group" => (What::Many, name, name.to_lowercase()),
            "principal" if name.contains("/workforcePools/") => {
                let subject = name.rsplit_once("/subject/").map_or(name, |(_, subject)| subject);
                (What::User, subject, rest.to_owned())
            }
            "principal" => (What::Federated, rest, rest.to_owned()),
            "domain" | "principalSet" | "projectOwner" | "projectEditor" | "projectViewer" => {
                (What::Many, rest, rest.to_owned())
            }
            _ if matches!(rest, "allUsers" | "allAuthenticatedUsers") => {
                (What::Many, rest, rest.to_owned())
            }
            // What nobody documents is somebody.
            _ => (What::User, rest, rest.to_owned()),
        };
        Self { what, deleted, name, native }
    }

    fn write(
        &self,
        id: &str,
        system: &str,
        privileged: bool,
        out: &mut Sink<'_>,
    ) -> Result<(), Refusal> {
        // `deleted:user:ada@corp.example?uid=123`: another account than one that is made anew.
        let name = self.name.split_once("?uid=").map_or(self.name, |(name, _)| name);
        let status = if self.deleted { AccountStatus::Deleted } else { AccountStatus::Unknown };
        let account = Draft::<Account>::new(id).system(system).status(status).username(name);
        let kind = match self.what {
            What::Many => {
                return out.mention(
                    Draft::<Group>::new(id)
                        .name(name)
                        .system(system)
                        .privileged(privileged.then_some(true)),
                );
            }
            What::User => {
                let claim = Claim { user_names: vec![name], ..Claim::default() };
                let account = account.kind_of_account(AccountType::Unknown);
                return out.account(system, account, &claim);
            }
            What::ServiceAccount => WorkloadKind::ServiceAccount,
            What::Federated => WorkloadKind::Application,
        };
        let gone = if self.deleted { WorkloadStatus::Retired } else { WorkloadStatus::Unknown };
        let federated = self.what == What::Federated;
        let workload = Draft::<Workload>::new(id)
            .kind(kind)
            .status(gone)
            .name((self.deleted || federated).then_some(name))
            .tag("federated", federated.then_some("true"));
        out.mention(workload)?;
        out.mention(account.kind_of_account(AccountType::Service).identity(To::workload(id)))
    }
}

/// Whether an account belongs to one of Google's services.
fn is_agent(email: &str) -> bool {
    let domain = email.split_once('@').map_or("", |(_, domain)| domain);
    domain
        .strip_suffix(".gserviceaccount.com")
        .is_some_and(|domain| domain.starts_with("gcp-sa-") || AGENTS.contains(&domain))
}

/// The end that a condition sets: `request.time < timestamp("2025-01-01T00:00:00Z")`.
pub(super) fn end(expression: &str) -> Option<Instant> {
    if expression.contains("||") || expression.contains('!') {
        return None;
    }
    let ends = expression.split("request.time").skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('<')?.trim_start_matches('=').trim_start();
        let rest = rest.strip_prefix("timestamp")?.trim_start().strip_prefix('(')?.trim_start();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let mut parts = rest.splitn(3, quote);
        let at = when::read(parts.nth(1)?)?;
        // What is added to a time, or taken from it, moves the end.
        let behind = parts.next()?.trim_start().strip_prefix(')')?.trim_start_matches([' ', ')']);
        (behind.is_empty() || behind.starts_with("&&")).then_some(at)
    });
    ends.min()
}
