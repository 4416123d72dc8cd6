"""Run tests in several copies of the project at once, and kill those that hang."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue
from threading import Timer
from typing import Any, Self, TypeVar

import psutil

from grader import testrun
from grader.project import Files
from grader.testrun import Job
from grader.workspace import Workspace

# A fork of a process that has imported the libraries starts three times as fast as a new process.
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"

Message = tuple[Any, ...]

NO_LIMIT = 24 * 60 * 60.0  # seconds

HANGS, EXITS = "hangs", "exits the process"

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Run:
    """The result of a job."""

    seconds: float = 0
    layers: dict[str, str] = field(default_factory=dict)  # of the tests
    passed: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)  # with the reasons
    skipped: set[str] = field(default_factory=set)
    running: str = ""  # the test that runs; afterwards, the test that did not finish
    broken: str = ""  # why a file could not be imported, or pytest could not start
    stopped: str = ""  # how the run ended too early
    hangs: bool = False
    changed: list[str] = field(default_factory=list)  # files created, changed or deleted
    tests_by_line: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        """Store a message from the test process."""
        match message:
            case "covered", tests_by_line:
                self.tests_by_line = tests_by_line
            case "started", test, layer:
                self.running = test
                self.layers[test] = layer
            case "passed", test:
                self.passed.add(test)
            case "failed", test, reason:
                self.failed[test] = reason
            case "skipped", test:
                self.skipped.add(test)
            case "ended", _ if self.running:
                self.stop("stops pytest")
            case (("broken" | "ended"), reason):
                self.broken = self.broken or reason
            case "stopped", how:
                self.stop(how)
        if message[0] in {"passed", "failed", "skipped"}:
            self.running = ""

    def stop(self, how: str) -> None:
        """Store how the run ended too early: a test that did not finish has failed."""
        self.stopped = f"{self.running or 'the test run'} {how}"
        self.hangs = how == HANGS
        if self.running:
            self.failed[self.running] = how


class Pool:
    """Copies of the project in a temporary folder, as many as there are cores.

    After `limit` seconds, every job raises `CancelledError`.
    """

    def __init__(
        self, files: Files, *, size: int = 0, method: str = METHOD, limit: float = NO_LIMIT
    ) -> None:
        self.context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self.context.set_forkserver_preload(["grader.preload", "grader.testrun"])
        self.temporary = tempfile.TemporaryDirectory(prefix="kata-", ignore_cleanup_errors=True)
        folder = Path(self.temporary.name).resolve()
        self.files = files
        folder.chmod(0o711)  # web servers that tests start as root run as another user
        self.idle: SimpleQueue[Workspace] = SimpleQueue()
        size = size or cores()
        for number in range(size):
            self.idle.put(Workspace(folder / str(number), files))
        self.executor = ThreadPoolExecutor(size)
        self.close_receiver, self.close_sender = self.context.Pipe(duplex=False)
        self.timer = Timer(limit, self.close_sender.close)

    def run(self, job: Job) -> Run:
        """Run a job in the next copy that is idle. Raises `CancelledError` if the pool closes."""
        workspace = self.idle.get()
        try:
            workspace.apply(job.edits)
            run = self.run_process(job, workspace)
            run.changed = workspace.restore(job.edits)
            return run
        finally:
            self.idle.put(workspace)

    def run_process(self, job: Job, workspace: Workspace) -> Run:
        """Run a job in a new process; at the end, kill it and every process that it has started."""
        receiver, sender = self.context.Pipe(duplex=False)
        process = self.context.Process(
            target=testrun.run,
            args=(job, workspace.project, workspace.temporary, sender),
        )
        process.start()
        sender.close()
        run, start = Run(), time.monotonic()
        try:
            for message in self.messages(receiver, process.sentinel, job.deadline):
                if message == ("ready",):
                    start = time.monotonic()  # without the time in which the fork server starts
                run.add(message)
        finally:
            kill(process.pid, workspace.temporary)
            process.join()
            receiver.close()
        run.seconds = time.monotonic() - start
        return run

    def messages(self, receiver: Connection, sentinel: int, deadline: float) -> Iterator[Message]:
        """Yield the messages of a test process; the last one says how the run ended.

        A process that sends no message for `deadline` seconds hangs.
        """
        last: Message = ("",)
        while last[0] not in {"ended", "stopped"}:
            ready = wait([receiver, sentinel, self.close_receiver], deadline)
            if self.close_receiver in ready:
                raise CancelledError
            last = "stopped", EXITS if ready else HANGS
            if receiver in ready:
                with suppress(EOFError, OSError):  # the process has exited
                    last = receiver.recv()
            yield last

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Call a function that runs jobs for several items at once, and yield the results."""
        return self.executor.map(function, items)

    def __enter__(self) -> Self:
        self.timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()
        self.timer.join()
        self.close_sender.close()  # each thread then kills its process
        self.executor.shutdown(cancel_futures=True)
        self.close_receiver.close()
        self.temporary.cleanup()


def kill(pid: int, temporary: Path) -> None:
    """Kill a test process and every process that it has started.

    A daemon is no longer a descendant, but has inherited the environment variable `TMPDIR`.
    """
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
        for member in tree:
            with suppress(psutil.NoSuchProcess):
                member.kill()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(temporary):
                process.kill()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
