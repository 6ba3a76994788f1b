//! Users: accounts, and the credentials that their rows speak of.

use super::{USER, account, spelt, yes_no};
use crate::import::kinds::spelling::Spelt;
use crate::import::people::Claim;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialStatus, WorkloadKind,
    WorkloadStatus,
};
use crate::time::Instant;

const TYPE: &[(&str, AccountType)] = &[
    ("PERSON", AccountType::Human),
    ("SERVICE", AccountType::Service),
    ("LEGACY_SERVICE", AccountType::Service),
    ("SNOWFLAKE_SERVICE", AccountType::Service),
];

/// A user.
pub fn read(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let user = spelt(row);
    let name = user.need("name")?;
    let system = out.system()?;
    let deleted = user.time("deleted_on")?;
    let id = account(name, out)?;
    let id = match deleted {
        Some(at) => match user.text("user_id") {
            Some(number) => format!("{id}#{number}"),
            None => format!("{id}#{at}"),
        },
        None => id,
    };
    // A listing without the column doesn't say; null is a person.
    let kind = match user.text("type") {
        Some(_) => user.word("type", TYPE),
        None => user.has("type").then_some(AccountType::Human),
    };
    let status = status(&user, deleted, out.export.exported_at)?;
    let created = user.time("created_on")?;
    let login = match user.time("last_success_login")? {
        Some(at) => Some(at),
        None => user.time("last_successful_login")?,
    };
    let expires = match user.time("expires_at")? {
        Some(at) => Some(at),
        None => user.time("expires_at_time")?,
    };
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status)
        .kind_of_account(kind)
        .username(user.text("login_name").or(Some(name)))
        .created_at(created)
        .last_login_at(login)
        .expires_at(expires)
        .tag("mfa", yes_no(&user, "has_mfa")?)
        .tag("mfa_duo", yes_no(&user, "ext_authn_duo")?)
        .tag("default_role", user.text("default_role"))
        .tag("owner_role", user.text("owner"))
        .tag("snowflake_type", user.text("type"));
    if kind == Some(AccountType::Service) {
        out.put(
            Draft::<Workload>::new(&id)
                .kind(WorkloadKind::ServiceAccount)
                .status(match status {
                    AccountStatus::Enabled | AccountStatus::Locked => WorkloadStatus::Active,
                    AccountStatus::Disabled => WorkloadStatus::Disabled,
                    AccountStatus::Deleted => WorkloadStatus::Retired,
                    AccountStatus::Unknown => WorkloadStatus::Unknown,
                })
                .name(user.text("display_name").or(Some(name)))
                .purpose(user.text("comment"))
                .created_at(created)
                .retired_at(deleted),
        )?;
        out.put(draft.identity(To::workload(&id)))?;
    } else {
        let claim = Claim {
            employee_number: None,
            emails: user.text("email").into_iter().collect(),
            user_names: user.text("login_name").into_iter().chain([name]).collect(),
        };
        out.account(&system, draft, &claim)?;
    }
    if deleted.is_some() {
        return Ok(());
    }
    out.learn(USER, &id, if kind == Some(AccountType::Service) { "service" } else { "person" });
    credentials(&user, &id, out)
}

fn status(
    user: &Spelt<'_>,
    deleted: Option<Instant>,
    now: Instant,
) -> Result<AccountStatus, Refusal> {
    let until = match user.time("locked_until")? {
        Some(at) => Some(at),
        None => user.time("locked_until_time")?,
    };
    let locked = user.flag("snowflake_lock")? == Some(true)
        || user.flag("locked")? == Some(true)
        || until.is_some_and(|until| until > now);
    Ok(match (deleted, user.flag("disabled")?) {
        (Some(_), _) => AccountStatus::Deleted,
        (None, Some(true)) => AccountStatus::Disabled,
        (None, _) if locked => AccountStatus::Locked,
        (None, Some(false)) => AccountStatus::Enabled,
        (None, None) => AccountStatus::Unknown,
    })
}

/// A password and the two places for a key. They are only mentioned: the view of credentials knows
/// more of them.
fn credentials(user: &Spelt<'_>, id: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let set = match user.time("password_last_set")? {
        Some(at) => Some(at),
        None => user.time("password_last_set_time")?,
    };
    if user.flag("has_password")? == Some(true) {
        out.mention(one(id, "PASSWORD", CredentialKind::Password, set))?;
    }
    let first = user.text("rsa_public_key_fp");
    if first.is_some() || user.flag("has_rsa_public_key")? == Some(true) {
        let set = user.time("rsa_public_key_last_set_time")?;
        let draft = one(id, "RSA_PUBLIC_KEY", CredentialKind::AsymmetricKey, set);
        out.mention(draft.tag("fingerprint", first))?;
    }
    if let Some(second) = user.text("rsa_public_key_2_fp") {
        let set = user.time("rsa_public_key_2_last_set_time")?;
        let draft = one(id, "RSA_PUBLIC_KEY_2", CredentialKind::AsymmetricKey, set);
        out.mention(draft.tag("fingerprint", second))?;
    }
    Ok(())
}

fn one(id: &str, name: &str, kind: CredentialKind, set: Option<Instant>) -> Draft<Credential> {
    Draft::<Credential>::new(&format!("{id}#{name}"))
        .kind(kind)
        .status(CredentialStatus::Active)
        .account(To::account(id))
        // What is there now was made when it was last set.
        .created_at(set)
        .last_rotated_at(set)
        .expiry(CredentialExpiry::Unknown)
}

/// A listing of nothing but users and their second factor.
pub fn factors(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let user = spelt(row);
    let system = out.system()?;
    let id = account(user.need("name")?, out)?;
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    out.mention(draft.tag("mfa", yes_no(&user, "has_mfa")?))?;
    out.joined();
    Ok(())
}
