//! Conditions of whatever the schema allows, and some that the validator refuses.

use nhi_policy::policy::schema::{Env, Type, Types};

use super::random::Random;
use crate::run::rule;

const OPERATORS: [&str; 6] = ["<", ">", "<=", ">=", "==", "!="];
const STRINGS: [&str; 7] =
    ["\"prod\"", "\"\"", "\"admin\"", "\"repo\"", "\"1\"", "\"okta\"", "\"a\\\"\\u{e9}*\""];
const PATTERNS: [&str; 6] = ["\"*a*\"", "\"*\"", "\"ad*\"", "\"x\"", "\"*o*a\"", "\"a*\\*\""];
const KEYS: [&str; 3] = ["\"env\"", "\"tier\"", "\"none\""];
const DURATIONS: [&str; 6] =
    ["\"30d\"", "\"0h\"", "\"-1d\"", "\"1d12h\"", "\"400d\"", "\"9223372036854775807ms\""];
const NUMBERS: [&str; 6] = ["1", "0", "2", "-1", "9223372036854775807", "(-9223372036854775807)"];
const DATES: [&str; 4] =
    ["2026-06-01T00:00:00Z", "2026-06-01", "2026-06-30T12:00:00.000+0200", "0000-01-01"];

/// Makes conditions for one kind of question.
pub struct Conditions<'a> {
    pub random: &'a mut Random,
    pub types: &'a Types,
    pub env: Env,
    pub sla: &'a [String],
    /// Ids that things of a type may have.
    pub names: fn(&str) -> [&'static str; 3],
}

impl Conditions<'_> {
    fn of<'o>(&mut self, options: &[&'o str]) -> &'o str {
        self.random.of(options)
    }

    fn below(&mut self, count: usize) -> usize {
        self.random.below(count)
    }

    /// A whole rule.
    pub fn rule(&mut self, number: usize) -> String {
        let Env { action, principal, resource } = self.env;
        let [principal, resource] = [principal, resource].map(|kind| {
            let name = kind.name();
            // `is` tells the type, and now and then more.
            if !self.random.one_in(12) {
                return format!("is {name}");
            }
            match name {
                "Person" | "Workload" => format!("is {name} in {}", self.literal("Team")),
                "Account" => format!("in {}", self.literal("Group")),
                _ => format!("is {name}"),
            }
        });
        let head = format!(
            "principal {principal}, action == Action::\"{}\", resource {resource}",
            action.name()
        );
        let mut clauses = format!("when {{ {} }}", self.truth(3));
        for _ in 0..self.below(3) {
            let word = self.of(&["unless", "when"]);
            clauses += &format!("\n{word} {{ {} }}", self.truth(2));
        }
        rule(&format!("random-{number}"), "low", "HEAD", &clauses).replace("principal, HEAD", &head)
    }

    fn truth(&mut self, depth: usize) -> String {
        let next = depth.saturating_sub(1);
        let [principal, resource] = [self.env.principal.name(), self.env.resource.name()];
        // Of these two there is no more to say than what they are.
        let [of_principal, of_resource] =
            [principal, resource].map(|name| !["Inventory", "Nobody"].contains(&name));
        match self.below(if depth == 0 { 5 } else { 13 }) {
            1 if of_principal => self.fact("principal", principal, 2),
            2 => self.error(resource),
            3 => match self.below(4) {
                0 => format!("principal is {principal}"),
                1 => format!("action == Action::\"{}\"", self.env.action.name()),
                2 => format!("resource == {}", self.literal(resource)),
                _ => "true".into(),
            },
            5 | 6 => format!("({} && {})", self.truth(next), self.truth(next)),
            7 | 8 => format!("({} || {})", self.truth(next), self.truth(next)),
            9 => format!("!({})", self.truth(next)),
            10 => format!(
                "(if {} then {} else {})",
                self.truth(next),
                self.truth(next),
                self.truth(next)
            ),
            11 => {
                let operator = self.of(&["==", "!="]);
                format!("(({}) {operator} ({}))", self.truth(next), self.truth(next))
            }
            _ if of_resource => self.fact("resource", resource, 2),
            _ => self.fact("principal", principal, 2),
        }
    }

    /// A condition that the validator accepts and that can't be evaluated for some things.
    fn error(&mut self, resource: &str) -> String {
        match resource {
            "Account" | "Revocation" if self.random.one_in(2) => {
                format!("resource.system == {}", self.literal("System"))
            }
            "Account" => "(if resource.live then resource.system else System::\"s1\") == System::\"s1\"".into(),
            "Credential" => "[resource.known_to_count + 9223372036854775807, 1].contains(1)".into(),
            "Entitlement" => "(resource has account && resource.account.system in [System::\"s1\", System::\"okta\"])".into(),
            "Person" => "-(resource.offboardings - 9223372036854775807) > 0".into(),
            "Team" => "resource.active_members * 9223372036854775807 > 0".into(),
            "Offboarding" => {
                let duration = self.of(&DURATIONS);
                format!("resource.effective_at.offset(duration({duration})).toDate() < context.now")
            }
            _ => "context.sla.review < context.sla.dormant".into(),
        }
    }

    /// Something about a fact of a thing, guarded where the fact may be missing.
    fn fact(&mut self, path: &str, of: &str, depth: usize) -> String {
        let entity = self.types.entity(of).unwrap();
        if entity.tags && self.random.one_in(10) {
            let (key, value) = (self.of(&KEYS), self.of(&STRINGS));
            let operator = self.of(&["==", "!="]);
            return match self.below(4) {
                0 => format!("({path}.hasTag({key}) && {path}.getTag({key}) {operator} {value})"),
                1 => format!("{path}.hasTag({key})"),
                2 => format!(
                    "({path}.hasTag({key}) && {path}.getTag({key}) like {})",
                    self.of(&PATTERNS)
                ),
                _ => format!(
                    "(if {path}.hasTag({key}) then {path}.getTag({key}) {operator} {value} else true)"
                ),
            };
        }
        if self.random.one_in(12) && ["Person", "Workload", "Account", "Group"].contains(&of) {
            let above = if ["Person", "Workload"].contains(&of) { "Team" } else { "Group" };
            let (one, other) = (self.literal(above), self.literal(above));
            return match self.below(3) {
                0 => format!("{path} in {one}"),
                1 => format!("{path} in [{one}, {other}]"),
                _ => format!("{path} is {of} in {one}"),
            };
        }
        let at = self.below(entity.attributes.len());
        let (name, attribute) = entity.attributes.iter().nth(at).unwrap();
        let about = self.about(&format!("{path}.{name}"), &attribute.of, depth);
        if attribute.required {
            return about;
        }
        match self.below(6) {
            3 => format!("{path} has {name}"),
            4 => format!("(if {path} has {name} then {about} else false)"),
            5 => self.extended(path, name, &attribute.of),
            _ => format!("({path} has {name} && {about})"),
        }
    }

    /// `A has B.C`
    fn extended(&mut self, path: &str, name: &str, of: &Type) -> String {
        let further = match of {
            Type::Entity(of) => self.types.entity(of).unwrap(),
            _ => return format!("{path} has {name}"),
        };
        let names: Vec<&String> = further.attributes.keys().collect();
        if names.is_empty() {
            return format!("{path} has {name}");
        }
        let next = names[self.below(names.len())];
        format!("{path} has {name}.{next}")
    }

    fn about(&mut self, path: &str, of: &Type, depth: usize) -> String {
        let operator = self.of(&OPERATORS);
        let equal = if operator == "!=" { "!=" } else { "==" };
        match of {
            Type::Bool => match self.below(3) {
                0 => format!("{path} {equal} {}", self.of(&["true", "false"])),
                _ => path.to_owned(),
            },
            Type::Long => {
                let (number, other) = (self.of(&NUMBERS), self.of(&NUMBERS));
                match self.below(5) {
                    0 => format!("{path} {operator} {number}"),
                    1 => format!("{path} + {number} {operator} {other}"),
                    2 => format!("{path} - {number} {operator} {other}"),
                    3 => format!("-{path} {operator} {other}"),
                    _ => format!("{path} * {number} {operator} {path}"),
                }
            }
            Type::String => match self.below(3) {
                0 => format!("{path} {equal} {}", self.of(&STRINGS)),
                1 => format!("[{}, {}].contains({path})", self.of(&STRINGS), self.of(&STRINGS)),
                _ => format!("{path} like {}", self.of(&PATTERNS)),
            },
            Type::Extension(_) => self.time(path, operator),
            Type::Entity(name) => self.thing(path, name, equal, depth),
            Type::Set(element) => self.set(path, element, equal),
            Type::Record(_) => "true".into(),
        }
    }

    fn set(&mut self, path: &str, element: &Type, equal: &str) -> String {
        let of = |this: &mut Self| match element {
            Type::Entity(name) => this.literal(name),
            _ => this
                .of(&["\"system\"", "\"owner\"", "\"admin\"", "\"repo\"", "\"\"", "\"account\""])
                .to_owned(),
        };
        let (one, other) = (of(self), of(self));
        match self.below(6) {
            0 => format!("{path}.isEmpty()"),
            1 => format!("{path}.contains({one})"),
            2 => format!("{path}.containsAll([{one}, {other}])"),
            3 => format!("{path}.containsAny([{one}, {other}])"),
            4 => format!("[{one}, {other}, {other}].containsAll({path})"),
            _ => format!("{path} {equal} [{one}]"),
        }
    }

    fn time(&mut self, path: &str, operator: &str) -> String {
        let number = self.below(self.sla.len());
        let limit = format!("context.sla.{}", self.sla[number]);
        let duration = format!("duration({})", self.of(&DURATIONS));
        let order = self.of(&OPERATORS[..4]);
        let date = format!("datetime(\"{}\")", self.of(&DATES));
        let unit = self.of(&["Milliseconds", "Seconds", "Minutes", "Hours", "Days"]);
        match self.below(11) {
            0 => format!("{path} {order} context.now"),
            1 => format!("context.now.durationSince({path}) {order} {limit}"),
            2 => format!("context.now.durationSince({path}) {operator} {duration}"),
            3 => format!("{path} {operator} {date}"),
            4 => format!("{path}.offset({duration}) {order} context.now"),
            5 => format!("{path}.toDate() {operator} {date}"),
            6 => format!("{path}.toTime() {operator} {duration}"),
            7 => {
                format!("{path}.durationSince({date}).to{unit}() {operator} {}", self.of(&NUMBERS))
            }
            8 => format!("{path}.offset({duration}).durationSince({date}) {order} {limit}"),
            9 => format!("[{date}, {path}].contains(context.now)"),
            _ => format!(
                "context.now.durationSince({path}) {order} (if {limit} < {duration} then {limit} else {duration})"
            ),
        }
    }

    fn thing(&mut self, path: &str, name: &str, equal: &str, depth: usize) -> String {
        let plain = self.types.entity(name).is_some_and(|entity| entity.words.is_empty());
        let (one, other) = (self.literal(name), self.literal(name));
        match self.below(6) {
            0 if plain && depth > 0 => self.fact(path, name, depth - 1),
            0 => format!("{path} {equal} {one}"),
            1 => format!("[{one}, {other}].contains({path})"),
            2 if plain => {
                format!("{path} in {}", self.literal(if name == "Person" { "Team" } else { name }))
            }
            2 => format!("{path} in [{one}, {other}]"),
            3 if name == self.env.principal.name() => format!("{path} {equal} principal"),
            3 if name == self.env.resource.name() => format!("{path} {equal} resource"),
            4 => format!("[{path}, {one}].containsAny([{other}])"),
            _ => format!("{one} {equal} {path}"),
        }
    }

    /// A word of a vocabulary, or a thing that is there or not.
    fn literal(&mut self, name: &str) -> String {
        let words = self.types.entity(name).map(|entity| entity.words.clone()).unwrap_or_default();
        let known = (self.names)(name);
        let words: Vec<&str> = if words.is_empty() {
            known.to_vec()
        } else {
            words.iter().map(String::as_str).collect()
        };
        format!("{name}::\"{}\"", self.of(&words))
    }
}
