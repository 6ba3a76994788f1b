//! Linking: which person an account is. By what the user says, then by employee number, by e-mail,
//! by user name; never by display name. What fits two people is not linked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::FxHashMap;

/// The step that made a link, the one that counts most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The user's list of links.
    Given = 1,
    /// The number in HR.
    EmployeeNumber = 2,
    /// An address, in any case.
    Email = 3,
    /// The login name, in any case.
    UserName = 4,
    /// The same row is the person.
    SameRecord = 5,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Given, Self::EmployeeNumber, Self::Email, Self::UserName, Self::SameRecord];

    /// As it is written to the tag `linked_by`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "links",
            Self::SameRecord => "same_record",
            Self::EmployeeNumber => "employee_number",
            Self::Email => "email",
            Self::UserName => "user_name",
        }
    }
}

/// What an account says of whose it is.
#[derive(Clone, Default, Debug)]
pub struct Claim<'a> {
    /// The number in HR.
    pub employee_number: Option<&'a str>,
    /// Addresses; what is no address is passed over.
    pub emails: Vec<&'a str>,
    /// Login names; one that is an address counts as an address.
    pub user_names: Vec<&'a str>,
}

/// What came of a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Linked {
    /// The id of the person, or a workload's reference from the user's list, and how it was found.
    To(Target, Step),
    /// The step at which two people fit.
    Ambiguous(Step),
    /// The user says that it is nobody's.
    Nobodys,
    /// Nobody fits.
    Unlinked,
}

impl Linked {
    /// A number for it: of two of one account, the lower one counts. Nothing is `0`.
    pub fn code(&self) -> u8 {
        match self {
            Self::To(_, step) => *step as u8,
            Self::Nobodys => NOBODYS,
            Self::Ambiguous(step) => AMBIGUOUS + *step as u8,
            Self::Unlinked => UNLINKED,
        }
    }
}

/// The code of accounts that are nobody's.
pub const NOBODYS: u8 = 10;
/// Added to the code of a step at which two people fit.
pub const AMBIGUOUS: u8 = 20;
/// The code of accounts that nobody was found for.
pub const UNLINKED: u8 = 40;

/// Whose an account is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A person, by id.
    Person(String),
    /// A workload, by id.
    Workload(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    One(u32),
    Many,
}

/// Everyone whom HR knows.
#[derive(Default, Debug)]
pub struct People {
    ids: Vec<String>,
    /// How many of them, the first ones, are HR's own.
    of_hr: usize,
    by_id: FxHashMap<String, u32>,
    by_number: FxHashMap<String, Found>,
    by_email: FxHashMap<String, Found>,
    by_user_name: FxHashMap<String, Found>,
}

/// What a person can be found by.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Their id.
    pub id: String,
    /// Their number in HR.
    pub employee_number: Option<String>,
    /// Their addresses.
    pub emails: Vec<String>,
    /// Their login names.
    pub user_names: Vec<String>,
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

impl People {
    /// Adds a person; the same id twice is the same person.
    pub fn add(&mut self, known: &Known) {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let row = *self.by_id.entry(known.id.clone()).or_insert(next);
        if row == next {
            self.ids.push(known.id.clone());
        }
        let note = |index: &mut FxHashMap<String, Found>, key: String| {
            if key.is_empty() {
                return;
            }
            let found = index.entry(key).or_insert(Found::One(row));
            if *found != Found::One(row) {
                *found = Found::Many;
            }
        };
        known.employee_number.iter().for_each(|number| note(&mut self.by_number, fold(number)));
        for email in &known.emails {
            note(&mut self.by_email, fold(email));
        }
        for name in &known.user_names {
            let index = if is_email(name) { &mut self.by_email } else { &mut self.by_user_name };
            note(index, fold(name));
        }
    }

    /// Says that all of them so far are HR's own.
    pub fn are_of_hr(&mut self) {
        self.of_hr = self.ids.len();
    }

    /// Whether HR lists that person.
    pub fn is_of_hr(&self, id: &str) -> bool {
        self.by_id.get(id).is_some_and(|row| (*row as usize) < self.of_hr)
    }

    /// Whether there is an HR export.
    pub fn has_hr(&self) -> bool {
        self.of_hr > 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn id(&self, row: u32) -> String {
        self.ids.get(row as usize).cloned().unwrap_or_default()
    }

    fn one(index: &FxHashMap<String, Found>, keys: &[&str]) -> Option<Result<u32, ()>> {
        let mut found = None;
        for key in keys {
            match (index.get(&fold(key)), found) {
                (None, _) => {}
                (Some(Found::Many), _) => return Some(Err(())),
                (Some(Found::One(row)), Some(other)) if *row != other => return Some(Err(())),
                (Some(Found::One(row)), _) => found = Some(*row),
            }
        }
        found.map(Ok)
    }

    /// Finds the one person whom a claim fits.
    pub fn find(&self, claim: &Claim<'_>) -> Linked {
        if self.is_empty() {
            return Linked::Unlinked;
        }
        let number: Vec<&str> = claim.employee_number.into_iter().collect();
        let (mails, names): (Vec<&str>, Vec<&str>) =
            claim.user_names.iter().partition(|name| is_email(name));
        let emails: Vec<&str> = claim.emails.iter().copied().chain(mails).collect();
        for (step, index, keys) in [
            (Step::EmployeeNumber, &self.by_number, number),
            (Step::Email, &self.by_email, emails),
            (Step::UserName, &self.by_user_name, names),
        ] {
            match Self::one(index, &keys) {
                Some(Ok(row)) => return Linked::To(Target::Person(self.id(row)), step),
                Some(Err(())) => return Linked::Ambiguous(step),
                None => {}
            }
        }
        Linked::Unlinked
    }

    /// The id of the person whom one word names: an id, an employee number, an address or a login
    /// name.
    pub fn named(&self, word: &str) -> Option<String> {
        let word = word.trim();
        if self.by_id.contains_key(word) {
            return Some(word.to_owned());
        }
        let claim =
            Claim { employee_number: Some(word), emails: vec![word], user_names: vec![word] };
        match self.find(&claim) {
            Linked::To(Target::Person(id), _) => Some(id),
            _ => None,
        }
    }
}

/// The links that the user gives, by account id or login name, perhaps on one system only.
#[derive(Default, Debug)]
pub struct Links {
    rows: BTreeMap<(String, String), GivenLink>,
}

#[derive(Debug)]
struct GivenLink {
    to: Option<String>,
    place: String,
    used: AtomicBool,
}

impl Links {
    /// Adds one: a system (empty for any), an account, and who it is (`None` for nobody).
    ///
    /// # Errors
    /// The place of a link of the same account to somebody else.
    pub fn add(
        &mut self,
        system: &str,
        account: &str,
        to: Option<&str>,
        place: &str,
    ) -> Result<bool, String> {
        let key = (fold(system), fold(account));
        if let Some(other) = self.rows.get(&key) {
            return if other.to.as_deref() == to { Ok(false) } else { Err(other.place.clone()) };
        }
        let link = GivenLink {
            to: to.map(str::to_owned),
            place: place.to_owned(),
            used: AtomicBool::new(false),
        };
        self.rows.insert(key, link);
        Ok(true)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Who an account is by the user's word, if they say anything of it. Its names are its id first,
    /// and login names. With the system, the vendor's own id does, which the account's begins with
    /// the system of.
    pub fn find(&self, people: &People, system: &str, names: &[&str]) -> Option<Linked> {
        let of = |system: &str, name: &str| self.rows.get(&(fold(system), fold(name)));
        let vendors_own = || {
            let own = names.first()?.strip_prefix(system)?.strip_prefix(':')?;
            of(system, own)
        };
        let named = names.iter().find_map(|name| of(system, name).or_else(|| of("", name)));
        let link = named.or_else(vendors_own)?;
        link.used.store(true, Ordering::Relaxed);
        let Some(to) = link.to.as_deref() else { return Some(Linked::Nobodys) };
        let target = if let Some(workload) = to.strip_prefix("workload:") {
            Target::Workload(workload.to_owned())
        } else {
            // Somebody whom no export knows stays named, so that a rule can say so.
            let person = to.strip_prefix("person:").unwrap_or(to);
            Target::Person(people.named(person).unwrap_or_else(|| person.to_owned()))
        };
        Some(Linked::To(target, Step::Given))
    }

    /// The places of the links that no account asked for.
    pub fn unused(&self) -> Vec<&str> {
        let unused = self.rows.values().filter(|link| !link.used.load(Ordering::Relaxed));
        unused.map(|link| link.place.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        let mut people = People::default();
        for (id, number, emails, name) in [
            ("1", "0012", vec!["Ada@corp.example", "ada.l@corp.example"], "ada"),
            ("2", "0013", vec!["grace@corp.example"], "grace"),
            ("3", "0014", vec!["shared@corp.example"], "sam"),
            ("4", "0015", vec!["shared@corp.example"], "sam"),
        ] {
            people.add(&Known {
                id: id.into(),
                employee_number: Some(number.into()),
                emails: emails.into_iter().map(str::to_owned).collect(),
                user_names: vec![name.into()],
            });
        }
        people
    }

    #[test]
    fn links_are_made_step_by_step_and_never_where_two_fit() {
        let people = people();
        let find = |employee_number, emails: &[&'static str], user_names: &[&'static str]| {
            people.find(&Claim {
                employee_number,
                emails: emails.to_vec(),
                user_names: user_names.to_vec(),
            })
        };
        let to = |id: &str, step| Linked::To(Target::Person(id.into()), step);
        assert_eq!(find(Some("0013"), &["ada@corp.example"], &[]), to("2", Step::EmployeeNumber));
        assert_eq!(find(Some("9999"), &["ADA.L@CORP.example"], &["grace"]), to("1", Step::Email));
        assert_eq!(find(None, &[], &["GRACE"]), to("2", Step::UserName));
        assert_eq!(find(None, &[], &["grace@corp.example"]), to("2", Step::Email));
        assert_eq!(find(None, &["shared@corp.example"], &["ada"]), Linked::Ambiguous(Step::Email));
        assert_eq!(
            find(None, &["ada@corp.example", "grace@corp.example"], &[]),
            Linked::Ambiguous(Step::Email)
        );
        assert_eq!(find(None, &[], &["sam"]), Linked::Ambiguous(Step::UserName));
        assert_eq!(find(None, &["x@y.example"], &["nobody"]), Linked::Unlinked);
    }

    #[test]
    fn the_users_links_decide_and_those_that_nothing_asked_for_are_named() {
        let people = people();
        let mut links = Links::default();
        assert_eq!(links.add("", "root", None, "l:2"), Ok(true));
        assert_eq!(links.add("aws", "deploy", Some("workload:ci"), "l:3"), Ok(true));
        assert_eq!(links.add("aws", "ADA", Some("grace@corp.example"), "l:4"), Ok(true));
        assert_eq!(links.add("aws", "ada", Some("0012"), "l:5"), Err("l:4".into()));
        assert_eq!(links.find(&people, "aws", &["x", "root"]), Some(Linked::Nobodys));
        let ada = links.find(&people, "aws", &["ada"]);
        assert_eq!(ada, Some(Linked::To(Target::Person("2".into()), Step::Given)));
        assert_eq!(links.find(&people, "okta", &["ada"]), None);
        assert_eq!(links.unused(), ["l:3"]);
        assert_eq!(links.find(&people, "okta", &["okta:deploy"]), None);
        assert_eq!(links.find(&people, "okta", &["okta:root"]), None, "on another system, too");
        let ci = Linked::To(Target::Workload("ci".into()), Step::Given);
        assert_eq!(links.find(&people, "aws", &["aws:Deploy", "x"]), Some(ci));
        assert!(links.unused().is_empty());
    }
}
