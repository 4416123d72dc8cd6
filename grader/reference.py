"""Holds the project's own tests to every bug and every variant, and writes docs/bugs.md."""

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
DEADLINE = 300.0  # seconds, for the first runs
PATIENCE = 4  # a run under a bug may last so many times as long

INTRO = """# The planted bugs, and which tests see them

Each bug is one edit of the application. A number counts the tests of the layer that fail under it:
those of the feature's own class or, where that sees nothing, others of unit and integration. A
layer on which the feature has no class of its own has no number, unless another test there fails.

`nox -s kata -- --reference` writes this page. It fails on a bug that no test sees, or that another
layer sees first than the one which the bug names, and on a variant that a test refuses. With
`--check` it counts nothing, and so asks the slow system layer about its own bugs alone.
"""

BUGS = """| bug | what a user notices | feature | first seen by | unit | integration | system |
|---|---|---|---|--:|--:|--:|"""

VARIANTS = """## variants

| variant | topic | why it is still right |
|---|---|---|"""


@dataclass
class Outcome:
    """Which of the project's tests fail under a bug, by layer; a layer not asked is missing."""

    bug: Bug
    failed: dict[str, set[str]] = field(default_factory=dict)

    def add(self, failed: Set[str], asked: Iterable[str] = ()) -> None:
        """Add tests that fail, and the layers that were asked."""
        for layer in asked:
            self.failed.setdefault(layer, set())
        for test in failed:
            self.failed.setdefault(layer_of(test), set()).add(test)

    def seen_up_to(self, layer: str) -> bool:
        """Whether this layer or a lower one sees the bug."""
        return any(self.failed.get(lower) for lower in LAYERS[: LAYERS.index(layer) + 1])

    @property
    def first_seen(self) -> str:
        """The lowest layer that sees the bug, if any does."""
        return next((layer for layer in LAYERS if self.failed.get(layer)), "")

    @property
    def problem(self) -> str:
        """What is wrong, in a line; empty where nothing is."""
        if not self.first_seen:
            return f"bug {self.bug.name}: no test catches it."
        if self.first_seen != self.bug.layer:
            test = min(self.failed[self.first_seen])
            return f"bug {self.bug.name}: {self.bug.layer} should catch it first, but {test} does."
        return ""


def main(catalogue: Catalogue, root: Path, *, check: bool, progress: Callable[[str], None]) -> int:
    """Write the page, or check it; print what is wrong, and give the exit status."""
    # One more than there are cores: the tests of the system layer often wait for another process.
    with Pool(project_files(root), size=cores() + 1) as pool:
        progress("the application as it is")
        suite = Suite(pool, root, catalogue)
        of_system = pool.map(lambda part: suite.ask_together(*part), suite.left_of_system)
        outcomes = []
        for outcome in pool.map(partial(suite.ask_own, count=not check), catalogue.bugs):
            outcomes.append(outcome)
            progress(f"each feature's own tests: {len(outcomes)}/{len(catalogue.bugs)} bugs")
        progress("the other tests, and the variants")
        of_lower = pool.map(lambda part: suite.ask_together(*part), suite.left(outcomes))
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
    layers = Counter(outcome.first_seen for outcome in outcomes)
    seen = ", ".join(f"{layers[layer]} first by {layer}" for layer in LAYERS)
    total = f"{len(outcomes)} bugs caught: {seen}. {len(catalogue.variants)} variants accepted."
    print(*problems or [total], sep="\n")
    return int(bool(problems))


class Suite:
    """The project's own tests; raises `RuntimeError` where they fail on the application as it is.

    Unit and integration run twice, as a learner's do, and only what passes both times is counted.
    System, which takes longest, runs once: on the application with as many variants at once as can
    be made, which is as right as it is without. Where that fails, it runs without.
    """

    def __init__(self, pool: Pool, root: Path, catalogue: Catalogue) -> None:
        self.pool = pool
        self.root = root
        self.variants = catalogue.variants
        self.lower = {layer: [f"tests/{layer}"] for layer in LAYERS[:2]}
        # Deployment comes last, and takes longest: so it begins first.
        files = [f"tests/system/test_{topic}.py" for topic in reversed(catalogue.topics)]
        files = [file for file in files if (root / file).exists()]
        together, *others = batches(root, self.variants) or [[]]
        self.left_of_system = [(batch, [file]) for batch in others for file in files]
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
        self.deadline = max(grading.SHORTEST_DEADLINE, PATIENCE * longest)

    def first(self, job: Job) -> Run:
        """Run a job; where it fails under its edits, run it without, and leave them to be asked."""
        run = self.pool.run(job)
        if job.edits and fault(run):
            self.left_of_system.append(([*job.edits], [*job.arguments]))
            run = self.pool.run(Job(job.arguments, deadline=job.deadline))
        return run

    def failed(self, tests: Sequence[str], edits: Sequence[Edit]) -> set[str]:
        """Give the tests that fail after the edits, or the first of `tests` if none can run."""
        run = self.pool.run(Job(tests, edits, deadline=self.deadline))
        failed = self.counted & set(run.failed)
        return failed or ({tests[0]} if run.broken or run.stopped else set())

    def own(self, bug: Bug, layer: str) -> list[str]:
        """Give the class that tests the bug's feature on this layer, if there is one."""
        feature = bug.feature.partition(".")[2].title().replace("_", "")
        name = f"tests/{layer}/test_{bug.topic}.py::Test{feature}"
        return [name] if name in self.classes else []

    def ask_own(self, bug: Bug, *, count: bool) -> Outcome:
        """Ask the tests of the bug's own feature, and then others of the layer that must see it.

        To `count` who sees it, the system layer is asked about what a lower one must see, too.
        """
        layers = LAYERS if count else {*self.lower, bug.layer}
        own = [name for layer in LAYERS if layer in layers for name in self.own(bug, layer)]
        outcome = Outcome(bug)
        outcome.add(self.failed(own, [bug]) if own else set(), map(layer_of, own))
        if bug.layer in self.lower:
            # The tests of a module have its name.
            file = f"tests/{bug.layer}/test_{Path(bug.file).stem}.py"
            nearest = [[file]] if (self.root / file).exists() else []
            for tests in (*nearest, self.lower[bug.layer]):
                if not outcome.failed.get(bug.layer):
                    outcome.add(self.failed(tests, [bug]))
        return outcome

    def left(self, outcomes: Sequence[Outcome]) -> Iterator[tuple[list[Edit], list[str]]]:
        """Give what unit and integration are still to be asked: edits, and all tests of a layer.

        Those are the variants, and the bugs that no test has seen so far.
        """
        for layer, tests in reversed(self.lower.items()):
            silent = [outcome.bug for outcome in outcomes if not outcome.seen_up_to(layer)]
            for batch in batches(self.root, [*self.variants, *silent]):
                yield batch, tests

    def ask_together(self, edits: Sequence[Edit], tests: Sequence[str]) -> dict[str, set[str]]:
        """Give the edits that the tests see, by name, with the tests that fail.

        Most are silent about most: as many edits as can be made at once are made at once.
        """
        seen: dict[str, set[str]] = {}
        for batch in batches(self.root, edits):
            silent = batch
            while failed := self.failed(tests, silent):
                found = self.narrow(sorted(failed), silent)
                seen |= found
                silent = [edit for edit in silent if edit.name not in found]
                if not found:  # they fail under some edits together, and under none alone
                    middle = len(silent) // 2
                    for half in filter(None, (silent[:middle], silent[middle:])):
                        seen |= self.ask_together(half, tests)
                    break
        return seen

    def narrow(self, tests: Sequence[str], edits: Sequence[Edit]) -> dict[str, set[str]]:
        """Give the same, by halving, for tests that fail when all of the edits are made."""
        if len(edits) == 1:
            return {edits[0].name: set(tests)}
        middle = len(edits) // 2
        found: dict[str, set[str]] = {}
        for half in (edits[:middle], edits[middle:]):
            if failed := self.failed(tests, half):
                found |= self.narrow(sorted(failed), half)
        return found


def layer_of(test: str) -> str:
    """Give the layer that a test is on, by its node id."""
    return test.split("/")[1]


def batches(root: Path, edits: Sequence[Edit]) -> list[list[Edit]]:
    """Give groups of edits that can be made together."""
    groups: list[list[Edit]] = []
    texts: list[dict[str, str]] = []
    for edit in edits:
        as_it_is = (root / edit.file).read_text("utf-8")
        fits = (i for i, t in enumerate(texts) if t.get(edit.file, as_it_is).count(edit.old) == 1)
        number = next(fits, len(groups))
        if number == len(groups):
            groups.append([])
            texts.append({})
        groups[number].append(edit)
        texts[number][edit.file] = edit.apply(texts[number].get(edit.file, as_it_is))
    return groups


def page(outcomes: Sequence[Outcome], variants: Sequence[Variant]) -> str:
    """Give the page, in Markdown."""
    lines = [INTRO]
    for topic, group in groupby(outcomes, key=lambda outcome: outcome.bug.topic):
        lines += [f"## {topic}\n", BUGS]
        for outcome in group:
            bug = outcome.bug
            counts = [str(len(outcome.failed[x])) if x in outcome.failed else "" for x in LAYERS]
            cells = [f"`{bug.name}`", one_line(bug.story), f"`{bug.feature}`", outcome.first_seen]
            lines.append(f"| {' | '.join([*cells, *counts])} |")
        lines.append("")
    lines.append(VARIANTS)
    lines += [f"| `{v.name}` | {v.topic} | {one_line(v.why)} |" for v in variants]
    return "\n".join(lines) + "\n"


def shape(text: str) -> str:
    """Give the page without how many tests see a bug: beside those that must, some do by chance.

    The system layer's column goes whole: not every number of it is there to be compared.
    """
    return re.sub(r"\| [1-9]\d* (?=\|)", "| n ", re.sub(r"(?m)\| \d* \|$", "|", text))


def one_line(text: str) -> str:
    """Give the text as the cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
