//! The words that HR systems use.

use super::hints::Hint;
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
    "departed",
    "departure",
    "discharg",
    "released",
    "abandon",
    "abscond",
    "inactif",
];
/// Words that turn the next one around.
const NOT: &[&str] = &["not", "no", "non", "never", "previously", "formerly", "ex", "longer"];
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
/// Words that say nothing of whether somebody is there, beside one that does. Any other word could.
const BESIDE: &[&str] = &[
    "full",
    "time",
    "part",
    "fulltime",
    "parttime",
    "employee",
    "worker",
    "staff",
    "member",
    "associate",
    "employment",
    "status",
    "of",
    "on",
    "in",
    "the",
    "a",
    "an",
    "and",
    "with",
    "without",
    "for",
    "under",
    "serving",
    "pay",
    "paid",
    "unpaid",
    "period",
    "hourly",
    "salaried",
    "exempt",
    "nonexempt",
    "contract",
    "contractor",
    "temporary",
    "temp",
    "intern",
    "fixed",
    "long",
    "short",
    "extended",
    "medical",
    "sick",
    "family",
    "military",
    "study",
    "educational",
    "annual",
    "personal",
    "vacation",
    "holiday",
    "bereavement",
    "disability",
    "garden",
    "gardening",
    "other",
    "start",
    "hire",
    "starter",
    "pending",
    "future",
    "upcoming",
    "ft",
    "pt",
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

/// What the user says that a text means; the empty one too.
pub fn given(text: &str, setting: &Setting) -> Option<PersonStatus> {
    let lower = text.trim().to_lowercase();
    let given = setting.statuses.iter().find(|(word, _)| word.trim().to_lowercase() == lower);
    given.map(|(_, status)| *status)
}

/// What a text of status means: by the user's table, or else by the usual words. Who has left is
/// never taken for somebody who is there: a text that could say either says nothing.
pub fn status(text: &str, heading: &str, setting: &Setting) -> Option<PersonStatus> {
    if let Some(status) = given(text, setting) {
        return Some(status);
    }
    let lower = text.trim().to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let plain = words.join(" ");
    let table = |table: &[(&str, PersonStatus)]| {
        table.iter().find(|(word, _)| *word == plain).map(|(_, status)| *status)
    };
    let heading = heading.to_lowercase();
    let is_flag = heading.contains("active") || heading.contains("employed");
    let flag = is_flag.then(|| table(YES_OR_NO)).flatten();
    if let Some(status) = flag.or_else(|| table(WHOLE)) {
        return Some(status);
    }
    let any = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let leaves = |word: &str| LEFT.iter().any(|start| word.starts_with(start));
    let left = words.iter().any(|word| leaves(word));
    let not = any(NOT) || words.windows(2).any(|two| matches!(two, ["in", "active" | "aktiv"]));
    let understood = words.iter().zip(std::iter::once(&"").chain(&words)).all(|(word, before)| {
        leaves(word)
            || [THERE, AWAY, COMING, NOT, BESIDE].iter().any(|list| list.contains(word))
            || *word == "term" && matches!(*before, "fixed" | "long" | "short")
    });
    let coming_end =
        words.first().is_some_and(|word| matches!(*word, "pending" | "future" | "upcoming"));
    match () {
        // They have given or been given notice, and are there until their last day.
        () if left && coming_end => understood.then_some(PersonStatus::Active),
        () if left => Some(PersonStatus::Terminated),
        () if not && any(THERE) => Some(PersonStatus::Terminated),
        // One word that nobody knows can turn the others around: `Failed probation`.
        () if not || !understood => None,
        () if any(AWAY) => Some(PersonStatus::Leave),
        () if any(COMING) => Some(PersonStatus::Prehire),
        () if any(THERE) => Some(PersonStatus::Active),
        () => None,
    }
}

/// Whether a text only says how somebody is employed, not whether they still are.
pub fn is_employment(text: &str) -> bool {
    const FORMS: &[&str] = &[
        "contractor",
        "contract",
        "contingent worker",
        "freelancer",
        "consultant",
        "intern",
        "trainee",
        "apprentice",
        "temporary",
        "temp",
        "seasonal",
        "casual",
        "fixed term",
        "fixed term contract",
        "per diem",
        "remote",
        "hybrid",
        "on site",
        "onsite",
    ];
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    FORMS.contains(&words.join(" ").as_str())
}

/// Whether the cell of a column that nobody reads says that somebody has left: `false` of being
/// active, `yes` or a cross of having left, a word.
pub fn says_gone(text: &str, hint: Hint, setting: &Setting) -> bool {
    /// What makes a cross in a form.
    const CROSSES: &[&str] = &["x", "✓", "✔", "☑", "✗", "✘", "☒"];
    /// Beginnings of words of records that are no longer kept up.
    const GONE: &[&str] = &["archiv", "delet", "disabl"];
    let flag = YES_OR_NO.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
    let no = flag.map(|(_, status)| *status == PersonStatus::Terminated);
    let lower = text.to_lowercase();
    let words = || lower.split(|c: char| !c.is_alphanumeric());
    let left = |starts: &[&str]| words().any(|word| starts.iter().any(|own| word.starts_with(own)));
    match hint {
        Hint::Ended => no == Some(false) || CROSSES.contains(&lower.as_str()),
        Hint::Active => {
            no == Some(true)
                || status(text, "", setting) == Some(PersonStatus::Terminated)
                || left(GONE)
        }
        // Some write there that there is none: `N/A - still employed`
        Hint::Reason => {
            let there = lower.starts_with("n/a")
                || lower.starts_with("not ")
                || words().any(|word| word.starts_with("still") || THERE.contains(&word));
            no != Some(true) && !there && !is_nothing(text)
        }
        Hint::Words => given(text, setting).is_none() && left(LEFT),
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
            ("Garden leave", Some(PersonStatus::Leave)),
            ("Long-term leave", Some(PersonStatus::Leave)),
            ("Active - fixed term", Some(PersonStatus::Active)),
            ("Regular - Term", None),
            ("Failed probation", None),
            ("Departed on notice", Some(PersonStatus::Terminated)),
            ("Discharged - Regular", Some(PersonStatus::Terminated)),
            ("Regular - Released", Some(PersonStatus::Terminated)),
            ("Job abandonment - permanent", Some(PersonStatus::Terminated)),
            ("Pending - Terminated 2025-01-01", None),
            ("Absconded (absent)", Some(PersonStatus::Terminated)),
            ("Offer declined", None),
            ("Active, in probation", Some(PersonStatus::Active)),
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
