//! Roles: who may take them, and when that last happened.

use std::collections::BTreeSet;

use super::rights::{self, Holder};
use super::shared::{account_number, document, environment, many, owner, system_of, tags, time};
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Group, Workload};
use crate::inventory::vocabulary::{AccountStatus, AccountType, WorkloadKind, WorkloadStatus};

/// A role.
pub fn role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (arn, name) = (row.need("Arn")?, row.need("RoleName")?);
    let system = system_of(arn, out)?;
    let reserved = arn.contains(":role/aws-reserved/");
    if reserved || arn.contains(":role/aws-service-role/") {
        return platforms(row, arn, name, reserved, &system, out);
    }
    let owner = owner(row, out)?;
    let holder = Holder { id: arn, system: &system, group: false };
    let rights = rights::read(row, "RolePolicyList", &holder, out)?;
    let created = time(row, "CreateDate")?;
    let used = time(row, "RoleLastUsed.LastUsedDate")?;
    let unused = row.row("RoleLastUsed").is_some() && used.is_none();
    let mut workload = Draft::<Workload>::new(arn)
        .kind(WorkloadKind::AssumableRole)
        .status(WorkloadStatus::Active)
        .name(name)
        .environment(environment(row))
        .owner(owner.as_deref().map(To::person))
        .purpose(row.text("Description"))
        .created_at(created)
        .last_used_at(used)
        .tag("last_use", unused.then_some("none in the 400 days that AWS keeps"));
    let own = account_number(arn).unwrap_or_default();
    let trust = document(row, "AssumeRolePolicyDocument", |policy| Trust::of(policy, own));
    for (fact, value) in trust.iter().flat_map(Trust::facts) {
        workload = workload.tag(fact, value.as_str());
    }
    for (key, value) in &tags(row) {
        workload = workload.tag(key, *value);
    }
    out.put(workload)?;
    out.put(
        Draft::<Account>::new(arn)
            .system(system.as_str())
            .status(AccountStatus::Enabled)
            .kind_of_account(AccountType::Service)
            .username(name)
            .identity(To::workload(arn))
            .created_at(created)
            .tag("permissions_boundary", row.text("PermissionsBoundary.PermissionsBoundaryArn")),
    )?;
    rights.write(out)
}

/// A role that AWS made and alone can change: nobody in the organisation can own, rotate or review
/// it as a workload. What Identity Center made stands for the people who are assigned to it, so it
/// is a group, and its rights are the group's. What an AWS service made for itself is a group that
/// nobody of the organisation can be in; its rights come and go with the service.
fn platforms(
    row: &Row<'_>,
    arn: &str,
    name: &str,
    reserved: bool,
    system: &str,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let group = Draft::<Group>::new(arn).name(name).system(system);
    if !reserved {
        return out.put(group);
    }
    let rights =
        rights::read(row, "RolePolicyList", &Holder { id: arn, system, group: true }, out)?;
    out.put(group.privileged(rights.privileged.then_some(true)))?;
    rights.write(out)
}

/// Who may take a role, by its trust policy.
#[derive(Default)]
struct Trust {
    everyone: bool,
    principals: BTreeSet<String>,
    other_accounts: BTreeSet<String>,
    deleted: BTreeSet<String>,
    subjects: BTreeSet<String>,
}

impl Trust {
    fn of(policy: &Row<'_>, own: &str) -> Self {
        let mut trust = Self::default();
        for statement in many(policy, "Statement") {
            if statement.text("Effect") != Some("Allow") {
                continue;
            }
            let all = statement.text("Principal") == Some("*");
            let aws = statement.texts("Principal.AWS");
            trust.everyone |= all || aws.contains(&"*");
            for principal in aws {
                trust.aws(principal, own);
            }
            for service in statement.texts("Principal.Service") {
                trust.principals.insert(service.to_owned());
            }
            for provider in statement.texts("Principal.Federated") {
                trust.principals.insert(provider.to_owned());
            }
            // `token.actions.githubusercontent.com:sub`: which of the provider's identities.
            for operator in statement.row("Condition").iter().flat_map(inner) {
                let keys = operator.keys().names().into_iter();
                for key in keys.filter(|key| key.to_ascii_lowercase().ends_with(":sub")) {
                    trust.subjects.extend(operator.texts(key).into_iter().map(str::to_owned));
                }
            }
        }
        trust
    }

    fn aws(&mut self, principal: &str, own: &str) {
        let bare = (principal.bytes().all(|b| b.is_ascii_digit())).then_some(principal);
        if let Some(number) = account_number(principal).or(bare) {
            if number != own {
                self.other_accounts.insert(number.to_owned());
            }
        } else if principal.starts_with("AIDA") || principal.starts_with("AROA") {
            self.deleted.insert(principal.to_owned());
        }
        self.principals.insert(principal.to_owned());
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
        let facts = [
            ("trusts_everyone", if self.everyone { "true".into() } else { String::new() }),
            ("trusts", list(&self.principals)),
            ("trusts_other_accounts", list(&self.other_accounts)),
            ("trusts_deleted", list(&self.deleted)),
            ("trusts_subjects", list(&self.subjects)),
        ];
        facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn inner<'a>(row: &Row<'a>) -> Vec<Row<'a>> {
    row.keys().names().into_iter().filter_map(|name| row.row(name)).collect()
}
