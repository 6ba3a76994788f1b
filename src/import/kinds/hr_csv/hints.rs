//! What columns that nobody reads could say of who has left.

use super::headings::{Field, plain};

/// What a column that nobody reads could say, going by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// When, or that, somebody has left: `Left the firm on`.
    Ended,
    /// Whether somebody is there: `Account active?`.
    Active,
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
];
/// Parts of the names of columns about being there.
const ACTIVE: &[&str] = &["active", "aktiv", "employed", "status"];
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
    "reason",
];

/// What a column could say that is none of the known ones.
pub fn hint(heading: &str) -> Option<Hint> {
    let plain = plain(heading);
    let any = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    match () {
        () if Field::of(heading).is_some() || any(ELSEWHERE) => None,
        () if any(ENDED) => Some(Hint::Ended),
        () if any(ACTIVE) => Some(Hint::Active),
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
