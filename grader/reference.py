"""Grade the project's own tests on every bug and every variant, and write docs/bugs.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from jinja2 import Template

from grader.catalogue import LAYERS, Bug, Catalogue, Edit, Variant, combine
from grader.grading import fault, fault_in_reverse, tests_of_lines
from grader.pool import Pool, cores
from grader.project import project_files
from grader.report import progress
from grader.submission import RequestError
from grader.testrun import Job

PAGE = "docs/bugs.md"
TEMPLATE = Path(__file__).with_name("bugs.md.jinja")
SMOKE_TEST = "kata/smoke.py"  # must pass on every bug: most tests would catch what it catches
QUICK_LAYERS = LAYERS[:2]
DEADLINE = 120.0  # seconds for each test


@dataclass
class Outcome:
    """The tests that failed on a bug."""

    bug: Bug
    failed: set[str]

    def count(self, layer: str) -> int:
        """Return the number of the layer's tests that failed."""
        return sum(layer_of(test) == layer for test in self.failed)

    @property
    def first_caught(self) -> str:
        """The lowest layer that catches the bug, or an empty string."""
        return next(filter(self.count, LAYERS), "")

    @property
    def caught_by(self) -> str:
        """The layers that catch the bug, each with the number of its tests that failed."""
        counts = {layer: self.count(layer) for layer in LAYERS}
        return " · ".join(f"{layer} {number}" for layer, number in counts.items() if number)

    @property
    def problem(self) -> str:
        """The problem in a line, or an empty string."""
        if any(test.startswith(SMOKE_TEST) for test in self.failed):
            return f"bug {self.bug.name}: {SMOKE_TEST} catches it, so it is too obvious."
        if not self.first_caught:
            return f"bug {self.bug.name}: no test catches it."
        if self.first_caught != self.bug.layer:
            test = min(test for test in self.failed if layer_of(test) == self.first_caught)
            return f"bug {self.bug.name}: {self.bug.layer} should catch it first, but {test} does."
        return ""


def main(catalogue: Catalogue, root: Path, *, check: bool) -> int:
    """Write or check the page, print the problems and return the exit status."""
    # One more than the cores, because system tests often wait for another process.
    with Pool(project_files(root), size=cores() + 1) as pool:
        progress("the healthy application")
        suite = Suite(pool, root)
        suite.check_quick_layers()
        searches = pool.map(lambda group: suite.failures(*group), suite.groups(catalogue))
        runs = pool.map(partial(suite.run_on_bug, count=not check), catalogue.bugs)
        progress("edits on which the tests must pass")
        failed: defaultdict[Edit, set[str]] = defaultdict(set)
        for failures in searches:
            for edit, tests in failures.items():
                failed[edit] |= tests
        outcomes = []
        for outcome in runs:
            outcome.failed |= failed[outcome.bug]
            outcomes.append(outcome)
            progress(f"edits on which they must fail: {len(outcomes)}/{len(catalogue.bugs)}")
    progress()

    rejected = [variant for variant in catalogue.variants if failed[variant]]
    problems = [f"variant {edit.name}: {min(failed[edit])} rejects it." for edit in rejected]
    problems += [outcome.problem for outcome in outcomes if outcome.problem]
    text = page(outcomes, catalogue.variants)
    path = root / PAGE
    if not check:
        path.write_text(text, "utf-8", newline="\n")
    elif not path.exists() or shape(path.read_text("utf-8")) != shape(text):
        problems.append(f"{PAGE} is out of date: run `nox -s kata -- --reference` and commit it.")
    layers = Counter(outcome.first_caught for outcome in outcomes)
    by_layer = ", ".join(f"{layers[layer]} first by {layer}" for layer in LAYERS)
    total = f"{len(outcomes)} bugs caught: {by_layer}. {len(catalogue.variants)} variants accepted."
    print(*problems or [total], sep="\n")
    return int(bool(problems))


class Suite:
    """The project's own tests.

    A layer is right about a bug if it fails on the bugs that name it, and passes on the variants
    and on the bugs that name a higher layer.
    """

    def __init__(self, pool: Pool, root: Path) -> None:
        self.pool = pool
        self.root = root
        self.smoke_tests = [SMOKE_TEST] if (root / SMOKE_TEST).exists() else []

    def check_quick_layers(self) -> None:
        """Raise `RequestError` if tests fail on the healthy application or depend on the order."""
        folders = [f"tests/{layer}" for layer in QUICK_LAYERS]
        jobs = [
            Job([folder], backwards=backwards, coverage=not backwards, deadline=DEADLINE)
            for backwards in (False, True)
            for folder in folders
        ]
        *forward, unit, integration = self.pool.map(self.pool.run, jobs)
        self.healthy = dict(zip(QUICK_LAYERS, forward, strict=True))
        faults = [*map(fault, forward), *map(fault_in_reverse, (unit, integration))]
        if found := [reason for _, reason in filter(None, faults)]:
            raise RequestError("\n".join(found))

    def groups(self, catalogue: Catalogue) -> Iterator[tuple[str, list[Edit]]]:
        """Yield tests, and a group of edits on which they must pass."""
        # The last topic, deployment, takes longest and so starts first.
        files = [f"tests/system/test_{topic}.py" for topic in reversed(catalogue.topics)]
        files = [file for file in files if (self.root / file).exists()]
        for tests in (*files, "tests/integration", "tests/unit"):
            layers_above = LAYERS[LAYERS.index(layer_of(tests)) + 1 :]
            bugs = [bug for bug in catalogue.bugs if bug.layer in layers_above]
            for group in combine(self.pool.files, [*catalogue.variants, *bugs]):
                yield tests, group

    def failures(self, tests: str, group: Sequence[Edit]) -> dict[Edit, set[str]]:
        """Return the tests that fail, by edit. Raises `RequestError` if they fail without edits."""
        if not self.failed([tests], group):
            return {}
        if problem := fault(self.pool.run(Job([tests], deadline=DEADLINE))):
            raise RequestError(problem[1])
        return self.bisect(tests, group)

    def bisect(self, tests: str, group: Sequence[Edit]) -> dict[Edit, set[str]]:
        """Return the tests that fail, by edit, with a binary search of the group."""
        failed = self.failed([tests], group)
        if len(group) == 1 or not failed:
            return dict.fromkeys(group, failed)
        middle = len(group) // 2
        return self.bisect(tests, group[:middle]) | self.bisect(tests, group[middle:])

    def failed(
        self,
        tests: Sequence[str],
        edits: Sequence[Edit],
        first: Iterable[str] = (),
        *,
        count: bool = True,
    ) -> set[str]:
        """Return the tests that fail after the edits, or all arguments if no test can run.

        Without `count`, return the first of them; the tests in `first` run before the others.
        """
        options = [] if count else ["--exitfirst"]
        job = Job([*options, *tests], edits, frozenset(first), deadline=DEADLINE)
        run = self.pool.run(job)
        return set(run.failed) or (set(tests) if run.broken or run.stopped else set())

    def run_on_bug(self, bug: Bug, *, count: bool) -> Outcome:
        """Run the test classes of the bug's feature, then other tests if the bug is not caught.

        Without `count`, only the layer that the bug names runs, until a test fails: the groups of
        edits have shown that the layers below pass.
        """
        layers = LAYERS if count else [bug.layer]
        own = [test for layer in layers for test in self.own_class(bug, layer)]
        tests = [*self.smoke_tests, *own]
        failed = self.failed(tests, [bug], count=count) if tests else set[str]()
        outcome = Outcome(bug, failed)
        for layer in dict.fromkeys([bug.layer, *QUICK_LAYERS]):
            if layer in QUICK_LAYERS and not outcome.count(bug.layer):
                first = () if count else tests_of_lines(bug, self.pool, self.healthy[layer])
                outcome.failed |= self.failed([f"tests/{layer}"], [bug], first, count=count)
        return outcome

    def own_class(self, bug: Bug, layer: str) -> list[str]:
        """Return the class that tests the bug's feature on this layer, or nothing."""
        name = "Test" + bug.feature.partition(".")[2].title().replace("_", "")
        file = f"tests/{layer}/test_{bug.topic}.py"
        text = (self.root / file).read_text("utf-8") if (self.root / file).exists() else ""
        return [f"{file}::{name}"] if re.search(rf"(?m)^class {name}\b", text) else []


def layer_of(test: str) -> str:
    """Return the layer of a test from its node id, or another text for the smoke test."""
    return test.split("/")[1]


def page(outcomes: Iterable[Outcome], variants: Iterable[Variant]) -> str:
    """Return the page in Markdown."""
    text = TEMPLATE.read_text("utf-8")
    groups = groupby(outcomes, key=lambda outcome: outcome.bug.topic)
    topics = {topic: [*group] for topic, group in groups}
    counts = Counter(variant.topic for variant in variants)
    template = Template(text, trim_blocks=True, keep_trailing_newline=True)
    return str(template.render(topics=topics, layers=LAYERS, variants=counts))


def shape(text: str) -> str:
    """Return the page without the numbers of tests, which change when a test is added.

    Only the lowest layer that catches a bug stays, because `--check` runs no other.
    """
    return re.sub(r"(unit|integration|system) \d+( · \w+ \d+)*", r"\1", text)
