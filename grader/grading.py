"""Grade the tests of a topic: they must pass on right code and catch the planted bugs."""

import random
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from grader.catalogue import Bug, Edit, Variant, combine
from grader.pool import Pool, Run
from grader.project import text_of
from grader.testrun import SHARED, Job

# On a bug, a test hangs if it takes longer than the whole healthy run times this factor.
DEADLINE_FACTOR = 10
SHORTEST_DEADLINE = 5.0  # seconds
FEW = 5  # edits: for so few, measuring which tests run their lines takes longer than it saves

# The verdict on tests that cannot be graded, and the reason in a line.
Fault = tuple[str, str]

NO_TEST = (
    "No test found: pytest collects functions named test_... and, in classes named Test..., "
    "methods named test_..."
)


@dataclass(frozen=True)
class EditResult:
    """The result of the tests on one edit."""

    edit: Edit
    failed: dict[str, str]  # the tests that failed, and why
    note: str = ""  # why the run did not finish
    flaky: frozenset[str] = frozenset()  # the tests that failed and then passed on the same edit

    @property
    def is_noticed(self) -> bool:
        """True if the tests noticed the edit: one of them failed, or the run did not finish."""
        return bool(self.failed or self.note)


@dataclass
class Grade:
    """The grade of a topic; a `verdict` explains why the tests could not be graded."""

    topic: str
    tests: dict[str, str] = field(default_factory=dict)  # by name, with their layers
    verdict: str = ""
    reason: str = ""
    failed: dict[str, str] = field(default_factory=dict)  # on the healthy application
    results: list[EditResult] = field(default_factory=list)
    is_stored: bool = False  # in an earlier run of the same tests on the same application

    @property
    def variants(self) -> list[EditResult]:
        """The results of the variants."""
        return [result for result in self.results if not isinstance(result.edit, Bug)]

    @property
    def bugs(self) -> list[EditResult]:
        """The results of the bugs."""
        return [result for result in self.results if isinstance(result.edit, Bug)]

    @property
    def caught(self) -> int:
        """The number of bugs that at least one test caught."""
        return sum(result.is_noticed for result in self.bugs)

    @property
    def rejected(self) -> int:
        """The number of variants on which a test failed."""
        return sum(result.is_noticed for result in self.variants)

    @property
    def points(self) -> int:
        """A point for each bug that is caught, less one for each variant that is rejected."""
        return max(0, self.caught - self.rejected)

    @property
    def status(self) -> int:
        """The exit status: 0 for full marks, 1 below, 2 for no grade."""
        if self.verdict:
            return 2
        return int(self.caught < len(self.bugs) or self.rejected > 0)


def grade(  # noqa: PLR0913 - the last two are options
    pool: Pool,
    topic: str,
    tests: Sequence[str],
    edits: Sequence[Edit],
    *,
    deadline: float = 30,
    progress: Callable[[str], None] = lambda _: None,
) -> Grade:
    """Return the grade of the tests that pytest's arguments name, on bugs and variants of a topic.

    On the healthy application each test may take `deadline` seconds.
    """
    result = Grade(topic)
    progress(f"{topic}: the healthy application")
    forward = Job(tests, coverage=len(edits) > FEW, deadline=deadline)
    reverse = Job(tests, backwards=True, deadline=deadline)
    healthy, in_reverse = pool.map(pool.run, [forward, reverse])
    counted = healthy.passed & in_reverse.passed
    result.tests = {test: layer for test, layer in healthy.layers.items() if test in counted}
    if problem := fault(healthy) or fault_in_reverse(in_reverse):
        result.verdict, result.reason = problem
        result.failed = healthy.failed or in_reverse.failed
        if result.verdict in {"red", "order"}:
            again = pool.run(forward if healthy.failed else reverse)
            if flaky := result.failed.keys() & again.passed:
                result.verdict, result.reason = "flaky", flaky_reason(flaky)
        return result
    if not counted:
        result.verdict = "flaky"
        result.reason = "The tests have new names in each run: use fixed parameters and ids."
        return result

    deadline = max(min(deadline, SHORTEST_DEADLINE), DEADLINE_FACTOR * healthy.seconds)

    def run_edit(edit: Edit) -> EditResult:
        first = frozenset(counted & tests_of_lines(edit, pool, healthy))
        return run_twice(pool, Job(tests, [edit], first, deadline=deadline), counted)

    def run_group(group: Sequence[Edit]) -> tuple[list[EditResult], Fault | None]:
        if not group:
            return [], fault(pool.run(Job(tests, deadline=deadline)))
        if len(group) > 1 and pool.run(Job(tests, group, deadline=deadline)).passed >= counted:
            return [EditResult(edit, {}) for edit in group], None
        return [run_edit(edit) for edit in group], None

    # Most tests accept all variants, so these run together, and one by one only if a test fails.
    runs = combine(pool.files, [edit for edit in edits if isinstance(edit, Variant)])
    runs += [[edit] for edit in edits if isinstance(edit, Bug)]
    # Two control runs on the healthy application, at random places, expose flaky tests.
    runs += [[], []]
    random.shuffle(runs)
    results: list[EditResult] = []
    for number, (of_group, problem) in enumerate(pool.map(run_group, runs), start=1):
        progress(f"{topic}: {number}/{len(runs)}")
        results += of_group
        if problem:
            result.verdict = "flaky"
            result.reason = f"Flaky: the tests passed twice, but not in a control run. {problem[1]}"
    if flaky := {test for each in results for test in each.flaky}:
        result.verdict, result.reason = "flaky", flaky_reason(flaky)
    if not result.verdict:
        result.results = sorted(results, key=lambda each: edits.index(each.edit))
    return result


def tests_of_lines(edit: Edit, pool: Pool, run: Run) -> set[str]:
    """Return the tests that ran the lines that the edit changes: all if a shared fixture did."""
    lines = edit.lines(text_of(pool.files[edit.file]))
    tests = {test for line in lines for test in run.tests_by_line.get((edit.file, line), ())}
    return run.passed if SHARED in tests else tests


def run_twice(pool: Pool, job: Job, counted: Set[str]) -> EditResult:
    """Return the result of the tests on an edit; a test must fail twice."""
    [edit] = job.edits
    run = pool.run(job)
    failed = {test: reason for test, reason in run.failed.items() if test in counted}
    # A test that does not pass on the healthy application catches no bug, even if it ends the run.
    note = "" if run.running and run.running not in counted else run.broken or run.stopped
    if (not failed and not note) or run.hangs:
        return EditResult(edit, failed, note)
    again = pool.run(job)
    flaky = frozenset(failed.keys() & again.passed)
    return EditResult(edit, failed, note and (again.broken or again.stopped), flaky)


def fault(run: Run) -> Fault | None:  # noqa: PLR0911 - one return for each verdict
    """Return why a run cannot be graded, or None if it can."""
    if run.broken:
        return "broken", f"The tests do not start: {run.broken}"
    if run.stopped:
        return "stopped", f"The tests do not finish: {run.stopped}."
    if run.failed:
        return "red", f"On the healthy application {first_of(run.failed)}"
    if run.changed:
        files = first_three(run.changed)
        return "litter", f"The tests create, change or delete {files}. Write to tmp_path instead."
    if run.passed:
        return None
    if run.skipped:
        return "skipped", "Every test is skipped or expected to fail."
    return "empty", NO_TEST


def fault_in_reverse(run: Run) -> Fault | None:
    """Return why tests run in reverse are order-dependent or faulty; in order they were not."""
    if run.failed:
        return "order", f"Order-dependent: in reverse order {first_of(run.failed)}"
    return fault(run)


def first_of(failed: dict[str, str]) -> str:
    """Return the first test that failed with the reason, and the number of the others."""
    test, reason = next(iter(failed.items()))
    more = f" and {len(failed) - 1} more fail" if len(failed) > 1 else " fails"
    return f"{test}{more}: {reason}"


def flaky_reason(tests: Set[str]) -> str:
    """Return the reason for no grade if these tests are flaky."""
    return f"Flaky: on the same code, {first_three(sorted(tests))} failed and then passed."


def first_three(names: Sequence[str]) -> str:
    """Return the first three names, and the number of the others."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
