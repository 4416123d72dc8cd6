"""The browser tests themselves: a missing browser, failure reports, and interrupted runs."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.support.missing import missing
from tests.system.browser import GRID_URL, HEADLESS_SHELLS, SANDBOX_ERROR, open_browser
from tests.system.processes import ROOT, TIMEOUT

# Tests for a pytest run in a subprocess. Each passes, fails or waits, as its name says.
INNER_TESTS = """
from threading import Event

from tests.system.blog import BlogTestCase
from tests.system.page import Page


class TestInner(BlogTestCase):
    def test_passes(self):
        assert self.visit(Page).heading == "Hello World!!!"

    def test_fails(self):
        assert self.visit(Page, "/about").heading == "Another heading"

    def test_fails_with_a_javascript_error(self):
        self.visit(Page)
        self.browser.execute_script("setTimeout(() => { throw new Error('thrown') })")

    def test_fails_with_an_unexpected_http_error(self):
        self.visit(Page, "/nowhere")

    def test_fails_without_an_expected_http_error(self):
        self.expected_errors = [404]
        self.visit(Page)

    def test_waits(self):
        self.visit(Page)
        print("waiting", flush=True)
        Event().wait(60)
"""


def pytest_command(folder: Path, *options: str) -> list[str]:
    """Store the inner tests in `folder`, and return the command that runs them."""
    (folder / "test_inner.py").write_text(INNER_TESTS)
    plugins = ["-p", "conftest", "-p", "tests.system.conftest", "-p", "no:cacheprovider"]
    project = ["-c", "pyproject.toml", "--rootdir", str(folder), f"--basetemp={folder}/temporary"]
    return [sys.executable, "-m", "pytest", *plugins, *project, *options, str(folder)]


class TestMissing:
    @pytest.fixture(autouse=True)
    def no_browser(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A machine without a browser, a driver and a network."""
        monkeypatch.setattr("tests.system.browser.GRID_URL", None)
        monkeypatch.setattr("tests.system.browser.DEBIAN", str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path))
        monkeypatch.setenv("SE_OFFLINE", "true")

    def test_missing_browser_is_a_skip_that_says_what_to_install(self, monkeypatch):
        monkeypatch.delenv("CI", raising=False)

        with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"), open_browser():
            pass

    def test_missing_browser_is_a_failure_on_ci(self, monkeypatch):
        monkeypatch.setenv("CI", "true")

        with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"), open_browser():
            pass


class TestSandbox:
    def test_browser_without_a_sandbox_is_a_skip_that_names_the_cause(self, monkeypatch, tmp_path):
        if shutil.which("chromedriver") is None:
            missing(
                "There is no chromedriver. On Debian or Ubuntu: apt-get install chromium-driver"
            )
        monkeypatch.setattr("tests.system.browser.GRID_URL", None)
        monkeypatch.setattr("tests.system.browser.DEBIAN", str(tmp_path))
        monkeypatch.delenv("CI", raising=False)
        browser = tmp_path / HEADLESS_SHELLS[0]
        browser.write_text(f"#!/bin/sh\necho '{SANDBOX_ERROR}!' >&2\nexit 1\n")
        browser.chmod(0o755)

        with pytest.raises(pytest.skip.Exception, match="user namespaces"), open_browser():
            pass


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the inner tests and of their reports, with a report of an earlier run."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "reports").mkdir()
    (folder / "reports" / "test_old.py.test_fails.png").touch()
    return folder


@pytest.fixture(scope="module")
def output(project: Path) -> str:
    """The output of the inner tests that pass or fail."""
    result = subprocess.run(  # noqa: S603 - our own arguments
        pytest_command(project, "-k", "passes or fails"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return result.stdout


class TestReports:
    def test_errors_in_the_console_fail_a_test(self, output):
        assert "4 failed, 1 passed" in output

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("fails", "assert 'About' == 'Another heading'"),
            ("fails_with_a_javascript_error", "Uncaught Error: thrown"),
            ("fails_with_an_unexpected_http_error", "['404'] != []"),
            ("fails_without_an_expected_http_error", "[] != ['404']"),
        ],
    )
    def test_failure_shows_the_reason_and_its_reports(self, output, name, reason):
        _, section = re.split(rf"_+ TestInner\.test_{name} _+\n", output)
        section = re.split(r"\n_+ Test|\n=+ short", section)[0]

        assert reason in section
        assert f"\nreports/test_inner.py.TestInner.test_{name}.*" in section

    @pytest.mark.usefixtures("output")
    def test_passed_test_saves_no_reports(self, project):
        names = [path.name for path in (project / "reports").iterdir()]

        assert names
        assert not [name for name in names if "test_passes" in name]

    @pytest.mark.usefixtures("output")
    def test_reports_of_earlier_runs_are_deleted(self, project):
        names = [path.name for path in (project / "reports").iterdir()]

        assert not [name for name in names if not name.startswith("test_inner.py")]

    @pytest.mark.usefixtures("output")
    def test_saved_page_contains_its_style_sheet(self, project):
        page = (project / "reports" / "test_inner.py.TestInner.test_fails.html").read_text()

        assert (ROOT / "app" / "static" / "style.css").read_text() in page
        assert 'rel="stylesheet"' not in page

    @pytest.mark.usefixtures("output")
    def test_reports_contain_screenshot_page_console_and_server_log(self, project):
        reports = project / "reports" / "test_inner.py.TestInner"
        failed, thrown = f"{reports}.test_fails", f"{reports}.test_fails_with_a_javascript_error"

        assert Path(f"{failed}.png").read_bytes().startswith(b"\x89PNG")
        assert "<h1>About</h1>" in Path(f"{failed}.html").read_text()
        assert '"GET /about HTTP/1.1" 200' in Path(f"{failed}.server.log").read_text()
        assert "Uncaught Error: thrown" in Path(f"{thrown}.console.json").read_text()


class TestInterrupt:
    @pytest.fixture(autouse=True)
    def local_browser(self) -> None:
        """A skip if the browser runs on a Selenium Grid, where its processes cannot be seen."""
        if GRID_URL:
            missing("The processes of a Selenium Grid cannot be seen from here.")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
    def test_interrupted_run_leaves_no_process_and_no_file(self, number, tmp_path):
        # The path of Chromium's socket must be short, so it cannot be in `tmp_path`.
        with TemporaryDirectory() as folder, waiting_run(tmp_path, folder) as run:
            processes = processes_with_tmpdir(folder)
            assert len(processes) >= 3  # pytest, the driver and the browser

            run.send_signal(number)
            run.wait(TIMEOUT)
            _, alive = psutil.wait_procs(processes, TIMEOUT)

            assert alive == []
            assert list(Path(folder).iterdir()) == []


@contextmanager
def waiting_run(project: Path, folder: str) -> Iterator[subprocess.Popen[str]]:
    """Run the inner test that waits, until it does, with its temporary files in `folder`."""
    with subprocess.Popen(  # noqa: S603 - our own arguments
        pytest_command(project, "-k", "waits", "-s"),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": folder},
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            for line in run.stdout:
                if line.endswith("waiting\n"):
                    break
            yield run
        finally:
            run.kill()


def processes_with_tmpdir(folder: str) -> list[psutil.Process]:
    """Return the processes whose environment has `folder` in the variable TMPDIR."""
    found = []
    for process in psutil.process_iter():
        # A process may exit while it is read.
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR", "").startswith(folder):
                found.append(process)
    return found
