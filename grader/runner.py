"""Runs tests on one edit at a time, in copies of the project: the checkout is never written to."""

import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Self, TypeVar

from grader.catalogue import Edit
from grader.project import BYTE_CODE, Files, text_of

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
LOOKS = 4  # within a deadline, at whether anything is new
ENDLESS = "does not end"
NEWS = b'{"running":'  # in a record, where a test begins or has ended
PATIENCE = 5.0  # seconds, for a process that has been ended to be gone

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Job:
    """What to run: pytest's arguments, on the project as it is or after some edits."""

    arguments: Sequence[str]
    edits: Sequence[Edit] = ()
    backwards: bool = False
    deadline: float = 60  # seconds, for a test


@dataclass
class Run:
    """What became of a job."""

    seconds: float = 0
    passed: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)  # the reasons
    skipped: set[str] = field(default_factory=set)
    broken: str = ""  # why a file could not be imported, or pytest not begin
    stopped: str = ""  # why the run did not come to its end
    stopped_in: str = ""  # the test that ran then, if one did
    left: list[str] = field(default_factory=list)  # files that were made, changed or deleted

    @property
    def is_endless(self) -> bool:
        """Whether the run had to be ended."""
        return self.stopped.startswith(ENDLESS)


class InterruptedRunError(Exception):
    """The pool is closing."""


class Worker:
    """A copy of the project, and the process that runs tests in it, one job at a time."""

    def __init__(self, home: Path, files: Files, *, fork: bool) -> None:
        self.home = home
        self.files = files
        self.fork = fork
        self.copies = 0
        self.closing = False
        self.lock = Lock()
        self.zygote: subprocess.Popen[str] | None = None
        self.running = 0  # the process id
        home.mkdir()
        self.copy()

    def copy(self) -> None:
        """Make a copy of the project, in a new folder."""
        self.copies += 1
        self.folder = self.home / str(self.copies)
        self.project = self.folder / "project"
        self.folder.mkdir()
        for name in self.files:
            self.write(name)
        self.folders = {folder for folder, _, _ in os.walk(self.project)}
        shutil.copy(Path(__file__).with_name("zygote.py"), self.folder)

    def write(self, name: str, edits: Sequence[Edit] = ()) -> None:
        """Write a file as it is in the project, or edited.

        Python takes byte code for right when it knows the source's size and its time in whole
        seconds. So every edit has a time of its own: byte code makes the next run faster, and
        never wrong. It is a random one: it tells nobody how many edits there were.
        """
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = self.files[name]
        stamp = PRISTINE
        if edits:
            data = reduce(lambda text, edit: edit.apply(text), edits, text_of(data)).encode()
            stamp += secrets.randbelow(PRISTINE)
        draft = self.folder / "draft"
        draft.write_bytes(data)
        os.utime(draft, (stamp, stamp))
        draft.replace(path)  # and not through what the tests may have linked there

    def left(self, edited: Set[str]) -> list[str]:
        """Give what is not as it was in the copy, but for the files that are edited."""
        left, missing = [], set(self.files)
        for folder, folders, names in os.walk(self.project):
            here = Path(folder)
            inside = here.relative_to(self.project)
            if folder not in self.folders:
                left.append(f"{inside.as_posix()}/")
            folders[:] = [name for name in folders if name != BYTE_CODE]
            names += [name for name in folders if (here / name).is_symlink()]
            for name in names:
                path = (inside / name).as_posix()
                missing.discard(path)
                if not self.is_as_it_was(path, is_edited=path in edited):
                    left.append(path)
        return sorted([*left, *missing])

    def is_as_it_was(self, name: str, *, is_edited: bool) -> bool:
        """Say whether this is a file of the project, and no link, with what was written to it."""
        if name not in self.files:
            return False
        try:
            state = (self.project / name).lstat()
        except OSError:
            return False
        found = (state.st_size, state.st_mtime, state.st_nlink)
        is_same = is_edited or found == (len(self.files[name]), PRISTINE, 1)
        return is_same and stat.S_ISREG(state.st_mode)

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
        request = {
            "arguments": job.arguments,
            "backwards": job.backwards,
            "record": str(record),
        }
        self.begin(json.dumps(request))
        began = time.monotonic()
        answer = wait(self.answers, record, job.deadline)
        run = Run(seconds=time.monotonic() - began)
        if answer != END:
            run.stopped = ENDLESS if answer == NO_END else "kills the process it comes from"
            self.end_process()
            self.end_strays()  # at any other end the zygote has done it
        self.end_group()
        if answer == NO_END:
            with suppress(Empty):  # the zygote is stopped, too
                answer = self.answers.get(timeout=PATIENCE)
        if answer != END:
            self.end_zygote()
        run.left = self.left(edited)
        try:
            read(record, run, self.project)
        except (OSError, RecursionError, TypeError, ValueError):
            run.left.append("what the grader writes down about them")
        if run.left:
            self.end_zygote()
            self.copy()
        else:
            shutil.rmtree(self.folder / "tmp", ignore_errors=True)
            for name in edited:
                self.write(name)
        return run

    def begin(self, request: str) -> None:
        """Have the zygote begin a run; `running` is its process id from then on."""
        with self.lock:
            if self.closing:
                raise InterruptedRunError
            zygote = self.zygote = self.zygote or self.start()
            print(request, file=zygote.stdin, flush=True)
            if not (pid := self.answers.get()):
                raise RuntimeError("The tests' process has ended between two runs.")
            self.running = int(pid)

    def end_process(self) -> None:
        """End the run's own process, be it in its group or not."""
        if self.running and FORK:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.running, signal.SIGKILL)

    def end_zygote(self) -> None:
        """End the process that forks; the next run starts another."""
        if self.zygote:
            self.zygote.kill()
            self.zygote.communicate()
            self.zygote = None

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
                if mark in environ.read_bytes() and not (self.zygote and pid == self.zygote.pid):
                    os.kill(pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """End the run, and have no other begin."""
        self.closing = True
        with self.lock:
            self.end_group()
            if self.zygote:
                self.zygote.kill()  # it may be stopped: nobody waits for its answer

    def close(self) -> None:
        """End the zygote, after `interrupt`."""
        self.end_strays()
        self.end_zygote()


def wait(answers: "SimpleQueue[str]", record: Path, deadline: float) -> str:
    """Give the answer to a run, or `NO_END` where no test begins or ends for so many seconds."""
    news = quiet = 0
    while quiet < LOOKS:
        with suppress(Empty):
            return answers.get(timeout=deadline / LOOKS)
        before, news = news, record.read_bytes().count(NEWS) if record.is_file() else 0
        quiet = quiet + 1 if news == before else 0
    return NO_END


def read(record: Path, run: Run, project: Path) -> None:
    """Add to `run` what its tests' process has recorded."""
    passed, running, ended = set(), "", False
    for line in record.read_text().splitlines():
        match json.loads(line):
            case {"running": test}:
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
                if running:  # whatever the status: a test may choose it
                    run.stopped = "ends early"
                elif status not in {0, 1, 5}:
                    run.broken = run.broken or words or f"pytest ended with status {status}"
                if app is not None and not Path(app).is_relative_to(project):
                    run.broken = f"they ran on another application: {app}"
    run.passed = passed - set(run.failed) - run.skipped
    if not ended and not run.stopped:
        run.stopped = "ends its process"
    if run.stopped and running:
        run.stopped_in = running
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
