"""Holds the project's own tests to every bug and every variant, and writes docs/bugs.md."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from kata import grader
from kata.catalogue import LAYERS, Bug, Catalogue, Edit, Variant
from kata.grader import fault, fault_backwards
from kata.runner import Job, Pool, project_files

PAGE = "docs/bugs.md"
DEADLINE = 300.0  # seconds, for the first runs
PATIENCE = 4  # a run under a bug may last so many times as long
# The tests of the tools around the application, which are no tests of the application.
TOOLS = ("course_map", "flask_testing_shim", "kata", "workflow")

INTRO = """# The planted bugs, and which tests see them

Each bug is one edit of the application. A number counts the tests of the layer that fail under it:
those of the topic's own file or, where that sees nothing, those of the layer's other files. No
layer is asked in whole once a lower one has seen the bug, and the system layer is not asked at all.
`nox -s kata -- --reference` writes this page, and fails on a bug that no test sees, or that another
layer sees first than the one which the bug names, and on a variant that a test refuses.
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

    @property
    def first_seen(self) -> str:
        """The lowest layer that sees the bug, if any does."""
        return next((layer for layer in LAYERS if self.failed.get(layer)), "")

    @property
    def problem(self) -> str:
        """What is wrong, in a line; empty where nothing is."""
        if not self.first_seen:
            return f"bug {self.bug.name}: no test sees it."
        if self.first_seen != self.bug.layer:
            test = min(self.failed[self.first_seen])
            return f"bug {self.bug.name}: {self.bug.layer} is not the first to see it: {test} does."
        return ""


def main(catalogue: Catalogue, root: Path, *, check: bool, progress: Callable[[str], None]) -> int:
    """Write the page, or check it; print what is wrong, and give the exit status."""
    with Pool(project_files(root)) as pool:
        progress("the application as it is")
        suite = Suite(pool, root)
        progress("the variants")
        problems = list(suite.refusals(catalogue.variants))
        outcomes = []
        # Those of the highest layer take longest: first, so that the last are short.
        bugs = sorted(catalogue.bugs, key=lambda bug: -LAYERS.index(bug.layer))
        for outcome in pool.map(suite.look, bugs):
            outcomes.append(outcome)
            progress(f"{len(outcomes)}/{len(bugs)} bugs")
    progress("")

    outcomes.sort(key=lambda outcome: catalogue.bugs.index(outcome.bug))
    problems += [outcome.problem for outcome in outcomes if outcome.problem]
    text = page(outcomes, catalogue.variants)
    path = root / PAGE
    if not check:
        path.write_text(text, "utf-8", newline="\n")
    elif not path.exists() or path.read_text("utf-8") != text:
        problems.append(f"{PAGE} is stale: run `nox -s kata -- --reference` and commit it.")
    layers = Counter(outcome.first_seen for outcome in outcomes)
    seen = ", ".join(f"{layers[layer]} first by {layer}" for layer in LAYERS)
    total = f"{len(outcomes)} bugs seen, {seen}; {len(catalogue.variants)} variants accepted"
    print(*problems or [total], sep="\n")
    return int(bool(problems))


class Suite:
    """The project's own tests; raises `RuntimeError` where they fail on the application as it is.

    Unit and integration run twice, as a learner's do, and only what passes both times is counted.
    """

    def __init__(self, pool: Pool, root: Path) -> None:
        self.pool = pool
        self.root = root
        ignored = [f"--ignore-glob=*/test_{tool}.py" for tool in TOOLS]
        twice = [[f"tests/{layer}", *ignored] for layer in LAYERS[:2]]
        files = sorted((root / "tests" / "system").glob("test_*.py"))
        # A file of the system layer is a job of its own: they are long, and there are two cores.
        self.parts = [*twice, *([file.relative_to(root).as_posix()] for file in files)]
        jobs = [Job(part, deadline=DEADLINE) for part in self.parts]
        jobs += [Job(part, deadline=DEADLINE, backwards=True) for part in twice]
        runs = list(pool.map(pool.run, jobs))
        faults = [*map(fault, runs[:-2]), *map(fault_backwards, runs[-2:])]
        if found := [reason for _, reason in filter(None, faults)]:
            raise RuntimeError("\n".join(found))
        passed = set[str]().union(*(run.passed for run in runs))
        self.counted = passed - set[str]().union(*(run.skipped for run in runs))
        longest = max(run.seconds for run in runs)
        self.deadline = max(grader.SHORTEST_DEADLINE, PATIENCE * longest)

    def look(self, bug: Bug) -> Outcome:
        """Ask layer by layer, the topic's own file first."""
        outcome = Outcome(bug)
        for layer in LAYERS:
            seen = outcome.first_seen
            if seen and layer == "system":
                break
            own = f"tests/{layer}/test_{bug.topic}.py"
            failed = self.failed([own], [bug]) if (self.root / own).exists() else set()
            if not (failed or seen or layer == "system"):
                [whole] = [part for part in self.parts if part[0] == f"tests/{layer}"]
                failed = self.failed([*whole, f"--ignore={own}"], [bug])
            outcome.failed[layer] = failed
        return outcome

    def failed(self, tests: Sequence[str], edits: Sequence[Edit]) -> set[str]:
        """Give the tests that fail after the edits, or the first of `tests` if none can run."""
        run = self.pool.run(Job(tests, edits, deadline=self.deadline))
        failed = self.counted & set(run.failed)
        return failed or ({tests[0]} if run.broken or run.stopped else set())

    def refusals(self, variants: Sequence[Variant]) -> Iterator[str]:
        """Give a line for each variant that a test refuses.

        As many as can be made at once are one more right application: the whole suite runs on
        that, and each variant alone only with the tests that refuse all together.
        """
        for batch in batches(self.root, variants):
            found = self.pool.map(partial(self.failed, edits=batch), self.parts)
            refusing = sorted(set[str]().union(*found))
            if not refusing:
                continue
            alone = [self.failed(refusing, [variant]) for variant in batch]
            for variant, failed in zip(batch, alone, strict=True):
                if failed:
                    yield f"variant {variant.name}: {min(failed)} refuses it."
            if not any(alone):
                names = ", ".join(variant.name for variant in batch)
                yield f"variants {names}: {refusing[0]} refuses them together."


def batches(root: Path, variants: Sequence[Variant]) -> list[list[Variant]]:
    """Give groups of variants that can be made together."""
    groups: list[list[Variant]] = []
    texts: list[dict[str, str]] = []
    for variant in variants:
        file = variant.file
        as_it_is = (root / file).read_text("utf-8")
        fits = (i for i, t in enumerate(texts) if t.get(file, as_it_is).count(variant.old) == 1)
        number = next(fits, len(groups))
        if number == len(groups):
            groups.append([])
            texts.append({})
        groups[number].append(variant)
        texts[number][file] = variant.apply(texts[number].get(file, as_it_is))
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


def one_line(text: str) -> str:
    """Give the text as the cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
