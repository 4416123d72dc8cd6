"""Runs tests on one edit at a time, in copies of the project: the checkout is never written to."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Self, TypeVar

from kata.catalogue import Edit

Files = Mapping[str, bytes]  # by path, relative to the project and with forward slashes

# What is no part of the project, or is not for the tests to see.
BYTE_CODE = "__pycache__"
NOT_COPIED = {BYTE_CODE, ".git", ".nox", ".venv", "htmlcov", "instance", "reports"}
NOT_COPIED |= {".mypy_cache", ".pytest_cache", ".ruff_cache", "kata/bugs", "kata/variants"}
# What a developer's own settings must not change.
NOT_INHERITED = ("COV", "DATABASE_URL", "FLASK_", "OLDPWD", "PWD", "PYTEST_", "PYTHONPATH")
# What the tests import, but for the application: imported once, before any run.
LIBRARIES = (
    "cssselect",
    "flask_sqlalchemy",
    "flask_testing",
    "flask_wtf",
    "lxml.html",
    "selenium.webdriver.chrome.webdriver",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)
FORK = hasattr(os, "fork")
PRISTINE = 10**9  # the time of a file that is as it is in the project
END, NO_END = "end", "no end"

Item = TypeVar("Item")
Result = TypeVar("Result")


def project_files(root: Path) -> dict[str, bytes]:
    """Read the project at `root`, without what is made from it."""
    names = [name for name in names_below(root, NOT_COPIED) if not name.startswith(".coverage")]
    return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}


def names_below(root: Path, without: Set[str]) -> Iterator[str]:
    """Give the files below `root`, but for folders of these names and virtual environments."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        inside = here.relative_to(root)
        folders[:] = [
            name
            for name in folders
            if not {name, (inside / name).as_posix()} & without
            and not (here / name / "pyvenv.cfg").exists()
        ]
        yield from ((inside / name).as_posix() for name in names)


@dataclass(frozen=True)
class Job:
    """What to run: pytest's arguments, on the project as it is or after some edits."""

    arguments: Sequence[str]
    edits: Sequence[Edit] = ()
    backwards: bool = False
    deadline: float = 60  # seconds


@dataclass
class Run:
    """What became of a job."""

    seconds: float = 0
    passed: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)  # the reasons
    skipped: set[str] = field(default_factory=set)
    broken: str = ""  # why a file could not be imported, or pytest not begin
    stopped: str = ""  # why the run did not come to its end
    left: list[str] = field(default_factory=list)  # files that were made, changed or deleted

    @property
    def is_green(self) -> bool:
        """Whether the run came to its end and no test failed."""
        return not (self.failed or self.broken or self.stopped)


class InterruptedRunError(Exception):
    """The pool is closing."""


class Worker:
    """A copy of the project, and the process that runs tests in it, one job at a time."""

    def __init__(self, folder: Path, files: Files, *, fork: bool) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.files = files
        self.fork = fork
        self.edits = 0
        self.closing = False
        self.lock = Lock()
        self.zygote: subprocess.Popen[str] | None = None
        self.running = 0  # the process id
        folder.mkdir()
        for name in files:
            self.write(name)
        shutil.copy(Path(__file__).with_name("zygote.py"), folder)

    def write(self, name: str, edits: Sequence[Edit] = ()) -> None:
        """Write a file as it is in the project, or edited.

        Python takes byte code for right when it knows the source's size and its time in whole
        seconds. So every edit has a time of its own: byte code makes the next run faster, and
        never wrong.
        """
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = self.files[name]
        stamp = PRISTINE
        if edits:
            text = data.decode().replace("\r\n", "\n")
            data = reduce(lambda text, edit: edit.apply(text), edits, text).encode()
            self.edits += 1
            stamp += self.edits
        path.write_bytes(data)
        os.utime(path, (stamp, stamp))

    def restore(self) -> list[str]:
        """Make the copy what it was, and give the files that were not."""
        left = [name for name in names_below(self.project, {BYTE_CODE}) if name not in self.files]
        for name in left:
            (self.project / name).unlink()
        for name, data in self.files.items():
            path = self.project / name
            if not path.is_file() or (path.stat().st_size, path.stat().st_mtime) != (
                len(data),
                PRISTINE,
            ):
                left.append(name)
                self.write(name)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        return sorted(left)

    def start(self) -> "subprocess.Popen[str]":
        """Start the zygote, in a session of its own: what is typed at a terminal misses it."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)
        }
        environment |= {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the same plugins wherever it runs
            "TMPDIR": str(self.folder / "tmp"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        mode = "fork" if self.fork else "spawn"
        with (self.folder / "zygote.log").open("w") as log:
            zygote = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, self.folder / "zygote.py", mode, *LIBRARIES],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.project,
                env=environment,
                start_new_session=True,
            )
        self.answers: SimpleQueue[str] = SimpleQueue()
        Thread(target=self.listen, args=(zygote, self.answers), daemon=True).start()
        if self.answers.get() != "ready":
            zygote.kill()
            zygote.communicate()
            said = (self.folder / "zygote.log").read_text().strip().splitlines()
            raise RuntimeError(f"The tests' process does not start: {''.join(said[-1:])}")
        return zygote

    @staticmethod
    def listen(zygote: "subprocess.Popen[str]", answers: "SimpleQueue[str]") -> None:
        """Put into a queue what the zygote says, and an empty text when it has ended."""
        for line in zygote.stdout or ():
            answers.put(line.strip())
        answers.put("")

    def run(self, job: Job) -> Run:
        """Run a job; raises `InterruptedRunError` where the pool is closing."""
        record = self.folder / "record"
        record.write_bytes(b"")
        (self.folder / "tmp").mkdir(exist_ok=True)
        edited = {edit.file for edit in job.edits}
        for name in edited:
            self.write(name, [edit for edit in job.edits if edit.file == name])
        request = {"arguments": job.arguments, "backwards": job.backwards, "record": str(record)}
        zygote = self.begin(json.dumps(request))
        began = time.monotonic()
        try:
            answer = self.answers.get(timeout=job.deadline)
        except Empty:
            answer = NO_END
        run = Run(seconds=time.monotonic() - began)
        if answer != END:
            run.stopped = "does not end" if answer == NO_END else "kills the process it comes from"
            self.end_strays()
        self.end_group()
        if answer == NO_END:
            answer = self.answers.get()
        if answer != END:
            zygote.kill()
            zygote.communicate()
            self.zygote = None
        read(record, run, self.project)
        for name in edited:
            self.write(name)
        run.left = self.restore()
        return run

    def begin(self, request: str) -> "subprocess.Popen[str]":
        """Have the zygote begin a run; `running` is its process id from then on."""
        with self.lock:
            if self.closing:
                raise InterruptedRunError
            zygote = self.zygote = self.zygote or self.start()
            print(request, file=zygote.stdin, flush=True)
            if not (pid := self.answers.get()):
                raise RuntimeError("The tests' process has ended between two runs.")
            self.running = int(pid)
            return zygote

    def end_group(self) -> None:
        """End what is left of the run: its process, and those that it started."""
        pid, self.running = self.running, 0
        if pid and FORK:
            with suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
                os.killpg(pid, signal.SIGKILL)
        elif pid:
            subprocess.run(  # noqa: S603 - a number of ours
                ["taskkill", "/F", "/T", "/PID", str(pid)],  # noqa: S607 - it is Windows' own
                capture_output=True,
                check=False,
            )

    def end_strays(self) -> None:
        """End the processes that have left the run's group, where Linux lets us know them."""
        mark = f"TMPDIR={self.folder}".encode()
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                pid = int(environ.parent.name)
                if mark in environ.read_bytes() and self.zygote and pid != self.zygote.pid:
                    os.kill(pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """End the run, and have no other begin."""
        self.closing = True
        with self.lock:
            self.end_group()

    def close(self) -> None:
        """End the zygote."""
        self.closing = True
        if self.zygote:
            self.end_strays()
            self.zygote.kill()
            self.zygote.communicate()


def read(record: Path, run: Run, project: Path) -> None:
    """Add to `run` what its tests' process has recorded."""
    passed, running, ended = set(), "", False
    for line in record.read_text().splitlines():
        match json.loads(line):
            case {"start": test}:
                running = test
            case {"test": test, "outcome": "failed", "reason": reason}:
                run.failed.setdefault(test, reason)
            case {"test": test, "outcome": "skipped"}:
                run.skipped.add(test)
            case {"test": test, "when": "call"}:
                passed.add(test)
            case {"broken": reason}:
                run.broken = run.broken or reason
            case {"status": status, "words": words, "app": app}:
                ended = True
                if status not in {0, 1, 5} and not run.broken:
                    run.broken = words or f"pytest ended with status {status}"
                if app is not None and not Path(app).is_relative_to(project):
                    raise RuntimeError(f"The tests ran on another application: {app}")
    run.passed = passed - set(run.failed) - run.skipped
    if not ended and not run.stopped:
        run.stopped = "ends its process"
    if run.stopped and running:
        run.failed.setdefault(running, f"the run {run.stopped}")
        run.stopped += f" in {running}"


def cores() -> int:
    """Give how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """As many workers as there are cores, in a temporary folder that goes with them."""

    def __init__(self, files: Files, *, size: int = 0, fork: bool = FORK) -> None:
        self.temporary = tempfile.TemporaryDirectory(prefix="kata-")
        folder = Path(self.temporary.name).resolve()
        folder.chmod(0o711)  # a web server's workers, which are other users, may pass
        size = size or cores()
        self.workers = [Worker(folder / str(n), files, fork=fork) for n in range(size)]
        self.idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self.workers:
            self.idle.put(worker)
        self.executor = ThreadPoolExecutor(size)

    def run(self, job: Job) -> Run:
        """Run a job on the next worker that is idle."""
        worker = self.idle.get()
        try:
            return worker.run(job)
        finally:
            self.idle.put(worker)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Call the function, which may run jobs, for several items at once; keep their order."""
        return self.executor.map(function, items)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.interrupt()
        self.executor.shutdown(cancel_futures=True)
        for worker in self.workers:
            worker.close()
        self.temporary.cleanup()
