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

/// Parts of words of status, the more telling first.
const STATUSES: &[(&str, PersonStatus)] = &[
    ("pending termination", PersonStatus::Active),
    ("future termination", PersonStatus::Active),
    ("termination pending", PersonStatus::Active),
    ("notice", PersonStatus::Active),
    ("terminat", PersonStatus::Terminated),
    ("resign", PersonStatus::Terminated),
    ("retired", PersonStatus::Terminated),
    ("dismiss", PersonStatus::Terminated),
    ("laid off", PersonStatus::Terminated),
    ("layoff", PersonStatus::Terminated),
    ("redundan", PersonStatus::Terminated),
    ("former", PersonStatus::Terminated),
    ("deceased", PersonStatus::Terminated),
    ("separated", PersonStatus::Terminated),
    ("leaver", PersonStatus::Terminated),
    ("has left", PersonStatus::Terminated),
    ("left ", PersonStatus::Terminated),
    ("exited", PersonStatus::Terminated),
    ("offboarded", PersonStatus::Terminated),
    ("fired", PersonStatus::Terminated),
    ("not active", PersonStatus::Terminated),
    ("inactive", PersonStatus::Terminated),
    ("deactivated", PersonStatus::Terminated),
    ("leave", PersonStatus::Leave),
    ("absence", PersonStatus::Leave),
    ("sabbatical", PersonStatus::Leave),
    ("furlough", PersonStatus::Leave),
    ("suspended", PersonStatus::Leave),
    ("maternity", PersonStatus::Leave),
    ("paternity", PersonStatus::Leave),
    ("parental", PersonStatus::Leave),
    ("future", PersonStatus::Prehire),
    ("prehire", PersonStatus::Prehire),
    ("pre-hire", PersonStatus::Prehire),
    ("pre hire", PersonStatus::Prehire),
    ("prestart", PersonStatus::Prehire),
    ("pre-start", PersonStatus::Prehire),
    ("not started", PersonStatus::Prehire),
    ("pending start", PersonStatus::Prehire),
    ("pending hire", PersonStatus::Prehire),
    ("offer", PersonStatus::Prehire),
    ("active", PersonStatus::Active),
    ("employed", PersonStatus::Active),
    ("current", PersonStatus::Active),
    ("working", PersonStatus::Active),
    ("probation", PersonStatus::Active),
    ("permanent", PersonStatus::Active),
    ("full-time", PersonStatus::Active),
    ("full time", PersonStatus::Active),
    ("part-time", PersonStatus::Active),
    ("part time", PersonStatus::Active),
];

/// Words that are too short to be looked for within others.
const WHOLE: &[(&str, PersonStatus)] = &[
    ("a", PersonStatus::Active),
    ("act", PersonStatus::Active),
    ("t", PersonStatus::Terminated),
    ("term", PersonStatus::Terminated),
    ("left", PersonStatus::Terminated),
    ("quit", PersonStatus::Terminated),
    ("ended", PersonStatus::Terminated),
    ("i", PersonStatus::Terminated),
    ("l", PersonStatus::Leave),
    ("loa", PersonStatus::Leave),
    ("unemployed", PersonStatus::Terminated),
];

/// What a word of status means: by the user's table, or else by the usual words.
pub fn status(text: &str, setting: &Setting) -> Option<PersonStatus> {
    let lower = text.trim().to_lowercase();
    let given = setting.statuses.iter().find(|(word, _)| word.trim().to_lowercase() == lower);
    let whole = || WHOLE.iter().find(|(word, _)| *word == lower).map(|(_, status)| *status);
    let part = || STATUSES.iter().find(|(word, _)| lower.contains(word)).map(|(_, status)| *status);
    given.map(|(_, status)| *status).or_else(whole).or_else(part)
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
            ("INACTIVE", Some(PersonStatus::Terminated)),
            ("Voluntarily Terminated", Some(PersonStatus::Terminated)),
            ("Terminated for Cause", Some(PersonStatus::Terminated)),
            ("Leave of Absence", Some(PersonStatus::Leave)),
            ("Leaver", Some(PersonStatus::Terminated)),
            ("Future Start", Some(PersonStatus::Prehire)),
            ("Notice period", Some(PersonStatus::Active)),
            ("On garden duty", None),
        ] {
            assert_eq!(status(word, &setting), wanted, "{word}");
        }
        setting.statuses.insert("on garden duty".into(), PersonStatus::Leave);
        assert_eq!(status("On Garden Duty", &setting), Some(PersonStatus::Leave));
    }
}
