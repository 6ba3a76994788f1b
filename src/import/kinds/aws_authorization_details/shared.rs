//! What all rows of AWS IAM have in common: ARNs, dates, tags, policy documents.

use crate::import::row::{Cells, Columns, Refusal, Row, refuse};
use crate::import::secrets::names_secret;
use crate::import::sink::Sink;
use crate::import::value::Value;
use crate::import::when;
use crate::inventory::vocabulary::WorkloadEnvironment;
use crate::time::Instant;

/// The account number in an ARN: `arn:aws:iam::111122223333:user/ada`.
pub fn account_number(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|number| !number.is_empty())
}

/// The system that an ARN is on: its AWS account, unless the user says otherwise.
pub fn system_of(arn: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    match account_number(arn) {
        Some(number) => {
            out.system_called(&format!("aws:{number}"), || Some(format!("AWS account {number}")))
        }
        None => refuse("its ARN has no account number"),
    }
}

/// A group's id: its ARN without its path. Users name their groups without it, and within an
/// account a name is one group's only.
pub fn group_id(arn: &str, name: &str) -> String {
    let front = arn.split(':').take(5).collect::<Vec<_>>().join(":");
    format!("{front}:group/{name}")
}

/// A time; recordings of the Python client hold `{"__class__": "datetime", "year": 2020, ...}`.
pub fn time(row: &Row<'_>, path: &str) -> Result<Option<Instant>, Refusal> {
    let Some(parts) = row.row(path) else { return row.time(path) };
    let number = |name: &&str| parts.text(name)?.parse::<u32>().ok();
    let numbers: Option<Vec<u32>> =
        ["year", "month", "day", "hour", "minute", "second"].iter().map(number).collect();
    let read = match numbers.as_deref() {
        Some([year, month, day, hour, minute, second]) => {
            when::read(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
        }
        _ => None,
    };
    read.map_or_else(|| refuse(format!("`{path}` is not a time")), |at| Ok(Some(at)))
}

/// The objects of a list, or the one object that stands where a list could.
pub fn many<'a>(row: &Row<'a>, path: &str) -> Vec<Row<'a>> {
    let rows = row.rows(path);
    if rows.is_empty() { row.row(path).into_iter().collect() } else { rows }
}

/// AWS tags, as they are written to a record: `tag:Environment`. Some people keep secrets in them.
pub fn tags<'a>(row: &Row<'a>) -> Vec<(String, &'a str)> {
    let tags = row.rows("Tags").into_iter();
    tags.filter_map(|tag| {
        let key = tag.text("Key").filter(|key| !names_secret(key))?;
        Some((format!("tag:{key}"), tag.text("Value")?))
    })
    .collect()
}

fn tag<'a>(row: &Row<'a>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| {
        let mut tags = row.rows("Tags").into_iter();
        tags.find(|tag| tag.text("Key").is_some_and(|text| text.eq_ignore_ascii_case(key)))?
            .text("Value")
    })
}

/// The person whom the tag `Owner` names.
pub fn owner(row: &Row<'_>, out: &Sink<'_>) -> Result<Option<String>, Refusal> {
    const KEYS: &[&str] = &["owner", "owner-email", "owner_email", "owneremail"];
    tag(row, KEYS).map(|word| out.person_later(word)).transpose()
}

/// Where a role is used, by the tag `Environment`. A word of one's own is no environment here; it
/// stays among the tags.
pub fn environment(row: &Row<'_>) -> Option<WorkloadEnvironment> {
    let word = tag(row, &["environment", "env", "stage"])?.to_ascii_lowercase();
    match word.as_str() {
        "prod" | "production" | "prd" | "live" => Some(WorkloadEnvironment::Prod),
        "staging" | "stage" | "stg" | "preprod" | "uat" => Some(WorkloadEnvironment::Staging),
        "dev" | "development" => Some(WorkloadEnvironment::Dev),
        "test" | "testing" | "qa" => Some(WorkloadEnvironment::Test),
        _ => None,
    }
}

/// Reads a policy document: an object, or JSON in a string, percent-encoded as the API sends it.
pub fn document<T>(row: &Row<'_>, path: &str, read: impl FnOnce(&Row<'_>) -> T) -> Option<T> {
    if let Some(policy) = row.row(path) {
        return Some(read(&policy));
    }
    let text = row.text(path)?;
    let decoded = decode(text);
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(&decoded) {
        return Some(read(&Row::new(Cells::Object(&value), &Columns::default())));
    }
    row.unknown_word(path, "a policy document that is no JSON");
    None
}

/// `%7B` is `{`. What is no code stays.
fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        if let (Some(byte), Some(rest)) = (code, part.get(2..)) {
            bytes.push(byte);
            bytes.extend_from_slice(rest.as_bytes());
        } else {
            bytes.push(b'%');
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
