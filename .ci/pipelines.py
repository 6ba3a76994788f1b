"""Runs what is there for the pipelines of others, as far as that goes without their servers.

usage: pipelines.py NHI-POLICY

The files are held against the schemas of their services. The Dockerfile's commands are run, and
what its last stage would hold is run where nothing else is. The shell parts of the action are run
with what a runner would give them, and so are the hooks of pre-commit and GitLab's script of the
README. It needs Rust, root, and a Debian machine, and ends with 1 where anything is not as it
should be. NHI-POLICY is one that was built before: what is built here is not optimised, and slow.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
TARGET = ROOT / "target"
AS_OF = "--as-of=2026-06-30T12:00:00Z"

# The same commands and the same libraries as a real build, without the minutes of optimising.
QUICK = {
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "64",
    "CARGO_PROFILE_RELEASE_DEBUG": "0",
    "CARGO_TERM_COLOR": "never",
}


def holds(what, condition):
    if not condition:
        sys.exit(f"pipelines: {what}")


def run(command, expected=0, **more):
    """Runs a command that has to end with a certain status; its output is shown if it doesn't."""
    more = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **more}
    done = subprocess.run(command, check=False, **more)
    if done.returncode != expected:
        sys.exit(f"{done.stdout}\npipelines: {command} ended with {done.returncode}, not with {expected}")
    return done.stdout


def tool(*command, **more):
    return run([str(TOOLS / command[0]), *map(str, command[1:])], cwd=ROOT, **more)


def examples():
    """The examples of the README, by the schema that they have to fit."""
    kinds = {"jobs": "vendor.github-workflows", "repos": "pre-commit"}
    for text in re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S):
        keys = yaml.safe_load(text).keys()
        yield next((kind for key, kind in kinds.items() if key in keys), "vendor.gitlab-ci"), text


def schemas(folder):
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    tool("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    workflow = folder / ".github" / "workflows" / "init.yml"
    workflow.parent.mkdir(parents=True)
    shutil.copy(ROOT / "src" / "cli" / "init" / "workflow.yml", workflow)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)
    audited, seen = ["action.yml", workflow], []
    for number, (kind, text) in enumerate(examples()):
        path = workflow.with_name(f"{number}.yml")
        path.write_text(text)
        seen.append(kind)
        if kind == "pre-commit":
            tool("pre-commit", "validate-config", path)
        else:
            tool("check-jsonschema", "--builtin-schema", kind, path)
        if kind == "vendor.github-workflows":
            audited.append(path)
    expected = ["pre-commit", "vendor.github-workflows", "vendor.gitlab-ci"]
    holds(f"the README has an example of each pipeline: {seen}", sorted(seen) == expected)
    tool("zizmor", "--offline", "--config", ".ci/zizmor.yml", *audited)
    print(f"the action, the hooks, init's workflow and {len(seen)} examples fit their schemas")


def image(folder):
    """Runs the commands of the Dockerfile, and its result without anything else."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    build, last = [list(map(str.strip, part.splitlines())) for part in "\n".join(lines).split("\nFROM scratch\n")]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    holds(".dockerignore leaves everything out but what it names", "*" in ignored)
    kept = [line[1:] for line in ignored if line.startswith("!")]
    source, out = folder / "src", folder / "out"
    source.mkdir()
    environment = {**os.environ, **QUICK, "DEBIAN_FRONTEND": "noninteractive"}
    for line in build[1:]:
        word, _, rest = line.partition(" ")
        if word == "RUN":
            rest = rest.replace("/out", shlex.quote(str(out)))
            # What has been built is kept from run to run.
            (source / "target").exists() or (source / "target").symlink_to(TARGET)
            run(["sh", "-ec", rest], cwd=source, env=environment)
        elif (word, rest) == ("COPY", ". ."):
            files = run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT).splitlines()
            for file in files:
                if any(file == name or fnmatch.fnmatch(file, f"{name}/*") for name in kept):
                    (source / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / file, source / file)
        else:
            holds(f"an instruction that this can't run: {line}", line == "WORKDIR /src")
    last = dict(line.split(" ", 1) for line in last)
    holds(f"what is taken over: {last}", last["COPY"] == "--from=build /out /")
    user, entry = int(last["USER"].split(":")[0]), json.loads(last["ENTRYPOINT"])
    holds("it is not run by root", user > 0)

    headers = run(["readelf", "-lW", str(out / entry[0].lstrip("/"))])
    holds("nothing is linked at run time", "INTERP" not in headers and "LOAD" in headers)
    shutil.copytree(ROOT / "testdata", out / "work" / "testdata")
    folder.chmod(0o755)

    def inside(*arguments, expected):
        def enter():
            os.chroot(out)
            os.chdir("/work")
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)

        return run([*entry, *arguments], expected, preexec_fn=enter, env={})

    holds("it says its version", "nhi-policy" in inside("--version", expected=0))
    holds("it checks", "verdict: fail" in inside("check", "testdata/acme", "--isolated", AS_OF, expected=1))
    exports = ["testdata/exports", "--import", "--config=testdata/exports.toml"]
    holds("it imports", "verdict: fail" in inside("check", *exports, expected=1))
    print("the Dockerfile's commands work, and so does what they make, where nothing else is")


def project(folder):
    """What a user has: an inventory and rules of their own."""
    run([shutil.which("nhi-policy"), "init"], cwd=folder)
    shutil.copytree(ROOT / "testdata" / "acme", folder / "inventory")
    shutil.copytree(folder / "policies", folder / "my-rules")
    shutil.rmtree(folder / "policies")
    (folder / "nhi-policy.toml").unlink()


class Runner:
    """The shell parts of the action, with what a runner of GitHub gives them."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.number = folder, environment, 0
        self.action = yaml.safe_load((ROOT / "action.yml").read_text())
        self.steps = [step for step in self.action["runs"]["steps"] if "run" in step]
        for step in self.steps:
            holds("no input is a part of a script", "${{" not in step["run"])

    def value(self, text, inputs):
        name = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text)
        holds(f"an expression that this can't evaluate: {text}", name)
        holds(f"{name[1]} is no input", name[1] in self.action["inputs"])
        return inputs.get(name[1], self.action["inputs"][name[1]].get("default", ""))

    def step(self, name, expected, **inputs):
        """Runs a step; its outputs, its summary, and what it said."""
        self.number += 1
        files = self.folder / f"step-{self.number}"
        files.mkdir()
        step = next(step for step in self.steps if step["name"] == name)
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        env = {key: self.value(text, given) for key, text in step.get("env", {}).items()}
        for key, file in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")]:
            (files / file).write_text("before=1\n")
            env[key] = str(files / file)
        env |= {"RUNNER_TEMP": str(self.folder / "temp"), "GITHUB_ACTION_PATH": str(ROOT)}
        (files / "script").write_text(step["run"])
        shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(files / "script")]
        said = run(shell, expected, cwd=self.folder / "project", env={**self.environment, **env})
        texts = [(files / file).read_text() for file in ["output", "summary"]]
        holds("what stood in the runner's files is still there", all(t.startswith("before=1\n") for t in texts))
        output, summary = (text.removeprefix("before=1\n") for text in texts)
        return dict(line.split("=", 1) for line in output.splitlines()), summary, said

    def check(self, expected, **inputs):
        """A check that comes to a result; its report and what it said."""
        outputs, summary, said = self.step("Check", expected, **inputs)
        holds("it has a summary", summary.strip())
        with open(outputs["sarif"], encoding="utf-8") as sarif:
            holds("code scanning gets SARIF", json.load(sarif)["version"] == "2.1.0")
        with open(outputs["json"], encoding="utf-8") as report:
            return json.load(report), said


def action(folder, environment):
    for name in ["temp", "project"]:
        (folder / name).mkdir()
    runner = Runner(folder, environment)
    runner.step("Install", 0)
    at = folder / "project"
    project(at)
    for name in ["exports", "exports.toml", "clean", "exceptions.json"]:
        (at / name).symlink_to(ROOT / "testdata" / name)
    (at / "empty.json").write_text('{"version": "1", "generated_at": "2026-06-30T06:00:00Z"}')

    report, said = runner.check(1, inventory="inventory", args=AS_OF)
    violations = [finding for finding in report["findings"] if finding["status"] == "violation"]
    commands = [line for line in said.splitlines() if line.startswith("::")]
    holds("findings are annotations, of which GitHub shows ten", violations and 0 < len(commands) <= 10)
    everything = {"policies": "my-rules\n", "exceptions": "exceptions.json", "fail_on": "critical"}
    report, _ = runner.check(1, inventory="inventory\r\n\n", args=f"{AS_OF}\n--isolated", **everything)
    holds("it fails on what it should fail on", report["fail_on"] == "critical")
    holds("exceptions are read", report["exceptions"])
    holds("rules are read", any(rule["origin"] != "bundled" for rule in report["rules"]))
    report, _ = runner.check(0, inventory="clean", args=AS_OF)
    holds("clean is clean", not report["findings"] and report["verdict"] == "pass")
    runner.check(3, inventory="empty.json", args=AS_OF)
    report, _ = runner.check(1, inventory="exports", **{"import": "true"}, args="--config=exports.toml")
    holds("exports are imported", report["findings"])
    refused = [
        {"inventory": "nowhere"},
        {"inventory": "inventory", "import": "yes"},
        {"inventory": "inventory", "baseline": "nowhere.json"},
        {"inventory": "--version"},
        {"inventory": ""},
        {"inventory": '$(touch owned) `touch owned` "; touch owned; "', "args": "$(touch owned)"},
    ]
    for inputs in refused:
        outputs, summary, said = runner.step("Check", 2, **inputs)
        holds(f"nothing is shown of what couldn't be judged: {inputs}", not outputs and not summary)
        holds(f"it says why: {inputs}", said.strip())
    holds("no input is obeyed", not (at / "owned").exists())
    print(f"the action's steps work: {runner.number} runs")


def hooks(folder, environment):
    """The hooks, on a repository of their user; the program is there already."""
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    local = [{**hook, "language": "system"} for hook in manifest]
    config = {"repos": [{"repo": "local", "hooks": local}]}
    project(folder)
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    run(["git", "init", "--quiet"], cwd=folder)
    run(["git", "add", "--all"], cwd=folder)
    more = {"cwd": folder, "env": {**environment, "PRE_COMMIT_HOME": str(folder / ".git" / "cache")}}

    def said(expected, *arguments):
        return run([str(TOOLS / "pre-commit"), "run", *arguments], expected, **more)

    found = said(1, "nhi-policy-check", "--all-files")
    holds("the hook says what was found", "verdict: fail" in found and "leaver-credential-live" in found)
    holds("the rules' cases pass", "Passed" in said(0, "nhi-policy-test", "--all-files"))
    (folder / "other.txt").write_text("")
    holds("other files are none of theirs", said(0, "--files", "other.txt").count("Skipped") == 2)


def gitlab(folder, environment):
    """The script of the README's example, in a project like the one that it is about."""
    text = next(text for kind, text in examples() if kind == "vendor.gitlab-ci")
    (job,) = yaml.safe_load(text).values()
    project(folder)
    run(["bash", "-e", "-c", "\n".join(job["script"])], 1, cwd=folder, env=environment)
    reports = job["artifacts"]["reports"]
    issues = json.loads((folder / reports["codequality"]).read_text())
    holds("code quality has the findings", len(issues) > 10 and all(issue["fingerprint"] for issue in issues))
    holds("the tests are there", (folder / reports["junit"]).stat().st_size > 0)
    print(f"the hooks work, and so does GitLab's script: {len(issues)} issues")


def main(program):
    with tempfile.TemporaryDirectory() as top:
        folders = [Path(top) / name for name in ["schemas", "image", "action", "hooks", "gitlab"]]
        for folder in folders:
            folder.mkdir()
        Path(top).chmod(0o755)
        schemas(folders[0])
        image(folders[1])
        # What the image's build has made is used again: the same commands, for the same target.
        machine = os.uname().machine
        environment = {
            **os.environ,
            **QUICK,
            "CARGO_BUILD_TARGET": f"{machine}-unknown-linux-musl",
            "CARGO_TARGET_DIR": str(TARGET),
            "CARGO_INSTALL_ROOT": str(Path(top) / "installed"),
            "PATH": f"{top}/installed/bin:{os.environ['PATH']}",
        }
        os.environ["PATH"] = environment["PATH"]
        action(folders[2], environment)
        quick = Path(top) / "quick"
        quick.mkdir()
        (quick / "nhi-policy").symlink_to(Path(program).resolve())
        environment["PATH"] = f"{quick}:{environment['PATH']}"
        hooks(folders[3], environment)
        gitlab(folders[4], environment)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
