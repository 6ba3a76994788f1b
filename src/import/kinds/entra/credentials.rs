//! Secrets and certificates of applications, and when they were last used.

use super::fields::{NEVER, first, first_time, moment, rows, text, time};
use super::objects::{mention_app, said};
use super::users::is_forever;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::import::when::Moment;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Credential;
use crate::inventory::vocabulary::{
    CredentialExpiry, CredentialKind, CredentialLastUsedState, CredentialManagedBy,
    CredentialStatus, Vocabulary,
};
use crate::time::Instant;

/// Whose credentials they are.
pub struct Holder<'a> {
    /// The id of its account.
    pub account: &'a str,
    /// Whether the platform rotates them.
    pub managed: bool,
    /// Whether what they open was deleted.
    pub gone: bool,
}

/// A credential of a list.
struct Entry<'a> {
    row: Row<'a>,
    key: String,
    kind: CredentialKind,
}

/// The entries of both lists. A certificate that signs (SAML) stands among the keys and, for the
/// password of its private key, once more among the passwords, under one id: it is one thing.
fn entries<'a>(row: &Row<'a>, account: &str) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for (list, is_key) in [("keyCredentials", true), ("passwordCredentials", false)] {
        for (at, row) in rows(row, list).into_iter().enumerate() {
            let key = text(&row, "keyId").map(str::to_lowercase);
            let key = key.unwrap_or_else(|| format!("{account}/{list}/{at}"));
            if entries.iter().all(|other| other.key != key) {
                let kind = if is_key { key_kind(&row) } else { CredentialKind::ClientSecret };
                entries.push(Entry { row, key, kind });
            }
        }
    }
    entries
}

fn key_kind(row: &Row<'_>) -> CredentialKind {
    match text(row, "type") {
        Some("Symmetric") => CredentialKind::ClientSecret,
        _ => CredentialKind::Certificate,
    }
}

impl Holder<'_> {
    /// Remembers which credentials there are.
    pub fn learn(&self, row: &Row<'_>, out: &mut Sink<'_>) {
        for entry in entries(row, self.account) {
            out.learn("entra-key", &entry.key, entry.kind.name());
        }
    }

    /// Writes the credentials of an application or a service principal.
    pub fn write(&self, row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
        self.learn(row, out);
        for entry in entries(row, self.account) {
            let draft = self.draft(&entry.row, &entry.key, entry.kind, out)?;
            out.put(draft)?;
        }
        Ok(())
    }

    fn draft(
        &self,
        row: &Row<'_>,
        key: &str,
        kind: CredentialKind,
        out: &mut Sink<'_>,
    ) -> Result<Draft<Credential>, Refusal> {
        let made = first_time(row, &["startDateTime", "startDate"])?;
        let (ends, expiry) = end(row, &["endDateTime", "endDate"])?;
        let status = if self.gone { CredentialStatus::Inactive } else { CredentialStatus::Active };
        Ok(Draft::<Credential>::new(&out.id(key)?)
            .kind(kind)
            .status(status)
            .account(To::account(self.account))
            // A secret never changes: it is rotated by making another one.
            .created_at(made)
            .last_rotated_at(made)
            .expires_at(ends)
            .expiry(expiry)
            .managed_by(self.managed.then_some(CredentialManagedBy::Platform))
            .tag("display_name", text(row, "displayName"))
            .tag("usage", text(row, "usage")))
    }
}

/// When something ends: 2299-12-31, and later, is what the portal once wrote for "never".
fn end(row: &Row<'_>, paths: &[&str]) -> Result<(Option<Instant>, CredentialExpiry), Refusal> {
    for path in paths {
        let ends = moment(row, path, NEVER)?;
        match ends {
            Moment::Absent | Moment::NotTracked => {}
            Moment::Never => return Ok((None, CredentialExpiry::Never)),
            Moment::At(_) if is_forever(ends) => {
                row.replaced(path, text(row, path).unwrap_or_default());
                return Ok((None, CredentialExpiry::Never));
            }
            Moment::At(at) => return Ok((Some(at), CredentialExpiry::Fixed)),
        }
    }
    Ok((None, CredentialExpiry::Unknown))
}

/// A row of a list of credentials, as scripts flatten it: it has to name its application.
pub fn alone(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(app) = text(row, "appId").map(str::to_lowercase) else {
        return refuse("a credential that names no application (`appId`)");
    };
    let Some(key) = text(row, "keyId").map(str::to_lowercase) else {
        return refuse("it has no `keyId`");
    };
    let said = first(row, &["type", "keyType", "credentialType"]).unwrap_or_default();
    let said = said.to_ascii_lowercase();
    let certificate = ["cert", "key", "x509"].iter().any(|word| said.contains(word));
    let kind = if certificate { CredentialKind::Certificate } else { CredentialKind::ClientSecret };
    let account = mention_app(out, &app)?;
    let holder = Holder { account: &account, managed: false, gone: false };
    let draft = holder.draft(row, &key, kind, out)?;
    out.put(draft)
}

/// Reads the report of when each credential was last used.
pub fn used(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (Some(app), Some(key)) = (text(row, "appId"), text(row, "keyId")) else {
        return refuse("it doesn't name an application and a key");
    };
    let key = key.to_lowercase();
    let used = last_use(row, "signInActivity")?;
    let (ends, expiry) = end(row, &["expirationDate"])?;
    let listed = said::<CredentialKind>(out, "entra-key", &key)?;
    let kind = match text(row, "keyType") {
        Some("clientSecret") => CredentialKind::ClientSecret,
        _ => CredentialKind::Certificate,
    };
    let account = mention_app(out, &app.to_lowercase())?;
    let draft = Draft::<Credential>::new(&out.id(&key)?)
        .kind(listed.unwrap_or(kind))
        .status(CredentialStatus::Active)
        .account(To::account(&account))
        .last_used_at(used)
        .last_used_state(used.map(|_| CredentialLastUsedState::Known));
    // Of a credential that is listed, the list says when it ends.
    let draft = if listed.is_some() { draft } else { draft.expires_at(ends).expiry(expiry) };
    out.put(draft)
}

/// The last use in an activity. These reports hold what worked; where newer ones tell attempts
/// and successes apart, the success counts.
pub fn last_use(row: &Row<'_>, activity: &str) -> Result<Option<Instant>, Refusal> {
    let success = format!("{activity}.lastSuccessfulSignInDateTime");
    if row.keys().all(&[&super::fields::spelled(row, &success)]) {
        return time(row, &success);
    }
    time(row, &format!("{activity}.lastSignInDateTime"))
}
