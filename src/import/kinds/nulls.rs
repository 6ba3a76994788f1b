//! Columns in which null says something: that a credential was never used, or never ends. Where
//! the column itself is missing, as in older versions of an interface, nothing is known.

use crate::import::row::{Refusal, Row};
use crate::inventory::draft::Draft;
use crate::inventory::record::Credential;
use crate::inventory::vocabulary::{CredentialExpiry, CredentialLastUsedState};
use crate::time::Instant;

/// Adds the last use, where null means that there was none.
pub fn used(
    row: &Row<'_>,
    path: &str,
    draft: Draft<Credential>,
) -> Result<Draft<Credential>, Refusal> {
    let at = row.time(path)?;
    let state = match at {
        Some(_) => CredentialLastUsedState::Known,
        None if row.keys().all(&[path]) => CredentialLastUsedState::Never,
        None => CredentialLastUsedState::Unknown,
    };
    Ok(draft.last_used_at(at).last_used_state(state))
}

/// Adds the end, where null means that there is none.
pub fn ends(
    row: &Row<'_>,
    path: &str,
    draft: Draft<Credential>,
) -> Result<Draft<Credential>, Refusal> {
    let at = row.time(path)?;
    let expiry = match at {
        Some(_) => CredentialExpiry::Fixed,
        None if row.keys().all(&[path]) => CredentialExpiry::Never,
        None => CredentialExpiry::Unknown,
    };
    Ok(draft.expires_at(at).expiry(expiry))
}

/// Says so where a credential was used after its end: the export contradicts itself.
pub fn contradiction(
    draft: Draft<Credential>,
    used: Option<Instant>,
    end: Option<Instant>,
) -> Draft<Credential> {
    let after = used.zip(end).is_some_and(|(used, end)| used > end);
    draft.tag("used_after_its_end", after.then_some("true"))
}
