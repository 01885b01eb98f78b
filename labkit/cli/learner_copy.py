"""The learner's own copies of the notebooks: made once, never overwritten."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import UsageError

# Beside the copies: the digest of the lesson each was copied from.
RECORD = Path(".labkit/copied-from.json")


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


def read_record(work: Path) -> dict[str, str]:
    """What the copies were made from; empty when nothing was copied yet or the record is damaged."""
    try:
        record = json.loads((work / RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def ensure_copies(shipped_folder: Path, work: Path) -> CopyPlan:
    """Copies what is not there yet, and tells what was copied and what has a newer lesson."""
    shipped = read_digests(shipped_folder)
    if not shipped:
        raise UsageError(f"there is no notebook in {shipped_folder}", hint="make them from the lessons: labkit build")
    (work / RECORD).parent.mkdir(parents=True, exist_ok=True)
    copied = read_record(work)
    plan = plan_copies(shipped, copied, frozenset(path.name for path in work.glob("*.ipynb")))
    for name in plan.new:
        shutil.copyfile(shipped_folder / name, work / name)
        copied[name] = shipped[name]
    (work / RECORD).write_text(json.dumps(copied, indent=1, sort_keys=True) + "\n")
    return plan


def render_newer(plan: CopyPlan, work: Path) -> str:
    """One line for each notebook with a newer lesson; empty when there is none."""
    return "".join(
        f"{name}: the course has a newer version; yours is left as it is. To take the new one, rename {work / name}"
        " and run ./lab up again.\n"
        for name in plan.newer
    )
