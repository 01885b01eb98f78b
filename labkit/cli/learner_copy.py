"""The learner's own copies of the notebooks: made once, never overwritten, put in place whole and through no link."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.errors import UsageError, parse_json

# in the work folder: what worlds and the host both write to; the notebooks are the host's alone
SHARED: Final = "files"
# in the state folder: the digest of the lesson each copy was made from
_RECORD: Final = "copied-from.json"


@dataclass(frozen=True)
class CopyPlan:
    """What to do with the shipped notebooks: copy `new`; only mention `newer`, which the learner has an older copy of."""

    new: tuple[str, ...]
    newer: tuple[str, ...]


def plan_copies(shipped: Mapping[str, str], copied: Mapping[str, str], present: frozenset[str]) -> CopyPlan:
    """Digests of the shipped notebooks, of those the copies were made from, and the names in the work folder."""
    return CopyPlan(
        new=tuple(sorted(name for name in shipped if name not in present)),
        newer=tuple(
            sorted(name for name in present & shipped.keys() if copied.get(name, shipped[name]) != shipped[name])
        ),
    )


def read_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each notebook in the folder, by file name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.ipynb"))}


def read_record(state: Path) -> dict[str, str]:
    """What the copies were made from; empty when nothing was copied yet or the record is damaged."""
    try:
        record = parse_json((state / _RECORD).read_text(), _RECORD)
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def ensure_copies(shipped_folder: Path, work: Path, state: Path) -> CopyPlan:
    """Copies what is not there yet, and tells what was copied and what has a newer lesson. Raises UsageError."""
    shipped = read_digests(shipped_folder)
    if not shipped:
        raise UsageError(f"there is no notebook in {shipped_folder}", hint="make them from the lessons: labkit build")
    try:
        with _open_work(work) as folder:
            copied = read_record(state)
            plan = plan_copies(shipped, copied, frozenset(os.listdir(folder)))  # noqa: PTH208 - a folder held open
            for name in plan.new:
                _put_in_place(folder, name, (shipped_folder / name).read_bytes())
                copied[name] = shipped[name]
        (state / _RECORD).write_text(json.dumps(copied, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise UsageError(
            f"your notebooks are kept in {work}, which can't be used: {error.strerror}{where}",
            hint="it has to be a folder of yours, writable, with room on the disk",
        ) from error
    return plan


@contextlib.contextmanager
def _open_work(work: Path) -> Iterator[int]:
    """The work folder, made if need be, with the folder in it that worlds share."""
    work.mkdir(parents=True, exist_ok=True)
    folder = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(SHARED, dir_fd=folder)
        if not stat.S_ISDIR(os.stat(SHARED, dir_fd=folder, follow_symlinks=False).st_mode):
            raise NotADirectoryError(20, "not a folder", SHARED)
        yield folder
    finally:
        os.close(folder)


def _put_in_place(folder: int, name: str, data: bytes) -> None:
    """A new file, whole or not at all; whatever stands there already stays."""
    beside = f".{name}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(beside, flags, 0o666, dir_fd=folder), "wb") as file:  # noqa: PTH123 - relative to a folder held open
        try:
            file.write(data)
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(beside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.unlink(beside, dir_fd=folder)


def render_newer(plan: CopyPlan, work: Path) -> str:
    """One line for each notebook with a newer lesson; empty when there is none."""
    return "".join(
        f"{name}: the course has a newer version; yours is left as it is. To take the new one, rename {work / name}"
        " and run ./lab up again.\n"
        for name in plan.newer
    )
