"""Check that grading a bug takes a third of a new `python -m pytest` or less; exit with 1 if not.

Both run the same tests in turn, so that a busy machine changes their ratio little.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from grader.catalogue import Bug, load
from grader.pool import Pool
from grader.project import project_files
from grader.testrun import Job
from tools.bench.options import is_quick

ROOT = Path(__file__).parents[2]
TESTS = "kata/test_cookies.py"
LIMIT = 3  # times as fast as a new process
ROUNDS = 8
QUICK_ROUNDS = 1
NO_BYTE_CODE = "PYTHONDONTWRITEBYTECODE"  # removed, because the grader's copy has byte code too


def new_process(folder: Path) -> float:
    """Return the seconds that a new pytest process takes."""
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    start = perf_counter()
    subprocess.run(  # noqa: S603 - no argument is user input
        [sys.executable, "-m", "pytest", *options, TESTS],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != NO_BYTE_CODE},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return perf_counter() - start


def forked(pool: Pool, bug: Bug) -> float:
    """Return the seconds that the grader takes for a bug: edit, run and restore."""
    start = perf_counter()
    pool.run(Job([TESTS], [bug]))
    return perf_counter() - start


def main() -> int:
    """Print both medians and their ratio; return 1 if it is below the limit."""
    quick = is_quick()
    rounds = QUICK_ROUNDS if quick else ROUNDS
    bug = next(bug for bug in load(ROOT).bugs if bug.topic == "cookies")
    files = project_files(ROOT)
    with tempfile.TemporaryDirectory() as folder, Pool(files, size=1) as pool:
        for name, data in files.items():
            (path := Path(folder, name)).parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        new_process(Path(folder))
        pool.run(Job([TESTS]))  # starts the fork server
        pairs = [(new_process(Path(folder)), forked(pool, bug)) for _ in range(rounds)]
    new, fork = (median(side) for side in zip(*pairs, strict=True))
    print(
        f"seconds a bug: {new:.2f} in a new process, {fork:.2f} in a fork, {new / fork:.1f} times"
    )
    return int(new / fork < LIMIT and not quick)


if __name__ == "__main__":
    sys.exit(main())
