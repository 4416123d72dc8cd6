"""The process in which tests run: it imports the libraries once, and forks for each run.

The runner copies this file out of the project and starts it in a copy of the project, so nothing
here imports another module of the kata. For each line on its standard input, a request in JSON,
it answers with the run's process id and, when that process has ended, with `end`. Where there is
no fork a run gets a new process instead, which does the same.
"""

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

OPTIONS = ["--rootdir=.", "--config-file=pyproject.toml", "--tb=line"]
OPTIONS += ["-p", "no:cacheprovider", "-p", "no:browser_reports"]  # nothing is left
LONGEST_REASON = 200  # characters
HERE = Path.cwd()  # the copy of the project; a test may go elsewhere
LARGEST_FILE = 2**26  # bytes: what prints without end must not fill the disk


class Recorder:
    """A pytest plugin that writes what happens to a file, a line of JSON each, as it happens."""

    def __init__(self, path: str, *, backwards: bool) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.backwards = backwards

    def write(self, **event: object) -> None:
        os.write(self.file, json.dumps(event).encode() + b"\n")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.backwards:
            items.reverse()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.write(running=nodeid)

    def pytest_runtest_logfinish(self) -> None:
        self.write(running="")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and isinstance(report, pytest.SubtestReport):
            return  # of a test that may have others
        reason = reason_of(report) if report.failed else ""
        self.write(test=report.nodeid, when=report.when, outcome=report.outcome, reason=reason)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.write(test=report.nodeid, when="collect", outcome="skipped")

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        try:
            return (yield)
        except SystemExit:
            self.write(broken=f"{collector.nodeid} ends the process that imports it")
            raise

    def pytest_exception_interact(self, call: Any, report: Any) -> None:
        if isinstance(report, pytest.CollectReport):
            error = call.excinfo.value
            error = error.__cause__ or error  # pytest wraps what it finds in words of its own
            self.write(broken=one_line(f"{type(error).__name__}: {error}"))


def reason_of(report: pytest.TestReport) -> str:
    """Give why a test failed, and where."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return one_line(str(report.longrepr))
    path = Path(crash.path)
    place = path.relative_to(HERE).as_posix() if path.is_relative_to(HERE) else path.name
    return f"{one_line(crash.message.removeprefix('AssertionError: '))} ({place}:{crash.lineno})"


def one_line(text: str) -> str:
    """Give the first line, shortened, with whatever a terminal would obey spelt out."""
    [first, *_] = text.strip().splitlines() or [""]
    first = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in first)
    return first if len(first) <= LONGEST_REASON else f"{first[:LONGEST_REASON]}…"


def run(request: dict[str, Any]) -> None:
    """Run the tests of a request, whatever they print, and record what becomes of them."""
    del sys.argv[1:]  # a file that calls `unittest.main()` would take them for its own
    with contextlib.suppress(ImportError):  # Windows has none
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    recorder = Recorder(request["record"], backwards=request["backwards"])
    status = int(pytest.ExitCode.OK)
    # What pytest itself raises, a warning of something that was never closed, comes after the last
    # test or not at all: that depends on the version of Python, and must not decide.
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.suppress(Exception):
        status = int(pytest.main([*OPTIONS, *request["arguments"]], [recorder]))
    # What pytest says before it begins: a conftest.py that does not import, a file not found.
    words = [line.removeprefix("E ").strip() for line in said.getvalue().splitlines()]
    recorder.write(
        status=status,
        words=one_line(next(filter(None, reversed(words)), "")),
        app=getattr(sys.modules.get("app"), "__file__", None),
    )


def be_silent() -> None:
    """Connect the standard streams to nothing: what the tests print goes nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def start(line: str, *, fork: bool) -> "int | subprocess.Popen[bytes]":
    """Start a run in a process, and a process group, of its own."""
    if not fork:
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, __file__, "run", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    pid = os.fork()
    # Both make the group: whoever is told the process id can end the group, and whatever the
    # process starts is in it.
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    if pid == 0:
        be_silent()
        try:
            run(json.loads(line))
        finally:
            os._exit(0)  # nothing that is registered to run at exit is of this process's making
    return pid


def adopt_orphans() -> None:
    """Become the parent of every process that a run leaves: `PR_SET_CHILD_SUBREAPER` of Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)


def end_orphans() -> None:
    """End the processes that a run has left, in whatever group, session and environment."""
    parent = f"PPid:\t{os.getpid()}\n"
    with contextlib.suppress(ChildProcessError):  # there are none any more
        while sys.platform == "linux":
            if os.waitpid(-1, os.WNOHANG) != (0, 0):
                continue
            for status in Path("/proc").glob("[0-9]*/status"):
                with contextlib.suppress(OSError):
                    if parent in status.read_text():
                        os.kill(int(status.parent.name), signal.SIGKILL)


def serve(libraries: list[str], *, fork: bool) -> None:
    """Answer requests until there are no more; a fork finds the libraries imported."""
    if fork:
        for name in libraries:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            # pytest imports its own plugins only when it has something to do.
            pytest.main([*OPTIONS, "--noconftest", "nothing"])
        gc.collect()
        gc.freeze()
    adopt_orphans()
    print("ready", flush=True)
    for line in sys.stdin:
        process = start(line, fork=fork)
        if isinstance(process, int):
            print(process, flush=True)
            os.waitpid(process, 0)
        else:
            print(process.pid, flush=True)
            process.wait()
        end_orphans()
        print("end", flush=True)


if __name__ == "__main__":
    sys.path[0] = str(HERE)
    if sys.argv[1] == "run":
        try:
            run(json.loads(sys.argv[2]))
        finally:
            os._exit(0)  # as a fork does: no thread that a test has left is waited for
    else:
        serve(sys.argv[2:], fork=sys.argv[1] == "fork")
