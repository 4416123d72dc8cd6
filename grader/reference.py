"""Grade the project's own tests on every bug and every variant, and write docs/bugs.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby
from pathlib import Path

from grader import grading
from grader.catalogue import LAYERS, Bug, Catalogue, Edit, Variant
from grader.grading import fault, fault_in_reverse
from grader.pool import Job, Pool, Run, cores
from grader.project import project_files

PAGE = "docs/bugs.md"
DEADLINE = 300.0  # seconds for each test, on the healthy application
# On a bug, a test hangs if it takes this many times as long as the longest healthy run.
REFERENCE_DEADLINE_FACTOR = 4

INTRO = """# The planted bugs, and the tests that catch them

Each bug is a mutant: one edit of the application. The numbers count the tests of a layer that fail
on it: those of the feature's own test class or, if none of those fail, other unit and integration
tests. A layer without a test class for the feature has no number, unless another test there fails.

`nox -s kata -- --reference` writes this page. It fails if no test catches a bug, if the layer that
catches a bug first is not the layer that the bug names, or if a test rejects a variant. With
`--check` it does not count, and runs the slow system layer only for the bugs of that layer.
"""

BUGS = """| bug | what a user notices | feature | first caught by | unit | integration | system |
|---|---|---|---|--:|--:|--:|"""

VARIANTS = """## variants

| variant | topic | why it is still correct |
|---|---|---|"""


@dataclass
class Outcome:
    """The tests that fail on a bug, by layer; a layer that did not run is missing."""

    bug: Bug
    failed: dict[str, set[str]] = field(default_factory=dict)

    def add(self, failed: Set[str], layers_run: Iterable[str] = ()) -> None:
        """Add tests that failed, and the layers that ran."""
        for layer in layers_run:
            self.failed.setdefault(layer, set())
        for test in failed:
            self.failed.setdefault(layer_of(test), set()).add(test)

    def is_caught_up_to(self, layer: str) -> bool:
        """Return True if this layer or a lower one catches the bug."""
        return any(self.failed.get(lower) for lower in LAYERS[: LAYERS.index(layer) + 1])

    @property
    def first_caught(self) -> str:
        """The lowest layer that catches the bug, or an empty string."""
        return next((layer for layer in LAYERS if self.failed.get(layer)), "")

    @property
    def problem(self) -> str:
        """The problem in a line, or an empty string."""
        if not self.first_caught:
            return f"bug {self.bug.name}: no test catches it."
        if self.first_caught != self.bug.layer:
            test = min(self.failed[self.first_caught])
            return f"bug {self.bug.name}: {self.bug.layer} should catch it first, but {test} does."
        return ""


def main(catalogue: Catalogue, root: Path, *, check: bool, progress: Callable[[str], None]) -> int:
    """Write or check the page, print the problems and return the exit status."""
    # One more than the cores, because system tests often wait for another process.
    with Pool(project_files(root), size=cores() + 1) as pool:
        progress("the healthy application")
        suite = Suite(pool, root, catalogue)
        of_system = pool.map(lambda part: suite.run_together(*part), suite.remaining_of_system)
        outcomes = []
        for outcome in pool.map(partial(suite.run_own, count=not check), catalogue.bugs):
            outcomes.append(outcome)
            progress(f"each feature's own tests: {len(outcomes)}/{len(catalogue.bugs)} bugs")
        progress("the other tests, and the variants")
        of_lower = pool.map(
            lambda part: suite.run_together(*part), suite.remaining_of_lower(outcomes)
        )
        failed: defaultdict[str, set[str]] = defaultdict(set)
        for found in chain(of_system, of_lower):
            for name, tests in found.items():
                failed[name] |= tests
    progress("")

    for outcome in outcomes:
        outcome.add(failed[outcome.bug.name])
    refused = {variant.name: failed[variant.name] for variant in catalogue.variants}
    problems = [f"variant {v}: {min(tests)} rejects it." for v, tests in refused.items() if tests]
    problems += [outcome.problem for outcome in outcomes if outcome.problem]
    text = page(outcomes, catalogue.variants)
    path = root / PAGE
    if not check:
        path.write_text(text, "utf-8", newline="\n")
    elif not path.exists() or shape(path.read_text("utf-8")) != shape(text):
        problems.append(f"{PAGE} is out of date: run `nox -s kata -- --reference` and commit it.")
    layers = Counter(outcome.first_caught for outcome in outcomes)
    seen = ", ".join(f"{layers[layer]} first by {layer}" for layer in LAYERS)
    total = f"{len(outcomes)} bugs caught: {seen}. {len(catalogue.variants)} variants accepted."
    print(*problems or [total], sep="\n")
    return int(bool(problems))


class Suite:
    """The project's own tests. Raises `RuntimeError` if they fail on the healthy application.

    Unit and integration run twice, in order and in reverse, and only tests that pass twice count.
    The slow system layer runs once, on as many variants together as possible: that code is correct
    as well. A file whose tests fail there runs again without the variants.
    """

    def __init__(self, pool: Pool, root: Path, catalogue: Catalogue) -> None:
        self.pool = pool
        self.root = root
        self.variants = catalogue.variants
        self.lower = {layer: [f"tests/{layer}"] for layer in LAYERS[:2]}
        # The last topic, deployment, takes longest and so starts first.
        files = [f"tests/system/test_{topic}.py" for topic in reversed(catalogue.topics)]
        files = [file for file in files if (root / file).exists()]
        together, *others = batches(root, self.variants) or [[]]
        self.remaining_of_system = [(batch, [file]) for batch in others for file in files]
        jobs = [Job([file], together, deadline=DEADLINE) for file in files]
        jobs += [Job(tests, deadline=DEADLINE) for tests in self.lower.values()]
        jobs += [Job(tests, deadline=DEADLINE, backwards=True) for tests in self.lower.values()]
        runs = list(pool.map(self.first, jobs))
        faults = [*map(fault, runs[:-2]), *map(fault_in_reverse, runs[-2:])]
        if found := [reason for _, reason in filter(None, faults)]:
            raise RuntimeError("\n".join(found))
        passed = set[str]().union(*(run.passed for run in runs))
        self.counted = passed - set[str]().union(*(run.skipped for run in runs))
        self.classes = {test.rpartition("::")[0] for test in self.counted}
        longest = max(run.seconds for run in runs)
        self.deadline = max(grading.SHORTEST_DEADLINE, REFERENCE_DEADLINE_FACTOR * longest)

    def first(self, job: Job) -> Run:
        """Run a job on variants; if it fails, run it without them and keep them for later."""
        run = self.pool.run(job)
        if job.edits and fault(run):
            self.remaining_of_system.append(([*job.edits], [*job.arguments]))
            run = self.pool.run(Job(job.arguments, deadline=job.deadline))
        return run

    def failed(self, tests: Sequence[str], edits: Sequence[Edit]) -> set[str]:
        """Return the tests that fail after the edits, or the first of `tests` if none can run."""
        run = self.pool.run(Job(tests, edits, deadline=self.deadline))
        failed = self.counted & set(run.failed)
        return failed or ({tests[0]} if run.broken or run.stopped else set())

    def own(self, bug: Bug, layer: str) -> list[str]:
        """Return the class that tests the bug's feature on this layer, or nothing."""
        feature = bug.feature.partition(".")[2].title().replace("_", "")
        name = f"tests/{layer}/test_{bug.topic}.py::Test{feature}"
        return [name] if name in self.classes else []

    def run_own(self, bug: Bug, *, count: bool) -> Outcome:
        """Run the test classes of the bug's feature, then other tests of the layer it names.

        With `count`, the system layer runs for the bugs of lower layers as well.
        """
        layers = LAYERS if count else {*self.lower, bug.layer}
        own = [name for layer in LAYERS if layer in layers for name in self.own(bug, layer)]
        outcome = Outcome(bug)
        outcome.add(self.failed(own, [bug]) if own else set(), map(layer_of, own))
        if bug.layer in self.lower:
            # A module and its tests have the same name.
            file = f"tests/{bug.layer}/test_{Path(bug.file).stem}.py"
            nearest = [[file]] if (self.root / file).exists() else []
            for tests in (*nearest, self.lower[bug.layer]):
                if not outcome.failed.get(bug.layer):
                    outcome.add(self.failed(tests, [bug]))
        return outcome

    def remaining_of_lower(
        self, outcomes: Sequence[Outcome]
    ) -> Iterator[tuple[list[Edit], list[str]]]:
        """Yield edits and the unit or integration layer that must still run on them.

        These are the variants, and the bugs that no test has caught so far.
        """
        for layer, tests in reversed(self.lower.items()):
            uncaught = [outcome.bug for outcome in outcomes if not outcome.is_caught_up_to(layer)]
            for batch in batches(self.root, [*self.variants, *uncaught]):
                yield batch, tests

    def run_together(self, edits: Sequence[Edit], tests: Sequence[str]) -> dict[str, set[str]]:
        """Return the tests that fail, by the name of the edit.

        Most tests pass on most edits, so many edits are applied at once.
        """
        seen: dict[str, set[str]] = {}
        for batch in batches(self.root, edits):
            uncaught = batch
            while failed := self.failed(tests, uncaught):
                found = self.narrow(sorted(failed), uncaught)
                seen |= found
                uncaught = [edit for edit in uncaught if edit.name not in found]
                if not found:  # the tests fail on a combination of edits, and on none alone
                    middle = len(uncaught) // 2
                    for half in filter(None, (uncaught[:middle], uncaught[middle:])):
                        seen |= self.run_together(half, tests)
                    break
        return seen

    def narrow(self, tests: Sequence[str], edits: Sequence[Edit]) -> dict[str, set[str]]:
        """Return the tests that fail, by the name of the edit, with a binary search."""
        if len(edits) == 1:
            return {edits[0].name: set(tests)}
        middle = len(edits) // 2
        found: dict[str, set[str]] = {}
        for half in (edits[:middle], edits[middle:]):
            if failed := self.failed(tests, half):
                found |= self.narrow(sorted(failed), half)
        return found


def layer_of(test: str) -> str:
    """Return the layer of a test from its node id."""
    return test.split("/")[1]


def batches(root: Path, edits: Sequence[Edit]) -> list[list[Edit]]:
    """Return groups of edits that can be applied together."""
    groups: list[list[Edit]] = []
    texts: list[dict[str, str]] = []
    for edit in edits:
        healthy = (root / edit.file).read_text("utf-8")
        fits = (i for i, t in enumerate(texts) if t.get(edit.file, healthy).count(edit.old) == 1)
        number = next(fits, len(groups))
        if number == len(groups):
            groups.append([])
            texts.append({})
        groups[number].append(edit)
        texts[number][edit.file] = edit.apply(texts[number].get(edit.file, healthy))
    return groups


def page(outcomes: Sequence[Outcome], variants: Sequence[Variant]) -> str:
    """Return the page in Markdown."""
    lines = [INTRO]
    for topic, group in groupby(outcomes, key=lambda outcome: outcome.bug.topic):
        lines += [f"## {topic}\n", BUGS]
        for outcome in group:
            bug = outcome.bug
            counts = [str(len(outcome.failed[x])) if x in outcome.failed else "" for x in LAYERS]
            cells = [f"`{bug.name}`", cell(bug.story), f"`{bug.feature}`", outcome.first_caught]
            lines.append(f"| {' | '.join([*cells, *counts])} |")
        lines.append("")
    lines.append(VARIANTS)
    lines += [f"| `{v.name}` | {v.topic} | {cell(v.why)} |" for v in variants]
    return "\n".join(lines) + "\n"


def shape(text: str) -> str:
    """Return the page without numbers, which change when a test is added.

    The column of the system layer is removed, because `--check` does not run all of it.
    """
    return re.sub(r"\| [1-9]\d* (?=\|)", "| n ", re.sub(r"(?m)\| \d* \|$", "|", text))


def cell(text: str) -> str:
    """Return the text as a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
