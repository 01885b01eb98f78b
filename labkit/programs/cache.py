"""Where builds are kept: LABKIT_CACHE, which several people may share and which may be read-only, or the user's own cache."""

from __future__ import annotations

import os
from pathlib import Path

from labkit.errors import UsageError
from labkit.programs.module import NAMES, read_digest
from labkit.state import find_home


def find_cache_folder() -> Path:
    """Raises UsageError when LABKIT_CACHE is no path from / on."""
    named = os.environ.get("LABKIT_CACHE", "")
    if named:
        if not named.startswith("/"):
            raise UsageError(f"LABKIT_CACHE is {named!r}", hint="a folder, named from / on, or leave it out")
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else find_home() / ".cache") / "labkit"


def plan_programs_folder() -> Path:
    """Where the programs of this checkout's module are, once they are built."""
    return find_cache_folder() / "programs" / read_digest()


def find_programs() -> Path | None:
    """The folder with all of them; None until they are built. It appears as a whole."""
    folder = plan_programs_folder()
    return folder if all(os.access(folder / name, os.X_OK) for name in NAMES) else None
