//! API tokens, secrets and keys of apps.

use super::app_of;
use super::apps::mention_client;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential};
use crate::inventory::vocabulary::{
    AccountStatus, CredentialExpiry, CredentialKind, CredentialLastUsedState, CredentialStatus,
};

const STATUSES: &[(&str, CredentialStatus)] = &[
    ("ACTIVE", CredentialStatus::Active),
    ("INACTIVE", CredentialStatus::Inactive),
    ("REVOKED", CredentialStatus::Revoked),
];

fn mention_user(native: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let (id, system) = (out.id(native)?, out.system()?);
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    out.mention(draft)?;
    Ok(id)
}

/// Reads an API token. What is listed works.
pub fn api_token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(row.need("id")?)?;
    let account = mention_user(row.need("userId")?, out)?;
    let created = row.time("created")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        .status(CredentialStatus::Active)
        .account(To::account(&account))
        // A token never changes: it is rotated by making another one.
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(row.time("expiresAt")?)
        .expiry(CredentialExpiry::Sliding)
        .tag("name", row.text("name"))
        .tag("client", row.text("clientName"))
        .tag("last_updated", row.text("lastUpdated"))
        .tag("token_window", row.text("tokenWindow"))
        .tag("network", row.text("network.connection"));
    out.put(draft)
}

/// Reads a refresh token: what a user let an app have.
pub fn refresh_token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(row.need("id")?)?;
    let client = row.need("clientId")?;
    let app = out.called("okta-client", client)?.unwrap_or(client);
    let account = mention_user(row.need("userId")?, out)?;
    let client = mention_client(app, out)?;
    let created = row.time("created")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        .status(row.word("status", STATUSES).unwrap_or(CredentialStatus::Unknown))
        .account(To::account(&account))
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(row.time("expiresAt")?)
        .used_by(vec![To::workload(&client)])
        .scopes(row.texts("scopes"));
    out.put(draft)
}

/// Reads a client secret. Okta gives it no end, and doesn't say when it was used.
pub fn client_secret(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = mention_client(app_of(row)?, out)?;
    let id = out.id(row.need("id")?)?;
    let created = row.time("created")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::ClientSecret)
        .status(row.word("status", STATUSES).unwrap_or(CredentialStatus::Unknown))
        .account(To::account(&account))
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expiry(CredentialExpiry::Never);
    out.put(draft)
}

/// Reads a public key: a client's, or one that Okta signs with for an app.
pub fn key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    if row.keys().all(&["x5c"]) {
        return signing_key(row, out);
    }
    client_key(row, app_of(row)?, out)
}

/// A key that a client proves itself with.
pub fn client_key(row: &Row<'_>, app: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = mention_client(app, out)?;
    // Lists of keys and the app's own row name a key by `kid` alike.
    let id = format!("{account}/{}", row.need("kid")?);
    let created = row.time("created")?;
    let ends = row.time("expiresAt")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::AsymmetricKey)
        .status(row.word("status", STATUSES).unwrap_or(CredentialStatus::Unknown))
        .account(To::account(&account))
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(ends)
        .expiry(if ends.is_some() { CredentialExpiry::Fixed } else { CredentialExpiry::Never })
        .tag("use", row.text("use"));
    out.put(draft)
}

/// The certificate with which Okta signs what it says to an app; Okta keeps the private key.
fn signing_key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (id, system) = (out.id(row.need("kid")?)?, out.system()?);
    let created = row.time("created")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Certificate)
        .status(row.word("status", STATUSES).unwrap_or(CredentialStatus::Unknown))
        .system(system.as_str())
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(row.time("expiresAt")?)
        .tag("use", row.text("use"));
    out.put(draft)
}
