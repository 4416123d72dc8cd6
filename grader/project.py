"""Read the files of the project that is graded."""

import os
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, bytes]  # by path, relative to the project, with forward slashes

BYTE_CODE = "__pycache__"
# Generated folders, data and the bugs themselves.
NOT_COPIED = {BYTE_CODE, ".git", ".nox", ".venv", "htmlcov", "instance", "reports"}
NOT_COPIED |= {".mypy_cache", ".pytest_cache", ".ruff_cache", "docs/_build"}
NOT_COPIED |= {"kata/bugs", "kata/variants"}
SUBMITTED = "kata/submitted"  # in a copy of the project: tests that are not in the checkout


def project_files(root: Path) -> dict[str, bytes]:
    """Return the files below `root`, without caches, data and virtual environments."""
    files = {}
    for folder, folders, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        folders[:] = [
            name
            for name in folders
            if not {name, (inside / name).as_posix()} & NOT_COPIED
            and not Path(folder, name, "pyvenv.cfg").exists()
        ]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not name.startswith(".coverage"):
                files[(inside / name).as_posix()] = path.read_bytes()
    return files


def text_of(data: bytes) -> str:
    """Return the text of a file with Unix line ends. Raises `UnicodeDecodeError`."""
    return data.decode().replace("\r\n", "\n")
