//! The words that HR systems use.

use crate::import::setting::Setting;
use crate::inventory::vocabulary::{PersonEmployment, PersonStatus};

/// Whether a cell's word means that there is nothing.
pub fn is_nothing(text: &str) -> bool {
    const NOTHING: &[&str] = &[
        "",
        "-",
        "--",
        "n/a",
        "na",
        "null",
        "none",
        "nil",
        "#n/a",
        "(blank)",
        "(none)",
        "not applicable",
    ];
    NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Beginnings of words of those who have left.
const LEFT: &[&str] = &[
    "terminat",
    "resign",
    "retire",
    "dismiss",
    "laid",
    "layoff",
    "redundan",
    "former",
    "deceas",
    "separat",
    "leaver",
    "left",
    "exit",
    "offboard",
    "fired",
    "quit",
    "ceased",
    "inactiv",
    "deactivat",
    "unemploy",
    "ended",
    "ausgetret",
    "ausgeschied",
    "inaktiv",
    "withdrawn",
];
/// Words that turn the next one around.
const NOT: &[&str] = &["not", "no", "non", "in", "never", "previously", "formerly", "ex", "longer"];
/// Words of those who are yet to come.
const COMING: &[&str] = &["future", "prehire", "prestart", "offer", "onboarding", "preboarding"];
/// Words of those who are away.
const AWAY: &[&str] = &[
    "leave",
    "loa",
    "absence",
    "absent",
    "sabbatical",
    "furlough",
    "furloughed",
    "suspended",
    "suspension",
    "maternity",
    "paternity",
    "parental",
];
/// Words of those who are there.
const THERE: &[&str] = &[
    "active",
    "employed",
    "current",
    "working",
    "probation",
    "probationary",
    "permanent",
    "regular",
    "hired",
    "notice",
    "aktiv",
    "actif",
];

/// Whole texts that are too short to be taken apart.
const WHOLE: &[(&str, PersonStatus)] = &[
    ("a", PersonStatus::Active),
    ("act", PersonStatus::Active),
    ("full time", PersonStatus::Active),
    ("part time", PersonStatus::Active),
    ("t", PersonStatus::Terminated),
    ("term", PersonStatus::Terminated),
    ("i", PersonStatus::Terminated),
    ("l", PersonStatus::Leave),
    ("not started", PersonStatus::Prehire),
    ("not yet started", PersonStatus::Prehire),
    ("pending start", PersonStatus::Prehire),
    ("pending hire", PersonStatus::Prehire),
    ("pre hire", PersonStatus::Prehire),
    ("pre start", PersonStatus::Prehire),
];

/// Of a column that only says whether somebody is active.
const YES_OR_NO: &[(&str, PersonStatus)] = &[
    ("1", PersonStatus::Active),
    ("true", PersonStatus::Active),
    ("yes", PersonStatus::Active),
    ("y", PersonStatus::Active),
    ("0", PersonStatus::Terminated),
    ("false", PersonStatus::Terminated),
    ("no", PersonStatus::Terminated),
    ("n", PersonStatus::Terminated),
];

/// What a text of status means: by the user's table, or else by the usual words. Who has left is
/// never taken for somebody who is there: a text that could say either says nothing.
pub fn status(text: &str, heading: &str, setting: &Setting) -> Option<PersonStatus> {
    let lower = text.trim().to_lowercase();
    let given = setting.statuses.iter().find(|(word, _)| word.trim().to_lowercase() == lower);
    if let Some((_, status)) = given {
        return Some(*status);
    }
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let plain = words.join(" ");
    let table = |table: &[(&str, PersonStatus)]| {
        table.iter().find(|(word, _)| *word == plain).map(|(_, status)| *status)
    };
    let flag = heading.to_lowercase().contains("active").then(|| table(YES_OR_NO)).flatten();
    if let Some(status) = flag.or_else(|| table(WHOLE)) {
        return Some(status);
    }
    let any = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let left = words.iter().any(|word| LEFT.iter().any(|start| word.starts_with(start)));
    let coming_end =
        words.first().is_some_and(|word| matches!(*word, "pending" | "future" | "upcoming"));
    match () {
        // They have given or been given notice, and are there until their last day.
        () if left && coming_end => Some(PersonStatus::Active),
        () if left => Some(PersonStatus::Terminated),
        () if any(NOT) && any(THERE) => Some(PersonStatus::Terminated),
        () if any(NOT) => None,
        () if any(AWAY) => Some(PersonStatus::Leave),
        () if any(COMING) => Some(PersonStatus::Prehire),
        () if any(THERE) => Some(PersonStatus::Active),
        () => None,
    }
}

/// Parts of words of employment, the more telling first.
pub const EMPLOYMENTS: &[(&str, PersonEmployment)] = &[
    ("contract", PersonEmployment::Contractor),
    ("contingent", PersonEmployment::Contractor),
    ("freelance", PersonEmployment::Contractor),
    ("consultant", PersonEmployment::Contractor),
    ("agency", PersonEmployment::Contractor),
    ("temp", PersonEmployment::Contractor),
    ("extern", PersonEmployment::Contractor),
    ("vendor", PersonEmployment::Vendor),
    ("supplier", PersonEmployment::Vendor),
    ("partner", PersonEmployment::Vendor),
    ("intern", PersonEmployment::Intern),
    ("trainee", PersonEmployment::Intern),
    ("apprentice", PersonEmployment::Intern),
    ("student", PersonEmployment::Intern),
    ("employee", PersonEmployment::Employee),
    ("regular", PersonEmployment::Employee),
    ("permanent", PersonEmployment::Employee),
    ("full", PersonEmployment::Employee),
    ("part", PersonEmployment::Employee),
    ("staff", PersonEmployment::Employee),
];

/// What a word of employment means.
pub fn employment(text: &str) -> PersonEmployment {
    let lower = text.to_lowercase();
    let found = EMPLOYMENTS.iter().find(|(word, _)| lower.contains(word));
    found.map_or(PersonEmployment::Other, |(_, employment)| *employment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_words_of_status_are_understood_and_the_users_decide() {
        let mut setting = Setting::default();
        for (word, wanted) in [
            ("Active", Some(PersonStatus::Active)),
            ("Active - full time", Some(PersonStatus::Active)),
            ("INACTIVE", Some(PersonStatus::Terminated)),
            ("Voluntarily Terminated", Some(PersonStatus::Terminated)),
            ("Terminated for Cause", Some(PersonStatus::Terminated)),
            ("Terminated without notice", Some(PersonStatus::Terminated)),
            ("Resigned (no notice)", Some(PersonStatus::Terminated)),
            ("No longer employed", Some(PersonStatus::Terminated)),
            ("Non-active", Some(PersonStatus::Terminated)),
            ("In-active", Some(PersonStatus::Terminated)),
            ("Not working", Some(PersonStatus::Terminated)),
            ("Previously employed", Some(PersonStatus::Terminated)),
            ("Permanent separation", Some(PersonStatus::Terminated)),
            ("Pending termination", Some(PersonStatus::Active)),
            ("Leave of Absence", Some(PersonStatus::Leave)),
            ("Leaver", Some(PersonStatus::Terminated)),
            ("Future Start", Some(PersonStatus::Prehire)),
            ("Not started", Some(PersonStatus::Prehire)),
            ("Notice period", Some(PersonStatus::Active)),
            ("On garden duty", None),
            ("1", None),
        ] {
            assert_eq!(status(word, "Status", &setting), wanted, "{word}");
        }
        assert_eq!(status("1", "Active_Status", &setting), Some(PersonStatus::Active));
        assert_eq!(status("0", "Active_Status", &setting), Some(PersonStatus::Terminated));
        setting.statuses.insert("on garden duty".into(), PersonStatus::Leave);
        assert_eq!(status("On Garden Duty", "Status", &setting), Some(PersonStatus::Leave));
    }
}
