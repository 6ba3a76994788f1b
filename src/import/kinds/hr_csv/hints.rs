//! What columns that nobody reads could say of who has left.

use super::headings::{Field, plain};

/// What a column that nobody reads could say, going by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// When, or that, somebody has left: `Left the firm on`.
    Ended,
    /// Whether somebody is there: `Account active?`.
    Active,
    /// Why, or in which way, somebody has left: `Reason for leaving`.
    Reason,
    /// Words of anything, those who left among them: `State`, and how somebody is employed.
    Words,
}

impl Hint {
    /// The field that it could be.
    pub fn field(self) -> &'static str {
        match self {
            Self::Ended | Self::Reason => "ended_at",
            Self::Active | Self::Words => "status",
        }
    }
}

/// Parts of the names of columns about an end.
const ENDED: &[&str] = &[
    "terminat",
    "termd",
    "separat",
    "departure",
    "departed",
    "exit",
    "leaving",
    "leaver",
    "left",
    "reliev",
    "resign",
    "retire",
    "offboard",
    "dismiss",
    "discharg",
    "attrition",
    "deactivat",
    "inactiv",
    "cessation",
    "ceased",
    "lastday",
    "lastdate",
    "lastwork",
    "enddate",
    "dateend",
    "employmentend",
    "endof",
    "endedon",
    "austritt",
    "sortie",
    "salida",
    "finalday",
    "finaldate",
    "finalwork",
    "lastphysical",
    "releasedate",
    "dateofrelease",
    "cessazione",
    "dimission",
    "licenciement",
    "desligamento",
    "uitdienst",
    "ausscheid",
    "kündigung",
    "kuendigung",
    "deleted",
    "archived",
    "退職",
    "離職",
    "离职",
    "퇴사",
    "увольн",
];
/// Whole names of columns about an end, too short to be looked for in others.
const ENDED_WHOLE: &[&str] = &[
    "termed",
    "istermed",
    "termedon",
    "termeddate",
    "sepdate",
    "sepdt",
    "eod",
    "termreason",
    "termtype",
    "termcode",
    "sepreason",
];
/// Parts of the names of columns that say why or in which way, not when.
const REASON: &[&str] =
    &["reason", "type", "code", "cause", "categor", "grund", "motiv", "comment"];
/// Parts of the names of columns about being there.
const ACTIVE: &[&str] = &["active", "aktiv", "employed", "status"];
/// Whole names of such columns.
const ACTIVE_WHOLE: &[&str] = &[
    "enabled",
    "isenabled",
    "accountenabled",
    "current",
    "iscurrent",
    "currentflag",
    "currentemployee",
];
/// Whole names of columns of words about anything.
const WORDS: &[&str] = &["state", "type", "category", "lifecycle", "lifecyclestate", "stage"];
/// Parts of the names of columns that are about something else than the employment.
const ELSEWHERE: &[&str] = &[
    "probation",
    "trial",
    "leave",
    "loa",
    "absence",
    "benefit",
    "insurance",
    "coverage",
    "visa",
    "permit",
    "passport",
    "immigra",
    "citizen",
    "licen",
    "certif",
    "contract",
    "project",
    "training",
    "course",
    "review",
    "period",
    "vest",
    "loan",
    "bonus",
    "eligib",
    "school",
    "graduat",
    "previous",
    "prior",
    "marital",
    "civil",
    "military",
    "veteran",
    "tax",
    "flsa",
    "background",
    "vaccin",
    "pay",
    "salary",
    "shift",
    "fiscal",
    "plan",
    "suspension",
    "disab",
    "flexi",
    "determin",
];

/// What a column could say that is none of the known ones.
pub fn hint(heading: &str) -> Option<Hint> {
    let plain = plain(heading);
    let any = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    let whole = |names: &[&str]| names.contains(&plain.as_str());
    let ended = any(ENDED) || whole(ENDED_WHOLE);
    match () {
        () if Field::of(heading).is_some_and(|(field, _)| field == Field::Employment) => {
            Some(Hint::Words)
        }
        () if Field::of(heading).is_some() || any(ELSEWHERE) => None,
        // `Retirement Account Type` is a benefit's.
        () if any(&["retire"]) && any(REASON) && !any(&["reason"]) => None,
        () if ended && any(REASON) => Some(Hint::Reason),
        () if any(&["reason"]) => None,
        () if ended => Some(Hint::Ended),
        () if any(ACTIVE) || whole(ACTIVE_WHOLE) => Some(Hint::Active),
        () if whole(WORDS) => Some(Hint::Words),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_about_an_end_are_known_or_looked_at() {
        for heading in [
            "Departure Date",
            "Date Left",
            "Date Terminated",
            "Last Date Worked",
            "Exit",
            "Relieving Date",
            "Employment End",
            "Separation Effective Date",
            "Austritt",
            "Termination Date (Local)",
            "Termination Dt",
            "Effective Termination Date",
            "Actual Termination Date",
            "Date de sortie",
        ] {
            assert_eq!(
                Field::of(heading).map(|(field, _)| field),
                Some(Field::EndedAt),
                "{heading}"
            );
        }
        assert_eq!(Field::of("Eintritt").map(|(field, _)| field), Some(Field::StartedAt));
        for (heading, wanted) in [
            ("Left the firm on", Some(Hint::Ended)),
            ("Termd", Some(Hint::Ended)),
            ("Termed", Some(Hint::Ended)),
            ("Final Day", Some(Hint::Ended)),
            ("退職日", Some(Hint::Ended)),
            ("Termination Reason", Some(Hint::Reason)),
            ("TermReason", Some(Hint::Reason)),
            ("Reason for leaving", Some(Hint::Reason)),
            ("Leave Reason", None),
            ("Retirement Account Type", None),
            ("Flexitime Type", None),
            ("Reason", None),
            ("Record Status", Some(Hint::Active)),
            ("Current", Some(Hint::Active)),
            ("Current Manager", None),
            ("Intermediate Manager", None),
            ("State", Some(Hint::Words)),
            ("Country", None),
            ("Employee Type", Some(Hint::Words)),
            ("Inactive", Some(Hint::Ended)),
            ("Still active?", Some(Hint::Active)),
            ("Payroll Status", None),
            ("Marital Status", None),
            ("Probation End Date", None),
            ("Leave End Date", None),
            ("Department", None),
            ("Status", None),
        ] {
            assert_eq!(hint(heading), wanted, "{heading}");
        }
    }
}
