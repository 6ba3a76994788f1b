//! Runs the real executable, with nothing of the caller's environment but PATH.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The instant as of which the shipped test data is meant to be judged.
pub const AS_OF: &str = "2026-06-30T12:00:00Z";

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A run that is being put together: from the repository's root, unless it is told otherwise.
pub struct Run {
    command: Command,
    input: Vec<u8>,
}

/// The program with these arguments, which are split at blanks.
pub fn nhi(arguments: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nhi-policy"));
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.current_dir(root());
    Run { command, input: Vec::new() }.args(arguments)
}

/// A check without a configuration, as of the usual instant.
pub fn check(arguments: &str) -> Run {
    nhi("check --isolated --as-of").arg(AS_OF).args(arguments)
}

impl Run {
    /// More arguments, split at blanks.
    pub fn args(mut self, arguments: &str) -> Self {
        self.command.args(arguments.split_whitespace());
        self
    }

    /// One argument, whatever is in it.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// The working directory.
    pub fn at(mut self, folder: &(impl AsRef<Path> + ?Sized)) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// A variable of the environment.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    /// What stands on standard input.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Standard output goes there.
    pub fn to(self, output: Stdio) -> Done {
        self.run_to(output)
    }

    /// Runs it.
    pub fn run(self) -> Done {
        self.run_to(Stdio::piped())
    }

    /// The law of every run: it ends by itself, and doesn't panic.
    fn run_to(mut self, output: Stdio) -> Done {
        let line = format!("{:?}", self.command);
        let spawned =
            self.command.stdin(Stdio::piped()).stdout(output).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // Whoever refuses the arguments doesn't read.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|_| panic!("{line}: not UTF-8"));
        let (out, err) = (text(output.stdout), text(output.stderr));
        let code = output.status.code().unwrap_or_else(|| panic!("{line}: killed\n{err}"));
        assert!(!err.contains("panicked"), "{line}\n{err}");
        Done { code, out, err, line }
    }
}

/// What a run left behind.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
    /// The command line.
    pub line: String,
}

impl Done {
    /// Holds the exit code against the one that it has to be.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        let Self { line, err, .. } = &self;
        assert!(self.code == code, "exit {}, not {code}: {line}\n{err}\n{}", self.code, self.out);
        self
    }

    /// It said nothing but this error: exit 2, nothing on standard output.
    #[track_caller]
    pub fn refused(self) -> Self {
        let done = self.exits(2);
        assert!(done.out.is_empty() && !done.err.is_empty(), "{done:?}");
        done
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", self.line, self.err))
    }

    /// The findings of a report in JSON.
    #[track_caller]
    pub fn findings(&self) -> Vec<Value> {
        self.json()["findings"].as_array().unwrap().clone()
    }

    /// The messages and advice on standard error: neither places nor excerpts, which could hold the
    /// words that are looked for anyway.
    pub fn said(&self) -> String {
        let is_said = |line: &&str| {
            let line = line.trim_start();
            ["× ", "help: ", "error: "].iter().any(|start| line.starts_with(start))
        };
        self.err.lines().filter(is_said).collect::<Vec<_>>().join("\n")
    }

    /// How many faults are shown; the other place of a fault is none of its own.
    pub fn faults(&self) -> usize {
        let lines = self.err.lines().filter(|line| line.starts_with("  × "));
        lines.filter(|line| *line != "  × the first one").count()
    }
}

/// `Type::id`
pub fn name(thing: &Value) -> String {
    format!("{}::{}", thing["type"].as_str().unwrap(), thing["id"].as_str().unwrap())
}

/// A string of a JSON value.
#[track_caller]
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// A folder of its own with these files.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The files in a folder and below, by their relative paths, with their bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| !entry.file_type().is_dir()).map(|entry| {
        let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(entry.path()).unwrap_or_default())
    });
    files.collect()
}

/// A small inventory without anything wrong.
pub fn sound() -> Value {
    json!({
        "version": "1",
        "generated_at": "2026-06-30T06:00:00Z",
        "systems": [{"id": "vault"}],
        "people": [{"id": "amy", "status": "active"}],
        "accounts": [
            {"id": "a1", "system": "vault", "status": "enabled", "type": "human", "identity": "amy",
             "username": "amy", "last_login_at": "2026-06-29T08:00:00Z"},
        ],
        "credentials": [
            {"id": "c1", "kind": "password", "status": "active", "account": "a1",
             "created_at": "2026-06-01T08:00:00Z", "last_used_at": "2026-06-29T08:00:00Z",
             "expires_at": "2026-07-29T08:00:00Z", "storage": "secrets_manager"},
        ],
    })
}

/// The same with an account of an unknown system, which is a violation of medium severity.
pub fn unsound() -> Value {
    let mut inventory = sound();
    let lost = json!({"id": "lost", "system": "gone", "status": "enabled", "type": "human",
        "identity": "amy", "last_login_at": "2026-06-29T08:00:00Z"});
    inventory["accounts"].as_array_mut().unwrap().push(lost);
    inventory
}

/// A rule; the head is such as `action == Action::"keep", resource is Account`.
pub fn rule(id: &str, severity: &str, head: &str, condition: &str) -> String {
    format!(
        "// Why this is a rule.\n@id(\"{id}\")\n@title(\"The rule {id}\")\n@severity(\"{severity}\")\n\
         @controls(\"NHI-03, PR.AC-4\")\n@accountable(\"a role\")\n@message(\"about {{resource}}\")\n\
         @remediation(\"Do it.\")\nforbid (principal, {head})\n{condition};\n"
    )
}

/// A rule that reads the system of accounts, which an account of an unknown system doesn't have.
pub fn reads_system() -> String {
    let head = "action == Action::\"keep\", resource is Account";
    rule("reads-system", "low", head, "when { resource.system == System::\"other\" }")
}

/// The formats of `check --format`, as the program itself lists them.
pub fn formats() -> Vec<String> {
    let said = nhi("check x --isolated --format nonsense").run().refused().err;
    let list =
        said.split_once("[possible values: ").and_then(|(_, list)| list.split_once(']')).unwrap().0;
    let formats: Vec<String> = list.split(", ").map(str::to_owned).collect();
    for known in ["text", "json", "jsonl", "sarif"] {
        assert!(formats.iter().any(|format| format == known), "{formats:?}");
    }
    formats
}

/// Holds a document against a JSON Schema.
#[track_caller]
pub fn conforms(schema: &Value, document: &Value, what: &str) {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .take(5)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// A published schema.
pub fn schema(of: &str) -> Value {
    nhi("schema").arg(of).run().exits(0).json()
}
