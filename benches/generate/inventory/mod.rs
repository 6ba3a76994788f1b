//! A plausible inventory of any size, the same bytes for the same [`Shape`] wherever it is made.
//!
//! Of N credentials there are N/2 entitlements, N/4 accounts, N/8 workloads, N/16 people and a few
//! of the rest, about 430 bytes for each credential in all. Defects are sown at random; judged as
//! of [`AS_OF`], they make about the wanted number of findings.
//!
//! Nothing but the standard library is used, so that `rustc` alone can build it.

use std::io::{self, Write};

mod chance;

use chance::{At, DAY, NOW, Random};

/// When the inventory was made, and the instant as of which it is meant to be judged.
pub const AS_OF: &str = "2026-08-01T00:00:00Z";

/// What is made.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many credentials there are.
    pub credentials: u32,
    /// How many findings a thousand questions have, about, by the bundled rules.
    pub per_mille: u32,
    /// Another seed makes another inventory.
    pub seed: u64,
    /// One JSON document, or JSON Lines.
    pub lines: bool,
}

impl Shape {
    /// An inventory as JSON with the usual number of findings: 76 in a thousand questions.
    pub const fn of(credentials: u32) -> Self {
        Self { credentials, per_mille: 76, seed: 1, lines: false }
    }
}

/// The chance of a defect in a record, in a million, for each finding in a thousand questions: as
/// measured.
const DEFECTS: u32 = 2100;

/// How long ago something was, in days, from and to.
type Ago = (u64, u64);
const RECENT: Ago = (2, 60);
const USED: Ago = (1, 30);
const PAST: Ago = (5, 50);
const OLD: Ago = (420, 900);
const HIRED: Ago = (400, 3000);

/// Rows of one kind: its plural, its singular, how many, and what writes one.
type Table =
    (&'static str, &'static str, u32, fn(&mut Maker, u32, &mut dyn Write) -> io::Result<()>);

/// What is known while records are made.
struct Maker {
    random: Random,
    /// The chance of a defect in a record, in a million.
    defects: u32,
    people: u32,
    workloads: u32,
    accounts: u32,
    leavers: Vec<bool>,
    /// Those whom others may name: owners and reviewers haven't left.
    stayers: Vec<u32>,
    /// Leavers of whom there is an offboarding.
    offboarded: Vec<u32>,
}

const SYSTEMS: u32 = 50;
const TEAMS: u32 = 20;

/// Writes an inventory.
///
/// # Errors
/// Those of the output.
pub fn write(shape: &Shape, out: &mut dyn Write) -> io::Result<()> {
    let n = shape.credentials;
    let mut maker = Maker::new(shape);
    let tables: [Table; 10] = [
        ("sources", "source", 3, Maker::source),
        ("systems", "system", SYSTEMS, Maker::system),
        ("teams", "team", TEAMS, Maker::team),
        ("people", "person", maker.people, Maker::person),
        ("workloads", "workload", maker.workloads, Maker::workload),
        ("groups", "group", (n / 1000).max(1), Maker::group),
        ("accounts", "account", maker.accounts, Maker::account),
        ("credentials", "credential", n, Maker::credential),
        ("entitlements", "entitlement", n / 2, Maker::entitlement),
        ("offboardings", "offboarding", maker.offboardings(), Maker::offboarding),
    ];
    let head = format!("\"version\":\"1\",\"generated_at\":\"{AS_OF}\"");
    if shape.lines {
        writeln!(out, "{{\"inventory\":{{{head}}}}}")?;
    } else {
        write!(out, "{{{head}")?;
    }
    for (plural, singular, count, record) in tables {
        if !shape.lines {
            write!(out, ",\n\"{plural}\":[")?;
        }
        for row in 0..count {
            if shape.lines {
                write!(out, "{{\"{singular}\":")?;
                record(&mut maker, row, out)?;
                out.write_all(b"}\n")?;
            } else {
                out.write_all(if row == 0 { b"\n" } else { b",\n" })?;
                record(&mut maker, row, out)?;
            }
        }
        if !shape.lines {
            out.write_all(b"\n]")?;
        }
    }
    if !shape.lines {
        out.write_all(b"}\n")?;
    }
    Ok(())
}

impl Maker {
    fn new(shape: &Shape) -> Self {
        let defects = (shape.per_mille * DEFECTS).min(900_000);
        let people = (shape.credentials / 16).max(2);
        let mut maker = Self {
            random: Random(shape.seed),
            defects,
            people,
            workloads: (shape.credentials / 8).max(1),
            accounts: (shape.credentials / 4).max(1),
            leavers: Vec::new(),
            stayers: Vec::new(),
            offboarded: Vec::new(),
        };
        for person in 0..people {
            let leaver = maker.chance(defects / 5) && person > 0;
            maker.leavers.push(leaver);
            if !leaver && maker.stayers.len() < 5000 {
                maker.stayers.push(person);
            }
            if leaver && maker.chance(600_000) {
                maker.offboarded.push(person);
            }
        }
        maker
    }

    fn offboardings(&self) -> u32 {
        u32::try_from(self.offboarded.len()).unwrap_or(u32::MAX)
    }

    /// Whether something of that chance in a million happens.
    fn chance(&mut self, in_a_million: u32) -> bool {
        self.random.below(1_000_000) < in_a_million
    }

    /// Which of so many defects a record has, if any.
    fn defect(&mut self, kinds: u32) -> Option<u32> {
        self.chance(self.defects).then(|| self.random.below(kinds))
    }

    fn ago(&mut self, (from, to): Ago) -> At {
        let seconds = u32::try_from((to - from) * DAY).unwrap_or(u32::MAX);
        At(NOW - from * DAY - u64::from(self.random.below(seconds)))
    }

    fn ahead(&mut self) -> At {
        At(self.ago((0, 290)).0 + 300 * DAY)
    }

    /// Somebody who is still there.
    fn stayer(&mut self) -> u32 {
        let stayers = u32::try_from(self.stayers.len()).unwrap_or(u32::MAX);
        let number = self.random.below(stayers);
        self.stayer_of(number)
    }

    /// The same person for the same number.
    fn stayer_of(&self, number: u32) -> u32 {
        let at = number as usize % self.stayers.len().max(1);
        self.stayers.get(at).copied().unwrap_or(0)
    }

    #[expect(clippy::unused_self, reason = "rows of all kinds are written alike")]
    fn source(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        let id = one_of(&["hris", "idp", "vault"], row);
        write!(
            out,
            "{{\"id\":\"{id}\",\"kind\":\"{id}\",\"exported_at\":\"2026-07-31T22:15:00Z\",\
             \"truncated\":false}}"
        )
    }

    #[expect(clippy::unused_self, reason = "rows of all kinds are written alike")]
    fn system(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        let (team, automated) = (row % TEAMS, !row.is_multiple_of(3));
        write!(
            out,
            "{{\"id\":\"sys-{row:02}\",\"name\":\"System {row}\",\"owner\":\"team-{team:02}\",\
             \"automated_revocation\":{automated}}}"
        )
    }

    fn team(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        let (first, second) = (self.stayer_of(row), self.stayer());
        write!(
            out,
            "{{\"id\":\"team-{row:02}\",\"name\":\"Team {row}\",\
             \"members\":[\"per-{first:07}\",\"per-{second:07}\"],\"source\":\"hris\"}}"
        )
    }

    fn person(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"id\":\"per-{row:07}\",\"status\":")?;
        if self.leavers.get(row as usize) == Some(&true) {
            write!(out, "\"terminated\",\"ended_at\":\"{}\"", self.ago(PAST))?;
        } else {
            write!(out, "\"active\"")?;
        }
        write!(
            out,
            ",\"name\":\"Person Number {row}\",\"emails\":[\"person{row}@example.org\"],\
             \"employment\":\"employee\",\"department\":\"Department {}\",\
             \"manager\":\"per-{:07}\",\"started_at\":\"{}\",\"source\":\"hris\"}}",
            row % 40,
            self.stayer_of(row),
            self.ago(HIRED)
        )
    }

    fn workload(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        const KINDS: [&str; 6] =
            ["service_account", "application", "bot", "pipeline", "ai_agent", "managed_identity"];
        let kind = one_of(&KINDS, row);
        write!(
            out,
            "{{\"id\":\"wl-{row:07}\",\"kind\":\"{kind}\",\"status\":\"active\",\
             \"name\":\"workload-{row}\",\"environment\":\"prod\","
        )?;
        let defect = self.defect(4);
        if defect != Some(0) {
            write!(out, "\"owner\":\"per-{:07}\",", self.stayer())?;
        }
        if defect != Some(1) {
            write!(out, "\"purpose\":\"nightly settlement job\",")?;
        }
        if defect == Some(3) {
            write!(out, "\"third_party\":true,")?;
        }
        let used = self.ago(if defect == Some(2) { OLD } else { USED });
        let created = self.ago(HIRED);
        write!(out, "\"created_at\":\"{created}\",\"last_used_at\":\"{used}\",\"source\":\"idp\"}}")
    }

    fn group(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        let system = row % SYSTEMS;
        write!(
            out,
            "{{\"id\":\"grp-{row:05}\",\"name\":\"Group {row}\",\"system\":\"sys-{system:02}\",\
             \"members\":["
        )?;
        for member in 0..10 {
            let comma = if member == 0 { "" } else { "," };
            write!(out, "{comma}\"acc-{:08}\"", self.random.below(self.accounts))?;
        }
        write!(out, "]}}")
    }

    fn account(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        // Two accounts of a person are on different systems.
        let system = (row + row / (2 * self.people)) % SYSTEMS;
        write!(out, "{{\"id\":\"acc-{row:08}\",\"system\":\"sys-{system:02}\",")?;
        if row % 2 == 1 {
            let workload = row / 2 % self.workloads;
            write!(
                out,
                "\"status\":\"enabled\",\"type\":\"service\",\"identity\":\"wl-{workload:07}\""
            )?;
        } else {
            let person = row / 2 % self.people;
            write!(
                out,
                "\"status\":\"enabled\",\"type\":\"human\",\"identity\":\"per-{person:07}\""
            )?;
        }
        let defect = self.defect(10);
        let login = self.ago(if defect.is_some_and(|defect| defect < 7) { OLD } else { USED });
        write!(out, ",\"last_login_at\":\"{login}\"")?;
        if defect.is_some_and(|defect| defect >= 7) {
            write!(out, ",\"expires_at\":\"{}\"", self.ago(PAST))?;
        }
        write!(out, ",\"source\":\"idp\"}}")
    }

    fn credential(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        let account = row / 4;
        let machine = account % 2 == 1;
        let kinds = if machine {
            ["api_key", "client_secret", "certificate", "token"]
        } else {
            ["password", "token", "ssh_key", "session"]
        };
        let kind = one_of(&kinds, row);
        let defect = self.defect(9);
        let created = self.ago(HIRED);
        write!(
            out,
            "{{\"id\":\"cred-{row:08}\",\"kind\":\"{kind}\",\"status\":\"active\",\
             \"account\":\"acc-{:08}\",\"created_at\":\"{created}\",",
            account % self.accounts
        )?;
        let rotated = if defect == Some(0) { created } else { self.ago(RECENT) };
        let used = self.ago(if defect == Some(1) { OLD } else { USED });
        let storage = if defect == Some(2) { "config_file" } else { "secrets_manager" };
        write!(
            out,
            "\"last_rotated_at\":\"{rotated}\",\"last_used_at\":\"{used}\",\
             \"storage\":\"{storage}\""
        )?;
        match defect {
            Some(3) => write!(out, ",\"expiry\":\"never\"")?,
            Some(4) => write!(out, ",\"expires_at\":\"{}\"", self.ago(PAST))?,
            Some(5) => write!(out, ",\"exposed_at\":\"{}\"", self.ago(USED))?,
            Some(6) => {
                let (one, other) = (self.stayer(), self.stayer());
                write!(out, ",\"known_to\":[\"per-{one:07}\",\"per-{other:07}\"]")?;
            }
            // Nobody has such an id.
            Some(7) => write!(out, ",\"owner\":\"per-9{:07}\"", self.stayer())?,
            Some(8) => write!(out, ",\"created_by\":\"per-9{:07}\"", self.stayer())?,
            // An account of a workload has the last four of eight.
            None if row % 8 == 7 => {
                let (owner, user) = (self.stayer(), self.random.below(self.workloads));
                write!(out, ",\"owner\":\"per-{owner:07}\",\"used_by\":[\"wl-{user:07}\"]")?;
            }
            None if row % 8 == 3 => write!(out, ",\"expires_at\":\"{}\"", self.ahead())?,
            _ => {}
        }
        write!(out, ",\"source\":\"vault\"}}")
    }

    fn entitlement(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        const ROLES: [&str; 6] = ["viewer", "editor", "deployer", "auditor", "operator", "admin"];
        let (account, role) = (row / 2 % self.accounts, one_of(&ROLES, row));
        let privileged = row % 12 == 5;
        let defect = self.defect(3);
        let when = if defect == Some(0) { OLD } else { HIRED };
        let granted = self.ago(when);
        let reviewed = self.ago(if defect == Some(0) { OLD } else { RECENT });
        let by = if row % 2 == 1 { "reviewed_by" } else { "granted_by" };
        write!(
            out,
            "{{\"id\":\"ent-{row:08}\",\"account\":\"acc-{account:08}\",\"role\":\"{role}\",\
             \"status\":\"active\",\"granted_at\":\"{granted}\",\
             \"last_reviewed_at\":\"{reviewed}\",\"{by}\":\"per-{:07}\"",
            self.stayer()
        )?;
        if privileged {
            write!(out, ",\"privileged\":true,\"expires_at\":\"{}\"", self.ahead())?;
        } else if defect == Some(1) {
            write!(out, ",\"expires_at\":\"{}\"", self.ago(PAST))?;
        }
        if defect == Some(2) {
            write!(out, ",\"review_outcome\":\"revoke\"")?;
        }
        write!(out, "}}")
    }

    fn offboarding(&mut self, row: u32, out: &mut dyn Write) -> io::Result<()> {
        let person = self.offboarded.get(row as usize).copied().unwrap_or(0);
        let (system, day) = (2 * person % SYSTEMS, person % 9);
        write!(
            out,
            "{{\"id\":\"off-{person:07}\",\"subject\":\"per-{person:07}\",\
             \"kind\":\"termination\",\"effective_at\":\"2026-07-2{day}T17:00:00Z\",\"tasks\":[\
             {{\"system\":\"sys-{system:02}\",\"action\":\"disable_account\",\"status\":\"done\",\
             \"requested_at\":\"2026-07-20T09:00:00Z\",\
             \"completed_at\":\"2026-07-2{day}T19:00:00Z\",\"completed_by\":\"bot\",\
             \"verified_at\":\"2026-07-30T09:00:00Z\",\"verified_by\":\"audit\"}}]}}"
        )
    }
}

/// The words in turn.
fn one_of<'a>(words: &[&'a str], row: u32) -> &'a str {
    words.get(row as usize % words.len()).copied().unwrap_or("")
}
