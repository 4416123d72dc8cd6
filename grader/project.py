"""The files of the project that is graded."""

import os
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

Files = Mapping[str, bytes]  # by path, relative to the project and with forward slashes

# What is no part of the project, or is not for the tests to see.
BYTE_CODE = "__pycache__"
NOT_COPIED = {BYTE_CODE, ".git", ".nox", ".venv", "htmlcov", "instance", "reports"}
NOT_COPIED |= {".mypy_cache", ".pytest_cache", ".ruff_cache", "kata/bugs", "kata/variants"}


def project_files(root: Path) -> dict[str, bytes]:
    """Read the project at `root`, without what is made from it."""
    names = [name for name in names_below(root, NOT_COPIED) if not name.startswith(".coverage")]
    return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}


def names_below(root: Path, without: Set[str]) -> Iterator[str]:
    """Give the files below `root`, but for folders of these names and virtual environments."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        inside = here.relative_to(root)
        folders[:] = [
            name
            for name in folders
            if not {name, (inside / name).as_posix()} & without
            and not (here / name / "pyvenv.cfg").exists()
        ]
        yield from ((inside / name).as_posix() for name in names)


def text_of(data: bytes) -> str:
    """Give a file's text with plain line ends; raises `UnicodeDecodeError` where it is none."""
    return data.decode().replace("\r\n", "\n")
