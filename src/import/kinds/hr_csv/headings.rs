//! The headings that HR systems use.

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
                "isactive",
                "active",
                "activeflag",
                "activeemployee",
                "currentlyemployed",
                "isemployed",
                "workerstate",
                "employmentstate",
                "personnelstatus",
                "jobstatus",
                "beschäftigungsstatus",
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
                "eintritt",
                "datedentrée",
                "datedentree",
                "dateembauche",
                "fechadeingreso",
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
                "actualterminationdate",
                "effectiveterminationdate",
                "terminationdt",
                "termdt",
                "dateterminated",
                "departuredate",
                "dateofdeparture",
                "departure",
                "dateleft",
                "lastdateworked",
                "lastdayofemployment",
                "relievingdate",
                "dateofrelieving",
                "employmentend",
                "dateofexit",
                "exit",
                "dateofseparation",
                "separationeffectivedate",
                "austritt",
                "datedesortie",
                "datesortie",
                "fechadebaja",
                "fechadesalida",
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

    /// The field that a heading is of, and how early it counts among those of the field. What
    /// stands in parentheses behind a date is of which kind it is: `Termination Date (Local)`.
    pub fn of(heading: &str) -> Option<(Self, usize)> {
        let known = |plain: &str| {
            Self::ALL.iter().find_map(|(field, _, headings)| {
                Some((*field, headings.iter().position(|heading| *heading == plain)?))
            })
        };
        let without = || {
            let (front, _) = heading.split_once('(')?;
            known(&plain(front))
                .filter(|(field, _)| matches!(field, Self::StartedAt | Self::EndedAt))
        };
        known(&plain(heading)).or_else(without)
    }

    /// The field of that name in the configuration.
    pub fn called(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, own, _)| *own == name).map(|(field, ..)| *field)
    }
}

/// A heading without case, spaces and punctuation.
pub fn plain(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_heading_is_of_two_fields() {
        let all: Vec<&str> =
            Field::ALL.iter().flat_map(|(.., headings)| headings.iter().copied()).collect();
        let distinct: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
        assert!(all.iter().all(|heading| plain(heading) == *heading));
    }
}
