"""Grade the tests of a topic: they must pass on right code and catch the planted bugs."""

import random
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from grader.catalogue import Bug, Catalogue, Edit
from grader.pool import Job, Pool, Run

# On a bug, a test hangs if it takes longer than the whole healthy run times this factor.
DEADLINE_FACTOR = 10
SHORTEST_DEADLINE = 5.0  # seconds


@dataclass(frozen=True)
class EditResult:
    """The result of the tests on one edit; true if a test failed or the run did not finish."""

    edit: Edit
    failed: dict[str, str]  # the tests that failed, and why
    note: str  # why the run did not finish

    def __bool__(self) -> bool:
        return bool(self.failed or self.note)


@dataclass
class Grade:
    """The grade of a topic; a `verdict` explains why the tests could not be graded."""

    topic: str
    tests: int = 0
    verdict: str = ""
    reason: str = ""
    variants: list[EditResult] = field(default_factory=list)
    bugs: list[EditResult] = field(default_factory=list)

    @property
    def caught(self) -> int:
        """The number of bugs that at least one test caught."""
        return sum(map(bool, self.bugs))

    @property
    def accepted(self) -> int:
        """The number of variants on which every test passed."""
        return len(self.variants) - sum(map(bool, self.variants))

    @property
    def status(self) -> int:
        """The exit status: 0 for full marks, 1 below, 2 for no grade."""
        if self.verdict:
            return 2
        return int(self.caught < len(self.bugs) or self.accepted < len(self.variants))


def grade(  # noqa: PLR0913 - the last two are options
    pool: Pool,
    topic: str,
    tests: Sequence[str],
    catalogue: Catalogue,
    *,
    deadline: float = 30,
    progress: Callable[[str], None] = lambda _: None,
) -> Grade:
    """Return the grade of the tests that pytest's arguments name.

    On the healthy application each test may take `deadline` seconds.
    """
    result = Grade(topic)
    progress(f"{topic}: the healthy application")
    forward = Job(tests, deadline=deadline)
    reverse = Job(tests, backwards=True, deadline=deadline)
    first, second = pool.map(pool.run, [forward, reverse])
    counted = first.passed & second.passed
    result.tests = len(counted)
    problem = fault(first) or fault_in_reverse(second)
    if not problem and not counted:
        problem = "flaky", "The tests have new names in each run: use fixed parameters and ids."
    if problem:
        result.verdict, result.reason = problem
        return result

    deadline = max(min(deadline, SHORTEST_DEADLINE), DEADLINE_FACTOR * first.seconds)
    edits = [e for e in (*catalogue.variants, *catalogue.bugs) if e.topic == topic]
    # Two control runs on the healthy application, at random places, expose flaky tests.
    runs: list[Edit | None] = [*edits, None, None]
    random.shuffle(runs)

    def run(edit: Edit | None) -> EditResult | tuple[str, str] | None:
        if edit is None:
            return fault(pool.run(Job(tests, deadline=deadline)))
        return run_twice(pool, Job(tests, [edit], deadline=deadline), counted)

    results: dict[Edit, EditResult] = {}
    for number, answer in enumerate(pool.map(run, runs), start=1):
        progress(f"{topic}: {number}/{len(runs)}")
        if isinstance(answer, EditResult):
            results[answer.edit] = answer
        elif answer:
            result.verdict = "flaky"
            result.reason = f"Flaky: the tests passed twice, but not in a control run. {answer[1]}"
    if not result.verdict:
        result.variants = [results[edit] for edit in edits if not isinstance(edit, Bug)]
        result.bugs = [results[edit] for edit in edits if isinstance(edit, Bug)]
    return result


def run_twice(pool: Pool, job: Job, counted: Set[str]) -> EditResult:
    """Return the result of the tests on an edit, without flaky failures, which do not repeat."""
    [edit] = job.edits
    run = pool.run(job)
    failed = {test: reason for test, reason in run.failed.items() if test in counted}
    # A test that does not pass on the healthy application catches no bug, even if it ends the run.
    note = "" if run.running and run.running not in counted else run.broken or run.stopped
    if (failed or note) and not run.hangs:
        again = pool.run(job)
        failed = {test: reason for test, reason in failed.items() if test not in again.passed}
        note = note and (again.broken or again.stopped)
    return EditResult(edit, failed, note)


def fault(run: Run) -> tuple[str, str] | None:  # noqa: PLR0911 - one return for each verdict
    """Return the verdict on a run that cannot be graded and the reason, in a line."""
    if run.broken:
        return "broken", f"The tests do not start: {run.broken}"
    if run.stopped:
        return "stopped", f"The tests do not finish: {run.stopped}."
    if run.failed:
        return "red", f"On the healthy application {first_of(run.failed)}"
    if run.changed:
        more = f" and {len(run.changed) - 3} more" if run.changed[3:] else ""
        files = ", ".join(run.changed[:3]) + more
        return "litter", f"The tests create, change or delete {files}. Write to tmp_path instead."
    if run.passed:
        return None
    if run.skipped:
        return "skipped", "Every test is skipped or expected to fail."
    return "empty", "No test found: write a function whose name starts with test_."


def fault_in_reverse(run: Run) -> tuple[str, str] | None:
    """Return the verdict on a run in reverse order, after a first run without a fault."""
    if run.failed:
        return "order", f"Order-dependent: in reverse order {first_of(run.failed)}"
    return fault(run)


def first_of(failed: dict[str, str]) -> str:
    """Return the first test that failed with the reason, and the number of the others."""
    test, reason = next(iter(failed.items()))
    more = f" and {len(failed) - 1} more fail" if len(failed) > 1 else " fails"
    return f"{test}{more}: {reason}"
