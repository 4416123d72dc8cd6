"""Run pytest in its own process, in a copy of the project, and send the result of each test.

The messages are tuples of strings, sent during the run, so that the parent process knows which
test is running when this process hangs or exits.
"""

import contextlib
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

from grader import reasons
from grader.catalogue import Edit

if sys.platform != "win32":
    import resource

CHECKOUT = Path(__file__).resolve().parents[1]
OPTIONS = ["--rootdir=.", "--config-file=pyproject.toml", "--tb=short", "--disable-plugin-autoload"]
OPTIONS += ["-p", "no:cacheprovider", "-p", "no:browser_reports"]  # they write into the project
# The developer's own environment variables, which must not change a result.
NOT_INHERITED = ("COV", "DATABASE_URL", "FLASK_", "OLDPWD", "PWD", "PYTEST_", "PYTHONPATH")
RAN = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}
CLIENTS = {"client", "log_in", "runner"}  # the fixtures of the integration layer
SHARED = "a fixture that tests share"  # in the place of the test that runs a line
LARGEST_FILE = 2**26  # bytes: a test that prints in an endless loop must not fill the disk


@dataclass(frozen=True)
class Job:
    """Tests to run, as arguments of pytest, on the project after some edits.

    The tests in `first` run before the others, which do not run if one of them fails.
    """

    arguments: Sequence[str]
    edits: Sequence[Edit] = ()
    first: frozenset[str] = frozenset()
    backwards: bool = False
    coverage: bool = False  # record which tests run a line
    deadline: float = 60  # seconds, for each test


class Recorder:
    """A pytest plugin that sends a message when a test starts and when it has finished."""

    def __init__(self, connection: Connection, project: Path, job: Job) -> None:
        self.connection = connection
        self.project = project
        self.job = job
        self.collecting = ""
        self.reports: list[pytest.TestReport] = []  # of the running test
        self.left = set(job.first)

    def send(self, *message: Any) -> None:
        self.connection.send(message)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        self.session = session
        if self.job.backwards:
            items.reverse()
        self.layers = {item.nodeid: layer_of(item) for item in items}
        items.sort(key=lambda item: item.nodeid not in self.job.first)

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        self.collecting = collector.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.send("skipped", report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_load_initial_conftests(self) -> Iterator[None]:
        try:
            return (yield)
        except Exception as error:
            self.send("broken", reasons.of_import(error, self.project))
            raise

    def pytest_exception_interact(self, call: Any, report: Any) -> None:
        if isinstance(report, pytest.CollectReport):
            self.send("broken", reasons.of_import(call.excinfo.value, self.project))

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, SystemExit):
            self.send("broken", f"{self.collecting} exits the process when it is imported")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.reports = []
        self.running = nodeid
        self.send("started", nodeid, self.layers.get(nodeid, "unit"))
        if coverage := Coverage.current():
            coverage.switch_context(nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        coverage = Coverage.current() if fixturedef.scope != "function" else None
        if coverage:
            coverage.switch_context(SHARED)
        try:
            return (yield)
        finally:
            if coverage:
                coverage.switch_context(self.running)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        # A skipped subtest does not skip the test.
        reports = [r for r in self.reports if not isinstance(r, pytest.SubtestReport) or r.failed]
        if failed := [report for report in reports if report.failed]:
            self.send("failed", nodeid, reasons.of_failure(failed[0], self.project))
        else:
            self.send("skipped" if any(r.skipped for r in reports) else "passed", nodeid)
        self.left.discard(nodeid)
        if self.session.testsfailed and self.job.first and not self.left:
            self.session.shouldfail = "The other tests need not run."


def layer_of(item: pytest.Item) -> str:
    """Return the layer of a test: system with a browser, integration with a client, else unit."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return "system" if "browser" in fixtures else "integration" if fixtures & CLIENTS else "unit"


def run(job: Job, project: Path, temporary: Path, to: Connection) -> None:
    """Run the tests of a job, and wait for the parent to kill this process.

    It waits, so that the parent can still find the processes that the tests have started.
    """
    isolate(project, temporary)
    recorder = Recorder(to, project, job)
    recorder.send("ready")
    if job.coverage:
        coverage = Coverage(data_file=None, config_file=False, include=[f"{project}/app/**"])
        coverage.set_option("run:core", "ctrace")  # other cores cannot switch contexts
        coverage.start()
    reason = run_pytest(job.arguments, recorder)
    application = getattr(sys.modules.get("app"), "__file__", None)
    if application and not Path(application).is_relative_to(project):
        reason = f"they imported another application: {application}"
    if job.coverage:
        coverage.stop()
        recorder.send("covered", tests_by_line(coverage, project))
    recorder.send("ended", reason)
    threading.Event().wait()


def tests_by_line(coverage: Coverage, project: Path) -> dict[tuple[str, int], list[str]]:
    """Return the tests that ran a line, by the path of its file and its number."""
    data = coverage.get_data()
    return {
        (Path(file).relative_to(project).as_posix(), line): tests
        for file in data.measured_files()
        for line, tests in data.contexts_by_lineno(file).items()
    }


def isolate(project: Path, temporary: Path) -> None:
    """Keep the terminal, the checkout and the developer's settings away from the tests."""
    os.chdir(project)
    sys.path[:] = [str(project), *(path for path in sys.path if Path(path).resolve() != CHECKOUT)]
    del sys.argv[1:]  # `unittest.main()` would parse them
    for name in [name for name in os.environ if name.startswith(NOT_INHERITED)]:
        del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False  # byte code makes the next run faster
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None  # the fork server may have found another one
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        os.setsid()  # Ctrl-C reaches the grader alone
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def run_pytest(arguments: Sequence[str], recorder: Recorder) -> str:
    """Run pytest; return why it could not run the tests, or an empty string."""
    # pytest prints to stderr why it cannot start: a conftest.py with an error, a missing file.
    try:
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            status = int(pytest.main([*OPTIONS, *arguments], [recorder]))
    except Exception:  # noqa: BLE001
        # After the tests, pytest raises warnings about unclosed files. They depend on when Python
        # collects garbage, so they must not decide about the grade.
        return ""
    if status in RAN:
        return ""
    message = stderr.getvalue().strip().rpartition("\n")[2].removeprefix("E ")
    return reasons.one_line(message, recorder.project) or f"pytest ended with status {status}"
