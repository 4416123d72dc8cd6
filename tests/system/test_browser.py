"""The browser itself: found or missed loudly, its errors seen, and nothing of it left behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from tests.support.missing import missing
from tests.system.browser import REMOTE, find, serving
from tests.system.pages import wait
from tests.system.processes import Process, environment

ROOT = Path(__file__).parents[2]

# Tests for a run of their own, each of which ends as its name says.
STORIES = """
import os
from pathlib import Path
from threading import Event

from tests.system.blog import BlogTestCase
from tests.system.pages import Page


class TestStory(BlogTestCase):
    def test_passes(self):
        assert self.visit(Page).heading == "Hello World!!!"

    def test_fails(self):
        assert self.visit(Page, "/about").heading == "Another heading"

    def test_fails_by_a_script_that_throws(self):
        self.visit(Page)
        self.browser.execute_script("setTimeout(() => { throw new Error('thrown') })")

    def test_fails_by_a_request_that_is_refused(self):
        self.visit(Page, "/nowhere")

    def test_fails_by_an_error_that_does_not_come(self):
        self.expects = [404]
        self.visit(Page)

    def test_waits(self):
        self.visit(Page)
        print("waiting", flush=True)
        Event().wait(60)
"""


def command(folder: Path, *options: str) -> list[str]:
    """Give the command that runs the stories, as those of a project in `folder`."""
    (folder / "test_stories.py").write_text(STORIES)
    plugins = ["-p", "conftest", "-p", "tests.system.conftest", "-p", "no:cacheprovider"]
    project = ["-c", "pyproject.toml", "--rootdir", str(folder), f"--basetemp={folder}/temporary"]
    return [sys.executable, "-m", "pytest", *plugins, *project, *options, str(folder)]


class TestFind:
    @pytest.fixture(autouse=True)
    def nowhere(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A machine that has no program at all, and no network."""
        monkeypatch.setattr("tests.system.browser.DEBIAN", str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path))
        monkeypatch.setenv("SE_OFFLINE", "true")

    def test_a_missing_browser_is_a_skip_that_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CI", raising=False)

        with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
            find(headed=False)

    def test_a_missing_browser_is_a_failure_where_ci_is_set(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", "true")

        with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
            find(headed=False)

    def test_a_driver_and_a_browser_that_are_there_are_taken_with_no_look_around(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.system.browser.DriverFinder", None)
        for name in ("chromedriver", "chromium", "chromium-headless-shell"):
            (tmp_path / name).touch(0o700)

        assert find(headed=False) == (
            f"{tmp_path}/chromedriver",
            f"{tmp_path}/chromium-headless-shell",
        )
        assert find(headed=True) == (f"{tmp_path}/chromedriver", f"{tmp_path}/chromium")


class TestServing:
    @pytest.fixture
    def driver(self, tmp_path: Path) -> Callable[[str], str]:
        """Makes a driver that does what the lines of a shell script say."""

        def driver(*lines: str) -> str:
            path = tmp_path / "chromedriver"
            path.write_text("\n".join(["#!/bin/sh", *lines]))
            path.chmod(0o700)
            return str(path)

        return driver

    def test_a_driver_whose_port_is_taken_is_started_again(
        self, driver: Callable[..., str], tmp_path: Path
    ) -> None:
        tried = tmp_path / "tried"
        path = driver(
            f"[ -e {tried} ] || {{ touch {tried}; exit 1; }}",
            "echo started successfully on port 4444.",
            "exec sleep 60",
        )

        with serving(path) as address:
            assert address == "http://127.0.0.1:4444"

    def test_a_driver_that_does_not_start_is_a_failure_in_its_own_words(
        self, driver: Callable[..., str]
    ) -> None:
        path = driver("echo Port not available. >&2", "exit 1")

        with pytest.raises(pytest.fail.Exception, match="Port not available"), serving(path):
            pass


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def output(project: Path) -> str:
    """What a run says of the stories that end by themselves."""
    result = subprocess.run(  # noqa: S603 - nothing in it comes from outside
        command(project, "-k", "passes or fails"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return result.stdout


class TestReports:
    def test_what_the_console_says_decides_whether_a_test_passes(self, output: str) -> None:
        assert "4 failed, 1 passed" in output

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("fails", "assert 'About' == 'Another heading'"),
            ("fails_by_a_script_that_throws", "Uncaught Error: thrown"),
            ("fails_by_a_request_that_is_refused", "['404'] != []"),
            ("fails_by_an_error_that_does_not_come", "[] != ['404']"),
        ],
    )
    def test_a_failure_says_why_and_where_its_reports_are(
        self, output: str, project: Path, name: str, reason: str
    ) -> None:
        _, said = re.split(rf"_+ TestStory\.test_{name} _+\n", output)
        said = re.split(r"\n_+ Test|\n=+ short", said)[0]

        assert reason in said
        assert f"{project}/reports/test_stories.py.TestStory.test_{name}.png" in said

    @pytest.mark.usefixtures("output")
    def test_a_failing_test_alone_leaves_reports(self, project: Path) -> None:
        names = {path.name.split(".")[3] for path in (project / "reports").iterdir()}

        assert names == {
            "test_fails",
            "test_fails_by_a_script_that_throws",
            "test_fails_by_a_request_that_is_refused",
            "test_fails_by_an_error_that_does_not_come",
        }

    @pytest.mark.usefixtures("output")
    def test_the_reports_show_what_the_browser_and_the_server_saw(self, project: Path) -> None:
        story = project / "reports" / "test_stories.py.TestStory"
        failed, thrown = f"{story}.test_fails", f"{story}.test_fails_by_a_script_that_throws"

        assert Path(f"{failed}.png").read_bytes().startswith(b"\x89PNG")
        assert "<h1>About</h1>" in Path(f"{failed}.html").read_text()
        assert '"GET /about HTTP/1.1" 200' in Path(f"{failed}.server.log").read_text()
        assert "Uncaught Error: thrown" in Path(f"{thrown}.console.json").read_text()


class TestProcess:
    def test_one_that_is_interrupted_while_it_starts_is_ended(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def interrupted(_: Thread) -> None:
            wait(None, lambda _: processes_that_know(str(tmp_path)) == ["sleep\n"])
            raise KeyboardInterrupt

        monkeypatch.setattr(Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Process(["sleep", "60"], environment(tmp_path))

        assert processes_that_know(str(tmp_path)) == []


class TestEnd:
    @pytest.fixture(autouse=True)
    def here(self) -> None:
        """A browser of this machine."""
        if REMOTE:
            missing("What a Grid leaves on its machine is not seen from here.")

    # By their names: this file is collected on systems, too, that have no SIGKILL.
    @pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
    def test_a_run_that_is_ended_leaves_nothing(self, name: str, tmp_path: Path) -> None:
        # Chromium's socket is in there, whose path has to be short.
        with TemporaryDirectory() as folder, waiting(tmp_path, folder) as process:
            before = processes_that_know(folder)

            process.send_signal(getattr(signal, name))
            process.communicate(timeout=60)
            wait(None, lambda _: not processes_that_know(folder))

            assert len(before) >= 3  # the run, the driver and the browser
            assert list(Path(folder).iterdir()) == []


@contextmanager
def waiting(project: Path, folder: str) -> Iterator[subprocess.Popen[str]]:
    """Run the story that waits, up to where it does so, with `folder` for its temporary files."""
    with subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
        command(project, "-k", "waits", "-s"),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": folder},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = ""
            while not said.endswith("waiting\n"):
                line = process.stdout.readline()
                assert line, said
                said += line
            yield process
        finally:
            process.kill()


def processes_that_know(folder: str) -> list[str]:
    """Give the commands of the processes that have the folder in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # It may end while it is being read.
        with suppress(OSError):
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "comm").read_text())
    return found
