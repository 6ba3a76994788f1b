//! The IAM credential report: one line a user, up to five credentials in each.
//!
//! Source: "Getting credential reports" in the IAM User Guide. `N/A` where a key has no last use
//! means that it was never used since tracking began (April 2015); `no_information` of a password
//! the same since October 2014. `password_enabled` of the root user is `not_supported`: it has a
//! password. There are no key ids, so a key is called by its user and slot. A slot that is
//! inactive and has no date is empty; one with a date holds a key that is switched off.

use super::aws_access_keys::USERS;
use super::{Importer, Shape};
use crate::import::people::Claim;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::import::when::{Moment, Sentinels};
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialStatus,
};

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "aws-credential-report",
    title: "AWS IAM credential report: users, passwords, access keys, certificates",
    how: "aws iam generate-credential-report; aws iam get-credential-report > aws.json",
    unknown: "owners, access key ids, roles; whether a user is a human; uses before April 2015",
    marks: &[],
    weak: &[],
    shapes: &[Shape {
        name: "user",
        is: |row| row.all(&["user", "arn", "user_creation_time", "access_key_1_active"]),
        read: user,
    }],
    survey: false,
};

const NONE: Sentinels = &[
    ("N/A", Moment::Absent),
    ("not_supported", Moment::Absent),
    ("no_information", Moment::Absent),
];

const USE: Sentinels = &[
    ("N/A", Moment::Never),
    ("no_information", Moment::Never),
    ("not_supported", Moment::NotTracked),
];

fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let arn = row.need("arn")?;
    let name = row.need("user")?;
    let root = name == "<root_account>";
    let (account, users) = account_of(arn);
    let system = ["aws:", account].concat();
    let system = out.system_called(&system, || Some(format!("AWS account {account}")))?;
    let created = row.moment("user_creation_time", NONE)?.at();
    let password = Password::of(row, root)?;
    let draft = Draft::<Account>::new(arn)
        .system(system.as_str())
        // IAM can't disable a user: without credentials it is there, and gets in by none.
        .status(AccountStatus::Enabled)
        // Absent is unknown: the word would be in every one of millions of records.
        .kind_of_account(root.then_some(AccountType::Shared))
        .username(name)
        .privileged(root.then_some(true))
        .created_at(created)
        .last_login_at(password.used.at())
        .interactive_login_at(password.used.at())
        .tag("mfa_active", row.text("mfa_active"));
    // Lists of keys don't say of which AWS account they are.
    if let Some(users) = users {
        out.learn(USERS, "", users);
    }
    let user_names = if root { vec![] } else { vec![name] };
    out.account(&system, draft, &Claim { user_names, ..Claim::default() })?;
    if password.enabled.is_none() || !row.keys().all(PASSWORD) {
        out.partial("a user's password is not told: columns of the report (`password_enabled`, ...) are missing, empty or called otherwise; export it as AWS writes it");
    }
    if password.there {
        password.write(arn, out)?;
    }
    for slot in SLOTS {
        slot.read(row, arn, out)?;
    }
    Ok(())
}

const PASSWORD: &[&str] = &["password_last_used", "password_last_changed"];

/// The number of an ARN's AWS account, and what stands before the users in it:
/// `arn:aws:iam::111122223333:user/ada`.
fn account_of(arn: &str) -> (&str, Option<&str>) {
    let mut colons = memchr::memchr_iter(b':', arn.as_bytes());
    let start = colons.nth(3).map_or(arn.len(), |at| at + 1);
    let end = colons.next().unwrap_or(arn.len());
    let users = arn.split_at_checked(end).filter(|(_, rest)| rest.starts_with(":user/"));
    (arn.get(start..end).unwrap_or_default(), users.map(|(front, _)| front))
}

struct Password {
    there: bool,
    /// Nothing where the report doesn't say it.
    enabled: Option<bool>,
    used: Moment,
    changed: Option<crate::time::Instant>,
    expires: Option<crate::time::Instant>,
}

impl Password {
    fn of(row: &Row<'_>, root: bool) -> Result<Self, Refusal> {
        let enabled = match row.text("password_enabled") {
            Some("not_supported") => {
                row.replaced("password_enabled", "not_supported");
                Some(root)
            }
            Some("N/A") => Some(false),
            _ => row.flag("password_enabled")?,
        };
        let used = row.moment("password_last_used", USE)?;
        let changed = row.moment("password_last_changed", NONE)?.at();
        Ok(Self {
            there: enabled.unwrap_or(changed.is_some() || used.at().is_some()),
            enabled,
            used,
            changed,
            expires: row.moment("password_next_rotation", NONE)?.at(),
        })
    }

    fn write(&self, arn: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let draft = Draft::<Credential>::new(&[arn, "#password"].concat())
            .kind(CredentialKind::Password)
            .status(status(self.enabled))
            .account(To::account(arn))
            // The secret that is there now was made when it was last changed.
            .created_at(self.changed)
            .last_rotated_at(self.changed)
            .last_used_at(self.used.at())
            .last_used_state(state(self.used))
            .tag("must_be_changed_by", self.expires.map(|at| at.to_string()).as_deref());
        out.put(draft)
    }
}

/// What isn't said is unknown, and so taken for live.
fn status(active: Option<bool>) -> CredentialStatus {
    match active {
        Some(true) => CredentialStatus::Active,
        Some(false) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    }
}

fn state(used: Moment) -> CredentialLastUsedState {
    match used {
        Moment::At(_) => CredentialLastUsedState::Known,
        Moment::Never => CredentialLastUsedState::Never,
        Moment::NotTracked => CredentialLastUsedState::NotTracked,
        Moment::Absent => CredentialLastUsedState::Unknown,
    }
}

/// A place for a key or a certificate.
struct Slot {
    name: &'static str,
    /// What to say where columns of it are missing.
    missing: &'static str,
    active: &'static str,
    rotated: &'static str,
    used: Option<&'static str>,
    service: Option<&'static str>,
    kind: CredentialKind,
}

macro_rules! slot {
    ($name:literal, key) => {
        Slot {
            name: $name,
            missing: concat!(
                "columns of the report (`",
                $name,
                "_active`, ...) are missing, empty or called otherwise: export it as AWS writes it"
            ),
            active: concat!($name, "_active"),
            rotated: concat!($name, "_last_rotated"),
            used: Some(concat!($name, "_last_used_date")),
            service: Some(concat!($name, "_last_used_service")),
            kind: CredentialKind::ApiKey,
        }
    };
    ($name:literal, certificate) => {
        Slot {
            name: $name,
            missing: concat!(
                "columns of the report (`",
                $name,
                "_active`, ...) are missing, empty or called otherwise: export it as AWS writes it"
            ),
            active: concat!($name, "_active"),
            rotated: concat!($name, "_last_rotated"),
            used: None,
            service: None,
            kind: CredentialKind::Certificate,
        }
    };
}

const SLOTS: &[Slot] = &[
    slot!("access_key_1", key),
    slot!("access_key_2", key),
    slot!("cert_1", certificate),
    slot!("cert_2", certificate),
];

impl Slot {
    fn read(&self, row: &Row<'_>, arn: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let active = row.flag(self.active)?;
        let rotated = row.moment(self.rotated, NONE)?.at();
        let used = self.used.map_or(Ok(Moment::NotTracked), |used| row.moment(used, USE))?;
        let service =
            self.service.and_then(|service| row.text(service)).filter(|text| *text != "N/A");
        if active.is_none()
            || !row.keys().all(&[self.rotated])
            || self.used.is_some_and(|used| !row.keys().all(&[used]))
        {
            out.partial(self.missing);
        }
        if active != Some(true) && rotated.is_none() && used.at().is_none() {
            return Ok(());
        }
        let draft = Draft::<Credential>::new(&[arn, "#", self.name].concat())
            .kind(self.kind)
            .status(status(active))
            .account(To::account(arn))
            // A key's secret never changes: it is rotated by making another one.
            .created_at(rotated)
            .last_rotated_at(rotated)
            .last_used_at(used.at())
            .last_used_state(state(used))
            // When a certificate expires isn't said, and neither is whether a password does.
            .expiry((self.kind == CredentialKind::ApiKey).then_some(CredentialExpiry::Never))
            .tag("last_used_service", service);
        out.put(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::convert::trial;

    const HEADING: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

    #[test]
    fn the_root_user_has_a_password_and_a_key_that_is_switched_off() {
        let made = trial::csv(
            &IMPORTER,
            &format!(
                "{HEADING}\n<root_account>,arn:aws:iam::111122223333:root,2010-01-01T00:00:00+00:00,\
            not_supported,2024-11-25T14:19:48+00:00,not_supported,not_supported,false,true,2011-08-19T05:12:23+00:00,\
            2015-07-04T15:09:00+00:00,us-east-1,s3,false,2010-01-01T00:00:00+00:00,N/A,N/A,N/A,true,2012-06-25T02:07:10+00:00,false,N/A\n"
            ),
        );
        let root = "arn:aws:iam::111122223333:root";
        assert_eq!(made.one("accounts", root)["privileged"], true);
        assert_eq!(made.one("accounts", root)["system"], "aws:111122223333");
        let password = made.one("credentials", &format!("{root}#password"));
        assert_eq!(password["last_used_at"], "2024-11-25T14:19:48Z");
        assert_eq!(password.get("last_rotated_at"), None);
        assert_eq!(
            made.one("credentials", &format!("{root}#access_key_1"))["last_used_state"],
            "known"
        );
        let off = made.one("credentials", &format!("{root}#access_key_2"));
        assert_eq!(
            (off["status"].as_str(), off["last_used_state"].as_str()),
            (Some("inactive"), Some("never"))
        );
        assert_eq!(
            made.one("credentials", &format!("{root}#cert_1"))["last_used_state"],
            "not_tracked"
        );
        assert_eq!(made.count("credentials"), 4);
        assert_eq!((made.counts.read, made.counts.written), (1, 1));
    }

    #[test]
    fn a_key_without_a_use_was_never_used_and_an_empty_slot_is_none() {
        let made = trial::csv(
            &IMPORTER,
            &format!(
                "{HEADING}\nada,arn:aws:iam::111122223333:user/ada,2016-07-05T23:57:09+00:00,\
            true,no_information,2016-07-05T23:59:36+00:00,N/A,false,true,2016-07-05T23:57:09+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,\
            false,N/A,false,N/A\n"
            ),
        );
        let ada = "arn:aws:iam::111122223333:user/ada";
        assert_eq!(
            made.one("credentials", &format!("{ada}#access_key_1"))["last_used_state"],
            "never"
        );
        let password = made.one("credentials", &format!("{ada}#password"));
        assert_eq!(password["last_used_state"], "never");
        assert_eq!(password["created_at"], "2016-07-05T23:59:36Z");
        assert_eq!(made.count("credentials"), 2);
        assert!(made.sentinels.contains(&("password_last_used".into(), "no_information".into())));
    }
}
