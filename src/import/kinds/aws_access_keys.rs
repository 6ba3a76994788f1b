//! Credentials of IAM users: access keys with their ids, SSH keys, signing certificates, passwords
//! of single services; and the server certificates of an account.
//!
//! Source: `AccessKeyMetadata`, `AccessKeyLastUsed`, `SSHPublicKeyMetadata`, `SigningCertificate`,
//! `ServiceSpecificCredentialMetadata`, `LoginProfile` and `ServerCertificateMetadata` in the IAM
//! API Reference.
//!
//! - The rows name a user by login name, and not the AWS account. Where another row of the import
//!   says which user that is, and only one can be meant, it is that one; or else an account that
//!   is known by that name alone.
//! - `list-access-keys` doesn't say when a key was last used: unknown. Rows that `LastUsedDate` was
//!   added to do; there null means never since tracking began (April 2015).
//! - `get-access-key-last-used` names the user and not the key: such a row can't be tied to one of
//!   two keys, and is refused.
//! - A key's secret never changes: it was rotated when it was made. The same goes for what was
//!   uploaded; the password of a service can be reset, and nothing says when.
//! - IAM keeps no last use of SSH keys, certificates and service passwords.
//! - The answers of `create-` calls have the secret in them. It is not read.

use super::aws_authorization_details::USER;
use super::aws_authorization_details::shared::{system_of, time};
use super::{Importer, Shape};
use crate::import::people::Claim;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialStatus,
};

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "aws-access-keys",
    title: "AWS IAM access keys by id, SSH keys, signing certificates, service passwords",
    how: "for each user: aws iam list-access-keys --user-name NAME (list-ssh-public-keys, ...)",
    unknown: "the AWS account, the last use of a key (unless LastUsedDate is added), owners",
    marks: &["AccessKeyId"],
    weak: &[],
    shapes: &[
        Shape {
            name: "access key",
            is: |row| row.all(&["AccessKeyId", "Status"]),
            read: access_key,
        },
        Shape {
            name: "last use of a key",
            is: |row| row.all(&["UserName", "AccessKeyLastUsed"]),
            read: |_, _| refuse("it doesn't say of which of the user's keys it is"),
        },
        Shape { name: "SSH key", is: |row| row.all(&["SSHPublicKeyId", "Status"]), read: ssh_key },
        Shape {
            name: "service credential",
            is: |row| row.all(&["ServiceSpecificCredentialId", "Status"]),
            read: service_credential,
        },
        Shape {
            name: "signing certificate",
            is: |row| row.all(&["CertificateId", "UserName"]),
            read: signing_certificate,
        },
        Shape {
            name: "server certificate",
            is: |row| row.all(&["ServerCertificateName", "Arn"]),
            read: server_certificate,
        },
        Shape { name: "password", is: |row| row.is_object("LoginProfile"), read: password },
    ],
    survey: false,
};

const STATUS: &[(&str, CredentialStatus)] = &[
    ("Active", CredentialStatus::Active),
    ("Inactive", CredentialStatus::Inactive),
    ("Expired", CredentialStatus::Expired),
];

/// The user of a row: their system and account.
struct User {
    system: String,
    account: String,
    /// Their login name, where no other row is known to list them.
    name: Option<String>,
}

/// The ARN of an account's users, up to their names.
pub const USERS: &str = "aws-users";

impl User {
    fn of(row: &Row<'_>, out: &mut Sink<'_>) -> Result<Self, Refusal> {
        let name = row.need("UserName")?;
        let known = match out.export.setting.system.as_deref() {
            Some(system) => out.only_called(USER, &format!("{system}/{name}"))?,
            None => out.only_called(USER, name)?,
        };
        // Where the import is of one AWS account, whose report names no more than its users' ARNs.
        let users = out.only_called(USERS, "")?;
        let alone = users.map(|users| format!("{users}:user/{name}"));
        if let Some(arn) = row.text("UserArn").or(known).or(alone.as_deref()) {
            return Ok(Self { system: system_of(arn, out)?, account: arn.to_owned(), name: None });
        }
        Ok(Self { system: out.system()?, account: out.id(name)?, name: Some(name.to_owned()) })
    }

    fn credential(&self, id: &str, row: &Row<'_>) -> Draft<Credential> {
        Draft::<Credential>::new(id)
            .system(self.system.as_str())
            .account(To::account(&self.account))
            .status(row.word("Status", STATUS))
    }

    /// Writes what the row is about, and then whose it is.
    fn put(&self, credential: Draft<Credential>, out: &mut Sink<'_>) -> Result<(), Refusal> {
        out.put(credential)?;
        let Some(name) = self.name.as_deref() else { return Ok(()) };
        let draft = Draft::<Account>::new(&self.account)
            .system(self.system.as_str())
            // A user that has keys is there: IAM can't delete one before them, or disable it.
            .status(AccountStatus::Enabled)
            .kind_of_account(AccountType::Unknown)
            .username(name);
        out.account(&self.system, draft, &Claim { user_names: vec![name], ..Claim::default() })
    }
}

fn access_key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = row.need("AccessKeyId")?;
    let user = User::of(row, out)?;
    let created = time(row, "CreateDate")?;
    let (used, state) = last_use(row)?;
    let service = row.first(&["LastUsedService", "AccessKeyLastUsed.ServiceName"]);
    let draft = user
        .credential(id, row)
        .kind(CredentialKind::ApiKey)
        .created_at(created)
        .last_rotated_at(created)
        .last_used_at(used)
        .last_used_state(state)
        .expiry(CredentialExpiry::Never)
        .tag("last_used_service", service.filter(|service| *service != "N/A"));
    user.put(draft, out)
}

type Use = (Option<crate::time::Instant>, CredentialLastUsedState);

fn last_use(row: &Row<'_>) -> Result<Use, Refusal> {
    let used = match time(row, "LastUsedDate")? {
        None => time(row, "AccessKeyLastUsed.LastUsedDate")?,
        used => used,
    };
    let said = row.keys().any(&["LastUsedDate", "AccessKeyLastUsed"]);
    let state = match used {
        Some(_) => CredentialLastUsedState::Known,
        None if said => CredentialLastUsedState::Never,
        None => CredentialLastUsedState::Unknown,
    };
    Ok((used, state))
}

/// What was uploaded, or made once, and never changes.
fn uploaded(
    row: &Row<'_>,
    id: &str,
    kind: CredentialKind,
    expiry: CredentialExpiry,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let user = User::of(row, out)?;
    let created = time(row, "UploadDate")?;
    let draft = user
        .credential(id, row)
        .kind(kind)
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expiry(expiry);
    user.put(draft, out)
}

fn ssh_key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = row.need("SSHPublicKeyId")?;
    uploaded(row, id, CredentialKind::SshKey, CredentialExpiry::Never, out)
}

fn signing_certificate(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = row.need("CertificateId")?;
    // The dates of the certificate are in its text, which is not read.
    uploaded(row, id, CredentialKind::Certificate, CredentialExpiry::Unknown, out)
}

/// A password for Git or a database, or an API key of Bedrock.
fn service_credential(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = row.need("ServiceSpecificCredentialId")?;
    let user = User::of(row, out)?;
    let service = row.text("ServiceName");
    let key = service.is_some_and(|service| service.starts_with("bedrock"));
    let created = time(row, "CreateDate")?;
    let expires = time(row, "ExpirationDate")?;
    let draft = user
        .credential(id, row)
        .kind(if key { CredentialKind::ApiKey } else { CredentialKind::Password })
        .created_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(expires)
        .expiry(if expires.is_some() { CredentialExpiry::Fixed } else { CredentialExpiry::Never })
        .tag("service", service)
        .tag("service_user_name", row.text("ServiceUserName"));
    user.put(draft, out)
}

/// The key pair behind a load balancer or a distribution: nobody's but the account's.
fn server_certificate(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let arn = row.need("Arn")?;
    let system = system_of(arn, out)?;
    let uploaded = time(row, "UploadDate")?;
    let expires = time(row, "Expiration")?;
    let over = expires.is_some_and(|at| at <= out.export.exported_at);
    let draft = Draft::<Credential>::new(arn)
        .kind(CredentialKind::Certificate)
        .system(system.as_str())
        // IAM keeps it whatever its date, for whoever still uses it.
        .status(if over { CredentialStatus::Expired } else { CredentialStatus::Active })
        .created_at(uploaded)
        .last_rotated_at(uploaded)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(expires)
        .expiry(if expires.is_some() { CredentialExpiry::Fixed } else { CredentialExpiry::Unknown })
        .tag("name", row.text("ServerCertificateName"));
    out.put(draft)
}

/// A user's password, under the id that the credential report has for it.
fn password(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(row) = row.row("LoginProfile") else { return refuse("it has no login profile") };
    let user = User::of(&row, out)?;
    let draft = Draft::<Credential>::new(&format!("{}#password", user.account))
        .kind(CredentialKind::Password)
        .status(CredentialStatus::Active)
        .system(user.system.as_str())
        .account(To::account(&user.account))
        .created_at(time(&row, "CreateDate")?)
        .expiry(CredentialExpiry::Unknown);
    user.put(draft, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::convert::trial;
    use crate::import::setting::Setting;

    #[test]
    fn keys_have_ids_and_their_last_use_only_where_a_row_says_it() {
        let made = trial::json(
            &IMPORTER,
            r#"{"AccessKeyMetadata": [
            {"UserName": "ada", "AccessKeyId": "KEY-1", "Status": "Active", "CreateDate": "2020-02-01T00:00:00+00:00"},
            {"UserName": "ada", "AccessKeyId": "KEY-2", "Status": "Inactive", "CreateDate": "2019-02-01 00:00:00+00:00",
             "LastUsedDate": "2023-01-15T10:30:00+00:00", "LastUsedService": "s3"},
            {"UserName": "bob", "AccessKeyId": "KEY-3", "Status": "Active", "CreateDate": "2021-01-01T00:00:00Z",
             "LastUsedDate": null, "LastUsedService": ""},
            {"UserName": "bob", "AccessKeyId": "KEY-4", "Status": "Active", "CreateDate": "2021-01-01T00:00:00Z",
             "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}],
            "IsTruncated": true, "Marker": "next"}"#,
        );
        let state = |id| made.one("credentials", id)["last_used_state"].clone();
        assert_eq!(
            ["KEY-1", "KEY-2", "KEY-3", "KEY-4"].map(state),
            ["unknown", "known", "never", "never"]
        );
        let off = made.one("credentials", "KEY-2");
        assert_eq!(off["status"], "inactive");
        assert_eq!(off["last_used_at"], "2023-01-15T10:30:00Z");
        assert_eq!(off["last_rotated_at"], "2019-02-01T00:00:00Z");
        assert_eq!(off["expiry"], "never");
        assert_eq!(off["account"], "account:aws-access-keys:ada");
        assert_eq!(made.one("accounts", "aws-access-keys:ada")["username"], "ada");
        assert_eq!(made.one("credentials", "KEY-4").get("tags"), None);
        assert!(made.pages[""].next);
    }

    #[test]
    fn a_last_use_that_names_no_key_is_refused() {
        let made = trial::json(
            &IMPORTER,
            r#"[{"UserName": "ci", "AccessKeyLastUsed": {"LastUsedDate": "2023-11-01T10:00:00Z"}}]"#,
        );
        assert_eq!((made.counts.read, made.counts.refusals()), (1, 1));
    }

    #[test]
    fn dates_of_recordings_and_secrets_of_answers() {
        let made = trial::json(
            &IMPORTER,
            r#"{"status_code": 200, "data": {"AccessKey": {"UserName": "ci", "AccessKeyId": "KEY-9", "Status": "Active",
            "SecretAccessKey": "not to be read", "CreateDate": {"__class__": "datetime", "year": 2020, "month": 2, "day": 3,
            "hour": 9, "minute": 50, "second": 7, "microsecond": 0}}}}"#,
        );
        let key = made.one("credentials", "KEY-9");
        assert_eq!(key["created_at"], "2020-02-03T09:50:07Z");
        assert!(!made.records["credentials"].iter().any(|r| r.to_string().contains("not to be")));
        assert!(made.unused.contains(&"SecretAccessKey".to_owned()));
    }

    #[test]
    fn other_credentials_of_users_and_of_the_account() {
        let made = trial::json_with(
            &IMPORTER,
            r#"[{"SSHPublicKeys": [{"UserName": "ada", "SSHPublicKeyId": "SSH-1", "Status": "Inactive", "UploadDate": "2019-04-18T17:04:49+00:00"}]},
            {"ServiceSpecificCredentials": [
              {"UserName": "ada", "ServiceSpecificCredentialId": "SVC-1", "Status": "Active", "ServiceName": "codecommit.amazonaws.com",
               "ServiceUserName": "ada-at-1", "CreateDate": "2019-10-01T04:31:41Z"},
              {"UserName": "ada", "ServiceSpecificCredentialId": "SVC-2", "Status": "Active", "ServiceName": "bedrock.amazonaws.com",
               "CreateDate": "2025-10-01T04:31:41Z", "ExpirationDate": "2025-11-01T00:00:00Z"}]},
            {"Certificates": [{"UserName": "ada", "CertificateId": "CERT-1", "Status": "Active", "CertificateBody": "...", "UploadDate": "2013-06-06T21:40:08Z"}]},
            {"LoginProfile": {"UserName": "ada", "CreateDate": "2012-09-21T23:03:39Z"}},
            {"ServerCertificateMetadataList": [{"ServerCertificateName": "web", "Arn": "arn:aws:iam::111122223333:server-certificate/web",
              "UploadDate": "2015-04-21T18:14:16+00:00", "Expiration": "2018-01-14T17:52:36+00:00"}]}]"#,
            &[("7", "ada@corp.example", "ada")],
            Setting { system: Some("aws-prod".into()), ..Setting::default() },
        );
        assert_eq!(made.one("accounts", "aws-prod:ada")["identity"], "person:7");
        assert_eq!(made.one("credentials", "SSH-1")["kind"], "ssh_key");
        assert_eq!(made.one("credentials", "SSH-1")["last_used_state"], "not_tracked");
        assert_eq!(made.one("credentials", "SVC-1")["kind"], "password");
        let key = made.one("credentials", "SVC-2");
        assert_eq!((&key["kind"], &key["expiry"]), (&"api_key".into(), &"fixed".into()));
        assert_eq!(made.one("credentials", "CERT-1")["expiry"], "unknown");
        assert_eq!(made.one("credentials", "aws-prod:ada#password")["status"], "active");
        let server = made.one("credentials", "arn:aws:iam::111122223333:server-certificate/web");
        assert_eq!(server["status"], "expired");
        assert_eq!(made.counts.refusals(), 0);
    }

    #[test]
    fn a_user_is_found_by_name_where_only_one_can_be_meant() {
        use crate::import::convert::Converter;
        use crate::import::kinds::aws_authorization_details;
        use crate::import::sink::{Context, Export};
        let export = |kind| Export {
            id: "x.json".into(),
            kind,
            exported_at: crate::time::Instant::parse("2026-06-01T00:00:00Z").unwrap(),
            setting: Setting::default(),
            plan: None,
        };
        let users = r#"[{"UserName": "ada", "Arn": "arn:aws:iam::111122223333:user/staff/ada"},
            {"UserName": "ci", "Arn": "arn:aws:iam::111122223333:user/ci"},
            {"UserName": "ci", "Arn": "arn:aws:iam::444455556666:user/ci"}]"#;
        let keys = r#"[{"UserName": "ada", "AccessKeyId": "KEY-1", "Status": "Active"},
            {"UserName": "ci", "AccessKeyId": "KEY-2", "Status": "Active"}]"#;
        let mut context = Context::default();
        let details = export("aws-authorization-details");
        let importer = &aws_authorization_details::IMPORTER;
        let mut first = Converter::new(importer, &context, &details, 0, false);
        first.value(&serde_json::from_str(users).unwrap(), "x.json", "", false);
        let learned = first.finish().batch.learned;
        context.learn(learned);
        let of_keys = export("aws-access-keys");
        let mut second = Converter::new(&IMPORTER, &context, &of_keys, 0, true);
        second.value(&serde_json::from_str(keys).unwrap(), "x.json", "", false);
        let made = second.finish().batch;
        let credentials = &made.records[crate::inventory::Kind::Credential as usize];
        let credentials = String::from_utf8(credentials.clone()).unwrap();
        let lines: Vec<&str> = credentials.lines().collect();
        assert!(lines[0].contains("account:arn:aws:iam::111122223333:user/staff/ada"));
        assert!(lines[0].contains("\"system\":\"aws:111122223333\""));
        assert!(lines[1].contains("account:aws-access-keys:ci"), "two accounts have a `ci`");
    }
}
