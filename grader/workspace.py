"""A copy of the project, in which bugs are planted and tests run: the checkout stays untouched."""

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from grader.catalogue import Edit, apply_all
from grader.project import BYTE_CODE, Files, text_of

MODIFIED = 10**9  # the modification time of every file that is not edited


class Workspace:
    """A copy of the project, and a folder for temporary files."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.project = folder / "project"
        self.temporary = folder / "tmp"
        self.files = files
        self.number_of_edits = 0

    def reset(self) -> None:
        """Create the copy, or replace one that a test has changed."""
        shutil.rmtree(self.project, ignore_errors=True)
        for name in self.files:
            self.write(name)

    def write(self, name: str, edits: Sequence[Edit] = ()) -> None:
        """Write a file, after the edits.

        Python trusts byte code if the source's size and modification time, in whole seconds, are
        those of the file that it compiled. So each edit gets a modification time of its own.
        """
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data, time = self.files[name], MODIFIED
        if edits:
            data = apply_all(edits, text_of(data)).encode()
            self.number_of_edits += 1
            time += self.number_of_edits
        path.write_bytes(data)
        os.utime(path, (time, time))

    def apply(self, edits: Sequence[Edit]) -> None:
        """Plant bugs, or apply other edits."""
        if not self.project.exists():
            self.reset()
        self.temporary.mkdir(exist_ok=True)
        for name in {edit.file for edit in edits}:
            self.write(name, [edit for edit in edits if edit.file == name])
        self.before = self.state()

    def restore(self, edits: Sequence[Edit]) -> list[str]:
        """Restore the healthy copy, and return the paths that tests created, changed or deleted."""
        changed = sorted({path for path, _ in self.before.items() ^ self.state().items()})
        shutil.rmtree(self.temporary, ignore_errors=True)
        if changed:
            self.reset()
        for name in {edit.file for edit in edits}:
            self.write(name)
        return changed

    def state(self) -> dict[str, tuple[int, ...]]:
        """Return the kind, size and modification time of each file, and the kind of each folder."""
        state: dict[str, tuple[int, ...]] = {}
        for folder, folders, names in os.walk(self.project):
            folders[:] = [name for name in folders if name != BYTE_CODE]
            for name in (*folders, *names):
                path = Path(folder, name)
                status = path.lstat()
                kind = stat.S_IFMT(status.st_mode)
                details = () if kind == stat.S_IFDIR else (status.st_size, status.st_mtime_ns)
                state[path.relative_to(self.project).as_posix()] = (kind, *details)
        return state
