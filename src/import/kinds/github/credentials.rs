//! Tokens and keys.

use super::accounts::named;
use crate::import::kinds::nulls;
use crate::import::people::Target;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Credential;
use crate::inventory::vocabulary::{CredentialExpiry, CredentialKind, CredentialStatus};

/// A fine-grained personal access token that the organization let in.
pub fn fine_grained(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let status = match row.flag("token_expired")? {
        Some(true) => CredentialStatus::Expired,
        Some(false) => CredentialStatus::Active,
        None => CredentialStatus::Unknown,
    };
    let granted = row.text("access_granted_at");
    let draft = token(row, status, out)?.tag("access_granted_at", granted);
    out.put(draft)
}

/// One that waits for its grant: it opens nothing of the organization yet, unless it was let in
/// before and asks for more; it is then listed too, and the listing counts.
pub fn request(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let draft = token(row, CredentialStatus::Inactive, out)?.tag("access", "requested");
    out.mention(draft)?;
    out.joined();
    Ok(())
}

fn token(
    row: &Row<'_>,
    status: CredentialStatus,
    out: &mut Sink<'_>,
) -> Result<Draft<Credential>, Refusal> {
    let (account, _) = named(row.need("owner.login")?, out)?;
    let system = out.system()?;
    // Older versions only have the id of the grant.
    let id = match row.text("token_id") {
        Some(token) => out.id(&format!("token:{token}"))?,
        None => out.id(&format!("token-grant:{}", row.need("id")?))?,
    };
    let mut scopes = Vec::new();
    for (part, path) in [
        ("organization", "permissions.organization"),
        ("repository", "permissions.repository"),
        ("other", "permissions.other"),
    ] {
        let pairs = row.pairs(path).into_iter();
        scopes.extend(pairs.map(|(name, level)| format!("{part}/{name}:{level}")));
    }
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        .status(status)
        .system(system.as_str())
        .account(To::account(&account))
        .scopes(scopes.iter().map(String::as_str).collect::<Vec<_>>())
        .tag("type", "fine-grained personal access token")
        .tag("name", row.text("token_name"))
        .tag("repositories", row.text("repository_selection"));
    let draft = nulls::used(row, "token_last_used_at", draft)?;
    let draft = nulls::ends(row, "token_expires_at", draft)?;
    let (used, end) = (row.time("token_last_used_at")?, row.time("token_expires_at")?);
    Ok(nulls::contradiction(draft, used, end))
}

/// The kinds of credentials in authorizations; their spelling varies in case.
const KINDS: &[(&str, CredentialKind)] = &[
    ("personal access token", CredentialKind::Token),
    ("SSH key", CredentialKind::SshKey),
    ("OAuth app token", CredentialKind::OauthGrant),
    ("GitHub app token", CredentialKind::OauthGrant),
];

/// A credential of a member that single sign-on lets in.
pub fn authorization(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (account, _) = named(row.need("login")?, out)?;
    let system = out.system()?;
    let id = out.id(&format!("authorization:{}", row.need("credential_id")?))?;
    let kind = row.need("credential_type")?;
    let Some((_, of)) = KINDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(kind)) else {
        row.unknown_word("credential_type", kind);
        return refuse("an unknown type of credential");
    };
    let draft = Draft::<Credential>::new(&id)
        .kind(*of)
        // What is revoked is listed no more.
        .status(CredentialStatus::Active)
        .system(system.as_str())
        .account(To::account(&account))
        .scopes(row.texts("scopes"))
        .tag("type", kind)
        .tag("name", row.first(&["authorized_credential_title", "authorized_credential_note"]))
        .tag("authorized_at", row.text("credential_authorized_at"));
    let end = row.time("authorized_credential_expires_at")?;
    let draft = match of {
        CredentialKind::SshKey if end.is_none() => draft.expiry(CredentialExpiry::Never),
        _ => nulls::ends(row, "authorized_credential_expires_at", draft)?,
    };
    let draft = nulls::used(row, "credential_accessed_at", draft)?;
    let used = row.time("credential_accessed_at")?;
    out.put(nulls::contradiction(draft, used, end))
}

/// A key of one repository.
pub fn deploy_key(
    row: &Row<'_>,
    repository: Option<&str>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(&format!("key:{}", row.need("id")?))?;
    let repository = repository.or_else(|| repository_of(row.text("url")?));
    let scope = repository.map(|name| match row.flag("read_only") {
        Ok(Some(true)) => format!("{name}:read"),
        Ok(Some(false)) => format!("{name}:write"),
        _ => name.to_owned(),
    });
    let owner = match row.text("added_by") {
        Some(login) => {
            let (account, whose) = named(login, out)?;
            let owner = match whose {
                Some(target) => target,
                None => out.holder_of(&account)?,
            };
            let known = owner != Target::Person(account);
            Some((owner, known))
        }
        None => None,
    };
    let maker = match &owner {
        Some((Target::Person(id), true)) => Some(To::person(id)),
        _ => None,
    };
    let created = row.time("created_at")?;
    let status = match row.flag("enabled")? {
        Some(false) => CredentialStatus::Inactive,
        _ => CredentialStatus::Active,
    };
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::SshKey)
        .status(status)
        .system(system.as_str())
        .owner(owner.as_ref().map(|(target, _)| target.to()))
        .created_by(maker)
        .created_at(created)
        // A key never changes: it is rotated by adding another one.
        .last_rotated_at(created)
        .expiry(CredentialExpiry::Never)
        .scopes(scope.iter().map(String::as_str).collect::<Vec<_>>())
        .tag("type", "deploy key")
        .tag("name", row.text("title"));
    out.put(nulls::used(row, "last_used", draft)?)
}

/// `acme/api` of `https://api.github.com/repos/acme/api/keys/1`.
fn repository_of(url: &str) -> Option<&str> {
    url.split_once("/repos/")?.1.split_once("/keys/").map(|(name, _)| name)
}

/// A key with which a user signs in to git. Listings of one user's keys don't say whose they are.
pub fn user_key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(login) = row.first(&["login", "user.login"]) else {
        return refuse("a key that doesn't say whose it is");
    };
    let (account, _) = named(login, out)?;
    let system = out.system()?;
    let id = out.id(&format!("key:{}", row.need("id")?))?;
    let created = row.time("created_at")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::SshKey)
        .status(CredentialStatus::Active)
        .system(system.as_str())
        .account(To::account(&account))
        .created_at(created)
        .last_rotated_at(created)
        .expiry(CredentialExpiry::Never)
        .tag("type", "SSH key")
        .tag("name", row.text("title"));
    out.put(nulls::used(row, "last_used", draft)?)
}
