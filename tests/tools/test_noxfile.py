"""The sessions of the noxfile on other machines: environment variables, folders and line ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import Coverage

ROOT = Path(__file__).parents[2]

# Print the environment of the commands that a session runs.
PRINT_ENVIRONMENT = "import json, os, noxfile; print(json.dumps(dict(os.environ)))"

# Print what the session `coverage` does, without doing it.
PRINT_STEPS = """
import json, noxfile
from unittest.mock import Mock
session = Mock()
noxfile.coverage(session)
print(json.dumps([" ".join([name, *arguments]) for name, arguments, _ in session.mock_calls]))
"""

# Print the setting of the session `serve` for a checkout whose remote is the argument.
PRINT_REPOSITORY = """
import json, noxfile, sys
from unittest.mock import Mock
session = Mock()
session.run.return_value = sys.argv[1]
print(json.dumps(noxfile.repository(session)))
"""

# A few tests that the session `tools` runs in this environment, with nothing to install.
SMALL_SESSION = ["--no-venv", "--no-install", "--session=tools", "--"]
SMALL_SESSION += ["tests/integration/test_blueprints.py", "tests/tools/test_summary.py"]

SEEN = {
    "CI": "true",
    "HTTPS_PROXY": "http://proxy.example",
    "no_proxy": "localhost",
    "PIP_INDEX_URL": "https://index.example",
    "REQUESTS_CA_BUNDLE": "ca.pem",
    "SELENIUM_REMOTE_URL": "http://grid.example",
    "SSL_CERT_FILE": "ca.pem",
    "TMPDIR": "/scratch",
    "UV_DEFAULT_INDEX": "https://index.example",
}


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, str]:
    """Variables that each break a session which sees them."""
    folder = tmp_path / ("a long name " * 8)
    folder.mkdir()
    (folder / "app.py").write_text("raise ImportError")
    return {
        "COVERAGE_FILE": "/no/such/folder/.coverage",
        "COVERAGE_RCFILE": "/no/such/file",
        "DATABASE_URL": "mysql://localhost",
        "FLASK_PROXY_HOPS": "many",
        "FORCE_COLOR": "1",
        "LC_ALL": "xx_XX.UTF-8",
        "PGHOSTADDR": "192.0.2.1",
        "PGSERVICE": "no-such-service",
        "PYTEST_ADDOPTS": "--no-such-option",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONPATH": str(folder),
        "PYTHONWARNINGS": "error",
        "TMPDIR": str(folder),
    }


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these variables added to its virtual environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - no argument is user input
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


class TestEnvironment:
    @pytest.mark.parametrize(
        "tmpdir",
        ["/a/long/folder/for/all/the/temporary/files", "/a folder"],
        ids=["long", "with-a-space"],
    )
    def test_settings_of_other_programs_are_removed(self, hostile, tmpdir):
        hostile["TMPDIR"] = tmpdir

        seen = json.loads(run("-c", PRINT_ENVIRONMENT, **hostile).stdout)

        assert seen["PATH"]
        assert hostile.keys() & seen.keys() == set()

    def test_settings_of_network_and_package_index_are_kept(self):
        seen = json.loads(run("-c", PRINT_ENVIRONMENT, **SEEN).stdout)

        assert {name: seen.get(name) for name in SEEN} == SEEN

    def test_session_passes_in_a_hostile_environment(self, hostile):
        session = run("-m", "nox", *SMALL_SESSION, **hostile)

        assert session.returncode == 0, session.stdout + session.stderr


class TestPython:
    def test_session_on_a_python_that_is_not_installed_fails(self):
        # By default, nox skips such a session and exits with status 0, except on CI.
        options = ["--no-install", "--download-python=never", "--force-python=3.99"]

        session = run("-m", "nox", *options, "--session=unit")

        assert session.returncode == 1
        assert "Session unit-3.99 failed: Python interpreter 3.99 not found" in session.stderr


class TestFolder:
    def test_read_only_checkout_is_named_in_one_line(self):
        # Root may write to a read-only folder, so the answer of the operating system is replaced.
        read_only = "import os; os.access = lambda *_: False; import noxfile"

        session = run("-c", read_only)

        assert session.returncode == 1
        assert session.stderr.startswith("This folder is read-only. Copy it")
        assert session.stderr.count("\n") == 1


class TestRepository:
    @pytest.mark.parametrize("end", ["", ".git", "/"])
    def test_pages_link_to_the_repository_that_was_cloned_over_https(self, end):
        remote = f"https://git.example.com/you/flask-testing-kata{end}\n"

        setting = json.loads(run("-c", PRINT_REPOSITORY, remote).stdout)

        assert setting == {"FLASK_REPOSITORY_URL": "https://git.example.com/you/flask-testing-kata"}

    @pytest.mark.parametrize(
        "output",
        [
            "git@git.example.com:you/kata.git",
            "https://you:token@git.example.com/you/kata.git",
            "/home/you/kata",
            "error: No such remote 'origin'",
            "",
        ],
    )
    def test_pages_link_to_no_other_repository(self, output):
        assert json.loads(run("-c", PRINT_REPOSITORY, output).stdout) == {}


class TestCoverage:
    def test_html_report_is_written_and_named_before_the_limit_is_checked(self):
        folder = Coverage(config_file=ROOT / "pyproject.toml").get_option("html:directory")
        # Below the limit, a command that checks it would end the session.
        html = "run coverage html --quiet --fail-under=0"

        steps = json.loads(run("-c", PRINT_STEPS).stdout)

        [named] = [step for step in steps if f"{folder}/index.html" in step]
        assert steps[-3:] == [html, named, "run coverage report"]


class TestLineEnds:
    def test_clone_with_autocrlf_keeps_line_ends(self, tmp_path):
        def git(*arguments: str) -> None:
            command = ["git", "-C", str(tmp_path), "-c", "core.autocrlf=true", *arguments]
            subprocess.run(command, check=True)  # noqa: S603 - no argument is user input

        shutil.copy(ROOT / ".gitattributes", tmp_path)
        (tmp_path / "script.sh").write_bytes(b"echo\n")

        git("init", "--quiet")
        git("add", "script.sh")
        git("checkout-index", "--prefix=clone/", "script.sh")

        assert (tmp_path / "clone" / "script.sh").read_bytes() == b"echo\n"
