"""The workflow and the noxfile, held together: neither is run, both are read."""

import ast
import re
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
WORKFLOW = (WORKFLOWS / "ci.yml").read_text("utf-8")
ON = True  # what YAML 1.1 reads `on` as


def sessions_of_the_noxfile() -> tuple[set[str], set[str]]:
    """Return the names of all sessions, and of those that a bare `nox` runs."""
    names, defaults = set(), set()
    for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body:
        match node:
            case ast.FunctionDef(name=name, decorator_list=[decorator]):
                options = decorator.keywords if isinstance(decorator, ast.Call) else []
                given = [ast.literal_eval(o.value) for o in options if o.arg == "name"]
                names.update(given or [name])
            case ast.Assign(targets=[target], value=value):
                if ast.unparse(target) == "nox.options.sessions":
                    defaults.update(ast.literal_eval(value))
    return names, defaults


class TestWorkflow(unittest.TestCase):
    def setUp(self):
        self.jobs = yaml.safe_load(WORKFLOW)["jobs"]
        matrix = self.jobs["nox"]["strategy"]["matrix"]
        rows = [*matrix["sessions"], *(row["sessions"] for row in matrix["include"])]
        self.sessions = {session for row in rows for session in row.split(" -- ")[0].split()}
        self.sessions |= set(re.findall(r"nox -s (\w+)", WORKFLOW))

    def test_every_session_of_the_workflow_is_in_the_noxfile(self):
        names, _ = sessions_of_the_noxfile()

        self.assertLessEqual(self.sessions, names)

    def test_every_session_of_a_bare_nox_is_in_the_workflow(self):
        _, defaults = sessions_of_the_noxfile()

        self.assertTrue(defaults)
        self.assertLessEqual(defaults, self.sessions)

    def test_the_gate_needs_every_other_job_and_runs_whatever_became_of_them(self):
        gate = self.jobs.pop("gate")

        self.assertCountEqual(gate["needs"], self.jobs)
        self.assertEqual(gate["if"], "always()")

    def test_a_pull_request_runs_whatever_it_changes(self):
        self.assertEqual(yaml.safe_load(WORKFLOW)[ON]["pull_request"], None)

    def test_a_push_of_a_learner_is_graded_on_every_branch(self):
        kata = yaml.safe_load((WORKFLOWS / "kata.yml").read_text("utf-8"))

        self.assertEqual(kata[ON], {"push": {"branches": ["**"], "paths": ["kata/**"]}})

    def test_the_newcomer_runs_the_commands_of_the_readme(self):
        readme = (ROOT / "README.md").read_text("utf-8")
        commands = re.findall(r"^    (python3 -m venv .+/nox.*)$", readme, re.MULTILINE)
        steps = "\n".join(step.get("run", "") for step in self.jobs["newcomer"]["steps"])

        self.assertTrue(commands)
        for command in commands:
            with self.subTest(command):
                self.assertRegex(steps, rf"(?m)^{re.escape(command)}(?: &)?$")

    def test_every_action_is_pinned_by_its_full_hash_with_the_version_beside_it(self):
        texts = [path.read_text("utf-8") for path in WORKFLOWS.iterdir()]
        actions = re.findall(r"uses: (.+)", "".join(texts))

        self.assertTrue(actions)
        for action in actions:
            with self.subTest(action):
                self.assertRegex(action, r"^[\w/-]+@[0-9a-f]{40} # v[0-9.]+$")
