"""Where the labs are and which there are."""

from __future__ import annotations

import os
from pathlib import Path

from labkit.errors import UsageError, guess_meant


def find_labs_folder() -> Path:
    """`labs/` of this checkout, or what LABKIT_LABS says."""
    return Path(os.environ.get("LABKIT_LABS") or Path(__file__).parents[2] / "labs")


def list_labs() -> list[str]:
    """Names of all labs, in the order of the course."""
    return sorted(path.parent.name for path in find_labs_folder().glob("[0-9][0-9]-*/lab.toml"))


def find_lab(name: str) -> Path:
    """The folder of a lab, by its name or its number."""
    names = list_labs()
    matching = [lab for lab in names if name in (lab, lab[:2])]
    if not matching:
        meant = guess_meant(name, names, cutoff=0.4)
        raise UsageError(f"there is no lab {name!r}", hint=f"{meant}`labkit list` shows all {len(names)}")
    return find_labs_folder() / matching[0]
