//! People and their accounts: what importers say of whose an account is, and what comes of it.
#![expect(clippy::missing_errors_doc, reason = "a refusal says what is wrong with the row")]

use super::context::digest;
use super::people::{Claim, Known, Linked, Step, Target};
use super::row::Refusal;
use super::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Person};

/// By an address of an account of a system, its own or another one, which account has it.
const ALIAS: &str = "alias";

/// An address, in any case, as accounts of that system have it.
fn address_in(system: &str, address: &str) -> String {
    format!("{system} {}", address.to_lowercase())
}

impl Sink<'_> {
    /// Writes a person of HR.
    pub fn person(&mut self, draft: Draft<Person>, known: Known) -> Result<(), Refusal> {
        self.put(draft)?;
        self.batch.learned.people.push(known);
        Ok(())
    }

    /// Writes an account, linked to the one person whom its claim fits, if there is one.
    pub fn account(
        &mut self,
        system: &str,
        draft: Draft<Account>,
        claim: &Claim<'_>,
    ) -> Result<(), Refusal> {
        let linked = self.link(system, draft.own_id(), claim);
        self.linked_account(draft, &linked)
    }

    /// The same with addresses besides, which count where nothing else fits and no other account has
    /// them.
    pub fn account_with(
        &mut self,
        system: &str,
        draft: Draft<Account>,
        claim: &Claim<'_>,
        aliases: &[&str],
    ) -> Result<(), Refusal> {
        // What is the first address or the login of one account is nobody else's.
        let own = claim.emails.iter().chain(&claim.user_names).filter(|own| own.contains('@'));
        for address in own.chain(aliases) {
            self.learn(ALIAS, &address_in(system, address), draft.own_id());
        }
        let linked = match self.link(system, draft.own_id(), claim) {
            Linked::Unlinked => self.by_alias(system, aliases)?,
            linked => linked,
        };
        self.linked_account(draft, &linked)
    }

    /// Writes an account of a directory whose rows are people too, where the user says so. Whom the
    /// user or HR knows is that person; of all others, the row is the person, who is written along.
    pub fn account_of(
        &mut self,
        system: &str,
        draft: Draft<Account>,
        person: Draft<Person>,
        known: Known,
    ) -> Result<(), Refusal> {
        let people = &self.context.people;
        let claim = Claim {
            employee_number: known.employee_number.as_deref(),
            emails: known.emails.iter().map(String::as_str).collect(),
            user_names: known.user_names.iter().map(String::as_str).collect(),
        };
        let linked = match self.given(system, draft.own_id(), &claim) {
            Some(given) => given,
            None if people.has_hr() => people.find(&claim),
            None => Linked::Unlinked,
        };
        let is_own = match &linked {
            Linked::To(Target::Person(id), step) => *step != Step::Given && !people.is_of_hr(id),
            other => *other == Linked::Unlinked,
        };
        if !is_own {
            return self.linked_account(draft, &linked);
        }
        let target = Linked::To(Target::Person(known.id.clone()), Step::SameRecord);
        self.linked_account(draft, &target)?;
        self.write(person, false, false)?;
        self.batch.learned.people.push(known);
        Ok(())
    }

    /// The person whom an account of a directory is, to be named as somebody's manager: the
    /// account's own, unless HR knows them.
    ///
    /// # Errors
    /// A later row may say it.
    pub fn manager_of(&self, account: String) -> Result<String, Refusal> {
        if !self.context.people.has_hr() {
            return Ok(account);
        }
        match self.holder_of(&account)? {
            Target::Person(id) => Ok(id),
            Target::Workload(_) => Ok(account),
        }
    }

    /// Mentions an account that a row only names (whose token it is), linked like a listed one.
    /// Says whose it is; `None` where nobody fits.
    pub fn mention_account(
        &mut self,
        system: &str,
        draft: Draft<Account>,
        claim: &Claim<'_>,
    ) -> Result<Option<Target>, Refusal> {
        let linked = self.link(system, draft.own_id(), claim);
        let draft = self.draft_of(draft, &linked);
        self.linking = linked.code();
        self.mention(draft)?;
        Ok(match linked {
            Linked::To(target, _) => Some(target),
            _ => None,
        })
    }

    fn given(&self, system: &str, id: &str, claim: &Claim<'_>) -> Option<Linked> {
        if self.context.links.is_empty() {
            return None;
        }
        let names = claim.user_names.iter().chain(&claim.emails).copied();
        let names: Vec<&str> = std::iter::once(id).chain(names).collect();
        self.context.links.find(&self.context.people, system, &names)
    }

    fn link(&self, system: &str, id: &str, claim: &Claim<'_>) -> Linked {
        let given = self.given(system, id, claim);
        given.unwrap_or_else(|| self.context.people.find(claim))
    }

    /// An address that accounts share is nobody's own.
    fn by_alias(&self, system: &str, aliases: &[&str]) -> Result<Linked, Refusal> {
        if aliases.is_empty() || self.context.people.is_empty() {
            return Ok(Linked::Unlinked);
        }
        let mut emails = Vec::new();
        for alias in aliases {
            emails.extend(self.only_called(ALIAS, &address_in(system, alias))?.map(|_| *alias));
        }
        Ok(self.context.people.find(&Claim { emails, ..Claim::default() }))
    }

    fn linked_account(&mut self, draft: Draft<Account>, linked: &Linked) -> Result<(), Refusal> {
        let draft = self.draft_of(draft, linked);
        self.linking = linked.code();
        self.put(draft)
    }

    /// The account of whom it was linked to.
    fn draft_of(&mut self, draft: Draft<Account>, linked: &Linked) -> Draft<Account> {
        let Linked::To(target, step) = linked else { return draft };
        self.batch.learned.holders.push((digest(draft.own_id()), (*step, target.clone())));
        draft.identity(target.to()).tag("linked_by", step.name())
    }

    /// Whose an account is, for vendors that name owners by their accounts: a person's or a
    /// workload's id. Where the account is nobody's, the account's own id as that of a person whom
    /// nobody knows: a rule then says so.
    ///
    /// # Errors
    /// A later row may say it.
    pub fn holder_of(&self, account: &str) -> Result<Target, Refusal> {
        match self.context.holders.get(&digest(account)) {
            Some((_, target)) => Ok(target.clone()),
            None if self.last => Ok(Target::Person(account.to_owned())),
            None => Err(Refusal::Later),
        }
    }

    /// The person whom a free word names (an address, a number, a login name): of people whom HR
    /// doesn't know, the word itself, so that a rule says so.
    pub fn person_named(&self, word: &str) -> String {
        self.context.people.named(word).unwrap_or_else(|| word.trim().to_owned())
    }

    /// The same where a later row may be the person's.
    ///
    /// # Errors
    /// A later row may say it.
    pub fn person_later(&self, word: &str) -> Result<String, Refusal> {
        match self.context.people.named(word) {
            Some(id) => Ok(id),
            None if self.last => Ok(word.trim().to_owned()),
            None => Err(Refusal::Later),
        }
    }

    /// The id of the person whom a word names, if HR knows them.
    pub fn known_person(&self, word: &str) -> Option<String> {
        self.context.people.named(word)
    }
}

impl Target {
    /// As the owner of something.
    pub fn to(&self) -> To<'_> {
        match self {
            Self::Person(id) => To::person(id),
            Self::Workload(id) => To::workload(id),
        }
    }
}
