"""Runs the scripts of action.yml, as they are in the file, where a runner of GitHub would.

A step sees the environment of a runner and nothing of this process. Steps that use another action are left
out; what they are asked for is recorded. Of expressions, only those that action.yml contains are understood.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
SECONDS = 900


@dataclass
class Step:
    """A step that was run. used: what it asked another action for, if it does not run a script."""

    name: str
    status: int
    output: str
    used: dict = field(default_factory=dict)


class Runner:
    """workspace: where the repository that is checked is. folder: for the runner's own files. outputs: of the
    steps so far, by their ids.

    root: of another system in which the steps are run, as root; other paths are those of that system.
    """

    def __init__(self, workspace, folder, inputs, action=ROOT, root=Path("/")):
        self.root = root
        self.definition = yaml.safe_load(self.outside(action / "action.yml").read_text())
        unknown = inputs.keys() - self.definition["inputs"].keys()
        assert not unknown, f"action.yml has no inputs {unknown}"
        self.workspace, self.folder, self.action = workspace, folder, action
        defaults = {name: given["default"] for name, given in self.definition["inputs"].items()}
        self.inputs = defaults | inputs
        self.known = {
            "github.run_id": "1",
            **{f"inputs.{name}": value for name, value in self.inputs.items()},
        }
        self.outputs, self.outcomes, self.failed = {}, {}, False
        self.summary = self.outside(folder / "summary.md")
        for name in ("home", "temp"):
            self.outside(folder / name).mkdir(parents=True)
        self.summary.touch()

    def outside(self, path):
        """A path of the other system, as seen from here."""
        return self.root / path.relative_to("/")

    def run(self):
        """The steps that were carried out, in their order."""
        return [self.carry_out(step) for step in self.definition["runs"]["steps"] if self._is_due(step)]

    def before(self, step):
        """Called with the definition of each step, before it is run."""

    def carry_out(self, step):
        self.before(step)
        if "uses" in step:
            with_ = {name: self._text(value) for name, value in step["with"].items()}
            return Step(step.get("name", ""), 0, "", {"uses": step["uses"], **with_})
        file = self.folder / "output.txt"
        self.outside(file).write_text("")
        environment = {
            "HOME": str(self.folder / "home"),
            "PATH": PROGRAMS,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.action),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_OUTPUT": str(file),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            **{name: self._text(value) for name, value in step.get("env", {}).items()},
        }
        assert step["shell"] == "bash"
        place = self.workspace / self._text(step.get("working-directory", "."))
        command = ["env", f"--chdir={place}", "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        if self.root != Path("/"):
            inside = ["--mount", "--pid", "--fork", f"--mount-proc={self.root}/proc"]
            command = ["unshare", *inside, "chroot", str(self.root), *command]
        done = subprocess.run(
            [*command, self._text(step["run"])],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        if "id" in step:
            written = dict(line.split("=", 1) for line in self.outside(file).read_text().splitlines())
            self.outputs[step["id"]] = written
            self.outcomes[step["id"]] = "success" if done.returncode == 0 else "failure"
        self.failed |= done.returncode != 0
        return Step(step["name"], done.returncode, done.stdout)

    def _text(self, text):
        return EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, name):
        if found := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", name):
            return self.outputs.get(found[1], {}).get(found[2], "")
        if found := re.fullmatch(r"steps\.(\w+)\.outcome", name):
            return self.outcomes.get(found[1], "skipped")
        return self.known[name]

    def _is_due(self, step):
        """After a failure, steps whose condition does not ask for the state are skipped."""
        condition = step.get("if", "success()")
        asks = re.search(r"\b(success|failure|always)\(\)", condition)
        terms = condition.replace("(success() || failure())", "always()").split(" && ")
        return all(map(self._holds, terms)) and (bool(asks) or not self.failed)

    def _holds(self, term):
        states = {"success()": not self.failed, "failure()": self.failed, "always()": True}
        if term in states:
            return states[term]
        name, operator, text = re.fullmatch(r"(\S+) (==|!=) '(.*)'", term).groups()
        return (self._value(name) == text) == (operator == "==")
