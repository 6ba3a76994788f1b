//! Deliveries of webhooks: what happened, and around it what is so since.

use super::{access, accounts, apps, credentials};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::To;

/// Something that was made or changed is read as if it were listed; what was taken away is
/// refused, as nothing says what is left.
pub fn delivery(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    const GONE: &[&str] = &["deleted", "removed", "member_removed", "revoked"];
    let action = row.text("action").unwrap_or_default();
    if GONE.contains(&action) {
        return refuse("a webhook of what was taken away");
    }
    if let Some(key) = row.row("key") {
        return credentials::deploy_key(&key, row.text("repository.full_name"), out);
    }
    if let Some(membership) = row.row("membership") {
        return access::membership(&membership, row.text("organization.login"), out);
    }
    if let Some(team) = row.row("team") {
        if row.row("member").is_some() {
            let account = accounts::account_id(row.need("member.login")?, out)?;
            accounts::write_team(&team, vec![To::account(&account)], out)?;
            return accounts::inner(row, "member", out).map(|_| ());
        }
        return accounts::team(&team, out);
    }
    if row.row("member").is_some() {
        return access::collaborator(row, out);
    }
    match row.row("installation").filter(|found| found.keys().all(&["app_id"])) {
        Some(installation) => apps::installation(&installation, out),
        None => refuse("a webhook that says nothing of access"),
    }
}
