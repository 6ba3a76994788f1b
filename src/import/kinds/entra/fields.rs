//! The fields of Graph's objects, as its API spells them (`appId`) and as PowerShell does (`AppId`).

use std::borrow::Cow;

use crate::fault::quote;
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::when::{self, Moment, Sentinels};
use crate::time::Instant;

/// Graph's "has not happened": the first instant that .NET has.
pub const NEVER: Sentinels = &[("0001-01-01T00:00:00Z", Moment::Never)];

/// The first of some keys, whatever their spelling, that a row has.
pub fn any(keys: &Keys<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| keys.all(&[name]) || keys.all(&[&pascal(name)]))
}

/// Whether a row has all these keys, whatever their spelling.
pub fn all(keys: &Keys<'_>, names: &[&str]) -> bool {
    names.iter().all(|name| any(keys, &[name]))
}

fn pascal(path: &str) -> String {
    let mut up = true;
    let raise = |c: char| {
        let raised = if up { c.to_ascii_uppercase() } else { c };
        up = c == '.';
        raised
    };
    path.chars().map(raise).collect()
}

/// The path as the row spells it.
pub fn spelled<'p>(row: &Row<'_>, path: &'p str) -> Cow<'p, str> {
    if !row.keys().all(&[path]) {
        let other = pascal(path);
        if row.keys().all(&[&other]) {
            return Cow::Owned(other);
        }
    }
    Cow::Borrowed(path)
}

/// The text of a field.
pub fn text<'a>(row: &Row<'a>, path: &str) -> Option<&'a str> {
    row.text(&spelled(row, path))
}

/// The text of the first of some fields that has one.
pub fn first<'a>(row: &Row<'a>, paths: &[&str]) -> Option<&'a str> {
    paths.iter().find_map(|path| text(row, path))
}

/// True or false.
pub fn flag(row: &Row<'_>, path: &str) -> Result<Option<bool>, Refusal> {
    row.flag(&spelled(row, path))
}

/// The objects of a list.
pub fn rows<'a>(row: &Row<'a>, path: &str) -> Vec<Row<'a>> {
    row.rows(&spelled(row, path))
}

/// The strings of a list.
pub fn texts<'a>(row: &Row<'a>, path: &str) -> Vec<&'a str> {
    row.texts(&spelled(row, path))
}

/// A time, also as PowerShell (`/Date(1551427200000)/`), the portal's CSV (`3/1/2019 8:00:00 AM`)
/// and Graph's own documentation of beta reports (`...-8:00`) write it.
pub fn moment(row: &Row<'_>, path: &str, sentinels: Sentinels) -> Result<Moment, Refusal> {
    let path = spelled(row, path);
    let Some(said) = row.text(&path) else { return Ok(Moment::Absent) };
    let Some(plain) = mended(said) else { return row.moment(&path, sentinels) };
    let Some(at) = when::read(&plain) else {
        return refuse(format!("`{path}` is not a time: {}", quote(said)));
    };
    match sentinels.iter().find(|(word, _)| when::read(word) == Some(at)) {
        Some((word, meant)) => {
            row.replaced(&path, word);
            Ok(*meant)
        }
        None => Ok(Moment::At(at)),
    }
}

/// A time that has happened.
pub fn time(row: &Row<'_>, path: &str) -> Result<Option<Instant>, Refusal> {
    Ok(moment(row, path, NEVER)?.at())
}

/// The first of some fields that has a time.
pub fn first_time(row: &Row<'_>, paths: &[&str]) -> Result<Option<Instant>, Refusal> {
    for path in paths {
        if let Some(at) = time(row, path)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn mended(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix("/Date(") {
        let number = inner.strip_suffix(")/")?;
        let end = number.rfind(['+', '-']).filter(|at| *at > 0).unwrap_or(number.len());
        return Some(number.get(..end)?.to_owned());
    }
    if let Some((front, offset)) =
        text.len().checked_sub(5).and_then(|at| text.split_at_checked(at))
        && front.contains('T')
        && matches!(offset.as_bytes(), [b'+' | b'-', b'0'..=b'9', b':', ..])
    {
        let (sign, hours) = offset.split_at(1);
        return Some(format!("{front}{sign}0{hours}"));
    }
    american(text)
}

/// `3/1/2019 8:00:00 AM`: the portal writes `AM` and `PM` only in the American form.
fn american(text: &str) -> Option<String> {
    let mut words = text.split(' ');
    let (day, clock, half) = (words.next()?, words.next()?, words.next()?);
    let numbers = |text: &str, by: char| -> Option<[u32; 3]> {
        let parts: Result<Vec<u32>, _> = text.split(by).map(str::parse).collect();
        parts.ok()?.try_into().ok()
    };
    let [month, day, year] = numbers(day, '/')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let hour = match (half, hour) {
        ("AM", 12) => 0,
        ("AM", hour) => hour,
        ("PM", 12) => 12,
        ("PM", hour) => hour + 12,
        _ => return None,
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// What an object says it is: `user`, `servicePrincipal`.
pub fn type_of<'a>(keys: &Keys<'a>) -> Option<&'a str> {
    let said = ["@odata.type", "odataType", "AdditionalProperties.@odata.type"];
    let older = || keys.text("objectType").filter(|_| keys.all(&["objectId"]));
    let said = said.iter().find_map(|key| keys.text(key)).or_else(older)?;
    said.rsplit(['.', '#']).next()
}

/// Whether an object says that it is one of these.
pub fn is_a(keys: &Keys<'_>, types: &[&str]) -> bool {
    type_of(keys).is_some_and(|said| types.iter().any(|name| name.eq_ignore_ascii_case(said)))
}

/// An object's own id, in lower case, as ids are compared without regard to case.
pub fn object_id(row: &Row<'_>) -> Option<String> {
    first(row, &["id", "objectId"]).map(str::to_lowercase)
}
