"""Print a Markdown summary of a nox run: its sessions, and its slowest tests.

Reads what nox and pytest have written into a folder: `nox.json` (`nox --report`) and
`junit/<session>.xml` (`pytest --junit-xml`). Sessions without pytest have no number of tests.
"""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

SLOWEST = 10


def sessions(folder: Path) -> list[str]:
    """Return the lines of a table of the sessions."""
    lines = ["| session | result | time | tests | failed | skipped |", "|---|---|--:|--:|--:|--:|"]
    for session in json.loads((folder / "nox.json").read_text("utf-8"))["sessions"]:
        name = session["name"]
        cells = [name, session["result"], f"{session['duration']:.0f} s", *counts(folder, name)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def counts(folder: Path, session: str) -> list[str]:
    """Return how many tests of a session ran, failed and were skipped."""
    file = folder / "junit" / f"{session}.xml"
    if not file.exists():
        return ["", "", ""]
    numbers = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in parse(file).iter("testsuite"):
        for name in numbers:
            numbers[name] += int(suite.get(name, 0))
    failed = numbers["failures"] + numbers["errors"]
    return [str(number) for number in (numbers["tests"], failed, numbers["skipped"])]


def slowest(folder: Path) -> list[str]:
    """Return the lines of a table of the slowest tests, or none if pytest did not run."""
    files = sorted((folder / "junit").glob("*.xml"))
    cases = [case for file in files for case in parse(file).iter("testcase")]
    if not cases:
        return []
    lines = ["", "| slowest tests | time |", "|---|--:|"]
    for case in sorted(cases, key=seconds, reverse=True)[:SLOWEST]:
        name = f"{case.get('classname')}.{case.get('name')}".replace("|", "\\|")
        lines.append(f"| `{name}` | {seconds(case):.1f} s |")
    return lines


def seconds(case: ElementTree.Element) -> float:
    """Return the seconds that a test took."""
    return float(case.get("time", 0))


def parse(file: Path) -> ElementTree.Element:
    """Return the root element of a file that pytest has written."""
    return ElementTree.parse(file).getroot()  # noqa: S314 - our own file


if __name__ == "__main__":
    reports = Path(sys.argv[1])
    print("\n".join([*sessions(reports), *slowest(reports)]))
