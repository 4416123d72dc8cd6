"""Run the project's commands as a person would: from the checkout, and with nobody's settings."""

import os
import re
import signal
import subprocess
import sysconfig
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Self

ROOT = Path(__file__).parents[2]
# Where a virtual environment has its commands, and Debian those of the superuser, such as nginx.
PATH = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}:/usr/sbin"
# What a command may know of the machine.
KEPT = re.compile("LANG|LC_.*|LD_LIBRARY_PATH|PYTHONDONTWRITEBYTECODE")
# What it may know of whoever measures its coverage: that costs half as much time again.
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}

# Seconds, for what takes one: it must fail where it hangs, and not where the machine is busy.
PATIENCE = 30
# And what is left to a process at the end of its test, or when the run is interrupted: two, one
# after the other, must have ended before pytest-xdist kills the tests' own.
LAST_PATIENCE = 8


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Give the environment of a command whose data, and whatever else it writes, is in `folder`."""
    return {
        **{name: value for name, value in os.environ.items() if KEPT.fullmatch(name)},
        "PATH": PATH,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "FLASK_INSTANCE_PATH": str(folder),
        "FLASK_SKIP_DOTENV": "1",
        **variables,
    }


def has_signal(pid: int | str, which: str, number: int) -> bool:
    """Say whether a signal is among those that a process ignores (SigIgn) or catches (SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text()
    [found] = re.findall(rf"{which}:\s*(\w+)", status)
    return bool(int(found, 16) >> (number - 1) & 1)


class Process:
    """A command that runs until a signal ends it, at the latest at the end of its `with` block."""

    def __init__(self, command: list[str], environment: dict[str, str], **options: Any) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
            # When this process is killed, and can end nothing any more, the kernel ends it.
            ["setpriv", "--pdeathsig=TERM", *command],  # noqa: S607 - wherever the system has it
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C is for the tests: they end it then.
            start_new_session=True,
            **options,
        )
        self.log = ""
        self.has_ended = False
        self._news = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        try:
            self._reader.start()
        except BaseException:
            # Interrupted: the `with` block, which would end the process, has not begun.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.__exit__(None, None, None)
            raise

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with self._news:
                self.log += line
                self._news.notify_all()
        with self._news:
            self.has_ended = True
            self._news.notify_all()

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until its output has `pattern` so many times, and give what was found."""
        with self._news:
            self._news.wait_for(
                lambda: self.has_ended or len(re.findall(pattern, self.log)) >= times,
                timeout=PATIENCE,
            )
            found = re.findall(pattern, self.log)
        assert len(found) >= times, f"{pattern!r} is not in its output:\n{self.log}"
        return found

    def ignores(self, number: int) -> bool:
        """Say whether it ignores this signal now."""
        return has_signal(self._process.pid, "SigIgn", number)

    def has_workers_that_catch(self, number: int) -> bool:
        """Say whether all processes that it has started catch this signal, and there are any."""
        pid = self._process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return bool(workers) and all(has_signal(worker, "SigCgt", number) for worker in workers)

    def wait(self) -> int:
        """Give its exit status, once no process of it is left that could still write something."""
        self._reader.join(PATIENCE)
        assert self.has_ended, f"It has not ended after {PATIENCE} seconds:\n{self.log}"
        return self._process.wait(PATIENCE)

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and give its exit status."""
        self.send(number)
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Does nothing where it has ended.
        self._process.terminate()
        self._reader.join(LAST_PATIENCE)
        if not self.has_ended:
            os.killpg(self._process.pid, signal.SIGKILL)
        # Waits for it and closes its output.
        self._process.__exit__(None, None, None)
