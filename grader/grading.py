"""Grades the tests of a topic: whether they are right, what they catch and what they refuse."""

import random
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from grader.catalogue import Bug, Catalogue, Edit
from grader.runner import Job, Pool, Run

# A test under a bug may take so many times what all take without one, and at least so many seconds.
PATIENCE = 10
SHORTEST_DEADLINE = 5.0


@dataclass(frozen=True)
class Seen:
    """What the tests made of one edit: true where they saw a difference."""

    edit: Edit
    failed: dict[str, str]  # the tests, and their reasons
    note: str  # what kept the run from its end

    def __bool__(self) -> bool:
        return bool(self.failed or self.note)


@dataclass
class Grade:
    """The grade of a topic; where there is a `verdict` the tests could not be graded."""

    topic: str
    tests: int = 0
    verdict: str = ""
    reason: str = ""
    variants: list[Seen] = field(default_factory=list)
    bugs: list[Seen] = field(default_factory=list)

    @property
    def caught(self) -> int:
        """How many bugs at least one test saw."""
        return sum(map(bool, self.bugs))

    @property
    def accepted(self) -> int:
        """How many variants no test refused."""
        return len(self.variants) - sum(map(bool, self.variants))

    @property
    def status(self) -> int:
        """The exit status: 0 for all of it, 1 for less, 2 where there is no grade."""
        if self.verdict:
            return 2
        return int(self.caught < len(self.bugs) or self.accepted < len(self.variants))


def grade(  # noqa: PLR0913 - what is behind the star has a default
    pool: Pool,
    topic: str,
    tests: Sequence[str],
    catalogue: Catalogue,
    *,
    deadline: float = 30,
    progress: Callable[[str], None] = lambda _: None,
) -> Grade:
    """Grade the tests that pytest's arguments name.

    `deadline`, in seconds, is for the first runs, which tell how long the others may take.
    """
    result = Grade(topic)
    progress(f"{topic}: the application as it is")
    forwards = Job(tests, deadline=deadline)
    backwards = Job(tests, deadline=deadline, backwards=True)
    first, second = pool.map(pool.run, [forwards, backwards])
    counted = first.passed & second.passed
    result.tests = len(counted)
    found = fault(first) or fault_backwards(second)
    if not found and not counted:
        found = "random", "No test passes twice by one name: do the names change?"
    if found:
        result.verdict, result.reason = found
        return result

    deadline = max(min(deadline, SHORTEST_DEADLINE), PATIENCE * first.seconds)
    edits: list[Edit] = [edit for edit in catalogue.variants if edit.topic == topic]
    edits += [edit for edit in catalogue.bugs if edit.topic == topic]
    # In no order that a test could count on, and the application as it is in between.
    asked: list[Edit | None] = [*edits, None, None]
    random.shuffle(asked)

    def ask(edit: Edit | None) -> Seen | tuple[str, str] | None:
        if edit is None:
            return fault(pool.run(Job(tests, deadline=deadline)))
        return see(pool, Job(tests, [edit], deadline=deadline), counted)

    seen: dict[Edit, Seen] = {}
    for number, answer in enumerate(pool.map(ask, asked), start=1):
        progress(f"{topic}: {number}/{len(asked)}")
        if isinstance(answer, Seen):
            seen[answer.edit] = answer
        elif answer:
            result.verdict = "random"
            result.reason = f"Passed twice, and then: {answer[1]}"
    if not result.verdict:
        result.variants = [seen[edit] for edit in edits if not isinstance(edit, Bug)]
        result.bugs = [seen[edit] for edit in edits if isinstance(edit, Bug)]
    return result


def see(pool: Pool, job: Job, counted: Set[str]) -> Seen:
    """Run tests under an edit, and once more if they see it: by chance nothing is caught."""
    [edit] = job.edits
    run = pool.run(job)
    failed = {test: reason for test, reason in run.failed.items() if test in counted}
    note = run.broken or run.stopped
    if run.stopped_in and run.stopped_in not in counted:
        note = ""
    if (failed or note) and not run.is_endless:
        again = pool.run(job)
        failed = {test: reason for test, reason in failed.items() if test not in again.passed}
        note = note and (again.broken or again.stopped)
    return Seen(edit, failed, note)


def fault(run: Run) -> tuple[str, str] | None:
    """Give the verdict on tests that cannot be graded, and why, in a line."""
    faults = {
        "broken": f"The tests cannot be run: {run.broken}" if run.broken else "",
        "stopped": f"The run {run.stopped}." if run.stopped else "",
        "red": f"Without any bug {first_of(run.failed)}" if run.failed else "",
        "litter": f"The tests make, change or delete {some_of(run.left)}: write into tmp_path."
        if run.left
        else "",
        "skipped": "Every test is skipped, or expected to fail."
        if run.skipped and not run.passed
        else "",
        "empty": "There is no test." if not run.passed else "",
    }
    return next(((verdict, reason) for verdict, reason in faults.items() if reason), None)


def fault_backwards(run: Run) -> tuple[str, str] | None:
    """Give the verdict on a second run, in reverse order, after a first one without fault."""
    if run.failed:
        return "order", f"The order of the tests matters: in reverse {first_of(run.failed)}"
    return fault(run)


def some_of(names: Sequence[str]) -> str:
    """Give the first names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def first_of(failed: dict[str, str]) -> str:
    """Give the first test that failed and its reason; of the others, the number."""
    test, reason = next(iter(failed.items()))
    more = f" and {len(failed) - 1} more fail" if len(failed) > 1 else " fails"
    return f"{test}{more}: {reason}"
