//! Credentials: passwords, keys and tokens of users, and secrets for other systems.

use super::{USER, account, spelt};
use crate::import::kinds::spelling::Spelt;
use crate::import::people::Target;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential};
use crate::inventory::vocabulary::{
    AccountStatus, CredentialExpiry, CredentialKind, CredentialLastUsedState, CredentialStatus,
    CredentialStorage,
};

const STATUS: &[(&str, CredentialStatus)] = &[
    ("ACTIVE", CredentialStatus::Active),
    ("ENROLLED", CredentialStatus::Active),
    ("EXPIRED", CredentialStatus::Expired),
    ("DISABLED", CredentialStatus::Inactive),
    ("PENDING", CredentialStatus::Unknown),
];

/// Who made it, as an importer can say it.
enum Maker<'a> {
    Person(Target),
    Word(&'a str),
    Nobody,
}

impl<'a> Maker<'a> {
    /// By the name of a user; of a service or a role (some listings name one) the name.
    fn of(row: &Spelt<'a>, out: &mut Sink<'_>) -> Result<Self, Refusal> {
        let Some(name) = row.text("created_by") else { return Ok(Self::Nobody) };
        let id = account(name, out)?;
        Ok(match out.called(USER, &id)? {
            Some("person") => Self::Person(out.holder_of(&id)?),
            _ => Self::Word(name),
        })
    }

    fn to(&self, draft: Draft<Credential>) -> Draft<Credential> {
        match self {
            Self::Person(Target::Person(person)) => draft.created_by(To::person(person)),
            Self::Person(Target::Workload(workload)) => draft.tag("created_by", workload.as_str()),
            Self::Word(name) => draft.tag("created_by", *name),
            Self::Nobody => draft,
        }
    }
}

/// A row of the view of credentials.
pub fn read(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = spelt(row);
    let user = account(row.need("user_name")?, out)?;
    let kind = row.need("type")?.to_ascii_uppercase();
    let (kind, place) = match kind.as_str() {
        "PASSWORD" => (CredentialKind::Password, "PASSWORD".to_owned()),
        "KEYPAIR" => (CredentialKind::AsymmetricKey, row.need("name")?.to_owned()),
        "PAT" => (CredentialKind::Token, format!("PAT:{}", row.need("name")?)),
        "TOTP" | "PASSKEY" => return factor(&row, &user, &kind, out),
        _ => return refuse("a type of credential that is not known"),
    };
    let used = row.time("last_used_on")?;
    let draft = token_or_key(&row, &user, &place, kind, row.time("expiration_date")?)?
        .last_used_at(used)
        .last_used_state(match (used, kind) {
            (Some(_), _) => CredentialLastUsedState::Known,
            (None, CredentialKind::Token) => CredentialLastUsedState::Never,
            (None, _) => CredentialLastUsedState::Unknown,
        });
    let maker = Maker::of(&row, out)?;
    out.put(maker.to(draft))
}

/// A programmatic access token; its listing doesn't give its last use.
pub fn token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = spelt(row);
    let user = account(row.need("user_name")?, out)?;
    let place = format!("PAT:{}", row.need("name")?);
    let draft = token_or_key(&row, &user, &place, CredentialKind::Token, row.time("expires_at")?)?
        .scopes(row.text("role_restriction").into_iter().collect::<Vec<_>>())
        .tag("rotated_to", row.text("rotated_to"));
    let maker = Maker::of(&row, out)?;
    out.put(maker.to(draft))
}

fn token_or_key(
    row: &Spelt<'_>,
    user: &str,
    place: &str,
    kind: CredentialKind,
    expires: Option<crate::time::Instant>,
) -> Result<Draft<Credential>, Refusal> {
    let created = row.time("created_on")?;
    let draft = Draft::<Credential>::new(&format!("{user}#{place}"))
        .kind(kind)
        .status(row.word("status", STATUS).unwrap_or(CredentialStatus::Unknown))
        .account(To::account(user))
        .created_at(created)
        .expires_at(expires)
        .expiry(match (expires, kind) {
            (Some(_), _) => CredentialExpiry::Fixed,
            (None, CredentialKind::AsymmetricKey) => CredentialExpiry::Never,
            (None, _) => CredentialExpiry::Unknown,
        })
        .tag("name", row.text("name"));
    // A token's secret never changes: rotating it makes another one.
    let rotated = if kind == CredentialKind::Token { created } else { None };
    Ok(draft.last_rotated_at(rotated))
}

/// A second factor is a fact of the account.
fn factor(row: &Spelt<'_>, user: &str, kind: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let draft = Draft::<Account>::new(user).system(system.as_str()).status(AccountStatus::Unknown);
    let name = format!("mfa_{}", kind.to_ascii_lowercase());
    out.mention(draft.tag(&name, row.text("status").unwrap_or("UNKNOWN")))?;
    out.joined();
    Ok(())
}

/// What the vendor calls types of secrets ("CREATE SECRET").
const SECRET: &[(&str, CredentialKind)] = &[
    ("PASSWORD", CredentialKind::Password),
    ("OAUTH2", CredentialKind::OauthGrant),
    ("GENERIC_STRING", CredentialKind::ApiKey),
    ("CLOUD_PROVIDER_TOKEN", CredentialKind::Token),
];

/// A secret for another system that lies in a schema.
pub fn secret(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = spelt(row);
    let column = if row.text("secret_type").is_some() { "secret_type" } else { "type" };
    let word = row.need(column)?;
    if word.eq_ignore_ascii_case("SYMMETRIC_KEY") {
        return refuse("a key that encrypts: it proves no identity");
    }
    let Some(kind) = row.word(column, SECRET) else {
        return refuse("a type of secret that is not known");
    };
    let (database, schema) = (row.need("database_name")?, row.need("schema_name")?);
    let id = out.id(&format!("secret:{database}.{schema}.{}", row.need("name")?))?;
    let expires = row.time("oauth_refresh_token_expiry_time")?;
    out.put(
        Draft::<Credential>::new(&id)
            .kind(kind)
            .status(CredentialStatus::Unknown)
            .created_at(row.time("created_on")?)
            .expires_at(expires)
            .expiry(if expires.is_some() {
                CredentialExpiry::Fixed
            } else {
                CredentialExpiry::Unknown
            })
            .storage(CredentialStorage::SecretsManager)
            .scopes(row.texts("oauth_scopes"))
            .tag("owner_role", row.text("owner"))
            .tag("username", row.text("username"))
            .tag("integration", row.text("api_authentication")),
    )
}
