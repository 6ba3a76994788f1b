//! What users, groups and roles may do: a record for each policy that they have.

use super::shared::{document, many};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Entitlement;
use crate::inventory::vocabulary::EntitlementStatus;

/// AWS's own policies that administrate: "AWS managed policies for job functions" in the IAM User
/// Guide, and those whose description says that they give full access to identities.
const ADMINISTRATE: &[&str] = &[
    "AdministratorAccess",
    "PowerUserAccess",
    "IAMFullAccess",
    "AWSOrganizationsFullAccess",
    "AWSSSOMasterAccountAdministrator",
    "AWSSSODirectoryAdministrator",
];

/// What it is remembered by whether a customer's policy administrates.
const POLICY: &str = "aws-policy";

/// Who has policies.
pub struct Holder<'h> {
    /// The account's or the group's id.
    pub id: &'h str,
    /// The system.
    pub system: &'h str,
    /// Whether it is a group.
    pub group: bool,
}

/// The policies that somebody has.
pub struct Rights {
    drafts: Vec<Draft<Entitlement>>,
    /// Whether one of them administrates.
    pub privileged: bool,
}

impl Rights {
    /// Writes them: after whoever has them, as the row is about that.
    pub fn write(self, out: &mut Sink<'_>) -> Result<(), Refusal> {
        self.drafts.into_iter().try_for_each(|draft| out.put(draft))
    }
}

/// An entitlement for each attached policy, and for each inline policy of that list.
pub fn read(
    row: &Row<'_>,
    inline: &str,
    holder: &Holder<'_>,
    out: &Sink<'_>,
) -> Result<Rights, Refusal> {
    let boundary = row.text("PermissionsBoundary.PermissionsBoundaryArn");
    let (mut drafts, mut any) = (Vec::new(), false);
    for policy in many(row, "AttachedManagedPolicies") {
        let (name, arn) = (policy.text("PolicyName"), policy.text("PolicyArn"));
        let Some(name) = name.or_else(|| arn?.rsplit('/').next()) else {
            return refuse("an attached policy has no name");
        };
        let own = arn.is_none_or(|arn| arn.contains("::aws:policy/"));
        let privileged = match arn {
            Some(arn) if !own => out.called(POLICY, arn)? == Some("administrates"),
            _ => ADMINISTRATE.contains(&name),
        };
        any |= privileged;
        let draft =
            Draft::<Entitlement>::new(&format!("{}#policy/{}", holder.id, arn.unwrap_or(name)))
                .tag("policy_arn", arn)
                .tag("policy_type", if own { "aws_managed" } else { "customer_managed" });
        drafts.push(of(draft, name, privileged, holder, boundary));
    }
    for policy in many(row, inline) {
        let name = policy.need("PolicyName")?;
        let privileged = document(&policy, "PolicyDocument", administrates).unwrap_or(false);
        any |= privileged;
        let draft = Draft::<Entitlement>::new(&format!("{}#inline/{name}", holder.id))
            .tag("policy_type", "inline");
        drafts.push(of(draft, name, privileged, holder, boundary));
    }
    Ok(Rights { drafts, privileged: any })
}

fn of(
    draft: Draft<Entitlement>,
    name: &str,
    privileged: bool,
    holder: &Holder<'_>,
    boundary: Option<&str>,
) -> Draft<Entitlement> {
    draft
        .role(name)
        .status(EntitlementStatus::Active)
        .system(holder.system)
        .account((!holder.group).then(|| To::account(holder.id)))
        .group(holder.group.then(|| To::group(holder.id)))
        .privileged(privileged.then_some(true))
        .tag("permissions_boundary", boundary)
}

/// Whether a policy document allows everything, all of IAM, or all but some actions, on every
/// resource. A boundary or a condition may narrow it; the right is still there to be widened.
fn administrates(policy: &Row<'_>) -> bool {
    many(policy, "Statement").iter().any(|statement| {
        let every = statement.texts("Resource").contains(&"*");
        let actions = statement.texts("Action");
        let all = actions
            .iter()
            .any(|action| ["*", "*:*", "iam:*"].iter().any(|all| action.eq_ignore_ascii_case(all)));
        statement.text("Effect") == Some("Allow")
            && every
            && (all || !statement.texts("NotAction").is_empty())
    })
}

/// A policy: not a right before somebody has it, so it is only remembered whether it administrates.
pub fn policy(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let arn = row.need("Arn")?;
    let default = row.text("DefaultVersionId");
    let versions = row.rows("PolicyVersionList");
    let version = versions.iter().find(|version| match version.flag("IsDefaultVersion") {
        Ok(Some(flag)) => flag,
        _ => default.is_some() && version.text("VersionId") == default,
    });
    if let Some(all) = version.and_then(|version| document(version, "Document", administrates)) {
        out.learn(POLICY, arn, if all { "administrates" } else { "does not" });
    }
    out.joined();
    Ok(())
}
