//! The headings and words that HR systems use.

use crate::import::row::Keys;
use crate::import::setting::Setting;
use crate::inventory::vocabulary::{PersonEmployment, PersonStatus};

/// What a column can hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// The number in HR.
    EmployeeNumber,
    /// Addresses.
    Email,
    /// The login name.
    UserName,
    /// The whole name.
    Name,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The state of the employment, in free words.
    Status,
    /// The form of the employment, in free words.
    Employment,
    /// The manager's number, address or login name.
    Manager,
    /// The department.
    Department,
    /// The first day; with rehires, of each.
    StartedAt,
    /// The last day.
    EndedAt,
    /// The last day of the contract.
    ContractEndsAt,
    /// The day of the last change of role.
    RoleChangedAt,
}

type Entry = (Field, &'static str, &'static [&'static str]);

impl Field {
    /// Every field, its name in the configuration, and its usual headings without case, spaces and
    /// punctuation.
    pub const ALL: &'static [Entry] = &[
        (
            Self::EmployeeNumber,
            "employee_number",
            &[
                "employeenumber",
                "employeeid",
                "empid",
                "empno",
                "empnumber",
                "emplid",
                "workerid",
                "workernumber",
                "personnelnumber",
                "personnelno",
                "personnumber",
                "personid",
                "staffid",
                "staffnumber",
                "staffno",
                "associateid",
                "employeeno",
                "employeecode",
                "hrid",
                "payrollid",
                "pernr",
                "matricule",
                "personalnummer",
                "contingentworkerid",
                "id",
            ],
        ),
        (
            Self::Email,
            "email",
            &[
                "email",
                "workemail",
                "emailwork",
                "emailaddress",
                "workemailaddress",
                "primaryworkemail",
                "primaryemail",
                "companyemail",
                "businessemail",
                "corporateemail",
                "mail",
                "emailprimarywork",
                "emailaliases",
                "aliases",
                "otheremails",
                "secondaryemail",
            ],
        ),
        (
            Self::UserName,
            "user_name",
            &[
                "username",
                "userid",
                "login",
                "loginname",
                "loginid",
                "networkid",
                "networklogin",
                "samaccountname",
                "accountname",
                "uid",
                "userprincipalname",
                "upn",
                "aduser",
                "adusername",
            ],
        ),
        (
            Self::Name,
            "name",
            &[
                "name",
                "fullname",
                "employeename",
                "displayname",
                "preferredname",
                "workername",
                "legalname",
                "completename",
                "worker",
            ],
        ),
        (
            Self::FirstName,
            "first_name",
            &[
                "firstname",
                "givenname",
                "legalfirstname",
                "preferredfirstname",
                "forename",
                "vorname",
            ],
        ),
        (
            Self::LastName,
            "last_name",
            &["lastname", "surname", "familyname", "legallastname", "nachname"],
        ),
        (
            Self::Status,
            "status",
            &[
                "employmentstatus",
                "employeestatus",
                "workerstatus",
                "status",
                "currentstatus",
                "personstatus",
                "hrstatus",
                "workstatus",
                "empstatus",
                "assignmentstatus",
                "activestatus",
            ],
        ),
        (
            Self::Employment,
            "employment",
            &[
                "workertype",
                "employmenttype",
                "employeetype",
                "workersubtype",
                "persontype",
                "employmentcategory",
                "contracttype",
                "emptype",
                "workercategory",
                "typeofemployment",
            ],
        ),
        (
            Self::Manager,
            "manager",
            &[
                "managerid",
                "supervisoreid",
                "manageremployeeid",
                "manageremployeenumber",
                "managernumber",
                "managerempid",
                "supervisorid",
                "reportstoid",
                "manageremail",
                "supervisoremail",
                "manageruserid",
                "managerworkerid",
                "linemanagerid",
                "reportstoemail",
            ],
        ),
        (
            Self::Department,
            "department",
            &[
                "department",
                "departmentname",
                "dept",
                "deptname",
                "division",
                "organization",
                "orgunit",
                "supervisoryorganization",
                "costcenter",
                "businessunit",
            ],
        ),
        (
            Self::StartedAt,
            "started_at",
            &[
                "hiredate",
                "dateofhire",
                "startdate",
                "startedat",
                "employmentstartdate",
                "originalhiredate",
                "datehired",
                "dateofjoining",
                "joindate",
                "joiningdate",
                "rehiredate",
                "lasthiredate",
                "continuousservicedate",
                "firstdayofwork",
                "eintrittsdatum",
                "mostrecenthiredate",
                "latesthiredate",
            ],
        ),
        (
            Self::EndedAt,
            "ended_at",
            &[
                "terminationdate",
                "dateoftermination",
                "termdate",
                "enddate",
                "endedat",
                "employmentenddate",
                "lastday",
                "lastdayofwork",
                "lastworkingday",
                "lastworkingdate",
                "dateofleaving",
                "leavingdate",
                "exitdate",
                "separationdate",
                "datetermination",
                "lastdayworked",
                "austrittsdatum",
                "termination",
                "leavedate",
                "terminationeffectivedate",
            ],
        ),
        (
            Self::ContractEndsAt,
            "contract_ends_at",
            &[
                "contractenddate",
                "contractend",
                "contractexpirydate",
                "contractexpiration",
                "contractendsat",
                "contractterminationdate",
                "assignmentenddate",
                "plannedenddate",
                "fixedtermenddate",
            ],
        ),
        (
            Self::RoleChangedAt,
            "role_changed_at",
            &[
                "rolechangedate",
                "rolechangedat",
                "jobchangedate",
                "positionstartdate",
                "jobeffectivedate",
                "lasttransferdate",
                "transferdate",
                "positioneffectivedate",
                "lastpromotiondate",
            ],
        ),
    ];

    /// The field that a heading is of, and how early it counts among those of the field.
    pub fn of(heading: &str) -> Option<(Self, usize)> {
        let plain = plain(heading);
        Self::ALL.iter().find_map(|(field, _, headings)| {
            Some((*field, headings.iter().position(|heading| *heading == plain)?))
        })
    }

    /// The field of that name in the configuration.
    pub fn called(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, own, _)| *own == name).map(|(field, ..)| *field)
    }
}

fn plain(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a row is one of people of HR: it says who, and something that only HR says.
pub fn is_worker(row: &Keys<'_>) -> bool {
    let names = row.names();
    let has = |field| names.iter().any(|name| Field::of(name).is_some_and(|(own, _)| own == field));
    // Everything has an `id`: it is a person's beside a name and a first day.
    let number = names.iter().any(|name| {
        plain(name) != "id" && Field::of(name).is_some_and(|(own, _)| own == Field::EmployeeNumber)
    });
    let named = has(Field::Name) || has(Field::FirstName) || has(Field::Email);
    let dates = has(Field::StartedAt) || has(Field::EndedAt);
    let account = row.is_line() && (has(Field::Email) || has(Field::UserName));
    number && (dates || has(Field::Status) || has(Field::Employment) || has(Field::Department))
        || account && dates
        || has(Field::EmployeeNumber) && named && has(Field::StartedAt)
}

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
pub fn employment(text: &str) -> Option<PersonEmployment> {
    let lower = text.to_lowercase();
    let found = EMPLOYMENTS.iter().find(|(word, _)| lower.contains(word));
    Some(found.map_or(PersonEmployment::Other, |(_, employment)| *employment))
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

    #[test]
    fn no_heading_is_of_two_fields() {
        let all: Vec<&str> =
            Field::ALL.iter().flat_map(|(.., headings)| headings.iter().copied()).collect();
        let distinct: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
        assert!(all.iter().all(|heading| plain(heading) == *heading));
    }
}
