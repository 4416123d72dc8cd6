"""Run the project's commands as a user would: in the checkout, without the machine's settings."""

import os
import re
import signal
import subprocess
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from time import monotonic
from typing import Any, Self

import psutil

ROOT = Path(__file__).parents[2]
# The commands of the virtual environment come first. Debian keeps nginx in /usr/sbin.
PATH = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}:/usr/sbin"
# The environment variables of the machine that a command sees.
KEPT = re.compile("LANG|LC_.*|LD_LIBRARY_PATH|PYTHONDONTWRITEBYTECODE")
# The variables that turn on coverage in a subprocess, which makes it half as slow again.
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}

# Seconds until an operation that should take one second counts as hanging.
TIMEOUT = 30
# Seconds that a process gets to exit at the end of its test. nox kills an interrupted run after 20
# seconds, and a worker of pytest-xdist needs five of them to notice that it is interrupted.
GRACE_PERIOD = 5


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a command that stores its data and other files in `folder`."""
    return {
        **{name: value for name, value in os.environ.items() if KEPT.fullmatch(name)},
        "PATH": PATH,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "FLASK_INSTANCE_PATH": str(folder),
        "FLASK_SKIP_DOTENV": "1",
        **variables,
    }


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until `condition()` is true. Raises `TimeoutError` after `TIMEOUT` seconds."""
    # The libraries in use wait for processes (psutil) and pages (Selenium) only, so this polls.
    pause = Event()
    deadline = monotonic() + TIMEOUT
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"This is not true after {TIMEOUT} seconds: {condition}")
        pause.wait(0.01)


def stop_process_tree(process: psutil.Process, grace_period: float = 0) -> None:
    """Terminate a process; after the grace period, kill it and all its descendants."""
    try:
        tree = [process, *process.children(recursive=True)]
        process.terminate()
    except psutil.NoSuchProcess:
        return
    try:
        psutil.wait_procs(tree, grace_period)
    finally:
        for member in tree:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        # Only a parent can reap its child. The descendants now belong to the init process.
        process.wait(TIMEOUT)


class Process:
    """A running command, which is stopped at the end of the `with` block."""

    def __init__(self, command: list[str], environment: dict[str, str], **options: Any) -> None:
        self._output = NamedTemporaryFile()  # noqa: SIM115 - closed with the `with` block
        self._process = psutil.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            # Ctrl-C interrupts only the tests, which then stop the command.
            start_new_session=True,
            **options,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exception: type[BaseException] | None, *_: object) -> None:
        is_interrupted = exception is KeyboardInterrupt
        stop_process_tree(self._process, 0 if is_interrupted else GRACE_PERIOD)
        self._output.close()

    @property
    def log(self) -> str:
        """Everything that the command has printed so far."""
        return Path(self._output.name).read_bytes().decode("utf-8", "backslashreplace")

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until `pattern` occurs in the log this many times, and return what was found.

        Raises `RuntimeError` if it does not occur in time, or the command exits before.
        """

        def is_over() -> bool:
            has_exited = self._process.poll() is not None
            return len(re.findall(pattern, self.log)) >= times or has_exited

        with suppress(TimeoutError):
            wait_until(is_over)
        found = re.findall(pattern, self.log)
        if len(found) < times:
            status = self._process.poll()
            raise RuntimeError(f"No {pattern!r}, exit status {status}, output:\n{self.log}")
        return found

    def send_signal(self, number: int) -> None:
        """Send a signal to the command."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until the command exits, and return its exit status."""
        return self._process.wait(TIMEOUT)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, SIGTERM by default, and return the exit status."""
        self.send_signal(number)
        return self.wait()
